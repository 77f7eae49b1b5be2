"""What the models of a component are made of, and where each number is from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import doppelgrid
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.files.parameters import NO_EFFECT
from doppelgrid.sim.files.presets import PresetName
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.environment import grid_facts
from doppelgrid.sim.site.explanation import (
    Explained,
    Explanation,
    Origin,
    explained,
    explained_sensor,
    remark_of,
)
from doppelgrid.sim.site.preset_effects import Effect
from doppelgrid.sim.site.reader import SiteError, bundled_sites, parse_site
from doppelgrid.sim.site.site import Site

START_US = 1_780_000_000_000_000
PV: dict[str, Any] = {"id": 2, "category": "pv_inverter", "behind": "grid", "rated_power": "10 kW"}
BATTERY = {"id": 4, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"}
INVERTER = {"id": 3, "category": "battery_inverter", "behind": "grid", "rated_power": "30 kW"}
HYBRID = PV | {"category": "hybrid_inverter", "peak_power": "8 kW"}
TEXT = """
microgrid: {id: 7}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  pv: {id: 2, category: pv_inverter, behind: grid, rated_power: 10 kW, MORE}
  battery: {id: 3, category: battery, behind: pv}
"""


def site(**components: dict[str, Any]) -> Site:
    grid = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"}
    return Site.model_validate({"microgrid": {"id": 7}, "components": {"grid": grid, **components}})


def explanation(of: Site, key: str) -> Explanation:
    return explained(of, key, start_us=START_US)


def of(made: Explanation) -> dict[str, Explained]:
    return {each.name: each for each in made.parameters}


def test_a_number_of_a_preset_is_told_with_what_the_preset_says_of_it() -> None:
    made = explanation(site(inv=INVERTER, battery=BATTERY), "battery")
    assert list(made.presets) == [
        PresetName("batteries", "lfp-92kwh"), PresetName("cells", "lfp"), PresetName("bms", "lfp"),
    ]  # fmt: skip
    told = of(made)["charge_power_max_w"]
    assert told == ("charge_power_max_w", 46_000.0, "W", "> 0", Origin.PRESET, "chosen: C/2")


@pytest.mark.parametrize(
    "name",
    [
        "c1_f", "c2_f", "hysteresis_f", "self_discharge_a", "charge_current_max_a", "discharge_current_max_a",
        "bms.link.capacitance_f", "bms.link.precharge_resistance_ohm", "bms.link.discharge_resistance_ohm",
    ],
)  # fmt: skip
def test_what_is_made_of_values_of_a_battery_s_presets_is_told_with_what_they_say(name: str) -> None:
    told = of(explanation(site(inv=INVERTER, battery=BATTERY), "battery"))[name]
    assert told.origin is Origin.PRESET
    assert told.remark


@pytest.mark.parametrize(
    "name",
    [
        "array.module.current_a_per_k",
        "array.module.power_stc_w",
        "array.voltage_min_v",
        "array.voltage_max_v",
    ],
)
def test_what_is_made_of_values_of_an_array_s_presets_is_told_as_theirs(name: str) -> None:
    assert of(explanation(site(pv=PV), "pv"))[name].origin is Origin.PRESET


@pytest.mark.parametrize(
    ("component", "name", "remark"),
    [
        (
            {"category": "chp", "rated_power": "20 kW"},
            "minimum_power_w",
            "lowest point that is published of the Schmitt Enertec FMB-31-GSK",
        ),
        (
            {"category": "chp", "rated_power": "20 kW"},
            "engine_heat_capacity_j_per_k",
            "time constant of the heat after a start, AixLib FastHVAC, record Xrgi (15 kW)",
        ),
        (
            {"category": "chp", "rated_power": "20 kW"},
            "stop_s",
            "pumps run on after a stop (AixLib FastHVAC)",
        ),
        (
            {"category": "electrolyzer", "rated_power": "20 kW", "preset": "pem"},
            "heat_capacity_j_per_k",
            "162.1 kJ/K of 46 kW, Espinosa-López",
        ),
        (
            {"category": "steam_boiler", "rated_power": "20 kW"},
            "full_c",
            "chosen: 10 bar above the air",
        ),
        (
            {"category": "hvac", "preset": "house-heat-pump", "rated_power": "5 kW"},
            "heat_loss_w_per_k",
            "chosen: 7.2 kW over 30 K",
        ),
        (
            {"category": "crypto_miner", "machines": 8},
            "heat_loss_w_per_k",
            "chosen: chips 45 K above the air at full power",
        ),
    ],
)
def test_what_is_scaled_to_the_size_of_a_machine_has_the_remark_of_what_it_is_made_of(
    component: dict[str, Any], name: str, remark: str
) -> None:
    told = of(explanation(site(it={"id": 2, "behind": "grid"} | component), "it"))[name]
    assert (told.origin, told.remark) == (Origin.PRESET, remark)


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("r0_ohm", "data sheet Lishen LP54173207-202Ah: 1 kHz resistance up to 0.2 mΩ"),
        ("bms.overcurrent_charging.trip", 'default settings of a Seplos BMS 3.0, LFP (dermarki.de, '
         '"Seplos BMS 3.0 firmware 1.4 default settings explained")'),
        ("self_discharge_a", "about 2 % a month for lithium-ion cells "
         "(Linden's Handbook of Batteries, 4th ed., ch. 26)"),
    ],
)  # fmt: skip
def test_a_battery_of_another_capacity_keeps_the_sources_of_its_preset(name: str, remark: str) -> None:
    battery = BATTERY | {"preset": "lfp-10kwh", "capacity": "12 kWh"}
    told = of(explanation(site(inv=INVERTER, battery=battery), "battery"))
    assert (told[name].origin, told[name].remark) == (Origin.PRESET, remark)
    assert told["capacity_wh"].origin is Origin.FILE


def test_curves_of_the_file_take_the_place_of_those_of_the_preset() -> None:
    unit = {"id": 2, "category": "electrolyzer", "behind": "grid", "rated_power": "20 kW"}
    points = [
        {"current_density": "0.1 A/cm²", "voltage": "1.6 V"},
        {"current_density": "1 A/cm²", "voltage": "2 V"},
    ]
    told = of(explanation(site(it=unit | {"polarisation": points}), "it"))
    assert told["stack_efficiency"].origin is Origin.FILE


def test_values_that_differ_in_what_they_say_are_told_with_their_keys() -> None:
    """Both shape the capacity alone, one as much as the other."""
    (one, remark), (other, another) = ("one", "a book"), ("other", "chosen")
    preset = PresetName("chps", "mine")
    values = [Effect(preset, key, 1.0, 2) for key in (one, other)]
    assert (
        remark_of("capacity", values, {preset: ("", {one: remark, other: another})})
        == "one: a book; other: chosen"
    )
    assert remark_of("capacity", values, {preset: ("", {one: remark, other: remark})}) == "a book"


@pytest.mark.parametrize("module", ["crystalline-silicon", "crystalline-silicon-standard", "thin-film"])
@pytest.mark.parametrize(
    "rated_power", ["3 kW", "5 kW", "10 kW", "12 kW", "30 kW", "60 kW", "100 kW", "250 kW"]
)
def test_all_values_of_photovoltaics_that_are_of_presets_are_told_with_their_source(
    rated_power: str, module: str
) -> None:
    made = explanation(site(pv=PV | {"rated_power": rated_power, "module": module}), "pv")
    assert [each.name for each in made.parameters if each.origin is Origin.PRESET and not each.remark] == []


@pytest.mark.parametrize("rated_power", ["3 kW", "5 kW", "10 kW", "30 kW", "100 kW"])
def test_all_values_of_battery_inverters_that_are_of_presets_are_told_with_their_source(
    rated_power: str,
) -> None:
    made = explanation(site(inv=INVERTER | {"rated_power": rated_power}, battery=BATTERY), "inv")
    assert [each.name for each in made.parameters if each.origin is Origin.PRESET and not each.remark] == []


def test_the_preset_of_who_names_none_is_the_one_that_a_run_takes() -> None:
    made = explanation(site(pv=PV), "pv")
    assert [preset.file for preset in made.presets] == ["inverters", "pv_arrays"]
    assert made.presets[PresetName("pv_arrays", "crystalline-silicon")].startswith("monocrystalline PERC")


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ({"soiling": "5 %"}, "array.soiling", 0.05),
        ({"standby_power": "12 W"}, "standby_power_w", 12.0),
        ({"parameters": {"linear_loss": 0.02}}, "linear_loss", 0.02),
        ({"parameters": {"array.degradation": 0.1}}, "array.degradation", 0.1),
        ({}, "rated_power_w", 10_000.0),
    ],
)
def test_what_the_file_says_is_told_as_such(said: dict[str, Any], name: str, value: float) -> None:
    told = of(explanation(site(pv=PV | said), "pv"))[name]
    assert (told.value, told.origin) == (value, Origin.FILE)


def test_a_value_of_the_file_that_a_preset_has_as_well_is_of_the_file() -> None:
    told = of(explanation(site(inv=INVERTER, battery=BATTERY | {"min_soc": "10 %"}), "battery"))["soc_lower"]
    assert (told.value, told.origin) == (0.1, Origin.FILE)


def test_what_is_made_of_the_rating_is_of_the_model() -> None:
    told = of(explanation(site(pv=PV), "pv"))["rated_apparent_power_va"]
    assert (told.value, told.unit, told.origin) == (10_000.0, "VA", Origin.MODEL)


def test_one_value_of_a_grid_code_in_the_file_leaves_the_others_to_the_preset() -> None:
    code = {"preset": "vde-ar-n-4105", "overvoltage": "112 %"}
    told = of(explanation(site(inv=INVERTER | {"grid_code": code}), "inv"))
    of_code = {name for name, each in told.items() if name.startswith("grid_code.code.")}
    assert {name for name in of_code if told[name].origin is Origin.FILE} == {"grid_code.code.overvoltage_pu"}


@pytest.mark.parametrize(
    "name", ["no_load_loss_w", "ramp_rate_w_per_s", "heat_sink_max_c", "dc_current_max_a"]
)
def test_what_is_made_of_a_preset_for_the_size_is_of_the_preset(name: str) -> None:
    assert of(explanation(site(inv=INVERTER), "inv"))[name].origin is Origin.PRESET


def test_thresholds_of_a_grid_code_are_of_its_preset() -> None:
    told = of(explanation(site(inv=INVERTER | {"grid_code": "vde-ar-n-4105"}), "inv"))
    assert {each.origin for name, each in told.items() if name.startswith("grid_code.code.")} == {
        Origin.PRESET
    }


@pytest.mark.parametrize("curve", ["volt_var", "watt_var", "watt_pf", "freq_watt"])
@pytest.mark.parametrize("switch", [True, False])
def test_a_switch_is_of_the_file_where_that_turns_it(curve: str, *, switch: bool) -> None:
    told = of(explanation(site(inv=INVERTER | {"grid_code": {curve: switch}}), "inv"))
    found = told[f"grid_code.{curve}.enabled"]
    assert (found.value, found.accepted, found.origin) == (switch, "true or false", Origin.FILE)


def test_a_switch_of_which_nothing_is_said_is_of_the_model() -> None:
    told = of(explanation(site(inv=INVERTER | {"grid_code": {"volt_var": True}}), "inv"))
    assert told["grid_code.freq_watt.enabled"].origin is Origin.MODEL


def test_a_switch_may_be_said_once() -> None:
    code = "grid_code: {volt_var: false}, parameters: {grid_code.volt_var.enabled: true}"
    with pytest.raises(SiteError, match=r"enabled is said by grid_code\.volt_var as well; accepted: one of"):
        parse_site(TEXT.replace("MORE", code), "site.yaml")


def test_what_a_file_says_as_the_model_has_it_is_of_the_file() -> None:
    told = of(explanation(site(inv=INVERTER | {"grid_code": {"overvoltage": "115 %"}}), "inv"))
    assert told["grid_code.code.overvoltage_pu"].origin is Origin.FILE


@pytest.mark.parametrize(
    ("measurement", "origin"), [({"accuracy_class": "1"}, Origin.FILE), ({}, Origin.MODEL)]
)
def test_errors_of_a_meter_are_of_the_file_where_it_gives_a_class(
    measurement: dict[str, str], origin: Origin
) -> None:
    meter = {"id": 2, "category": "meter", "behind": "grid", "measurement": measurement}
    assert of(explanation(site(main=meter), "main"))["meter.gain_errors"].origin is origin


@pytest.mark.parametrize("name", ["standby_power_w", "dc_current_max_a", "ramp_rate_w_per_s"])
def test_what_is_made_of_a_preset_has_its_remark(name: str) -> None:
    assert of(explanation(site(inv=INVERTER), "inv"))[name].remark


def test_a_connection_point_has_the_one_fuse_that_it_is_made_of() -> None:
    grid = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A", "fuse": {}}
    assert len(explanation(site(grid=grid), "grid").presets) == 1


def test_presets_of_ones_own_have_their_values_without_remarks(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "batteries.toml").write_text(
        '[mine]\ncell = "lfp"\nseries = 100\ncapacity_wh = 5000.0\ncharge_power_max_w = 900.0 # mine\n'
        "discharge_power_max_w = 900.0\nsoc_lower = 0.1\nsoc_upper = 0.9\nsoc_derating_width = 0.03\n"
    )
    (tmp_path / "site.yaml").write_text(
        "presets: presets\nmicrogrid: {id: 7}\ncomponents:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}\n"
        "  inv: {id: 3, category: battery_inverter, behind: grid, rated_power: 30 kW}\n"
        "  battery: {id: 4, category: battery, behind: inv, preset: mine}\n"
    )
    made = explanation(doppelgrid.load_site(tmp_path / "site.yaml"), "battery")
    assert made.presets[PresetName("batteries", "mine")] == ""
    assert of(made)["charge_power_max_w"][1:] == (900.0, "W", "> 0", Origin.PRESET, "")


@pytest.mark.parametrize(
    ("name", "unit", "remark"),
    [
        ("bms.overvoltage.warning", "V", "chosen: between full and trip"),
        ("bms.undervoltage.delay_s", "s", "chosen: that of overvoltage"),
        ("bms.overcurrent_discharging.trip", "A", "default settings of a Seplos BMS 3.0, LFP (dermarki.de, "
         '"Seplos BMS 3.0 firmware 1.4 default settings explained")'),
        ("bms.overtemperature.trip", "°C", "data sheet of a Neexgent 48 V 200 Ah rack battery, LFP"),
        ("bms.overvoltage.warning_release", "V", "P: their warning begins here [P: factory thresholds of a Pylontech "
         'US2000B, LFP (servtec.co.uk, "Pylontech battery module thresholds")]'),
        ("bms.link.charged_share", "1", "common: about three time constants"),
        ("bms.balance.warning", "1", "chosen"),
        ("ageing.capacity_by_time.rate", "1/d^z", "1.2571e-5 per root of a second"),
        ("ageing.resistance_by_use.rate", "1", "(-0.0020 c + 0.0021) [6.8477 (d - 0.5)³ + 0.9182] % per full cycle; "
         "0.91882 in BLAST-Lite"),
    ],
)  # fmt: skip
def test_parameters_of_one_name_have_each_its_own_unit_and_remark(name: str, unit: str, remark: str) -> None:
    told = of(explanation(site(inv=INVERTER, battery=BATTERY | {"ageing": 1}), "battery"))[name]
    assert (told.unit, told.remark) == (unit, remark)


@pytest.mark.parametrize("name", bundled_sites())
def test_every_component_of_every_bundled_site_is_explained(name: str) -> None:
    shown = doppelgrid.load_site(name)
    for key, component in shown.components.items():
        made = explanation(shown, key)
        names = [each.name for each in made.parameters]
        assert len(names) == len(set(names)), key
        assert set(component.parameters) <= set(names), key


class TestParametersOfAnArray:
    """They are said with the part's name before theirs."""

    @pytest.mark.parametrize("inverter", [PV, HYBRID])
    def test_they_change_what_the_array_is(self, inverter: dict[str, Any]) -> None:
        plant = Plant(
            site(pv=inverter | {"parameters": {"array.degradation": 0.5}}), start_us=START_US, seed=0
        )
        assert plant.equipment.arrays["pv"].array.degradation == 0.5

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("array.degradation: 1.5", "array.degradation is 1.5; accepted: 0..1"),
            ("array.degradaton: 0.1", "array.degradaton is unknown; accepted: .*degradation"),
            ("array.dc_power_stc_w: 5", "array.dc_power_stc_w is set by a key of the component itself"),
        ],
    )
    def test_what_an_array_cannot_have_is_refused(self, said: str, told: str) -> None:
        with pytest.raises(SiteError, match=told):
            parse_site(TEXT.replace("MORE", f"parameters: {{{said}}}"), "site.yaml")

    @pytest.mark.parametrize(
        ("category", "more", "told"),
        [
            ("pv_inverter", "power: 3 kW, ", "no modules of its own"),
            ("hybrid_inverter", "", "no modules of its own"),
            ("battery_inverter", "", "array.soiling is unknown"),
        ],
    )
    def test_who_has_none_has_no_parameters_of_one(self, category: str, more: str, told: str) -> None:
        text = TEXT.replace("pv_inverter", category)
        with pytest.raises(SiteError, match=told):
            parse_site(text.replace("MORE", f"{more}parameters: {{array.soiling: 0.1}}"), "site.yaml")


