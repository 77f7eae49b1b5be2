"""Running inputs as functions of time."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.inputs.segments import segments_of
from doppelgrid.sim.inputs.signal import NEVER, Constant, Noisy, Repeated, Signal, Steps
from doppelgrid.sim.inputs.specs import IrradianceInput, LoadInput, PvPowerInput

Build = Callable[..., Signal]
Us = Callable[[str], int]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
TIMES = st.integers(min_value=-(10**9), max_value=10**9)
STEPS = st.dictionaries(TIMES, st.floats(-1e6, 1e6), min_size=1, max_size=20).map(
    lambda steps: Steps(sorted(steps), [steps[time] for time in sorted(steps)])
)
SIGNALS = st.one_of(
    st.builds(Constant, st.floats(-1e6, 1e6)),
    STEPS,
    st.builds(Repeated, STEPS, TIMES, st.integers(1, 10**8)),
    st.builds(lambda steps: Noisy(steps, amplitude=0.1, step_us=1_000_000, key="1/a/b"), STEPS),
)


@given(SIGNALS, TIMES, st.floats(0.0, 1.0))
def test_a_value_holds_until_the_next_breakpoint(signal: Signal, time_us: int, share: float) -> None:
    next_us = signal.until(time_us)
    assert next_us > time_us
    between_us = time_us + int((min(next_us, time_us + 10**9) - 1 - time_us) * share)
    assert signal.at(between_us) == signal.at(time_us)
    assert signal.until(between_us) == next_us


@given(SIGNALS, st.lists(TIMES, max_size=10))
def test_lookups_in_between_change_no_answer(signal: Signal, times: list[int]) -> None:
    answers = [(signal.at(time), signal.until(time)) for time in times]
    assert [(signal.at(time), signal.until(time)) for time in reversed(times)] == answers[::-1]


def test_the_last_step_holds_for_good() -> None:
    signal = Steps([0, 10], [1.0, 2.0], ends_us=20)
    assert (signal.at(10**12), signal.until(10), signal.ends_us) == (2.0, NEVER, 20)


def test_the_first_value_holds_before_its_time_as_well() -> None:
    signal = Steps([10, 20], [1.0, 2.0])
    assert (signal.at(0), signal.until(0)) == (1.0, 20)


def test_points_by_the_clock_repeat_every_day(build: Build, us: Us) -> None:
    points = [{"at": "06:30", "value": "12 kW"}, {"at": "22:00", "value": "5 kW"}]
    load = build(LoadInput, {"profile": "inline", "points": points})
    for day in ("2026-06-15", "2027-01-03"):
        offset = "+02:00" if day < "2026-10" else "+01:00"
        clock = [load.at(us(f"{day}T{time}{offset}")) for time in ("06:29:59", "06:30:00", "22:00:00")]
        assert clock == [5000.0, 12000.0, 5000.0]


def test_points_after_a_duration_count_from_the_start(build: Build, us: Us) -> None:
    points = [{"at": "0 s", "value": "1 kW"}, {"at": "90 s", "value": "2 kW"}]
    load = build(LoadInput, {"profile": "inline", "points": points})
    start_us = us("2026-06-15T00:00:00+02:00")
    assert load.until(start_us) == start_us + 90_000_000
    assert load.at(start_us + 90_000_000) == 2000.0


def test_points_at_instants_are_on_the_site_s_clock(build: Build, us: Us) -> None:
    points = [{"at": "2026-06-14T00:00", "value": "1 kW"}, {"at": "2026-06-15T12:00", "value": "2 kW"}]
    load = build(PvPowerInput, {"profile": "inline", "points": points})
    assert load.until(us("2026-06-15T00:00:00+02:00")) == us("2026-06-15T12:00:00+02:00")
    assert load.at(us("2026-06-15T12:00:00+02:00")) == -2000.0


def test_a_run_before_the_first_instant_is_refused(build: Build) -> None:
    points = [{"at": "2026-06-16T00:00", "value": "1 kW"}]
    with pytest.raises(ValueError, match=r"start of the run is 2026-06-15.*before the first point"):
        build(LoadInput, {"profile": "inline", "points": points})


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_with_a_moved_clock_has_its_hours_by_the_wall(
    build: Build, us: Us, date: str, hours: int
) -> None:
    points = [{"at": f"{hour:02}:00", "value": f"{hour} kW"} for hour in range(24)]
    load = build(LoadInput, {"profile": "inline", "points": points})
    begin_us = us(f"{date}T00:00:00+0{1 if hours == 23 else 2}:00")
    seen = [round(load.at(begin_us + hour * HOUR_US) / 1000) for hour in range(hours + 1)]
    assert seen == [0, 1, *([] if hours == 23 else [2]), *([] if hours == 23 else [2]), *range(3, 24), 0]


def test_noise_keeps_the_mean_and_has_the_stated_spread(build: Build) -> None:
    load = build(
        LoadInput, {"profile": "constant", "value": "1 kW", "noise": {"amplitude": "3 %", "step": "1 s"}}
    )
    values = [load.at(second * 1_000_000) for second in range(20_000)]
    assert statistics.fmean(values) == pytest.approx(1000.0, abs=1.0)
    assert statistics.stdev(values) == pytest.approx(30.0, rel=0.03)


def test_noise_makes_no_producer_of_a_load(build: Build) -> None:
    load = build(
        LoadInput, {"profile": "constant", "value": "1 kW", "noise": {"amplitude": "50 %", "step": "1 s"}}
    )
    values = [load.at(second * 1_000_000) for second in range(2_000)]
    assert min(values) == 0.0
    assert list(segments_of(load, 0, 2_000_000_000).values) == values


@pytest.mark.parametrize("change", [{"seed": 2}, {"owner": "barn"}])
def test_noise_depends_on_seed_and_owner(build: Build, change: dict[str, object]) -> None:
    written = {"profile": "constant", "value": "1 kW", "noise": "3 %"}
    assert build(LoadInput, written).at(0) == build(LoadInput, written).at(0)
    assert build(LoadInput, written).at(0) != build(LoadInput, written, **change).at(0)


def test_a_copy_of_a_running_input_goes_on_alike(build: Build, us: Us) -> None:
    sky = build(IrradianceInput, {"profile": "clear-sky"})
    noon_us = us("2026-06-15T12:00:00+02:00")
    sky.at(noon_us)
    fork = copy.deepcopy(sky)
    assert [fork.at(noon_us + n * DAY_US) for n in range(6)] == [
        sky.at(noon_us + n * DAY_US) for n in range(6)
    ]
