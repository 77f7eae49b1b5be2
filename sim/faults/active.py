"""What is broken at an instant."""

from __future__ import annotations

from typing import NamedTuple

from ..domain.faults import Fault
from ..domain.metrics import Metric


class ActiveFault(NamedTuple):
    """A fault and since when."""

    fault: Fault
    since_us: int
    ending: int | None
    """Agenda number of its end; None if it does not mend by itself."""
    held: dict[Metric, float]
    """What a frozen component keeps saying."""


class FaultsState(NamedTuple):
    """Everything that is broken."""

    last_number: int = 0
    active: dict[int, ActiveFault] = {}  # noqa: RUF012 - never changed in place
