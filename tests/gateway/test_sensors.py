"""Sensors read the weather as their parameters say: late, with errors, in steps and within a range."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.models.air import dew_point_c, pressure_at_altitude_pa
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.inputs.build import InputSetting, build_signal
from doppelgrid.sim.inputs.specs import ClearSky
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.site.site import Site

START = 1_780_264_800_000_000
MAST = 101
METRICS = {
    "temperature": Metric.SENSOR_TEMPERATURE,
    "irradiance": Metric.SENSOR_IRRADIANCE,
    "wind_speed": Metric.SENSOR_WIND_SPEED,
    "wind_direction": Metric.SENSOR_WIND_DIRECTION,
    "relative_humidity": Metric.SENSOR_RELATIVE_HUMIDITY,
}
SITE = {
    "microgrid": {"id": 7},
    "components": {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
    },
    "ambient_temperature": "21.26 °C",
    "weather": {
        "irradiance": "600 W/m²", "wind_speed": "5 m/s", "wind_direction": "350 °", "relative_humidity": "63 %"
    },
}  # fmt: skip


class Mast:
    """A running site with a sensor."""

    def __init__(self, *, seed: int = 1, interval: str = "200 ms", **parameters: Mapping[str, float]) -> None:
        sensor: dict[str, Any] = {"id": MAST, "metrics": list(METRICS), "parameters": parameters}
        site = Site.model_validate({**SITE, "sensors": {"mast": sensor}, "telemetry": {"interval": interval}})
        self.simulation = Simulation.headless(site, start_us=START, seed=seed)

    def pass_time(self, seconds: float) -> None:
        self.simulation.run_for(timedelta(seconds=seconds))

    def read(self, name: str) -> float:
        return read(self.simulation, name)


def read(simulation: Simulation, name: str) -> float:
    return simulation.gateway.sensor_frame(MAST).values[METRICS[name]]


def test_a_sensor_of_which_nothing_is_said_reads_the_truth_at_once() -> None:
    mast = Mast()
    mast.simulation.drive("site", "wind_speed", 9.0)
    assert mast.read("wind_speed") == 9.0
    assert mast.read("temperature") == 21.26


def test_columns_of_a_weather_station_s_file_are_read_in_their_units(tmp_path: Path) -> None:
    (tmp_path / "station.csv").write_text(
        "time,humidity,pressure,direction,wind\n"
        "2026-06-01T00:00:00+02:00,70,1013,240,3.6\n2026-06-01T01:00:00+02:00,72,1012,250,7.2\n"
    )

    def column(name: str, unit: str) -> dict[str, str]:
        return {"file": str(tmp_path / "station.csv"), "column": name, "unit": unit}

    weather = {
        "relative_humidity": column("humidity", "%"),
        "air_pressure": column("pressure", "hPa"),
        "wind_direction": column("direction", "°"),
        "wind_speed": column("wind", "km/h"),
    }
    metrics = {**METRICS, "air_pressure": Metric.SENSOR_AIR_PRESSURE}
    sensors = {"mast": {"id": MAST, "metrics": list(weather)}}
    site = Site.model_validate({**SITE, "weather": weather, "sensors": sensors})
    simulation = Simulation.headless(site, start_us=START)
    simulation.run_for(timedelta(hours=1))
    values = simulation.gateway.sensor_frame(MAST).values
    assert {name: values[metrics[name]] for name in weather} == pytest.approx(
        {"relative_humidity": 72.0, "air_pressure": 1012.0, "wind_direction": 250.0, "wind_speed": 2.0}
    )


def test_gain_and_offset_move_a_reading() -> None:
    mast = Mast(irradiance={"gain": 1.02, "offset": -3.0})
    assert mast.read("irradiance") == pytest.approx(609.0)


def test_a_reading_is_a_multiple_of_the_resolution() -> None:
    assert Mast(temperature={"resolution": 0.1}).read("temperature") == pytest.approx(21.3)


def test_a_reading_ends_at_the_range() -> None:
    mast = Mast(irradiance={"upper": 500.0}, wind_speed={"lower": 6.0})
    assert (mast.read("irradiance"), mast.read("wind_speed")) == (500.0, 6.0)


@pytest.mark.parametrize(
    ("name", "errors", "shown"),
    [
        ("relative_humidity", {"offset": 200.0}, 100.0),
        ("relative_humidity", {"offset": -200.0}, 0.0),
        ("wind_speed", {"offset": -50.0}, 0.0),
        ("irradiance", {"offset": -1000.0}, -50.0),
        ("temperature", {"offset": -500.0}, -273.15),
        ("wind_speed", {"offset": -50.0, "lower": -60.0}, -45.0),
    ],
)
def test_a_reading_ends_at_what_can_be_unless_a_file_says_otherwise(
    name: str, errors: dict[str, float], shown: float
) -> None:
    assert Mast(**{name: errors}).read(name) == shown


def test_humidity_has_its_errors_in_per_cent() -> None:
    assert Mast(relative_humidity={"offset": 2.0}).read("relative_humidity") == pytest.approx(65.0)


def test_other_metrics_of_the_same_sensor_stay_as_they_are() -> None:
    assert Mast(irradiance={"offset": -3.0}).read("temperature") == 21.26


class TestLag:
    def test_a_sensor_follows_a_step_with_its_time_constant(self) -> None:
        mast = Mast(temperature={"time_constant_s": 30.0})
        mast.pass_time(1.0)
        mast.simulation.drive("site", "ambient_temperature", 31.26)
        mast.pass_time(0.2)
        before_c = mast.read("temperature")
        mast.pass_time(30.0)
        assert 31.26 - mast.read("temperature") == pytest.approx((31.26 - before_c) / math.e)
        assert before_c == pytest.approx(21.26, abs=0.1)

    def test_it_does_not_matter_who_looks_at_it(self) -> None:
        watched, left_alone = (Mast(wind_speed={"time_constant_s": 5.0}) for _ in range(2))
        for mast in (watched, left_alone):
            mast.simulation.drive("site", "wind_speed", 11.0)
        for _ in range(70):
            watched.pass_time(0.1)
            watched.read("wind_speed")
        left_alone.pass_time(7.0)
        assert watched.read("wind_speed") == left_alone.read("wind_speed")

    def test_it_comes_back_from_a_drive_that_is_given_back_as_slowly(self) -> None:
        mast = Mast(irradiance={"time_constant_s": 10.0})
        mast.simulation.drive("site", "irradiance", 0.0)
        mast.pass_time(100.0)
        mast.simulation.release("site", "irradiance")
        mast.pass_time(1.0)
        assert mast.read("irradiance") < 100.0

    @pytest.mark.parametrize("interval", ["200 ms", "5 s"])
    def test_the_interval_of_telemetry_does_not_matter(self, interval: str) -> None:
        mast = Mast(interval=interval, wind_speed={"time_constant_s": 10.0})
        mast.pass_time(1.0)
        mast.simulation.drive("site", "wind_speed", 13.0)
        mast.pass_time(10.0)
        assert mast.read("wind_speed") == pytest.approx(13.0 - 8.0 / math.e)

    def test_weather_that_moves_between_two_samplings_counts(self) -> None:
        often, rarely = (
            Mast(interval=each, wind_speed={"time_constant_s": 10.0}) for each in ("200 ms", "5 s")
        )
        for mast in (often, rarely):
            mast.simulation.drive("site", "wind_speed", 13.0, over_s=4.0)
            mast.pass_time(4.7)
        assert rarely.read("wind_speed") == pytest.approx(often.read("wind_speed"))

    def test_a_vane_turns_through_north(self) -> None:
        mast = Mast(wind_direction={"time_constant_s": 10.0})
        mast.simulation.drive("site", "wind_direction", 10.0)
        seen = []
        for _ in range(40):
            mast.pass_time(1.0)
            seen.append(mast.read("wind_direction"))
        assert all(direction >= 350.0 or direction <= 10.0 for direction in seen)
        assert seen[-1] == pytest.approx(10.0, abs=0.5)

    def test_a_fork_goes_on_from_where_the_sensor_was(self) -> None:
        mast = Mast(irradiance={"time_constant_s": 60.0, "noise": 2.0})
        mast.simulation.drive("site", "irradiance", 100.0)
        mast.pass_time(20.0)
        fork = mast.simulation.fork()
        for _ in range(20):
            mast.pass_time(1.0)
            fork.run_to(mast.simulation.now_us)
            assert read(fork, "irradiance") == mast.read("irradiance")

    def test_the_file_of_a_snapshot_keeps_where_the_sensor_was(self, tmp_path: Path) -> None:
        mast = Mast(irradiance={"time_constant_s": 60.0})
        mast.simulation.drive("site", "irradiance", 100.0)
        mast.pass_time(20.0)
        mast.simulation.save().write(tmp_path / "mast.json")
        again = Simulation.from_snapshot(mast.simulation.site, Snapshot.read(tmp_path / "mast.json"))
        assert read(again, "irradiance") == mast.read("irradiance")


class TestNoise:
    def noisy(self, seed: int = 1) -> list[float]:
        mast = Mast(seed=seed, wind_speed={"noise": 0.5})
        readings = []
        for _ in range(500):
            readings.append(mast.read("wind_speed"))
            mast.pass_time(0.2)
        return readings

    def test_it_is_drawn_for_each_sampling_with_its_standard_deviation(self) -> None:
        readings = self.noisy()
        assert statistics.stdev(readings) == pytest.approx(0.5, rel=0.15)
        assert statistics.mean(readings) == pytest.approx(5.0, abs=0.1)

    def test_it_is_the_same_whenever_it_is_asked_for(self) -> None:
        mast = Mast(wind_speed={"noise": 0.5})
        assert mast.read("wind_speed") == mast.read("wind_speed")

    def test_it_goes_by_the_seed(self) -> None:
        assert self.noisy() == self.noisy()
        assert self.noisy() != self.noisy(seed=2)


class TestAir:
    """What sensors see of the air beside its temperature."""

    def frame(self, **site: Any) -> Mapping[Metric, float]:
        metrics = ["dew_point", "air_pressure", "irradiance", "relative_humidity"]
        sensor = {"id": MAST, "metrics": metrics}
        given = {**SITE, **site, "sensors": {"mast": sensor}}
        simulation = Simulation.headless(Site.model_validate(given), start_us=START, seed=1)
        return simulation.gateway.sensor_frame(MAST).values

    def test_the_dew_point_follows_from_temperature_and_humidity(self) -> None:
        assert self.frame()[Metric.SENSOR_DEW_POINT] == pytest.approx(dew_point_c(21.26, 0.63))
        assert self.frame()[Metric.SENSOR_RELATIVE_HUMIDITY] == pytest.approx(63.0)

    @pytest.mark.parametrize("altitude", [0.0, 800.0])
    def test_the_pressure_is_that_of_the_standard_atmosphere_unless_it_is_given(
        self, altitude: float
    ) -> None:
        location = {"latitude": 47.0, "longitude": 11.0, "timezone": "Europe/Vienna", "country_code": "AT"}
        microgrid = {"id": 7, "location": {**location, "altitude": altitude}}
        found = self.frame(microgrid=microgrid)
        assert found[Metric.SENSOR_AIR_PRESSURE] == pytest.approx(pressure_at_altitude_pa(altitude) / 100.0)
        given = self.frame(microgrid=microgrid, weather={"air_pressure": "990 hPa"})
        assert given[Metric.SENSOR_AIR_PRESSURE] == pytest.approx(990.0)

    def test_without_one_of_its_own_the_sun_shines_on_a_level_plane(self) -> None:
        found = self.frame(weather={})[Metric.SENSOR_IRRADIANCE]
        sky = InputSetting(Site.model_validate(SITE).microgrid.location, Path(), START, 1, "site", "irradiance",
                           plane=(0.0, 180.0))  # fmt: skip
        assert found == build_signal(ClearSky(), sky).at(START)