OF_PARTS: dict[str, dict[str, Any]] = {
    "grid": {
        "id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A", "fuse": {},
        "voltages": {"resistance": "200 mΩ"},
    },
    "main": {"id": 2, "category": "meter", "behind": "grid", "measurement": {"accuracy_class": "1"}},
    "inv": INVERTER | {"behind": "main", "grid_code": "vde-ar-n-4105"},
    "battery": BATTERY | {"ageing": 1, "soc_estimate": {}, "auxiliary": {"electronics": "50 W"}, "cells": {}},
    "pv": PV | {"id": 5, "behind": "main", "grid_code": "vde-ar-n-4105"},
}  # fmt: skip
"""Components with all the parts that they can have."""


def all_parts() -> Site:
    return Site.model_validate({"microgrid": {"id": 7}, "components": OF_PARTS})


@pytest.mark.parametrize(
    ("of_site", "key"),
    [("all parts", key) for key in OF_PARTS]
    + [("all-categories", key) for key in doppelgrid.load_site("all-categories").components],
)
def test_whatever_is_explained_can_be_set_by_its_name_or_has_a_key_or_a_switch_of_its_own(
    of_site: str, key: str
) -> None:
    whole = all_parts() if of_site == "all parts" else doppelgrid.load_site(of_site)
    component = whole.components[key]
    for each in explanation(whole, key).parameters:
        value = each.value if isinstance(each.value, tuple | bool) else float(each.value)
        changed = component.model_copy(update={"parameters": {each.name: value}})
        told = refusal(whole, changed)
        by_key = {"", "set by a key of the component itself", "what its bounds go by", NO_EFFECT}
        assert told in by_key or re.fullmatch(r"said by \S+ as well", told), each.name


