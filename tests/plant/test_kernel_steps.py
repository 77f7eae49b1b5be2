"""Steps of the plant, rule by rule: ramps, what is counted and for how long, self-consumption."""

from __future__ import annotations

from typing import Any

import pytest
from plant.kernel_bench import HYBRID, QUICK, SECOND, START, plant

from doppelgrid.models.inverter import (
    InverterState,
    inverter_heat_horizon_s,
    inverter_heated,
)
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.kernel.energies import count_energies, energies
from doppelgrid.sim.kernel.inverters import (
    heat_horizon_s,
    heat_up,
)
from doppelgrid.sim.kernel.steps import control, integrate, needs_control
from doppelgrid.sim.plant.plant import Plant


class TestSteps:
    def test_a_ramp_moves_at_control_cycles_alone(self) -> None:
        made = plant(
            inv={
                "id": 11,
                "category": "battery_inverter",
                "rated_power": "30 kW",
                **QUICK,
                "ramp_rate": "10 kW/s",
            },
            bat={"id": 12, "category": "battery", "behind": "inv"},
        )
        layout, memory, _ = made.numbers
        assert not needs_control(layout, memory)
        memory.controls[0].target_w = 9e3
        for past_us, needed in ((0, True), (1, False), (99_999, False), (100_000, True)):
            memory.time_us = START + past_us
            assert needs_control(layout, memory) is needed
        memory.is_known = 1
        control(layout, memory)
        assert (memory.controls[0].setting_w, memory.is_known) == (1e3, 0)
        memory.controls[0].held_off_by = 1
        assert not needs_control(layout, memory)

    def test_after_a_reconnection_it_moves_every_second(self) -> None:
        made = plant(
            inv={
                "id": 11,
                "category": "battery_inverter",
                "rated_power": "30 kW",
                **QUICK,
                "ramp_rate": "10 kW/s",
            },
            bat={"id": 12, "category": "battery", "behind": "inv"},
        )
        layout, memory, _ = made.numbers
        memory.controls[0].target_w, memory.controls[0].growth_w_per_s = 9e3, 50.0
        for past_us, needed in ((0, True), (100_000, False), (900_000, False), (1_000_000, True)):
            memory.time_us = START + past_us
            assert needs_control(layout, memory) is needed
        control(layout, memory)
        assert memory.controls[0].setting_w == 50.0
        memory.controls[0].growth_w_per_s = 10e3
        control(layout, memory)
        assert memory.controls[0].setting_w == 1050.0

    def test_what_is_held_back_by_its_reach_does_not_ramp_beyond(self) -> None:
        made = plant(
            inv={
                "id": 11,
                "category": "battery_inverter",
                "rated_power": "30 kW",
                **QUICK,
                "ramp_rate": "10 kW/s",
            },
            bat={"id": 12, "category": "battery", "behind": "inv"},
        )
        layout, memory, _ = made.numbers
        now = memory.controls[0]
        for setting, goal, reach, moved in (
            (0.0, 9e3, (-5e3, 5e3), 1e3),
            (4.5e3, 9e3, (-5e3, 5e3), 9e3),
            (9e3, -9e3, (-5e3, 5e3), 4e3),
            (-9e3, 9e3, (-5e3, 5e3), -4e3),
            (4e3, 9e3, (-5e3, 5e3), 5e3),
        ):
            now.setting_w, now.target_w = setting, goal
            now.reach_lower_w, now.reach_upper_w = reach
            control(layout, memory)
            assert now.setting_w == moved

    def test_losses_charge_and_unused_sun_are_counted_while_what_flows_goes_on(self) -> None:
        made = plant(
            inv={**HYBRID, "irradiance": "500 W/m²"},
            bat={"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
        )
        made.set_points.send("inv", PowerType.ACTIVE, -9e3)
        made.advance(START + 5 * SECOND)
        made.operating_point.solve()
        layout, memory, _ = made.numbers
        inverter, battery = memory.inverters[0], memory.batteries[0]
        before = inverter.loss_wh, inverter.sun_wh, battery.throughput_ah, battery.loss_wh
        end_us = min(memory.holds_until_us, memory.time_us + SECOND)
        hours = (end_us - memory.time_us) / 3.6e9
        loss_w, sun_w = inverter.ac_w - inverter.dc_w, inverter.taken_dc_w - inverter.dc_w
        charge = made.readings.battery("bat").soc
        integrate(layout, memory, (), end_us)
        assert inverter.loss_wh - before[0] == pytest.approx(loss_w * hours)
        assert inverter.sun_wh - before[1] == pytest.approx(sun_w * hours)
        assert loss_w > 0.0
        assert sun_w > 9e3
        moved_ah = (made.readings.battery("bat").soc - charge) * layout.batteries[0].params.charge_capacity_ah
        assert battery.throughput_ah - before[2] == pytest.approx(moved_ah, rel=1e-3)
        assert battery.loss_wh > before[3]
        assert memory.time_us == end_us

    def test_an_inverter_heats_by_its_losses_and_one_that_is_off_by_none(self) -> None:
        made = plant(
            inv={"id": 11, "category": "battery_inverter", "rated_power": "30 kW", **QUICK},
            bat={"id": 12, "category": "battery", "behind": "inv"},
        )
        layout, memory, _ = made.numbers
        inverter, params = memory.inverters[0], layout.inverters[0].params
        inverter.ac_w, inverter.dc_w = 20e3, 19e3
        for closed, loss_w in ((1, 1e3), (0, 0.0)):
            memory.components[made.places.components["inv"]].is_closed = closed
            inverter.heat_sink_c = 40.0
            expected = inverter_heated(params, InverterState(40.0, 0), loss_w, 20.0, 60.0)
            ahead_s = inverter_heat_horizon_s(params, InverterState(40.0, 0), loss_w, 20.0)
            assert heat_horizon_s(layout, memory, 1e9) == min(ahead_s, 1e9)
            heat_up(layout, memory, 60.0)
            assert (inverter.heat_sink_c, inverter.is_held_back) == (expected.heat_sink_c, expected.held_back)

    def test_heat_sinks_go_along_with_the_losses_of_what_flows(self) -> None:
        made = plant(
            inv={"id": 11, "category": "battery_inverter", "rated_power": "30 kW", **QUICK},
            bat={"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
        )
        made.set_points.send("inv", PowerType.ACTIVE, -20e3)
        made.advance(START + SECOND)
        made.operating_point.solve()
        layout, memory, _ = made.numbers
        inverter, end_us = memory.inverters[0], memory.time_us + SECOND // 2
        loss_w, before = inverter.ac_w - inverter.dc_w, InverterState(inverter.heat_sink_c, 0)
        integrate(layout, memory, (), end_us)
        expected = inverter_heated(layout.inverters[0].params, before, loss_w, 20.0, 0.5)
        assert inverter.heat_sink_c == expected.heat_sink_c > before.heat_sink_c

    @pytest.mark.parametrize("hours", [0.0, 1.0 / 3600.0, 0.25])
    @pytest.mark.parametrize("reactive_var", [(0.0, 0.0, 0.0), (-0.5, 0.3, 4e3)])
    @pytest.mark.parametrize(
        "active_w",
        [(0.0, 0.0, 0.0), (-0.5, 0.5, 0.0), (0.5, 0.0, -0.5), (-3e3, -0.9, 2e3), (-1.0, 1.0, -1.0)],
    )
    def test_registers_show_what_flows_as_they_will_count_it(
        self, active_w: tuple[float, ...], reactive_var: tuple[float, ...], hours: float
    ) -> None:
        made = plant(hall={"id": 31, "category": "meter", "behind": "main", "load": "8 kW"})
        _, memory, _ = made.numbers
        number = made.places.components["hall"]
        flow = memory.components[number]
        flow.active_1, flow.active_2, flow.active_3 = active_w
        flow.reactive_1, flow.reactive_2, flow.reactive_3 = reactive_var
        before = energies(memory, number)
        memory.time_us += round(hours * 3.6e9)
        shown = energies(memory, number)
        for place in range(3):
            assert shown[place] - before[place] == max(active_w[place], 0.0) * hours
            assert shown[3 + place] - before[3 + place] == max(-active_w[place], 0.0) * hours
        count_energies(made.numbers[0], memory)
        assert energies(memory, number) == pytest.approx(shown, rel=1e-15)

    def test_what_flows_is_known_until_it_would_have_changed(self) -> None:
        made = plant(hall={"id": 31, "category": "meter", "behind": "main", "load": "8 kW"})
        layout, memory, _ = made.numbers
        until_us = memory.holds_until_us
        assert until_us == START + 900 * SECOND
        integrate(layout, memory, (), until_us - 1)
        assert memory.is_known
        integrate(layout, memory, (), until_us)
        assert not memory.is_known


class TestSelfConsumption:
    """Two inverters that keep the main meter at 0 W by themselves, in parts of three quarters and one."""

    def kept(self) -> tuple[Plant, Any, Any]:
        made = plant(
            a={"id": 11, "category": "battery_inverter", "rated_power": "30 kW", "self_consumption": "main", **QUICK},
            b={"id": 12, "category": "battery_inverter", "rated_power": "10 kW", "self_consumption": "main", **QUICK},
            c={"id": 13, "category": "battery_inverter", "rated_power": "10 kW", **QUICK},
            x={"id": 21, "category": "battery", "behind": ["a", "b", "c"]},
            hall={"id": 31, "category": "meter", "behind": "main", "load": "8 kW"},
        )  # fmt: skip
        layout, memory, _ = made.numbers
        flow = memory.components[made.places.components["main"]]
        flow.active_1, flow.active_2, flow.active_3 = 8e3, 0.0, 0.0
        for key in "abc":
            own = memory.components[made.places.components[key]]
            own.active_1 = own.active_2 = own.active_3 = 0.0
        return made, layout, memory

    def test_each_aims_for_its_part(self) -> None:
        _, layout, memory = self.kept()
        assert needs_control(layout, memory)
        control(layout, memory)
        assert [each.target_w for each in memory.controls] == [-6e3, -2e3, 0.0]
        assert [each.setting_w for each in memory.controls] == [-6e3, -2e3, 0.0]

    def test_what_it_has_itself_counts(self) -> None:
        made, layout, memory = self.kept()
        memory.components[made.places.components["a"]].active_2 = -4e3
        control(layout, memory)
        assert memory.controls[0].target_w == -4e3 - 6e3

    def test_a_thousandth_of_its_rating_is_left_alone(self) -> None:
        for meter_w, target_w in [(39.0, 0.0), (40.0, 0.0), (41.0, -30.75), (-41.0, 30.75)]:
            made, layout, memory = self.kept()
            memory.components[made.places.components["main"]].active_1 = meter_w
            control(layout, memory)
            assert memory.controls[0].target_w == target_w

    def test_it_aims_no_farther_than_it_reaches(self) -> None:
        _, layout, memory = self.kept()
        memory.controls[0].reach_lower_w = -5e3
        control(layout, memory)
        assert memory.controls[0].target_w == -5e3

    def test_told_otherwise_or_held_off_it_leaves_the_meter_alone(self) -> None:
        for change in ({"follows_meter": 0}, {"held_off_by": 1}):
            _, layout, memory = self.kept()
            for each in memory.controls:
                for name, value in change.items():
                    setattr(each, name, value)
            assert not needs_control(layout, memory)
            control(layout, memory)
            assert [each.target_w for each in memory.controls] == [0.0, 0.0, 0.0]
