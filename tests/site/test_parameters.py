"""Parameters that a site file sets itself: by name, in range, and found on loading."""

from __future__ import annotations

import pytest

from doppelgrid.models.parameter import ParameterError
from doppelgrid.models.pv import pv_maximum_power_point
from doppelgrid.sim.components.battery import battery_params, battery_preset
from doppelgrid.sim.components.inverter import inverter_params
from doppelgrid.sim.components.pv_inverter import PvInverter
from doppelgrid.sim.components.solar_array import array_params, pv_array_preset
from doppelgrid.sim.files.parameters import overridden
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import SiteError, parse_site
from doppelgrid.sim.site.site import FROM_A_FILE

SITE = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  main: {id: 2, category: meter, behind: grid}
  inv:  {id: 3, category: battery_inverter, behind: main, rated_power: 30 kW, parameters: INVERTER}
  bat:  {id: 4, category: battery, behind: inv, parameters: BATTERY}
"""


def site_text(battery: str = "{}", inverter: str = "{}") -> str:
    return SITE.replace("BATTERY", battery).replace("INVERTER", inverter)


def test_a_parameter_replaces_that_of_the_preset() -> None:
    site = parse_site(site_text("{heat_loss_w_per_k: 12.5}", "{standby_power_w: 99}"), "site.yaml")
    assert battery_params(site.components["bat"]).heat_loss_w_per_k == 12.5  # type: ignore[arg-type]
    assert inverter_params(site.components["inv"]).standby_power_w == 99.0  # type: ignore[arg-type]


def test_another_charge_makes_another_energy() -> None:
    preset = battery_preset("lfp-92kwh")
    half = f"{{charge_capacity_ah: {preset.charge_capacity_ah / 2.0!r}}}"
    params = battery_params(parse_site(site_text(half), "site.yaml").components["bat"])  # type: ignore[arg-type]
    assert params.capacity_wh == pytest.approx(46e3)
    assert params.charge_capacity_ah == pytest.approx(preset.charge_capacity_ah / 2.0)


def test_a_set_within_is_reached_by_its_name() -> None:
    array = overridden(pv_array_preset("crystalline-silicon", 10e3), {"module.series_ohm": 0.5})
    assert array.module.series_ohm == 0.5


@pytest.mark.parametrize(
    ("battery", "message"),
    [
        ("{heat_loss: 3}", "heat_loss is unknown; accepted: .*heat_loss_w_per_k"),
        ("{heat_capacity_j_per_k: -5}", "heat_capacity_j_per_k is -5 J/K; accepted: > 0"),
        ("{r0_ohm: 0.1}", "r0_ohm is a number; accepted: a list of"),
        ("{soc_derating_width: [0.1, 0.2]}", "soc_derating_width is a list; accepted: a number"),
        ("{r0_ohm: [0.1, -0.1]}", r"r0_ohm\[1\] is -0.1 Ω; accepted: "),
        ("{ocv_v: [700, 600]}", "ocv_v"),
        (
            "{charge_temperatures_c: [0, 10]}",
            "charge_temperatures_c is a table of 2; accepted: 4 entries",
        ),
        (
            "{discharge_temperatures_c: [-20, 0, 20, 40, 60]}",
            "discharge_temperatures_c is a table of 5; accepted: 4 entries",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_line_name_and_range(battery: str, message: str) -> None:
    with pytest.raises(SiteError, match=f"site.yaml:7: bat.parameters.{message}"):
        parse_site(site_text(battery), "site.yaml")


def test_what_has_a_key_of_its_own_is_set_by_that() -> None:
    site = SITE.replace(
        "  bat:  {",
        "  mill: {id: 5, category: chp, behind: main, rated_power: 50 kW, parameters: {rated_power_w: 9}}\n  bat:  {",
    )
    site = site.replace("BATTERY", "{}").replace("INVERTER", "{}")
    with pytest.raises(
        SiteError, match=r"mill\.parameters\.rated_power_w is set by a key of the component itself"
    ):
        parse_site(site, "site.yaml")


BESIDE = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 500 A}
  main: {id: 2, category: meter, behind: grid}
  inv:  {id: 3, category: battery_inverter, behind: main, rated_power: 30 kW}
  one:  {id: 5, behind: PARENT, KEYS, parameters: {PARAMETERS}}
  more: {id: 6, category: battery, behind: inv}
"""


