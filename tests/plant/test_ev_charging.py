"""Chargers in a running plant: cars that come and go, what they get, and what the charger says of them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from doppelgrid.sim.domain.messages import OutOfBoundsError, RequestStatus
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.site.site import Site

START = datetime(2026, 6, 15, 6, tzinfo=UTC)  # a Monday
CHARGER = 10
PHASE_V = 400.0 / math.sqrt(3.0)
SIX_AMPERES_W = 3 * 6.0 * PHASE_V
ELEVEN_KILOWATTS_W = 3 * 16.0 * PHASE_V
"""16 A on three phases."""
UNPLUGGED = (StateCode.EV_CHARGING_CABLE_UNPLUGGED,)
PLUGGED = (StateCode.EV_CHARGING_CABLE_PLUGGED_AT_STATION, StateCode.EV_CHARGING_CABLE_PLUGGED_AT_EV)
LOCKED = (StateCode.EV_CHARGING_CABLE_LOCKED_AT_STATION, StateCode.EV_CHARGING_CABLE_LOCKED_AT_EV)


class Charging:
    """A running site with one charger, `ev`, behind the main meter."""

    def __init__(self, sessions: Any = None, voltages: list[str] | None = None, **charger: Any) -> None:
        section = {
            "id": CHARGER, "category": "ev_charger", "behind": "main", "rated_power": "22 kW",
            "response_delay": "0 s", "ramp_rate": "1 MW/s", "sessions": sessions, **charger,
        }  # fmt: skip
        grid = {} if voltages is None else {"voltages": {"phases": voltages}}
        self.site = Site.model_validate({
            "microgrid": {"id": 7, "location": {"latitude": 52.5, "longitude": 13.4, "timezone": "UTC"}},
            "components": {
                "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A", **grid},
                "main": {"id": 2, "category": "meter", "behind": "grid"},
                "ev": section,
            },
            "telemetry": {"interval": "60 s"},
        })  # fmt: skip
        self.simulation = Simulation.headless(
            self.site, start_us=round(START.timestamp()) * 1_000_000, seed=1
        )

    def to(self, hour: float) -> Charging:
        """Go to an hour of the first day; 30.0 is 6 o'clock of the second one."""
        midnight_us = round(START.replace(hour=0).timestamp()) * 1_000_000
        self.simulation.run_to(midnight_us + round(hour * 3600e6))
        return self

    def tell(self, power_w: float) -> None:
        """Give a set-point for a quarter of an hour."""
        self.simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, power_w, 900)
        self.simulation.run_for(timedelta(seconds=1))

    def value(self, metric: Metric = Metric.AC_POWER_ACTIVE) -> float:
        return self.simulation.gateway.frame(CHARGER).values[metric]

    @property
    def power_w(self) -> float:
        return self.value()

    @property
    def car_w(self) -> float:
        """What goes on to the car."""
        return self.power_w - self.standby_w

    @property
    def standby_w(self) -> float:
        return float(self.simulation.plant.equipment.machines["ev"].params.charger.standby_w)

    @property
    def phases_w(self) -> tuple[float, ...]:
        return tuple(self.value(Metric[f"AC_POWER_ACTIVE_PHASE_{phase}"]) for phase in (1, 2, 3))

    @property
    def states(self) -> tuple[StateCode, ...]:
        return self.simulation.gateway.frame(CHARGER).states

    @property
    def warnings(self) -> list[str]:
        return [warning.code for warning in self.simulation.gateway.frame(CHARGER).warnings]

    @property
    def upper_w(self) -> float:
        """Greatest power that telemetry shows as possible."""
        return self.simulation.gateway.frame(CHARGER).bounds[Metric.AC_POWER_ACTIVE][-1].upper

    @property
    def delivered_wh(self) -> float:
        """To the car that is there."""
        return float(self.simulation.plant.machines.state("ev").delivered_wh)

    @property
    def drawn_wh(self) -> float:
        return self.simulation.plant.readings.registers("ev").consumed_wh


