"""An inverter between a DC and an AC side: losses, ramp, resolution, capability, temperature.

The loss is a second-order polynomial of the AC power's magnitude, `p0 + k1 |P| + k2 P²`: control and
magnetising loss, semiconductor forward voltages, and ohmic loss in turn (H. Schmidt and D. U. Sauer,
"Wechselrichter-Wirkungsgrade", Sonnenenergie 4/1996). It holds in both directions.

Signs: positive power flows away from the grid, so charging is positive on both sides and `dc = ac - loss`
always: AC +10 kW gives DC +9.7 kW, AC -10 kW takes DC -10.3 kW.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from .circuit import ThermalBody, temperature_after


class InverterParams(NamedTuple):
    """An inverter, for photovoltaics or batteries."""

    rated_power_w: float
    """Greatest active power on the AC side, either direction [W]."""
    rated_apparent_power_va: float
    standby_power_w: float
    """Drawn from the AC side while nothing is converted [W]."""
    no_load_loss_w: float
    """Loss of the running converter at no power [W]."""
    linear_loss: float
    """Loss per AC power [1], < 1."""
    quadratic_loss_per_w: float
    """Loss per squared AC power [1/W]."""
    ramp_rate_w_per_s: float
    """Greatest change of active power [W/s]; infinite for none."""
    response_delay_s: float
    """From a command to the first movement [s]."""
    resolution_w: float
    """Step of the set-point [W]; 0 for none."""
    heat_capacity_j_per_k: float
    heat_loss_w_per_k: float
    """Heat given to the air per kelvin above it [W/K]."""


class Ramped(Protocol):
    """Anything whose power changes at a limited rate."""

    @property
    def ramp_rate_w_per_s(self) -> float:
        """Greatest change of active power [W/s]; infinite for none."""
        ...


def conversion_loss_w(params: InverterParams, ac_power_w: float) -> float:
    """Return the loss of the running converter [W], >= 0, at an AC power of either sign [W]."""
    return (
        params.no_load_loss_w
        + params.linear_loss * abs(ac_power_w)
        + params.quadratic_loss_per_w * ac_power_w * ac_power_w
    )


def dc_from_ac(params: InverterParams, ac_power_w: float) -> float:
    """Return the DC power [W] of the running converter at an AC power [W]; both charging positive.

    At little charging power the DC side still discharges: it carries the no-load loss.
    """
    return ac_power_w - conversion_loss_w(params, ac_power_w)


def ac_from_dc(params: InverterParams, dc_power_w: float) -> float:
    """Return the AC power [W] that goes with a DC power [W]; both charging positive.

    The exact inverse of `dc_from_ac` up to the AC power at which more would no longer raise the DC power
    (far above any rating); charging beyond that stays there.
    """
    through = dc_power_w + params.no_load_loss_w
    slope = 1.0 - params.linear_loss if through > 0.0 else 1.0 + params.linear_loss
    root = math.sqrt(max(slope * slope - 4.0 * params.quadratic_loss_per_w * through, 0.0))
    if through > 0.0 and root == 0.0:
        return slope / (2.0 * params.quadratic_loss_per_w)
    return 2.0 * through / (slope + root)


def ramp_towards(params: Ramped, power_w: float, target_w: float, dt_s: float) -> float:
    """Return the power after `dt_s` [s] on the way from `power_w` to `target_w` [W] at the ramp rate."""
    if dt_s <= 0.0:
        return power_w
    reach = params.ramp_rate_w_per_s * dt_s
    if abs(target_w - power_w) <= reach:
        return target_w
    return power_w + math.copysign(reach, target_w - power_w)


def floor_to_resolution(power_w: float, resolution_w: float) -> float:
    """Return a set-point as the device takes it: magnitude floored to whole steps, sign kept.

    With steps of 88 W: 100 becomes 88, -100 becomes -88, 50 becomes 0.

    Args:
        power_w: Asked for [W]. A value short of a step by no more than single precision can tell (1e-7 of
            it) counts as that step and is returned as it is.
        resolution_w: Step [W]; 0 for none, and so are steps finer than a float can count.

    Returns:
        Power [W], never of greater magnitude than asked.
    """
    if abs(power_w) >= 1e15 * resolution_w:
        return power_w
    steps = math.floor(abs(power_w) / resolution_w * (1.0 + 1e-7))
    if steps == 0:
        return 0.0
    return math.copysign(min(steps * resolution_w, abs(power_w)), power_w)


def reactive_limit_var(params: InverterParams, active_power_w: float) -> float:
    """Return the greatest reactive power, either sign [var], beside an active power: the kVA circle."""
    square = params.rated_apparent_power_va**2 - active_power_w**2
    return math.sqrt(square) if square > 0.0 else 0.0


def inverter_temperature(
    params: InverterParams, temperature_c: float, loss_w: float, ambient_c: float, dt_s: float
) -> float:
    """Return the temperature of the heat sink [°C] after `dt_s` [s] with a constant loss [W], first order."""
    body = ThermalBody(params.heat_capacity_j_per_k, params.heat_loss_w_per_k)
    return temperature_after(body, temperature_c, loss_w, ambient_c, dt_s)
