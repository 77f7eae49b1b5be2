"""What the published client learns of a connection point whose fuse is not known, and of its limits."""

from __future__ import annotations

from typing import Any

import pytest
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.client.microgrid.component import GridConnectionPoint
from frequenz.client.microgrid.metrics import Metric

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SITE = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point%s}
  main: {id: 2, category: meter, behind: grid, load: 1 kW}
"""


async def connection_point(site: Any) -> GridConnectionPoint:
    components = await MicrogridApiClient(site.url).list_components()
    (found,) = [component for component in components if isinstance(component, GridConnectionPoint)]
    return found


@pytest.mark.parametrize("site", [SITE % ""], indirect=True)
async def test_one_without_a_known_fuse_says_nothing_of_it(site: Any) -> None:
    """The client reads a missing number as 0."""
    assert (await connection_point(site)).rated_fuse_current == 0


@pytest.mark.parametrize("site", [SITE % ", rated_fuse_current: 63 A"], indirect=True)
async def test_a_known_fuse_is_told(site: Any) -> None:
    assert (await connection_point(site)).rated_fuse_current == 63


@pytest.mark.parametrize(
    ("site", "lower_w"),
    [
        (SITE % ", rated_power: 40 kW", -40e3),
        (SITE % ", rated_power: 40 kW, rated_export_power: 0 W", 0.0),
    ],
    indirect=["site"],
)
async def test_the_agreed_power_is_its_rated_bounds(site: Any, lower_w: float) -> None:
    bounds = (await connection_point(site)).rated_bounds[Metric.AC_ACTIVE_POWER]
    assert (bounds.lower, bounds.upper) == (lower_w, 40e3)
