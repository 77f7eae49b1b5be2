"""What makes two failures the same: the check, or how the application ended."""

from __future__ import annotations

import re

from ..suites.checks.invariants import WORDS
from ..suites.running.case import Verdict

_CHANGING = re.compile(r"0x[0-9a-f]+|\d[\d.:,T+-]*")
"""What is different each time: instants, numbers, addresses."""
_TYPE = re.compile(r"\b([A-Za-z_]\w*(?:Error|Exception|Interrupt|Exit|Group))\b")


def signatures(verdict: Verdict) -> dict[str, float | None]:
    """Return in which ways a case failed, and how long after its start [s]; None of what is about the whole run."""
    if verdict.error is not None:
        # Checks then fail as well, for want of time.
        ended_s = (verdict.end_us - verdict.start_us) / 1e6 if verdict.end_us else None
        return {f"{_exception(verdict.error)}: {_last_line(verdict.error)}": ended_s}
    failed = {}
    for check, outcome in verdict.checks:
        if not outcome.has_passed:
            said = check
            if check == WORDS["exceptions"]:
                said = f"{check}: {_exception(outcome.said)}"
            failed[said] = None if outcome.time_us is None else (outcome.time_us - verdict.start_us) / 1e6
    return failed


def _exception(words: str) -> str:
    """Return the type of the exception that words are about."""
    found = _TYPE.findall(words)
    return found[-1] if found else "failed"


def _last_line(words: str) -> str:
    lines = words.strip().splitlines()
    return _CHANGING.sub("#", lines[-1])[:120] if lines else ""
