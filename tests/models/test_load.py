"""Loads and their voltage."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.load import CONSTANT_POWER, LoadInput, load_output
from doppelgrid.sim.components.load_mix import load_preset, load_preset_names


@pytest.mark.parametrize(
    ("name", "exponent"), [("constant-power", 0.0), ("constant-current", 1.0), ("constant-impedance", 2.0)]
)
def test_pure_loads_go_with_a_power_of_the_voltage(name: str, exponent: float) -> None:
    output = load_output(load_preset(name), LoadInput(1000.0, 0.0, 0.9))
    assert output.active_power_w == pytest.approx(1000.0 * 0.9**exponent)


@pytest.mark.parametrize(
    ("name", "active", "reactive"),
    [
        # By hand from the published coefficients, at 0.95 of the rated voltage.
        ("residential", 1.50 * 0.9025 - 2.31 * 0.95 + 1.81, 7.41 * 0.9025 - 11.97 * 0.95 + 5.56),
        ("commercial", 0.27 * 0.9025 - 0.33 * 0.95 + 1.06, 5.48 * 0.9025 - 9.70 * 0.95 + 5.22),
        ("industrial", 1.21 * 0.9025 - 1.61 * 0.95 + 1.40, 4.35 * 0.9025 - 7.08 * 0.95 + 3.73),
    ],
)
def test_measured_mixes_follow_their_polynomials(name: str, active: float, reactive: float) -> None:
    params = load_preset(name)
    rated = load_output(params, LoadInput(1000.0, 0.0, 1.0))
    low = load_output(params, LoadInput(1000.0, 0.0, 0.95))
    assert low.active_power_w / rated.active_power_w == pytest.approx(active)
    assert low.reactive_power_var / rated.reactive_power_var == pytest.approx(reactive)


@pytest.mark.parametrize("name", load_preset_names())
def test_a_load_vanishes_with_its_voltage_and_does_not_jump(name: str) -> None:
    params = load_preset(name)
    powers = [load_output(params, LoadInput(1000.0, 0.0, step / 1000.0)) for step in range(1001)]
    assert powers[0].active_power_w == pytest.approx(0.0, abs=1e-9)
    assert powers[0].reactive_power_var == pytest.approx(0.0, abs=1e-9)
    steps = [abs(b.active_power_w - a.active_power_w) for a, b in itertools.pairwise(powers)]
    assert max(steps) < 5.0
    assert powers[-1].active_power_w == 1000.0


@given(st.floats(-1e6, 1e6), st.floats(-0.5, 0.5))
def test_noise_is_a_share_of_the_power(power_w: float, noise: float) -> None:
    output = load_output(CONSTANT_POWER, LoadInput(power_w, noise, 1.0))
    assert output.active_power_w == power_w * (1.0 + noise)


def test_the_power_factor_is_that_at_rated_voltage() -> None:
    output = load_output(CONSTANT_POWER._replace(power_factor=0.8), LoadInput(4000.0, 0.0, 1.0))
    assert output.reactive_power_var == pytest.approx(3000.0)
    assert math.hypot(*output) == pytest.approx(5000.0)
