"""How long anything may last that is asked of a running site, and how durations are told."""

from __future__ import annotations

LONGEST_S = 366 * 86_400.0
"""More than that is taken for a mistake [s]."""
LONGEST_RESTART_S = 86_400.0
"""The same of how long a server is gone [s]."""
_UNITS = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"))


def duration_in_words(duration_s: float) -> str:
    """Return a duration in the largest unit of which it is a whole number, as it can be written again.

    Args:
        duration_s: How long [s].
    """
    for size_s, unit in _UNITS:
        if duration_s and duration_s % size_s == 0.0:
            return f"{duration_s / size_s:.15g} {unit}"
    rounded = f"{duration_s:g}"
    return f"{duration_s:.15g} s" if "e+" in rounded else f"{rounded} s"
