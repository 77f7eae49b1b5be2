"""The event kernel: the only place where simulated time passes.

SimPy orders the events; its time is an integer number of microseconds, since sums of floats drift. What is
to happen is kept as plain data (a kind and its arguments) rather than in running generators, so the agenda
of a running site can be saved and brought back.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from inspect import signature
from typing import Any, NamedTuple, get_type_hints

import simpy
from pydantic import AfterValidator, TypeAdapter, ValidationError
from simpy.events import NORMAL, URGENT, EventPriority

from ..domain.events import Subscribers
from ..domain.timestamps import FIRST_US, LAST_US

_LATER = EventPriority(NORMAL + 1)


class _Due(simpy.Event):
    """Something that nobody triggers: it comes when it is due."""

    _ok = True


class Entry(NamedTuple):
    """Something that is to happen."""

    due_us: int
    kind: str
    arguments: tuple[Any, ...]


def value_of(kind: type[Enum]) -> AfterValidator:
    """Return what marks an argument of a handler as the value of a member of an enumeration, in `Annotated`."""
    return AfterValidator(lambda value: kind(value).value)


class EngineState(NamedTuple):
    """The time and everything that is to happen, by number."""

    now_us: int
    last_serial: int
    agenda: dict[int, Entry]


class Engine:
    """An agenda of events and the time up to which they have happened [µs since the Unix epoch]."""

    def __init__(self, start_us: int) -> None:
        """Start with an empty agenda at a simulated time [µs]."""
        self._environment = simpy.Environment(initial_time=start_us)
        self._handlers: dict[str, Callable[..., None]] = {}
        self._promised: set[str] = set()
        self._lasting: set[str] = set()
        self._ending: set[str] = set()
        self._going_on: set[str] = set()
        self._agenda: dict[int, Entry] = {}
        self._promised_ends: list[tuple[int, int]] = []
        """A heap of what ends by a promise: when it is due [µs], and its number; some may be off the agenda."""
        self._serial = 0
        self._late_us = 0
        self.new_entries = Subscribers[int]()
        """The due time of each new entry [µs], so that a driver may wake earlier."""

    @property
    def now_us(self) -> int:
        """The simulated time [µs]."""
        return int(self._environment.now)

    def handle(
        self,
        kind: str,
        handler: Callable[..., None],
        *,
        promised: bool = False,
        lasting: bool = False,
        ends: bool = False,
        goes_on: bool = False,
    ) -> None:
        """Name the function that carries out entries of a kind.

        Args:
            kind: What is to happen.
            handler: Takes the arguments of an entry: plain data, of the types that it declares.
            promised: Whether entries of this kind are due in the clients' time, as lifetimes and sampling are,
                so that they come sooner or later in simulated time when its speed changes.
            lasting: Whether an entry of this kind puts its successor on the agenda, for as long as the site lives.
            ends: Whether entries of this kind end what somebody has begun for a time: they come after all else of their
                instant, the sampling among it, which sees how it was until then.
            goes_on: Whether entries of this kind go on with what has begun at their instant: they come before all else
                that is due then, so that nothing of it changes between two parts of one thing.
        """
        self._handlers[kind] = handler
        if lasting:
            self._lasting.add(kind)
        if ends:
            self._ending.add(kind)
        if promised:
            self._promised.add(kind)
        if goes_on:
            self._going_on.add(kind)

    def schedule(self, due_us: int, kind: str, *arguments: Any) -> int:
        """Put an entry on the agenda.

        Args:
            due_us: When it is to happen [µs], not in the past. Entries due together happen in the order in
                which they were scheduled, those that go on with something first, those that end something last.
            kind: What is to happen: a kind that has a handler by then.
            *arguments: Plain data for the handler.

        Returns:
            A number by which the entry can be cancelled.
        """
        self._serial += 1
        self._put(self._serial, Entry(due_us, kind, arguments))
        return self._serial

    def cancel(self, serial: int) -> None:
        """Take an entry off the agenda; nothing happens if it is no longer there."""
        self._agenda.pop(serial, None)

    def due_us(self, serial: int) -> int | None:
        """Return when an entry is due [µs], or None if it is not on the agenda any more."""
        entry = self._agenda.get(serial)
        return None if entry is None else entry.due_us

    @contextmanager
    def late_by(self, late_us: int) -> Iterator[None]:
        """Let what clients are promised meanwhile count from their time, behind which the site is [µs]."""
        self._late_us = late_us
        try:
            yield
        finally:
            self._late_us = 0

    def promised_us(self, span_us: int) -> int:
        """Return when a promise for a span of time from now on is due [µs]; see `late_by`."""
        return self.now_us + self._late_us + span_us

    def keep_promised_ends(self) -> None:
        """Let what was promised to end by now in the clients' time end at once, though it is due later; see `late_by`.

        It ends where the site stands, which has not come to when it is due.
        """
        ends, until_us = self._promised_ends, self.promised_us(0)
        while ends and ends[0][0] <= until_us:
            _, serial = heapq.heappop(ends)
            self._carry_out(serial)

    def stretch_promises(self, factor: float, clock_us: int) -> None:
        """Let what is due in the clients' time wait longer or shorter, by a factor; not while the engine runs.

        Args:
            factor: New pace of the clients' time over the former one.
            clock_us: What the clock shows [µs]; the engine may lag behind it, and what is late stays as late as it is.
        """
        agenda = {
            # Never sooner than promised, where a microsecond of the site takes clients long.
            serial: entry._replace(due_us=clock_us + math.ceil((entry.due_us - clock_us) * factor))
            if entry.kind in self._promised and entry.due_us > clock_us
            else entry
            for serial, entry in self._agenda.items()
        }
        self.restore(EngineState(self.now_us, self._serial, agenda))

    def next_us(self) -> int | None:
        """Return when something is due next [µs], or None if nothing is."""
        upcoming = self._environment.peek()
        return None if upcoming == float("inf") else int(upcoming)

    def run_next(self) -> None:
        """Let the one thing happen that is due next; there must be one."""
        self._environment.step()

    def run_to(self, time_us: int) -> None:
        """Let everything happen that is due up to and including a time [µs], and end there."""
        environment = self._environment
        if environment.now < time_us:
            # Nothing hangs on it: it carries the time to its end, where `run(until=...)` would leave an event behind.
            environment.timeout(time_us - environment.now)
        while environment.peek() <= time_us:
            environment.step()

    def save(self) -> EngineState:
        """Return the time and the agenda, to restore later."""
        return EngineState(self.now_us, self._serial, dict(self._agenda))

    def check(self, state: EngineState, keys: Collection[str]) -> None:
        """Refuse an agenda that cannot be carried out.

        Args:
            state: That somebody wants to go on from.
            keys: Of the site's components: what handlers take as `key`.

        Raises:
            ValueError: Says where, what was found and what would be accepted.
        """
        if not FIRST_US <= state.now_us <= LAST_US:
            raise ValueError(f"engine.now_us: {state.now_us}; accepted: a time from 1970 to 2261")
        for serial, entry in state.agenda.items():
            place = f"engine.agenda.{serial}"
            if not 0 < serial <= state.last_serial:
                raise ValueError(f"{place}: a number never given; accepted: 1 to {state.last_serial}")
            if not state.now_us <= entry.due_us <= LAST_US:
                raise ValueError(
                    f"{place}: due at {entry.due_us}; accepted: {state.now_us} or later, to 2261"
                )
            if entry.kind not in self._handlers:
                accepted = ", ".join(sorted(self._handlers))
                raise ValueError(f"{place}: of kind {entry.kind!r}; accepted: {accepted}")
            _check_arguments(place, self._handlers[entry.kind], entry.arguments, keys)
        for kind in self._lasting:
            found, own = (_count(agenda, kind) for agenda in (state.agenda, self._agenda))
            if found != own:
                raise ValueError(f"engine.agenda: {found} entries of kind {kind!r}; accepted: {own}")

    def restore(self, state: EngineState) -> None:
        """Go on from a saved time and agenda, which `check` has seen; entries keep their numbers and their order."""
        self._environment = simpy.Environment(initial_time=state.now_us)
        self._serial = state.last_serial
        self._agenda = {}
        self._promised_ends = []
        for serial, entry in sorted(state.agenda.items()):
            self._put(serial, entry)

    def _put(self, serial: int, entry: Entry) -> None:
        environment = self._environment
        self._agenda[serial] = entry
        event = _Due(environment)
        event.callbacks.append(lambda _event: self._carry_out(serial))
        environment.schedule(event, self._priority(entry.kind), entry.due_us - self.now_us)
        if entry.kind in self._promised and entry.kind in self._ending:
            heapq.heappush(self._promised_ends, (entry.due_us, serial))
        self.new_entries.tell(entry.due_us)

    def _priority(self, kind: str) -> EventPriority:
        if kind in self._going_on:
            return URGENT
        return _LATER if kind in self._ending else NORMAL

    def _carry_out(self, serial: int) -> None:
        entry = self._agenda.pop(serial, None)
        if entry is not None:
            self._handlers[entry.kind](*entry.arguments)


def _count(agenda: Mapping[int, Entry], kind: str) -> int:
    return sum(entry.kind == kind for entry in agenda.values())


def _check_arguments(
    place: str, handler: Callable[..., None], arguments: tuple[Any, ...], keys: Collection[str]
) -> None:
    parameters, types = signature(handler).parameters, get_type_hints(handler, include_extras=True)
    try:
        signature(handler).bind(*arguments)
    except TypeError:
        found, accepted = f"with {len(arguments)} arguments", ", ".join(parameters)
        raise ValueError(f"{place}: {found}; accepted: {accepted}") from None
    for name, value in zip(parameters, arguments, strict=False):
        try:
            TypeAdapter(types[name]).validate_python(value)
        except ValidationError as error:
            raise ValueError(f"{place}: {name} is {value!r}; accepted: {error.errors()[0]['msg']}") from None
        if name == "key" and value not in keys:
            raise ValueError(f"{place}: {name} is {value!r}; accepted: a component of this site")
