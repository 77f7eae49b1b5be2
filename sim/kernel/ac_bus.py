"""What flows on the AC side of a site without line data: a copper plate on which powers add up."""

from __future__ import annotations

from typing import Any

from ...models.fuse import MELTED
from ...models.load import LoadInput, load_output, load_reactive_power_var
from ...models.throughput import throughput_loss_w, throughput_reactive_var
from .layout import Layout, Memory


def clear_flows(layout: Layout, memory: Memory) -> None:
    """Begin with no power anywhere."""
    for component in range(len(layout.is_ac)):
        memory.active_1[component] = memory.active_2[component] = memory.active_3[component] = 0.0
        memory.reactive_1[component] = memory.reactive_2[component] = memory.reactive_3[component] = 0.0


def put(layout: Layout, memory: Memory, component: int, active_w: float, reactive_var: float) -> None:
    """Let a component draw a power [W], [var], unless it is switched off or the grid does not reach it."""
    if memory.is_closed[component] and not memory.is_cut_off[component]:
        memory.active_1[component] = active_w * layout.share_1[component]
        memory.active_2[component] = active_w * layout.share_2[component]
        memory.active_3[component] = active_w * layout.share_3[component]
        memory.reactive_1[component] = reactive_var * layout.share_1[component]
        memory.reactive_2[component] = reactive_var * layout.share_2[component]
        memory.reactive_3[component] = reactive_var * layout.share_3[component]


def put_by_shares(layout: Layout, memory: Memory, component: int, shown: Any) -> None:
    """Let a machine draw what its model shows, on phases by the component's shares."""
    put(layout, memory, component, shown.active_power_w, shown.reactive_power_var)


def put_by_phase(layout: Layout, memory: Memory, component: int, shown: Any) -> None:
    """Let a machine draw what its model shows of each phase; reactive power by the component's shares."""
    put(layout, memory, component, 0.0, shown.reactive_power_var)
    if memory.is_closed[component] and not memory.is_cut_off[component]:
        memory.active_1[component] = shown.active_1_w
        memory.active_2[component] = shown.active_2_w
        memory.active_3[component] = shown.active_3_w


def draw_loads(layout: Layout, memory: Memory) -> None:
    """Let all loads draw what their inputs say."""
    for load in range(len(layout.load_component)):
        component, active_w = layout.load_component[load], memory.inputs[layout.load_signal[load]]
        if layout.mix_of[load] < 0:
            reactive_var = load_reactive_power_var(active_w, layout.load_power_factor[load])
            put(layout, memory, component, active_w, reactive_var)
        else:
            given = LoadInput(active_w, 0.0, _load_voltage_pu(layout, memory, component))
            drawn = load_output(layout.mixes[layout.mix_of[load]], given)
            put(layout, memory, component, drawn.active_power_w, drawn.reactive_power_var)


def _load_voltage_pu(layout: Layout, memory: Memory, component: int) -> float:
    """Return the mean voltage of a load's phases, as the grid offers it before its impedance, over the nominal one."""
    sum_v = layout.share_1[component] * memory.inputs[layout.phase_voltage_signals[0]]
    sum_v += layout.share_2[component] * memory.inputs[layout.phase_voltage_signals[1]]
    sum_v += layout.share_3[component] * memory.inputs[layout.phase_voltage_signals[2]]
    return sum_v / layout.nominal_phase_v


def draw_inverters(layout: Layout, memory: Memory) -> None:
    """Let all inverters with batteries draw what the direct current side left them."""
    for inverter in range(len(layout.inverters)):
        active_w = memory.inverter_ac_w[inverter]
        put(layout, memory, layout.inverter_component[inverter], active_w, memory.asked_var[inverter])


def sum_towards_grid(layout: Layout, memory: Memory) -> None:
    """Add up what flows through every component, from the leaves to the grid.

    A component behind several others draws from each of them that conducts in equal parts: without line data there
    is nothing that would tell the ways apart.
    """
    for component in range(len(layout.is_ac) - 1, -1, -1):
        if layout.is_ac[component]:
            if layout.throughput_of[component] >= 0:
                _lose(layout, memory, component)
            _pass_on(layout, memory, component)


