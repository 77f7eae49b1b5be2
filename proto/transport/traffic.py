"""What passes between a site and its clients, counted: open calls, what is sent on them, outcomes of commands."""

from __future__ import annotations

from asyncio import CancelledError
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ...sim.domain.messages import CommandError, RefusalStatus

DONE = "OK"
"""Status of a command that was carried out or accepted, as gRPC calls it."""


class Call:
    """A call that is open."""

    __slots__ = ("_counts", "peer", "procedure", "sent")

    def __init__(self, procedure: str, peer: str, counts: Counter[tuple[str, str]] | None) -> None:
        """Begin with nothing sent.

        Args:
            procedure: Full name, `/package.Service/Method`.
            peer: Address of the connection from which it came.
            counts: Where what becomes of it counts, by procedure and status; nowhere if None.
        """
        self.procedure = procedure
        self.peer = peer
        self.sent = 0
        """Answers so far."""
        self._counts = counts

    def settle(self, status: str) -> None:
        """Count what has become of it, by the status that its client is told; the first one counts."""
        if self._counts is not None:
            self._counts[self.procedure, status] += 1
            self._counts = None


class Traffic:
    """The calls of a site's clients, over as many servers as the site has had."""

    def __init__(self) -> None:
        """Begin with none."""
        self.outcomes = Counter[tuple[str, str]]()
        """How many commands there were, by the full name of the procedure and the status that clients were told."""
        self._open: set[Call] = set()
        self._sent = Counter[str]()
        """On calls that have ended, by procedure."""

    @contextmanager
    def carry(self, procedure: str, peer: str, *, is_command: bool) -> Iterator[Call]:
        """Count a call as open while the context lasts; a command is settled when it ends, if it was not before.

        Args:
            procedure: Full name, `/package.Service/Method`.
            peer: Address of the connection from which it came.
            is_command: Whether it is one, rather than a question.
        """
        call = Call(procedure, peer, self.outcomes if is_command else None)
        self._open.add(call)
        try:
            yield call
            call.settle(DONE)
        except CommandError as error:
            call.settle(error.status.value)
            raise
        except (CancelledError, GeneratorExit):
            call.settle(RefusalStatus.CANCELLED.value)
            raise
        except BaseException:
            call.settle(RefusalStatus.UNKNOWN.value)
            raise
        finally:
            self._open.discard(call)
            self._sent[procedure] += call.sent

    @property
    def clients(self) -> int:
        """Number of connections with open calls."""
        return len({call.peer for call in self._open})

    @property
    def open_calls(self) -> Counter[str]:
        """How many calls are open, by procedure."""
        return Counter(call.procedure for call in self._open)

    @property
    def sent(self) -> Counter[str]:
        """How many answers have been sent, by procedure."""
        sent = self._sent.copy()
        for call in self._open:
            sent[call.procedure] += call.sent
        return sent
