"""What a scenario is to do, in the order in which it is done."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import NamedTuple

from ....sim.simulation.live import LiveSimulation


class _Entry(NamedTuple):
    """Something that is to be done; ordered by its fields."""

    due_us: int
    begins: bool
    place: int
    number: int
    """How many were entered before."""
    name: str
    do: Callable[[], None]


class Timetable:
    """Does things at their times: at one instant what ends first, then what begins, each in the order of the file.

    The timers of an event loop come in no order where their times are the same.
    """

    def __init__(
        self,
        simulation: LiveSimulation,
        loop: asyncio.AbstractEventLoop,
        on_come: Callable[[str, int], object] = lambda _name, _due_us: None,
    ) -> None:
        """Begin with nothing to do.

        Args:
            simulation: The site, whose sampling of an instant comes before whatever is done then.
            loop: That carries it.
            on_come: Told what comes now, and when that was due [µs since the Unix epoch].
        """
        self._on_come = on_come
        self._simulation, self._loop = simulation, loop
        self._entries: list[_Entry] = []
        self._instants: set[int] = set()
        """For which there is a timer [µs since the Unix epoch]."""
        self._entered = 0

    def enter(
        self, due_us: int, place: int, name: str, do: Callable[[], None], *, ends: bool = False
    ) -> None:
        """Have something done.

        Args:
            due_us: When [µs since the Unix epoch]; as soon as possible if that is not later than now.
            place: Of its step in the file.
            name: By which people are told of it.
            do: Does it.
            ends: Whether it is the end of something.
        """
        heapq.heappush(self._entries, _Entry(due_us, not ends, place, self._entered, name, do))
        self._entered += 1
        if due_us in self._instants:
            return
        self._instants.add(due_us)
        if due_us <= self._simulation.clock.now_us():
            self._loop.call_soon(self._come_to, due_us)
        else:
            self._loop.call_at(self._simulation.clock.loop_time_s(due_us), self._come_to, due_us)

    def left(self, before_us: int) -> list[str]:
        """Return what has not been done although it was due before a time [µs since the Unix epoch]."""
        return [entry.name for entry in sorted(self._entries) if entry.due_us < before_us]

    def _come_to(self, instant_us: int) -> None:
        self._simulation.run_due()
        self._instants.discard(instant_us)
        while self._entries and self._entries[0].due_us <= instant_us:
            entry = heapq.heappop(self._entries)
            self._on_come(entry.name, entry.due_us)
            entry.do()