@pytest.mark.parametrize(
    ("keys", "parameters", "key"),
    [
        ("category: battery", "capacity_wh: 5", "capacity"),
        ("category: battery, ageing: 1", "ageing.pace: 2", "ageing"),
        ("category: ev_charger, rated_power: 22 kW", "charger.phases: 2", "phases"),
        ("category: ev_charger, rated_power: 22 kW", "place_1: 2", "phases"),
        ("category: ev_charger, rated_power: 22 kW", "charger.dc_curves_w: [1, 2]", "sessions"),
        ("category: pv_inverter, rated_power: 30 kW", "array.dc_power_stc_w: 9", "peak_power"),
    ],
)
def test_what_only_a_key_may_say_is_refused_by_that_key(keys: str, parameters: str, key: str) -> None:
    parent = "inv" if "battery" in keys else "main"
    text = BESIDE.replace("PARENT", parent).replace("KEYS", keys).replace("PARAMETERS", parameters)
    with pytest.raises(SiteError) as refused:
        parse_site(text, "site.yaml")
    name = parameters.partition(":")[0]
    assert str(refused.value) == (
        f"site.yaml:7: one.parameters.{name} is set by a key of the component itself; accepted: that key, {key}"
    )


@pytest.mark.parametrize(
    ("keys", "parameters", "key"),
    [
        ("category: battery, min_soc: 5 %", "soc_lower: 0.2", "min_soc"),
        ("category: battery, capacity: 50 kWh", "charge_capacity_ah: 100", "capacity"),
        (
            "category: battery, soc_estimate: {current_offset: 1 A}",
            "soc_estimate.current_offset_a: 2",
            "soc_estimate.current_offset",
        ),
        ("category: battery, max_charge_power: 5 kW", "charge_power_max_w: 9000", "max_charge_power"),
        (
            "category: battery, bms: {overvoltage: {delay: 2 s}}",
            "bms.overvoltage.delay_s: 3",
            "bms.overvoltage.delay",
        ),
        ("category: pv_inverter, rated_power: 30 kW, soiling: 4 %", "array.soiling: 0.3", "soiling"),
        (
            "category: pv_inverter, rated_power: 30 kW, grid_code: {overfrequency: 52 Hz}",
            "grid_code.code.overfrequency_hz: 51",
            "grid_code.overfrequency",
        ),
        (
            "category: pv_inverter, rated_power: 9 kW, min_power_factor: 0.9",
            "power_factor_min: 0.8",
            "min_power_factor",
        ),
        ("category: meter, measurement: {window: 1 min}", "meter.window_s: 900", "measurement.window"),
    ],
)
def test_what_a_key_and_a_parameter_say_both_is_refused(keys: str, parameters: str, key: str) -> None:
    parent = "inv" if "battery" in keys else "main"
    text = BESIDE.replace("PARENT", parent).replace("KEYS", keys).replace("PARAMETERS", parameters)
    with pytest.raises(SiteError) as refused:
        parse_site(text, "site.yaml")
    name = parameters.partition(":")[0]
    assert str(refused.value) == (
        f"site.yaml:7: one.parameters.{name} is said by {key} as well; accepted: one of the two"
    )


@pytest.mark.parametrize(
    ("keys", "parameters"),
    [
        ("category: battery, min_soc: 5 %", "soc_upper: 0.9"),
        ("category: battery, bms: {overvoltage: {delay: 2 s}}", "bms.undervoltage.delay_s: 3"),
        ("category: pv_inverter, rated_power: 30 kW, soiling: 4 %", "array.shading: 0.3"),
        ("category: pv_inverter, rated_power: 30 kW, module: thin-film", "array.module.series_ohm: 5"),
    ],
)
def test_a_parameter_beside_keys_that_say_something_else_is_accepted(keys: str, parameters: str) -> None:
    parent = "inv" if "battery" in keys else "main"
    text = BESIDE.replace("PARENT", parent).replace("KEYS", keys).replace("PARAMETERS", parameters)
    assert parse_site(text, "site.yaml").components["one"].parameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            "array.module.power_stc_w: 600",
            "module.power_stc_w is 600 W; accepted: 300.018 W, which the other parameters of the module make",
        ),
        (
            "array.module.light_current_a: 20, array.module.power_stc_w: 300.018",
            "module.power_stc_w is 300.018 W; accepted: ",
        ),
        (
            "array.modules_in_series: 1000",
            "modules_in_series is 1000; accepted: <= 37.63, by which a string has 1500 V without load (IEC 61730)",
        ),
        ("array.modules_in_series: 22.5", "modules_in_series is 22.5; accepted: a whole number >= 1"),
        ("array.modules_in_series: 0.5", "modules_in_series is 0.5; accepted: >= 1"),
        ("array.mismatch: 1.0", "mismatch is 1; accepted: 0..0.5"),
        ("array.module.ideality_v: 1e6", "module.ideality_v is 1e+06 V; accepted: 0.01..100 V"),
        (
            "array.module.saturation_current_a: 1e-99",
            "module.saturation_current_a is 1e-99 A; accepted: 1e-50..1 A",
        ),
        ("array.module.light_current_a: 1e9", "module.light_current_a is 1e+09 A; accepted: above 0..100 A"),
    ],
)
def test_modules_that_contradict_themselves_are_refused(parameters: str, message: str) -> None:
    text = DEVICE.replace("CATEGORY", "category: pv_inverter, rated_power: 30 kW").replace(
        "PARAMETERS", parameters
    )
    with pytest.raises(SiteError) as refused:
        parse_site(text, "site.yaml")
    assert str(refused.value).startswith(f"site.yaml:8: one.parameters.array.{message}")


