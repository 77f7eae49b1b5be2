"""Assertions that settle in the time of a site: they look at every sampling of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from ...sim.inputs.signal import NEVER
from ...sim.language import over_time
from ...sim.language.over_time import Look, Settling, Watch
from .bench import Bench
from .durations import shown_span

__tracebackhide__ = True  # failures are shown where the test stands

V = TypeVar("V")


class Seen(NamedTuple, Generic[V]):
    """How what a test wants stands at an instant."""

    value: V
    truth: bool | None
    """Whether it is reached; None if that cannot be told."""
    shown: Callable[[], str]
    """Returns what was found, in words."""
    miss: float = math.inf
    """By how much it is missed, infinite if none can say."""


class Aim(Protocol[V]):
    """What a test wants of a site."""

    @property
    def prefix(self) -> str:
        """What it is about, for messages: empty, or ending in `: `."""
        ...

    @property
    def wanted(self) -> str:
        """What is wanted, in words."""
        ...

    def look(self, time_us: int) -> Seen[V]:
        """Look at the site now [µs]."""
        ...


async def settle(bench: Bench, aim: Aim[V], within_us: int, for_us: int) -> V:
    """Wait until an aim is reached and has been for long enough, and return what was found then.

    Args:
        bench: Of the site.
        aim: What is wanted.
        within_us: Time of the site that it may take [µs].
        for_us: Time of the site for which it has to stay so [µs].

    Raises:
        AssertionError: If it has not come true.
    """
    bench.catch_up()
    search = _Search(bench, aim, within_us, for_us)
    search.look(bench.now_us)
    if not search.is_over:
        end_us = bench.now_us + within_us + for_us
        with bench.watching(search):
            await bench.wait_until_us(end_us, unless=search)
        if not search.is_over:
            bench.catch_up()
            search.look(end_us)
    if not search.has_found:
        raise bench.failure(search.complaint())
    return search.seen.value


class _Search(Generic[V]):
    """Looks for a sampling at which an aim is reached, and from which on it is for long enough."""

    def __init__(self, bench: Bench, aim: Aim[V], within_us: int, for_us: int) -> None:
        self._bench, self._aim = bench, aim
        self._within_us, self._for_us = within_us, for_us
        self._settling = Settling(bench.now_us, within_us, for_us)
        self._closest: tuple[Seen[V], int] | None = None
        self.seen: Seen[V]
        self._time_us = 0

    @property
    def is_over(self) -> bool:
        return self._settling.outcome is not None

    @property
    def has_found(self) -> bool:
        return self._settling.outcome is not None and self._settling.outcome.has_passed

    def look(self, time_us: int) -> None:
        if self.is_over:
            return
        self.seen, self._time_us = self._aim.look(time_us), time_us
        seen = self.seen
        self._settling.look(Look(time_us, seen.truth, seen.shown))
        if self._closest is None or seen.miss < self._closest[0].miss:
            self._closest = (seen, time_us)

    def begin_anew(self, time_us: int) -> None:
        if not self.is_over:
            self._settling = Settling(time_us, self._within_us, self._for_us)

    def complaint(self) -> str:
        bench = self._bench
        when = f" within {shown_span(self._within_us)}" if self._within_us else ""
        when += f" for {shown_span(self._for_us)}" if self._for_us else ""
        text = (
            f"{self._aim.prefix}wanted {self._aim.wanted}{when}; "
            f"found {self.seen.shown()} at {bench.time_text(self._time_us)}"
        )
        if self.seen.truth:
            text += ", too late"
        elif self._closest is not None:
            closest, time_us = self._closest
            if math.isfinite(closest.miss) and time_us != self._time_us:
                text += f", closest {closest.shown()} at {bench.time_text(time_us)}"
        return text


def _always(begin_us: int) -> Watch:
    return over_time.Always(begin_us, NEVER)


class Always(Generic[V]):
    """An assertion about every sampling; await it for a span, or use it as a context manager."""

    is_over = False

    def __init__(
        self,
        bench: Bench,
        aim: Aim[V],
        length_us: int | None,
        *,
        word: str = "always",
        watch: Callable[[int], Watch] = _always,
    ) -> None:
        self._bench, self._aim = bench, aim
        self._length_us = length_us
        self._word = word
        self._new_watch = watch
        self._watching: Any = None
        self._start_us = 0
        self._watch = watch(0)
        self._broken: AssertionError | None = None
        self.used = False
        bench.promises.append(self)

    def __str__(self) -> str:
        return f"{self._aim.prefix}{self._word} {self._aim.wanted}"

    def __await__(self) -> Generator[Any, None, None]:
        """Wait for the span, and end at the first sampling that breaks it."""
        if self._length_us is None:
            raise ValueError(f"{self} is awaited without an end; accepted: for_=, or a `with` block")
        with self:
            yield from self._bench.wait_until_us(self._bench.now_us + self._length_us).__await__()

    def __enter__(self) -> Self:
        """Watch from now on."""
        self.used = True
        self._bench.catch_up()
        self.begin_anew(self._bench.now_us)
        self.look(self._start_us)
        self._watching = self._bench.watching(self)
        self._watching.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look once more and watch no longer."""
        self._watching.__exit__(kind, error, trace)
        if self._broken is None and error is None:
            self._bench.catch_up()
            self.look(self._bench.now_us)
        if self._broken is not None:
            self._bench.forgive(self._broken)
            if error is None:
                raise self._broken

    def begin_anew(self, time_us: int) -> None:
        """Watch from a time on [µs], with nothing seen."""
        self._start_us = time_us
        self._watch = self._new_watch(time_us)

    def look(self, time_us: int) -> None:
        """Look at a sampling."""
        if self._broken is not None:
            return
        seen = self._aim.look(time_us)
        self._watch.look(Look(time_us, seen.truth, seen.shown))
        if self._watch.outcome is not None:
            passed_us = time_us - self._start_us
            since = f"{shown_span(passed_us)} after it began" if passed_us else "as it began"
            self._broken = self._bench.failure(
                f"{self._aim.prefix}wanted {self._aim.wanted} {self._word}; "
                f"found {seen.shown()} at {self._bench.time_text(time_us)}, {since}"
            )
            self._bench.alarm(self._broken)
