"""A capacitor bank: steps, voltage, discharge."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.capacitor_bank import (
    CapacitorBankInput,
    CapacitorBankParams,
    capacitor_bank_horizon_s,
    capacitor_bank_initial_state,
    capacitor_bank_output,
    capacitor_bank_reactive_limits_var,
    capacitor_bank_step,
)

BANK = CapacitorBankParams(6, 10e3, 0.0005, 60.0, 400.0)


@pytest.mark.parametrize(
    ("wanted_var", "given_var"),
    [(0.0, 0.0), (-4e3, 0.0), (-6e3, -10e3), (-34e3, -30e3), (-1e6, -60e3), (5e3, 0.0)],
)
def test_it_gives_the_steps_that_come_nearest(wanted_var: float, given_var: float) -> None:
    output = capacitor_bank_output(
        BANK, capacitor_bank_initial_state(BANK), CapacitorBankInput(wanted_var, 400.0)
    )
    assert output.reactive_power_var == pytest.approx(given_var)


def test_reactive_power_and_loss_go_with_the_square_of_the_voltage() -> None:
    state, _ = capacitor_bank_step(
        BANK, capacitor_bank_initial_state(BANK), CapacitorBankInput(-60e3, 400.0), 1.0
    )
    output = capacitor_bank_output(BANK, state, CapacitorBankInput(-60e3, 360.0))
    assert output.reactive_power_var == pytest.approx(-60e3 * 0.81)
    assert output.active_power_w == output.loss_w == pytest.approx(60e3 * 0.81 * 0.0005)


def test_a_step_must_discharge_before_it_comes_back() -> None:
    all_on, two = CapacitorBankInput(-60e3, 400.0), CapacitorBankInput(-20e3, 400.0)
    state, _ = capacitor_bank_step(BANK, capacitor_bank_initial_state(BANK), all_on, 10.0)
    state, _ = capacitor_bank_step(BANK, state, two, 10.0)
    assert capacitor_bank_reactive_limits_var(BANK, state, two)[0] == pytest.approx(-20e3)
    assert capacitor_bank_horizon_s(BANK, state, two) == math.inf
    assert capacitor_bank_horizon_s(BANK, state, all_on) == pytest.approx(50.0)
    state, output = capacitor_bank_step(BANK, state, all_on, 100.0)
    assert state.steps_on == 6
    assert output.reactive_power_var == pytest.approx(-20e3 * 0.5 - 60e3 * 0.5)
