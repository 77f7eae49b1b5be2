"""Inverters in the plant: losses, heat, reactive power, and limits of direct current."""

from __future__ import annotations

import math

import pytest
from support.inverter_bench import ACTIVE, INVERTER, REACTIVE, ROOF, Running

from doppelgrid.models.battery import battery_open_circuit_v
from doppelgrid.models.inverter import conversion_loss_w
from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric


class TestLosses:
    @pytest.mark.parametrize("power_w", [-30e3, -15e3, -3e3, 3e3, 15e3, 30e3])
    def test_what_lies_between_the_meter_and_the_battery_is_the_loss_of_the_model(
        self, power_w: float
    ) -> None:
        site = Running()
        site.tell("inv", ACTIVE, power_w)
        params = site.plant.equipment.inverters["inv"]
        assert site.active_w("inv") == power_w
        assert site.loss_w() == pytest.approx(conversion_loss_w(params, power_w), rel=1e-9)
        assert site.loss_w() == pytest.approx(
            site.active_w("inv") - site.plant.readings.flows().battery_dc_w["bat"]
        )

    @pytest.mark.parametrize("power_w", [-30e3, -3e3, 15e3])
    def test_they_can_go_by_the_voltage_of_the_battery(self, power_w: float) -> None:
        site = Running(inv={"dc_voltage": "battery"}, bat={"preset": "nmc-100kwh"})
        site.tell("inv", ACTIVE, power_w)
        params, batteries = site.plant.equipment.inverters["inv"], site.plant.equipment.batteries
        at_rest_v = battery_open_circuit_v(batteries["bat"], site.plant.save().batteries["bat"])
        voltage_pu = at_rest_v / params.nominal_dc_voltage_v
        nominal_w = conversion_loss_w(params, power_w)
        assert abs(conversion_loss_w(params, power_w, voltage_pu) - nominal_w) > 0.005 * nominal_w
        assert site.active_w("inv") == power_w
        assert site.loss_w() == pytest.approx(conversion_loss_w(params, power_w, voltage_pu), rel=1e-4)

    def test_they_follow_the_apparent_power_and_the_setting_still_holds(self) -> None:
        site = Running(inv={"rated_apparent_power": "36 kVA"})
        site.tell("inv", ACTIVE, -24e3)
        site.tell("inv", REACTIVE, 18e3)
        params = site.plant.equipment.inverters["inv"]
        assert (site.active_w("inv"), site.reactive_var("inv")) == (-24e3, 18e3)
        assert site.loss_w() == pytest.approx(conversion_loss_w(params, 30e3), rel=1e-9)

    def test_beside_an_empty_battery_those_of_reactive_power_come_from_the_grid(self) -> None:
        site = Running(bat={"initial_soc": "0 %", "min_soc": "0 %"})
        site.tell("inv", REACTIVE, 20e3)
        params = site.plant.equipment.inverters["inv"]
        assert site.plant.readings.flows().battery_dc_w["bat"] == 0.0
        assert site.active_w("inv") == pytest.approx(conversion_loss_w(params, 20e3), rel=1e-3)

    def test_a_preset_of_the_nearest_class_is_taken(self) -> None:
        def losses(rated: str) -> float:
            site = Running(inv={"rated_power": rated}, roof={"rated_power": rated})
            params = site.plant.equipment.inverters
            assert params["inv"] != params["roof"]
            return params["inv"].no_load_loss_w / params["inv"].rated_power_w

        assert [losses(rated) for rated in ("3 kW", "11 kW", "30 kW", "250 kW")] == pytest.approx(
            [0.010350, 0.002662, 0.002110, 0.005477]
        )


