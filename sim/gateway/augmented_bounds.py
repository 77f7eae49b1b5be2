"""Bounds that clients put on the power of components for a while.

A contribution is a set of ranges. What counts is what lies in every contribution that is still alive, and in
what the component could do anyway; 0 may always be. A contribution with a token takes the place of an earlier
one with the same token for the same power of the same component; those without a token add up until they lapse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Annotated, NamedTuple

from ..domain.commands import AugmentBounds, ClearBounds
from ..domain.messages import CommandError, InvalidArgumentError, UnsupportedError, WrongStateError
from ..domain.metrics import Metric
from ..domain.ranges import NOTHING_BUT_ZERO, Bounds, OpenBounds, Ranges, intersection, merged
from ..engine.agenda import Engine, Entry, check_awaited, value_of
from ..engine.clock import Clock
from ..engine.events import Events
from ..files.problems import with_article
from ..plant.plant import Plant
from ..plant.state_check import check_known
from ..telemetry.power_bounds import bounded_metrics
from .lifetimes import OF_BOUNDS
from .readiness import check_takes_commands, offered
from .set_points import SetPoints

MOST_CONTRIBUTIONS = 100
"""Live contributions to one power of one component; more are refused, so that no client can pile them up."""
MOST_RANGES = 16
"""Ranges of a contribution; all that are alive are intersected at every change."""
LONGEST_TOKEN = 1000
"""Characters of a token, which is kept for as long as its contribution lives."""
_EVERYTHING: Ranges = (Bounds(-math.inf, math.inf),)


class Contribution(NamedTuple):
    """Bounds that are alive."""

    key: str
    metric: Metric
    token: str | None
    ranges: Ranges
    expiry: int
    """Agenda number of their end."""


class AugmentedBoundsState(NamedTuple):
    """All bounds that are alive, in the order in which they came."""

    contributions: tuple[Contribution, ...] = ()


class AugmentedBounds:
    """All bounds that clients have put on the components of a site."""

    def __init__(
        self, plant: Plant, engine: Engine, clock: Clock, events: Events, set_points: SetPoints
    ) -> None:
        """Start without any.

        Args:
            plant: Whose components keep them.
            engine: Whose agenda carries their ends.
            clock: How simulated time meets the clients' time.
            events: Where to tell what happens.
            set_points: That devices take anew beside other bounds.
        """
        self._plant = plant
        self._set_points = set_points
        self._engine = engine
        self._clock = clock
        self._events = events
        self._contributions: tuple[Contribution, ...] = ()
        longest_s = float(OF_BOUNDS.longest_s)
        engine.handle("bounds lapse", self._lapse, within_s=longest_s, promised=True, ends=True)

    def augment(self, key: str, command: AugmentBounds) -> int:
        """Put bounds on a power of a component; see `Gateway.augment_bounds`."""
        bounds, lifetime_s, token = command.bounds, command.lifetime_s, command.token
        try:
            metric = self._check(key, command.metric, bounds, lifetime_s, token)
            self._check_room(key, metric, token)
        except CommandError as error:
            self._events.report("bounds refused", key, metric=command.metric, reason=str(error))
            raise
        if token is not None:
            self._remove(self._find(key, metric, token))
        lifetime_us = self._clock.span_us(OF_BOUNDS.or_default_s(lifetime_s))
        due_us = self._engine.promised_us(lifetime_us)
        ranges = merged(_closed(lower, upper) for lower, upper in bounds)
        expiry = self._engine.schedule(due_us, "bounds lapse", key, metric.value)
        self._contributions += (Contribution(key, metric, token, ranges, expiry),)
        self._apply(key, metric)
        self._events.report(
            "bounds augmented", key, metric=metric.value, ranges=_written(ranges), until_us=due_us
        )
        return self._clock.stamp_us(due_us)

    def clear(self, key: str, command: ClearBounds) -> None:
        """Take back the bounds that came with a token; nothing happens if there are none."""
        metric, token = command.metric, command.token
        if metric is None:
            return
        found = self._find(key, metric, token)
        if found:
            self._remove(found)
            self._apply(key, metric)
            self._events.report("bounds cleared", key, metric=metric.value)

    def save(self) -> AugmentedBoundsState:
        """Return all bounds that are alive."""
        return AugmentedBoundsState(self._contributions)

    def check(self, state: AugmentedBoundsState, agenda: Mapping[int, Entry]) -> None:
        """Refuse bounds of what has none, and those without an end on an agenda.

        Raises:
            ValueError: Says where, what was found and what would be accepted.
        """
        check_known("gateway.bounds", (one.key for one in state.contributions), self._plant.wiring.order)
        for one in state.contributions:
            accepted = bounded_metrics(self._plant, one.key)
            if one.metric not in accepted:
                named_metrics = ", ".join(accepted) or "none of it"
                raise ValueError(f"gateway.bounds: {one.metric} of {one.key}; accepted: {named_metrics}")
            end = agenda.get(one.expiry)
            check_awaited(f"gateway.bounds.{one.key}", end, "bounds lapse", one.key, Metric(one.metric).value)

    def restore(self, state: AugmentedBoundsState) -> None:
        """Go on with saved bounds. What they leave allowed is the plant's to restore."""
        self._contributions = state.contributions

    def _check(
        self,
        key: str,
        metric: Metric | None,
        bounds: Sequence[OpenBounds],
        lifetime_s: int | None,
        token: str | None,
    ) -> Metric:
        accepted = bounded_metrics(self._plant, key)
        if not accepted:
            category = self._plant.site.components[key].category
            bounded = (other for other in self._plant.wiring.order if bounded_metrics(self._plant, other))
            raise UnsupportedError(
                f"{key} is {with_article(category)} and has no bounds that could be augmented; "
                f"accepted: {offered(self._plant, bounded)}"
            )
        if metric is None or metric not in accepted:
            found = metric or "unspecified or unknown"
            raise InvalidArgumentError(f"target_metric is {found}; accepted: {', '.join(accepted)}")
        _check_ranges(bounds)
        if metric is Metric.DC_POWER:
            _check_sides(bounds)
        OF_BOUNDS.check(lifetime_s)
        if token is not None and len(token) > LONGEST_TOKEN:
            raise InvalidArgumentError(
                f"bounds_token has {len(token)} characters; accepted: up to {LONGEST_TOKEN}"
            )
        check_takes_commands(self._plant, key)
        return metric

    def _check_room(self, key: str, metric: Metric, token: str | None) -> None:
        alive = [one for one in self._contributions if (one.key, one.metric) == (key, metric)]
        replaces = token is not None and any(one.token == token for one in alive)
        if len(alive) >= MOST_CONTRIBUTIONS and not replaces:
            raise WrongStateError(
                f"{metric} of {key} has {len(alive)} contributions to its bounds; accepted: "
                f"at most {MOST_CONTRIBUTIONS} at a time (send a bounds_token to replace your own)"
            )

    def _find(self, key: str, metric: Metric, token: str) -> list[Contribution]:
        return [
            one for one in self._contributions if (one.key, one.metric, one.token) == (key, metric, token)
        ]

    def _remove(self, gone: Iterable[Contribution]) -> None:
        expiries = {one.expiry for one in gone}
        for expiry in expiries:
            self._engine.cancel(expiry)
        self._contributions = tuple(one for one in self._contributions if one.expiry not in expiries)

    def _lapse(self, key: str, metric_name: Annotated[str, value_of(Metric)]) -> None:
        """Let go of what has lapsed: contributions whose ends are no longer on the agenda."""
        self._plant.advance(self._engine.now_us)
        self._remove([one for one in self._contributions if self._engine.due_us(one.expiry) is None])
        self._apply(key, Metric(metric_name))
        self._events.report("bounds lapsed", key, metric=metric_name)

    def _apply(self, key: str, metric: Metric) -> None:
        alive = [one.ranges for one in self._contributions if (one.key, one.metric) == (key, metric)]
        left = reduce(intersection, alive, _EVERYTHING)
        self._plant.allowed_power.allow(key, metric, (left or NOTHING_BUT_ZERO) if alive else None)
        self._set_points.take_again(key, metric)


