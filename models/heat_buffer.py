"""A fully mixed tank of hot water (or of boiling water): heat in, heat drawn, loss to the room.

One temperature describes the tank (the fully mixed node of J. A. Duffie and W. A. Beckman, "Solar Engineering of
Thermal Processes", 4th ed., Wiley 2013, section 8.3):

    C dT/dt = heat - delivered - dumped - U A (T - room)

Heat is delivered as demanded while the tank is warmer than the least useful temperature; at that temperature
only what comes in is passed on, so a tank that cannot keep up stays there instead of chattering about it. With all
flows constant the equation is linear, and temperature, mean loss and the time to a temperature have closed forms.

Left out: layers of temperature (a stratified tank delivers hot water for longer), the return temperature of the
heating circuit, the heat capacity of pipes.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import decay_over
from .parameter import Parameter

_TOUCH_K = 1e-9
"""Nearer than this to a threshold counts as having reached it."""


class HeatBufferParams(NamedTuple):
    """A tank."""

    heat_capacity_j_per_k: Annotated[float, Parameter("J/K", lower=0.0, above=True)]
    """Heat capacity of the water and the shell."""
    heat_loss_w_per_k: Annotated[float, Parameter("W/K", lower=0.0)]
    """To the room, per kelvin above it."""
    useful_c: Annotated[float, Parameter("°C", lower=0.0, upper=400.0, source="water")]
    """Least temperature at which heat is delivered."""


class HeatBufferState(NamedTuple):
    """What a tank remembers."""

    temperature_c: float
    """Temperature of the whole tank, hence also of what it supplies [°C]."""


class HeatBufferInput(NamedTuple):
    """What acts on a tank during a step."""

    heat_w: float
    """Fed in, >= 0 [W]."""
    demand_w: float
    """Asked for, >= 0 [W]."""
    room_c: float


class Warming(NamedTuple):
    """A temperature over a step."""

    end_c: float
    mean_c: float


def warming_rate_k_per_s(
    heat_capacity_j_per_k: float, heat_loss_w_per_k: float, temperature_c: float, heat_w: float, room_c: float
) -> float:
    """Return how fast a body warms under a net heat [W] before its loss to the room."""
    return (heat_w - heat_loss_w_per_k * (temperature_c - room_c)) / heat_capacity_j_per_k


def warming_over(rate_k_per_s: float, time_constant_s: float, temperature_c: float, dt_s: float) -> Warming:
    """Return the temperature of a body at the end of a step and its mean, by the exact exponential.

    Written from the rate at the start, it loses no digits where the loss to the room is small.

    Args:
        rate_k_per_s: At the start of the step.
        time_constant_s: Heat capacity over loss per kelvin [s]; infinite without loss.
        temperature_c: At the start [°C].
        dt_s: Length of the step [s].
    """
    if math.isinf(time_constant_s):
        return Warming(temperature_c + rate_k_per_s * dt_s, temperature_c + 0.5 * rate_k_per_s * dt_s)
    decay = decay_over(dt_s, time_constant_s)
    end_c = temperature_c + rate_k_per_s * dt_s * decay.mean
    return Warming(end_c, temperature_c + rate_k_per_s * time_constant_s * (1.0 - decay.mean))


def time_to_temperature_s(
    rate_k_per_s: float, time_constant_s: float, temperature_c: float, target_c: float
) -> float:
    """Return the time [s] until a body reaches a temperature; infinite if it never does, or is there."""
    way = target_c - temperature_c
    if abs(way) <= _TOUCH_K or way * rate_k_per_s <= 0.0:
        return math.inf
    if math.isinf(time_constant_s):
        return way / rate_k_per_s
    share = way / (rate_k_per_s * time_constant_s)
    return -time_constant_s * math.log1p(-share) if share < 1.0 else math.inf


def time_constant_s(heat_capacity_j_per_k: float, heat_loss_w_per_k: float) -> float:
    """Return the time constant of a body [s]; infinite if it loses nothing."""
    return heat_capacity_j_per_k / heat_loss_w_per_k if heat_loss_w_per_k > 0.0 else math.inf


def has_reached(temperature_c: float, threshold_c: float) -> bool:
    """Say whether a temperature is at a threshold or above, but for rounding."""
    return temperature_c >= threshold_c - _TOUCH_K


def delivered_w(params: HeatBufferParams, temperature_c: float, inp: HeatBufferInput) -> float:
    """Return the heat drawn at this instant [W], >= 0."""
    if temperature_c < params.useful_c - _TOUCH_K:
        return 0.0
    if temperature_c > params.useful_c + _TOUCH_K:
        return inp.demand_w
    spare_w = inp.heat_w - params.heat_loss_w_per_k * (temperature_c - inp.room_c)
    return min(inp.demand_w, max(spare_w, 0.0))


def heat_buffer_time_to_s(
    params: HeatBufferParams, state: HeatBufferState, inp: HeatBufferInput, target_c: float
) -> float:
    """Return the time [s] until the tank has a temperature, if its flows stay; infinite if it never has."""
    net_w = inp.heat_w - delivered_w(params, state.temperature_c, inp)
    capacity, loss = params.heat_capacity_j_per_k, params.heat_loss_w_per_k
    rate = warming_rate_k_per_s(capacity, loss, state.temperature_c, net_w, inp.room_c)
    return time_to_temperature_s(rate, time_constant_s(capacity, loss), state.temperature_c, target_c)


def tank_after(
    params: HeatBufferParams, state: HeatBufferState, net_w: float, room_c: float, dt_s: float
) -> tuple[HeatBufferState, float]:
    """Return the tank after a step with constant net heat [W], and its loss to the room [J]."""
    capacity, loss = params.heat_capacity_j_per_k, params.heat_loss_w_per_k
    rate = warming_rate_k_per_s(capacity, loss, state.temperature_c, net_w, room_c)
    warming = warming_over(rate, time_constant_s(capacity, loss), state.temperature_c, dt_s)
    return HeatBufferState(warming.end_c), loss * (warming.mean_c - room_c) * dt_s
