"""Spans of time as people write and programs print them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.files.units import SECOND, WATT

ACCEPTED = r"a number with a unit \(s, ms, min, h, d\)"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90.0),
        ("4 min 30 s", 270.0),
        ("1h30min", 5400.0),
        ("1 d 2 h 3 min 4 s 5 ms", 93784.005),
        ("1.5 h 30 s", 5430.0),
        (" 2 h  1 min ", 7260.0),
    ],
)
def test_a_span_may_be_written_in_parts(text: str, seconds: float) -> None:
    assert SECOND.parse(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "4 min 30",
        "30 s 4 min",
        "1 h 1 h",
        "4 min, 30 s",
        "4 min -30 s",
        "min 4 s",
        "1 h 3 parsecs",
        "4 min 30 s x",
        "",
    ],
)
def test_parts_that_make_no_span_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=ACCEPTED):
        SECOND.parse(text)


def test_only_spans_have_parts() -> None:
    with pytest.raises(ValueError, match=r"a number with a unit \(kW, W, MW\)"):
        WATT.parse("1 kW 500 W")


def test_the_sum_is_held_to_the_range() -> None:
    with pytest.raises(ValueError, match="<= 60 s"):
        SECOND.within(upper=60.0).parse("1 min 1 s")


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_days_hours_minutes_and_seconds_add_up(d: int, h: int, m: int, s: int) -> None:
    assert SECOND.parse(f"{d} d {h} h {m} min {s} s") == pytest.approx(((d * 24 + h) * 60 + m) * 60 + s)
