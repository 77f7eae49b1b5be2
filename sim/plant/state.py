"""What the plant remembers, and what flows in it, by name: plain values, so that they can be saved and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

from ...models.ac import ThreePhase
from ...models.ageing import AgeingState
from ...models.battery import BatteryState
from ...models.bms import BmsState
from ..domain.phases import PhasePower
from ..domain.ranges import Bounds, Ranges
from ..domain.states import Diagnostic
from ..domain.switching import Position
from ..inputs.override import Override
from ..kernel.memory import Memory
from .impairment import FailedRelay, Impairment
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


class Voltages(NamedTuple):
    """Voltages at one instant [V]."""

    phases_v: ThreePhase
    """To neutral."""
    lines_v: ThreePhase
    """L1-L2, L2-L3 and L3-L1."""


Numbers = dict[str, int | list[int | float]]


class PlantState(NamedTuple):
    """Everything that the plant remembers, in immutable parts and copies."""

    components: tuple[str, ...]
    numbers: Numbers
    """Every number of the kernel's memory by its name; those of rows, such as `batteries.dc_w`, row by row."""
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
    impairments: dict[str, Impairment] = {}  # noqa: RUF012 - never changed in place
    """What is broken of devices."""
    failed_relays: dict[str, FailedRelay] = {}  # noqa: RUF012 - never changed in place
    """Devices whose relays were seen to fail."""


STATES: dict[str, type] = {
    "battery_states": BatteryState,
    "bms_states": BmsState,
    "ageing_states": AgeingState,
}
"""Fields of the kernel's memory that hold states of models, and of which."""
_NOT_NUMBERS = {*STATES, "allowed_w", "allowed_var"}
NAMES_OF_NUMBERS = [field.name for field in fields(Memory) if field.name not in _NOT_NUMBERS]


def keep_numbers(memory: Memory) -> Numbers:
    """Return a copy of every number of a memory."""
    kept: Numbers = {}
    for name in NAMES_OF_NUMBERS:
        value = getattr(memory, name)
        if isinstance(value, int):
            kept[name] = value
        elif name == "inputs":
            kept[name] = list(value)
        else:
            _keep_rows(kept, name, value)
    return kept


def restore_numbers(memory: Memory, numbers: Numbers) -> None:
    """Bring the numbers of a memory back to what they were."""
    for name in NAMES_OF_NUMBERS:
        value = getattr(memory, name)
        if isinstance(value, int):
            setattr(memory, name, numbers[name])
        elif name == "inputs":
            value[:] = numbers[name]
        else:
            _restore_rows(numbers, name, value)


def _keep_rows(kept: Numbers, name: str, rows: Sequence[Any]) -> None:
    for field, values in _columns(name, rows):
        if values and is_dataclass(values[0]):
            _keep_rows(kept, field, values)
        else:
            kept[field] = values


def _restore_rows(numbers: Numbers, name: str, rows: Sequence[Any]) -> None:
    for field, values in _columns(name, rows):
        if values and is_dataclass(values[0]):
            _restore_rows(numbers, field, values)
        elif values:
            for row, value in zip(rows, _listed(numbers, field), strict=True):
                setattr(row, field.rpartition(".")[2], value)


def _listed(numbers: Numbers, field: str) -> list[int | float]:
    kept = numbers[field]
    assert isinstance(kept, list)
    return kept


def _columns(name: str, rows: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    for field in fields(rows[0]) if rows else ():
        yield f"{name}.{field.name}", [getattr(row, field.name) for row in rows]
