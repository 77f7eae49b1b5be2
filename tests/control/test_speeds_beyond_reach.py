"""Speeds at which a site cannot be computed: clients are answered all the same, and time passes as fast as it can."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count, pairwise
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from control.support import INVERTER, serve

import doppelgrid
from doppelgrid import ControlClient
from doppelgrid.sim.domain.commands import Execution
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.timestamps import Timestamps
from doppelgrid.sim.engine.clock import LiveClock, SteppedClock, WallStampedClock
from doppelgrid.sim.simulation import driver as drivers
from doppelgrid.sim.simulation.driver import Driver
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.tape import play
from doppelgrid.sim.site.site import Site

START = 1_780_000_000_000_000
SECOND = 1_000_000


@pytest.mark.lengthy
@pytest.mark.parametrize("timestamps", ["wall", "simulated"])
async def test_whoever_asks_for_too_much_is_still_answered_and_sees_no_time_run_back(
    timestamps: Timestamps,
) -> None:
    server = serve(timestamps=timestamps)
    async with server, ControlClient(server.url) as control:
        await control.set_speed(100_000.0)
        await control.resume()
        async with asyncio.timeout(60):
            while server.simulation.clock.reached_speed == 100_000.0:
                await control.clock()
            seen = [(await control.clock()).simulated_time for _ in range(20)]
            stopped = await control.pause()
        assert all(earlier <= later for earlier, later in pairwise([*seen, stopped.simulated_time]))
        assert (await control.clock()).simulated_time == stopped.simulated_time


@pytest.mark.lengthy
@pytest.mark.parametrize("then", [1.0, 10.0, 1000.0])
async def test_a_promise_holds_by_the_wall_although_the_site_was_behind_when_the_speed_was_set(
    then: float,
) -> None:
    server = serve(timestamps="wall")
    async with server, ControlClient(server.url) as control:
        await control.set_speed(100_000.0)
        await control.resume()
        simulation = server.simulation
        lapsed: list[Event] = []
        simulation.gateway.listen_to_events(
            lambda event: lapsed.append(event) if event.kind == "set-point lapsed" else None
        )
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 60)
        await asyncio.sleep(0.3)
        await control.set_speed(then)
        simulation.engine.run_to(simulation.clock.now_us())
    assert not lapsed


class HandLoop:
    """A loop whose time passes while a plant is computed, so many seconds for each step."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.cost_s = 0.0
        self.hiccup_s = 0.0
        """What one of ten steps takes besides [s]."""
        self._taken = count()
        self._calls: list[tuple[float, int, Any]] = []
        self._order = count()

    def time(self) -> float:
        return self.now_s

    def take(self, *_step: object) -> None:
        self.now_s += self.cost_s + (self.hiccup_s if next(self._taken) % 10 == 0 else 0.0)

    def create_future(self) -> Any:
        return SimpleNamespace(done=lambda: False, set_exception=self._give_up)

    def call_at(self, when_s: float, call: Callable[[], None]) -> Any:
        entry = [call]
        heapq.heappush(self._calls, (when_s, next(self._order), entry))
        return SimpleNamespace(cancel=entry.clear)

    def run(self, seconds: float) -> list[float]:
        """Run what is due for so long; return how long each call took [s]."""
        end_s, took_s = self.now_s + seconds, list[float]()
        while self._calls and self._calls[0][0] < end_s and self.now_s < end_s:
            when_s, _, entry = heapq.heappop(self._calls)
            begun_s = self.now_s = max(self.now_s, when_s)
            for call in tuple(entry):
                call()
            took_s.append(self.now_s - begun_s)
        self.now_s = max(self.now_s, end_s)
        return took_s

    def _give_up(self, error: Exception) -> None:
        raise error


class Driven(NamedTuple):
    """A site, and what drives it."""

    loop: HandLoop
    simulation: Simulation
    driver: Driver


