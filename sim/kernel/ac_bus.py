"""What flows on the AC side where no line is between: a copper plate on which powers add up."""

from __future__ import annotations

from typing import Any

from ...models.fuse import MELTED
from ...models.grid_voltage import INTERRUPTED_BELOW
from ...models.load import LoadInput, LoadOutput, load_output, load_reactive_power_var
from ...models.throughput import throughput_loss_w, throughput_reactive_var
from .layout import Layout
from .memory import Memory


def clear_flows(layout: Layout, memory: Memory) -> None:
    """Begin with no power anywhere."""
    for component in range(len(layout.components)):
        flow = memory.components[component]
        flow.active_1 = flow.active_2 = flow.active_3 = 0.0
        flow.reactive_1 = flow.reactive_2 = flow.reactive_3 = 0.0
        flow.dc_w = 0.0


def put(layout: Layout, memory: Memory, component: int, active_w: float, reactive_var: float) -> None:
    """Let a component draw a power [W], [var], unless it is switched off or the grid does not reach it."""
    flow = memory.components[component]
    if flow.is_closed and not flow.is_cut_off:
        place = layout.components[component]
        flow.active_1 = active_w * place.share_1
        flow.active_2 = active_w * place.share_2
        flow.active_3 = active_w * place.share_3
        flow.reactive_1 = reactive_var * place.share_1
        flow.reactive_2 = reactive_var * place.share_2
        flow.reactive_3 = reactive_var * place.share_3


def put_by_shares(layout: Layout, memory: Memory, component: int, shown: Any) -> None:
    """Let a machine draw what its model shows, on phases by the component's shares."""
    put(layout, memory, component, shown.active_power_w, shown.reactive_power_var)


def put_beside_dc(layout: Layout, memory: Memory, component: int, shown: Any) -> None:
    """Let a machine draw what its model shows, as `put_by_shares`, and have what it shows on its DC side."""
    put(layout, memory, component, shown.active_power_w, shown.reactive_power_var)
    flow = memory.components[component]
    if flow.is_closed and not flow.is_cut_off:
        flow.dc_w = shown.dc_power_w


def put_by_phase(layout: Layout, memory: Memory, component: int, shown: Any) -> None:
    """Let a machine draw what its model shows of each phase; reactive power by the component's shares."""
    put(layout, memory, component, 0.0, shown.reactive_power_var)
    flow = memory.components[component]
    if flow.is_closed and not flow.is_cut_off:
        flow.active_1 = shown.active_1_w
        flow.active_2 = shown.active_2_w
        flow.active_3 = shown.active_3_w


def draw_loads(layout: Layout, memory: Memory) -> None:
    """Let all loads draw what their inputs say."""
    for number in range(len(layout.loads)):
        load = layout.loads[number]
        active_w = memory.inputs[load.signal]
        if load.mix < 0:
            reactive_var = load_reactive_power_var(active_w, load.power_factor)
            put(layout, memory, load.component, active_w, reactive_var)
        elif layout.components[load.component].node >= 0:
            _draw_by_phase(layout, memory, number, active_w)
        else:
            given = LoadInput(active_w, 0.0, _load_voltage_pu(layout, memory, load.component))
            drawn = load_output(layout.mixes[load.mix], given)
            put(layout, memory, load.component, drawn.active_power_w, drawn.reactive_power_var)


def _draw_by_phase(layout: Layout, memory: Memory, number: int, active_w: float) -> None:
    """Let a load draw on each of its phases by the voltage there."""
    component = layout.loads[number].component
    place, flow = layout.components[component], memory.components[component]
    if flow.is_closed and not flow.is_cut_off:
        one = _drawn_on_phase(layout, memory, number, active_w * place.share_1, 0)
        two = _drawn_on_phase(layout, memory, number, active_w * place.share_2, 1)
        three = _drawn_on_phase(layout, memory, number, active_w * place.share_3, 2)
        flow.active_1, flow.reactive_1 = one.active_power_w, one.reactive_power_var
        flow.active_2, flow.reactive_2 = two.active_power_w, two.reactive_power_var
        flow.active_3, flow.reactive_3 = three.active_power_w, three.reactive_power_var