def refusal(of_site: Site, component: Any) -> str:
    """Return what is wrong with the parameters of a component; nothing if nothing is."""
    try:
        type_of(component).check_parameters(component, grid_facts(of_site))
    except ParameterError as refused:
        return refused.found
    return ""


@pytest.mark.parametrize(
    ("key", "name", "value"),
    [
        ("grid", "fuse.melting_current_a", 170.0),
        ("grid", "impedance.resistance_ohm", 0.3),
        ("main", "meter.window_s", 60.0),
        ("inv", "grid_code.code.overfrequency_hz", 51.0),
        ("inv", "grid_code.watt_pf.power_factor", 0.8),
        ("inv", "response_lag_s", 2.0),
        ("battery", "bms.overtemperature.trip", 64.0),
        ("battery", "ageing.pace", 3.0),
        ("battery", "soc_estimate.rest_s", 600.0),
        ("battery", "auxiliary.cooling_ratio", 3.0),
        ("battery", "cells.capacity_spread", 0.04),
        ("pv", "array.degradation", 0.1),
    ],
)
def test_a_parameter_of_a_part_is_what_a_run_has(key: str, name: str, value: float) -> None:
    components = {**OF_PARTS, key: OF_PARTS[key] | {"parameters": {name: value}}}
    made = explanation(Site.model_validate({"microgrid": {"id": 7}, "components": components}), key)
    assert (of(made)[name].value, of(made)[name].origin) == (value, Origin.FILE)


