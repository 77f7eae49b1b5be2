"""What a site file says of components has to fit together, and is told with what would."""

from __future__ import annotations

from pathlib import Path

import pytest

import doppelgrid
from doppelgrid.sim.site.reader import SiteError


def problems(tmp_path: Path, *components: str) -> str:
    path = tmp_path / "site.yaml"
    listed = "\n".join(f"  {component}" for component in components)
    path.write_text(
        "microgrid: {id: 1}\ncomponents:\n"
        "  grid: {id: 1, category: grid_connection_point}\n"
        f"  main: {{id: 2, category: meter, behind: grid}}\n{listed}\n",
        encoding="utf-8",
    )
    with pytest.raises(SiteError) as refused:
        doppelgrid.load_site(path)
    return str(refused.value)


INVERTER = "bi: {id: 3, category: battery_inverter, behind: main, rated_power: 30 kW}"


@pytest.mark.parametrize(
    ("component", "said"),
    [
        (
            "x: {id: 9, category: pv_inverter, behind: main, rated_power: 10 kW, on_lapse: 5 kW}",
            "-10 kW to 0 W",
        ),
        (
            "x: {id: 9, category: ev_charger, behind: main, rated_power: 11 kW, on_lapse: -5 kW}",
            "0 W or 1.38 kW to 11 kW",
        ),
        (
            "x: {id: 9, category: ev_charger, behind: main, rated_power: 22 kW, on_lapse: 2 kW, car: {}}",
            "0 W or 4.14 kW to 22 kW",
        ),
        (
            "x: {id: 9, category: battery_inverter, behind: main, rated_power: 30 kW, min_power: 900 W,"
            " on_lapse: 500 W}",
            "0 W or -30 kW to -900 W or 900 W to 30 kW",
        ),
        (
            "x: {id: 9, category: chp, behind: main, rated_power: 20 kW, on_lapse: 1 kW}",
            "0 W or -20 kW to -10 kW",
        ),
        (
            "x: {id: 9, category: steam_boiler, behind: main, rated_power: 20 kW, on_lapse: 1 kW}",
            "0 W or 2 kW to 20 kW",
        ),
        (
            "x: {id: 9, category: electrolyzer, behind: main, rated_power: 20 kW, min_power: 5 kW, on_lapse: 4 kW}",
            "0 W or 5 kW to 20 kW",
        ),
    ],
)
def test_what_takes_the_place_of_a_lapsed_set_point_is_one_that_it_can_be_told(
    tmp_path: Path, component: str, said: str
) -> None:
    assert f"accepted: {said}, what it can be told" in problems(tmp_path, component)


@pytest.mark.parametrize(
    "charger",
    [
        "rated_power: 22 kW, on_lapse: 2 kW, car: {phases: 1}",
        "rated_power: 22 kW, on_lapse: 2 kW, car: {}, phase_switching: automatic",
        "rated_power: 22 kW, on_lapse: 0 W, car: {}",
        "rated_power: 22 kW, on_lapse: 4.14 kW, car: {}",
    ],
)
def test_a_charger_may_fall_back_on_what_charges_its_car_on_the_phases_that_it_has(
    tmp_path: Path, charger: str
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "microgrid: {id: 1}\ncomponents:\n  grid: {id: 1, category: grid_connection_point}\n"
        f"  ev: {{id: 2, category: ev_charger, behind: grid, {charger}}}\n",
        encoding="utf-8",
    )
    doppelgrid.load_site(path)


