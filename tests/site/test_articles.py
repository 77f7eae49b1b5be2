"""Names of categories and types in the middle of a message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import doppelgrid
from doppelgrid.sim.files.problems import with_article

PACKAGE = Path(doppelgrid.__file__).parent


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("meter", "a meter"),
        ("ev_charger", "an ev_charger"),
        ("electrolyzer", "an electrolyzer"),
        ("uninterruptible_power_supply", "an uninterruptible_power_supply"),
        ("hvac", "an hvac"),
        ("hybrid_inverter", "a hybrid_inverter"),
        ("int", "an int"),
        ("NoneType", "a NoneType"),
    ],
)
def test_they_have_the_article_that_they_are_spoken_with(name: str, written: str) -> None:
    assert with_article(name) == written


def test_no_message_writes_one_before_a_name_that_it_does_not_know() -> None:
    written = [
        f"{path.relative_to(PACKAGE)}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"\b[Aa]n? \{", line)
    ]
    assert written == []
