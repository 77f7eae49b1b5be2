"""Which states a site has been in is counted."""

from __future__ import annotations

import pytest
from suites.benches import SITE

from doppelgrid.scenarios.suites.running.met_states import MetStates, States
from doppelgrid.sim.domain.commands import Command, OverrideInput, SetPower, StrikeFault
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import parse_site
from doppelgrid.sim.telemetry.instruments import Instruments


def met(*commands: Command) -> States:
    """Return the states of a site that is commanded at its start and lives for a while."""
    simulation = Simulation.headless(parse_site(SITE, "small.yaml"), start_us=0, seed=0)
    instruments = Instruments(simulation.plant)
    found = MetStates(simulation)
    simulation.gateway.listen_to_frames(lambda _time_us, _frames: found.look(instruments.read))
    simulation.run_to(2_000_000)
    for command in commands:
        simulation.execute(command)
    simulation.run_to(10_000_000)
    return found.states()


def test_a_site_that_stays_as_it_is_has_one_state_and_its_components_one_each() -> None:
    states = met(OverrideInput("main", "load", 5e3))
    assert (len(states.site), len(states.components)) == (1, 4)


@pytest.mark.parametrize(
    "command",
    [
        SetPower(3, PowerType.ACTIVE, -3e3),
        StrikeFault(Fault("main", FaultKind.FROZEN), None),
        StrikeFault(Fault("inv", FaultKind.TRIP), None),
    ],
    ids=["another state", "another fault", "an error"],
)
def test_what_changes_is_another_state(command: Command) -> None:
    before, after = met(), met(command)
    assert before.site < after.site
    assert before.components < after.components


def test_power_at_a_bound_is_another_state_than_power_between() -> None:
    between, at_bound = (met(SetPower(3, PowerType.ACTIVE, power_w)) for power_w in (-3e3, -10e3))
    assert at_bound.components - between.components
