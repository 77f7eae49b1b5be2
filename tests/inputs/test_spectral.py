"""Irradiance by its spectrum, in the air of a place."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pvlib  # type: ignore[import-untyped]
import pytest

from doppelgrid.sim.components.array_spectrum import spectrum_preset
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.profiles import spectral
from doppelgrid.sim.inputs.profiles.clear_sky import zeniths_deg
from doppelgrid.sim.inputs.profiles.spectral import STEP_US, Air, Spectral, Spectrum
from doppelgrid.sim.inputs.segments import segments_of
from doppelgrid.sim.inputs.signal import Constant, Signal, Steps

PLACE = Location(latitude=52.52, longitude=13.405, altitude=34.0, timezone="Europe/Berlin")
HOUR_US = 12 * STEP_US


def instant(month: int, day: int, hour: float) -> int:
    return to_us(datetime(2025, month, day, tzinfo=UTC)) + round(hour * HOUR_US)


def spectrum(cells: str, *, air_c: float | Signal = 15.0, humidity: float = 0.6) -> Spectrum:
    temperature = Constant(air_c) if isinstance(air_c, float) else air_c
    return Spectrum(spectrum_preset(cells), PLACE, Air(temperature, Constant(humidity), Constant(1000.0)))


def factor(cells: str, time_us: int) -> float:
    return Spectral(Constant(1.0), spectrum(cells)).at(time_us)


@pytest.mark.parametrize("hour", [5.0, 7.5, 11.2, 14.0, 17.3])
def test_light_of_a_summer_day_is_worth_what_pvlib_says_of_the_middle_of_its_five_minutes(
    hour: float,
) -> None:
    time_us = instant(6, 21, hour)
    middle_us = time_us // STEP_US * STEP_US + STEP_US // 2
    sun = pvlib.location.Location(PLACE.latitude, PLACE.longitude, "UTC", PLACE.altitude).get_solarposition(
        np.array([middle_us]).astype("datetime64[us]")
    )
    air_mass = pvlib.atmosphere.get_absolute_airmass(
        pvlib.atmosphere.get_relative_airmass(float(sun["apparent_zenith"].iloc[0])), 100_000.0
    )
    water_cm = pvlib.atmosphere.gueymard94_pw(15.0, 60.0)
    expected = float(pvlib.spectrum.spectral_factor_firstsolar(water_cm, air_mass, "multisi")[0])
    assert factor("multisi", time_us) == pytest.approx(expected, abs=3e-6)


def test_the_evening_of_a_winter_day_is_red_and_worth_more_to_silicon_and_less_to_cadmium_telluride() -> None:
    noon, evening = instant(12, 21, 11.2), instant(12, 21, 14.4)
    assert factor("monosi", evening) > factor("monosi", noon) + 0.005
    assert factor("cdte", evening) < factor("cdte", noon) - 0.02


def test_a_winter_noon_is_redder_than_one_of_summer() -> None:
    winter, summer = instant(12, 21, 11.2), instant(6, 21, 11.2)
    assert factor("monosi", winter) > factor("monosi", summer) + 0.01
    assert factor("asi", winter) < factor("asi", summer) - 0.05


def test_damp_air_makes_light_worth_more() -> None:
    noon = instant(6, 21, 11.2)
    dry, damp = (
        Spectral(Constant(1.0), spectrum("cdte", humidity=humidity)).at(noon) for humidity in (0.1, 0.9)
    )
    assert damp > dry + 0.03


def test_the_air_is_that_of_the_time() -> None:
    noon = instant(6, 21, 11.0)
    warming = Steps([noon - HOUR_US, noon], [5.0, 30.0])
    light = Spectral(Constant(1.0), spectrum("cdte", air_c=warming))
    assert light.at(noon) > light.at(noon - 1) + 0.01


def test_a_factor_holds_for_five_minutes_and_no_longer_than_the_light() -> None:
    noon = instant(6, 21, 11.0)
    light = Spectral(Steps([noon, noon + 400_000_000], [500.0, 600.0]), spectrum("monosi"))
    assert light.until(noon + 1) == noon + STEP_US
    assert light.until(noon + STEP_US) == noon + 400_000_000


def test_a_stretch_at_once_has_the_bits_of_one_value_after_the_other() -> None:
    begin, end = instant(6, 20, 22.01), instant(6, 21, 13.7)
    times = list(range(begin - 7, end + HOUR_US, 47_000_000))
    light = Spectral(Steps(times, [float(place % 991) for place in range(len(times))]), spectrum("monosi"))
    part = segments_of(light, begin, end)
    now, found = begin, []
    while now < end:
        found.append((now, light.at(now)))
        now = light.until(now)
    assert list(zip(part.times_us[:-1].tolist(), part.values.tolist(), strict=True)) == found
    assert part.times_us[-1] == now


def test_days_are_the_same_whatever_is_asked_for_first() -> None:
    times = [instant(month, 15, 11.0) for month in (1, 2, 3, 4, 5, 6, 7)]
    forwards, backwards = spectrum("asi"), spectrum("asi")
    ahead = [forwards.factor(time // STEP_US) for time in times]
    assert ahead == [backwards.factor(time // STEP_US) for time in reversed(times)][::-1]


def test_the_way_of_the_sun_is_found_once_for_days_that_follow_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def counted(times_us: npt.NDArray[np.int64], location: Location) -> npt.NDArray[np.float64]:
        asked.append(int(times_us[0]))
        return zeniths_deg(times_us, location)

    monkeypatch.setattr(spectral, "zeniths_deg", counted)
    seen = spectrum("monosi")
    for day in range(1, 11):
        seen.factor(instant(6, day, 11.0) // STEP_US)
    assert 1 <= len(asked) <= 2


def test_in_the_dark_nothing_is_made_of_nothing() -> None:
    assert Spectral(Constant(0.0), spectrum("monosi")).at(instant(12, 21, 0.0)) == 0.0
