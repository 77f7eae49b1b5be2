"""A live site on a loop whose time is virtual: how it starts, steps, rewinds, ends, and says that it is late."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
import time_machine
from control.support import INVERTER, MAIN, SITE

from doppelgrid.scenarios.lockstep.virtual_time import Limits, VirtualTimeLoop
from doppelgrid.scenarios.lockstep.wall import VirtualClock, WornClock
from doppelgrid.sim.domain.durations import LONGEST_S
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.messages import WrongStateError
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.engine.clock import LiveClock, SteppedClock, WallStampedClock, wall_time_us
from doppelgrid.sim.gateway.gateway import Gateway
from doppelgrid.sim.gateway.subscriptions import Subscription
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.site import Site

WALL = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
NOON = to_us(datetime(2026, 6, 15, 12, 0, tzinfo=UTC))
SECOND = 1_000_000
INTERVAL_S = 10.0
MAST = MAIN
SENSORS = {"mast": {"id": MAST, "metrics": ["temperature"]}}
"""Its id is that of a component."""

Story = Callable[[LiveSimulation], Awaitable[None]]


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def elapsed_s() -> float:
    """Return the loop's time [s]."""
    return asyncio.get_running_loop().time()


def live_through(
    story: Story,
    *,
    timestamps: Literal["wall", "simulated"] = "simulated",
    starts: bool = True,
    **options: Any,
) -> None:
    """Let something happen to a live site that samples every 10 s."""

    async def main() -> None:
        site = Site.model_validate({**SITE, "sensors": SENSORS}).with_telemetry_interval(INTERVAL_S)
        simulation = LiveSimulation(site, **{"start_us": NOON, "timestamps": timestamps, **options})
        simulation.gateway.listen_to_frames(lambda _time_us, _frames: None)
        if starts:
            simulation.start()
        await story(simulation)
        simulation.stop()

    clock = VirtualClock(to_us(WALL))
    with WornClock(clock), asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock, Limits())) as runner:
        runner.run(main())


