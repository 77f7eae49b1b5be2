"""Whoever looks on at a site goes back in time along with it, and sees what he would see had it never been further."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

import doppelgrid
from doppelgrid.sim.domain.commands import ClientCommand, Execution
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.language.sight import RunningSight
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.report.site_report import SiteReport
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot

SECOND = 1_000_000
START = 1_781_517_600_000_000
INVERTER, PV = 11, 21


class Seen:
    """A site, its report, and the commands of its application."""

    def __init__(self) -> None:
        site = doppelgrid.load_site("demo").with_telemetry_interval(1.0)
        self.simulation = Simulation.headless(site, start_us=START, seed=7)
        self.watch = SiteWatch(self.simulation)
        self.sight = RunningSight(self.simulation)
        self.simulation.executor.executions.subscribe(self._on_execution)
        self.simulation.gateway.listen_to_frames(lambda time_us, _frames: self.sight.move_to(time_us))

    def _on_execution(self, execution: Execution) -> None:
        if isinstance(execution.command, ClientCommand):
            self.sight.deeds.hear(execution)

    def command(self, component: int, power_w: float) -> None:
        """Give a set-point, which may be refused."""
        with suppress(CommandError):
            self.simulation.gateway.set_power(component, PowerType.ACTIVE, power_w, 60)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.simulation.run_for(timedelta(seconds=seconds))

    def begin(self) -> Snapshot:
        """Live for a while, and return what is remembered then."""
        self.command(INVERTER, 8e3)
        self.run(20.3)
        self.command(PV, 1e9)
        self.run(10.4)
        return self.simulation.save()

    def go_further(self) -> None:
        """Do much that had better never happened."""
        self.command(PV, -1e3)
        self.simulation.fault(Fault("bat-inv", FaultKind.TRIP))
        self.simulation.drive("office", "load", 90e3)
        self.run(200.2)
        self.command(INVERTER, 5e9)
        self.watch.report()

    def go_on(self) -> None:
        """Live on after that."""
        self.run(0.4)
        self.command(INVERTER, -5e3)
        self.run(30.0)

    def app(self) -> dict[str, Any]:
        """Return what conditions know of the application now."""
        now_us, deeds = self.simulation.now_us, self.sight.deeds
        self.sight.look_at(now_us)
        return {
            "commands": deeds.commands,
            "refused": deeds.refused,
            "a minute": deeds.per_minute(now_us),
            "silence": deeds.silence_s(now_us),
            "commanded": [deeds.has_commanded(one, self.sight.last_us) for one in (None, INVERTER, PV)],
            "last sampling": self.sight.last_us,
        }

    def report(self) -> SiteReport:
        """Return what the site has done."""
        return self.watch.report()


def gone_back(*, by_file: bool = False) -> Seen:
    seen = Seen()
    snapshot = seen.begin()
    seen.go_further()
    restored = Snapshot.from_bytes(snapshot.to_bytes(), name="content") if by_file else snapshot
    seen.simulation.restore(restored)
    return seen


def stayed() -> Seen:
    seen = Seen()
    seen.begin()
    return seen


def test_conditions_know_no_commands_of_a_time_that_has_not_come() -> None:
    assert gone_back().app() == stayed().app()


def test_conditions_know_the_commands_before_and_after() -> None:
    seen = [gone_back(), stayed()]
    for each in seen:
        each.go_on()
    assert seen[0].app() == seen[1].app()
    assert seen[0].app()["commands"] == 3


def test_between_two_samplings_conditions_know_when_the_last_one_was() -> None:
    seen = [gone_back(), stayed()]
    for each in seen:
        each.run(0.1)
    assert seen[0].app() == seen[1].app()
    assert seen[0].app()["last sampling"] < seen[0].simulation.now_us


def test_a_report_has_nothing_of_a_time_that_has_not_come() -> None:
    assert repr(gone_back().report()) == repr(stayed().report())


def test_a_report_has_what_was_before_and_after_to_the_last_bit() -> None:
    seen = [gone_back(), stayed()]
    for each in seen:
        each.go_on()
    assert repr(seen[0].report()) == repr(seen[1].report())
    assert seen[0].report().begin_us == START


def test_a_site_may_go_back_to_a_snapshot_twice() -> None:
    seen, other = Seen(), stayed()
    snapshot = seen.begin()
    for _ in range(2):
        seen.simulation.restore(snapshot)
        seen.go_on()
    other.go_on()
    assert repr(seen.report()) == repr(other.report())
    assert seen.app() == other.app()


def test_who_was_not_there_begins_anew_where_the_site_goes_on() -> None:
    seen, other = gone_back(by_file=True), stayed()
    watch = SiteWatch(other.simulation)
    assert seen.app()["silence"] == seen.app()["commands"] == 0.0
    for each in (seen, other):
        each.go_on()
    assert repr(seen.report()) == repr(watch.report())
    assert seen.app()["commands"] == 1


def test_a_forward_jump_brings_along_what_was_seen_there() -> None:
    seen, other = Seen(), stayed()
    first = seen.begin()
    seen.go_on()
    later = seen.simulation.save()
    seen.simulation.restore(first)
    seen.simulation.restore(later)
    other.go_on()
    other.simulation.save()
    assert repr(seen.report()) == repr(other.report())
    assert seen.app() == other.app()


@pytest.mark.parametrize("back", [False, True])
def test_what_a_report_was_asked_for_meanwhile_changes_no_memory(back: bool) -> None:
    seen = Seen()
    snapshot = seen.begin()
    energies = [flow.consumed_wh for flow in seen.report().flows]
    seen.go_further()
    if back:
        seen.simulation.restore(snapshot)
    assert ([flow.consumed_wh for flow in seen.report().flows] == energies) is back
