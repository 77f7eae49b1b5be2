"""Serving a site live, shown in the terminal, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.logging import RichHandler

from ..proto.serving.site_server import SiteServer
from ..sim.domain.messages import Frame
from ..sim.domain.metrics import Metric
from ..sim.domain.printable import printable
from ..sim.recording import Recorder, RecordingError
from ..sim.report.of_simulation import SiteWatch
from ..sim.simulation.live import LiveSimulation
from ..sim.site.site import Site
from ..sim.tariff.prices import Prices
from .billing import prices_of
from .event_words import event_line
from .live_table import draw_table
from .options import writing
from .prometheus import ServeMetrics
from .reloading import Edit, Reloading
from .report_lines import print_report
from .told_to_end import told_to_end

_TABLE_PERIOD_S = 0.5
_LOG_PERIOD_S = 10.0
_LOOKS_FOR_CLIENTS_S = 0.05
_KEEPS_EVERY_S = 5.0
"""So often what was recorded is brought to where a killed run leaves it."""
_MOST_SUMMARIES = 40
"""Components in one line of the log."""

_log = logging.getLogger("doppelgrid")
_console = Console(emoji=False)


@dataclass(frozen=True)
class RunOptions:
    """How to serve a site; see `doppelgrid run --help`."""

    emit_endpoints: Path | None
    duration_s: float | None
    """Simulated time after which the run ends [s]; None to run until interrupted."""
    recorder: Recorder | None = None
    """Writes down what the components report; finished by whoever made it."""
    waits_for_client: bool = False
    """Whether time, which stands still at first, begins when a client receives telemetry."""
    reloading: Reloading | None = None
    """Edits of the sites' files to take in; none if None."""
    prices: Mapping[SiteServer, Prices] = field(default_factory=dict)
    """By which sites are billed at first; those that are not have none."""
    metrics: ServeMetrics | None = None
    """Serves figures of the run to Prometheus; nothing does if None."""
    watches: dict[SiteServer, SiteWatch] = field(default_factory=dict)
    """Who looks at each site as it is now, to say at the end what it did; filled while they are served."""


async def run_site(server: SiteServer, options: RunOptions) -> None:
    """Serve one site; see `run_sites`."""
    await run_sites((server,), options)


async def run_sites(servers: Sequence[SiteServer], options: RunOptions) -> None:
    """Serve sites and show them until a signal, the duration's end or an error.

    Args:
        servers: Not yet started.
        options: How to serve them; a recorder listens to the first.

    Raises:
        PortInUseError: If something else answers on a port.
        BindError: If it is not possible to listen on one for another reason.
        RecordingError: If what is to be recorded cannot be written any more; what the sites did is told all the same.
    """
    _log_to_terminal()
    unwritten: RecordingError | None = None
    async with contextlib.AsyncExitStack() as serving:
        # From before anything is served: whoever ends the run while it begins ends it like any other.
        with told_to_end() as told:
            if options.metrics is not None:
                url = await serving.enter_async_context(options.metrics(servers))
                _log.info("Prometheus can scrape %s", url)
            for server in servers:
                if told.is_set():
                    break
                await serving.enter_async_context(server)
                _announce(server)
                _tell_events(server, alone=len(servers) == 1)
                options.watches[server] = SiteWatch(server.simulation, options.prices.get(server))
            if not told.is_set():
                try:
                    await _show(servers, options, told)
                except RecordingError as error:
                    unwritten = error
        reports = [watch.report() for watch in options.watches.values()]
    for report in reports:
        print_report(report, _console)
    _log.info("ended")
    if unwritten is not None:
        raise unwritten


async def _show(servers: Sequence[SiteServer], options: RunOptions, told: asyncio.Event) -> None:
    """Let the sites run, now that all are served."""
    if options.recorder is not None:
        options.recorder.listen(servers[0].simulation.gateway)
    _calm_collector()
    _tell_endpoints(servers, options)
    async with _display(servers), _beginning(servers, options):
        await _until_told(servers, options, told)


@contextlib.asynccontextmanager
async def _beginning(servers: Sequence[SiteServer], options: RunOptions) -> AsyncIterator[None]:
    """Let time begin with the first client, where it is to."""
    if not options.waits_for_client:
        yield
        return
    _log.info("time begins when a client receives telemetry")
    waiting = asyncio.ensure_future(_begin_with_a_client(servers))
    try:
        yield
    finally:
        waiting.cancel()