class TestReactivePower:
    def test_a_power_factor_limits_it(self) -> None:
        site = Running(inv={"min_power_factor": 0.9, "rated_apparent_power": "36 kVA"})
        site.tell("inv", ACTIVE, -20e3)
        site.tell("inv", REACTIVE, 15e3)
        assert site.reactive_var("inv") == pytest.approx(20e3 * math.tan(math.acos(0.9)))
        assert site.plant.capability.reactive_power_bounds("inv").upper == pytest.approx(
            site.reactive_var("inv")
        )

    def test_a_fixed_limit_holds_it(self) -> None:
        site = Running(
            inv={"max_reactive_power": "5 kvar"},
            roof={"max_reactive_power": "2 kvar", "irradiance": "300 W/m²"},
        )
        site.tell("inv", REACTIVE, -15e3)
        site.tell("roof", REACTIVE, -15e3)
        assert (site.reactive_var("inv"), site.reactive_var("roof")) == (-5e3, -2e3)

    def test_photovoltaics_give_it_at_night(self) -> None:
        site = Running(roof={"irradiance": "0 W/m²"})
        site.tell("roof", REACTIVE, 5e3)
        assert site.reactive_var("roof") == 5e3
        assert site.active_w("roof") > site.plant.equipment.inverters["roof"].standby_power_w


class TestHeat:
    @pytest.mark.parametrize(("key", "number"), [("inv", INVERTER), ("roof", ROOF)])
    def test_hot_air_takes_power_and_cool_air_gives_it_back(self, key: str, number: int) -> None:
        site = Running(roof={"irradiance": "1200 W/m²"}, bat={"initial_soc": "90 %"})
        rated_w = site.plant.equipment.inverters[key].rated_power_w
        site.simulation.drive("site", "ambient_temperature", 52.0)
        site.tell(key, ACTIVE, -rated_w)
        assert site.active_w(key) == pytest.approx(-rated_w)
        assert site.warnings(number) == []
        site.after(3600.0)
        held_back_w = site.active_w(key)
        assert -0.95 * rated_w < held_back_w < -0.5 * rated_w
        lower_w = site.plant.capability.active_power_bounds(key).lower
        shown = site.simulation.gateway.frame(number).bounds[Metric.AC_POWER_ACTIVE]
        assert lower_w == shown[0].lower == pytest.approx(held_back_w)
        assert site.warnings(number) == ["OVERTEMPERATURE"]
        heat = site.plant.capability.inverter_heat(key)
        assert heat is not None
        assert heat.heat_sink_c == pytest.approx(
            site.plant.equipment.inverters[key].heat_sink_max_c, abs=0.01
        )
        site.simulation.drive("site", "ambient_temperature", 20.0)
        site.after(900.0)
        assert site.active_w(key) == pytest.approx(-rated_w)
        assert site.warnings(number) == []

    @pytest.mark.lengthy
    def test_the_moment_comes_as_often_as_one_looks(self) -> None:
        def energy_wh(looks: int) -> float:
            site = Running()
            site.simulation.drive("site", "ambient_temperature", 52.0)
            site.tell("inv", ACTIVE, -30e3)
            for _ in range(looks):
                site.after(3600.0 / looks)
            return site.plant.readings.registers("inv").delivered_wh

        assert energy_wh(1) == pytest.approx(energy_wh(97), rel=1e-7)

    def test_it_is_hardly_warmer_than_the_air_while_nothing_flows(self) -> None:
        site = Running().after(3600.0)
        heat = site.plant.capability.inverter_heat("inv")
        assert heat is not None
        assert 20.0 < heat.heat_sink_c < 22.0

    def test_too_hot_air_stops_it(self) -> None:
        site = Running()
        site.tell("inv", ACTIVE, -20e3)
        site.simulation.drive("site", "ambient_temperature", 65.0)
        standby_w = site.plant.equipment.inverters["inv"].standby_power_w
        assert site.active_w("inv") == standby_w
        assert site.plant.capability.active_power_bounds("inv") == (0.0, standby_w)

    def test_a_snapshot_keeps_it(self) -> None:
        site = Running().after(10.0)
        site.tell("inv", ACTIVE, -30e3)
        site.after(600.0)
        fork = site.simulation.fork()
        assert fork.plant.capability.inverter_heat("inv") == site.plant.capability.inverter_heat("inv")


