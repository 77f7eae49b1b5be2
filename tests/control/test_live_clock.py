"""Simulated time against the wall: speeds, pauses, and what clients are told and promised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from control.support import SITE

from doppelgrid.scenarios.lockstep.virtual_time import Limits, VirtualTimeLoop
from doppelgrid.scenarios.lockstep.wall import VirtualClock, WornClock
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.engine.agenda import Engine
from doppelgrid.sim.engine.clock import LiveClock, WallStampedClock
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site

WALL = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
NOON = to_us(datetime(2026, 6, 15, 12, 0, tzinfo=UTC))
SECOND = 1_000_000
Hold = Callable[[Callable[[LiveSimulation], Awaitable[None]]], list[tuple[float, float]]]


class World:
    """An event loop's clock and the wall's, which go together."""

    def __init__(self, wall: time_machine.Traveller) -> None:
        self._wall = wall
        self._loop_s = 1000.0

    def loop_time(self) -> float:
        return self._loop_s

    def wait(self, seconds: float) -> None:
        self._loop_s += seconds
        self._wall.shift(timedelta(seconds=seconds))

    def set_wall(self, seconds: float) -> None:
        self._wall.shift(timedelta(seconds=seconds))

    def clock(self, speed: float = 1.0) -> WallStampedClock:
        return WallStampedClock(NOON, speed=speed, loop_time=self.loop_time)


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel(WALL, tick=False) as wall:
        yield World(wall)


def test_a_new_speed_counts_from_now_on(world: World) -> None:
    clock = LiveClock(NOON, speed=1.0, loop_time=world.loop_time)
    world.wait(10.0)
    clock.set_speed(100.0)
    world.wait(1.0)
    assert clock.now_us() == NOON + 110 * SECOND


def test_pauses_do_not_count(world: World) -> None:
    clock = LiveClock(NOON, speed=2.0, loop_time=world.loop_time)
    world.wait(1.0)
    clock.pause()
    world.wait(100.0)
    assert clock.now_us() == NOON + 2 * SECOND
    clock.resume()
    world.wait(1.0)
    assert clock.now_us() == NOON + 4 * SECOND


def test_the_loop_is_told_when_a_time_comes_at_the_new_speed(world: World) -> None:
    clock = LiveClock(NOON, speed=1.0, loop_time=world.loop_time)
    world.wait(10.0)
    clock.set_speed(5.0)
    assert clock.loop_time_s(NOON + 20 * SECOND) == pytest.approx(world.loop_time() + 2.0)


def test_clients_are_told_the_wall_time_whatever_the_speed(world: World) -> None:
    clock = world.clock(speed=10.0)
    world.wait(3.0)
    clock.set_speed(1000.0)
    world.wait(4.0)
    assert clock.stamp_us(clock.now_us()) == to_us(WALL) + 7 * SECOND


def test_the_past_keeps_its_stamps_when_the_speed_changes(world: World) -> None:
    clock = world.clock(speed=10.0)
    world.wait(3.0)
    then = clock.now_us()
    stamped = clock.stamp_us(then)
    world.wait(1.0)
    clock.set_speed(1000.0)
    world.wait(1.0)
    assert clock.stamp_us(then) == stamped


def test_steps_of_a_paused_site_are_stamped_when_they_happen(world: World) -> None:
    clock = world.clock()
    clock.pause()
    world.wait(30.0)
    clock.move_to(NOON + 3600 * SECOND)
    assert clock.stamp_us(NOON + 3600 * SECOND) == to_us(WALL) + 30 * SECOND


def test_stamps_never_run_back_while_time_goes_on(world: World) -> None:
    clock = world.clock(speed=7.0)
    stamps = []
    for speed in (1.0, 1000.0, 0.1):
        world.wait(0.3)
        stamps.append(clock.stamp_us(clock.now_us()))
        clock.set_speed(speed)
        stamps.append(clock.stamp_us(clock.now_us()))
        clock.pause()
        clock.move_to(clock.now_us() + SECOND)
        stamps.append(clock.stamp_us(clock.now_us()))
        clock.resume()
        stamps.append(clock.stamp_us(clock.now_us()))
    assert stamps == sorted(stamps)


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda clock: clock.set_speed(2.0),
        lambda clock: clock.reach(0.5),
        lambda clock: (clock.pause(), clock.resume()),
        lambda clock: clock.move_to(NOON),
    ],
    ids=["speed", "reach", "pause", "move"],
)
def test_whatever_happens_when_the_wall_is_set_it_is_known_by_how_much(
    world: World, seconds: float, meanwhile: Callable[[WallStampedClock], None]
) -> None:
    clock = world.clock()
    world.wait(10.0)
    world.set_wall(seconds)
    meanwhile(clock)
    world.wait(5.0)
    told_us = clock.stamp_us(clock.now_us())
    assert told_us == to_us(WALL) + round((15.0 + seconds) * SECOND)
    assert clock.set_by_us(clock.now_us()) == round(seconds * SECOND)


def test_a_wall_that_is_set_in_a_pause_does_not_make_it_longer(world: World) -> None:
    clock = world.clock()
    world.wait(10.0)
    clock.pause()
    world.set_wall(3600.0)
    world.wait(30.0)
    clock.resume()
    now_us = clock.now_us()
    assert clock.stamp_us(now_us) - clock.set_by_us(now_us) == to_us(WALL) + 40 * SECOND


class TestPromises:
    @pytest.fixture
    def log(self) -> list[tuple[str, int]]:
        return []

    @pytest.fixture
    def engine(self, log: list[tuple[str, int]]) -> Engine:
        engine = Engine(start_us=0)
        engine.handle("lapse", lambda: log.append(("lapse", engine.now_us)), within_s=1.0, promised=True)
        engine.handle("ramp", lambda: log.append(("ramp", engine.now_us)), within_s=1.0)
        return engine

    def test_what_is_promised_to_clients_waits_as_long_as_before_in_their_time(
        self, engine: Engine, log: list[tuple[str, int]]
    ) -> None:
        engine.schedule(1000, "lapse")
        engine.schedule(1000, "ramp")
        engine.run_to(500)
        engine.stretch_promises(10.0, 500)
        engine.run_to(10_000)
        assert log == [("ramp", 1000), ("lapse", 5500)]

    def test_where_the_engine_lags_behind_the_clock_what_is_late_stays_as_late(
        self, engine: Engine, log: list[tuple[str, int]]
    ) -> None:
        for due_us in (700, 1000, 3000):
            engine.schedule(due_us, "lapse")
        engine.run_to(500)
        engine.stretch_promises(0.1, 1000)
        engine.run_to(10_000)
        assert log == [("lapse", 700), ("lapse", 1000), ("lapse", 1200)]

    def test_no_promise_ends_sooner_because_times_are_whole_microseconds(self, engine: Engine) -> None:
        number = engine.schedule(1000, "lapse")
        engine.stretch_promises(1e-4, 0)
        assert engine.due_us(number) == 1

    def test_what_is_saved_late_is_promised_from_the_time_at_which_it_goes_on(self, engine: Engine) -> None:
        lapses = [engine.schedule(due_us, "lapse") for due_us in (700, 3000)]
        ramp = engine.schedule(3000, "ramp")
        agenda = engine.save(late_us=1000).agenda
        assert [agenda[serial].due_us for serial in (*lapses, ramp)] == [0, 2000, 3000]

    def test_a_stretched_promise_can_still_be_withdrawn(
        self, engine: Engine, log: list[tuple[str, int]]
    ) -> None:
        number = engine.schedule(1000, "lapse")
        engine.stretch_promises(0.5, engine.now_us)
        assert engine.due_us(number) == 500
        engine.cancel(number)
        engine.run_to(2000)
        assert log == []
        assert engine.due_us(number) is None


class TestDueWork:
    """A live site that samples every 10 s, on a loop whose time is virtual."""

    @pytest.fixture
    def hold(self) -> Hold:
        """Let something happen to a site, and return when [s of the loop] it sampled which moments [s]."""

        def until_its_end(story: Callable[[LiveSimulation], Awaitable[None]]) -> list[tuple[float, float]]:
            async def main() -> list[tuple[float, float]]:
                loop = asyncio.get_running_loop()
                site = Site.model_validate(SITE).with_telemetry_interval(10.0)
                simulation = LiveSimulation(site, start_us=NOON, timestamps="simulated")
                began_s, sampled = loop.time(), []

                def note(time_us: int, _frames: object) -> None:
                    sampled.append((round(loop.time() - began_s, 3), (time_us - NOON) / SECOND))

                simulation.gateway.listen_to_frames(note)
                simulation.start()
                await story(simulation)
                simulation.stop()
                return sampled

            clock = VirtualClock(to_us(WALL))
            with (
                WornClock(clock),
                asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock, Limits())) as runner,
            ):
                return runner.run(main())

        return until_its_end

    def test_it_comes_when_the_clock_shows_its_time(self, hold: Hold) -> None:
        assert hold(lambda _simulation: asyncio.sleep(25.0)) == [(10.0, 10.0), (20.0, 20.0)]

    def test_it_comes_sooner_from_a_higher_speed_on(self, hold: Hold) -> None:
        async def hurry(simulation: LiveSimulation) -> None:
            await asyncio.sleep(13.0)
            simulation.set_speed(10.0)
            await asyncio.sleep(2.0)

        assert hold(hurry) == [(10.0, 10.0), (13.7, 20.0), (14.7, 30.0)]

    def test_it_comes_later_from_a_lower_speed_on(self, hold: Hold) -> None:
        async def dawdle(simulation: LiveSimulation) -> None:
            await asyncio.sleep(13.0)
            simulation.set_speed(0.1)
            await asyncio.sleep(80.0)

        assert hold(dawdle) == [(10.0, 10.0), (83.0, 20.0)]

    def test_it_waits_while_time_stands_still(self, hold: Hold) -> None:
        async def rest(simulation: LiveSimulation) -> None:
            await asyncio.sleep(13.0)
            simulation.pause()
            await asyncio.sleep(100.0)
            simulation.resume()
            await asyncio.sleep(8.0)

        assert hold(rest) == [(10.0, 10.0), (120.0, 20.0)]

    def test_it_goes_on_behind_a_step_once_time_goes_on(self, hold: Hold) -> None:
        async def step(simulation: LiveSimulation) -> None:
            await asyncio.sleep(3.0)
            simulation.pause()
            await simulation.step(timedelta(seconds=15))
            simulation.resume()
            await asyncio.sleep(5.0)

        assert hold(step) == [(3.0, 10.0), (5.0, 20.0)]

    def test_it_comes_again_after_a_way_back_in_time(self, hold: Hold) -> None:
        async def rewind(simulation: LiveSimulation) -> None:
            await asyncio.sleep(8.0)
            saved = simulation.save()
            await asyncio.sleep(11.0)
            simulation.restore(saved)
            await asyncio.sleep(3.0)

        assert hold(rewind) == [(10.0, 10.0), (21.0, 10.0)]

    def test_whoever_waits_for_a_moment_waits_less_at_a_higher_speed(self, hold: Hold) -> None:
        waited_s = []

        async def wait(simulation: LiveSimulation) -> None:
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            moment = asyncio.ensure_future(simulation.wait_until(NOON + 60 * SECOND))
            await asyncio.sleep(10.0)
            simulation.set_speed(10.0)
            await moment
            waited_s.append(loop.time() - began_s)

        hold(wait)
        assert waited_s == pytest.approx([15.0])

    def test_whoever_waits_for_a_moment_is_told_when_a_step_has_passed_it(self, hold: Hold) -> None:
        waited = []

        async def wait(simulation: LiveSimulation) -> None:
            simulation.pause()
            moment = asyncio.ensure_future(simulation.wait_until(NOON + 60 * SECOND))
            await asyncio.sleep(0)
            await simulation.step(timedelta(seconds=59))
            await asyncio.sleep(5.0)
            waited.append(moment.done())
            await simulation.step(timedelta(seconds=1))
            await asyncio.sleep(0.1)
            waited.append(moment.done())
            moment.cancel()

        hold(wait)
        assert waited == [False, True]


@pytest.mark.parametrize("timestamps", ["wall", "simulated"])
def test_a_site_starts_at_the_microsecond_that_it_is_told_to_start_at(timestamps: Any) -> None:
    """On a loop of real time, which passes while the site is built."""

    async def started_us() -> int:
        return LiveSimulation(
            load_site("demo"), start_us=1_781_517_600_000_000, timestamps=timestamps
        ).start_us

    assert {asyncio.run(started_us()) for _ in range(3)} == {1_781_517_600_000_000}
