"""The load that a machine takes on once it is ready: by and by, from its least load to its rating.

A set-point that reaches a machine on its way to operation has long come to its aim when the machine is ready; without
this, the machine would jump there. Load rises in steps of a second's worth, the first at once, so that power is
constant between events; a set-point that rises at the same rate never meets them.
"""

from __future__ import annotations

import math

from .timers import TOUCH_S


def loading_s(least_w: float, rated_w: float, rate_w_per_s: float) -> float:
    """Return how long it takes until a machine may have its full load [s]; 0 if the rate is infinite."""
    return max(math.ceil((rated_w - least_w) / rate_w_per_s) - 1.0, 0.0)


def loaded_limit_w(least_w: float, rated_w: float, rate_w_per_s: float, loaded_s: float) -> float:
    """Return the greatest load of a machine that has been ready for a while [W].

    Args:
        least_w: Its least load [W].
        rated_w: Its rating [W].
        rate_w_per_s: Load that it takes on in a second, > 0 [W/s].
        loaded_s: Since it was ready, >= 0 [s]; counts up to `loading_s`.
    """
    if loaded_s >= loading_s(least_w, rated_w, rate_w_per_s) - TOUCH_S:
        return rated_w
    return least_w + rate_w_per_s * (math.floor(loaded_s + TOUCH_S) + 1.0)


def next_load_s(loaded_s: float) -> float:
    """Return how long it takes until the greatest load rises again [s], > 0, where it still does."""
    return math.floor(loaded_s + TOUCH_S) + 1.0 - loaded_s
