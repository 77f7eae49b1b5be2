"""Wear of machines by running and by starting, as equivalent time in operation.

A start wears a machine as some time in operation does, so maintenance goes by equivalent hours: `t_eq = t + n t_start`.
What a worn machine needs more of grows evenly with them.
"""

from __future__ import annotations

_SECONDS_PER_HOUR = 3600.0


def equivalent_s(run_s: float, starts: int, start_wear_s: float) -> float:
    """Return the equivalent time in operation [s].

    Args:
        run_s: In operation so far [s].
        starts: So far.
        start_wear_s: Time in operation that wears as much as a start [s].
    """
    return run_s + starts * start_wear_s


def worn_factor(growth_per_h: float, worn_s: float, ahead_s: float) -> float:
    """Return what a worn machine needs over what it needed when new, as a mean over a time in operation.

    Args:
        growth_per_h: Share by which it grows in an equivalent hour [1/h].
        worn_s: Equivalent time in operation so far [s].
        ahead_s: In operation from there on [s]; 0 for the present.
    """
    return 1.0 + growth_per_h * (worn_s + 0.5 * ahead_s) / _SECONDS_PER_HOUR
