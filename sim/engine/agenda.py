"""The event kernel: the only place where simulated time passes.

SimPy orders the events; its time is an integer number of microseconds, since sums of floats drift. What is
to happen is kept as plain data (a kind and its arguments) rather than in running generators, so the agenda
of a running site can be saved and brought back.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from inspect import signature
from typing import Any, NamedTuple, get_type_hints

import simpy
from pydantic import AfterValidator, TypeAdapter, ValidationError
from simpy.events import NORMAL, URGENT, EventPriority

from ..domain.events import Subscribers
from ..domain.timestamps import FIRST_US, LAST_US, MICROSECONDS

_LATER = EventPriority(NORMAL + 1)
_ROUNDED_S = 1.0
"""By how much what is promised may be late in the clients' time: at the slowest speed a microsecond takes 0.1 s [s]."""
_FEW_CANCELLED = 100


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


class _Kind(NamedTuple):
    """What is known of entries of a kind; see `Engine.handle`."""

    handler: Callable[..., None]
    within_s: float | Callable[[int], float]
    promised: bool
    lasting: Callable[[int], bool] | None
    ends: bool
    goes_on: bool

    @property
    def priority(self) -> EventPriority:
        if self.goes_on:
            return URGENT
        return _LATER if self.ends else NORMAL

    def latest_us(self, now_us: int, pace: float) -> int:
        """Return when an entry that is on the agenda at a time is due at the latest [µs]."""
        within_s = self.within_s(now_us) if callable(self.within_s) else self.within_s
        if self.promised:
            within_s = (within_s + _ROUNDED_S) * pace
        return min(now_us + math.ceil(within_s * MICROSECONDS) + 1, LAST_US)


def always(_now_us: int) -> bool:
    """Say that an entry of a lasting kind is on the agenda at any time [µs]."""
    return True


