"""The main job in a minute: a real control application shaves the peak of a bundled site.

    python -m doppelgrid.scenarios.demo examples/peak_shaving.py

The application runs in a process of its own and knows nothing of the simulator but its address.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from datetime import datetime
from typing import NamedTuple

import plotext
from rich.console import Console
from rich.progress import Progress

from ..proto.serving import SiteServer
from ..sim.exchange import Frame
from ..sim.vocabulary import Metric

_START = datetime(2026, 6, 15, 12, 0)  # noqa: DTZ001 - by the site's own clock
_SAMPLE_S = 1.0
_CHART_SIZE = (78, 18)


class Trace(NamedTuple):
    """What one minute looked like, sample by sample [W]."""

    grid_w: list[float]
    battery_w: list[float]

    @property
    def without_battery_w(self) -> list[float]:
        """What the grid connection would have carried if the battery had done nothing [W]."""
        return [grid - battery for grid, battery in zip(self.grid_w, self.battery_w, strict=True)]


async def watch(application: str, *, duration_s: float, limit_w: float) -> Trace:
    """Run an application against the demo site and record what it does.

    Args:
        application: Path of a Python script that takes a URL and `--limit` in kW.
        duration_s: For how long [s].
        limit_w: Import that the application is to keep [W].

    Raises:
        RuntimeError: If the application ends before its time.
    """
    server = SiteServer("demo", start=_START, seed=42)
    async with server as url:
        app = await asyncio.create_subprocess_exec(
            sys.executable, application, url, "--limit", f"{limit_w / 1e3:g}"
        )
        try:
            return await _record(server, app, duration_s)
        finally:
            if app.returncode is None:
                app.send_signal(signal.SIGINT)
            await app.wait()


async def _record(server: SiteServer, app: asyncio.subprocess.Process, duration_s: float) -> Trace:
    main, inverter = (server.site.components[key].id for key in ("main", "bat-inv"))
    trace = Trace([], [])
    count = round(duration_s / _SAMPLE_S)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{duration_s:g} s of a live site", total=count)
        for _ in range(count):
            await asyncio.sleep(_SAMPLE_S)
            if app.returncode is not None:
                raise RuntimeError(f"the application ended early with exit code {app.returncode}")
            server.simulation.catch_up()
            trace.grid_w.append(_active_power(server.simulation.gateway.frame(main)))
            trace.battery_w.append(_active_power(server.simulation.gateway.frame(inverter)))
            progress.advance(task)
    return trace


def _active_power(frame: Frame) -> float:
    return frame.values[Metric.AC_POWER_ACTIVE]


def report(trace: Trace, limit_w: float) -> str:
    """Say in words what the application did to the peak."""
    without_w, with_w = max(trace.without_battery_w), max(trace.grid_w)
    saved = (without_w - with_w) / without_w
    hours = _SAMPLE_S / 3600.0
    discharged_wh = sum(-power for power in trace.battery_w if power < 0.0) * hours
    return (
        f"Peak import without the battery: {without_w / 1e3:.1f} kW\n"
        f"Peak import with the application: {with_w / 1e3:.1f} kW (limit {limit_w / 1e3:.1f} kW)\n"
        f"The application took {saved:.0%} off the peak with {discharged_wh:.0f} Wh from the battery."
    )


def chart(trace: Trace, limit_w: float) -> str:
    """Draw the import with and without the battery as a chart for the terminal."""
    seconds = [index * _SAMPLE_S for index in range(len(trace.grid_w))]
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(*_CHART_SIZE)
    plotext.title("import from the grid [kW]")
    plotext.xlabel("seconds")
    plotext.plot(seconds, [power / 1e3 for power in trace.without_battery_w], label="without battery", marker="dot")
    plotext.plot(seconds, [power / 1e3 for power in trace.grid_w], label="with the application", marker="hd")
    plotext.hline(limit_w / 1e3)
    return str(plotext.build())


def main() -> int:
    """Run the demo and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("application", help="Python script that controls the site")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to watch")
    parser.add_argument("--limit", type=float, default=30.0, help="import to keep [kW]")
    arguments = parser.parse_args()
    limit_w = 1e3 * arguments.limit
    try:
        trace = asyncio.run(watch(arguments.application, duration_s=arguments.seconds, limit_w=limit_w))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(chart(trace, limit_w))
    print(report(trace, limit_w))
    return 0


if __name__ == "__main__":
    sys.exit(main())
