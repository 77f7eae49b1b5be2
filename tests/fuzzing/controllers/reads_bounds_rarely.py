"""Discharges by half of what it may, and asks once a minute what that is: the site may change its mind meanwhile."""

import asyncio
from datetime import timedelta

from frequenz.client.base.exception import ApiClientError
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.client.microgrid.metrics import Metric

INVERTER = ComponentId(3)


async def least_power(client: MicrogridApiClient) -> float:
    """Return the power by which the inverter may discharge most [W]."""
    async for data in client.receive_component_data_samples_stream(INVERTER, [Metric.AC_POWER_ACTIVE]):
        for sample in data.metric_samples:
            if sample.bounds and sample.bounds[0].lower is not None:
                return sample.bounds[0].lower
    raise ConnectionError


async def discharge() -> None:
    """Command every few seconds by bounds that are up to a minute old."""
    client = MicrogridApiClient("grpc://[::1]:8800")
    while True:
        power = 0.5 * await least_power(client)
        for _ in range(10):
            try:
                await client.set_component_power_active(
                    INVERTER, power, request_lifetime=timedelta(seconds=20)
                )
            except ApiClientError as error:
                print("refused:", error)
            await asyncio.sleep(6.0)


asyncio.run(discharge())
