"""The SDK's formulas, computed: held against what each kind of their parts means."""

from __future__ import annotations

import math

import pytest

from doppelgrid.sim.language.formulas import parse_formula
from doppelgrid.sim.site.graph import formulas
from doppelgrid.sim.site.reader import bundled_sites, load_site

POWERS = {1: 5.0, 2: 3.0, 3: math.nan}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#1", 5.0),
        ("#1 - #2 - 1.0", 1.0),
        ("#1 - (#2 - 1.0)", 3.0),
        ("#1 + #2 * 2.0", 11.0),
        ("#1 / 2.0", 2.5),
        ("-#1 + 2.0", -3.0),
        ("COALESCE(#3, #2, 0.0)", 3.0),
        ("COALESCE(#3, 0.0)", 0.0),
        ("MAX(#1, #2)", 5.0),
        ("MIN(#1, #2)", 3.0),
        ("MAX(#1 - #2, 0.0)", 2.0),
    ],
)
def test_a_formula_gives(text: str, value: float) -> None:
    assert parse_formula(text)(POWERS.__getitem__) == value


@pytest.mark.parametrize(
    "text", ["#3", "#1 + #3", "MAX(#1, #3)", "MIN(#3, #1)", "COALESCE(#3, #3)", "#1 / 0.0"]
)
def test_what_is_not_known_makes_the_whole_unknown(text: str) -> None:
    assert math.isnan(parse_formula(text)(POWERS.__getitem__))


@pytest.mark.parametrize("name", bundled_sites())
def test_all_formulas_of_the_bundled_sites_are_understood(name: str) -> None:
    for text in formulas(load_site(name)).values():
        assert math.isfinite(parse_formula(text)(lambda _: 1.0))