@pytest.mark.parametrize(
    "parameters", [{"array.module.light_current_a": 20.0}, {"array.module.shunt_ohm": 15.0}]
)
def test_an_array_of_changed_modules_keeps_its_peak_power(parameters: dict[str, float]) -> None:
    inverter = PvInverter.model_validate(
        {"id": 5, "category": "pv_inverter", "rated_power": "30 kW", "parameters": parameters},
        context=FROM_A_FILE,
    )
    array = array_params(inverter, inverter_params(inverter, "pv"))
    modules = array.dc_power_stc_w / array.module.power_stc_w
    assert modules * pv_maximum_power_point(array.module, 1000.0, 25.0).power_w == pytest.approx(30e3)


@pytest.mark.parametrize("value", ["'12'", "true", "[0.1, '0.2']", "[0.1, true]"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(SiteError, match=r"^site.yaml:7: bat.parameters.r0_ohm"):
        parse_site(site_text(f"{{r0_ohm: {value}}}"), "site.yaml")


def test_a_table_of_another_length_is_a_finer_or_coarser_one() -> None:
    params = overridden(battery_preset("lfp-92kwh"), {"r0_ohm": (0.1, 0.2, 0.1)})
    assert params.r0_ohm == (0.1, 0.2, 0.1)


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(ParameterError, match="two numbers or more"):
        overridden(battery_preset("lfp-92kwh"), {"r0_ohm": (0.1,)})


DEVICE = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 500 A}
  main: {id: 2, category: meter, behind: grid}
  inv:  {id: 3, category: battery_inverter, behind: main, rated_power: 30 kW}
  bat:  {id: 4, category: battery, behind: inv}
  one:  {id: 5, behind: main, CATEGORY, parameters: {PARAMETERS}}
"""
TURBINE = "category: wind_turbine, rated_power: 2 MW"
MINER = "category: crypto_miner"
SPLIT = "category: hvac, preset: office-split"
WALLBOX = "category: ev_charger, type: ac, rated_power: 11 kW"


@pytest.mark.parametrize(
    ("category", "parameters", "message"),
    [
        (
            TURBINE,
            "turbine.stop_m_per_s: 4",
            "turbine.stop_m_per_s is 4 m/s; accepted: at most cut_in_m_per_s, 3.5 m/s",
        ),
        (
            TURBINE,
            "turbine.restart_m_per_s: 26",
            "turbine.restart_m_per_s is 26 m/s; accepted: at most cut_out_m_per_s, 25 m/s",
        ),
        (
            TURBINE,
            "turbine.cut_in_m_per_s: 6, turbine.restart_m_per_s: 5",
            "turbine.cut_in_m_per_s is 6 m/s; accepted: at most restart_m_per_s, 5 m/s",
        ),
        (MINER, "throttled_boards: 4", "throttled_boards is 4 boards; accepted: at most boards, 3 boards"),
        (MINER, "throttle_c: 96", "throttle_c is 96 °C; accepted: at most trip_c, 95 °C"),
        (MINER, "resume_c: 85", "resume_c is 85 °C; accepted: at most throttle_c - 0.1, 84.9 °C"),
        (
            SPLIT,
            "hysteresis_k: 5.5",
            "hysteresis_k is 5.5 K; accepted: at most cooling_set_point_c less heating_set_point_c, 5 K",
        ),
        (
            WALLBOX,
            "charger.current_min_a: 17",
            "charger.current_min_a is 17 A; accepted: at most current_max_a, 16 A",
        ),
        (
            WALLBOX,
            "charger.current_min_a: 5.9",
            "charger.current_min_a is 5.9 A; accepted: >= 6 A on alternating current",
        ),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(
    category: str, parameters: str, message: str
) -> None:
    text = DEVICE.replace("CATEGORY", category).replace("PARAMETERS", parameters)
    with pytest.raises(SiteError) as refused:
        parse_site(text, "site.yaml")
    assert str(refused.value).startswith(f"site.yaml:8: one.parameters.{message}")
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("category", "parameters"),
    [
        (TURBINE, "turbine.stop_m_per_s: 3.5, turbine.restart_m_per_s: 25"),
        (TURBINE, "turbine.cut_in_m_per_s: 5, turbine.restart_m_per_s: 5"),
        (f"{TURBINE}, power: 1 MW", "standby_power_w: 10"),
        (MINER, "throttled_boards: 3, throttle_c: 95, resume_c: 94.9"),
        (SPLIT, "hysteresis_k: 5"),
        ("category: hvac, preset: house-heat-pump", "hysteresis_k: 6"),
        (WALLBOX, "charger.current_min_a: 16"),
        (WALLBOX, "charger.current_min_a: 6"),
    ],
)
def test_parameters_that_just_meet_are_accepted(category: str, parameters: str) -> None:
    site = parse_site(DEVICE.replace("CATEGORY", category).replace("PARAMETERS", parameters), "site.yaml")
    assert Plant(site, start_us=0, seed=0).equipment.machines["one"] is not None


def test_what_varies_is_held_to_the_same_when_it_is_built() -> None:
    text = DEVICE.replace("CATEGORY", MINER).replace("PARAMETERS", "throttle_c: 90")
    site = parse_site(text, "site.yaml")
    miner = site.components["one"].model_copy(update={"parameters": {"throttle_c": 96.0}})
    site = site.model_copy(update={"components": {**site.components, "one": miner}})
    with pytest.raises(ParameterError, match="throttle_c is 96 °C; accepted: at most trip_c, 95 °C"):
        Plant(site, start_us=0, seed=0)


@pytest.mark.parametrize(
    ("battery", "message"),
    [
        (
            "{ocv_v: [600, 700, 690]}",
            r"ocv_v\[2\] \(SoC 1\) is 690 V; accepted: >= 700 V, the entry before it",
        ),
        (
            "{charge_temperatures_c: [0, 10, 5, 60]}",
            r"charge_temperatures_c\[2\] is 5 °C; accepted: >= 10 °C",
        ),
        (
            "{discharge_temperatures_c: [-20, -30, 45, 60]}",
            r"discharge_temperatures_c\[1\] is -30 °C; accepted: >= -20 °C",
        ),
        (
            "{soc_derating_width: 0.43}",
            "soc_derating_width is 0.43; accepted: <= 0.425, half of soc_upper - soc_lower",
        ),
        (
            "{voltage_min_v: 730}",
            "voltage_min_v is 730; accepted: <= .*, the open-circuit voltage at soc_lower",
        ),
        (
            "{voltage_min_v: 100}",
            "voltage_min_v is 100; accepted: >= .*, half of the open-circuit voltage at soc_upper",
        ),
        (
            "{voltage_max_v: 700}",
            "voltage_max_v is 700; accepted: >= .*, the open-circuit voltage at soc_upper",
        ),
        (
            "{diffusion_gain_h: 1e-20, diffusion_time_constant_s: 3600}",
            "diffusion_gain_h is 1e-20 h; accepted: 0 h, or >= 1e-06 h, 1e-06 of diffusion_time_constant_s",
        ),
    ],
)
def test_a_battery_that_contradicts_itself_is_refused(battery: str, message: str) -> None:
    with pytest.raises(SiteError, match=f"^site.yaml:7: bat.parameters.{message}"):
        parse_site(site_text(battery), "site.yaml")


@pytest.mark.parametrize("category", ["hvac", "crypto_miner"])
def test_parameters_of_a_model_are_refused_beside_a_load_that_takes_its_place(category: str) -> None:
    text = (
        "microgrid: {id: 1}\ncomponents:\n  grid: {id: 1, category: grid_connection_point}\n"
        f"  unit: {{id: 2, category: {category}, behind: grid, load: 1 kW, parameters: {{heat_loss_w_per_k: 1}}}}\n"
    )
    with pytest.raises(
        SiteError, match=r"unit\.parameters\.heat_loss_w_per_k is unknown; accepted: nothing, this"
    ):
        parse_site(text, "site.yaml")
