"""What the meters of a recorded day would have shown if some components had done something else.

A meter sums up what is behind it. So what it would have shown is what it did show, less what the components
that are simulated now had in the recording, plus what they have now; load and sun stay as recorded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ...models.ac import ThreePhase
from ..domain.metrics import Metric
from ..site.graph import topological_order
from ..site.site import Site
from ..telemetry.live_parts import NUMBERS
from ..telemetry.metrics import (
    METRICS,
    AlternatingSide,
    MetricRow,
    WhenReplayed,
    phase_currents_a,
    shown_side,
)

Values = Mapping[Metric, float]
_ROWS = {row.metric: row for row in METRICS}

ACTIVE = (
    Metric.AC_POWER_ACTIVE_PHASE_1, Metric.AC_POWER_ACTIVE_PHASE_2, Metric.AC_POWER_ACTIVE_PHASE_3,
)  # fmt: skip
REACTIVE = (
    Metric.AC_POWER_REACTIVE_PHASE_1, Metric.AC_POWER_REACTIVE_PHASE_2, Metric.AC_POWER_REACTIVE_PHASE_3,
)  # fmt: skip
VOLTAGE = (Metric.AC_VOLTAGE_PHASE_1_N, Metric.AC_VOLTAGE_PHASE_2_N, Metric.AC_VOLTAGE_PHASE_3_N)


class Change(NamedTuple):
    """A component that does something else than recorded, as a meter above it sees it."""

    recorded: Values
    simulated: Values
    share: float
    """Part of the component's power that flows through the meter."""


def shares_above(site: Site, simulated: Collection[str]) -> dict[str, dict[str, float]]:
    """Return which part of the power of simulated components flows through those above them.

    Args:
        site: A valid site.
        simulated: Keys of components on the AC side without others behind them on that side.

    Returns:
        By key of the component above, and then of the simulated one. What is behind several others draws from
        each of them in equal parts, as in the plant.
    """
    shares: dict[str, dict[str, float]] = {key: {key: 1.0} for key in simulated}
    for key in reversed(topological_order(site)):
        parents = site.components[key].behind
        for parent in parents:
            above = shares.setdefault(parent, {})
            for source, share in shares.get(key, {}).items():
                above[source] = above.get(source, 0.0) + share / len(parents)
    return {key: found for key, found in shares.items() if found and key not in simulated}


def changed_values(recorded: Values, changes: Collection[Change]) -> dict[Metric, float]:
    """Return what a meter would have shown.

    Args:
        recorded: What it did show.
        changes: What is different behind it.
    """
    values: dict[Metric, float] = {}
    following: list[MetricRow] = []
    for metric, value in recorded.items():
        row = _ROWS.get(metric)
        values[metric] = value
        if row is None or row.when_replayed is WhenReplayed.AS_RECORDED:
            continue
        if row.when_replayed is WhenReplayed.ADDED_UP:
            values[metric] += sum(
                change.share * (power_of(change.simulated, metric) - power_of(change.recorded, metric))
                for change in changes
            )
        elif row.when_replayed is WhenReplayed.UNKNOWN:
            values[metric] = math.nan
        else:
            following.append(row)
    side = _side(values)
    return values | {row.metric: row.read(side, NUMBERS) for row in following}


def power_of(values: Values, metric: Metric) -> float:
    """Return a power, or what it most likely was: a third of the total on each phase, no reactive power."""
    value = values.get(metric)
    if value is not None:
        return value
    if metric in ACTIVE:
        return values.get(Metric.AC_POWER_ACTIVE, math.nan) / 3.0
    if metric in REACTIVE:
        return values.get(Metric.AC_POWER_REACTIVE, 0.0) / 3.0
    return 0.0 if metric is Metric.AC_POWER_REACTIVE else math.nan


def _side(values: Values) -> AlternatingSide:
    """Return what there would have been to be seen; NaN where it is not known."""
    active_w = ThreePhase(*(power_of(values, metric) for metric in ACTIVE))
    reactive_var = ThreePhase(*(power_of(values, metric) for metric in REACTIVE))
    phases_v = ThreePhase(*(values.get(metric, math.nan) for metric in VOLTAGE))
    currents_a = phase_currents_a(NUMBERS, active_w, reactive_var, phases_v)
    side = shown_side(NUMBERS, active_w, reactive_var, currents_a, phases_v, math.nan)
    return side._replace(
        active_w=power_of(values, Metric.AC_POWER_ACTIVE),
        reactive_var=power_of(values, Metric.AC_POWER_REACTIVE),
    )
