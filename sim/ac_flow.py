"""What flows on the AC side of a site without line data: a copper plate on which powers add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..models.ac import ThreePhase, split
from ..models.throughput import ThroughputParams, throughput_loss_w


class PhasePower(NamedTuple):
    """Active [W] and reactive [var] power of the three phases, passive sign convention."""

    p1: float = 0.0
    p2: float = 0.0
    p3: float = 0.0
    q1: float = 0.0
    q2: float = 0.0
    q3: float = 0.0

    @property
    def active_phases_w(self) -> ThreePhase:
        """Of each phase [W]."""
        return ThreePhase(self.p1, self.p2, self.p3)

    @property
    def reactive_phases_var(self) -> ThreePhase:
        """Of each phase [var]."""
        return ThreePhase(self.q1, self.q2, self.q3)

    @property
    def active_w(self) -> float:
        """Of all phases together [W]."""
        return self.p1 + self.p2 + self.p3

    @property
    def reactive_var(self) -> float:
        """Of all phases together [var]."""
        return self.q1 + self.q2 + self.q3


NOTHING = PhasePower()
_LOSSLESS: Mapping[str, ThroughputParams] = {}


def spread(active_w: float, reactive_var: float, shares: ThreePhase) -> PhasePower:
    """Spread a power over the phases that a device uses.

    Args:
        active_w: Of the device [W].
        reactive_var: Of the device [var].
        shares: Part of the total on each phase.
    """
    return PhasePower(*split(active_w, shares), *split(reactive_var, shares))


def sum_towards_grid(
    own: Mapping[str, PhasePower],
    parents: Mapping[str, Sequence[str]],
    order: Sequence[str],
    losses: Mapping[str, ThroughputParams] = _LOSSLESS,
) -> dict[str, PhasePower]:
    """Add up what flows through every component, from the leaves to the grid.

    A component behind several others draws from each of them in equal parts: without line data there is
    nothing that would tell the ways apart.

    Args:
        own: What each component draws itself.
        parents: Components on the grid's side of each.
        order: All AC components, parents before children.
        losses: Of equipment that loses some of what passes through it.

    Returns:
        Per component, what it draws itself and everything behind it.
    """
    totals: dict[str, tuple[float, ...]] = {key: own.get(key, NOTHING) for key in order}
    for key in reversed(order):
        if key in losses:
            totals[key] = _with_loss(PhasePower(*totals[key]), losses[key])
        above = parents[key]
        if not above:
            continue
        flow = totals[key]
        if len(above) > 1:
            flow = tuple(value / len(above) for value in flow)
        for parent in above:
            totals[parent] = tuple(map(sum, zip(totals[parent], flow, strict=True)))
    return {key: PhasePower(*total) for key, total in totals.items()}


def _with_loss(flow: PhasePower, params: ThroughputParams) -> PhasePower:
    third_w = throughput_loss_w(params, flow.active_w, flow.reactive_var) / 3.0
    return flow._replace(p1=flow.p1 + third_w, p2=flow.p2 + third_w, p3=flow.p3 + third_w)
