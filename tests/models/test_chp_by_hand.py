"""A CHP of round numbers: each of its transitions, and its flows worked out by hand."""

from __future__ import annotations

import math

import pytest
from accuracy.chp import stored_heat_j

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
    ChpState,
    chp_fuel_w,
    chp_heat_w,
    chp_horizon_s,
    chp_initial_state,
    chp_output,
    chp_power_limits,
    chp_step,
)
from doppelgrid.models.heat_buffer import HeatBufferParams
from doppelgrid.sim.components.machines.chp import chp_preset

ENGINE = chp_preset("gas-50kw", 50e3)._replace(
    rated_power_w=1000.0, minimum_power_w=400.0, electrical_efficiency=(0.2, 0.4), thermal_efficiency=(0.7, 0.5),
    reactive_per_active=0.3, start_s=30.0, starting_power_w=60.0, stop_s=20.0, stopping_power_w=40.0,
    standby_power_w=10.0, minimum_run_s=100.0, minimum_pause_s=50.0, start_retries=1, retry_wait_s=15.0,
    engine_heat_capacity_j_per_k=2010.0, engine_heat_loss_w_per_k=5.0, engine_operating_c=70.0,
    buffer=HeatBufferParams(40_200.0, 2.0, 40.0), buffer_full_c=80.0, buffer_restart_c=60.0,
    heat_led=False, dump_cooler=False,
)  # fmt: skip
"""At 400 W: 28 % and 62 %; at 700 W: 34 % and 56 %; at 1000 W: 40 % and 50 %."""
DUMPING = ENGINE._replace(dump_cooler=True)
LED = ENGINE._replace(heat_led=True)
RUN = ChpInput(-700.0, 0.0, 20.0, 0, 0)
STOP = RUN._replace(set_point_w=0.0)
FAILS = RUN._replace(start_fails=1)
MOMENT_S = 1e-6


def state(
    phase: int, wait_s: float = 0.0, failures: int = 0, takes: int = 1, engine_c: float = 50.0
) -> ChpState:
    return ChpState(phase, wait_s, failures, takes, engine_c, 70.0)


def test_each_phase_goes_over_into_the_next() -> None:
    for before, inp, expected in (
        (state(STOPPED), RUN, (STARTING, 30.0, 0)),
        (state(STOPPED), RUN._replace(set_point_w=-400.0), (STARTING, 30.0, 0)),
        (state(STOPPED), RUN._replace(set_point_w=-399.9), (STOPPED, 0.0, 0)),
        (state(STOPPED, 5.0), RUN, (STOPPED, 5.0, 0)),
        (state(STARTING, 5.0), RUN, (STARTING, 5.0, 0)),
        (state(STARTING, 5.0, 1), STOP, (STOPPED, 0.0, 0)),
        (state(STARTING, 0.0), RUN, (WARMING_UP, 100.0, 0)),
        (state(STARTING, 0.0, 1), RUN, (WARMING_UP, 100.0, 0)),
        (state(STARTING, 0.0), FAILS, (RETRYING, 15.0, 1)),
        (state(STARTING, 0.0, 1), FAILS, (FAULT, 0.0, 2)),
        (state(RETRYING, 5.0, 1), RUN, (RETRYING, 5.0, 1)),
        (state(RETRYING, 0.0, 1), RUN, (STARTING, 30.0, 1)),
        (state(RETRYING, 5.0, 1), STOP, (STOPPED, 0.0, 0)),
        (state(WARMING_UP, 50.0), STOP, (WARMING_UP, 50.0, 0)),
        (state(WARMING_UP, 0.0), STOP, (STOPPING, 20.0, 0)),
        (state(WARMING_UP, 50.0, engine_c=70.0), RUN, (RUNNING, 50.0, 0)),
        (state(WARMING_UP, 50.0, engine_c=69.99), RUN, (WARMING_UP, 50.0, 0)),
        (state(RUNNING, 50.0), STOP, (RUNNING, 50.0, 0)),
        (state(RUNNING, 0.0), STOP, (STOPPING, 20.0, 0)),
        (state(RUNNING, 0.0), RUN, (RUNNING, 0.0, 0)),
        (state(RUNNING, 50.0, takes=0), RUN, (STOPPING, 20.0, 0)),
        (state(STOPPED, 0.0, takes=0), RUN, (STOPPED, 0.0, 0)),
        (state(STARTING, 5.0, takes=0), RUN, (STOPPED, 0.0, 0)),
        (state(STOPPING, 5.0), RUN, (STOPPING, 5.0, 0)),
        (state(STOPPING, 0.0), RUN, (STOPPED, 50.0, 0)),
        (state(FAULT, 0.0, 2), RUN, (FAULT, 0.0, 2)),
        (state(FAULT, 0.0, 2), STOP._replace(acknowledge=1), (STOPPED, 0.0, 0)),
        (state(FAULT, 0.0, 2), RUN._replace(acknowledge=1), (STARTING, 30.0, 0)),
    ):
        after, output = chp_step(ENGINE, before, inp, MOMENT_S)
        assert after[:3] == (expected[0], pytest.approx(expected[1], abs=1e-5), expected[2])
        assert output.phase == chp_output(ENGINE, before, inp).phase == expected[0]


