"""Management systems and ageing of batteries in a running plant."""

from __future__ import annotations

import random
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.models.ageing import AgeingInput, ageing_step
from doppelgrid.models.battery import battery_lag, battery_resistances, battery_stored_energy_wh
from doppelgrid.models.tables import table_value
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.kernel import bms as management
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.plant.state import PlantState
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000


def plant(load: Any = "0 W", **battery: Any) -> Plant:
    """Return a site with a battery; unless told otherwise its inverter keeps to its set-point."""
    follow = {"self_consumption": "main"} if load != "0 W" else {}
    site = {
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "house": {"id": 3, "category": "meter", "behind": "main", "load": load},
            "inv": {
                "id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "90 kW",
                "response_delay": "0 s", "ramp_rate": "10 MW/s", **follow,
            },
            "bat": {"id": 12, "category": "battery", "behind": "inv", **battery},
        },
    }  # fmt: skip
    return Plant(Site.model_validate(site), start_us=START, seed=3)


def after(plant: Plant, seconds: float) -> Plant:
    plant.advance(plant.time_us + round(seconds * SECOND))
    return plant


def charge(plant: Plant, power_w: float) -> None:
    plant.set_points.send("inv", PowerType.ACTIVE, power_w)


def air(plant: Plant, temperature_c: float) -> None:
    now_us = plant.time_us
    plant.override("site", "ambient_temperature", Override(now_us, temperature_c, now_us, temperature_c))


def error(plant: Plant) -> str:
    found = plant.protection.error("bat")
    return "" if found is None else found.code


def warned(plant: Plant) -> list[str]:
    return [warning.code for warning in plant.protection.warnings("bat")]


def limits(plant: Plant) -> tuple[float, float]:
    return tuple(plant.readings.flows().battery_limits["bat"])


def has_horizon(plant: Plant) -> bool:
    plant.readings.flows()
    return bool(plant.operating_point.memory.bms[0].has_horizon)


HOT = {"initial_temperature": "44 °C", "bms": {"overtemperature": {"trip": "50 °C", "release": "45 °C"}}}


def trip_hot() -> Plant:
    hot = plant(**HOT)
    air(hot, 80.0)
    while not error(hot):
        after(hot, 60.0)
    return hot


class TestProtections:
    def test_an_ordinary_battery_has_a_horizon_and_says_nothing(self) -> None:
        usual = after(plant(), 60.0)
        assert has_horizon(usual)
        assert (error(usual), warned(usual)) == ("", [])

    def test_heat_warns_then_trips_after_its_delay_at_the_very_threshold(self) -> None:
        hot = plant(**HOT)
        air(hot, 80.0)
        while not warned(hot):
            after(hot, 1.0)
        assert hot.readings.battery("bat").temperature_c == pytest.approx(47.0, abs=0.02)
        while not error(hot):
            after(hot, 1.0)
        assert hot.readings.battery("bat").temperature_c == pytest.approx(50.0, abs=0.07)
        assert (error(hot), warned(hot)) == ("OVERTEMPERATURE", ["OVERTEMPERATURE"])

    def test_a_trip_opens_the_relays_and_stops_the_power(self) -> None:
        pack = plant(bms={"overcurrent_charging": {"trip": "40 A", "delay": "2 s"}})
        charge(pack, 40e3)
        assert error(after(pack, 1.9)) == ""
        assert pack.readings.flows().battery_dc_w["bat"] > 30e3
        assert error(after(pack, 0.2)) == "OVERCURRENT_CHARGING"
        assert (limits(pack), pack.readings.flows().battery_dc_w["bat"]) == ((0.0, 0.0), 0.0)
        assert pack.switching.position("bat") is Position.SWITCHING_OFF
        assert after(pack, 1.0).switching.position("bat") is Position.OFF

    def test_a_protection_without_delay_acts_within_a_millisecond(self) -> None:
        pack = after(plant(bms={"overcurrent_charging": {"trip": "40 A", "delay": "0 s"}}), 1.0)
        charge(pack, 40e3)
        after(pack, 0.1)
        assert error(after(pack, 0.002)) == "OVERCURRENT_CHARGING"

    def test_overvoltage_comes_before_the_pack_is_full(self) -> None:
        pack = plant(bms={"overvoltage": {"trip": "3.36 V"}}, initial_soc="60 %")
        charge(pack, 40e3)
        for _ in range(90):
            after(pack, 60.0)
        assert error(pack) == "OVERVOLTAGE"

    def test_cold_trips_only_while_charged(self) -> None:
        cold = plant(
            initial_temperature="2 °C",
            bms={"undertemperature_charging": {"trip": "2.5 °C", "warning": "4 °C", "release": "6 °C"}},
        )
        air(cold, 2.0)
        assert (error(after(cold, 600.0)), warned(cold)) == ("", [])
        charge(cold, 2e3)
        assert error(after(cold, 60.0)) == "UNDERTEMPERATURE"

    def test_uneven_cells_are_warned_of(self) -> None:
        assert warned(after(plant(initial_spread="6 %"), 60.0)) == ["BATTERY_IMBALANCE"]