def _drawn_on_phase(layout: Layout, memory: Memory, number: int, active_w: float, phase: int) -> LoadOutput:
    load = layout.loads[number]
    voltage_pu = offered_v(layout, memory, load.component, phase) / nominal_v(layout, load.component)
    return load_output(layout.mixes[load.mix], LoadInput(active_w, 0.0, voltage_pu))


def _load_voltage_pu(layout: Layout, memory: Memory, component: int) -> float:
    """Return the mean voltage of a load's phases, as the grid offers it before its impedance, over the nominal one."""
    place = layout.components[component]
    sum_v = place.share_1 * memory.inputs[layout.phase_voltage_signals[0]]
    sum_v += place.share_2 * memory.inputs[layout.phase_voltage_signals[1]]
    sum_v += place.share_3 * memory.inputs[layout.phase_voltage_signals[2]]
    return sum_v / layout.nominal_phase_v


def offered_v(layout: Layout, memory: Memory, component: int, phase: int) -> float:
    """Return the voltage of a phase to neutral by which a component draws [V].

    With lines it is that of its node; without, that which the grid offers before its impedance.
    """
    node = layout.components[component].node
    if node < 0:
        return memory.inputs[layout.phase_voltage_signals[phase]]
    return node_v(memory, node, phase)


def node_v(memory: Memory, node: int, phase: int) -> float:
    """Return the voltage of a phase to neutral at a node [V]."""
    if phase == 0:
        return memory.nodes[node].v_1
    if phase == 1:
        return memory.nodes[node].v_2
    return memory.nodes[node].v_3


def nominal_v(layout: Layout, component: int) -> float:
    """Return the nominal voltage to neutral at a component [V]."""
    node = layout.components[component].node
    return layout.nominal_phase_v if node < 0 else layout.nodes[node].nominal_v


def draw_inverters(layout: Layout, memory: Memory) -> None:
    """Let all inverters with batteries draw what the direct current side left them."""
    for inverter in range(len(layout.inverters)):
        now = memory.inverters[inverter]
        put(layout, memory, layout.inverters[inverter].component, now.ac_w, now.asked_var)


def sum_towards_grid(layout: Layout, memory: Memory) -> None:
    """Add up what flows through every component, from the leaves to the grid, or to where a line ends.

    A component behind several others draws from each of them that conducts in equal parts: without line data there
    is nothing that would tell the ways apart.
    """
    for component in range(len(layout.components) - 1, -1, -1):
        place = layout.components[component]
        if place.is_ac:
            if place.throughput >= 0:
                _lose(layout, memory, component)
            if not place.ends_line:
                _pass_on(layout, memory, component)


def _lose(layout: Layout, memory: Memory, component: int) -> None:
    flow = memory.components[component]
    if flow.is_closed and not flow.is_cut_off:
        params = layout.throughputs[layout.components[component].throughput]
        load_w, load_var = active_w(memory, component), reactive_var(memory, component)
        third_w = throughput_loss_w(params, load_w, load_var) / 3.0
        flow.active_1 += third_w
        flow.active_2 += third_w
        flow.active_3 += third_w
        third_var = throughput_reactive_var(params, load_w, load_var) / 3.0
        flow.reactive_1 = params.reactive_share * flow.reactive_1 + third_var
        flow.reactive_2 = params.reactive_share * flow.reactive_2 + third_var
        flow.reactive_3 = params.reactive_share * flow.reactive_3 + third_var


def _pass_on(layout: Layout, memory: Memory, component: int) -> None:
    place, flow = layout.components[component], memory.components[component]
    first, end = place.first_parent, place.end_parent
    conducting = 0
    for number in range(first, end):
        conducting += _conducts(memory, layout.parents[number])
    for number in range(first, end):
        parent = layout.parents[number]
        if conducting == 0 or _conducts(memory, parent):
            ways = float(conducting if conducting else end - first)
            onward = memory.components[parent]
            onward.active_1 += flow.active_1 / ways
            onward.active_2 += flow.active_2 / ways
            onward.active_3 += flow.active_3 / ways
            onward.reactive_1 += flow.reactive_1 / ways
            onward.reactive_2 += flow.reactive_2 / ways
            onward.reactive_3 += flow.reactive_3 / ways


