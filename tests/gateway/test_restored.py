"""A restored site goes on, to the last bit, as if it had never been anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Fault, FaultKind, Hosts
from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.site.site import Site

pytestmark = pytest.mark.lengthy

NOON = 1_781_517_600_000_000
Act = Callable[[Simulation], object]
Story = list[tuple[float, Act]]
"""What is done, and when [s]."""
SAVED_S = (2.4, 6.95, 12.3)
END_S = 30.0
AMOUNTS = {
    FaultKind.DRIFTING: 400.0,
    FaultKind.BIAS: 300.0,
    FaultKind.SCALE: 0.5,
    FaultKind.QUANTISED: 700.0,
    FaultKind.CLOCK_OFFSET: -30.0,
    FaultKind.CLOCK_DRIFT: 360.0,
    FaultKind.LATE: 2.5,
    FaultKind.DUPLICATED: 0.5,
    FaultKind.LATENCY: 2.2,
    FaultKind.LOSSY: 0.5,
    FaultKind.SLOW_CONSUMER: 0.7,
    FaultKind.DERATE: 0.1,
    FaultKind.SLOW_RAMP: 200.0,
    FaultKind.BMS_ALARM: 0.04,
    FaultKind.CAPACITY_FADED: 0.6,
    FaultKind.RESISTANCE_GROWN: 3.0,
    FaultKind.CELL_IMBALANCE: 0.1,
}
MORE: dict[FaultKind, dict[str, Any]] = {FaultKind.LATENCY: {"spread_s": 1.5}}


def host(kind: FaultKind) -> str:
    """Return on which component a kind of fault is: one of its own."""
    match kind.hosts:
        case Hosts.ANY:
            return f"meter-{kind}"
        case Hosts.BATTERIES:
            return f"bat-{kind}"
        case Hosts.CHARGERS | Hosts.CHPS:
            return f"device-{kind}"
        case _:
            return f"inv-{kind}"


INVERTERS = [kind for kind in FaultKind if host(kind).startswith(("inv", "bat"))]


def components() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "grid", {"category": "grid_connection_point", "rated_fuse_current": "800 A"}
    yield (
        "main",
        {
            "category": "meter",
            "behind": "grid",
            "measurement": {"window": "3 s", "noise": "1 %"},
            "reporting": {"changes": {"power": "5 kW"}, "interval": "4 s", "jitter": "900 ms"},
        },
    )
    slow = {"behind": "main", "response_delay": "700 ms", "ramp_rate": "500 W/s"}
    inverter = {"category": "battery_inverter", "rated_power": "20 kW", **slow}
    for key in ("whole", *INVERTERS):
        yield f"inv-{key}", inverter
        yield (
            f"bat-{key}",
            {"category": "battery", "behind": f"inv-{key}", "preset": "lfp-10kwh", "ageing": 50},
        )
    yield "roof", {"category": "pv_inverter", "rated_power": "12 kW", **slow}
    for kind in FaultKind:
        if kind.hosts is Hosts.ANY:
            load = {
                "profile": "bdew-g0",
                "annual_energy": "20 MWh",
                "noise": {"amplitude": "20 %", "step": "2 s"},
            }
            yield host(kind), {"category": "meter", "behind": "main", "load": load}
        elif kind.hosts is Hosts.CHPS:
            yield host(kind), {"category": "chp", "rated_power": "30 kW", **slow}
        elif kind.hosts is Hosts.CHARGERS:
            sessions = [{"arrive": "11:50", "stay": "10.1 min", "car": "compact-58kwh"}]
            yield host(kind), {"category": "ev_charger", "rated_power": "11 kW", "sessions": sessions, **slow}


@cache
def site() -> Site:
    numbered = {key: {"id": number, **more} for number, (key, more) in enumerate(components(), 1)}
    location = {"latitude": 52.5, "longitude": 13.4, "timezone": "Europe/Berlin"}
    mast = {"id": 901, "metrics": ["wind_speed"], "parameters": {"wind_speed": {"time_constant_s": 10.0}}}
    return Site.model_validate(
        {
            "microgrid": {"id": 7, "location": location},
            "components": numbered,
            "telemetry": {"interval": "1 s"},
            "weather": {"wind_speed": "5 m/s"},
            "sensors": {"mast": mast},
        }
    )


def number(key: str) -> int:
    return site().components[key].id


def power(key: str, power_w: float, lifetime_s: int | None = None, axis: PowerType = PowerType.ACTIVE) -> Act:
    return lambda it: it.gateway.set_power(number(key), axis, power_w, lifetime_s)


def bounds(key: str, metric: Metric, lower: float, upper: float, lifetime_s: int) -> Act:
    return lambda it: it.gateway.augment_bounds(number(key), metric, [(lower, upper)], lifetime_s=lifetime_s)


def lifecycle(command: str, key: str) -> Act:
    return lambda it: getattr(it.gateway, command)(number(key))


def strike(kind: FaultKind, **how: Any) -> Act:
    for_s = how.pop("for_s", None)
    fault = Fault(host(kind), kind, amount=AMOUNTS.get(kind), **MORE.get(kind, {}), **how)
    return lambda it: it.fault(fault, for_s=for_s)


def mend(kind: FaultKind) -> Act:
    return lambda it: it.mend(1 + list(FaultKind).index(kind))


def lasting(kind: FaultKind) -> dict[str, Any]:
    return {}


def coming_and_going(kind: FaultKind) -> dict[str, Any]:
    is_needed = kind in (FaultKind.RELAY_FAILS_TO_OPEN, FaultKind.LATENCY)
    return {"every_s": 5.0, "each_s": 3.0} if "every_s" in kind.parts and not is_needed else {}


def story(when: Callable[[FaultKind], dict[str, Any]]) -> Story:
    """Return what is done to a site of which something of every kind breaks, given when it is there."""
    active, reactive, dc = Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE, Metric.DC_POWER
    told = [f"inv-{kind}" for kind in INVERTERS]
    steps: Story = [
        *((0.5, power(key, 5e3, 12)) for key in told),
        (0.5, power("inv-whole", 6e3, 10)),
        (0.8, power("inv-whole", 2e3, 60, PowerType.REACTIVE)),
        (0.9, power(host(FaultKind.FAILED_START), -20e3, 20)),
        (0.9, lambda it: it.drive("site", "wind_speed", 12.0)),
        *((1.0 + 0.02 * turn, strike(kind, **when(kind))) for turn, kind in enumerate(FaultKind)),
        (1.9, strike(FaultKind.CAPACITY_FADED)),
        (2.0, bounds("inv-whole", active, -4e3, 4e3, 7)),
        (2.0, bounds("inv-whole", reactive, -1e3, 1e3, 9)),
        (2.0, bounds("bat-whole", dc, -3e3, 1e3, 8)),
        (2.0, bounds(host(FaultKind.BMS_ALARM), dc, 1e3, 3e3, 20)),
        (2.1, lambda it: it.drive("roof", "irradiance", 100.0, over_s=8.0)),
        (2.2, lambda it: it.gateway.request_on_its_way(number(host(FaultKind.LATENCY)))),
        (2.2, power("inv-whole", -3e3, 11)),
        (2.2, power("roof", -2e3, 11)),
        *((2.3, power(f"inv-{kind}", -4e3, 15)) for kind in (FaultKind.DERATE, FaultKind.SLOW_RAMP)),
        (5.0, lambda it: it.restart_server(6.0)),
        (6.0, lambda it: it.restart_server(2.0)),
        *((6.5, lifecycle("stop", f"bat-{kind}")) for kind in (FaultKind.LOST_COMMANDS, FaultKind.TRIP)),
        *((6.85, lifecycle("stop", host(kind))) for kind in INVERTERS if kind.hosts is Hosts.SWITCHED),
        (6.85, lifecycle("standby", f"inv-{FaultKind.BMS_ALARM}")),
        (6.87, lifecycle("stop", f"inv-{FaultKind.CELL_IMBALANCE}")),
        (7.4, power(f"inv-{FaultKind.BMS_ALARM}", 3e3, 30)),
        (7.5, power(host(FaultKind.CAR_STAYS), 7e3, 10)),
        (7.5, power(host(FaultKind.CAR_STOPS), 7e3, 10)),
        (8.0, lifecycle("start", f"inv-{FaultKind.RELAY_FAILS_TO_CLOSE}")),
        (9.0, lifecycle("acknowledge", host(FaultKind.TRIP))),
        (11.5, lifecycle("stop", host(FaultKind.RELAY_FAILS_TO_OPEN))),
        (12.0, strike(FaultKind.TRIP, for_s=4.0)),
        (12.2, power("inv-whole", 5e3, 10)),
        (13.0, mend(FaultKind.CAPACITY_FADED)),
        (13.0, mend(FaultKind.DERATE)),
        (13.0, mend(FaultKind.STUCK)),
        (13.1, lifecycle("start", f"inv-{FaultKind.CELL_IMBALANCE}")),
        (13.2, mend(FaultKind.LATENCY)),
        (13.2, mend(FaultKind.SLOW_CONSUMER)),
        (13.3, lifecycle("start", f"bat-{FaultKind.LOST_COMMANDS}")),
        (14.0, lambda it: it.release("roof", "irradiance")),
        *((15.0, power(key, 4e3, 10)) for key in told),
        (20.0, mend(FaultKind.CAR_STAYS)),
        (21.0, mend(FaultKind.BMS_ALARM)),
    ]
    return sorted(steps, key=lambda step: step[0])


def live_otherwise(simulation: Simulation) -> None:
    """Let everything become otherwise."""
    for each in list(simulation.faults.save().active):
        simulation.mend(each)
    acts = [
        *(power(key, -7e3, 40) for key in simulation.plant.controlled),
        *(strike(kind, for_s=3.0) for kind in FaultKind),
        *(lifecycle("stop", f"inv-{kind}") for kind in INVERTERS),
        *(lifecycle("start", f"inv-{kind}") for kind in INVERTERS),
        bounds("inv-whole", Metric.AC_POWER_ACTIVE, 0.0, 100.0, 60),
        bounds("bat-whole", Metric.DC_POWER, 0.0, 100.0, 60),
        lambda it: it.drive("site", "wind_speed", 1.0),
        lambda it: it.drive("grid", "voltage", 380.0),
        lambda it: it.drive("grid", "presence", 0.0),
    ]
    for act in acts:
        with suppress(CommandError, ValueError):
            act(simulation)
        simulation.run_to(simulation.now_us + 70_000)
        simulation.plant.readings.flows()
        simulation.plant.readings.voltages("grid")


class Run:
    """A run of a site, and everything that it has shown since the last `turn_page`."""

    def __init__(self, story: Story) -> None:
        self.simulation = Simulation.headless(site(), start_us=NOON, seed=3)
        self.lines: list[str] = []
        self.story = story
        gateway = self.simulation.gateway
        for component in site().components.values():
            gateway.subscribe(component.id)
        gateway.deliveries.subscribe(self._write)
        gateway.listen_to_events(self._on_event)
        self._is_served = True
        self.simulation.served.subscribe(self._on_served)

    def live(self, from_s: float, to_s: float) -> None:
        """Let a stretch of the story happen."""
        for at_s, act in self.story:
            if from_s < at_s <= to_s:
                self.simulation.run_to(NOON + round(at_s * 1e6))
                try:
                    act(self.simulation)
                except CommandError as refused:
                    self._write(refused)
        self.simulation.run_to(NOON + round(to_s * 1e6))

    def turn_page(self) -> list[str]:
        """Return what was shown, and forget it."""
        shown, self.lines = self.lines, []
        return shown

    def look(self) -> list[str]:
        """Return what it looks like now."""
        gateway = self.simulation.gateway
        frames = [gateway.frame(component.id) for component in site().components.values()]
        frames += [gateway.sensor_frame(sensor.id) for sensor in site().sensors.values()]
        return [f"served: {self._is_served}", *map(repr, frames)]

    def _on_served(self, is_served: bool) -> None:
        self._is_served = is_served
        self._write(is_served)

    def _on_event(self, event: Event) -> None:
        # Those who wait for an answer wait for it no longer after a restore.
        if event.kind != "set-point ended":
            self._write(event)

    def _write(self, what: object) -> None:
        self.lines.append(f"{self.simulation.now_us} {what!r}")


class Saved(NamedTuple):
    """A run at the end of a stretch."""

    snapshot: Snapshot
    looks: list[str]
    shown: list[str]
    """Since the stretch began."""


def saved_at_each(run: Run, instants_s: Sequence[float]) -> list[Saved]:
    """Live from one instant to the next, and save the run at the end of each stretch."""
    saved = []
    for from_s, to_s in pairwise(instants_s):
        run.live(from_s, to_s)
        saved.append(Saved(run.simulation.save(), run.look(), run.turn_page()))
    return saved


class Unbroken(NamedTuple):
    """A run that was never restored, and what was saved of it."""

    run: Run
    saved: list[Saved]


@pytest.fixture(scope="module", params=[lasting, coming_and_going], ids=lambda when: when.__name__)
def unbroken(request: pytest.FixtureRequest) -> Unbroken:
    run = Run(story(request.param))
    return Unbroken(run, saved_at_each(run, (-1.0, *SAVED_S, END_S)))


def test_of_everything_that_is_saved_there_is_something(unbroken: Unbroken) -> None:
    snapshots = [each.snapshot for each in unbroken.saved]
    for parts_of in (
        lambda snapshot: snapshot.plant,
        lambda snapshot: snapshot.gateway,
        lambda snapshot: snapshot.gateway.line,
        lambda snapshot: snapshot.gateway.conditions,
        lambda snapshot: snapshot.gateway.sequences,
    ):
        parts = [parts_of(each) for each in snapshots]
        assert not [field for field in parts[0]._fields if not any(getattr(each, field) for each in parts)]
    for each in snapshots[:-1]:
        assert {active.fault.kind for active in each.faults.active.values()} == {*FaultKind}


@pytest.mark.parametrize("at_s", SAVED_S)
@pytest.mark.parametrize("where", [pytest.param("in its place", marks=pytest.mark.slow), "elsewhere"])
def test_what_comes_after_a_restore_is_what_would_have_come(
    unbroken: Unbroken, at_s: float, where: str
) -> None:
    turn = SAVED_S.index(at_s)
    snapshot = unbroken.saved[turn].snapshot
    if where == "elsewhere":
        run = Run(unbroken.run.story)
        snapshot = Snapshot.from_bytes(snapshot.to_bytes(), name="it")
    else:
        run = unbroken.run
        live_otherwise(run.simulation)
    run.simulation.restore(snapshot)
    assert run.simulation.save() == unbroken.saved[turn].snapshot
    assert run.look() == unbroken.saved[turn].looks
    run.turn_page()
    later = saved_at_each(run, (*SAVED_S[turn:], END_S))
    for found, expected in zip(later, unbroken.saved[turn + 1 :], strict=True):
        assert found.shown == expected.shown
        assert found.looks == expected.looks
        assert found.snapshot.to_bytes() == expected.snapshot.to_bytes()
