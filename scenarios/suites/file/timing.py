"""Times of steps and checks, held to the run: what lies after its end never happens, and is never looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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


class Run:
    """When a run begins and ends, and when checks look."""

    def __init__(self, start_us: int, end_us: int, site: Site | None) -> None:
        """Take its times [µs since the Unix epoch], and the site by whose clock they go.

        Without one it is found what is so by the length of the run alone.
        """
        self.start_us, self.end_us = start_us, end_us
        self.length_us = end_us - start_us
        self._site = site
        self._samplings = None if site is None else Samplings(self.length_us, _us(site.telemetry.interval_s))

    def moment_us(self, moment: Moment | None) -> int | None:
        """Return when a moment is [µs since the Unix epoch]: since the start, next at a time of day, or an instant.

        None of none, and where there is no clock to tell.
        """
        if isinstance(moment, float):
            return self.start_us + _us(min(moment, _BEYOND_ALL_S))
        if moment is None or self._site is None:
            return None
        if isinstance(moment, datetime):
            return self._site.moment_us(moment)
        begin = local_time(self.start_us, self._site)
        today_us = self._site.moment_us(datetime.combine(begin.date(), moment))
        if today_us >= self.start_us:
            return today_us
        return self._site.moment_us(datetime.combine(begin.date() + timedelta(days=1), moment))

    def step_findings(self, step: Step, place: Place) -> Iterator[Finding]:
        """Find what of a step lies after the end."""
        yield from self._out_of_time(step.at, (*place, "at"))
        if step.every is not None and _us(step.every) >= self.length_us:
            yield self._after_end((*place, "every"), step.every)

    def check_findings(
        self, check: Check, steps: Sequence[Planned], place: Place, may_be_there: Callable[[str, bool], bool]
    ) -> Iterator[Finding]:
        """Find what of a check can never be looked at, or can never be told from the opposite.

        Args:
            check: Of the file.
            steps: Of the file.
            place: Of the check.
            may_be_there: Says of the name of a step, and whether its end is meant, whether there may be one of which
                nothing is known.
        """
        if check.kind == "kpi":
            return
        if check.after is not None:
            yield from self._after(check, check.after, steps, place, may_be_there)
        elif check.at is not None:
            yield from self._at(check.at, place)
        elif check.kind == "eventually":
            yield from self._eventually(check, place)
        else:
            yield from self._throughout(check, place)
        if self._samplings is not None and check.within_s is not None:
            interval_us = self._samplings.interval_us
            if _us(check.within_s) < interval_us:
                found = f"{_span(check.within_s)}, looked at by no sampling"
                accepted = f"at least {shown_span(interval_us)}, from one sampling to the next"
                yield Finding((*place, "within"), found, accepted)

    def _throughout(self, check: Check, place: Place) -> Iterator[Finding]:
        from_us = 0 if check.from_s is None else _us(check.from_s)
        until_us = self.length_us if check.until_s is None else min(_us(check.until_s), self.length_us)
        if check.until_s is not None:
            yield from self._beyond_end(check.until_s, (*place, "until"))
        if check.from_s is not None and from_us >= self.length_us:
            yield self._after_end((*place, "from"), check.from_s)
            return
        if self._samplings is None:
            return
        longest_us = self._samplings.longest_us(from_us, until_us)
        if longest_us is None:
            yield self._unseen(self._samplings, place)
        elif check.for_s is not None and _us(check.for_s) > longest_us:
            accepted = f"{shown_span(longest_us)} at most, from the first sampling that looks to the last"
            yield Finding((*place, "for"), f"{_span(check.for_s)}, so the check always holds", accepted)

    def _eventually(self, check: Check, place: Place) -> Iterator[Finding]:
        longest_us = None if self._samplings is None else self._samplings.longest_us(0, self.length_us)
        if self._samplings is not None and longest_us is None:
            yield self._unseen(self._samplings, place)
            return
        if check.within_s is not None:
            yield from self._beyond_end(check.within_s, (*place, "within"))
        if longest_us is not None:
            yield from self._too_long(check, longest_us, place)

    def _at(self, moment: Moment, place: Place) -> Iterator[Finding]:
        wrong = list(self._out_of_time(moment, (*place, "at")))
        yield from wrong
        at_us = self.moment_us(moment)
        if wrong or at_us is None or self._samplings is None:
            return
        if self._samplings.first_from(at_us - self.start_us) is None:
            yield self._unseen(self._samplings, (*place, "at"))

    def _after(
        self, check: Check, after: str, steps: Sequence[Planned], place: Place,
        may_be_there: Callable[[str, bool], bool],
    ) -> Iterator[Finding]:  # fmt: skip
        name, moment = event_named(after)
        of_end = moment == ENDS
        known = {each for planned in steps for each in (planned.ending if of_end else planned.names)}
        if name not in known:
            # What is wrong with the step says it all.
            if not may_be_there(name, of_end) and not any(name in planned.refused for planned in steps):
                kind = "a step that ends, by `for`" if of_end else "a step"
                accepted = one_of(sorted(known), name) or f"the name of {kind}, of which there is none"
                yield Finding((*place, "after"), shown(after), accepted)
            return
        times_us = [
            (self._first_us(planned), _us(planned.ending[name]) if of_end else 0)
            for planned in steps
            if name in (planned.ending if of_end else planned.names)
        ]
        first_us = min(map(sum, times_us))
        if min(times_us)[0] >= self.length_us:
            return  # What is wrong with the step says it all.
        if first_us >= self.length_us:
            found = f"{shown(after)}, {shown_span(first_us)} after the start, which is after the end"
            yield Finding((*place, "after"), found, f"what happens before {shown_span(self.length_us)}")
            return
        if self._samplings is None:
            return
        # A step acts after the sampling of its instant.
        looks_us = self._samplings.first_after(first_us)
        if looks_us is None:
            yield self._unseen(self._samplings, (*place, "after"))
        else:
            yield from self._too_long(check, self._samplings.longest_us(looks_us, self.length_us) or 0, place)

    def _first_us(self, planned: Planned) -> int:
        """Return when a step happens first at the earliest [µs since the start]."""
        if planned.at_us is not None:
            return planned.at_us - self.start_us
        if planned.step.every is not None:
            return _us(planned.step.every)
        # Conditions come true at samplings.
        return 0 if self._samplings is None else self._samplings.interval_us

    def _too_long(self, check: Check, longest_us: int, place: Place) -> Iterator[Finding]:
        if check.for_s is not None and _us(check.for_s) > longest_us:
            accepted = f"{shown_span(longest_us)} at most, from the first sampling that looks to the last"
            yield Finding((*place, "for"), f"{_span(check.for_s)}, so the check never holds", accepted)

    def _unseen(self, samplings: Samplings, place: Place) -> Finding:
        interval = shown_span(samplings.interval_us)
        last_us = samplings.last_us
        if last_us is None:
            accepted = f"a run of at least {interval}, after which the first sampling comes"
        elif place[-1] in ("at", "after"):
            accepted = f"before the last one, {shown_span(last_us)} after the start"
        else:
            accepted = f"at least {interval} long"
        return Finding(place, "looked at by no sampling", accepted)

    def _out_of_time(self, moment: Moment | None, place: Place) -> Iterator[Finding]:
        if isinstance(moment, float):
            if _us(min(moment, _BEYOND_ALL_S)) >= self.length_us:
                yield self._after_end(place, moment)
            return
        time_us = self.moment_us(moment)
        if time_us is None or self.start_us <= time_us < self.end_us:
            return
        assert self._site is not None
        assert moment is not None
        begin, end = (local_time(each, self._site).isoformat() for each in (self.start_us, self.end_us))
        try:
            found = local_time(time_us, self._site).isoformat()
        except (OverflowError, ValueError):  # In no calendar.
            found = moment.isoformat()
        yield Finding(place, f"at {found}, outside the run", f"{begin} or later, and before {end}")

    def _beyond_end(self, seconds: float, place: Place) -> Iterator[Finding]:
        if _us(seconds) > self.length_us:
            accepted = f"at most {shown_span(self.length_us)}"
            yield Finding(place, f"{_span(seconds)}, beyond the end", accepted)

    def _after_end(self, place: Place, found_s: float) -> Finding:
        accepted = f"less than {shown_span(self.length_us)}"
        return Finding(place, f"{_span(found_s)}, after which the run has ended", accepted)


def _us(seconds: float) -> int:
    return round(seconds * MICROSECONDS)


def _span(seconds: float) -> str:
    return shown_span(_us(seconds)) if seconds < _BEYOND_ALL_S else f"{seconds:g} s"
