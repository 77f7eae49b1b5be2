"""Batteries that draw from their own cells: what flows, what is shown of it, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from support.told_battery import HOUR, ToldBattery

from doppelgrid.models.battery import battery_stored_energy_wh
from doppelgrid.models.battery_auxiliary import auxiliary_draw
from doppelgrid.models.bms import RELAYS_CLOSED, RELAYS_OPEN
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.kernel.auxiliary import auxiliaries_ahead_s
from doppelgrid.sim.kernel.bms_horizon import HeatRange, safe_power, safe_time_s
from doppelgrid.sim.telemetry.instruments import Instruments


class Running(ToldBattery):
    """A plant with a battery that is told a power."""

    def __init__(self, auxiliary: dict[str, str] | None, ambient: str = "20 °C", **battery: Any) -> None:
        own = {} if auxiliary is None else {"auxiliary": auxiliary}
        super().__init__(ambient=ambient, **{"preset": "nmc-100kwh", **own, **battery})

    @property
    def now(self) -> Any:
        self.plant.operating_point.solve()
        return self.plant.operating_point.memory.batteries[0]

    @property
    def stored_wh(self) -> float:
        cells = self.plant.equipment.batteries["bat"]
        return battery_stored_energy_wh(cells, self.plant.readings.battery("bat"))


def test_electronics_empty_a_battery_that_rests() -> None:
    site = Running({"electronics": "100 W"})
    before_wh = site.stored_wh
    site.tell(0.0, 24.0)
    assert before_wh - site.stored_wh == pytest.approx(2400.0, rel=0.03)
    assert site.now.dc_w == 0.0


def test_what_is_drawn_is_lost_and_nothing_else_is_missing() -> None:
    site = Running({"electronics": "200 W", "heating": "2 kW", "cooling": "2 kW"}, "2 °C")
    before_wh, wh = site.stored_wh, 0.0
    for power_w in (20e3, -30e3, 40e3, 0.0, -40e3):
        site.plant.set_points.send("inv", PowerType.ACTIVE, power_w)
        for _ in range(360):
            dc_w = site.now.dc_w
            until_us = min(site.plant.time_us + 10_000_000, site.plant.operating_point.memory.holds_until_us)
            wh += dc_w * (until_us - site.plant.time_us) / HOUR
            site.plant.advance(until_us)
    assert wh == pytest.approx(site.stored_wh - before_wh + site.now.loss_wh, abs=1e-4)


def test_charging_with_as_much_as_is_drawn_keeps_the_charge() -> None:
    site = Running({"electronics": "1 kW"})
    site.tell(2e3, 1.0 / 3600.0)
    lost_w = 2e3 - site.now.dc_w
    site.tell(1e3 + lost_w, 2.0)
    assert site.now.dc_w == pytest.approx(1e3, abs=20.0)
    assert site.plant.readings.battery("bat").soc == pytest.approx(0.5, abs=1e-3)


def test_bounds_are_those_of_the_cells_with_the_draw() -> None:
    bare, site = Running(None), Running({"electronics": "1 kW"})
    bounds = [each.now for each in (bare, site)]
    assert bounds[1].lower_w - bounds[0].lower_w == pytest.approx(1e3)
    assert bounds[1].upper_w - bounds[0].upper_w == pytest.approx(1e3)
    shown = Instruments(site.plant).sample("bat").bounds[Metric.DC_POWER]
    assert (shown[0].lower, shown[-1].upper) == (bounds[1].lower_w, bounds[1].upper_w)


def test_a_full_battery_takes_what_it_draws() -> None:
    site = Running({"electronics": "1 kW"}, initial_soc="90 %")
    assert site.now.upper_w == pytest.approx(1e3)
    site.tell(40e3, 1.0)
    assert site.now.dc_w == pytest.approx(1e3)
    assert site.plant.readings.battery("bat").soc == pytest.approx(0.9, abs=1e-3)


def test_an_empty_battery_goes_on_drawing_until_there_is_nothing() -> None:
    site = Running({"electronics": "2 kW"}, initial_soc="12 %")
    assert site.now.lower_w < 0.0
    site.tell(-10e3, 3.0)
    assert site.plant.readings.battery("bat").soc < 0.1
    assert (site.now.lower_w, site.now.dc_w) == (0.0, 0.0)
    site.tell(0.0, 12.0)
    assert site.now.auxiliary_w == 0.0
    assert 0.0 <= site.plant.readings.battery("bat").soc <= 0.001


def test_cells_shown_at_the_terminals_are_what_flows_there() -> None:
    site = Running({"electronics": "1 kW"})
    site.tell(10e3, 0.1)
    values = Instruments(site.plant).sample("bat").values
    assert values[Metric.DC_POWER] == site.now.dc_w
    voltage_v, current_a = values[Metric.DC_VOLTAGE], values[Metric.DC_CURRENT]
    assert voltage_v * current_a == pytest.approx(site.now.dc_w)


@pytest.mark.parametrize(("ambient", "least_c", "most_c"), [("-15 °C", 2.0, 5.0), ("45 °C", 28.0, 40.0)])
def test_cells_are_held_near_where_heating_and_cooling_begin(
    ambient: str, least_c: float, most_c: float
) -> None:
    auxiliary = {"heating": "3 kW", "cooling": "2 kW"}
    insulated = {"heat_loss_w_per_k": 50.0}
    site = Running(auxiliary, ambient, initial_temperature=ambient, initial_soc="85 %", parameters=insulated)
    site.tell(0.0, 10.0)
    assert least_c < site.plant.readings.battery("bat").temperature_c < most_c


def test_a_draw_follows_the_temperature_closely() -> None:
    site = Running({"heating": "9 kW", "heating_below": "20 °C"}, "14 °C", initial_temperature="14 °C")
    params = site.plant.equipment.auxiliaries["bat"]
    for _ in range(30):
        site.tell(0.0, 0.01)
        temperature_c = site.plant.readings.battery("bat").temperature_c
        expected_w = auxiliary_draw(params, temperature_c, conditions=True).power_w
        assert site.now.auxiliary_w == pytest.approx(expected_w, abs=0.11 * params.heating_w)
    assert 0.0 < expected_w < 0.9 * params.heating_w


def test_heating_ends_at_once_where_a_trip_opens_the_relays() -> None:
    trips = {"overcurrent_discharging": {"trip": "1 A", "delay": "0 s"}}
    site = Running({"heating": "2 kW"}, "-10 °C", initial_temperature="-10 °C", bms=trips)
    site.tell(0.0, 0.01)
    assert site.plant.operating_point.memory.bms[0].relays == RELAYS_OPEN
    assert (site.now.auxiliary_w, site.now.auxiliary_heat_w) == (0.0, 0.0)


def test_open_relays_leave_the_electronics_alone() -> None:
    site = Running({"electronics": "50 W", "heating": "2 kW"}, "-10 °C", initial_temperature="-10 °C")
    assert site.now.auxiliary_w == pytest.approx(2050.0)
    site.plant.switching.switch("bat", Position.OFF)
    site.tell(0.0, 0.1)
    assert site.now.auxiliary_w == pytest.approx(50.0)
    assert site.now.auxiliary_heat_w == 0.0


def test_cells_that_charge_less_than_they_draw_age_as_discharged_ones() -> None:
    site = Running({"electronics": "2 kW"}, ageing=1)
    site.tell(1e3, 0.5)
    use = site.plant.operating_point.memory.ageings[0]
    assert site.now.dc_w > 0.0
    assert use.discharged_ah > use.charged_ah == 0.0


@pytest.mark.parametrize(
    ("temperature_c", "heats"), [(25.0, HeatRange(5e4, 0.0)), (8.0, HeatRange(0.0, 5e4))]
)
def test_a_management_system_looks_sooner_where_auxiliaries_move_the_temperature(
    temperature_c: float, heats: HeatRange
) -> None:
    layout, memory, _ = Running(None).plant.numbers
    own = memory.battery_states[0]._replace(temperature_c=temperature_c)
    params, cells, state = layout.batteries[0].bms, layout.batteries[0].params, memory.bms_states[0]
    power = safe_power(params, cells, own, RELAYS_CLOSED)._replace(heat_w=0.0, most_a=0.0)
    without_s = safe_time_s(params, state, cells, own, temperature_c, power)
    assert safe_time_s(params, state, cells, own, temperature_c, power, heats) < 0.5 * without_s


def test_a_management_system_knows_the_most_that_its_auxiliaries_can() -> None:
    layout, _, _ = Running({"heating": "2 kW", "cooling": "1 kW"}).plant.numbers
    assert (layout.batteries[0].most_heat_w, layout.batteries[0].most_cold_w) == (2000.0, 2500.0)


@pytest.mark.parametrize(
    ("auxiliary", "told"),
    [
        ({"electronics": "-5 W"}, "electronics"),
        ({"heating_below": "200 °C"}, "heating_below"),
        ({"heating_below": "35 °C", "cooling_above": "30 °C"}, "at least heating_below, 35 °C"),
    ],
)
def test_auxiliaries_outside_physics_are_refused(auxiliary: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Running(auxiliary)


def test_cells_that_keep_their_temperature_draw_what_they_draw_for_as_long_as_may_be() -> None:
    """Empty ones in no air: nothing leaks, nothing is drawn, no heat goes."""
    site = Running(
        {"electronics": "100 W"},
        initial_soc="0 %",
        min_soc="0 %",
        parameters={"heat_loss_w_per_k": 0.0},
    )
    assert site.now.auxiliary_w == 0.0
    layout, memory, _ = site.plant.numbers
    assert auxiliaries_ahead_s(layout, memory, 1e9) == 1e9