class TestADay:
    SESSIONS = (
        {"arrive": "08:00", "stay": "4 h", "energy": "12 kWh"},
        {"arrive": "14:00", "stay": "2 h", "energy": "60 kWh", "soc": "10 %", "car": "small-52kwh"},
    )

    def test_each_car_gets_its_energy_or_what_its_stay_allows(self) -> None:
        site = Charging(self.SESSIONS).to(11.9)
        assert site.delivered_wh == pytest.approx(12e3, abs=1.0)
        small_w = 3 * 31.9 * PHASE_V  # of the 32 A that both allow
        site.to(15.99)
        assert site.delivered_wh == pytest.approx(2.0 * small_w, rel=0.01)
        standby_wh = site.standby_w * 8.0  # all the time but the two hours in which the charger is the limit
        assert site.to(16.0).drawn_wh == pytest.approx(12e3 + 2.0 * 3 * 32.0 * PHASE_V + standby_wh, rel=1e-4)

    def test_every_day_is_alike(self) -> None:
        site = Charging(self.SESSIONS).to(6.0 + 24.0)
        first_wh = site.drawn_wh
        assert site.to(6.0 + 48.0).drawn_wh == pytest.approx(2.0 * first_wh, rel=1e-9)

    def test_a_car_that_has_its_energy_waits_with_its_cable_locked(self) -> None:
        site = Charging(self.SESSIONS).to(9.0)
        assert site.states == (StateCode.CHARGING, *LOCKED)
        site.to(11.0)
        assert site.states == (StateCode.READY, *LOCKED)
        assert site.power_w == site.standby_w
        assert site.to(12.5).states == (StateCode.READY, *UNPLUGGED)

    def test_the_energy_of_a_session_shows_while_its_car_is_there(self) -> None:
        site = Charging(self.SESSIONS).to(8.5)
        assert site.delivered_wh == pytest.approx(0.5 * ELEVEN_KILOWATTS_W, rel=1e-6)
        site.to(13.0)
        assert site.delivered_wh == 0.0


class TestAuthorisation:
    def test_a_car_that_is_not_authorised_draws_nothing_and_the_charger_says_so(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "3 h", "authorised": False}]).to(8.0)
        assert site.power_w == site.standby_w
        assert site.states == (StateCode.READY, *PLUGGED)
        assert site.warnings == ["UNAUTHORIZED"]
        assert site.to(10.5).warnings == []

    def test_charging_begins_with_the_authorisation(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "3 h", "authorised_after": "10 min"}]).to(7.1)
        assert site.warnings == ["UNAUTHORIZED"]
        site.to(7.2)
        assert site.warnings == []
        assert site.car_w == pytest.approx(ELEVEN_KILOWATTS_W)

    def test_an_authorisation_can_be_withdrawn(self) -> None:
        site = Charging(car={}).to(7.0)
        site.simulation.drive("ev", "authorised", 0.0)
        assert (site.power_w, site.warnings) == (site.standby_w, ["UNAUTHORIZED"])


class TestStays:
    def test_a_car_pauses_by_itself(self) -> None:
        site = Charging(
            [{"arrive": "07:00", "stay": "3 h", "pauses": [{"after": "30 min", "for": "15 min"}]}]
        )
        assert site.to(7.6).states == (StateCode.READY, *LOCKED)
        assert site.power_w == site.standby_w
        assert site.to(7.8).states == (StateCode.CHARGING, *LOCKED)

    def test_a_car_that_leaves_late_charges_until_it_leaves(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "1 h", "leaves_late_by": "30 min"}])
        assert site.to(8.4).car_w == pytest.approx(ELEVEN_KILOWATTS_W)
        assert site.to(8.6).states == (StateCode.READY, *UNPLUGGED)

    def test_the_power_falls_near_full(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "9 h", "soc": "97 %"}])
        powers_w = [site.to(7.0 + minute / 60.0).car_w for minute in range(20)]
        assert powers_w[0] == pytest.approx(ELEVEN_KILOWATTS_W)
        assert powers_w == sorted(powers_w, reverse=True)
        assert len(set(powers_w)) > 3
        assert site.to(9.0).power_w == site.standby_w

    def test_direct_current_follows_the_curve_of_the_car(self) -> None:
        sessions = [{"arrive": "07:00", "stay": "2 h", "soc": "10 %", "car": "compact-58kwh"}]
        site = Charging(sessions, type="dc", rated_power="150 kW").to(7.01)
        into_car_w = 100e3  # what it takes below 30 %
        charger = site.simulation.plant.equipment.machines["ev"].params.charger
        drawn_w = (into_car_w + charger.conversion_fixed_w) / (1.0 - charger.conversion_loss)
        assert site.car_w == pytest.approx(drawn_w, rel=0.01)
        assert site.to(7.5).car_w < 0.8 * drawn_w

    def test_a_dc_charger_draws_its_rated_power_at_most(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "2 h", "soc": "10 %"}], type="dc", rated_power="50 kW")
        assert site.to(7.2).car_w == pytest.approx(50e3)


