"""A real application and a simulated site in one virtual time, from start to end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grpc import aio

from ...proto.inmemory.interception import Interception, channels_to
from ...proto.inmemory.memory_server import MemoryServer
from ...sim.simulation.hardware import Hardware
from ...sim.simulation.journal import Journal
from ...sim.simulation.live import LiveSimulation
from ...sim.simulation.simulation import Simulation
from ...sim.simulation.snapshot import Snapshot
from ...sim.site.site import Site
from .errors import SiteFailedError
from .real_connections import tell_of_channel
from .run_app import LockstepRunner, RunReport
from .virtual_time import Limits, VirtualTimeLoop

DEFAULT_ADDRESS = "[::1]:8800"
URL_VARIABLE = "MICROGRID_API_URL"
"""Where an application finds the address of its site."""


@contextlib.contextmanager
def url_told(url: str) -> Iterator[None]:
    """Let the environment name the address of a site for a while."""
    former = os.environ.get(URL_VARIABLE)
    os.environ[URL_VARIABLE] = url
    try:
        yield
    finally:
        os.environ.pop(URL_VARIABLE, None)
        if former is not None:
            os.environ[URL_VARIABLE] = former


@dataclass(frozen=True, slots=True)
class LockstepResult:
    """What came of a run."""

    report: RunReport
    digest: str
    """Digest of every event: commands, telemetry, state changes."""
    events: int
    seed: int
    connected: bool
    """Whether the application ever opened a channel to the site."""

    def __str__(self) -> str:
        seconds = (self.report.end_us - self.report.start_us) / 1e6
        notes = self.report.notes
        reason = "\n  ".join(("", *notes)) if len(notes) > 1 else "".join(f" {note}" for note in notes)
        reproducible = f"\nnot reproducible:{reason}" if notes else ""
        held = f"{self.report.held}\n" if self.report.held else ""
        return (
            f"{self.report.message}\n{held}"
            f"{seconds:g} s of virtual time in {self.report.real_s:.1f} s: {self.report.speed:.0f} x real time\n"
            f"seed {self.seed}, {self.events} events, digest {self.digest}{reproducible}"
        )


class LockstepSession:
    """Runs an application against a site; the application finds the site at its address and nothing else.

    The environment names the address meanwhile, whatever it named before.
    """

    def __init__(
        self,
        site: Site,
        *,
        start_us: int,
        duration_us: int | None,
        seed: int = 0,
        address: str = DEFAULT_ADDRESS,
        limits: Limits = Limits(),  # noqa: B008
        journal: Journal | None = None,
        hardware: Hardware | None = None,
        on_start: Callable[[LiveSimulation, VirtualTimeLoop], None] = lambda _simulation, _loop: None,
        on_unstoppable: Callable[[LockstepResult], object] = lambda _result: None,
    ) -> None:
        """Prepare a run.

        Args:
            site: A valid site.
            start_us: Virtual time at which it starts [µs since the Unix epoch].
            duration_us: Virtual time after which the application is interrupted [µs]; None to let it return.
            seed: Of all noise, and of the application's `random`.
            address: By which the application reaches the site.
            limits: How long the application may keep virtual time from passing.
            journal: Of every event of the run; whoever has opened it closes it.
            hardware: What stands in for the devices, such as a replay; models of them if None.
            on_start: Called with the simulation and its loop before the application runs.
            on_unstoppable: As of `LockstepRunner`.
        """
        self._site = site
        self._start_us = start_us
        self._seed = seed
        self._address = address
        self._limits = limits
        self._on_start = on_start
        self._hardware = hardware
        self._journal = Journal() if journal is None else journal
        self._snapshot: Snapshot | None = None
        self._simulation: LiveSimulation | None = None
        self._interception: Interception | None = None
        self._server = MemoryServer()
        self._runner = LockstepRunner(
            start_us=start_us,
            until_us=None if duration_us is None else start_us + duration_us,
            on_loop_start=self._start_site,
            limits=limits,
            seed=seed,
            shown_in=site.microgrid.location.zone,
            on_unstoppable=lambda report: on_unstoppable(self._result(report)),
        )

    @property
    def simulation(self) -> Simulation:
        """The site, during the run and after it.

        Raises:
            RuntimeError: If the run has not begun.
        """
        if self._simulation is None:
            raise RuntimeError("the run has not begun")
        return self._simulation

    def run_script(self, script: Path, arguments: Sequence[str] = ()) -> LockstepResult:
        """Run a script as `python SCRIPT ARGUMENTS` would.

        Raises:
            FileNotFoundError: If there is no such script.
        """
        return self._run(lambda: self._runner.run_script(script, arguments))

    def run_module(self, name: str, arguments: Sequence[str] = ()) -> LockstepResult:
        """Run a module as `python -m NAME ARGUMENTS` would.

        Raises:
            ModuleNotFoundError: If there is no such module.
        """
        return self._run(lambda: self._runner.run_module(name, arguments))

    def run(self, program: Callable[[], object]) -> LockstepResult:
        """Run a function that runs event loops itself."""
        return self._run(lambda: self._runner.run(program))

    def _run(self, run: Callable[[], RunReport]) -> LockstepResult:
        factories = {self._address: self._open_channel}
        with (
            url_told(f"grpc://{self._address}"),
            channels_to(
                factories, open_others=self._limits.allow_real_io, on_other=tell_of_channel
            ) as self._interception,
        ):
            report = run()
        if self._simulation is not None:
            self._simulation.stop()
        return self._result(report)

    def _result(self, report: RunReport) -> LockstepResult:
        connected = self._interception is not None and bool(self._interception.opened)
        return LockstepResult(report, self._journal.digest, self._journal.lines, self._seed, connected)

    async def _start_site(self, loop: VirtualTimeLoop) -> None:
        """Bring the site to life on a loop; on another loop of the same application it goes on."""
        former = self._simulation
        simulation = LiveSimulation(
            self._site,
            start_us=self._start_us,
            seed=self._seed,
            timestamps="simulated",
            hardware=self._hardware,
            in_real_time=False,
        )
        if former is not None:
            former.stop()
            simulation.restore(former.save())
        self._server.serve(simulation)
        self._simulation = simulation
        self._journal.listen(simulation.gateway)
        simulation.failed.subscribe(lambda error: loop.fail(SiteFailedError(error)))
        self._on_start(simulation, loop)
        simulation.start()

    def _open_channel(self, interceptors: Sequence[aio.ClientInterceptor]) -> aio.Channel:
        return self._server.open_channel(interceptors)
