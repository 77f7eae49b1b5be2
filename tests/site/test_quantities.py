"""Quantities, moments and zones as files write them: what is read, what is written, and what is refused with why."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from doppelgrid.models.parameter import Parameter, ParameterError
from doppelgrid.sim.files.moments import parse_moment, parse_zone, write_moment
from doppelgrid.sim.files.parameters import overridden
from doppelgrid.sim.files.presets import PresetError, check_at_most, most_telling
from doppelgrid.sim.files.problems import Problem, did_you_mean, one_of, shown, written_path
from doppelgrid.sim.files.units import (
    CELSIUS,
    FARAD,
    FRACTION,
    HECTOPASCAL,
    METRE_PER_SECOND,
    OHM,
    SECOND,
    VOLT,
    WATT,
    WATT_HOUR,
    Unit,
)
from doppelgrid.sim.inputs.location import Location


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "text", "value"),
        [
            (WATT, "30 kW", 30e3), (WATT, "30kW", 30e3), (WATT, "  -1.5  MW ", -1.5e6), (WATT, "+2e-3 W", 2e-3),
            (WATT, "1_000 W", 1000.0), (WATT, ".5 kW", 500.0), (WATT, "5. kW", 5e3), (WATT_HOUR, "2 GWh", 2e9),
            (SECOND, "1 d", 86400.0), (SECOND, "2 min", 120.0), (SECOND, "250 ms", 0.25), (SECOND, "1.5 h", 5400.0),
            (FRACTION, "50 %", 0.5), (CELSIUS, "-4 degC", -4.0), (METRE_PER_SECOND, "36 km/h", 10.0),
            (HECTOPASCAL, "101.3 kPa", 1013.0), (OHM, "5 mohm", 5e-3), (FARAD, "3 µF", 3e-6), (VOLT, "5 mV", 5e-3),
        ],
    )  # fmt: skip
    def test_a_number_and_its_unit_are_read(self, unit: Unit, text: str, value: float) -> None:
        assert unit.parse(text) == pytest.approx(value, rel=1e-15)

    @pytest.mark.parametrize(
        "written", ["30", "kW", "30 kVA", "1 2 kW", "_1 kW", "1e kW", "1,5 kW", "nan kW", 30, None, "1e999 W"]
    )
    def test_anything_else_is_not(self, written: object) -> None:
        with pytest.raises(ValueError, match=r"a number with a unit \(kW, W, MW\)"):
            WATT.parse(written)

    @pytest.mark.parametrize(
        ("limits", "inside", "outside", "words"),
        [
            ({"lower": 0.0}, ("0 W", "9 MW"), ("-0.001 W",), ">= 0 kW"),
            ({"above": 0.0}, ("0.001 W",), ("0 W", "-1 W"), "> 0 kW"),
            ({"upper": 5e3}, ("5 kW", "-9 MW"), ("5.001 kW",), "<= 5 kW"),
            ({"lower": -1e3, "upper": 2e3}, ("-1 kW", "2 kW"), ("-1.001 kW", "2.001 kW"), "-1 kW..2 kW"),
            ({"above": 1e3, "upper": 2e3}, ("1.001 kW", "2 kW"), ("1 kW", "2.1 kW"), "> 1 kW and <= 2 kW"),
        ],
    )
    def test_a_range_has_its_ends_and_is_told(
        self, limits: dict[str, float], inside: tuple[str, ...], outside: tuple[str, ...], words: str
    ) -> None:
        unit = WATT.within(**limits)
        for text in inside:
            unit.parse(text)
        for text in outside:
            with pytest.raises(ValueError, match="kW") as caught:
                unit.parse(text)
            assert str(caught.value) == words
        assert unit.accepted == f"a number with a unit (kW, W, MW), {words}"

    def test_a_range_within_a_range_keeps_what_it_does_not_say(self) -> None:
        narrow = WATT.within(lower=1e3, upper=5e3).within(upper=3e3)
        assert (narrow.lower, narrow.upper, narrow.above, narrow.inner) == (1e3, 3e3, -math.inf, "W")
        assert WATT.within(above=0.0).within(lower=0.0, above=-5.0).above == -5.0

    @given(
        st.floats(-1e9, 1e9), st.sampled_from([WATT, SECOND, FRACTION, METRE_PER_SECOND, FARAD]), st.data()
    )
    def test_what_was_read_is_read_again_to_the_bit_once_it_is_written(
        self, number: float, unit: Unit, data: st.DataObject
    ) -> None:
        spelling = data.draw(st.sampled_from(list(unit.factors)))
        assume(abs(number) * unit.factors[spelling] <= unit.most)
        value = unit.parse(f"{number!r} {spelling}")
        assert unit.parse(unit.write(value)) == value

    @pytest.mark.parametrize(
        ("unit", "value", "text"),
        [
            (WATT, 30e3, "30.0 kW"),
            (WATT, -250.0, "-0.25 kW"),
            (FRACTION, 0.5, "50.0 %"),
            (SECOND, 90.0, "90.0 s"),
        ],
    )
    def test_quantities_are_written_in_the_unit_that_is_suggested(
        self, unit: Unit, value: float, text: str
    ) -> None:
        assert unit.write(value) == text

    def test_a_schema_tells_units_and_range(self) -> None:
        schema = TypeAdapter(Annotated[float, WATT.within(above=0.0)]).json_schema()
        assert schema["type"] == "string"
        assert schema["description"] == schema["$comment"] == "a number with a unit (kW, W, MW), > 0 kW"
        for text, fits in (
            ("3 kW", True),
            (" -1_0.5e-3MW ", True),
            ("3 kVA", False),
            ("kW", False),
            ("3", False),
        ):
            assert bool(re.search(schema["pattern"], text)) is fits


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("06:30", time(6, 30)), ("6:30", time(6, 30)), ("23:59:59", time(23, 59, 59)), (" 00:00 ", time()),
            ("90 s", 90.0), ("1.5 h", 5400.0), ("0 s", 0.0),
            ("2026-06-15T11:00:00+02:00", datetime.fromisoformat("2026-06-15T11:00:00+02:00")),
            ("2026-06-15 11:00", datetime(2026, 6, 15, 11)), (datetime(2026, 6, 15), datetime(2026, 6, 15)),
        ],
    )  # fmt: skip
    def test_moments_are_times_of_day_durations_or_instants(self, text: object, moment: object) -> None:
        assert parse_moment(text) == moment
        assert type(parse_moment(text)) is type(moment)
        assert parse_moment(write_moment(parse_moment(text))) == moment

    @pytest.mark.parametrize("text", ["24:00", "12:60", "12:00:60", "-1 s", "soon", "", 5, None])
    def test_nothing_else_is_a_moment(self, text: object) -> None:
        with pytest.raises(PydanticCustomError, match="a time of day"):
            parse_moment(text)

    @pytest.mark.parametrize(
        ("name", "minutes"),
        [
            ("+02:00", 120),
            ("-07:30", -450),
            ("+0530", 330),
            ("UTC", 0),
            ("+23:59", 1439),
            ("Europe/Berlin", 60),
        ],
    )
    def test_zones_have_names_or_offsets(self, name: str, minutes: int) -> None:
        zone = parse_zone(name)
        assert datetime(2026, 1, 1, tzinfo=zone).utcoffset() == timedelta(minutes=minutes)
        assert parse_zone("UTC") is UTC

    @pytest.mark.parametrize("name", ["+24:00", "+2:00", "Mars/Olympus", "", "../etc", "Europe", "a" * 300])
    def test_other_zones_are_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match="an IANA time zone such as Europe/Berlin"):
            parse_zone(name)
        with pytest.raises(ValidationError, match="the name of an IANA time zone such as Europe/Berlin"):
            Location(latitude=0.0, longitude=0.0, timezone=name)


class Inner(NamedTuple):
    gain: Annotated[float, Parameter("1", 0.0, 2.0)]


class Params(NamedTuple):
    power_w: Annotated[float, Parameter("W", 0.0, 9e3)]
    count: Annotated[int, Parameter("1", 1.0)]
    curve: Annotated[tuple[float, ...], Parameter("V", 0.0)]
    inner: Inner


class TestParameters:
    WHOLE = Params(5e3, 3, (1.0, 2.0), Inner(0.5))

    def test_some_are_replaced_and_the_others_stay(self) -> None:
        given: dict[str, Any] = {"power_w": 6, "count": 4.0, "curve": (1.0, 2.0, 3.0), "inner.gain": 1.5}
        made = overridden(self.WHOLE, given)
        assert made == Params(6.0, 4, (1.0, 2.0, 3.0), Inner(1.5))
        assert (type(made.power_w), type(made.count)) == (float, int)
        assert overridden(self.WHOLE, {}) is self.WHOLE
        assert overridden(self.WHOLE, {"curve": (0.0, 9.0)}).curve == (0.0, 9.0)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"powr_w": 1.0}, r"powr_w.*power_w, count, curve, inner \(did you mean 'power_w'\?\)"),
            ({"power_w.more": 1.0}, "power_w without more behind it"),
            ({"inner": 1.0}, r"inner .*a set of parameters.*one of inner\.gain"),
            ({"inner.gane": 1.0}, r"inner\.gane.*unknown.*gain"),
            ({"curve": 1.0}, "curve .*a number.*a list of 2 numbers"),
            ({"power_w": (1.0, 2.0)}, "power_w .*a list.*a number"),
            ({"curve": (1.0,)}, "curve .*a list of 1.*two numbers or more"),
            ({"count": 2.5}, r"count .*2\.5.*a whole number"),
            ({"power_w": 9.1e3}, "power_w"),
        ],
    )
    def test_what_does_not_fit_is_named(self, given: dict[str, Any], message: str) -> None:
        with pytest.raises(ParameterError, match=message):
            overridden(self.WHOLE, given)

    def test_one_parameter_is_held_to_another(self) -> None:
        check_at_most("low", 2.0, "high", 2.0, "V")
        with pytest.raises(ParameterError, match=r"low.*2\.1 V.*at most high, 2 V \(physics\)"):
            check_at_most("low", 2.1, "high", 2.0, "V")
        with pytest.raises(ParameterError, match=r"low.*nan.*at most high, 2 \(physics\)"):
            check_at_most("low", math.nan, "high", 2.0, "")


class TestProblems:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, "empty"),
            ("", "''"),
            ({}, "empty"),
            ([], "empty"),
            ((), "empty"),
            (True, "true"),
            (False, "false"),
            (5, "5"),
            (0, "0"),
            (2.5, "2.5"),
            ("30 kW", "30 kW"),
            ("-.5 kW", "-.5 kW"),
            ("kW", "'kW'"),
            ("30 kW ", "'30 kW '"),
            ("3\n", "'3\\n'"),
            ({"a": 1}, "a mapping"),
            ([1], "a list"),
            ((1,), "a list"),
            (10**60, "a number of more than 60 digits"),
            (-(10**60), "a number of more than 60 digits"),
            (10**60 - 1, "9" * 60),
            ("1" * 60, "1" * 60),
            ("1" * 61, "1" * 59 + "…"),
            ("x" * 61, repr("x" * 59 + "…")),
        ],
    )
    def test_values_are_shown_as_people_know_them(self, value: object, text: str) -> None:
        assert shown(value) == text

    def test_a_problem_says_where_what_and_what_instead(self) -> None:
        problem = Problem("a.yaml", 3, "pv", "power", "5", "a number")
        assert str(problem) == "a.yaml:3: pv.power is 5; accepted: a number"
        assert str(problem._replace(component=None)) == "a.yaml:3: power is 5; accepted: a number"
        assert str(problem._replace(field="")) == "a.yaml:3: pv is 5; accepted: a number"
        assert (
            str(problem._replace(component=None, field="")) == "a.yaml:3: the file is 5; accepted: a number"
        )
        assert written_path(("load", "points", 0, "value")) == "load.points[0].value"
        assert written_path(()) == ""
        assert written_path((1, "a")) == "[1].a"

    def test_the_name_that_was_meant_is_guessed_whatever_its_letters(self) -> None:
        assert did_you_mean("BATERY", ["meter", "Battery"]) == " (did you mean 'Battery'?)"
        assert did_you_mean("xyz", ["meter", "Battery"]) == ""
        assert did_you_mean(5, ["5"]) == ""
        assert did_you_mean("a" * 60 + "b" * 200, ["a" * 60]) == f" (did you mean '{'a' * 60}'?)"
        assert one_of(iter(["one", "two"]), "tow") == "one, two (did you mean 'two'?)"
        assert one_of(["one", "two"]) == "one, two"

    @pytest.mark.parametrize(("count", "told"), [(0, 0), (49, 49), (50, 50), (51, 51), (53, 51)])
    def test_of_very_many_problems_fifty_are_told(self, count: int, told: int) -> None:
        wrong = [PresetError("a.toml", str(number), "5", "6") for number in range(count)]
        found = most_telling(wrong, Path("presets"))
        assert len(found) == told
        assert found[:50] == wrong[:50]
        if count > 50:
            assert (
                str(found[-1])
                == f"presets is wrong in {count - 50} more places; accepted: presets of the form of ours"
            )
