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

import plotille
from rich.console import Console
from rich.progress import Progress

from ..proto.serving import SiteServer
from ..sim.exchange import Frame
from ..sim.vocabulary import Metric

_START = datetime(2026, 6, 15, 12, 0)
_SAMPLE_S = 1.0
_MEAN_S = 10.0
"""Peaks are billed as means, not as instants; of 15 min at a real site, of this at a minute's demo [s]."""
_CHART_SIZE = (66, 16)


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
    without_w, with_w = _highest_mean(trace.without_battery_w), _highest_mean(trace.grid_w)
    saved = (without_w - with_w) / without_w
    hours = _SAMPLE_S / 3600.0
    discharged_wh = sum(-power for power in trace.battery_w if power < 0.0) * hours
    return (
        f"Peak import (highest {_MEAN_S:g} s mean) without the battery: {without_w / 1e3:.1f} kW\n"
        f"Peak import (highest {_MEAN_S:g} s mean) with the application: {with_w / 1e3:.1f} kW, "
        f"limit {limit_w / 1e3:.1f} kW\n"
        f"The application took {saved:.0%} off the peak with {discharged_wh:.0f} Wh from the battery."
    )


def _highest_mean(powers_w: list[float]) -> float:
    length = min(round(_MEAN_S / _SAMPLE_S), len(powers_w))
    return max(sum(powers_w[i : i + length]) / length for i in range(len(powers_w) - length + 1))


def chart(trace: Trace, limit_w: float) -> str:
    """Draw the import with and without the battery as a chart for the terminal."""
    seconds = [index * _SAMPLE_S for index in range(len(trace.grid_w))]
    figure = plotille.Figure()
    figure.width, figure.height = _CHART_SIZE
    figure.x_label, figure.y_label = "seconds", "import from the grid [kW]"
    figure.register_label_formatter(float, _tick)
    figure.set_x_limits(0.0, seconds[-1])
    figure.set_y_limits(0.0)
    figure.plot(seconds, _kilowatts(trace.without_battery_w), lc="red", label="without battery")
    figure.plot(seconds, _kilowatts(trace.grid_w), lc="green", label="with the application")
    figure.plot([0.0, seconds[-1]], [limit_w / 1e3] * 2, lc="blue", label="limit")
    return str(figure.show(legend=True))


def _tick(value: float, *_layout: object, **_options: object) -> str:
    return f"{value:6.1f}"


def _kilowatts(powers_w: list[float]) -> list[float]:
    return [power_w / 1e3 for power_w in powers_w]


def main() -> int:
    """Run the demo and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
