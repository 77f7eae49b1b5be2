"""What is broken, until when, and what a broken component reports: figure by figure."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Any

import pytest

from doppelgrid.sim.domain.commands import Command, SetPower, Start, Stop
from doppelgrid.sim.domain.durations import LONGEST_S
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Fault, FaultKind, Hosts
from doppelgrid.sim.domain.messages import (
    CommandError,
    Reading,
    UnavailableError,
    UnknownFaultError,
    UnsupportedError,
    WrongStateError,
)
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.faults.check import SHORTEST_TIME_S, fault_errors
from doppelgrid.sim.faults.hosts import can_host
from doppelgrid.sim.faults.injector import Faults
from doppelgrid.sim.inputs.signal import normal_deviate, stream_key
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site

NOON = 1_781_517_600_000_000
SECOND = 1_000_000
POWER, VOLTAGE, ENERGY = Metric.AC_POWER_ACTIVE, Metric.AC_VOLTAGE, Metric.AC_ENERGY_ACTIVE
TRUE = {POWER: 4e3, VOLTAGE: 400.0}


@pytest.fixture
def simulation() -> Simulation:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "inv": {"id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
        "bat": {"id": 12, "category": "battery", "behind": "inv"},
        "hall": {"id": 31, "category": "meter", "behind": "main", "load": "5 kW"},
    }
    site = Site.model_validate({"microgrid": {"id": 7}, "components": components})
    return Simulation.headless(site, start_us=NOON, seed=5)


def reported(simulation: Simulation, key: str = "main") -> dict[Metric, float]:
    """Return what a component reports of 4 kW and 400 V; nothing if it is silent."""
    found = simulation.faults.report(key, Reading(dict(TRUE), {}, (), (), ()), NOON)
    return {} if found is None else found[0].values


def stamped(simulation: Simulation, stamp_us: int) -> int:
    found = simulation.faults.report("main", Reading(dict(TRUE), {}, (), (), ()), stamp_us)
    assert found is not None
    return found[1]


def strike(simulation: Simulation, kind: FaultKind, key: str = "main", **how: Any) -> int:
    for_s = how.pop("for_s", None)
    return simulation.fault(Fault(key, kind, **how), for_s=for_s)


def takes(simulation: Simulation, command: Command) -> bool:
    """Say whether a component takes a kind of command, be it not now."""
    try:
        simulation.execute(command)
    except CommandError as error:
        return not isinstance(error, UnsupportedError)
    return True


class TestReports:
    def test_a_whole_component_reports_what_it_should(self, simulation: Simulation) -> None:
        assert reported(simulation) == TRUE
        strike(simulation, FaultKind.NAN, "hall")
        assert reported(simulation) == TRUE
        assert all(math.isnan(value) for value in reported(simulation, "hall").values())

    @pytest.mark.parametrize(
        ("kind", "metrics", "expected"),
        [
            (FaultKind.WRONG_SIGN, (), {POWER: -4e3, VOLTAGE: -400.0}),
            (FaultKind.WRONG_SIGN, (POWER,), {POWER: -4e3, VOLTAGE: 400.0}),
            (FaultKind.WRONG_SIGN, (POWER, ENERGY), {POWER: -4e3, VOLTAGE: 400.0}),
            (FaultKind.MISSING, (), {}),
            (FaultKind.MISSING, (VOLTAGE,), {POWER: 4e3}),
            (FaultKind.MISSING, (ENERGY,), TRUE),
            (FaultKind.SILENT, (), {}),
            (FaultKind.STALE, (), TRUE),
            (FaultKind.REFUSED, (), TRUE),
            (FaultKind.HANGING, (), TRUE),
        ],
    )
    def test_what_is_named_is_distorted_and_all_if_nothing_is(
        self,
        simulation: Simulation,
        kind: FaultKind,
        metrics: tuple[Metric, ...],
        expected: dict[Metric, float],
    ) -> None:
        key = "inv" if kind.hosts is Hosts.COMMANDED else "main"
        strike(simulation, kind, key, metrics=metrics)
        assert reported(simulation, key) == expected

    def test_no_number_stands_for_what_is_named(self, simulation: Simulation) -> None:
        strike(simulation, FaultKind.NAN, metrics=(POWER,))
        found = reported(simulation)
        assert math.isnan(found[POWER])
        assert found[VOLTAGE] == 400.0

    def test_noise_is_a_share_of_the_value_that_its_instant_draws(self, simulation: Simulation) -> None:
        strike(simulation, FaultKind.NOISY, amount=0.25)
        for _ in range(3):
            simulation.run_for(timedelta(seconds=0.7))
            for metric, value in reported(simulation).items():
                deviate = normal_deviate(stream_key(f"5/main/noisy/{metric}"), simulation.now_us)
                assert value == pytest.approx(TRUE[metric] * (1.0 + 0.25 * deviate), rel=1e-12)

    def test_drift_grows_by_its_amount_in_an_hour(self, simulation: Simulation) -> None:
        simulation.run_for(timedelta(seconds=60))
        strike(simulation, FaultKind.DRIFTING, amount=0.2)
        assert reported(simulation) == TRUE
        simulation.run_for(timedelta(seconds=900))
        assert reported(simulation) == pytest.approx({POWER: 4e3 * 1.05, VOLTAGE: 420.0})

    def test_a_frozen_component_keeps_what_it_said_when_it_froze(self, simulation: Simulation) -> None:
        strike(simulation, FaultKind.FROZEN, metrics=(POWER,))
        assert reported(simulation) == pytest.approx(
            {POWER: 5e3 + simulation.plant.readings.active_power_w("inv"), VOLTAGE: 400.0}
        )

    def test_faults_of_one_component_add_up(self, simulation: Simulation) -> None:
        strike(simulation, FaultKind.WRONG_SIGN)
        strike(simulation, FaultKind.MISSING, metrics=(VOLTAGE,))
        strike(simulation, FaultKind.WRONG_SIGN)
        strike(simulation, FaultKind.WRONG_SIGN)
        assert reported(simulation) == {POWER: -4e3}

    def test_a_stale_one_keeps_the_time_of_its_fault(self, simulation: Simulation) -> None:
        simulation.run_for(timedelta(seconds=3))
        strike(simulation, FaultKind.STALE)
        since_us = simulation.now_us
        for _ in range(2):
            simulation.run_for(timedelta(seconds=1.5))
            # Whatever clients are told the present is, it is the time that has passed that is missing.
            assert stamped(simulation, simulation.now_us) == since_us
            assert stamped(simulation, simulation.now_us + 77) == since_us + 77


class TestEnds:
    def test_faults_are_numbered_from_one_on_and_told_of(self, simulation: Simulation) -> None:
        told: list[Event] = []
        simulation.events.subscribe(told.append)
        assert strike(simulation, FaultKind.NOISY, for_s=2.5, amount=0.3, metrics=(POWER, VOLTAGE)) == 1
        assert strike(simulation, FaultKind.TRIP, "inv", diagnostic="OVERTEMPERATURE") == 2
        simulation.mend(2)
        simulation.mend(2)
        with pytest.raises(
            UnknownFaultError, match="no fault 77; accepted: a number that striking gave, up to 2"
        ):
            simulation.mend(77)
        assert strike(simulation, FaultKind.NAN) == 3
        simulation.run_for(timedelta(seconds=10))
        faults = [event for event in told if event.kind in ("fault", "mended")]
        assert [(event.kind, event.subject, event.details["number"], event.time_us - NOON) for event in faults] == [
            ("fault", "main", 1, 0), ("fault", "inv", 2, 0), ("mended", "inv", 2, 0), ("fault", "main", 3, 0),
            ("mended", "main", 1, 2_500_000),
        ]  # fmt: skip
        assert faults[0].details == {
            "fault": "noisy", "number": 1, "for_s": 2.5, "amount": 0.3, "metrics": f"{POWER} {VOLTAGE}",
            "what": "values scatter by 0.3 of themselves (standard deviation), "
            "parts of a whole between 0 and all of it",
        }  # fmt: skip
        assert faults[1].details["diagnostic"] == "OVERTEMPERATURE"

    def test_a_device_is_whole_once_the_last_of_its_trips_has_ended(self, simulation: Simulation) -> None:
        first = strike(simulation, FaultKind.TRIP, "inv", diagnostic="OVERVOLTAGE")
        second = strike(simulation, FaultKind.TRIP, "inv", diagnostic="OVERTEMPERATURE")
        error = simulation.plant.protection.error("inv")
        assert error is not None
        assert error[:2] == ("OVERTEMPERATURE", "inv tripped: OVERTEMPERATURE")
        simulation.mend(second)
        assert not simulation.plant.switching.in_service("inv")
        simulation.mend(first)
        assert simulation.plant.switching.in_service("inv")

    def test_other_faults_of_a_device_leave_it_in_service(self, simulation: Simulation) -> None:
        trip = strike(simulation, FaultKind.TRIP, "inv")
        strike(simulation, FaultKind.NAN, "inv")
        strike(simulation, FaultKind.TRIP, "bat")
        simulation.mend(trip)
        assert simulation.plant.switching.in_service("inv")
        assert not simulation.plant.switching.in_service("bat")

    def test_an_acknowledgement_clears_what_has_ended_and_can_be_recovered_from(
        self, simulation: Simulation
    ) -> None:
        faults: Faults = simulation.faults
        assert faults.clearable("inv") == []
        numbers = [strike(simulation, FaultKind.TRIP, "inv") for _ in range(2)]
        strike(simulation, FaultKind.TRIP, "bat")
        strike(simulation, FaultKind.NAN, "inv")
        assert faults.clearable("inv") == numbers
        lasting = strike(simulation, FaultKind.TRIP, "inv", for_s=60.0)
        with pytest.raises(WrongStateError, match="what tripped it still lasts"):
            faults.clearable("inv")
        simulation.mend(lasting)
        strike(simulation, FaultKind.TRIP, "inv", recoverable=False)
        with pytest.raises(WrongStateError, match="its error is not recoverable"):
            faults.clearable("inv")
        assert len(faults.clearable("bat")) == 1


NOTHING = {
    FaultKind.NOISY: 0.0, FaultKind.DRIFTING: 0.0, FaultKind.BIAS: 0.0, FaultKind.SCALE: 1.0, FaultKind.QUANTISED: 0.0,
    FaultKind.CLOCK_OFFSET: 0.0, FaultKind.CLOCK_DRIFT: 0.0, FaultKind.LATE: 0.0, FaultKind.DUPLICATED: 0.0,
    FaultKind.OUT_OF_ORDER: 0.0, FaultKind.PARTIAL: 0.0, FaultKind.LATENCY: 0.0, FaultKind.LOSSY: 0.0,
    FaultKind.DERATE: 1.0, FaultKind.LOST_COMMANDS: 0.0, FaultKind.CAPACITY_FADED: 1.0,
    FaultKind.RESISTANCE_GROWN: 1.0, FaultKind.CELL_IMBALANCE: 0.0,
}  # fmt: skip
"""How much of a kind would change nothing."""


class TestReaching:
    def test_streams_and_commands_are_kept_away_each_by_its_own_fault(self, simulation: Simulation) -> None:
        faults: Faults = simulation.faults
        for stream in (True, False):
            faults.check_reachable("inv", stream=stream)
        dropped = strike(simulation, FaultKind.DROPPED, "inv")
        faults.check_reachable("inv", stream=False)
        with pytest.raises(UnavailableError, match="inv cannot be reached"):
            faults.check_reachable("inv", stream=True)
        simulation.mend(dropped)
        strike(simulation, FaultKind.REFUSED, "inv")
        faults.check_reachable("inv", stream=True)
        faults.check_reachable("bat", stream=False)
        with pytest.raises(UnavailableError, match="inv cannot be reached"):
            faults.check_reachable("inv", stream=False)

    def test_commands_hang_where_they_are_to_hang(self, simulation: Simulation) -> None:
        assert not simulation.faults.is_hanging("inv")
        strike(simulation, FaultKind.HANGING, "inv")
        assert simulation.faults.is_hanging("inv")
        assert not simulation.faults.is_hanging("bat")

    @pytest.mark.parametrize(
        ("kind", "how", "said"),
        [
            ("trip", {"diagnostic": "FOO"}, "diagnostic is 'FOO'; accepted: UNKNOWN, SWITCH_ON_FAULT, "),
            ("trip", {"diagnostic": "OVERTEMPERATUR"}, "(did you mean 'OVERTEMPERATURE'?)"),
            ("trip", {"diagnostic": ""}, "diagnostic is ''; accepted: "),
            ("trip", {"diagnostic": "UNSPECIFIED"}, "diagnostic is 'UNSPECIFIED'; accepted: "),
            ("trip", {"diagnostic": 5}, "diagnostic is 5; accepted: "),
            ("noisy", {"amount": 1e308}, "amount is 1e+308; accepted: a number from 0 to 10"),
            ("noisy", {"amount": -5}, "amount is -5; accepted: a number from 0 to 10"),
            ("noisy", {"amount": "a lot"}, "amount is 'a lot'; accepted: a number from 0 to 10"),
            ("drifting", {"amount": 1e300}, "amount is 1e+300; accepted: a number from -1000 to 1000"),
            ("drifting", {"amount": math.nan}, "amount is nan; accepted: "),
            ("nan", {"metrics": ("POWER",)}, "metrics is with 'POWER'; accepted: "),
            ("refused", {"status": "GONE"}, "status is 'GONE'; accepted: "),
            ("refused", {"text": 5}, "text is 5; accepted: text"),
            ("refused", {"text": "\udc80"}, "text is '\\udc80'; accepted: text without halves"),
            (
                "frozen",
                {"amount": 0.5},
                "amount is 0.5 with frozen, which has none; accepted: with noisy, drifting",
            ),
            (
                "stale",
                {"metrics": (POWER,)},
                "metrics is AC_POWER_ACTIVE with stale, which has none; accepted: with ",
            ),
            ("nan", {"diagnostic": "OVERVOLTAGE"}, "with nan, which has none; accepted: with trip"),
            ("hanging", {"text": "no"}, "text is 'no' with hanging, which has none; accepted: with refused"),
            ("scale", {"amount": 1.0}, "amount is 1; accepted: a number from -1000 to 1000, other than 1"),
            ("scale", {"amount": 1.0 + 1e-10}, "amount is 1.0000000001; accepted: a number from"),
            ("bias", {"amount": 0.0}, "amount is 0 W; accepted: from -1000 MW to 1000 MW, other than 0 W"),
            ("derate", {"amount": 1.0}, "amount is 1; accepted: a number from 0 to 1, other than 1"),
            ("clock_offset", {"amount": 0.0}, "amount is 0 s; accepted: "),
            (
                "missing",
                {"metrics": (Metric.BATTERY_SOC_PCT,)},
                "metrics is BATTERY_SOC_PCT, which inv does not report; accepted: AC_",
            ),
        ],
    )
    def test_a_fault_that_says_what_it_cannot_is_refused(
        self, simulation: Simulation, kind: str, how: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(ValueError, match=re.escape(said)):
            strike(simulation, FaultKind(kind), "inv", **how)
        assert not simulation.faults.save().active

    @pytest.mark.parametrize(("kind", "nothing"), NOTHING.items())
    def test_an_amount_that_changes_next_to_nothing_is_refused(self, kind: FaultKind, nothing: float) -> None:
        assert kind.amount is not None
        towards = -1.0 if nothing == kind.amount.upper else 1.0
        for tiny in (0.0, 1e-15, 0.9e-6):
            (error,) = fault_errors(Fault("main", kind, amount=nothing + towards * tiny))
            assert error.part == "amount"
            assert "1e-06" in error.accepted or "0.001 ms" in error.accepted
        for little in (1e-6, 1e-3):
            assert not [*fault_errors(Fault("main", kind, amount=nothing + towards * little))]

    @pytest.mark.parametrize(
        ("how", "part", "said"),
        [
            (
                {"metrics": (Metric.AC_FREQUENCY, Metric.AC_POWER_ACTIVE, Metric.AC_FREQUENCY)},
                "metrics",
                "metrics is with 'AC_FREQUENCY' more than once; accepted: each metric once",
            ),
            (
                {"every_s": 1.0, "each_s": math.nextafter(SHORTEST_TIME_S, 0.0)},
                "each_s",
                f"accepted: at least {SHORTEST_TIME_S:g} s",
            ),
            ({"every_s": 1.0, "each_s": -1.0}, "each_s", "each is -1 s; accepted: at least "),
            ({"every_s": 1.0, "each_s": math.nan}, "each_s", "each is nan s; accepted: at least "),
            ({"every_s": 1.0, "each_s": 1.0}, "every_s", "accepted: more than the 1 s that it is there"),
            (
                {"every_s": math.nextafter(LONGEST_S, math.inf), "each_s": 1.0},
                "every_s",
                "accepted: more than ",
            ),
        ],
    )
    def test_each_part_of_a_fault_is_held_to_what_can_be(
        self, how: dict[str, Any], part: str, said: str
    ) -> None:
        (error,) = fault_errors(Fault("main", FaultKind.NAN, **how))
        assert error.part == part
        assert said in str(error)

    @pytest.mark.parametrize("times", [(1.0, SHORTEST_TIME_S), (LONGEST_S, 1.0)])
    def test_times_of_a_fault_may_be_the_shortest_and_the_longest(self, times: tuple[float, float]) -> None:
        every_s, each_s = times
        assert not [*fault_errors(Fault("main", FaultKind.NAN, every_s=every_s, each_s=each_s))]

    def test_commands_can_be_kept_from_what_takes_any(self) -> None:
        site = load_site("all-categories")
        simulation = Simulation.headless(site, start_us=0, seed=0)
        for key, section in site.components.items():
            told = [
                SetPower(section.id, PowerType.ACTIVE, 0.0), SetPower(section.id, PowerType.REACTIVE, 0.0),
                Start(section.id), Stop(section.id),
            ]  # fmt: skip
            takes_any = any(takes(simulation, command) for command in told)
            # An acknowledgement puts new fuses in at the connection point; elsewhere it clears what has been told.
            assert can_host(Hosts.COMMANDED, section) is (takes_any or key == "grid"), key

    @pytest.mark.parametrize("kind", [FaultKind.REFUSED, FaultKind.HANGING, FaultKind.ANSWER_LOST])
    def test_what_keeps_commands_away_is_refused_of_what_takes_none(
        self, simulation: Simulation, kind: FaultKind
    ) -> None:
        said = f"{kind}, which a meter cannot be; accepted: {Hosts.COMMANDED} (grid, inv, bat)"
        for key in ("main", "hall"):
            with pytest.raises(ValueError, match=re.escape(said)):
                strike(simulation, kind, key)

    def test_what_would_change_nothing_that_a_component_reports_is_refused(
        self, simulation: Simulation
    ) -> None:
        said = "swapped_phases, which changes nothing that bat reports; accepted: of what does (grid, main, inv, hall)"
        with pytest.raises(ValueError, match=re.escape(said)):
            strike(simulation, FaultKind.SWAPPED_PHASES, "bat")

    def test_what_clients_are_told_moves_no_cursor(self, simulation: Simulation) -> None:
        events: list[Event] = []
        simulation.gateway.listen_to_events(events.append)
        strike(simulation, FaultKind.REFUSED, "inv", text="\x1b[2Jgone\r\nfault: ü")
        assert "text \\x1b[2Jgone\\r\\nfault: ü" in str(events[-1])

    def test_what_is_not_there_cannot_break(self, simulation: Simulation) -> None:
        with pytest.raises(ValueError, match="no component 'hill'; accepted: grid, main, inv, bat, hall"):
            strike(simulation, FaultKind.NAN, "hill")
        for key in ("grid", "hall"):
            with pytest.raises(ValueError, match=f"{key} is a .* and cannot trip"):
                strike(simulation, FaultKind.TRIP, key)
            assert strike(simulation, FaultKind.NAN, key)
