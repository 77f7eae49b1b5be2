"""Commands over lines that are slow or broken, as the published client has them."""

from __future__ import annotations

import asyncio

import pytest
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.client.microgrid.metrics import Bounds, Metric
from wire.support import INVERTER

from doppelgrid.sim.domain import metrics
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.simulation.live import LiveSimulation

# The client uses names that the newest releases of its own libraries deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WAY_S = 0.1


async def told(client: MicrogridApiClient, simulation: LiveSimulation) -> tuple[bool, list[str]]:
    """Give a set-point and say whether it was answered in time, and what happened."""
    events: list[Event] = []
    simulation.gateway.listen_to_events(events.append)
    try:
        await asyncio.wait_for(client.set_component_power_active(ComponentId(INVERTER), 5e3), 4.0 * WAY_S)
    except TimeoutError:
        return False, [event.kind for event in events]
    return True, [event.kind for event in events]


async def test_a_command_and_its_answer_each_take_their_time(
    client: MicrogridApiClient, simulation: LiveSimulation
) -> None:
    simulation.fault(Fault("bat-inv", FaultKind.LATENCY, amount=WAY_S))
    before_us = simulation.now_us
    is_answered, happened = await told(client, simulation)
    assert is_answered
    assert "set-point accepted" in happened
    assert simulation.now_us - before_us >= round(2e6 * WAY_S)


@pytest.mark.parametrize(
    ("fault", "has_effect"),
    [
        (Fault("bat-inv", FaultKind.ANSWER_LOST), True),
        (Fault("bat-inv", FaultKind.LOSSY, amount=1.0), False),
        (Fault("bat-inv", FaultKind.HALF_OPEN), False),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else "",
)
async def test_an_answer_or_a_command_is_lost(
    client: MicrogridApiClient, simulation: LiveSimulation, fault: Fault, has_effect: bool
) -> None:
    simulation.fault(fault)
    is_answered, happened = await told(client, simulation)
    assert not is_answered
    assert ("set-point accepted" in happened) == has_effect


@pytest.mark.parametrize(
    ("fault", "has_effect"), [(FaultKind.ANSWER_LOST, True), (FaultKind.HALF_OPEN, False)]
)
async def test_so_are_those_of_bounds(
    client: MicrogridApiClient, simulation: LiveSimulation, fault: FaultKind, has_effect: bool
) -> None:
    simulation.fault(Fault("bat-inv", fault))
    bounds = [Bounds(lower=-1e3, upper=1e3)]
    call = client.add_component_bounds(ComponentId(INVERTER), Metric.AC_POWER_ACTIVE, bounds)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call, 4.0 * WAY_S)
    shown = simulation.gateway.frame(INVERTER).bounds[metrics.Metric.AC_POWER_ACTIVE]
    assert (shown[-1].upper == 1e3) == has_effect
