"""Management systems that count charge: what they show, where they stop, and when they are put right."""

from __future__ import annotations

from typing import Any

import pytest
from support.told_battery import HOUR, ToldBattery

from doppelgrid.models.battery import battery_stored_energy_wh
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.telemetry.instruments import Instruments

FULL_KWH = 92.0


class Running(ToldBattery):
    """A plant with a battery that is told a power."""

    def __init__(self, estimate: dict[str, str] | None, **battery: Any) -> None:
        own = {} if estimate is None else {"soc_estimate": estimate}
        super().__init__(rated="40 kW", **own, **battery)

    @property
    def taken(self) -> float:
        return self.plant.readings.soc("bat")

    @property
    def true(self) -> float:
        return self.plant.readings.battery("bat").soc


def test_without_a_section_the_soc_is_known() -> None:
    site = Running(None)
    site.tell(20e3, 1.5)
    assert site.taken == site.true > 0.7


def test_clients_see_what_the_management_system_takes_it_for() -> None:
    site = Running({"initial_error": "7 %"})
    site.tell(20e3, 0.5)
    shown = Instruments(site.plant).sample("bat").values[Metric.BATTERY_SOC_PCT]
    assert shown == pytest.approx(100.0 * site.taken)
    assert site.taken - site.true == pytest.approx(0.07, abs=1e-4)


@pytest.mark.parametrize("offset_a", [2.0, -2.0])
def test_an_offset_takes_the_count_away_from_the_truth(offset_a: float) -> None:
    site = Running({"current_offset": f"{offset_a} A"}, initial_soc="40 %")
    site.tell(5e3, 2.0)
    capacity_ah = site.plant.equipment.batteries["bat"].charge_capacity_ah
    leaked = site.plant.equipment.batteries["bat"].self_discharge_a * 2.0 / capacity_ah
    assert site.taken - site.true == pytest.approx(2.0 * offset_a / capacity_ah + leaked, rel=1e-6)


def test_a_gain_error_goes_both_ways() -> None:
    site = Running({"current_gain_error": "10 %"})
    site.tell(20e3, 1.0)
    moved, error = site.true - 0.5, site.taken - site.true
    assert error == pytest.approx(0.1 * moved, abs=1e-4)
    site.tell(-20e3, 1.0)
    assert site.taken - site.true < error


@pytest.mark.parametrize(("error", "upper"), [("6 %", 0.89), ("-3 %", 0.98)])
def test_charging_stops_where_the_count_says_that_it_is_full(error: str, upper: float) -> None:
    site = Running({"initial_error": error})
    site.tell(30e3, 3.0)
    assert site.taken == pytest.approx(0.95, abs=5e-4)
    assert site.true == pytest.approx(upper, abs=5e-4)


@pytest.mark.parametrize(("error", "lower"), [("6 %", 0.04), ("-6 %", 0.16)])
def test_discharging_stops_where_the_count_says_that_it_is_empty(error: str, lower: float) -> None:
    site = Running({"initial_error": error}, parameters={"soc_estimate.rest_s": 1e6})
    site.tell(-30e3, 3.0)
    assert site.taken == pytest.approx(0.1, abs=5e-4)
    assert site.true == pytest.approx(lower, abs=5e-4)


@pytest.mark.parametrize(("error", "power_w", "end"), [("-20 %", 30e3, 1.0), ("20 %", -30e3, 0.0)])
def test_a_battery_is_full_and_empty_whatever_is_counted(error: str, power_w: float, end: float) -> None:
    site = Running({"initial_error": error}, parameters={"soc_estimate.rest_s": 1e6})
    site.tell(power_w, 4.0)
    assert site.true == pytest.approx(end, abs=0.01)
    assert 0.0 <= site.true <= 1.0
    assert abs(site.plant.readings.flows().battery_dc_w["bat"]) < 0.01 * abs(power_w)


def test_a_rest_at_the_end_puts_the_count_right() -> None:
    site = Running({"initial_error": "-20 %"}, max_soc="100 %")
    site.tell(30e3, 2.0)
    assert site.taken - site.true == pytest.approx(-0.2, abs=0.01)
    site.tell(0.0, 1.5)
    assert site.taken == pytest.approx(site.true, abs=0.03)


def test_a_rest_on_the_plain_of_iron_phosphate_says_nothing() -> None:
    site = Running({"initial_error": "10 %"})
    site.tell(0.0, 3.0)
    assert site.taken - site.true == pytest.approx(0.1, abs=1e-3)


