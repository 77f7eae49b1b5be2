"""What can go wrong with a site: its devices, what they report, and the line to them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from .messages import RefusalStatus
from .metrics import Metric


class FaultKind(StrEnum):
    """How something breaks."""

    TRIP = "trip"
    """The device switches off and reports an error."""
    FROZEN = "frozen"
    """Values stay as they were; times go on."""
    MISSING = "missing"
    """Metrics are left out."""
    NAN = "nan"
    """Values are not available."""
    NOISY = "noisy"
    """Values scatter, parts of a whole between 0 and all of it; the amount is the relative standard deviation."""
    DRIFTING = "drifting"
    """Values grow away from the truth, parts of a whole up to all of it; the amount is relative, per hour."""
    WRONG_SIGN = "wrong_sign"
    """Values have the opposite sign, as behind a current transformer the wrong way round."""
    STALE = "stale"
    """Sample times stand still; values go on."""
    SILENT = "silent"
    """The stream stays open and says nothing."""
    DROPPED = "dropped"
    """Streams end with an error, and new ones are refused."""
    REFUSED = "refused"
    """Commands are refused, as if the device could not be reached unless a status and a text say otherwise."""
    HANGING = "hanging"
    """Commands get no answer and have no effect."""


class Fault(NamedTuple):
    """Something that is broken."""

    component: str
    """Key of the component."""
    kind: FaultKind
    diagnostic: str = "HARDWARE_FAULT"
    """Name of the diagnostic code that a tripped device reports."""
    amount: float = 0.1
    """How much, where the kind says so."""
    metrics: tuple[Metric, ...] = ()
    """Which metrics report wrongly; all if empty."""
    recoverable: bool = True
    """Whether a client may clear a trip by acknowledging it, unless it mends by itself."""
    status: RefusalStatus | None = None
    """By which commands are refused; as of what cannot be reached if None."""
    text: str = ""
    """What clients are told then; that the component cannot be reached if empty."""
