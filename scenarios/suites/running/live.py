"""An application in any language beside a served site, in real time or a multiple of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from ....proto.serving.site_server import SiteServer
from ....sim.domain.commands import ClientCommand, Execution
from ....sim.domain.timestamps import to_datetime
from ....sim.engine.clock import stopwatch_s
from ....sim.simulation.journal import Journal
from ....sim.simulation.live import LiveSimulation
from ....sim.site.site import Site
from ...lockstep.run_app import Outcome, RunReport
from ...lockstep.session import URL_VARIABLE, LockstepResult
from ...testing.durations import local_time
from ..file.keys import CONNECTS_WITHIN_S

_LOOKS_FOR_CLIENTS_S = 0.05
_PATIENCE_S = 5.0
"""From asking an application to end to ending it [s]."""
_TOLD_LINES = 30


class LiveSession:
    """Serves a site to a process, from the process's first word to the end of the site's time."""

    def __init__(
        self,
        site: Site,
        *,
        start_us: int,
        duration_us: int,
        seed: int = 0,
        speed: float = 1.0,
        connect_within_s: float = CONNECTS_WITHIN_S,
        journal: Journal | None = None,
        on_start: Callable[[LiveSimulation, asyncio.AbstractEventLoop], None] = lambda _simulation, _loop: (
            None
        ),
    ) -> None:
        """Prepare a run.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch].
            duration_us: Simulated time after which the application is asked to end [µs].
            seed: Of all noise.
            speed: Simulated seconds per second.
            connect_within_s: Real time in which the application has to connect [s].
            journal: Of every event of the run; whoever has opened it closes it.
            on_start: Called with the simulation and its loop as its time begins to pass.

        Raises:
            ValueError: If time cannot pass at this speed.
        """
        self._server = SiteServer(
            site, speed=speed, start=to_datetime(start_us), seed=seed, paused=True, control=False
        )
        self._start_us, self._end_us, self._seed, self._speed = start_us, start_us + duration_us, seed, speed
        self._connect_within_s = connect_within_s
        self._journal = Journal() if journal is None else journal
        self._on_start = on_start
        self._is_connected, self._has_begun = False, False
        self._errors = deque[bytes](maxlen=_TOLD_LINES)
        self._simulation: LiveSimulation | None = None

    @property
    def simulation(self) -> LiveSimulation:
        """The site, during the run and after it.

        Raises:
            RuntimeError: If the run has not begun.
        """
        if self._simulation is None:
            raise RuntimeError("the run has not begun")
        return self._simulation

    def run(self, command: Sequence[str], folder: Path) -> LockstepResult:
        """Run a program until the end, or its own.

        Args:
            command: Its name or path, and its arguments.
            folder: Where it runs.

        Raises:
            OSError: If it cannot be started.
        """
        began_s = stopwatch_s()
        outcome, code, message, end_us = asyncio.run(self._run(command, folder))
        report = RunReport(
            outcome=outcome, exit_code=code, error=None, message=message, start_us=self._start_us, end_us=end_us,
            real_s=stopwatch_s() - began_s,
            notes=(f"it ran live at {self._speed:g} × real time, so no other run is the same to the last bit",),
        )  # fmt: skip
        return LockstepResult(
            report, self._journal.digest, self._journal.lines, self._seed, self._is_connected
        )

    async def _run(self, command: Sequence[str], folder: Path) -> tuple[Outcome, int, str, int]:
        async with self._server as url:
            simulation = self._simulation = self._server.simulation
            self._journal.listen(simulation.gateway)
            simulation.executor.executions.subscribe(self._on_execution)
            # A pipe of asyncio's would keep an ended process for as long as what it has started holds it open.
            source, sink = os.pipe()
            try:
                process = await asyncio.create_subprocess_exec(
                    *command, cwd=folder, env={**os.environ, URL_VARIABLE: url}, stdin=DEVNULL, stderr=sink
                )
            finally:
                os.close(sink)
            async with self._watched(process, os.fdopen(source, "rb", buffering=0), simulation) as exited:
                await self._first_word(exited)
                if not self._is_connected:
                    return await self._never_connected(exited)
                self._begin()
                return await self._until_end(process, exited, simulation)

    @contextlib.asynccontextmanager
    async def _watched(
        self, process: Process, errors: BinaryIO, simulation: LiveSimulation
    ) -> AsyncIterator[asyncio.Task[int]]:
        """Look after a process, which does not outlive the context."""
        exited = asyncio.create_task(process.wait())
        helpers = [
            asyncio.create_task(self._keep_errors(errors)),
            asyncio.create_task(self._look_for_clients(simulation)),
        ]
        try:
            yield exited
        finally:
            if not exited.done():
                process.kill()
            await exited
            for helper in helpers:
                helper.cancel()

    async def _first_word(self, exited: asyncio.Task[int]) -> None:
        """Wait for the application to connect: how long it takes to start is nothing to the site."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._connect_within_s):
                while not self._is_connected and not exited.done():  # noqa: ASYNC110 - see _look_for_clients
                    await asyncio.sleep(_LOOKS_FOR_CLIENTS_S)

    async def _never_connected(self, exited: asyncio.Task[int]) -> tuple[Outcome, int, str, int]:
        """Say that no time has passed, as nobody has come."""
        if exited.done():
            words = f"the application ended before it connected to the site: {_how(exited.result())}"
        else:
            words = (
                f"the application has not connected to the site within {self._connect_within_s:g} s: it neither "
                "listens to telemetry nor has it given a command; `connect_within` in the head of the file, or "
                "--connect-within, gives it longer"
            )
        return "stopped", 1, await self._with_errors(words), self._start_us

    async def _until_end(
        self, process: Process, exited: asyncio.Task[int], simulation: LiveSimulation
    ) -> tuple[Outcome, int, str, int]:
        over = asyncio.create_task(simulation.wait_until(self._end_us))
        failed = asyncio.create_task(simulation.wait())
        try:
            await asyncio.wait({over, failed, exited}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                return "stopped", 1, f"the site failed: {failed.exception()}", simulation.now_us
            simulation.pause()
            end_us = min(simulation.now_us, self._end_us)
            if not over.done():
                return await self._ended_early(exited.result(), end_us)
            if not await self._ended(process, exited):
                words = f"the application still runs {_PATIENCE_S:g} s after SIGTERM, and was killed"
                return "stopped", 1, await self._with_errors(words), end_us
            return "completed", exited.result(), "", end_us
        finally:
            over.cancel()
            failed.cancel()

    async def _ended_early(self, code: int, end_us: int) -> tuple[Outcome, int, str, int]:
        when = local_time(end_us, self.simulation.site).isoformat()
        if code == 0:
            return "ended early", 0, f"it returned at {when}", end_us
        words = f"the application ended at {when}: {_how(code)}"
        return "crashed", code, await self._with_errors(words), end_us

    async def _ended(self, process: Process, exited: asyncio.Task[int]) -> bool:
        """Ask a process to end, and say whether it did so in time."""
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        done, _ = await asyncio.wait({exited}, timeout=_PATIENCE_S)
        return bool(done)

    async def _with_errors(self, words: str) -> str:
        """Return words behind the last lines of what a process wrote to standard error."""
        # What it wrote last may still be on its way.
        await asyncio.sleep(_LOOKS_FOR_CLIENTS_S)
        said = b"".join(self._errors).decode(errors="replace").strip()
        return f"{said}\n{words}" if said else words

    async def _keep_errors(self, errors: BinaryIO) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), errors
        )
        with contextlib.closing(transport):
            while data := await reader.read(65_536):
                sys.stderr.flush()
                os.write(2, data)
                self._errors.extend(data.splitlines(keepends=True))

    async def _look_for_clients(self, simulation: LiveSimulation) -> None:
        # Nobody is told of who subscribes, which is nothing to the rest of a site.
        while not self._is_connected:
            self._is_connected = simulation.gateway.has_subscribers
            await asyncio.sleep(_LOOKS_FOR_CLIENTS_S)

    def _on_execution(self, execution: Execution) -> None:
        if isinstance(execution.command, ClientCommand):
            self._is_connected = True
            # Whoever listens from the beginning hears of this command as well.
            self._begin()

    def _begin(self) -> None:
        """Let time pass, if it does not yet."""
        if not self._has_begun:
            self._has_begun = True
            self.simulation.resume()
            self._on_start(self.simulation, asyncio.get_running_loop())


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