def test_a_rest_tells_where_the_voltage_rises_all_the_way() -> None:
    """And as soon as it is over."""
    own = {"preset": "nmc-100kwh", "parameters": {"soc_estimate.rest_s": 1000.0}}
    site = Running({"initial_error": "10 %"}, **own)
    site.tell(0.0, 999.0 / 3600.0)
    assert site.taken - site.true == pytest.approx(0.1, abs=1e-3)
    site.tell(0.0, 2.0 / 3600.0)
    assert abs(site.taken - site.true) < 0.03


@pytest.mark.parametrize(("error", "balances"), [("0 %", 0), ("10 %", 1)])
def test_balancing_goes_by_what_is_counted(error: str, balances: int) -> None:
    site = Running({"initial_error": error}, preset="nmc-100kwh", initial_soc="80 %", initial_spread="3 %")
    site.tell(0.0, 0.8)
    memory = site.plant.operating_point.memory
    bms = memory.bms[0]
    assert memory.bms_states[0].balancing == balances
    assert bms.has_horizon == 1
    assert bms.lower_soc < site.true < bms.upper_soc


def test_looking_on_changes_nothing_of_what_is_counted() -> None:
    """But for rounding, which is in other places."""
    estimate = {"initial_error": "5 %", "current_offset": "1 A"}
    watched, left = Running(estimate, preset="nmc-100kwh"), Running(estimate, preset="nmc-100kwh")
    left.tell(1e3, 3.0)
    watched.tell(1e3, 0.0)
    for _ in range(1800):
        watched.plant.advance(watched.plant.time_us + 6_000_000)
    assert watched.taken == pytest.approx(left.taken, abs=1e-9)
    assert watched.true == pytest.approx(left.true, abs=1e-9)


def test_limits_follow_the_count_closely() -> None:
    site = Running({"current_offset": "40 A"})
    for _ in range(30):
        site.tell(0.0, 0.01)
        shift = site.plant.readings.battery("bat").soc_upper_shift
        assert shift == pytest.approx(site.true - site.taken, abs=6e-4)


def test_what_flows_is_stored_or_lost_to_the_last_bit_that_counts() -> None:
    site = Running({"initial_error": "-10 %", "current_offset": "3 A"})
    cells = site.plant.equipment.batteries["bat"]
    before_wh, wh = battery_stored_energy_wh(cells, site.plant.readings.battery("bat")), 0.0
    for power_w in (30e3, 30e3, 30e3, -30e3, 0.0, -30e3, -30e3, -30e3):
        site.plant.set_points.send("inv", PowerType.ACTIVE, power_w)
        for _ in range(720):
            dc_w = site.plant.readings.flows().battery_dc_w["bat"]
            until_us = min(site.plant.time_us + 5_000_000, site.plant.numbers[1].holds_until_us)
            wh += dc_w * (until_us - site.plant.time_us) / HOUR
            site.plant.advance(until_us)
    stored_wh = battery_stored_energy_wh(cells, site.plant.readings.battery("bat")) - before_wh
    lost_wh = site.plant.numbers[1].batteries[0].loss_wh
    assert wh == pytest.approx(stored_wh + lost_wh, abs=1e-5 * 1e3 * FULL_KWH)


@pytest.mark.parametrize(
    ("estimate", "found", "accepted"),
    [
        ({"initial_error": "60 %"}, "initial_error", "-50"),
        ({"current_gain_error": "80 %"}, "current_gain_error", "50"),
        ({"current_offset": "2 kA"}, "current_offset", "1000"),
        ({"current_offset": "2 V"}, "current_offset", "A"),
    ],
)
def test_an_estimate_outside_physics_is_refused(estimate: dict[str, str], found: str, accepted: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){found}.*{accepted}"):
        Running(estimate)


def test_nothing_is_taken_for_more_than_full_from_the_start() -> None:
    with pytest.raises(ValueError, match=r"-90 %..10 %, as initial_soc is 90 %"):
        Running({"initial_error": "15 %"}, initial_soc="90 %")


def test_a_count_that_stands_at_full_ends_no_steps() -> None:
    site = Running({"current_offset": "50 A"})
    site.tell(0.0, 2.0)
    point = site.plant.operating_point
    point.solve()
    assert site.taken == 1.0
    assert point.memory.holds_until_us - point.memory.time_us > 60_000_000