class TestPhases:
    def test_a_car_on_one_phase_loads_the_first_phase_of_the_charger(self) -> None:
        car = {"arrive": "06:30", "stay": "6 h", "soc": "10 %", "car": "hatchback-38kwh"}
        site = Charging([car], phases=[2, 3, 1]).to(7.0)
        one, two, three = site.phases_w
        assert (one, three) == (0.0, 0.0)
        assert two == pytest.approx(28.7 * PHASE_V + site.standby_w, rel=1e-9)

    def test_a_car_on_three_phases_loads_them_alike_with_standby(self) -> None:
        site = Charging(car={}).to(7.0)
        one, two, three = site.phases_w
        assert one == pytest.approx(two)
        assert two == three
        assert sum(site.phases_w) == pytest.approx(site.power_w)

    def test_told_16_a_it_draws_16_a_on_every_phase_whatever_their_voltages(self) -> None:
        site = Charging(car={"max_power": "22 kW"}, voltages=["210 V", "231 V", "249 V"]).to(7.0)
        site.tell(16.0 * (210.0 + 231.0 + 249.0))
        currents_a = [site.value(Metric(f"AC_CURRENT_PHASE_{phase}")) for phase in (1, 2, 3)]
        assert currents_a == pytest.approx([16.0] * 3)

    @pytest.mark.parametrize("phases", [[1], [3, 1], [1, 2, 3]])
    def test_six_amperes_at_the_lowest_voltage_charge(self, phases: list[int]) -> None:
        """So the SDK's manager asks for the least power of a car."""
        site = Charging(
            car={}, phases=phases, rated_power="7.36 kW", voltages=["210 V", "231 V", "249 V"]
        ).to(7.0)
        site.tell(float(np.float32(6.0 * len(phases) * 210.0)))
        assert site.value(Metric(f"AC_CURRENT_PHASE_{phases[0]}")) >= 6.0 - 1e-9
        assert site.simulation.plant.tracking.has_reached("ev", PowerType.ACTIVE)

    @pytest.mark.parametrize("told_w", [4100.0, 4140.0, 4150.0, 4199.0, 4200.0, 4210.0])
    def test_direct_current_pauses_below_its_least_power_whatever_the_voltages(self, told_w: float) -> None:
        site = Charging(car={}, type="dc", min_power="4.2 kW", voltages=["253 V", "200 V", "230 V"]).to(7.0)
        site.tell(told_w)
        assert site.power_w == pytest.approx(told_w if told_w >= 4200.0 else site.standby_w)
        assert site.simulation.plant.tracking.has_reached("ev", PowerType.ACTIVE)

    def test_the_meter_in_front_sees_the_same_phases(self) -> None:
        car = {"arrive": "06:30", "stay": "6 h", "soc": "10 %", "car": "hatchback-38kwh"}
        site = Charging([car], phases=[3]).to(7.0)
        values = site.simulation.gateway.frame(2).values
        assert values[Metric.AC_POWER_ACTIVE_PHASE_1] == 0.0
        assert values[Metric.AC_POWER_ACTIVE_PHASE_3] == site.power_w

    def test_a_car_on_one_phase_charges_from_six_amperes_on_one_phase(self) -> None:
        site = Charging([{"arrive": "06:30", "stay": "6 h", "soc": "10 %", "car": "hatchback-38kwh"}]).to(7.0)
        site.tell(2e3)
        assert 1.95e3 < site.car_w <= 2e3


