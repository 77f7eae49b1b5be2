"""What clients subscribe to: endless frames, and the short life of a request."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from ..domain.messages import Frame, PowerUpdate, RefusalStatus, RequestStatus, UnavailableError
from ..domain.metrics import Wanted

LONGEST_QUEUE = 50
"""Frames that wait for a slow client before the oldest is dropped; as many as the Python client keeps."""

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A queue that never blocks its sender."""

    def __init__(self, longest: int | None) -> None:
        self._items: deque[T] = deque(maxlen=longest)
        self._waiter: asyncio.Future[None] | None = None
        self._onlookers: list[asyncio.Future[None]] = []
        self._reason: str | None = None
        self._status: RefusalStatus | None = None

    def push(self, item: T) -> None:
        """Hand over an item; the oldest one gives way if there is no room."""
        self._items.append(item)
        self._wake()

    @property
    def waiting(self) -> int:
        """How many items have not been taken yet."""
        return len(self._items)

    async def taken(self) -> None:
        """Wait until all items have been taken, or nobody takes them any more."""
        if self._items:
            onlooker = asyncio.get_running_loop().create_future()
            self._onlookers.append(onlooker)
            await onlooker

    def end(self, reason: str, status: RefusalStatus | None = None) -> None:
        """End the stream with an error once it has been read to its end; as of what cannot be reached if None."""
        self._reason = reason
        self._status = status
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Return the next item, once there is one.

        Raises:
            UnavailableError: If the stream was cut, or the site went down, and all before that has been taken.
        """
        while not self._items:
            if self._reason is not None:
                raise UnavailableError(self._reason, status=self._status)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        item = self._items.popleft()
        if self._onlookers and not self._items:
            self._release_onlookers()
        return item

    def _release_onlookers(self) -> None:
        for onlooker in self._onlookers:
            if not onlooker.done():
                onlooker.set_result(None)
        self._onlookers.clear()


class Subscription(Mailbox[Frame]):
    """The frames of one component for one listener, oldest first."""

    def __init__(self, wanted: Wanted = None, *, on_close: Callable[[Subscription], None]) -> None:
        """Open a subscription.

        Args:
            wanted: Metrics that its frames have at least.
            on_close: Called once, when the listener goes.
        """
        super().__init__(LONGEST_QUEUE)
        self.wanted = wanted
        self._on_close: Callable[[Subscription], None] | None = on_close

    def close(self) -> None:
        """Stop listening."""
        self._release_onlookers()
        if self._on_close is not None:
            self._on_close(self)
            self._on_close = None


class PowerRequest(Mailbox[PowerUpdate]):
    """The life of a set-power request: ACCEPTED, then how it ended."""

    def __init__(self) -> None:
        super().__init__(None)
        self._ended = False

    async def __anext__(self) -> PowerUpdate:
        """Return the next update.

        Raises:
            UnavailableError: If the site went down first.
        """
        if self._ended:
            raise StopAsyncIteration
        update = await super().__anext__()
        self._ended = update.status is not RequestStatus.ACCEPTED
        return update
