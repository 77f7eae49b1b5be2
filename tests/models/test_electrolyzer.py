"""An electrolyser keeps to its states, and its stack to published polarisation curves."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from doppelgrid.models.electrolyzer import (
    COLD_START,
    HYDROGEN_HHV_J_PER_KG,
    OFF,
    RUNNING,
    STANDBY,
    WARM_START,
    ElectrolyzerInput,
    ElectrolyzerParams,
    ElectrolyzerState,
    electrolyzer_horizon_s,
    electrolyzer_initial_state,
    electrolyzer_output,
    electrolyzer_step,
)
from doppelgrid.sim.components.machines.electrolyzer import electrolyzer_preset, electrolyzer_preset_names

FARADAY = 96_485.0
THERMONEUTRAL_V = 285.83e3 / (2.0 * FARADAY)
ALKALINE = electrolyzer_preset("alkaline", 1e6)
PEM = electrolyzer_preset("pem", 1e6)
RUN = ElectrolyzerInput(1e6, 20.0)
NONE = ElectrolyzerInput(0.0, 20.0)


def reversible_v(temperature_c: float) -> float:
    return 1.229 - 0.000846 * (temperature_c - 25.0)


def ulleberg(density_a_per_m2: float, temperature_c: float) -> tuple[float, float]:
    """Return voltage and Faraday efficiency of the PHOEBUS cell (Ulleberg 2003, equations 12 and 14)."""
    t = 1.002 + 8.424 / temperature_c + 247.3 / temperature_c**2
    ohmic_v = (8.05e-5 - 2.5e-7 * temperature_c) * density_a_per_m2
    voltage = reversible_v(temperature_c) + ohmic_v + 0.185 * math.log10(t * density_a_per_m2 + 1.0)
    square = (0.1 * density_a_per_m2) ** 2
    return voltage, 0.96 * square / (250.0 + square)


def giner(density_a_per_m2: float, temperature_c: float) -> tuple[float, float]:
    """Return the voltage of the Giner cell without its term for pressure (Espinosa-López 2018), and 1."""
    kelvin = temperature_c + 273.15
    exchange = 1.08e-4 * math.exp(-52_994.0 / 8.314 * (1.0 / kelvin - 1.0 / 298.15))
    conductivity = 10.31 * math.exp(-10_536.0 / 8.314 * (1.0 / kelvin - 1.0 / 298.15))
    activation = 8.314 * kelvin / (2.0 * 0.7353 * FARADAY) * math.asinh(0.5 * density_a_per_m2 / exchange)
    return reversible_v(temperature_c) + activation + 178e-6 * density_a_per_m2 / conductivity, 1.0


Curve = Callable[[float, float], tuple[float, float]]


def density(curve: Curve, area_m2: float, dc_w: float, temperature_c: float) -> float:
    """Return the current density at which a stack takes a power [A/m²]."""

    def surplus_w(at: float) -> float:
        return curve(at, temperature_c)[0] * at * area_m2 - dc_w

    return float(brentq(surplus_w, 1e-6, 1e5))


def model_efficiency(params: ElectrolyzerParams, load: float, stack_c: float) -> float:
    """Return hydrogen over DC power that the model shows."""
    state = ElectrolyzerState(RUNNING, 0.0, stack_c)
    output = electrolyzer_output(params, state, ElectrolyzerInput(load * params.rated_power_w, stack_c))
    dc_w = (output.active_power_w - params.auxiliary_power_w) * params.rectifier_efficiency
    return output.hydrogen_w / dc_w


@pytest.mark.parametrize("load", [0.2, 0.3, 0.5, 0.75, 1.0])
def test_the_alkaline_stack_is_that_of_ulleberg(load: float) -> None:
    dc_w = 26e3 * (load - 0.02) / 0.98
    voltage, faraday = ulleberg(density(ulleberg, 21 * 0.25, dc_w, 80.0), 80.0)
    assert model_efficiency(ALKALINE, load, 80.0) == pytest.approx(
        THERMONEUTRAL_V / voltage * faraday, rel=2e-3
    )


@pytest.mark.parametrize("stack_c", [40.0, 60.0])
@pytest.mark.parametrize("load", [0.5, 1.0])
def test_a_cooler_alkaline_stack_is_as_much_worse_as_ulleberg_says(load: float, stack_c: float) -> None:
    dc_w = 26e3 * (load - 0.02) / 0.98
    voltage, faraday = ulleberg(density(ulleberg, 21 * 0.25, dc_w, stack_c), stack_c)
    expected = THERMONEUTRAL_V / voltage * faraday
    assert model_efficiency(ALKALINE, load, stack_c) == pytest.approx(expected, rel=6e-3)


@pytest.mark.parametrize("load", [0.2, 0.3, 0.5, 0.75, 1.0])
def test_the_pem_stack_is_that_of_espinosa_lopez_less_crossover(load: float) -> None:
    rated = density(giner, 60 * 0.029, 45e3, 55.0)
    at = density(giner, 60 * 0.029, 45e3 * (load - 0.03) / 0.97, 55.0)
    expected = THERMONEUTRAL_V / giner(at, 55.0)[0] * (1.0 - 0.01 * rated / at)
    assert model_efficiency(PEM, load, 55.0) == pytest.approx(expected, rel=2e-3)


def consumption_kwh_per_kg(params: ElectrolyzerParams, power_w: float) -> float:
    """Return the AC energy per hydrogen at the operating temperature."""
    warm = ElectrolyzerState(RUNNING, 0.0, params.operating_c)
    shown = electrolyzer_output(params, warm, ElectrolyzerInput(power_w, 20.0))
    return shown.active_power_w / shown.hydrogen_kg_per_s / 3.6e6


@pytest.mark.parametrize("name", electrolyzer_preset_names())
def test_consumption_is_in_the_range_of_systems_on_the_market(name: str) -> None:
    params = electrolyzer_preset(name, 1e6)
    at_half, at_rated = (consumption_kwh_per_kg(params, power_w) for power_w in (5e5, 1e6))
    assert 45.0 < at_rated < 66.0
    assert at_half < at_rated


def test_hydrogen_is_told_as_mass_and_energy() -> None:
    output = electrolyzer_output(PEM, ElectrolyzerState(RUNNING, 0.0, 55.0), RUN)
    assert output.hydrogen_w == pytest.approx(output.hydrogen_kg_per_s * HYDROGEN_HHV_J_PER_KG)


def test_a_cold_start_takes_its_time_and_its_heater_warms_the_stack() -> None:
    state = electrolyzer_initial_state(ALKALINE, 20.0)
    starting, output = electrolyzer_step(ALKALINE, state, RUN, 3599.0)
    assert starting.phase == COLD_START
    assert output.hydrogen_w == 0.0
    assert output.active_power_w == pytest.approx(ALKALINE.auxiliary_power_w + ALKALINE.heater_power_w)
    assert starting.stack_c > 25.0
    assert electrolyzer_step(ALKALINE, starting, RUN, 1.0)[0].phase == RUNNING


def test_below_the_minimum_it_stands_by_and_starts_quickly_again() -> None:
    running = ElectrolyzerState(RUNNING, 0.0, 80.0)
    standby, output = electrolyzer_step(ALKALINE, running, ElectrolyzerInput(1e5, 20.0), 600.0)
    assert standby.phase == STANDBY
    assert output.active_power_w == pytest.approx(ALKALINE.standby_power_w)
    warm, _ = electrolyzer_step(ALKALINE, standby, RUN, 60.0)
    assert warm.phase == WARM_START
    assert electrolyzer_step(ALKALINE, warm, RUN, 120.0)[0].phase == RUNNING


def test_left_alone_in_standby_it_switches_off() -> None:
    state, _ = electrolyzer_step(PEM, ElectrolyzerState(STANDBY, PEM.standby_s, 40.0), NONE, PEM.standby_s)
    assert state.phase == OFF
    assert electrolyzer_output(PEM, state, NONE).active_power_w == PEM.off_power_w


def test_standby_holds_the_temperature_with_constant_power() -> None:
    state = ElectrolyzerState(STANDBY, 3600.0, ALKALINE.holding_c)
    after, output = electrolyzer_step(ALKALINE, state, NONE, 1800.0)
    assert after.stack_c == pytest.approx(ALKALINE.holding_c, abs=1e-9)
    assert output.active_power_w == pytest.approx(
        ALKALINE.standby_power_w + 40.0 * ALKALINE.heat_loss_w_per_k
    )


def test_the_stack_warms_as_an_independent_solver_says() -> None:
    dc_w = (1e6 - ALKALINE.auxiliary_power_w) * ALKALINE.rectifier_efficiency
    efficiency = ALKALINE.stack_efficiency[-1]

    def rate(_t: float, stack_c: float) -> float:
        hydrogen_w = dc_w * efficiency * (1.0 + ALKALINE.efficiency_per_k * (stack_c - 80.0))
        loss_w = ALKALINE.heat_loss_w_per_k * (stack_c - 20.0)
        return (dc_w - hydrogen_w - loss_w) / ALKALINE.heat_capacity_j_per_k

    solved = solve_ivp(rate, (0.0, 3600.0), [30.0], rtol=1e-11)
    state, _ = electrolyzer_step(ALKALINE, ElectrolyzerState(RUNNING, 0.0, 30.0), RUN, 3600.0)
    assert state.stack_c == pytest.approx(solved.y[0, -1], abs=1e-6)


def test_cooling_begins_at_the_operating_temperature() -> None:
    state = ElectrolyzerState(RUNNING, 0.0, 79.0)
    horizon_s = electrolyzer_horizon_s(ALKALINE, state, RUN)
    after, before_cooling = electrolyzer_step(ALKALINE, state, RUN, horizon_s)
    assert before_cooling.cooling_w == 0.0
    assert after.stack_c == pytest.approx(80.0, abs=1e-9)
    held, cooled = electrolyzer_step(ALKALINE, after, RUN, 3600.0)
    assert held.stack_c == pytest.approx(80.0, abs=1e-9)
    assert cooled.cooling_w > 0.0
    assert electrolyzer_horizon_s(ALKALINE, held, RUN) == math.inf


def test_it_begins_off_with_nothing_to_wait_for_and_as_warm_as_the_air() -> None:
    params = electrolyzer_preset(electrolyzer_preset_names()[0], 1e6)
    assert electrolyzer_initial_state(params, 15.0) == ElectrolyzerState(OFF, 0.0, 15.0, 0.0)


def test_it_takes_on_load_in_steps_of_a_second_after_a_start() -> None:
    state, _ = electrolyzer_step(PEM, ElectrolyzerState(WARM_START, 1.0, 50.0, 0.0), RUN, 1.0)
    assert state.phase == RUNNING
    rate_w = PEM.loading_w_per_s
    for after_s, power_w in ((0.0, PEM.minimum_power_w + rate_w), (1.5, PEM.minimum_power_w + 2.0 * rate_w)):
        loaded, _ = electrolyzer_step(PEM, state, RUN, after_s)
        assert electrolyzer_output(PEM, loaded, RUN).active_power_w == pytest.approx(power_w)
    loaded, _ = electrolyzer_step(PEM, state, RUN, 10.0)
    assert electrolyzer_output(PEM, loaded, RUN).active_power_w == PEM.rated_power_w