class TestBeginning:
    def test_what_building_it_took_does_not_count(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            time.sleep(7.0)  # noqa: ASYNC251 - what takes so long is the building
            simulation.start()
            assert simulation.clock.now_us() == NOON
            await asyncio.sleep(3.0)
            assert simulation.clock.now_us() == NOON + 3 * SECOND

        live_through(story, starts=False)

    def test_a_paused_one_stands_at_exactly_its_start(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            await asyncio.sleep(5.0)
            assert (simulation.clock.paused, simulation.clock.now_us()) == (True, NOON)

        live_through(story, paused=True)
        live_through(story, paused=True, timestamps="wall", speed=7.0)

    def test_without_a_start_it_begins_at_the_present(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            assert simulation.now_us == to_us(WALL)

        live_through(story, start_us=None)

    @pytest.mark.parametrize("timestamps", ["wall", "simulated"])
    def test_clients_are_told_the_time_that_was_asked_for(
        self, timestamps: Literal["wall", "simulated"]
    ) -> None:
        async def story(simulation: LiveSimulation) -> None:
            await asyncio.sleep(5.0)
            told_us = simulation.clock.stamp_us(simulation.clock.now_us())
            begin_us = to_us(WALL) if timestamps == "wall" else NOON
            assert told_us == begin_us + 5 * SECOND
            assert simulation.timestamps == timestamps

        live_through(story, timestamps=timestamps)


class TestSteps:
    def test_a_step_may_be_as_long_as_a_leap_year_and_no_longer(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            longest = timedelta(seconds=LONGEST_S)
            assert await simulation.step_until_idle(longest)
            with pytest.raises(ValueError, match="accepted: more than 0 s, up to 366 d") as refused:
                await simulation.step(longest + timedelta(microseconds=1))
            assert str(refused.value).startswith("the step is 31622400.000001 s long")
            with pytest.raises(ValueError, match="the step is 0 s long"):
                await simulation.step(timedelta(0))
            assert simulation.now_us == NOON

        live_through(story, paused=True)

    def test_nothing_else_may_be_done_to_time_while_one_is_under_way(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            saved = simulation.save()
            refusals: list[str] = []

            def meddle(_time_us: int, _frames: object) -> None:
                for act in (
                    lambda: simulation.set_speed(2.0),
                    simulation.pause,
                    simulation.resume,
                    lambda: simulation.restore(saved),
                ):
                    with pytest.raises(
                        WrongStateError, match="a step is under way; accepted: once it has ended"
                    ):
                        act()
                    refusals.append("refused")

            stop = simulation.gateway.listen_to_frames(meddle)
            await simulation.step(seconds(INTERVAL_S))
            assert len(refusals) == 4
            stop()
            simulation.set_speed(2.0)
            simulation.resume()

        live_through(story, paused=True)

    def test_it_looks_at_everything_that_is_due_and_ends_between(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            sampled: list[int] = []
            simulation.gateway.listen_to_frames(lambda time_us, _frames: sampled.append(time_us - NOON))
            await simulation.step(seconds(25.0))
            assert sampled == [10 * SECOND, 20 * SECOND]
            assert simulation.now_us == simulation.clock.now_us() == NOON + 25 * SECOND
            await simulation.step(timedelta(microseconds=1))
            assert simulation.now_us == NOON + 25 * SECOND + 1

        live_through(story, paused=True)

    @pytest.mark.lengthy
    @pytest.mark.parametrize(
        "subscribe",
        [lambda gateway: gateway.subscribe(MAIN), lambda gateway: gateway.subscribe_sensor(MAST)],
        ids=["component", "sensor"],
    )
    def test_it_waits_for_whoever_reads_slowly(self, subscribe: Callable[[Gateway], Subscription]) -> None:
        async def story(simulation: LiveSimulation) -> None:
            stream, read = subscribe(simulation.gateway), list[int]()

            async def take() -> None:
                async for frame in stream:
                    read.append(frame.sample_time_us)
                    for _ in range(5):
                        await asyncio.sleep(0)

            reading = asyncio.ensure_future(take())
            await simulation.step(seconds(300 * INTERVAL_S))
            reading.cancel()
            assert read == [NOON + (sample + 1) * 10 * SECOND for sample in range(300)]

        live_through(story, paused=True)

    def test_what_goes_wrong_in_one_ends_the_simulation(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            def fail(_time_us: int, _frames: object) -> None:
                raise LookupError("broken device")

            simulation.gateway.listen_to_frames(fail)
            with pytest.raises(LookupError, match="broken device"):
                await simulation.step(seconds(15.0))
            with pytest.raises(LookupError, match="broken device"):
                await simulation.wait()

        live_through(story, paused=True)

    def test_a_site_is_idle_once_its_answers_its_ramps_and_its_drives_have_come(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            assert await simulation.step_until_idle(seconds(1.0))
            assert simulation.now_us == NOON
            simulation.drive("house", "load", 5e3, over_s=30.0)
            assert not await simulation.step_until_idle(seconds(29.0))
            assert await simulation.step_until_idle(seconds(29.0))
            assert simulation.now_us == NOON + 30 * SECOND
            simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 10e3, None)
            assert await simulation.step_until_idle(seconds(60.0))
            assert NOON + 32 * SECOND < simulation.now_us < NOON + 34 * SECOND

        live_through(story, paused=True)


class TestPausing:
    def test_pausing_and_resuming_is_told_once_and_time_stands_in_between(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            told: list[Event] = []
            simulation.events.subscribe(told.append)
            await asyncio.sleep(3.0)
            for _ in range(2):
                simulation.pause()
            await asyncio.sleep(4.0)
            for _ in range(2):
                simulation.resume()
            await asyncio.sleep(1.0)
            simulation.set_speed(4.0)
            assert [(event.kind, event.subject, event.time_us - NOON) for event in told] == [
                ("paused", "site", 3 * SECOND),
                ("resumed", "site", 3 * SECOND),
                ("speed set", "site", 4 * SECOND),
            ]
            assert told[-1].details == {"speed": 4.0}

        live_through(story)

    def test_whoever_waits_for_a_moment_hears_of_a_pause_and_of_its_end(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            begin_s = elapsed_s()
            moment = asyncio.ensure_future(simulation.wait_until(NOON + 20 * SECOND))
            await asyncio.sleep(5.0)
            simulation.pause()
            await asyncio.sleep(100.0)
            assert not moment.done()
            simulation.resume()
            await moment
            assert elapsed_s() - begin_s == pytest.approx(120.0)

        live_through(story)


class TestGoingBack:
    def test_whoever_waits_for_a_moment_hears_of_a_leap_in_time(self) -> None:
        """Ten seconds are left of it, and not the fifty that were left before."""

        async def story(simulation: LiveSimulation) -> None:
            early = simulation.save()
            await asyncio.sleep(50.0)
            late = simulation.save()
            simulation.restore(early)
            moment = asyncio.ensure_future(simulation.wait_until(NOON + 60 * SECOND))
            await asyncio.sleep(1.0)
            begin_s = elapsed_s()
            simulation.restore(late)
            await moment
            assert elapsed_s() - begin_s == pytest.approx(10.0)

        live_through(story)

    def test_it_is_told_with_the_time_that_the_site_went_back_to(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            told: list[Event] = []
            simulation.events.subscribe(told.append)
            early = simulation.save()
            await asyncio.sleep(15.0)
            simulation.restore(early)
            (event,) = [event for event in told if event.kind == "restored"]
            assert (event.time_us, event.subject, event.details) == (NOON, "site", {})

        live_through(story)


class TestEnding:
    def test_it_ends_when_it_is_stopped_however_often(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            ended = asyncio.ensure_future(simulation.wait())
            await asyncio.sleep(15.0)
            assert not ended.done()
            simulation.stop()
            simulation.stop()
            await ended
            stopped_us = simulation.now_us
            await asyncio.sleep(50.0)
            assert simulation.now_us == stopped_us == NOON + 10 * SECOND

        live_through(story)

    def test_what_goes_wrong_while_time_passes_ends_it(self) -> None:
        async def story(simulation: LiveSimulation) -> None:
            calls: list[int] = []

            def fail(time_us: int, _frames: object) -> None:
                calls.append(time_us)
                raise LookupError("broken device")

            simulation.gateway.listen_to_frames(fail)
            with pytest.raises(LookupError, match="broken device"):
                await simulation.wait()
            simulation.pause()
            simulation.resume()
            await asyncio.sleep(50.0)
            assert calls == [NOON + 10 * SECOND]

        live_through(story)


@pytest.mark.parametrize(
    ("lags_s", "speed", "warnings"),
    [
        # Of two samplings each is that much later than it was due.
        ((0.9, 0.9), 1.0, []),
        ((1.0, 0.9), 1.0, []),
        ((2.5, 0.9), 1.0, ["2.5"]),
        ((2.5, 3.0), 1.0, ["2.5"]),
        ((2.5, 0.0, 3.0), 1.0, ["2.5", "3.0"]),
        ((2.5,), 4.0, ["2.5"]),
    ],
)
def test_it_says_once_that_it_cannot_keep_up(
    caplog: pytest.LogCaptureFixture, lags_s: tuple[float, ...], speed: float, warnings: list[str]
) -> None:
    """A machine that is too slow takes longer over a sampling than there is until the next."""
    interval_s = INTERVAL_S / speed

    async def story(simulation: LiveSimulation) -> None:
        waiting = list(lags_s)

        def dawdle(time_us: int, _frames: object) -> None:
            if waiting:
                due_s = (time_us - NOON) / SECOND / speed
                time.sleep(due_s + interval_s + waiting.pop(0) - (elapsed_s() - begin_s))

        begin_s = elapsed_s()
        simulation.gateway.listen_to_frames(dawdle)
        await asyncio.sleep(10 * interval_s)

    with caplog.at_level(logging.WARNING):
        live_through(story, speed=speed)
    said = [record.getMessage() for record in caplog.records if "behind" in record.getMessage()]
    assert said == [
        f"the simulation is {lag} s behind: this machine is too slow for this speed" for lag in warnings
    ]


class TestClocks:
    """By themselves, in a world whose loop and wall go as they are told."""

    @pytest.fixture
    def wall(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel(WALL, tick=False) as wall:
            yield wall

    def test_a_stepped_clock_stands_where_it_is_put(self) -> None:
        clock = SteppedClock(NOON)
        assert (clock.now_us(), clock.stamp_us(NOON + 5), clock.loop_time_s(NOON), clock.pace) == (
            NOON, NOON + 5, NOON / 1e6, 1.0
        )  # fmt: skip
        clock.move_to(NOON - 7)
        assert clock.now_us() == NOON - 7
        assert (clock.span_us(2.5), SteppedClock(NOON, pace=4.0).span_us(2.5)) == (2_500_000, 10 * SECOND)

    @pytest.mark.usefixtures("wall")
    def test_clients_live_in_the_time_of_the_site_or_of_the_wall(self) -> None:
        live = LiveClock(NOON, speed=4.0, loop_time=lambda: 100.0)
        stamped = WallStampedClock(NOON, speed=4.0, loop_time=lambda: 100.0)
        assert (live.pace, stamped.pace) == (1.0, 4.0)
        assert (live.span_us(2.5), stamped.span_us(2.5)) == (2_500_000, 10 * SECOND)
        assert live.stamp_us(NOON + 5) == NOON + 5
        assert live.loop_time_s(NOON + 8 * SECOND) == stamped.loop_time_s(NOON + 8 * SECOND) == 102.0

    @pytest.mark.parametrize("speed", [0.0, -1.0, 100_001.0, float("inf"), float("nan")])
    def test_a_speed_is_a_number_above_nothing(self, speed: float) -> None:
        with pytest.raises(ValueError, match="accepted: a number from 1e-05"):
            LiveClock(NOON, speed=speed, loop_time=lambda: 0.0)
        clock = LiveClock(NOON, speed=1e-3, loop_time=lambda: 0.0)
        with pytest.raises(ValueError, match="accepted: a number from 1e-05"):
            clock.set_speed(speed)
        assert clock.speed == 1e-3

    @pytest.mark.parametrize(
        ("drift_s", "follows"), [(0.25, False), (0.26, True), (-0.25, False), (-0.26, True), (3600.0, True)]
    )
    def test_the_wall_wins_where_it_drifts_from_the_loop(
        self, wall: time_machine.Traveller, drift_s: float, follows: bool
    ) -> None:
        loop_s = [1000.0]
        clock = WallStampedClock(NOON, speed=10.0, loop_time=lambda: loop_s[0])
        loop_s[0] += 4.0
        wall.shift(seconds(4.0 + drift_s))
        told_us = clock.stamp_us(clock.now_us())
        assert told_us == to_us(WALL) + 4 * SECOND + (round(drift_s * SECOND) if follows else 0)
        # What was told of earlier times moves along, but not beyond the beginning of this stretch.
        assert clock.stamp_us(NOON) == to_us(WALL) + (round(drift_s * SECOND) if follows else 0)

    def test_while_it_is_paused_the_wall_goes_on_alone(self, wall: time_machine.Traveller) -> None:
        clock = WallStampedClock(NOON, speed=1.0, loop_time=lambda: 1000.0)
        clock.pause()
        wall.shift(seconds(30.0))
        assert clock.stamp_us(NOON) == to_us(WALL)

    @pytest.mark.usefixtures("wall")
    def test_times_before_the_first_are_told_at_the_first_speed(self) -> None:
        clock = WallStampedClock(NOON, speed=10.0, loop_time=lambda: 1000.0)
        assert clock.stamp_us(NOON - 20 * SECOND) == to_us(WALL) - 2 * SECOND

    def test_a_hundred_changes_of_speed_are_remembered(self, wall: time_machine.Traveller) -> None:
        loop_s = [1000.0]
        clock = WallStampedClock(NOON, speed=1.0, loop_time=lambda: loop_s[0])
        told: dict[int, int] = {}
        for change in range(150):
            loop_s[0] += 1.0
            wall.shift(seconds(1.0))
            told[clock.now_us()] = clock.stamp_us(clock.now_us())
            clock.set_speed(2.0 if change % 2 == 0 else 1.0)
        late = list(told)[60:]
        assert {time_us: clock.stamp_us(time_us) for time_us in late} == {at: told[at] for at in late}
        assert len(set(told.values())) == 150

    @pytest.mark.usefixtures("wall")
    def test_the_wall_is_told_in_microseconds(self) -> None:
        assert wall_time_us() == to_us(WALL)
