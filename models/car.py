"""A car's battery as a charging point sees it: constant power, then a taper to nothing.

Cars accept their full power up to some state of charge and then ever less: at constant voltage the charging
current falls (CC-CV). Here the accepted power falls evenly with the state of charge, from the taper's beginning
to full, which is what a constant voltage across a constant resistance gives where the open-circuit voltage
rises evenly. Below a hundredth of its power a car counts as full.

Left out: temperature, preconditioning, discharging into the site.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class CarParams(NamedTuple):
    """A car at a charging point."""

    capacity_wh: float
    power_max_w: float
    """Greatest AC power that it takes [W]."""
    taper_soc: float
    """State of charge at which its power begins to fall, 0..1, below 1."""
    efficiency: float
    """Part of the AC energy that arrives in its battery, above 0 and up to 1."""


_FULL_SHARE = 0.01
"""Of its greatest power, below which a car takes none."""
_SOC_STEP = 0.005
"""The taper is followed in steps of this state of charge."""


def car_power_limit_w(params: CarParams, soc: float) -> float:
    """Return the AC power that a car accepts at a state of charge [W], >= 0."""
    share = min((1.0 - soc) / (1.0 - params.taper_soc), 1.0)
    return params.power_max_w * share if share >= _FULL_SHARE else 0.0


def car_soc_after(params: CarParams, soc: float, power_w: float, dt_s: float) -> float:
    """Return the state of charge after `dt_s` [s] at an AC power [W], at most 1."""
    return min(soc + params.efficiency * power_w * dt_s / (3600.0 * params.capacity_wh), 1.0)


def car_horizon_s(params: CarParams, soc: float, power_w: float) -> float:
    """Return how long a car may go on with an AC power [W] until it has to be looked at again [s].

    Until its limit has come down to that power; in the taper, for half a percent of its state of charge.
    Infinite where no power flows.
    """
    if power_w <= 0.0:
        return math.inf
    soc_end = 1.0 - min(power_w / params.power_max_w, 1.0) * (1.0 - params.taper_soc)
    way = max(soc_end - soc, _SOC_STEP)
    return way * 3600.0 * params.capacity_wh / (params.efficiency * power_w)