@pytest.mark.parametrize(
    ("battery", "said"),
    [
        ("min_power: 31 kW", "bat.min_power is 31 kW; accepted: at most 30 kW, the rated power of bi"),
        (
            "min_power: 21 kW, parameters: {discharge_power_max_w: 20000}",
            "bat.min_power is 21 kW; accepted: at most 20 kW, what it can take and give",
        ),
        (
            "min_charge_power: 31 kW",
            "bat.min_charge_power is 31 kW; accepted: at most 30 kW, the rated power of bi",
        ),
        (
            "min_charge_power: 21 kW, parameters: {charge_power_max_w: 20000}",
            "bat.min_charge_power is 21 kW; accepted: at most 20 kW, what it can take",
        ),
        (
            "min_discharge_power: 31 kW",
            "bat.min_discharge_power is 31 kW; accepted: at most 30 kW, the rated power of bi",
        ),
        (
            "min_discharge_power: 21 kW, parameters: {discharge_power_max_w: 20000}",
            "bat.min_discharge_power is 21 kW; accepted: at most 20 kW, what it can give",
        ),
        (
            "min_soc: 95 %, initial_soc: 96 %",
            "bat.min_soc is 95 %; accepted: less than 95 %, max_soc of its preset",
        ),
        (
            "max_soc: 10 %, initial_soc: 9 %",
            "bat.max_soc is 10 %; accepted: more than 10 %, min_soc of its preset",
        ),
    ],
)
def test_a_battery_can_have_its_least_power_and_stay_between_its_limits(
    tmp_path: Path, battery: str, said: str
) -> None:
    assert said in problems(tmp_path, INVERTER, f"bat: {{id: 4, category: battery, behind: bi, {battery}}}")


def test_two_inverters_together_can_have_what_one_alone_cannot(tmp_path: Path) -> None:
    second = INVERTER.replace("bi:", "bj:").replace("id: 3", "id: 5")
    battery = "bat: {id: 4, category: battery, behind: [bi, bj], min_power: 61 kW, capacity: 400 kWh}"
    assert "at most 60 kW, the rated power of bi and bj" in problems(tmp_path, INVERTER, second, battery)


def test_parameters_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    parameters = "parameters: {dc_voltage_min_v: 900}"
    component = f"x: {{id: 9, category: pv_inverter, behind: main, rated_power: 10 kW, {parameters}}}"
    assert "x.parameters.dc_voltage_min_v is 900 V; accepted: at most nominal_dc_voltage_v" in problems(
        tmp_path, component
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            "initial_soc: 3 %, min_soc: 0 %, initial_spread: 60 %",
            "initial_spread is 60 %; accepted: at most 6 %, as cells are empty or full beyond at an initial_soc of 3 %",
        ),
        (
            "initial_soc: 0 %, min_soc: 0 %, initial_spread: 100 %, cells: {capacity_spread: 50 %}",
            "initial_spread is 100 %; accepted: at most 0 %",
        ),
        (
            "initial_soc: 5 %, min_soc: 0 %, cells: {capacity_spread: 50 %}",
            "initial_soc is 5 %; accepted: 25 %..100 %, beyond which some of its cells are empty or full",
        ),
        (
            "preset: lfp-10kwh, capacity: 1 kWh, soc_estimate: {current_offset: 50 A}",
            "soc_estimate.current_offset is 50 A; accepted: -2.393 A to 2.393 A, the rated current of this battery",
        ),
        (
            "preset: lfp-10kwh, soc_estimate: {}, parameters: {soc_estimate.current_offset_a: -900}",
            "parameters.soc_estimate.current_offset_a is -900 A; accepted: -24.5 A to 24.5 A",
        ),
        (
            "preset: lfp-10kwh, auxiliary: {heating: 9 kW}, parameters: {heat_capacity_j_per_k: 2000}",
            "auxiliary.heating is 9000 W; accepted: at most 5000 W, which moves the cells by 5 K (band_k) in 2 s",
        ),
    ],
)
def test_a_battery_begins_and_errs_and_heats_within_what_its_cells_can(
    tmp_path: Path, keys: str, said: str
) -> None:
    told = problems(tmp_path, INVERTER, f"bat: {{id: 4, category: battery, behind: bi, {keys}}}")
    assert f"bat.{said}" in told
