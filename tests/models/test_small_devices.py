"""Transformers and moist air."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.air import dew_point_c
from doppelgrid.models.throughput import ThroughputParams, throughput_loss_w


def test_load_losses_go_with_the_square_of_the_apparent_power() -> None:
    params = ThroughputParams(100e3, 100.0, 1000.0)
    assert throughput_loss_w(params, 0.0, 0.0) == 100.0
    assert throughput_loss_w(params, 60e3, -80e3) == pytest.approx(1100.0)
    assert throughput_loss_w(params, -50e3, 0.0) == pytest.approx(350.0)


@given(st.floats(-40.0, 50.0))
def test_saturated_air_is_at_its_dew_point(temperature_c: float) -> None:
    assert dew_point_c(temperature_c, 1.0) == pytest.approx(temperature_c, abs=1e-9)


def test_the_dew_point_agrees_with_the_tables() -> None:
    assert dew_point_c(20.0, 0.5) == pytest.approx(9.3, abs=0.1)
    assert dew_point_c(30.0, 0.7) == pytest.approx(23.9, abs=0.1)
