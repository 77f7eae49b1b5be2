"""Powers over the intervals between samples: means, and least and greatest values.

What devices report are instants. What is written down of powers are means, so that they add up to energies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...models.meter import MeterParams, meter_rounded, meter_window_us
from ..domain.metrics import Metric
from ..kernel.intervals import PHASES, WITH_TOTALS, battery_place, meter_place
from ..network.wiring import sum_towards_inverters
from ..plant.plant import Plant
from ..site.site import Site
from .metrics import AlternatingSide, DirectSide
from .parts import parts_of

ACTIVE = (
    Metric.AC_POWER_ACTIVE,
    Metric.AC_POWER_ACTIVE_PHASE_1,
    Metric.AC_POWER_ACTIVE_PHASE_2,
    Metric.AC_POWER_ACTIVE_PHASE_3,
)
REACTIVE = (
    Metric.AC_POWER_REACTIVE,
    Metric.AC_POWER_REACTIVE_PHASE_1,
    Metric.AC_POWER_REACTIVE_PHASE_2,
    Metric.AC_POWER_REACTIVE_PHASE_3,
)
OVER_INTERVALS = (*ACTIVE, *REACTIVE, Metric.DC_POWER)
"""Metrics that are written down as means of intervals: powers of which the mean times the time is an energy."""

LEAST_INTERVAL_US = 1_000_000
"""From intervals of this length on, powers are written down as means; below, they are as they were reported [µs]."""
Powers = dict[Metric, Any]
"""Numbers or columns [W], [var]."""


def with_totals(phases: Sequence[Any]) -> Powers:
    """Return the powers of a component on the AC side, given those of L1, L2 and L3, active before reactive."""
    p1, p2, p3, q1, q2, q3 = phases
    values = (p1 + p2 + p3, p1, p2, p3, q1 + q2 + q3, q1, q2, q3)
    return dict(zip((*ACTIVE, *REACTIVE), values, strict=True))


def shown_windows(site: Site, interval_us: float) -> frozenset[str]:
    """Return the keys of meters whose window is longer than an interval [µs]: they show their last means throughout."""
    measured = {key: getattr(component, "measurement", None) for key, component in site.components.items()}
    return frozenset(
        key
        for key, options in measured.items()
        if options is not None and round(1e6 * options.window_s) > interval_us
    )


def is_measured_over(params: MeterParams, interval_us: int) -> bool:
    """Say whether a meter has new means at least once in an interval; else it shows the last ones throughout."""
    return meter_window_us(params) <= interval_us


class IntervalReader:
    """Reads what flowed through the components of a running plant over one interval."""

    def __init__(self, plant: Plant, *, extremes: bool = False) -> None:
        """Begin an interval, which ends when it is read.

        Args:
            plant: Must be up to date.
            extremes: Whether least and greatest values will be asked for.
        """
        self._plant = plant
        self._layout = plant.operating_point.layout
        self._gathered = plant.gather(extremes=extremes)
        self._ways = plant.switching.closed_ways() if plant.wiring.dc_passages else {}
        self._through: Mapping[str, float] | None = None
        self._parts = {key: parts_of(plant, key) for key in plant.site.components}

    @property
    def begin_us(self) -> int:
        """When the interval began [µs since the Unix epoch]."""
        return self._gathered.begin_us

    def is_whole(self) -> bool:
        """Say whether all is known of the interval up to the present."""
        return self._gathered.is_whole(self._plant.time_us)

    def close(self) -> None:
        """Gather no more."""
        self._plant.follow_no_more(self._gathered)

    def means(self, key: str) -> Powers:
        """Return the mean powers of a component; nothing of one that has none, or whose meter still shows a window."""
        if AlternatingSide in self._parts[key]:
            return self._ac_means(key)
        if DirectSide not in self._parts[key]:
            return {}
        batteries, means = self._plant.places.batteries, self._gathered.means
        if key in batteries:
            return {Metric.DC_POWER: means[battery_place(self._layout, batteries[key], PHASES)]}
        if self._through is None:
            powers = {
                other: means[battery_place(self._layout, place, PHASES)] for other, place in batteries.items()
            }
            self._through = sum_towards_inverters(powers, self._plant.wiring, self._ways)
        return {Metric.DC_POWER: self._through[key]}

    def extremes(self, key: str) -> tuple[Powers, Powers]:
        """Return least and greatest powers of a component, as they were measured; without what passes converters.

        There are none of a meter that still shows a window.
        """
        least, greatest = self._gathered.least, self._gathered.greatest
        if AlternatingSide in self._parts[key]:
            first = WITH_TOTALS * self._plant.places.components[key]
            metering = self._plant.equipment.meterings.get(key)
            if metering is not None:
                if not is_measured_over(metering.params, self._plant.time_us - self.begin_us):
                    return {}, {}
                first = meter_place(self._layout, self._meter_number(key), WITH_TOTALS)
            metrics = (*ACTIVE, *REACTIVE)
            rows = (least[first : first + WITH_TOTALS], greatest[first : first + WITH_TOTALS])
            return dict(zip(metrics, rows[0], strict=True)), dict(zip(metrics, rows[1], strict=True))
        if key not in self._plant.places.batteries:
            return {}, {}
        place = battery_place(self._layout, self._plant.places.batteries[key], WITH_TOTALS)
        return {Metric.DC_POWER: least[place]}, {Metric.DC_POWER: greatest[place]}

    def _ac_means(self, key: str) -> Powers:
        means = self._gathered.means
        metering = self._plant.equipment.meterings.get(key)
        if metering is None:
            first = PHASES * self._plant.places.components[key]
            return with_totals(means[first : first + PHASES])
        if not is_measured_over(metering.params, self._plant.time_us - self.begin_us):
            return {}
        first = meter_place(self._layout, self._meter_number(key), PHASES)
        noise, step = metering.noise(self.begin_us), metering.params.power_resolution_w
        factors = (1.0 + noise.l1, 1.0 + noise.l2, 1.0 + noise.l3) * 2
        measured = means[first : first + PHASES]
        return with_totals(
            [meter_rounded(power * factor, step) for power, factor in zip(measured, factors, strict=True)]
        )

    def _meter_number(self, key: str) -> int:
        return list(self._plant.equipment.meterings).index(key)
