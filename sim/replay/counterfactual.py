"""What the meters of a recorded day would have shown if some components had done something else.

A meter sums up what is behind it. So what it would have shown is what it did show, less what the components
that are simulated now had in the recording, plus what they have now; load and sun stay as recorded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ...models.ac import ThreePhase, phase_currents, power_factor
from ..domain.metrics import Metric
from ..site.graph import topological_order
from ..site.site import Site

Values = Mapping[Metric, float]

ACTIVE = (
    Metric.AC_POWER_ACTIVE_PHASE_1, Metric.AC_POWER_ACTIVE_PHASE_2, Metric.AC_POWER_ACTIVE_PHASE_3,
)  # fmt: skip
REACTIVE = (
    Metric.AC_POWER_REACTIVE_PHASE_1, Metric.AC_POWER_REACTIVE_PHASE_2, Metric.AC_POWER_REACTIVE_PHASE_3,
)  # fmt: skip
APPARENT = (
    Metric.AC_POWER_APPARENT_PHASE_1, Metric.AC_POWER_APPARENT_PHASE_2, Metric.AC_POWER_APPARENT_PHASE_3,
)  # fmt: skip
CURRENT = (Metric.AC_CURRENT_PHASE_1, Metric.AC_CURRENT_PHASE_2, Metric.AC_CURRENT_PHASE_3)
VOLTAGE = (Metric.AC_VOLTAGE_PHASE_1_N, Metric.AC_VOLTAGE_PHASE_2_N, Metric.AC_VOLTAGE_PHASE_3_N)
_ADDING_UP = (Metric.AC_POWER_ACTIVE, *ACTIVE, Metric.AC_POWER_REACTIVE, *REACTIVE)
_NOT_KNOWN = (
    Metric.AC_ENERGY_ACTIVE, Metric.AC_ENERGY_ACTIVE_CONSUMED, Metric.AC_ENERGY_ACTIVE_DELIVERED,
)  # fmt: skip
"""Registers that would have counted something else since before the recording began."""


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
    values = dict(recorded)
    for metric in _ADDING_UP:
        if metric in values:
            values[metric] += sum(
                change.share * (power_of(change.simulated, metric) - power_of(change.recorded, metric))
                for change in changes
            )
    for metric in _NOT_KNOWN:
        if metric in values:
            values[metric] = math.nan
    return _with_derived(values)


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


def _with_derived(values: dict[Metric, float]) -> dict[Metric, float]:
    """Recompute what follows from powers and voltages; NaN where they are not known."""
    active_w = power_of(values, Metric.AC_POWER_ACTIVE)
    reactive_var = power_of(values, Metric.AC_POWER_REACTIVE)
    active = ThreePhase(*(power_of(values, metric) for metric in ACTIVE))
    reactive = ThreePhase(*(power_of(values, metric) for metric in REACTIVE))
    known = [values.get(metric, math.nan) for metric in VOLTAGE]
    currents = phase_currents(active, reactive, ThreePhase(*known))
    derived = {
        Metric.AC_POWER_APPARENT: math.hypot(active_w, reactive_var),
        Metric.AC_POWER_FACTOR: active_w if math.isnan(active_w) else power_factor(active_w, reactive_var),
        **dict(zip(APPARENT, map(math.hypot, active, reactive), strict=True)),
    }
    for metric, current_a, voltage_v in zip(CURRENT, currents, known, strict=True):
        derived[metric] = voltage_v if math.isnan(voltage_v) else current_a
    return values | {metric: value for metric, value in derived.items() if metric in values}