class TestDirectCurrentLimits:
    """Those that a file gives hold for inverters of batteries, and are in the bounds."""

    @pytest.mark.parametrize("way", [0, 1])
    def test_the_current_keeps_to_its_limit_at_the_end_of_the_bounds(self, way: int) -> None:
        site = Running(inv={"parameters": {"dc_current_max_a": 10.0}})
        power_w = site.plant.capability.active_power_bounds("inv")[way]
        assert 6e3 < abs(power_w) < 8.5e3
        site.tell("inv", ACTIVE, power_w)
        for seconds in (1.0, 600.0):
            frame = site.after(seconds).simulation.gateway.frame(INVERTER)
            assert frame.values[Metric.AC_POWER_ACTIVE] == pytest.approx(power_w, rel=0.01)
            assert 9.5 < abs(frame.values[Metric.DC_CURRENT]) <= 10.0 * (1.0 + 1e-9)

    def test_beyond_them_nothing_is_accepted_or_done(self) -> None:
        site = Running(inv={"parameters": {"dc_current_max_a": 10.0}})
        with pytest.raises(OutOfBoundsError):
            site.simulation.gateway.set_power(INVERTER, ACTIVE, -20e3, 60)

    def test_it_does_not_run_outside_of_its_window(self) -> None:
        site = Running(inv={"preset": "battery-100kw"}).after(1.0)
        standby_w = site.plant.equipment.inverters["inv"].standby_power_w
        assert site.plant.capability.active_power_bounds("inv") == (0.0, standby_w)
        assert site.plant.capability.reactive_power_bounds("inv") == (0.0, 0.0)
        site.tell("inv", REACTIVE, 5e3)
        assert (site.active_w("inv"), site.reactive_var("inv")) == (standby_w, 0.0)

    def test_those_of_a_preset_found_by_size_do_not_hold(self) -> None:
        site = Running(bat={"preset": "lfp-5kwh", "capacity": "50 kWh"})
        assert site.plant.capability.active_power_bounds("inv").upper > 5e3

    def test_a_hybrid_keeps_to_its_current_between_bus_and_grid(self) -> None:
        hybrid = {"category": "hybrid_inverter", "peak_power": "16 kW", "irradiance": "900 W/m²"}
        site = Running(inv={**hybrid, "parameters": {"dc_current_max_a": 10.0}})
        lower_w, upper_w = site.plant.capability.active_power_bounds("inv")
        assert (-lower_w, upper_w) == pytest.approx((7e3, 7.3e3), rel=0.1)
        site.tell("inv", ACTIVE, lower_w)
        assert site.after(5.0).active_w("inv") == pytest.approx(lower_w, rel=1e-3)


class TestArrays:
    def test_dirt_and_shade_take_power(self) -> None:
        clean = Running(roof={"irradiance": "400 W/m²", "soiling": "0 %", "shading": "0 %"})
        dirty = Running(roof={"irradiance": "400 W/m²", "soiling": "10 %", "shading": "10 %"})
        assert dirty.active_w("roof") / clean.active_w("roof") == pytest.approx(0.81, abs=0.01)

    def test_wind_cools_the_modules(self) -> None:
        calm, windy = (
            Running(weather={"wind_speed": wind}, roof={"irradiance": "500 W/m²"})
            for wind in ("0 m/s", "10 m/s")
        )
        assert windy.active_w("roof") < 1.02 * calm.active_w("roof")
        calm.simulation.drive("site", "wind_speed", 10.0)
        assert calm.active_w("roof") == windy.active_w("roof")

    def test_modules_have_a_preset(self) -> None:
        powers_w = {
            module: Running(roof={"irradiance": "200 W/m²", "module": module}).active_w("roof")
            for module in ("crystalline-silicon", "thin-film")
        }
        assert powers_w["crystalline-silicon"] != powers_w["thin-film"]
