"""The climate of places, and days that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, timedelta
from itertools import pairwise
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.inputs.daily import Day, midnight_us
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.profiles.climate import climate_at, reference_places
from doppelgrid.sim.inputs.profiles.days import day_clear_sky_index, day_weather, month_ranks
from doppelgrid.sim.inputs.profiles.outdoors import OutdoorDays
from doppelgrid.sim.inputs.profiles.sky import SkyDays
from doppelgrid.sim.inputs.profiles.snow import SnowCover
from doppelgrid.sim.inputs.signal import Signal
from doppelgrid.sim.inputs.specs import ClearSky, IrradianceInput, TemperatureInput

Build = Callable[..., Signal]
Us = Callable[[str], int]
HOUR_US = 3_600_000_000
DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(2000)]


def test_the_table_holds_what_climates_can_be() -> None:
    for place in reference_places():
        climate = place.climate
        assert len(climate.clearness) == len(climate.temperature_c) == 12
        assert all(0.05 <= share <= 0.85 for share in climate.clearness), place
        assert all(-45.0 < temperature_c < 40.0 for temperature_c in climate.temperature_c), place
        assert 2.0 < climate.daily_range_k < 20.0, place
        assert 0.3 < climate.spread_k < 8.0, place


def test_no_place_of_the_table_stands_twice() -> None:
    places = reference_places()
    assert len({(place.latitude, place.longitude) for place in places}) == len(places) > 200


def test_a_reference_place_has_nearly_its_own_climate() -> None:
    potsdam = next(place for place in reference_places() if place.name == "Potsdam")
    climate = climate_at(potsdam.latitude, potsdam.longitude, potsdam.altitude)
    assert climate.clearness == pytest.approx(potsdam.climate.clearness, abs=0.02)
    assert climate.temperature_c == pytest.approx(potsdam.climate.temperature_c, abs=0.5)


def test_it_is_colder_higher_up() -> None:
    low, high = (climate_at(47.0, 11.0, altitude) for altitude in (500.0, 1500.0))
    assert low.temperature_c[0] - high.temperature_c[0] == pytest.approx(6.5)


def test_the_date_line_does_not_part_neighbours() -> None:
    west, east = (climate_at(-17.0, longitude, None) for longitude in (179.999, -179.999))
    assert west.clearness == pytest.approx(east.clearness, abs=1e-3)


@pytest.mark.parametrize(("latitude", "longitude"), [(90.0, 0.0), (-90.0, 0.0), (0.0, 180.0), (0.0, -180.0)])
def test_any_place_on_earth_has_a_climate(latitude: float, longitude: float) -> None:
    assert all(0.05 <= share <= 0.85 for share in climate_at(latitude, longitude, None).clearness)


def test_weather_has_mean_0_variance_1_and_is_alike_on_the_next_day() -> None:
    runs = [[day_weather(f"{seed}/weather", day) for day in DAYS] for seed in range(10)]
    weather = [each for run in runs for each in run]
    assert fmean(weather) == pytest.approx(0.0, abs=0.05)
    assert pvariance(weather) == pytest.approx(1.0, abs=0.05)
    assert fmean(one * other for run in runs for one, other in pairwise(run)) == pytest.approx(0.43, abs=0.03)


@given(st.floats(0.0, 1.2), st.sampled_from([28, 29, 30, 31]))
def test_the_days_of_a_month_have_its_mean(mean: float, days: int) -> None:
    indices = [day_clear_sky_index(mean, (place + 0.5) / days) for place in range(days)]
    assert fmean(indices) == pytest.approx(min(mean, 1.0), abs=0.01)
    assert indices == sorted(indices)
    assert indices[0] >= 0.0


def test_each_day_of_a_month_has_a_rank_of_its_own() -> None:
    ranks = month_ranks("1/weather", date(2026, 2, 1))
    assert sorted(ranks) == pytest.approx([(place + 0.5) / 28 for place in range(28)])


def test_a_year_of_temperature_has_the_means_of_its_place(build: Build, us: Us) -> None:
    air = build(TemperatureInput, {"profile": "climate"})
    climate = climate_at(52.52, 13.4, None)
    for month, expected_c in (("01", climate.temperature_c[0]), ("07", climate.temperature_c[6])):
        begin_us = us(f"2026-{month}-01T00:00:00Z")
        mean_c = fmean(air.at(begin_us + hour * HOUR_US) for hour in range(31 * 24))
        assert mean_c == pytest.approx(expected_c, abs=2.5)


def test_afternoons_are_warmer_than_mornings(build: Build, us: Us) -> None:
    air = build(TemperatureInput, {"profile": "climate"})
    days = [us("2026-05-01T00:00:00Z") + day * 24 * HOUR_US for day in range(30)]
    warmer_k = [air.at(day + 14 * HOUR_US) - air.at(day + 2 * HOUR_US) for day in days]
    assert fmean(warmer_k) == pytest.approx(climate_at(52.52, 13.4, None).daily_range_k, abs=1.0)


def test_temperature_goes_over_midnight_without_a_jump(build: Build, us: Us) -> None:
    air = build(TemperatureInput, {"profile": "climate"})
    for day in range(1, 28):
        midnight_us = us(f"2026-03-{day:02}T00:00:00+01:00")
        assert air.at(midnight_us) == pytest.approx(air.at(midnight_us - 1), abs=0.4)


def test_days_of_the_weather_do_not_depend_on_the_days_asked_for_before(build: Build, us: Us) -> None:
    for kind, profile in ((IrradianceInput, "clear-sky"), (TemperatureInput, "climate")):
        noon_us = us("2026-06-20T12:00:00+02:00")
        used, fresh = build(kind, {"profile": profile}), build(kind, {"profile": profile})
        for day in range(-40, 40, 7):
            used.at(noon_us + day * 24 * HOUR_US)
        assert used.at(noon_us) == fresh.at(noon_us)


def test_months_of_the_weather_are_as_clear_as_the_place(build: Build, us: Us) -> None:
    """Days of one month in two years differ, their sums do not."""
    sums = []
    for year in (2026, 2027):
        sky = build(IrradianceInput, {"profile": "clear-sky", "step": "5 min"})
        begin_us = us(f"{year}-06-01T00:00:00+02:00")
        sums.append([sum(sky.at(begin_us + (24 * day * 12 + five) * HOUR_US // 12) for five in range(288)) / 12e3
                     for day in range(30)])  # fmt: skip
    assert sum(sums[0]) == pytest.approx(sum(sums[1]), rel=0.03)
    assert sums[0] != pytest.approx(sums[1], rel=0.05)
    assert 130.0 < sum(sums[0]) < 185.0


def test_snow_lies_on_modules_in_a_cold_winter_and_never_in_the_tropics() -> None:
    covered = {}
    for name, latitude, longitude in (("Helsinki", 60.2, 24.9), ("Singapore", 1.35, 103.8)):
        place = Location(latitude=latitude, longitude=longitude)
        snow = SnowCover(
            OutdoorDays(place, "1/weather"), "1/weather", 30.0, lambda _day, times: [0.0] * len(times)
        )
        begin = date(2026, 1, 1)
        covered[name] = sum(
            share for number in range(60) for share in snow.covered(utc_day(begin + timedelta(days=number)))
        )
    assert covered["Helsinki"] > 24 * 10
    assert covered["Singapore"] == 0.0


def test_snow_is_the_same_whatever_day_is_asked_for_first() -> None:
    place = Location(latitude=60.2, longitude=24.9)
    one, other = (
        SnowCover(
            OutdoorDays(place, "1/weather"), "1/weather", 30.0, lambda _day, times: [100.0] * len(times)
        )
        for _ in range(2)
    )
    days = [utc_day(date(2026, 1, 1) + timedelta(days=number)) for number in range(40)]
    assert [one.covered(day) for day in days] == [other.covered(day) for day in reversed(days)][::-1]


@pytest.mark.lengthy
def test_snow_on_flat_modules_stays_until_it_thaws() -> None:
    place = Location(latitude=46.8, longitude=9.8, altitude=2400.0)
    for seed in range(12):
        air = OutdoorDays(place, f"{seed}/weather")
        snow = SnowCover(air, f"{seed}/weather", 0.0, lambda _day, times: [0.0] * len(times))
        before = 0.0
        for number in range(300):
            day = date(2025, 9, 1) + timedelta(days=number)
            now = snow.covered(utc_day(day))[0]
            assert not (before > 0.0 and now == 0.0) or air.mean_c(day) > 4.0
            before = now


def test_no_snow_stays_on_modules_that_stand_upright() -> None:
    place = Location(latitude=60.2, longitude=24.9)
    snow = SnowCover(
        OutdoorDays(place, "1/weather"), "1/weather", 90.0, lambda _day, times: [0.0] * len(times)
    )
    assert not any(
        any(snow.covered(utc_day(date(2026, 1, 1) + timedelta(days=number)))) for number in range(60)
    )


def test_snow_keeps_light_from_modules_and_not_from_a_pyranometer() -> None:
    place = Location(latitude=60.2, longitude=24.9)
    spec = ClearSky.model_validate({"step": "1 h"})
    under, beside = (
        SkyDays(spec, place, (0.0, 180.0), "1/a", "1/weather", is_glazed=glazed) for glazed in (True, False)
    )
    snow = SnowCover(
        OutdoorDays(place, "1/weather"), "1/weather", 0.0, lambda _day, times: [0.0] * len(times)
    )
    fallen = next(
        date(2026, 1, 1) + timedelta(days=number)
        for number in range(60)
        if snow.falls(date(2026, 1, 1) + timedelta(days=number))
    )
    noon_us = utc_day(fallen).begin_us + 10 * HOUR_US
    assert under.steps(utc_day(fallen)).at(noon_us) == 0.0
    assert beside.steps(utc_day(fallen)).at(noon_us) > 0.0


def utc_day(day: date) -> Day:
    return Day(day, midnight_us(day, UTC), midnight_us(day + timedelta(days=1), UTC), UTC)
