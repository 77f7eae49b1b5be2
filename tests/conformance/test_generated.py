"""Versions through their generated stubs: names that lead somewhere, and answers in the words of v1alpha8."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from frequenz.api.common.v1.metrics.metric_sample_pb2 import Metric as MetricV1
from frequenz.api.common.v1.microgrid.components import components_pb2 as components1
from frequenz.api.common.v1alpha8.metrics.metrics_pb2 import Metric as MetricV1Alpha8
from frequenz.api.common.v1alpha8.microgrid.electrical_components import (
    electrical_components_pb2 as components8,
)
from frequenz.api.microgrid.v1 import microgrid_pb2 as v1
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as v1alpha18
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as v1alpha19
from google.protobuf.message import Message

from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.suite import open_way
from doppelgrid.scenarios.conformance.v1 import V1Api
from doppelgrid.scenarios.conformance.values import ALL_METRICS, Component

ALPHA = {"v1alpha18": v1alpha18, "v1alpha19": v1alpha19}


def names_in(pb: Any) -> set[str]:
    """Return the names of procedures and fields that a version of the API uses, at any depth."""
    service = pb.DESCRIPTOR.services_by_name["Microgrid"]
    names = set(service.methods_by_name)
    waiting = [message for method in service.methods for message in (method.input_type, method.output_type)]
    seen = set()
    while waiting:
        message = waiting.pop()
        if message.full_name not in seen:
            seen.add(message.full_name)
            names |= set(message.fields_by_name)
            waiting += [field.message_type for field in message.fields if field.message_type]
    return names


def test_names_of_version_1_are_those_of_its_own_messages() -> None:
    assert set(V1Api.names) <= names_in(v1alpha19)
    assert set(V1Api.names.values()) <= names_in(v1)


@pytest.mark.parametrize("number", ALL_METRICS)
def test_a_metric_of_version_1_measures_the_same_or_is_missing(number: int) -> None:
    theirs = {tuple(sorted(name.split("_"))): each for name, each in MetricV1.items()}
    name = MetricV1Alpha8.Name(number)  # type: ignore[arg-type]

    translated = V1Api.metrics.get(number, number)

    expected = theirs.get(tuple(sorted(name.split("_"))))
    assert translated == expected if expected is not None else translated not in MetricV1.values()


class Answering(grpc.GenericRpcHandler):
    """A server that lists one component, whatever it is asked."""

    def __init__(self, listing: Message) -> None:
        self._listing = listing

    def service(self, _details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:  # type: ignore[override]
        async def answer(_request: bytes, _context: Any) -> bytes:
            return self._listing.SerializeToString()

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
async def server() -> AsyncIterator[tuple[grpc.aio.Server, str]]:
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield server, f"grpc://127.0.0.1:{port}"
    await server.stop(None)


async def listed(way: str, server: tuple[grpc.aio.Server, str], listing: Message) -> list[Component]:
    server[0].add_generic_rpc_handlers((Answering(listing),))
    async with open_way(way, Access.to(server[1])) as api:
        return await api.components()


@pytest.mark.parametrize("way", ALPHA)
async def test_a_component_of_the_alpha_versions_is_read(
    way: str, server: tuple[grpc.aio.Server, str]
) -> None:
    component = components8.ElectricalComponent(
        id=7,
        category=components8.ELECTRICAL_COMPONENT_CATEGORY_INVERTER,
        category_specific_info={"inverter": {"type": "INVERTER_TYPE_PV"}},  # type: ignore[arg-type]
        operational_mode=components8.ELECTRICAL_COMPONENT_OPERATIONAL_MODE_TELEMETRY_ONLY,
    )
    listing = ALPHA[way].ListElectricalComponentsResponse(electrical_components=[component])

    assert await listed(way, server, listing) == [
        Component(7, "INVERTER", "PV", "inverter", "TELEMETRY_ONLY")
    ]


@pytest.mark.parametrize(
    ("category", "details", "expected"),
    [
        ("INVERTER", {"inverter": {"type": "INVERTER_TYPE_SOLAR"}}, ("INVERTER", "PV", "inverter")),
        ("GRID", {"grid": {}}, ("GRID_CONNECTION_POINT", "", "grid_connection_point")),
        ("VOLTAGE_TRANSFORMER", {"voltage_transformer": {}}, ("POWER_TRANSFORMER", "", "power_transformer")),
        ("RELAY", {}, ("BREAKER", "", "")),
        ("METER", {}, ("METER", "", "")),
    ],
)
async def test_a_component_of_version_1_is_read_in_the_words_of_v1alpha8(
    server: tuple[grpc.aio.Server, str], category: str, details: Any, expected: tuple[str, str, str]
) -> None:
    component = components1.Component(
        id=7,
        category=f"COMPONENT_CATEGORY_{category}",  # type: ignore[arg-type]
        category_type=details,
    )

    assert await listed("v1", server, v1.ListComponentsResponse(components=[component])) == [
        Component(7, *expected)
    ]


@pytest.mark.parametrize("way", ["v1", *ALPHA])
async def test_a_category_and_a_type_without_a_name_are_their_numbers(
    way: str, server: tuple[grpc.aio.Server, str]
) -> None:
    details: Any = {"battery": {"type": 77}}
    listing: Message
    if way == "v1":
        older = components1.Component(id=7, category=99, category_type=details)  # type: ignore[arg-type]
        listing = v1.ListComponentsResponse(components=[older])
    else:
        newer = components8.ElectricalComponent(id=7, category=99, category_specific_info=details)  # type: ignore[arg-type]
        listing = ALPHA[way].ListElectricalComponentsResponse(electrical_components=[newer])

    (component,) = await listed(way, server, listing)

    assert (component.category, component.kind, component.info) == ("99", "77", "battery")
