"""What is broken at an instant."""

from __future__ import annotations

from typing import NamedTuple

from ..domain.faults import Fault
from ..domain.messages import Reading
from ..domain.metrics import Metric


class LateReading(NamedTuple):
    """What a component will report."""

    taken_us: int
    stamp_us: int
    reading: Reading


class ActiveFault(NamedTuple):
    """A fault and since when."""

    fault: Fault
    since_us: int
    ending: int | None
    """Agenda number of its end; None if it does not mend by itself."""
    held: dict[Metric, float]
    """What a frozen component keeps saying."""
    is_there: bool = True
    """Whether it is there now, of one that comes and goes."""
    turning: int | None = None
    """Agenda number of when that changes."""
    stuck_w: float | None = None
    """Power at which a device is stuck [W]."""
    session: tuple[tuple[str, float], ...] = ()
    """Inputs of the session of a car that stays, and their values."""
    late: tuple[LateReading, ...] = ()
    """What has not been reported yet."""


class FaultsState(NamedTuple):
    """Everything that is broken."""

    last_number: int = 0
    active: dict[int, ActiveFault] = {}  # noqa: RUF012 - never changed in place
