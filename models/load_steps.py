"""The load that a generating set takes on at once: steps, between which its speed comes back.

From a load at which its speed has settled an engine takes on no more than a step; what it is to have besides it takes
on once speed has recovered, from there on. Load that comes during a recovery begins it anew. Load is taken off at
once, and the next step counts from what is left.
"""

from __future__ import annotations

import math

from .timers import TOUCH_S


def accepted_w(step_w: float, steady_w: float) -> float:
    """Return the greatest load until speed has recovered [W].

    Args:
        step_w: Load that is taken on at once, > 0; infinite for any [W].
        steady_w: Load at which speed had settled [W].
    """
    return steady_w + step_w


def recovering_for_s(recovery_s: float, recovering_s: float, taken_w: float, load_w: float) -> float:
    """Return how long speed still takes to recover from a step that has been taken [s], > 0.

    Args:
        recovery_s: Of a whole step [s].
        recovering_s: What was left of that; 0 as the step is taken [s].
        taken_w: Load from which that recovers [W].
        load_w: Now [W].
    """
    return recovering_s if recovering_s > TOUCH_S and load_w <= taken_w else recovery_s


def steadied(
    step_w: float,
    recovery_s: float,
    steady_w: float,
    recovering_s: float,
    taken_w: float,
    load_w: float,
    dt_s: float,
) -> tuple[float, float, float]:
    """Return the load at which speed has settled [W], what is left of a recovery [s], and from which load that is [W].

    That is after a constant load.

    Args:
        step_w: As for `accepted_w`.
        recovery_s: Of a whole step [s].
        steady_w: Load at which speed had settled before [W].
        recovering_s: What was left of a recovery then [s].
        taken_w: Load from which that recovered [W].
        load_w: Meanwhile [W].
        dt_s: For how long, at most until a recovery is over [s].
    """
    if step_w == math.inf:
        return 0.0, 0.0, 0.0
    if load_w <= steady_w:
        return load_w, 0.0, load_w
    left_s = recovering_for_s(recovery_s, recovering_s, taken_w, load_w) - dt_s
    return (steady_w, left_s, load_w) if left_s > TOUCH_S else (load_w, 0.0, load_w)
