"""Pass on the grid operator's dimming to each controllable consumer: a small application on the Microgrid API's client.

    python dimming.py grpc://[::1]:8800 --usual 43

While the connection point may draw less than usual, every consumer gets 4.2 kW; otherwise what it can take.
"""

import argparse
import asyncio
import contextlib
import os
from datetime import timedelta

from frequenz.client.microgrid import ApiClientError, MicrogridApiClient
from frequenz.client.microgrid.component import EvCharger, GridConnectionPoint, Hvac
from frequenz.client.microgrid.metrics import Metric

LEAST_W = 4200.0
"""What each consumer keeps, however much the grid lacks [W]."""
RENEWAL_S = 20.0
LIFETIME = timedelta(seconds=60)


async def pass_on(url: str, usual_w: float) -> None:
    """Hold consumers to 4.2 kW while the connection point's bound is below the usual one.

    Args:
        url: Of the Microgrid API.
        usual_w: What the connection may draw when nobody dims it [W].
    """
    client = MicrogridApiClient(url)
    components = list(await client.list_components())
    grid = next(each for each in components if isinstance(each, GridConnectionPoint))
    consumers = [each for each in components if isinstance(each, EvCharger | Hvac)]
    loop = asyncio.get_running_loop()
    said_s, were_dimmed = -RENEWAL_S, False
    async for data in client.receive_component_data_samples_stream(grid, [Metric.AC_POWER_ACTIVE]):
        uppers = [
            bound.upper
            for sample in data.metric_samples
            for bound in sample.bounds
            if bound.upper is not None
        ]
        if not uppers:
            continue
        are_dimmed = max(uppers) < usual_w
        # A set-point that is not renewed lapses, and the consumer is free again.
        if are_dimmed and (not were_dimmed or loop.time() - said_s >= RENEWAL_S):
            said_s = loop.time()
            for consumer in consumers:
                with contextlib.suppress(ApiClientError):
                    await client.set_component_power_active(consumer, LEAST_W, request_lifetime=LIFETIME)
        were_dimmed = are_dimmed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    url = os.environ.get("MICROGRID_API_URL", "grpc://[::1]:8800")
    parser.add_argument("url", nargs="?", default=url, help="of the Microgrid API")
    parser.add_argument("--usual", type=float, default=43.0, help="what the connection may draw usually [kW]")
    arguments = parser.parse_args()
    asyncio.run(pass_on(arguments.url, arguments.usual * 1000.0))
