"""Adds up powers that hold from one time to the next, whoever knows them."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence, Set
from copy import copy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..components.component_type import Way
from ..components.registry import type_of
from ..components.throughput import Throughput
from ..domain.categories import Category
from ..network.wiring import Wiring, wire
from ..site.graph import grid_key
from ..site.lines import lines_begin_at
from ..site.site import Site
from ..tariff.bill import Bill, Costs
from .site_report import QUARTER_US, Curve, Flow, Group, Peak

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]

LOAD = "load"
LOSSES = "losses"
STORING = frozenset({Category.BATTERY_INVERTER.value})
HYBRID = Category.HYBRID_INVERTER.value
_MOST_INTERVALS = 1440
_FIRST_LENGTH_US = 60_000_000
_US_PER_HOUR = 3.6e9
_MOST_APART = 0.005
"""Share of the whole time for which something may not be known beside the rest: half of their last digit [1]."""


class Ways(NamedTuple):
    """How powers that were seen become those of the components themselves."""

    keys: tuple[str, ...]
    """Components on the AC side that were seen, in the order of columns."""
    through: tuple[tuple[int, int, float], ...]
    """Column of what is behind, of what is before it, and which part of its power flows there."""
    kinds: tuple[str, ...]
    """Of each component, the group to which its own power belongs."""
    grid: int | None
    """Column of the connection point, or of the only one behind it."""
    without: tuple[int, ...]
    """Columns of what has no power by itself, or none that is known."""
    hidden: tuple[str, ...]
    """Keys of devices of which nothing is known, not even by a meter that sees their kind alone."""
    devices: tuple[int, ...]
    """Columns of the connection point and of what is no mere way for power."""

    @property
    def grid_key(self) -> str | None:
        """Key of the connection point, or of the only one behind it."""
        return None if self.grid is None else self.keys[self.grid]


def ways(site: Site, seen: Set[str], shown: Set[str] = frozenset()) -> Ways:
    """Return how powers add up, given the components of which they are known.

    Args:
        site: A valid site.
        seen: Keys of components of which powers are known.
        shown: Those of them that are means over other times than the rest. Nothing is set off against them: what
            is theirs counts as a load of the next before them or, if that is not known, is not known.
    """
    wiring = wire(site)
    keys = tuple(key for key in wiring.ac_order if key in seen)
    places = {key: place for place, key in enumerate(keys)}
    through = tuple(
        (places[key], places[before], share)
        for key in keys
        if key not in shown
        for before, share in _before(wiring, key, places.keys() - shown)
    )
    children = {
        key: [child for child in wiring.ac_order if key in wiring.parents[child]] for key in wiring.ac_order
    }
    grid = grid_key(site)
    while grid not in places and len(children[grid]) == 1:
        (grid,) = children[grid]
    before_lines = set(lines_begin_at(site))
    kinds = tuple(_kind(site, key, children, places.keys() - shown, before_lines) for key in keys)
    without = tuple(
        places[key]
        for key in keys
        if key in shown
        and (_before(wiring, key, places.keys() - shown) or _has_behind(key, children, places))
    )
    hidden = tuple(
        key
        for key in wiring.ac_order
        if key not in places
        and (kind := type_of(site.components[key])).way is not Way.NONE
        and {kinds[places[before]] for before, _ in _before(wiring, key, places.keys())}
        != {kind.category.value}
    )
    devices = tuple(
        place
        for place, key in enumerate(keys)
        if key == grid or type_of(site.components[key]).way is not Way.NONE
    )
    return Ways(keys, through, kinds, places.get(grid), without, hidden, devices)


def _before(wiring: Wiring, key: str, known: Set[str]) -> list[tuple[str, float]]:
    """Return the nearest known components before one, and which part of its power flows through each."""
    found: list[tuple[str, float]] = []
    parents = wiring.parents[key]
    for parent in parents:
        if parent in known:
            found.append((parent, 1.0 / len(parents)))
        else:
            found += [(before, share / len(parents)) for before, share in _before(wiring, parent, known)]
    return found


def _has_behind(key: str, children: dict[str, list[str]], known: Container[str]) -> bool:
    return any(child in known or _has_behind(child, children, known) for child in children[key])


def _kind(
    site: Site,
    key: str,
    children: dict[str, list[str]],
    seen: Container[str],
    before_lines: Container[str],
) -> str:
    """Return the group of a component; of a meter, that of what is behind it unseen, if it is all of one category.

    What takes a part of the power that passes through it, and lines that lead on from it, count only where nothing else
    can have drawn the rest.
    """
    kind = type_of(site.components[key])
    if kind.way is not Way.NONE:
        return kind.category.value
    found: set[str] = set()
    loses = False
    waiting = [key]
    while waiting:
        at = waiting.pop()
        other = type_of(site.components[at])
        if other.way is not Way.NONE:
            found.add(other.category.value)
        elif isinstance(site.components[at], Throughput):
            loses = True
        else:
            loses = loses or at in before_lines
            if not children[at] or getattr(site.components[at], "load", None) is not None:
                found.add(LOAD)
        waiting += [child for child in children[at] if child not in seen]
    if not found and loses:
        return LOSSES
    return found.pop() if len(found) == 1 else LOAD


class Gatherer:
    """What flowed so far."""

    def __init__(
        self,
        site: Site,
        seen: Set[str],
        shown: Set[str] = frozenset(),
        *,
        latest_us: float = 0.0,
        lines: Sequence[str] = (),
    ) -> None:
        """Begin with nothing.

        Args:
            site: A valid site.
            seen: Keys of components of which powers will be given; those not on the AC side are left out.
            shown: Those of them that are means over other times than the rest; see `ways`.
            latest_us: So much later than a quarter of an hour powers may begin for it to count by the rest: of what
                ran when it began, the first sampling comes later [µs].
            lines: Components that lines lead on from of which it is known what they lose.
        """
        self._site = site
        self.shown = shown
        self.ways = ways(site, seen, shown)
        columns = len(self.ways.keys)
        self._lines = [self.ways.keys.index(key) for key in lines]
        self._consumed_wh, self._delivered_wh = np.zeros(columns), np.zeros(columns)
        kinds = (*self.ways.kinds, *[LOSSES] * len(lines))
        self._own_consumed_wh, self._own_delivered_wh = np.zeros(len(kinds)), np.zeros(len(kinds))
        self._greatest = [Peak(-np.inf, None)] * columns
        self._least = [Peak(np.inf, None)] * columns
        self._groups = list(dict.fromkeys(kinds))
        members = [[kind == group for kind in kinds] for group in self._groups]
        self._member = np.array(members, np.float64).reshape(len(members), len(kinds))
        # The clocks of all zones are whole quarters of an hour from UTC.
        self._quarters = _Intervals(QUARTER_US, 1, latest_us=latest_us)
        self._bill: Bill | None = None
        self._charges_powers = True
        self._grid_unknown_us = 0
        self._apart_us = np.zeros(columns)
        """For how long each was known and the connection point was not, or the other way round [µs]."""
        self._whole_us = 0
        self._curve = _Intervals(_FIRST_LENGTH_US, len(self._groups) + 1, most=_MOST_INTERVALS)

    def copy(self) -> Gatherer:
        """Return another one, which does not change along with this one."""
        other = copy(self)
        for name in ("_consumed_wh", "_delivered_wh", "_own_consumed_wh", "_own_delivered_wh", "_apart_us"):
            setattr(other, name, getattr(self, name).copy())
        other._greatest, other._least = self._greatest.copy(), self._least.copy()
        other._quarters, other._curve = self._quarters.copy(), self._curve.copy()
        return other

    def bill(self, bill: Bill, *, charges_powers: bool = True) -> None:
        """Have what flows through the connection point billed from now on.

        Args:
            bill: By which prices.
            charges_powers: Whether by its power; else whoever knows better charges it.
        """
        self._bill, self._charges_powers = bill, charges_powers

    def add(self, times_us: Instants, active_w: Floats, lost_w: Floats | None = None) -> None:
        """Take in powers.

        Args:
            times_us: Ascending; each power holds from its time to the next, so there is one time more [µs].
            active_w: A row for each power, a column for each of `ways.keys` [W]; NaN where it is not known.
            lost_w: Likewise what lines lose, a column for each of those that are known [W].
        """
        hours = np.diff(times_us)[:, None] / _US_PER_HOUR
        if not len(active_w):
            return
        known_w = np.nan_to_num(active_w)
        own_w = self._own(active_w, known_w)
        if lost_w is not None:
            for before, of_line_w in zip(self._lines, lost_w.T, strict=True):
                own_w[:, before] -= of_line_w
            own_w = np.hstack([own_w, lost_w])
        self._consumed_wh += (np.maximum(known_w, 0.0) * hours).sum(axis=0)
        self._delivered_wh -= (np.minimum(known_w, 0.0) * hours).sum(axis=0)
        self._own_consumed_wh += (np.maximum(own_w, 0.0) * hours).sum(axis=0)
        self._own_delivered_wh -= (np.minimum(own_w, 0.0) * hours).sum(axis=0)
        self._find_extremes(times_us, active_w)
        grid = self.ways.grid
        grid_w = np.full(len(active_w), np.nan) if grid is None else active_w[:, grid]
        self._quarters.add(times_us, grid_w[:, None])
        lengths_us = np.diff(times_us)
        self._grid_unknown_us += int(lengths_us[np.isnan(grid_w)].sum())
        self._apart_us += lengths_us @ (np.isnan(active_w) != np.isnan(grid_w)[:, None])
        self._whole_us += int(lengths_us.sum())
        if self._bill is not None and self._charges_powers:
            self._bill.charge(times_us, grid_w)
        self._curve.add(times_us, np.column_stack([grid_w, own_w @ self._member.T]))

    def flows(self) -> tuple[Flow, ...]:
        """Return what flowed through each component of which anything is known."""
        rows = zip(
            self.ways.keys, self._consumed_wh.tolist(), self._delivered_wh.tolist(), self._greatest, self._least,
            strict=True,
        )  # fmt: skip
        return tuple(
            Flow(key, self._site.components[key].category, consumed_wh, delivered_wh, greatest, least)
            for key, consumed_wh, delivered_wh, greatest, least in rows
            if np.isfinite(greatest.power_w)
        )

    def groups(self) -> tuple[Group, ...]:
        """Return what components of each kind drew and gave by themselves; what is rounding is nothing."""
        consumed = (self._member @ self._own_consumed_wh).tolist()
        delivered = (self._member @ self._own_delivered_wh).tolist()
        least_wh = 1e-9 * float((self._consumed_wh + self._delivered_wh).max(initial=0.0))
        return tuple(
            Group(kind, one if one > least_wh else 0.0, other if other > least_wh else 0.0)
            for kind, one, other in zip(self._groups, consumed, delivered, strict=True)
            if max(one, other) > least_wh
        )

    def grid_wh(self) -> tuple[float, float] | None:
        """Return what was imported and exported; None where nobody saw it."""
        grid = self.ways.grid
        if grid is None or not self._is_known(grid):
            return None
        return float(self._consumed_wh[grid]), float(self._delivered_wh[grid])

    def grid_unknown_s(self) -> float:
        """Return for how long the power at the connection point was not known [s]."""
        return self._grid_unknown_us / 1e6

    def spans_agree(self, *, grid_is_counted: bool) -> bool:
        """Say whether what is known of the connection point and of all others is of the same spans.

        Args:
            grid_is_counted: Whether registers tell its energies, also of the spans in which its power is not known.
        """
        known = [apart for place, apart in enumerate(self._apart_us.tolist()) if self._is_known(place)]
        apart_us = max(known, default=0.0)
        if grid_is_counted:
            apart_us = max(apart_us, self._grid_unknown_us)
        return apart_us <= _MOST_APART * self._whole_us

    def totals(self) -> tuple[float | None, float | None]:
        """Return what was consumed and produced by all that is no storage [Wh]; None if some of it is not known.

        What hybrid inverters draw goes into batteries or is lost, and comes off what they deliver. What power passes
        through consumes nothing: what it takes is lost.
        """
        if self.ways.grid is None or self.ways.hidden or not all(map(self._is_known, self.ways.devices)):
            return None, None
        others = STORING | {LOSSES}
        groups = {group.kind: group for group in self.groups() if group.kind not in others}
        hybrid = groups.pop(HYBRID, Group(HYBRID, 0.0, 0.0))
        produced_wh = math.fsum(group.delivered_wh for group in groups.values())
        return (
            math.fsum(group.consumed_wh for group in groups.values()),
            produced_wh + max(hybrid.delivered_wh - hybrid.consumed_wh, 0.0),
        )

    def greatest(self) -> tuple[Peak | None, Peak | None]:
        """Return the greatest import and export of any length; None where nobody saw it."""
        grid = self.ways.grid
        if grid is None or not self._is_known(grid):
            return None, None
        top, bottom = self._greatest[grid], self._least[grid]
        return _peak(*top), _peak(-bottom.power_w, bottom.time_us)

    def quarters(self) -> tuple[Instants, Floats]:
        """Return beginnings [µs] and mean powers at the connection point of whole quarters of an hour [W].

        The first one may begin before anything is known; see `latest_us`.
        """
        begins, means = self._quarters.whole()
        return begins, means[:, 0]

    def costs(self) -> Costs | None:
        """Return what it cost; None if nobody billed it, or nobody saw the connection point."""
        if self._bill is None or self.ways.grid is None or not self._is_known(self.ways.grid):
            return None
        return self._bill.costs(*self.quarters())

    def peaks(self) -> tuple[Peak | None, Peak | None]:
        """Return the greatest means of import and of export over whole quarters of an hour."""
        begins, means = self.quarters()
        if not len(begins):
            return None, None
        top, bottom = int(means.argmax()), int(means.argmin())
        return _peak(float(means[top]), int(begins[top])), _peak(-float(means[bottom]), int(begins[bottom]))

    def curve(self) -> Curve:
        """Return the powers of the connection point and of the groups, to be drawn."""
        begins, means = self._curve.all()
        names = ("grid", *self._groups)
        columns = {name: _listed(means[:, place]) for place, name in enumerate(names)}
        drawn = {
            name: values
            for name, values in columns.items()
            if any(abs(value or 0.0) > 1e-3 for value in values)
        }
        return Curve(begins.tolist(), self._curve.length_us, drawn)

    def _is_known(self, column: int) -> bool:
        return math.isfinite(self._greatest[column].power_w)

    def _own(self, active_w: Floats, known_w: Floats) -> Floats:
        """Return what components have by themselves; what is behind one that is not known is a load of the next."""
        own_w = known_w.copy()
        for behind, before, share in self.ways.through:
            own_w[:, before] -= share * known_w[:, behind]
        own_w[np.isnan(active_w)] = 0.0
        own_w[:, list(self.ways.without)] = 0.0
        return own_w

    def _find_extremes(self, times_us: Instants, active_w: Floats) -> None:
        highs, lows = (
            np.where(np.isnan(active_w), -np.inf, active_w),
            np.where(np.isnan(active_w), np.inf, active_w),
        )
        tops, bottoms = highs.argmax(axis=0).tolist(), lows.argmin(axis=0).tolist()
        for column, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
            if highs[top, column] > self._greatest[column].power_w:
                self._greatest[column] = Peak(float(highs[top, column]), int(times_us[top]))
            if lows[bottom, column] < self._least[column].power_w:
                self._least[column] = Peak(float(lows[bottom, column]), int(times_us[bottom]))


class _Intervals:
    """Means over intervals of one length, which doubles where there would be too many."""

    def __init__(self, length_us: int, columns: int, most: int | None = None, latest_us: float = 0.0) -> None:
        self.length_us = length_us
        self._most = most
        self._columns = columns
        self._latest_us = latest_us
        self._begin_us = 0
        self._sums: dict[int, Floats] = {}
        """By number of the interval: power times time, then time for which it is known."""

    def copy(self) -> _Intervals:
        """Return others, which do not change along with these; sums themselves never do."""
        other = copy(self)
        other._sums = self._sums.copy()
        return other

    def add(self, times_us: Instants, powers_w: Floats) -> None:
        length = self.length_us
        if not self._sums:
            self._begin_us = int(times_us[0])
        inside = np.arange(times_us[0] // length + 1, -(-times_us[-1] // length)) * length
        edges = np.union1d(times_us, inside)
        rows = powers_w[np.searchsorted(times_us, edges[:-1], side="right") - 1]
        lengths = np.diff(edges)[:, None].astype(np.float64)
        known = ~np.isnan(rows)
        parts = np.hstack([np.where(known, rows, 0.0) * lengths, known * lengths])
        numbers, first = np.unique(edges[:-1] // length, return_index=True)
        for number, total in zip(numbers.tolist(), np.add.reduceat(parts, first, axis=0), strict=True):
            self._sums[number] = self._sums[number] + total if number in self._sums else total
        while self._most is not None and len(self._sums) > self._most:
            self._double()

    def whole(self) -> tuple[Instants, Floats]:
        """Return beginnings [µs] and means of the intervals that are known, the first one but for a late beginning."""
        begins, means = self.all()
        known_us = np.array([total[self._columns :].min() for total in self._sorted()])
        is_whole = known_us >= self.length_us
        late_us = self._begin_us % self.length_us
        if 0 < late_us <= self._latest_us:
            is_whole[0] = known_us[0] >= self.length_us - late_us
        return begins[is_whole], means[is_whole]

    def all(self) -> tuple[Instants, Floats]:
        """Return beginnings [µs] and means of all intervals, over the time that is known; NaN where there is none."""
        sums = np.array(self._sorted()).reshape(-1, 2 * self._columns)
        weights = sums[:, self._columns :]
        means = np.divide(
            sums[:, : self._columns], weights, out=np.full_like(weights, np.nan), where=weights > 0.0
        )
        return np.array(sorted(self._sums), np.int64) * self.length_us, means

    def _sorted(self) -> list[Floats]:
        return [self._sums[number] for number in sorted(self._sums)]

    def _double(self) -> None:
        self.length_us *= 2
        merged: dict[int, Floats] = {}
        for number, total in self._sums.items():
            merged[number // 2] = merged[number // 2] + total if number // 2 in merged else total
        self._sums = merged


def _peak(power_w: float, time_us: int | None) -> Peak:
    """Return a greatest power in one direction; 0 if all of them were in the other one."""
    return Peak(power_w, time_us) if power_w > 0.0 else Peak(0.0, None)


def _listed(column: Floats) -> list[float | None]:
    return [None if np.isnan(value) else value for value in column.tolist()]
