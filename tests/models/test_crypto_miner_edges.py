"""A crypto miner at each of its thresholds, and while its boards come and go."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.crypto_miner import (
    COOL,
    THROTTLED,
    TRIPPED,
    CryptoMinerInput,
    CryptoMinerOutput,
    CryptoMinerParams,
    CryptoMinerState,
    crypto_miner_horizon_s,
    crypto_miner_initial_state,
    crypto_miner_output,
    crypto_miner_power_limits,
    crypto_miner_step,
)
from doppelgrid.sim.components.machines.crypto_miner import crypto_miner_preset

MINER: CryptoMinerParams = crypto_miner_preset("antminer-s19-pro")._replace(
    boards=4,
    board_power_w=1000.0,
    board_hash_rate_th_per_s=40.0,
    base_power_w=100.0,
    power_factor=0.8,
    board_start_s=60.0,
    board_stop_s=2.0,
    throttled_boards=2,
    throttle_c=85.0,
    trip_c=95.0,
    resume_c=75.0,
    heat_capacity_j_per_k=10_050.0,
    heat_loss_w_per_k=50.0,
)
FREE = CryptoMinerInput(math.inf, 25.0)
TAU_S = 201.0


def settled(state: CryptoMinerState, inp: CryptoMinerInput = FREE) -> CryptoMinerState:
    """Return the state a moment later."""
    return crypto_miner_step(MINER, state, inp, 1e-9)[0]


@pytest.mark.parametrize(
    ("mode", "celsius", "expected"),
    [
        (COOL, 84.9, COOL),
        (COOL, 85.0, THROTTLED),
        (COOL, 95.0, TRIPPED),
        (THROTTLED, 94.9, THROTTLED),
        (THROTTLED, 95.0, TRIPPED),
        (THROTTLED, 85.0, THROTTLED),
        (THROTTLED, 75.1, THROTTLED),
        (THROTTLED, 75.0, COOL),
        (TRIPPED, 85.0, TRIPPED),
        (TRIPPED, 75.1, TRIPPED),
        (TRIPPED, 75.0, COOL),
        (COOL, 75.0, COOL),
    ],
)
def test_heat_throttles_trips_and_is_over_at_the_very_temperatures(
    mode: int, celsius: float, expected: int
) -> None:
    assert settled(CryptoMinerState(0, 0, 0.0, mode, celsius)).heat_mode == expected


@pytest.mark.parametrize(
    ("state", "set_point_w", "expected"),
    [
        ((2, 0, 0.0, COOL), math.inf, (2, 1, 60.0)),
        ((2, 1, 30.0, COOL), math.inf, (2, 1, 30.0)),
        ((2, 1, 0.0, COOL), math.inf, (3, 1, 60.0)),
        ((3, 1, 0.0, COOL), math.inf, (4, 0, 0.0)),
        ((2, -1, 1.0, COOL), math.inf, (2, 1, 60.0)),
        ((2, 1, 30.0, COOL), 1100.0, (2, -1, 2.0)),
        ((3, -1, 0.0, COOL), 1100.0, (2, -1, 2.0)),
        ((2, -1, 0.0, COOL), 1100.0, (1, 0, 0.0)),
        ((2, 1, 30.0, COOL), 2100.0, (2, 0, 0.0)),
        ((2, 1, 30.0, COOL), 2099.0, (2, -1, 2.0)),
        ((4, 0, 0.0, THROTTLED), math.inf, (4, -1, 2.0)),
        ((4, 0, 0.0, TRIPPED), math.inf, (4, -1, 2.0)),
        ((2, 0, 0.0, THROTTLED), math.inf, (2, 0, 0.0)),
        ((1, 0, 0.0, THROTTLED), math.inf, (1, 1, 60.0)),
        ((1, 0, 0.0, COOL), 100.0, (1, -1, 2.0)),
        ((1, 0, 0.0, COOL), -math.inf, (1, -1, 2.0)),
    ],
)
def test_boards_come_and_go_one_by_one_towards_what_limits_leave(
    state: tuple[int, int, float, int], set_point_w: float, expected: tuple[int, int, float]
) -> None:
    found = settled(CryptoMinerState(*state, 80.0), FREE._replace(set_point_w=set_point_w))
    assert found[:3] == (expected[0], expected[1], pytest.approx(expected[2], abs=1e-6))


def test_boards_that_take_no_time_are_there_at_once() -> None:
    quick = MINER._replace(board_start_s=0.0, board_stop_s=0.0)
    assert crypto_miner_output(quick, CryptoMinerState(0, 0, 0.0, COOL, 25.0), FREE).active_power_w == 4100.0
    none = FREE._replace(set_point_w=0.0)
    assert crypto_miner_output(quick, CryptoMinerState(4, 0, 0.0, COOL, 25.0), none).active_power_w == 100.0


@pytest.mark.parametrize(
    ("boards", "mode", "upper_w"),
    [
        (0, COOL, 4100.0),
        (0, THROTTLED, 2100.0),
        (4, THROTTLED, 4100.0),
        (0, TRIPPED, 100.0),
        (3, TRIPPED, 3100.0),
    ],
)
def test_it_could_have_what_heat_leaves_or_what_still_runs(boards: int, mode: int, upper_w: float) -> None:
    state = CryptoMinerState(boards, 0, 0.0, mode, 80.0)
    assert crypto_miner_power_limits(MINER, state, FREE) == (0.0, upper_w)


def test_fewer_boards_than_may_run_throttled_are_all_there_are() -> None:
    small = MINER._replace(boards=1)
    state = CryptoMinerState(0, 0, 0.0, THROTTLED, 80.0)
    assert crypto_miner_power_limits(small, state, FREE) == (0.0, 1100.0)


def test_it_shows_power_hashes_and_the_heat_of_its_chips() -> None:
    shown = crypto_miner_output(MINER, CryptoMinerState(4, 0, 0.0, COOL, 65.0), FREE)
    assert shown == pytest.approx(CryptoMinerOutput(4100.0, 4100.0 * 0.75, 160.0, 2000.0))
    first = crypto_miner_initial_state(MINER, 30.0, 3100.0)
    assert first == CryptoMinerState(3, 0, 0.0, COOL, 30.0)


@pytest.mark.parametrize(
    ("state", "ambient_c", "expected_s"),
    [
        ((2, 1, 30.0, COOL, 30.0), 25.0, 30.0),
        ((4, 0, 0.0, COOL, 60.0), 25.0, TAU_S * math.log(47.0 / 22.0)),
        ((4, 0, 0.0, COOL, 60.0), 3.0, math.inf),  # settles at 85 °C
        ((2, 0, 0.0, THROTTLED, 86.0), 80.0, TAU_S * math.log(36.0 / 27.0)),
        ((2, 0, 0.0, THROTTLED, 86.0), 25.0, TAU_S * math.log(19.0 / 8.0)),
        ((2, 0, 0.0, THROTTLED, 86.0), 44.0, math.inf),
        ((0, 0, 0.0, TRIPPED, 90.0), 25.0, TAU_S * math.log(63.0 / 48.0)),
        ((0, 0, 0.0, TRIPPED, 90.0), 99.0, math.inf),
        ((2, 1, 1e-5, COOL, 30.0), 25.0, 1e-3),
    ],
)
def test_power_holds_until_a_board_moves_or_a_temperature_is_reached(
    state: tuple[int, int, float, int, float], ambient_c: float, expected_s: float
) -> None:
    found_s = crypto_miner_horizon_s(MINER, CryptoMinerState(*state), FREE._replace(ambient_c=ambient_c))
    assert found_s == pytest.approx(expected_s)


def test_a_step_shows_means_while_a_board_comes() -> None:
    state, mean = crypto_miner_step(MINER, CryptoMinerState(3, 1, 30.0, COOL, 40.0), FREE, 120.0)
    assert state[:4] == (4, 0, 0.0, COOL)
    assert mean.active_power_w == pytest.approx(100.0 + 3750.0)
    assert mean.reactive_power_var == pytest.approx(0.75 * 3850.0)
    assert mean.hash_rate_th_per_s == pytest.approx(150.0)
    stored_j = (state.temperature_c - 40.0) * 10_050.0
    assert (mean.active_power_w - mean.heat_w) * 120.0 == pytest.approx(stored_j)
    first_c = 87.0 - 47.0 * math.exp(-30.0 / TAU_S)  # three boards settle at 87 °C, four at 107 °C
    assert state.temperature_c == pytest.approx(107.0 - (107.0 - first_c) * math.exp(-90.0 / TAU_S))
