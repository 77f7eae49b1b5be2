"""Radial networks, each as a site and as what power-grid-model solves: one description, two ways to its voltages."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import power_grid_model as pgm
import yaml

from doppelgrid.sim.components.line import line_preset
from doppelgrid.sim.components.power_transformer import VectorGroup, transformer_preset
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import parse_site

NOON = datetime(2026, 6, 15, 12)
HIGH_V, LOW_V = 20e3, 400.0
_INPUT = pgm.DatasetType.input


class Impedance(NamedTuple):
    """A line by its impedances [Ω]."""

    resistance: float
    reactance: float
    zero_resistance: float
    zero_reactance: float


class Cable(NamedTuple):
    """A line by its type."""

    type: str
    length_m: float


class Load(NamedTuple):
    """What is drawn at a node, in equal parts from phases."""

    power_w: float
    power_factor: float
    phases: tuple[int, ...]

    @property
    def reactive_var(self) -> float:
        return abs(self.power_w) * math.tan(math.acos(self.power_factor))


class Node(NamedTuple):
    """A meter at the end of a line, and loads there."""

    parent: int
    """One of the nodes before it, by its number."""
    line: Impedance | Cable
    loads: tuple[Load, ...] = ()


class Transformer(NamedTuple):
    group: VectorGroup
    preset: str
    rated_va: float
    line: Impedance | None = None
    """By which it is joined to the grid."""


class Network(NamedTuple):
    """Its first node is at the grid connection point, the second behind the transformer, if there is one."""

    short_circuit_va: float
    r_x: float
    grid_pu: float
    transformer: Transformer | None
    nodes: tuple[Node, ...]

    @property
    def keys(self) -> list[str]:
        """Of the components at which nodes are, as they are numbered."""
        return [
            "grid",
            *(["trafo"] if self.transformer else []),
            *(f"n{place}" for place, _ in self.placed()),
        ]

    def placed(self) -> list[tuple[int, Node]]:
        """Return all nodes that are the ends of lines with their numbers."""
        return list(enumerate(self.nodes, start=1 if self.transformer is None else 2))

    @property
    def grid_v(self) -> float:
        return LOW_V if self.transformer is None else HIGH_V


def plant_of(network: Network) -> Plant:
    """Return the plant of a network at noon, with its voltages found."""
    site = parse_site(yaml.safe_dump(site_file(network), allow_unicode=True), "network.yaml")
    plant = Plant(site, start_us=site.moment_us(NOON), seed=0)
    plant.operating_point.solve()
    return plant


def site_file(network: Network) -> dict[str, Any]:
    """Return what a site file says of a network."""
    phase_v = f"{network.grid_pu * network.grid_v / math.sqrt(3.0)!r} V"
    components: dict[str, Any] = {
        "grid": {
            "id": 1, "category": "grid_connection_point", "voltage": f"{network.grid_v} V",
            "short_circuit_power": f"{network.short_circuit_va} VA", "short_circuit_r_x": network.r_x,
            "voltages": {"phases": [phase_v] * 3},
        }
    }  # fmt: skip
    if network.transformer is not None:
        own = network.transformer
        components["trafo"] = {
            "id": 2, "category": "power_transformer", "behind": "grid", "preset": own.preset,
            "rated_apparent_power": f"{own.rated_va} VA", "vector_group": own.group,
            **({} if own.line is None else {"line": _line(own.line)}),
        }  # fmt: skip
    for place, node in network.placed():
        key = f"n{place}"
        behind = network.keys[node.parent]
        components[key] = {"id": 100 * place, "category": "meter", "behind": behind, "line": _line(node.line)}
        for number, load in enumerate(node.loads, start=1):
            components[f"{key}-{number}"] = {
                "id": 100 * place + number, "category": "meter", "behind": key, "load": f"{load.power_w} W",
                "power_factor": load.power_factor, "phases": list(load.phases),
            }  # fmt: skip
    return {"microgrid": {"id": 1}, "components": components}


def _line(line: Impedance | Cable) -> dict[str, str]:
    if isinstance(line, Cable):
        return {"type": line.type, "length": f"{line.length_m} m"}
    return {
        "resistance": f"{line.resistance!r} Ω", "reactance": f"{line.reactance!r} Ω",
        "zero_sequence_resistance": f"{line.zero_resistance!r} Ω",
        "zero_sequence_reactance": f"{line.zero_reactance!r} Ω",
    }  # fmt: skip


class Solution(NamedTuple):
    """What power-grid-model finds."""

    phases_pu: npt.NDArray[np.complex128]
    """By node and phase, with angles to the grid's first before its impedance."""
    grid_w: npt.NDArray[np.float64]
    grid_var: npt.NDArray[np.float64]


