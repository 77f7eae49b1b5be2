"""Words of the checks, whatever the version of the API: one for each thing.

Metrics and states are numbers of the common package v1alpha8; adapters of other versions translate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import grpc


class Violation(AssertionError):  # noqa: N818
    """The server does not do what the statement says."""


class NotApplicable(Exception):  # noqa: N818
    """The statement says nothing about this server, or cannot be tried on it."""


class NotOffered(NotApplicable):
    """This way to the server has no such call."""


class Refusal(Exception):  # noqa: N818
    """The server answered a call with an error status."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details

    def __str__(self) -> str:
        return f"{self.code.name}: {self.details}"


class PowerType(IntEnum):
    """The axis of a set-point, as numbered on the wire."""

    UNSPECIFIED = 0
    ACTIVE = 1
    REACTIVE = 2


class Metric(IntEnum):
    """The metrics that the checks name."""

    DC_POWER = 3
    AC_FREQUENCY = 10
    AC_POWER_ACTIVE = 26
    AC_POWER_REACTIVE = 30
    BATTERY_CAPACITY = 100
    BATTERY_SOC_PCT = 101
    BATTERY_TEMPERATURE = 102


AC_METRICS = (26, 27, 28, 29, 30, 31, 32, 33, 19, 20, 21, 12, 13, 14, 10)
"""Metrics that the SDK asks of everything but batteries."""
BATTERY_METRICS = (3, 100, 101, 102)
"""Metrics that the SDK asks of batteries."""
ALL_METRICS = (
    *range(1, 4),
    *range(10, 34),
    *range(40, 44),
    *range(50, 70),
    *range(80, 84),
    *range(100, 103),
    *range(120, 124),
    140,
    *range(160, 167),
    180,
)


SPECIFIC_MEMBERS = {
    "GRID_CONNECTION_POINT": "grid_connection_point",
    "INVERTER": "inverter",
    "BATTERY": "battery",
    "EV_CHARGER": "ev_charger",
    "POWER_TRANSFORMER": "power_transformer",
}
"""Members of the category-specific information, by the categories that have one, in v1alpha8."""


class State(IntEnum):
    """State codes, equal in all versions."""

    UNKNOWN = 1
    UNAVAILABLE = 2
    SWITCHING_OFF = 3
    OFF = 4
    SWITCHING_ON = 5
    STANDBY = 6
    READY = 7
    CHARGING = 8
    DISCHARGING = 9
    ERROR = 10
    CABLE_UNPLUGGED = 20
    PLUGGED_AT_STATION = 21
    PLUGGED_AT_EV = 22
    LOCKED_AT_STATION = 23
    LOCKED_AT_EV = 24
    RELAY_OPEN = 30
    RELAY_CLOSED = 31


class Range(NamedTuple):
    """Inclusion bounds; a side that the message leaves out is None."""

    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Component:
    """A component as listed."""

    id: int
    category: str
    """Name in v1alpha8, such as `METER`."""
    kind: str = ""
    """Type of inverter, battery or EV charger, such as `PV`; empty where there is none."""
    info: str = ""
    """Name of the category-specific member that is set, as in v1alpha8; empty if none is."""
    mode: str = "UNSPECIFIED"


@dataclass(frozen=True)
class Sample:
    """One measured value."""

    metric: int
    value: float | None
    """None if the message has none."""
    time_s: float | None
    """Since the Unix epoch [s]; None if the message has none."""
    bounds: tuple[Range, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """States, warnings and errors."""

    states: frozenset[int]
    warnings: int = 0
    """Number of them."""
    errors: int = 0
    """Number of them."""


@dataclass(frozen=True)
class Telemetry:
    """One message of a telemetry stream."""

    component_id: int
    samples: tuple[Sample, ...]
    snapshots: tuple[Snapshot, ...]

    @property
    def values(self) -> dict[int, float | None]:
        """Values by metric."""
        return {sample.metric: sample.value for sample in self.samples}

    def value(self, metric: int) -> float:
        """Return a value.

        Raises:
            Violation: If the message lacks it.
        """
        value = self.values.get(metric)
        if value is None:
            raise Violation(f"component {self.component_id} sent no value of metric {metric}")
        return value

    def bounds(self, metric: int) -> tuple[Range, ...]:
        """Return the bounds of a metric; empty if there are none."""
        return next((sample.bounds for sample in self.samples if sample.metric == metric), ())

    @property
    def states(self) -> frozenset[int]:
        """All states of the last snapshot; empty if there is none."""
        return self.snapshots[-1].states if self.snapshots else frozenset()

    @property
    def time_s(self) -> float:
        """When it was sampled, since the Unix epoch [s]; 0 if it does not say."""
        return max((sample.time_s or 0.0 for sample in self.samples), default=0.0)


@dataclass(frozen=True)
class PowerUpdate:
    """One answer to a set-power request."""

    status: str
    """Such as `ACCEPTED`; empty in versions without statuses, and through clients that do not tell."""
    valid_until_s: float | None
    """Since the Unix epoch [s]."""


@dataclass(frozen=True)
class Identity:
    """The microgrid as it names itself."""

    id: int
    name: str = field(default="")
