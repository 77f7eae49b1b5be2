"""Seeded processes, held to plain recursions and closed forms of what their descriptions say."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from doppelgrid.models.ac import ThreePhase
from doppelgrid.models.frequency import FrequencyParams
from doppelgrid.sim.inputs.chance import Chance
from doppelgrid.sim.inputs.grid.frequency import (
    Area,
    Trading,
    VoltageNoise,
    frequency_process,
    voltage_processes,
)
from doppelgrid.sim.inputs.grid.outages import OutageStatistics, SeededOutages
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.inputs.profiles.sky import cloud_index
from doppelgrid.sim.inputs.random_walk import RandomWalk, RandomWalkSignal
from doppelgrid.sim.inputs.signal import NEVER, Steps, normal_deviate, normal_deviates, stream_key
from doppelgrid.sim.inputs.specs import Clouds

SECOND_US = 1_000_000
QUARTER_S = 900
DAY_US = 86_400 * SECOND_US
BERLIN = ZoneInfo("Europe/Berlin")
STEPS_PER_BLOCK = 3600
Us = Callable[[str], int]


class Pair(NamedTuple):
    one: float
    other: float


LEFTS = (0.9995, 0.98)


def noise(index: int) -> float:
    return normal_deviate(17, index)


def advance(state: Pair, index: int) -> Pair:
    return Pair(LEFTS[0] * state.one + noise(index), LEFTS[1] * state.other - 0.5 * noise(index))


def signal_of_pairs(step_us: int = 2 * SECOND_US) -> RandomWalkSignal[Pair]:
    return RandomWalkSignal(
        RandomWalk(Pair._make, advance, LEFTS, step_us), lambda state: state.one + state.other
    )


def test_a_linear_process_is_what_stepping_from_long_ago_gives() -> None:
    """What is left of a block is 0.17, so that 1e-12 of it is left after sixteen."""
    step_us = 2 * SECOND_US
    signal, state = signal_of_pairs(step_us), Pair(0.0, 0.0)
    first, last = 980 * STEPS_PER_BLOCK, 1001 * STEPS_PER_BLOCK + 3
    for index in range(first, last):
        if (index % 901 == 0 and index > 999 * STEPS_PER_BLOCK) or index > last - 6:
            assert signal.at(index * step_us) == pytest.approx(state.one + state.other, abs=1e-10)
            assert signal.at((index + 1) * step_us - 1) == signal.at(index * step_us)
        state = advance(state, index)


def test_what_is_almost_forgotten_still_counts_and_what_is_forgotten_does_not() -> None:
    """Of the first step of a block, 1e-11 is left after it in one case, and 1e-13 in the other."""
    shown = []
    for left in (1e-11 ** (1.0 / STEPS_PER_BLOCK), 1e-13 ** (1.0 / STEPS_PER_BLOCK)):

        def jump(state: tuple[float, ...], index: int, left: float = left) -> tuple[float, ...]:
            return (left * state[0] + (1.0 if index == 0 else 0.0),)

        walk = RandomWalk(tuple, jump, [left], SECOND_US)
        signal = RandomWalkSignal(walk, lambda state: state[0])
        shown.append([signal.at(block * STEPS_PER_BLOCK * SECOND_US) for block in (1, 2, 3)])
    assert shown[0] == pytest.approx([1e-11, 1e-22, 0.0], rel=1e-2)
    assert shown[1] == pytest.approx([1e-13, 0.0, 0.0], rel=1e-2)


def test_a_process_names_the_ends_of_its_steps_and_of_its_blocks() -> None:
    step_us = 2 * SECOND_US
    signal = signal_of_pairs(step_us)
    block_us = STEPS_PER_BLOCK * step_us
    for time_us in (0, 1, step_us - 1, step_us, 7 * block_us, 7 * block_us - 1, 7 * block_us - step_us):
        assert signal.until(time_us) == (time_us // step_us + 1) * step_us
    still = RandomWalkSignal(
        RandomWalk(Pair._make, lambda state, _index: state, LEFTS, step_us), lambda _state: 0.0
    )
    assert still.until(5 * block_us + 3) == 6 * block_us
    assert still.until(5 * block_us - 1) == 5 * block_us


STILL = FrequencyParams(
    nominal_hz=50.0, slow_deviation_hz=0.0, slow_time_s=400.0, quick_deviation_hz=0.0, quick_time_s=8.0,
    smoothing_time_s=6.0, jump_fall_s=200.0, jump_rise_s=100.0,
)  # fmt: skip


def answer_hz(since_s: float) -> float:
    """Return the answer to a jump of 1 Hz: a difference of exponentials whose peak is 1."""
    peak_s = math.log(2.0) * 200.0 * 100.0 / 100.0
    rise = math.exp(-since_s / 200.0) - math.exp(-since_s / 100.0)
    return rise / (math.exp(-peak_s / 200.0) - math.exp(-peak_s / 100.0)) if since_s > 0.0 else 0.0


@pytest.mark.parametrize(("interval_s", "lead_s"), [(5, 37), (20, 37), (60, 0), (60, 60)])
@pytest.mark.parametrize(
    "trading",
    [
        Trading(hour_hz=0.03),
        Trading(quarter_hz=0.02),
        Trading(daily_hz=0.04, peak_hour=7.0),
        Trading(hour_hz=0.03, quarter_hz=0.01, daily_hz=0.04, peak_hour=5.5),
    ],
)
def test_schedules_jump_at_quarters_of_an_hour_as_they_are_described(
    us: Us, trading: Trading, interval_s: int, lead_s: int
) -> None:
    """The sum of the answers to all jumps, each at the beginning of the interval that holds it."""
    area = Area(STILL, trading._replace(lead_s=float(lead_s)), BERLIN)
    signal = frequency_process(area, interval_s=float(interval_s), key="k")
    midnight_s = us("2026-06-15T00:00:00+02:00") // SECOND_US
    jumps = {}
    for number in range(-40, 20):
        quarter = midnight_s // QUARTER_S + number
        deviate = normal_deviate(stream_key("k/jumps"), quarter)
        hour = number * QUARTER_S // 3600 % 24
        wave = trading.daily_hz * math.cos(math.pi / 6.0 * (hour - trading.peak_hour))
        jump_hz = trading.quarter_hz * deviate if number % 4 else wave + trading.hour_hz * deviate
        jumps[(quarter * QUARTER_S - lead_s) // interval_s * interval_s] = jump_hz
    for number in range(0, 16 * QUARTER_S, 60):
        now_s = midnight_s + number
        expected = 50.0 + sum(jump * answer_hz(now_s - begin_s) for begin_s, jump in jumps.items())
        assert signal.at(now_s * SECOND_US) == pytest.approx(expected, abs=1e-9)


def test_a_grid_without_trading_or_noise_keeps_its_nominal_frequency() -> None:
    signal = frequency_process(Area(STILL, Trading(), BERLIN), interval_s=10.0, key="k")
    assert {signal.at(time_us) for time_us in range(0, 7200 * SECOND_US, 10 * SECOND_US)} == {50.0}


@pytest.mark.parametrize("part", ["slow", "quick"])
def test_fluctuations_have_the_deviation_and_the_memory_of_their_area(part: str) -> None:
    """Slow: an autocorrelation of exp(-t/τ). Quick: what two processes on one noise leave when subtracted."""
    params = STILL._replace(**{f"{part}_deviation_hz": 0.02}, slow_time_s=40.0)
    signal = frequency_process(Area(params, Trading(), BERLIN), interval_s=2.0, key="k")
    values = np.array([signal.at(2 * number * SECOND_US) for number in range(30_000)]) - 50.0
    assert values.std() == pytest.approx(0.02, rel=0.06)
    lag = 5
    found = float(np.mean(values[lag:] * values[:-lag]) / np.mean(values * values))
    quick = (8.0 * math.exp(-10.0 / 8.0) - 6.0 * math.exp(-10.0 / 6.0)) / 2.0
    assert found == pytest.approx(math.exp(-10.0 / 40.0) if part == "slow" else quick, abs=0.04)


def test_a_resolution_shows_the_nearest_multiple() -> None:
    noisy = STILL._replace(slow_deviation_hz=0.02)
    fine, coarse = (
        frequency_process(Area(noisy, Trading(), BERLIN, resolution), interval_s=60.0, key="k")
        for resolution in (0.0, 0.005)
    )
    times = range(0, 600 * SECOND_US, 60 * SECOND_US)
    assert [coarse.at(time) for time in times] == [round(fine.at(time) / 0.005) * 0.005 for time in times]
    assert len({coarse.at(time) for time in times}) > 3


def test_voltages_are_the_mean_and_what_all_phases_share_and_what_each_has_to_itself() -> None:
    """Ornstein-Uhlenbeck processes, stepped from long ago: what is left of a step is exp(-10 s / 60 s)."""
    shape = VoltageNoise(common=0.02, own=0.01, time_s=60.0, greatest=0.03)
    mean = ThreePhase(231.0, 228.0, 233.0)
    signals = voltage_processes(mean, 230.0, shape, interval_s=10.0, key="k")
    keys = [stream_key(f"k/{name}") for name in ("common", "l1", "l2", "l3")]
    left = math.exp(-10.0 / 60.0)
    gain = math.sqrt(1.0 - left * left)
    first = 500 * STEPS_PER_BLOCK + 3500
    state, cut = [0.0] * 4, 0
    for index in range(first - 400, first + 200):
        if index >= first:
            for phase, signal in enumerate(signals):
                wanted_v = mean[phase] + 230.0 * (state[0] + state[1 + phase])
                shown_v = signal.at(index * 10 * SECOND_US)
                assert shown_v == pytest.approx(min(max(wanted_v, 230.0 * 0.97), 230.0 * 1.03), abs=1e-9)
                cut += shown_v != pytest.approx(wanted_v)
        sizes = (0.02 * gain, 0.01 * gain, 0.01 * gain, 0.01 * gain)
        state = [
            left * value + size * normal_deviate(key, index)
            for value, size, key in zip(state, sizes, keys, strict=True)
        ]
    assert 0 < cut < 600
    assert signals[0].until(first * 10 * SECOND_US + 1) == (first + 1) * 10 * SECOND_US


def test_deviates_are_normal_and_many_at_once_are_those_one_by_one() -> None:
    indices = np.arange(-50, 20_000)
    together = normal_deviates(stream_key("a"), indices)
    assert together.tolist() == [normal_deviate(stream_key("a"), int(index)) for index in indices]
    assert together.mean() == pytest.approx(0.0, abs=0.02)
    assert together.std() == pytest.approx(1.0, abs=0.02)
    for share in (0.001, 0.1, 0.5, 0.9, 0.999):
        assert np.mean(together < statistics.NormalDist().inv_cdf(share)) == pytest.approx(share, abs=0.008)
    assert np.abs(together).max() < 3.7
    assert abs(float(np.corrcoef(together[1:], together[:-1])[0, 1])) < 0.03


@pytest.mark.parametrize("probability", [0.0, 0.02, 0.5, 0.9, 1.0])
def test_chance_comes_as_often_as_it_is_said_to(probability: float) -> None:
    chance = Chance(probability, step_us=SECOND_US, key="k")
    drawn = [chance.at(number * SECOND_US) for number in range(20_000)]
    assert set(drawn) <= {0.0, 1.0}
    assert statistics.fmean(drawn) == pytest.approx(probability, abs=0.01)


@pytest.mark.parametrize("probability", [0.3, 0.0, 1.0])
def test_chance_holds_until_the_end_of_its_interval_and_certainty_for_good(probability: float) -> None:
    chance, step_us = Chance(probability, step_us=7, key="k"), 7
    for time_us in (0, 6, 7, 700_000, 700_006):
        end_us = (time_us // step_us + 1) * step_us
        assert chance.until(time_us) == (end_us if 0.0 < probability < 1.0 else NEVER)
        assert chance.at(end_us - 1) == chance.at(time_us)


def test_an_override_moves_evenly_in_tenths_of_a_second_and_then_stays() -> None:
    begin_us = 1_000_050_000
    override = Override(begin_us, 10.0, begin_us + 350_000, 24.0)
    moments = [
        (-1, 10.0),
        (0, 10.0),
        (99_999, 10.0),
        (100_000, 14.0),
        (250_000, 18.0),
        (349_999, 22.0),
        (350_000, 24.0),
    ]
    assert [override.at(begin_us + after_us) for after_us, _ in moments] == [value for _, value in moments]
    changes = [begin_us]
    while (after := override.until(changes[-1])) != NEVER:
        changes.append(after)
    assert [change - begin_us for change in changes] == [0, 100_000, 200_000, 300_000, 350_000]
    assert override.until(begin_us + 99_999) == begin_us + 100_000
    at_once = Override(begin_us, 10.0, begin_us, 24.0)
    assert (at_once.at(begin_us), at_once.until(begin_us)) == (24.0, NEVER)


NONE_SHORT = OutageStatistics(
    per_year=3650.0, short_share=0.0, short_median_s=30.0, short_spread=0.0, long_median_s=600.0, long_spread=0.0,
    longest_s=3600.0,
)  # fmt: skip


def outages_of(statistics_: OutageStatistics, days: int = 365) -> list[tuple[int, int]]:
    """Return beginnings and ends of the times without the grid."""
    signal, time_us, found = SeededOutages(statistics_, "k"), 0, []
    while time_us < days * DAY_US:
        next_us = signal.until(time_us)
        if signal.at(time_us) == 0.0:
            if found and found[-1][1] == time_us:
                found[-1] = found[-1][0], next_us
            else:
                found.append((time_us, next_us))
        time_us = next_us
    return found


def test_outages_without_spread_last_as_long_as_their_median() -> None:
    for shape, median_s in ((NONE_SHORT, 600), (NONE_SHORT._replace(short_share=1.0), 30)):
        lengths = [(end - begin) / SECOND_US for begin, end in outages_of(shape)]
        assert statistics.mode(lengths) == median_s
        # Those that begin while the grid is gone make a longer one.
        assert sum(length == median_s for length in lengths) > 0.85 * len(lengths)


def test_outages_come_at_any_time_and_as_often_as_their_rate() -> None:
    begins = [begin for begin, _ in outages_of(NONE_SHORT._replace(short_share=1.0), 730)]
    assert len(begins) == pytest.approx(7300, rel=0.05)
    gaps = [(later - earlier) / DAY_US for earlier, later in pairwise(begins)]
    assert statistics.fmean(gaps) == pytest.approx(0.1, rel=0.05)
    assert statistics.stdev(gaps) == pytest.approx(0.1, rel=0.08)
    hours = [begin % DAY_US / DAY_US for begin in begins]
    assert statistics.fmean(hours) == pytest.approx(0.5, abs=0.02)
    assert statistics.stdev(hours) == pytest.approx(math.sqrt(1.0 / 12.0), abs=0.02)


def test_durations_spread_as_they_are_said_to_and_are_cut_at_both_ends() -> None:
    shape = NONE_SHORT._replace(per_year=1000.0, long_spread=1.0, longest_s=2000.0)
    logs = [math.log((end - begin) / SECOND_US / 600.0) for begin, end in outages_of(shape, 1500)]
    assert statistics.median(logs) == pytest.approx(0.0, abs=0.08)
    # A standard deviation below the median are 16 % of them; above 2000 s, 1.2 of them, is none.
    assert statistics.fmean(log < -1.0 for log in logs) == pytest.approx(0.159, abs=0.02)
    at_limit = math.log(2000.0 / 600.0)
    share = 1.0 - statistics.NormalDist().cdf(at_limit)
    assert statistics.fmean(log == pytest.approx(at_limit, abs=1e-3) for log in logs) == pytest.approx(
        share, abs=0.02
    )
    brief = [end - begin for begin, end in outages_of(NONE_SHORT._replace(long_median_s=0.01), 30)]
    assert set(brief) == {SECOND_US}


class TestClouds:
    @pytest.mark.parametrize(("steps", "step_s"), [(1, 3600.0), (1, 1.0), (24, 3600.0), (90, 10.0)])
    def test_without_clouds_all_light_comes_through_to_the_last_step(self, steps: int, step_s: float) -> None:
        clear = Clouds.model_validate({"cover": "0 %"})
        index = cloud_index(clear, "k", np.arange(steps) * step_s, step_s=step_s)
        assert index.tolist() == pytest.approx([1.0] * steps, abs=1e-12)

    def test_a_step_does_not_depend_on_how_many_follow(self) -> None:
        many = cloud_index(Clouds(), "k", np.arange(200) * 30.0, step_s=30.0)
        for count in (1, 2, 150):
            few = cloud_index(Clouds(), "k", np.arange(count) * 30.0, step_s=30.0)
            assert few.tolist() == pytest.approx(many[:count].tolist(), abs=1e-9)

    def test_edges_take_half_a_minute_to_pass(self) -> None:
        """Over a step of 1 s, the light changes by at most its 1/31 of the greatest depth, and often just by that."""
        times_s = np.arange(0.0, 86_400.0)
        depth, passage = 0.6, {"cover": "50 %", "depth": "60 %", "passage": "20 min"}
        index = cloud_index(Clouds.model_validate(passage), "k", times_s, step_s=1.0)
        assert 1.0 - depth - 1e-9 <= index.min() < 1.0 - 0.9 * depth
        assert index.max() == pytest.approx(1.0, abs=1e-9)
        changes = np.abs(np.diff(index))
        assert 0.8 * depth / 31.0 < changes.max() <= depth / 31.0 + 1e-9
        moving = changes > 1e-9
        edges = np.flatnonzero(np.diff(moving.astype(int)) == 1)
        lengths = np.flatnonzero(np.diff(moving.astype(int)) == -1)[: len(edges)] - edges[: len(edges)]
        # What is seen of a second takes in half a minute, which the edge enters in one second and leaves 31 s later.
        assert int(np.median(lengths)) == 32

    def test_clouds_and_clear_spells_last_as_long_as_they_are_said_to(self) -> None:
        """A cover of 25 % of clouds of 5 min: clear for 15 min, so three of each an hour."""
        shape = Clouds.model_validate({"cover": "25 %", "depth": "60 %", "passage": "5 min"})
        times_s, clouded, passed = np.arange(0.0, 86_400.0, 5.0), 0.0, 0
        for day in range(40):
            below = cloud_index(shape, f"{day}", times_s, step_s=5.0) < 1.0 - 1e-9
            clouded += float(below.mean()) / 40.0
            passed += int((np.diff(below.astype(int)) == 1).sum())
        # Edges lengthen what is clouded by 30 s and more for each, and close short gaps.
        assert passed / 40.0 / 24.0 == pytest.approx(3.0 * math.exp(-35.0 / 900.0), rel=0.06)
        assert clouded == pytest.approx(1.0 - 0.75 * math.exp(-35.0 / 900.0), abs=0.02)

    def test_a_day_begins_under_a_cloud_as_often_as_any_other_time(self) -> None:
        shape = Clouds.model_validate({"cover": "30 %", "passage": "2 h"})
        first = [cloud_index(shape, f"{day}", np.array([0.0]), step_s=1.0)[0] for day in range(2000)]
        assert np.mean(np.array(first) < 1.0) == pytest.approx(0.3, abs=0.03)


def test_a_signal_of_steps_keeps_what_changes_only() -> None:
    times, values = np.array([10, 20, 30, 40, 50]), np.array([1.0, 1.0, 2.0, 2.0, 1.0])
    for steps in (
        Steps.of_arrays(times, values, ends_us=60),
        Steps(times.tolist(), values.tolist(), ends_us=60),
    ):
        assert [column.tolist() for column in steps.columns] == [[10, 30, 50], [1.0, 2.0, 1.0]]
        assert [steps.until(time) for time in (0, 10, 29, 30, 50)] == [30, 30, 30, 50, NEVER]
        assert [steps.at(time) for time in (0, 29, 30, 49, 50)] == [1.0, 1.0, 2.0, 2.0, 1.0]
        assert steps.ends_us == 60


@pytest.mark.parametrize(("days", "per_year"), [(0.5, 730.0), (1.0, 365.0), (2.5, 146.0), (10.0, 36.5)])
def test_outages_of_days_last_into_the_days_after(days: float, per_year: float) -> None:
    """As many begin as would fill the time: whoever looks finds none under way with a chance of 1/e."""
    lasting = OutageStatistics(per_year, 0.0, 60.0, 0.0, days * 86_400.0, 0.0, days * 86_400.0)
    signal, total_us, span = SeededOutages(lasting, "k"), 0, 3000
    time_us = 100 * DAY_US
    while time_us < (100 + span) * DAY_US:
        next_us = signal.until(time_us)
        assert time_us < next_us <= (time_us // DAY_US + 1) * DAY_US
        total_us += next_us - time_us if signal.at(time_us) == 0.0 else 0
        time_us = next_us
    assert total_us / (span * DAY_US) == pytest.approx(1.0 - math.exp(-1.0), abs=0.06)


def test_outages_of_a_day_are_the_same_after_any_number_of_others() -> None:
    def day(signal: SeededOutages, number: int) -> list[tuple[int, float]]:
        time_us, found = number * DAY_US, []
        while time_us < (number + 1) * DAY_US:
            found.append((time_us, signal.at(time_us)))
            time_us = signal.until(time_us)
        return found

    busy = NONE_SHORT._replace(longest_s=3 * 86_400.0, long_median_s=20_000.0, long_spread=1.5)
    walked = SeededOutages(busy, "k")
    whole = {number: day(walked, number) for number in range(300)}
    for number in (299, 4, 150, 0):
        assert day(SeededOutages(busy, "k"), number) == day(walked, number) == whole[number]