def test_a_dump_cooler_lets_a_full_buffer_be() -> None:
    for before in (state(RUNNING, 50.0, takes=0), state(STARTING, 5.0, takes=0)):
        assert chp_output(DUMPING, before, RUN).phase == before.phase


def test_a_buffer_takes_heat_until_it_is_full_and_again_from_its_restart_temperature() -> None:
    for buffer_c, takes, expected in (
        (80.0, 1, 0),
        (79.99, 1, 1),
        (79.99, 0, 0),
        (60.01, 0, 0),
        (60.0, 0, 1),
        (60.01, 1, 1),
        (50.0, 0, 1),
    ):
        before = ChpState(STOPPED, 5.0, 0, takes, 20.0, buffer_c)
        assert chp_step(ENGINE, before, STOP, MOMENT_S)[0].buffer_takes == expected
        led = chp_output(LED, before._replace(phase=RUNNING), STOP)
        assert led.phase == (RUNNING if expected else STOPPING)


def test_fuel_and_heat_are_those_of_the_efficiencies() -> None:
    for power_w, fuel_w, heat_w in (
        (400.0, 400.0 / 0.28, 0.62 * 400.0 / 0.28),
        (700.0, 700.0 / 0.34, 0.56 * 700.0 / 0.34),
        (0.0, 0.0, 0.0),
    ):
        assert chp_fuel_w(ENGINE, power_w) == pytest.approx(fuel_w, rel=1e-12)
        assert chp_heat_w(ENGINE, power_w) == pytest.approx(heat_w, rel=1e-12)
        assert chp_fuel_w(ENGINE, 1e-9) == pytest.approx(5e-9)


def test_it_begins_stopped_with_an_engine_as_warm_as_the_room() -> None:
    assert chp_initial_state(ENGINE, 55.0, 18.0) == ChpState(STOPPED, 0.0, 0, 1, 18.0, 55.0, 0.0)


BUFFER_LOSS_W = 2.0 * 50.0
ENGINE_LOSS_W = 5.0 * 30.0


def test_what_does_not_generate_draws_for_itself_and_cools() -> None:
    for phase, idle_w in (
        (STARTING, 60.0),
        (STOPPING, 40.0),
        (STOPPED, 10.0),
        (RETRYING, 10.0),
        (FAULT, 10.0),
    ):
        shown = chp_output(ENGINE, state(phase, 5.0), RUN._replace(heat_demand_w=300.0))
        loss_w = idle_w + BUFFER_LOSS_W + ENGINE_LOSS_W
        assert shown == pytest.approx(ChpOutput(idle_w, 0.0, 0.0, 0.0, 300.0, 0.0, loss_w, 70.0, 50.0, phase))


def test_warming_up_burns_for_the_least_power_and_keeps_its_heat() -> None:
    shown = chp_output(ENGINE, state(WARMING_UP, 50.0), RUN)
    fuel_w = 400.0 / 0.28
    loss_w = fuel_w * (1.0 - 0.28 - 0.62) + BUFFER_LOSS_W + ENGINE_LOSS_W
    expected = ChpOutput(-400.0, -120.0, fuel_w, 0.0, 0.0, 0.0, loss_w, 70.0, 50.0, WARMING_UP)
    assert shown == pytest.approx(expected)


def test_a_running_engine_gives_what_is_asked_within_its_range() -> None:
    for set_point_w, power_w in (
        (-700.0, 700.0),
        (-2000.0, 1000.0),
        (-400.0, 400.0),
        (0.0, 400.0),
    ):
        inp = RUN._replace(set_point_w=set_point_w, heat_demand_w=300.0)
        shown = chp_output(ENGINE, state(RUNNING, 50.0, engine_c=70.0), inp)
        fuel_w = power_w / (0.2 + 0.2 * power_w / 1000.0)
        heat_w = fuel_w * (0.7 - 0.2 * power_w / 1000.0)
        loss_w = fuel_w - power_w - heat_w + BUFFER_LOSS_W
        assert shown == pytest.approx(
            ChpOutput(-power_w, -0.3 * power_w, fuel_w, heat_w, 300.0, 0.0, loss_w, 70.0, 70.0, RUNNING)
        )


def test_a_cooler_dumps_what_a_full_buffer_cannot_take() -> None:
    for demand_w, dumped_w in (
        (0.0, 1250.0 - 120.0),
        (500.0, 630.0),
        (2000.0, 0.0),
    ):
        full = ChpState(RUNNING, 50.0, 0, 0, 70.0, 80.0)
        shown = chp_output(DUMPING, full, RUN._replace(set_point_w=-1000.0, heat_demand_w=demand_w))
        assert (shown.heat_w, shown.dumped_w) == (pytest.approx(1250.0), pytest.approx(dumped_w))
        nearly = chp_output(DUMPING, full._replace(buffer_c=79.9), RUN)
        assert nearly.dumped_w == 0.0


