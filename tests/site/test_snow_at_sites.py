"""Snow on modules belongs to the air of place and season: where a site file gives a temperature, none lies."""

from __future__ import annotations

from datetime import UTC, datetime

from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.site.environment import ambient_signal, settings
from doppelgrid.sim.site.reader import parse_site

SITE = """microgrid: {id: 1, location: {latitude: 52.5, longitude: 13.4, timezone: Europe/Berlin}}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  roof: {id: 2, category: pv_inverter, behind: grid, rated_power: 10 kW, tilt: 0 °}
"""
NOONS_US = [to_us(datetime(2025, 1, day, 11, tzinfo=UTC)) for day in range(1, 29)]


def dark_noons(temperature: str) -> int:
    site = parse_site(f"{SITE}{temperature}", "site.yaml")
    start_us = NOONS_US[0]
    ambient = ambient_signal(site, start_us=start_us, seed=1)
    where = settings(site, ambient, start_us=start_us, seed=1)["roof"]
    array = type_of(site.components["roof"]).build(site.components["roof"], where).array
    assert array is not None
    return sum(array.signal.at(noon_us) == 0.0 for noon_us in NOONS_US)


def test_snow_lies_in_the_winter_of_its_place() -> None:
    assert dark_noons("") > 0


def test_snow_lies_where_the_file_asks_for_the_climate() -> None:
    assert dark_noons("ambient_temperature: {profile: climate}\n") == dark_noons("")


def test_no_snow_lies_where_the_file_gives_a_temperature() -> None:
    assert dark_noons("ambient_temperature: 20 °C\n") == 0
