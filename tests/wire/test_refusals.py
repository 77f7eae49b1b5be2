"""Refusals with a status that somebody chose, as the published client has them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import frequenz.client.base.exception as published
import pytest
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
from wire.conftest import InMemoryTransport
from wire.support import INVERTER, SITE

from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import RefusalStatus
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.site import Site

# The client uses names that the newest releases of its own libraries deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CLASSES = {
    RefusalStatus.CANCELLED: published.OperationCancelled,
    RefusalStatus.UNKNOWN: published.UnknownError,
    RefusalStatus.INVALID_ARGUMENT: published.InvalidArgument,
    RefusalStatus.DEADLINE_EXCEEDED: published.OperationTimedOut,
    RefusalStatus.NOT_FOUND: published.EntityNotFound,
    RefusalStatus.ALREADY_EXISTS: published.EntityAlreadyExists,
    RefusalStatus.PERMISSION_DENIED: published.PermissionDenied,
    RefusalStatus.RESOURCE_EXHAUSTED: published.ResourceExhausted,
    RefusalStatus.FAILED_PRECONDITION: published.OperationPreconditionFailed,
    RefusalStatus.ABORTED: published.OperationAborted,
    RefusalStatus.OUT_OF_RANGE: published.OperationOutOfRange,
    RefusalStatus.UNIMPLEMENTED: published.OperationNotImplemented,
    RefusalStatus.INTERNAL: published.InternalError,
    RefusalStatus.UNAVAILABLE: published.ServiceUnavailable,
    RefusalStatus.DATA_LOSS: published.DataLoss,
    RefusalStatus.UNAUTHENTICATED: published.OperationUnauthenticated,
}
"""What the published client raises."""


async def refused(client: MicrogridApiClient, power_w: float = 1e3) -> published.ApiClientError:
    """Ask for a power and return how it is refused."""
    with pytest.raises(published.ApiClientError) as refusal:
        await client.set_component_power_active(ComponentId(INVERTER), power_w)
    return refusal.value


def test_every_status_is_known_to_the_published_client() -> None:
    assert set(CLASSES) == set(RefusalStatus)


@pytest.mark.parametrize("status", CLASSES)
async def test_a_fault_refuses_with_the_status_and_text_that_it_is_given(
    client: MicrogridApiClient, simulation: LiveSimulation, status: RefusalStatus
) -> None:
    simulation.fault(Fault("bat-inv", FaultKind.REFUSED, status=status, text="no, not today"))
    refusal = await refused(client)
    assert type(refusal) is CLASSES[status]
    assert "no, not today" in str(refusal)


async def test_a_fault_without_a_status_refuses_as_what_cannot_be_reached(
    client: MicrogridApiClient, simulation: LiveSimulation
) -> None:
    simulation.fault(Fault("bat-inv", FaultKind.REFUSED))
    refusal = await refused(client)
    assert type(refusal) is published.ServiceUnavailable
    assert "bat-inv cannot be reached" in str(refusal)


class TestStatusesOfTheSiteFile:
    @pytest.fixture
    async def simulation(self) -> AsyncIterator[LiveSimulation]:
        inverter = {
            **SITE["components"]["bat-inv"],
            "refusals": {"out_of_bounds": "FAILED_PRECONDITION", "unavailable": "INTERNAL"},
        }
        components = {**SITE["components"], "bat-inv": inverter}
        simulation = LiveSimulation(Site.model_validate({**SITE, "components": components}))
        simulation.start()
        yield simulation
        simulation.stop()

    @pytest.fixture
    async def client(self, simulation: LiveSimulation) -> AsyncIterator[MicrogridApiClient]:
        async with InMemoryTransport(simulation.gateway).client() as client:
            yield client

    async def test_a_component_refuses_by_the_statuses_of_its_maker(self, client: MicrogridApiClient) -> None:
        refusal = await refused(client, 1e6)
        assert type(refusal) is published.OperationPreconditionFailed
        assert "accepted: -30000 to 30000 W" in str(refusal)

    async def test_a_fault_says_more_than_the_maker(
        self, client: MicrogridApiClient, simulation: LiveSimulation
    ) -> None:
        number = simulation.fault(Fault("bat-inv", FaultKind.REFUSED))
        assert type(await refused(client)) is published.InternalError
        simulation.mend(number)
        simulation.fault(Fault("bat-inv", FaultKind.REFUSED, status=RefusalStatus.UNAVAILABLE))
        assert type(await refused(client)) is published.ServiceUnavailable
