"""What a device can be told, and how it follows."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..domain.metrics import PowerType
from ..domain.ranges import Bounds


def whole_steps_w(least_w: float, step_w: float) -> float:
    """Return the least power of whole steps that is not below a power [W]; the power itself if there are no steps."""
    return step_w * math.ceil(least_w / step_w - 1e-9) if step_w > 0.0 else least_w


class Rating(NamedTuple):
    """What a device can be told, and how it follows."""

    active: Bounds | None
    """Rated active power [W]; None if it takes no set-points of it."""
    reactive: Bounds | None
    """Rated reactive power [var]; None if it takes no set-points of it."""
    default_w: float
    """Active power that it aims for without a set-point [W]."""
    ramp_rate_w_per_s: float
    """Greatest change of active power [W/s]; infinite for none."""
    response_delay_s: float
    """From a command to the first movement [s]."""
    resolution_w: float = 0.0
    """Step of the set-point [W] or [var]; 0 for none."""
    minimum_w: float = 0.0
    """Magnitude of active power below which it does not run [W]."""
    rest_w: float = 0.0
    """Active power that it draws while it is told 0 and ready, where that is always the same [W]."""
    told_at_v: float = 0.0
    """Voltage by which clients turn its least current into a power [V]; 0 if it has no least current."""
    is_limit: bool = False
    """Whether a set-point is the most that it may do, rather than what it is to do."""

    @property
    def only_produces(self) -> bool:
        """Whether it takes set-points of nothing but production."""
        return self.active is not None and self.active.upper <= 0.0

    @property
    def minimum_set_point_w(self) -> float:
        """Least magnitude of active power, other than 0 and its rest, that it can be told [W].

        0 where a set-point is a limit: a lower one than the device runs at lets it pause.
        """
        return 0.0 if self.is_limit else self.minimum_w

    @property
    def widest(self) -> Bounds:
        """What it can ever be asked to have [W]; without end where a set-point is a limit: a car may take more."""
        if self.is_limit:
            return Bounds(-math.inf, math.inf)
        return self.active or Bounds(0.0, 0.0)

    @property
    def size(self) -> float:
        """Greatest rated power [W] or [var], by which tolerances go."""
        return max(abs(edge) for bounds in (self.active, self.reactive) if bounds for edge in bounds)

    def of(self, power_type: PowerType) -> Bounds | None:
        """Return the rated power of an axis; None if the device takes no set-points of it."""
        return self.active if power_type is PowerType.ACTIVE else self.reactive
