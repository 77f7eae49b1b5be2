"""The streams of frames that clients have open, of components and of sensors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from ..domain.events import Subscribers
from ..domain.messages import Frame, RefusalStatus
from ..domain.metrics import Wanted
from .subscriptions import Subscription


class Streams:
    """All open streams of one kind, by the id of whose frames they carry."""

    def __init__(self) -> None:
        """Begin with none."""
        self.listeners: dict[int, list[Subscription]] = {}
        """Open streams by id; an id to which nobody listens any more may stay."""
        self.wanted: dict[int, Wanted] = {}
        """Metrics that are asked for on the open streams of an id; none of an id to which nobody listens."""
        self.deliveries = Subscribers[Frame]()
        """Told of every frame that was delivered to somebody."""

    def __iter__(self) -> Iterator[Subscription]:
        for listeners in self.listeners.values():
            yield from listeners

    def open(self, number: int, wanted: Wanted = None) -> Subscription:
        """Open a stream of the frames of a component or sensor, which have at least the metrics that are wanted."""
        listeners = self.listeners.setdefault(number, [])

        def close(subscription: Subscription) -> None:
            listeners.remove(subscription)
            self._find_wanted(number)

        subscription = Subscription(wanted, on_close=close)
        listeners.append(subscription)
        self._find_wanted(number)
        return subscription

    def deliver(self, frame: Frame) -> None:
        """Give a frame to whoever listens."""
        listeners = self.listeners.get(frame.component_id)
        if listeners:
            for subscription in listeners:
                subscription.push(frame)
            self.deliveries.tell(frame)

    def end(self, number: int, reason: str, status: RefusalStatus | None = None) -> None:
        """End the streams of a component or sensor with an error; as of what cannot be reached if None."""
        for subscription in list(self.listeners.get(number, ())):
            subscription.end(reason, status)

    def count(self, number: int) -> int:
        """Return how many streams of a component or sensor are open."""
        return len(self.listeners.get(number, ()))

    def _find_wanted(self, number: int) -> None:
        asked = {subscription.wanted for subscription in self.listeners[number]}
        if asked:
            self.wanted[number] = (
                None if None in asked else frozenset().union(*(each or () for each in asked))
            )
        else:
            self.wanted.pop(number, None)


class AllStreams:
    """Whatever streams clients have open at a site. A sensor may have the id of a component."""

    def __init__(self) -> None:
        """Begin with none."""
        self.of_components = Streams()
        self.of_sensors = Streams()

    def __iter__(self) -> Iterator[Subscription]:
        yield from self.of_components
        yield from self.of_sensors

    @property
    def has_any(self) -> bool:
        """Whether any stream is open."""
        return any(True for _ in self)

    @property
    def backlog(self) -> int:
        """How many frames wait for the slowest client."""
        return max((subscription.waiting for subscription in self), default=0)

    async def read_up(self, patience_s: float) -> None:
        """Wait until clients have taken all frames; see `Gateway.read_up`."""
        waiting = [
            asyncio.ensure_future(subscription.taken()) for subscription in self if subscription.waiting
        ]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=patience_s)
            for task in late:
                task.cancel()

    def close(self) -> None:
        """End all streams; the site is going down."""
        for subscription in tuple(self):
            subscription.end("the site is shutting down")
