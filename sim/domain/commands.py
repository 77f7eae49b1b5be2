"""What is done to a site from outside, as plain data: by clients of the API, by programs, by tests.

Every command passes through one place (`sim/engine/executor.py`), so whoever wants to know what a site was told, a
tape for instance, hears of it in this form. How its time passes (pauses, steps) is no command: what happens in
simulated time does not depend on it, but for the instants at which somebody looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .faults import Fault
from .messages import Refusal
from .metrics import Metric, PowerType
from .ranges import OpenBounds


@dataclass(frozen=True, slots=True)
class SetPower:
    """Give a component a set-point for a while; see `Gateway.set_power`."""

    component_id: int
    power_type: PowerType
    power: float
    """Active [W] or reactive [var] power, passive sign convention."""
    lifetime_s: int | None = None
    """In the clients' time [s]; the API's default if None."""
    kind: Literal["set power"] = field(default="set power", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class AugmentBounds:
    """Put bounds on a power of a component for a while; see `Gateway.augment_bounds`."""

    component_id: int
    metric: Metric | None
    bounds: tuple[OpenBounds, ...]
    lifetime_s: int | None = None
    """In the clients' time [s]; the API's default if None."""
    token: str | None = None
    kind: Literal["augment bounds"] = field(default="augment bounds", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class ClearBounds:
    """Take back bounds that came with a token; see `Gateway.clear_bounds`."""

    component_id: int
    metric: Metric | None
    token: str
    kind: Literal["clear bounds"] = field(default="clear bounds", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Start:
    """Switch a component on; see `Gateway.start`."""

    component_id: int
    kind: Literal["start"] = field(default="start", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Standby:
    """Park an inverter; see `Gateway.standby`."""

    component_id: int
    kind: Literal["standby"] = field(default="standby", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Stop:
    """Switch a component off; see `Gateway.stop`."""

    component_id: int
    kind: Literal["stop"] = field(default="stop", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Clear what errors of a component can be cleared; see `Gateway.acknowledge`."""

    component_id: int
    kind: Literal["acknowledge"] = field(default="acknowledge", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class OverrideInput:
    """Drive an input to a value, whatever the site file says; see `Simulation.drive`."""

    component: str
    """Key of the component, or `site`."""
    quantity: str
    value: float
    """In the unit of the quantity, passive sign convention."""
    over_s: float = 0.0
    """Simulated time in which the value is reached [s]."""
    for_s: float | None = None
    """Simulated time after which it is released by itself, unless it is driven anew [s]; never if None."""
    kind: Literal["override input"] = field(default="override input", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class ReleaseInput:
    """Give an input back to what the site file says; see `Simulation.release`."""

    component: str
    """Key of the component, or `site`."""
    quantity: str
    kind: Literal["release input"] = field(default="release input", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class StrikeFault:
    """Break something; see `Simulation.fault`."""

    fault: Fault
    for_s: float | None = None
    """Simulated time after which it mends by itself [s]; never if None."""
    kind: Literal["strike fault"] = field(default="strike fault", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class MendFault:
    """End a fault; see `Simulation.mend`."""

    number: int
    """As striking it gave it."""
    kind: Literal["mend fault"] = field(default="mend fault", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """Let time pass faster or slower for clients, whose lifetimes hold in theirs; see `LiveSimulation.set_speed`."""

    speed: float
    """Simulated seconds per second of the event loop."""
    kind: Literal["set speed"] = field(default="set speed", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class RestartServer:
    """Let the server go down and come back after a time, while the site lives on; see `Simulation.restart_server`."""

    down_s: float
    """Simulated time for which it is gone [s]."""
    kind: Literal["restart server"] = field(default="restart server", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Say:
    """Put a line into what is told of the site; see `Simulation.say`."""

    text: str
    kind: Literal["say"] = field(default="say", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Bring the site to an instant at which nothing was due, to look at it.

    Two short steps of a model are one long step, but not to the last bit: whoever looks between the instants of
    the agenda leaves a trace.
    """

    kind: Literal["catch up"] = field(default="catch up", kw_only=True, repr=False)


ClientCommand = SetPower | AugmentBounds | ClearBounds | Start | Standby | Stop | Acknowledge
"""What clients of the Microgrid API can tell a component."""

Command = (
    ClientCommand
    | OverrideInput
    | ReleaseInput
    | StrikeFault
    | MendFault
    | RestartServer
    | Say
    | SetSpeed
    | CatchUp
)


class Execution(NamedTuple):
    """A command and what became of it."""

    time_us: int
    """Simulated time at which it was given [µs since the Unix epoch]."""
    command: Command
    refusal: str | None = None
    """Why it was refused; None if it was carried out."""
    refused_as: Refusal | None = None
    """By which kind of reason; None if it was carried out, or if no component has refused it."""
    late_us: int = 0
    """How far behind its clients' time the site was when it was given [µs]."""
