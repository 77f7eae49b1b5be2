"""Keep what a site feeds in under a limit by its photovoltaics: a small `frequenz-sdk` application.

python feed_in.py grpc://[::1]:8800 --limit 18
"""

import argparse
import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta

from frequenz.quantities import Power
from frequenz.sdk import microgrid
from frequenz.sdk.timeseries import ResamplerConfig2

RENEWAL = timedelta(seconds=20)
STEP = Power.from_watts(100.0)
MARGIN = Power.from_watts(200.0)


async def limit_feed_in(url: str, limit: Power) -> None:
    """Let the photovoltaics give no more than what the site consumes and the limit.

    Args:
        url: Of the Microgrid API.
        limit: Most power to feed in.
    """
    await microgrid.initialize(url, ResamplerConfig2(resampling_period=timedelta(seconds=1)))
    roofs = microgrid.new_pv_pool(priority=5)
    grid_power, pv_power = microgrid.grid().power.new_receiver(), roofs.power.new_receiver()
    async for status in roofs.power_status.new_receiver():
        if status.bounds is not None:
            break
    proposed, renewed = Power.zero(), datetime.min.replace(tzinfo=UTC)
    async for grid in grid_power:
        pv = await pv_power.receive()
        if grid.value is None or pv.value is None:
            continue
        consumed = grid.value - pv.value
        target = min(MARGIN - limit - consumed, Power.zero())
        if abs(target - proposed) > STEP or grid.timestamp - renewed > RENEWAL:
            await roofs.propose_power(target)
            proposed, renewed = target, grid.timestamp


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    url = os.environ.get("MICROGRID_API_URL", "grpc://[::1]:8800")
    parser.add_argument("url", nargs="?", default=url, help="of the Microgrid API")
    parser.add_argument("--limit", type=float, default=0.0, help="most power to feed in [kW]")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(limit_feed_in(arguments.url, Power.from_kilowatts(arguments.limit)))
