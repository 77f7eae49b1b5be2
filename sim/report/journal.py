"""What was commanded in a run, from its journal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ..domain.journal_lines import journal_lines
from ..domain.printable import printable
from .site_report import Commands, RefusalCount

_MOST_REFUSALS = 20
_GIVEN = ("accepted", "augmented", "cleared")


def commands_in(journal: Path) -> Commands:
    """Return what was commanded, and what of it was refused.

    Args:
        journal: Of `doppelgrid lockstep --journal`.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is none; says which line.
    """
    given, refused = 0, Counter[tuple[str, str, str]]()
    for line in journal_lines(journal):
        kind, _, outcome = line.kind.rpartition(" ")
        if outcome == "refused":
            refused[line.subject, kind, printable(str(line.details.get("reason", "")))] += 1
        elif outcome in _GIVEN:
            given += 1
    refusals = tuple(RefusalCount(*name, count) for name, count in refused.most_common(_MOST_REFUSALS))
    return Commands(given + refused.total(), refused.total(), refusals)
