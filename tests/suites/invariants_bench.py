"""Invariants of a small site that lives by hand, for tests."""

from __future__ import annotations

import contextlib
from pathlib import Path

from suites.benches import SITE

from doppelgrid.scenarios.suites.checks.invariants import INVARIANTS, Invariant, Invariants
from doppelgrid.sim.domain.commands import (
    Command,
    SetPower,
)
from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.language.over_time import Outcome
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments

INVERTER = 3
PUSH = SetPower(INVERTER, PowerType.ACTIVE, -3e3)
Steps = list[tuple[float, Command]]
"""Seconds since the start, and what is commanded then."""


def small_site(folder: Path) -> Site:
    path = folder / "small.yaml"
    path.write_text(SITE)
    return load_site(path)


def watched(
    site: Site, commands: Steps, length_s: float = 100.0, *, by_application: bool = False
) -> Invariants:
    """Let a site live, and return what its invariants make of it."""
    simulation = Simulation.headless(site, start_us=0, seed=0)
    if by_application:
        simulation.gateway.subscribe(INVERTER)
    instruments = Instruments(simulation.plant)
    invariants = Invariants(simulation, {key: instruments.metrics(key) for key in site.components})
    simulation.gateway.listen_to_frames(
        lambda time_us, frames: invariants.look(time_us, frames, instruments.read)
    )
    simulation.executor.executions.subscribe(
        lambda each: invariants.hear(each, by_application=by_application)
    )
    for at_s, command in commands:
        simulation.run_to(round(at_s * 1e6))
        with contextlib.suppress(CommandError):
            simulation.execute(command)
    simulation.run_to(round(length_s * 1e6))
    return invariants


def refused(site: Site, commands: Steps) -> Invariants:
    """Return what invariants make of commands of an application that listens to the inverter."""
    return watched(site, commands, by_application=True)


def outcome_of(invariants: Invariants, name: Invariant) -> Outcome:
    outcome = invariants.outcome(name)
    assert outcome is not None
    return outcome


def broken(invariants: Invariants) -> list[Invariant]:
    return [name for name in INVARIANTS if not outcome_of(invariants, name).has_passed]


def said(invariants: Invariants, name: Invariant) -> str:
    return outcome_of(invariants, name).said
