"""A peak shaver on the Microgrid API's client, sound but plain, and the places at which the others here are not.

It discharges a battery while the site draws more than 30 kW, and charges it with a part of the room below.
"""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime, timedelta
from math import isnan

from frequenz.client.microgrid import ApiClientError, MicrogridApiClient
from frequenz.client.microgrid.component import BatteryInverter, GridConnectionPoint, Meter
from frequenz.client.microgrid.metrics import Metric

POWER = Metric.AC_POWER_ACTIVE


class Keeper:
    """Keeps a limit. Each method is a place where a controller can be wrong."""

    limit_w = 30e3
    lifetime = timedelta(seconds=60)
    renewal_s = 20.0
    step_w = 300.0
    oldest_s = 5.0

    def __init__(self) -> None:
        self.powers_w: dict[int, float] = {}
        self.times: dict[int, datetime] = {}
        self.bounds_w = (0.0, 0.0)
        self.told_w, self.told_at = 0.0, datetime.min.replace(tzinfo=UTC)

    def drawn_w(self, main: int, parts: list[int]) -> float | None:
        """Return what the site draws: as the main meter says, or what is behind it adds up to if that is more [W]."""
        behind_w = [self.known_w(part) for part in parts]
        added_w = None if None in behind_w else sum(power for power in behind_w if power is not None)
        main_w = self.known_w(main)
        if main_w is None or (added_w is not None and added_w > main_w + 3e3):
            return added_w
        return main_w

    def known_w(self, component: int) -> float | None:
        """Return what a component reports, unless that is NaN or old [W]."""
        power_w = self.powers_w.get(component)
        if power_w is None or isnan(power_w):
            return None
        age_s = (datetime.now(UTC) - self.times[component]).total_seconds()
        return power_w if age_s <= self.oldest_s else None

    def target_w(self, drawn_w: float, battery_w: float) -> float:
        """Return what the battery is to do [W]."""
        room_w = self.limit_w - (drawn_w - battery_w)
        return room_w if room_w < 0.0 else 0.3 * room_w

    def possible_w(self, target_w: float) -> float:
        """Return it within the bounds that the inverter shows [W]."""
        return min(max(target_w, self.bounds_w[0]), self.bounds_w[1])

    def is_due(self, target_w: float) -> bool:
        """Say whether a command is worth while."""
        since_s = (datetime.now(UTC) - self.told_at).total_seconds()
        return abs(target_w - self.told_w) > self.step_w or since_s >= self.renewal_s

    async def run(self, url: str) -> None:
        """Live at a site."""
        client = MicrogridApiClient(url)
        components = list(await client.list_components())
        grid = next(each for each in components if isinstance(each, GridConnectionPoint))
        inverter = next(each for each in components if isinstance(each, BatteryInverter))
        main = next(iter(await client.list_connections(sources=[grid]))).destination
        behind = [each.destination for each in await client.list_connections(sources=[main])]
        meters = [each.id for each in components if isinstance(each, Meter)]
        followers = [
            asyncio.create_task(self._follow(client, component, component == inverter.id))
            for component in {main, inverter.id, *behind, *meters}
        ]
        while True:
            await asyncio.sleep(1.0)
            drawn_w = self.drawn_w(int(main), [int(part) for part in behind])
            battery_w = self.known_w(int(inverter.id))
            if drawn_w is None or battery_w is None:
                continue
            target_w = self.possible_w(self.target_w(drawn_w, battery_w))
            if self.is_due(target_w):
                self.told_w, self.told_at = target_w, datetime.now(UTC)
                with contextlib.suppress(ApiClientError):
                    await client.set_component_power_active(
                        inverter.id, target_w, request_lifetime=self.lifetime
                    )
        await asyncio.gather(*followers)

    async def _follow(self, client: MicrogridApiClient, component: object, has_bounds: bool) -> None:
        async for data in client.receive_component_data_samples_stream(component, [POWER]):
            for sample in data.metric_samples:
                value = sample.as_single_value()
                if value is None:
                    continue
                self.powers_w[int(component)] = value
                self.times[int(component)] = sample.sampled_at
                if has_bounds and sample.bounds:
                    self.bounds_w = (
                        min(bound.lower or 0.0 for bound in sample.bounds),
                        max(bound.upper or 0.0 for bound in sample.bounds),
                    )


def live(keeper: Keeper) -> None:
    """Let it live at the site that the command line names."""
    asyncio.run(keeper.run(sys.argv[1] if len(sys.argv) > 1 else "grpc://[::1]:8800"))


if __name__ == "__main__":
    live(Keeper())