def test_two_curves_of_reactive_power_are_refused_however_they_are_turned_on() -> None:
    curves = {"grid_code.watt_var.enabled": True, "grid_code.watt_pf.enabled": True}
    component = OF_PARTS["inv"] | {"parameters": curves}
    whole = Site.model_validate({"microgrid": {"id": 7}, "components": {**OF_PARTS, "inv": component}})
    with pytest.raises(
        ParameterError, match=r"watt_pf\.enabled is true; accepted: false, since there is watt_var"
    ):
        type_of(whole.components["inv"]).check_parameters(whole.components["inv"], grid_facts(whole))


@pytest.mark.parametrize(
    ("key", "without", "parameter", "told"),
    [
        ("grid", "fuse", "fuse.melting_current_a: 170", "nothing, the fuse here cannot melt"),
        ("grid", "voltages", "impedance.resistance_ohm: 1", "nothing, the grid here has no impedance"),
        ("main", "measurement", "meter.window_s: 60", "nothing, this meter shows what is"),
        (
            "inv",
            "grid_code",
            "grid_code.code.overfrequency_hz: 51",
            "nothing, this inverter keeps to no grid_code",
        ),
        ("battery", "ageing", "ageing.turn_gap: 0.3", "nothing, this battery does not age"),
        ("battery", "soc_estimate", "soc_estimate.rest_s: 60", "nothing, this battery's SoC is known"),
        ("battery", "", "soc_estimate.rest_s: 0", "soc_estimate.rest_s is 0 s"),
        ("battery", "cells", "cells.balanced_soc: 0.9", "nothing, this battery's cells are alike"),
        ("battery", "", "cells.balanced_soc: 1.1", "cells.balanced_soc is 1.1"),
        ("battery", "auxiliary", "auxiliary.band_k: 6", "nothing, this battery draws nothing itself"),
        ("battery", "", "auxiliary.band_k: 0", "auxiliary.band_k is 0 K"),
        ("battery", "", "auxiliary.cooling_above_c: 0", "at most cooling_above_c, which is 0 °C"),
        ("main", "", "window_s: 60", "parameters of meter.…, as it has no model of its own"),
        ("battery", "", "bms.overtemperature.trip: 20", "bms.overtemperature"),
        ("battery", "", "bms.relay_s: -1", ">= 0.001 s"),
        ("battery", "", "r0_ohm: [-0.1, 0.1]", "r0_ohm[0] is -0.1 Ω"),
        ("battery", "", "ocv_v: [400, 300]", "ocv_v"),
        ("battery", "", "soc_upper: 1.1", "soc_upper is 1.1; accepted: "),
        ("inv", "", "linear_loss: -0.1", "linear_loss is -0.1"),
        ("inv", "", "grid_code.freq_watt.lower_threshold_hz: 55", "at most freq_watt.threshold_hz, 50.2 Hz"),
        ("inv", "", "grid_code.watt_var.start_share: 0.7", "at most watt_var.knee_share, 0.6"),
        ("inv", "", "no_load_loss_w: 1e9", "at most rated_power_w"),
        ("inv", "", "standby_power_w: 1e12", "at most rated_power_w"),
        ("inv", "", "quadratic_loss_per_w: 1", "which loses rated_power_w at that power"),
        ("inv", "", "linear_loss_slope: -20", "beyond which nothing is lost at dc_voltage_max_v"),
        ("inv", "", "linear_loss_slope: 20", "beyond which nothing is lost at dc_voltage_min_v"),
        ("inv", "", "heat_loss_w_per_k: 1e-300", ">= 0.001 W/K"),
        ("inv", "", "rated_apparent_power_va: 5", "that key, rated_apparent_power"),
        ("inv", "", "grid_code.rated_apparent_power_va: 5", "that key, rated_apparent_power"),
        ("inv", "", "grid_code.volt_var.low_pu: 0.99", "at most volt_var.dead_low_pu, 0.97"),
        ("inv", "", "grid_code.volt_var.high_pu: 1.01", "at most volt_var.high_pu, 1.01"),
        ("inv", "", "grid_code.code.overfrequency_hz: 50.1", "at most code.overfrequency_hz, 50.1 Hz"),
        ("inv", "", "grid_code.freq_watt.nominal_hz: 51", "at least freq_watt.nominal_hz, 51 Hz"),
        ("main", "", "meter.window_s: -1", "meter.window_s is -1 s"),
    ],
)
def test_parameters_that_cannot_be_are_refused_by_line(
    key: str, without: str, parameter: str, told: str
) -> None:
    lines = ["microgrid: {id: 7}", "components:"]
    for name, component in OF_PARTS.items():
        said = {each: value for each, value in component.items() if each != without or name != key}
        if name == key:
            field, _, value = parameter.partition(": ")
            said["parameters"] = {field: json.loads(value)}
        lines.append(f"  {name}: {json.dumps(said, ensure_ascii=False)}")
    with pytest.raises(SiteError) as refused:
        parse_site("\n".join(lines), "site.yaml")
    assert str(refused.value).startswith(f"site.yaml:{3 + list(OF_PARTS).index(key)}: {key}.parameters.")
    assert told in str(refused.value)


