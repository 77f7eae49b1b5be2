"""A stretch of a signal at once: the same values and breakpoints as one by one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.one_by_one import one_by_one

from doppelgrid.sim.inputs.daily import Daily, WallClock
from doppelgrid.sim.inputs.limited import Mix
from doppelgrid.sim.inputs.profiles.bdew import BdewDays
from doppelgrid.sim.inputs.segments import Averaged, averaged, segments_of
from doppelgrid.sim.inputs.signal import Constant, Noisy, Repeated, Signal, Steps

SECOND = 1_000_000
START = 1_774_740_000 * SECOND  # 2026-03-28 23:20 UTC, the night in which German clocks are put forward
BERLIN = ZoneInfo("Europe/Berlin")
STEPS = Steps([START + 70 * SECOND * index for index in range(5)], [1.0, 2.0, 2.0, -3.0, 4.0])
SIGNALS: dict[str, Signal] = {
    "constant": Constant(7.0),
    "steps": STEPS,
    "repeated": Repeated(STEPS, START, 300 * SECOND),
    "noisy": Noisy(STEPS, amplitude=0.1, step_us=45 * SECOND, key="a"),
    "mixed": Mix([(0.6, STEPS), (0.4, Noisy(STEPS, amplitude=0.1, step_us=45 * SECOND, key="a"))]),
    "daily": Daily(WallClock([0, 6 * 3600 * SECOND, 20 * 3600 * SECOND], [1.0, 2.0, 3.0]), BERLIN),
    "noisy profile": Noisy(Daily(BdewDays("g0", 1e7), BERLIN), amplitude=0.05, step_us=600 * SECOND, key="b"),
    "averaged": Averaged(
        Noisy(STEPS, amplitude=0.1, step_us=7 * SECOND, key="c"), 60 * SECOND, START + SECOND // 3
    ),
    "averaged to the end": Averaged(
        Noisy(STEPS, amplitude=0.1, step_us=7 * SECOND, key="c"), 60 * SECOND, START, START + 7_777 * SECOND
    ),
}


@pytest.mark.parametrize("name", SIGNALS)
@given(begin_s=st.integers(-400, 90_000), length_s=st.integers(1, 4_000))
@settings(max_examples=40)
def test_segments_are_what_the_signal_says_one_by_one(name: str, begin_s: int, length_s: int) -> None:
    begin_us = START + begin_s * SECOND
    times, values = segments_of(SIGNALS[name], begin_us, begin_us + length_s * SECOND)
    assert (times.tolist(), values.tolist()) == one_by_one(
        SIGNALS[name], begin_us, begin_us + length_s * SECOND
    )


def test_means_keep_the_integral() -> None:
    inner = SIGNALS["noisy profile"]
    day_us = 86_400 * SECOND
    begin_us = START // day_us * day_us
    fine, coarse = (
        segments_of(signal, begin_us, begin_us + day_us)
        for signal in (inner, Averaged(inner, 3600 * SECOND, begin_us))
    )
    integrals = [
        float(np.sum(part.values * np.diff(np.minimum(part.times_us, begin_us + day_us))))
        for part in (fine, coarse)
    ]
    assert integrals[1] == pytest.approx(integrals[0], rel=1e-12)


MINUTE = 60 * SECOND
SWITCH = Steps([START, START + 30 * SECOND], [0.0, 1.0])


class State:
    """A signal whose values are names of states: the mean of two is none."""

    is_state = True
    ends_us = SWITCH.ends_us

    def at(self, time_us: int) -> float:
        return SWITCH.at(time_us)

    def until(self, time_us: int) -> int:
        return SWITCH.until(time_us)


def test_runs_that_look_no_closer_see_means() -> None:
    seen = averaged(STEPS, 100 * SECOND, START)
    # 1.0 until 70 s, 2.0 until 210 s, -3.0 until 280 s, then 4.0.
    assert seen.at(START) == pytest.approx(0.7 * 1.0 + 0.3 * 2.0)
    assert seen.at(START + 250 * SECOND) == pytest.approx(0.1 * 2.0 + 0.7 * -3.0 + 0.2 * 4.0)
    assert seen.until(START + 101 * SECOND) == START + 200 * SECOND
    assert seen.ends_us == STEPS.ends_us


def test_the_last_mean_is_of_what_is_left_of_the_run() -> None:
    seen = averaged(STEPS, 200 * SECOND, START, START + 250 * SECOND)
    assert seen.until(START + 210 * SECOND) == START + 250 * SECOND
    assert seen.at(START + 220 * SECOND) == pytest.approx(0.2 * 2.0 + 0.8 * -3.0)


def test_the_mean_of_a_constant_is_itself_and_needs_no_intervals() -> None:
    constant = SIGNALS["constant"]
    assert averaged(constant, 60 * MINUTE, START) is constant


def test_states_have_no_mean() -> None:
    state = State()
    assert averaged(state, 60 * MINUTE, START) is state


@pytest.mark.parametrize("step_us", [SECOND // 10, SECOND])
def test_runs_that_look_closely_see_a_signal_as_it_is(step_us: int) -> None:
    assert averaged(STEPS, step_us, START) is STEPS


def test_runs_that_look_less_closely_than_once_a_second_do_not() -> None:
    assert averaged(STEPS, SECOND + SECOND // 10, START) is not STEPS
