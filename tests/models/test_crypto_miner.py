"""A crypto miner: boards that come and go, and their heat."""

from __future__ import annotations

import math
from typing import Any

import pytest

from doppelgrid.models.crypto_miner import (
    COOL,
    THROTTLED,
    TRIPPED,
    CryptoMinerInput,
    CryptoMinerParams,
    CryptoMinerState,
    crypto_miner_horizon_s,
    crypto_miner_initial_state,
    crypto_miner_output,
    crypto_miner_step,
)
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.machines.crypto_miner import check_crypto_miner, crypto_miner_preset

MINER = crypto_miner_preset("antminer-s19-pro")
FREE = CryptoMinerInput(math.inf, 25.0)


def energy_j_per_th(params: CryptoMinerParams, boards: int) -> float:
    """Return the energy per hash with some boards running."""
    shown = crypto_miner_output(params, CryptoMinerState(boards, 0, 0.0, COOL, 25.0), FREE)
    return shown.active_power_w / shown.hash_rate_th_per_s


@pytest.mark.parametrize(("name", "joule"), [("antminer-s19-pro", 29.5), ("antminer-s19-xp", 21.5)])
def test_energy_per_hash_is_that_of_the_data_sheet(name: str, joule: float) -> None:
    assert energy_j_per_th(crypto_miner_preset(name), 3) == pytest.approx(joule, abs=0.05)


def test_fewer_boards_need_more_energy_per_hash() -> None:
    per_hash = [energy_j_per_th(MINER, boards) for boards in (3, 2, 1)]
    assert per_hash == sorted(per_hash)


def test_as_many_boards_run_as_fit_below_the_limit() -> None:
    for limit_w, power_w in (
        (5000.0, 3250.0),
        (3250.0, 3250.0),
        (3249.0, 2200.0),
        (1150.0, 1150.0),
        (500.0, 100.0),
    ):
        state = crypto_miner_initial_state(MINER, 25.0, limit_w)
        output = crypto_miner_output(MINER, state, CryptoMinerInput(limit_w, 25.0))
        assert output.active_power_w == pytest.approx(power_w)


def test_boards_start_and_stop_one_after_the_other() -> None:
    state = CryptoMinerState(0, 0, 0.0, COOL, 25.0)
    boards = []
    for _ in range(4):
        assert crypto_miner_horizon_s(MINER, state, FREE) == pytest.approx(
            60.0 if state.boards < 3 else crypto_miner_horizon_s(MINER, state, FREE)
        )
        state, _ = crypto_miner_step(MINER, state, FREE, 60.0)
        boards.append(state.boards)
    assert boards == [1, 2, 3, 3]
    state, output = crypto_miner_step(MINER, state, CryptoMinerInput(0.0, 25.0), 3.0)
    assert state.boards == 0
    assert output.active_power_w == pytest.approx(100.0 + 1050.0 * (3 + 2 + 1) / 3.0)


def test_hot_air_throttles_it_until_it_has_cooled_down() -> None:
    state, hot = crypto_miner_initial_state(MINER, 45.0, math.inf), CryptoMinerInput(math.inf, 45.0)
    modes = set()
    for _ in range(120):
        state, output = crypto_miner_step(MINER, state, hot, 60.0)
        modes.add(state.heat_mode)
        assert state.temperature_c <= MINER.throttle_c + 1.0
    assert modes == {COOL, THROTTLED}
    assert output.active_power_w == pytest.approx(2200.0)


def test_it_trips_where_throttling_does_not_help() -> None:
    state, hot = crypto_miner_initial_state(MINER, 70.0, math.inf), CryptoMinerInput(math.inf, 70.0)
    for _ in range(60):
        state, output = crypto_miner_step(MINER, state, hot, 60.0)
    assert (state.heat_mode, output.hash_rate_th_per_s) == (TRIPPED, 0.0)


def test_all_electricity_ends_as_heat() -> None:
    state = crypto_miner_initial_state(MINER, 25.0, math.inf)
    for _ in range(100):
        state, output = crypto_miner_step(MINER, state, FREE, 60.0)
    assert output.heat_w == pytest.approx(output.active_power_w, rel=1e-9)
    assert state.temperature_c == pytest.approx(25.0 + 3250.0 / 72.0)


def test_a_hall_counts_its_machines_together() -> None:
    hall = crypto_miner_preset("antminer-s19-pro", 12)
    state = crypto_miner_initial_state(hall, 25.0, math.inf)
    assert crypto_miner_output(hall, state, FREE).active_power_w == pytest.approx(12 * 3250.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trip_c": 80.0}, "throttle_c is 85 °C; accepted: at most trip_c, 80 °C"),
        ({"resume_c": 85.0}, "resume_c is 85 °C; accepted: at most throttle_c - 0.1, 84.9 °C"),
        ({"throttled_boards": 4}, "throttled_boards is 4 boards; accepted: at most boards, 3 boards"),
    ],
)
def test_a_miner_that_contradicts_itself_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_crypto_miner(MINER._replace(**change))
