"""What the plant remembers, and what flows in it, by name: plain values, so that they can be saved and compared."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

from ...models.ac import ThreePhase
from ...models.ageing import AgeingState
from ...models.battery import BatteryState
from ...models.bms import BmsState
from ..domain.phases import PhasePower
from ..domain.ranges import Bounds, Ranges
from ..domain.states import Diagnostic
from ..domain.switching import Position
from ..inputs.override import Override
from ..kernel.layout import Memory
from .set_points import PendingSetPoint


class Registers(NamedTuple):
    """Energy that has flowed through an AC component since the start [Wh]."""

    consumed_wh: float = 0.0
    delivered_wh: float = 0.0


class Flows(NamedTuple):
    """What flows at one instant."""

    ac: dict[str, PhasePower]
    """Through every component, by key; nothing through those on the direct current side."""
    battery_dc_w: dict[str, float]
    """At the terminals of every battery, by key [W]."""
    inverter_dc_w: dict[str, float]
    """On the DC side of every inverter with batteries, by key [W]; 0 in standby."""
    battery_limits: dict[str, Bounds]
    """DC power that every battery allows [W]."""
    reach: dict[str, Bounds]
    """AC active power that each device that takes set-points could have now [W]."""
    phases_v: ThreePhase
    lines_v: ThreePhase
    """Voltages to neutral, and L1-L2, L2-L3 and L3-L1, wherever the grid reaches [V]."""


Numbers = dict[str, int | list[int | float]]


class PlantState(NamedTuple):
    """Everything that the plant remembers, in immutable parts and copies."""

    components: tuple[str, ...]
    numbers: Numbers
    """Every field of the core's memory that holds numbers, by its name."""
    batteries: dict[str, BatteryState]
    managements: dict[str, BmsState]
    ageings: dict[str, AgeingState]
    """States of batteries that age."""
    machines: dict[str, tuple[int | float, ...]]
    """Fields of the state of each machine's model."""
    allowed_w: dict[str, Ranges]
    allowed_var: dict[str, Ranges]
    allowed_dc_w: dict[str, Ranges]
    """Power that clients have left allowed, where they have narrowed it."""
    pending: dict[str, tuple[PendingSetPoint, ...]]
    """Set-points on their way."""
    overrides: dict[str, Override]
    """Inputs that do not follow the site file, by `component.quantity`."""
    tripped: dict[str, Diagnostic]
    """Devices that have switched off by themselves, and why."""
    positions: dict[str, Position]
    """Components that are not switched on, or not for certain."""


STATES: dict[str, type] = {
    "battery_states": BatteryState,
    "bms_states": BmsState,
    "ageing_states": AgeingState,
}
"""Fields of the core's memory that hold states of models, and of which."""
_NOT_NUMBERS = {*STATES, "allowed_w", "allowed_var"}
NAMES_OF_NUMBERS = [field.name for field in fields(Memory) if field.name not in _NOT_NUMBERS]


def keep_numbers(memory: Memory) -> Numbers:
    """Return a copy of every field of a memory that holds numbers."""
    kept: Numbers = {}
    for name in NAMES_OF_NUMBERS:
        value = getattr(memory, name)
        kept[name] = value if isinstance(value, int) else list(value)
    return kept


def restore_numbers(memory: Memory, numbers: Numbers) -> None:
    """Bring the numbers of a memory back to what they were."""
    for name in NAMES_OF_NUMBERS:
        value = numbers[name]
        setattr(memory, name, value if isinstance(value, int) else list(value))