async def _keep(recorder: Recorder) -> None:
    """Bring what is recorded to the disk every now and then, so that little is lost where the run is killed."""
    while True:
        await asyncio.sleep(_KEEPS_EVERY_S)
        recorder.flush()


async def _begin_with_a_client(servers: Sequence[SiteServer]) -> None:
    # Nobody is told of who subscribes, which is nothing to the rest of a site.
    while not any(server.simulation.gateway.has_subscribers for server in servers):  # noqa: ASYNC110
        await asyncio.sleep(_LOOKS_FOR_CLIENTS_S)
    for server in servers:
        server.simulation.resume()


def _calm_collector() -> None:
    """Let Python look for reference cycles less often, and not among what lives as long as the sites.

    On a site of 1,000 components one such search takes 70 ms, for which all telemetry waits.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)


def write_endpoints(path: Path, servers: Sequence[SiteServer]) -> None:
    """Write where the sites are served, as one JSON line that is either there whole or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    endpoints = [
        {
            "id": server.site.microgrid.id,
            "name": server.site.microgrid.name,
            "grpc": server.address,
            "url": server.url,
        }
        for server in servers
    ]
    line = json.dumps({"microgrids": endpoints}, ensure_ascii=False) + "\n"
    if path.exists() and not path.is_file():  # a pipe or a terminal must stay one
        path.write_text(line, encoding="utf-8")
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(line, encoding="utf-8")
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _tell_endpoints(servers: Sequence[SiteServer], options: RunOptions) -> None:
    if options.emit_endpoints is not None:
        with writing("--emit-endpoints", options.emit_endpoints) as place:
            write_endpoints(place, servers)


def _tell_events(server: SiteServer, *, alone: bool) -> None:
    """Write a site's events to the log, with the site's id if there are others."""
    name = "" if alone else f"microgrid {server.site.microgrid.id}: "
    zone = server.site.microgrid.location.zone
    server.simulation.gateway.listen_to_events(
        lambda event: _log.info("%s%s", name, event_line(event.kind, event.subject, event.details, zone))
    )


