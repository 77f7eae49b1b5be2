"""Rules of what flows, rule by rule: sun and batteries behind one bridge, machines, loads, what is reached."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plant.kernel_bench import HYBRID, QUICK, START, grid, plant

from doppelgrid.models.inverter import (
    InverterState,
    ac_from_dc,
    conversion_loss_w,
    inverter_apparent_limit_va,
)
from doppelgrid.models.pv import PvInput, PvState, pv_output
from doppelgrid.sim.components.device_model import DeviceModel
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.kernel.ac_bus import find_cut_off
from doppelgrid.sim.kernel.dc_bus import setting_w, share_directly
from doppelgrid.sim.kernel.dc_reach import find_battery_limits, find_direct_reach
from doppelgrid.sim.kernel.device_model import bound, giver, pick, templates
from doppelgrid.sim.kernel.inverters import (
    LIGHT_AIR_M_PER_S,
    find_sun,
)

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
            charged_w = ac_from_dc(params, found.upper_w) if found.upper_w > 0.0 else 0.0
            assert control.reach_upper_w == min(charged_w, 30e3)
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
    # A quarter of a's is x's, and what x has room for of what y cannot take; y is asked for the rest and for b's.
    left_w = a_w - 3e3
    assert 0.25 * a_w < 3e3
    assert memory.batteries[0].dc_w == pytest.approx(3e3)
    assert memory.batteries[1].dc_w == pytest.approx(9e3)
    cut = 9e3 / (left_w + b_w)
    assert memory.inverters[1].dc_w == pytest.approx(b_w * cut)
    assert memory.inverters[0].dc_w == pytest.approx(3e3 + left_w * cut)


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
