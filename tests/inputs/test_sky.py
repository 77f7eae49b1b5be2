"""Irradiance under clear and clouded skies."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from doppelgrid.sim.inputs.daily import Day, midnight_us
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.profiles.clear_sky import clear_sky_irradiance
from doppelgrid.sim.inputs.profiles.obstacles import NO_OBSTACLES, Obstacles
from doppelgrid.sim.inputs.profiles.sky import SkyDays, cloud_index
from doppelgrid.sim.inputs.signal import Signal
from doppelgrid.sim.inputs.specs import ClearSky, Clouds, IrradianceInput

Build = Callable[..., Signal]
Us = Callable[[str], int]
CLEAR = {"profile": "clear-sky", "clouds": {"cover": "0 %"}}
CLOUDED: dict[str, object] = {"profile": "clear-sky", "clouds": {}}
MINUTE_US = 60_000_000


def day_of(signal: Signal, begin_us: int) -> np.ndarray:
    return np.array([signal.at(begin_us + minute * MINUTE_US) for minute in range(1440)])


def test_a_clear_summer_day_peaks_near_1000_w_per_m2_around_solar_noon(build: Build, us: Us) -> None:
    day = day_of(build(IrradianceInput, CLEAR), us("2026-06-15T00:00:00+02:00"))
    assert 900.0 < day.max() < 1050.0
    assert abs(int(day.argmax()) - (13 * 60 + 6)) < 15


def test_the_night_is_dark_and_has_no_breakpoints(build: Build, us: Us) -> None:
    sky = build(IrradianceInput, CLEAR)
    midnight_us = us("2026-06-15T00:00:00+02:00")
    assert sky.at(midnight_us) == 0.0
    assert sky.until(midnight_us) > us("2026-06-15T04:00:00+02:00")


def test_clear_sky_on_a_horizontal_plane_is_that_of_pvlib(us: Us) -> None:
    import pvlib  # type: ignore[import-untyped]
    from pandas import DatetimeIndex

    times_us = np.arange(us("2026-06-15T06:00:00Z"), us("2026-06-15T15:00:00Z"), 10 * MINUTE_US)
    ours = clear_sky_irradiance(times_us, Location(latitude=52.52, longitude=13.4), 0.0, 180.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        sky = pvlib.location.Location(52.52, 13.4).get_clearsky(DatetimeIndex(times_us * 1000, tz="UTC"))
    assert ours == pytest.approx(sky["ghi"].to_numpy(), rel=0.02)


def test_clouds_take_irradiance_and_give_none(build: Build, us: Us) -> None:
    begin_us = us("2026-06-15T00:00:00+02:00")
    clear, clouded = (day_of(build(IrradianceInput, spec), begin_us) for spec in (CLEAR, CLOUDED))
    assert (clouded <= clear).all()
    assert clouded.sum() < 0.95 * clear.sum()


@pytest.mark.parametrize("cover", [0.0, 0.1, 0.4, 0.8, 1.0])
def test_clouds_cover_the_wanted_share_of_time(cover: float) -> None:
    """Mean loss: share of time times mean thickness, 70 % of the depth."""
    clouds = Clouds.model_validate({"cover": f"{cover * 100} %", "depth": "60 %"})
    times_s = np.arange(0.0, 86400.0, 60.0)
    means = [cloud_index(clouds, f"seed/{day}", times_s, step_s=60.0).mean() for day in range(60)]
    assert np.mean(means) == pytest.approx(1.0 - cover * 0.7 * 0.6, abs=0.01)


@pytest.mark.parametrize("step_s", [1.0, 30.0, 900.0])
def test_the_step_changes_means_only_a_little(step_s: float) -> None:
    times_s = np.arange(0.0, 86400.0, step_s)
    fine = cloud_index(Clouds(), "k", np.arange(0.0, 86400.0, 10.0), step_s=10.0).mean()
    assert cloud_index(Clouds(), "k", times_s, step_s=step_s).mean() == pytest.approx(fine, abs=0.005)


def test_days_do_not_depend_on_the_days_asked_for_before(build: Build, us: Us) -> None:
    spec = {"profile": "clear-sky"}
    noon_us = us("2026-06-20T12:00:00+02:00")
    used = build(IrradianceInput, spec)
    for day in range(-5, 5):
        used.at(noon_us + day * 1440 * MINUTE_US)
    fresh = build(IrradianceInput, spec, start="2026-06-19T00:00:00+02:00")
    assert (day_of(used, noon_us) == day_of(fresh, noon_us)).all()


def test_skies_differ_between_days_seeds_and_owners(build: Build, us: Us) -> None:
    spec, begin_us = {"profile": "clear-sky"}, us("2026-06-15T00:00:00+02:00")
    skies = [
        build(IrradianceInput, spec),
        build(IrradianceInput, spec, seed=2),
        build(IrradianceInput, spec, owner="b"),
    ]
    days = [*(day_of(sky, begin_us) for sky in skies), day_of(skies[0], begin_us + 1440 * MINUTE_US)]
    assert len({day.tobytes() for day in days}) == 4


@pytest.mark.parametrize("date", ["2026-02-01", "2026-04-01", "2026-08-01", "2027-01-01"])
def test_the_sky_of_a_month_goes_over_into_that_of_the_next(build: Build, us: Us, date: str) -> None:
    """At a site whose midnight is in the middle of the day."""
    midnight_us = us(f"{date}T00:00:00+13:00")
    days_us = [midnight_us + day * 1440 * MINUTE_US for day in (-2, -1, 0, 1)]
    sky = build(IrradianceInput, {**CLEAR, "step": "1 min"}, zone="Etc/GMT-13")
    before, last, first, after = (
        sum(sky.at(day + minute * MINUTE_US) for minute in range(0, 1440, 30)) for day in days_us
    )
    assert last == pytest.approx(before, rel=0.02)
    assert first == pytest.approx(last, rel=0.02)
    assert after == pytest.approx(first, rel=0.02)
    assert sky.at(midnight_us) > 100.0
    steps = [sky.at(midnight_us + minute * MINUTE_US) for minute in range(-3, 4)]
    changes = np.diff(steps)
    assert changes == pytest.approx([changes.mean()] * 6, abs=0.2)


def test_a_step_shows_the_sky_in_its_middle(build: Build, us: Us) -> None:
    sky = build(IrradianceInput, {**CLEAR, "step": "1 h"})
    place = Location(latitude=52.52, longitude=13.4, timezone="Europe/Berlin")
    for hour in (8, 13, 18):
        begin_us = us(f"2026-06-15T{hour:02}:00:00+02:00")
        middle = clear_sky_irradiance(np.array([begin_us + 30 * MINUTE_US]), place, 30.0, 180.0)
        assert sky.at(begin_us) == sky.at(begin_us + 60 * MINUTE_US - 1) == pytest.approx(middle[0], rel=1e-3)
        assert sky.until(begin_us) == begin_us + 60 * MINUTE_US


def test_a_clouded_sky_is_the_clear_one_times_what_the_clouds_of_the_day_let_through(
    build: Build, us: Us
) -> None:
    clear, clouded = (build(IrradianceInput, {**spec, "step": "10 s"}) for spec in (CLEAR, CLOUDED))
    begin_us = us("2026-06-15T00:00:00+02:00")
    times_s = np.arange(0.0, 86_400.0, 10.0)
    through = cloud_index(Clouds(), "1/house/test/clouds/2026-06-15", times_s, step_s=10.0)
    for hour in (9, 13, 17):
        step, time_us = hour * 360, begin_us + hour * 60 * MINUTE_US
        assert clouded.at(time_us) == pytest.approx(clear.at(time_us) * through[step], rel=1e-9)


def test_under_given_clouds_modules_have_the_light_that_reaches_their_plane(us: Us) -> None:
    place = Location(latitude=52.5, longitude=13.4, altitude=34.0, timezone="Europe/Berlin")
    spec = ClearSky.model_validate({"clouds": {"cover": "0 %"}, "step": "1 min"})
    sky = SkyDays(spec, place, (30.0, 180.0), "1/a", "1/weather", is_glazed=True)
    begin_us = us("2026-06-15T00:00:00+02:00")
    day = sky.steps(Day(date(2026, 6, 15), begin_us, begin_us + 1440 * MINUTE_US, place.zone))
    morning_us = begin_us + 7 * 60 * MINUTE_US
    clear = clear_sky_irradiance(np.array([morning_us + MINUTE_US // 2]), place, 30.0, 180.0)
    assert day.at(morning_us) == pytest.approx(clear[0], rel=1e-3)


@pytest.mark.parametrize(
    ("latitude", "altitude", "azimuth_deg", "month"),
    [(69.65, 10.0, 180.0, 1), (67.85, 500.0, 180.0, 12), (78.2, 10.0, 180.0, 2), (-80.0, 2800.0, 0.0, 8)],
)
def test_no_day_of_a_low_sun_is_brighter_than_the_clearest(
    latitude: float, altitude: float, azimuth_deg: float, month: int
) -> None:
    place = Location(latitude=latitude, longitude=19.0, altitude=altitude, timezone="UTC")
    spec = ClearSky.model_validate({"step": "10 min"})
    sky = SkyDays(spec, place, (90.0, azimuth_deg), "1/a", "1/weather")
    peaks = []
    for number in (3, 9, 16, 22, 28):
        day = date(2025, month, number)
        begin_us = midnight_us(day, place.zone)
        steps = sky.steps(Day(day, begin_us, begin_us + 1440 * MINUTE_US, place.zone))
        times_us = begin_us + 10 * MINUTE_US * np.arange(144)
        clear = clear_sky_irradiance(times_us + 5 * MINUTE_US, place, 90.0, azimuth_deg)
        shown = np.array([steps.at(int(time_us)) for time_us in times_us])
        assert shown.max() <= 1.04 * clear.max()
        peaks.append(shown.max() / max(clear.max(), 1.0))
    assert len(set(peaks)) > 1


def test_a_horizon_takes_the_beam_under_given_clouds_as_well(us: Us) -> None:
    place = Location(latitude=52.5, longitude=13.4, altitude=34.0, timezone="Europe/Berlin")
    spec = ClearSky.model_validate({"clouds": {"cover": "0 %"}, "step": "1 min"})
    begin_us = us("2026-06-15T00:00:00+02:00")
    day = Day(date(2026, 6, 15), begin_us, begin_us + 1440 * MINUTE_US, place.zone)
    free, behind = (
        SkyDays(spec, place, (30.0, 180.0), "1/a", "1/weather", is_glazed=True, obstacles=each).steps(day)
        for each in (NO_OBSTACLES, Obstacles(((0.0, 40.0), (180.0, 40.0))))
    )
    morning_us, noon_us = (begin_us + hour * 60 * MINUTE_US for hour in (8, 13))
    assert behind.at(morning_us) < 0.5 * free.at(morning_us)
    assert behind.at(noon_us) > 0.8 * free.at(noon_us)


@pytest.mark.parametrize("altitude_m", [2600.0, 5000.0, 9000.0])
def test_no_sky_is_brighter_than_the_sun_above_the_atmosphere(altitude_m: float, us: Us) -> None:
    times_us = np.arange(us("2026-12-21T12:00:00Z"), us("2026-12-21T20:00:00Z"), 10 * MINUTE_US)
    place = Location(latitude=-16.5, longitude=-68.1, altitude=altitude_m)
    # 1,361 W/m² by the distance of the sun in December, which stands 7° off the zenith.
    above_w_per_m2 = 1402.0
    assert clear_sky_irradiance(times_us, place, 0.0, 180.0).max() < 0.95 * above_w_per_m2
