"""Share what a connection bears among charging cars: a small application on the Microgrid API's client.

python charging.py grpc://[::1]:8800 --limit 40 --fuse 63
"""

import argparse
import asyncio
import contextlib
import os
from datetime import timedelta

from frequenz.client.microgrid import ApiClientError, MicrogridApiClient
from frequenz.client.microgrid.component import EvCharger, GridConnectionPoint
from frequenz.client.microgrid.metrics import Metric

LEAST_W, MOST_W = 4200.0, 22000.0
"""What a car of three phases needs to charge at all, and what a charger gives at most [W]."""
PHASES = (Metric.AC_CURRENT_PHASE_1, Metric.AC_CURRENT_PHASE_2, Metric.AC_CURRENT_PHASE_3)
VOLTAGE_V = 230.0
RESERVE = 0.97
EVERY = 5
"""Samplings between two commands: cars take some seconds to follow."""


async def share(url: str, limit_w: float, fuse_a: float) -> None:
    """Give all chargers the same power, as much as the connection and the fullest phase bear.

    Args:
        url: Of the Microgrid API.
        limit_w: Most power to draw from the grid [W].
        fuse_a: Most current of each phase [A].
    """
    client = MicrogridApiClient(url)
    components = list(await client.list_components())
    grid = next(each for each in components if isinstance(each, GridConnectionPoint))
    chargers = [each for each in components if isinstance(each, EvCharger)]
    connections = await client.list_connections(sources=[grid])
    meter = next(iter(connections)).destination
    each_w, count = LEAST_W, 0
    async for data in client.receive_component_data_samples_stream(meter, [Metric.AC_POWER_ACTIVE, *PHASES]):
        values = {sample.metric: sample.as_single_value() for sample in data.metric_samples}
        count += 1
        drawn_w, currents_a = values.get(Metric.AC_POWER_ACTIVE), [values.get(phase) for phase in PHASES]
        if count % EVERY or drawn_w is None or any(current is None for current in currents_a):
            continue
        fullest_a = max(current for current in currents_a if current is not None)
        room_w = min(limit_w * RESERVE - drawn_w, (fuse_a * RESERVE - fullest_a) * VOLTAGE_V)
        # Too much is taken back at once, room is given out slowly.
        each_w = min(max(each_w + room_w / len(chargers) * (1.0 if room_w < 0.0 else 0.5), LEAST_W), MOST_W)
        for charger in chargers:
            with contextlib.suppress(ApiClientError):
                await client.set_component_power_active(
                    charger, each_w, request_lifetime=timedelta(seconds=60)
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    url = os.environ.get("MICROGRID_API_URL", "grpc://[::1]:8800")
    parser.add_argument("url", nargs="?", default=url, help="of the Microgrid API")
    parser.add_argument("--limit", type=float, default=40.0, help="most power to draw from the grid [kW]")
    parser.add_argument("--fuse", type=float, default=63.0, help="most current of each phase [A]")
    arguments = parser.parse_args()
    asyncio.run(share(arguments.url, arguments.limit * 1000.0, arguments.fuse))
