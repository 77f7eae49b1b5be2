"""Events of a running site, as one client has subscribed to them."""

from __future__ import annotations

from collections.abc import Collection

from ...sim.domain.events import Event
from ...sim.gateway.gateway import Gateway
from ...sim.gateway.subscriptions import Mailbox

LONGEST_QUEUE = 10_000
"""Events that wait for a slow client; if there are more it is cut off, rather than left with a gap."""


class EventStream(Mailbox[Event]):
    """The events of a site that match a filter, in the order in which they happen."""

    def __init__(self, gateway: Gateway, kinds: Collection[str], subjects: Collection[str]) -> None:
        """Subscribe to events.

        Args:
            gateway: Whose events.
            kinds: Of events wanted; all if empty.
            subjects: To whom they happen; all if empty.
        """
        super().__init__(None)
        self._kinds = frozenset(kinds)
        self._subjects = frozenset(subjects)
        self._is_cut = False
        self._unsubscribe = gateway.listen_to_events(self._receive)

    def close(self) -> None:
        """Unsubscribe."""
        self._unsubscribe()

    def _receive(self, event: Event) -> None:
        if self._kinds and event.kind not in self._kinds:
            return
        if self._subjects and event.subject not in self._subjects:
            return
        if self.waiting >= LONGEST_QUEUE:
            self._is_cut = True
            self.end(f"more than {LONGEST_QUEUE} events waited to be read")
        if not self._is_cut:
            self.push(event)
