"""A capacitor bank: steps, voltage, discharge."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.capacitor_bank import (
    CapacitorBankInput,
    CapacitorBankOutput,
    CapacitorBankParams,
    CapacitorBankState,
    capacitor_bank_horizon_s,
    capacitor_bank_initial_state,
    capacitor_bank_output,
    capacitor_bank_power_limits,
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


@pytest.mark.parametrize(
    ("wanted_var", "bounds_var", "given_var"),
    [
        (-6e3, (-6e3, 0.0), 0.0),
        (-28e3, (-29e3, 0.0), -20e3),
        (-12e3, (-60e3, -12e3), -20e3),
        (-18e3, (-18e3, -12e3), 0.0),
        (-60e3, (-70e3, -61e3), 0.0),
        (-19999.999, (-19999.999, -19999.999), -20e3),
        (-20000.001, (-20000.001, -20000.001), -20e3),
    ],
)
def test_of_steps_within_bounds_it_gives_those_that_come_nearest(
    wanted_var: float, bounds_var: tuple[float, float], given_var: float
) -> None:
    wanted = CapacitorBankInput(wanted_var, 400.0, *bounds_var)
    output = capacitor_bank_output(BANK, capacitor_bank_initial_state(BANK), wanted)
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


SMALL = CapacitorBankParams(5, 8.0, 0.01, 60.0, 400.0)


def test_it_begins_off_and_discharged() -> None:
    assert capacitor_bank_initial_state(BANK) == CapacitorBankState(0, 0, 0.0)


@pytest.mark.parametrize(
    ("state", "wanted_steps", "expected"),
    [
        ((0, 0, 0.0), 3, (3, 0, 0.0)),
        ((3, 0, 0.0), 3, (3, 0, 0.0)),
        ((3, 0, 0.0), 1, (1, 2, 60.0)),
        ((3, 1, 20.0), 1, (1, 3, 60.0)),
        ((3, 1, 20.0), 5, (4, 1, 20.0)),
        ((1, 4, 20.0), 5, (1, 4, 20.0)),
        ((2, 3, 0.0), 5, (5, 0, 0.0)),
        ((2, 3, 0.0), 2, (2, 0, 0.0)),
        ((4, 3, 20.0), 5, (4, 3, 20.0)),
    ],
)
def test_steps_come_as_far_as_they_are_discharged_and_go_at_once(
    state: tuple[int, int, float], wanted_steps: int, expected: tuple[int, int, float]
) -> None:
    inp = CapacitorBankInput(-8.0 * wanted_steps, 400.0)
    after, _ = capacitor_bank_step(SMALL, CapacitorBankState(*state), inp, 1e-9)
    assert after == (expected[0], expected[1], pytest.approx(expected[2], abs=1e-6))


def test_a_bank_without_discharge_time_has_its_steps_back_at_once() -> None:
    quick = SMALL._replace(discharge_s=0.0)
    after, _ = capacitor_bank_step(quick, CapacitorBankState(4, 0, 0.0), CapacitorBankInput(-8.0, 400.0), 1.0)
    assert after == CapacitorBankState(1, 0, 0.0)
    falling = capacitor_bank_reactive_limits_var(
        quick, CapacitorBankState(4, 0, 0.0), CapacitorBankInput(-8.0, 400.0)
    )
    assert falling == (-40.0, 0.0)


@pytest.mark.parametrize(
    ("wanted_var", "voltage_v", "steps"),
    [
        (-3.9, 400.0, 0),
        (-4.0, 400.0, 1),
        (-11.9, 400.0, 1),
        (-12.0, 400.0, 2),
        (-1.0, 100.0, 2),
        (-9.0, 0.0, 0),
    ],
)
def test_the_nearest_number_of_steps_is_that_at_the_voltage_of_now(
    wanted_var: float, voltage_v: float, steps: int
) -> None:
    inp = CapacitorBankInput(wanted_var, voltage_v)
    assert capacitor_bank_step(SMALL, CapacitorBankState(0, 0, 0.0), inp, 1.0)[0].steps_on == steps


def test_limits_leave_out_what_is_not_yet_discharged() -> None:
    state, inp = CapacitorBankState(1, 2, 30.0), CapacitorBankInput(-8.0, 200.0)
    assert capacitor_bank_reactive_limits_var(SMALL, state, inp) == (-3 * 2.0, 0.0)
    assert capacitor_bank_power_limits(SMALL, state, inp) == (0.0, pytest.approx(0.06))


def test_output_holds_until_steps_that_are_wanted_are_discharged() -> None:
    wanted = CapacitorBankInput(-40.0, 400.0)
    assert capacitor_bank_horizon_s(SMALL, CapacitorBankState(1, 2, 30.0), wanted) == 30.0
    assert capacitor_bank_horizon_s(SMALL, CapacitorBankState(1, 2, 1e-5), wanted) == 1e-3
    assert capacitor_bank_horizon_s(SMALL, CapacitorBankState(1, 0, 0.0), wanted) == math.inf
    just_so = CapacitorBankInput(-24.0, 400.0)
    assert capacitor_bank_horizon_s(SMALL, CapacitorBankState(3, 2, 30.0), just_so) == math.inf


def test_a_step_shows_means_of_before_and_after_they_are() -> None:
    wanted = CapacitorBankInput(-40.0, 400.0)
    state, mean = capacitor_bank_step(SMALL, CapacitorBankState(3, 2, 30.0), wanted, 120.0)
    assert state == CapacitorBankState(5, 0, 0.0)
    reactive_var = -(0.25 * 24.0 + 0.75 * 40.0)
    assert mean == pytest.approx(
        CapacitorBankOutput(-0.01 * reactive_var, reactive_var, -0.01 * reactive_var)
    )
    state, mean = capacitor_bank_step(SMALL, CapacitorBankState(3, 2, 30.0), wanted, 20.0)
    assert state == CapacitorBankState(3, 2, 10.0)
    assert mean.reactive_power_var == -24.0
    state, _ = capacitor_bank_step(SMALL, CapacitorBankState(3, 2, 30.0), wanted, 30.0)
    assert state == CapacitorBankState(5, 0, 0.0)
