"""A site file of few lines, to which tests add what is wrong, and what people are told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.sim.site.reader import SiteError, parse_site

HEAD = "microgrid: {id: 1, name: Berlin}\ncomponents:\n"
GRID = "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}\n"
MAIN = "  main: {id: 2, category: meter, behind: grid}\n"
INVERTER = "  bat-inv: {id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}\n"
BATTERY = "  battery: {id: 12, category: battery, behind: bat-inv}\n"
HOUSE = "  house: {id: 31, category: meter, behind: main}\n"
BASE = HEAD + GRID + MAIN
"""A valid site in four lines; what a test adds is on line 5 and below."""


def messages(text: str | bytes, directory: Path = Path()) -> list[str]:
    with pytest.raises(SiteError) as caught:
        parse_site(text, "berlin.yaml", directory=directory)
    return str(caught.value).splitlines()
