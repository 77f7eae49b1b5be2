"""What an application does to a site that a test lives in."""

from __future__ import annotations

from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient

from doppelgrid.scenarios.testing import SiteHandle


async def command(site: SiteHandle, watts: float) -> None:
    """Tell the battery inverter a power, as an application would."""
    async with MicrogridApiClient(site.url) as client:
        await client.set_component_power_active(ComponentId(site["bat-inv"].id), watts)
