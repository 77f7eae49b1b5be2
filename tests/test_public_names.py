"""The names that the package offers."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from typer.testing import CliRunner

import doppelgrid
from doppelgrid.cli.main import app


@pytest.mark.parametrize("name", doppelgrid.__all__)
def test_every_public_name_leads_to_something_documented(name: str) -> None:
    assert getattr(doppelgrid, name).__doc__


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'site'"):
        _ = doppelgrid.site


def test_every_public_name_is_listed() -> None:
    assert {*doppelgrid.__all__, "__version__"} <= set(dir(doppelgrid))


def test_the_version_is_that_of_the_distribution_and_what_the_command_prints() -> None:
    assert doppelgrid.__version__ == version("doppelgrid")
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"{doppelgrid.__version__}\n")