def _lose(layout: Layout, memory: Memory, component: int) -> None:
    if memory.is_closed[component] and not memory.is_cut_off[component]:
        params = layout.throughputs[layout.throughput_of[component]]
        load_w, load_var = active_w(memory, component), reactive_var(memory, component)
        third_w = throughput_loss_w(params, load_w, load_var) / 3.0
        memory.active_1[component] += third_w
        memory.active_2[component] += third_w
        memory.active_3[component] += third_w
        third_var = throughput_reactive_var(params, load_w, load_var) / 3.0
        memory.reactive_1[component] = params.reactive_share * memory.reactive_1[component] + third_var
        memory.reactive_2[component] = params.reactive_share * memory.reactive_2[component] + third_var
        memory.reactive_3[component] = params.reactive_share * memory.reactive_3[component] + third_var


def _pass_on(layout: Layout, memory: Memory, component: int) -> None:
    first, last = layout.parent_begins[component], layout.parent_begins[component + 1]
    conducting = 0
    for place in range(first, last):
        conducting += _conducts(memory, layout.parents[place])
    for place in range(first, last):
        parent = layout.parents[place]
        if conducting == 0 or _conducts(memory, parent):
            ways = float(conducting if conducting else last - first)
            memory.active_1[parent] += memory.active_1[component] / ways
            memory.active_2[parent] += memory.active_2[component] / ways
            memory.active_3[parent] += memory.active_3[component] / ways
            memory.reactive_1[parent] += memory.reactive_1[component] / ways
            memory.reactive_2[parent] += memory.reactive_2[component] / ways
            memory.reactive_3[parent] += memory.reactive_3[component] / ways


def _conducts(memory: Memory, component: int) -> int:
    return 1 if memory.is_closed[component] and not memory.is_cut_off[component] else 0


def active_w(memory: Memory, component: int) -> float:
    """Return the active power through a component [W]."""
    return memory.active_1[component] + memory.active_2[component] + memory.active_3[component]


def reactive_var(memory: Memory, component: int) -> float:
    """Return the reactive power through a component [var]."""
    return memory.reactive_1[component] + memory.reactive_2[component] + memory.reactive_3[component]


def count_energy(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Let the energy registers of all components count what flows for a while [s]."""
    hours = dt_s / 3600.0
    for component in range(len(layout.is_ac)):
        if layout.is_ac[component]:
            energy_wh = active_w(memory, component) * hours
            if energy_wh >= 0.0:
                memory.consumed_wh[component] += energy_wh
            else:
                memory.delivered_wh[component] -= energy_wh


def find_cut_off(layout: Layout, memory: Memory) -> None:
    """Find out what the grid does not reach, and which inverters and batteries still have to do with each other."""
    for component in range(len(layout.is_ac)):
        first, last = layout.parent_begins[component], layout.parent_begins[component + 1]
        conducting = 0
        for place in range(first, last):
            conducting += _conducts(memory, layout.parents[place])
        memory.is_cut_off[component] = (
            1 if layout.is_ac[component] and first < last and conducting == 0 else 0
        )
        if component == layout.grid and is_grid_gone(layout, memory):
            memory.is_cut_off[component] = 1
    for inverter in range(len(layout.inverters)):
        _find_conducting_pairs(layout, memory, inverter)


def is_grid_gone(layout: Layout, memory: Memory) -> bool:
    """Say whether there is nothing behind the grid connection point: an outage, or a fuse link that has melted."""
    is_gone = memory.inputs[layout.presence_signal] < 0.5
    for link in range(len(layout.fuses)):
        is_gone = is_gone or memory.fuse_condition[link] == MELTED
    return is_gone


def reconnect(layout: Layout, memory: Memory) -> None:
    """Take in what has been switched; what is out of service begins at no power when it comes back."""
    find_cut_off(layout, memory)
    for number in range(len(layout.control_component)):
        if not is_live(memory, layout.control_component[number]):
            memory.setting_w[number] = 0.0


def _find_conducting_pairs(layout: Layout, memory: Memory, inverter: int) -> None:
    source = layout.inverter_component[inverter]
    for component in range(len(layout.is_ac)):
        memory.is_fed[component] = 0
        if not layout.is_ac[component]:
            for place in range(layout.parent_begins[component], layout.parent_begins[component + 1]):
                parent = layout.parents[place]
                if parent == source or (memory.is_fed[parent] and memory.is_closed[parent]):
                    memory.is_fed[component] = 1
    for pair in range(layout.pair_begins[inverter], layout.pair_begins[inverter + 1]):
        memory.pair_conducts[pair] = memory.is_fed[layout.battery_component[layout.pair_battery[pair]]]


def is_live(memory: Memory, component: int) -> bool:
    """Say whether a component is switched on, whole, and reached by the grid."""
    return bool(memory.is_closed[component]) and not memory.is_cut_off[component]
