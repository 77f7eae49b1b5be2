"""Counts the states that a site has been in: what is broken, what devices say that they do, which bounds they meet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from ....sim.domain.messages import Reading as Report
from ....sim.simulation.simulation import Simulation

_NEAR = 1e-3
"""How far from a bound is at it, as a part of the range."""


class States(NamedTuple):
    """Distinct states, as short digests that tell them apart."""

    components: frozenset[str] = frozenset()
    """Of single components."""
    site: frozenset[str] = frozenset()
    """Of all components together."""


class MetStates:
    """Takes in samplings, and keeps which states there were."""

    def __init__(self, simulation: Simulation) -> None:
        """Begin with none."""
        self._faults = simulation.faults
        self._keys = tuple(simulation.site.components)
        self._last: dict[str, tuple[object, ...]] = {}
        self._components: set[str] = set()
        self._site: set[tuple[str, ...]] = set()

    def look(self, read: Callable[[str], Report]) -> None:
        """Take in a sampling.

        Args:
            read: Returns what a component does, whatever clients are shown.
        """
        states = tuple(self._state(key, read(key)) for key in self._keys)
        self._components.update(states)
        self._site.add(states)

    def states(self) -> States:
        """Return what was met."""
        return States(
            frozenset(map(_digest, self._components)),
            frozenset(_digest("\n".join(states)) for states in self._site),
        )

    def _state(self, key: str, report: Report) -> str:
        faults = sorted({fault.kind.value for fault in self._faults.present(key)})
        errors = (each.code for each in (*report.errors, *report.warnings))
        bounds = (
            f"{metric} at {edge}"
            for metric, ranges in report.bounds.items()
            if ranges and (edge := _edge(report.values.get(metric, 0.0), ranges[0].lower, ranges[-1].upper))
        )
        return f"{key}: {' '.join(faults)} / {' '.join((*report.states, *errors))} / {', '.join(bounds)}"


def _edge(value: float, lower: float, upper: float) -> str:
    """Return at which edge of a range a value is; empty if at none, or at 0."""
    room = _NEAR * (upper - lower)
    if value >= upper - room and upper != 0.0:
        return "upper"
    return "lower" if value <= lower + room and lower != 0.0 else ""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
