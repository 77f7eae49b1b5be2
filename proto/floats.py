"""The wire's 32-bit floats, where their coarseness would break a promise."""

from __future__ import annotations

from struct import Struct

from ..sim.vocabulary import Bounds

_FLOAT = Struct("<f")
_HALF_SPACING = 2.0**-24
"""Half the distance between neighbouring 32-bit floats is at most this share of their magnitude."""


def float32(value: float) -> float:
    """Return the 32-bit float nearest to a value."""
    nearest: float = _FLOAT.unpack(_FLOAT.pack(value))[0]
    return nearest


def inward(bounds: Bounds) -> Bounds:
    """Round a range to 32-bit floats without making it wider.

    A client may then command any bound that it was told: rounded to the nearest float, half of the bounds
    would lie a little outside of what the gateway accepts. A range too narrow to hold a 32-bit float becomes
    the nearest one.
    """
    lower, upper = float32(bounds.lower), float32(bounds.upper)
    if lower < bounds.lower:
        lower = float32(bounds.lower + abs(bounds.lower) * _HALF_SPACING)
    if upper > bounds.upper:
        upper = float32(bounds.upper - abs(bounds.upper) * _HALF_SPACING)
    if lower <= upper:
        return Bounds(lower, upper)
    nearest = float32(bounds.lower)
    return Bounds(nearest, nearest)
