"""Machines with a model of their own in a running site: how they start, what they keep to, when they stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from gateway.equipped import Equipped
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.messages import OutOfBoundsError, RequestStatus, UnsupportedError, WrongStateError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

pytestmark = pytest.mark.lengthy

START = 1_750_000_000_000_000
DEVICE = 20
ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE
READY, STANDBY = (StateCode.READY,), (StateCode.STANDBY,)
ON, OFF = (StateCode.SWITCHING_ON,), (StateCode.SWITCHING_OFF,)
PRODUCING, CONSUMING = (StateCode.DISCHARGING,), (StateCode.CHARGING,)
TAKEN_ON = [RequestStatus.ACCEPTED, RequestStatus.SUCCESS]
CHP = {"category": "chp", "rated_power": "50 kW", "response_delay": "0 s", "ramp_rate": "1 MW/s"}
BOILER = {"category": "steam_boiler", "rated_power": "60 kW", "response_delay": "0 s", "ramp_rate": "1 MW/s"}
STACK = {"category": "electrolyzer", "rated_power": "80 kW", "response_delay": "0 s", "ramp_rate": "1 MW/s"}
WIND = {"category": "wind_turbine", "rated_power": "100 kW", "response_delay": "0 s", "ramp_rate": "1 MW/s"}
HVAC = {"category": "hvac", "response_delay": "0 s"}
MINER = {"category": "crypto_miner", "response_delay": "0 s"}
BANK = {"category": "capacitor_bank", "rated_reactive_power": "60 kvar", "response_delay": "0 s"}


class Alone(Equipped):
    """A running site with one machine."""

    def __init__(self, machine: dict[str, Any], **more: Any) -> None:
        components = {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "it": {"id": DEVICE, "behind": "main", **machine},
        }
        site = Site.model_validate({"microgrid": {"id": 7}, "components": components, **more})
        self.simulation = Simulation.headless(rarely_sampled(site), start_us=START, seed=1)
        self.gateway = self.simulation.gateway

    @property
    def power_w(self) -> float:
        return self.value(DEVICE)

    @property
    def doing(self) -> tuple[StateCode, ...]:
        return self.states(DEVICE)

    @property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        return self.shown(DEVICE)

    @property
    def state(self) -> Any:
        return self.simulation.plant.machines.state("it")

    def tell(self, power: float, *, lifetime_s: int = 900, of: PowerType = ACTIVE) -> None:
        self.gateway.set_power(DEVICE, of, power, lifetime_s)

    def keep_telling(self, power_w: float, minutes: float) -> None:
        """Let time pass under a set-point that is renewed every minute."""
        for _ in range(round(minutes)):
            self.tell(power_w)
            self.pass_time(60.0)

    def drive(self, quantity: str, value: float) -> None:
        self.simulation.drive("it", quantity, value)


class TestChps:
    def test_standing_still_it_draws_its_own_use_and_offers_its_rating(self) -> None:
        site = Alone(CHP)
        assert site.doing == READY
        assert 0.0 < site.power_w < 1e3
        assert site.bounds == ((-50e3, -24e3), (0.0, site.power_w))

    def test_a_set_point_starts_it_and_it_follows_when_it_is_warm(self) -> None:
        site = Alone(CHP)
        site.tell(-30e3)
        site.pass_time(60.0)
        assert site.doing == ON
        assert 0.0 < site.power_w < 3e3
        site.pass_time(60.0)
        assert site.doing == PRODUCING
        assert site.power_w == pytest.approx(-24e3)
        site.pass_time(660.0)
        assert site.power_w == pytest.approx(-30e3)

    def test_one_that_takes_on_load_in_steps_comes_to_a_set_point_step_by_step(self) -> None:
        site = Alone(CHP | {"load_acceptance": {"step": "30 %", "recovery": "10 s"}})
        site.keep_telling(-24e3, 15)
        site.tell(-50e3)
        powers_w = []
        for _ in range(5):
            site.pass_time(4.0)
            powers_w.append(site.power_w)
        assert powers_w == pytest.approx([-39e3, -39e3, -50e3, -50e3, -50e3])

    async def test_a_set_point_that_it_comes_to_in_steps_has_been_taken_on(self) -> None:
        site = Alone(CHP | {"load_acceptance": {"step": "5 %", "recovery": "1 min"}})
        site.keep_telling(-24e3, 20)
        request = site.gateway.set_power(DEVICE, ACTIVE, -50e3, 900)
        site.pass_time(1.0)
        assert [update.status async for update in request] == TAKEN_ON

    async def test_a_set_point_that_starts_it_has_been_taken_on(self) -> None:
        site = Alone(CHP)
        request = site.gateway.set_power(DEVICE, ACTIVE, -30e3, 900)
        site.pass_time(1.0)
        assert [update.status async for update in request] == TAKEN_ON

    def test_it_runs_at_least_its_minimum_time(self) -> None:
        site = Alone(CHP)
        site.keep_telling(-30e3, 15)
        site.tell(0.0)
        site.pass_time(60.0)
        assert site.power_w == pytest.approx(-24e3)
        site.pass_time(14 * 60.0)
        assert site.power_w == pytest.approx(-24e3)
        site.pass_time(3 * 60.0)
        assert site.doing == OFF

    def test_it_runs_on_for_as_long_as_it_is_told_to(self) -> None:
        site = Alone(CHP)
        site.keep_telling(-30e3, 90)
        assert site.power_w == pytest.approx(-30e3)

    def test_after_a_stop_it_pauses(self) -> None:
        site = Alone(CHP)
        site.keep_telling(-30e3, 32)
        site.tell(0.0)
        site.pass_time(180.0)
        assert site.doing == READY
        assert site.bounds == ((0.0, site.power_w),)
        with pytest.raises(OutOfBoundsError):
            site.tell(-30e3)
        site.pass_time(600.0)
        assert site.bounds == ((-50e3, -24e3), (0.0, site.power_w))

    def test_a_full_buffer_stops_it_until_the_heat_is_drawn(self) -> None:
        site = Alone({**CHP, "heat_demand": "0 W", "initial_temperature": "79 °C"})
        site.keep_telling(-50e3, 14)
        site.pass_time(900.0)
        assert site.power_w > 0.0
        assert site.bounds == ((0.0, site.power_w),)
        site.drive("heat_demand", 100e3)
        site.pass_time(4500.0)
        assert site.bounds == ((-50e3, -24e3), (0.0, site.power_w))

    def test_a_dump_cooler_lets_it_run_on(self) -> None:
        site = Alone({**CHP, "heat_demand": "0 W", "initial_temperature": "79 °C", "dump_cooler": True})
        site.keep_telling(-50e3, 60)
        assert site.power_w == pytest.approx(-50e3)

    @pytest.mark.lengthy
    def test_led_by_heat_it_takes_no_set_points(self) -> None:
        site = Alone({**CHP, "heat_led": True, "heat_demand": "40 kW", "buffer": "1000 l"})
        with pytest.raises(UnsupportedError):
            site.tell(-30e3)
        powers = []
        for _ in range(8 * 60):
            site.pass_time(60.0)
            powers.append(site.power_w)
        assert min(powers) == pytest.approx(-50e3)
        assert max(powers[60:]) > 0.0

    def test_after_failed_starts_it_reports_a_fault_until_somebody_acknowledges_it(self) -> None:
        site = Alone(CHP)
        site.drive("start_fails", 1.0)
        site.keep_telling(-30e3, 6)
        site.pass_time(180.0)
        assert site.doing == (StateCode.ERROR,)
        assert [error.code for error in site.gateway.frame(DEVICE).errors] == ["SWITCH_ON_FAULT"]
        with pytest.raises(WrongStateError, match="failed to start"):
            site.tell(-30e3)

        site.simulation.release("it", "start_fails")
        site.gateway.acknowledge(DEVICE)
        site.pass_time(2.0)
        assert site.doing == (StateCode.OFF,)
        site.gateway.start(DEVICE)
        site.pass_time(2.0)
        assert site.doing == READY
        site.keep_telling(-30e3, 3)
        assert site.doing == PRODUCING

    def test_a_part_of_its_starts_fails(self) -> None:
        never, always = Alone(CHP), Alone({**CHP, "failed_starts": "100 %"})
        for site in (never, always):
            site.tell(-30e3)
            site.pass_time(110.0)
        assert (never.state.failures, always.state.failures) == (0, 1)


class TestElectrolysers:
    def test_it_warms_up_from_cold_and_starts_quickly_from_standby(self) -> None:
        site = Alone(STACK)
        site.keep_telling(40e3, 5)
        assert site.doing == ON
        assert site.power_w < 8e3
        site.keep_telling(40e3, 4)
        assert site.doing == CONSUMING
        assert site.power_w == pytest.approx(40e3)
        site.tell(0.0)
        site.pass_time(60.0)
        assert site.doing == READY
        site.tell(40e3)
        site.pass_time(20.0)
        assert site.power_w == pytest.approx(40e3)


class TestSteamBoilers:
    def test_it_takes_what_it_is_told_while_its_steam_is_drawn(self) -> None:
        site = Alone(BOILER)
        assert site.bounds == ((0.0, site.power_w), (6e3, 60e3))
        assert site.doing == READY
        site.keep_telling(30e3, 60)
        assert site.power_w == pytest.approx(30e3)
        assert site.doing == CONSUMING

    def test_a_full_drum_stops_it(self) -> None:
        site = Alone({**BOILER, "steam_demand": "0 W"})
        site.keep_telling(60e3, 3)
        while site.power_w > 6e3:
            site.pass_time(10.0)
        assert site.bounds == ((0.0, site.power_w),)
        with pytest.raises(OutOfBoundsError):
            site.tell(60e3)

    async def test_set_to_nothing_it_has_come_to_it(self) -> None:
        site = Alone(BOILER)
        request = site.gateway.set_power(DEVICE, ACTIVE, 0.0, 900)
        site.pass_time(1.0)
        assert [update.status async for update in request] == TAKEN_ON


class TestWindTurbines:
    def test_the_wind_of_the_site_drives_it(self) -> None:
        site = Alone(WIND, weather={"wind_speed": "8 m/s"})
        assert site.power_w == pytest.approx(-41e3, rel=0.05)
        site.simulation.drive("site", "wind_speed", 5.0)
        assert site.power_w == pytest.approx(-10.5e3, rel=0.05)
        assert site.bounds[0][0] == pytest.approx(site.power_w)

    def test_its_own_wind_comes_first(self) -> None:
        site = Alone({**WIND, "wind_speed": "12 m/s"}, weather={"wind_speed": "3 m/s"})
        assert site.power_w < -80e3

    def test_above_the_cut_out_speed_it_stops_and_waits_for_the_storm_to_end(self) -> None:
        site = Alone({**WIND, "wind_speed": "20 m/s"})
        assert site.power_w < -90e3
        for wind, state in [(26.0, STANDBY), (23.0, STANDBY), (21.0, ON)]:
            site.drive("wind_speed", wind)
            site.pass_time(30.0)
            assert site.doing == state
        site.pass_time(60.0)
        assert site.doing == PRODUCING
        assert site.power_w < -90e3

    def test_a_set_point_holds_it_back(self) -> None:
        site = Alone({**WIND, "wind_speed": "12 m/s"})
        site.tell(-20e3)
        site.pass_time(1.0)
        assert site.power_w == pytest.approx(-20e3)

    def test_the_wind_grows_with_height(self) -> None:
        place = {"wind_speed": "6 m/s", "hub_height": "40 m", "wind_height": "10 m"}
        low, high = Alone({**WIND, **place}), Alone({**WIND, **place, "shear_exponent": 0.14})
        same = Alone({**WIND, **place, "wind_speed": f"{6.0 * 4.0**0.14} m/s"})
        assert high.power_w < low.power_w
        assert high.power_w == pytest.approx(same.power_w)

    def test_thin_air_carries_less(self) -> None:
        low = Alone({**WIND, "wind_speed": "8 m/s"}, ambient_temperature="15 °C")
        high = Alone(
            {**WIND, "wind_speed": "8 m/s"},
            ambient_temperature="15 °C",
            microgrid={"id": 7, "location": {"latitude": 47.0, "longitude": 10.0, "altitude": 2000}},
        )
        assert high.power_w / low.power_w == pytest.approx(0.785, abs=0.01)

    def test_it_stands_in_the_air_of_the_place_where_the_file_gives_none(self) -> None:
        """Not in that of 20 °C about devices indoors: on Svalbard cold air carries more in June, too."""
        outdoors = Alone(
            {**WIND, "wind_speed": "8 m/s"},
            microgrid={
                "id": 7,
                "location": {"latitude": 78.2, "longitude": 15.6, "timezone": "Arctic/Longyearbyen"},
            },
        )
        indoors = Alone({**WIND, "wind_speed": "8 m/s"}, ambient_temperature="20 °C")
        assert 1.02 < outdoors.power_w / indoors.power_w < 1.12

    def test_blades_that_may_be_iced_stop_it_in_cold_moist_air(self) -> None:
        icy = {**WIND, "wind_speed": "12 m/s", "iced_power": "0 %"}
        site = Alone(icy, ambient_temperature="-4 °C", weather={"relative_humidity": "98 %"})
        assert site.power_w < -80e3
        site.pass_time(7201.0)
        assert (site.doing, site.power_w) == (STANDBY, pytest.approx(300.0))

    def test_out_of_service_it_stands_and_comes_back(self) -> None:
        site = Alone({**WIND, "wind_speed": "12 m/s", "availability": "100 %"})
        for outage, state in ((1.0, STANDBY), (0.0, PRODUCING)):
            site.drive("outage", outage)
            site.pass_time(120.0)
            assert site.doing == state

    def test_reactive_power_is_given_beside_active_power(self) -> None:
        site = Alone({**WIND, "wind_speed": "8 m/s"})
        site.tell(10e3, of=REACTIVE)
        site.pass_time(1.0)
        assert site.value(DEVICE, Metric.AC_POWER_REACTIVE) == pytest.approx(10e3)


class TestHvac:
    @pytest.mark.lengthy
    def test_it_cools_when_the_room_gets_warm(self) -> None:
        site = Alone({**HVAC, "preset": "office-split", "gains": "20 kW"}, ambient_temperature="30 °C")
        assert site.doing == READY
        site.pass_time(7200.0)
        rooms = []
        for _ in range(120):
            site.pass_time(60.0)
            rooms.append(site.state.room_c)
        assert 24.0 < min(rooms) < max(rooms) < 26.0

    def test_a_set_point_is_the_most_that_it_may_draw(self) -> None:
        cold = {"ambient_temperature": "-5 °C"}
        site = Alone({**HVAC, "preset": "house-heat-pump", "initial_temperature": "15 °C"}, **cold)
        assert site.doing == CONSUMING
        assert site.power_w == pytest.approx(3015.0)
        site.tell(1500.0)
        site.pass_time(1.0)
        assert site.power_w == pytest.approx(1500.0)
        site.tell(0.0)
        site.pass_time(1.0)
        assert site.power_w == pytest.approx(15.0)
        assert site.doing == READY

    def test_with_a_load_it_draws_that_and_takes_no_set_points(self) -> None:
        site = Alone({"category": "hvac", "load": "12 kW", "power_factor": 0.9})
        assert site.power_w == pytest.approx(12e3)
        with pytest.raises(UnsupportedError):
            site.tell(1e3)


class TestCryptoMiners:
    def test_it_steps_down_board_by_board_and_up_again(self) -> None:
        site = Alone({**MINER, "machines": 2})
        assert site.power_w == pytest.approx(6500.0)
        site.tell(4000.0)
        site.pass_time(10.0)
        assert site.power_w == pytest.approx(200.0 + 3 * 1050.0)
        site.tell(6500.0)
        site.pass_time(10.0)
        assert site.power_w == pytest.approx(200.0 + 3 * 1050.0)
        site.pass_time(120.0)
        assert site.power_w == pytest.approx(6500.0)

    def test_its_base_power_remains_when_it_is_told_to_draw_nothing(self) -> None:
        site = Alone(MINER)
        site.tell(0.0)
        site.pass_time(30.0)
        assert site.power_w == pytest.approx(100.0)
        assert site.doing == READY

    def test_hot_air_makes_it_shed_boards(self) -> None:
        site = Alone(MINER)
        site.simulation.drive("site", "ambient_temperature", 60.0)
        site.pass_time(600.0)
        assert site.power_w < 3000.0


class TestCapacitorBanks:
    def reactive_var(self, site: Alone) -> float:
        return site.value(DEVICE, Metric.AC_POWER_REACTIVE)

    def test_reactive_power_goes_with_the_square_of_the_voltage(self) -> None:
        site = Alone(BANK)
        site.tell(-60e3, of=REACTIVE)
        assert self.reactive_var(site) == pytest.approx(-60e3)
        site.simulation.drive("grid", "voltage", 380.0)
        assert self.reactive_var(site) == pytest.approx(-60e3 * 0.95**2)
        assert site.shown(DEVICE, Metric.AC_POWER_REACTIVE)[0][0] == pytest.approx(-60e3 * 0.95**2)

    def test_a_step_that_was_switched_off_waits_until_it_is_discharged(self) -> None:
        site = Alone(BANK)
        site.tell(-60e3, of=REACTIVE)
        site.pass_time(10.0)
        site.tell(-20e3, of=REACTIVE)
        site.pass_time(10.0)
        assert site.shown(DEVICE, Metric.AC_POWER_REACTIVE) == ((-20e3, 0.0),)
        site.tell(-60e3, of=REACTIVE)
        site.pass_time(40.0)
        assert self.reactive_var(site) == pytest.approx(-20e3)
        site.pass_time(20.0)
        assert self.reactive_var(site) == pytest.approx(-60e3)


@pytest.mark.parametrize("machine", [CHP, BOILER, STACK, WIND, HVAC, MINER, BANK])
def test_a_rated_power_alone_makes_a_machine(machine: dict[str, Any]) -> None:
    site = Alone(machine)
    site.simulation.run_for(timedelta(hours=1))
    assert site.gateway.frame(DEVICE).values[Metric.AC_POWER_ACTIVE] == site.power_w


@pytest.mark.parametrize("machine", [CHP, BOILER, STACK, WIND, HVAC, MINER, BANK])
def test_a_restored_machine_goes_on_where_it_was(machine: dict[str, Any]) -> None:
    site = Alone(machine)
    site.pass_time(60.0)
    snapshot = site.simulation.save()
    site.pass_time(600.0)
    state, energy = site.state, site.simulation.plant.readings.registers("it")
    site.simulation.restore(snapshot)
    site.pass_time(600.0)
    assert (site.state, site.simulation.plant.readings.registers("it")) == (state, energy)
