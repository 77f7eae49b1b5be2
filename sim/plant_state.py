"""What the plant remembers, and what flows in it: plain values, so that they can be saved and compared."""

from __future__ import annotations

from typing import NamedTuple

from ..models.battery import BatteryState
from .ac_flow import PhasePower
from .device_control import ControlState
from .drives import Drive
from .ranges import Ranges
from .switchgear import Position
from .vocabulary import Bounds, Diagnostic


class Registers(NamedTuple):
    """Energy that has flowed through an AC component since the start [Wh]."""

    consumed_wh: float = 0.0
    delivered_wh: float = 0.0

    def plus(self, energy_wh: float) -> Registers:
        """Return the registers after some more energy [Wh], passive sign convention."""
        if energy_wh >= 0.0:
            return self._replace(consumed_wh=self.consumed_wh + energy_wh)
        return self._replace(delivered_wh=self.delivered_wh - energy_wh)


class Flows(NamedTuple):
    """What flows at one instant."""

    ac: dict[str, PhasePower]
    """Through every AC component, by key."""
    battery_dc_w: dict[str, float]
    """At the terminals of every battery, by key [W]."""
    inverter_dc_w: dict[str, float]
    """On the DC side of every inverter with batteries, by key [W]; 0 in standby."""
    battery_limits: dict[str, Bounds]
    """DC power that every battery allows [W]."""
    reach: dict[str, Bounds]
    """AC active power that each device that takes set-points could have now [W]."""


class PlantState(NamedTuple):
    """Everything that the plant remembers; immutable parts, so that a copy costs little."""

    time_us: int
    batteries: dict[str, BatteryState]
    controls: dict[str, ControlState]
    registers: dict[str, Registers]
    drives: dict[str, Drive]
    """Inputs in somebody's hands, by `component.quantity`."""
    tripped: dict[str, Diagnostic]
    """Devices that have switched off by themselves, and why."""
    charges: dict[str, float]
    """State of charge of what devices fill, such as cars."""
    positions: dict[str, Position]
    """Components that are not switched on, or not for certain."""
    allowed_dc_w: dict[str, Ranges]
    """DC power that clients have left allowed to batteries [W]."""
    flows: Flows | None = None
    """What flows, as long as it is known."""
    holds_until_us: int = 0
    """Until when it goes on flowing so, if nobody interferes [µs]."""
