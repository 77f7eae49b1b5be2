"""The process of the grid's frequency, and the voltages at the connection point."""

from __future__ import annotations

import math
import random

import pytest
from accuracy.frequency import assess
from hypothesis import given
from hypothesis import strategies as st
from measured import data_file

from doppelgrid.models.frequency import (
    FrequencyInput,
    FrequencyParams,
    FrequencyState,
    frequency_next,
    frequency_output,
    frequency_transition,
)
from doppelgrid.models.grid_voltage import (
    GridImpedanceParams,
    TerminalVoltage,
    terminal_voltage,
)
from doppelgrid.sim.inputs.grid.presets import area_preset, area_preset_names

EUROPE = area_preset("continental-europe").params
QUIET = FrequencyInput(0.0, 0.0, 0.0, 0.0)
AT_REST = FrequencyState(0.0, 0.0, 0.0, 0.0, 0.0)


def after(params: FrequencyParams, state: FrequencyState, inp: FrequencyInput, dt_s: float) -> FrequencyState:
    return frequency_next(frequency_transition(params, dt_s), state, inp)


def test_without_noise_the_frequency_returns_to_nominal() -> None:
    state = after(EUROPE, FrequencyState(0.1, 0.02, 0.0, 0.05, 0.0), QUIET, 7200.0)
    assert frequency_output(EUROPE, state).frequency_hz == pytest.approx(50.0, abs=1e-6)
    assert state == pytest.approx(AT_REST, abs=1e-6)


@given(st.floats(0.1, 600.0), st.floats(0.1, 600.0))
def test_what_is_left_does_not_depend_on_the_steps(first_s: float, second_s: float) -> None:
    start = FrequencyState(0.1, 0.02, -0.01, 0.05, 0.04)
    once = after(EUROPE, start, QUIET, first_s + second_s)
    twice = after(EUROPE, after(EUROPE, start, QUIET, first_s), QUIET, second_s)
    assert twice == pytest.approx(once, rel=1e-9, abs=1e-15)


def test_a_jump_peaks_at_its_size() -> None:
    state = after(EUROPE, AT_REST, QUIET._replace(jump_hz=0.1), 1.0)
    peak = 0.0
    for _ in range(900):
        state = after(EUROPE, state, QUIET, 1.0)
        peak = max(peak, frequency_output(EUROPE, state).frequency_hz - 50.0)
    assert peak == pytest.approx(0.1, rel=1e-4)


@pytest.mark.parametrize("name", area_preset_names())
@pytest.mark.parametrize("dt_s", [0.5, 1.0, 10.0, 60.0])
def test_the_deviation_is_stationary_at_any_step(name: str, dt_s: float) -> None:
    """Variances of all noisy parts settle at those of the parameters."""
    params = area_preset(name).params
    move = frequency_transition(params, dt_s)
    slow = move.slow_noise_hz**2 / (1.0 - move.slow_left**2)
    quick = move.quick_noise_hz**2 / (1.0 - move.quick_left**2)
    smooth = (move.common_noise_hz**2 + move.smoothing_noise_hz**2) / (1.0 - move.smoothing_left**2)
    both = move.quick_noise_hz * move.common_noise_hz / (1.0 - move.quick_left * move.smoothing_left)
    assert math.sqrt(slow) == pytest.approx(params.slow_deviation_hz)
    assert math.sqrt(quick + smooth - 2.0 * both) == pytest.approx(params.quick_deviation_hz, rel=1e-6)


def test_random_deviates_give_the_deviation_of_the_parameters() -> None:
    draw, move, state = random.Random(1), frequency_transition(EUROPE, 60.0), AT_REST
    values = []
    for _ in range(20_000):
        deviates = (draw.gauss(), draw.gauss(), draw.gauss())
        state = frequency_next(move, state, FrequencyInput(*deviates, 0.0))
        values.append(frequency_output(EUROPE, state).frequency_hz - 50.0)
    spread = math.sqrt(sum(value**2 for value in values) / len(values))
    assert spread == pytest.approx(math.hypot(EUROPE.slow_deviation_hz, EUROPE.quick_deviation_hz), rel=0.05)