class TestAcknowledging:
    def test_it_is_refused_while_the_cause_lasts_and_says_why(self) -> None:
        hot = after(trip_hot(), 1.0)
        assert "can be cleared at 45 °C" in str(hot.protection.acknowledge("bat"))
        assert error(hot) == "OVERTEMPERATURE"

    def test_it_is_refused_while_the_relays_open(self) -> None:
        hot = plant(bms={"overcurrent_charging": {"trip": "40 A", "delay": "2 s"}})
        charge(hot, 40e3)
        assert hot.protection.acknowledge("bat") is None
        assert "relays are still opening" in str(after(hot, 2.15).protection.acknowledge("bat"))

    def test_once_cooled_it_clears_and_the_relays_stay_open_until_started(self) -> None:
        hot = trip_hot()
        air(hot, 20.0)
        after(hot, 3600.0)
        assert hot.protection.acknowledge("bat") is None
        assert error(hot) == ""
        assert after(hot, 600.0).switching.position("bat") is Position.OFF
        hot.switching.want("bat", Position.ON)
        assert hot.switching.position("bat") is Position.PRECHARGING
        assert after(hot, 5.0).switching.position("bat") is Position.ON
        assert limits(hot)[1] > 0.0


def remembered(state: PlantState) -> list[list[float]]:
    groups: list[dict[str, Any]] = [state.batteries, state.managements, state.ageings]
    return [list(one) for group in groups for one in group.values()]


NOISY = {"profile": "constant", "value": "30 kW", "noise": {"amplitude": "50 %", "step": "30 s"}}


class TestTime:
    def test_looking_often_changes_nothing(self) -> None:
        battery = {**HOT, "initial_soc": "90 %", "ageing": 50, "initial_spread": "3 %"}
        seldom, often = plant(NOISY, **battery), plant(NOISY, **battery)
        for each in (seldom, often):
            air(each, 75.0)
        after(seldom, 3 * 3600.0)
        for _ in range(3 * 360):
            after(often, 10.0)
            often.readings.flows()
            often.protection.error("bat")
        assert error(often) == error(seldom) == "OVERTEMPERATURE"
        # A battery's own steps are cut where somebody looks, which moves its temperature by parts of a million.
        for found, expected in zip(remembered(often.save()), remembered(seldom.save()), strict=True):
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)

    def test_a_system_within_its_horizon_ends_where_one_that_always_looks_does(self) -> None:
        quick, thorough = plant(NOISY, initial_spread="0.5 %"), plant(NOISY, initial_spread="0.5 %")
        after(quick, 2 * 3600.0)
        memory = thorough.operating_point.memory
        for _ in range(2 * 360):
            after(thorough, 10.0)
            memory.bms[0].horizon_us = 0
            thorough.operating_point.look_again()
            thorough.readings.flows()
        assert has_horizon(quick)
        for each in (quick, thorough):
            each.switching.want("bat", Position.OFF)
            after(each, 1.0)
        spreads = [each.save().managements["bat"].spread for each in (quick, thorough)]
        assert spreads[0] == pytest.approx(spreads[1], rel=1e-4)
        assert spreads[0] > 0.005

    def test_a_saved_plant_goes_on_the_same(self) -> None:
        hot, other = trip_hot(), plant(**HOT)
        other.restore(hot.save())
        for each in (hot, other):
            after(each, 900.0)
        assert other.save() == hot.save()

    def test_most_events_cost_no_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looks = 0
        whole = management._look

        def counted(*arguments: Any) -> None:
            nonlocal looks
            looks += 1
            whole(*arguments)

        monkeypatch.setattr(management, "_look", counted)
        after(plant(NOISY), 3600.0)
        assert looks < 30


