"""What follows a set-point of active power that lapses, which is a choice of a device's maker."""

from __future__ import annotations

from typing import Literal

Lapse = float | Literal["hold", "release"]
"""A power [W], the set-point itself, or whatever the device does by itself."""


def instead_of(power_w: float, lapse: Lapse) -> float | None:
    """Return the power that follows a set-point [W]; None for any."""
    if lapse == "release":
        return None
    return power_w if lapse == "hold" else lapse
