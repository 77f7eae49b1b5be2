"""What a site file may say about an input, and what it is told otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from doppelgrid.sim.inputs.specs import (
    AirPressureInput,
    HumidityInput,
    IrradianceInput,
    LoadInput,
    PvPowerInput,
    TemperatureInput,
    WindDirectionInput,
    WindSpeedInput,
)

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
    assert message == "a quantity, or a mapping with `profile` (inline, climate) or `file`"


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


@pytest.mark.parametrize(
    ("kind", "written", "scale"),
    [
        (LoadInput, {"unit": "kW", "positive": "consumption"}, 1e3),
        (LoadInput, {"unit": "MW", "positive": "production", "factor": 0.5}, -5e5),
        (PvPowerInput, {"unit": "W", "positive": "production"}, -1.0),
        (IrradianceInput, {}, 1.0),
        (IrradianceInput, {"unit": "kW/m2", "factor": 2.0}, 2e3),
        (TemperatureInput, {"factor": -3.0}, -3.0),
        (WindSpeedInput, {"unit": "km/h", "factor": 36.0}, 10.0),
        (WindSpeedInput, {}, 1.0),
    ],
)
def test_a_columns_numbers_are_scaled_by_their_unit_sign_and_factor(
    kind: Any, written: dict[str, object], scale: float
) -> None:
    assert TypeAdapter(kind).validate_python({"file": "day.csv", **written}).scale == pytest.approx(scale)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (LoadInput, {"profile": "constant", "value": "5 kW"}),
        (LoadInput, {"profile": "inline", "points": POINTS}),
        (LoadInput, {"profile": "bdew-g0", "annual_energy": "40 MWh"}),
        (LoadInput, FILE),
        (IrradianceInput, {"profile": "clear-sky"}),
        (IrradianceInput, {"file": "day.parquet"}),
        (WindDirectionInput, {"profile": "inline", "points": [{"at": "00:00", "value": "90 °"}]}),
    ],
)
def test_what_has_been_read_is_taken_as_it_is_and_written_as_it_is_read(kind: Any, written: object) -> None:
    adapter = TypeAdapter(kind)
    read = adapter.validate_python(written)
    assert adapter.validate_python(read) == read
    assert adapter.validate_python(adapter.dump_python(read, mode="json")) == read


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        (IrradianceInput, ("0 W/m²", "2 kW/m²"), ("-1 W/m²", "2001 W/m²")),
        (WindSpeedInput, ("0 m/s", "100 m/s"), ("-0.1 m/s", "100.1 m/s")),
        (WindDirectionInput, ("0 °", "360 °"), ("-1 °", "361 °")),
        (HumidityInput, ("0 %", "100 %"), ("-1 %", "101 %")),
        (AirPressureInput, ("500 hPa", "1100 hPa"), ("499 hPa", "1101 hPa")),
        (PvPowerInput, ("0 W", "9 MW"), ("-1 W",)),
        (TemperatureInput, ("-60 °C", "100 °C"), ("-61 °C", "101 °C")),
    ],
)
def test_quantities_are_those_that_there_are(
    kind: Any, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    for text in inside:
        TypeAdapter(kind).validate_python(text)
    for text in outside:
        with pytest.raises(ValidationError, match="or a mapping with `profile` or `file`"):
            TypeAdapter(kind).validate_python(text)


def test_points_may_be_of_one_kind_of_time_alone() -> None:
    def message(*times: str) -> str:
        points = [{"at": time, "value": "1 kW"} for time in times]
        return problem(LoadInput, {"profile": "inline", "points": points})[1]

    mixed = "points that are all times of day, all durations, or all instants with or without an offset"
    assert message("2026-06-15T00:00", "2026-06-16T00:00Z") == mixed
    assert message("2026-06-15T00:00", "06:00") == mixed
    assert message("0 s", "90 s", "90 s") == "points in ascending order, none twice; 90.0 follows 90.0"
    for times in (
        ("0 s", "90 s"),
        ("2026-06-15T00:00Z", "2026-06-15T00:00-01:00"),
        ("00:01",),
        ("2026-06-15T00:00",),
    ):
        points = [{"at": time, "value": "1 kW"} for time in times]
        TypeAdapter(LoadInput).validate_python({"profile": "inline", "points": points})


def test_a_key_that_was_misspelt_is_guessed() -> None:
    _, message = problem(LoadInput, {"profil": "inline"})
    assert message.endswith("or `file` (did you mean 'profile'?)")
    _, message = problem(LoadInput, {"colour": "red"})
    assert message.endswith("or `file`")
