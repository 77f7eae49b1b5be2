"""The published Python client, as applications use it; it speaks v1alpha18."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.common.microgrid.sensors import SensorId
from frequenz.client.microgrid import GrpcError, MicrogridApiClient, Validity
from frequenz.client.microgrid import component as sdk
from frequenz.client.microgrid.metrics import Bounds

from .access import CLIENT_OPTIONS, Access
from .calls import SinglePowerCall
from .values import (
    SPECIFIC_MEMBERS,
    Component,
    Identity,
    NotOffered,
    PowerType,
    PowerUpdate,
    Range,
    Refusal,
    Sample,
    Snapshot,
    Telemetry,
)

_VALIDITIES: dict[int | None, Validity | None] = {
    None: None,
    5: Validity.FIVE_SECONDS,
    60: Validity.ONE_MINUTE,
    300: Validity.FIVE_MINUTES,
    900: Validity.FIFTEEN_MINUTES,
}
T = TypeVar("T")


class ClientLibraryApi:
    """Calls that `frequenz-client-microgrid` lets applications make."""

    name = "client"
    streams_statuses = False

    def __init__(self, access: Access, client: MicrogridApiClient) -> None:
        """Call through a connected client, which stays the caller's."""
        self._access = access
        self._client = client

    @property
    def client(self) -> MicrogridApiClient:
        """The client itself."""
        return self._client

    async def microgrid(self) -> Identity:
        """Ask who it is."""
        info = await _answer(self._client.get_microgrid_info())
        return Identity(int(info.id), info.name or "")

    async def components(
        self, ids: Collection[int] = (), categories: Collection[str] = ()
    ) -> list[Component]:
        """List components."""
        found = await _answer(
            self._client.list_components(
                components=[ComponentId(number) for number in ids],
                categories=[_category(name) for name in categories],
            )
        )
        return [_component(component) for component in found]

    async def connections(
        self, sources: Collection[int] = (), destinations: Collection[int] = ()
    ) -> list[tuple[int, int]]:
        """List connections, source first."""
        found = await _answer(
            self._client.list_connections(
                sources=[ComponentId(number) for number in sources],
                destinations=[ComponentId(number) for number in destinations],
            )
        )
        return [(int(link.source), int(link.destination)) for link in found]

    async def sensors(self, ids: Collection[int] = ()) -> list[int]:
        """List the ids of sensors."""
        found = await _answer(self._client.list_sensors(sensors=[SensorId(number) for number in ids]))
        return [int(sensor.id) for sensor in found]

    def telemetry(self, component_id: int, metrics: Sequence[int] | None = None) -> _Samples:
        """Open a stream; the client always sends a filter."""
        if not metrics:
            raise NotOffered("the published client always sends a filter, and never an empty one")
        return _Samples(
            self._client.receive_component_data_samples_stream(ComponentId(component_id), metrics)
        )

    def sensor_telemetry(self, sensor_id: int, metrics: Sequence[int] | None = None) -> _SensorSamples:
        """Open a stream of a sensor; the client always sends a filter."""
        if not metrics:
            raise NotOffered("the published client always sends a filter, and never an empty one")
        return _SensorSamples(self._client.receive_sensor_telemetry_stream(SensorId(sensor_id), metrics))

    def set_power(
        self, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
    ) -> SinglePowerCall:
        """Send a set-point [W or var]; the client reads the first answer and does not tell its status."""
        match power_type:
            case PowerType.ACTIVE:
                send = self._client.set_component_power_active
            case PowerType.REACTIVE:
                send = self._client.set_component_power_reactive
            case _:
                raise NotOffered("the published client has a method for each power type, and no other")
        lifetime = None if lifetime_s is None else timedelta(seconds=lifetime_s)
        call = send(ComponentId(component_id), power, request_lifetime=lifetime, validate_arguments=False)
        return SinglePowerCall(_power_update(call))

    async def augment(
        self,
        component_id: int,
        metric: int,
        bounds: Sequence[Range],
        lifetime_s: int | None = None,
        token: str | None = None,
    ) -> float | None:
        """Augment bounds; returns the expiry, since the Unix epoch [s]."""
        if token is not None or lifetime_s not in _VALIDITIES:
            raise NotOffered("the published client has no tokens, and lifetimes of 5 s, 1, 5 and 15 min only")
        try:
            wanted = [Bounds(lower=lower, upper=upper) for lower, upper in bounds]
        except ValueError:
            raise NotOffered("the published client refuses such bounds itself") from None
        validity = _VALIDITIES[lifetime_s]
        expiry = await _answer(
            self._client.add_component_bounds(ComponentId(component_id), metric, wanted, validity=validity)
        )
        return None if expiry is None else expiry.timestamp()

    async def clear(self, component_id: int, metric: int, token: str | None = None) -> None:
        """Say that the client has no such method."""
        raise NotOffered(f"the published client cannot clear bounds ({component_id}, {metric}, {token})")

    async def start(self, component_id: int) -> None:
        """Say that the client has no such method."""
        raise NotOffered(f"the published client cannot start component {component_id}")

    async def standby(self, component_id: int) -> None:
        """Say that the client has no such method."""
        raise NotOffered(f"the published client cannot put component {component_id} in standby")

    async def stop(self, component_id: int) -> None:
        """Say that the client has no such method."""
        raise NotOffered(f"the published client cannot stop component {component_id}")

    async def acknowledge(self, component_id: int) -> None:
        """Say that the client has no such method."""
        raise NotOffered(f"the published client cannot acknowledge component {component_id}")

    @asynccontextmanager
    async def another(self) -> AsyncIterator[ClientLibraryApi]:
        """Open the same way once more, on a connection of its own."""
        async with client_library_api(self._access) as api:
            yield api


