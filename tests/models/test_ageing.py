"""Ageing is held to what its laws' authors published, and to what any ageing must do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.ageing import (
    AgeingInput,
    AgeingOutput,
    AgeingParams,
    ageing_initial_state,
    ageing_output,
    ageing_step,
    check_ageing,
)
from doppelgrid.models.parameter import ParameterError, check_parameters
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery_management import ageing_preset, ageing_preset_names

DAY_S = 86400.0
NAMES = ageing_preset_names()


def rested(name: str, days: float, soc: float, temperature_c: float, steps: int = 1) -> AgeingOutput:
    """Return how a battery has aged at rest."""
    params = ageing_preset(name)
    state = ageing_initial_state(params)
    inp = AgeingInput(soc, 0.0, temperature_c)
    for _ in range(steps):
        state, _ = ageing_step(params, state, inp, days * DAY_S / steps)
    return ageing_output(params, state, inp)


def cycled(
    params: AgeingParams, half_cycles: int, depth: float, c_rate: float, soc: float = 0.5, steps: int = 1
) -> AgeingOutput:
    """Return how a battery has aged by equal half cycles at 25 °C, the first of them a discharge."""
    state = ageing_initial_state(params)
    for number in range(half_cycles):
        inp = AgeingInput(soc, c_rate if number % 2 else -c_rate, 25.0)
        for _ in range(steps):
            state, output = ageing_step(params, state, inp, depth / c_rate * 3600.0 / steps)
    return output


def test_lfp_at_rest_loses_what_its_authors_work_out_for_a_home() -> None:
    """Naumann et al. 2020, section 3.3.2.1: 9.21 % by time in 885 days at 40 °C and a mean SoC of 51.4 %."""
    assert rested("lfp", 885.0, 0.514, 40.0).calendar_loss == pytest.approx(0.0921, abs=1e-4)


def test_lfp_cycled_for_885_days_loses_about_what_was_measured() -> None:
    """Dissertation of M. Naumann, section 4.6.2.2: some 14.5 % at 0.2C, cycles of 80 % and 40 °C."""
    params = ageing_preset("lfp")
    state = ageing_initial_state(params)
    for number in range(int(885 * 24 / 4)):
        inp = AgeingInput(0.5, 0.2 if number % 2 else -0.2, 40.0)
        state, output = ageing_step(params, state, inp, 4.0 * 3600.0)
    assert 1.0 - output.capacity_share == pytest.approx(0.145, abs=0.01)


def test_lfp_follows_the_published_equation_of_cycling() -> None:
    percent = (0.0630 * 0.5 + 0.0971) * (4.0253 * (0.8 - 0.6) ** 3 + 1.0923) * math.sqrt(800.0)
    result = cycled(ageing_preset("lfp"), 2000, 0.8, 0.5)
    assert result.full_cycles == pytest.approx(800.0)
    assert result.cycle_loss == pytest.approx(percent / 100.0, rel=1e-4)


def test_lfp_resistance_follows_the_published_equations() -> None:
    by_time = 3.4194e-10 * math.exp(-71827.0 / 8.3145 * (1 / 313.15 - 1 / 298.15)) * 1.5604 * 100.0 * DAY_S
    assert rested("lfp", 100.0, 0.5, 40.0).resistance_factor - 1.0 == pytest.approx(by_time, rel=1e-3)
    by_use = (-0.0020 * 0.5 + 0.0021) * (6.8477 * 0.5**3 + 0.9182) * 1000.0 / 100.0
    still = ageing_preset("lfp")._replace(
        resistance_by_time=ageing_preset("lfp").resistance_by_time._replace(rate=0.0)
    )
    assert cycled(still, 2000, 1.0, 0.5).resistance_factor - 1.0 == pytest.approx(by_use, rel=1e-4)


def test_nmc_follows_the_published_equations() -> None:
    """Schmalstieg et al. 2014, equations of capacity: by time with 3.697 V at half charge, and by use."""
    alpha = (7.543 * 3.697 - 23.75) * 1e6 * math.exp(-6976.0 / 323.15)
    assert rested("nmc", 300.0, 0.5, 50.0).calendar_loss == pytest.approx(alpha * 300.0**0.75, rel=1e-3)
    beta = 7.348e-3 * (3.697 - 3.667) ** 2 + 7.6e-4 + 4.081e-3 * 0.8
    use = cycled(ageing_preset("nmc"), 1000, 0.8, 1.0)
    assert use.cycle_loss == pytest.approx(beta * math.sqrt(400.0 * 4.3), rel=1e-3)


@pytest.mark.parametrize("soc", [0.0, 0.13, 0.5, 0.77, 0.98])
def test_tables_keep_to_the_curves_that_they_stand_for(soc: float) -> None:
    law = ageing_preset("lfp").capacity_by_time
    assert table_value(law.soc_stress, soc) == pytest.approx(2.8575 * (soc - 0.5) ** 3 + 0.60225, rel=5e-3)


@pytest.mark.parametrize("name", ["lfp", "nmc"])
def test_heat_ages_faster_than_cold(name: str) -> None:
    shares = [rested(name, 365.0, 0.5, celsius).capacity_share for celsius in (0.0, 10.0, 25.0, 40.0, 60.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


@pytest.mark.parametrize("name", ["lfp", "nmc"])
def test_a_full_battery_ages_faster_than_an_empty_one(name: str) -> None:
    shares = [rested(name, 365.0, soc, 25.0).capacity_share for soc in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


@pytest.mark.parametrize("name", NAMES)
def test_deep_cycles_age_faster_than_shallow_ones_of_the_same_charge(name: str) -> None:
    shallow, deep = cycled(ageing_preset(name), 400, 0.2, 0.5), cycled(ageing_preset(name), 100, 0.8, 0.5)
    assert shallow.full_cycles == pytest.approx(deep.full_cycles)
    assert shallow.cycle_loss < deep.cycle_loss


def test_large_currents_age_lfp_faster_than_small_ones() -> None:
    slow, fast = (cycled(ageing_preset("lfp"), 100, 0.8, c_rate) for c_rate in (0.2, 1.0))
    assert slow.cycle_loss < fast.cycle_loss


@pytest.mark.parametrize("name", NAMES)
def test_switched_off_nothing_ages(name: str) -> None:
    params = ageing_preset(name, 0.0)
    state = ageing_initial_state(params)
    after, output = ageing_step(params, state, AgeingInput(1.0, 1.0, 60.0), 3600.0 * DAY_S)
    assert after == state
    assert output == AgeingOutput(0.0, 1.0, 1.0, 0.0, 0.0, 0.0)


def test_a_pace_of_ten_is_ten_times_the_time_and_the_cycles() -> None:
    fast = cycled(ageing_preset("lfp", 10.0), 20, 0.5, 0.5)
    real = cycled(ageing_preset("lfp"), 200, 0.5, 0.5)
    assert fast.full_cycles == pytest.approx(real.full_cycles)
    assert fast.capacity_share == pytest.approx(real.capacity_share, abs=1e-12)
    assert fast.resistance_factor == pytest.approx(real.resistance_factor, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_long_rest_equals_many_short_ones(name: str) -> None:
    assert rested(name, 1000.0, 0.7, 33.0) == pytest.approx(rested(name, 1000.0, 0.7, 33.0, 777), abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_long_half_cycle_equals_many_short_steps(name: str) -> None:
    params = ageing_preset(name)
    assert cycled(params, 51, 0.7, 0.4, 0.6) == pytest.approx(
        cycled(params, 51, 0.7, 0.4, 0.6, 60), abs=1e-12
    )


def test_small_swings_do_not_break_a_cycle_into_pieces() -> None:
    """A battery that serves a fast control while it is discharged ages by one deep half cycle, not by many small."""
    params = ageing_preset("lfp")
    plain, rough = ageing_initial_state(params), ageing_initial_state(params)
    plain, smooth = ageing_step(params, plain, AgeingInput(0.5, -0.4, 25.0), 7200.0)
    for number in range(720):
        c_rate = -1.0 if number % 10 < 7 else 1.0
        rough, jagged = ageing_step(params, rough, AgeingInput(0.5, c_rate, 25.0), 10.0)
    assert rough.reach == pytest.approx(plain.reach, abs=params.turn_gap)
    assert jagged.full_cycles == pytest.approx(2.5 * smooth.full_cycles)
    assert jagged.cycle_loss > smooth.cycle_loss


USE = st.lists(
    st.tuples(st.floats(-2.0, 2.0), st.floats(0.0, 7200.0), st.floats(-20.0, 60.0)), min_size=1, max_size=60
)


@pytest.mark.parametrize("name", NAMES)
@given(use=USE)
def test_no_battery_gets_better(name: str, use: list[tuple[float, float, float]]) -> None:
    """However it is used within 0..1 of SoC, capacity only falls and resistance only grows."""
    params = ageing_preset(name)
    state, soc, last = ageing_initial_state(params), 0.5, AgeingOutput(0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    for c_rate, dt_s, temperature_c in use:
        moved = min(max(soc + c_rate * dt_s / 3600.0, 0.0), 1.0) - soc
        inp = AgeingInput(soc + 0.5 * moved, moved / dt_s * 3600.0 if dt_s > 0.0 else 0.0, temperature_c)
        state, output = ageing_step(params, state, inp, dt_s)
        soc += moved
        assert output.capacity_share <= last.capacity_share + 1e-12
        assert output.resistance_factor >= last.resistance_factor - 1e-12
        last = output


def test_parameters_out_of_range_are_named() -> None:
    with pytest.raises(ParameterError, match="pace is -1; accepted: >= 0"):
        check_parameters(ageing_preset("lfp")._replace(pace=-1.0))


def test_a_law_by_which_deeper_cycles_age_less_is_refused() -> None:
    params = ageing_preset("lfp")
    wrong = params._replace(capacity_by_use=params.capacity_by_use._replace(depth_stress=(1.0, 0.5)))
    with pytest.raises(
        ParameterError, match=r"capacity_by_use.depth_stress\[1\] is 0.5; accepted: at least 1"
    ):
        check_ageing(wrong)


def test_a_table_of_one_entry_is_refused() -> None:
    params = ageing_preset("lfp")
    wrong = params._replace(capacity_by_time=params.capacity_by_time._replace(soc_stress=(1.0,)))
    with pytest.raises(
        ParameterError, match=r"capacity_by_time\.soc_stress is a table of 1; accepted: at least 2"
    ):
        check_ageing(wrong)


def test_an_unknown_chemistry_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="ageing preset is 'lpf'; accepted: lfp, nmc, lto"):
        ageing_preset("lpf")