def test_the_time_of_reactive_power_is_not_that_of_the_heat_sink() -> None:
    told = of(explanation(site(inv=INVERTER | {"grid_code": {"volt_var": True}}), "inv"))
    found = told["grid_code.volt_var.time_constant_s"]
    assert (found.origin, found.remark) == (Origin.MODEL, "")


@pytest.mark.parametrize(
    "part", ["grid_code.volt_var", "soc_estimate", "auxiliary", "cells", "impedance", "meter"]
)
def test_parts_without_presets_have_no_remarks_of_others(part: str) -> None:
    found = [
        each
        for key in OF_PARTS
        for each in explanation(all_parts(), key).parameters
        if each.name.startswith(f"{part}.")
    ]
    assert found
    assert {each.remark for each in found} == {""}


def test_the_preset_of_a_grid_code_is_told_with_the_sources_of_its_values() -> None:
    made = explanation(site(inv=INVERTER | {"grid_code": "vde-ar-n-4105"}), "inv")
    assert PresetName("grid codes", "vde-ar-n-4105") in made.presets
    told = of(made)["grid_code.code.overvoltage_s"]
    assert (told.origin, told.remark) == (Origin.PRESET, "EN 50549-1:2019")


@pytest.mark.parametrize(
    ("said", "origin"),
    [({"preset": "battery-30kw"}, Origin.FILE), ({}, Origin.MODEL)],
    ids=["named", "found"],
)
@pytest.mark.parametrize("name", ["keeps_dc_window", "keeps_dc_current"])
def test_limits_on_the_dc_side_hold_by_the_file_where_that_names_a_preset(
    said: dict[str, str], name: str, origin: Origin
) -> None:
    assert of(explanation(site(inv=INVERTER | said), "inv"))[name].origin is origin


