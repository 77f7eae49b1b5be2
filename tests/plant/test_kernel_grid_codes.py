"""Grid codes in the plant, rule by rule: reach, frequency, phases, trips and what is remembered."""

from __future__ import annotations

import math
from typing import Any

import pytest
from plant.kernel_bench import QUICK, plant

from doppelgrid.models.grid_code import CONNECTED, DISCONNECTED, RAMPING
from doppelgrid.sim.kernel.inverters import (
    keep_to_grid_code,
    support_voltage,
    watch_grid,
)
from doppelgrid.sim.plant.plant import Plant


class TestGridCodes:
    CODE = {"preset": "vde-ar-n-4105", "volt_var": True, "freq_watt": True}  # noqa: RUF012 - never changed

    def guarded(self, **inverter: Any) -> tuple[Plant, Any, Any]:
        made = plant(
            inv={
                "id": 11, "category": "battery_inverter", "rated_power": "30 kW", "grid_code": self.CODE, **QUICK,
                **inverter,
            },
            bat={"id": 12, "category": "battery", "behind": "inv"},
            roof={
                "id": 21, "category": "pv_inverter", "rated_power": "12 kW", "power": "9 kW", "grid_code": self.CODE,
                **QUICK,
            },
        )  # fmt: skip
        layout, memory, _ = made.numbers
        return made, layout, memory

    def test_held_off_it_has_no_reach_and_its_bridge_no_room(self) -> None:
        _, layout, memory = self.guarded()
        for each in memory.controls:
            each.held_off_by = 2
        keep_to_grid_code(layout, memory)
        assert [(each.reach_lower_w, each.reach_upper_w) for each in memory.controls] == [(0.0, 0.0)] * 2
        assert (memory.inverters[0].own_lower_w, memory.inverters[0].own_upper_w) == (0.0, 0.0)

    @pytest.mark.parametrize(
        ("frequency_hz", "reach_w"),
        [
            # 40 % of the rated 30 kW per hertz beyond 50.2 and 49.8 Hz, from 10 kW that it delivered.
            (50.2, (-30e3, 30e3)), (50.7, (-4e3, 30e3)), (51.2, (2e3, 30e3)), (54.0, (30e3, 30e3)),
            (49.8, (-30e3, 30e3)), (49.3, (-30e3, -16e3)), (48.3, (-30e3, -28e3)), (47.0, (-30e3, -30e3)),
        ],
    )  # fmt: skip
    def test_frequency_moves_storage_from_what_it_had_through_zero(
        self, frequency_hz: float, reach_w: tuple[float, float]
    ) -> None:
        _, layout, memory = self.guarded()
        memory.inputs[layout.frequency_signal] = frequency_hz
        memory.guards[0].reference_w = -10e3
        now, inverter = memory.controls[0], memory.inverters[0]
        now.reach_lower_w, now.reach_upper_w = -30e3, 30e3
        keep_to_grid_code(layout, memory)
        assert (now.reach_lower_w, now.reach_upper_w) == pytest.approx(reach_w)
        assert (inverter.own_lower_w, inverter.own_upper_w) == pytest.approx(reach_w)

    @pytest.mark.parametrize(("frequency_hz", "expected_w"), [(54.0, 7e3), (46.0, -8e3)])
    def test_it_moves_storage_no_farther_than_its_battery_allows(
        self, frequency_hz: float, expected_w: float
    ) -> None:
        _, layout, memory = self.guarded()
        memory.inputs[layout.frequency_signal] = frequency_hz
        now = memory.controls[0]
        now.reach_lower_w, now.reach_upper_w = -8e3, 7e3
        keep_to_grid_code(layout, memory)
        assert (now.reach_lower_w, now.reach_upper_w) == (expected_w, expected_w)

    @pytest.mark.parametrize(("frequency_hz", "reach_w"), [(51.2, (0.0, 30e3)), (48.8, (-30e3, 0.0))])
    def test_it_asks_for_nothing_beyond_zero_while_power_grows_back(
        self, frequency_hz: float, reach_w: tuple[float, float]
    ) -> None:
        _, layout, memory = self.guarded()
        memory.inputs[layout.frequency_signal] = frequency_hz
        now = memory.controls[0]
        now.reach_lower_w, now.reach_upper_w, now.growth_w_per_s = -30e3, 30e3, 50.0
        keep_to_grid_code(layout, memory)
        assert (now.reach_lower_w, now.reach_upper_w) == reach_w

    def test_photovoltaics_deliver_a_part_of_what_they_did_at_high_frequency_alone(self) -> None:
        for frequency_hz, share in [(50.2, 1.0), (50.7, 0.8), (51.2, 0.6), (54.0, 0.0), (47.0, 1.0)]:
            _, layout, memory = self.guarded()
            memory.inputs[layout.frequency_signal] = frequency_hz
            memory.guards[1].reference_w = 9e3
            memory.controls[1].reach_lower_w = -9e3
            keep_to_grid_code(layout, memory)
            assert memory.controls[1].reach_lower_w == pytest.approx(-share * 9e3)
            assert memory.controls[1].reach_upper_w == 0.0

    def test_it_goes_by_the_phase_that_is_farthest_from_the_nominal_voltage(self) -> None:
        for phases_pu, share in [
            ((1.0, 1.0, 1.0), 0.0), ((1.05, 1.0, 1.0), 0.5), ((1.0, 1.07, 0.97), 1.0), ((1.0, 1.0, 0.93), -1.0),
            ((1.02, 0.95, 1.04), -0.5), ((0.99, 1.05, 0.96), 0.5),
        ]:  # fmt: skip
            _, layout, memory = self.guarded()
            for signal, voltage_pu in zip(layout.phase_voltage_signals, phases_pu, strict=True):
                memory.inputs[signal] = voltage_pu * layout.nominal_phase_v
            support_voltage(layout, memory)
            assert memory.controls[0].support_var == pytest.approx(share * 0.436 * 30e3, abs=1e-6)

    @pytest.mark.parametrize(
        ("phases", "share"), [([1], 0.5), ([2], -1.0), ([3], 0.25), ([1, 3], 0.5), ([3, 2], -1.0)]
    )
    def test_of_its_own_phases_alone(self, phases: list[int], share: float) -> None:
        _, layout, memory = self.guarded(phases=phases)
        for signal, voltage_pu in zip(layout.phase_voltage_signals, (1.05, 0.92, 1.04), strict=True):
            memory.inputs[signal] = voltage_pu * layout.nominal_phase_v
        support_voltage(layout, memory)
        assert memory.controls[0].support_var == pytest.approx(share * 0.436 * 30e3)

    def test_it_trips_ramps_and_goes_on_by_its_model(self) -> None:
        made, layout, memory = self.guarded()
        guard, control = memory.guards[0], memory.controls[0]
        control.setting_w = -9e3
        watch_grid(layout, memory, 1.0)
        assert (guard.mode, control.held_off_by, control.setting_w) == (CONNECTED, 0, -9e3)
        assert control.growth_w_per_s == math.inf
        memory.inputs[layout.frequency_signal] = 52.0
        watch_grid(layout, memory, 1.0)
        assert (guard.mode, control.setting_w) == (DISCONNECTED, 0.0)
        cause = control.held_off_by
        assert cause > 0
        control.setting_w = -5.0
        watch_grid(layout, memory, 1.0)
        assert (control.held_off_by, control.setting_w) == (cause, -5.0)
        memory.inputs[layout.frequency_signal] = 50.0
        watch_grid(layout, memory, 61.0)
        watch_grid(layout, memory, 1.0)
        assert (guard.mode, control.held_off_by) == (RAMPING, 0)
        assert control.growth_w_per_s == pytest.approx(0.1 / 60.0 * 30e3)
        assert made.capability.held_off_by("inv") == 0

    def test_production_is_remembered_up_to_the_threshold(self) -> None:
        made, layout, memory = self.guarded()
        flow = memory.components[made.places.components["roof"]]
        for frequency_hz, delivered_w, reference_w in (
            (50.0, 6e3, 6e3), (50.2, 7e3, 7e3), (50.21, 1e3, 7e3), (49.0, -50.0, 0.0),
        ):  # fmt: skip
            flow.active_1, flow.active_2, flow.active_3 = -delivered_w, 0.0, 0.0
            memory.inputs[layout.frequency_signal] = frequency_hz
            watch_grid(layout, memory, 1e-3)
            assert memory.guards[1].reference_w == reference_w

    def test_power_of_storage_is_remembered_within_the_band(self) -> None:
        made, layout, memory = self.guarded()
        flow = memory.components[made.places.components["inv"]]
        for frequency_hz, power_w, reference_w in (
            (50.0, 6e3, 6e3), (50.2, -7e3, -7e3), (50.21, 1e3, -7e3), (49.8, 2e3, 2e3), (49.79, 3e3, 2e3),
        ):  # fmt: skip
            flow.active_1, flow.active_2, flow.active_3 = power_w, 0.0, 0.0
            memory.inputs[layout.frequency_signal] = frequency_hz
            watch_grid(layout, memory, 1e-3)
            assert memory.guards[0].reference_w == reference_w
