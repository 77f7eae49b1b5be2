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


class RecordedDrive(NamedTuple):
    """What drives a device by a recording."""

    signal: Signal
    """Set-points of active power as the device takes them [W]; currents on all of its phases at 230 V."""
    begin_us: int
    """When the first of them arrives [µs]."""
    phases: tuple[int, ...]
    """Phases of the site that a recorded current is of, in their order at the charger; none where it is a power."""


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
    phases = _phases_of_current(section)
    return rating.told_at_v * len(phases) if phases else 1.0


def _phases_of_current(section: Lapsing) -> tuple[int, ...]:
    if section.recorded is None or section.recorded.unit not in AMPERE.factors:
        return ()
    phases: tuple[int, ...] = getattr(section, "phases", ())
    return phases


def recorded_drive(section: Lapsing, rating: Rating, setting: Setting) -> RecordedDrive:
    """Return the set-points of a recording as its device takes them: later by its delay, and in its steps.

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
    begin_us = setting.start_us + delay_us
    if delay_us > 0:
        signal = Later(signal, delay_us, begin_us)
    return RecordedDrive(signal, begin_us, _phases_of_current(section))