@pytest.mark.parametrize("name", ["cut_in_m_per_s", "stop_m_per_s"])
def test_a_turbine_starts_by_the_curve_of_the_file(name: str) -> None:
    curve = [
        {"wind_speed": f"{speed} m/s", "power": f"{power} kW"}
        for speed, power in ((3, 0), (4, 75), (20, 900))
    ]
    mill = {
        "id": 2,
        "category": "wind_turbine",
        "behind": "grid",
        "rated_power": "1 MW",
        "power_curve": curve,
    }
    assert of(explanation(site(mill=mill), "mill"))[f"turbine.{name}"].origin is Origin.FILE


@pytest.mark.parametrize(
    ("measurement", "origin"), [({"noise": "1 %"}, Origin.FILE), ({}, Origin.MODEL)], ids=["given", "none"]
)
def test_the_noise_of_a_meter_is_explained(measurement: dict[str, str], origin: Origin) -> None:
    meter = {"id": 2, "category": "meter", "behind": "grid", "measurement": measurement}
    told = of(explanation(site(main=meter), "main"))["meter.noise"]
    assert (told.value, told.origin) == (0.01 if measurement else 0.0, origin)


def test_what_is_on_the_dc_side_is_not_told_where_the_file_says_the_power() -> None:
    told = of(explanation(site(pv=PV | {"power": "5 kW"}), "pv"))
    assert "standby_power_w" in told
    assert not {"dc_current_max_a", "linear_loss", "keeps_dc_window"} & told.keys()


