"""A CHP keeps to its sequence, its data sheet, and the first law."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from accuracy.chp import PUBLISHED

from doppelgrid.models.chp import (
    FAULT,
    RETRYING,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    WARMING_UP,
    ChpInput,
    ChpOutput,
    ChpParams,
    ChpState,
    chp_fuel_w,
    chp_heat_w,
    chp_horizon_s,
    chp_initial_state,
    chp_output,
    chp_power_limits,
    chp_step,
)
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.machines.chp import chp_preset, chp_preset_names

CHP = chp_preset("gas-50kw", 50e3, buffer_litres=20_000.0)
SMALL_BUFFER = chp_preset("gas-50kw", 50e3, buffer_litres=500.0)
COLD = chp_initial_state(CHP, 40.0, 20.0)
STOP = ChpInput(0.0, 0.0, 20.0, 0, 0)
IN_STEPS = CHP._replace(loading_w_per_s=math.inf, load_step_w=17e3)
RUN = ChpInput(-50e3, 0.0, 20.0, 0, 0)
FAILING = ChpInput(-50e3, 0.0, 20.0, 1, 0)


def warm(params: ChpParams, buffer_c: float) -> ChpState:
    """Return a CHP that has run for long."""
    return ChpState(RUNNING, 0.0, 0, 1, params.engine_operating_c, buffer_c)


def phases(params: ChpParams, state: ChpState, inp: ChpInput, dt_s: float) -> list[tuple[float, int]]:
    """Return when which phase begins, from horizon to horizon."""
    found: list[tuple[float, int]] = []
    now_s = 0.0
    while now_s < dt_s:
        phase = chp_output(params, state, inp).phase
        if not found or found[-1][1] != phase:
            found.append((now_s, phase))
        step_s = min(chp_horizon_s(params, state, inp), dt_s - now_s)
        state, _ = chp_step(params, state, inp, step_s)
        now_s += step_s
    return found


def after(params: ChpParams, state: ChpState, inp: ChpInput, dt_s: float) -> tuple[ChpState, ChpOutput]:
    return chp_step(params, state, inp, dt_s)


def test_a_cold_engine_starts_warms_up_and_runs() -> None:
    begun = phases(CHP, COLD, RUN, 3600.0)
    assert [phase for _, phase in begun] == [STARTING, WARMING_UP, RUNNING]
    assert begun[1][0] == pytest.approx(100.0)
    assert begun[2][0] == pytest.approx(100.0 + 662.0, rel=0.01)  # the preset's warm-up at minimum load


def test_starting_draws_auxiliary_power_and_burns_nothing() -> None:
    output = chp_output(CHP, COLD, RUN)
    assert output.phase == STARTING
    assert output.active_power_w == CHP.starting_power_w > 0.0
    assert output.fuel_w == output.heat_w == 0.0


def test_warming_up_generates_the_minimum_and_heats_only_the_engine() -> None:
    state, _ = after(CHP, COLD, RUN, 200.0)
    output = chp_output(CHP, state, RUN)
    assert output.phase == WARMING_UP
    assert output.active_power_w == -CHP.minimum_power_w
    assert output.heat_w == 0.0
    assert state.engine_c > COLD.engine_c


def test_a_hot_engine_skips_the_warm_up() -> None:
    hot = ChpState(STOPPED, 0.0, 0, 1, CHP.engine_operating_c + 1.0, 40.0)
    assert [phase for _, phase in phases(CHP, hot, RUN, 600.0)] == [STARTING, RUNNING]


@pytest.mark.parametrize("params", [CHP, CHP._replace(heat_led=True)], ids=["told", "heat-led"])
def test_a_warm_engine_takes_on_load_in_steps_of_a_second(params: ChpParams) -> None:
    ready = warm(params, 50.0)._replace(loaded_s=0.0)
    for after_s, power_w in (
        (0.0, 5e3 / 3),
        (2.5, 5e3),
        (14.0, 25e3),
        (28.0, 145e3 / 3),
        (29.0, 50e3),
        (600.0, 50e3),
    ):
        state, _ = after(params, ready, RUN, after_s)
        assert -chp_output(params, state, RUN).active_power_w == pytest.approx(power_w)


def test_an_engine_that_has_been_warmed_up_begins_with_its_least_load() -> None:
    warming, _ = after(CHP, COLD, RUN, 700.0)
    ready, _ = after(CHP, warming, RUN, chp_horizon_s(CHP, warming, RUN))
    assert (ready.phase, ready.loaded_s) == (RUNNING, 14.0)
    assert chp_horizon_s(CHP, ready, RUN) == 1.0
    assert chp_horizon_s(CHP, ready, RUN._replace(set_point_w=-25e3)) > 60.0


def test_a_heat_led_engine_that_was_rid_of_its_load_takes_it_on_anew() -> None:
    params = CHP._replace(heat_led=True, dump_cooler=True)
    full = ChpState(RUNNING, 600.0, 0, 0, params.engine_operating_c, params.buffer_restart_c + 1.0, 15.0)
    demand = RUN._replace(heat_demand_w=300e3)
    falls_s = chp_horizon_s(params, full, demand)
    assert chp_output(params, full, demand).active_power_w == -24e3
    again, _ = after(params, full, demand, falls_s + 0.1)
    assert chp_output(params, again, demand).active_power_w == -25e3


@pytest.mark.parametrize(
    ("wanted_w", "power_w"), [(-50e3, -50e3), (-40e3, -40e3), (-24e3, -24e3), (-60e3, -50e3)]
)
def test_a_running_engine_follows_its_set_point_within_its_range(wanted_w: float, power_w: float) -> None:
    assert chp_output(CHP, warm(CHP, 50.0), RUN._replace(set_point_w=wanted_w)).active_power_w == power_w


@pytest.mark.parametrize("wanted_w", [0.0, -10e3])
def test_less_than_the_minimum_means_stop(wanted_w: float) -> None:
    assert chp_output(CHP, warm(CHP, 50.0), RUN._replace(set_point_w=wanted_w)).phase == STOPPING


def test_an_engine_runs_at_least_its_minimum_time_and_then_pauses() -> None:
    running, _ = after(CHP, COLD, RUN, 1000.0)
    assert running.wait_s == pytest.approx(900.0)  # 1800 s from synchronisation at 100 s
    assert chp_output(CHP, running, STOP).active_power_w == -CHP.minimum_power_w
    assert chp_power_limits(CHP, running, STOP) == (-50e3, -CHP.minimum_power_w)
    stopping, _ = after(CHP, running, STOP, 901.0)
    assert stopping.phase == STOPPING
    stopped, _ = after(CHP, stopping, RUN, 120.0)
    assert stopped.phase == STOPPED
    assert chp_power_limits(CHP, stopped, RUN) == (0.0, CHP.standby_power_w)
    again, _ = after(CHP, stopped, RUN, stopped.wait_s)
    assert again.phase == STARTING


def test_a_failed_start_is_tried_again_and_then_a_fault_until_acknowledged() -> None:
    begun = phases(CHP, COLD, FAILING, 3600.0)
    assert [phase for _, phase in begun] == [STARTING, RETRYING, STARTING, RETRYING, STARTING, FAULT]
    assert begun[-1][0] == pytest.approx(3 * 100.0 + 2 * 60.0)
    fault, _ = after(CHP, COLD, FAILING, 3600.0)
    assert after(CHP, fault, RUN, 3600.0)[0].phase == FAULT
    assert chp_power_limits(CHP, fault, RUN) == (0.0, CHP.standby_power_w)
    assert after(CHP, fault, RUN._replace(acknowledge=1), 50.0)[0].phase == STARTING


def test_a_start_that_fails_once_succeeds_at_the_next_attempt() -> None:
    waiting, _ = after(CHP, COLD, FAILING, 120.0)
    assert waiting.phase == RETRYING
    running, _ = after(CHP, waiting, RUN, 200.0)
    assert running.phase == WARMING_UP
    assert running.failures == 0


def test_a_start_is_given_up_when_nobody_wants_it_any_more() -> None:
    starting, _ = after(CHP, COLD, RUN, 50.0)
    assert chp_output(CHP, starting, STOP).phase == STOPPED


def test_a_full_buffer_stops_the_engine_at_once_until_it_has_cooled() -> None:
    state, _ = after(SMALL_BUFFER, COLD, RUN, 3600.0)
    assert state.buffer_takes == 0
    assert state.phase in (STOPPED, STOPPING)
    assert state.buffer_c <= SMALL_BUFFER.buffer_full_c
    assert chp_power_limits(SMALL_BUFFER, state, RUN)[0] == 0.0
    drawn = RUN._replace(heat_demand_w=40e3)
    begun = phases(SMALL_BUFFER, state, drawn, 3600.0)
    restarted_s = next(time_s for time_s, phase in begun if phase == STARTING)
    at_restart, _ = after(SMALL_BUFFER, state, drawn, restarted_s)
    assert at_restart.buffer_c <= SMALL_BUFFER.buffer_restart_c + 1e-6


def test_a_dump_cooler_takes_what_a_full_buffer_does_not() -> None:
    params = chp_preset("gas-50kw", 50e3, buffer_litres=500.0, dump_cooler=True)
    state, output = after(params, warm(params, params.buffer_full_c), RUN, 3600.0)
    assert state.phase == RUNNING
    assert state.buffer_c == pytest.approx(params.buffer_full_c, abs=1e-6)
    assert output.dumped_w == pytest.approx(output.heat_w - 60.0 * params.buffer.heat_loss_w_per_k)


def test_a_heat_led_engine_is_started_and_stopped_by_its_buffer() -> None:
    params = chp_preset("gas-50kw", 50e3, buffer_litres=2000.0, heat_led=True)
    inp = ChpInput(0.0, 30e3, 20.0, 0, 0)
    begun = phases(params, chp_initial_state(params, 70.0, 20.0), inp, 86_400.0)
    cycle = [STARTING, WARMING_UP, RUNNING, STOPPING, STOPPED]
    assert [phase for _, phase in begun][:10] == cycle * 2
    for time_s, phase in begun[5:10]:
        state, _ = after(params, chp_initial_state(params, 70.0, 20.0), inp, time_s)
        if phase == STARTING:
            assert state.buffer_c == pytest.approx(params.buffer_restart_c, abs=1e-6)
        if phase == STOPPING:
            assert state.buffer_c == pytest.approx(params.buffer_full_c, abs=1e-6)
    assert chp_power_limits(params, warm(params, 60.0), inp) == (-50e3, -50e3)


def test_quiet_hours_cost_few_horizons() -> None:
    horizons = 0
    state, now_s = chp_initial_state(CHP, 55.0, 20.0), 0.0
    while now_s < 86_400.0:
        step_s = min(chp_horizon_s(CHP, state, STOP), 86_400.0 - now_s)
        state, _ = chp_step(CHP, state, STOP, step_s)
        now_s += step_s
        horizons += 1
    assert horizons <= 3


@pytest.mark.parametrize("name", PUBLISHED)
def test_presets_meet_their_data_sheets(name: str) -> None:
    points = PUBLISHED[name]
    params = chp_preset(name, 1e3 * points[-1][0])
    for power_kw, heat_kw, fuel_kw in points:
        assert chp_fuel_w(params, 1e3 * power_kw) == pytest.approx(1e3 * fuel_kw, rel=0.01)
        assert chp_heat_w(params, 1e3 * power_kw) == pytest.approx(1e3 * heat_kw, rel=0.01)


@pytest.mark.parametrize("name", chp_preset_names())
def test_presets_lose_heat_at_every_load(name: str) -> None:
    params = chp_preset(name, 50e3)
    for load in range(1, 101):
        power_w = 0.01 * load * params.rated_power_w
        assert power_w + chp_heat_w(params, power_w) < chp_fuel_w(params, power_w)


@pytest.mark.parametrize("name", chp_preset_names())
def test_presets_burn_more_the_more_they_generate(name: str) -> None:
    params = chp_preset(name, 50e3)
    least = math.ceil(100.0 * params.minimum_power_w / params.rated_power_w)
    fuels = [chp_fuel_w(params, 500.0 * load) for load in range(least, 101)]
    assert fuels == sorted(fuels)


@pytest.mark.parametrize("name", chp_preset_names())
def test_from_synchronisation_on_power_never_jumps_by_more_than_a_second_of_loading(name: str) -> None:
    params = chp_preset(name, 50e3, buffer_litres=20_000.0)
    state, powers_w, draw = COLD, [], RUN._replace(heat_demand_w=1e6)
    for _ in range(200):
        powers_w.append(max(-chp_output(params, state, draw).active_power_w, 0.0))
        state, _ = chp_step(params, state, draw, min(chp_horizon_s(params, state, draw), 600.0))
    assert powers_w[-1] == 50e3
    assert max(after_w - before_w for before_w, after_w in pairwise(powers_w)) <= 50e3 / 30.0 * (1.0 + 1e-9)


def test_starts_and_time_in_operation_are_counted() -> None:
    """A start of 100 s, then operation until a stop; the pause, and a second start."""
    state, _ = after(CHP, COLD, RUN, 100.0 + 3600.0)
    assert (state.starts, state.run_s) == (1, pytest.approx(3600.0))
    state, _ = after(CHP, state, STOP, 1000.0)
    assert (state.starts, state.run_s) == (1, pytest.approx(3600.0))
    state, _ = after(CHP, state, RUN, 400.0)
    assert (state.starts, state.run_s) == (2, pytest.approx(3900.0))


def test_failed_attempts_are_no_starts() -> None:
    state, _ = after(CHP, COLD, FAILING, 300.0)
    assert (state.starts, state.run_s) == (0, 0.0)


@pytest.mark.parametrize("parts", [1, 7])
def test_a_worn_engine_burns_more_by_its_equivalent_hours(parts: int) -> None:
    """1e-5 an hour, after 1000 h and 100 starts that count as 10 h each, and half of 10 h more: 2.005 %."""
    params = CHP._replace(start_wear_s=36e3, fuel_growth_per_h=1e-5)
    state, fuel_wh = warm(params, 55.0)._replace(starts=100, run_s=3.6e6), 0.0
    demand = RUN._replace(heat_demand_w=81.9e3)
    for _ in range(parts):
        state, shown = chp_step(params, state, demand, 36e3 / parts)
        fuel_wh += shown.fuel_w * 10.0 / parts
    assert fuel_wh == pytest.approx(10.0 * chp_fuel_w(CHP, 50e3) * 1.02005)


def test_reactive_power_goes_with_what_is_generated() -> None:
    params = CHP._replace(reactive_per_active=0.3)
    assert chp_output(params, warm(params, 50.0), RUN).reactive_power_var == pytest.approx(-15e3)
    assert chp_output(params, COLD, STOP).reactive_power_var == 0.0


def test_an_unknown_preset_and_a_size_that_cannot_exist_are_refused() -> None:
    with pytest.raises(ValueError, match=r"CHP preset is 'gas-51kw'; accepted: .*did you mean 'gas-50kw'"):
        chp_preset("gas-51kw", 50e3)
    with pytest.raises(ParameterError, match=r"rated_power_w is -5 W; accepted: > 0 W"):
        chp_preset("gas-50kw", -5.0, buffer_litres=500.0)


def test_a_running_engine_may_go_on_whatever_its_set_point() -> None:
    running = warm(CHP, 60.0)
    limits_w = (-50e3, CHP.stopping_power_w)
    assert chp_power_limits(CHP, running, STOP) == chp_power_limits(CHP, running, RUN) == limits_w


class TestLoadSteps:
    """An engine takes on no more at once than a step, and the rest once its speed has recovered."""

    def loads(self, state: ChpState, set_point_w: float, seconds: int, step_s: float = 1.0) -> list[float]:
        """Return the load at the beginning of each second [kW]."""
        found = []
        for _ in range(seconds):
            found.append(
                -chp_output(IN_STEPS, state, RUN._replace(set_point_w=set_point_w)).active_power_w / 1e3
            )
            for _ in range(round(1.0 / step_s)):
                state, _ = chp_step(IN_STEPS, state, RUN._replace(set_point_w=set_point_w), step_s)
        return found

    def at(self, power_w: float) -> ChpState:
        """Return an engine that has run at a power for long."""
        return warm(IN_STEPS, 40.0)._replace(steady_w=power_w)

    def test_a_set_point_far_above_is_taken_in_steps(self) -> None:
        assert self.loads(self.at(24e3), -50e3, 8) == [41.0] * 5 + [50.0] * 3

    def test_one_within_a_step_is_taken_at_once(self) -> None:
        assert self.loads(self.at(24e3), -40e3, 2) == [40.0, 40.0]

    def test_load_is_taken_off_at_once(self) -> None:
        assert self.loads(self.at(50e3), -24e3, 1) == [24.0]

    def test_after_synchronisation_it_comes_in_steps_as_well(self) -> None:
        begun = ChpState(WARMING_UP, 0.0, 0, 1, IN_STEPS.engine_operating_c, 40.0)
        assert self.loads(begun, -50e3, 11) == [17.0] * 5 + [34.0] * 5 + [50.0]

    def test_steps_come_when_they_do_however_often_one_looks(self) -> None:
        often = self.loads(self.at(24e3), -50e3, 8, step_s=0.125)
        assert often == self.loads(self.at(24e3), -50e3, 8)

    def test_more_load_during_a_recovery_begins_it_anew(self) -> None:
        half, _ = chp_step(IN_STEPS, self.at(24e3), RUN._replace(set_point_w=-30e3), 4.9)
        assert self.loads(half, -50e3, 6) == [41.0] * 5 + [50.0]

    def test_the_horizon_ends_with_the_recovery(self) -> None:
        assert chp_horizon_s(IN_STEPS, self.at(24e3), RUN) == pytest.approx(5.0)

    def test_energy_over_all_steps_is_their_sum(self) -> None:
        _, shown = chp_step(IN_STEPS, self.at(24e3), RUN, 10.0)
        assert shown.active_power_w == pytest.approx(-(5.0 * 41e3 + 5.0 * 50e3) / 10.0)

    def test_without_a_step_it_takes_on_any_load(self) -> None:
        assert -chp_output(CHP, warm(CHP, 40.0), RUN).active_power_w == 50e3