def at_a_full_hour(plant: Plant) -> Plant:
    return after(plant, (HOUR - plant.time_us % HOUR) / SECOND)


class TestAgeing:
    def test_without_it_a_battery_stays_new(self) -> None:
        old = after(plant(NOISY), 7200.0).readings.battery("bat")
        assert (old.capacity_share, old.resistance_factor) == (1.0, 1.0)

    def test_capacity_falls_and_resistance_grows_at_full_hours(self) -> None:
        pack = plant(NOISY, ageing=100)
        into_hour = START % HOUR // SECOND
        assert after(pack, 3599 - into_hour).readings.battery("bat").capacity_share == 1.0
        aged = after(pack, 1).readings.battery("bat")
        assert aged.capacity_share < 1.0 < aged.resistance_factor

    def test_a_faster_pace_ages_more(self) -> None:
        shares = [
            after(plant(NOISY, ageing=pace), 4 * 3600).readings.battery("bat").capacity_share
            for pace in (1, 10, 100)
        ]
        assert 1.0 > shares[0] > shares[1] > shares[2]

    def test_all_charge_counts_whichever_way_it_went(self) -> None:
        pack = plant(ageing=1)
        for turn in range(8):
            charge(pack, 20e3 if turn % 2 else -20e3)
            after(pack, 900.0)
        charge(pack, 0.0)
        after(pack, 3600.0)
        moved = pack.operating_point.memory.batteries[0].throughput_ah / (
            2.0 * pack.equipment.batteries["bat"].charge_capacity_ah
        )
        assert pack.save().ageings["bat"].full_cycles == pytest.approx(moved, rel=0.01)

    @pytest.mark.parametrize("way", [-1.0, 1.0], ids=["discharge first", "charge first"])
    def test_a_half_cycle_is_as_deep_as_what_went_one_way_before_the_current_turned(self, way: float) -> None:
        pack = at_a_full_hour(plant(ageing=1))
        params, state = pack.operating_point.layout.ageings[0].params, pack.save().ageings["bat"]
        for seconds in (900.0, 1200.0, 600.0):
            charge(pack, way * 20e3)
            begin = pack.readings.battery("bat")
            end = after(pack, seconds).readings.battery("bat")
            # An hour at this rate, and at the mean of SoC and temperature.
            c_rate = (end.soc - begin.soc) * 3600.0 / seconds
            mean = (0.5 * (begin.soc + end.soc), c_rate, 0.5 * (begin.temperature_c + end.temperature_c))
            state, _ = ageing_step(params, state, AgeingInput(*mean), seconds)
            way = -way
        charge(pack, way * 20e3)
        found = after(pack, 1.0).save().ageings["bat"]
        assert found.reach == pytest.approx(end.soc - begin.soc, abs=1e-4)
        assert found.full_cycles == pytest.approx(state.full_cycles, rel=1e-3)
        assert found.capacity_by_use == pytest.approx(state.capacity_by_use, rel=1e-3)
        assert found.resistance_by_use == pytest.approx(state.resistance_by_use, rel=1e-3)

    @pytest.mark.parametrize("way", [-1.0, 1.0], ids=["discharge first", "charge first"])
    def test_a_current_that_turns_after_less_than_the_gap_ends_nothing(self, way: float) -> None:
        pack = at_a_full_hour(plant(ageing=1))
        before, first = pack.save().ageings["bat"], pack.readings.battery("bat").soc
        charge(pack, way * 20e3)
        moved = abs(after(pack, 240.0).readings.battery("bat").soc - first)
        charge(pack, -way * 20e3)
        assert after(pack, 1.0).save().ageings["bat"] == before
        assert 0.01 < moved < 0.02 == pack.operating_point.layout.ageings[0].params.turn_gap

    def test_what_the_capacity_loses_is_booked_as_loss(self) -> None:
        pack = plant(ageing=1000, initial_soc="90 %")
        params = pack.equipment.batteries["bat"]
        charge(pack, -10e3)
        after(pack, 1.0)
        before_wh = battery_stored_energy_wh(params, pack.readings.battery("bat"))
        lost_before_wh, taken_wh = pack.operating_point.memory.batteries[0].loss_wh, 0.0
        for _ in range(120):
            taken_wh -= pack.readings.flows().battery_dc_w["bat"] * 60.0 / 3600.0
            after(pack, 60.0)
        lost_wh = pack.operating_point.memory.batteries[0].loss_wh - lost_before_wh
        stored_wh = battery_stored_energy_wh(params, pack.readings.battery("bat"))
        assert pack.readings.battery("bat").capacity_share < 0.98
        assert before_wh - stored_wh == pytest.approx(taken_wh + lost_wh, rel=1e-6)


