"""Sharing direct current between inverters and batteries, whoever is connected to whom."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.models.inverter import dc_from_ac
from doppelgrid.sim.kernel.dc_bus import share_directly
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

KEYS = ("a", "b", "c")
POWERS = st.lists(st.floats(-29_000, 29_000), min_size=3, max_size=3)
ROOM = st.lists(st.floats(0, 50_000), min_size=3, max_size=3)


def three_and_three() -> Plant:
    """Return inverters a, b, c and batteries x behind a, y behind a and b, z behind b and c."""

    def inverter(number: int) -> dict[str, Any]:
        return {"id": number, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"}

    def battery(number: int, *behind: str) -> dict[str, Any]:
        return {"id": number, "category": "battery", "behind": list(behind)}

    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        **{key: inverter(number) for number, key in enumerate(KEYS, 10)},
        "x": battery(20, "a"), "y": battery(21, "a", "b"), "z": battery(22, "b", "c"),
    }  # fmt: skip
    plant = Plant(Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0)
    plant.readings.flows()
    return plant


PLANT = three_and_three()


def shared(
    settings_w: list[float], give_w: list[float], take_w: list[float]
) -> tuple[list[float], list[float]]:
    """Return what inverters and batteries have on the direct current side [W]."""
    layout, memory, _ = PLANT.numbers
    for control, setting_w in zip(memory.controls, settings_w, strict=True):
        control.setting_w = setting_w
    for battery, most_out_w, most_in_w in zip(memory.batteries, give_w, take_w, strict=True):
        battery.lower_w, battery.upper_w = -most_out_w, most_in_w
    share_directly(layout, memory)
    return [inverter.dc_w for inverter in memory.inverters], [battery.dc_w for battery in memory.batteries]


@given(POWERS, ROOM, ROOM)
def test_what_leaves_the_inverters_arrives_in_the_batteries(
    settings_w: list[float], give_w: list[float], take_w: list[float]
) -> None:
    inverters, batteries = shared(settings_w, give_w, take_w)
    assert sum(inverters) == pytest.approx(sum(batteries), abs=1e-6)


@given(POWERS, ROOM, ROOM)
@settings(max_examples=50)
def test_no_battery_leaves_its_limits(
    settings_w: list[float], give_w: list[float], take_w: list[float]
) -> None:
    _, batteries = shared(settings_w, give_w, take_w)
    for power_w, lower_w, upper_w in zip(batteries, give_w, take_w, strict=True):
        assert -lower_w <= power_w <= upper_w


def test_power_within_all_limits_passes_unchanged() -> None:
    settings_w = [9_000.0, 0.0, -4_000.0]
    inverters, _ = shared(settings_w, [50e3] * 3, [50e3] * 3)
    params = [PLANT.equipment.inverters[key] for key in KEYS]
    expected = [
        dc_from_ac(one, power_w) if power_w else 0.0 for one, power_w in zip(params, settings_w, strict=True)
    ]
    assert inverters == expected


def hybrid(**said: str) -> Plant:
    """Return a hybrid inverter of 10 kW with a full battery and what is said of its modules."""
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "inv": {"id": 2, "category": "hybrid_inverter", "behind": "grid", "rated_power": "10 kW", **said},
        "bat": {"id": 3, "category": "battery", "behind": "inv", "initial_soc": "100 %", "max_soc": "100 %"},
    }
    return Plant(Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0)


@pytest.mark.parametrize(
    "said",
    [
        {"tilt": "30 °"},
        {"azimuth": "90 °"},
        {"module": "crystalline-silicon"},
        {"soiling": "2 %"},
        {"shading": "2 %"},
        {"irradiance": "900 W/m²"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_hybrid_inverter_of_whose_modules_anything_is_said_has_as_many_as_its_rating(
    said: dict[str, str],
) -> None:
    sun = {"irradiance": "900 W/m²", **said}
    assert hybrid(**said).operating_point.layout.arrays[0].params.dc_power_stc_w == 10e3
    assert hybrid(**sun).readings.flows() == hybrid(**sun, peak_power="10 kW").readings.flows()
    assert hybrid(**sun).readings.active_power_w("inv") < -7e3


def test_with_modules_it_keeps_to_a_feed_in_limit() -> None:
    assert hybrid(tilt="30 °").equipment.photovoltaics == ["inv"]
    assert hybrid().equipment.photovoltaics == []


def test_a_hybrid_inverter_without_modules_is_one_of_batteries() -> None:
    plant = hybrid()
    assert not plant.operating_point.layout.arrays
    assert plant.readings.flows().ac["inv"].active_w >= 0.0
