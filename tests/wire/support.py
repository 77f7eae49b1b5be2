"""What the tests of the wire share: the site they look at and the generated code they look with."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, NamedTuple

import grpc
import pytest
from frequenz.api.common.v1alpha8.metrics import metrics_pb2
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as v1alpha18_pb2
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc as v1alpha18_grpc
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as v1alpha19_pb2
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2_grpc as v1alpha19_grpc

GRID, METER, INVERTER, BATTERY, PV, HOUSE = 1, 2, 11, 12, 21, 31
UNKNOWN = 99

SITE = {
    "microgrid": {
        "id": 2200,
        "name": "Wire test",
        "enterprise_id": 7,
        "location": {"latitude": 52.5, "longitude": 13.25, "country_code": "DE"},
        "delivery_area": {"code": "10Y1001A1001A82H"},
        "created": "2025-03-01T12:00:00Z",
    },
    "telemetry": {"interval": "20 ms"},
    "components": {
        "grid": {"id": GRID, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": METER, "category": "meter", "behind": "grid"},
        "bat-inv": {
            "id": INVERTER,
            "category": "battery_inverter",
            "behind": "main",
            "rated_power": "30 kW",
            "response_delay": "0 s",
            "ramp_rate": "10 MW/s",
            "manufacturer": "Acme",
            "model": "Flow 30",
        },
        "battery": {"id": BATTERY, "category": "battery", "behind": "bat-inv"},
        "pv-inv": {
            "id": PV,
            "category": "pv_inverter",
            "behind": "main",
            "rated_power": "12 kW",
            "power": "5 kW",
            "response_delay": "30 s",
        },
        "house": {
            "id": HOUSE,
            "category": "meter",
            "behind": "main",
            "load": "3 kW",
            "operational_mode": "telemetry_only",
        },
    },
}

SDK_AC_METRICS = (26, 27, 28, 29, 30, 31, 32, 33, 19, 20, 21, 12, 13, 14, 10)
"""Numbers of the metrics that the SDK asks of everything but batteries."""
SDK_BATTERY_METRICS = (3, 100, 101, 102)
AC_POWER_ACTIVE = metrics_pb2.METRIC_AC_POWER_ACTIVE
AC_POWER_REACTIVE = metrics_pb2.METRIC_AC_POWER_REACTIVE
BATTERY_SOC_PCT = metrics_pb2.METRIC_BATTERY_SOC_PCT
DC_POWER = metrics_pb2.METRIC_DC_POWER

GENERATED: dict[str, tuple[ModuleType, type[Any]]] = {
    "v1alpha18": (v1alpha18_pb2, v1alpha18_grpc.MicrogridStub),
    "v1alpha19": (v1alpha19_pb2, v1alpha19_grpc.MicrogridStub),
}


class Api(NamedTuple):
    """Generated messages and stub of one API version, connected to a server."""

    pb: Any
    stub: Any

    def telemetry(self, component_id: int, metrics: tuple[int, ...] | None = None) -> Any:
        """Open a telemetry stream, filtered if metrics are given."""
        request = self.pb.ReceiveElectricalComponentTelemetryStreamRequest(
            electrical_component_id=component_id
        )
        if metrics is not None:
            request.filter.metrics.extend(metrics)
            request.filter.SetInParent()
        return self.stub.ReceiveElectricalComponentTelemetryStream(request, timeout=20)

    async def first_telemetry(self, component_id: int, metrics: tuple[int, ...] | None = None) -> Any:
        """Return the first telemetry of a new stream."""
        stream = self.telemetry(component_id, metrics)
        response = await stream.read()
        stream.cancel()
        return response.telemetry

    def set_power(self, component_id: int, power: float, power_type: str = "ACTIVE", **fields: Any) -> Any:
        """Send a set-point and return the stream of its statuses."""
        request = self.pb.SetElectricalComponentPowerRequest(
            electrical_component_id=component_id, power=power, power_type=f"POWER_TYPE_{power_type}", **fields
        )
        return self.stub.SetElectricalComponentPower(request, timeout=20)

    def status_name(self, response: Any) -> str:
        """Return the status of a set-power response without its prefix."""
        name = self.pb.SetElectricalComponentPowerRequestStatus.Name(response.status)
        return str(name).removeprefix("SET_ELECTRICAL_COMPONENT_POWER_REQUEST_STATUS_")


def sampled_values(telemetry: Any) -> dict[int, float]:
    """Return the values in a telemetry message by metric number."""
    return {sample.metric: sample.value.simple_metric.value for sample in telemetry.metric_samples}


def sampled_bounds(telemetry: Any) -> dict[int, list[tuple[float, float]]]:
    """Return the bounds in a telemetry message by metric number, those that are there."""
    return {
        sample.metric: [(bounds.lower, bounds.upper) for bounds in sample.bounds]
        for sample in telemetry.metric_samples
        if sample.bounds
    }


async def how_it_ends(stream: Any) -> grpc.StatusCode:
    """Read a stream to its end and return its status, which gRPC holds back while messages are unread."""
    with suppress(grpc.aio.AioRpcError):
        while await stream.read() is not grpc.aio.EOF:
            pass
    code: grpc.StatusCode = await stream.code()
    return code


async def refusal(stream: Any) -> grpc.aio.AioRpcError:
    """Return how a stream is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    return caught.value


def seconds_left(response: Any) -> float:
    """Return for how long what was asked for still holds."""
    return float((response.valid_until_time.ToDatetime(UTC) - datetime.now(UTC)) / timedelta(seconds=1))
