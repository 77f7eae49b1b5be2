"""An electrolyser of round numbers: each of its transitions, and its flows worked out by hand."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.electrolyzer import (
    COLD_START,
    HYDROGEN_HHV_J_PER_KG,
    OFF,
    RUNNING,
    STANDBY,
    WARM_START,
    ElectrolyzerInput,
    ElectrolyzerOutput,
    ElectrolyzerState,
    electrolyzer_horizon_s,
    electrolyzer_output,
    electrolyzer_power_limits,
    electrolyzer_step,
)
from doppelgrid.sim.components.machines.electrolyzer import electrolyzer_preset

STACK = electrolyzer_preset("alkaline", 1e6)._replace(
    rated_power_w=1000.0, minimum_power_w=200.0, auxiliary_power_w=50.0, standby_power_w=30.0, off_power_w=5.0,
    heater_power_w=80.0, rectifier_efficiency=0.9, stack_efficiency=(0.4, 0.8), efficiency_per_k=0.002,
    reactive_per_active=0.25, cold_start_s=300.0, warm_start_s=20.0, standby_s=120.0,
    operating_c=80.0, holding_c=60.0, heat_capacity_j_per_k=2010.0, heat_loss_w_per_k=0.5,
)  # fmt: skip
RUN, NONE = ElectrolyzerInput(600.0, 20.0), ElectrolyzerInput(0.0, 20.0)
TAU_S = 4020.0


def test_each_phase_goes_over_into_the_next() -> None:
    for phase, wait_s, set_point_w, expected in (
        (OFF, 0.0, 200.0, (COLD_START, 300.0)),
        (OFF, 0.0, 199.9, (OFF, 0.0)),
        (COLD_START, 10.0, 600.0, (COLD_START, 10.0)),
        (COLD_START, 0.0, 600.0, (RUNNING, 0.0)),
        (COLD_START, 10.0, 0.0, (OFF, 0.0)),
        (RUNNING, 0.0, 600.0, (RUNNING, 0.0)),
        (RUNNING, 0.0, 199.9, (STANDBY, 120.0)),
        (STANDBY, 10.0, 0.0, (STANDBY, 10.0)),
        (STANDBY, 0.0, 0.0, (OFF, 0.0)),
        (STANDBY, 10.0, 600.0, (WARM_START, 20.0)),
        (STANDBY, 0.0, 600.0, (WARM_START, 20.0)),
        (WARM_START, 10.0, 600.0, (WARM_START, 10.0)),
        (WARM_START, 0.0, 600.0, (RUNNING, 0.0)),
        (WARM_START, 10.0, 0.0, (STANDBY, 120.0)),
    ):
        inp = ElectrolyzerInput(set_point_w, 20.0)
        after, _ = electrolyzer_step(STACK, ElectrolyzerState(phase, wait_s, 60.0), inp, 1e-6)
        assert after[:2] == (expected[0], pytest.approx(expected[1], abs=1e-5))
        assert electrolyzer_output(STACK, ElectrolyzerState(phase, wait_s, 60.0), inp).phase == expected[0]


def test_the_heater_holds_a_temperature_in_every_phase_but_off() -> None:
    for phase, stack_c, heater_w in (
        (COLD_START, 59.0, 80.0),
        (COLD_START, 60.0, 20.0),
        (COLD_START, 61.0, 0.0),
        (WARM_START, 59.0, 80.0),
        (STANDBY, 60.0, 20.0),
        (STANDBY, 20.0, 80.0),
        (OFF, 20.0, 0.0),
    ):
        besides_w = {OFF: 5.0, STANDBY: 30.0}.get(phase, 50.0)
        inp = NONE if phase in (OFF, STANDBY) else RUN
        shown = electrolyzer_output(STACK, ElectrolyzerState(phase, 10.0, stack_c), inp)
        active_w = besides_w + heater_w
        expected = ElectrolyzerOutput(
            active_w, 0.25 * active_w, 0.0, 0.0, 0.0, besides_w + 0.5 * (stack_c - 20.0), stack_c, phase
        )
        assert shown == pytest.approx(expected)


def test_in_warm_air_a_stack_needs_no_heater() -> None:
    shown = electrolyzer_output(STACK, ElectrolyzerState(STANDBY, 10.0, 60.0), ElectrolyzerInput(0.0, 70.0))
    assert shown.active_power_w == 30.0
    weak = STACK._replace(heater_power_w=10.0)
    assert electrolyzer_output(weak, ElectrolyzerState(STANDBY, 10.0, 60.0), NONE).active_power_w == 40.0


def test_hydrogen_is_direct_current_times_the_efficiency_of_load_and_warmth() -> None:
    for stack_c, factor in (
        (80.0, 1.0),
        (60.0, 0.96),
        (85.0, 1.01),
    ):
        for set_point_w, active_w in (
            (600.0, 600.0),
            (1500.0, 1000.0),
        ):
            shown = electrolyzer_output(
                STACK, ElectrolyzerState(RUNNING, 0.0, stack_c), ElectrolyzerInput(set_point_w, 20.0)
            )
            dc_w = 0.9 * (active_w - 50.0)
            hydrogen_w = dc_w * (0.4 + 0.4 * active_w / 1000.0) * factor
            to_air_w = 0.5 * (stack_c - 20.0)
            cooling_w = dc_w - hydrogen_w - to_air_w if stack_c >= 80.0 else 0.0
            expected = ElectrolyzerOutput(
                active_w,
                0.25 * active_w,
                hydrogen_w,
                hydrogen_w / HYDROGEN_HHV_J_PER_KG,
                cooling_w,
                active_w - dc_w + to_air_w,
                stack_c,
                RUNNING,
            )
            assert shown == pytest.approx(expected)


def test_a_stack_that_loses_more_to_the_air_than_it_makes_is_not_cooled() -> None:
    shown = electrolyzer_output(
        STACK, ElectrolyzerState(RUNNING, 0.0, 80.0), ElectrolyzerInput(1000.0, -1000.0)
    )
    assert shown.cooling_w == 0.0


def test_its_limits_are_those_of_its_size() -> None:
    assert electrolyzer_power_limits(STACK, ElectrolyzerState(OFF, 0.0, 20.0), RUN) == (0.0, 1000.0)


def test_power_holds_until_a_wait_ends_or_heating_or_cooling_changes() -> None:
    for state, inp, expected_s in (
        (ElectrolyzerState(OFF, 0.0, 50.0), NONE, math.inf),
        (ElectrolyzerState(COLD_START, 10.0, 20.0), RUN, 10.0),
        (ElectrolyzerState(COLD_START, 1e-5, 20.0), RUN, 1e-3),
        (ElectrolyzerState(COLD_START, 300.0, 59.0), RUN, TAU_S * math.log(121.0 / 120.0)),
        (ElectrolyzerState(STANDBY, 120.0, 61.0), NONE, TAU_S * math.log(41.0 / 40.0)),
        (ElectrolyzerState(STANDBY, 120.0, 60.0), NONE, 120.0),
        (ElectrolyzerState(RUNNING, 0.0, 80.0), RUN, math.inf),
    ):
        assert electrolyzer_horizon_s(STACK, state, inp) == pytest.approx(expected_s)


def test_a_running_stack_comes_to_its_temperature_by_the_exponential_of_loss_and_efficiency() -> None:
    """495 W of direct current at 64 %: hydrogen takes 316.8 W, and 0.634 W more for each kelvin."""
    per_k = 0.5 + 316.8 * 0.002
    rate_w = 495.0 - 316.8 * 0.98 - 0.5 * 50.0
    expected_s = -2010.0 / per_k * math.log(1.0 - 10.0 * per_k / rate_w)
    state = ElectrolyzerState(RUNNING, 0.0, 70.0)
    assert electrolyzer_horizon_s(STACK, state, ElectrolyzerInput(600.0, 20.0)) == pytest.approx(expected_s)
    after, mean = electrolyzer_step(STACK, state, RUN, expected_s)
    assert after.stack_c == pytest.approx(80.0)
    stored_w = 20_100.0 / expected_s
    assert mean.active_power_w == pytest.approx(mean.hydrogen_w + mean.loss_w + mean.cooling_w + stored_w)
    _, longer = electrolyzer_step(STACK, state, RUN, 2.0 * expected_s)
    cooling_w = 495.0 - 316.8 - 0.5 * 60.0
    assert longer.cooling_w == pytest.approx(0.5 * cooling_w)
    assert longer.hydrogen_w == pytest.approx(0.5 * (mean.hydrogen_w + 316.8))


def test_a_step_shows_means_of_starting_and_running() -> None:
    state, mean = electrolyzer_step(STACK, ElectrolyzerState(WARM_START, 10.0, 61.0), RUN, 40.0)
    assert (state.phase, state.wait_s) == (RUNNING, 0.0)
    assert mean.active_power_w == pytest.approx(0.25 * 50.0 + 0.75 * 600.0)
    assert mean.reactive_power_var == pytest.approx(0.25 * mean.active_power_w)
    assert mean.hydrogen_w == pytest.approx(0.75 * 316.8 * 0.9645, rel=1e-3)  # at 62.27 °C on average
    starting, _ = electrolyzer_step(STACK, ElectrolyzerState(WARM_START, 10.0, 61.0), RUN, 4.0)
    assert starting.wait_s == pytest.approx(6.0)