@pytest.fixture(params=[LiveClock, WallStampedClock])
def driven(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Driven:
    """Return a site whose time passes a hundred times as fast as that of a loop by hand."""
    return driven_at(100.0, request.param, monkeypatch)


def driven_at(speed: float, clock_type: type[LiveClock], monkeypatch: pytest.MonkeyPatch) -> Driven:
    loop = HandLoop()
    monkeypatch.setattr(drivers, "stopwatch_s", loop.time)
    clock = clock_type(START, speed=speed, loop_time=loop.time)
    simulation = Simulation(doppelgrid.load_site("demo"), clock, seed=1)
    simulation.plant.follow(loop)
    driver = Driver(simulation.engine, simulation.plant, clock, loop, in_real_time=True)  # type: ignore[arg-type]
    simulation.executor.come_to_present = driver.come_to_present
    simulation.executor.come_near_present = driver.come_near_present
    driver.start()
    return Driven(loop, simulation, driver)


@pytest.mark.parametrize("clock_type", [LiveClock, WallStampedClock])
def test_a_site_is_soon_at_the_present_of_a_clock_that_is_far_too_fast(
    clock_type: type[LiveClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, simulation, _ = driven_at(100_000.0, clock_type, monkeypatch)
    loop.cost_s = 1e-3
    loop.run(2.0)
    clock = simulation.clock
    assert isinstance(clock, LiveClock)
    lag_us = clock.now_us() - simulation.now_us
    assert lag_us < 0.3 * clock.reached_speed * SECOND


@pytest.mark.lengthy
@pytest.mark.parametrize(("clock_type", "seconds"), [(LiveClock, 0.02), (WallStampedClock, 2.0)])
def test_a_site_that_is_computed_quickly_comes_to_the_greatest_speed(
    clock_type: type[LiveClock], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, simulation, _ = driven_at(100_000.0, clock_type, monkeypatch)
    loop.cost_s = 1e-9
    loop.run(seconds)
    assert isinstance(simulation.clock, LiveClock)
    assert simulation.clock.reached_speed == 100_000.0


@pytest.mark.lengthy
def test_what_holds_one_slice_of_ten_up_keeps_no_site_from_the_greatest_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, simulation, _ = driven_at(20_000.0, LiveClock, monkeypatch)
    loop.cost_s, loop.hiccup_s = 1e-6, 1e-4
    loop.run(0.2)
    assert isinstance(simulation.clock, LiveClock)
    assert simulation.clock.reached_speed == 20_000.0


@pytest.mark.lengthy
def test_a_speed_that_stays_as_careful_as_it_began_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(drivers, "_TELLS_EVERY_S", 0.0)
    loop, simulation, _ = driven_at(20_000.0, LiveClock, monkeypatch)
    loop.cost_s = 1.5e-5
    loop.run(0.5)
    assert isinstance(simulation.clock, LiveClock)
    assert simulation.clock.reached_speed == 10_000.0
    assert [record.getMessage() for record in caplog.records] == [
        "this machine is too slow for this speed: time passes 10000 instead of 20000 times as fast"
    ]


def test_a_site_that_is_computed_quickly_keeps_the_speed(driven: Driven) -> None:
    loop, simulation, _ = driven
    loop.cost_s = 1e-6
    loop.run(5.0)
    assert simulation.clock.now_us() == pytest.approx(START + 500 * SECOND, abs=SECOND)


def test_a_site_that_is_computed_slowly_is_never_long_at_it_and_never_far_behind(
    driven: Driven,
) -> None:
    loop, simulation, _ = driven
    clock, plant = simulation.clock, simulation.plant
    assert isinstance(clock, LiveClock)
    loop.cost_s = 0.09
    loop.run(60.0)
    took_s = loop.run(10.0)
    assert max(took_s) < 0.2
    assert 0.0 < clock.reached_speed < 90.0
    assert clock.speed == 100.0
    assert clock.now_us() - plant.time_us < 2.0 * clock.reached_speed * SECOND


@pytest.mark.lengthy
def test_a_site_is_computed_at_its_speed_again_as_soon_as_it_can_be(
    driven: Driven,
) -> None:
    loop, simulation, _ = driven
    clock = simulation.clock
    assert isinstance(clock, LiveClock)
    loop.cost_s = 0.09
    loop.run(10.0)
    assert clock.reached_speed < 90.0
    loop.cost_s = 1e-6
    loop.run(20.0)
    assert clock.reached_speed == 100.0


@pytest.mark.lengthy
def test_what_holds_a_site_up_once_is_made_up_for(driven: Driven) -> None:
    loop, simulation, _ = driven
    clock = simulation.clock
    assert isinstance(clock, LiveClock)
    loop.cost_s = 1e-6
    loop.run(5.0)
    loop.now_s += 0.5
    loop.run(5.0)
    assert clock.reached_speed == 100.0
    assert clock.now_us() == pytest.approx(START + 1050 * SECOND, abs=SECOND)


@pytest.mark.lengthy
def test_what_is_promised_while_a_site_is_behind_lasts_as_long_by_its_clients_time(driven: Driven) -> None:
    loop, simulation, _ = driven
    clock = simulation.clock
    ends: dict[str, tuple[float, int]] = {}
    simulation.gateway.listen_to_events(lambda event: ends.update({event.kind: (loop.now_s, event.time_us)}))
    loop.cost_s = 1e-6
    loop.run(5.0)
    loop.now_s += 0.2
    loop.cost_s = 0.02
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 10)
    simulation.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [(-6e3, 6e3)], lifetime_s=10)
    loop.cost_s = 1e-6
    loop.run(20.0)
    for kind in ("set-point lapsed", "bounds lapsed"):
        if isinstance(clock, WallStampedClock):
            assert 15.2 <= ends[kind][0] < 15.5
        else:
            asked = {"set-point lapsed": "set-point accepted", "bounds lapsed": "bounds augmented"}[kind]
            assert ends[kind][1] - ends[asked][1] == 10 * SECOND


def test_a_command_that_came_while_a_site_was_behind_is_played_back_with_its_end(driven: Driven) -> None:
    loop, simulation, _ = driven
    given: list[Execution] = []
    simulation.executor.executions.subscribe(given.append)
    loop.cost_s = 1e-6
    loop.run(0.01)
    loop.now_s += 0.2
    loop.cost_s = 0.02
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 10)
    double = Simulation(simulation.site, SteppedClock(START, pace=simulation.clock.pace), seed=1)
    play(given, double)
    assert lapse_us(double) == lapse_us(simulation)


def lapse_us(simulation: Simulation) -> int:
    agenda = simulation.engine.save().agenda.values()
    return next(entry.due_us for entry in agenda if entry.kind == "set-point lapses")


def test_a_site_is_not_late_because_its_clock_crawls(
    driven: Driven, caplog: pytest.LogCaptureFixture
) -> None:
    loop, simulation, driver = driven
    clock = simulation.clock
    assert isinstance(clock, LiveClock)
    loop.run(1.01)
    simulation.engine.run_to(clock.now_us())
    loop.now_s += 1e-6
    former_pace = clock.pace
    clock.set_speed(1e-5)
    simulation.engine.stretch_promises(clock.pace / former_pace, clock.now_us())
    driver.rearm()
    loop.run(0.1)
    assert "behind" not in caplog.text


def test_steps_that_are_taken_before_their_time_are_those_that_are_taken_at_it() -> None:
    site = doppelgrid.load_site("all-categories")
    one, other = (Simulation.headless(site, start_us=START, seed=3).plant for _ in range(2))
    for place, time_us in enumerate(range(START + 700_000, START + 120 * SECOND, 700_000)):
        looks = iter(range(place % 5))
        one.advance_whole_steps(time_us, lambda looks=looks: next(looks, None) is None)  # type: ignore[misc]
        for plant in (one, other):
            plant.advance(time_us)
        assert one.save() == other.save()


def test_a_command_waits_for_a_slice_at_most_however_far_the_site_is_behind(driven: Driven) -> None:
    loop, simulation, _ = driven
    loop.cost_s = 0.001
    loop.run(1.0)
    loop.now_s += 5.0
    begun_s, come_to_us = loop.now_s, simulation.now_us
    simulation.drive("office", "load", 1000.0)
    assert loop.now_s - begun_s < 0.02
    assert come_to_us < simulation.now_us < simulation.clock.now_us() - 400 * SECOND
    assert simulation.plant.inputs.overrides["office.load"].start_us == simulation.now_us


@pytest.mark.parametrize("clock_type", [LiveClock, WallStampedClock])
def test_a_site_never_runs_ahead_of_its_clock_where_a_loop_comes_to_it_late(
    clock_type: type[LiveClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, simulation, _ = driven_at(20.0, clock_type, monkeypatch)
    ahead_us: list[int] = []

    def look_late() -> None:
        ahead_us.append(simulation.now_us - simulation.clock.now_us())
        loop.now_s += 5e-5
        loop.call_at(loop.now_s + 7e-4, look_late)

    loop.call_at(0.0, look_late)
    loop.cost_s = 1e-3
    loop.run(2.0)
    assert max(ahead_us) <= 0


@pytest.mark.parametrize(("other_s", "least", "most"), [(1e-5, 1, 3), (5e-4, 8, 12), (0.02, 1, 2)])
def test_computing_waits_while_a_loop_has_other_things_to_do_but_not_for_long(
    other_s: float, least: int, most: int, driven: Driven
) -> None:
    loop, simulation, _ = driven
    rounds = [0]

    def do_something_else() -> None:
        loop.now_s += other_s
        rounds[-1] += 1
        loop.call_at(loop.now_s, do_something_else)

    simulation.plant.follow(SimpleNamespace(take=lambda *_: rounds.append(0)))
    loop.cost_s = 1e-6
    loop.run(1.0)
    loop.now_s += 100.0
    loop.cost_s = 0.012
    rounds[:] = [0]
    loop.call_at(loop.now_s, do_something_else)
    loop.run(1.0)
    waited = rounds[1:-1]
    assert len(waited) > 10
    assert all(least <= each <= most for each in waited)


def large(loop: HandLoop, clock_type: type[LiveClock]) -> tuple[Simulation, Driver]:
    """Return a site of which each step takes long, and what drives it in real time."""
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "inv": {"id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
        "bat": {"id": 12, "category": "battery", "behind": "inv"},
    }
    components |= {
        f"m{number}": {"id": number, "category": "meter", "behind": "main"} for number in range(100, 300)
    }
    site = Site.model_validate(
        {"microgrid": {"id": 7}, "components": components, "telemetry": {"interval": "0.2 s"}}
    )
    clock = clock_type(START, speed=1.0, loop_time=loop.time)
    simulation = Simulation(site, clock, seed=1)
    driver = Driver(simulation.engine, simulation.plant, clock, loop, in_real_time=True)  # type: ignore[arg-type]
    simulation.executor.come_to_present = driver.come_to_present
    simulation.executor.come_near_present = driver.come_near_present
    driver.start()
    return simulation, driver


@pytest.mark.parametrize("clock_type", [LiveClock, WallStampedClock])
def test_a_command_to_a_large_site_waits_for_no_step_and_counts_at_the_last_one(
    clock_type: type[LiveClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = HandLoop()
    monkeypatch.setattr(drivers, "stopwatch_s", loop.time)
    simulation, _ = large(loop, clock_type)
    loop.run(1.05)
    stood_us, steps = simulation.plant.time_us, list[int]()
    loop.now_s += 0.03
    simulation.plant.follow(SimpleNamespace(take=lambda _layout, _memory, end_us: steps.append(end_us)))
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 60)
    assert not steps
    assert simulation.now_us == simulation.plant.time_us == stood_us
    simulation.catch_up()
    assert steps
    assert simulation.plant.time_us == simulation.clock.now_us()


def test_bounds_that_end_between_the_last_step_of_a_large_site_and_a_command_keep_it_from_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = HandLoop()
    monkeypatch.setattr(drivers, "stopwatch_s", loop.time)
    simulation, _ = large(loop, WallStampedClock)
    loop.run(0.05)
    simulation.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [(-1e3, 1e3)], lifetime_s=5)
    loop.run(4.97)
    loop.now_s += 0.04
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 60)
    assert simulation.now_us < START + 5_050_000


def test_a_command_to_a_large_site_that_has_not_moved_for_long_counts_at_the_present(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = HandLoop()
    monkeypatch.setattr(drivers, "stopwatch_s", loop.time)
    simulation, _ = large(loop, LiveClock)
    loop.run(1.05)
    loop.now_s += 0.3
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 60)
    assert simulation.plant.time_us == simulation.clock.now_us()


@pytest.mark.parametrize(
    ("behind_s", "least_s", "most_s"), [(0.0, 0.001, 0.0035), (0.5, 0.0045, 0.0085), (100.0, 0.0095, 0.0115)]
)
def test_the_farther_a_site_is_behind_the_longer_it_is_computed_at_once(
    behind_s: float, least_s: float, most_s: float, driven: Driven
) -> None:
    loop, _, _ = driven
    loop.cost_s = 1e-6
    loop.run(1.0)
    loop.now_s += behind_s
    loop.cost_s = 1e-3
    longest_s = max(loop.run(0.2))
    assert least_s - 1e-9 <= longest_s <= most_s
