"""The names that the package offers."""

from __future__ import annotations

import pytest

import doppelgrid


@pytest.mark.parametrize("name", doppelgrid.__all__)
def test_every_public_name_leads_to_something_documented(name: str) -> None:
    assert getattr(doppelgrid, name).__doc__


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'site'"):
        _ = doppelgrid.site
