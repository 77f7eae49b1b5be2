"""A machine with a minimum load: it runs within its range, or it stands still."""

from __future__ import annotations


def running_power_w(wanted_w: float, minimum_w: float) -> float:
    """Return the power at which a machine runs [W]: what is wanted, or 0 if that is below its minimum.

    Args:
        wanted_w: Active power asked for [W], of either sign.
        minimum_w: Least magnitude at which it runs [W].
    """
    return wanted_w if abs(wanted_w) >= minimum_w else 0.0
