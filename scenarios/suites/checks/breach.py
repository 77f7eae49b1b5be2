"""A rule that is broken: by which component, and by which of its powers."""

from __future__ import annotations

from typing import NamedTuple

from ....sim.domain.metrics import Metric, PowerType

Powers = frozenset[PowerType]
ACTIVE: Powers = frozenset((PowerType.ACTIVE,))
REACTIVE: Powers = frozenset((PowerType.REACTIVE,))
ANY: Powers = ACTIVE | REACTIVE


class Breach(NamedTuple):
    """What is wrong with a component."""

    key: str
    words: str
    powers: Powers = ANY
    """Which power it is about; both where it is about neither, or what has to do with both."""


def powers_of(metric: Metric) -> Powers:
    """Return which power the bounds of a metric are about."""
    return REACTIVE if metric is Metric.AC_POWER_REACTIVE else ACTIVE
