"""Grid protection at the very thresholds, and each of its clocks alone."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.grid_code import (
    CONNECTED,
    DISCONNECTED,
    OVERFREQUENCY,
    OVERVOLTAGE,
    RAMPING,
    UNDERFREQUENCY,
    UNDERVOLTAGE,
    UNLIMITED_PER_S,
    GridCodeInput,
    GridCodeOutput,
    GridCodeParams,
    GridCodeState,
    grid_code_cause,
    grid_code_horizon_s,
    grid_code_initial_state,
    grid_code_output,
    grid_code_step,
)
from doppelgrid.models.grid_support import (
    FreqWattParams,
    VoltVarParams,
    freq_watt_share,
    volt_var_share,
)

PARAMS = GridCodeParams(
    undervoltage_s=1.0,
    low_undervoltage_s=0.5,
    overvoltage_s=3.0,
    high_overvoltage_s=0.7,
    underfrequency_s=2.0,
    overfrequency_s=1.5,
)
SOUND = GridCodeInput(1.0, 50.0)
CALM = grid_code_initial_state(PARAMS)
OFF = grid_code_initial_state(PARAMS, connected=False)
CLOCKS = (
    "undervoltage_s",
    "low_undervoltage_s",
    "overvoltage_s",
    "high_overvoltage_s",
    "underfrequency_s",
    "overfrequency_s",
)


def after(
    state: GridCodeState, inp: GridCodeInput, dt_s: float, params: GridCodeParams = PARAMS
) -> GridCodeState:
    return grid_code_step(params, state, inp, dt_s)[0]


def test_it_begins_calm_or_with_all_of_its_wait_ahead() -> None:
    assert GridCodeState(CONNECTED, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0) == CALM
    assert CALM._replace(mode=DISCONNECTED) == OFF
    assert grid_code_horizon_s(PARAMS, OFF, SOUND) == PARAMS.reconnect_wait_s


@pytest.mark.parametrize(
    ("inp", "running"),
    [
        (GridCodeInput(PARAMS.undervoltage_pu, 50.0), ()),
        (GridCodeInput(PARAMS.undervoltage_pu - 1e-6, 50.0), (0,)),
        (GridCodeInput(PARAMS.low_undervoltage_pu, 50.0), (0,)),
        (GridCodeInput(PARAMS.low_undervoltage_pu - 1e-6, 50.0), (0, 1)),
        (GridCodeInput(PARAMS.overvoltage_pu, 50.0), ()),
        (GridCodeInput(PARAMS.overvoltage_pu + 1e-6, 50.0), (2,)),
        (GridCodeInput(PARAMS.high_overvoltage_pu, 50.0), (2,)),
        (GridCodeInput(PARAMS.high_overvoltage_pu + 1e-6, 50.0), (2, 3)),
        (GridCodeInput(1.0, PARAMS.underfrequency_hz), ()),
        (GridCodeInput(1.0, PARAMS.underfrequency_hz - 1e-6), (4,)),
        (GridCodeInput(1.0, PARAMS.overfrequency_hz), ()),
        (GridCodeInput(1.0, PARAMS.overfrequency_hz + 1e-6), (5,)),
    ],
)
def test_a_clock_runs_just_past_its_threshold_and_the_others_stand_at_zero(
    inp: GridCodeInput, running: tuple[int, ...]
) -> None:
    begun = CALM._replace(**{name: 0.1 * (number + 1) for number, name in enumerate(CLOCKS)})
    moved = after(begun, inp, 0.01)
    expected = [0.1 * (number + 1) + 0.01 if number in running else 0.0 for number in range(6)]
    assert [getattr(moved, name) for name in CLOCKS] == pytest.approx(expected)
    if running:
        left_s = min(getattr(PARAMS, CLOCKS[number]) - 0.1 * (number + 1) for number in running)
        assert grid_code_horizon_s(PARAMS, begun, inp) == pytest.approx(left_s)


@pytest.mark.parametrize(
    ("voltage_pu", "frequency_hz", "cause"),
    [
        (PARAMS.undervoltage_pu - 0.01, 50.0, UNDERVOLTAGE),
        (PARAMS.undervoltage_pu - 0.01, 47.0, UNDERVOLTAGE),
        (PARAMS.undervoltage_pu, 47.0, UNDERFREQUENCY),
        (1.0, PARAMS.underfrequency_hz, OVERVOLTAGE),
        (1.0, PARAMS.overfrequency_hz + 0.01, OVERFREQUENCY),
        (1.2, PARAMS.overfrequency_hz, OVERVOLTAGE),
    ],
)
def test_the_cause_of_a_trip_is_what_is_out_of_bounds(
    voltage_pu: float, frequency_hz: float, cause: int
) -> None:
    assert grid_code_cause(PARAMS, GridCodeInput(voltage_pu, frequency_hz)) == cause


@pytest.mark.parametrize(
    ("inp", "may"),
    [
        (GridCodeInput(PARAMS.reconnect_voltage_min_pu, 50.0), True),
        (GridCodeInput(PARAMS.reconnect_voltage_min_pu - 1e-6, 50.0), False),
        (GridCodeInput(PARAMS.reconnect_voltage_max_pu, 50.0), True),
        (GridCodeInput(PARAMS.reconnect_voltage_max_pu + 1e-6, 50.0), False),
        (GridCodeInput(1.0, PARAMS.reconnect_frequency_min_hz), True),
        (GridCodeInput(1.0, PARAMS.reconnect_frequency_min_hz - 1e-6), False),
        (GridCodeInput(1.0, PARAMS.reconnect_frequency_max_hz), True),
        (GridCodeInput(1.0, PARAMS.reconnect_frequency_max_hz + 1e-6), False),
    ],
)
def test_it_waits_in_the_window_of_reconnection_ends_included(inp: GridCodeInput, may: bool) -> None:
    waiting = after(OFF._replace(waited_s=10.0), inp, 20.0)
    assert waiting.mode == DISCONNECTED
    assert waiting.waited_s == (30.0 if may else 0.0)
    assert grid_code_horizon_s(PARAMS, waiting, inp) == (30.0 if may else math.inf)
    assert after(waiting, inp, 100.0).mode == (RAMPING if may else DISCONNECTED)


def test_reconnected_it_ramps_from_the_end_of_its_wait() -> None:
    state, shown = grid_code_step(PARAMS, OFF, SOUND, 100.0)
    assert (state.mode, state.waited_s, state.ramped_s) == (RAMPING, 0.0, pytest.approx(40.0))
    assert shown == GridCodeOutput(pytest.approx(0.4), PARAMS.gradient_per_s, 1)
    assert grid_code_horizon_s(PARAMS, state, SOUND) == pytest.approx(560.0)
    low = GridCodeInput(PARAMS.undervoltage_pu - 0.01, 50.0)
    assert grid_code_horizon_s(PARAMS, state, low) == PARAMS.undervoltage_s
    tripped, shown = grid_code_step(PARAMS, state, low, 4.0)
    assert (tripped.mode, tripped.ramped_s) == (DISCONNECTED, 0.0)
    assert shown == GridCodeOutput(pytest.approx(0.25), UNLIMITED_PER_S, 0)


def test_a_mean_over_its_limit_trips_as_soon_as_it_is_connected_and_is_forgotten_while_off() -> None:
    high = CALM._replace(mean_voltage_pu=PARAMS.mean_overvoltage_pu + 0.001)
    assert grid_code_horizon_s(PARAMS, high, SOUND) == 1e-6
    assert after(high, GridCodeInput(1.12, 50.0), 1e-6).mode == DISCONNECTED
    back = after(OFF._replace(mean_voltage_pu=1.2), SOUND, 60.0)
    assert (back.mode, back.mean_voltage_pu) == (RAMPING, 1.0)


def test_at_its_reconnection_clearing_times_begin_anew() -> None:
    params = PARAMS._replace(undervoltage_pu=1.0, reconnect_wait_s=0.0)
    low = GridCodeInput(0.99, 50.0)
    back = after(after(CALM, low, 1.0, params), low, 1e-6, params)
    assert (back.mode, back.undervoltage_s) == (RAMPING, 0.0)
    assert grid_code_horizon_s(params, back, low) == params.undervoltage_s


def test_the_mean_of_the_voltage_follows_with_its_delay() -> None:
    moved = after(CALM, GridCodeInput(0.9, 50.0), 300.0)
    assert moved.mean_voltage_pu == pytest.approx(0.9 + 0.1 * math.exp(-1.0))


def test_without_a_gradient_it_is_connected_at_once_after_its_wait() -> None:
    free = PARAMS._replace(gradient_per_s=math.inf)
    assert after(OFF, SOUND, 60.0, free).mode == RAMPING
    assert after(OFF, SOUND, 60.1, free).mode == CONNECTED
    ramping = grid_code_output(free, CALM._replace(mode=RAMPING), SOUND)
    assert ramping == GridCodeOutput(1.0, UNLIMITED_PER_S, 1)


def test_a_step_of_no_length_tells_what_is_allowed_now() -> None:
    assert grid_code_step(PARAMS, CALM, SOUND, 0.0) == (CALM, GridCodeOutput(1.0, UNLIMITED_PER_S, 1))
    assert grid_code_step(PARAMS, OFF, SOUND, 0.0) == (OFF, GridCodeOutput(0.0, UNLIMITED_PER_S, 0))


WIDE = VoltVarParams(True, 0.9, 0.96, 1.02, 1.1, 0.4)


@pytest.mark.parametrize(
    ("voltage_pu", "share"),
    [
        (0.8, -0.4),
        (0.9, -0.4),
        (0.915, -0.3),
        (0.945, -0.1),
        (0.96, 0.0),
        (1.02, 0.0),
        (1.04, 0.1),
        (1.08, 0.3),
        (1.1, 0.4),
        (1.3, 0.4),
    ],
)
def test_reactive_power_goes_evenly_between_its_corners(voltage_pu: float, share: float) -> None:
    assert volt_var_share(WIDE, voltage_pu) == pytest.approx(share)


def test_corners_that_meet_make_a_step() -> None:
    steep = WIDE._replace(high_pu=1.02, low_pu=0.96)
    assert [volt_var_share(steep, pu) for pu in (0.959, 0.96, 1.02, 1.021)] == [-0.4, 0.0, 0.0, 0.4]


@pytest.mark.parametrize(
    ("frequency_hz", "share"), [(60.5, 1.0), (60.6, 1.0 - 0.1 / 6.0), (63.5, 0.5), (66.5, 0.0), (67.0, 0.0)]
)
def test_production_falls_by_the_droop_of_its_nominal_frequency(frequency_hz: float, share: float) -> None:
    params = FreqWattParams(True, 60.5, 0.1, 60.0)
    assert freq_watt_share(params, frequency_hz) == pytest.approx(share, abs=1e-12)
    assert freq_watt_share(params._replace(enabled=False), frequency_hz) == 1.0
