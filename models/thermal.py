"""How a body of one temperature moves under constant heat: its mean temperature, and when it reaches another."""

from __future__ import annotations

import math

from .circuit import ThermalBody, decay_over

TOUCH_K = 1e-10
"""Closer than this to a threshold counts as having reached it."""


def mean_temperature_c(
    body: ThermalBody, temperature_c: float, heat_w: float, ambient_c: float, dt_s: float
) -> float:
    """Return the mean temperature [°C] over a step that begins at `temperature_c` [°C] under constant heat [W].

    Args:
        body: The body; it must lose heat (`heat_loss_w_per_k` > 0).
        temperature_c: At the start [°C].
        heat_w: Set free in the body [W].
        ambient_c: Of the air around [°C].
        dt_s: Length of the step [s].
    """
    settled = ambient_c + heat_w / body.heat_loss_w_per_k
    decay = decay_over(dt_s, body.heat_capacity_j_per_k / body.heat_loss_w_per_k)
    return settled + (temperature_c - settled) * decay.mean


def time_to_temperature_s(
    body: ThermalBody, temperature_c: float, heat_w: float, ambient_c: float, target_c: float
) -> float:
    """Return the time [s] until a body reaches a temperature under constant heat; infinite if it never does.

    The inverse of the exponential, `t = -τ ln(1 - way / whole way)`.

    Args:
        body: The body; it must lose heat (`heat_loss_w_per_k` > 0).
        temperature_c: At the start [°C].
        heat_w: Set free in the body [W].
        ambient_c: Of the air around [°C].
        target_c: To reach [°C].
    """
    way = target_c - temperature_c
    whole = ambient_c + heat_w / body.heat_loss_w_per_k - temperature_c
    if way * whole <= 0.0 or abs(way) >= abs(whole):
        return math.inf
    return -body.heat_capacity_j_per_k / body.heat_loss_w_per_k * math.log1p(-way / whole)
