"""Charge a battery while prices are negative, and use it while they are high: a small `frequenz-sdk` application.

    python prices.py grpc://[::1]:8800 --prices day.csv --limit 30

Prices are a table of `time` (with its offset) and `price` [€/MWh], each until the next; its path is relative
to the folder of this file.
"""

import argparse
import asyncio
import csv
import logging
import os
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from pathlib import Path

from frequenz.quantities import Power
from frequenz.sdk import microgrid
from frequenz.sdk.timeseries import ResamplerConfig2

RENEWAL = timedelta(seconds=20)
STEP = Power.from_watts(300.0)
HIGH = 200.0
"""From which price on the battery takes the place of the grid [€/MWh]."""


async def follow_prices(url: str, table: Path, limit: Power) -> None:
    """Charge when it is paid for, discharge when it is dear, and keep the limit in either case.

    Args:
        url: Of the Microgrid API.
        table: Prices.
        limit: Most power to draw from the grid.
    """
    with table.open(encoding="utf-8") as file:
        rows = [(datetime.fromisoformat(row["time"]), float(row["price"])) for row in csv.DictReader(file)]
    await microgrid.initialize(url, ResamplerConfig2(resampling_period=timedelta(seconds=1)))
    batteries = microgrid.new_battery_pool(priority=5)
    grid_power, battery_power = microgrid.grid().power.new_receiver(), batteries.power.new_receiver()
    proposed, renewed = Power.zero(), datetime.min.replace(tzinfo=UTC)
    async for grid in grid_power:
        battery = await battery_power.receive()
        if grid.value is None or battery.value is None:
            continue
        place = bisect_right([begin for begin, _ in rows], grid.timestamp) - 1
        price = rows[place][1] if place >= 0 else 0.0
        drawn = grid.value - battery.value
        room = limit - drawn
        target = room if price < 0.0 else min(room, Power.zero())
        if price >= HIGH:
            target = min(target, -drawn)
        if abs(target - proposed) > STEP or grid.timestamp - renewed > RENEWAL:
            await batteries.propose_power(target)
            proposed, renewed = target, grid.timestamp


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    url = os.environ.get("MICROGRID_API_URL", "grpc://[::1]:8800")
    parser.add_argument("url", nargs="?", default=url, help="of the Microgrid API")
    parser.add_argument("--prices", required=True, help="table of prices")
    parser.add_argument("--limit", type=float, default=30.0, help="most power to draw from the grid [kW]")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    path = Path(__file__).parent / arguments.prices
    asyncio.run(follow_prices(arguments.url, path, Power.from_kilowatts(arguments.limit)))
