"""A battery of round numbers, held to figures worked out by hand and to an independent solver."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import solve_ivp

from doppelgrid.models.battery import (
    BatteryInput,
    BatteryParams,
    BatteryState,
    battery_resistances,
    battery_stored_energy_wh,
    scaled,
)
from doppelgrid.models.battery_horizon import battery_horizon_s
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery import battery_preset

PACK = battery_preset("lfp-92kwh")._replace(
    capacity_wh=1000.0, charge_capacity_ah=10.0, ocv_v=(90.0, 100.0, 110.0), ocv_slope_v_per_k=(-0.02, 0.06),
    r0_ohm=(0.1, 0.3), r1_ohm=(0.04, 0.08), r2_ohm=(0.02, 0.06), c1_f=200.0, c2_f=3000.0,
    r0_activated_share=0.5, r1_activated_share=0.8, r2_activated_share=1.0,
    r0_activation_k=2000.0, r1_activation_k=3000.0, r2_activation_k=4000.0,
    voltage_min_v=70.0, voltage_max_v=130.0, charge_current_max_a=40.0, discharge_current_max_a=50.0,
    charge_power_max_w=1e6, discharge_power_max_w=1e6, soc_lower=0.1, soc_upper=0.9, soc_derating_width=0.05,
    charge_temperatures_c=(0.0, 10.0, 45.0, 55.0), discharge_temperatures_c=(-20.0, -10.0, 50.0, 60.0),
    heat_capacity_j_per_k=5000.0, heat_loss_w_per_k=2.0, self_discharge_a=0.05,
    hysteresis_v=(0.0, 0.0), hysteresis_f=0.0,
)  # fmt: skip
IDEAL = PACK._replace(
    ocv_v=(100.0, 100.0), r0_ohm=(0.0, 0.0), r1_ohm=(0.0, 0.0), r2_ohm=(0.0, 0.0),
    heat_capacity_j_per_k=1e12, self_discharge_a=0.0,
)  # fmt: skip
"""100 V without resistance, 10 Ah: 0.36 W move it by 1e-7 per second."""


def arrhenius(share: float, activation_k: float, temperature_c: float) -> float:
    return 1.0 + share * (math.exp(activation_k * (1.0 / (temperature_c + 273.15) - 1.0 / 298.15)) - 1.0)


def test_each_resistance_follows_its_table_its_activation_and_age() -> None:
    for soc, temperature_c, age in (
        (0.5, 25.0, 1.0),
        (0.25, 0.0, 1.5),
        (0.9, 45.0, 0.8),
    ):
        expected = (
            age * arrhenius(0.5, 2000.0, temperature_c) * (0.1 + 0.2 * soc),
            age * arrhenius(0.8, 3000.0, temperature_c) * (0.04 + 0.04 * soc),
            age * arrhenius(1.0, 4000.0, temperature_c) * (0.02 + 0.04 * soc),
        )
        state = BatteryState(soc, 0.0, 0.0, temperature_c, 1.0, age)
        assert battery_resistances(PACK, state) == pytest.approx(expected, rel=1e-12)


def test_colder_than_60_below_zero_counts_as_that() -> None:
    colder, coldest = (battery_resistances(PACK, BatteryState(0.5, 0.0, 0.0, c)) for c in (-80.0, -60.0))
    assert colder == coldest
    assert battery_resistances(PACK, BatteryState(0.5, 0.0, 0.0, -59.0)).r0 < coldest.r0


def test_the_terminals_show_voltage_heat_and_reversible_heat_of_the_circuit() -> None:
    """At 25 °C and half charge: 100 V, 0.2 Ω, 0.06 Ω, 0.04 Ω and 20 mV/K; 2 V and 1 V across the pairs."""
    for current_a in (
        20.0,
        -20.0,
        0.0,
    ):
        state = BatteryState(0.5, 2.0, 1.0, 25.0)
        voltage_v = 103.0 + 0.2 * current_a
        shown = battery_terminal(PACK, state, voltage_v * current_a)
        assert shown.current_a == pytest.approx(current_a)
        assert shown.voltage_v == pytest.approx(voltage_v)
        assert shown.power_w == pytest.approx(voltage_v * current_a)
        assert shown.loss_w == pytest.approx(0.2 * current_a**2 + 4.0 / 0.06 + 1.0 / 0.04)
        assert shown.reversible_heat_w == pytest.approx((current_a - 0.05) * 298.15 * 0.02)


def test_stored_energy_is_that_of_the_charge_and_of_both_pairs() -> None:
    state = BatteryState(0.5, 3.0, -2.0, 25.0, 0.8)
    pairs_j = 0.5 * 200.0 * 9.0 + 0.5 * 3000.0 * 4.0
    assert battery_stored_energy_wh(PACK, state) == pytest.approx(10.0 * 0.8 * 0.5 * 95.0 + pairs_j / 3600.0)


def test_twice_the_strings_have_twice_of_what_adds_up_and_half_the_resistance() -> None:
    pack = PACK._replace(
        charging_ohm=(0.0, 0.2), charge_acceptance=(1.0, 0.5), hysteresis_v=(2.0, 1.0), hysteresis_f=500.0
    )
    double = scaled(pack, 2000.0)
    grown = {
        "capacity_wh", "charge_capacity_ah", "c1_f", "c2_f", "charge_current_max_a", "discharge_current_max_a",
        "charge_power_max_w", "discharge_power_max_w", "heat_capacity_j_per_k", "heat_loss_w_per_k",
        "self_discharge_a", "hysteresis_f",
    }  # fmt: skip
    for name, value in pack._asdict().items():
        if name in ("r0_ohm", "r1_ohm", "r2_ohm", "charging_ohm"):
            assert getattr(double, name) == pytest.approx([0.5 * entry for entry in value]), name
        else:
            assert getattr(double, name) == (2.0 * value if name in grown else value), name


def beyond(table: tuple[float, ...], x: float) -> float:
    segment = min(max(int(x * (len(table) - 1)), 0), len(table) - 2)
    return table[segment] + (table[segment + 1] - table[segment]) * (x * (len(table) - 1) - segment)


def solved(
    params: BatteryParams, state: BatteryState, inp: BatteryInput, dt_s: float
) -> tuple[BatteryState, tuple[float, float, float, float]]:
    """Return the state after a constant power, and the means of power, current, loss and reversible heat."""

    def rates(_t: float, y: list[float]) -> list[float]:
        soc, quick_v, slow_v, celsius, lead, held_v = y[:6]
        r0, r1, r2 = battery_resistances(params, state._replace(soc=soc, temperature_c=celsius))
        kept = 1.0
        if inp.power_w > 0.0:
            kept = table_value(params.charge_acceptance, soc)
            warmer = arrhenius(params.r0_activated_share, params.r0_activation_k, celsius)
            r0 += state.resistance_factor * warmer * table_value(params.charging_ohm, soc)
        surface_v = beyond(params.ocv_v, soc + lead)
        emf = surface_v + quick_v + slow_v + held_v
        current = (math.sqrt(emf * emf + 4.0 * r0 * inp.power_w) - emf) / (2.0 * r0)
        leak = params.self_discharge_a + (1.0 - kept) * current
        loss = r0 * current**2 + quick_v**2 / r1 + slow_v**2 / r2 + leak * surface_v
        held_rate = 0.0
        if params.hysteresis_f > 0.0:
            way = held_v * abs(current) / table_value(params.hysteresis_v, soc)
            held_rate = (current - way) / params.hysteresis_f
            loss += held_v * way
        coulombs = 3600.0 * params.charge_capacity_ah * state.capacity_share
        lead_rate = 0.0
        if params.diffusion_gain_h > 0.0:
            ratio = 3600.0 * params.diffusion_gain_h / params.diffusion_time_constant_s
            slower = arrhenius(1.0, params.diffusion_activation_k, celsius)
            levelling = lead / (slower * params.diffusion_time_constant_s)
            lead_rate = ratio * (current - leak) / coulombs - levelling
            fall_v = surface_v - beyond(params.ocv_v, soc - lead / ratio)
            loss += coulombs / (1.0 + ratio) * levelling * fall_v
        reversible = (current - leak) * (celsius + 273.15) * table_value(params.ocv_slope_v_per_k, soc)
        to_air = params.heat_loss_w_per_k * (celsius - inp.ambient_c)
        return [
            (current - leak) / coulombs,
            (current - quick_v / r1) / params.c1_f,
            (current - slow_v / r2) / params.c2_f,
            (loss + reversible - to_air) / params.heat_capacity_j_per_k,
            lead_rate,
            held_rate,
            current,
            loss,
            reversible,
        ]

    start = [*state[:4], state.surface_lead, state.hysteresis_voltage_v, 0.0, 0.0, 0.0]
    end = solve_ivp(rates, (0.0, dt_s), start, rtol=1e-10, atol=1e-12, max_step=5.0).y[:, -1].tolist()
    return (
        BatteryState(*end[:4], state.capacity_share, state.resistance_factor, *end[4:6]),
        (inp.power_w, end[6] / dt_s, end[7] / dt_s, end[8] / dt_s),
    )


def test_a_step_ends_where_an_independent_solver_does() -> None:
    for dt_s in (
        5.0,
        600.0,
    ):
        for state, inp in (
            (BatteryState(0.3, 0.0, 0.0, 25.0), BatteryInput(1000.0, 20.0)),
            (BatteryState(0.7, 0.0, 0.0, 25.0), BatteryInput(-1000.0, 20.0)),
            (BatteryState(0.7, 1.0, -0.5, 5.0, 0.8, 1.4), BatteryInput(-500.0, 30.0)),
            (BatteryState(0.4, -0.8, 0.6, 35.0, 0.9, 1.2), BatteryInput(800.0, -10.0)),
            (BatteryState(0.6, 1.5, 1.0, 25.0), BatteryInput(0.0, 25.0)),
        ):
            params = PACK._replace(self_discharge_a=0.2)
            expected, means = solved(params, state, inp, dt_s)
            after, output = battery_step(params, state, inp, dt_s)
            assert after.soc - state.soc == pytest.approx(expected.soc - state.soc, rel=2e-3, abs=1e-6)
            for pair in ("rc1_voltage_v", "rc2_voltage_v"):
                assert getattr(after, pair) == pytest.approx(getattr(expected, pair), abs=5e-3), pair
            warmed_k = expected.temperature_c - state.temperature_c
            assert after.temperature_c - state.temperature_c == pytest.approx(warmed_k, rel=3e-3, abs=2e-4)
            shown = (output.power_w, output.current_a, output.loss_w, output.reversible_heat_w)
            assert shown == pytest.approx(means, rel=3e-3, abs=0.02)
            at_end = battery_terminal(params, expected, inp.power_w)
            assert output.voltage_v == pytest.approx(at_end.voltage_v, abs=0.02)


LAGGING = PACK._replace(
    ocv_v=(80.0, 97.0, 101.0, 104.0, 112.0), diffusion_gain_h=0.06, diffusion_time_constant_s=250.0,
    diffusion_activation_k=3000.0, self_discharge_a=0.2,
)  # fmt: skip


@pytest.mark.parametrize("dt_s", [5.0, 300.0, 900.0])
@pytest.mark.parametrize(
    ("state", "power_w"),
    [
        (BatteryState(0.5, 0.0, 0.0, 25.0), 900.0),
        (BatteryState(0.55, 0.0, 0.0, 5.0), -900.0),
        (BatteryState(0.3, 0.0, 0.0, 25.0, 0.8, 1.4, -0.1), -300.0),
        (BatteryState(0.22, 0.0, 0.0, 15.0, 1.0, 1.0, -0.2), -200.0),
        (BatteryState(0.4, -0.8, 0.6, 35.0, 0.9, 1.2, 0.15), -20.0),
        (BatteryState(0.6, 0.0, 0.0, 25.0, 1.0, 1.0, 0.12), 0.0),
        (BatteryState(0.6, 0.0, 0.0, 25.0, 1.0, 1.0, -0.12), 400.0),
    ],
)
def test_a_surface_that_leads_ends_where_an_independent_solver_does(
    state: BatteryState, power_w: float, dt_s: float
) -> None:
    inp = BatteryInput(power_w, 20.0)
    expected, means = solved(LAGGING, state, inp, dt_s)
    after, output = battery_step(LAGGING, state, inp, dt_s)
    assert after.soc - state.soc == pytest.approx(expected.soc - state.soc, rel=3e-3, abs=1e-6)
    assert after.surface_lead == pytest.approx(expected.surface_lead, abs=3e-4)
    warmed_k = expected.temperature_c - state.temperature_c
    assert after.temperature_c - state.temperature_c == pytest.approx(warmed_k, rel=1e-2, abs=2e-3)
    shown = (output.power_w, output.current_a, output.loss_w, output.reversible_heat_w)
    assert shown == pytest.approx(means, rel=1e-2, abs=0.05)
    at_end = battery_terminal(LAGGING, expected, power_w)
    assert output.voltage_v == pytest.approx(at_end.voltage_v, abs=0.05)


SIDED = PACK._replace(
    ocv_v=(80.0, 97.0, 101.0, 104.0, 112.0), self_discharge_a=0.2, hysteresis_v=(1.5, 2.5, 2.0), hysteresis_f=900.0,
    charging_ohm=(0.0, 0.0, 0.4), charge_acceptance=(0.95, 0.9, 0.6),
)  # fmt: skip


@pytest.mark.parametrize("lags", [False, True])
@pytest.mark.parametrize("dt_s", [5.0, 900.0])
@pytest.mark.parametrize(
    ("state", "power_w"),
    [
        (BatteryState(0.5, 0.0, 0.0, 25.0), 900.0),
        (BatteryState(0.55, 0.0, 0.0, 5.0), -900.0),
        (BatteryState(0.5, 0.0, 0.0, 25.0, 1.0, 1.0, 0.0, 2.0), -300.0),
        (BatteryState(0.4, -0.8, 0.6, 35.0, 0.9, 1.2, 0.0, -2.2), 500.0),
        (BatteryState(0.6, 0.0, 0.0, 25.0, 1.0, 1.0, 0.0, 1.0), 0.0),
    ],
)
def test_hysteresis_and_what_charging_meets_end_where_an_independent_solver_does(
    state: BatteryState, power_w: float, dt_s: float, lags: bool
) -> None:
    params = SIDED
    if lags:
        params = SIDED._replace(
            diffusion_gain_h=0.02, diffusion_time_constant_s=250.0, diffusion_activation_k=3000.0
        )
    inp = BatteryInput(power_w, 20.0)
    expected, means = solved(params, state, inp, dt_s)
    after, output = battery_step(params, state, inp, dt_s)
    assert after.soc - state.soc == pytest.approx(expected.soc - state.soc, rel=3e-3, abs=1e-6)
    assert after.hysteresis_voltage_v == pytest.approx(expected.hysteresis_voltage_v, abs=0.01)
    shown = (output.power_w, output.current_a, output.loss_w, output.reversible_heat_w)
    assert shown == pytest.approx(means, rel=1e-2, abs=0.05)
    at_end = battery_terminal(params, expected, power_w)
    assert output.voltage_v == pytest.approx(at_end.voltage_v, abs=0.05)


def test_parts_are_short_enough_for_charged_pairs_that_warm_the_cells_while_they_settle() -> None:
    """Resistances fall by the kelvin: each case ends as near to the solver as parts of their length allow."""
    for heat_capacity, quick_v, slow_v, dt_s, within_k, within_v in (
        (5000.0, 8.0, 1.0, 9.0, 0.006, 0.025),
        (500.0, 3.0, 6.0, 400.0, 0.02, 1e-3),
        (500.0, 8.0, 6.0, 9.0, 0.4, 0.06),
    ):
        params = PACK._replace(heat_capacity_j_per_k=heat_capacity, self_discharge_a=0.2)
        state, inp = BatteryState(0.6, quick_v, slow_v, 5.0), BatteryInput(0.0, 20.0)
        expected, _ = solved(params, state, inp, dt_s)
        after, _ = battery_step(params, state, inp, dt_s)
        assert after.temperature_c == pytest.approx(expected.temperature_c, abs=within_k)
        assert after.rc1_voltage_v == pytest.approx(expected.rc1_voltage_v, abs=within_v)
    cold = PACK._replace(heat_capacity_j_per_k=2000.0, self_discharge_a=0.2)
    state, inp = BatteryState(0.6, 0.0, 0.0, 5.0), BatteryInput(-2500.0, 20.0)
    expected, _ = solved(cold, state, inp, 300.0)
    after, _ = battery_step(cold, state, inp, 300.0)
    assert after.temperature_c == pytest.approx(expected.temperature_c, abs=0.1)
    assert after.rc1_voltage_v == pytest.approx(expected.rc1_voltage_v, abs=5e-3)
    assert after.soc == pytest.approx(expected.soc, abs=1e-4)


LEAKY = IDEAL._replace(self_discharge_a=3.6)
"""Leaks 1e-4 of its charge a second."""


def test_a_limit_of_charge_stops_a_current_and_never_the_leak() -> None:
    for soc, power_w, end_soc, current_a in (
        (
            0.9005,
            1000.0,
            0.9,
            0.75 * 3.6,
        ),  # falls to the limit within 5 s of 20; from there the leak is made up for
        (0.9005, 0.0, 0.8985, 0.0),
        (0.8995, 1080.0, 0.9, (2.5 * 10.8 + 17.5 * 3.6) / 20.0),
        (0.1005, -360.0, 0.09825, -2.5 * 3.6 / 20.0),  # at its lower limit after 2.5 s, it only leaks
        (0.09, -360.0, 0.088, 0.0),
        (0.0005, 0.0, 0.0, 0.0),
    ):
        after, output = battery_step(
            LEAKY, BatteryState(soc, 0.0, 0.0, 20.0), BatteryInput(power_w, 20.0), 20.0
        )
        assert after.soc == pytest.approx(end_soc, abs=1e-12)
        assert output.current_a == pytest.approx(current_a)


def test_an_empty_battery_leaks_no_more() -> None:
    _, output = battery_step(LEAKY, BatteryState(0.0005, 0.0, 0.0, 20.0), BatteryInput(0.0, 20.0), 20.0)
    assert output.loss_w == pytest.approx(3.6 * 100.0 * 5.0 / 20.0)


def test_a_power_holds_until_the_charge_has_moved_so_far() -> None:
    for soc, rising, reach in (
        (0.5, True, 0.01),
        (0.5, False, 0.01),
        (0.846, True, 0.004),  # to where power begins to fall
        (0.154, False, 0.004),
        (0.85, True, 0.0005),
        (0.85, False, 0.0005),
        (0.15, True, 0.0005),
        (0.15, False, 0.0005),
        (0.8502, False, 0.0002),
        (0.1498, True, 0.0002),
        (0.88, True, 0.0005),
        (0.12, False, 0.0005),
        (0.8976, True, 0.0003),  # an eighth of the way to the limit
        (0.1024, False, 0.0003),
        (0.9004, False, 0.0004),
        (0.0997, True, 0.0003),
        (0.95, False, 0.0005),
        (0.05, True, 0.0005),
        (0.95, True, math.inf),
        (0.05, False, math.inf),
    ):
        power_w = 36.0 if rising else -36.0
        horizon_s = battery_horizon_s(IDEAL, BatteryState(soc, 0.0, 0.0, 20.0), power_w, 20.0)
        assert horizon_s == pytest.approx(1e5 * reach, rel=1e-6)


def test_an_aged_battery_moves_faster_and_a_leak_counts() -> None:
    aged = BatteryState(0.5, 0.0, 0.0, 20.0, 0.5)
    assert battery_horizon_s(IDEAL, aged, 36.0, 20.0) == pytest.approx(500.0)
    leaking = IDEAL._replace(self_discharge_a=0.09)
    assert battery_horizon_s(leaking, BatteryState(0.5, 0.0, 0.0, 20.0), 36.0, 20.0) == pytest.approx(
        4000 / 3
    )
    assert battery_horizon_s(leaking, BatteryState(0.5, 0.0, 0.0, 20.0), 0.0, 20.0) == pytest.approx(4000.0)


def test_a_power_holds_until_the_warmth_reaches_a_corner_or_has_moved_between_two() -> None:
    """2 V across a pair of 0.06 Ω and no loss to the air: 66.7 W warm 5 kJ/K."""
    for celsius, way_k in (
        (20.0, 25.0),
        (44.0, 1.0),
        (45.0, 5.0),
        (47.0, 0.5),  # between two corners power falls
        (49.8, 0.2),
        (50.0, 0.5),
        (55.0, 0.5),
        (59.9, 0.1),
        (60.0, math.inf),
        (62.0, math.inf),
        (10.0, 35.0),
        (9.7, 0.3),
        (3.0, 0.5),
        (0.0, 10.0),
        (-5.0, 5.0),
        (-10.0, 10.0),
        (-15.0, 0.5),
        (-20.0, 10.0),
        (-30.0, 10.0),
    ):
        warming = PACK._replace(
            r1_activated_share=0.0, ocv_slope_v_per_k=(0.0, 0.0), heat_loss_w_per_k=0.0, self_discharge_a=0.0
        )
        horizon_s = battery_horizon_s(warming, BatteryState(0.5, 2.0, 0.0, celsius), 0.0, 20.0)
        assert horizon_s == pytest.approx(way_k * 5000.0 * 0.06 / 4.0)


def test_a_pack_in_air_comes_to_a_corner_by_the_exponential_or_never() -> None:
    for celsius, ambient_c, quick_v, horizon_s in (
        (30.0, 0.0, 0.0, 2500.0 * math.log(30.0 / 10.0)),
        (30.0, 9.0, 0.0, 2500.0 * math.log(21.0 / 1.0)),
        (30.0, 10.0, 0.0, math.inf),
        (30.0, 30.0, 0.0, math.inf),
        (20.0, 20.0, 2.0, 2500.0 * math.log(100.0 / 3.0 / (100.0 / 3.0 - 25.0))),
        (12.0, -60.0, 0.0, 2500.0 * math.log(72.0 / 70.0)),
    ):
        even = PACK._replace(r1_activated_share=0.0, ocv_slope_v_per_k=(0.0, 0.0), self_discharge_a=0.0)
        found_s = battery_horizon_s(even, BatteryState(0.5, quick_v, 0.0, celsius), 0.0, ambient_c)
        assert found_s == pytest.approx(horizon_s)
