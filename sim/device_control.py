"""What a device does with its set-points: delay, ramp, bounds, and what it aims for when it has none."""

from __future__ import annotations

from typing import NamedTuple

from ..models.inverter import floor_to_resolution, ramp_towards
from .ranges import Ranges, cut
from .vocabulary import Bounds, PowerType


class Rating(NamedTuple):
    """What a device can be told, and how it follows."""

    active: Bounds | None
    """Rated active power [W]; None if it takes no set-points of it."""
    reactive: Bounds | None
    """Rated reactive power [var]; None if it takes no set-points of it."""
    default_w: float
    """Active power that it aims for without a set-point [W]."""
    ramp_rate_w_per_s: float
    """Greatest change of active power [W/s]; infinite for none."""
    response_delay_s: float
    """From a command to the first movement [s]."""
    resolution_w: float = 0.0
    """Step of the set-point [W] or [var]; 0 for none."""
    minimum_w: float = 0.0
    """Magnitude of active power below which it does not run [W]."""
    is_limit: bool = False
    """Whether a set-point is the most that it may do, rather than what it is to do."""

    @property
    def size(self) -> float:
        """Greatest rated power [W] or [var], by which tolerances go."""
        return max(abs(edge) for bounds in (self.active, self.reactive) if bounds for edge in bounds)

    def of(self, power_type: PowerType) -> Bounds | None:
        """Return the rated power of an axis; None if the device takes no set-points of it."""
        return self.active if power_type is PowerType.ACTIVE else self.reactive


class PendingSetPoint(NamedTuple):
    """A set-point on its way to the device."""

    due_us: int
    power_type: PowerType
    power: float | None
    """[W] or [var]; None returns the axis to its default."""


class ControlState(NamedTuple):
    """Where a device's control stands."""

    target_w: float
    """Where the last set-point sends the active power, or the default [W]."""
    setting_w: float
    """Where the ramp has brought it [W]."""
    reactive_target_var: float = 0.0
    """What the last reactive set-point asks for [var]."""
    pending: tuple[PendingSetPoint, ...] = ()
    allowed_w: Ranges | None = None
    """Active power that clients have left allowed [W]; None for all."""
    allowed_var: Ranges | None = None
    """Reactive power that clients have left allowed [var]; None for all."""

    @property
    def aim_w(self) -> float:
        """Where the active power is going: the target, inside what is allowed [W]."""
        return self.target_w if self.allowed_w is None else cut(self.target_w, self.allowed_w)

    @property
    def reactive_var(self) -> float:
        """The reactive target, inside what is allowed [var]."""
        if self.allowed_var is None:
            return self.reactive_target_var
        return cut(self.reactive_target_var, self.allowed_var)

    @property
    def is_moving(self) -> bool:
        """Whether the ramp is still on its way."""
        return self.setting_w != self.aim_w

    @property
    def next_due_us(self) -> int | None:
        """When the next set-point reaches the device [µs]."""
        return self.pending[0].due_us if self.pending else None


def send(state: ControlState, rating: Rating, now_us: int, set_point: PendingSetPoint) -> ControlState:
    """Put a set-point on its way; it arrives after the response delay."""
    delay_us = round(rating.response_delay_s * 1e6)
    return state._replace(pending=(*state.pending, set_point._replace(due_us=now_us + delay_us)))


def receive(state: ControlState, rating: Rating, now_us: int) -> ControlState:
    """Take in the set-points that have arrived.

    Args:
        state: Before.
        rating: Of the device.
        now_us: Simulated time [µs].
    """
    while state.pending and state.pending[0].due_us <= now_us:
        arrived, rest = state.pending[0], state.pending[1:]
        if arrived.power_type is PowerType.REACTIVE:
            wanted = 0.0 if arrived.power is None else arrived.power
            state = state._replace(
                reactive_target_var=floor_to_resolution(wanted, rating.resolution_w), pending=rest
            )
        else:
            target = (
                rating.default_w
                if arrived.power is None
                else floor_to_resolution(arrived.power, rating.resolution_w)
            )
            state = state._replace(target_w=target, pending=rest)
    return state


def ramp(state: ControlState, rating: Rating, reach: Bounds, dt_s: float) -> ControlState:
    """Move one control cycle towards the aim.

    Args:
        state: Before.
        rating: Of the device.
        reach: What the device could do now [W]; the ramp starts from inside it.
        dt_s: Length of the cycle [s].
    """
    start = min(max(state.setting_w, reach.lower), reach.upper)
    moved = ramp_towards(rating, start, state.aim_w, dt_s)
    # Beyond its reach the device is held back anyway, so there is nothing left to ramp.
    return state._replace(setting_w=moved if reach.contains(moved) else state.aim_w)


def held_w(state: ControlState, reach: Bounds) -> float:
    """Return the active power that comes of the setting within what the device can do now [W].

    What is held back into a gap between allowed ranges is cut further.
    """
    power_w = min(max(state.setting_w, reach.lower), reach.upper)
    if power_w != state.setting_w and state.allowed_w is not None:
        return cut(power_w, state.allowed_w)
    return power_w
