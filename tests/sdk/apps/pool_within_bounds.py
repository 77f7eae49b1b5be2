"""Propose powers at, within and beyond the bounds of one of the SDK's pools, one after the other, again and again."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from frequenz.channels import LatestValueCache
from frequenz.quantities import Power
from frequenz.sdk import microgrid
from frequenz.sdk.timeseries import ResamplerConfig2

POOLS = {
    "battery": microgrid.new_battery_pool,
    "ev": microgrid.new_ev_charger_pool,
    "pv": microgrid.new_pv_pool,
}


async def propose(
    url: str, kind: str, parts: Sequence[float], *, hold_s: int, every_s: int, tell: Callable[[float], None]
) -> None:
    """Propose parts of the pool's upper bound, or negative ones of its lower bound, each for a while."""
    await microgrid.initialize(url, ResamplerConfig2(resampling_period=timedelta(seconds=5)))
    pool = POOLS[kind](priority=5)
    statuses = pool.power_status.new_receiver()
    while (first := (await statuses.receive()).bounds) is None:
        pass
    status = LatestValueCache(statuses)
    while True:
        for part in parts:
            tell(part)
            for _ in range(hold_s // every_s):
                bounds = status.get().bounds if status.has_value() else first
                if bounds is not None:
                    power = bounds.upper * part if part > 0.0 else bounds.lower * -part
                    await pool.propose_power(min(power, Power.zero()) if kind == "pv" else power)
                await asyncio.sleep(every_s)