@asynccontextmanager
async def client_library_api(access: Access) -> AsyncIterator[ClientLibraryApi]:
    """Connect the published client."""
    client = MicrogridApiClient(access.url, channel_defaults=CLIENT_OPTIONS, connect=False)
    client.connect(auth_key=access.auth_key, sign_secret=access.sign_secret)
    async with client:
        yield ClientLibraryApi(access, client)


class _Samples:
    """Telemetry of a component from the client's receiver."""

    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver

    async def __aiter__(self) -> AsyncIterator[Telemetry]:
        async for data in self._receiver:
            yield Telemetry(
                int(data.component_id), _samples(data.metric_samples), tuple(map(_snapshot, data.states))
            )

    def cancel(self) -> None:
        self._receiver.close()


class _SensorSamples(_Samples):
    """Telemetry of a sensor from the client's receiver."""

    async def __aiter__(self) -> AsyncIterator[Telemetry]:
        async for data in self._receiver:
            yield Telemetry(
                int(data.sensor_id),
                _samples(data.metric_samples),
                tuple(map(_snapshot, data.state_snapshots)),
            )


async def _answer(call: Awaitable[T]) -> T:
    try:
        return await call
    except GrpcError as error:
        raise Refusal(error.grpc_error.code(), error.grpc_error.details() or "") from None


async def _power_update(call: Awaitable[datetime | None]) -> PowerUpdate:
    expiry = await _answer(call)
    return PowerUpdate("", None if expiry is None else expiry.timestamp())


def _category(name: str) -> sdk.ComponentCategory:
    category = getattr(sdk.ComponentCategory, {"BREAKER": "RELAY"}.get(name, name), None)
    if not isinstance(category, sdk.ComponentCategory):
        raise NotOffered(f"the published client has no category {name}")
    return category


def _component(component: Any) -> Component:
    category = component.category if isinstance(component.category, int) else component.category.name
    name = {"RELAY": "BREAKER"}.get(str(category), str(category))
    kind = getattr(component, "type", "")
    kind = {"SOLAR": "PV"}.get(getattr(kind, "name", ""), getattr(kind, "name", str(kind)))
    matches = not isinstance(component, sdk.MismatchedCategoryComponent)
    return Component(
        int(component.id), name, kind, SPECIFIC_MEMBERS.get(name, "") if matches else "(mismatched)"
    )


def _samples(samples: Any) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            int(sample.metric if isinstance(sample.metric, int) else sample.metric.value),
            _value(sample.value),
            getattr(sample, "sampled_at", getattr(sample, "sample_time", None)).timestamp(),  # type: ignore[union-attr]
            tuple(Range(bounds.lower, bounds.upper) for bounds in getattr(sample, "bounds", ())),
        )
        for sample in samples
    )


def _value(value: Any) -> float | None:
    return getattr(value, "avg", value) if value is not None else None


def _snapshot(state: Any) -> Snapshot:
    def numbers(codes: Any) -> frozenset[int]:
        return frozenset(code if isinstance(code, int) else code.value for code in codes)

    return Snapshot(numbers(state.states), len(state.warnings), len(state.errors))
