"""A running site, as a test reads and steers it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from frequenz.quantities import (
    Current,
    Energy,
    Frequency,
    Percentage,
    Power,
    Quantity,
    Temperature,
    Voltage,
)

from ...sim.domain.events import Event
from ...sim.domain.messages import Frame, Reading
from ...sim.domain.timestamps import MICROSECONDS
from ...sim.files.problems import did_you_mean
from ...sim.files.units import AMPERE, CELSIUS, FRACTION, HERTZ, VOLT, WATT, WATT_HOUR, Unit
from ...sim.inputs.driven import DRIVEN_INPUTS
from ...sim.simulation.journal import Journal
from ...sim.simulation.live import LiveSimulation
from ...sim.simulation.simulation import Simulation
from ...sim.simulation.snapshot import Snapshot
from ...sim.site.graph import grid_key
from ...sim.telemetry.instruments import Instruments
from .apps import App, start
from .component import ComponentHandle, Driving
from .durations import Moment, Span, local_time, moment_us, shown_span, span_us
from .history import History
from .quantities import plain
from .readings import Always

__tracebackhide__ = True  # failures are shown where the test stands

_KINDS: Mapping[Unit, type[Quantity]] = {
    WATT: Power,
    WATT_HOUR: Energy,
    VOLT: Voltage,
    AMPERE: Current,
    HERTZ: Frequency,
    CELSIUS: Temperature,
    FRACTION: Percentage,
}


class Watcher(Protocol):
    """Looks at every sampling of a site."""

    @property
    def is_over(self) -> bool:
        """Whether nobody needs to wait for it any more."""
        ...

    def look(self, time_us: int) -> None:
        """Look at the site at a sampling [µs]."""
        ...


class SiteHandle:
    """One site: its time, its components, the applications that run against it."""

    def __init__(self, simulation: LiveSimulation, url: str, *, name: str) -> None:
        """Take a running site in hand.

        Args:
            simulation: On the running event loop.
            url: By which applications reach it.
            name: Of the site, for messages.
        """
        self.simulation = simulation
        """What runs behind the API, for what this class does not offer."""
        self.definition = simulation.site
        """The site as its file describes it."""
        self.url = url
        """By which applications reach the site."""
        self.seed = simulation.seed
        self.name = name
        self.apps: list[App] = []
        """Applications that the test has started."""
        self.promises: list[Always[Any]] = []
        self.events: list[Event] = []
        """What has happened to the site so far, telemetry aside, oldest first."""
        self._loop = asyncio.get_running_loop()
        self._instruments = Instruments(simulation.plant)
        self._components = {key: ComponentHandle(self, key) for key in self.definition.components}
        self._watchers: list[Watcher] = []
        self._sleepers: dict[asyncio.Future[None], Watcher | None] = {}
        self._alarm: BaseException | None = None
        self._journal = Journal()
        self._journal.listen(simulation.gateway)
        self.history = History(self.definition.telemetry.interval_s)
        simulation.gateway.listen_to_events(self.events.append)
        simulation.gateway.listen_to_frames(self._on_frames)

    def __repr__(self) -> str:
        return f"<site {self.name} at {self.time_text(self.now_us)}>"

    def __getitem__(self, key: str) -> ComponentHandle:
        """Return a component by its key in the site file.

        Raises:
            KeyError: If there is no such component; says which there are.
        """
        if key not in self._components:
            known = ", ".join(self._components)
            raise KeyError(
                f"no component {key!r}; accepted: {known}{did_you_mean(key, list(self._components))}"
            )
        return self._components[key]

    @property
    def grid(self) -> ComponentHandle:
        """The grid connection point."""
        return self._components[grid_key(self.definition)]

    @property
    def now(self) -> datetime:
        """The time of the site, by its clock."""
        return local_time(self.now_us, self.definition)

    @property
    def now_us(self) -> int:
        """The time of the site [µs since the Unix epoch]."""
        return self.simulation.clock.now_us()

    @property
    def start(self) -> datetime:
        """When the site began, by its clock."""
        return local_time(self.simulation.start_us, self.definition)

    @property
    def digest(self) -> str:
        """Digest of everything that has happened so far; the same test gives the same one, to the last bit."""
        return self._journal.digest

    async def run_for(self, span: Span) -> None:
        """Let time pass.

        Raises:
            AssertionError: As soon as an application crashes, or an `always` around it is broken.
        """
        await self.wait_until_us(self.now_us + span_us(span, "span"))

    async def run_until(self, moment: Moment) -> None:
        """Let time pass up to a moment; see `run_for`.

        Raises:
            ValueError: If the moment has passed.
        """
        await self.wait_until_us(moment_us(moment, self.definition, "moment"))

    async def start_app(self, app: Coroutine[Any, Any, Any] | str | Path, *arguments: str) -> App:
        """Start an application; it is interrupted at the end of the test.

        Args:
            app: A coroutine, such as `main(site.url)`, or the path of a script, relative to the working directory.
            *arguments: Of the script's command line.

        Raises:
            FileNotFoundError: If there is no such script.
        """
        return await start(self, app, arguments)

    async def run_app(self, app: Coroutine[Any, Any, Any] | str | Path, *arguments: str) -> App:
        """Run an application until it returns; see `start_app`.

        Raises:
            AssertionError: If it crashes.
        """
        started = await self.start_app(app, *arguments)
        await started.wait()
        return started

    def drive(self, *, over: Span = "0 s", **inputs: Quantity | float | None) -> Driving:
        """Override inputs of the site itself, such as `ambient_temperature`.

        Raises:
            ValueError: If there is no such input; says which there are.
        """
        return self.drive_input("site", inputs, over)

    def release(self, *quantities: str) -> None:
        """Give inputs of the site itself back to what its file says; all that are driven if none is named."""
        self.release_inputs("site", quantities)

    def restart_server(self, down: Span) -> None:
        """Let the server go down: streams and requests end as UNAVAILABLE, and nothing answers until it is back.

        The site lives on, and what clients asked for stays in force.

        Args:
            down: Time of the site until it is back.

        Raises:
            ValueError: If the time is out of range.
        """
        self.simulation.restart_server(span_us(down, "down") / MICROSECONDS)

    def save(self) -> Snapshot:
        """Return everything that the site remembers; see `restore` and `fork`."""
        return self.simulation.save()

    def restore(self, snapshot: Snapshot) -> None:
        """Let the site go on from a snapshot.

        Only the site goes back, with its sun and loads: applications keep what they know, their clocks go on, and
        so do the times that telemetry carries. Set-points that are on their way end as failed.

        Raises:
            ValueError: If the snapshot belongs to another seed.
        """
        self.simulation.restore(snapshot)

    def fork(self) -> Simulation:
        """Return a double that goes on from here on its own, without applications, when told to `run_for`."""
        return self.simulation.fork()

    def catch_up(self) -> None:
        """Let everything happen that is due."""
        self.simulation.catch_up()

    def read(self, key: str) -> Reading:
        """Return what a component would report now if nothing were broken between it and its clients."""
        return self._instruments.read(key)

    def time_text(self, time_us: int) -> str:
        """Return a time for messages, by the clock of the site."""
        moment = local_time(time_us, self.definition)
        return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")

    def failure(self, text: str) -> AssertionError:
        """Return a failed assertion with what is needed to see it again."""
        passed = shown_span(self.now_us - self.simulation.start_us)
        return AssertionError(
            f"{text}\n{self.name}, seed {self.seed}, started {self.time_text(self.simulation.start_us)}, "
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

    def drive_input(self, key: str, inputs: Mapping[str, Quantity | float | None], over: Span) -> Driving:
        """Override inputs; see `ComponentHandle.drive`."""
        over_us = span_us(over, "over")
        given = {name: value for name, value in inputs.items() if value is not None}
        if not given:
            raise ValueError(
                f"{key}: nothing to drive; accepted: an input such as load=, irradiance=, frequency="
            )
        for name, value in given.items():
            self.simulation.drive(key, name, _measured(key, name, value), over_s=over_us / MICROSECONDS)
        return Driving(self, self.now_us + over_us)

    def release_inputs(self, key: str, quantities: Sequence[str]) -> None:
        """Give inputs back; see `ComponentHandle.release`."""
        prefix = f"{key}."
        driven = [
            name.removeprefix(prefix)
            for name in self.simulation.plant.inputs.overrides
            if name.startswith(prefix)
        ]
        for quantity in quantities or driven:
            self.simulation.release(key, quantity)

    def _on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        self.history.add(time_us, frames)
        for watcher in tuple(self._watchers):
            watcher.look(time_us)
        for sleeper, awaited in self._sleepers.items():
            if awaited is not None and awaited.is_over:
                _wake(sleeper)

    def _raise_alarm(self) -> None:
        if self._alarm is not None:
            error, self._alarm = self._alarm, None
            raise error


def _measured(key: str, name: str, value: Quantity | float) -> float:
    """Return a value in the unit that its input has inside.

    Raises:
        TypeError: If it is of another kind.
    """
    driven = DRIVEN_INPUTS.get(name)
    if driven is not None and isinstance(value, Quantity):
        kind = _KINDS.get(driven.unit)
        if kind is None or not isinstance(value, kind):
            accepted = "a number" if kind is None else f"a {kind.__name__}"
            raise TypeError(f"{key}.{name} is a {type(value).__name__}; accepted: {accepted}")
    return value.as_fraction() if isinstance(value, Percentage) else plain(value)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
