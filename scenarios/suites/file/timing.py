"""Times of steps and checks, held to the run: what lies after its end never happens, and is never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from ....sim.domain.timestamps import MICROSECONDS
from ....sim.files.problems import Finding, Place, one_of, shown
from ....sim.site.site import Site
from ...testing.durations import local_time, shown_span
from .keys import Check, Step
from .plan import ENDS, Planned, event_named
from .samplings import Samplings

Moment = time | datetime | float
_BEYOND_ALL_S = 1e12
"""What is so long after a start is in no calendar [s]."""


def moment_us(moment: Moment, site: Site, start_us: int) -> int:
    """Return when a moment is [µs since the Unix epoch]: since the start, next at a time of day, or an instant."""
    if isinstance(moment, float):
        return start_us + _us(min(moment, _BEYOND_ALL_S))
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
        self.length_us = end_us - start_us
        self._samplings = Samplings(self.length_us, _us(site.telemetry.interval_s))
        self._site = site

    def step_findings(self, step: Step, at_us: int | None, place: Place) -> Iterator[Finding]:
        """Find what of a step lies after the end."""
        yield from self._out_of_time(step.at, at_us, (*place, "at"))
        if step.every is not None and _us(step.every) >= self.length_us:
            yield self._after_end((*place, "every"), _us(step.every))

    def check_findings(
        self,
        check: Check,
        at_us: int | None,
        steps: Sequence[Planned],
        place: Place,
        *,
        are_all_steps: bool = True,
    ) -> Iterator[Finding]:
        """Find what of a check can never be looked at, or can never be told from the opposite.

        Args:
            check: Of the file.
            at_us: When it looks, if it names a time [µs since the Unix epoch].
            steps: Of the file.
            place: Of the check.
            are_all_steps: Whether there are no further steps, of which nothing is known.
        """
        if check.kind == "kpi":
            return
        if check.after is not None:
            yield from self._after(check, check.after, steps, place, are_all_steps=are_all_steps)
        elif at_us is not None:
            yield from self._at(check, at_us, place)
        elif check.kind == "eventually":
            yield from self._eventually(check, place)
        else:
            yield from self._throughout(check, place)
        if check.within_s is not None and _us(check.within_s) < self._samplings.interval_us:
            interval = shown_span(self._samplings.interval_us)
            found = f"{_span(check.within_s)}, looked at by no sampling"
            yield Finding((*place, "within"), found, f"at least {interval}, from one sampling to the next")

    def _throughout(self, check: Check, place: Place) -> Iterator[Finding]:
        from_us = 0 if check.from_s is None else _us(check.from_s)
        until_us = self.length_us if check.until_s is None else min(_us(check.until_s), self.length_us)
        longest_us = self._samplings.longest_us(from_us, until_us)
        if check.until_s is not None:
            yield from self._beyond_end(check.until_s, (*place, "until"))
        if from_us >= self.length_us:
            yield self._after_end((*place, "from"), from_us)
        elif longest_us is None:
            yield self._unseen(place)
        elif check.for_s is not None and _us(check.for_s) > longest_us:
            accepted = f"{shown_span(longest_us)} at most, from the first sampling that looks to the last"
            yield Finding((*place, "for"), f"{_span(check.for_s)}, so the check always holds", accepted)

    def _eventually(self, check: Check, place: Place) -> Iterator[Finding]:
        longest_us = self._samplings.longest_us(0, self.length_us)
        if longest_us is None:
            yield self._unseen(place)
            return
        if check.within_s is not None:
            yield from self._beyond_end(check.within_s, (*place, "within"))
        yield from self._too_long(check, longest_us, place)

    def _at(self, check: Check, at_us: int, place: Place) -> Iterator[Finding]:
        wrong = list(self._out_of_time(check.at, at_us, (*place, "at")))
        yield from wrong
        if not wrong and self._samplings.first_from(at_us - self.start_us) is None:
            yield self._unseen((*place, "at"))

    def _after(
        self, check: Check, after: str, steps: Sequence[Planned], place: Place, *, are_all_steps: bool
    ) -> Iterator[Finding]:
        name, moment = event_named(after)
        of_end = moment == ENDS
        known = {each for planned in steps for each in (planned.ending if of_end else planned.names)}
        if name not in known:
            if not are_all_steps or any(name in planned.refused for planned in steps):
                return  # What is wrong with the step says it all.
            kind = "a step that ends, by `for`" if of_end else "a step"
            accepted = one_of(sorted(known), name) or f"the name of {kind}, of which there is none"
            yield Finding((*place, "after"), shown(after), accepted)
            return
        first_us = min(
            self._first_us(planned) + (_us(planned.ending[name]) if of_end else 0)
            for planned in steps
            if name in (planned.ending if of_end else planned.names)
        )
        # A step acts after the sampling of its instant.
        looks_us = self._samplings.first_after(first_us)
        if first_us >= self.length_us:
            found = f"{shown(after)}, {shown_span(first_us)} after the start, which is after the end"
            yield Finding((*place, "after"), found, f"what happens before {shown_span(self.length_us)}")
        elif looks_us is None:
            yield self._unseen((*place, "after"))
        else:
            yield from self._too_long(check, self._samplings.longest_us(looks_us, self.length_us) or 0, place)

    def _first_us(self, planned: Planned) -> int:
        """Return when a step happens first at the earliest [µs since the start]."""
        if planned.at_us is not None:
            return planned.at_us - self.start_us
        # Conditions come true at samplings.
        return self._samplings.interval_us if planned.step.every is None else _us(planned.step.every)

    def _too_long(self, check: Check, longest_us: int, place: Place) -> Iterator[Finding]:
        if check.for_s is not None and _us(check.for_s) > longest_us:
            accepted = f"{shown_span(longest_us)} at most, from the first sampling that looks to the last"
            yield Finding((*place, "for"), f"{_span(check.for_s)}, so the check never holds", accepted)

    def _unseen(self, place: Place) -> Finding:
        interval = shown_span(self._samplings.interval_us)
        last_us = self._samplings.last_us
        if last_us is None:
            accepted = f"a run of at least {interval}, after which the first sampling comes"
        elif place[-1] in ("at", "after"):
            accepted = f"before the last one, {shown_span(last_us)} after the start"
        else:
            accepted = f"at least {interval} long"
        return Finding(place, "looked at by no sampling", accepted)

    def _out_of_time(self, moment: Moment | None, time_us: int | None, place: Place) -> Iterator[Finding]:
        if moment is None or time_us is None or self.start_us <= time_us < self.end_us:
            return
        begin, end = (local_time(each, self._site).isoformat() for each in (self.start_us, self.end_us))
        found = self._shown_moment(moment, time_us)
        yield Finding(place, f"{found}, outside the run", f"{begin} or later, and before {end}")

    def _shown_moment(self, moment: Moment, time_us: int) -> str:
        try:
            return f"at {local_time(time_us, self._site).isoformat()}"
        except (OverflowError, ValueError):  # In no calendar.
            return (
                f"{moment:g} s after the start" if isinstance(moment, float) else f"at {moment.isoformat()}"
            )

    def _beyond_end(self, seconds: float, place: Place) -> Iterator[Finding]:
        if _us(seconds) > self.length_us:
            accepted = f"at most {shown_span(self.length_us)}"
            yield Finding(place, f"{_span(seconds)}, beyond the end", accepted)

    def _after_end(self, place: Place, found_us: int) -> Finding:
        accepted = f"less than {shown_span(self.length_us)}"
        return Finding(place, f"{shown_span(found_us)}, after which the run has ended", accepted)


def _us(seconds: float) -> int:
    return round(seconds * MICROSECONDS)


def _span(seconds: float) -> str:
    return shown_span(_us(seconds))
