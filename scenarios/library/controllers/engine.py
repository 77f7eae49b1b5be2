"""Run a CHP while a site would draw too much: a small application on the Microgrid API's client.

python engine.py grpc://[::1]:8800 --limit 40
"""

import argparse
import asyncio
import contextlib
import os
from datetime import timedelta

from frequenz.client.microgrid import ApiClientError, MicrogridApiClient
from frequenz.client.microgrid.component import Chp, GridConnectionPoint
from frequenz.client.microgrid.metrics import Metric

LEAST_W, MOST_W = 25e3, 50e3
"""Between which the engine runs, once it does [W]."""
RUN_S, RENEWAL_S, PATIENCE_S = 1200.0, 20.0, 60.0
"""For how long it runs at least, after how long it is told again, and after how long again where it refused [s]."""


async def run_engine(url: str, limit_w: float) -> None:
    """Let the engine give what the site would draw beyond a limit.

    Args:
        url: Of the Microgrid API.
        limit_w: Most power to draw from the grid [W].
    """
    client = MicrogridApiClient(url)
    components = list(await client.list_components())
    grid = next(each for each in components if isinstance(each, GridConnectionPoint))
    engine = next(each for each in components if isinstance(each, Chp))
    meter = next(iter(await client.list_connections(sources=[grid]))).destination
    meters = client.receive_component_data_samples_stream(meter, [Metric.AC_POWER_ACTIVE])
    engines = client.receive_component_data_samples_stream(engine, [Metric.AC_POWER_ACTIVE])
    loop = asyncio.get_running_loop()
    told_s = until_s = -PATIENCE_S
    async for data in meters:
        given = await engines.receive()
        drawn_w, engine_w = (
            next((sample.as_single_value() for sample in each.metric_samples), None) for each in (data, given)
        )
        if drawn_w is None or engine_w is None:
            continue
        missing_w = drawn_w - engine_w - limit_w
        if missing_w > 0.0 and loop.time() > until_s:
            until_s = loop.time() + RUN_S
        if loop.time() > until_s or loop.time() - told_s < RENEWAL_S:
            continue
        told_s = loop.time()
        try:
            wanted_w = -min(max(missing_w + 2e3, LEAST_W), MOST_W)
            await client.set_component_power_active(engine, wanted_w, request_lifetime=timedelta(seconds=60))
        except ApiClientError:
            # Somebody has to look after it first.
            told_s += PATIENCE_S - RENEWAL_S


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    url = os.environ.get("MICROGRID_API_URL", "grpc://[::1]:8800")
    parser.add_argument("url", nargs="?", default=url, help="of the Microgrid API")
    parser.add_argument("--limit", type=float, default=40.0, help="most power to draw from the grid [kW]")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run_engine(arguments.url, arguments.limit * 1000.0))
