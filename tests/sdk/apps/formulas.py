"""Print what the SDK's own formulas say of a site, a line of JSON a second, and keep a battery set-point.

python formulas.py URL SECONDS BATTERY_KW PROPOSE_FOR_SECONDS
"""

import asyncio
import json
import sys
from datetime import timedelta

from frequenz.quantities import Power
from frequenz.sdk import microgrid
from frequenz.sdk.timeseries import ResamplerConfig2


async def main(url: str, seconds: int, battery_kw: float, propose_for: int) -> None:
    await microgrid.initialize(url, ResamplerConfig2(resampling_period=timedelta(seconds=1)))
    batteries = microgrid.new_battery_pool(priority=5)
    formulas = {
        "grid": microgrid.grid().power,
        "battery": batteries.power,
        "pv": microgrid.new_pv_pool(priority=5).power,
        "consumer": microgrid.consumer().power,
    }
    receivers = {name: formula.new_receiver() for name, formula in formulas.items()}
    for second in range(seconds):
        samples = {name: await receiver.receive() for name, receiver in receivers.items()}
        powers = {
            name: None if sample.value is None else sample.value.as_watts()
            for name, sample in samples.items()
        }
        print(json.dumps(powers), flush=True)
        if battery_kw and second < propose_for:
            await batteries.propose_power(Power.from_kilowatts(battery_kw))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
