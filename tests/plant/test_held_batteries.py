"""Batteries while what flows is held: energy adds up to rounding, and nobody who looks changes anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.models.battery import battery_stored_energy_wh
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.plant.state import PlantState
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
SECOND = 1_000_000
HOUR = 3600 * SECOND
PRESETS = ("lfp-10kwh", "lfp-92kwh", "nmc-100kwh", "lmo-24kwh", "lead-acid-10kwh", "sodium-ion-10kwh")


def plant(ambient: str = "20 °C", **battery: Any) -> Plant:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "inv": {
            "id": 11, "category": "battery_inverter", "behind": "grid", "rated_power": "90 kW",
            "response_delay": "0 s", "ramp_rate": "10 MW/s",
        },
        "bat": {"id": 12, "category": "battery", "behind": "inv", **battery},
    }  # fmt: skip
    site = Site.model_validate(
        {"microgrid": {"id": 1}, "ambient_temperature": ambient, "components": components}
    )
    return Plant(site, start_us=START, seed=3)


class Balance:
    """Counts what flows through the terminals of a plant's only battery."""

    def __init__(self, of: Plant) -> None:
        self._plant = of
        self.terminal_wh = self.through_wh = self.greatest_wh = 0.0
        self._before_wh = self._held_wh()

    def advance(self, until_us: int) -> None:
        """Carry the plant to a time, and compare at each step what flowed with what is stored and lost."""
        made = self._plant
        while made.time_us < until_us:
            made.operating_point.solve()
            memory = made.operating_point.memory
            end_us = min(until_us, memory.holds_until_us)
            flowed_wh = memory.batteries[0].dc_w * (end_us - made.time_us) / HOUR
            self.through_wh += (
                abs(flowed_wh) + memory.batteries[0].auxiliary_w * (end_us - made.time_us) / HOUR
            )
            self.terminal_wh += flowed_wh
            made.advance(end_us)
            off_wh = self.terminal_wh - (self._held_wh() - self._before_wh)
            self.greatest_wh = max(self.greatest_wh, abs(off_wh))

    def _held_wh(self) -> float:
        """Return what the battery has stored and lost [Wh]."""
        cells, state = self._plant.equipment.batteries["bat"], self._plant.readings.battery("bat")
        return (
            battery_stored_energy_wh(cells, state) + self._plant.operating_point.memory.batteries[0].loss_wh
        )


def balance_of(made: Plant, power_w: float, hours: float) -> Balance:
    made.set_points.send("inv", PowerType.ACTIVE, power_w)
    found = Balance(made)
    for minute in range(round(hours * 60)):
        found.advance(START + (minute + 1) * 60 * SECOND)
    return found


@pytest.mark.parametrize(
    ("ambient", "battery", "power_w"),
    [
        pytest.param("20 °C", {"preset": "lfp-10kwh"}, -12e3, id="at the rated current"),
        pytest.param(
            "20 °C",
            {"preset": "nmc-100kwh", "initial_soc": "12 %", "parameters": {"soc_derating_width": 0.0}},
            -90e3,
            id="to a limit of SoC without derating",
        ),
        pytest.param(
            "20 °C",
            {"preset": "lfp-10kwh", "initial_soc": "90 %", "auxiliary": {"electronics": "10 kW"}},
            0.0,
            id="electronics at the rated current",
        ),
        pytest.param(
            "20 °C",
            {"preset": "nmc-100kwh", "initial_soc": "20 %", "auxiliary": {"electronics": "1 kW"}},
            -25e3,
            id="electronics beside a load until the cells are empty",
        ),
        pytest.param(
            "0 °C",
            {"preset": "nmc-100kwh", "initial_soc": "5 %", "auxiliary": {"electronics": "20 kW"}},
            0.0,
            id="electronics that the cold cells cannot feed",
        ),
        pytest.param(
            "-10 °C",
            {"preset": "nmc-100kwh", "initial_soc": "10 %", "auxiliary": {"electronics": "15 kW"},
             "bms": {"undervoltage": {"trip": "2.5 V"}}},
            0.0,
            id="electronics in deep cold",
        ),
        pytest.param(
            "-10 °C",
            {"preset": "nmc-100kwh", "initial_soc": "4 %", "min_soc": "2 %",
             "auxiliary": {"heating": "30 kW", "heating_below": "20 °C"}},
            0.0,
            id="heating that the cells cannot feed",
        ),
    ],
)  # fmt: skip
def test_what_cells_give_is_what_is_taken_at_the_terminals_and_by_the_pack(
    ambient: str, battery: dict[str, Any], power_w: float
) -> None:
    found = balance_of(plant(ambient, **battery), power_w, 1.0)
    assert found.through_wh > 0.0
    assert found.greatest_wh <= 1e-9 * found.through_wh


