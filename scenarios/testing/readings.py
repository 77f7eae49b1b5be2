"""Values of a running site, and assertions about them that settle in the time of the site.

Values are what the hardware does, whatever a broken meter reports. Assertions look at every sampling of the site.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ...sim.inputs.signal import NEVER
from ...sim.language import over_time
from ...sim.language.over_time import Look, Settling
from .bench import Bench
from .conditions import Condition
from .durations import Moment, Span, moment_us, shown_span, span_us
from .quantities import shown

__tracebackhide__ = True  # failures are shown where the test stands

V = TypeVar("V")


class Reading(Generic[V]):
    """One value of a running site."""

    def __init__(self, bench: Bench, name: str, read: Callable[[], V]) -> None:
        """Name a value.

        Args:
            bench: Whose value it is.
            name: For messages, such as `battery.soc`.
            read: Returns the present value.
        """
        self._bench = bench
        self._read = read
        self.name = name
        """Component and metric, such as `battery.soc`."""

    def __repr__(self) -> str:
        return f"<{self.name}: {shown(self.value)}>"

    @property
    def value(self) -> V:
        """The present value."""
        self._bench.catch_up()
        return self._read()

    async def expect(
        self,
        predicate: Callable[[V], object] | None = None,
        *,
        at_least: V | None = None,
        at_most: V | None = None,
        approx: V | None = None,
        tolerance: V | None = None,
        within: Span = "0 s",
        for_: Span = "0 s",
    ) -> V:
        """Assert something of the value now, or else within a span.

        Args:
            predicate: Is true of the value.
            at_least: The value is this or more.
            at_most: The value is this or less.
            approx: The value is within the tolerance of this.
            tolerance: In the same quantity.
            within: Time of the site that it may take; what is true at some sampling in it is true.
            for_: Time of the site for which it has to stay true from then on.

        Returns:
            The value that was accepted.

        Raises:
            AssertionError: If it has not come true.
        """
        condition = Condition(
            predicate, at_least=at_least, at_most=at_most, approx=approx, tolerance=tolerance
        )
        return await self._settle(condition, span_us(within, "within"), span_us(for_, "for_"))

    async def eventually(
        self,
        predicate: Callable[[V], object] | None = None,
        *,
        at_least: V | None = None,
        at_most: V | None = None,
        approx: V | None = None,
        tolerance: V | None = None,
        within: Span,
        for_: Span = "0 s",
    ) -> V:
        """Assert that something becomes true within a span, and stays so for another; see `expect`."""
        condition = Condition(
            predicate, at_least=at_least, at_most=at_most, approx=approx, tolerance=tolerance
        )
        return await self._settle(condition, span_us(within, "within"), span_us(for_, "for_"))

    def always(
        self,
        predicate: Callable[[V], object] | None = None,
        *,
        at_least: V | None = None,
        at_most: V | None = None,
        approx: V | None = None,
        tolerance: V | None = None,
        for_: Span | None = None,
    ) -> Always[V]:
        """Assert that something is true now and at every sampling: awaited, for a span; or in a `with` block.

        Args:
            predicate: Is true of the value.
            at_least: The value is this or more.
            at_most: The value is this or less.
            approx: The value is within the tolerance of this.
            tolerance: In the same quantity.
            for_: Time of the site; only where it is awaited.

        Raises:
            AssertionError: When awaited, or at the next wait in the block, or at its end: if it was ever untrue.
        """
        condition = Condition(
            predicate, at_least=at_least, at_most=at_most, approx=approx, tolerance=tolerance
        )
        length_us = None if for_ is None else span_us(for_, "for_")
        return Always(self._bench, self, condition, length_us)

    async def at(
        self,
        moment: Moment,
        predicate: Callable[[V], object] | None = None,
        *,
        at_least: V | None = None,
        at_most: V | None = None,
        approx: V | None = None,
        tolerance: V | None = None,
    ) -> V:
        """Wait for a moment, and assert something of the value then; see `expect`.

        Raises:
            AssertionError: If it is untrue then.
            ValueError: If the moment has passed.
        """
        condition = Condition(
            predicate, at_least=at_least, at_most=at_most, approx=approx, tolerance=tolerance
        )
        await self._bench.wait_until_us(moment_us(moment, self._bench.definition, "moment"))
        return await self._settle(condition, 0, 0)

    async def _settle(self, condition: Condition[V], within_us: int, for_us: int) -> V:
        bench = self._bench
        bench.catch_up()
        search = _Search(self, condition, within_us, for_us)
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
        return search.value


class _Search(Generic[V]):
    """Looks for a sampling at which a condition holds, and from which on it holds for long enough."""

    def __init__(self, reading: Reading[V], condition: Condition[V], within_us: int, for_us: int) -> None:
        self._reading = reading
        self._condition = condition
        self._within_us, self._for_us = within_us, for_us
        self._settling = Settling(reading._bench.now_us, within_us, for_us)
        self._closest: tuple[float, V, int] | None = None
        self._last_miss = math.inf
        self.value: V
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
        self.value, self._time_us = self._reading._read(), time_us
        self._last_miss = miss = self._condition.miss(self.value)
        self._settling.look(Look(time_us, miss == 0.0, lambda: shown(self.value)))
        if self._closest is None or miss < self._closest[0]:
            self._closest = (miss, self.value, time_us)

    def complaint(self) -> str:
        bench = self._reading._bench
        when = f" within {shown_span(self._within_us)}" if self._within_us else ""
        when += f" for {shown_span(self._for_us)}" if self._for_us else ""
        text = (
            f"{self._reading.name}: wanted {self._condition}{when}; "
            f"found {shown(self.value)} at {bench.time_text(self._time_us)}"
        )
        if self._last_miss == 0.0:
            text += ", too late"
        elif (
            self._closest is not None
            and math.isfinite(self._closest[0])
            and self._closest[2] != self._time_us
        ):
            text += f", closest {shown(self._closest[1])} at {bench.time_text(self._closest[2])}"
        return text


class Always(Generic[V]):
    """An assertion about every sampling; await it for a span, or use it as a context manager."""

    is_over = False

    def __init__(
        self, bench: Bench, reading: Reading[V], condition: Condition[V], length_us: int | None
    ) -> None:
        self._bench = bench
        self._reading = reading
        self._condition = condition
        self._length_us = length_us
        self._watching: Any = None
        self._start_us = 0
        self._watch = over_time.Always(0, NEVER)
        self._broken: AssertionError | None = None
        self.used = False
        bench.promises.append(self)

    def __str__(self) -> str:
        return f"{self._reading.name}: always {self._condition}"

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
        self._start_us = self._bench.now_us
        self._watch = over_time.Always(self._start_us, NEVER)
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

    def look(self, time_us: int) -> None:
        """Check the value of a sampling."""
        if self._broken is not None:
            return
        value = self._reading._read()
        self._watch.look(Look(time_us, self._condition.miss(value) == 0.0, lambda: shown(value)))
        if self._watch.outcome is not None:
            passed_us = time_us - self._start_us
            since = f"{shown_span(passed_us)} after it began" if passed_us else "as it began"
            self._broken = self._bench.failure(
                f"{self._reading.name}: wanted {self._condition} always; "
                f"found {shown(value)} at {self._bench.time_text(time_us)}, {since}"
            )
            self._bench.alarm(self._broken)
