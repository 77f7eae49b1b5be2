"""What an inverter does with its set-points: delay, ramp and what it aims for when it has none."""

from __future__ import annotations

from typing import NamedTuple

from ..models.inverter import InverterParams, floor_to_resolution, ramp_towards
from .vocabulary import Bounds, PowerType


class PendingSetPoint(NamedTuple):
    """A set-point on its way to the device."""

    due_us: int
    power_type: PowerType
    power: float | None
    """[W] or [var]; None returns the axis to its default."""


class ControlState(NamedTuple):
    """Where an inverter's control stands."""

    target_w: float
    """Where the last set-point sends the active power, or the default [W]."""
    setting_w: float
    """Where the ramp has brought it [W]."""
    reactive_var: float
    """What the last reactive set-point asks for [var]."""
    pending: tuple[PendingSetPoint, ...] = ()

    @property
    def is_moving(self) -> bool:
        """Whether the ramp is still on its way."""
        return self.setting_w != self.target_w

    @property
    def next_due_us(self) -> int | None:
        """When the next set-point reaches the device [µs]."""
        return self.pending[0].due_us if self.pending else None


def send(
    state: ControlState, params: InverterParams, now_us: int, set_point: PendingSetPoint
) -> ControlState:
    """Put a set-point on its way; it arrives after the response delay."""
    delay_us = round(params.response_delay_s * 1e6)
    return state._replace(pending=(*state.pending, set_point._replace(due_us=now_us + delay_us)))


def receive(state: ControlState, params: InverterParams, now_us: int, default_w: float) -> ControlState:
    """Take in the set-points that have arrived.

    Args:
        state: Before.
        params: Of the inverter.
        now_us: Simulated time [µs].
        default_w: Active power that the inverter aims for without a set-point [W].
    """
    while state.pending and state.pending[0].due_us <= now_us:
        arrived, rest = state.pending[0], state.pending[1:]
        if arrived.power_type is PowerType.REACTIVE:
            wanted = 0.0 if arrived.power is None else arrived.power
            state = state._replace(
                reactive_var=floor_to_resolution(wanted, params.resolution_w), pending=rest
            )
        else:
            target = (
                default_w
                if arrived.power is None
                else floor_to_resolution(arrived.power, params.resolution_w)
            )
            state = state._replace(target_w=target, pending=rest)
    return state


def ramp(state: ControlState, params: InverterParams, reach: Bounds, dt_s: float) -> ControlState:
    """Move one control cycle towards the target.

    Args:
        state: Before.
        params: Of the inverter.
        reach: What the DC side allows now [W]; the ramp starts from inside it.
        dt_s: Length of the cycle [s].
    """
    start = min(max(state.setting_w, reach.lower), reach.upper)
    moved = ramp_towards(params, start, state.target_w, dt_s)
    # Beyond its reach the DC side holds the power back, so there is nothing left to ramp.
    return state._replace(setting_w=moved if reach.contains(moved) else state.target_w)
