"""What happens at an instant happens then: before it flows what flowed before, and one thing comes after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from doppelgrid.sim.domain.commands import OverrideInput, RestartServer
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.engine.agenda import Engine, EngineState
from doppelgrid.sim.gateway.gateway import Gateway
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
INVERTER, HOUSE, MAST = 11, 31, 101
POWER_W = 10_000.0
Command = Callable[[Simulation], object]


def charging(sampled_every_s: float = 3600.0) -> Simulation:
    """Return a site whose inverter charges with 10 kW, and that nobody looks at for an hour unless told so."""
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "inv": {
            "id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW",
            "response_delay": "0 s", "ramp_rate": "1000 MW/s", "standby_power": "0 W",
        },
        "bat": {"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh", "initial_soc": "30 %"},
        "house": {"id": HOUSE, "category": "meter", "behind": "main", "load": "5 kW"},
    }  # fmt: skip
    sensors = {"mast": {"id": MAST, "metrics": ["wind_speed"]}}
    site = Site.model_validate(
        {
            "microgrid": {"id": 7},
            "components": components,
            "weather": {"wind_speed": "5 m/s"},
            "sensors": sensors,
        }
    )
    simulation = Simulation.headless(site.with_telemetry_interval(sampled_every_s), start_us=START)
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, POWER_W, 900)
    simulation.run_for(timedelta(seconds=1))
    return simulation


def drawn_wh(simulation: Simulation, key: str = "inv") -> float:
    return simulation.plant.readings.registers(key).consumed_wh


LOOKS: dict[str, tuple[str, str, Metric, Callable[[Gateway], Frame]]] = {
    "component": ("house", "load", Metric.AC_POWER_ACTIVE, lambda gateway: gateway.frame(HOUSE)),
    "sensor": ("site", "wind_speed", Metric.SENSOR_WIND_SPEED, lambda gateway: gateway.sensor_frame(MAST)),
}


@pytest.mark.parametrize("who", LOOKS)
def test_whoever_asks_between_samplings_is_told_how_it_is_at_the_time_that_he_is_told(who: str) -> None:
    component, quantity, metric, look = LOOKS[who]
    simulation = charging()
    before = look(simulation.gateway).values[metric]
    simulation.drive(component, quantity, 3.0 * before, over_s=20.0)
    simulation.engine.run_to(simulation.now_us + 10_000_000)
    frame = look(simulation.gateway)
    assert frame.sample_time_us == simulation.now_us == START + 11_000_000
    assert frame.values[metric] == pytest.approx(2.0 * before, rel=0.05)
    assert simulation.plant.time_us == simulation.now_us


STOPPING: dict[str, Command] = {
    "another set-point": lambda it: it.gateway.set_power(INVERTER, PowerType.ACTIVE, 0.0, 900),
    "standby": lambda it: it.gateway.standby(INVERTER),
    "stop": lambda it: it.gateway.stop(INVERTER),
    "bounds": lambda it: it.gateway.augment_bounds(
        INVERTER, Metric.AC_POWER_ACTIVE, [(0.0, 0.0)], lifetime_s=900
    ),
    "trip": lambda it: it.fault(Fault("inv", FaultKind.TRIP)),
    "outage": lambda it: it.drive("grid", "presence", 0.0),
}


@pytest.mark.parametrize("name", STOPPING)
def test_what_stops_a_device_leaves_what_it_drew_before(name: str) -> None:
    simulation = charging()
    before_wh = drawn_wh(simulation)
    simulation.run_for(timedelta(seconds=100))
    STOPPING[name](simulation)
    simulation.run_for(timedelta(seconds=300))
    assert drawn_wh(simulation) - before_wh == pytest.approx(POWER_W * 100 / 3600, rel=2e-3)


def test_a_driven_load_counts_from_when_it_was_driven() -> None:
    simulation = charging()
    before_wh = drawn_wh(simulation, "house")
    simulation.run_for(timedelta(seconds=100))
    simulation.drive("house", "load", 50_000.0)
    simulation.run_for(timedelta(seconds=100))
    expected_wh = (5_000.0 + 50_000.0) * 100 / 3600
    assert drawn_wh(simulation, "house") - before_wh == pytest.approx(expected_wh, rel=1e-9)


LAPSING: dict[str, tuple[Command, float]] = {
    "set-point": (lambda it: it.gateway.set_power(INVERTER, PowerType.ACTIVE, 20_000.0, 100), 20_000.0),
    "bounds": (
        lambda it: it.gateway.augment_bounds(
            INVERTER, Metric.AC_POWER_ACTIVE, [(0.0, 4_000.0)], lifetime_s=100
        ),
        4_000.0,
    ),
    "trip": (lambda it: it.fault(Fault("inv", FaultKind.TRIP), for_s=100.0), 0.0),
}
AFTERWARDS_W = {"set-point": 0.0, "bounds": POWER_W, "trip": POWER_W}


@pytest.mark.parametrize("name", LAPSING)
def test_what_lapses_has_held_until_then(name: str) -> None:
    """Nothing but the lapse itself happens at that time, so nothing else brings the plant there."""
    simulation = charging()
    begin, meanwhile_w = LAPSING[name]
    before_wh = drawn_wh(simulation)
    begin(simulation)
    simulation.run_for(timedelta(seconds=300))
    expected_wh = (meanwhile_w * 100 + AFTERWARDS_W[name] * 200) / 3600
    # The ramp after a trip begins at the next control cycle.
    assert drawn_wh(simulation) - before_wh == pytest.approx(expected_wh, abs=1.0)


ENDING: dict[str, tuple[Command, str]] = {
    "fault": (lambda it: it.fault(Fault("inv", FaultKind.TRIP), for_s=10.0), "mended"),
    "driven input": (lambda it: it.execute(OverrideInput("house", "load", 9_000.0, for_s=10.0)), "released"),
    "set-point": (
        lambda it: it.gateway.set_power(INVERTER, PowerType.ACTIVE, 20_000.0, 10), "set-point lapsed"
    ),
    "bounds": (
        lambda it: it.gateway.augment_bounds(
            INVERTER, Metric.AC_POWER_ACTIVE, [(0.0, 4_000.0)], lifetime_s=10
        ),
        "bounds lapsed",
    ),
    "server": (lambda it: it.execute(RestartServer(10.0)), "server comes back"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDING)
def test_what_ends_at_the_instant_of_a_sampling_ends_after_it(name: str) -> None:
    simulation = charging(sampled_every_s=1.0)
    begin, ending = ENDING[name]
    story: list[tuple[str, int]] = []
    simulation.gateway.listen_to_events(lambda event: story.append((event.kind, event.time_us)))
    simulation.gateway.listen_to_frames(lambda time_us, _frames: story.append(("sampling", time_us)))
    begin(simulation)
    simulation.run_for(timedelta(seconds=12))
    ends_us = START + 11_000_000
    told = [kind for kind, time_us in story if time_us == ends_us and kind in ("sampling", ending)]
    assert told == ["sampling", ending]


class TestOrder:
    """Entries due together happen in the order in which they were scheduled, whatever came between."""

    def happened(self, state: EngineState) -> list[str]:
        engine, seen = Engine(START), []
        engine.handle("note", seen.append, within_s=1.0, promised=True)
        engine.restore(state)
        engine.run_to(START + 1_000)
        return seen

    def scheduled(self) -> Engine:
        engine = Engine(START)
        engine.handle("note", lambda _name: None, within_s=1.0, promised=True)
        for name, due_us in (("late", 900), ("a", 500), ("b", 500), ("early", 100), ("c", 500)):
            engine.schedule(START + due_us, "note", name)
        return engine

    def test_after_a_restore(self) -> None:
        assert self.happened(self.scheduled().save()) == ["early", "a", "b", "c", "late"]

    def test_after_a_restore_of_an_agenda_in_any_order(self) -> None:
        state = self.scheduled().save()
        shuffled = state._replace(agenda=dict(reversed(state.agenda.items())))
        assert self.happened(shuffled) == ["early", "a", "b", "c", "late"]

    def test_after_two_restores_and_an_entry_between(self) -> None:
        engine = self.scheduled()
        engine.restore(engine.save())
        engine.schedule(START + 500, "note", "d")
        assert self.happened(engine.save()) == ["early", "a", "b", "c", "d", "late"]

    def test_after_the_clients_time_was_stretched(self) -> None:
        engine = self.scheduled()
        engine.stretch_promises(0.5, engine.now_us)
        assert self.happened(engine.save()) == ["early", "a", "b", "c", "late"]
