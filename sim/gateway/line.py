"""The line between a site and its clients: what it does to samples, requests and answers that are on their way.

Whole, it is not there: a sample reaches whoever listens at once, or after the time that its device takes to report.
Broken, it delays, loses, doubles and swaps what it carries, by chance but the same for the same seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..domain.faults import Fault, FaultKind
from ..domain.messages import Frame
from ..engine.agenda import Engine, EngineState, check_awaited
from ..faults.chance import LONGEST_DELAY_S, delay_s, happens
from ..faults.injector import MOST_FAULTS, Faults
from ..plant.state_check import check_known
from ..site.site import Site
from .reporting import Reports
from .subscriptions import LONGEST_QUEUE, Mailbox

_CARRIED = frozenset(
    {
        FaultKind.DUPLICATED, FaultKind.OUT_OF_ORDER, FaultKind.LATENCY, FaultKind.LOSSY, FaultKind.SLOW_CONSUMER,
    }
)  # fmt: skip
"""Faults of the line that change what becomes of samples."""
_ARRIVAL = "sample arrives"
"""What is on the agenda for the first sample of each component that is on its way."""
_REQUEST, _ANSWER = "request", "answer"
_LOST: dict[str, tuple[FaultKind, ...]] = {
    _REQUEST: (FaultKind.HALF_OPEN,),
    _ANSWER: (FaultKind.HALF_OPEN, FaultKind.ANSWER_LOST),
}
"""Faults by which nothing of a kind arrives."""


class WaitingFrame(NamedTuple):
    """A sample on its way."""

    due_us: int
    """When it arrives, if none before it comes later [µs]."""
    frame: Frame


class LineState(NamedTuple):
    """What is on its way to clients, by key. Requests and answers are not: whoever waits for them is told."""

    frames: dict[str, tuple[WaitingFrame, ...]] = {}  # noqa: RUF012 - never changed in place
    """In the order in which they arrive."""
    overtaken: dict[str, Frame] = {}  # noqa: RUF012 - never changed in place
    """Samples that come after the ones that follow them."""
    free_us: dict[str, int] = {}  # noqa: RUF012 - never changed in place
    """When a slow line can carry the next one [µs]."""
    last_passage: int = 0
    """Number of the last request or answer that took time."""


class Passage(Mailbox[None]):
    """The way of one request or answer; it may take time, or for ever."""

    def __init__(self) -> None:
        super().__init__(None)

    async def passed(self) -> None:
        """Wait until it has arrived.

        Raises:
            UnavailableError: If the site went down first.
        """
        await anext(self)


class Line:
    """Carries samples, requests and answers between a site and its clients."""

    def __init__(
        self,
        engine: Engine,
        faults: Faults,
        reports: Reports,
        deliver: Callable[[str, Frame], None],
        site: Site,
        seed: int,
    ) -> None:
        """Begin with nothing on its way.

        Args:
            engine: Whose agenda carries what is on its way.
            faults: Which say how the line is broken.
            reports: Say how long a report takes on a whole line.
            deliver: Gives a sample of a component or sensor, by its key, to whoever listens.
            site: Whose samples they are.
            seed: Of what happens by chance.
        """
        self._engine = engine
        self._site = site
        self._faults = faults
        self._reports = reports
        self._deliver = deliver
        self._seed = seed
        self._frames: dict[str, tuple[WaitingFrame, ...]] = {}
        self._overtaken: dict[str, Frame] = {}
        self._free_us: dict[str, int] = {}
        self._passages: dict[int, Passage] = {}
        self._last_passage = 0
        self._longest_s = longest_s = LONGEST_DELAY_S * MOST_FAULTS
        """For how long all slow lines together hold up what is sent, beside its own delay [s]."""
        engine.handle(_ARRIVAL, self._arrive, within_s=longest_s + reports.longest_delay_s)
        engine.handle("message arrives", self._pass, within_s=longest_s)

    def send(self, key: str, frame: Frame) -> None:
        """Let a sample of a component or sensor be on its way."""
        broken, own_us = self._faults.present(key), self._reports.delay_us(key)
        faults = [fault for fault in broken if fault.kind in _CARRIED] if broken else broken
        if not faults and not own_us and not self.holds(key):
            self._deliver(key, frame)
            return
        for copy, each in enumerate(self._ordered(key, frame, faults)):
            if not self._happens(faults, FaultKind.LOSSY, f"samples/{copy}"):
                self._enqueue(key, each, faults, own_us)

    def holds(self, key: str) -> bool:
        """Say whether samples of a component are still on their way, so that others wait behind them."""
        return key in self._frames or key in self._overtaken

    def request(self, key: str) -> Passage | None:
        """Return the way of a request to a component; None if it arrives at once."""
        return self._passage(key, _REQUEST)

    def answer(self, key: str) -> Passage | None:
        """Return the way of an answer of a component; None if it arrives at once."""
        return self._passage(key, _ANSWER)

    def save(self) -> LineState:
        """Return what is on its way to clients."""
        return LineState(dict(self._frames), dict(self._overtaken), dict(self._free_us), self._last_passage)

    def check(self, state: LineState, engine: EngineState) -> None:
        """Refuse what would be on its way for ever, or to nobody.

        Raises:
            ValueError: Says where, what was found and what would be accepted.
        """
        keys = (*state.frames, *state.overtaken, *state.free_us)
        check_known("gateway.line", keys, {*self._site.components, *self._site.sensors})
        latest_us = engine.now_us + math.ceil((self._longest_s + self._reports.longest_delay_s) * 1e6)
        due_us = {key: max(frame.due_us for frame in frames) for key, frames in state.frames.items()}
        for key, time_us in (*due_us.items(), *state.free_us.items()):
            if time_us > latest_us:
                raise ValueError(f"gateway.line.{key}: due at {time_us}; accepted: up to {latest_us}")
        arriving = {entry.arguments[0]: entry for entry in engine.agenda.values() if entry.kind == _ARRIVAL}
        for key in state.frames:
            check_awaited(f"gateway.line.frames.{key}", arriving.get(key), _ARRIVAL, key)

    def restore(self, state: LineState) -> None:
        """Go on with what a saved state has on its way; requests and answers that were, end."""
        self.close()
        self._frames, self._overtaken = dict(state.frames), dict(state.overtaken)
        self._free_us, self._last_passage = dict(state.free_us), state.last_passage

    def close(self) -> None:
        """End all requests and answers that are on their way."""
        for passage in self._passages.values():
            passage.end("the site is shutting down")
        self._passages.clear()

    def _ordered(self, key: str, frame: Frame, faults: Sequence[Fault]) -> list[Frame]:
        """Return what is sent now, given the sample that is due: doubled, or with the one before behind it."""
        frames = [frame, frame] if self._happens(faults, FaultKind.DUPLICATED, "samples") else [frame]
        before = self._overtaken.pop(key, None)
        if before is not None:
            return [*frames, before]
        if self._happens(faults, FaultKind.OUT_OF_ORDER, "samples"):
            self._overtaken[key] = frame
            return frames[1:]
        return frames

    def _enqueue(self, key: str, frame: Frame, faults: Sequence[Fault], own_us: int) -> None:
        now_us, queue = self._engine.now_us, self._frames.get(key, ())
        due_us = now_us + own_us + self._delay_us(faults, "samples")
        if not queue and due_us <= max(now_us, self._free_us.get(key, 0)) == now_us:
            self._hand_over(key, frame)
            return
        is_slow = any(fault.kind is FaultKind.SLOW_CONSUMER for fault in faults)
        if is_slow and len(queue) >= LONGEST_QUEUE:
            queue = queue[1:]
        elif not queue:
            self._schedule(key, due_us)
        self._frames[key] = (*queue, WaitingFrame(due_us, frame))

    def _schedule(self, key: str, due_us: int) -> None:
        self._engine.schedule(max(due_us, self._free_us.get(key, 0), self._engine.now_us), _ARRIVAL, key)

    def _arrive(self, key: str) -> None:
        if key not in self._frames:
            return
        first, *rest = self._frames.pop(key)
        if rest:
            self._frames[key] = tuple(rest)
        self._hand_over(key, first.frame)
        if rest:
            self._schedule(key, rest[0].due_us)

    def _hand_over(self, key: str, frame: Frame) -> None:
        slow = [fault for fault in self._faults.present(key) if fault.kind is FaultKind.SLOW_CONSUMER]
        if slow:
            self._free_us[key] = self._engine.now_us + round(1e6 / min(fault.size for fault in slow))
        self._deliver(key, frame)

    def _passage(self, key: str, what: str) -> Passage | None:
        faults = self._faults.present(key)
        is_lost = any(fault.kind in _LOST[what] for fault in faults) or self._happens(
            faults, FaultKind.LOSSY, what
        )
        if not is_lost and not any(fault.kind is FaultKind.LATENCY for fault in faults):
            return None
        self._last_passage += 1
        passage = self._passages[self._last_passage] = Passage()
        if not is_lost:
            due_us = self._engine.now_us + self._delay_us(faults, what)
            self._engine.schedule(due_us, "message arrives", self._last_passage)
        return passage

    def _pass(self, number: int) -> None:
        # Of those that a snapshot had on their way nobody waits any more.
        passage = self._passages.pop(number, None)
        if passage is not None:
            passage.push(None)

    def _happens(self, faults: Sequence[Fault], kind: FaultKind, what: str) -> bool:
        """Say whether any of the faults of a kind happens to what is sent now."""
        return any(
            happens(fault.size, self._seed, stream, self._engine.now_us)
            for fault, stream in _streams(faults, kind, what)
        )

    def _delay_us(self, faults: Sequence[Fault], what: str) -> int:
        """Return how long what is sent now is on its way [µs]: what all slow lines take together."""
        return sum(
            round(1e6 * delay_s(fault, self._seed, stream, self._engine.now_us))
            for fault, stream in _streams(faults, FaultKind.LATENCY, what)
        )


def _streams(faults: Sequence[Fault], kind: FaultKind, what: str) -> Iterator[tuple[Fault, str]]:
    """Yield the faults of a kind, each with the name of a random stream of its own."""
    for turn, fault in enumerate(fault for fault in faults if fault.kind is kind):
        yield fault, f"{fault.component}/{kind}/{what}{f'/{turn + 1}' if turn else ''}"
