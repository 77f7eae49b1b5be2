"""The language of conditions: what it can say, and how a slip in it is told."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.language.expressions import (
    AllOf,
    AnyOf,
    Comparison,
    ExpressionError,
    HasDiagnostic,
    HasState,
    Not,
    Quantity,
    Reading,
    holds,
    leaves,
    parse_condition,
)

HIGH = Comparison(Reading("grid", "power"), ">", Quantity("33 kW"))
LOW = Comparison(Reading("battery", "soc"), "<=", Quantity("30 %"))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("grid.power > 33 kW", HIGH),
        ("grid.power>33 kW", HIGH),
        ("battery.soc <= 30 %", LOW),
        ("-3.5e3 W < bat-inv.power", Comparison(Quantity("-3.5e3 W"), "<", Reading("bat-inv", "power"))),
        ("peak_import <= 32 kW", Comparison(Reading("peak_import"), "<=", Quantity("32 kW"))),
        ("commands == 0", Comparison(Reading("commands"), "==", Quantity("0"))),
        ("sun.SENSOR_IRRADIANCE > 1 kW/m²", Comparison(
            Reading("sun", "SENSOR_IRRADIANCE"), ">", Quantity("1 kW/m²"))),
        ("room.temperature != 5 °C", Comparison(Reading("room", "temperature"), "!=", Quantity("5 °C"))),
        ("a.power >= b.power", Comparison(Reading("a", "power"), ">=", Reading("b", "power"))),
        ("bat-inv is error", HasState("bat-inv", "ERROR")),
        ("bat-inv is not ERROR", Not(HasState("bat-inv", "ERROR"))),
        ("battery reports OVERTEMPERATURE", HasDiagnostic("battery", "OVERTEMPERATURE")),
        ("not grid.power > 33 kW", Not(HIGH)),
        ("island.power > 33 kW", Comparison(Reading("island", "power"), ">", Quantity("33 kW"))),
    ],
)  # fmt: skip
def test_a_text_says(text: str, condition: object) -> None:
    assert parse_condition(text) == condition


def test_and_binds_closer_than_or() -> None:
    text = "grid.power > 33 kW or battery.soc <= 30 % and grid.power > 33 kW"
    assert parse_condition(text) == AnyOf((HIGH, AllOf((LOW, HIGH))))


def test_brackets_bind_closest() -> None:
    text = "(grid.power > 33 kW or battery.soc <= 30 %) and grid.power > 33 kW"
    assert parse_condition(text) == AllOf((AnyOf((HIGH, LOW)), HIGH))


@pytest.mark.parametrize(
    ("text", "found", "accepted"),
    [
        ("grid.power >> 33 kW", "in which '> 33 kW' is unexpected", "a number with its unit (33 kW)"),
        ("grid.power > ", "which breaks off", "a name (grid.power) or a number with its unit (33 kW)"),
        ("grid.power", "which breaks off", "<, <=, >, >=, == or !="),
        ("grid.power > 3 kW and", "which breaks off", "not"),
        ("__import__('os')", "in which \"('os')\" is unexpected", "<, <=, >, >=, == or !="),
        ("grid.power > 3 kW; x", "in which '; x' is unexpected", "and"),
        ("grid.power > 3 parsec", "in which 'parsec' is no unit", "a unit such as kW, "),
        ("grid.power > 3 KW", "in which 'KW' is no unit", "(did you mean 'kW'?)"),
        ("grid.power > 3kw or a is b", "in which 'kw' is no unit", "(did you mean 'kW'?)"),
        ("room.temperature > 5 K", "in which 'K' is no unit", "°C"),
        ("grid.power > 3 AND a is b", "in which 'AND a is b' is unexpected", "and"),
        ("", "which breaks off", "a name (grid.power)"),
        ("grid.power > nan W", "in which 'nan' is no number", "a number with its unit (33 kW)"),
        (
            "grid.power >= -Inf kW and a is b",
            "in which '-Inf' is no number",
            "a number with its unit (33 kW)",
        ),
        ("grid.power > main.power W", "in which 'W' is unexpected", "`and`, `or` or the end"),
    ],
)
def test_a_slip_is_told_with_where_it_is_and_what_could_stand_there(
    text: str, found: str, accepted: str
) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_condition(text)
    assert refused.value.found.startswith(repr(text))
    assert found in refused.value.found
    assert accepted in refused.value.accepted


@given(st.text())
def test_any_text_is_a_condition_or_refused_as_none(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "truths", "expected"),
    [
        ("not {0}", (True,), False),
        ("not {0}", (None,), None),
        ("{0} and {1}", (True, True), True),
        ("{0} and {1}", (True, None), None),
        ("{0} and {1}", (False, None), False),
        ("{0} or {1}", (False, False), False),
        ("{0} or {1}", (False, None), None),
        ("{0} or {1}", (True, None), True),
    ],
)
def test_what_is_not_known_stays_unknown_unless_the_rest_decides(
    text: str, truths: tuple[bool | None, ...], expected: bool | None
) -> None:
    names = ["a.x > 0", "b.x > 0"]
    condition = parse_condition(text.format(*names))
    by_leaf = dict(zip(leaves(condition), truths, strict=True))
    assert holds(condition, by_leaf.__getitem__) is expected
