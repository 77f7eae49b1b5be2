"""Tables and small circuits against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.circuit import ThermalBody, current_at_power, decay_over, rc_heat_j, temperature_after
from doppelgrid.models.tables import table_mean, table_value

TABLES = st.lists(st.floats(-100.0, 100.0), min_size=2, max_size=50).map(tuple)
UNIT = st.floats(0.0, 1.0)


@given(table=TABLES, x=st.floats(-0.5, 1.5))
def test_tables_interpolate_linearly(table: tuple[float, ...], x: float) -> None:
    expected = np.interp(x, np.linspace(0.0, 1.0, len(table)), table)
    assert table_value(table, x) == pytest.approx(expected, abs=1e-9)


@given(table=TABLES, start=UNIT, end=UNIT)
def test_table_mean_is_the_exact_integral_over_the_width(
    table: tuple[float, ...], start: float, end: float
) -> None:
    knots = np.linspace(0.0, 1.0, len(table))
    low, high = min(start, end), max(start, end)
    x = np.concatenate([[low], knots[(knots > low) & (knots < high)], [high]])
    expected = np.trapezoid(np.interp(x, knots, table), x)
    assert table_mean(table, start, end) * (high - low) == pytest.approx(expected, abs=1e-9)


@given(power_w=st.floats(-1e5, 1e5), emf_v=st.floats(10.0, 1e3), resistance_ohm=st.floats(0.0, 10.0))
def test_current_solves_the_circuit_unless_a_limit_holds(
    power_w: float, emf_v: float, resistance_ohm: float
) -> None:
    current_a = current_at_power(power_w, emf_v, resistance_ohm, 200.0, 200.0)
    drawn_w = current_a * (emf_v + resistance_ohm * current_a)
    most_a = min(200.0, emf_v / (2.0 * resistance_ohm)) if resistance_ohm > 0.0 else 200.0
    if -most_a < current_a < 200.0:
        assert drawn_w == pytest.approx(power_w, rel=1e-9, abs=1e-9)
    else:
        assert abs(drawn_w) <= abs(power_w) * (1.0 + 1e-12)


def test_an_rc_pair_heats_by_the_integral_of_its_squared_voltage() -> None:
    v0, current_a, resistance_ohm, time_constant_s, dt_s = 3.0, -20.0, 0.05, 30.0, 45.0
    t = np.linspace(0.0, dt_s, 200_001)
    settled = current_a * resistance_ohm
    v = settled + (v0 - settled) * np.exp(-t / time_constant_s)
    heat_j = rc_heat_j(v0, current_a, resistance_ohm, dt_s, decay_over(dt_s, time_constant_s))
    assert heat_j == pytest.approx(np.trapezoid(v**2 / resistance_ohm, t), rel=1e-8)


def test_decay_without_a_time_constant_is_over_at_once() -> None:
    assert decay_over(1.0, 0.0) == (0.0, 0.0)
    assert decay_over(30.0, 30.0).end == pytest.approx(math.exp(-1.0))


def test_an_insulated_body_warms_by_its_heat() -> None:
    assert temperature_after(ThermalBody(1_000.0, 0.0), 20.0, 50.0, -5.0, 100.0) == pytest.approx(25.0)
