"""What metrics can be at all, by which conditions are told apart that can never be true."""

from __future__ import annotations

import math

import pytest

from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.language.subjects import span_of

SIGNED = {
    Metric.DC_CURRENT, Metric.DC_POWER, Metric.AC_ENERGY_ACTIVE, Metric.AC_ENERGY_ACTIVE_PHASE_1,
    Metric.AC_ENERGY_ACTIVE_PHASE_2, Metric.AC_ENERGY_ACTIVE_PHASE_3,
}  # fmt: skip
BY_UNIT = {"%": (0.0, 1.0), "1": (-1.0, 1.0), "°C": (-273.15, math.inf), "°": (0.0, 360.0)}


@pytest.mark.parametrize("metric", [metric for metric in Metric if metric.unit in BY_UNIT])
def test_shares_factors_temperatures_and_directions_have_ends(metric: Metric) -> None:
    assert span_of(metric) == BY_UNIT[metric.unit]


@pytest.mark.parametrize(
    "metric", [metric for metric in Metric if metric.unit in {"W", "var", "varh"} or metric in SIGNED]
)
def test_powers_net_energies_and_direct_currents_have_signs(metric: Metric) -> None:
    assert span_of(metric) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    "metric",
    [
        metric
        for metric in Metric
        if metric.unit not in {"W", "var", "varh", *BY_UNIT} and metric not in SIGNED
    ],
)
def test_what_is_a_magnitude_or_counts_up_is_never_below_0(metric: Metric) -> None:
    assert span_of(metric) == (0.0, math.inf)