@pytest.mark.slow
@pytest.mark.measured
def test_the_process_moves_as_the_grid_was_measured() -> None:
    path = data_file("no_stated_licence", "bess_m5bat_1s", "m5bat_2023-04-07_1s.parquet")
    assessment = assess(path.parents[2])
    assert [figure for figure in assessment.figures if not figure.is_met] == []


@pytest.mark.measured
def test_the_western_grid_has_the_deviation_of_a_measured_day() -> None:
    import pandas as pd

    path = data_file("pv_sandia_6kw_1min", "baseline6kw_2015-11-11_1min.csv.gz")
    measured = pd.read_csv(path)["Sys1Frequency_Avg"].dropna()
    measured = measured[measured > 59.0]
    params = area_preset("western-north-america").params
    modelled = math.hypot(params.slow_deviation_hz, params.quick_deviation_hz)
    assert modelled == pytest.approx(measured.std(), rel=0.15)


def two_buses(source_v: float, z: complex, s: complex) -> float:
    """The voltage by fixed-point iteration on the phasor, independent of the closed form."""
    v = complex(source_v)
    for _ in range(200):
        v = source_v - z * (s / v).conjugate()
    return abs(v)


@pytest.mark.parametrize("s", [10e3 + 3e3j, -15e3 + 0j, 2e3 - 8e3j, 0j])
def test_the_voltage_under_load_is_that_of_the_phasor(s: complex) -> None:
    z = 0.2 + 0.1j
    shown = terminal_voltage(GridImpedanceParams(z.real, z.imag), 230.0, s.real, s.imag)
    assert shown.voltage_v == pytest.approx(two_buses(230.0, z, s), rel=1e-9)
    assert shown.loss_w == pytest.approx(abs(s / shown.voltage_v) ** 2 * z.real, rel=1e-9)
    assert shown.carried == 1.0


def test_more_than_the_grid_can_carry_stays_at_the_most_that_it_can() -> None:
    """A resistive grid gives E² / 4R at half its voltage."""
    shown = terminal_voltage(GridImpedanceParams(1.0, 0.0), 230.0, 20e3, 0.0)
    assert shown.carried == pytest.approx(230.0**2 / 4.0 / 20e3)
    assert shown.voltage_v == pytest.approx(115.0)


def test_the_most_that_the_grid_can_carry_is_carried_whole() -> None:
    """E² / 2 (R P + X Q + |Z| S), by which the two roots meet; beyond it the voltage stays at their place."""
    z, s = 0.3 + 0.4j, 3e3 + 1e3j
    most = 230.0**2 / (2.0 * (0.3 * 3e3 + 0.4 * 1e3 + abs(z) * abs(s)))
    at, beyond = (
        terminal_voltage(GridImpedanceParams(0.3, 0.4), 230.0, share * most * 3e3, share * most * 1e3)
        for share in (0.999_999, 1.25)
    )
    assert at.carried == 1.0
    assert beyond.carried == pytest.approx(1.0 / 1.25)
    critical_v = math.sqrt(0.5 * (230.0**2 - 2.0 * most * 1300.0))
    assert beyond.voltage_v == pytest.approx(critical_v, rel=1e-6)
    assert at.voltage_v == pytest.approx(critical_v, rel=2e-3)
    assert at.voltage_v > critical_v
    assert beyond.loss_w == pytest.approx(0.3 * (most * abs(s) / critical_v) ** 2, rel=1e-6)


def test_without_a_source_there_is_no_voltage_no_loss_and_nothing_carried() -> None:
    for source_v in (0.0, -1.0):
        found = terminal_voltage(GridImpedanceParams(0.2, 0.1), source_v, 1e3, 0.0)
        assert found == TerminalVoltage(0.0, 0.0, 0.0)
    assert terminal_voltage(GridImpedanceParams(0.2, 0.1), 0.5, 0.0, 0.0) == TerminalVoltage(0.5, 0.0, 1.0)
