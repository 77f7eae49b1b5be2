"""What devices are held to: ratings, the window of a battery, and the bounds that they show themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ....sim.components.rating import Rating
from ....sim.domain.messages import Reading as Report
from ....sim.domain.metrics import Metric
from ....sim.domain.ranges import Ranges
from ....sim.plant.numbering import CONTROL_CYCLE_US
from ....sim.plant.plant import Plant
from ....sim.telemetry.power_bounds import bounded_metrics
from .breach import ACTIVE, Breach, powers_of
from .fuse_loads import FuseLoads

_LEAST = 1.0
_SHARE = 1e-3
"""What is no excess yet, at least [W], [var] or [VA] and of the limit."""
_SOC_PCT = 0.01
_REST = 0.05
"""Share of its rating that a device may draw for itself while it rests: electronics, pumps, fans."""
Read = Callable[[str], Report]
Breaches = Iterator[Breach]


class _Excess(NamedTuple):
    """How far a power is from where it may be."""

    from_zero: float
    from_ranges: float
    """From the nearest of them; infinite without any."""

    def is_nearer_than(self, before: _Excess) -> bool:
        """Say whether the power has come nearer to 0, or to a range, of which not all hold 0."""
        return self.from_zero < before.from_zero or self.from_ranges < before.from_ranges


class Ratings:
    """No fuse carries more than its rated current for long or melts, no device goes beyond its rating."""

    def __init__(self, plant: Plant, tell: Callable[[Breach, int], object]) -> None:
        """Take the ratings of a plant.

        Args:
            plant: Whose ratings hold.
            tell: Called with a fuse that has melted or was overloaded for too long, and when that was so [µs since the
                Unix epoch]: what caused it may be over by the next sampling.
        """
        grid = plant.equipment.grid_key
        fuse_a: float | None = getattr(plant.site.components[grid], "rated_fuse_current_a", None)
        FuseLoads(
            plant,
            math.inf if fuse_a is None else fuse_a,
            lambda words, time_us: tell(Breach(grid, words), time_us),
        )
        self._devices = [
            (
                key,
                rating.widest.lower,
                max(rating.widest.upper, rest_of(rating)),
                plant.equipment.inverters[key].rated_apparent_power_va
                if key in plant.equipment.inverters
                else math.inf,
            )
            for key, rating in plant.equipment.ratings.items()
        ]

    def look(self, time_us: int, read: Read) -> Breaches:
        """Yield what is beyond its rating at a sampling [µs]."""
        del time_us
        for key, lower_w, upper_w, rated_va in self._devices:
            values = read(key).values
            power_w = values[Metric.AC_POWER_ACTIVE]
            apparent_va = math.hypot(power_w, values.get(Metric.AC_POWER_REACTIVE, 0.0))
            if power_w < lower_w - _room(lower_w) or power_w > upper_w + _room(upper_w):
                yield Breach(key, f"{power_w:.5g} W, rated {lower_w:.5g} W to {upper_w:.5g} W", ACTIVE)
            elif apparent_va > rated_va + _room(rated_va):
                yield Breach(key, f"{apparent_va:.5g} VA, rated {rated_va:.5g} VA")


class Windows:
    """Batteries stay within their windows of SoC; one that begins outside of it gets no farther out."""

    def __init__(self, plant: Plant) -> None:
        """Find the batteries of a plant."""
        self._batteries = tuple(plant.equipment.batteries)
        self._begun: dict[str, float] = {}

    def look(self, time_us: int, read: Read) -> Breaches:
        """Yield batteries that are outside at a sampling."""
        del time_us
        for key in self._batteries:
            report = read(key)
            soc_pct = report.values[Metric.BATTERY_SOC_PCT]
            begun_pct = self._begun.setdefault(key, soc_pct)
            ((lower_pct, upper_pct),) = report.bounds[Metric.BATTERY_SOC_PCT]
            least_pct, most_pct = min(lower_pct, begun_pct) - _SOC_PCT, max(upper_pct, begun_pct) + _SOC_PCT
            if not least_pct <= soc_pct <= most_pct:
                words = f"soc = {soc_pct:.5g} %, of a window of {lower_pct:g} % to {upper_pct:g} %"
                yield Breach(key, words, ACTIVE)


class Obedience:
    """Powers are within the bounds that their devices show, or on their way back into them.

    Machines that start and stop by controls of their own, such as CHPs, do so in their own time and are left out, and
    so is what is stuck: it does what its fault says.
    """

    def __init__(self, plant: Plant) -> None:
        """Find the powers of a plant that have bounds."""
        self._plant = plant
        machines = plant.equipment.machines
        self._powers = [
            (key, metric)
            for key in plant.wiring.order
            if key not in machines or machines[key].activity is None
            for metric in bounded_metrics(plant, key)
        ]
        self._patience_us = {
            key: round(rating.latest_response_s * 1e6) + 2 * CONTROL_CYCLE_US
            for key, rating in plant.equipment.ratings.items()
        }
        self._rest_w = {key: rest_of(rating) for key, rating in plant.equipment.ratings.items()}
        self._outside: dict[tuple[str, Metric], tuple[int, _Excess]] = {}
        """Since when a power is outside and comes no nearer, and by how much."""

    def look(self, time_us: int, read: Read) -> Breaches:
        """Yield powers that are outside of their bounds at a sampling [µs] and should have come back."""
        for power in self._powers:
            key, metric = power
            if self._plant.impairments.of(key).stuck_w is not None:
                continue
            report = read(key)
            value = report.values[metric]
            excess = _excess(value, report.bounds[metric])
            if excess is None or 0.0 < value <= self._rest_w.get(key, 0.0):
                if self._outside:
                    self._outside.pop(power, None)
                continue
            since_us, before = self._outside.get(power, (time_us, excess))
            if excess.is_nearer_than(before):
                since_us = time_us
            self._outside[power] = since_us, excess
            if time_us - since_us > self._patience_us.get(key, 2 * CONTROL_CYCLE_US):
                shown = " or ".join(f"{lower:.5g} to {upper:.5g}" for lower, upper in report.bounds[metric])
                words = f"{metric} = {value:.5g} {metric.unit}, while it shows {shown}"
                yield Breach(key, words, powers_of(metric))


def rest_of(rating: Rating) -> float:
    """Return the active power that a device may draw while it is told 0 [W]."""
    return max(rating.rest_w, _REST * rating.size)


def _excess(value: float, allowed: Ranges) -> _Excess | None:
    """Return by how much a power is outside of all ranges, None if it is not; 0 may always be."""
    from_ranges = min((max(lower - value, value - upper, 0.0) for lower, upper in allowed), default=math.inf)
    excess = _Excess(abs(value), from_ranges)
    return None if min(excess) <= _room(value) else excess


def _room(limit: float) -> float:
    return _LEAST + _SHARE * abs(limit) if math.isfinite(limit) else 0.0