class Engine:
    """An agenda of events and the time up to which they have happened [µs since the Unix epoch]."""

    def __init__(self, start_us: int) -> None:
        """Start with an empty agenda at a simulated time [µs]."""
        self._environment = simpy.Environment(initial_time=start_us)
        self._kinds: dict[str, _Kind] = {}
        self._agenda: dict[int, Entry] = {}
        self._promised_ends: list[tuple[int, int]] = []
        """A heap of what ends by a promise: when it is due [µs], and its number; some may be off the agenda."""
        self._cancelled = 0
        """How many events are left of entries that were taken off the agenda."""
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
        within_s: float | Callable[[int], float],
        promised: bool = False,
        lasting: Callable[[int], bool] | None = None,
        ends: bool = False,
        goes_on: bool = False,
    ) -> None:
        """Name the function that carries out entries of a kind.

        Args:
            kind: What is to happen.
            handler: Takes the arguments of an entry: plain data, of the types that it declares.
            within_s: For how long an entry of this kind waits on the agenda at most [s], in the clients' time if it is
                promised. If that depends on the time, a function of it [µs].
            promised: Whether entries of this kind are due in the clients' time, as lifetimes and sampling are,
                so that they come sooner or later in simulated time when its speed changes.
            lasting: Says whether at a time [µs] there is an entry of this kind, and then just one, because each puts
                its successor on the agenda; None of kinds that may be there or not.
            ends: Whether entries of this kind end what somebody has begun for a time: they come after all else of their
                instant, the sampling among it, which sees how it was until then.
            goes_on: Whether entries of this kind go on with what has begun at their instant: they come before all else
                that is due then, so that nothing of it changes between two parts of one thing.
        """
        self._kinds[kind] = _Kind(handler, within_s, promised, lasting, ends, goes_on)

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
        entry = self._agenda[self._serial] = Entry(due_us, kind, arguments)
        self._put(self._serial, entry)
        self.new_entries.tell(due_us)
        return self._serial

    def cancel(self, serial: int) -> None:
        """Take an entry off the agenda; nothing happens if it is no longer there."""
        if self._agenda.pop(serial, None) is None:
            return
        self._cancelled += 1
        if self._cancelled > max(len(self._agenda), _FEW_CANCELLED):
            # SimPy keeps an event until it is due, which is a year from now of many that nobody waits for.
            self._begin_at(self.now_us, self._agenda)

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
        until_us = self.promised_us(0)
        while self._promised_ends and self._promised_ends[0][0] <= until_us:
            _, serial = heapq.heappop(self._promised_ends)
            if serial in self._agenda:
                self._cancelled += 1
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
            if self._kinds[entry.kind].promised and entry.due_us > clock_us
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
        # What happens may put the agenda into another environment.
        while self._environment.peek() <= time_us:
            self._environment.step()
        if self._environment.now < time_us:
            # Nothing hangs on it: it carries the time to its end, where `run(until=...)` would leave an event behind.
            self._environment.timeout(time_us - self._environment.now)
            self._environment.step()

    def save(self, *, late_us: int = 0) -> EngineState:
        """Return the time and the agenda, to restore later.

        Args:
            late_us: How far the time is behind the clients' [µs], of which nothing is left when it goes on from there:
                what they were promised comes sooner by as much.
        """
        now_us, agenda = self.now_us, dict(self._agenda)
        if late_us:
            for serial, entry in agenda.items():
                if self._kinds[entry.kind].promised:
                    agenda[serial] = entry._replace(due_us=max(entry.due_us - late_us, now_us))
        return EngineState(now_us, self._serial, agenda)

    def check(self, state: EngineState, keys: Collection[str], pace: float) -> None:
        """Refuse an agenda that cannot be carried out.

        Args:
            state: That somebody wants to go on from.
            keys: Of the site's components: what handlers take as `key`.
            pace: Simulated seconds per second of the clients' time, at the time of the state.

        Raises:
            ValueError: Says where, what was found and what would be accepted.
        """
        if not FIRST_US <= state.now_us <= LAST_US:
            raise ValueError(f"engine.now_us: {state.now_us}; accepted: a time from 1970 to 2261")
        for serial, entry in state.agenda.items():
            place = f"engine.agenda.{serial}"
            if not 0 < serial <= state.last_serial:
                raise ValueError(f"{place}: a number never given; accepted: 1 to {state.last_serial}")
            kind = self._kinds.get(entry.kind)
            if kind is None:
                accepted = ", ".join(sorted(self._kinds))
                raise ValueError(f"{place}: of kind {entry.kind!r}; accepted: {accepted}")
            latest_us = kind.latest_us(state.now_us, pace)
            if not state.now_us <= entry.due_us <= latest_us:
                raise ValueError(
                    f"{place}: {entry.kind!r} due at {entry.due_us}; accepted: {state.now_us} to {latest_us}"
                )
            _check_arguments(place, kind.handler, entry.arguments, keys)
        counts = Counter(entry.kind for entry in state.agenda.values())
        for name, kind in self._kinds.items():
            if kind.lasting is not None and counts[name] != (needed := int(kind.lasting(state.now_us))):
                raise ValueError(
                    f"engine.agenda: {counts[name]} entries of kind {name!r}; accepted: {needed}"
                )

    def restore(self, state: EngineState) -> None:
        """Go on from a saved time and agenda, which `check` has seen; entries keep their numbers and their order."""
        self._serial = state.last_serial
        self._begin_at(state.now_us, state.agenda)
        for entry in self._agenda.values():
            self.new_entries.tell(entry.due_us)

    def _begin_at(self, now_us: int, agenda: Mapping[int, Entry]) -> None:
        self._environment = simpy.Environment(initial_time=now_us)
        self._promised_ends = []
        self._cancelled = 0
        self._agenda = dict(sorted(agenda.items()))
        for serial, entry in self._agenda.items():
            self._put(serial, entry)

    def _put(self, serial: int, entry: Entry) -> None:
        environment, kind = self._environment, self._kinds[entry.kind]
        event = _Due(environment)
        event.callbacks.append(lambda _event: self._carry_out(serial))
        environment.schedule(event, kind.priority, entry.due_us - self.now_us)
        if kind.promised and kind.ends:
            heapq.heappush(self._promised_ends, (entry.due_us, serial))

    def _carry_out(self, serial: int) -> None:
        entry = self._agenda.pop(serial, None)
        if entry is not None:
            self._kinds[entry.kind].handler(*entry.arguments)
        else:
            self._cancelled = max(self._cancelled - 1, 0)


def check_awaited(place: str, found: Entry | None, kind: str, *arguments: Any) -> None:
    """See that what somebody waits for is on the agenda.

    Args:
        place: Of who waits, for the message.
        found: The entry of the number that he has; None if there is none.
        kind: What it has to be.
        *arguments: The first of its arguments.

    Raises:
        ValueError: If it is not.
    """
    if found is None or found.kind != kind or tuple(found.arguments[: len(arguments)]) != arguments:
        raise ValueError(f"{place}: its end is not on the agenda; accepted: with its entry of kind {kind!r}")


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
