"""Inverters in the plant: losses, heat, reactive power, and what a grid code makes of them."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.models.battery import battery_open_circuit_v
from doppelgrid.models.inverter import conversion_loss_w
from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE
INVERTER, ROOF = 11, 21
_QUICK = {"behind": "main", "response_delay": "0 s", "ramp_rate": "1 MW/s"}


def a_site(*, weather: dict[str, Any] | None = None, **changes: dict[str, Any]) -> Site:
    components: dict[str, dict[str, Any]] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "inv": {"id": INVERTER, "category": "battery_inverter", "rated_power": "30 kW", **_QUICK},
        "bat": {"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
        "roof": {
            "id": ROOF, "category": "pv_inverter", "rated_power": "10 kW", "peak_power": "16 kW",
            "irradiance": "900 W/m²", **_QUICK,
        },
    }  # fmt: skip
    named = {key: {**component, **changes.get(key, {})} for key, component in components.items()}
    whole: dict[str, Any] = {"microgrid": {"id": 7}, "components": named}
    return Site.model_validate(whole if weather is None else {**whole, "weather": weather})


class Running:
    """A running site with a battery inverter and photovoltaics."""

    def __init__(self, **changes: dict[str, Any]) -> None:
        self.simulation = Simulation.headless(rarely_sampled(a_site(**changes)), start_us=START, seed=1)
        self.plant: Plant = self.simulation.plant

    def after(self, seconds: float) -> Running:
        self.simulation.run_for(timedelta(seconds=seconds))
        return self

    def active_w(self, key: str) -> float:
        return self.plant.readings.flows().ac[key].active_w

    def reactive_var(self, key: str) -> float:
        return self.plant.readings.flows().ac[key].reactive_var

    def tell(self, key: str, power_type: PowerType, power: float) -> None:
        self.plant.set_points.send(key, power_type, power)
        self.after(1.0)

    def loss_w(self) -> float:
        return self.active_w("inv") - self.plant.readings.flows().inverter_dc_w["inv"]

    def warnings(self, component: int) -> list[str]:
        return [warning.code for warning in self.simulation.gateway.frame(component).warnings]

    def states(self, component: int) -> tuple[StateCode, ...]:
        return self.simulation.gateway.frame(component).states


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


CODE = {"grid_code": "vde-ar-n-4105"}


class TestGridCode:
    @pytest.mark.parametrize(
        ("quantity", "bad", "good", "diagnostic"),
        [
            ("frequency", 51.6, 50.0, "GRID_OVERFREQUENCY"),
            ("frequency", 47.0, 50.0, "GRID_UNDERFREQUENCY"),
            ("voltage", 510.0, 400.0, "GRID_OVERVOLTAGE"),
            ("voltage", 150.0, 400.0, "GRID_UNDERVOLTAGE"),
        ],
    )
    def test_a_bad_grid_is_left_and_a_good_one_joined_after_a_minute(
        self, quantity: str, bad: float, good: float, diagnostic: str
    ) -> None:
        site = Running(inv=CODE, roof=CODE)
        site.tell("inv", ACTIVE, -20e3)
        assert site.active_w("roof") < -9e3
        site.simulation.drive("grid", quantity, bad)
        site.after(1.0)
        for key, number in (("inv", INVERTER), ("roof", ROOF)):
            standby_w = site.plant.equipment.inverters[key].standby_power_w
            assert site.active_w(key) == pytest.approx(standby_w)
            assert site.plant.capability.active_power_bounds(key) == (0.0, standby_w)
            assert site.plant.capability.reactive_power_bounds(key) == (0.0, 0.0)
            assert site.warnings(number) == [diagnostic]
            assert site.states(number) == (StateCode.STANDBY,)
        site.after(60.0)
        site.simulation.drive("grid", quantity, good)
        site.after(59.0)
        assert site.active_w("roof") > 0.0
        site.after(61.0)
        assert site.active_w("roof") == pytest.approx(-1e3, rel=0.03)
        assert site.active_w("inv") == pytest.approx(-3e3, rel=0.03)
        site.after(240.0)
        assert site.active_w("inv") == pytest.approx(-15e3, rel=0.03)
        site.after(360.0)
        assert site.active_w("inv") == -20e3
        assert site.active_w("roof") < -9e3
        assert site.warnings(INVERTER) == []

    def test_it_trips_after_the_clearing_time_and_not_before(self) -> None:
        site = Running(roof=CODE)
        site.simulation.drive("grid", "frequency", 51.6)
        assert site.after(0.099).active_w("roof") < -9e3
        assert site.after(0.002).active_w("roof") > 0.0

    def test_a_short_dip_is_ridden_through(self) -> None:
        site = Running(roof=CODE)
        site.simulation.drive("grid", "voltage", 300.0)
        site.after(2.9)
        site.simulation.drive("grid", "voltage", 400.0)
        assert site.after(60.0).active_w("roof") < -9e3

    def test_without_one_nothing_trips(self) -> None:
        site = Running()
        site.simulation.drive("grid", "frequency", 53.0)
        assert site.after(60.0).active_w("roof") < -9e3

    def test_thresholds_can_be_given(self) -> None:
        site = Running(
            roof={
                "grid_code": {
                    "overfrequency": "51 Hz",
                    "reconnect_wait": "5 s",
                    "reconnect_gradient": "100 %/s",
                }
            }
        )
        site.simulation.drive("grid", "frequency", 51.2)
        assert site.after(1.0).active_w("roof") > 0.0
        site.simulation.drive("grid", "frequency", 50.0)
        assert site.after(7.0).active_w("roof") < -9e3

    def test_it_does_not_come_back_where_it_would_leave_again(self) -> None:
        code = {"undervoltage": "100 %", "undervoltage_time": "1 ms", "reconnect_wait": "0 s"}
        site = Running(inv={"grid_code": code}, grid={"voltages": {"phases": ["229 V", "230 V", "230 V"]}})
        assert site.after(60.0).warnings(INVERTER) == ["GRID_UNDERVOLTAGE"]

    def test_a_grid_of_60_hertz_has_thresholds_in_proportion(self) -> None:
        site = Running(grid={"frequency": "60 Hz"}, roof=CODE)
        assert site.after(5.0).active_w("roof") < -9e3
        site.simulation.drive("grid", "frequency", 62.0)
        assert site.after(5.0).active_w("roof") > 0.0

    def test_a_snapshot_keeps_the_wait(self) -> None:
        site = Running(roof=CODE)
        site.simulation.drive("grid", "frequency", 51.6)
        site.after(5.0)
        site.simulation.drive("grid", "frequency", 50.0)
        site.after(30.0)
        fork = site.simulation.fork()
        for simulation in (fork, site.simulation):
            simulation.run_for(timedelta(seconds=90.0))
        assert fork.plant.readings.flows() == site.simulation.plant.readings.flows()
        assert fork.plant.readings.flows().ac["roof"].active_w < -100.0


_LIT = {"bat": {"initial_soc": "60 %"}}


class TestSupport:
    def test_high_voltage_asks_for_inductive_power(self) -> None:
        code = {"grid_code": {"volt_var": True}}
        site = Running(inv=code, roof={**code, "irradiance": "300 W/m²"})
        site.simulation.drive("grid", "voltage", 420.0)
        assert site.reactive_var("inv") == pytest.approx(30e3 * 0.436 * 0.5)
        assert site.reactive_var("roof") > 0.0
        site.simulation.drive("grid", "voltage", 380.0)
        assert site.reactive_var("inv") == pytest.approx(-30e3 * 0.436 * 0.5)
        site.simulation.drive("grid", "voltage", 400.0)
        assert site.reactive_var("inv") == 0.0

    def slow(self, key: str = "inv") -> Running:
        """Return a site whose voltage has just risen, with an inverter that takes its time."""
        site = Running(**{key: {"grid_code": {"volt_var": {"response_time": "10 s"}}}})
        site.simulation.drive("grid", "voltage", 420.0)
        return site

    @pytest.mark.parametrize("key", ["inv", "roof"])
    def test_with_a_response_time_95_percent_of_it_have_come_by_then(self, key: str) -> None:
        site = self.slow(key)
        goal_var = 0.436 * 0.5 * site.plant.equipment.guards[key].rated_apparent_power_va
        assert site.reactive_var(key) == 0.0
        assert site.after(10.0).reactive_var(key) == pytest.approx((1.0 - math.exp(-3.0)) * goal_var)
        assert site.after(30.0).reactive_var(key) == pytest.approx(goal_var)

    def test_looking_often_changes_nothing_of_it(self) -> None:
        often, seldom = self.slow(), self.slow()
        for _ in range(70):
            often.after(0.1)
        assert often.reactive_var("inv") == pytest.approx(seldom.after(7.0).reactive_var("inv"), abs=1e-6)
        frames = [site.simulation.gateway.frame(INVERTER) for site in (often, seldom)]
        energies_varh = [frame.values[Metric.AC_ENERGY_REACTIVE] for frame in frames]
        assert energies_varh[0] == pytest.approx(energies_varh[1])

    def test_a_site_begins_as_if_the_voltage_had_been_so_for_long(self) -> None:
        code = {"grid_code": {"volt_var": {"response_time": True}}}
        site = Running(inv=code, grid={"voltages": {"phases": ["242 V"] * 3}})
        way = (242.0 / (400.0 / math.sqrt(3.0)) - 1.03) / 0.04
        assert site.reactive_var("inv") == pytest.approx(way * 0.436 * 30e3)

    def test_after_a_trip_it_begins_at_nothing(self) -> None:
        site = self.slow()
        site.after(60.0)
        site.simulation.drive("grid", "frequency", 52.0)
        site.after(1.0)
        site.simulation.drive("grid", "frequency", 50.0)
        assert site.after(60.1).reactive_var("inv") < 0.1 * 6540.0
        assert site.after(30.0).reactive_var("inv") == pytest.approx(6540.0)

    def test_a_snapshot_keeps_how_far_it_has_come(self) -> None:
        site = self.slow().after(2.0)
        fork = site.simulation.fork()
        for simulation in (fork, site.simulation):
            simulation.run_for(timedelta(seconds=3))
        assert fork.plant.readings.flows() == site.simulation.plant.readings.flows()

    def test_a_reactive_set_point_goes_before_it(self) -> None:
        site = Running(inv={"grid_code": {"volt_var": True}})
        site.tell("inv", REACTIVE, -2e3)
        site.simulation.drive("grid", "voltage", 420.0)
        assert site.reactive_var("inv") == -2e3

    @pytest.mark.parametrize("key", ["inv", "roof"])
    def test_at_full_power_active_power_gives_way_to_what_the_voltage_asks_for(self, key: str) -> None:
        site = Running(**{key: {"grid_code": {"volt_var": True}}}, **_LIT)
        rated_w = site.plant.equipment.inverters[key].rated_power_w
        site.tell(key, ACTIVE, -rated_w)
        assert (site.active_w(key), site.reactive_var(key)) == (-rated_w, 0.0)
        site.simulation.drive("grid", "voltage", 428.0)
        assert site.reactive_var(key) == pytest.approx(0.436 * rated_w)
        assert site.active_w(key) == pytest.approx(-rated_w * math.sqrt(1.0 - 0.436**2))
        assert site.plant.capability.active_power_bounds(key).lower == pytest.approx(site.active_w(key))

    @pytest.mark.parametrize("key", ["inv", "roof"])
    def test_or_it_goes_first(self, key: str) -> None:
        site = Running(**{key: {"grid_code": {"volt_var": True, "priority": "active_power"}}}, **_LIT)
        rated_w = site.plant.equipment.inverters[key].rated_power_w
        site.tell(key, ACTIVE, -rated_w)
        site.simulation.drive("grid", "voltage", 428.0)
        assert (site.active_w(key), site.reactive_var(key)) == (-rated_w, 0.0)

    def test_a_client_that_asks_for_reactive_power_has_what_active_power_leaves(self) -> None:
        site = Running(inv={"grid_code": {"volt_var": True}})
        site.simulation.drive("grid", "voltage", 428.0)
        site.tell("inv", REACTIVE, 10e3)
        site.tell("inv", ACTIVE, -29e3)
        assert site.active_w("inv") == -29e3
        assert site.reactive_var("inv") == pytest.approx(math.sqrt(30e3**2 - 29e3**2))

    @pytest.mark.parametrize("limit", [{"min_power_factor": 0.95}, {"max_reactive_power": "9367.5 var"}])
    def test_active_power_gives_way_to_no_more_than_there_can_be(self, limit: dict[str, Any]) -> None:
        site = Running(inv={"grid_code": {"volt_var": True}, **limit})
        site.tell("inv", ACTIVE, -30e3)
        site.simulation.drive("grid", "voltage", 428.0)
        assert site.active_w("inv") == pytest.approx(-28.5e3, rel=1e-5)
        assert site.reactive_var("inv") == pytest.approx(9367.5, rel=1e-5)

    @pytest.mark.parametrize(
        ("told_w", "active_w", "factor"),
        [
            (-10e3, -10e3, 1.0), (-15e3, -15e3, 1.0), (-22.5e3, -22.5e3, 0.95), (20e3, 20e3, 1.0),
            # P = S cos φ(P) with cos φ = 1.1 - 0.2 P / S.
            (-30e3, -30e3 * 1.1 / 1.2, 1.1 / 1.2),
        ],
    )  # fmt: skip
    def test_the_power_factor_follows_what_is_delivered(
        self, told_w: float, active_w: float, factor: float
    ) -> None:
        site = Running(inv={"grid_code": {"watt_pf": True}})
        site.tell("inv", ACTIVE, told_w)
        assert site.active_w("inv") == pytest.approx(active_w)
        assert site.reactive_var("inv") == pytest.approx(
            abs(active_w) * math.tan(math.acos(factor)), abs=1e-6
        )

    @pytest.mark.parametrize("of_sun", [{"power": "8 kW", "irradiance": None}, {"irradiance": "500 W/m²"}])
    def test_that_of_photovoltaics_too(self, of_sun: dict[str, Any]) -> None:
        site = Running(roof={"grid_code": {"watt_pf": True}, **of_sun}).after(1.0)
        delivered = -site.active_w("roof") / 10e3
        assert 0.6 < delivered < 0.9
        factor = 1.1 - 0.2 * delivered
        assert site.reactive_var("roof") == pytest.approx(
            1e4 * delivered * math.tan(math.acos(factor)), rel=1e-5
        )

    @pytest.mark.parametrize(
        ("told_w", "active_w", "reactive_var"),
        [
            (-15e3, -15e3, 0.0), (-16.5e3, -16.5e3, 0.025 * 30e3), (-22.5e3, -22.5e3, 0.19 * 30e3),
            (-27e3, -27e3, 0.33 * 30e3), (-30e3, -30e3 * math.sqrt(1.0 - 0.33**2), 0.33 * 30e3), (27e3, 27e3, 0.0),
        ],
    )  # fmt: skip
    def test_reactive_power_follows_what_is_delivered(
        self, told_w: float, active_w: float, reactive_var: float
    ) -> None:
        site = Running(inv={"grid_code": {"watt_var": True}})
        site.tell("inv", ACTIVE, told_w)
        assert site.active_w("inv") == pytest.approx(active_w)
        assert site.reactive_var("inv") == pytest.approx(reactive_var, abs=1e-6)

    @pytest.mark.parametrize("curve", ["watt_pf", "watt_var"])
    def test_reactive_power_that_follows_what_is_delivered_leaves_charging_all(self, curve: str) -> None:
        site = Running(inv={"grid_code": {curve: True}}, bat={"capacity": "200 kWh"})
        assert site.plant.capability.active_power_bounds("inv").upper == 30e3
        site.tell("inv", ACTIVE, 30e3)
        assert (site.active_w("inv"), site.reactive_var("inv")) == (30e3, 0.0)
        assert site.plant.capability.active_power_bounds("inv").lower > -29e3

    def test_reactive_bounds_are_those_beside_active_power_that_gives_way_to_no_client(self) -> None:
        site = Running(inv={"grid_code": {"volt_var": True}})
        site.tell("inv", ACTIVE, -29e3)
        site.simulation.drive("grid", "voltage", 432.0)
        asked_var = 0.436 * 30e3
        left_var = math.sqrt(30e3**2 - 29e3**2)
        free, own = site.after(1.0).simulation.gateway.frame(INVERTER).bounds[Metric.AC_POWER_REACTIVE]
        assert free == pytest.approx((-left_var, left_var))
        assert own.lower == own.upper == site.reactive_var("inv") == pytest.approx(asked_var)
        site.tell("inv", REACTIVE, free.upper)
        assert (site.active_w("inv"), site.reactive_var("inv")) == pytest.approx((-29e3, left_var))

    @pytest.mark.parametrize("told_var", [29e3, 0.0])
    def test_what_is_left_of_a_reactive_set_point_is_a_success(self, told_var: float) -> None:
        site = Running(inv={"grid_code": {"volt_var": True}})
        site.tell("inv", ACTIVE, -15e3)
        site.simulation.drive("grid", "voltage", 432.0)
        ended: list[object] = []
        site.after(1.0).simulation.gateway.listen_to_events(
            lambda event: ended.append(event.details["status"]) if event.kind == "set-point ended" else None
        )
        site.simulation.gateway.set_power(INVERTER, REACTIVE, told_var, 60)
        site.after(5.0)
        left_var = min(math.sqrt(30e3**2 - 15e3**2), told_var) or 0.436 * 30e3
        assert site.reactive_var("inv") == pytest.approx(left_var)
        assert ended == ["SUCCESS"]

    def test_in_the_heat_both_give_way_in_proportion(self) -> None:
        site = Running(inv={"grid_code": {"volt_var": True}}, bat={"initial_soc": "90 %"})
        site.simulation.drive("site", "ambient_temperature", 52.0)
        site.simulation.drive("grid", "voltage", 428.0)
        site.tell("inv", ACTIVE, -30e3)
        site.after(3600.0)
        apparent_va = math.hypot(site.active_w("inv"), site.reactive_var("inv"))
        assert apparent_va < 29e3
        assert site.reactive_var("inv") / apparent_va == pytest.approx(0.436, rel=1e-3)

    def test_production_falls_with_frequency_from_what_it_was(self) -> None:
        site = Running(roof={"grid_code": {"freq_watt": True}, "irradiance": "400 W/m²"})
        before_w = site.after(1.0).active_w("roof")
        site.simulation.drive("grid", "frequency", 50.7)
        assert site.after(1.0).active_w("roof") == pytest.approx(0.8 * before_w)
        site.simulation.drive("grid", "frequency", 51.2)
        assert site.after(1.0).active_w("roof") == pytest.approx(0.6 * before_w)
        site.simulation.drive("grid", "frequency", 50.0)
        assert site.after(1.0).active_w("roof") == pytest.approx(before_w)

    @pytest.mark.parametrize(
        ("told_w", "frequency_hz", "power_w"),
        [
            # 40 % of the rated 30 kW per hertz beyond 50.2 and 49.8 Hz, from what it had.
            (-9e3, 50.7, -3e3), (-9e3, 51.2, 3e3), (3e3, 50.7, 9e3),
            (9e3, 49.3, 3e3), (9e3, 48.8, -3e3), (-3e3, 49.3, -9e3),
        ],
    )  # fmt: skip
    def test_storage_goes_through_zero_with_frequency_and_comes_back(
        self, told_w: float, frequency_hz: float, power_w: float
    ) -> None:
        site = Running(inv={"grid_code": {"freq_watt": True}})
        site.tell("inv", ACTIVE, told_w)
        site.simulation.drive("grid", "frequency", frequency_hz)
        assert site.after(1.0).active_w("inv") == pytest.approx(power_w)
        site.simulation.drive("grid", "frequency", 50.0)
        assert site.after(1.0).active_w("inv") == pytest.approx(told_w)

    def test_what_a_client_asks_of_storage_beyond_that_it_does(self) -> None:
        site = Running(inv={"grid_code": {"freq_watt": True}})
        site.simulation.drive("grid", "frequency", 50.7)
        site.tell("inv", ACTIVE, 20e3)
        assert site.active_w("inv") == 20e3
        site.tell("inv", ACTIVE, -20e3)
        assert site.active_w("inv") == pytest.approx(6e3)

    @pytest.mark.parametrize(("frequency_hz", "end", "power_w"), [(50.7, 0, 6e3), (49.3, 1, -6e3)])
    def test_bounds_are_without_zero_where_frequency_moves_storage_beyond_it(
        self, frequency_hz: float, end: int, power_w: float
    ) -> None:
        site = Running(inv={"grid_code": {"freq_watt": True}}).after(1.0)
        site.simulation.drive("grid", "frequency", frequency_hz)
        (bounds,) = site.after(1.0).simulation.gateway.frame(INVERTER).bounds[Metric.AC_POWER_ACTIVE]
        assert bounds[end] == site.active_w("inv") == pytest.approx(power_w, abs=30.1)  # and standby
        with pytest.raises(OutOfBoundsError):
            site.simulation.gateway.set_power(INVERTER, ACTIVE, power_w / 2.0, 60)

    def test_zero_is_a_success_that_counts_once_frequency_is_back(self) -> None:
        site = Running(inv={"grid_code": {"freq_watt": True}})
        site.tell("inv", ACTIVE, 5e3)
        site.simulation.drive("grid", "frequency", 50.7)
        ended: list[object] = []
        site.after(1.0).simulation.gateway.listen_to_events(
            lambda event: ended.append(event.details["status"]) if event.kind == "set-point ended" else None
        )
        site.simulation.gateway.set_power(INVERTER, ACTIVE, 0.0, 60)
        assert site.after(5.0).active_w("inv") == pytest.approx(11e3)
        assert ended == ["SUCCESS"]
        site.simulation.drive("grid", "frequency", 50.0)
        assert site.after(1.0).active_w("inv") == pytest.approx(0.0, abs=100.0)

    @pytest.mark.parametrize(("soc", "frequency_hz"), [("100 %", 51.2), ("0 %", 48.8)])
    def test_a_battery_that_takes_or_gives_nothing_stays_at_rest(self, soc: str, frequency_hz: float) -> None:
        site = Running(
            inv={"grid_code": {"freq_watt": True}},
            bat={"initial_soc": soc, "min_soc": "0 %", "max_soc": "100 %"},
        )
        site.simulation.drive("grid", "frequency", frequency_hz)
        assert site.after(1.0).active_w("inv") == site.plant.equipment.inverters["inv"].standby_power_w

    @pytest.mark.parametrize("told_w", [None, -12e3, 15e3])
    def test_what_it_draws_at_high_frequency_is_no_loss_and_within_what_it_shows(
        self, told_w: float | None
    ) -> None:
        site = Running(inv={"grid_code": {"freq_watt": True}, "min_power": "500 W"})
        site.simulation.drive("grid", "frequency", 51.2)
        if told_w is not None:
            site.tell("inv", ACTIVE, told_w)
        assert site.active_w("inv") == pytest.approx(15e3 if told_w == 15e3 else 12e3)
        assert site.plant.capability.losses_w("inv") == 0.0
        shown = site.simulation.gateway.frame(INVERTER).bounds[Metric.AC_POWER_ACTIVE]
        assert any(bounds.contains(site.active_w("inv")) for bounds in shown)

    def test_what_clients_left_allowed_holds_for_storage_at_high_frequency(self) -> None:
        site = Running(inv={"grid_code": {"freq_watt": True}})
        site.plant.allowed_power.allow("inv", Metric.AC_POWER_ACTIVE, (Bounds(-30e3, 2e3),))
        site.simulation.drive("grid", "frequency", 51.2)
        assert site.after(1.0).active_w("inv") == 2e3


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