def solved_by_power_grid_model(network: Network, *, has_our_shunts: bool = False) -> Solution:
    """Return what power-grid-model finds for a network.

    Args:
        network: Of a few nodes.
        has_our_shunts: Whether magnetising currents of the zero sequence are where we have them. Behind a delta
            power-grid-model lets all of them flow at the far end, from where a half is moved to the near one.

    Raises:
        power_grid_model.errors.PowerGridError: If it finds nothing.
    """
    tables = _Tables(network).tables(has_our_shunts)
    model = pgm.PowerGridModel({kind: rows for kind, rows in tables.items() if len(rows)})
    found: Any = model.calculate_power_flow(symmetric=False, error_tolerance=1e-12, max_iterations=50)
    nodes = found[pgm.ComponentType.node][: len(network.keys)]
    voltages = nodes["u_pu"] * np.exp(1j * nodes["u_angle"])
    source = found[pgm.ComponentType.source]
    return Solution(voltages, source["p"][0], source["q"][0])


class _Tables:
    """Nodes have the numbers of the network's from 0; behind them is the one between a transformer and its line."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lines: list[tuple[int, int, Impedance, float]] = []
        self._next = 1000
        nodes = network.placed()
        for place, node in nodes:
            self._lines.append((node.parent, place, *_impedance(node.line)))
        self._primary = 0
        own = network.transformer
        if own is not None and own.line is not None:
            self._primary = len(network.keys)
            self._lines.append((0, self._primary, own.line, 0.0))

    def tables(self, has_our_shunts: bool) -> dict[pgm.ComponentType, npt.NDArray[Any]]:
        network = self._network
        own = network.transformer
        rated_v = [network.grid_v] + [LOW_V] * (len(network.keys) - 1) + [HIGH_V] * (self._primary > 0)
        nodes = self._table(pgm.ComponentType.node, len(rated_v))
        nodes["id"], nodes["u_rated"] = np.arange(len(rated_v)), rated_v
        source = self._table(pgm.ComponentType.source, 1)
        source["node"], source["status"], source["u_ref"] = 0, 1, network.grid_pu
        # Its source has no voltage factor.
        source["sk"], source["rx_ratio"], source["z01_ratio"] = (
            network.short_circuit_va / 1.1,
            network.r_x,
            1.0,
        )
        tables = {
            pgm.ComponentType.node: nodes, pgm.ComponentType.source: source, pgm.ComponentType.line: self._of_lines(),
            pgm.ComponentType.asym_load: self._of_loads(),
        }  # fmt: skip
        if own is not None:
            tables[pgm.ComponentType.transformer] = self._of_transformer(own)
            if has_our_shunts and own.group != "YNyn0":
                tables[pgm.ComponentType.shunt] = self._of_moved_shunts(own)
        return tables

    def _table(self, kind: pgm.ComponentType, rows: int) -> npt.NDArray[Any]:
        table = pgm.initialize_array(_INPUT, kind, rows)
        table["id"] = np.arange(self._next, self._next + rows)
        self._next += rows
        return table

    def _of_lines(self) -> npt.NDArray[Any]:
        table = self._table(pgm.ComponentType.line, len(self._lines))
        for row, (first, end, line, capacitance_f) in zip(table, self._lines, strict=True):
            row["from_node"], row["to_node"], row["from_status"], row["to_status"] = first, end, 1, 1
            row["r1"], row["x1"], row["r0"], row["x0"] = line
            row["c1"], row["c0"], row["tan1"], row["tan0"] = capacitance_f, capacitance_f, 0.0, 0.0
        return table

    def _of_loads(self) -> npt.NDArray[Any]:
        loads = [(place, load) for place, node in self._network.placed() for load in node.loads]
        table = self._table(pgm.ComponentType.asym_load, len(loads))
        for row, (place, load) in zip(table, loads, strict=True):
            row["node"], row["status"], row["type"] = place, 1, pgm.LoadGenType.const_power
            shares = np.array([phase in load.phases for phase in (1, 2, 3)]) / len(load.phases)
            row["p_specified"], row["q_specified"] = load.power_w * shares, load.reactive_var * shares
        return table

    def _of_transformer(self, own: Transformer) -> npt.NDArray[Any]:
        table = self._table(pgm.ComponentType.transformer, 1)
        params = transformer_preset(own.preset, own.rated_va)
        table["from_node"], table["to_node"], table["from_status"], table["to_status"] = (
            self._primary,
            1,
            1,
            1,
        )
        table["u1"], table["u2"], table["sn"] = HIGH_V, LOW_V, own.rated_va
        table["uk"] = math.hypot(params.load_loss_w, params.load_var) / own.rated_va
        table["pk"], table["p0"] = params.load_loss_w, params.no_load_loss_w
        table["i0"] = math.hypot(params.no_load_loss_w, params.no_load_var) / own.rated_va
        is_delta = own.group.startswith("D")
        table["winding_from"] = pgm.WindingType.delta if is_delta else pgm.WindingType.wye_n
        table["winding_to"] = pgm.WindingType.wye_n
        table["clock"] = int(own.group.lstrip("DYNyn"))
        for name in ("tap_side", "tap_pos", "tap_min", "tap_max", "tap_nom", "tap_size"):
            table[name] = 0
        return table

    def _of_moved_shunts(self, own: Transformer) -> npt.NDArray[Any]:
        table = self._table(pgm.ComponentType.shunt, 2)
        params = transformer_preset(own.preset, own.rated_va)
        ends = ((self._primary, HIGH_V, 0.5), (1, LOW_V, -0.5))
        for row, (node, nominal_v, part) in zip(table, ends, strict=True):
            row["node"], row["status"], row["g1"], row["b1"] = node, 1, 0.0, 0.0
            row["g0"] = part * params.no_load_loss_w / nominal_v**2
            row["b0"] = -part * params.no_load_var / nominal_v**2
        return table


def _impedance(line: Impedance | Cable) -> tuple[Impedance, float]:
    if isinstance(line, Impedance):
        return line, 0.0
    cable = line_preset(line.type, line.length_m)
    own = Impedance(
        cable.resistance_ohm, cable.reactance_ohm, cable.zero_resistance_ohm, cable.zero_reactance_ohm
    )
    return own, cable.capacitance_f


def phases_v(plant: Plant, *keys: str) -> npt.NDArray[np.float64]:
    """Return the voltages of components to neutral, by component and phase [V]."""
    return np.array([plant.readings.phase_voltages(key) for key in keys])


def phases_pu(plant: Plant) -> npt.NDArray[np.complex128]:
    """Return the voltages of all nodes to neutral with their angles, by node and phase [pu]."""
    return np.array(
        [
            [
                complex(node.real_1, node.imag_1),
                complex(node.real_2, node.imag_2),
                complex(node.real_3, node.imag_3),
            ]
            for node in plant.numbers[1].nodes
        ]
    )
