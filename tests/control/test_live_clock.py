"""Simulated time against the wall: speeds, pauses, and what clients are told and promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.engine.agenda import Engine
from doppelgrid.sim.engine.clock import LiveClock, WallStampedClock

WALL = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
NOON = to_us(datetime(2026, 6, 15, 12, 0, tzinfo=UTC))
SECOND = 1_000_000


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


class TestPromises:
    @pytest.fixture
    def log(self) -> list[tuple[str, int]]:
        return []

    @pytest.fixture
    def engine(self, log: list[tuple[str, int]]) -> Engine:
        engine = Engine(start_us=0)
        engine.handle("lapse", lambda: log.append(("lapse", engine.now_us)), promised=True)
        engine.handle("ramp", lambda: log.append(("ramp", engine.now_us)))
        return engine

    def test_what_is_promised_to_clients_waits_as_long_as_before_in_their_time(
        self, engine: Engine, log: list[tuple[str, int]]
    ) -> None:
        engine.schedule(1000, "lapse")
        engine.schedule(1000, "ramp")
        engine.run_to(500)
        engine.stretch_promises(10.0)
        engine.run_to(10_000)
        assert log == [("ramp", 1000), ("lapse", 5500)]

    def test_a_stretched_promise_can_still_be_withdrawn(
        self, engine: Engine, log: list[tuple[str, int]]
    ) -> None:
        number = engine.schedule(1000, "lapse")
        engine.stretch_promises(0.5)
        assert engine.due_us(number) == 500
        engine.cancel(number)
        engine.run_to(2000)
        assert log == []
        assert engine.due_us(number) is None
