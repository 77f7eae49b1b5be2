"""Hold frequency containment reserve with a battery: a small `frequenz-sdk` application.

python fcr.py grpc://[::1]:8800 --offered 40
"""

import argparse
import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta

from frequenz.quantities import Power
from frequenz.sdk import microgrid
from frequenz.sdk.timeseries import ResamplerConfig2

NOMINAL_HZ, FULL_HZ, DEAD_HZ = 50.0, 0.2, 0.01
"""Frequency, its deviation at which all that is offered is wanted, and up to which nothing is."""
RENEWAL = timedelta(seconds=20)


async def hold_reserve(url: str, offered: Power) -> None:
    """Answer each frequency with a power in proportion to its deviation.

    Args:
        url: Of the Microgrid API.
        offered: Power at 200 mHz and beyond, in either direction.
    """
    await microgrid.initialize(url, ResamplerConfig2(resampling_period=timedelta(seconds=1)))
    batteries = microgrid.new_battery_pool(priority=5)
    frequency = microgrid.frequency().new_receiver()
    proposed, renewed = Power.zero(), datetime.min.replace(tzinfo=UTC)
    async for sample in frequency:
        if sample.value is None:
            continue
        deviation_hz = sample.value.as_hertz() - NOMINAL_HZ
        share = 0.0 if abs(deviation_hz) <= DEAD_HZ else min(max(deviation_hz / FULL_HZ, -1.0), 1.0)
        # Too low a frequency lacks power, which discharging gives: passive sign convention.
        target = offered * share
        if abs(target - proposed) > offered * 0.01 or sample.timestamp - renewed > RENEWAL:
            await batteries.propose_power(target)
            proposed, renewed = target, sample.timestamp


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    url = os.environ.get("MICROGRID_API_URL", "grpc://[::1]:8800")
    parser.add_argument("url", nargs="?", default=url, help="of the Microgrid API")
    parser.add_argument("--offered", type=float, default=40.0, help="power at 200 mHz [kW]")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(hold_reserve(arguments.url, Power.from_kilowatts(arguments.offered)))