def _check_ranges(bounds: Sequence[OpenBounds]) -> None:
    if not bounds:
        raise InvalidArgumentError(f"bounds is empty; accepted: 1 to {MOST_RANGES} ranges")
    if len(bounds) > MOST_RANGES:
        raise InvalidArgumentError(f"bounds has {len(bounds)} ranges; accepted: 1 to {MOST_RANGES}")
    for lower, upper in bounds:
        finite = all(edge is None or math.isfinite(edge) for edge in (lower, upper))
        range_ = _closed(lower, upper)
        if not finite or range_.lower > range_.upper:
            raise InvalidArgumentError(
                f"bounds contains {_written((range_,))}; accepted: finite numbers, the lower one first"
            )


def _check_sides(bounds: Sequence[OpenBounds]) -> None:
    """Refuse of a battery what it could not keep: two ranges on one side of 0."""
    ranges = merged(_closed(lower, upper) for lower, upper in bounds)
    charging = sum(range_.upper > 0.0 for range_ in ranges)
    discharging = sum(range_.lower < 0.0 for range_ in ranges)
    if max(charging, discharging) > 1:
        raise InvalidArgumentError(
            f"bounds of {Metric.DC_POWER} are {_written(ranges)}; accepted: at most one range of charging and one of "
            "discharging"
        )


def _closed(lower: float | None, upper: float | None) -> Bounds:
    return Bounds(-math.inf if lower is None else lower, math.inf if upper is None else upper)


def _written(ranges: Ranges) -> str:
    return " or ".join(f"{lower:zg} to {upper:zg}" for lower, upper in ranges)
