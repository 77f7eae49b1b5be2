"""A running site, as a test reads and steers it."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from frequenz.quantities import (
    Quantity,
)

from ...sim.domain.events import Event
from ...sim.domain.messages import Frame
from ...sim.domain.timestamps import MICROSECONDS
from ...sim.files.problems import did_you_mean
from ...sim.inputs.signal import NEVER
from ...sim.language.over_time import Never
from ...sim.simulation.live import LiveSimulation
from ...sim.simulation.simulation import Simulation
from ...sim.simulation.snapshot import Snapshot
from ...sim.site.graph import grid_key
from .apps import App, start
from .bench import Bench, Promise
from .component import ComponentHandle
from .driving import Driving, drive, release
from .durations import Moment, Span, local_time, moment_us, shown_span, span_us
from .history import History
from .readings import Reading
from .settling import Always, settle
from .statements import Statement, check_figures, reading_named

__tracebackhide__ = True  # failures are shown where the test stands


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
        self.events: list[Event] = []
        """What has happened to the site so far, telemetry aside, oldest first."""
        self._bench = Bench(simulation, name)
        self._components = {key: ComponentHandle(self._bench, key) for key in self.definition.components}
        self.history = History(self.definition.telemetry.interval_s)
        simulation.gateway.listen_to_events(self.events.append)
        simulation.gateway.listen_to_frames(self._on_frames)
        simulation.restored.subscribe(self.history.go_back)

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
        return self._bench.digest

    @property
    def figures(self) -> dict[str, float | None]:
        """The figures of the run so far, by their names as in reports; None of what is not known."""
        return self._bench.figures()

    def reading(self, name: str) -> Reading[Any]:
        """Return a value by the name that conditions of scenario files have for it.

        Args:
            name: Of a component or a sensor (`grid.power`, `mast.irradiance`), of the whole site by the SDK's formulas
                (`site.consumer_power`), or of the application (`app.commands_per_minute`).

        Raises:
            ValueError: If there is no such value; says which there are.
        """
        return reading_named(self._bench, name)

    async def expect(self, condition: str, *, within: Span = "0 s", for_: Span = "0 s") -> None:
        """Assert a condition in the words of scenario files now, or else within a span.

        Args:
            condition: Such as `grid.power < 30 kW and bat-inv is READY`.
            within: Time of the site that it may take; what is true at some sampling in it is true.
            for_: Time of the site for which it has to stay true from then on.

        Raises:
            AssertionError: If it has not come true.
            ValueError: If it is no condition about this site, or always or never true; says all that is wrong.
        """
        statement = Statement(self._bench, condition)
        await settle(self._bench, statement, span_us(within, "within"), span_us(for_, "for_"))

    async def eventually(self, condition: str, *, within: Span, for_: Span = "0 s") -> None:
        """Assert that a condition becomes true within a span, and stays so for another; see `expect`."""
        await self.expect(condition, within=within, for_=for_)

    async def at(self, moment: Moment, condition: str) -> None:
        """Wait for a moment, and assert a condition then; see `expect`.

        Raises:
            AssertionError: If it is untrue then.
            ValueError: If the moment has passed, or it is no condition about this site.
        """
        statement = Statement(self._bench, condition)
        await self.run_until(moment)
        await settle(self._bench, statement, 0, 0)

    def always(self, condition: str, *, for_: Span | None = None) -> Always[None]:
        """Assert that a condition is true now and at every sampling: awaited, for a span; or in a `with` block.

        Args:
            condition: In the words of scenario files; see `expect`.
            for_: Time of the site; only where it is awaited.

        Raises:
            AssertionError: When awaited, or at the next wait in the block, or at its end: if it was ever untrue.
            ValueError: If it is no condition about this site.
        """
        length_us = None if for_ is None else span_us(for_, "for_")
        return Always(self._bench, Statement(self._bench, condition), length_us)

    def never(self, condition: str, *, longer_than: Span = "0 s", for_: Span | None = None) -> Always[None]:
        """Assert that a condition is at no sampling true, or never for as long as a span; see `always`.

        Args:
            condition: In the words of scenario files; see `expect`.
            longer_than: How long it may be true without harm, as `for` of a check in a scenario file.
            for_: Time of the site for which that has to be so; only where it is awaited.
        """
        limit_us = span_us(longer_than, "longer_than")
        length_us = None if for_ is None else span_us(for_, "for_")
        return Always(
            self._bench,
            Statement(self._bench, condition),
            length_us,
            word=f"never for {shown_span(limit_us)}" if limit_us else "never",
            watch=lambda begin_us: Never(begin_us, NEVER, limit_us),
        )

    def kpi(self, condition: str) -> None:
        """Assert something of the figures of the run so far, as checks of scenario files do.

        Args:
            condition: Such as `peak_import <= 32 kW and refusals == 0`.

        Raises:
            AssertionError: If it is not so.
            ValueError: If it is no condition on figures; says all that is wrong.
        """
        check_figures(self._bench, condition)

    async def run_for(self, span: Span) -> None:
        """Let time pass.

        Raises:
            AssertionError: As soon as an application crashes, or an `always` around it is broken.
        """
        await self._bench.wait_until_us(self.now_us + span_us(span, "span"))

    async def run_until(self, moment: Moment) -> None:
        """Let time pass up to a moment; see `run_for`.

        Raises:
            ValueError: If the moment has passed.
        """
        await self._bench.wait_until_us(moment_us(moment, self.definition, "moment"))

    async def start_app(self, app: Coroutine[Any, Any, Any] | str | Path, *arguments: str) -> App:
        """Start an application; it is interrupted at the end of the test.

        Args:
            app: A coroutine, such as `main(site.url)`, or the path of a script, relative to the working directory.
            *arguments: Of the script's command line.

        Raises:
            FileNotFoundError: If there is no such script.
        """
        return await start(self._bench, self.apps, app, arguments)

    async def run_app(self, app: Coroutine[Any, Any, Any] | str | Path, *arguments: str) -> App:
        """Run an application until it returns; see `start_app`.

        Raises:
            AssertionError: If it crashes.
        """
        started = await self.start_app(app, *arguments)
        await started.wait()
        return started

    def drive(
        self, *, over: Span = "0 s", lasting: Span | None = None, **inputs: Quantity | float | None
    ) -> Driving:
        """Override inputs of the site itself, such as `ambient_temperature`; see `ComponentHandle.drive`.

        Raises:
            ValueError: If there is no such input; says which there are.
        """
        return drive(self._bench, "site", inputs, over, lasting)

    set = drive
    """As steps of scenario files call it."""

    def release(self, *quantities: str) -> None:
        """Give inputs of the site itself back to what its file says; all that are driven if none is named."""
        release(self._bench, "site", quantities)

    def outage(self, lasting: Span) -> None:
        """Let the public grid be gone.

        Args:
            lasting: Time of the site until it is back.
        """
        drive(self._bench, self.grid.key, {"presence": 0.0}, "0 s", lasting)

    def say(self, text: str) -> None:
        """Put a line into the log of the site, and into its journal."""
        self.simulation.say(text)

    def restart_server(self, down: Span) -> None:
        """Let the server go down: streams and requests end as UNAVAILABLE, and nothing answers until it is back.

        The site lives on, and what clients asked for stays in force.

        Args:
            down: Time of the site until it is back.

        Raises:
            ValueError: If the time is out of range.
        """
        self.simulation.restart_server(span_us(down, "down") / MICROSECONDS)

    restart = restart_server
    """As steps of scenario files call it."""

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

    @property
    def promises(self) -> Sequence[Promise]:
        """What the test has said is always so."""
        return self._bench.promises

    def time_text(self, time_us: int) -> str:
        """Return a time for messages, by the clock of the site."""
        return self._bench.time_text(time_us)

    def _on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        self.history.add(time_us, frames)
        self._bench.look(time_us)
