"""Our words have numbers on the wire, and the API versions agree where one implementation serves both."""

from __future__ import annotations

from typing import Any

import pytest
from wire.support import GENERATED

from doppelgrid.proto.microgrid.common_v1alpha8 import COMMON, MODES
from doppelgrid.proto.microgrid.electrical import POWER_TYPES, STATUSES
from doppelgrid.proto.microgrid.versions import services
from doppelgrid.proto.transport.open_streams import OpenStreams
from doppelgrid.proto.transport.service import status_of
from doppelgrid.sim.domain import messages
from doppelgrid.sim.domain.categories import BatteryType, Category, OperationalMode
from doppelgrid.sim.domain.messages import CommandError, RequestStatus
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.simulation.live import LiveSimulation


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_has_a_number(metric: Metric) -> None:
    assert COMMON.metrics[metric] > 0


@pytest.mark.parametrize("state", StateCode)
def test_every_state_has_a_number(state: StateCode) -> None:
    assert COMMON.states[state] > 0


@pytest.mark.parametrize("category", Category)
def test_every_category_has_a_number(category: Category) -> None:
    assert COMMON.category_number(category) > 0


@pytest.mark.parametrize("mode", OperationalMode)
def test_every_operational_mode_has_a_number(mode: OperationalMode) -> None:
    assert MODES[mode.name] > 0


@pytest.mark.parametrize("battery_type", BatteryType)
def test_every_battery_type_has_a_number(battery_type: BatteryType) -> None:
    assert COMMON.battery_types[battery_type.name] > 0


@pytest.mark.parametrize("status", RequestStatus)
def test_every_request_status_has_a_number(status: RequestStatus) -> None:
    assert STATUSES[status] > 0


def test_every_power_type_has_a_number() -> None:
    assert set(POWER_TYPES.values()) == set(PowerType)


REFUSALS = [
    kind
    for kind in CommandError.__subclasses__()
    if kind.__module__ == messages.__name__ and kind is not messages.UnknownFaultError
]
"""What clients of the Microgrid API can be refused with: of faults they know nothing."""


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_has_a_status_of_its_own(kind: type[CommandError]) -> None:
    others = [status_of(other("")) for other in REFUSALS if other is not kind]

    assert status_of(kind("")) not in others


def test_a_special_refusal_has_the_status_of_its_kind() -> None:
    class RelayOpenError(messages.WrongStateError):
        """A state that is more specific than the status codes."""

    assert status_of(RelayOpenError("")) is status_of(messages.WrongStateError(""))


@pytest.mark.parametrize("version", GENERATED)
def test_every_published_procedure_is_served(version: str, simulation: LiveSimulation) -> None:
    published = GENERATED[version][0].DESCRIPTOR.services_by_name["Microgrid"]

    served = {service.name: service for service in services(simulation.gateway, OpenStreams())}[
        published.full_name
    ]

    assert {
        method.name: (method.handler.request_streaming, method.handler.response_streaming)
        for method in served.methods
    } == {method.name: (method.client_streaming, method.server_streaming) for method in published.methods}


def test_the_versions_have_the_same_messages_on_the_wire() -> None:
    forms = [wire_form(pb.DESCRIPTOR.message_types_by_name) for pb, _ in GENERATED.values()]

    assert forms[0] == forms[1]


def wire_form(described: Any) -> dict[str, Any]:
    """Return what decides about the bytes of messages: numbers, names, types and labels of their fields."""
    return {
        name: [
            (field.number, field.name, field.type, field.is_repeated, field.has_presence)
            for field in message.fields
        ]
        for name, message in described.items()
    }
