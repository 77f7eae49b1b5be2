"""Power on three phases."""

from __future__ import annotations

from typing import NamedTuple


class PhasePower(NamedTuple):
    """Active [W] and reactive [var] power of the three phases, passive sign convention."""

    p1: float = 0.0
    p2: float = 0.0
    p3: float = 0.0
    q1: float = 0.0
    q2: float = 0.0
    q3: float = 0.0

    @property
    def active_w(self) -> float:
        """Active power of all phases together [W]."""
        return self.p1 + self.p2 + self.p3

    @property
    def reactive_var(self) -> float:
        """Reactive power of all phases together [var]."""
        return self.q1 + self.q2 + self.q3
