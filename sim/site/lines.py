"""Lines of a site: the tree that they and transformers make of it, and what cannot be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from ..components.grid_connection_point import GridConnectionPoint
from ..components.inverter import InverterSection
from ..components.power_transformer import PowerTransformer
from ..components.registry import type_of
from ..components.throughput import Throughput
from ..domain.categories import Category
from ..files.problems import Finding, Place
from .graph import topological_order
from .site import Site

_DIRECT = (Category.BATTERY, Category.CONVERTER, Category.PRECHARGER)
"""Categories that are behind inverters, and have direct current."""
_ALIKE = 1e-3
"""Share by which two nominal voltages may differ that are taken for the same."""


class LineNode(NamedTuple):
    """What is joined without a line, and has the same voltages."""

    key: str
    """Component at which what leads to it ends, a line or a transformer; of the first, the grid connection point."""
    parent: int
    """Node that this comes from; -1 of the first."""
    ways: tuple[str, ...]
    """Components that power flows through on its way from there, the farthest from the grid first."""
    nominal_v: float
    """To neutral [V]."""


def has_lines(site: Site) -> bool:
    """Say whether a site has a network: voltages that go by what flows."""
    return any(
        component.line is not None
        or (isinstance(component, GridConnectionPoint) and component.short_circuit_power_va is not None)
        for component in site.components.values()
    )


def line_nodes(site: Site) -> tuple[tuple[LineNode, ...], dict[str, int]]:
    """Return the nodes of a site with lines, from the grid outwards, and of which each AC component is.

    Where lines are not as they could be (`line_findings`), a component counts as behind the first that it names.
    """
    tree = _Tree(site)
    return tuple(tree.nodes), tree.node_of


def lines_begin_at(site: Site) -> tuple[str, ...]:
    """Return the component that each line or transformer of a network leads on from, in the order of its nodes.

    The node of the grid is left out, as nothing of the site leads to it.
    """
    if not has_lines(site):
        return ()
    return tuple(node.ways[0] for node in line_nodes(site)[0] if node.parent >= 0)


def line_findings(site: Site) -> Iterator[Finding]:
    """Find what of the lines of a site cannot be, or is not known how to be solved."""
    if has_lines(site):
        yield from _Tree(site).findings


class _Tree:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.nodes: list[LineNode] = []
        self.node_of: dict[str, int] = {}
        self.findings: list[Finding] = []
        for key in topological_order(site):
            if type_of(site.components[key]).category in _DIRECT:
                self._refuse_direct(key)
            else:
                self._place(key)
            self._check_volt_var(key)

    def _refuse(self, key: str, name: str, found: str, accepted: str) -> None:
        place: Place = ("components", key, name)
        self.findings.append(Finding(place, found, accepted))

    def _refuse_direct(self, key: str) -> None:
        if self._site.components[key].line is not None:
            self._refuse(
                key, "line", "given", "nothing, as it has direct current: lines join what is on the AC side"
            )

    def _check_volt_var(self, key: str) -> None:
        component = self._site.components[key]
        code = component.grid_code if isinstance(component, InverterSection) else None
        if code is not None and code.volt_var is not None and code.volt_var.response_time_s == 0.0:
            place: Place = ("components", key, "grid_code", "volt_var", "response_time")
            accepted = (
                "more than 0 s where there are lines, such as 10 s: at once, it would answer its own answer"
            )
            self.findings.append(Finding(place, "0 s", accepted))

    def _place(self, key: str) -> None:
        component = self._site.components[key]
        parents = [parent for parent in component.behind if parent in self.node_of]
        if isinstance(component, GridConnectionPoint):
            if component.line is not None:
                self._refuse(key, "line", "given", "short_circuit_power, or voltages with an impedance")
            self.node_of[key] = len(self.nodes)
            self.nodes.append(LineNode(key, -1, (), component.voltage_v / math.sqrt(3.0)))
        elif not parents:
            return
        elif component.line is not None or isinstance(component, PowerTransformer):
            self._begin_node(key, parents)
        else:
            if len({self.node_of[parent] for parent in parents}) > 1:
                self._refuse(
                    key, "behind", ", ".join(parents), "components that no line lies between: no meshes yet"
                )
            self.node_of[key] = self.node_of[parents[0]]

    def _begin_node(self, key: str, parents: list[str]) -> None:
        component = self._site.components[key]
        if len(parents) > 1:
            self._refuse(
                key, "behind", ", ".join(parents), "one component, from which its line leads: no meshes yet"
            )
        parent = self.node_of[parents[0]]
        before_v = after_v = self.nodes[parent].nominal_v
        if isinstance(component, PowerTransformer):
            own_v, after_v = (
                line_v / math.sqrt(3.0)
                for line_v in (component.primary_voltage_v, component.secondary_voltage_v)
            )
            if abs(own_v / before_v - 1.0) > _ALIKE:
                self._refuse(
                    key, "primary_voltage", f"{component.primary_voltage_v:g} V",
                    f"{before_v * math.sqrt(3.0):g} V, the nominal voltage of what it is behind",
                )  # fmt: skip
            if component.short_circuit_share is None:
                self._refuse(
                    key, "short_circuit_voltage", "nothing",
                    "a part of the nominal voltage, or a preset: there are lines, so its impedance counts",
                )  # fmt: skip
        self.node_of[key] = len(self.nodes)
        self.nodes.append(LineNode(key, parent, self._ways(key, parents[0], self.nodes[parent].key), after_v))

    def _ways(self, key: str, first: str, last: str) -> tuple[str, ...]:
        ways = [first]
        self._refuse_converter(key, first, first)
        while ways[-1] != last:
            component = self._site.components[ways[-1]]
            parents = [parent for parent in component.behind if parent in self.node_of]
            if len(parents) > 1:
                self._refuse(
                    key, "behind", first, f"nothing that is behind {' and '.join(parents)}: no meshes yet"
                )
            ways.append(parents[0])
            self._refuse_converter(key, first, ways[-1])
        return tuple(ways)

    def _refuse_converter(self, key: str, first: str, way: str) -> None:
        component = self._site.components[way]
        if isinstance(component, Throughput) and not isinstance(component, PowerTransformer):
            self._refuse(key, "behind", first, f"nothing that {way} supplies: no lines behind converters yet")
