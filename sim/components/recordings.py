"""What recordings say that devices are to do, in place of clients."""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

from ..files.units import AMPERE
from ..inputs.limited import InSteps, Later, Multiple
from ..inputs.signal import Signal
from .rating import Rating
from .section import ComponentSection, Lapsing
from .setting import Setting

RECORDED = "recorded"
"""Name of the input."""


class Astray(NamedTuple):
    """How a device did not do what its recording says, from the start of a run on."""

    key: str
    first_us: int
    """Since when first [µs since the Unix epoch]."""
    time_s: float
    """For how long in all [s]."""
    energy_wh: float
    """By which energy, either way [Wh]."""
    most_w: float
    """By which power at most [W]."""
    is_limit: bool
    """Whether a set-point is the most that it may have, so that sun or car may leave it less."""


def is_recorded(section: ComponentSection) -> TypeGuard[Lapsing]:
    """Say whether a recording drives a component."""
    return isinstance(section, Lapsing) and section.recorded is not None


def recorded_factor(section: Lapsing, rating: Rating) -> float:
    """Return what a recorded value is to be multiplied by for watts: 1, or volts for amperes of each phase."""
    if section.recorded is None or section.recorded.unit not in AMPERE.factors:
        return 1.0
    return rating.told_at_v * len(getattr(section, "phases", ()))


def recorded_set_points(section: Lapsing, rating: Rating, setting: Setting) -> Signal:
    """Return the set-points of a recording [W] as its device takes them: later by its delay, and in its steps.

    Until the first one has arrived, the device does what it does without.

    Raises:
        InputError: If the file is wrong, or has nothing to say when the run starts.
    """
    spec = section.recorded
    assert spec is not None
    signal = setting.signal(RECORDED, spec)
    signal = Multiple(signal, recorded_factor(section, rating))
    if rating.resolution_w > 0.0:
        signal = InSteps(signal, rating.resolution_w)
    delay_us = round(rating.response_delay_s * 1e6)
    if delay_us == 0:
        return signal
    return Later(signal, delay_us, setting.start_us + delay_us, rating.default_w)
