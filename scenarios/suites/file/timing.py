"""Times of steps and checks, held to the run: what lies after its end never happens, and is never looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from ....sim.domain.timestamps import MICROSECONDS
from ....sim.files.problems import Finding, Place, one_of, shown
from ....sim.site.site import Site
from ...testing.durations import local_time, shown_span
from .keys import Check, Step
from .plan import ENDS, Planned, event_named


def moment_us(moment: time | datetime | float, site: Site, start_us: int) -> int:
    """Return when a moment is [µs since the Unix epoch]: since the start, next at a time of day, or an instant."""
    if isinstance(moment, float):
        return start_us + round(moment * MICROSECONDS)
    if isinstance(moment, datetime):
        return site.moment_us(moment)
    begin = local_time(start_us, site)
    today = site.moment_us(datetime.combine(begin.date(), moment))
    return (
        today
        if today >= start_us
        else site.moment_us(datetime.combine(begin.date() + timedelta(days=1), moment))
    )


class Run:
    """When a run begins and ends, and when checks look."""

    def __init__(self, start_us: int, end_us: int, site: Site) -> None:
        """Take its times [µs since the Unix epoch], and the site whose clock shows them."""
        self.start_us, self.end_us = start_us, end_us
        self.length_s = (end_us - start_us) / MICROSECONDS
        self._interval_s = site.telemetry.interval_s
        self._site = site

    def step_findings(self, step: Step, at_us: int | None, place: Place) -> Iterator[Finding]:
        """Find what of a step lies after the end."""
        yield from self._out_of_time(at_us, (*place, "at"))
        if step.every is not None and step.every >= self.length_s:
            yield self._finding((*place, "every"), step.every, "after which the run has ended", "less than")

    def check_findings(
        self, check: Check, at_us: int | None, steps: Sequence[Planned], place: Place
    ) -> Iterator[Finding]:
        """Find what of a check can never be looked at, or can never be told from the opposite."""
        yield from self._out_of_time(at_us, (*place, "at"))
        if check.after is not None:
            yield from self._after(check, check.after, steps, place)
        from_s = 0.0 if check.from_s is None else check.from_s
        until_s = self.length_s if check.until_s is None else min(check.until_s, self.length_s)
        if from_s >= self.length_s:
            yield self._finding((*place, "from"), from_s, "after which the run has ended", "less than")
        elif check.kind in ("always", "never") and not self._is_looked_at(from_s, until_s):
            yield Finding(place, "looked at by no sampling", f"at least {_span(self._interval_s)} long")
        elif check.kind == "never" and check.for_s is not None and check.for_s > until_s - from_s:
            accepted = f"{_span(until_s - from_s)} at most, as long as it is looked at"
            yield Finding((*place, "for"), f"{_span(check.for_s)}, so the check always holds", accepted)
        if check.kind == "eventually":
            if check.within_s is not None and check.within_s > self.length_s:
                yield self._finding((*place, "within"), check.within_s, "beyond the end", "at most")
            if check.for_s is not None and check.for_s >= self.length_s:
                yield self._finding((*place, "for"), check.for_s, "so the check never holds", "less than")

    def _after(self, check: Check, after: str, steps: Sequence[Planned], place: Place) -> Iterator[Finding]:
        name, moment = event_named(after)
        of_end = moment == ENDS
        known = {each for planned in steps for each in (planned.ending if of_end else planned.names)}
        if name not in known:
            kind = "a step that ends, by `for`" if of_end else "a step"
            accepted = one_of(sorted(known), name) or f"the name of {kind}, of which there is none"
            yield Finding((*place, "after"), shown(after), accepted)
            return
        firsts = [
            first + (planned.ending[name] if of_end else 0.0)
            for planned in steps
            if name in (planned.ending if of_end else planned.names)
            for first in [self._first_s(planned)]
        ]
        if None in firsts:
            return
        first_s = min(firsts)
        if first_s >= self.length_s:
            found = f"{shown(after)}, {_span(first_s)} after the start, which is after the end"
            yield Finding((*place, "after"), found, f"what happens before {_span(self.length_s)}")
        elif check.for_s is not None and first_s + check.for_s >= self.length_s:
            left = f"less than {_span(self.length_s - first_s)}, what is left of the run then"
            yield Finding((*place, "for"), f"{_span(check.for_s)}, so the check never holds", left)

    def _first_s(self, planned: Planned) -> float:
        """Return when a step happens first at the earliest [s since the start]."""
        if planned.at_us is not None:
            return (planned.at_us - self.start_us) / MICROSECONDS
        return planned.step.every or 0.0

    def _is_looked_at(self, from_s: float, until_s: float) -> bool:
        # The first sampling is one interval after the start.
        first = max(1, math.ceil(from_s / self._interval_s - 1e-9))
        return first * self._interval_s <= until_s + 1e-9

    def _out_of_time(self, time_us: int | None, place: Place) -> Iterator[Finding]:
        if time_us is not None and not self.start_us <= time_us < self.end_us:
            begin, end, found = (
                local_time(each, self._site).isoformat() for each in (self.start_us, self.end_us, time_us)
            )
            yield Finding(place, f"at {found}, outside the run", f"{begin} or later, and before {end}")

    def _finding(self, place: Place, found_s: float, why: str, limit: str) -> Finding:
        return Finding(place, f"{_span(found_s)}, {why}", f"{limit} {_span(self.length_s)}")


def _span(seconds: float) -> str:
    return shown_span(round(seconds * MICROSECONDS))
