"""One component of a site that has little else: its section, its parameters, what is built of it, its refusal."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.components.component_type import Built
from doppelgrid.sim.components.rating import Rating
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.inputs.signal import Constant
from doppelgrid.sim.site.environment import grid_facts, settings
from doppelgrid.sim.site.reader import SiteError, parse_site

BASE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  it: {id: 2, category: %s, behind: grid, %s}
  main: {id: 9, category: meter, behind: grid, load: 1 kW}
"""
START_US = 1_750_000_000_000_000
KW = 1e3


def section(category: str, keys: str) -> Any:
    return parse_site(BASE % (category, keys), "berlin.yaml").components["it"]


def refusal(category: str, keys: str) -> str:
    with pytest.raises(SiteError) as refused:
        section(category, keys)
    (said,) = str(refused.value).splitlines()
    return said.removeprefix("berlin.yaml:4: it.")


def params(category: str, keys: str) -> Any:
    site = parse_site(BASE % (category, keys), "berlin.yaml")
    kind = type_of(site.components["it"])
    assert kind.params is not None
    return kind.params(site.components["it"], grid_facts(site))


def built(category: str, keys: str, *, ambient_c: float = 20.0) -> Built:
    site = parse_site(BASE % (category, keys), "berlin.yaml")
    where = settings(site, Constant(ambient_c), start_us=START_US, seed=3)
    return type_of(site.components["it"]).build(site.components["it"], where["it"])


def rating(category: str, keys: str) -> Rating:
    machine = built(category, keys).machine
    assert machine is not None
    assert machine.rating is not None
    return machine.rating


def caption(category: str, keys: str) -> list[str]:
    it = section(category, keys)
    return type_of(it).caption(it)
