"""What fails is made small, in a bounded number of runs, and still fails the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from doppelgrid.scenarios.fuzzing.drawing import drawn_case
from doppelgrid.scenarios.fuzzing.drawn import Drawn, Step, seconds
from doppelgrid.scenarios.fuzzing.ground import Ground, ground_of
from doppelgrid.scenarios.fuzzing.shrinking import PLAIN_START, Failure, Shrunk, shrink
from doppelgrid.sim.site.reader import load_site

MOST_RUNS = 60


@pytest.fixture(scope="module")
def ground() -> Ground:
    return ground_of(load_site("demo"))


class Application:
    """One that fails some time after a step of a certain kind, if the case goes on for so long."""

    def __init__(self, *needed: Callable[[Step], bool], after_s: float = 12.0) -> None:
        self._needed, self._after_s = needed, after_s
        self.runs = 0

    def failed_s(self, drawn: Drawn) -> float | None:
        """Return when it fails in a case [s], if it does."""
        times = []
        for is_it in self._needed:
            found = [seconds(step["at"]) or 0.0 for step in drawn.steps if is_it(step)]
            if not found:
                return None
            times.append(found[0])
        failed_s = max(times, default=0.0) + self._after_s
        return failed_s if failed_s < drawn.duration_s else None

    def first_failing(self, candidates: Sequence[Drawn]) -> Failure | None:
        """Return the first candidate in which it fails."""
        for place, drawn in enumerate(candidates):
            self.runs += 1
            if (failed_s := self.failed_s(drawn)) is not None:
                return Failure(place, failed_s)
        return None

    def small(self, drawn: Drawn, most_runs: int = MOST_RUNS) -> Shrunk:
        """Make a case small that it fails in."""
        return shrink(drawn, self.failed_s(drawn), self.first_failing, most_runs)


def breaks(name: str) -> Callable[[Step], bool]:
    return lambda step: name in step.get("fault", {})


def sets(name: str) -> Callable[[Step], bool]:
    return lambda step: name in step.get("set", {})


def failing(ground: Ground, application: Application) -> list[Drawn]:
    """Return drawn cases in which an application fails."""
    cases = [drawn_case(ground, 600.0, Random(number)) for number in range(400)]
    found = [case for case in cases if application.failed_s(case) is not None]
    assert found
    return found[:10]


@pytest.mark.parametrize("needed", [(), (breaks("battery"),), (breaks("bat-inv"), sets("machines.load"))])
def test_what_is_left_is_what_it_takes(ground: Ground, needed: tuple[Callable[[Step], bool], ...]) -> None:
    for case in failing(ground, Application(*needed)):
        application = Application(*needed)
        small = application.small(case)
        assert application.failed_s(small.drawn) is not None
        assert len(small.drawn.steps) == len(needed)
        assert (small.drawn.seed, small.drawn.start) == (0, PLAIN_START)
        assert small.is_done
        assert small.runs == application.runs <= MOST_RUNS
        for step in small.drawn.steps:
            assert not {"over", "for"} & step.keys()
        assert small.drawn.duration_s <= 60.0


def test_a_case_ends_soon_after_it_has_failed(ground: Ground) -> None:
    application = Application(breaks("battery"))
    for case in failing(ground, application):
        small = application.small(case).drawn
        failed_s = application.failed_s(small)
        assert failed_s is not None
        assert failed_s < small.duration_s <= 60.0


def test_what_decides_stays(ground: Ground) -> None:
    def lasts_long(step: Step) -> bool:
        return "fault" in step and (seconds(step.get("for")) or 0.0) > 20.0

    for case in failing(ground, Application(lasts_long)):
        (step,) = Application(lasts_long).small(case).drawn.steps
        assert lasts_long(step)


def test_no_more_is_run_than_allowed_and_what_was_reached_is_told(ground: Ground) -> None:
    application = Application(breaks("battery"))
    case = failing(ground, application)[0]
    application.runs = 0
    small = application.small(case, 3)
    assert (small.runs, application.runs, small.is_done) == (3, 3, False)
    assert application.failed_s(small.drawn) is not None
    late = shrink(case, application.failed_s(case), application.first_failing, MOST_RUNS, lambda: False)
    assert (late.drawn, late.runs, late.is_done) == (case, 0, False)


def test_ctrl_c_leaves_what_was_reached(ground: Ground) -> None:
    application = Application(breaks("battery"))
    case = failing(ground, application)[0]
    application.runs = 0

    def interrupted(candidates: Sequence[Drawn]) -> Failure | None:
        if application.runs > 3:
            raise KeyboardInterrupt
        return application.first_failing(candidates)

    small = shrink(case, application.failed_s(case), interrupted, MOST_RUNS)
    assert (small.was_interrupted, small.is_done) == (True, False)
    assert small.drawn.duration_s < case.duration_s
    assert application.failed_s(small.drawn) is not None


def test_a_failure_of_the_whole_run_keeps_its_length(ground: Ground) -> None:
    case = drawn_case(ground, 600.0, Random(1))
    small = shrink(case, None, lambda _: Failure(0, None), MOST_RUNS)
    assert (small.drawn.duration_s, small.drawn.steps) == (600.0, ())
