"""How the components of a site hang together."""

from __future__ import annotations

import pytest

from doppelgrid.sim.site.graph import (
    children,
    connections,
    findings,
    formulas,
    grid_key,
    nodes_of,
    sdk_graph,
    topological_order,
)
from doppelgrid.sim.site.reader import load_site, parse_site
from doppelgrid.sim.site.site import Site


@pytest.fixture(scope="module")
def commercial() -> Site:
    return load_site("commercial")


def test_connections_point_away_from_the_grid_in_ascending_order(commercial: Site) -> None:
    pairs = connections(commercial)
    assert pairs[:2] == ((1, 2), (2, 10))
    assert pairs == tuple(sorted(pairs))
    assert {(21, 23), (22, 23)} <= set(pairs)


def test_the_sdk_builds_its_graph_from_the_same_connections(commercial: Site) -> None:
    graph = sdk_graph(commercial)
    assert sorted((int(link.source), int(link.destination)) for link in graph.connections()) == list(
        connections(commercial)
    )


def test_children_come_in_file_order(commercial: Site) -> None:
    assert children(commercial, "bat-inv-1") == ("battery-1a", "battery-1b")
    assert children(commercial, "bat-inv-2a") == children(commercial, "bat-inv-2b") == ("battery-2",)
    assert children(commercial, "battery-2") == ()


UPSIDE_DOWN = """\
microgrid: {id: 1}
components:
  battery: {id: 6, category: battery, behind: inverter}
  b:       {id: 5, category: meter, behind: main}
  inverter: {id: 4, category: battery_inverter, behind: main, rated_power: 5 kW}
  a:       {id: 3, category: meter, behind: main}
  main:    {id: 2, category: meter, behind: point}
  point:   {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}
"""


def test_parents_come_before_children_and_otherwise_in_file_order() -> None:
    site = parse_site(UPSIDE_DOWN, "a.yaml")
    assert topological_order(site) == ("point", "main", "b", "inverter", "battery", "a")
    assert grid_key(site) == "point"


def test_the_formulas_are_those_of_the_sdk() -> None:
    assert formulas(parse_site(UPSIDE_DOWN, "a.yaml")) == {
        "grid": "#2",
        "consumer": "#2 - COALESCE(#4, 0.0)",
        "producer": "0.0",
        "battery": "COALESCE(#4, 0.0)",
        "pv": "0.0",
    }


def test_a_meter_without_telemetry_is_left_out_of_the_formulas() -> None:
    text = UPSIDE_DOWN.replace("behind: point", "behind: point, operational_mode: inactive")
    assert "#2" not in formulas(parse_site(text, "a.yaml"))["grid"]


def test_a_chain_of_two_thousand_meters_is_no_problem(commercial: Site) -> None:
    first, second = nodes_of(commercial)[:2]
    chain = [second._replace(key=f"m{n}", id=1000 + n, parents=(f"m{n - 1}",)) for n in range(1, 2000)]
    nodes = [first, chain[0]._replace(key="m0", id=1000, parents=("grid",)), *chain]
    assert findings(nodes) == []


def test_a_circle_of_two_thousand_meters_is_one_finding(commercial: Site) -> None:
    first, second = nodes_of(commercial)[:2]
    circle = [second._replace(key=f"m{n}", id=1000 + n, parents=(f"m{(n - 1) % 2000}",)) for n in range(2000)]
    found = findings([first, second, *circle])
    assert [finding.path for finding in found] == [("components", "m0", "behind")]
