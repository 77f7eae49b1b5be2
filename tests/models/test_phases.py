"""Powers and currents on three phases."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.ac import ThreePhase, phase_shares
from doppelgrid.models.load import load_reactive_power_var

POWER = st.floats(-1e6, 1e6)
PHASES = st.sampled_from([(1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)])


@given(total=POWER, phases=PHASES)
def test_phases_add_up_to_the_total(total: float, phases: tuple[int, ...]) -> None:
    assert sum(total * share for share in phase_shares(phases)) == pytest.approx(total)


def test_unused_phases_carry_nothing() -> None:
    assert phase_shares((2,)) == ThreePhase(0.0, 1.0, 0.0)
    assert phase_shares((1, 3)) == ThreePhase(0.5, 0.0, 0.5)


@given(active_w=st.floats(1.0, 1e6), factor=st.floats(0.1, 1.0))
def test_a_load_keeps_its_power_factor_and_is_inductive(active_w: float, factor: float) -> None:
    reactive_var = load_reactive_power_var(active_w, factor)
    assert reactive_var >= 0.0
    assert active_w / math.hypot(active_w, reactive_var) == pytest.approx(factor)
