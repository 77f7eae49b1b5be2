"""Values and conditions of a running site, in the words of scenario files."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from ...sim.domain.commands import ClientCommand, Execution
from ...sim.domain.messages import CommandError, Frame, InvalidArgumentError, RefusalStatus, UnavailableError
from ...sim.language.over_time import Look, Outcome, Settling
from ...sim.language.sight import RunningSight
from ...sim.simulation.live import LiveSimulation
from ..transport.open_streams import OpenStreams

if TYPE_CHECKING:
    from ...sim.language.vocabulary import SiteWords


_MICROSECOND = timedelta(microseconds=1)
MOST_WAITS = 100
"""Conditions that are waited for at once: each is looked at with every sampling."""
MOST_NAMES = 1000
"""Values that are read at once: the site waits meanwhile."""


class TooManyWaitsError(CommandError):
    """A condition beyond as many as can be waited for."""

    status = RefusalStatus.RESOURCE_EXHAUSTED


class NamedValue(NamedTuple):
    """A value by its name."""

    name: str
    value: float
    """In the unit; NaN if it is not known."""
    unit: str
    shown: str


class Statements:
    """Reads values, and holds conditions against a site."""

    def __init__(self, simulation: LiveSimulation) -> None:
        """Count the commands of clients from now on."""
        self._simulation = simulation
        self._sight = RunningSight(simulation)
        self._is_commanding = False
        self._waits = 0
        simulation.executor.executions.subscribe(self._on_execution)

    @contextmanager
    def commanding(self) -> Iterator[None]:
        """Let the commands of a block be none of an application's."""
        self._is_commanding = True
        try:
            yield
        finally:
            self._is_commanding = False

    def read(self, names: Sequence[str]) -> list[NamedValue]:
        """Return values by their names.

        Raises:
            InvalidArgumentError: If there are too many.
            ValueError: If there is no such value; says which there are.
        """
        from ...sim.language.checked import checked_reading  # noqa: PLC0415 - brings a parser along

        if len(names) > MOST_NAMES:
            raise InvalidArgumentError(f"{len(names)} names; accepted: up to {MOST_NAMES} at a time")
        readings = [checked_reading(name, self._words) for name in names]
        self._look_now()
        found = []
        for name, reading in zip(names, readings, strict=True):
            unit, value = self._words.unit(reading), self._words.value(reading, self._sight)
            shown = "not known" if math.isnan(value) else unit.in_words(value, digits=5)
            found.append(NamedValue(name, value, "" if unit.inner == "1" else unit.inner, shown))
        return found

    async def wait(
        self, text: str, within: timedelta, lasting: timedelta, open_streams: OpenStreams
    ) -> Outcome:
        """Return what becomes of a condition.

        Args:
            text: In the words of scenario files.
            within: Simulated time in which it has to come true, counted anew where the site goes on from a snapshot.
            lasting: Simulated time for which it has to stay true from then on.
            open_streams: Of the transport of whoever waits.

        Raises:
            ValueError: If it is no condition about this site; says all that is wrong.
            TooManyWaitsError: If as many conditions are waited for as can be.
            UnavailableError: If the transport goes down meanwhile.
        """
        from ...sim.language.checked import checked_condition  # noqa: PLC0415 - brings a parser along

        words, sight = self._words, self._sight
        condition = checked_condition(text, words)
        self._look_now()
        spans_us = [span // _MICROSECOND for span in (within, lasting)]
        settling = Settling(sight.time_us, *spans_us)
        waiting = _Waiting()

        def begin_anew(time_us: int) -> None:
            nonlocal settling
            settling = Settling(time_us, *spans_us)

        def look() -> None:
            truth = words.truth(condition, sight, sight.last_us)
            settling.look(Look(sight.time_us, truth, partial(words.shown, condition, sight)))
            if settling.outcome is not None:
                waiting.tell(settling.outcome)

        def on_frames(time_us: int, frames: Sequence[Frame]) -> None:
            del frames
            sight.move_to(time_us)
            look()

        look()
        if settling.outcome is None and self._waits >= MOST_WAITS:
            raise TooManyWaitsError(
                f"{MOST_WAITS} conditions are waited for already; accepted: another once one of them has come true, "
                "its time is over or its caller has left"
            )
        self._waits += 1
        stops = (
            self._simulation.gateway.listen_to_frames(on_frames),
            self._simulation.restored.subscribe(begin_anew),
        )
        try:
            with open_streams.carry(waiting):
                return await waiting.outcome
        finally:
            self._waits -= 1
            for stop in stops:
                stop()

    @cached_property
    def _words(self) -> SiteWords:
        from ...sim.language.site_words import words_of  # noqa: PLC0415 - brings a parser along

        # Faults may report whatever they are told to.
        return words_of(self._simulation, self._simulation.site.components)

    def _look_now(self) -> None:
        self._simulation.catch_up()
        self._sight.look_at(self._simulation.now_us)

    def _on_execution(self, execution: Execution) -> None:
        if isinstance(execution.command, ClientCommand) and not self._is_commanding:
            self._sight.deeds.hear(execution)


class _Waiting:
    """A client that waits for what becomes of a condition."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def tell(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def end(self, reason: str) -> None:
        """End without an outcome."""
        if not self.outcome.done():
            self.outcome.set_exception(UnavailableError(reason))
