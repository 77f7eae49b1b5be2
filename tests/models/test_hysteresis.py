"""Hysteresis of the open-circuit voltage: loops against their closed form, and cells that the presets do not know."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.battery import (
    BatteryInput,
    BatteryParams,
    BatteryState,
    battery_initial_state,
    battery_stored_energy_wh,
)
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.hysteresis import hysteresis_capacitance_f
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery import battery_preset, battery_preset_names

HALF_V, RATE, CHARGE_AH = 2.0, 20.0, 10.0
FLAT = battery_preset("lfp-92kwh")._replace(
    capacity_wh=1000.0, charge_capacity_ah=CHARGE_AH, ocv_v=(100.0, 100.0), ocv_slope_v_per_k=(0.0, 0.0),
    r0_ohm=(0.0, 0.0), r1_ohm=(0.0, 0.0), r2_ohm=(0.0, 0.0), self_discharge_a=0.0, soc_lower=0.0, soc_upper=1.0,
    voltage_min_v=60.0, voltage_max_v=140.0, charge_current_max_a=100.0, discharge_current_max_a=100.0,
    hysteresis_v=(HALF_V, HALF_V), hysteresis_f=hysteresis_capacitance_f((HALF_V, HALF_V), RATE, CHARGE_AH),
)  # fmt: skip
"""100 V without resistance, 2 V of hysteresis to either side."""
SIDED = [name for name in battery_preset_names() if battery_preset(name).hysteresis_f > 0.0]
A123_V = (3.1833, 3.2450, 3.2797, 3.3016, 3.3081, 3.3168, 3.3303, 3.3453, 3.3518)
"""Mean of charge and discharge at C/27 and 25 °C at 10 to 90 % SoC: A123, in batterysim/esctoolbox-python (MIT)."""
A123_HALF_V = (0.0208, 0.0232, 0.0290, 0.0186, 0.0167, 0.0193, 0.0198, 0.0137, 0.0118)
"""Half of their distance."""
LITHIUM_WERKS_V = (3.2029, 3.2413, 3.2778, 3.2948, 3.2991, 3.3032, 3.3163, 3.3371, 3.3411)
"""At C/32: a Lithium Werks APR18650M1B in soorajsunil/Piecewise-Battery-OCV (MIT)."""


def carried(
    params: BatteryParams, state: BatteryState, to_soc: float, power_w: float
) -> tuple[BatteryState, float]:
    """Return the state at about an SoC, and the heat on the way [J]."""
    heat_j, dt_s = 0.0, 0.0002 * 3600.0 * params.capacity_wh / abs(power_w)
    while (to_soc - state.soc) * power_w > 1e-9 * abs(power_w):
        state, shown = battery_step(params, state, BatteryInput(power_w, 25.0), dt_s)
        heat_j += shown.loss_w * dt_s
    return state, heat_j


@pytest.mark.parametrize("start_v", [-HALF_V, 0.0, 1.0, HALF_V])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_branch_is_come_to_exponentially_in_charge(start_v: float, sign: float) -> None:
    state = battery_initial_state(FLAT, 0.5, 25.0)._replace(hysteresis_voltage_v=start_v)
    after, _ = carried(FLAT, state, 0.5 + sign * 0.1, sign * 100.0)
    way = math.exp(-RATE * abs(after.soc - 0.5))
    expected_v = sign * HALF_V + (start_v - sign * HALF_V) * way
    assert after.hysteresis_voltage_v == pytest.approx(expected_v, abs=1e-4)


@pytest.mark.parametrize("power_w", [20.0, 500.0])
def test_a_loop_loses_its_area_however_fast_it_is_run(power_w: float) -> None:
    state, depth = battery_initial_state(FLAT, 0.3, 25.0), 0.4
    for _ in range(3):
        state, up_j = carried(FLAT, state, 0.3 + depth, power_w)
        before_wh = battery_stored_energy_wh(FLAT, state)
        state, down_j = carried(FLAT, state, 0.3, -power_w)
    area = 2.0 * (depth - 2.0 * math.tanh(0.5 * RATE * depth) / RATE)
    assert up_j + down_j == pytest.approx(CHARGE_AH * 3600.0 * HALF_V * area, rel=1e-2)
    assert before_wh == pytest.approx(700.0 + 0.5 * FLAT.hysteresis_f * HALF_V**2 / 3600.0, rel=2e-3)


def test_at_rest_it_stays_where_it_is() -> None:
    state = battery_initial_state(FLAT, 0.5, 25.0)._replace(hysteresis_voltage_v=1.3)
    after, shown = battery_step(FLAT, state, BatteryInput(0.0, 25.0), 86_400.0)
    assert after.hysteresis_voltage_v == 1.3
    assert shown.voltage_v == pytest.approx(101.3)
    assert shown.loss_w == 0.0


@given(
    held_v=st.floats(-HALF_V, HALF_V),
    steps=st.lists(st.tuples(st.floats(-2000.0, 2000.0), st.floats(0.1, 600.0)), min_size=1, max_size=5),
)
def test_its_heat_is_never_below_zero_and_what_goes_in_is_stored_or_lost(
    held_v: float, steps: list[tuple[float, float]]
) -> None:
    state = battery_initial_state(FLAT, 0.5, 25.0)._replace(hysteresis_voltage_v=held_v)
    for power_w, dt_s in steps:
        after, shown = battery_step(FLAT, state, BatteryInput(power_w, 25.0), dt_s)
        assert shown.loss_w >= 0.0
        stored_wh = battery_stored_energy_wh(FLAT, after) - battery_stored_energy_wh(FLAT, state)
        assert (shown.power_w - shown.loss_w) * dt_s / 3600.0 == pytest.approx(stored_wh, abs=1e-9)
        assert abs(after.hysteresis_voltage_v) <= HALF_V * (1.0 + 1e-3)
        state = after


def test_the_terminals_show_voltage_and_heat_of_a_side() -> None:
    state = battery_initial_state(FLAT, 0.5, 25.0)._replace(hysteresis_voltage_v=-1.0)
    shown = battery_terminal(FLAT, state, -99.0 * 10.0)
    assert shown.voltage_v == pytest.approx(99.0)
    assert shown.current_a == pytest.approx(-10.0)
    assert shown.loss_w == pytest.approx(1.0 * 10.0 / HALF_V)


def test_iron_phosphate_and_sodium_ion_have_it() -> None:
    assert {name.rsplit("-", 1)[0] for name in SIDED} == {"lfp", "sodium-ion"}


@pytest.mark.parametrize("name", SIDED)
def test_a_charged_battery_rests_above_a_discharged_one(name: str) -> None:
    params = battery_preset(name)._replace(soc_lower=0.0, soc_upper=1.0, self_discharge_a=0.0)
    power_w = 0.1 * params.capacity_wh
    rested = []
    for start, sign in ((0.4, 1.0), (0.95, -1.0)):
        state, _ = carried(params, battery_initial_state(params, start, 25.0), 0.7, sign * power_w)
        state, shown = battery_step(params, state, BatteryInput(0.0, 25.0), 86_400.0)
        rested.append(shown.voltage_v - table_value(params.ocv_v, state.soc))
    half_v = table_value(params.hysteresis_v, 0.7)
    assert rested == pytest.approx([half_v, -half_v], rel=0.1)


@pytest.mark.parametrize(("cell_v", "within_v"), [(A123_V, 0.022), (LITHIUM_WERKS_V, 0.014)])
def test_iron_phosphate_rests_about_where_cells_do_that_its_preset_does_not_know(
    cell_v: tuple[float, ...], within_v: float
) -> None:
    params = battery_preset("lfp-92kwh")
    series = params.voltage_max_v / 3.65
    for tenth, measured_v in enumerate(cell_v, start=1):
        assert table_value(params.ocv_v, 0.1 * tenth) / series == pytest.approx(measured_v, abs=within_v), (
            tenth
        )


def test_its_width_in_iron_phosphate_is_about_that_of_another_cell() -> None:
    params = battery_preset("lfp-92kwh")
    series = params.voltage_max_v / 3.65
    for tenth, measured_v in enumerate(A123_HALF_V, start=1):
        half_v = table_value(params.hysteresis_v, 0.1 * tenth) / series
        assert half_v == pytest.approx(measured_v, abs=0.006), tenth


@pytest.mark.parametrize("name", battery_preset_names())
def test_the_open_circuit_voltage_rises_on_either_side(name: str) -> None:
    params = battery_preset(name)
    for sign in (1.0, 0.0, -1.0):
        branch = [
            table_value(params.ocv_v, percent / 100.0)
            + sign * table_value(params.hysteresis_v, percent / 100.0)
            for percent in range(5, 96)
        ]
        assert all(later >= earlier for earlier, later in pairwise(branch))
