"""One way to a server: a version of the API through generated stubs, or the published client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from .values import Component, Identity, PowerUpdate, Range, Telemetry


class TelemetryStream(Protocol):
    """Messages of one component, as the server sends them."""

    def __aiter__(self) -> AsyncIterator[Telemetry]:
        """Give the messages; raises `Refusal` if the stream ends with an error, and ends if it ends with OK."""
        ...

    def cancel(self) -> None:
        """Cancel the call."""
        ...


class PowerCall(Protocol):
    """A set-power request on its way."""

    async def read(self) -> PowerUpdate | None:
        """Return the next answer, None at the end.

        Raises:
            Refusal: If the server ends the call with an error.
        """
        ...

    def cancel(self) -> None:
        """Cancel the call."""
        ...


class Api(Protocol):
    """The calls that checks make. Each raises `Refusal` for an error status, `NotOffered` if there is none."""

    name: str
    """Name of the way, such as `v1alpha18`."""
    streams_statuses: bool
    """Whether the answers to set-power come as a stream of statuses."""

    async def microgrid(self) -> Identity:
        """Ask who it is."""
        ...

    async def components(
        self, ids: Collection[int] = (), categories: Collection[str] = ()
    ) -> list[Component]:
        """List components."""
        ...

    async def connections(
        self, sources: Collection[int] = (), destinations: Collection[int] = ()
    ) -> list[tuple[int, int]]:
        """List connections, source first."""
        ...

    async def sensors(self, ids: Collection[int] = ()) -> list[int]:
        """List the ids of sensors."""
        ...

    def telemetry(self, component_id: int, metrics: Sequence[int] | None = None) -> TelemetryStream:
        """Open a stream; without metrics, without a filter."""
        ...

    def sensor_telemetry(self, sensor_id: int, metrics: Sequence[int] | None = None) -> TelemetryStream:
        """Open a stream of a sensor; without metrics, without a filter."""
        ...

    def set_power(
        self, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
    ) -> PowerCall:
        """Send a set-point [W or var]."""
        ...

    async def augment(
        self,
        component_id: int,
        metric: int,
        bounds: Sequence[Range],
        lifetime_s: int | None = None,
        token: str | None = None,
    ) -> float | None:
        """Augment bounds; returns the expiry, since the Unix epoch [s]."""
        ...

    async def clear(self, component_id: int, metric: int, token: str | None = None) -> None:
        """Clear augmented bounds."""
        ...

    async def start(self, component_id: int) -> None:
        """Start a component."""
        ...

    async def standby(self, component_id: int) -> None:
        """Put a component in standby."""
        ...

    async def stop(self, component_id: int) -> None:
        """Stop a component."""
        ...

    async def acknowledge(self, component_id: int) -> None:
        """Acknowledge the errors of a component."""
        ...

    def another(self) -> AbstractAsyncContextManager[Api]:
        """Open the same way once more, on a connection of its own."""
        ...
