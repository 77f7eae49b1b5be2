"""Inverters that keep to a grid code: when they leave the grid, and what they do for its voltage and frequency."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from support.inverter_bench import ACTIVE, INVERTER, REACTIVE, ROOF, Running

from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import StateCode

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
