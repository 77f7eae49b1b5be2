"""Print what the SDK's pools and formulas say of a site, a line of JSON a second, and keep their set-points.

python pools.py URL SECONDS
"""

import asyncio
import json
import sys
from datetime import timedelta

from frequenz.quantities import Power
from frequenz.sdk import microgrid
from frequenz.sdk.timeseries import ResamplerConfig2

PROPOSALS_KW = {"battery": -10.0, "pv": -5.0, "ev": 30.0, "boiler": 30.0}


async def main(url: str, seconds: int) -> None:
    await microgrid.initialize(url, ResamplerConfig2(resampling_period=timedelta(seconds=1)))
    pools = {
        "battery": microgrid.new_battery_pool(priority=5),
        "pv": microgrid.new_pv_pool(priority=5),
        "ev": microgrid.new_ev_charger_pool(priority=5),
        "boiler": microgrid.new_steam_boiler_pool(priority=5),
    }
    formulas = {
        "grid": microgrid.grid().power,
        "consumer": microgrid.consumer().power,
        "producer": microgrid.producer().power,
        "chp": microgrid.logical_meter().chp_power,
        **{name: pool.power for name, pool in pools.items()},
    }
    receivers = {name: formula.new_receiver() for name, formula in formulas.items()}
    status = {name: pool.power_status.new_receiver() for name, pool in pools.items()}
    bounds: dict[str, list[float] | None] = dict.fromkeys(pools)

    async def follow(name: str) -> None:
        async for report in status[name]:
            known = report.bounds
            bounds[name] = None if known is None else [known.lower.as_watts(), known.upper.as_watts()]

    followers = [asyncio.create_task(follow(name)) for name in pools]
    for _ in range(seconds):
        samples = {name: await receiver.receive() for name, receiver in receivers.items()}
        powers = {
            name: None if sample.value is None else sample.value.as_watts()
            for name, sample in samples.items()
        }
        print(json.dumps({"powers": powers, "bounds": bounds}), flush=True)
        for name, pool in pools.items():
            await pool.propose_power(Power.from_kilowatts(PROPOSALS_KW[name]))
    for follower in followers:
        follower.cancel()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
