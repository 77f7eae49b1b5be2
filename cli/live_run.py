"""Serving a site live, shown in the terminal, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.logging import RichHandler

from ..proto.serving import SiteServer
from ..sim.exchange import Frame
from ..sim.listening import log_event
from ..sim.live import LiveSimulation
from ..sim.vocabulary import Metric
from .live_table import draw_table

_TABLE_PERIOD_S = 0.5
_LOG_PERIOD_S = 10.0

_log = logging.getLogger("doppelgrid")
_console = Console()


@dataclass(frozen=True)
class RunOptions:
    """How to serve a site; see `doppelgrid run --help`."""

    emit_endpoints: Path | None
    duration_s: float | None
    """Simulated time after which the run ends [s]; None to run until interrupted."""


async def run_site(server: SiteServer, options: RunOptions) -> None:
    """Serve a site and show it until a signal, the duration's end or an error.

    Args:
        server: Not yet started.
        options: How to serve it.

    Raises:
        PortInUseError: If something else answers on the port.
    """
    _log_to_terminal()
    async with server:
        _announce(server)
        server.simulation.gateway.listen_to_events(log_event)
        if options.emit_endpoints is not None:
            write_endpoints(options.emit_endpoints, server)
        async with _display(server):
            await _until_told(server.simulation, options.duration_s)
    _log.info("ended")


def write_endpoints(path: Path, server: SiteServer) -> None:
    """Write where the site is served, as one JSON line that is either there whole or not at all."""
    microgrid = server.site.microgrid
    endpoint = {"id": microgrid.id, "name": microgrid.name, "grpc": server.address}
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_text(json.dumps({"microgrids": [endpoint]}, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)


def _log_to_terminal() -> None:
    if _console.is_terminal:
        # Shares the console with the table, which it would otherwise tear apart.
        handler: logging.Handler = RichHandler(console=_console, show_path=False)
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    else:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stdout)


def _announce(server: SiteServer) -> None:
    microgrid = server.site.microgrid
    _log.info("microgrid %d (%s) is served at grpc://%s", microgrid.id, microgrid.name, server.address)
    _log.info("export MICROGRID_API_URL='grpc://%s'", server.address)


@contextlib.asynccontextmanager
async def _display(server: SiteServer) -> AsyncIterator[None]:
    show = _show_table if _console.is_terminal else _log_lines
    task = asyncio.create_task(show(server))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _show_table(server: SiteServer) -> None:
    def table() -> object:
        return draw_table(server.simulation, server.address)

    with Live(get_renderable=table, console=_console, auto_refresh=False, transient=True) as live:  # type: ignore[arg-type]
        while True:
            live.refresh()
            await asyncio.sleep(_TABLE_PERIOD_S)


async def _log_lines(server: SiteServer) -> None:
    while True:
        server.simulation.catch_up()
        parts = (
            _summary(key, server.simulation.gateway.frame(component.id))
            for key, component in server.site.components.items()
        )
        _log.info("%s", ", ".join(parts))
        await asyncio.sleep(_LOG_PERIOD_S)


def _summary(key: str, frame: Frame) -> str:
    soc_pct = frame.values.get(Metric.BATTERY_SOC_PCT)
    if soc_pct is not None:
        return f"{key} {frame.values[Metric.DC_POWER] / 1e3:.2f} kW at {soc_pct:.1f} %"
    return f"{key} {frame.values[Metric.AC_POWER_ACTIVE] / 1e3:.2f} kW"


async def _until_told(simulation: LiveSimulation, duration_s: float | None) -> None:
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    waits = {asyncio.ensure_future(told.wait()), asyncio.ensure_future(simulation.wait())}
    try:
        timeout = None if duration_s is None else duration_s / simulation.clock.speed
        done, _ = await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for finished in done:
            finished.result()
    finally:
        for wait in waits:
            wait.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
