"""Parameters of inverters and modules that contradict a key or each other are refused by that which the file has."""

from __future__ import annotations

import pytest

from doppelgrid.sim.site.reader import SiteError, parse_site

SITE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  one: {id: 2, category: CATEGORY, behind: grid, rated_power: 10 kW, KEYS}
"""
BATTERY = "  bat: {id: 9, category: battery, behind: one}\n"


def refused(keys: str, category: str = "pv_inverter", more: str = "") -> str:
    with pytest.raises(SiteError) as error:
        parse_site(SITE.replace("CATEGORY", category).replace("KEYS", keys) + more, "site.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("array.voltage_min_v: 300, dc_voltage_min_v: 600", "voltage_min_v is 300 V; accepted: at least dc_voltage"),
        ("array.voltage_min_v: 0", "voltage_min_v is 0 V; accepted: at least dc_voltage_min_v of the inverter, 100 V"),
        ("array.voltage_max_v: 900", "voltage_max_v is 900 V; accepted: at most dc_voltage_max_v of the inverter"),
    ],
)  # fmt: skip
def test_strings_are_tracked_within_what_the_inverter_takes(parameters: str, message: str) -> None:
    assert f"one.parameters.array.{message}" in refused(f"parameters: {{{parameters}}}")


def test_the_window_of_strings_beside_a_battery_is_their_own() -> None:
    keys = "peak_power: 5 kW, parameters: {array.voltage_min_v: 50}"
    text = SITE.replace("CATEGORY", "hybrid_inverter").replace("KEYS", keys) + BATTERY
    parse_site(text, "site.yaml")


@pytest.mark.parametrize(
    ("keys", "parameter", "key"),
    [
        ("grid_code: {volt_var: true, priority: active_power}", "grid_code.reactive_first: true", "grid_code.priority"),
        ("dc_voltage: nominal", "by_battery_voltage: true", "dc_voltage"),
        ("dc_voltage: battery", "by_battery_voltage: false", "dc_voltage"),
    ],
)  # fmt: skip
def test_what_a_key_says_no_parameter_says_as_well(keys: str, parameter: str, key: str) -> None:
    told = refused(f"{keys}, parameters: {{{parameter}}}", "battery_inverter", BATTERY)
    assert f"{parameter.partition(':')[0]} is said by {key} as well; accepted: one of the two" in told


@pytest.mark.parametrize("category", ["pv_inverter", "battery_inverter"])
def test_whether_power_by_frequency_is_that_of_photovoltaics_goes_by_the_category(category: str) -> None:
    keys = "grid_code: {freq_watt: true}, parameters: {grid_code.follows_production: true}"
    assert (
        "follows_production is set by a key of the component itself; accepted: that key, category"
        in refused(keys, category, BATTERY * (category == "battery_inverter"))
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("array.module.series_ohm: 1e6", "array.module.series_ohm is 1e+06 Ω; accepted: 0..1.62 Ω beside the others"),
        ("array.module.shunt_ohm: 1e-6", "array.module.shunt_ohm is 1e-06 Ω; accepted: >= 11.6 Ω beside the others"),
        ("array.module.saturation_current_a: 1", "array.module.saturation_current_a is 1 A; accepted: 4.19e-17.."),
        ("array.module.saturation_current_a: 1e-50", "array.module.saturation_current_a is 1e-50 A; accepted: 4.19"),
        ("array.module.current_a_per_k: 0.1", "array.module.current_a_per_k is 0.1 A/K; accepted: -0.0148..0.0542 A/K"),
        ("array.module.current_a_per_k: -0.1", "array.module.current_a_per_k is -0.1 A/K; accepted: -0.0148..0.0542"),
        ("array.heat_loss_constant: 5", "array.heat_loss_constant is 5 W/(m² K); accepted: 10..80"),
        ("array.heat_loss_per_wind: 30", "array.heat_loss_per_wind is 30 W/(m² K) per m/s; accepted: 0..20"),
    ],
)  # fmt: skip
def test_modules_are_such_as_there_are(parameters: str, message: str) -> None:
    assert f"one.parameters.{message}" in refused(f"parameters: {{{parameters}}}")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "parameters: {dc_voltage_min_v: 0}",
            "one.parameters.dc_voltage_min_v is 0, with which quadratic_loss_slope is 1.12; accepted: "
            "quadratic_loss_slope at most 1",
        ),
        (
            "grid_code: {watt_pf: true}, parameters: {linear_loss: 0.02, grid_code.watt_var.enabled: true}",
            "one.parameters.grid_code.watt_var.enabled is true, with which grid_code.watt_pf.enabled is true",
        ),
        (
            "parameters: {array.module.light_current_a: 100}",
            "one.parameters.array.module.light_current_a is 100, with which array.module.series_ohm is 0.328468 Ω",
        ),
        (
            "parameters: {keeps_dc_window: yes}",
            "one.parameters.keeps_dc_window is 'yes'; accepted: a number, a list of numbers, or true or false",
        ),
    ],
)
def test_an_error_names_the_parameter_of_the_file_that_makes_it(keys: str, message: str) -> None:
    assert message in refused(keys)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("{temperature: {upper: -300}}", "temperature.upper is -300, with which lower is -273.15; accepted: lower at"),
        ("{temperature: {gain: '1'}}", "temperature.gain is '1'; accepted: a number"),
        ("{pressure: {offset: 1}}", "pressure is unknown; accepted: temperature, irradiance"),
    ],
)  # fmt: skip
def test_an_error_of_a_sensor_names_what_the_file_has(parameters: str, message: str) -> None:
    sensors = f"sensors: {{mast: {{id: 12, metrics: [temperature], parameters: {parameters}}}}}\n"
    assert f"sensors.mast.parameters.{message}" in refused("tilt: 20 °", more=sensors)
