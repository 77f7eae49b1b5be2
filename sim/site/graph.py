"""How a site's components hang together: queries, our rules in the file's words, and the SDK's own graph.

The rules are those of `frequenz-microgrid-component-graph` 0.6.0, which the SDK starts with; it has the last
word. Its import costs 0.15 s, so it happens where it is used.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..components.component_type import ComponentType
from ..components.grid_connection_point import GridConnectionPoint
from ..components.registry import type_of
from ..domain.categories import Category, OperationalMode
from ..files.problems import Finding, one_of, with_article
from .site import Site

if TYPE_CHECKING:
    from frequenz.client.common.microgrid.components import ComponentId
    from frequenz.client.microgrid.component import Component, ComponentConnection
    from frequenz.microgrid_component_graph import ComponentGraph

    SdkGraph: TypeAlias = ComponentGraph[Component, ComponentConnection, ComponentId]

_WITH_TELEMETRY = (OperationalMode.TELEMETRY_ONLY, OperationalMode.CONTROL_AND_TELEMETRY)
_WITH_CONTROL = (OperationalMode.CONTROL_ONLY, OperationalMode.CONTROL_AND_TELEMETRY)
_SDK_NAME = re.compile(r"\b[A-Za-z]+(?:\([^)]*\))?:(\d+)")
"""How the component graph names a component: `Battery(LiIon):12`."""


class Node(NamedTuple):
    """What the graph needs to know of a component; None where a faulty file does not say it."""

    key: str
    id: int | None
    type: ComponentType | None
    parents: tuple[str, ...]
    mode: OperationalMode = OperationalMode.CONTROL_AND_TELEMETRY

    @property
    def category(self) -> Category | None:
        """What clients are told that it is."""
        return None if self.type is None else self.type.category

    @property
    def is_passage(self) -> bool:
        """Whether power merely passes through."""
        return self.type is not None and self.type.is_passage


def nodes_of(site: Site) -> tuple[Node, ...]:
    """Return the nodes of a site, in file order."""
    return tuple(
        Node(
            key,
            component.id,
            type_of(component),
            component.behind,
            component.operational_mode,
        )
        for key, component in site.components.items()
    )


def connections(site: Site) -> tuple[tuple[int, int], ...]:
    """Return all connections of listed components as pairs of ids, the one nearer the grid first, ascending.

    Where a component that is not listed lies between two others, they appear connected.
    """
    nodes = nodes_of(site)
    return _connections(nodes if site.microgrid.list_unsupported else _known_to_sdk(nodes))


def listed_keys(site: Site) -> tuple[str, ...]:
    """Return the keys of the components that clients are told of, in file order.

    Those of categories that today's Python clients do not know are left out unless the site wants them listed.
    """
    everything = site.microgrid.list_unsupported
    return tuple(
        key
        for key, component in site.components.items()
        if everything or type_of(component).sdk_class is not None
    )


def children(site: Site, key: str) -> tuple[str, ...]:
    """Return the keys of the components right behind one, in file order."""
    return tuple(child for child, component in site.components.items() if key in component.behind)


def grid_key(site: Site) -> str:
    """Return the key of the grid connection point."""
    return next(key for key, part in site.components.items() if isinstance(part, GridConnectionPoint))


def topological_order(site: Site) -> tuple[str, ...]:
    """Return all keys, the grid first and parents before children, otherwise in file order."""
    return _parents_first({key: component.behind for key, component in site.components.items()})


def sdk_graph(site: Site) -> SdkGraph:
    """Return the graph that an SDK app would build of a site.

    Raises:
        InvalidGraphError: If the SDK would refuse it; never for a site that `load_site` has returned.
    """
    return _sdk_graph(nodes_of(site), site.microgrid.id)


def formulas(site: Site) -> dict[str, str]:
    """Return the formulas by which an SDK app computes the site's powers, by what they compute."""
    graph = sdk_graph(site)
    categories = {type_of(component).category for component in site.components.values()}
    of_some_sites = {
        Category.EV_CHARGER: ("ev", graph.ev_charger_formula),
        Category.CHP: ("chp", graph.chp_formula),
        Category.WIND_TURBINE: ("wind", graph.wind_turbine_formula),
        Category.STEAM_BOILER: ("boiler", graph.steam_boiler_formula),
    }
    return {
        "grid": graph.grid_formula(),
        "consumer": graph.consumer_formula(),
        "producer": graph.producer_formula(),
        "battery": graph.battery_formula(None),
        "pv": graph.pv_formula(None),
        **{
            name: formula(None)
            for category, (name, formula) in of_some_sites.items()
            if category in categories
        },
    }