@pytest.mark.parametrize("power_w", [40e3, -40e3, 0.0], ids=["charged", "discharged", "at rest"])
def test_voltage_is_expected_to_go_on_as_charge_and_pairs_move_it(power_w: float) -> None:
    """Along the open-circuit voltage over the next 2 % of SoC at the surface, and as the pairs settle."""
    pack = plant(preset="nmc-100kwh", initial_soc="40 %")
    charge(pack, power_w)
    after(pack, 300.0).readings.flows()
    layout, memory, _ = pack.numbers
    cells, own, current_a = layout.batteries[0].params, pack.readings.battery("bat"), memory.bms[0].seen_a
    net_a = current_a - cells.self_discharge_a
    lag_s = battery_lag(cells, own).time_constant_s
    times = 1.0 + 3600.0 * cells.diffusion_gain_h / cells.diffusion_time_constant_s
    soc_per_s = times * net_a / (3600.0 * cells.charge_capacity_ah) - own.surface_lead / lag_s
    surface = own.soc + own.surface_lead
    ahead = surface + (0.02 if soc_per_s > 0.0 else -0.02)
    slope_v = abs(table_value(cells.ocv_v, ahead) - table_value(cells.ocv_v, surface)) / 0.02
    ohms = battery_resistances(cells, own)
    expected = slope_v * soc_per_s
    for voltage_v, ohm, farad in (
        (own.rc1_voltage_v, ohms.r1, cells.c1_f),
        (own.rc2_voltage_v, ohms.r2, cells.c2_f),
    ):
        expected += (current_a - voltage_v / ohm) / farad
    assert management._voltage_drift(layout, memory, 0) == pytest.approx(expected, rel=1e-6)
    assert abs(net_a) > 50.0 or power_w == 0.0


@pytest.mark.parametrize(
    ("gone", "pairs"),
    [
        ({"r1_ohm": (0.0, 0.0)}, ["c1_f"]),
        ({"c1_f": 0.0}, ["c1_f"]),
        ({"r2_ohm": (0.0, 0.0)}, ["c2_f"]),
        ({"c2_f": 0.0}, ["c2_f"]),
        ({"r1_ohm": (0.0, 0.0), "c1_f": 0.0, "c2_f": 0.0}, ["c1_f", "c2_f"]),
    ],
)
def test_a_pair_without_resistance_or_capacity_moves_no_voltage(
    gone: dict[str, Any], pairs: list[str]
) -> None:
    pack = plant(preset="lfp-92kwh", initial_soc="40 %")
    layout, memory, _ = pack.numbers
    memory.bms[0].seen_a = 20.0
    cells = layout.batteries[0].params
    without = replace(layout, batteries=(replace(layout.batteries[0], params=cells._replace(**gone)),))
    whole, left = (management._voltage_drift(each, memory, 0) for each in (layout, without))
    assert whole - left == pytest.approx(sum(20.0 / getattr(cells, pair) for pair in pairs))


