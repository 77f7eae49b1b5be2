"""The copper plate by itself: who draws what on which phase, and what passes, is lost, is counted or is cut off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from plant.kernel_bench import flow_through

from doppelgrid.models.fuse import CARRIES, MELTED
from doppelgrid.models.throughput import ThroughputParams, throughput_loss_w, throughput_reactive_var
from doppelgrid.sim.kernel.ac_bus import (
    active_w,
    clear_flows,
    count_energy,
    draw_inverters,
    draw_loads,
    find_cut_off,
    is_grid_gone,
    is_live,
    put,
    put_by_phase,
    put_by_shares,
    reactive_var,
    reconnect,
    sum_towards_grid,
)
from doppelgrid.sim.kernel.layout import ComponentLayout
from doppelgrid.sim.kernel.memory import ComponentMemory, PairMemory

GRID, MAIN, LEFT, RIGHT, HALL, INVERTER, CUT, BATTERY = range(8)
LOSSY = ThroughputParams(1e3, 30.0, 60.0, linear_loss=0.01, reactive_share=0.5, no_load_var=9.0, load_var=6.0)


class Bus:
    """A hall behind two ways to the main meter, the left one with losses, and a battery behind a breaker."""

    def __init__(self) -> None:
        rows = [
            (1, ()),
            (1, (GRID,)),
            (1, (MAIN,)),
            (1, (MAIN,)),
            (1, (LEFT, RIGHT)),
            (1, (MAIN,)),
            (0, (INVERTER,)),
        ]
        rows.append((0, (CUT,)))
        parents, components = [], []
        for number, (is_ac, above) in enumerate(rows):
            span = len(parents), len(parents) + len(above)
            components.append(ComponentLayout(is_ac, *span, 0.5, 0.25, 0.25, 0 if number == LEFT else -1))
            parents += above
        self.layout: Any = SimpleNamespace(
            components=components, parents=parents, throughputs=[LOSSY], grid=GRID, presence_signal=0, fuses=[None],
            phase_voltage_signals=[1, 1, 1], nominal_phase_v=300.0,
            inverters=[SimpleNamespace(component=INVERTER, first_pair=0, end_pair=1)], pair_battery=[0],
            batteries=[SimpleNamespace(component=BATTERY)], controls=[SimpleNamespace(component=INVERTER)],
            loads=[SimpleNamespace(component=HALL, signal=1, power_factor=0.6, mix=-1)],
        )  # fmt: skip
        self.memory: Any = SimpleNamespace(
            components=[ComponentMemory() for _ in components], inputs=[1.0, 300.0],
            fuses=[SimpleNamespace(condition=CARRIES)], pairs=[PairMemory()],
            controls=[SimpleNamespace(setting_w=5.0)], inverters=[SimpleNamespace(ac_w=-40.0, asked_var=8.0)],
        )  # fmt: skip

    def flow(self, component: int) -> tuple[float, ...]:
        return flow_through(self.memory, component)


def test_a_component_draws_on_its_phases_while_it_is_switched_on_and_reached() -> None:
    bus = Bus()
    put(bus.layout, bus.memory, HALL, 80.0, -8.0)
    assert bus.flow(HALL) == (40.0, 20.0, 20.0, -4.0, -2.0, -2.0)
    assert (active_w(bus.memory, HALL), reactive_var(bus.memory, HALL)) == (80.0, -8.0)
    clear_flows(bus.layout, bus.memory)
    assert [bus.flow(number) for number in range(8)] == [(0.0,) * 6] * 8
    for name, value in (("is_closed", 0), ("is_cut_off", 1)):
        bus = Bus()
        setattr(bus.memory.components[HALL], name, value)
        put(bus.layout, bus.memory, HALL, 80.0, -8.0)
        assert bus.flow(HALL) == (0.0,) * 6
        assert not is_live(bus.memory, HALL)
        assert is_live(bus.memory, MAIN)


def test_machines_loads_and_inverters_draw_what_they_show() -> None:
    bus = Bus()
    shown = SimpleNamespace(
        active_power_w=8.0, reactive_power_var=4.0, active_1_w=1.0, active_2_w=2.0, active_3_w=3.0
    )
    put_by_shares(bus.layout, bus.memory, HALL, shown)
    assert bus.flow(HALL) == (4.0, 2.0, 2.0, 2.0, 1.0, 1.0)
    put_by_phase(bus.layout, bus.memory, HALL, shown)
    assert bus.flow(HALL) == (1.0, 2.0, 3.0, 2.0, 1.0, 1.0)
    draw_loads(bus.layout, bus.memory)
    assert bus.flow(HALL) == pytest.approx((150.0, 75.0, 75.0, 200.0, 100.0, 100.0))
    draw_inverters(bus.layout, bus.memory)
    assert bus.flow(INVERTER) == (-20.0, -10.0, -10.0, 4.0, 2.0, 2.0)


def test_what_has_two_ways_takes_half_of_each_and_all_of_the_only_one() -> None:
    flow = (60.0, 30.0, 12.0, 6.0, -3.0, 9.0)
    for closed, left, right in (
        ((1, 1), 0.5, 0.5),
        ((0, 1), 0.0, 1.0),
        ((1, 0), 1.0, 0.0),
        ((0, 0), 0.5, 0.5),
    ):
        bus = Bus()
        bus.layout.components[LEFT].throughput = -1
        for component, is_closed in zip((LEFT, RIGHT), closed, strict=True):
            bus.memory.components[component].is_closed = is_closed
        hall = bus.memory.components[HALL]
        hall.active_1, hall.active_2, hall.active_3, hall.reactive_1, hall.reactive_2, hall.reactive_3 = flow
        bus.memory.components[INVERTER].active_2 = -7.0
        bus.memory.components[BATTERY].active_1 = 1e6
        sum_towards_grid(bus.layout, bus.memory)
        assert bus.flow(LEFT) == pytest.approx([left * each for each in flow])
        assert bus.flow(RIGHT) == pytest.approx([right * each for each in flow])
        expected = [flow[0], flow[1] - 7.0, *flow[2:]]
        assert bus.flow(MAIN) == pytest.approx(expected)
        assert bus.flow(GRID) == pytest.approx(expected)


def test_what_is_lost_on_the_way_is_borne_by_all_phases_alike() -> None:
    flow = (60.0, 30.0, 12.0, 6.0, -3.0, 9.0)
    bus = Bus()
    left = bus.memory.components[LEFT]
    left.active_1, left.active_2, left.active_3, left.reactive_1, left.reactive_2, left.reactive_3 = flow
    sum_towards_grid(bus.layout, bus.memory)
    third_w = throughput_loss_w(LOSSY, 102.0, 12.0) / 3.0
    third_var = throughput_reactive_var(LOSSY, 102.0, 12.0) / 3.0
    expected = [each + third_w for each in flow[:3]] + [0.5 * each + third_var for each in flow[3:]]
    assert bus.flow(LEFT) == pytest.approx(expected)
    assert bus.flow(GRID) == pytest.approx(expected)
    assert bus.flow(RIGHT) == (0.0,) * 6
    for name, value in (("is_closed", 0), ("is_cut_off", 1)):
        bus = Bus()
        setattr(bus.memory.components[LEFT], name, value)
        sum_towards_grid(bus.layout, bus.memory)
        assert bus.flow(LEFT) == (0.0,) * 6


def test_registers_count_what_flows_either_way_on_the_alternating_side() -> None:
    bus = Bus()
    for component, power_w in ((MAIN, 90.0), (HALL, -60.0), (BATTERY, 90.0)):
        flow = bus.memory.components[component]
        flow.active_1, flow.active_2, flow.active_3 = power_w, power_w, -power_w / 2.0
    for _ in range(2):
        count_energy(bus.layout, bus.memory, 1200.0)
    counted = [(each.consumed_wh, each.delivered_wh) for each in bus.memory.components]
    assert counted[MAIN] == pytest.approx((90.0, 0.0))
    assert counted[HALL] == pytest.approx((0.0, 60.0))
    assert counted[BATTERY] == counted[GRID] == (0.0, 0.0)


def test_what_no_way_leads_to_is_cut_off_with_all_behind_it() -> None:
    for opened, cut_off in (
        ((), ()),
        ((LEFT,), ()),
        ((LEFT, RIGHT), (HALL,)),
        ((MAIN,), (LEFT, RIGHT, HALL, INVERTER)),
        ((HALL,), ()),
        ((INVERTER,), ()),
    ):
        bus = Bus()
        for component in opened:
            bus.memory.components[component].is_closed = 0
        find_cut_off(bus.layout, bus.memory)
        assert [number for number in range(8) if bus.memory.components[number].is_cut_off] == list(cut_off)


def test_without_the_grid_all_of_the_alternating_side_is_cut_off() -> None:
    for presence, condition, gone in (
        (1.0, CARRIES, False), (0.5, CARRIES, False), (0.49, CARRIES, True), (1.0, MELTED, True), (0.0, MELTED, True),
    ):  # fmt: skip
        bus = Bus()
        bus.memory.inputs[0], bus.memory.fuses[0].condition = presence, condition
        assert is_grid_gone(bus.layout, bus.memory) is gone
        find_cut_off(bus.layout, bus.memory)
        assert [each.is_cut_off for each in bus.memory.components] == [int(gone)] * 6 + [0, 0]


def test_a_battery_is_reached_through_closed_breakers_alone() -> None:
    for closed in (1, 0):
        bus = Bus()
        bus.memory.components[CUT].is_closed = closed
        find_cut_off(bus.layout, bus.memory)
        assert bus.memory.pairs[0].conducts == closed


def test_what_was_out_of_service_begins_at_no_power() -> None:
    bus = Bus()
    reconnect(bus.layout, bus.memory)
    assert bus.memory.controls[0].setting_w == 5.0
    bus.memory.components[MAIN].is_closed = 0
    reconnect(bus.layout, bus.memory)
    assert bus.memory.controls[0].setting_w == 0.0