def test_a_pack_that_tripped_for_undervoltage_sleeps_until_that_is_acknowledged() -> None:
    trips = {"undervoltage": {"trip": "3.3 V", "release": "3.31 V"}}
    made = plant(preset="nmc-100kwh", initial_soc="15 %", auxiliary={"electronics": "1 kW"}, bms=trips)
    balance_of(made, -40e3, 0.5)
    made.operating_point.solve()
    now = made.operating_point.memory.batteries[0]
    soc = made.readings.battery("bat").soc
    assert now.auxiliary_w == 0.0
    assert soc > 0.01
    made.advance(START + 2 * HOUR)
    assert made.readings.battery("bat").soc == pytest.approx(soc, abs=1e-4)
    assert made.protection.acknowledge("bat") is None
    made.advance(START + 2 * HOUR + SECOND)
    made.operating_point.solve()
    assert now.auxiliary_w > 0.0


def test_cooling_comes_to_rest_where_it_carries_off_what_the_air_brings() -> None:
    made = plant("45 °C", preset="nmc-100kwh", auxiliary={"cooling": "20 kW", "cooling_above": "30 °C"})
    seen = []
    for minute in range(120):
        made.advance(START + (minute + 1) * 60 * SECOND)
        made.operating_point.solve()
        seen.append(made.operating_point.memory.batteries[0].auxiliary_w)
    settled = seen[30:]
    assert max(settled) - min(settled) < 0.005 * max(settled)


def _commands(draw: st.DrawFn) -> list[tuple[int, float]]:
    return draw(
        st.lists(
            st.tuples(st.integers(30, 1800), st.sampled_from([-90e3, -20e3, -3e3, 0.0, 1e3, 10e3, 90e3])),
            min_size=1,
            max_size=4,
        )
    )


@st.composite
def batteries(draw: st.DrawFn) -> tuple[str, dict[str, Any], list[tuple[int, float]]]:
    """Draw air, a battery, and for how long [s] it is told which power [W]."""
    battery: dict[str, Any] = {
        "preset": draw(st.sampled_from(PRESETS)),
        "min_soc": "2 %",
        "max_soc": "98 %",
        "initial_soc": f"{draw(st.sampled_from([3, 6, 12, 50, 90, 97]))} %",
    }
    if draw(st.booleans()):
        battery["auxiliary"] = {
            "electronics": draw(st.sampled_from(["0.1 W", "40 W", "1 kW"])),
            "heating": draw(st.sampled_from(["0 W", "800 W"])),
            "cooling": draw(st.sampled_from(["0 W", "500 W"])),
        }
    if draw(st.booleans()):
        battery["soc_estimate"] = {
            "current_gain_error": "10 %",
            "current_offset": "0.1 A",
            "initial_error": "1 %",
        }
    if battery["preset"].startswith(("lfp", "nmc")) and draw(st.booleans()):
        battery["ageing"] = 100
    if not battery["preset"].startswith("sodium") and draw(st.booleans()):
        battery["parameters"] = {"soc_derating_width": 0.0}
    ambient = draw(st.sampled_from([-30, -12, 0, 20, 45]))
    return f"{ambient} °C", battery, _commands(draw)


def state_after(
    drawn: tuple[str, dict[str, Any], list[tuple[int, float]]], look_s: float
) -> tuple[PlantState, Balance]:
    ambient, battery, commands = drawn
    made = plant(ambient, **battery)
    balance = Balance(made)
    until_us = START
    for seconds, power_w in commands:
        made.set_points.send("inv", PowerType.ACTIVE, power_w)
        until_us += seconds * SECOND
        while made.time_us < until_us:
            balance.advance(min(until_us, made.time_us + round(look_s * SECOND)))
            made.readings.flows()
    return made.save(), balance


@pytest.mark.lengthy
@settings(max_examples=25, deadline=None)
@given(batteries(), st.sampled_from([0.7, 7.3, 61.0]))
def test_a_look_changes_nothing_of_a_battery_and_its_energy_adds_up(
    drawn: tuple[str, dict[str, Any], list[tuple[int, float]]], look_s: float
) -> None:
    (seldom, balance), (often, _) = state_after(drawn, 1e6), state_after(drawn, look_s)
    assert often.batteries == seldom.batteries
    assert often.managements == seldom.managements
    assert often.ageings == seldom.ageings
    for name in ("loss_wh", "throughput_ah", "soc_error", "auxiliary_w"):
        assert often.numbers[f"batteries.{name}"] == seldom.numbers[f"batteries.{name}"]
    assert balance.greatest_wh <= 1e-9 * max(balance.through_wh, 1.0)


def test_a_plant_that_is_saved_and_restored_between_looks_goes_on_to_the_last_bit() -> None:
    made, other = plant(preset="nmc-100kwh", ageing=100), plant(preset="nmc-100kwh", ageing=100)
    made.set_points.send("inv", PowerType.ACTIVE, -20e3)
    made.advance(START + 100 * SECOND)
    other.restore(made.save())
    for each in (made, other):
        each.advance(START + 2 * HOUR)
    assert made.save() == other.save()


def test_a_saved_state_in_which_a_battery_began_beyond_full_is_refused() -> None:
    made = plant()
    made.advance(START + SECOND)
    state = made.save()
    state.numbers["batteries.begin_soc"] = [7.0]
    with pytest.raises(ValueError, match=r"begin_soc: 7\.0; accepted: 0 to 1"):
        made.check(state)
