"""What counts as a recording that a device does not follow, at any resolution, and what its ramp explains."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.sim.components.recordings import Astray
from doppelgrid.sim.components.registry import component_types
from doppelgrid.sim.components.section import Lapsing
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START = datetime(2026, 7, 1, tzinfo=UTC)
SECOND_US = 1_000_000
INVERTER = {"category": "battery_inverter", "rated_power": "30 kW"}
WITH_MINIMUM = {**INVERTER, "min_power": "6 kW"}
RESOLUTIONS = (1, 60, 900)
RESTING = {
    "photovoltaics in the dark": {"category": "pv_inverter", "rated_power": "30 kW", "irradiance": "0 W/m²"},
    "a heat pump": {"category": "hvac", "preset": "office-split", "gains": "0 kW"},
    "wind turbine in a calm": {"category": "wind_turbine", "rated_power": "100 kW", "wind_speed": "0 m/s"},
}


def driven(
    folder: Path,
    device: dict[str, Any],
    powers_kw: tuple[float, ...],
    step_s: int,
    *,
    resolution_s: int | None = None,
    way: str = "consumption",
) -> Plant:
    """Return a plant in which a recording with rows so far apart drives a device, consumption positive."""
    lines = [
        f"{(START + timedelta(seconds=step_s * number)).isoformat()},{power}"
        for number, power in enumerate(powers_kw)
    ]
    (folder / "day.csv").write_text("\n".join(["time,power", *lines]))
    recorded = {"file": "day.csv", "column": "power", "unit": "kW", "positive": way}
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid", "load": "4 kW"},
        "device": {"id": 3, "behind": "main", **device, "recorded": recorded},
    }
    if device["category"] == "battery_inverter":
        components["battery"] = {
            "id": 4, "category": "battery", "behind": "device", "preset": "lfp-92kwh", "initial_soc": "50 %",
        }  # fmt: skip
    site = Site.from_content({"microgrid": {"id": 1}, "components": components}, folder)
    moving: dict[str, int] = {}
    if resolution_s is not None:
        moving = {"cycle_us": resolution_s * SECOND_US, "resolution_us": resolution_s * SECOND_US}
    return Plant(site, start_us=site.moment_us(START), seed=0, **moving)


def astray_after(plant: Plant, seconds: int) -> Astray:
    plant.advance(plant.time_us + seconds * SECOND_US)
    (astray,) = plant.readings.astray()
    return astray


def of_its_presets(category: Category) -> list[dict[str, Any]]:
    """Return devices of a category that recordings drive, one of each preset."""
    offered, device = component_types()[category], {"category": category.value}
    if "rated_power_w" in offered.section.model_fields:
        device["rated_power"] = "30 kW"
    if category is Category.EV_CHARGER:
        return [{**device, "car": {}, "type": kind} for kind in ("ac", "dc")]
    return [{**device, "preset": name} for name in offered.presets()] or [device]


DRIVEN = [
    category
    for category, offered in component_types().items()
    if issubclass(offered.section, Lapsing) and "recorded" in offered.section.model_fields
]


@pytest.mark.parametrize("category", DRIVEN)
def test_any_device_that_is_to_have_nothing_may_draw_what_it_draws_at_rest(
    category: Category, tmp_path: Path
) -> None:
    for device in of_its_presets(category):
        plant = driven(tmp_path, device, (0.0, 0.0), 1800)
        plant.advance(plant.time_us + 1800 * SECOND_US)
        # The boards of a miner, on at the start, go off one after the other.
        assert sum(each.time_s for each in plant.readings.astray()) <= 3.0


@pytest.mark.parametrize("machines", [1, 8])
def test_a_miner_that_is_to_have_less_than_it_has_is_told(machines: int, tmp_path: Path) -> None:
    hall = {"category": "crypto_miner", "machines": machines}
    plant = driven(tmp_path, hall, (4.0 * machines, 4.0 * machines), 1800, way="consumption")
    assert astray_after(plant, 1800).most_w > 500.0 * machines


@pytest.mark.parametrize("resolution_s", RESOLUTIONS)
def test_what_is_beyond_the_rating_is_told_at_any_resolution(resolution_s: int, tmp_path: Path) -> None:
    plant = driven(tmp_path, INVERTER, (-40.0, 5.0, 35.0, 5.0), 900, resolution_s=resolution_s)
    astray = astray_after(plant, 3600)
    assert astray.time_s == pytest.approx(1800.0, abs=10.0)
    assert astray.energy_wh == pytest.approx(3750.0, rel=0.01)
    assert astray.most_w == pytest.approx(10e3)


@pytest.mark.parametrize("resolution_s", [*RESOLUTIONS, 3600])
def test_the_first_interval_of_a_run_is_driven_like_all_others(resolution_s: int, tmp_path: Path) -> None:
    plant = driven(tmp_path, INVERTER, (10.0, 10.0), 3600, resolution_s=resolution_s)
    plant.advance(plant.time_us + 3600 * SECOND_US)
    assert plant.readings.registers("device").consumed_wh == pytest.approx(10e3, rel=5e-4)
    assert plant.readings.astray() == ()


@pytest.mark.parametrize("resolution_s", [None, 900])
@pytest.mark.parametrize("name", RESTING)
def test_what_has_not_arrived_yet_cannot_be_followed(
    name: str, resolution_s: int | None, tmp_path: Path
) -> None:
    device = {**RESTING[name], "response_delay": "60 s"}
    way = "consumption" if device["category"] == "hvac" else "production"
    plant = driven(tmp_path, device, (0.0, 0.0), 900, resolution_s=resolution_s, way=way)
    plant.advance(plant.time_us + 900 * SECOND_US)
    assert plant.readings.astray() == ()


def test_until_the_first_value_arrives_a_device_does_what_it_does_without(tmp_path: Path) -> None:
    sunny = {
        "category": "pv_inverter",
        "rated_power": "30 kW",
        "irradiance": "900 W/m²",
        "response_delay": "60 s",
    }
    plant = driven(tmp_path, sunny, (5.0, 5.0), 900, way="production")
    plant.advance(plant.time_us + 59 * SECOND_US)
    assert plant.readings.active_power_w("device") < -20e3
    plant.advance(plant.time_us + 30 * SECOND_US)
    assert plant.readings.active_power_w("device") == pytest.approx(-5e3)


@pytest.mark.parametrize("ramp", ["15 kW/s", "100 W/s"])
def test_a_ramp_is_explained_after_what_could_not_be_followed(ramp: str, tmp_path: Path) -> None:
    plant = driven(tmp_path, {**WITH_MINIMUM, "ramp_rate": ramp}, (5.0, 25.0, 25.0), 600)
    astray = astray_after(plant, 1200)
    assert astray.most_w == pytest.approx(5e3, rel=0.01)
    assert 500.0 < astray.time_s <= 600.0


def test_a_ramp_through_powers_at_which_nothing_runs_is_explained(tmp_path: Path) -> None:
    plant = driven(tmp_path, {**WITH_MINIMUM, "ramp_rate": "100 W/s"}, (0.0, 25.0, 25.0), 600)
    plant.advance(plant.time_us + 1200 * SECOND_US)
    assert plant.readings.astray() == ()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_a_ramp_lacks_counts_once_the_recording_turns_back(sign: float, tmp_path: Path) -> None:
    powers_kw = (30.0 * sign, -30.0 * sign, 30.0 * sign)
    plant = driven(tmp_path, {**INVERTER, "ramp_rate": "1 kW/s"}, powers_kw, 30)
    plant.advance(plant.time_us + 60 * SECOND_US)
    assert plant.readings.astray() == ()
    astray = astray_after(plant, 30)
    # From 60 kW short to 30 kW short in 30 s, in cycles of 0.1 s.
    assert astray.time_s == pytest.approx(30.0, abs=0.11)
    assert astray.energy_wh == pytest.approx(45e3 * 30.0 / 3600.0, rel=0.003)
    assert astray.most_w == pytest.approx(60e3, abs=110.0)
    assert astray.first_us == pytest.approx(plant.time_us - 60 * SECOND_US, abs=SECOND_US)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_recording_that_turns_back_on_the_same_side_is_told_as_well(sign: float, tmp_path: Path) -> None:
    powers_kw = tuple(sign * power for power in (20.0, 10.0, 20.0, 10.0, 10.0))
    astray = astray_after(driven(tmp_path, {**INVERTER, "ramp_rate": "1 kW/s"}, powers_kw, 5), 25)
    # From 20 to 15 kW short, and from 10 to 5 kW.
    assert astray.time_s == pytest.approx(10.0, abs=0.21)
    assert astray.energy_wh == pytest.approx((17.5e3 * 5.0 + 7.5e3 * 5.0) / 3600.0, rel=0.01)
    assert astray.most_w == pytest.approx(20e3, abs=110.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_all_that_a_ramp_lacked_counts_though_the_recording_went_on(sign: float, tmp_path: Path) -> None:
    powers_kw = tuple(sign * power for power in (10.0, 20.0, 30.0, 0.0))
    plant = driven(tmp_path, {**INVERTER, "ramp_rate": "1 kW/s"}, powers_kw, 5)
    plant.advance(plant.time_us + 15 * SECOND_US)
    assert plant.readings.astray() == ()
    assert astray_after(plant, 5).time_s == pytest.approx(15.0, abs=0.5)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_recording_has_turned_back_if_it_is_short_of_the_farthest_that_it_was(
    sign: float, tmp_path: Path
) -> None:
    powers_kw = tuple(sign * power for power in (10.0, 30.0, 24.0, 24.0, 24.0))
    astray = astray_after(driven(tmp_path, {**INVERTER, "ramp_rate": "1 kW/s"}, powers_kw, 7), 28)
    assert astray.time_s == pytest.approx(14.0, abs=0.6)


def test_what_a_ramp_lacks_counts_once_however_often_the_recording_turns_back(tmp_path: Path) -> None:
    plant = driven(tmp_path, {**INVERTER, "ramp_rate": "1 kW/s"}, (30.0, -30.0) * 3, 5)
    # Until it turns at 20 s, all the time but for its reaction to the first value.
    assert astray_after(plant, 24).time_s == pytest.approx(20.0, abs=0.6)


def test_a_recording_that_falls_back_by_less_than_it_may_be_off_has_not_turned_back(tmp_path: Path) -> None:
    plant = driven(tmp_path, {**INVERTER, "ramp_rate": "1 kW/s"}, (20.0, 19.7, 20.0, 19.7, 20.0), 5)
    plant.advance(plant.time_us + 25 * SECOND_US)
    assert plant.readings.astray() == ()


@pytest.mark.slow
def test_a_schedule_that_turns_back_before_the_ramp_is_there_is_told(tmp_path: Path) -> None:
    plant = driven(tmp_path, {**INVERTER, "ramp_rate": "100 W/s"}, (30.0, -30.0) * 3, 300)
    astray = astray_after(plant, 1800)
    # It has the first value after 300 s, and half of all others never.
    assert astray.time_s == pytest.approx(600.0, rel=0.01)
    assert astray.most_w == pytest.approx(60e3, rel=0.01)


@pytest.mark.slow
def test_a_schedule_beyond_the_rating_both_ways_in_turns_is_told(tmp_path: Path) -> None:
    plant = driven(tmp_path, {**INVERTER, "ramp_rate": "500 W/s"}, (60.0, -60.0) * 10, 60)
    assert astray_after(plant, 1200).time_s > 1100.0


@pytest.mark.lengthy
def test_a_ramp_that_lags_for_no_longer_than_it_may_need_is_explained(tmp_path: Path) -> None:
    rising = tuple(0.2 * number for number in range(150))
    plant = driven(tmp_path, {**INVERTER, "ramp_rate": "100 W/s"}, rising, 1)
    plant.advance(plant.time_us + 590 * SECOND_US)
    assert plant.readings.astray() == ()


def test_little_ups_and_downs_of_a_recording_hide_nothing(tmp_path: Path) -> None:
    trembling = tuple(40.0 + 0.05 * (-1) ** number for number in range(120))
    for resolution_s in (None, 1):
        astray = astray_after(driven(tmp_path, INVERTER, trembling, 1, resolution_s=resolution_s), 120)
        assert astray.time_s == pytest.approx(117.0, abs=2.0)
        assert astray.energy_wh == pytest.approx(10e3 * 117.0 / 3600.0, rel=0.02)


def test_a_little_that_a_large_device_cannot_have_is_told(tmp_path: Path) -> None:
    large = {**INVERTER, "rated_power": "100 kW", "min_power": "3 kW"}
    astray = astray_after(driven(tmp_path, large, (-1.9, -1.9), 1800), 3600)
    assert astray.time_s == pytest.approx(3600.0, rel=0.01)
    assert astray.most_w == pytest.approx(1900.0, rel=0.1)


@pytest.mark.parametrize(
    ("changes", "power_kw"),
    [
        ({"parameters": {"standby_power_w": 500.0}}, 0.0),
        ({"resolution": "700 W"}, 1.3),
        ({"resolution": "700 W"}, -1.3),
    ],
    ids=["what it draws at rest", "a step in charging", "a step in discharging"],
)
def test_what_a_device_is_off_by_its_own_nature_is_no_failure_to_follow(
    changes: dict[str, Any], power_kw: float, tmp_path: Path
) -> None:
    plant = driven(tmp_path, {**INVERTER, **changes}, (power_kw, power_kw), 60)
    plant.advance(plant.time_us + 60 * SECOND_US)
    assert abs(plant.readings.active_power_w("device") - 1e3 * power_kw) > 450.0
    assert plant.readings.astray() == ()