def test_a_sensor_is_told_by_metric() -> None:
    content = {
        "microgrid": {"id": 7},
        "components": {"grid": {"id": 1, "category": "grid_connection_point"}},
        "sensors": {
            "mast": {
                "id": 9,
                "metrics": ["temperature", "wind_speed"],
                "parameters": {"wind_speed": {"noise": 0.1}},
            }
        },
    }
    told = {each.name: each for each in explained_sensor(Site.model_validate(content).sensors["mast"])}
    assert (told["wind_speed.noise"].value, told["wind_speed.noise"].origin) == (0.1, Origin.FILE)
    assert (told["temperature.noise"].value, told["temperature.noise"].origin) == (0.0, Origin.MODEL)


CHARGER = {"id": 2, "category": "ev_charger", "behind": "grid", "rated_power": "22 kW"}


class TestCarsOfAChargingPoint:
    """They are told with `car` before their parameters, and of several with the preset or the number."""

    def told(self, **more: Any) -> dict[str, Explained]:
        return of(explanation(site(box=CHARGER | more), "box"))

    def names(self, **more: Any) -> set[str]:
        """Return what stands before the parameters of the cars."""
        return {name.rpartition(".")[0] for name in self.told(**more) if name.startswith("car.")}

    def test_a_charger_without_cars_has_no_parameters_of_one(self) -> None:
        assert self.names() == set()

    def test_a_figure_of_a_car_is_of_the_file(self) -> None:
        told = self.told(car={"capacity": "60 kWh"})["car.capacity_wh"]
        assert (told.value, told.unit, told.accepted, told.origin) == (60e3, "Wh", "1000..1e+06", Origin.FILE)

    def test_what_follows_from_a_figure_is_of_the_file(self) -> None:
        told = self.told(car={"max_power": "3.7 kW"})["car.ac_phases"]
        assert (told.value, told.origin) == (1, Origin.FILE)

    def test_a_figure_that_is_not_given_is_of_the_model(self) -> None:
        assert self.told(car={"capacity": "60 kWh"})["car.offer_share"].origin is Origin.MODEL

    def test_a_car_of_sessions_is_that_of_its_preset_with_what_the_preset_says(self) -> None:
        told = self.told(sessions={"profile": "workplace", "cars": "saloon-50kwh"})["car.onboard_loss"]
        assert (told.value, told.origin, told.remark) == (0.0503, Origin.PRESET, "ADAC")

    def test_each_of_several_presets_has_its_own_remarks(self) -> None:
        cars = ["saloon-50kwh", "small-52kwh"]
        told = self.told(sessions={"profile": "workplace", "cars": cars})
        currents = [told[f"car.{name}.ac_current_max_a"] for name in cars]
        assert [(each.value, each.remark) for each in currents] == [
            (16.0, "11 kW (open-ev-data)"),
            (32.0, "22 kW (open-ev-data)"),
        ]

    def test_listed_cars_are_numbered(self) -> None:
        cars = [{"arrive": "08:00", "stay": "1 h"}, {"arrive": "12:00", "stay": "1 h", "capacity": "40 kWh"}]
        assert self.names(sessions=cars) == {"car.1", "car.2"}

    def test_what_a_listed_car_says_is_of_the_file(self) -> None:
        told = self.told(sessions=[{"arrive": "08:00", "stay": "1 h", "capacity": "40 kWh"}])
        assert (told["car.capacity_wh"].value, told["car.capacity_wh"].origin) == (40e3, Origin.FILE)
        assert told["car.electronics_w"].origin is Origin.PRESET

    def test_a_cold_battery_changes_the_curve_by_the_file(self) -> None:
        spec = {"profile": "home", "battery_temperature": "5 °C"}
        assert self.told(sessions=spec)["car.dc_curve_w"].origin is Origin.FILE

    def test_recorded_sessions_have_the_car_that_the_file_names(self, tmp_path: Path) -> None:
        path = tmp_path / "cars.csv"
        path.write_text(
            "arrival,departure,delivered_energy (kWh),station_id\n"
            "2026-05-28T20:00:00+02:00,2026-05-28T23:00:00+02:00,12,a\n"
        )
        told = self.told(sessions={"file": str(path), "car": "small-52kwh"})["car.capacity_wh"]
        assert (told.value, told.origin) == (52e3, Origin.PRESET)

    def test_they_are_said_by_keys_alone(self) -> None:
        text = TEXT.replace("pv: {id: 2, category: pv_inverter", "pv: {id: 2, category: ev_charger")
        text = text.replace("  battery: {id: 3, category: battery, behind: pv}\n", "")
        with pytest.raises(
            SiteError, match=r"car\.reaction_s is set by a key .*; accepted: keys of car or s"
        ):
            parse_site(text.replace("MORE", "parameters: {car.reaction_s: 3}"), "site.yaml")
