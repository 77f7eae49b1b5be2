"""What a site file may say about an input, and what it is told otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from doppelgrid.sim.inputs.specs import IrradianceInput, LoadInput, PvPowerInput, TemperatureInput

POINTS = [{"at": "00:00", "value": "5 kW"}, {"at": "06:30", "value": "12 kW"}]
FILE = {"file": "day.csv", "unit": "kW", "positive": "consumption"}


def problem(kind: Any, written: object) -> tuple[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(written)
    first = caught.value.errors()[0]
    return first["loc"], first["msg"]


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (LoadInput, "5 kW"),
        (LoadInput, {"profile": "constant", "value": "5 kW", "noise": "2 %"}),
        (LoadInput, {"profile": "inline", "points": POINTS, "noise": {"amplitude": "3 %", "step": "5 s"}}),
        (LoadInput, {"profile": "bdew-g0", "annual_energy": "40 MWh"}),
        (LoadInput, {**FILE, "column": "load_kw", "align": "start", "from": "2026-01-01T00:00:00Z"}),
        (PvPowerInput, "5 kW"),
        (PvPowerInput, {"profile": "inline", "points": POINTS}),
        (PvPowerInput, {**FILE, "positive": "production", "align": "time-of-day", "repeat": True}),
        (IrradianceInput, "800 W/m²"),
        (IrradianceInput, {"profile": "clear-sky", "clouds": {"cover": "40 %"}, "step": "10 s"}),
        (IrradianceInput, {"file": "day.parquet"}),
        (TemperatureInput, "20 °C"),
        (TemperatureInput, {"file": "day.csv", "column": "air", "on_gap": "interpolate"}),
    ],
)
def test_every_documented_form_is_accepted(kind: Any, written: object) -> None:
    TypeAdapter(kind).validate_python(written)


def test_available_pv_power_is_kept_as_production() -> None:
    assert TypeAdapter(PvPowerInput).validate_python("5 kW") == -5000.0


def test_a_number_without_unit_is_told_both_forms() -> None:
    _, message = problem(LoadInput, 5)
    assert message == "a number with a unit (kW, W, MW), or a mapping with `profile` or `file`"


def test_an_unknown_profile_is_told_the_known_ones() -> None:
    place, message = problem(IrradianceInput, {"profile": "cloudy"})
    assert (place, message) == (("profile",), "inline, clear-sky")


def test_a_mapping_of_neither_kind_is_told_both() -> None:
    _, message = problem(TemperatureInput, {"value": "20 °C"})
    assert message == "a quantity, or a mapping with `profile` (inline) or `file`"


def test_a_power_column_must_say_what_positive_means() -> None:
    place, message = problem(LoadInput, {"file": "day.csv", "unit": "kW"})
    assert (place, message) == (("file", "positive"), "Field required")


def test_a_unit_of_another_kind_is_told_the_accepted_ones() -> None:
    place, message = problem(LoadInput, {**FILE, "unit": "kWh"})
    assert (place, message) == (("file", "unit"), "kW, W, MW")


def test_an_unknown_zone_is_refused() -> None:
    place, message = problem(LoadInput, {**FILE, "timezone": "Europe/Mars"})
    assert place == ("file", "timezone")
    assert message == "an IANA time zone such as Europe/Berlin, UTC, or an offset such as +02:00"


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["06:30", "00:00"], "points in ascending order, none twice; 00:00:00 follows 06:30:00"),
        (["06:30", "06:30"], "points in ascending order, none twice; 06:30:00 follows 06:30:00"),
        (["5 s", "10 s"], "durations that begin with `at: 0 s`"),
        (
            ["0 s", "06:30"],
            "points that are all times of day, all durations, or all instants with or without an offset",
        ),
    ],
)
def test_points_out_of_order_are_refused(times: list[str], message: str) -> None:
    points = [{"at": time, "value": "1 kW"} for time in times]
    assert problem(LoadInput, {"profile": "inline", "points": points}) == (("inline", "points"), message)


def test_a_point_at_no_time_is_refused() -> None:
    points = [{"at": "25:00", "value": "1 kW"}]
    place, message = problem(LoadInput, {"profile": "inline", "points": points})
    assert place == ("inline", "points", 0, "at")
    assert message.startswith("a time of day")
