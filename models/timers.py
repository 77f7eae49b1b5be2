"""Timers that run down in parts: a rest that only rounding left is none.

Otherwise a device would switch a moment later where somebody looked at it in between.
"""

from __future__ import annotations

TOUCH_S = 1e-9
"""So much of a timer counts as nothing: far below the least step, far above what rounding leaves."""
SHORTEST_HORIZON_S = 1e-3
"""Horizons of models are no shorter [s]: what comes sooner is done in one step, so that time goes on."""


def time_left_s(timer_s: float, dt_s: float) -> float:
    """Return what is left of a timer [s] after a time [s], >= 0."""
    left_s = timer_s - dt_s
    return left_s if left_s > TOUCH_S else 0.0