def test_a_heat_led_engine_runs_at_full_power_while_its_buffer_takes_and_else_at_the_least() -> None:
    dumping = DUMPING._replace(heat_led=True)
    takes, full = state(RUNNING, 50.0, engine_c=70.0), state(RUNNING, 50.0, takes=0, engine_c=70.0)
    assert chp_output(dumping, takes, STOP).active_power_w == -1000.0
    assert chp_output(dumping, full, STOP).active_power_w == -400.0
    assert chp_power_limits(dumping, full, STOP) == (-400.0, -400.0)
    assert chp_power_limits(LED, state(STOPPED, 5.0), STOP) == (10.0, 10.0)


def test_limits_tell_what_it_could_be_sent_to_whatever_it_was_told() -> None:
    for before, limits_w in (
        (state(STOPPED), (-1000.0, 60.0)),
        (state(STOPPED, 5.0), (0.0, 10.0)),
        (state(STOPPED, takes=0), (0.0, 10.0)),
        (state(STARTING, 5.0), (-1000.0, 60.0)),
        (state(RETRYING, 5.0, 1), (-1000.0, 60.0)),
        (state(WARMING_UP, 5.0), (-1000.0, -400.0)),
        (state(RUNNING, 5.0), (-1000.0, -400.0)),
        (state(RUNNING, 0.0), (-1000.0, 40.0)),
        (state(RUNNING, 5.0, takes=0), (0.0, 40.0)),
        (state(STOPPING, 5.0), (0.0, 40.0)),
        (state(FAULT, 0.0, 2), (0.0, 10.0)),
    ):
        assert chp_power_limits(ENGINE, before, RUN) == limits_w
        assert chp_power_limits(ENGINE, before, STOP) == limits_w


HOT_W = 0.56 * 700.0 / 0.34


def test_flows_hold_until_a_wait_ends_or_the_buffer_comes_to_a_threshold() -> None:
    for before, demand_w, expected_s in (
        (state(STARTING, 5.0), 0.0, 5.0),
        (state(STARTING, 1e-5), 0.0, 1e-3),
        (state(STOPPED), 0.0, 20_100.0 * math.log(50.0 / 40.0)),
        (state(STOPPED), 500.0, 20_100.0 * math.log(300.0 / 290.0)),
        (state(RUNNING, engine_c=70.0), 0.0, 20_100.0 * math.log((HOT_W - 100.0) / (HOT_W - 120.0))),
        (state(RUNNING, 7.0, engine_c=70.0), 0.0, 7.0),
        (state(STOPPED)._replace(buffer_c=60.0), 0.0, 20_100.0 * math.log(40.0 / 20.0)),
        (state(STOPPED)._replace(buffer_c=39.0), 0.0, math.inf),
    ):
        inp = (RUN if before.phase in (RUNNING, STARTING) else STOP)._replace(heat_demand_w=demand_w)
        assert chp_horizon_s(ENGINE, before, inp) == pytest.approx(expected_s)


def test_an_engine_warms_up_by_the_exponential() -> None:
    heat_w = 0.62 * 400.0 / 0.28
    expected_s = 402.0 * math.log((heat_w - 150.0) / (heat_w - 250.0))
    before = state(WARMING_UP, 1e3)
    assert chp_horizon_s(ENGINE, before, RUN) == pytest.approx(expected_s)
    after, mean = chp_step(ENGINE, before, RUN, expected_s)
    assert (after.phase, after.engine_c) == (RUNNING, pytest.approx(70.0))
    kept_w = (stored_heat_j(ENGINE, after) - stored_heat_j(ENGINE, before)) / expected_s
    assert mean.fuel_w + mean.active_power_w == pytest.approx(mean.loss_w + kept_w)


def test_a_step_shows_means_of_starting_and_generating() -> None:
    after, mean = chp_step(
        ENGINE, state(STARTING, 10.0, engine_c=75.0), RUN._replace(heat_demand_w=300.0), 40.0
    )
    assert (after.phase, after.wait_s) == (RUNNING, pytest.approx(70.0))
    assert mean.active_power_w == pytest.approx(0.25 * 60.0 - 0.75 * 700.0)
    assert mean.reactive_power_var == pytest.approx(-0.3 * 0.75 * 700.0)
    assert mean.fuel_w == pytest.approx(0.75 * 700.0 / 0.34)
    assert mean.heat_w == pytest.approx(0.75 * HOT_W)
    assert mean.delivered_w == pytest.approx(300.0)
    assert mean.dumped_w == 0.0
    full = ChpState(RUNNING, 10.0, 0, 0, 70.0, 80.0)
    assert chp_step(DUMPING, full, RUN._replace(set_point_w=-1000.0), 60.0)[1].dumped_w == pytest.approx(
        1130.0
    )
