"""Keep the power drawn from the grid under a limit with a battery: a small `frequenz-sdk` application.

    python examples/peak_shaving.py grpc://[::1]:8800 --limit 30

It knows nothing of the simulator. Pointed at a real site, it does the same there.
"""

import argparse
import asyncio
import contextlib
import logging
import os
from datetime import UTC, datetime, timedelta

from frequenz.client.microgrid.component import GridConnectionPoint
from frequenz.client.microgrid.metrics import Metric
from frequenz.quantities import Power
from frequenz.sdk import microgrid
from frequenz.sdk.timeseries import ResamplerConfig2

RENEWAL = timedelta(seconds=20)
"""A set-point lapses after 60 s unless it is proposed again."""
STEP = Power.from_watts(300.0)
"""Smaller changes are not worth a command."""
CHARGING_SHARE = 0.3
"""How much of the room under the limit goes into the battery; the rest is left for what comes next."""
DOUBT = Power.from_kilowatts(3.0)
"""A meter that shows so much less than what is behind it adds up to is not believed."""


async def shave_peaks(url: str, limit: Power) -> None:
    """Discharge the batteries while the site draws more than a limit, and charge them gently below it.

    Args:
        url: Of the Microgrid API.
        limit: Most power to draw from the grid.
    """
    await microgrid.initialize(url, ResamplerConfig2(resampling_period=timedelta(seconds=1)))
    batteries = microgrid.new_battery_pool(priority=5)
    grid_power = microgrid.grid().power.new_receiver()
    battery_power = batteries.power.new_receiver()
    power_behind = (
        microgrid.logical_meter().start_formula(behind_the_meter(), Metric.AC_POWER_ACTIVE).new_receiver()
    )
    async for status in batteries.power_status.new_receiver():
        if status.bounds is not None:
            break

    proposed, renewed = Power.zero(), datetime.min.replace(tzinfo=UTC)
    async for grid in grid_power:
        battery, behind = await battery_power.receive(), await power_behind.receive()
        drawn = grid.value
        if behind.value is not None:
            added_up = Power.from_watts(behind.value.base_value)
            if drawn is None or added_up - drawn > DOUBT:
                drawn = added_up
        if drawn is None or battery.value is None:
            continue
        room = limit - (drawn - battery.value)
        target = room if room < Power.zero() else room * CHARGING_SHARE
        if abs(target - proposed) > STEP or grid.timestamp - renewed > RENEWAL:
            await batteries.propose_power(target)
            proposed, renewed = target, grid.timestamp


def behind_the_meter() -> str:
    """Return the formula of what the meter at the grid should show: the sum of all that is behind it."""
    graph = microgrid.connection_manager.get().component_graph
    grid = next(each for each in graph.components() if isinstance(each, GridConnectionPoint))
    parts = [part for meter in graph.successors(grid.id) for part in graph.successors(meter.id)]
    return " + ".join(f"#{part.id}".replace("CID", "") for part in parts) or "0.0"


def main() -> None:
    """Read the command line and run until interrupted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    url = os.environ.get("MICROGRID_API_URL", "grpc://[::1]:8800")
    parser.add_argument("url", nargs="?", default=url, help="of the Microgrid API")
    parser.add_argument("--limit", type=float, default=30.0, help="most power to draw from the grid [kW]")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(shave_peaks(arguments.url, Power.from_kilowatts(arguments.limit)))


if __name__ == "__main__":
    main()
