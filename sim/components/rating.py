"""What a device can be told, and how it follows."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..domain.metrics import PowerType
from ..domain.ranges import NOTHING_BUT_ZERO, Bounds


def gap_of(minimum_w: float, minimum_delivered_w: float | None) -> Bounds:
    """Return between which powers nothing runs that has a minimum each way, or one for both if the second is None."""
    delivered_w = minimum_w if minimum_delivered_w is None else minimum_delivered_w
    return Bounds(0.0 - delivered_w, minimum_w)


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
    """Step to which a set-point is cut [W] or [var]; 0 for none."""
    minimum_w: float = 0.0
    """Least active power that it draws while it runs, and least that it delivers unless that is another [W]."""
    rest_w: float = 0.0
    """Active power that it draws while it is told 0 and ready, where that is always the same [W]."""
    step_w: float = 0.0
    """Step to which it cuts a set-point within itself, so that it may have that much less [W]; 0 for none."""
    told_at_v: float = 0.0
    """Voltage by which clients turn its least current into a power [V]; 0 if it has no least current."""
    is_limit: bool = False
    """Whether a set-point is the most that it may do, rather than what it is to do."""
    minimum_delivered_w: float | None = None
    """Least active power that it delivers while it runs, as a magnitude [W]; `minimum_w` if None."""
    step_var: float = 0.0
    """Step in which reactive power comes, the nearest to what it is told [var]; 0 for none.

    At nominal voltage: a step is a capacitor, whose power goes by the square of the voltage.
    """
    response_jitter_s: float = 0.0
    """Greatest time by which the first movement comes later than that [s]."""
    response_lag_s: float = 0.0
    """Time constant of the first-order filter by which active power follows a set-point [s]; 0 for none."""
    alone: Bounds | None = None
    """What a hybrid inverter delivers of less than that as well, made by the sun alone [W]; None if nothing."""
    most_told_w: float = 0.0
    """Greatest set-point of active power that it takes, and cuts to its rating [W]; 0 where the rating is that."""

    @property
    def latest_response_s(self) -> float:
        """Time from a command to the first movement, at most [s]."""
        return self.response_delay_s + self.response_jitter_s

    @property
    def gap(self) -> Bounds:
        """The active powers between which it cannot run [W]; 0 and 0 if it can at any."""
        return gap_of(self.minimum_w, self.minimum_delivered_w)

    def least_w(self, power_w: float) -> float:
        """Return the least magnitude of active power that it runs at in the direction of a power [W]."""
        if power_w > 0.0:
            return self.gap.upper
        if self.alone is not None and power_w >= self.alone.lower:
            return -self.alone.upper
        return -self.gap.lower

    @property
    def only_produces(self) -> bool:
        """Whether it takes set-points of nothing but production."""
        return self.active is not None and self.active.upper <= 0.0

    def minimum_set_point_w(self, power_w: float) -> float:
        """Return the least magnitude, other than 0 and its rest, that it can be told in the direction of a power [W].

        0 where a set-point is a limit: a lower one than the device runs at lets it pause.
        """
        return 0.0 if self.is_limit else self.least_w(power_w)

    @property
    def set_point_gap(self) -> Bounds:
        """The powers between which it can be told none but 0 and its rest [W]; 0 and 0 if any."""
        return NOTHING_BUT_ZERO[0] if self.is_limit else self.gap

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
