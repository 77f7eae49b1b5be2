"""A timer that runs down in parts ends when it would have in one go: who looks in between moves nothing."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.capacitor_bank import (
    CapacitorBankInput,
    CapacitorBankParams,
    CapacitorBankState,
    capacitor_bank_output,
    capacitor_bank_step,
)
from doppelgrid.models.crypto_miner import COOL, CryptoMinerInput, CryptoMinerState, crypto_miner_step
from doppelgrid.models.hvac import HEATING, OFF, HvacInput, HvacState, hvac_step
from doppelgrid.models.timers import TOUCH_S, time_left_s
from doppelgrid.models.wind_turbine import (
    RUNNING,
    STARTING,
    STOPPED,
    STORM,
    WindTurbineInput,
    WindTurbineState,
    wind_turbine_step,
)
from doppelgrid.sim.components.machines.crypto_miner import crypto_miner_preset
from doppelgrid.sim.components.machines.hvac import hvac_preset
from doppelgrid.sim.components.machines.wind_turbine import wind_turbine_preset

PARTS = pytest.mark.parametrize("part_s", [0.1, 0.2, 0.3, 0.7, 1.1])
TURBINE = wind_turbine_preset("senvion-mm82-2050kw")._replace(
    start_up_s=231.0, restart_wait_s=231.0, iced_share=0.5, ice_build_s=231.0, ice_melt_s=231.0
)
LASTS_S = 231.0
"""A whole number of each part."""


def parts(part_s: float) -> list[float]:
    return [part_s] * round(LASTS_S / part_s)


def test_what_rounding_leaves_of_a_timer_is_nothing() -> None:
    assert time_left_s(2.0, 2.0 - 0.5 * TOUCH_S) == 0.0
    assert time_left_s(2.0, 3.0) == 0.0
    assert time_left_s(2.0, 1.5) == 0.5


def wind(wind_m_per_s: float, ambient_c: float = 15.0) -> WindTurbineInput:
    return WindTurbineInput(-math.inf, 0.0, wind_m_per_s, ambient_c, 101325.0, 0.99)


@PARTS
@pytest.mark.parametrize(
    ("mode", "then", "speed"), [(STARTING, RUNNING, 9.0), (STORM, STOPPED, 1.0)], ids=["start", "storm"]
)
def test_a_turbine_starts_or_comes_back_on_time(part_s: float, mode: int, then: int, speed: float) -> None:
    state = WindTurbineState(mode, LASTS_S)
    for each_s in parts(part_s):
        state, _ = wind_turbine_step(TURBINE, state, wind(speed), each_s)
    assert state.mode == then


@PARTS
@pytest.mark.parametrize(
    ("ambient_c", "ice", "is_iced"), [(-5.0, 0.0, 1), (5.0, 1.0, 0)], ids=["ices", "melts"]
)
def test_ice_comes_and_goes_on_time(part_s: float, ambient_c: float, ice: float, is_iced: int) -> None:
    state = WindTurbineState(RUNNING, 0.0, ice, 1 - is_iced)
    for each_s in parts(part_s):
        state, _ = wind_turbine_step(TURBINE, state, wind(9.0, ambient_c), each_s)
    assert state.is_iced == is_iced


@PARTS
def test_a_compressor_comes_back_on_time(part_s: float) -> None:
    state = HvacState(OFF, LASTS_S, 10.0)
    for each_s in parts(part_s):
        state, _ = hvac_step(
            hvac_preset("house-heat-pump"), state, HvacInput(math.inf, 0.0, 0.0, 0.0), each_s
        )
    assert state.mode == HEATING


@PARTS
def test_a_board_of_a_miner_starts_on_time(part_s: float) -> None:
    params = crypto_miner_preset("antminer-s19-pro")._replace(board_start_s=LASTS_S)
    state = CryptoMinerState(0, 0, 0.0, COOL, 25.0)
    for each_s in parts(part_s):
        state, _ = crypto_miner_step(params, state, CryptoMinerInput(math.inf, 25.0), each_s)
    assert state.boards == 1


@PARTS
def test_a_step_of_a_capacitor_bank_is_discharged_on_time(part_s: float) -> None:
    params, wanted = CapacitorBankParams(1, 10e3, 0.0, LASTS_S, 400.0), CapacitorBankInput(-10e3, 400.0)
    state = CapacitorBankState(0, 1, LASTS_S)
    for each_s in parts(part_s):
        state, _ = capacitor_bank_step(params, state, wanted, each_s)
    assert capacitor_bank_output(params, state, wanted).reactive_power_var == -10e3
