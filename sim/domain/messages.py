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


class Told(NamedTuple):
    """What a component says of how it is."""

    states: tuple[StateCode, ...]
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


class Reading(NamedTuple):
    """What a component reports at one instant; never changed, as what has not changed since is shared by the next."""

    values: Mapping[Metric, float]
    bounds: Mapping[Metric, tuple[Bounds, ...]]
    states: tuple[StateCode, ...]
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()

    @property
    def told(self) -> Told:
        """What the component says of how it is."""
        return Told(self.states, self.warnings, self.errors)


class Frame(NamedTuple):
    """Everything one component or sensor reports at one instant. Built once, shared by all who listen."""

    component_id: int
    """Number of the component, or of the sensor."""
    sample_time_us: int
    values: Mapping[Metric, float]
    """In the same order for one component, those that nobody asked for left out; NaN says "no value"."""
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


class RefusalStatus(StrEnum):
    """What a refusal is called on the wire: the codes of gRPC that are errors."""

    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"
    DATA_LOSS = "DATA_LOSS"
    UNAUTHENTICATED = "UNAUTHENTICATED"


class Refusal(StrEnum):
    """Why a component refuses a command."""

    INVALID_ARGUMENT = "invalid_argument"
    OUT_OF_BOUNDS = "out_of_bounds"
    WRONG_STATE = "wrong_state"
    UNSUPPORTED = "unsupported"
    UNAVAILABLE = "unavailable"


class CommandError(Exception):
    """A client asked for something that it cannot have; the component is untouched."""

    refusal: Refusal | None = None
    """Its kind; None if no component has refused."""
    status = RefusalStatus.UNKNOWN
    """By which clients are told; a refusal may have another one than its kind."""

    def __init__(self, message: str, *, status: RefusalStatus | None = None) -> None:
        """Refuse.

        Args:
            message: Where, what was found, and what would be accepted.
            status: By which clients are told; that of its kind if None.
        """
        super().__init__(message)
        self.has_own_status = status is not None
        """Whether its status is another than that of its kind, or would be if they differed."""
        if status is not None:
            self.status = status


class UnknownComponentError(CommandError):
    """The site has no component with this id."""

    status = RefusalStatus.NOT_FOUND


class UnknownFaultError(CommandError):
    """No fault ever had this number."""

    status = RefusalStatus.NOT_FOUND


class InvalidArgumentError(CommandError):
    """The request makes no sense, whatever the state of the site."""

    refusal = Refusal.INVALID_ARGUMENT
    status = RefusalStatus.INVALID_ARGUMENT


class OutOfBoundsError(CommandError):
    """The value lies outside the current bounds of the component."""

    refusal = Refusal.OUT_OF_BOUNDS
    status = RefusalStatus.OUT_OF_RANGE


class WrongStateError(CommandError):
    """The component cannot do this in its present state."""

    refusal = Refusal.WRONG_STATE
    status = RefusalStatus.FAILED_PRECONDITION


class UnsupportedError(CommandError):
    """Components of this kind cannot do this at all."""

    refusal = Refusal.UNSUPPORTED
    status = RefusalStatus.UNIMPLEMENTED


class UnavailableError(CommandError):
    """The device, or the whole site, cannot be reached now."""

    refusal = Refusal.UNAVAILABLE
    status = RefusalStatus.UNAVAILABLE


def unsigned_zeros(values: Mapping[Metric, float]) -> dict[Metric, float]:
    """Return values with 0 for -0, which is no other power: 0 W beside a set-point of -0 W, say."""
    return {metric: value + 0.0 for metric, value in values.items()}


def unsigned_edges(ranges: tuple[Bounds, ...]) -> tuple[Bounds, ...]:
    """Return ranges with 0 for -0; see `unsigned_zeros`."""
    return tuple([Bounds(lower + 0.0, upper + 0.0) for lower, upper in ranges])


def unsigned(reading: Reading) -> Reading:
    """Return a reading with 0 for -0; see `unsigned_zeros`."""
    bounds = {metric: unsigned_edges(ranges) for metric, ranges in reading.bounds.items()}
    return reading._replace(values=unsigned_zeros(reading.values), bounds=bounds)
