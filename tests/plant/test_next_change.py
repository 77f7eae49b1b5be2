"""Until when what flows will hold, and what the grid offers and its links carry, worked out beside the plant."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from doppelgrid.models.fuse import CARRIES, MELTED, FuseInput, fuse_horizon_s, fuse_initial_state, fuse_step
from doppelgrid.models.grid_voltage import terminal_voltage
from doppelgrid.sim.kernel.grid import (
    fuses_horizon_s,
    heat_fuses,
    line_voltage_v,
    replace_fuses,
    take_in_grid,
    voltage_v,
)
from doppelgrid.sim.kernel.steps import solve
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

SECOND, HOUR = 1_000_000, 3_600_000_000
START = 1_750_000_000 * SECOND


def plant(grid: dict[str, Any] | None = None, **components: dict[str, Any]) -> Plant:
    named = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "20 A", **(grid or {})},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        **components,
    }
    made = Plant(Site.model_validate({"microgrid": {"id": 1}, "components": named}), start_us=START, seed=1)
    made.operating_point.solve()
    return made


def storage(**battery: Any) -> Plant:
    return plant(
        inv={
            "id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", "response_delay": "0 s",
            "ramp_rate": "10 kW/s", "self_consumption": "main",
        },
        bat={"id": 12, "category": "battery", "behind": "inv", **battery},
    )  # fmt: skip


class TestNextChange:
    def until_us(self, made: Plant, machines: Any = ()) -> int:
        layout, memory, _ = made.numbers
        solve(layout, memory, machines)
        assert memory.is_known
        return memory.holds_until_us - memory.time_us

    def test_it_is_a_quarter_of_an_hour_away_at_most(self) -> None:
        assert self.until_us(plant()) == 900 * SECOND

    def test_the_next_input_may_be_nearer(self) -> None:
        made = plant()
        made.operating_point.memory.next_input_us = START + 12_345
        assert self.until_us(made) == 12_345

    def test_a_ramp_moves_at_the_next_control_cycle(self) -> None:
        for past_us, left_us in [(0, 100_000), (1, 99_999), (99_999, 1), (230_000, 70_000)]:
            made = storage()
            memory = made.operating_point.memory
            memory.controls[0].target_w, memory.controls[0].follows_meter = 9e3, 0
            memory.time_us = START + past_us
            assert self.until_us(made) == left_us

    def test_one_after_a_reconnection_at_the_next_full_second(self) -> None:
        made = storage()
        memory = made.operating_point.memory
        memory.controls[0].target_w, memory.controls[0].follows_meter = 9e3, 0
        memory.controls[0].growth_w_per_s = 50.0
        memory.time_us = START + 230_000
        assert self.until_us(made) == 770_000

    def test_a_built_in_control_off_its_target_does_so_at_the_next_control_cycle(self) -> None:
        made = storage()
        memory = made.operating_point.memory
        memory.controls[0].target_w = memory.controls[0].setting_w = 9e3
        memory.time_us = START + 230_000
        assert self.until_us(made) == 70_000

    def test_one_that_is_held_off_or_settled_does_not(self) -> None:
        made = storage()
        memory = made.operating_point.memory
        assert self.until_us(made) > SECOND
        memory.controls[0].target_w, memory.controls[0].held_off_by = 9e3, 1
        assert self.until_us(made) > SECOND

    def test_a_battery_that_ages_does_so_at_the_next_full_hour(self) -> None:
        made, young = storage(ageing=1), storage()
        for each in (made, young):
            each.operating_point.memory.time_us = 486_112 * HOUR - 10 * SECOND
        assert self.until_us(made) == 10 * SECOND
        assert self.until_us(young) > 10 * SECOND
        made.operating_point.memory.time_us = 486_112 * HOUR
        assert self.until_us(made) > 10 * SECOND

    def test_a_machine_holds_for_whole_microseconds_and_at_least_one(self) -> None:
        for horizon_s, left_us in [
            (5.0, 5 * SECOND),
            (0.0, 1),
            (4e-7, 1),
            (1.4e-6, 1),
            (1.6e-6, 2),
            (2.5e-6, 3),
            (1e6, 900 * SECOND),
        ]:
            functions = SimpleNamespace(
                find_reach=lambda *_: None,
                draw=lambda *_: None,
                shortest_horizon_s=lambda _layout, _memory, _members, most_s, own_s=horizon_s: min(
                    most_s, own_s
                ),
            )
            assert self.until_us(plant(), ((functions, None),)) == left_us


NOMINAL_V = 400.0 / math.sqrt(3.0)


class TestVoltage:
    def test_the_line_voltage_moves_all_phases_in_proportion_and_is_their_mean_then(self) -> None:
        made = plant()
        layout, memory, _ = made.numbers
        memory.inputs[layout.voltage_signal] = 360.0
        for signal, volt in zip(layout.phase_voltage_signals, (231.0, 225.0, 236.0), strict=True):
            memory.inputs[signal] = volt
        take_in_grid(layout, memory)
        found = [memory.inputs[signal] for signal in layout.phase_voltage_signals]
        assert found == pytest.approx([0.9 * 231.0, 0.9 * 225.0, 0.9 * 236.0])
        mean = (231.0 + 225.0 + 236.0) / 3.0 / NOMINAL_V
        assert memory.inputs[layout.voltage_signal] == pytest.approx(360.0 * mean)

    def test_behind_an_impedance_it_sags_with_what_flows_on_its_phase(self) -> None:
        made = plant({"voltages": {"resistance": "0.3 Ω", "reactance": "0.2 Ω"}})
        layout, memory, _ = made.numbers
        flow = memory.components[layout.grid]
        flow.active_1, flow.active_2, flow.active_3 = 1e3, 2e3, -3e3
        flow.reactive_1, flow.reactive_2, flow.reactive_3 = 500.0, -600.0, 700.0
        expected = [
            terminal_voltage(layout.impedances[0], NOMINAL_V, active_w, reactive_var).voltage_v
            for active_w, reactive_var in ((1e3, 500.0), (2e3, -600.0), (-3e3, 700.0))
        ]
        assert [voltage_v(layout, memory, 1, phase) for phase in range(3)] == pytest.approx(expected)
        assert len(set(expected)) == 3
        for phase, (one, other) in enumerate(zip(expected, [*expected[1:], expected[0]], strict=True)):
            between_v = math.sqrt(one * one + other * other + one * other)
            assert line_voltage_v(layout, memory, 1, phase) == pytest.approx(between_v)

    def test_where_the_grid_does_not_reach_there_is_none(self) -> None:
        made = plant()
        layout, memory, _ = made.numbers
        memory.components[1].is_cut_off = 1
        assert [voltage_v(layout, memory, 1, phase) for phase in range(3)] == [0.0] * 3
        assert [line_voltage_v(layout, memory, 1, phase) for phase in range(3)] == [0.0] * 3
        assert voltage_v(layout, memory, 0, 0) == pytest.approx(NOMINAL_V)
        assert line_voltage_v(layout, memory, 0, 0) == 400.0
        memory.inputs[layout.voltage_signal] = 0.0
        assert line_voltage_v(layout, memory, 0, 0) == 0.0


class TestFuses:
    def loaded(self) -> tuple[Plant, Any, Any, list[float]]:
        """Return a plant whose three links carry 75 A, 30 A and 10 A."""
        made = plant({"fuse": {}})
        layout, memory, _ = made.numbers
        flow = memory.components[layout.grid]
        flow.active_1, flow.active_2, flow.active_3 = 60.0 * NOMINAL_V, -30.0 * NOMINAL_V, 0.0
        flow.reactive_1, flow.reactive_2, flow.reactive_3 = 45.0 * NOMINAL_V, 0.0, -10.0 * NOMINAL_V
        return made, layout, memory, [75.0, 30.0, 10.0]

    def test_they_hold_as_long_as_the_one_that_carries_most(self) -> None:
        _, layout, memory, amperes = self.loaded()
        cold = fuse_initial_state(layout.fuses[0])
        expected_s = min(fuse_horizon_s(layout.fuses[0], cold, FuseInput(each)) for each in amperes)
        assert fuses_horizon_s(layout, memory, 1e9) == pytest.approx(expected_s)
        assert fuses_horizon_s(layout, memory, 1e-9) == 1e-9

    def test_each_is_heated_by_its_own_current(self) -> None:
        _, layout, memory, amperes = self.loaded()
        heat_fuses(layout, memory, 0.5)
        for link, ampere in zip(memory.fuses, amperes, strict=True):
            state, _ = fuse_step(layout.fuses[0], fuse_initial_state(layout.fuses[0]), FuseInput(ampere), 0.5)
            assert (link.notch_heat, link.strip_heat, link.body_heat, link.condition) == pytest.approx(
                tuple(state)
            )
        assert memory.is_known

    def test_one_that_melts_cuts_the_site_off_until_it_is_replaced_and_the_others_stay_warm(self) -> None:
        made, layout, memory, _ = self.loaded()
        heat_fuses(layout, memory, 30.0)
        assert [link.condition for link in memory.fuses] == [MELTED, CARRIES, CARRIES]
        assert (memory.is_known, memory.components[layout.grid].is_cut_off) == (0, 1)
        assert fuses_horizon_s(layout, memory, 1e9) > 30.0
        warm = memory.fuses[1].body_heat
        replace_fuses(layout, memory)
        first = memory.fuses[0]
        assert (first.notch_heat, first.strip_heat, first.body_heat, first.condition) == (
            0.0,
            0.0,
            0.0,
            CARRIES,
        )
        assert memory.fuses[1].body_heat == warm > 0.0
        assert not memory.components[layout.grid].is_cut_off
        assert made.time_us == START

    def test_without_voltage_nothing_is_carried(self) -> None:
        _, layout, memory, _ = self.loaded()
        for signal in layout.phase_voltage_signals:
            memory.inputs[signal] = 0.0
        heat_fuses(layout, memory, 30.0)
        assert [link.body_heat for link in memory.fuses] == [0.0] * 3
