"""Runs on tape: any instant can be visited again, and the first failure found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple, get_args

import pytest
from gateway.equipped import BATTERY, CHARGER, COMPONENTS, INVERTER, MAIN
from pydantic import TypeAdapter

import doppelgrid
from doppelgrid.sim.domain.commands import CatchUp, Command, Execution, SetPower, SetSpeed
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError, Frame
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.simulation.tape import Tape, play
from doppelgrid.sim.site.site import Site

pytestmark = pytest.mark.lengthy

NOON = 1_781_517_600_000_000
ACTIVE = PowerType.ACTIVE
POWER = Metric.AC_POWER_ACTIVE

Act = Callable[[Simulation], object]
"""Does something to a site."""
Story = list[tuple[float, Act]]
"""What is done, and when [s]."""


def power(power_w: float, lifetime_s: int | None = None) -> Act:
    return lambda site: site.gateway.set_power(INVERTER, ACTIVE, power_w, lifetime_s)


def bounds(upper_w: float, lifetime_s: int | None = None, token: str | None = None) -> Act:
    return lambda site: site.gateway.augment_bounds(
        INVERTER, POWER, [(-upper_w, upper_w)], lifetime_s=lifetime_s, token=token
    )


def clear(token: str) -> Act:
    return lambda site: site.gateway.clear_bounds(INVERTER, POWER, token)


def lifecycle(command: str, component: int = INVERTER) -> Act:
    return lambda site: getattr(site.gateway, command)(component)


def drive(quantity: str, value: float, over_s: float = 0.0) -> Act:
    component, _, name = quantity.partition(".")
    return lambda site: site.drive(component, name, value, over_s=over_s)


def release(quantity: str) -> Act:
    component, _, name = quantity.partition(".")
    return lambda site: site.release(component, name)


def fault(component: str, kind: FaultKind, for_s: float | None = None) -> Act:
    return lambda site: site.fault(Fault(component, kind), for_s=for_s)


def mend(number: int) -> Act:
    return lambda site: site.mend(number)


STORIES: dict[str, Story] = {
    "a set-point that lapses": [(0.0, power(9e3, 10))],
    "a set-point that is renewed, between samplings": [(1.3, power(9e3, 10)), (7.77, power(-5e3, 12))],
    "a set-point of reactive power": [
        (1.0, lambda site: site.gateway.set_power(INVERTER, PowerType.REACTIVE, 3e3, 10)),
    ],
    "bounds that lapse": [(1.0, power(9e3, 60)), (2.0, bounds(4e3, 7))],
    "bounds of two, one of them replaced by its token": [
        (1.0, power(9e3, 60)),
        (2.0, bounds(4e3, 10, "mine")),
        (3.5, bounds(3e3)),
        (5.25, bounds(6e3, 8, "mine")),
    ],
    "bounds that are cleared": [(1.0, power(9e3)), (2.0, bounds(4e3, 20, "mine")), (8.1, clear("mine"))],
    "a stop and a start": [
        (1.0, power(9e3)), (4.2, lifecycle("stop")), (9.0, lifecycle("start")), (12.0, power(2e3)),
    ],
    "a standby and a set-point that wakes": [
        (1.0, power(9e3)), (4.2, lifecycle("standby")), (9.0, power(5e3)),
    ],
    "a battery switched off and on": [(1.0, lifecycle("stop", BATTERY)), (9.0, lifecycle("start", BATTERY))],
    "a trip that is acknowledged": [
        (1.0, power(9e3)), (3.0, fault("inv", FaultKind.TRIP)), (6.5, lifecycle("acknowledge")),
        (8.0, lifecycle("start")),
    ],
    "an input that is driven over time, and released": [
        (1.0, drive("roof.power", -1e3, over_s=4.3)), (9.0, release("roof.power")),
    ],
    "a car unplugged and plugged in again": [
        (2.2, drive("charger.cable", 0.0)), (9.0, drive("charger.cable", 1.0)), (12.0, release("charger.cable")),
    ],
    "a fault that mends by itself": [(1.7, fault("main", FaultKind.NOISY, for_s=5.5))],
    "a fault that is mended": [(1.7, fault("inv", FaultKind.TRIP)), (8.4, mend(1))],
    "a fault that had mended by itself": [(1.7, fault("main", FaultKind.FROZEN, 2.0)), (8.4, mend(1))],
    "a server that restarts, and again before it is back": [
        (1.0, lambda site: site.restart_server(4.5)), (2.5, lambda site: site.restart_server(7.0)),
    ],
    "an input that is driven for a while, with a word about it": [
        (1.0, lambda site: site.drive("main", "load", 4_000.0, for_s=3.2)), (2.5, lambda site: site.say("a peak")),
    ],
    "commands that are refused": [
        (1.0, power(99e3)),
        (2.2, lambda site: site.gateway.start(MAIN)),
        (3.3, lambda site: site.gateway.set_power(999, ACTIVE, 1.0, None)),
        (4.4, bounds(1e3, lifetime_s=1)),
        (5.5, drive("roof.colour", 1.0)),
        (6.6, fault("nobody", FaultKind.TRIP)),
        (7.7, power(5e3)),
    ],
    "commands that a fault keeps from their component": [
        (1.0, fault("inv", FaultKind.REFUSED, 3.0)), (2.0, power(5e3)),
        (5.0, fault("inv", FaultKind.HANGING, 3.0)), (6.0, power(5e3)), (7.0, lifecycle("stop")),
        (9.0, power(5e3)),
    ],
    "several things at one instant": [
        (3.0, power(9e3)), (3.0, bounds(4e3, token="mine")), (3.0, clear("mine")), (3.0, power(5e3)),
        (3.0, lifecycle("stop", CHARGER)),
    ],
}  # fmt: skip
STORY_S = 20.0


class Seen:
    """Everything that a simulation shows, to the last bit."""

    def __init__(self, simulation: Simulation) -> None:
        self.lines: list[str] = []
        simulation.gateway.listen_to_events(self._on_event)
        simulation.gateway.listen_to_frames(self._on_frames)

    def _on_event(self, event: Event) -> None:
        self.lines.append(repr(event))

    def _on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        self.lines.append(f"{time_us} {frames!r}")


def small_site() -> Site:
    keys = ("grid", "main", "breaker", "inv", "bat", "roof", "charger")
    components = {key: COMPONENTS[key] for key in keys}
    telemetry = {"interval": "1 s"}
    return Site.model_validate({"microgrid": {"id": 7}, "components": components, "telemetry": telemetry})


def begin() -> Simulation:
    return Simulation.headless(small_site(), start_us=NOON, seed=1)


def do(step: tuple[float, Act], simulation: Simulation) -> None:
    at_s, act = step
    simulation.run_to(NOON + round(at_s * 1e6))
    with suppress(CommandError, ValueError):
        act(simulation)


def live_through(story: Story, simulation: Simulation) -> None:
    for step in story:
        do(step, simulation)
    simulation.run_to(NOON + round(STORY_S * 1e6))


@pytest.mark.parametrize("name", STORIES)
def test_what_was_commanded_played_again_gives_the_same_frames_and_events(name: str) -> None:
    simulation = begin()
    seen, tape = Seen(simulation), Tape(simulation)
    live_through(STORIES[name], simulation)
    adapter = TypeAdapter(tuple[Execution, ...])
    executions = adapter.validate_json(adapter.dump_json(tape.executions))
    double = begin()
    again, doubled = Seen(double), Tape(double)
    play(executions, double)
    double.run_to(simulation.now_us)
    assert again.lines == seen.lines
    assert doubled.executions == tape.executions


def test_every_command_is_on_the_tape() -> None:
    told: list[Execution] = []
    simulation = begin()
    simulation.executor.executions.subscribe(told.append)
    tape = Tape(simulation)
    together = sorted((step for story in STORIES.values() for step in story), key=lambda step: step[0])
    live_through(together, simulation)
    assert list(tape.executions) == told
    commanded = [one for one in told if not isinstance(one.command, CatchUp)]
    assert [one.time_us - NOON for one in commanded] == [round(at_s * 1e6) for at_s, _ in together]
    assert {type(one.command) for one in commanded} == {*get_args(Command)} - {SetSpeed, CatchUp}


@pytest.mark.parametrize("name", STORIES)
def test_a_visited_site_remembers_what_the_site_remembered(name: str) -> None:
    simulation = begin()
    tape = Tape(simulation, every_s=7.0)
    kept, todo = {}, list(STORIES[name])
    for at_s in (0.0, 2.0, 3.6, 6.0, 8.9, 13.0, 16.0):
        while todo and todo[0][0] <= at_s:
            do(todo.pop(0), simulation)
        simulation.run_to(NOON + round(at_s * 1e6))
        kept[simulation.now_us] = simulation.save().to_bytes()
    assert {time_us: tape.visit(time_us).save().to_bytes() for time_us in kept} == kept


def main_meter_w(simulation: Simulation) -> float:
    return simulation.gateway.frame(MAIN).values[Metric.AC_POWER_ACTIVE]


class Hour(NamedTuple):
    """An hour on a tape."""

    tape: Tape
    powers_w: dict[int, float]
    """What the main meter showed at each second, by simulated time [µs]."""


@pytest.fixture(scope="module")
def hour() -> Hour:
    """Play an hour full of commands, drives and faults, looking at the site every second."""
    site = doppelgrid.load_site("demo").with_telemetry_interval(1.0)
    simulation = Simulation.headless(site, start_us=NOON, seed=42)
    hour = Hour(Tape(simulation, every_s=300.0), {})
    for second in range(3600):
        if second % 97 == 13:
            power_w = -20_000.0 if second % 2 else 9_000.0
            simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, power_w, 60)
        if second == 1_000:
            simulation.drive("office", "load", 25_000.0, over_s=30.0)
        if second == 1_500:
            simulation.fault(Fault("bat-inv", FaultKind.REFUSED), for_s=3.0)
        if second == 2_000:
            simulation.release("office", "load")
        simulation.run_for(timedelta(seconds=1))
        hour.powers_w[simulation.now_us] = main_meter_w(simulation)
    return hour


@pytest.mark.slow
def test_a_visited_instant_is_the_instant_that_was_to_the_last_bit(hour: Hour) -> None:
    for second in (1, 299, 300, 301, 1_017, 1_999, 2_500, 3_600):
        instant_us = NOON + second * 1_000_000
        assert main_meter_w(hour.tape.visit(instant_us)) == hour.powers_w[instant_us]


def test_the_first_failure_is_found_at_its_second(hour: Hour) -> None:
    broken = [time_us for time_us, power_w in hour.powers_w.items() if power_w > 65_000.0]
    assert broken
    failure = hour.tape.first_failure(lambda simulation: main_meter_w(simulation) <= 65_000.0)
    assert failure is not None
    assert failure.time_us == broken[0]
    assert main_meter_w(failure.simulation) > 65_000.0


@pytest.mark.lengthy
def test_a_check_that_always_holds_has_no_failure(hour: Hour) -> None:
    assert hour.tape.first_failure(lambda simulation: main_meter_w(simulation) < 1e6) is None


def test_an_instant_off_the_tape_is_refused(hour: Hour) -> None:
    with pytest.raises(ValueError, match="the tape has nothing at"):
        hour.tape.visit(NOON - 1)


def test_looking_between_samplings_is_on_the_tape() -> None:
    simulation = begin()
    tape = Tape(simulation)
    live_through([(1.0, power(9e3, 60)), (4.37, lambda site: site.save())], simulation)
    assert [one.command for one in tape.executions] == [SetPower(INVERTER, ACTIVE, 9e3, 60), CatchUp()]
    assert tape.visit(simulation.now_us).save() == simulation.save()


def test_a_check_is_made_at_every_sampling() -> None:
    simulation = begin()
    simulation.run_for(timedelta(seconds=0.3))
    tape = Tape(simulation)
    simulation.run_for(timedelta(seconds=3))
    instants: list[float] = []
    tape.first_failure(lambda double: instants.append((double.now_us - NOON) / 1e6) is None)
    assert instants == [0.3, 1.0, 2.0, 3.0]


def test_what_is_done_before_time_passes_is_on_the_tape() -> None:
    simulation = begin()
    tape = Tape(simulation)
    power(9e3)(simulation)
    simulation.run_for(timedelta(seconds=3))
    assert [one.command for one in tape.executions] == [SetPower(INVERTER, ACTIVE, 9e3)]
    assert main_meter_w(tape.visit(simulation.now_us)) == main_meter_w(simulation)


def test_a_restored_site_has_a_tape_from_then_on() -> None:
    simulation = begin()
    snapshot = simulation.save()
    tape = Tape(simulation)
    simulation.run_for(timedelta(seconds=5))
    power(9e3)(simulation)
    simulation.restore(snapshot)
    simulation.run_for(timedelta(seconds=2))
    power(-9e3)(simulation)
    simulation.run_for(timedelta(seconds=2))
    assert [one.command for one in tape.executions] == [SetPower(INVERTER, ACTIVE, -9e3)]
    assert tape.visit(simulation.now_us).save() == simulation.save()


async def test_a_site_whose_speed_changed_can_be_visited_before_and_after() -> None:
    site = small_site()
    simulation = LiveSimulation(site, start_us=NOON, seed=1, speed=10.0, paused=True)
    tape = Tape(simulation)
    kept = {}
    for act in (power(9e3, 10), lambda live: live.set_speed(3.0), bounds(4e3, 7), power(2e3, 10)):
        await simulation.step(timedelta(seconds=7))
        act(simulation)
        await simulation.step(timedelta(seconds=8))
        kept[simulation.now_us] = simulation.save().to_bytes()
    assert SetSpeed(3.0) in [one.command for one in tape.executions]
    assert {time_us: tape.visit(time_us).save().to_bytes() for time_us in kept} == kept


@pytest.mark.parametrize(
    ("every_s", "kept_s"),
    [
        (7.0, [0.5, 8.0, 15.0, 22.0]),
        (2.5, [0.5, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0]),
        (6.999, [0.5, 8.0, 15.0, 22.0]),
        (7.001, [0.5, 8.0, 16.0, 24.0]),
        (600.0, [0.5]),
    ],
)
def test_a_snapshot_is_kept_at_the_first_sampling_after_so_much_time(
    monkeypatch: pytest.MonkeyPatch, every_s: float, kept_s: list[float]
) -> None:
    simulation = begin()
    simulation.run_for(timedelta(seconds=0.5))
    saved_s: list[float] = []
    save = simulation.save

    def noted(*, catch_up: bool = True) -> Snapshot:
        saved_s.append((simulation.now_us - NOON) / 1e6)
        return save(catch_up=catch_up)

    monkeypatch.setattr(simulation, "save", noted)
    tape = Tape(simulation, every_s=every_s)
    simulation.run_for(timedelta(seconds=24))
    assert saved_s == kept_s
    assert tape.visit(simulation.now_us).now_us == simulation.now_us


def test_a_visit_begins_at_the_last_snapshot_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = begin()
    tape = Tape(simulation, every_s=7.0)
    simulation.run_for(timedelta(seconds=24))
    begun_s: list[float] = []
    go_on_from = Simulation.go_on_from

    def noted(double: Simulation, snapshot: Snapshot) -> None:
        begun_s.append((snapshot.engine.now_us - NOON) / 1e6)
        go_on_from(double, snapshot)

    monkeypatch.setattr(Simulation, "go_on_from", noted)
    for second in (0.0, 6.999, 7.0, 13.0, 14.0, 23.5):
        tape.visit(NOON + round(second * 1e6))
    assert begun_s == [0.0, 0.0, 7.0, 7.0, 14.0, 21.0]
