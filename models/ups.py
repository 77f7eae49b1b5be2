"""An uninterruptible power supply by double conversion (VFI of IEC 62040-3): losses, ride-through, bypass.

The load is fed by the inverter at all times, so a failure of the mains shows in nothing but the battery: the transfer
takes no time. Losses are `no-load + linear x + quadratic x²` with x the load over the rating, as for an inverter; on
battery only the inverter's part of them remains. In bypass the load is on the mains, with the loss of the static
switch, until the mains fail: then the inverter takes over. An empty battery drops the load, which comes back with the
mains.

Left out: overload and its switch to bypass, the voltage of the battery and its ageing, walk-in, harmonics.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

ONLINE = 0
"""Through rectifier and inverter."""
BYPASSED = 1
"""Through the static switch."""
ON_BATTERY = 2
DROPPED = 3
"""Neither mains nor battery: the load is dark."""

_SHORTEST_S = 1e-3
_TOUCH = 1e-12
"""Part of the battery's energy within which it counts as empty or full."""


class UpsParams(NamedTuple):
    """A UPS with its battery."""

    rated_power_w: Annotated[float, Parameter("W", 0.0, 1e7, "physics", above=True)]
    no_load_loss: Annotated[float, Parameter("1", 0.0, 0.2, "IEC 62040-3")]
    """Loss without load, over the rated power."""
    linear_loss: Annotated[float, Parameter("1", 0.0, 0.2, "IEC 62040-3")]
    quadratic_loss: Annotated[float, Parameter("1", 0.0, 0.2, "IEC 62040-3")]
    inverter_share: Annotated[float, Parameter("1", 0.0, 1.0, "physics")]
    """Part of those losses that remains on battery."""
    bypass_loss: Annotated[float, Parameter("1", 0.0, 0.05, "data sheets: 1 % or less")]
    """Of the load's power, in bypass."""
    battery_energy_wh: Annotated[float, Parameter("Wh", 0.0, 1e7, "physics", above=True)]
    """Given to the inverter from full to empty."""
    charge_power_w: Annotated[float, Parameter("W", 0.0, 1e6, "physics")]
    """Drawn from the mains to charge the battery."""
    charge_efficiency: Annotated[float, Parameter("1", 0.5, 1.0, "physics")]
    """Part of that which the battery gives back."""


class UpsState(NamedTuple):
    """What a UPS remembers."""

    energy_j: float
    """In the battery, as what it can still give."""


class UpsInput(NamedTuple):
    """What acts on a UPS during a step."""

    load_power_w: float
    """Wanted by what is behind it, >= 0."""
    load_reactive_power_var: float
    is_mains_ok: int
    """1 where the mains are within their limits, else 0."""
    is_bypass_wanted: int
    """1 to run through the static switch."""


class UpsOutput(NamedTuple):
    """What a UPS shows at its input, and what it does for the load."""

    active_power_w: float
    reactive_power_var: float
    """0 through the rectifier, which corrects it; the load's own in bypass."""
    served_power_w: float
    """What the load gets."""
    battery_power_w: float
    """Change of what the battery holds, charging positive."""
    loss_w: float


def ups_initial_state(params: UpsParams, soc: float) -> UpsState:
    """Return a UPS whose battery holds a part of its energy, 0..1."""
    return UpsState(min(max(soc, 0.0), 1.0) * params.battery_energy_wh * 3600.0)


def ups_loss_w(params: UpsParams, load_power_w: float) -> float:
    """Return the loss of double conversion at a load [W]."""
    x = load_power_w / params.rated_power_w
    return params.rated_power_w * (params.no_load_loss + (params.linear_loss + params.quadratic_loss * x) * x)


def _capacity_j(params: UpsParams) -> float:
    return params.battery_energy_wh * 3600.0


def ups_mode(params: UpsParams, state: UpsState, inp: UpsInput) -> int:
    """Return how the load is fed: `ONLINE`, `BYPASSED`, `ON_BATTERY` or `DROPPED`."""
    if inp.is_mains_ok != 0:
        return BYPASSED if inp.is_bypass_wanted != 0 else ONLINE
    return ON_BATTERY if state.energy_j > _TOUCH * _capacity_j(params) else DROPPED


def ups_output(params: UpsParams, state: UpsState, inp: UpsInput) -> UpsOutput:
    """Return what a UPS shows at this instant; it holds for `ups_horizon_s`."""
    mode = ups_mode(params, state, inp)
    load_w = inp.load_power_w
    if mode == DROPPED:
        return UpsOutput(0.0, 0.0, 0.0, 0.0, 0.0)
    if mode == ON_BATTERY:
        loss_w = params.inverter_share * ups_loss_w(params, load_w)
        return UpsOutput(0.0, 0.0, load_w, 0.0 - load_w - loss_w, loss_w)
    is_full = state.energy_j >= (1.0 - _TOUCH) * _capacity_j(params)
    charge_w = 0.0 if is_full else params.charge_power_w
    stored_w = charge_w * params.charge_efficiency
    loss_w = charge_w - stored_w
    if mode == BYPASSED:
        loss_w += params.bypass_loss * load_w
        return UpsOutput(load_w + stored_w + loss_w, inp.load_reactive_power_var, load_w, stored_w, loss_w)
    loss_w += ups_loss_w(params, load_w)
    return UpsOutput(load_w + stored_w + loss_w, 0.0, load_w, stored_w, loss_w)


def _event_s(params: UpsParams, state: UpsState, shown: UpsOutput) -> float:
    """Return the time until the battery is full or empty [s]."""
    if shown.battery_power_w > 0.0:
        return (_capacity_j(params) - state.energy_j) / shown.battery_power_w
    if shown.battery_power_w < 0.0:
        return state.energy_j / -shown.battery_power_w
    return math.inf


def ups_horizon_s(params: UpsParams, state: UpsState, inp: UpsInput) -> float:
    """Return how long the output holds [s]: until the battery is full or empty."""
    return max(_event_s(params, state, ups_output(params, state, inp)), _SHORTEST_S)


def ups_step(params: UpsParams, state: UpsState, inp: UpsInput, dt_s: float) -> tuple[UpsState, UpsOutput]:
    """Carry a UPS across `dt_s` [s]; returns the state at the end and the output as means over the step."""
    first = ups_output(params, state, inp)
    if dt_s <= 0.0:
        return state, first
    event_s = _event_s(params, state, first)
    if event_s >= dt_s:
        energy_j = state.energy_j + first.battery_power_w * dt_s
        return UpsState(min(max(energy_j, 0.0), _capacity_j(params))), first
    state = UpsState(_capacity_j(params) if first.battery_power_w > 0.0 else 0.0)
    then = ups_output(params, state, inp)
    share = event_s / dt_s
    rest = 1.0 - share
    return state, UpsOutput(
        share * first.active_power_w + rest * then.active_power_w,
        share * first.reactive_power_var + rest * then.reactive_power_var,
        share * first.served_power_w + rest * then.served_power_w,
        share * first.battery_power_w + rest * then.battery_power_w,
        share * first.loss_w + rest * then.loss_w,
    )
