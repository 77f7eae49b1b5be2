"""Lines and transformers of a site as the kernel works on them: per unit of the nominal voltages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ...models.line import LineParams
from ...models.throughput import ThroughputParams
from ..components.grid_connection_point import GridConnectionPoint
from ..components.line import line_params
from ..components.power_transformer import PowerTransformer, VectorGroup
from ..components.section import ComponentSection
from ..kernel.layout import NO_SHIFT, NodeLayout
from ..site.lines import LineNode, has_lines, line_nodes
from ..site.site import Site

_SHIFTS: Mapping[VectorGroup, tuple[int, float]] = {
    "Dyn1": (1, 1.0), "Dyn5": (11, -1.0), "Dyn7": (1, -1.0), "Dyn11": (11, 1.0), "YNyn0": (NO_SHIFT, 1.0),
}  # fmt: skip


class LineRows(NamedTuple):
    """Nodes of a site as rows; empty of a site without lines."""

    nodes: list[NodeLayout]
    ways: list[str]
    """Keys of the components that they name."""
    node_of: dict[str, int]
    """Of each component on the AC side."""
    transformers: frozenset[str]


class _Branch(NamedTuple):
    """What leads to a node, per phase and over the nominal voltages [pu/W], [W/pu]."""

    positive: complex = 0j
    zero: complex = 0j
    near_shunt: complex = 0j
    far_shunt: complex = 0j
    rated_current: float = math.inf
    """[W/pu]."""


def line_rows(
    site: Site, order: Mapping[str, int], passing: Mapping[str, ThroughputParams], frequency_hz: float
) -> LineRows:
    """Return the nodes of a site.

    Args:
        site: A valid site.
        order: Number of each component.
        passing: What transformers take.
        frequency_hz: Nominal frequency [Hz].
    """
    if not has_lines(site):
        return LineRows([], [], {}, frozenset())
    nodes, node_of = line_nodes(site)
    branches = [_branch(site, node, nodes, passing, frequency_hz) for node in nodes]
    rows, ways = [], list[str]()
    for node, branch in zip(nodes, branches, strict=True):
        mutual = (branch.zero - branch.positive) / 3.0
        shift, sign = _shift(site.components[node.key])
        rows.append(
            NodeLayout(
                component=order[node.key],
                parent=node.parent,
                first_way=len(ways),
                end_way=len(ways) + len(node.ways),
                nominal_v=node.nominal_v,
                resistance=branch.positive.real,
                reactance=branch.positive.imag,
                mutual_resistance=mutual.real,
                mutual_reactance=mutual.imag,
                near_g=branch.near_shunt.real,
                near_b=branch.near_shunt.imag,
                far_g=branch.far_shunt.real,
                far_b=branch.far_shunt.imag,
                shift=shift,
                sign=sign,
                rated_current=branch.rated_current,
                has_switch=int(isinstance(site.components[node.key], PowerTransformer)),
            )
        )
        ways += node.ways
    transformers = {node.key for node in nodes if isinstance(site.components[node.key], PowerTransformer)}
    return LineRows(rows, ways, node_of, frozenset(transformers))


def _shift(component: ComponentSection) -> tuple[int, float]:
    return _SHIFTS[component.vector_group] if isinstance(component, PowerTransformer) else (NO_SHIFT, 1.0)


def _branch(
    site: Site,
    node: LineNode,
    nodes: tuple[LineNode, ...],
    passing: Mapping[str, ThroughputParams],
    frequency_hz: float,
) -> _Branch:
    component = site.components[node.key]
    if isinstance(component, GridConnectionPoint):
        impedance = component.source_impedance / node.nominal_v**2
        return _Branch(impedance, impedance)
    branch = _Branch()
    if component.line is not None:
        before_v = nodes[node.parent].nominal_v
        branch = _of_line(line_params(component.line, frequency_hz), before_v, frequency_hz)
    if isinstance(component, PowerTransformer):
        branch = _behind(branch, passing[node.key], component.vector_group)
    return branch


def _of_line(line: LineParams, nominal_v: float, frequency_hz: float) -> _Branch:
    square = nominal_v * nominal_v
    half = complex(0.0, math.pi * frequency_hz * line.capacitance_f * square)
    return _Branch(
        complex(line.resistance_ohm, line.reactance_ohm) / square,
        complex(line.zero_resistance_ohm, line.zero_reactance_ohm) / square,
        half,
        half,
        line.rated_current_a * nominal_v,
    )


def _behind(line: _Branch, params: ThroughputParams, group: VectorGroup) -> _Branch:
    """Return a line, or none, and a transformer at its far end.

    What the two draw where they meet is put to the ends, so that the voltages there are the same.
    """
    third_va = params.rated_apparent_power_va / 3.0
    own = complex(params.load_loss_w, params.load_var) / params.rated_apparent_power_va / third_va
    shunt = complex(params.no_load_loss_w, -params.no_load_var) / 6.0
    between = line.far_shunt + shunt
    positive = line.positive + own
    # A delta on the grid's side leads what the phases have in common in a circle.
    is_open = _SHIFTS[group][0] != NO_SHIFT
    zero = own if is_open else line.zero + own
    return _Branch(
        positive,
        zero,
        line.near_shunt + between * own / positive,
        shunt + between * line.positive / positive,
        min(line.rated_current, third_va),
    )