@pytest.mark.parametrize("power_w", [20e3, -20e3])
def test_voltage_is_expected_to_change_sides_as_current_flows(power_w: float) -> None:
    pack = plant(preset="lfp-92kwh", initial_soc="40 %")
    charge(pack, power_w)
    after(pack, 60.0).readings.flows()
    layout, memory, _ = pack.numbers
    cells, own, current_a = layout.batteries[0].params, pack.readings.battery("bat"), power_w / 700.0
    memory.bms[0].seen_a = current_a
    ahead = own.soc + (0.02 if current_a > 0.0 else -0.02)
    slope_v = abs(table_value(cells.ocv_v, ahead) - table_value(cells.ocv_v, own.soc)) / 0.02
    ohms = battery_resistances(cells, own)
    half_v = table_value(cells.hysteresis_v, own.soc)
    expected = slope_v * (current_a - cells.self_discharge_a) / (3600.0 * cells.charge_capacity_ah)
    expected += (current_a - own.rc1_voltage_v / ohms.r1) / cells.c1_f
    expected += (current_a - own.rc2_voltage_v / ohms.r2) / cells.c2_f
    changing = (current_a - own.hysteresis_voltage_v * abs(current_a) / half_v) / cells.hysteresis_f
    assert abs(changing) > 1e-3
    assert management._voltage_drift(layout, memory, 0) == pytest.approx(expected + changing, rel=1e-6)


TIGHT: dict[str, dict[str, Any]] = {
    "current": {
        "bms": {
            "overcurrent_charging": {
                "trip": "64 A", "warning": "55 A", "warning_release": "52 A", "release": "50 A", "delay": "3 min"
            },
        },
    },
    "voltage": {
        "bms": {
            "overvoltage": {"trip": "3.33 V", "warning": "3.31 V", "warning_release": "3.30 V", "release": "3.29 V"},
            "undervoltage": {"trip": "3.19 V", "warning": "3.21 V", "warning_release": "3.22 V", "release": "3.23 V"},
        },
    },
    "heat": {
        "initial_temperature": "48 °C",
        "bms": {"overtemperature_charging": {"trip": "52 °C"}, "overtemperature": {"trip": "57 °C"}},
    },
    "cold": {"initial_temperature": "4 °C", "bms": {"undertemperature_charging": {"trip": "1 °C", "release": "5 °C"}}},
    "cells": {"initial_soc": "75 %", "initial_spread": "4.9995 %", "preset": "nmc-100kwh"},
}  # fmt: skip


@pytest.mark.parametrize("battery", TIGHT.values(), ids=TIGHT.keys())
@pytest.mark.parametrize("air_c", [-5.0, 20.0, 60.0])
def test_a_horizon_hides_no_warning_and_no_trip(
    battery: dict[str, Any], air_c: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def story() -> list[object]:
        pack = plant(**battery)
        air(pack, air_c)
        chance, told = random.Random(5), []
        for _ in range(60):
            charge(pack, chance.uniform(-40e3, 50e3))
            after(pack, chance.uniform(5.0, 300.0))
            told.append((error(pack), warned(pack), pack.switching.position("bat")))
        return told

    quick = story()
    monkeypatch.setattr(management, "_find_horizon", lambda *_: False)
    assert quick == story()


def test_the_example_tells_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(Path(__file__).parents[2] / "examples" / "cold_pack.py"), run_name="__main__")
    told = capsys.readouterr().out
    assert "ERROR RELAY_OPEN  OVERTEMPERATURE" in told
    assert "cannot be acknowledged yet: too hot" in told
    assert told.splitlines()[-1].endswith("CHARGING RELAY_CLOSED")
