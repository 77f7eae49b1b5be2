"""One protection of a battery: a threshold with a delay, a release, and a warning before it, each with hysteresis."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter, ParameterError
from .timers import TOUCH_S

TOUCH = 1e-6
"""Nearer to a threshold than this [V, A, K] counts as having reached it: crossings are met to rounding."""


class ProtectionParams(NamedTuple):
    """Thresholds of one protection, in the unit of what it watches: V per cell, A, or °C."""

    trip: Annotated[float, Parameter("")]
    """Reached for longer than the delay, the protection trips."""
    release: Annotated[float, Parameter("")]
    """The cause has gone once the quantity is back here."""
    warning: Annotated[float, Parameter("")]
    """A warning from here on, without delay."""
    warning_release: Annotated[float, Parameter("")]
    """The warning ends here."""
    delay_s: Annotated[float, Parameter("s", lower=0.0)]


class Watch(NamedTuple):
    """A protection and what it sees."""

    protection: ProtectionParams
    value: float
    sign: float
    """1 if too much trips, -1 if too little does."""
    applies: bool


def exceeds(watch: Watch) -> bool:
    """Say whether the threshold of the trip is reached."""
    return watch.applies and watch.sign * (watch.value - watch.protection.trip) >= -TOUCH


def is_released(watch: Watch) -> bool:
    """Say whether the cause of a trip has gone."""
    return watch.sign * (watch.value - watch.protection.release) <= TOUCH


def warns(watch: Watch, did: bool) -> bool:
    """Say whether there is a warning, given whether there was one."""
    if watch.applies and watch.sign * (watch.value - watch.protection.warning) >= -TOUCH:
        return True
    return did and watch.sign * (watch.value - watch.protection.warning_release) > TOUCH


def is_due(watch: Watch, exceeded_s: float) -> bool:
    """Say whether a protection trips, having been exceeded for a time [s]."""
    return exceeds(watch) and exceeded_s >= watch.protection.delay_s - TOUCH_S


def due_s(watch: Watch, exceeded_s: float) -> float:
    """Return the time until a protection trips [s]; infinite if its threshold is not reached."""
    return watch.protection.delay_s - exceeded_s if exceeds(watch) else math.inf


def exceeded_after(watch: Watch, exceeded_s: float, dt_s: float) -> float:
    """Return for how long a threshold has been exceeded [s], at most its delay, after a further time."""
    return min(exceeded_s + dt_s, watch.protection.delay_s) if exceeds(watch) else 0.0


def way_ahead(protection: ProtectionParams, value: float, direction: float) -> float:
    """Return how far ahead the next threshold of a protection is, > 0; infinite if there is none.

    Args:
        protection: Of which any threshold counts, those of warnings and releases included.
        value: Of the quantity now.
        direction: Rising if positive.
    """
    sign, way = (1.0 if direction > 0.0 else -1.0), math.inf
    for threshold in (protection.trip, protection.release, protection.warning, protection.warning_release):
        ahead = sign * (threshold - value)
        if ahead > TOUCH:
            way = min(way, ahead)
    return way


def check_protection(name: str, sign: float, protection: ProtectionParams) -> None:
    """Refuse thresholds in an order that cannot work.

    Args:
        name: Of the parameter, for the message.
        sign: 1 if too much trips, -1 if too little does.
        protection: Its thresholds.

    Raises:
        ParameterError: If a release or a warning is not on the safe side of what it belongs to.
    """
    side = "below" if sign > 0.0 else "above"
    for inner, outer in (("release", "trip"), ("warning", "trip"), ("warning_release", "warning")):
        found, limit = getattr(protection, inner), getattr(protection, outer)
        if not sign * (limit - found) > 0.0:
            raise ParameterError(
                f"{name}.{inner}", f"{found:g}", f"{side} {name}.{outer}, which is {limit:g}"
            )
