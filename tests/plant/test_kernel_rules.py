"""Rules of what flows, rule by rule: sun and batteries behind one bridge, grid codes, machines, steps, loads."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.grid_code import CONNECTED, DISCONNECTED, RAMPING
from doppelgrid.models.inverter import (
    InverterState,
    ac_from_dc,
    conversion_loss_w,
    inverter_apparent_limit_va,
    inverter_heat_horizon_s,
    inverter_heated,
)
from doppelgrid.models.pv import PvInput, PvState, pv_output
from doppelgrid.sim.components.device_model import DeviceModel
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.kernel.ac_bus import find_cut_off
from doppelgrid.sim.kernel.dc_bus import setting_w, share_directly
from doppelgrid.sim.kernel.dc_reach import find_battery_limits, find_direct_reach
from doppelgrid.sim.kernel.device_model import bound, giver, pick, templates
from doppelgrid.sim.kernel.inverters import (
    LIGHT_AIR_M_PER_S,
    find_sun,
    heat_horizon_s,
    heat_up,
    keep_to_grid_code,
    support_voltage,
    watch_grid,
)
from doppelgrid.sim.kernel.steps import control, integrate, needs_control
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
SECOND = 1_000_000
QUICK = {"behind": "main", "response_delay": "0 s", "ramp_rate": "10 MW/s"}


def plant(weather: dict[str, Any] | None = None, **components: dict[str, Any]) -> Plant:
    named = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        **components,
    }
    whole: dict[str, Any] = {"microgrid": {"id": 1}, "components": named}
    made = Plant(
        Site.model_validate(whole if weather is None else {**whole, "weather": weather}),
        start_us=START,
        seed=1,
    )
    made.operating_point.solve()
    return made


HYBRID = {"id": 11, "category": "hybrid_inverter", "rated_power": "30 kW", "peak_power": "40 kW", **QUICK}
BRIDGE = plant(
    inv={**HYBRID, "irradiance": "500 W/m²"},
    bat={"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
)


class TestHybrids:
    """One bridge, with a battery and with modules."""

    @given(
        setting=st.floats(-29e3, 29e3) | st.just(0.0),
        sun_w=st.floats(0.0, 40e3) | st.just(0.0),
        most_out_w=st.floats(0.0, 50e3) | st.just(0.0),
        most_in_w=st.floats(0.0, 50e3) | st.just(0.0),
    )
    def test_batteries_take_what_the_sun_gives_too_much_and_the_rest_is_left(
        self, setting: float, sun_w: float, most_out_w: float, most_in_w: float
    ) -> None:
        layout, memory, _ = BRIDGE.numbers
        inverter, battery = memory.inverters[0], memory.batteries[0]
        inverter.sun_w, memory.controls[0].setting_w = -sun_w, setting
        inverter.own_lower_w, inverter.own_upper_w = -30e3, 30e3
        battery.lower_w, battery.upper_w = -most_out_w, most_in_w
        share_directly(layout, memory)
        wanted_w = inverter.asked_bridge_w
        used_w = inverter.dc_w - battery.dc_w
        assert -most_out_w <= battery.dc_w <= most_in_w
        assert -sun_w - 1e-9 <= used_w <= 1e-9
        if -most_out_w <= wanted_w + sun_w <= most_in_w:
            # Everything finds its place.
            assert battery.dc_w == pytest.approx(wanted_w + sun_w, abs=1e-6)
            if inverter.dc_w == wanted_w != 0.0:
                assert inverter.ac_w == setting
        elif wanted_w + sun_w > most_in_w:
            # The battery takes all that it can, and the bridge has what it is set to if the sun reaches that far.
            assert battery.dc_w == pytest.approx(most_in_w)
            assert inverter.dc_w == pytest.approx(min(wanted_w, most_in_w), abs=1e-6)
        else:
            assert battery.dc_w == pytest.approx(-most_out_w)
            assert used_w == pytest.approx(-sun_w, abs=1e-6)

    def test_its_reach_is_what_both_give_and_what_the_battery_takes(self) -> None:
        layout, memory, _ = BRIDGE.numbers
        memory.arrays[0].power_w = -8e3
        for lower_w, upper_w in ((-5e3, 6e3), (0.0, 0.0), (-90e3, 90e3)):
            memory.batteries[0].allowed_lower_w, memory.batteries[0].allowed_upper_w = lower_w, upper_w
            find_direct_reach(layout, memory)
            params, control = layout.inverters[0].params, memory.controls[0]
            found = memory.batteries[0]
            assert (found.lower_w, found.upper_w) == (
                max(lower_w, found.lower_w),
                min(upper_w, found.upper_w),
            )
            assert control.reach_lower_w == max(ac_from_dc(params, found.lower_w - 8e3), -30e3)
            assert control.reach_upper_w == min(ac_from_dc(params, found.upper_w), 30e3)
            assert (memory.inverters[0].own_lower_w, memory.inverters[0].own_upper_w) == (-30e3, 30e3)
            assert memory.inverters[0].sun_w == -8e3
        memory.inverters[0].heat_sink_c = layout.inverters[0].params.heat_sink_max_c
        memory.inverters[0].is_held_back = 1
        memory.inputs[layout.ambient_signal] = 52.0
        find_direct_reach(layout, memory)
        most_va = inverter_apparent_limit_va(params, InverterState(params.heat_sink_max_c, 1), 52.0)
        assert memory.inverters[0].own_upper_w == most_va < 30e3
        memory.inputs[layout.ambient_signal] = 20.0
        memory.inverters[0].heat_sink_c, memory.inverters[0].is_held_back = 20.0, 0

    def test_a_battery_that_is_switched_off_allows_nothing(self) -> None:
        made = plant(
            inv={**HYBRID, "irradiance": "500 W/m²"}, bat={"id": 12, "category": "battery", "behind": "inv"}
        )
        layout, memory, _ = made.numbers
        number = made.places.components["bat"]
        for closed, relays, is_on in ((1, 3, True), (0, 3, False), (1, 0, False)):
            memory.components[number].is_closed, memory.bms[0].relays = closed, relays
            find_battery_limits(layout, memory)
            limits = memory.batteries[0].lower_w, memory.batteries[0].upper_w
            assert (limits != (0.0, 0.0)) is is_on

    def test_a_setting_is_cut_to_what_the_inverter_itself_could_do(self) -> None:
        layout, memory, _ = BRIDGE.numbers
        now = memory.inverters[0]
        now.own_lower_w, now.own_upper_w = -4e3, 5e3
        for setting, cut in ((3e3, 3e3), (9e3, 5e3), (-9e3, -4e3)):
            memory.controls[0].setting_w = setting
            assert setting_w(layout, memory, 0) == cut
        component = memory.components[BRIDGE.places.components["inv"]]
        component.is_closed = 0
        assert setting_w(layout, memory, 0) == 0.0
        component.is_closed = 1

    def test_its_bridge_carries_the_losses_of_its_apparent_power(self) -> None:
        layout, memory, _ = BRIDGE.numbers
        now, params = memory.inverters[0], layout.inverters[0].params
        now.sun_w, now.own_lower_w, now.own_upper_w, now.apparent_va = 0.0, -30e3, 30e3, 30e3
        memory.batteries[0].lower_w, memory.batteries[0].upper_w = -50e3, 50e3
        memory.controls[0].setting_w, memory.controls[0].reactive_target_var = -12e3, 9e3
        share_directly(layout, memory)
        assert now.dc_w == pytest.approx(-12e3 - conversion_loss_w(params, 15e3))
        assert (now.ac_w, now.asked_var) == (-12e3, 9e3)
        memory.controls[0].reactive_target_var = 0.0
        memory.controls[0].setting_w = 0.0
        share_directly(layout, memory)
        assert (now.dc_w, now.ac_w) == (0.0, params.standby_power_w)


def test_inverters_of_one_battery_are_cut_alike_and_batteries_of_one_inverter_share_by_their_room() -> None:
    made = plant(
        a={"id": 11, "category": "battery_inverter", "rated_power": "30 kW", **QUICK},
        b={"id": 12, "category": "battery_inverter", "rated_power": "30 kW", **QUICK},
        x={"id": 21, "category": "battery", "behind": ["a"]},
        y={"id": 22, "category": "battery", "behind": ["a", "b"]},
    )
    layout, memory, _ = made.numbers
    for battery, room_w in zip(memory.batteries, (3e3, 9e3), strict=True):
        battery.lower_w, battery.upper_w = -2.0 * room_w, room_w
    memory.controls[0].setting_w, memory.controls[1].setting_w = 12e3, 6e3
    share_directly(layout, memory)
    a_w, b_w = (memory.inverters[number].asked_bridge_w for number in (0, 1))
    # A quarter of a's is x's; y is asked for the rest and for all of b's.
    asked_y_w = 0.75 * a_w + b_w
    assert memory.batteries[0].dc_w == pytest.approx(min(0.25 * a_w, 3e3))
    assert memory.batteries[1].dc_w == pytest.approx(min(asked_y_w, 9e3))
    cut = 9e3 / asked_y_w
    assert memory.inverters[1].dc_w == pytest.approx(b_w * cut)
    assert memory.inverters[0].dc_w == pytest.approx(min(0.25 * a_w, 3e3) + 0.75 * a_w * cut)


class TestSun:
    @pytest.mark.parametrize("weather", [None, {"wind_speed": "7 m/s"}])
    def test_an_array_offers_what_its_model_says_in_the_air_around_it(
        self, weather: dict[str, Any] | None
    ) -> None:
        roof = {
            "id": 21,
            "category": "pv_inverter",
            "rated_power": "12 kW",
            "irradiance": "400 W/m²",
            **QUICK,
        }
        made = plant(weather, roof=roof)
        layout, memory, _ = made.numbers
        wind = LIGHT_AIR_M_PER_S if weather is None else 7.0
        signals = [layout.arrays[0].signal, layout.ambient_signal, *([layout.wind_signal] if weather else [])]
        for signal, value in zip(signals, (650.0, -5.0, 2.0), strict=False):
            memory.inputs[signal] = value
            find_sun(layout, memory)
            wind = memory.inputs[layout.wind_signal] if weather else wind
            sun, air_c = memory.inputs[layout.arrays[0].signal], memory.inputs[layout.ambient_signal]
            offered = pv_output(layout.arrays[0].params, PvState(air_c), PvInput(sun, air_c, wind))
            assert (memory.arrays[0].power_w, memory.arrays[0].voltage_v) == (
                offered.dc_power_w,
                offered.voltage_v,
            )


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


class TestMachines:
    def test_a_source_is_a_signal_a_set_point_or_an_array(self) -> None:
        array = SimpleNamespace(power_w=-7.0, voltage_v=600.0)
        other = SimpleNamespace(power_w=-8.0, voltage_v=700.0)
        memory = SimpleNamespace(inputs=[11.0, 12.0], arrays=[array, other])
        found = [pick(memory, source, 5.0, 6.0) for source in (0, 1, -1, -2, -3, -4, -5, -6, -7)]  # type: ignore[arg-type]
        assert found == [11.0, 12.0, 5.0, 6.0, 0.0, -7.0, 600.0, -8.0, 700.0]

    def test_the_input_of_a_model_is_gathered_in_its_order_with_whole_numbers_as_such(self) -> None:
        model = DeviceModel("own", Given, lambda *_: None, lambda *_: 1.0, lambda *_: (None, None))
        memory = SimpleNamespace(inputs=[1.5, 2.0, 3.5])
        machines = SimpleNamespace(sources=[0, 1, -1, 2, 1, -2])
        gather = giver(model)
        assert gather(memory, machines, 0, 9.0, 8.0) == Given(1.5, 2, 9.0)
        assert gather(memory, machines, 1, 9.0, 8.0) == Given(3.5, 2, 8.0)
        assert isinstance(gather(memory, machines, 0, 9.0, 8.0).plugged, int)

    def test_time_passes_by_a_model_of_another_package_whatever_it_says(self) -> None:
        for own_s, horizon_s in [
            (5.0, 5.0),
            (50.0, 20.0),
            (1e-3, 1e-3),
            (1e-4, 1e-3),
            (0.0, 1e-3),
            (-3.0, 1e-3),
            (math.nan, 1e-3),
        ]:

            def horizon(_params: Any, _state: Any, _inp: Any, says_s: float = own_s) -> float:
                return says_s

            horizon.__module__ = "elsewhere.model"
            model = DeviceModel("own", Given, lambda *_: None, horizon, lambda *_: (None, None))
            memory = SimpleNamespace(inputs=[0.0], components=[SimpleNamespace(is_closed=1, is_cut_off=0)])
            machines = SimpleNamespace(
                component=[0], control=[-1], sources=[0, 0, -1], params=[None], states=[None]
            )
            shortest_s = bound(model).shortest_horizon_s
            assert shortest_s(None, memory, machines, 20.0) == horizon_s
            memory.components[0].is_closed = 0
            assert shortest_s(None, memory, machines, 20.0) == 20.0

    def test_models_of_ours_are_taken_at_their_word(self) -> None:
        def horizon(_params: Any, _state: Any, _inp: Any) -> float:
            return 1e-9

        model = DeviceModel("own", Given, lambda *_: None, horizon, lambda *_: (None, None))
        horizon.__module__ = "doppelgrid.models.own"
        ours = templates(model)["shortest_horizon_s"]
        horizon.__module__ = "doppelgrid_extra.models.own"
        assert templates(model)["shortest_horizon_s"] is not ours
        assert ours.__name__ == "shortest_horizon_s"


class Given(NamedTuple):
    sun: float
    plugged: int
    set_point_w: float


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


class TestLoads:
    def test_one_that_follows_the_voltage_goes_by_that_of_its_own_phases(self) -> None:
        for phases, mean_v in [([1], 200.0), ([2, 3], 240.0), ([1, 2, 3], 680.0 / 3.0)]:
            load = {
                "id": 31,
                "category": "meter",
                "behind": "main",
                "load": "8 kW",
                "phases": phases,
                "zip": {"z": 1.0},
            }
            made = plant(load=load, grid=grid(["200 V", "240 V", "240 V"]))
            assert made.readings.active_power_w("load") == pytest.approx(
                8e3 * (mean_v / 230.94) ** 2, rel=1e-4
            )


def grid(phases: list[str]) -> dict[str, Any]:
    return {
        "id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A", "voltages": {"phases": phases}
    }  # fmt: skip


class TestReaching:
    def test_what_is_behind_several_is_reached_while_one_conducts(self) -> None:
        made = plant(
            one={"id": 3, "category": "breaker", "behind": "main"},
            two={"id": 4, "category": "breaker", "behind": "main"},
            hall={"id": 5, "category": "meter", "behind": ["one", "two"], "load": "6 kW"},
        )
        for off, cut_off, ways in (
            ((), False, (3e3, 3e3)), (("one",), False, (0.0, 6e3)), (("two",), False, (6e3, 0.0)),
            (("one", "two"), True, (0.0, 0.0)),
        ):  # fmt: skip
            for key in ("one", "two"):
                made.switching.switch(key, Position.OFF if key in off else Position.ON)
            assert made.switching.is_cut_off("hall") is cut_off
            assert (
                made.readings.active_power_w("one"),
                made.readings.active_power_w("two"),
            ) == pytest.approx(ways)
            assert made.readings.active_power_w("main") == pytest.approx(0.0 if cut_off else 6e3)

    def test_an_outage_cuts_the_whole_site_off(self) -> None:
        made = plant(hall={"id": 5, "category": "meter", "behind": "main", "load": "6 kW"})
        for presence, cut_off in ((0.5, False), (0.49, True), (1.0, False), (0.0, True)):
            made.override("grid", "presence", Override(START, presence, START, presence))
            assert [made.switching.is_cut_off(key) for key in ("grid", "main", "hall")] == [cut_off] * 3
            assert made.readings.active_power_w("grid") == (0.0 if cut_off else 6e3)

    def test_a_battery_is_fed_through_closed_passages_alone(self) -> None:
        made = plant(
            a={"id": 11, "category": "battery_inverter", "rated_power": "30 kW", **QUICK},
            b={"id": 12, "category": "battery_inverter", "rated_power": "30 kW", **QUICK},
            cut={"id": 13, "category": "breaker", "behind": "a"},
            x={"id": 21, "category": "battery", "behind": ["cut", "b"]},
        )
        layout, memory, _ = made.numbers
        cut = memory.components[made.places.components["cut"]]
        for closed in (1, 0):
            cut.is_closed = closed
            find_cut_off(layout, memory)
            assert [pair.conducts for pair in memory.pairs] == [closed, 1]
