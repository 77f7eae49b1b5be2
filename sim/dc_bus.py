"""How inverters and the batteries behind them share direct current.

An inverter spreads its power over its batteries in proportion to what each can still take or give; a
battery that is asked for more than its limits cuts the shares of all who asked. Every watt that leaves an
inverter arrives in a battery, and the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .vocabulary import Bounds


class DcFlows(NamedTuple):
    """Direct current power of a group [W], passive sign convention: positive charges."""

    inverters: dict[str, float]
    batteries: dict[str, float]


def share_dc_power(
    wanted_w: Mapping[str, float],
    batteries_of: Mapping[str, Sequence[str]],
    limits_w: Mapping[str, Bounds],
) -> DcFlows:
    """Share the DC power that inverters want among the batteries behind them.

    Args:
        wanted_w: DC power that each inverter wants to pass on [W], charging positive.
        batteries_of: Batteries behind each inverter.
        limits_w: DC power that each battery allows now [W].

    Returns:
        What really flows. The sum over the inverters equals the sum over the batteries.
    """
    shares = {
        (inverter, battery): share
        for inverter, power_w in wanted_w.items()
        for battery, share in _spread(power_w, batteries_of[inverter], limits_w).items()
    }
    asked = dict.fromkeys(limits_w, 0.0)
    for (_, battery), share in shares.items():
        asked[battery] += share
    granted = {battery: _clamp(power_w, limits_w[battery]) for battery, power_w in asked.items()}

    inverters = dict.fromkeys(wanted_w, 0.0)
    for (inverter, battery), share in shares.items():
        cut = granted[battery] / asked[battery] if granted[battery] != asked[battery] else 1.0
        inverters[inverter] += share * cut
    return DcFlows(inverters, granted)


def _spread(power_w: float, batteries: Sequence[str], limits_w: Mapping[str, Bounds]) -> dict[str, float]:
    if len(batteries) == 1:
        return {batteries[0]: power_w}
    room = [limits_w[battery].upper if power_w > 0.0 else -limits_w[battery].lower for battery in batteries]
    total = sum(room)
    if total <= 0.0:
        return {}
    return {battery: power_w * part / total for battery, part in zip(batteries, room, strict=True)}


def _clamp(power_w: float, limits: Bounds) -> float:
    return min(max(power_w, limits.lower), limits.upper)
