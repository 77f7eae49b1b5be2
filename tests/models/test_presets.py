"""Presets are found by name, and a wrong name is answered with the right ones."""

from __future__ import annotations

import pytest

from doppelgrid.models.battery import battery_initial_state
from doppelgrid.models.battery_step import battery_terminal
from doppelgrid.sim.components.battery import battery_preset, battery_preset_names
from doppelgrid.sim.components.inverter import inverter_preset, inverter_preset_names
from doppelgrid.sim.components.solar_array import pv_array_preset, pv_array_preset_names


def test_an_unknown_battery_is_answered_with_the_names_and_the_likely_one() -> None:
    with pytest.raises(
        ValueError, match=r"battery preset is 'lfp-92kw'; accepted: lfp-92kwh, .*mean 'lfp-92kwh'\?"
    ):
        battery_preset("lfp-92kw")


def test_an_unknown_inverter_and_array_are_answered_with_the_names() -> None:
    with pytest.raises(ValueError, match=r"inverter preset is 'xyz'; accepted: .*battery-30kw"):
        inverter_preset("xyz", 1.0, 1.0)
    with pytest.raises(ValueError, match=r"PV array preset is 'xyz'; accepted: .*thin-film"):
        pv_array_preset("xyz", 1.0)


@pytest.mark.parametrize("name", battery_preset_names())
def test_battery_presets_are_packs_that_can_exist(name: str) -> None:
    params = battery_preset(name)
    assert all(low < high for low, high in zip(params.ocv_v, params.ocv_v[1:], strict=False))
    assert 0.5 * params.ocv_v[-1] < params.voltage_min_v < params.ocv_v[-1] < params.voltage_max_v
    assert 0.0 <= params.soc_lower < params.soc_upper <= 1.0
    assert list(params.charge_temperatures_c) == sorted(params.charge_temperatures_c)
    assert list(params.discharge_temperatures_c) == sorted(params.discharge_temperatures_c)


@pytest.mark.parametrize("name", battery_preset_names())
def test_battery_presets_return_most_of_what_they_take(name: str) -> None:
    params = battery_preset(name)
    state = battery_initial_state(params, 0.5, 25.0)
    power_w = 0.25 * params.capacity_wh
    loss_w = battery_terminal(params, state, power_w).loss_w
    assert 0.001 < loss_w / power_w < 0.05


def test_presets_take_their_size_from_the_caller() -> None:
    for name in inverter_preset_names():
        assert inverter_preset(name, 7e3, 8e3)[:2] == (7e3, 8e3)
    for name in pv_array_preset_names():
        assert pv_array_preset(name, 7e3).dc_power_stc_w == 7e3
