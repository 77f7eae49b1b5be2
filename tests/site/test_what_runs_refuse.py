"""What a run could not be built of, or would never end with, is refused when the site file is read, by line and key."""

from __future__ import annotations

import pytest

from doppelgrid.sim.site.reader import SiteError, parse_site

SITE = """microgrid: {id: 1, location: {latitude: 52.5, longitude: 13.4, timezone: Europe/Berlin}}
components:
  main: {id: 1, category: grid_connection_point}
  front: {id: 2, category: battery_inverter, behind: main, rated_power: 50 kW}
  unit: {id: 3, %s}
  store: {id: 4, category: battery, behind: front}
"""
CHP = "category: chp, behind: main, rated_power: 50 kW"
BATTERY = "category: battery, behind: front"
BOILER = "category: steam_boiler, behind: main, rated_power: 1 MW"
ELECTROLYZER = "category: electrolyzer, behind: main, rated_power: 1 MW"
HVAC = "category: hvac, behind: main"
CHARGER = "category: ev_charger, behind: main, rated_power: 11 kW"
SPIKE = [0.55] * 51 + [0.99] + [0.55] * 49


def said_of(keys: str) -> list[str]:
    try:
        parse_site(SITE % keys, "berlin.yaml")
    except SiteError as error:
        return [str(problem) for problem in error.problems]
    return []


def parameters(of: str, given: str) -> str:
    return f"{of}, parameters: {{{given}}}"


def sheet(*points: tuple[float, float, float]) -> str:
    rows = ", ".join(
        f"{{power: {power} kW, heat: {heat} kW, fuel: {fuel} kW}}" for power, heat, fuel in points
    )
    return f"{CHP}, data_sheet: [{rows}]"


