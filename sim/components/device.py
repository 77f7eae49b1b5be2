"""Devices with a model of their own: its parameters, and what its inputs come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from ...models.ac import ThreePhase
from ..domain.ranges import Bounds
from ..inputs.signal import Signal
from .device_model import DeviceModel
from .rating import Rating

AMBIENT = "site.ambient_temperature"
"""Gives the temperature of the air around the devices [°C]."""
SET_POINT = "set-point"
"""Gives the active power that a device is told, by clients or else the default of its rating [W]."""
REACTIVE_SET_POINT = "reactive set-point"
"""Gives the reactive power that a device is told [var]."""
UPPER_BOUND = "upper bound"
"""Gives the most active power that clients have left a device [W]."""
ACTIVE_LOWER_BOUND = "active lower bound"
"""Gives the lower end of the range of active power that clients have left a device around its set-point [W]."""
ACTIVE_UPPER_BOUND = "active upper bound"
"""Gives the upper end of that range [W]."""
REACTIVE_LOWER_BOUND = "reactive lower bound"
"""Gives the lower end of the range of reactive power that clients have left a device around its set-point [var]."""
REACTIVE_UPPER_BOUND = "reactive upper bound"
"""Gives the upper end of that range [var]."""
ACTIVE_SHARE = "active share"
"""Gives the part of its apparent power that a device's grid code leaves active power."""
NOTHING = "nothing"
"""Gives 0 always, to an input that a device has no use for."""
ARRAY_POWER = "array power"
"""Gives the power that the device's own array of modules offers, <= 0 [W]."""
ARRAY_VOLTAGE = "array voltage"
"""Gives the voltage of that array [V]."""
NO_POWER = Bounds(0.0, 0.0)


class Activity(Enum):
    """What a machine is doing, by the sequence of its own controls."""

    RESTING = auto()
    """It would start if told to."""
    WAITING = auto()
    """Off by itself until sun, wind or the like come back."""
    TOO_HOT = auto()
    """Off by itself until it has cooled down."""
    STARTING = auto()
    WARMING_UP = auto()
    """It has power, but does not follow its set-point yet."""
    LOADING = auto()
    """It takes on by and by what it is told, however long that may be."""
    WORKING = auto()
    STEPPING = auto()
    """On its way to what it is told, in steps."""
    STOPPING = auto()
    FAULT = auto()
    """Off by itself until somebody acknowledges it."""


@dataclass(frozen=True)
class Machine:
    """A device on the AC side that a model describes by itself."""

    model: DeviceModel
    params: Any
    state: Any
    """When a run starts."""
    shares: ThreePhase
    """Part of its power on each phase."""
    sources: tuple[str, ...]
    """For each field of the model's input: name of a signal, `SET_POINT`, `REACTIVE_SET_POINT`, `UPPER_BOUND`,
    `ACTIVE_LOWER_BOUND`, `ACTIVE_UPPER_BOUND`, `REACTIVE_LOWER_BOUND`, `REACTIVE_UPPER_BOUND`, `ACTIVE_SHARE`,
    `ARRAY_POWER`, `ARRAY_VOLTAGE` or `NOTHING`.
    """
    inputs: Mapping[str, Signal] = field(default_factory=dict)
    """Signals of its own, by quantity."""
    rating: Rating | None = None
    """None for what takes no set-points."""
    reactive_limit_var: Callable[[Any, float], float] | None = None
    """`(params, active_w)`: reactive power beside an active power; that of the rating if None."""
    reactive_range_var: Callable[[Any, Any, Any], tuple[float, float]] | None = None
    """`(params, state, input)`: reactive power that it could have now, where that goes with its state."""
    steps_w: Callable[[Any, Any, Any], tuple[float, float]] | None = None
    """`(params, state, input)`: from which power on, and in which steps of that, it follows a set-point [W]; any power
    if None, but for the resolution of its rating."""
    activity: Callable[[Any, Any, Any], Activity] | None = None
    """`(params, state, input)`: what it is doing; to be told by its power if None."""
    choices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Values that its inputs may be driven to, by quantity; any where nothing is said."""

    def reactive_bounds(self, active_w: float) -> Bounds:
        """Return the reactive power that the device offers beside an active power [var]."""
        if self.reactive_limit_var is None:
            return NO_POWER if self.rating is None or self.rating.reactive is None else self.rating.reactive
        limit_var = self.reactive_limit_var(self.params, active_w)
        return Bounds(-limit_var, limit_var)
