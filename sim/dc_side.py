"""The direct current side: inverters with their batteries and arrays, solved together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..models.inverter import InverterParams, ac_from_dc, dc_from_ac
from .dc_bus import share_dc_power
from .vocabulary import Bounds
from .wiring import DcGroup


class DcFlows(NamedTuple):
    """What flows behind the inverters [W]."""

    ac_w: dict[str, float]
    """On the AC side of each inverter."""
    inverter_dc_w: dict[str, float]
    """On the DC side of each inverter's bridge; 0 in standby."""
    battery_dc_w: dict[str, float]
    """At the terminals of each battery."""


class DcSide(NamedTuple):
    """How the direct current side stands at one instant."""

    params: Mapping[str, InverterParams]
    batteries_of: Mapping[str, tuple[str, ...]]
    """Batteries that each inverter reaches."""
    limits_w: Mapping[str, Bounds]
    """DC power that each battery allows [W]."""
    sun_w: Mapping[str, float]
    """DC power that the array of each hybrid inverter offers [W], <= 0."""


def reach_w(side: DcSide, inverter: str) -> Bounds:
    """Return the AC power that batteries and array allow an inverter [W]; the array's may be held back."""
    limits = [side.limits_w[battery] for battery in side.batteries_of[inverter]]
    sun_w = side.sun_w.get(inverter, 0.0)
    lower_w = sum(limit.lower for limit in limits) + sun_w
    upper_w = sum(limit.upper for limit in limits)
    params = side.params[inverter]
    return Bounds(ac_from_dc(params, lower_w), ac_from_dc(params, upper_w))


def solve_dc(side: DcSide, groups: tuple[DcGroup, ...], settings_w: Mapping[str, float]) -> DcFlows:
    """Return what flows behind the inverters.

    Batteries take what the array gives beyond the setting, as far as they can; the rest of the sun is left
    unused.

    Args:
        side: How it stands.
        groups: Inverters and batteries that share direct current.
        settings_w: AC power that each inverter is set to [W].
    """
    flows = DcFlows({}, {}, {})
    for group in groups:
        wanted_w = {
            key: _bridge_dc_w(side.params[key], settings_w[key]) - side.sun_w.get(key, 0.0)
            for key in group.inverters
        }
        limits_w = {battery: side.limits_w[battery] for battery in group.batteries}
        shared = share_dc_power(wanted_w, side.batteries_of, limits_w)
        flows.battery_dc_w.update(shared.batteries)
        for key, taken_w in shared.inverters.items():
            bridge_w = _bridge_w(side, key, settings_w[key], taken_w)
            flows.inverter_dc_w[key] = bridge_w
            flows.ac_w[key] = _ac_w(side.params[key], settings_w[key], bridge_w)
    return flows


def _bridge_dc_w(params: InverterParams, setting_w: float) -> float:
    return dc_from_ac(params, setting_w) if setting_w else 0.0


def _bridge_w(side: DcSide, key: str, setting_w: float, taken_w: float) -> float:
    """Return the power between bridge and direct current link, given what the batteries take from the link."""
    sun_w = side.sun_w.get(key, 0.0)
    if not sun_w:
        return taken_w
    used_w = max(sun_w, min(0.0, _bridge_dc_w(side.params[key], setting_w) - taken_w))
    return taken_w + used_w


def _ac_w(params: InverterParams, setting_w: float, bridge_w: float) -> float:
    if bridge_w == 0.0:
        return params.standby_power_w
    # Unless a battery held it back, the setting holds to the last bit.
    return setting_w if bridge_w == _bridge_dc_w(params, setting_w) else ac_from_dc(params, bridge_w)