REFUSED = {
    "a chp beyond its efficiencies": (
        sheet((25, 10, 40), (50, 20, 80.6)),
        "unit.data_sheet[0].fuel is 40 kW; accepted: at 25 kW 41.6667 to 2500 kW of fuel",
    ),
    "a chp that makes energy": (
        parameters(CHP, f"thermal_efficiency: {SPIKE}"),
        "unit.parameters.thermal_efficiency at 51 % of load is 0.99",
    ),
    "a power that is too great": (
        parameters(BOILER, "auxiliary_power_w: 1.0e308"),
        "unit.parameters.auxiliary_power_w is 1e+308 W; accepted: >= 0 W, a magnitude of at most 1e+15",
    ),
    "a loss that is too great": (
        parameters(BATTERY, "bms.link.capacitance_f: 1.0e16"),
        "unit.parameters.bms.link.capacitance_f is 1e+16 F",
    ),
    "no charging current": (
        parameters(BATTERY, "charge_current_max_a: 0"),
        "unit.parameters.charge_current_max_a is 0 A; accepted: > 0 A",
    ),
    "no powers": (
        parameters(BATTERY, "charge_power_max_w: 0, discharge_power_max_w: 0"),
        "unit.parameters.charge_power_max_w is 0 W; accepted: > 0 W",
    ),
    "no warmth": (
        parameters(BATTERY, "heat_capacity_j_per_k: 1.0e-300"),
        "unit.parameters.heat_capacity_j_per_k is 1e-300 J/K; accepted: > 0 J/K, at least 1e-30",
    ),
    "too light a battery": (
        parameters(BATTERY, "heat_capacity_j_per_k: 1000"),
        "unit.parameters.heat_capacity_j_per_k is 1000 J/K; accepted: >= 9",
    ),
    "a battery that is full at once": (
        parameters(BATTERY, "charge_capacity_ah: 1.0e-20"),
        "unit.parameters.charge_capacity_ah is 1e-20 Ah; accepted: >= ",
    ),
    "a battery that empties itself": (
        parameters(BATTERY, "self_discharge_a: 100"),
        "unit.parameters.self_discharge_a is 100; accepted: <= ",
    ),
    "a surface without charge": (
        parameters(BATTERY, "diffusion_gain_h: 1, diffusion_time_constant_s: 1"),
        "unit.parameters.diffusion_time_constant_s is 1 s; accepted: >= 36 s",
    ),
    "a battery that gets better by use": (
        parameters(f"{BATTERY}, ageing: 1", "ageing.capacity_by_use.depth_stress: [-1, -1]"),
        "unit.parameters.ageing.capacity_by_use.depth_stress[1] is -1; accepted: at least 0",
    ),
    "a drum that switches without end": (
        parameters(BOILER, "drum.heat_capacity_j_per_k: 10"),
        "unit.parameters.drum.heat_capacity_j_per_k is 10 J/K; accepted: at least ",
    ),
    "a room that switches without end": (
        parameters(
            HVAC,
            "heat_capacity_j_per_k: 1.0e4, heat_loss_w_per_k: 1, hysteresis_k: 0.05, min_run_s: 0, min_pause_s: 0",
        ),
        "unit.parameters.heat_capacity_j_per_k is 10000 J/K; accepted: at least ",
    ),
    "a heat pump beyond Carnot": (
        parameters(HVAC, "cop_constant: 15, cop_per_k: 0, cop_per_k2: 0.01"),
        "unit.parameters.cop_constant is 15, with cop_per_k and cop_per_k2 a COP of ",
    ),
    "a supply temperature twice": (
        parameters(f"{HVAC}, supply_temperature: 35 °C", "supply_c: 40"),
        "unit.parameters.supply_c is said by supply_temperature as well; accepted: one of the two",
    ),
    "a way of control past its key": (
        parameters(CHP, "heat_led: 1"),
        "unit.parameters.heat_led is set by a key of the component itself; accepted: that key, heat_led",
    ),
    "auxiliaries beyond the least power": (
        parameters(ELECTROLYZER, "auxiliary_power_w: 2.0e6"),
        "unit.parameters.auxiliary_power_w is 2e+06 W; accepted: at most minimum_power_w",
    ),
    "cells without hydrogen": (
        f"{ELECTROLYZER}, polarisation: [{{current_density: 0.1 A/cm², voltage: 1.5 V}},"
        " {current_density: 1 A/cm², voltage: 2 V, faraday_efficiency: 0 %}]",
        "unit.polarisation[1].faraday_efficiency is 0 %; accepted: at 2 V a faraday_efficiency of at least 13.5 %",
    ),
    "a car of a watt": (
        f"{CHARGER}, car: {{max_power: 1 W}}",
        "unit.car.max_power is 1 W; accepted: 1.38 kW..1000 kW",
    ),
    "a car below six amperes on its phases": (
        f"{CHARGER}, car: {{max_power: 3 kW, phases: 3}}",
        "unit.car.max_power is 3 kW; accepted: at least 4.14 kW, 6 A on 3 phases",
    ),
    "a car on four phases": (
        f"{CHARGER}, car: {{phases: 4}}",
        "unit.car.phases is 4; accepted: 1, 2, 3",
    ),
    "a battery of a car of a watt-hour": (
        f'{CHARGER}, sessions: [{{arrive: "08:00", stay: 1 h, capacity: 1 Wh}}]',
        "unit.sessions[0].capacity is 1 Wh; accepted: 1 kWh..1000 kWh",
    ),
}


@pytest.mark.parametrize(("keys", "message"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_by_line_and_key(keys: str, message: str) -> None:
    said = said_of(keys)
    assert len(said) == 1
    assert said[0].startswith(f"berlin.yaml:5: {message}")


ACCEPTED = {
    "a machine that is better at part load": sheet((25, 40, 70), (50, 78, 142)),
    "the greatest efficiency at each load": sheet((30, 10, 50), (60, 20, 100)),
    "one time constant for a hundred of gain": parameters(
        BATTERY, "diffusion_gain_h: 1, diffusion_time_constant_s: 36"
    ),
    "the greatest magnitude": parameters(BATTERY, "c2_f: 1.0e15"),
    "a car at six amperes on its phases": f"{CHARGER}, car: {{max_power: 4140 W, phases: 3}}",
    "a charger of a megawatt": "category: ev_charger, behind: main, type: dc, rated_power: 1 MW",
    "auxiliaries of the least power": parameters(ELECTROLYZER, "auxiliary_power_w: 1.0e5"),
}


@pytest.mark.parametrize("keys", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_at_a_limit_is_accepted(keys: str) -> None:
    assert said_of(keys) == []


@pytest.mark.parametrize("category", ["hvac", "crypto_miner"])
def test_what_is_given_as_a_load_needs_no_model(category: str) -> None:
    assert said_of(f"category: {category}, behind: main, load: 5 kW") == []