class TestSetPoints:
    def test_they_are_upper_limits(self) -> None:
        site = Charging(car={}).to(7.0)
        site.tell(6e3)
        assert 5.9e3 < site.power_w <= 6e3
        site.tell(20e3)
        assert site.car_w == pytest.approx(11e3, rel=0.01)

    def test_below_six_amperes_at_230_v_it_pauses(self) -> None:
        site = Charging(car={}).to(7.0)
        site.tell(4139.0)
        assert site.states == (StateCode.READY, *LOCKED)
        assert site.power_w == site.standby_w
        site.tell(4140.0)
        assert site.power_w == pytest.approx(SIX_AMPERES_W)

    @pytest.mark.parametrize("amperes", [6, 7, 10, 15])
    def test_what_a_32_bit_float_makes_of_whole_amperes_gives_them(self, amperes: int) -> None:
        site = Charging(car={}).to(7.0)
        site.tell(float(np.float32(3 * amperes * PHASE_V)))
        assert site.power_w == pytest.approx(3 * amperes * PHASE_V, rel=1e-6)

    async def test_six_amperes_at_a_high_voltage_are_what_was_told(self) -> None:
        site = Charging(car={}, rated_power="11 kW").to(7.0)
        site.simulation.drive("grid", "voltage", 249.0 * math.sqrt(3.0))
        request = site.simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, 4140.0, 900)
        site.simulation.run_for(timedelta(seconds=60))
        assert [update.status async for update in request][-1] is RequestStatus.SUCCESS
        assert site.power_w == pytest.approx(3 * 6.0 * 249.0)

    @pytest.mark.parametrize("phase_v", [207.0, 230.0, 230.94, 253.0])
    @pytest.mark.parametrize("told_w", [None, 4140.0])
    def test_six_amperes_are_a_pause_where_a_client_has_left_it_less(
        self, phase_v: float, told_w: float | None
    ) -> None:
        site = Charging(car={}, rated_power="11 kW").to(7.0)
        site.simulation.drive("grid", "voltage", phase_v * math.sqrt(3.0))
        gateway = site.simulation.gateway
        gateway.augment_bounds(CHARGER, Metric.AC_POWER_ACTIVE, [(0.0, 4140.0)], lifetime_s=900)
        if told_w is not None:
            gateway.set_power(CHARGER, PowerType.ACTIVE, told_w, 900)
        site.simulation.run_for(timedelta(seconds=30))
        assert site.upper_w == (4140.0 if phase_v <= 230.0 else site.standby_w)
        assert (site.power_w > 3e3) == (phase_v <= 230.0)

    @pytest.mark.parametrize(
        ("bound_w", "upper_w"), [(1_000.0, 0.0), (2_000.0, 2_000.0), (4_000.0, 4_000.0), (5_000.0, 5_000.0)]
    )
    def test_bounds_that_leave_its_least_current_on_one_phase_are_shown_where_it_switches(
        self, bound_w: float, upper_w: float
    ) -> None:
        site = Charging(car={}, rated_power="11 kW", phase_switching="automatic").to(7.0)
        gateway = site.simulation.gateway
        gateway.augment_bounds(CHARGER, Metric.AC_POWER_ACTIVE, [(0.0, bound_w)], lifetime_s=900)
        assert site.upper_w == (upper_w or site.standby_w)

    @pytest.mark.parametrize("phase_v", [PHASE_V, 240.0])
    @pytest.mark.parametrize("told_w", [None, 11e3])
    @pytest.mark.parametrize("bound_w", [10_990.0, 11e3, 11_030.0, 11_060.0])
    def test_a_bound_of_its_rating_is_no_rating(
        self, phase_v: float, told_w: float | None, bound_w: float
    ) -> None:
        site = Charging(car={"max_power": "22 kW"}, rated_power="11 kW").to(7.0)
        site.simulation.drive("grid", "voltage", phase_v * math.sqrt(3.0))
        site.simulation.gateway.augment_bounds(
            CHARGER, Metric.AC_POWER_ACTIVE, [(0.0, bound_w)], lifetime_s=900
        )
        if told_w is not None:
            site.simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, min(told_w, bound_w), 900)
        site.simulation.run_for(timedelta(seconds=30))
        assert site.power_w == pytest.approx(3 * 15.0 * phase_v)
        assert site.power_w <= site.upper_w <= bound_w

    def test_the_shown_bound_is_the_least_offer_with_which_the_car_takes_all_it_can(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "1 h"}])
        assert site.upper_w == site.standby_w
        assert site.to(7.5).upper_w == pytest.approx(3 * 16.1 * PHASE_V)

    @pytest.mark.parametrize("rated", ["11 kW", "22 kW"])
    @pytest.mark.parametrize("told_w", [None, 20e3, 11e3, 7e3, 4140.0, 1e3])
    def test_no_more_is_drawn_than_the_shown_bound(self, rated: str, told_w: float | None) -> None:
        site = Charging(car={"max_power": "22 kW"}, rated_power=rated).to(7.0)
        if told_w is not None:
            site.tell(min(told_w, float(rated.removesuffix(" kW")) * 1e3))
        assert site.power_w <= site.upper_w + 1e-9

    def test_the_shown_bound_is_accepted_also_above_the_rating(self) -> None:
        site = Charging(car={"max_power": "25 kW"}).to(7.0)
        assert site.upper_w == pytest.approx(3 * 32.0 * PHASE_V)
        site.tell(site.upper_w)
        assert site.power_w == pytest.approx(site.upper_w)

    @pytest.mark.parametrize("told_w", [15e3, 23e3, 1e6])
    def test_beyond_the_bound_and_the_rating_they_are_kept_for_when_more_is_possible(
        self, told_w: float
    ) -> None:
        site = Charging([{"arrive": "07:00", "stay": "1 h"}])
        site.tell(told_w)
        assert site.power_w == site.standby_w
        assert 10e3 < site.to(7.2).power_w <= site.upper_w

    @pytest.mark.parametrize("told_w", [6_773.0, 1e6])
    async def test_beyond_the_rating_they_are_cut_to_the_bound_and_followed_from_there(
        self, told_w: float
    ) -> None:
        """By the SDK's pool, which gives each charger 10 A on three phases first."""
        site = Charging(
            car={"phases": 1}, phases=[2], rated_power="3.68 kW", ramp_rate="1 kW/s", on_lapse="hold"
        ).to(7.0)
        site.tell(0.0)
        site.simulation.run_for(timedelta(seconds=5))
        request = site.simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, told_w, 900)
        site.simulation.run_for(timedelta(seconds=6))
        assert [update.status async for update in request][-1] is RequestStatus.SUCCESS
        assert site.power_w == pytest.approx(16.0 * PHASE_V) == pytest.approx(site.upper_w)
        site.tell(3e3)
        site.simulation.run_for(timedelta(seconds=1))
        assert site.power_w == pytest.approx(12.0 * PHASE_V)

    def test_beyond_what_clients_have_left_they_are_refused(self) -> None:
        site = Charging(car={}, rated_power="11 kW").to(7.0)
        site.simulation.gateway.augment_bounds(CHARGER, Metric.AC_POWER_ACTIVE, [(0.0, 8e3)], lifetime_s=900)
        with pytest.raises(OutOfBoundsError, match="accepted: 0 to 8000 W"):
            site.tell(8_001.0)

    @pytest.mark.parametrize("told_w", [-1.0, 1.1e6])
    def test_below_0_and_beyond_the_greatest_charger_they_are_refused(self, told_w: float) -> None:
        with pytest.raises(OutOfBoundsError, match="accepted: 0 to 1000000 W"):
            Charging(car={}).to(7.0).tell(told_w)

    @pytest.mark.parametrize(("rated", "step_a"), [("11 kW", 1.0), ("22 kW", 0.1)])
    @pytest.mark.parametrize("beyond", [1.001, 1.005, 1.02])
    def test_below_the_bound_they_limit_above_the_rating_too(
        self, rated: str, step_a: float, beyond: float
    ) -> None:
        site = Charging(car={"max_power": "25 kW"}, rated_power=rated).to(7.0)
        site.simulation.drive("grid", "voltage", 240.0 * math.sqrt(3.0))
        told_w = beyond * float(rated.removesuffix(" kW")) * 1e3
        site.tell(told_w)
        assert told_w < site.upper_w
        assert told_w - 3 * step_a * 240.0 < site.power_w <= told_w

    @pytest.mark.parametrize("rated", ["3.68 kW", "11 kW", "22 kW"])
    @pytest.mark.parametrize("type", ["ac", "dc"])
    def test_the_bound_of_a_moment_ago_limits_when_the_voltage_has_risen(self, rated: str, type: str) -> None:  # noqa: A002
        phases = [1] if rated == "3.68 kW" else [1, 2, 3]
        site = Charging(car={"max_power": "30 kW"}, type=type, phases=phases, rated_power=rated).to(7.0)
        told_w = site.upper_w
        for phase_v in (232.0, 235.0, 245.0):
            site.simulation.drive("grid", "voltage", phase_v * math.sqrt(3.0))
            site.tell(told_w)
            assert 0.9 * told_w < site.power_w <= told_w * (1.0 + 1e-6)

    def test_the_rating_is_no_limit(self) -> None:
        """A charger of whole amperes would round 11 kW down to 15 A."""
        site = Charging(car={"max_power": "22 kW"}, rated_power="11 kW").to(7.0)
        assert site.power_w == pytest.approx(ELEVEN_KILOWATTS_W)
        site.tell(11e3)
        assert site.power_w == pytest.approx(ELEVEN_KILOWATTS_W)
        site.tell(10.9e3)
        assert site.power_w == pytest.approx(3 * 15.0 * PHASE_V)

    def test_the_default_returns_when_they_lapse(self) -> None:
        site = Charging(car={}).to(7.0)
        site.tell(5e3)
        assert site.to(7.5).car_w == pytest.approx(11e3, rel=0.01)


