"""What a management system takes the SoC of its battery for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.soc_estimate import (
    SocEstimateParams,
    corrected_soc,
    counted_soc,
    has_rested,
    rest_ahead_s,
    rested_after,
    taken_soc,
)
from doppelgrid.models.tables import table_value

TRUE = SocEstimateParams()
OCV_V = (20.0, 30.0, 31.0, 32.0, 42.0)
"""Of ten cells: steep near the ends, 0.4 V from a quarter to three quarters."""
SOC = st.floats(0.0, 1.0)


@pytest.mark.parametrize(("current_a", "taken"), [(10.0, 0.55), (-10.0, 0.45), (0.0, 0.5)])
def test_a_true_sensor_counts_what_flows(current_a: float, taken: float) -> None:
    assert counted_soc(TRUE, 0.5, 100.0, current_a, 1800.0) == pytest.approx(taken)


def test_an_offset_counts_as_a_current() -> None:
    params = TRUE._replace(current_offset_a=2.0)
    assert counted_soc(params, 0.5, 100.0, 0.0, 3600.0) == pytest.approx(0.52)
    assert counted_soc(params, 0.5, 100.0, -10.0, 3600.0) == pytest.approx(0.42)


@pytest.mark.parametrize(("current_a", "taken"), [(10.0, 0.605), (-10.0, 0.395)])
def test_a_gain_error_counts_with_the_current(current_a: float, taken: float) -> None:
    params = TRUE._replace(current_gain_error=0.05)
    assert counted_soc(params, 0.5, 100.0, current_a, 3600.0) == pytest.approx(taken)


@given(SOC, st.floats(-500.0, 500.0))
def test_nothing_is_taken_for_more_than_full_or_less_than_empty(taken: float, current_a: float) -> None:
    assert 0.0 <= counted_soc(TRUE, taken, 100.0, current_a, 3600.0) <= 1.0


def test_a_pack_rests_while_little_is_read() -> None:
    assert rested_after(TRUE, 100.0, 100.0, 1.0, 50.0) == 150.0
    assert rested_after(TRUE, 100.0, 100.0, -1.1, 50.0) == 0.0
    assert rested_after(TRUE._replace(current_offset_a=1.1), 100.0, 100.0, 0.0, 50.0) == 0.0


def test_a_rest_is_over_when_it_was_said_to_be() -> None:
    ahead_s = rest_ahead_s(TRUE, 1000.0, 100.0, 0.0)
    assert ahead_s == TRUE.rest_s - 1000.0
    assert has_rested(TRUE, rested_after(TRUE, 1000.0, 100.0, 0.0, ahead_s))
    assert not has_rested(TRUE, rested_after(TRUE, 1000.0, 100.0, 0.0, ahead_s - 1.0))
    assert rest_ahead_s(TRUE, 1000.0, 100.0, 5.0) == math.inf


@given(SOC, SOC)
def test_a_correction_leaves_what_the_voltage_allows(soc: float, taken: float) -> None:
    """And brings in what it does not."""
    voltage_v = table_value(OCV_V, soc)
    corrected = corrected_soc(TRUE, taken, OCV_V, 10.0, voltage_v, 0.0)
    apart_v = abs(table_value(OCV_V, corrected) - voltage_v)
    assert apart_v <= 0.1 + 1e-9
    if abs(table_value(OCV_V, taken) - voltage_v) < 0.1 - 1e-9:
        assert corrected == pytest.approx(taken, abs=1e-12)
    else:
        assert abs(corrected - soc) <= abs(taken - soc) + 1e-12


def test_a_correction_is_worth_much_where_the_voltage_is_steep() -> None:
    steep = corrected_soc(TRUE, 0.3, OCV_V, 10.0, table_value(OCV_V, 0.05), 0.0)
    flat = corrected_soc(TRUE, 0.3, OCV_V, 10.0, table_value(OCV_V, 0.5), 0.0)
    assert steep == pytest.approx(0.05 + 0.1 / 40.0)
    assert flat == pytest.approx(0.5 - 0.1 / 4.0)


def test_hysteresis_widens_what_a_voltage_allows() -> None:
    without = corrected_soc(TRUE, 0.9, OCV_V, 10.0, 31.0, 0.0)
    assert without == pytest.approx(0.525)
    assert corrected_soc(TRUE, 0.9, OCV_V, 10.0, 31.0, 0.5) == pytest.approx(0.65)


@pytest.mark.parametrize(("voltage_v", "soc"), [(19.0, 0.0), (43.0, 1.0)])
def test_beyond_its_ends_a_battery_is_full_or_empty(voltage_v: float, soc: float) -> None:
    assert corrected_soc(TRUE, 0.5, OCV_V, 10.0, voltage_v, 0.0) == soc


@pytest.mark.parametrize(("error", "taken"), [(0.0, 0.3), (0.1, 0.4), (-0.4, 0.0), (0.8, 1.0)])
def test_an_error_never_leaves_the_ends(error: float, taken: float) -> None:
    assert taken_soc(0.3, error) == pytest.approx(taken)
