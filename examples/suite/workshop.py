"""The site of this suite, and what its bills are made of."""

from datetime import timedelta

from frequenz.quantities import Power

from doppelgrid.scenarios.testing import SiteHandle

QUARTER = timedelta(minutes=15)


def workshop(*, initial_soc: str = "60 %") -> str:
    """Return a workshop with a battery and a PV plant, as the text of a site file."""
    return f"""
microgrid:
  id: 2201
  name: workshop
  location: {{latitude: 52.52, longitude: 13.40, timezone: Europe/Berlin, country_code: DE}}
telemetry: {{interval: 1 s}}
components:
  grid:     {{id: 1, category: grid_connection_point, rated_fuse_current: 200 A}}
  main:     {{id: 2, category: meter, behind: grid}}
  bat-inv:  {{id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}}
  battery:  {{id: 12, category: battery, behind: bat-inv, preset: lfp-92kwh, initial_soc: {initial_soc}}}
  pv-inv:   {{id: 21, category: pv_inverter, behind: main, rated_power: 12 kW}}
  machines:
    id: 31
    category: meter
    behind: main
    load:
      profile: inline
      noise: {{amplitude: 5 %, step: 20 s}}
      points:
        - {{at: "00:00", value: 6 kW}}
        - {{at: "06:00", value: 20 kW}}
        - {{at: "12:15", value: 12 kW}}
        - {{at: "13:00", value: 40 kW}}
        - {{at: "16:00", value: 20 kW}}
        - {{at: "20:00", value: 6 kW}}
"""


async def highest_quarter_hour(site: SiteHandle, hours: float) -> Power:
    """Let hours pass, and return the highest mean power of a quarter of an hour drawn from the grid meanwhile."""
    imported = site["main"].metric("AC_ENERGY_ACTIVE_CONSUMED")
    highest, before = Power.zero(), imported.value
    for _ in range(round(hours * 4)):
        await site.run_for(QUARTER)
        after = imported.value
        highest, before = max(highest, (after - before) / QUARTER), after
    return highest
