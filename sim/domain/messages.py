"""What crosses the gateway: identities and frames going out, commands coming in, and their refusals.

Times are integer microseconds since the Unix epoch, UTC, on the clock that clients read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from .categories import BatteryType, Category, EvChargerType, OperationalMode
from .metrics import Metric
from .ranges import Bounds
from .states import Diagnostic, StateCode


@dataclass(frozen=True, slots=True)
class ComponentInfo:
    """What clients are told about a component when they list the site."""

    id: int
    name: str
    category: Category
    manufacturer: str
    model: str
    operational_mode: OperationalMode
    rated_bounds: Mapping[Metric, Bounds] = field(default_factory=dict)
    battery_type: BatteryType | None = None
    """What batteries are; None of anything else."""
    rated_fuse_current_a: float | None = None
    """Rated current of the fuse of grid connection points [A]; None if unknown, and of anything else."""
    ev_charger_type: EvChargerType | None = None
    """What charging points are; None of anything else."""
    transformer_voltages_v: tuple[float, float] | None = None
    """Primary and secondary, of power transformers only [V]."""


@dataclass(frozen=True, slots=True)
class SensorInfo:
    """What clients are told about a sensor when they list the site."""

    id: int
    name: str
    manufacturer: str
    model: str
    metrics: tuple[Metric, ...]


class Reading(NamedTuple):
    """What a component reports at one instant."""

    values: dict[Metric, float]
    bounds: dict[Metric, tuple[Bounds, ...]]
    states: tuple[StateCode, ...]
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


class Frame(NamedTuple):
    """Everything one component or sensor reports at one instant. Built once, shared by all who listen."""

    component_id: int
    """Number of the component, or of the sensor."""
    sample_time_us: int
    values: Mapping[Metric, float]
    """Always the same metrics in the same order for one component; NaN says "no value"."""
    bounds: Mapping[Metric, tuple[Bounds, ...]]
    """Current inclusion bounds, ascending, of the metrics that have any."""
    states: tuple[StateCode, ...]
    state_since_us: int
    """When states, warnings or errors last changed."""
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


class RequestStatus(StrEnum):
    """How far a set-power request has come."""

    ACCEPTED = "ACCEPTED"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    OVERRIDDEN = "OVERRIDDEN"


@dataclass(frozen=True, slots=True)
class PowerUpdate:
    """One step in the life of a set-power request."""

    status: RequestStatus
    valid_until_us: int | None = None
    """When the set-point lapses unless renewed; with ACCEPTED and SUCCESS only."""


class CommandError(Exception):
    """A client asked for something that it cannot have; the component is untouched."""


class UnknownComponentError(CommandError):
    """The site has no component with this id."""


class InvalidArgumentError(CommandError):
    """The request makes no sense, whatever the state of the site."""


class OutOfBoundsError(CommandError):
    """The value lies outside the current bounds of the component."""


class WrongStateError(CommandError):
    """The component cannot do this in its present state."""


class UnsupportedError(CommandError):
    """Components of this kind cannot do this at all."""


class UnavailableError(CommandError):
    """The device, or the whole site, cannot be reached now."""
