"""Closed forms of small circuits: a source under constant power, an RC pair, a warm body."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol


def current_at_power(
    power_w: float, emf_v: float, resistance_ohm: float, charge_max_a: float, discharge_max_a: float
) -> float:
    """Return the current of a source behind a resistance whose terminals take up a given power.

    Solves `R i² + E i = P` for the root that is nearest to no load, in the form that loses no digits when R
    or P is small. Beyond the current limits, or beyond the most that the source can give (`E² / 4R`), the
    current stays at that limit.

    Args:
        power_w: Wanted at the terminals [W], positive into the source; may be infinite.
        emf_v: Voltage of the source without current [V], > 0.
        resistance_ohm: >= 0 [Ω].
        charge_max_a: Greatest current into the source [A], >= 0.
        discharge_max_a: Greatest current out of the source [A], >= 0.

    Returns:
        Current [A], positive into the source.
    """
    if power_w >= charge_max_a * (emf_v + resistance_ohm * charge_max_a):
        return charge_max_a
    most_a = discharge_max_a
    if 2.0 * resistance_ohm * discharge_max_a > emf_v:
        most_a = emf_v / (2.0 * resistance_ohm)
    if power_w <= -most_a * (emf_v - resistance_ohm * most_a):
        return -most_a
    root = math.sqrt(max(emf_v * emf_v + 4.0 * resistance_ohm * power_w, 0.0))
    return 2.0 * power_w / (emf_v + root)


class Decay(NamedTuple):
    """How an exponential decays over a step."""

    end: float
    """What is left of a difference at the end of the step, 0..1."""
    mean: float
    """What is left of it on average over the step, 0..1."""


def decay_over(dt_s: float, time_constant_s: float) -> Decay:
    """Return the decay over a step; a time constant of zero has decayed at once."""
    if time_constant_s <= 0.0:
        return Decay(0.0, 0.0)
    ratio = dt_s / time_constant_s
    if ratio <= 0.0:
        return Decay(1.0, 1.0)
    gone = -math.expm1(-ratio)
    return Decay(1.0 - gone, gone / ratio)


def rc_heat_j(voltage_v: float, current_a: float, resistance_ohm: float, dt_s: float, decay: Decay) -> float:
    """Return the heat of an RC pair over a step at constant current.

    The voltage is `u + d exp(-t/τ)` with `u = i R` and `d = v0 - u`; the heat is the integral of its square
    over R, term by term.

    Args:
        voltage_v: Across the pair at the start [V]; 0 if there is no resistance.
        current_a: Through the pair [A].
        resistance_ohm: >= 0 [Ω].
        dt_s: Length of the step [s].
        decay: Over the step, with `τ = R C`.

    Returns:
        Heat [J], >= 0.
    """
    if resistance_ohm <= 0.0:
        return 0.0
    settled = current_a * resistance_ohm
    rest = voltage_v - settled
    # The mean of exp(-t/τ) is τ (1 - end) / dt, that of exp(-2t/τ) is τ (1 - end²) / 2dt.
    square = settled * settled + decay.mean * rest * (2.0 * settled + 0.5 * (1.0 + decay.end) * rest)
    return max(square, 0.0) * dt_s / resistance_ohm


class ThermalBody(NamedTuple):
    """A body of one temperature in air."""

    heat_capacity_j_per_k: float
    """> 0 [J/K]."""
    heat_loss_w_per_k: float
    """To the air, per kelvin above it, >= 0 [W/K]."""


class OneTemperature(Protocol):
    """Parameters of a device that is a body of one temperature in air, among others."""

    @property
    def heat_capacity_j_per_k(self) -> float:
        """Heat that warms it by a kelvin, > 0 [J/K]."""
        ...

    @property
    def heat_loss_w_per_k(self) -> float:
        """Heat that it loses to the air per kelvin above it, >= 0 [W/K]."""
        ...


def thermal_body(params: OneTemperature) -> ThermalBody:
    """Return the body that a device is."""
    return ThermalBody(params.heat_capacity_j_per_k, params.heat_loss_w_per_k)


def temperature_after(
    body: ThermalBody, temperature_c: float, heat_w: float, ambient_c: float, dt_s: float
) -> float:
    """Return the temperature [°C] of a body after a step with constant heat, by the exact exponential.

    Args:
        body: The body.
        temperature_c: At the start [°C].
        heat_w: Set free in the body [W].
        ambient_c: Of the air around [°C].
        dt_s: Length of the step [s].
    """
    if body.heat_loss_w_per_k <= 0.0:
        return temperature_c + heat_w * dt_s / body.heat_capacity_j_per_k
    settled = ambient_c + heat_w / body.heat_loss_w_per_k
    left = math.exp(-dt_s * body.heat_loss_w_per_k / body.heat_capacity_j_per_k)
    return settled + (temperature_c - settled) * left
