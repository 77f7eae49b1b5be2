"""The balance of every node of a site: what flows in flows out, by what the hardware does.

Held against sums of its own, from the wiring and the inputs, not against those of the kernel. By active power every
node is held to it, with what its load's input says and what is lost in it; nodes without loads and losses also phase
by phase and by reactive power, and by energy those of them behind which nothing hangs that has other ways to the grid.
What is lost in a line or a transformer of a network counts with the node that it leads on from, by the voltages and the
currents at its ends. What loads and losses amount to between two samplings nothing but the kernel knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ....models.throughput import ThroughputParams, throughput_loss_w
from ....sim.kernel.layout import LoadLayout, NodeLayout
from ....sim.kernel.memory import ComponentMemory, NodeMemory
from ....sim.plant.plant import Plant
from .breach import Breach

_LEAST_W = 1e-3
_LEAST_WH = 1e-6
_SHARE = 1e-9
"""What rounding may leave, at least and of the sum."""


@dataclass(slots=True)
class _Node:
    """A component on the AC side through which others draw, or which draws what an input says."""

    key: str
    flow: ComponentMemory
    alone: list[ComponentMemory] = field(default_factory=list)
    """Components behind it and nothing else."""
    shared: list[tuple[ComponentMemory, list[ComponentMemory]]] = field(default_factory=list)
    """Components behind it and others, each with all that it is behind."""
    load: LoadLayout | None = None
    losing: ThroughputParams | None = None
    lines: list[tuple[NodeLayout, NodeMemory, NodeMemory]] = field(default_factory=list)
    """What leads on from it in a network: a row of it, and those of its near and of its far end."""

    @property
    def is_lossless(self) -> bool:
        """Whether it only passes on what flows."""
        return self.load is None and self.losing is None and not self.lines


class NodeBalance:
    """Looks at what flows in and out of every node."""

    def __init__(self, plant: Plant) -> None:
        """Find the nodes of a plant."""
        layout, self._memory, machines = plant.numbers
        rows = self._memory.components
        nodes = [_Node(key, row) for key, row in zip(plant.wiring.order, rows, strict=True)]
        for number, place in enumerate(layout.components):
            parents = [layout.parents[each] for each in range(place.first_parent, place.end_parent)]
            if place.is_ac:
                for parent in parents:
                    if len(parents) == 1:
                        nodes[parent].alone.append(rows[number])
                    else:
                        nodes[parent].shared.append((rows[number], [rows[each] for each in parents]))
            if place.throughput >= 0:
                nodes[number].losing = layout.throughputs[place.throughput]
        for line, far in zip(layout.nodes, self._memory.nodes, strict=True):
            if line.parent >= 0:
                nodes[layout.ways[line.first_way]].lines.append((line, self._memory.nodes[line.parent], far))
        for load in layout.loads:
            nodes[load.component].load = load
        draws_itself = {inverter.component for inverter in layout.inverters}
        draws_itself |= {component for members in machines.values() for component in members.component}
        draws_itself |= {load.component for load in layout.loads if load.mix >= 0}
        self._nodes = [
            node
            for number, node in enumerate(nodes)
            if (node.alone or node.shared or node.load) and number not in draws_itself
        ]
        self._inverters = [
            (plant.wiring.order[place.component], rows[place.component], now)
            for place, now in zip(layout.inverters, self._memory.inverters, strict=True)
        ]
        self._groups = [
            (
                [layout.group_inverters[each] for each in range(group.first_inverter, group.end_inverter)],
                [layout.group_batteries[each] for each in range(group.first_battery, group.end_battery)],
            )
            for group in layout.groups
        ]

    def look(self) -> Iterator[Breach]:
        """Yield keys of nodes where something is missing or too much, and what; flows must be known."""
        for node in self._nodes:
            said = self._of_phases(node) or self._of_energy(node)
            if said is not None:
                yield Breach(node.key, said)
        for key, flow, now in self._inverters:
            if flow.is_closed and not flow.is_cut_off and now.ac_w - now.dc_w < -_allowed_w(now.ac_w):
                yield Breach(
                    key,
                    f"{now.ac_w:.5g} W on its AC side, {now.dc_w:.5g} W on its DC side, which makes energy",
                )
        for inverters, batteries in self._groups:
            taken_w = sum(self._memory.inverters[each].taken_dc_w for each in inverters)
            stored_w = sum(self._memory.batteries[each].dc_w for each in batteries)
            if abs(taken_w - stored_w) > _allowed_w(taken_w):
                yield Breach(
                    self._inverters[inverters[0]][0],
                    f"{taken_w:.5g} W leave the inverters for batteries, which take {stored_w:.5g} W",
                )

    def _of_phases(self, node: _Node) -> str | None:
        one = two = three = reactive_var = 0.0
        for flow in node.alone:
            one += flow.active_1
            two += flow.active_2
            three += flow.active_3
            reactive_var += flow.reactive_1 + flow.reactive_2 + flow.reactive_3
        for flow, parents in node.shared:
            share = _share(node.flow, parents)
            one += share * flow.active_1
            two += share * flow.active_2
            three += share * flow.active_3
            reactive_var += share * (flow.reactive_1 + flow.reactive_2 + flow.reactive_3)
        through = node.flow
        if not node.is_lossless:
            own_w = self._own_w(node, one + two + three, reactive_var)
            in_w, out_w = through.active_1 + through.active_2 + through.active_3, one + two + three + own_w
            return (
                None if abs(in_w - out_w) <= _allowed_w(in_w) else f"{in_w:.8g} W flow in, {out_w:.8g} W out"
            )
        for phase, in_w, out_w in (
            (1, through.active_1, one), (2, through.active_2, two), (3, through.active_3, three)
        ):  # fmt: skip
            if abs(in_w - out_w) > _LEAST_W + _SHARE * abs(in_w):
                return f"{in_w:.8g} W flow in on phase {phase}, {out_w:.8g} W out"
        in_var = through.reactive_1 + through.reactive_2 + through.reactive_3
        if abs(in_var - reactive_var) > _allowed_w(in_var):
            return f"{in_var:.8g} var flow in, {reactive_var:.8g} var out"
        return None

    def _own_w(self, node: _Node, through_w: float, through_var: float) -> float:
        """Return what a node takes itself: what its load's input says, what is lost in it and in lines from it [W]."""
        if not node.flow.is_closed or node.flow.is_cut_off:
            return 0.0
        through_w += (lines_w := sum(self._line_loss_w(*line) for line in node.lines))
        return lines_w + self._drawn_w(node, through_w, through_var)

    def _line_loss_w(self, line: NodeLayout, near: NodeMemory, far: NodeMemory) -> float:
        """Return what a line loses [W]: resistances by the square of what flows in them, conductances of voltages."""
        arriving = self._memory.components[line.component]
        if arriving.is_cut_off:
            return 0.0
        shunt, loss_w, common = complex(line.far_g, line.far_b), 0.0, 0j
        far_v, near_v = _phasors(far), _phasors(near)
        for power, far_pu, near_pu in zip(_powers(arriving), far_v, near_v, strict=True):
            current = (power / far_pu).conjugate() + shunt * far_pu
            common += current
            loss_w += line.resistance * abs(current) ** 2
            loss_w += line.far_g * abs(far_pu) ** 2 + line.near_g * abs(near_pu) ** 2
        return loss_w + line.mutual_resistance * abs(common) ** 2

    def _drawn_w(self, node: _Node, through_w: float, through_var: float) -> float:
        """Return what a node's load draws, and what is lost in what flows through the node [W]."""
        load_w = 0.0 if node.load is None else self._memory.inputs[node.load.signal]
        if node.losing is None:
            return load_w
        return load_w + throughput_loss_w(node.losing, through_w + load_w, through_var)

    def _of_energy(self, node: _Node) -> str | None:
        if not node.is_lossless or node.shared:
            return None
        in_wh = node.flow.consumed_wh - node.flow.delivered_wh
        out_wh = 0.0
        for flow in node.alone:
            out_wh += flow.consumed_wh - flow.delivered_wh
        if abs(in_wh - out_wh) <= _LEAST_WH + _SHARE * (node.flow.consumed_wh + node.flow.delivered_wh):
            return None
        return f"{in_wh:.8g} Wh have flowed in, {out_wh:.8g} Wh out"


def _share(flow: ComponentMemory, parents: list[ComponentMemory]) -> float:
    """Return the part that comes by one of several ways: equal parts by all that conduct."""
    conducting = sum(_conducts(parent) for parent in parents)
    if not conducting:
        return 1.0 / len(parents)
    return 1.0 / conducting if _conducts(flow) else 0.0


def _powers(flow: ComponentMemory) -> tuple[complex, complex, complex]:
    return (
        complex(flow.active_1, flow.reactive_1),
        complex(flow.active_2, flow.reactive_2),
        complex(flow.active_3, flow.reactive_3),
    )


def _phasors(node: NodeMemory) -> tuple[complex, complex, complex]:
    return (
        complex(node.real_1, node.imag_1),
        complex(node.real_2, node.imag_2),
        complex(node.real_3, node.imag_3),
    )


def _conducts(flow: ComponentMemory) -> bool:
    return bool(flow.is_closed) and not flow.is_cut_off


def _allowed_w(power: float) -> float:
    return _LEAST_W + _SHARE * abs(power)
