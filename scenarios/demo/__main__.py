"""The main job in a few minutes: a real control application lives a whole day at a bundled site.

    python -m doppelgrid.scenarios.demo examples/peak_shaving.py

The application is not changed by a line and knows nothing of the simulator but its address; both live in virtual
time, and the same seed gives the same day to the last bit.
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import datetime
from pathlib import Path

from ...sim.files.extras import MissingPackageError, extra_for
from ...sim.simulation.live import LiveSimulation
from ...sim.site.reader import load_site
from ..lockstep.progress import VirtualProgress
from ..lockstep.session import LockstepSession
from ..lockstep.virtual_time import VirtualTimeLoop
from .peak_report import DayTrace, chart, picture, verdict

_START = datetime(2026, 6, 15)
_SEED = 42
_TELEMETRY_S = 1.0


def run_day(application: Path, *, hours: float, limit_w: float, image: Path) -> int:
    """Run an application against the demo site in lockstep and report what it did.

    Args:
        application: Python script that takes `--limit` in kW.
        hours: For how long [h].
        limit_w: Import that the application is to keep [W].
        image: Picture file to write.

    Returns:
        0 if the application lived to the end of the day.
    """
    site = load_site("demo").with_telemetry_interval(_TELEMETRY_S)
    trace = DayTrace(
        grid=site.components["main"].id,
        battery_inverter=site.components["bat-inv"].id,
        pv_inverter=site.components["pv-inv"].id,
        battery=site.components["battery"].id,
    )
    duration_us = round(hours * 3.6e9)
    progress = VirtualProgress(duration_us)

    def watch(simulation: LiveSimulation, loop: VirtualTimeLoop) -> None:
        simulation.gateway.listen_to_frames(trace.on_frames)
        progress.follow(simulation, loop)

    session = LockstepSession(
        site, start_us=site.moment_us(_START), duration_us=duration_us, seed=_SEED, on_start=watch
    )
    logging.basicConfig(level=logging.ERROR)
    with progress:
        result = session.run_script(application, ["--limit", f"{limit_w / 1e3:g}"])
    if result.report.outcome != "completed":
        print(result, file=sys.stderr)
        return 1
    print(chart(trace, limit_w))
    print()
    print(verdict(trace, limit_w))
    print()
    print(result)
    picture(trace, limit_w, site.microgrid.location.zone, image)
    print(f"picture: {image}")
    return 0


def main() -> int:
    """Read the command line and run the demo."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("application", type=Path, help="Python script that controls the site")
    parser.add_argument("--hours", type=float, default=24.0, help="how long to live")
    parser.add_argument("--limit", type=float, default=30.0, help="import to keep [kW]")
    parser.add_argument("--picture", type=Path, default=Path("demo.png"), help="picture to write")
    arguments = parser.parse_args()
    try:
        with extra_for("the chart and the picture"):
            import matplotlib  # noqa: F401, PLC0415
            import plotille  # noqa: F401, PLC0415
    except MissingPackageError as error:
        print(error, file=sys.stderr)
        return 2
    return run_day(
        arguments.application,
        hours=arguments.hours,
        limit_w=1e3 * arguments.limit,
        image=arguments.picture,
    )


if __name__ == "__main__":
    sys.exit(main())