class TestTheCable:
    def test_pulled_out_nothing_is_plugged_whatever_the_session_says(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "3 h"}]).to(8.0)
        site.simulation.drive("ev", "cable", 0.0)
        assert site.states == (StateCode.READY, *UNPLUGGED)
        assert (site.power_w, site.upper_w) == (site.standby_w, site.standby_w)

    def test_plugged_in_again_the_session_goes_on(self) -> None:
        site = Charging([{"arrive": "07:00", "stay": "3 h", "energy": "20 kWh"}]).to(8.0)
        before_wh = site.delivered_wh
        site.simulation.drive("ev", "cable", 0.0)
        site.to(8.25).simulation.release("ev", "cable")
        assert site.delivered_wh == before_wh > 0.0
        assert site.to(8.5).delivered_wh == pytest.approx(before_wh + 0.25 * ELEVEN_KILOWATTS_W, rel=1e-6)

    def test_plugged_in_without_a_car_it_is_as_without_a_session(self) -> None:
        site = Charging().to(7.0)
        site.simulation.drive("ev", "cable", 1.0)
        assert site.states == (StateCode.READY, *UNPLUGGED)

    def test_a_tethered_cable_is_always_locked_at_the_station(self) -> None:
        site = Charging(preset="wallbox-11kw", rated_power="11 kW").to(7.0)
        assert site.states == (StateCode.READY, StateCode.EV_CHARGING_CABLE_LOCKED_AT_STATION)


class TestStatistics:
    def test_cars_come_and_charge(self) -> None:
        site = Charging({"profile": "workplace"}).to(24.0 * 5)
        assert 10e3 < site.drawn_wh < 400e3

    def test_a_run_that_goes_on_from_a_snapshot_is_the_same(self) -> None:
        site = Charging({"profile": "workplace"}).to(11.0)
        snapshot = Snapshot.from_bytes(site.simulation.save().to_bytes(), name="saved")
        double = Simulation.from_snapshot(site.site, snapshot)
        for simulation in (site.simulation, double):
            simulation.run_for(timedelta(hours=30))
        assert double.plant.readings.registers("ev") == site.simulation.plant.readings.registers("ev")
        assert double.plant.machines.state("ev") == site.simulation.plant.machines.state("ev")


def test_cars_that_are_there_at_the_same_time_are_refused() -> None:
    with pytest.raises(InputError, match=r"ev: sessions is a car that arrives .* while another stays"):
        Charging([{"arrive": "08:00", "stay": "4 h"}, {"arrive": "11:00", "stay": "1 h"}])
