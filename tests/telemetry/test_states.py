"""What components say that they are doing: which cause goes before which, and where power begins to count."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from doppelgrid.models.grid_code import OVERFREQUENCY, OVERVOLTAGE, UNDERFREQUENCY, UNDERVOLTAGE
from doppelgrid.sim.components.device import Activity
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.domain.commands import OverrideInput, ReleaseInput
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.charger_status import ChargerStatus
from doppelgrid.sim.telemetry.instruments import Instruments
from doppelgrid.sim.telemetry.states import StateCauses, state_reader

START = 1_750_000_000_000_000
ERROR = Diagnostic("HARDWARE_FAULT", "broken")
WELL = StateCauses(None, Position.ON, 0, 0, None, None)
COMPONENTS: dict[str, dict[str, Any]] = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
    "main": {"id": 2, "category": "meter", "behind": "grid"},
    "cut": {"id": 3, "category": "breaker"},
    "inv": {"id": 11, "category": "battery_inverter", "rated_power": "30 kW"},
    "pre": {"id": 13, "category": "precharger", "behind": "inv"},
    "bat": {"id": 12, "category": "battery", "behind": "pre", "preset": "lfp-92kwh"},
    "roof": {"id": 21, "category": "pv_inverter", "rated_power": "12 kW", "power": "5 kW"},
    "miner": {"id": 22, "category": "crypto_miner"},
    "cell": {"id": 23, "category": "electrolyzer", "rated_power": "100 kW"},
    "bank": {"id": 25, "category": "capacitor_bank", "rated_reactive_power": "60 kvar"},
    "chp": {"id": 26, "category": "chp", "rated_power": "20 kW"},
    "ev": {"id": 27, "category": "ev_charger", "rated_power": "11 kW"},
    "hall": {"id": 31, "category": "meter", "behind": "cut", "load": "8 kW"},
}


def plant() -> Plant:
    components = {
        key: each if key == "grid" else {"behind": "main", **each} for key, each in COMPONENTS.items()
    }
    made = Plant(
        Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=START, seed=1
    )
    made.operating_point.solve()
    return made


@cache
def shared() -> Plant:
    return plant()


def states(key: str, now: StateCauses, power_w: float = 0.0) -> tuple[StateCode, ...]:
    """Return what a component says in a condition, with so much power on its side of the current."""
    made = shared()
    memory = made.operating_point.memory
    flow = memory.components[made.places.components[key]]
    flow.active_1, flow.active_2, flow.active_3 = power_w, 0.0, 0.0
    if key == "inv":
        memory.inverters[0].dc_w = power_w
    if key == "bat":
        memory.batteries[0].dc_w = power_w
    reader = state_reader(made, key)
    said = reader.read(now)
    assert set(said) <= reader.possible
    return said


@pytest.mark.parametrize("key", COMPONENTS)
def test_what_a_component_may_say_are_states_its_own_one_at_rest_among_them(key: str) -> None:
    possible = state_reader(shared(), key).possible
    assert all(isinstance(code, StateCode) for code in possible)
    resting = type_of(shared().site.components[key]).resting_state
    assert resting is None or resting in possible


def test_an_error_goes_before_a_switch_and_that_before_the_grid() -> None:
    for now, doing in [
        (WELL._replace(error=ERROR, position=Position.OFF, is_cut_off=1, held_off_by=1), StateCode.ERROR),
        (WELL._replace(position=Position.OFF, is_cut_off=1, held_off_by=1), StateCode.OFF),
        (WELL._replace(position=Position.STANDBY, is_cut_off=1), StateCode.STANDBY),
        (WELL._replace(position=Position.SWITCHING_ON), StateCode.SWITCHING_ON),
        (WELL._replace(position=Position.PRECHARGING), StateCode.SWITCHING_ON),
        (WELL._replace(position=Position.SWITCHING_OFF), StateCode.SWITCHING_OFF),
        (WELL._replace(is_cut_off=1, held_off_by=1), StateCode.OFF),
        (WELL._replace(held_off_by=1), StateCode.STANDBY),
        (WELL, StateCode.CHARGING),
    ]:
        assert states("inv", now, 5e3) == (doing,)


def test_a_machine_says_what_it_does_by_its_own_controls_and_else_by_its_power() -> None:
    for activity, doing in [
        (Activity.RESTING, StateCode.READY),
        (Activity.WAITING, StateCode.STANDBY),
        (Activity.TOO_HOT, StateCode.STANDBY),
        (Activity.STARTING, StateCode.SWITCHING_ON),
        (Activity.STOPPING, StateCode.SWITCHING_OFF),
        (Activity.WARMING_UP, StateCode.DISCHARGING),
        (Activity.WORKING, StateCode.DISCHARGING),
        (Activity.STEPPING, StateCode.DISCHARGING),
        (None, StateCode.DISCHARGING),
    ]:
        assert states("chp", WELL._replace(activity=activity), -15e3) == (doing,)


def test_power_counts_beyond_what_a_device_needs_to_be_ready() -> None:
    for key, power_w, doing in [
        ("inv", 0.0, StateCode.READY), ("inv", 1.0, StateCode.CHARGING), ("inv", -1.0, StateCode.DISCHARGING),
        ("roof", 0.0, StateCode.STANDBY), ("roof", 30.0, StateCode.STANDBY), ("roof", -1.0, StateCode.DISCHARGING),
        # From its minimum load on.
        ("cell", 9_999.0, StateCode.READY), ("cell", 10e3, StateCode.CHARGING), ("cell", 0.0, StateCode.READY),
        ("chp", -9_999.0, StateCode.READY), ("chp", -10e3, StateCode.DISCHARGING), ("chp", 300.0, StateCode.READY),
        # More than its fans.
        ("miner", 100.0, StateCode.READY), ("miner", 101.0, StateCode.CHARGING), ("miner", 0.0, StateCode.READY),
        ("miner", -5.0, StateCode.DISCHARGING),
        ("bank", 40.0, StateCode.READY), ("bank", -40.0, StateCode.READY),
        ("hall", 8e3, StateCode.READY), ("main", -8e3, StateCode.READY), ("grid", 8e3, StateCode.READY),
    ]:  # fmt: skip
        assert states(key, WELL, power_w) == (doing,)


CLOSED, OPEN = (StateCode.RELAY_CLOSED,), (StateCode.RELAY_OPEN,)
POSITIONS = [
    (Position.ON, CLOSED, (StateCode.PRECHARGER_CLOSED,)),
    (Position.OFF, OPEN, (StateCode.PRECHARGER_OPEN,)),
    (Position.PRECHARGING, (), (StateCode.PRECHARGER_PRECHARGING,)),
    (Position.SWITCHING_ON, (), (StateCode.PRECHARGER_PRECHARGING,)),
    (Position.SWITCHING_OFF, (), ()),
]


def test_relays_and_prechargers_are_shown_beside() -> None:
    for position, relay, precharger in POSITIONS:
        now = WELL._replace(position=position)
        for key in ("bat", "cut"):
            assert states(key, now)[1:] == relay
        assert states("pre", now)[1:] == precharger
        assert len(states("inv", now)) == 1


def test_a_battery_says_which_way_its_current_flows() -> None:
    for power_w, doing in [(1.0, StateCode.CHARGING), (-1.0, StateCode.DISCHARGING), (0.0, StateCode.READY)]:
        assert states("bat", WELL, power_w) == (doing, StateCode.RELAY_CLOSED)


def test_the_relay_of_a_battery_that_was_tripped_is_open() -> None:
    made = plant()
    made.trip("bat", ERROR)
    assert state_reader(made, "bat").read(WELL._replace(error=ERROR)) == (
        StateCode.ERROR,
        StateCode.RELAY_OPEN,
    )
    assert state_reader(made, "cut").read(WELL)[1:] == CLOSED


def test_a_charger_goes_by_its_pilot_and_shows_its_cable() -> None:
    for is_charging, doing in [(True, StateCode.CHARGING), (False, StateCode.READY)]:
        cable = (StateCode.EV_CHARGING_CABLE_PLUGGED_AT_STATION,)
        now = WELL._replace(charger=ChargerStatus(is_charging, cable, False))
        assert states("ev", now, 0.0 if is_charging else 5e3) == (doing, *cable)


class TestWarnings:
    def test_what_holds_an_inverter_off_is_named(self) -> None:
        for cause, code in [
            (UNDERVOLTAGE, "GRID_UNDERVOLTAGE"), (OVERVOLTAGE, "GRID_OVERVOLTAGE"),
            (UNDERFREQUENCY, "GRID_UNDERFREQUENCY"), (OVERFREQUENCY, "GRID_OVERFREQUENCY"),
        ]:  # fmt: skip
            made = plant()
            made.operating_point.memory.controls[0].held_off_by = cause
            reading = Instruments(made).read("inv")
            assert [warning.code for warning in reading.warnings] == [code]
            assert reading.states == (StateCode.STANDBY,)

    def test_being_cut_off_goes_before_what_holds_it_off(self) -> None:
        made = plant()
        memory = made.operating_point.memory
        memory.controls[0].held_off_by = OVERVOLTAGE
        memory.components[made.places.components["inv"]].is_cut_off = 1
        reading = Instruments(made).read("inv")
        assert [warning.code for warning in reading.warnings] == ["GRID_DISCONNECTED"]

    def test_a_well_device_warns_of_nothing(self) -> None:
        instruments = Instruments(plant())
        assert [instruments.read(key).warnings for key in COMPONENTS] == [()] * len(COMPONENTS)


@pytest.mark.lengthy
@pytest.mark.parametrize("name", ["all-categories", "commercial"])
def test_whatever_a_site_says_is_among_what_it_can_say(name: str) -> None:
    noon_us = 12 * 3_600_000_000
    simulation = Simulation.headless(load_site(name), start_us=noon_us, seed=0)
    instruments = Instruments(simulation.plant)
    for turn in range(12):
        simulation.run_to(noon_us + turn * 10_000_000)
        if turn == 6:
            simulation.execute(OverrideInput("grid", "presence", 0.0))
        if turn == 8:
            simulation.execute(ReleaseInput("grid", "presence"))
        for key in simulation.site.components:
            said, sayable = instruments.read(key), instruments.sayable(key)
            assert set(said.states) <= sayable.states
            assert {each.code for each in (*said.warnings, *said.errors)} <= sayable.diagnostics