def findings(nodes: Iterable[Node]) -> list[Finding]:
    """Return everything that is wrong with how components are connected.

    Args:
        nodes: As far as the file could be read; ids should not be given twice.
    """
    nodes = tuple(nodes)
    ours = [
        *_grid_findings(nodes),
        *_parent_findings(nodes),
        *_cycle_findings(nodes),
        *_child_findings(nodes),
    ]
    if any(node.id is None or node.category is None for node in nodes):
        return ours
    # What the component graph says of components that we have spoken of would be an echo.
    named = {part for finding in ours for part in finding.path[1:2]}
    return ours + [
        finding for about, finding in _sdk_findings(nodes) if not ours or (about and not about & named)
    ]


def _grid_findings(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    grids = [node for node in nodes if node.category is Category.GRID_CONNECTION_POINT]
    if not grids and all(node.category for node in nodes):
        yield Finding(
            ("components",), "without a grid_connection_point", "one of them, with everything else behind it"
        )
    for node in grids:
        if node.parents:
            found = ", ".join(f"'{parent}'" for parent in node.parents)
            yield Finding(
                ("components", node.key, "behind"), found, "nothing, since all else is behind the grid"
            )
    for node in grids[1:]:
        yield Finding(
            ("components", node.key, "category"),
            f"{node.category}, like that of {grids[0].key}",
            "one grid_connection_point per site",
        )


def _parent_findings(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    by_key = {node.key: node for node in nodes}
    for node in nodes:
        if node.category is Category.GRID_CONNECTION_POINT:
            continue
        path = ("components", node.key, "behind")
        if not node.parents:
            yield Finding(path, "missing", one_of(_fitting(node, by_key)) or _wanted(node))
        for parent in dict.fromkeys(node.parents):
            if node.parents.count(parent) > 1:
                yield Finding(path, f"'{parent}' more than once", "each component once")
            if parent == node.key:
                accepted = one_of(_fitting(node, by_key)) or _wanted(node)
                yield Finding(path, f"'{parent}', the component itself", accepted)
            elif parent not in by_key:
                yield Finding(path, f"'{parent}'", one_of(_fitting(node, by_key), parent) or _wanted(node))
            elif wrong := _wrong_behind(node, by_key[parent], by_key):
                fitting = _fitting(node, by_key)
                names = f" ({', '.join(fitting)})" if fitting else ""
                yield Finding(path, f"'{parent}', {wrong}", f"{_wanted(node)}{names}")


def _fitting(node: Node, by_key: Mapping[str, Node]) -> list[str]:
    """Return the keys of what a component could be behind."""
    return [
        other.key
        for other in by_key.values()
        if other is not node and other.category and not _wrong_behind(node, other, by_key)
    ]


def _wrong_behind(node: Node, parent: Node, by_key: Mapping[str, Node]) -> str | None:
    """Say what is wrong with a component being behind another, looking through passages; None if nothing is."""
    if not parent.is_passage:
        return None if parent.category in (None, *_categories(node)) else with_article(str(parent.category))
    for category in _seen_through(parent, by_key):
        if category not in _categories(node):
            return f"{with_article(str(parent.category))} behind {with_article(category)}"
    return None


def _seen_through(passage: Node, by_key: Mapping[str, Node]) -> set[Category]:
    """Return the categories that a passage is behind, with nothing but passages between."""
    seen: set[str] = set()
    found: set[Category] = set()
    waiting = [passage]
    while waiting:
        for key in waiting.pop().parents:
            node = by_key.get(key)
            if node is None or node.category is None or key in seen:
                continue
            seen.add(key)
            if node.is_passage:
                waiting.append(node)
            else:
                found.add(node.category)
    return found


def _categories(node: Node) -> tuple[Category, ...]:
    return tuple(Category) if node.type is None else node.type.behind


def _wanted(node: Node) -> str:
    return " or ".join(with_article(category) for category in _categories(node))


def _cycle_findings(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    keys = {node.key for node in nodes}
    parents = {
        node.key: ()
        if node.category is Category.GRID_CONNECTION_POINT
        else tuple(parent for parent in node.parents if parent in keys and parent != node.key)
        for node in nodes
    }
    placed = set(_parents_first(parents))
    seen: set[str] = set()
    for start in parents:
        way: list[str] = []
        key = start
        while key not in placed and key not in seen:
            seen.add(key)
            way.append(key)
            key = next(parent for parent in parents[key] if parent not in placed)
        if key in way:
            yield _cycle_finding(way[way.index(key) :], nodes)


def _cycle_finding(cycle: list[str], nodes: tuple[Node, ...]) -> Finding:
    first = next(node.key for node in nodes if node.key in cycle)
    at = cycle.index(first)
    around = [*cycle[at:], *cycle[:at], first]
    found = f"'{around[1]}', which closes a circle ({' behind '.join(around)})"
    return Finding(("components", first, "behind"), found, "a way to the grid")


def _child_findings(nodes: tuple[Node, ...]) -> Iterator[Finding]:
    is_parent = {parent for node in nodes for parent in node.parents if parent != node.key}
    for node in nodes:
        if node.key in is_parent:
            continue
        if node.type is not None and node.type.needs_behind_it is not None:
            yield Finding(
                ("components", node.key),
                "without a battery behind it"
                if node.category is Category.BATTERY_INVERTER
                else "without anything behind it",
                node.type.needs_behind_it,
            )


def _parents_first(parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Sort keys so that parents come first; what is on a cycle or behind one is left out."""
    position = {key: index for index, key in enumerate(parents)}
    keys = list(parents)
    waiting = {key: len(set(own)) for key, own in parents.items()}
    behind: dict[str, list[str]] = {key: [] for key in parents}
    for key, own in parents.items():
        for parent in set(own):
            behind[parent].append(key)
    ready = [position[key] for key, count in waiting.items() if count == 0]
    heapify(ready)
    order = []
    while ready:
        key = keys[heappop(ready)]
        order.append(key)
        for child in behind[key]:
            waiting[child] -= 1
            if waiting[child] == 0:
                heappush(ready, position[child])
    return tuple(order)


def _connections(nodes: Iterable[Node]) -> tuple[tuple[int, int], ...]:
    ids = {node.key: node.id for node in nodes}
    pairs = {(ids.get(parent), node.id) for node in nodes for parent in node.parents}
    return tuple(sorted((source, end) for source, end in pairs if source and end and source != end))


def _known_to_sdk(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Leave out nodes that the SDK does not know; what is behind them moves up to what they are behind."""
    hidden = {
        node.key: node.parents for node in nodes if node.type is not None and node.type.sdk_class is None
    }

    def above(key: str, seen: tuple[str, ...] = ()) -> tuple[str, ...]:
        if key not in hidden or key in seen:
            return (key,)
        return tuple(end for parent in hidden[key] for end in above(parent, (*seen, key)))

    return tuple(
        node._replace(parents=tuple(dict.fromkeys(end for parent in node.parents for end in above(parent))))
        if hidden.keys() & set(node.parents)
        else node
        for node in nodes
        if node.key not in hidden
    )


def _sdk_findings(nodes: tuple[Node, ...]) -> list[tuple[set[str], Finding]]:
    """Return what the SDK's graph refuses, and the keys of the components that each refusal is about."""
    from frequenz.microgrid_component_graph import InvalidGraphError  # noqa: PLC0415

    try:
        _sdk_graph(nodes, 1)
    except InvalidGraphError as error:
        lines = str(error).removeprefix("Graph validation failed:").strip().splitlines()
        return [_sdk_finding(line.strip(), {str(node.id): node.key for node in nodes}) for line in lines]
    return []


def _sdk_finding(line: str, keys: dict[str, str]) -> tuple[set[str], Finding]:
    """Say with our keys what a line such as `Meter:2 must have at least one successor.` says with ids."""
    about = [keys[number] for number in _SDK_NAME.findall(line) if number in keys]
    words = _SDK_NAME.sub(lambda match: keys.get(match[1], match[0]), line).removesuffix(".")
    found = f"refused by the SDK's component graph ({words})"
    return set(about), Finding(("components", *about[:1]), found, "a graph that the SDK can start with")


def _sdk_graph(nodes: Iterable[Node], microgrid_id: int) -> SdkGraph:
    from frequenz.client.common.microgrid import MicrogridId  # noqa: PLC0415
    from frequenz.client.microgrid import component as sdk  # noqa: PLC0415
    from frequenz.microgrid_component_graph import ComponentGraph  # noqa: PLC0415

    nodes = _known_to_sdk(nodes)
    with warnings.catch_warnings():
        # The client library asks for ids of a class that it marks as deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        from frequenz.client.common.microgrid.components import ComponentId  # noqa: PLC0415

        def component(node: Node) -> Component:
            assert node.id is not None
            assert node.type is not None
            assert node.type.sdk_class is not None
            known: dict[str, Any] = {
                "id": ComponentId(node.id),
                "microgrid_id": MicrogridId(microgrid_id),
                "_provides_telemetry": node.mode in _WITH_TELEMETRY,
                "_accepts_control": node.mode in _WITH_CONTROL,
            }
            made: Component = getattr(sdk, node.type.sdk_class)(**known, **node.type.sdk_fields)
            return made

        links = [
            sdk.ComponentConnection(source=ComponentId(source), destination=ComponentId(destination))
            for source, destination in _connections(nodes)
        ]
        return ComponentGraph([component(node) for node in nodes], links)
