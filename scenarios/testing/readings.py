"""Values of a running site, and assertions about them that settle in the time of the site.

Values are what the hardware does, whatever a broken meter reports. Assertions look at every sampling of the site.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from .bench import Bench
from .conditions import Condition
from .durations import Moment, Span, moment_us, span_us
from .quantities import shown
from .settling import Always, Seen, settle

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
        return await settle(
            self._bench, _OfReading(self, condition), span_us(within, "within"), span_us(for_, "for_")
        )

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
        return await self.expect(
            predicate, at_least=at_least, at_most=at_most, approx=approx, tolerance=tolerance, within=within,
            for_=for_,
        )  # fmt: skip

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
        return Always(self._bench, _OfReading(self, condition), length_us)

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
        return await settle(self._bench, _OfReading(self, condition), 0, 0)


class _OfReading(Generic[V]):
    """What a test wants of a value."""

    def __init__(self, reading: Reading[V], condition: Condition[V]) -> None:
        self._read, self._condition = reading._read, condition
        self.prefix = f"{reading.name}: "
        self.wanted = str(condition)

    def look(self, time_us: int) -> Seen[V]:
        """Read the value."""
        del time_us
        value = self._read()
        miss = self._condition.miss(value)
        return Seen(value, miss == 0.0, lambda: shown(value), miss)
