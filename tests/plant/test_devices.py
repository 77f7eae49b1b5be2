"""Devices beside inverters and batteries: what they draw, what they are held to, and what they return to."""

from __future__ import annotations

import pytest
from gateway.equipped import (
    BOILER,
    CAPACITORS,
    CHARGER,
    CHP,
    ELECTROLYZER,
    EMPTY_CHARGER,
    HYBRID,
    HYBRID_BATTERY,
    INVERTER,
    MAIN,
    WIND,
    Equipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.sim.domain.messages import OutOfBoundsError, UnsupportedError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode

ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE
PUMPS_W = 300.0
"""And controls, of the boiler."""
STANDBY_W = 6.0
"""Of a charging point of 22 kW."""


@pytest.fixture
def site() -> Equipped:
    return Equipped()


def told(site: Equipped, component: int, power_w: float, *, lifetime_s: int = 60) -> float:
    """Give a set-point and return the power some seconds later [W]."""
    site.gateway.set_power(component, ACTIVE, power_w, lifetime_s)
    site.pass_time(3.0)
    return site.value(component)


@pytest.mark.parametrize(
    ("component", "power_w", "default_w"),
    [
        (WIND, -10e3, -40e3),
        (BOILER, 30e3, PUMPS_W),
    ],
)
def test_a_set_point_holds_for_its_lifetime_and_then_the_default_of_the_category(
    site: Equipped, component: int, power_w: float, default_w: float
) -> None:
    assert told(site, component, power_w, lifetime_s=10) == pytest.approx(power_w)
    site.pass_time(10.0)
    assert site.value(component) == pytest.approx(default_w, rel=0.01)


def test_the_main_meter_shows_them_all(site: Equipped) -> None:
    told(site, BOILER, 30e3)
    before_w = site.value(MAIN)
    told(site, BOILER, 10e3)
    assert site.value(MAIN) == pytest.approx(before_w - 20e3, abs=100.0)


class TestMinimumLoad:
    def test_it_shows_as_a_gap_in_the_bounds_above_what_is_drawn_at_rest(self, site: Equipped) -> None:
        assert site.shown(CHP) == ((-50e3, -20e3), (0.0, site.value(CHP)))
        assert site.shown(ELECTROLYZER) == ((0.0, site.value(ELECTROLYZER)), (8e3, 80e3))
        assert site.shown(BOILER) == ((0.0, site.value(BOILER)), (6e3, 60e3))

    def test_as_much_as_is_drawn_at_rest_is_accepted(self, site: Equipped) -> None:
        for number in (BOILER, ELECTROLYZER):
            rest_w = site.shown(number)[0][1]
            assert rest_w > 0.0
            assert told(site, number, 0.5 * rest_w) < 6e3

    def test_less_is_refused_but_nothing_is_not(self, site: Equipped) -> None:
        with pytest.raises(OutOfBoundsError):
            told(site, CHP, -10e3)
        assert 0.0 < told(site, CHP, 0.0) < 1e3

    def test_a_charging_point_pauses_below_6_amperes(self, site: Equipped) -> None:
        assert told(site, CHARGER, 4e3) == STANDBY_W
        assert told(site, CHARGER, 4.2e3) == pytest.approx(4.2e3, rel=0.02)


class TestChargingPoints:
    def test_a_car_locks_both_ends_of_its_cable(self, site: Equipped) -> None:
        assert site.states(CHARGER) == (
            StateCode.CHARGING,
            StateCode.EV_CHARGING_CABLE_LOCKED_AT_STATION,
            StateCode.EV_CHARGING_CABLE_LOCKED_AT_EV,
        )

    def test_without_a_car_the_cable_is_unplugged(self, site: Equipped) -> None:
        assert site.states(EMPTY_CHARGER) == (StateCode.READY, StateCode.EV_CHARGING_CABLE_UNPLUGGED)
        assert site.shown(EMPTY_CHARGER) == ((0.0, STANDBY_W),)

    def test_the_cable_can_be_pulled_and_plugged(self, site: Equipped) -> None:
        site.simulation.drive("charger", "cable", 0.0)
        assert site.value(CHARGER) == STANDBY_W
        assert StateCode.EV_CHARGING_CABLE_UNPLUGGED in site.states(CHARGER)
        site.simulation.release("charger", "cable")
        site.pass_time(1.0)
        assert site.value(CHARGER) == pytest.approx(11e3, rel=0.01)

    def test_a_car_takes_less_as_it_fills(self) -> None:
        site = Equipped(charger={"car": {"capacity": "5 kWh", "initial_soc": "75 %"}})
        powers_w = []
        for _ in range(20):
            powers_w.append(site.value(CHARGER))
            site.pass_time(75.0)
        assert powers_w == sorted(powers_w, reverse=True)
        assert powers_w[0] == pytest.approx(11e3, rel=0.01)
        assert powers_w[-1] < 2e3

    def test_reactive_set_points_are_not_taken(self, site: Equipped) -> None:
        with pytest.raises(UnsupportedError, match="takes no set-points of reactive power"):
            site.gateway.set_power(CHARGER, REACTIVE, 0.0, None)


class TestCapacitorBanks:
    def test_steps_switch_as_far_as_they_fit(self, site: Equipped) -> None:
        site.gateway.set_power(CAPACITORS, REACTIVE, -34e3, None)
        assert site.value(CAPACITORS, Metric.AC_POWER_REACTIVE) == pytest.approx(-30e3)

    def test_inductive_power_is_out_of_bounds(self, site: Equipped) -> None:
        with pytest.raises(OutOfBoundsError):
            site.gateway.set_power(CAPACITORS, REACTIVE, 10e3, None)


class TestHybridInverters:
    def test_the_sun_charges_the_battery(self, site: Equipped) -> None:
        assert 5e3 < site.value(HYBRID_BATTERY, Metric.DC_POWER) < 8e3
        assert site.value(HYBRID) == pytest.approx(30.0, abs=5.0)

    def test_a_set_point_takes_from_sun_and_battery(self, site: Equipped) -> None:
        sun_w = site.value(HYBRID_BATTERY, Metric.DC_POWER)
        assert told(site, HYBRID, -20e3) == pytest.approx(-20e3)
        assert site.value(HYBRID_BATTERY, Metric.DC_POWER) == pytest.approx(sun_w - 20.5e3, abs=500.0)

    def test_a_full_battery_leaves_the_rest_of_the_sun(self) -> None:
        site = Equipped(**{"hybrid-bat": {"initial_soc": "100 %", "max_soc": "100 %"}})
        assert site.value(HYBRID_BATTERY, Metric.DC_POWER) == pytest.approx(0.0, abs=20.0)
        assert told(site, HYBRID, -5e3) == pytest.approx(-5e3)


@given(st.lists(st.tuples(st.sampled_from([CHP, WIND, BOILER, ELECTROLYZER, CHARGER, HYBRID, INVERTER]),
                          st.floats(-120e3, 120e3), st.floats(0.1, 60.0)), max_size=6))  # fmt: skip
@settings(deadline=None, max_examples=25)
def test_nothing_is_lost_between_the_devices_and_the_main_meter(
    commands: list[tuple[int, float, float]],
) -> None:
    site = Equipped()
    plant = site.simulation.plant
    keys = [key for key, part in site.gateway.site.components.items() if part.behind == ("main",)]
    for component, power_w, seconds in commands:
        try:
            site.gateway.set_power(component, ACTIVE, power_w, 60)
        except OutOfBoundsError:
            continue
        site.pass_time(seconds)
        total_w = sum(plant.readings.flows().ac[key].active_w for key in keys)
        assert plant.readings.flows().ac["main"].active_w == pytest.approx(total_w, abs=1e-6)
        frame = site.gateway.frame(component)
        assert all(frame.values[metric] == frame.values[metric] for metric in frame.values)
