"""Makes a case that fails small: shorter, with fewer and plainer steps, as long as it fails the same way."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

from .drawn import Drawn, Step, seconds, span

PLAIN_START = "2026-06-15 00:00"
_BEHIND_S = 2.0
"""How long a case goes on after it has failed, at least [s]."""
_GAPS_S = (5.0, 10.0, 30.0, 60.0)
"""How long it may take until the first step, and from one to the next [s]."""
_ROUND_S = (60.0, 30.0, 10.0, 5.0)
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(.*)", re.DOTALL)
_BESIDE_KIND = (("every", "for"), ("spread",), ("status",), ("text",), ("metrics",), ("distribution",))
"""What a fault can do without."""


class Failure(NamedTuple):
    """Which of several candidates is the first that fails the same way, and when it does."""

    place: int
    failed_s: float | None
    """Since its start [s]; None of what is about the whole run."""


class Shrunk(NamedTuple):
    """A small case."""

    drawn: Drawn
    runs: int
    """How many candidates were run."""
    is_done: bool
    """Whether nothing smaller was left to be tried, rather than runs or time."""
    was_interrupted: bool = False
    """Whether Ctrl-C ended it."""


class _SpentError(Exception):
    """No more may be run."""


FirstFailing = Callable[[Sequence[Drawn]], Failure | None]
"""Runs candidates, as far as needed, and tells which is the first that fails the same way."""


def shrink(
    drawn: Drawn,
    failed_s: float | None,
    first_failing: FirstFailing,
    most_runs: int,
    has_time: Callable[[], bool] = lambda: True,
) -> Shrunk:
    """Make a case that fails small.

    Args:
        drawn: What fails.
        failed_s: When it does, since its start [s]; None of what is about the whole run.
        first_failing: Runs candidates.
        most_runs: How many candidates it may be asked to run, so that a finding costs no more than that.
        has_time: Says whether there is time for more.
    """
    shrinking = _Shrinking(drawn, failed_s, first_failing, most_runs, has_time)
    try:
        shrinking.run()
    except _SpentError:
        return Shrunk(shrinking.best, shrinking.runs, is_done=False)
    except KeyboardInterrupt:
        # What was found is found, however large it still is.
        return Shrunk(shrinking.best, shrinking.runs, is_done=False, was_interrupted=True)
    return Shrunk(shrinking.best, shrinking.runs, is_done=True)


class _Shrinking:
    def __init__(
        self,
        drawn: Drawn,
        failed_s: float | None,
        first_failing: FirstFailing,
        most_runs: int,
        has_time: Callable[[], bool],
    ) -> None:
        self.best, self._failed_s = drawn, failed_s
        self.runs = 0
        self._tried = {repr(drawn)}
        self._first_failing, self._most_runs, self._has_time = first_failing, most_runs, has_time

    def run(self) -> None:
        """Try what makes most of a difference first."""
        # Whatever comes later costs as much as the case is long.
        self._cut_short()
        while self._try(_halves(self.best)):
            pass
        self._try([replace(self.best, steps=(step,)) for step in reversed(self.best.steps)])
        before = None
        while before != self.best:
            before = self.best
            self._drop_steps()
            if self._try(_sooner(self.best)):
                self._cut_short()
            self._try(_plainer_heads(self.best))
            while self._try(_plainer_steps(self.best)):
                pass
            self._cut_short()

    def _drop_steps(self) -> None:
        """Leave out one step after the other, the last first, where it fails without."""
        untried = len(self.best.steps)
        while untried:
            steps = self.best.steps
            without = [
                replace(self.best, steps=steps[:place] + steps[place + 1 :])
                for place in reversed(range(untried))
            ]
            if not self._try(without):
                return
            untried -= 1 + next(place for place, each in enumerate(without) if each is self.best)

    def _cut_short(self) -> None:
        if self._failed_s is None:
            return
        least_s = math.ceil(self._failed_s + _BEHIND_S)
        lengths = sorted({math.ceil(least_s / unit) * unit for unit in (1.0, 5.0, 60.0)}, reverse=True)
        self._try([_cut(self.best, length_s) for length_s in lengths if length_s < self.best.duration_s])

    def _try(self, candidates: Sequence[Drawn] | Iterator[Drawn]) -> bool:
        """Go on with the first candidate that fails the same way, if there is one.

        Raises:
            _SpentError: If no more may be run.
        """
        new = {repr(each): each for each in candidates if repr(each) not in self._tried}
        left = self._most_runs - self.runs
        if new and (left <= 0 or not self._has_time()):
            raise _SpentError
        tried = list(new.values())[:left]
        failure = self._first_failing(tried) if tried else None
        run = tried if failure is None else tried[: failure.place + 1]
        self._tried.update(map(repr, run))
        self.runs += len(run)
        if failure is None:
            return False
        self.best, self._failed_s = tried[failure.place], failure.failed_s
        return True


def _cut(drawn: Drawn, length_s: float) -> Drawn:
    """Return a case that ends sooner, without the steps that it has no time for."""
    steps = tuple(step for step in drawn.steps if (seconds(step.get("at")) or 0.0) < length_s)
    return replace(drawn, duration_s=length_s, steps=steps)


def _halves(drawn: Drawn) -> Iterator[Drawn]:
    """Yield the case without any of its steps, and with either half of them."""
    steps = drawn.steps
    middle = len(steps) // 2
    for fewer in ((), *((steps[middle:], steps[:middle]) if len(steps) > 2 else ())):
        yield replace(drawn, steps=fewer)


def _sooner(drawn: Drawn) -> Iterator[Drawn]:
    """Yield the case without some of the time before its first step, and between steps."""
    times = [seconds(step.get("at")) for step in drawn.steps]
    known = [each for each in times if each is not None]
    if len(known) < len(times) or not known:
        return
    for most_s in _GAPS_S:
        gaps = [min(gap_s, most_s) for gap_s in (known[0], *(one - other for other, one in pairwise(known)))]
        moved = [sum(gaps[: place + 1]) for place in range(len(gaps))]
        length_s = drawn.duration_s - (known[-1] - moved[-1])
        if moved != known and length_s >= 1.0:
            steps = tuple({**step, "at": span(at_s)} for step, at_s in zip(drawn.steps, moved, strict=True))
            yield replace(drawn, duration_s=length_s, steps=steps)


def _plainer_heads(drawn: Drawn) -> Iterator[Drawn]:
    yield replace(drawn, seed=0, start=PLAIN_START)
    yield replace(drawn, seed=0)
    yield replace(drawn, start=PLAIN_START)


def _plainer_steps(drawn: Drawn) -> Iterator[Drawn]:
    """Yield the case with plainer steps: all at once, and then one by one."""
    plainer = [list(_plainer(step)) for step in drawn.steps]
    if sum(map(bool, plainer)) > 1:
        firsts = zip(drawn.steps, plainer, strict=True)
        yield replace(drawn, steps=tuple(each[0] if each else step for step, each in firsts))
    for place, each in enumerate(plainer):
        for step in each:
            yield replace(drawn, steps=(*drawn.steps[:place], step, *drawn.steps[place + 1 :]))


def _plainer(step: Step) -> Iterator[Step]:
    """Yield a step in plainer words, the plainest first."""
    rounded = _rounded(step)
    bare = {key: value for key, value in rounded.items() if key not in ("for", "over")}
    if "fault" in step:
        bare["fault"] = {key: _bare(words) for key, words in step["fault"].items()}
    for each in (bare, *_without_parts(step), rounded):
        if each != step:
            yield each


def _without_parts(step: Step) -> Iterator[Step]:
    for part in ("over", "for"):
        if part in step:
            yield {key: value for key, value in step.items() if key != part}
    for key, words in step.get("fault", {}).items():
        if isinstance(words, dict):
            for parts in _BESIDE_KIND:
                if any(part in words for part in parts):
                    less = {word: value for word, value in words.items() if word not in parts}
                    yield {**step, "fault": {**step["fault"], key: less if len(less) > 1 else less["kind"]}}


def _bare(words: Any) -> Any:
    """Return a fault without what it can do without."""
    if not isinstance(words, dict):
        return words
    extra = {part for parts in _BESIDE_KIND for part in parts}
    less = {word: value for word, value in words.items() if word not in extra}
    return less if len(less) > 1 else less["kind"]


def _rounded(step: Step) -> dict[str, Any]:
    """Return a step with round times and values."""
    rounded = dict(step)
    for part in ("at", "for", "over", "outage", "restart"):
        length_s = seconds(step.get(part))
        if length_s is not None:
            unit_s = next((unit for unit in _ROUND_S if length_s >= 1.5 * unit), 1.0)
            rounded[part] = span(max(1.0, round(length_s / unit_s) * unit_s))
    if "set" in step:
        rounded["set"] = {name: _round_value(value) for name, value in step["set"].items()}
    return rounded


def _round_value(value: Any) -> Any:
    """Return a written quantity with one digit that says something."""
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return value if match is None else f"{float(f'{float(match[1]):.1g}'):g}{match[2]}"
