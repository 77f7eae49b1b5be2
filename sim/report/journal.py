"""What was commanded in a run, from its journal."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from .site_report import Commands, Refusal

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
    with journal.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            time, _, rest = line.partition(" ")
            if not time.lstrip("-").isdigit():
                raise ValueError(f"{journal}:{number}: {line[:40].rstrip()!r}; accepted: a line of a journal")
            head, brace, details = rest.partition(" {")
            *kind, subject = head.split()
            if not kind or kind[0] == "telemetry":
                continue
            if kind[-1] == "refused":
                refused[
                    subject, " ".join(kind[:-1]), str(json.loads(brace.strip() + details).get("reason", ""))
                ] += 1
            elif kind[-1] in _GIVEN:
                given += 1
    refusals = tuple(Refusal(*name, count) for name, count in refused.most_common(_MOST_REFUSALS))
    return Commands(given + refused.total(), refused.total(), refusals)
