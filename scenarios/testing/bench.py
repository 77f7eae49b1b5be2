"""A running site on the bench of a test: who waits for its time to pass, who watches it, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Protocol

from ...sim.domain.commands import ClientCommand, Execution
from ...sim.domain.messages import Reading
from ...sim.language.sight import RunningSight
from ...sim.language.site_words import words_of
from ...sim.language.vocabulary import SiteWords
from ...sim.report.figure_conditions import figures_of
from ...sim.report.of_simulation import SiteWatch
from ...sim.report.site_report import SiteReport
from ...sim.simulation.journal import Journal
from ...sim.simulation.live import LiveSimulation
from .durations import local_time, shown_span

__tracebackhide__ = True  # failures are shown where the test stands


class Watcher(Protocol):
    """Looks at every sampling of a site."""

    @property
    def is_over(self) -> bool:
        """Whether nobody needs to wait for it any more."""
        ...

    def look(self, time_us: int) -> None:
        """Look at the site at a sampling [µs]."""
        ...

    def begin_anew(self, time_us: int) -> None:
        """Take in that the site goes on from another time [µs]."""
        ...


class Promise(Protocol):
    """What a test says is always so."""

    @property
    def used(self) -> bool:
        """Whether anything has come of it."""
        ...


class Bench:
    """What everything that a test has of a site stands on."""

    def __init__(self, simulation: LiveSimulation, name: str) -> None:
        """Begin to keep the journal of a site.

        Args:
            simulation: On the running event loop.
            name: Of the site, for messages.
        """
        self.simulation = simulation
        self.definition = simulation.site
        """The site as its file describes it."""
        self.name = name
        self.promises: list[Promise] = []
        self._loop = asyncio.get_running_loop()
        self._watchers: list[Watcher] = []
        self._sleepers: dict[asyncio.Future[None], Watcher | None] = {}
        self._alarm: BaseException | None = None
        self._journal = Journal()
        self._journal.listen(simulation.gateway)
        self.sight = RunningSight(simulation)
        """The site and its application as conditions see them."""
        self._watch = SiteWatch(simulation)
        self._is_commanding = False
        self._own, self._own_refused = 0, 0
        simulation.executor.executions.subscribe(self._on_execution)
        simulation.onlookers.add(self)

    @property
    def now_us(self) -> int:
        """The time of the site [µs since the Unix epoch]."""
        return self.simulation.clock.now_us()

    def remember(self) -> tuple[int, int]:
        """Return how many commands the test itself has given; see `Onlooker`."""
        return self._own, self._own_refused

    def recall(self, memory: tuple[int, int] | None, time_us: int) -> None:
        """Go on from there; see `Onlooker`."""
        self._own, self._own_refused = memory or (0, 0)
        for watcher in self._watchers:
            watcher.begin_anew(time_us)

    @property
    def digest(self) -> str:
        """Digest of everything that has happened so far."""
        return self._journal.digest

    def catch_up(self) -> None:
        """Let everything happen that is due, and look at the present."""
        self.simulation.catch_up()
        self.sight.look_at(self.now_us)

    @cached_property
    def words(self) -> SiteWords:
        """What conditions about the site may speak of."""
        # Faults may report whatever they are told to.
        return words_of(self.simulation, self.definition.components)

    def command(self, command: ClientCommand) -> None:
        """Give a command that is none of the application's.

        Raises:
            CommandError: If it is refused.
        """
        self._is_commanding = True
        try:
            self.simulation.execute(command)
        finally:
            self._is_commanding = False

    def report(self) -> SiteReport:
        """Return what the site has done so far."""
        self.catch_up()
        return self._watch.report()

    def figures(self) -> dict[str, float | None]:
        """Return the figures of the run so far, without what the test itself has commanded."""
        return figures_of(self.report(), self.definition, self._own, self._own_refused)

    def read(self, key: str) -> Reading:
        """Return what a component would report now if nothing were broken between it and its clients."""
        return self.simulation.instruments.read(key)

    def time_text(self, time_us: int) -> str:
        """Return a time for messages, by the clock of the site."""
        moment = local_time(time_us, self.definition)
        return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")

    def failure(self, text: str) -> AssertionError:
        """Return a failed assertion with what is needed to see it again."""
        passed = shown_span(self.now_us - self.simulation.start_us)
        return AssertionError(
            f"{text}\n{self.name}, seed {self.simulation.seed}, started {self.time_text(self.simulation.start_us)}, "
            f"{passed} ago; digest {self.digest}"
        )

    def alarm(self, error: BaseException) -> None:
        """Let whoever waits for time to pass, now or next, know of an error."""
        self._alarm = self._alarm or error
        for sleeper in self._sleepers:
            _wake(sleeper)

    def forgive(self, error: BaseException) -> None:
        """Forget an error that has been raised elsewhere."""
        if self._alarm is error:
            self._alarm = None

    @contextmanager
    def watching(self, watcher: Watcher) -> Iterator[None]:
        """Let somebody look at every sampling for a while."""
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)

    async def wait_until_us(self, time_us: int, *, unless: Watcher | None = None) -> None:
        """Wait for a time [µs], or until a watcher is over.

        Raises:
            AssertionError: If an application crashes meanwhile, or a promise is broken.
            ValueError: If the time has passed.
        """
        if time_us < self.now_us:
            raise ValueError(
                f"{self.time_text(time_us)} has passed; accepted: {self.time_text(self.now_us)} or later"
            )
        sleeper = self._loop.create_future()
        self._sleepers[sleeper] = unless
        timer = self._loop.call_at(self.simulation.clock.loop_time_s(time_us), _wake, sleeper)
        try:
            self._raise_alarm()
            await sleeper
        finally:
            timer.cancel()
            del self._sleepers[sleeper]
        self.catch_up()
        self._raise_alarm()

    def look(self, time_us: int) -> None:
        """Let all who watch look at the site at a sampling [µs]."""
        self.sight.move_to(time_us)
        for watcher in tuple(self._watchers):
            watcher.look(time_us)
        for sleeper, awaited in self._sleepers.items():
            if awaited is not None and awaited.is_over:
                _wake(sleeper)

    def _on_execution(self, execution: Execution) -> None:
        if not isinstance(execution.command, ClientCommand):
            return
        if self._is_commanding:
            self._own += 1
            self._own_refused += execution.refusal is not None
        else:
            self.sight.deeds.hear(execution)

    def _raise_alarm(self) -> None:
        if self._alarm is not None:
            error, self._alarm = self._alarm, None
            raise error


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