class _PipedLog(logging.StreamHandler[TextIO]):
    """Writes the log, until nobody reads it or it has no room: a site is served also where `head` has read enough."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Write to nowhere once nothing can be written, and say so where somebody might read it."""
        failed = sys.exc_info()[1]
        if isinstance(failed, OSError):
            if not isinstance(failed, BrokenPipeError):
                print(
                    f"standard output: {failed.strerror}; the site is served without a log", file=sys.stderr
                )
            self.setStream(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the process ends
            os.dup2(self.stream.fileno(), sys.stdout.fileno())
        else:
            super().handleError(record)


def _log_to_terminal() -> None:
    if _console.is_terminal:
        # Shares the console with the table, which it would otherwise tear apart.
        handler: logging.Handler = RichHandler(console=_console, show_path=False)
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    else:
        form = "%(asctime)s %(name)s: %(message)s"
        logging.basicConfig(level=logging.INFO, format=form, handlers=[_PipedLog(sys.stdout)])


def _announce(server: SiteServer) -> None:
    microgrid = server.site.microgrid
    _log.info("microgrid %d (%s) is served at %s", microgrid.id, printable(microgrid.name), server.url)
    _log.info("export MICROGRID_API_URL='%s'", server.url)


@contextlib.asynccontextmanager
async def _display(servers: Sequence[SiteServer]) -> AsyncIterator[None]:
    show = _show_table if _console.is_terminal else _log_lines
    task = asyncio.create_task(show(servers))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _show_table(servers: Sequence[SiteServer]) -> None:
    def tables() -> object:
        width, height = _console.size.width, _console.size.height // len(servers)
        return Group(
            *(draw_table(server.simulation, server.url, width=width, height=height) for server in servers)
        )

    with Live(get_renderable=tables, console=_console, auto_refresh=False, transient=True) as live:  # type: ignore[arg-type]
        while True:
            live.refresh()
            await asyncio.sleep(_TABLE_PERIOD_S)


async def _log_lines(servers: Sequence[SiteServer]) -> None:
    while True:
        for server in servers:
            server.simulation.catch_up()
            shown = islice(server.site.components.items(), _MOST_SUMMARIES)
            parts = (_summary(key, server.simulation.gateway.frame(component.id)) for key, component in shown)
            name = f"microgrid {server.site.microgrid.id}: " if len(servers) > 1 else ""
            _log.info("%s%s", name, ", ".join(parts))
        await asyncio.sleep(_LOG_PERIOD_S)


def _summary(key: str, frame: Frame) -> str:
    values = frame.values
    power_w = values.get(Metric.AC_POWER_ACTIVE, values.get(Metric.DC_POWER))
    soc_pct = values.get(Metric.BATTERY_SOC_PCT)
    power = "no power" if power_w is None else f"{power_w / 1e3:.2f} kW"
    return f"{key} {power}" if soc_pct is None else f"{key} {power} at {soc_pct:.1f} %"


async def _until_told(servers: Sequence[SiteServer], options: RunOptions, told: asyncio.Event) -> None:
    """Wait for a signal, an error or the end of the duration, and take in edits meanwhile."""
    starts_us = [server.simulation.start_us for server in servers]
    while (edit := await _until_edited(servers, options, told, starts_us)) is not None:
        await _take_in(edit, servers, options, starts_us)


async def _until_edited(
    servers: Sequence[SiteServer], options: RunOptions, told: asyncio.Event, starts_us: Sequence[int]
) -> Edit | None:
    """Return what was edited; None if the run is to end."""
    simulations = [server.simulation for server in servers]
    waits: set[asyncio.Task[Any]] = {asyncio.ensure_future(told.wait())}
    waits |= {asyncio.ensure_future(simulation.wait()) for simulation in simulations}
    if options.duration_s is not None:
        waits.add(asyncio.ensure_future(_pass(simulations, starts_us, options.duration_s)))
    if options.recorder is not None:
        waits.add(asyncio.ensure_future(_keep(options.recorder)))
    edits = None if options.reloading is None else asyncio.ensure_future(options.reloading.next())
    if edits is not None:
        waits.add(edits)
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for finished in done:
            finished.result()
        return edits.result() if edits is not None and done == {edits} else None
    finally:
        for wait in waits:
            wait.cancel()


async def _take_in(
    edit: Edit, servers: Sequence[SiteServer], options: RunOptions, starts_us: Sequence[int]
) -> None:
    """Exchange the sites that were edited, and bill all by a tariff that was; what cannot be is told, and runs on."""
    assert options.reloading is not None
    for place, server in enumerate(servers):
        site = edit.sites.get(place)
        if site is None and edit.tariff is None:
            continue
        end_us = None if options.duration_s is None else starts_us[place] + round(options.duration_s * 1e6)
        try:
            await _exchange(server, site, options, end_us)
        except ValueError as error:
            _log.error("not taken in, the site runs on as it was:\n%s", error)
            continue
        if site is not None:
            _tell_events(server, alone=len(servers) == 1)
            _log.info("microgrid %d was edited and begins anew; clients connect again", site.microgrid.id)
        else:
            _log.info("microgrid %d is billed by the edited tariff from now on", server.site.microgrid.id)
    options.reloading.keep([server.site for server in servers])
    _tell_endpoints(servers, options)


async def _exchange(server: SiteServer, site: Site | None, options: RunOptions, end_us: int | None) -> None:
    """Serve another site, unless there is none, and bill it by the tariff as it is now.

    Args:
        server: That serves it.
        site: That takes the place of the one that runs; None if that runs on.
        options: Of the run.
        end_us: When the run ends [µs since the Unix epoch]; None if nobody knows.

    Raises:
        ValueError: If the site cannot run, or not be billed from now on.
    """
    server.simulation.catch_up()
    assert options.reloading is not None
    now_us = server.simulation.now_us
    length_us = None if end_us is None else max(end_us - now_us, 1)
    prices = prices_of(options.reloading.tariff, site or server.site, now_us, length_us)
    if site is not None:
        await server.exchange(site)
        options.watches[server] = SiteWatch(server.simulation, prices)
    elif prices is not None:
        options.watches[server].bill(prices)


async def _pass(simulations: Sequence[LiveSimulation], starts_us: Sequence[int], duration_s: float) -> None:
    """Wait until so much simulated time has passed on every site since its run began [s]."""
    ends = (
        simulation.wait_until(start_us + round(duration_s * 1e6))
        for simulation, start_us in zip(simulations, starts_us, strict=True)
    )
    await asyncio.gather(*ends)
