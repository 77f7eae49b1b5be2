"""The names that the package offers."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

import doppelgrid
from doppelgrid.cli.main import app
from doppelgrid.sim.files.extras import EXTRAS


@pytest.mark.parametrize("name", doppelgrid.__all__)
def test_every_public_name_leads_to_something_documented(name: str) -> None:
    assert getattr(doppelgrid, name).__doc__


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'site'"):
        _ = doppelgrid.site


def test_every_public_name_is_listed() -> None:
    assert {*doppelgrid.__all__, "__version__"} <= set(dir(doppelgrid))
    assert set(doppelgrid.__all__) == {name for name in dir(doppelgrid) if not name.startswith("__")}


def test_the_version_is_that_of_the_distribution_and_what_the_command_prints() -> None:
    assert doppelgrid.__version__ == version("doppelgrid")
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"{doppelgrid.__version__}\n")


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, str]:
    """Environment of a process in which no package of any extra can be imported."""
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent(
            f"""
            import sys

            class Missing:
                def find_spec(self, name, path=None, target=None):
                    if name.partition(".")[0] in {sorted(EXTRAS)}:
                        raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

            sys.meta_path.insert(0, Missing())
            """
        )
    )
    return {"PYTHONPATH": str(tmp_path), "PATH": ""}


def ended(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python to its end."""
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.lengthy
def test_every_public_name_is_there_without_extras(plain: dict[str, str]) -> None:
    program = """
    from datetime import timedelta
    from doppelgrid import *
    try:
        simulate(load_site("demo"), timedelta(minutes=1))
    except RunError:
        pass
    except ImportError as error:
        print(error)
    """
    done = ended(["-c", textwrap.dedent(program)], plain)
    assert done.stderr == ""
    assert "runs without clients need the package numba" in done.stdout
    assert "accepted: pip install 'doppelgrid[simulate]'" in done.stdout


@pytest.mark.lengthy
def test_the_demo_says_in_a_sentence_what_it_lacks(plain: dict[str, str]) -> None:
    done = ended(["-m", "doppelgrid.scenarios.demo", "app.py"], plain)
    assert done.returncode == 2
    assert done.stderr == (
        "the chart and the picture need the package matplotlib, which is not installed;"
        " accepted: pip install 'doppelgrid[plots]'\n"
    )