def _conducts(memory: Memory, component: int) -> int:
    flow = memory.components[component]
    return 1 if flow.is_closed and not flow.is_cut_off else 0


def active_w(memory: Memory, component: int) -> float:
    """Return the active power through a component [W]."""
    flow = memory.components[component]
    return flow.active_1 + flow.active_2 + flow.active_3


def reactive_var(memory: Memory, component: int) -> float:
    """Return the reactive power through a component [var]."""
    flow = memory.components[component]
    return flow.reactive_1 + flow.reactive_2 + flow.reactive_3


def count_energy(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Let the energy registers of all components count what flows for a while [s]."""
    hours = dt_s / 3600.0
    for component in range(len(layout.components)):
        if layout.components[component].is_ac:
            flow = memory.components[component]
            energy_wh = (flow.active_1 + flow.active_2 + flow.active_3) * hours
            if energy_wh >= 0.0:
                flow.consumed_wh += energy_wh
            else:
                flow.delivered_wh -= energy_wh


def find_cut_off(layout: Layout, memory: Memory) -> None:
    """Find out what the grid does not reach, and which inverters and batteries still have to do with each other."""
    for component in range(len(layout.components)):
        place, flow = layout.components[component], memory.components[component]
        conducting = 0
        for number in range(place.first_parent, place.end_parent):
            conducting += _conducts(memory, layout.parents[number])
        flow.is_cut_off = (
            1 if place.is_ac and place.first_parent < place.end_parent and conducting == 0 else 0
        )
        if component == layout.grid and is_grid_gone(layout, memory):
            flow.is_cut_off = 1
        if place.ends_line and memory.nodes[place.node].dark_until_us > 0:
            flow.is_cut_off = 1
    for inverter in range(len(layout.inverters)):
        _find_conducting_pairs(layout, memory, inverter)


def is_grid_gone(layout: Layout, memory: Memory) -> bool:
    """Say whether there is nothing behind the grid connection point: an outage, or a fuse link that has melted.

    A voltage by which nothing can run is an outage, too, if only of one phase: all poles open, as when a link melts.
    """
    is_gone = memory.inputs[layout.presence_signal] < 0.5
    for phase in range(3):
        phase_v = memory.inputs[layout.phase_voltage_signals[phase]]
        is_gone = is_gone or phase_v < INTERRUPTED_BELOW * layout.nominal_phase_v
    for link in range(len(layout.fuses)):
        is_gone = is_gone or memory.fuses[link].condition == MELTED
    return is_gone


def reconnect(layout: Layout, memory: Memory) -> None:
    """Take in what has been switched; what is out of service begins at no power when it comes back."""
    find_cut_off(layout, memory)
    for number in range(len(layout.controls)):
        if not is_live(memory, layout.controls[number].component):
            memory.controls[number].setting_w = 0.0


def _find_conducting_pairs(layout: Layout, memory: Memory, inverter: int) -> None:
    own = layout.inverters[inverter]
    for component in range(len(layout.components)):
        place, flow = layout.components[component], memory.components[component]
        flow.is_fed = 0
        if not place.is_ac:
            for number in range(place.first_parent, place.end_parent):
                parent = layout.parents[number]
                feeding = memory.components[parent]
                if parent == own.component or (feeding.is_fed and feeding.is_closed):
                    flow.is_fed = 1
    for pair in range(own.first_pair, own.end_pair):
        fed = memory.components[layout.batteries[layout.pair_battery[pair]].component]
        memory.pairs[pair].conducts = fed.is_fed


def is_live(memory: Memory, component: int) -> bool:
    """Say whether a component is switched on, whole, and reached by the grid."""
    flow = memory.components[component]
    return bool(flow.is_closed) and not flow.is_cut_off
