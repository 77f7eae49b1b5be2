"""Multiples of a step, as a display shows them."""

from __future__ import annotations

import math

_SAME = 1e-12


def in_steps(count: float, step: float) -> float:
    """Return so many steps, as the float next to their decimal: 217 steps of 0.1 are 21.7, not 21.700000000000003.

    Args:
        count: A whole number.
        step: > 0.
    """
    parts = parts_of_one(step)
    return count / parts if parts > 0 else count * step


def parts_of_one(step: float) -> int:
    """Return how many steps one is, 10 of 0.1; 0 if that is no whole number above 1."""
    parts = math.floor(1.0 / step + 0.5)
    return parts if parts > 1 and abs(step * parts - 1.0) < _SAME else 0
