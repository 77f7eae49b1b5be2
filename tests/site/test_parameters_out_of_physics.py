"""Parameters and keys that would fail a run, or show what no device does, are refused by line when a site is read."""

from __future__ import annotations

import pytest

from doppelgrid.sim.components.inverter import grid_guard
from doppelgrid.sim.site.environment import grid_facts
from doppelgrid.sim.site.reader import SiteError, parse_site

SITE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  one: {id: 2, category: CATEGORY, behind: grid, KEYS}
"""
PV = "rated_power: 10 kW, "
METER = "load: 5 kW, measurement: {}, "


def text(category: str, keys: str) -> str:
    return SITE.replace("CATEGORY", category).replace("KEYS", keys)


@pytest.mark.parametrize(
    ("category", "keys", "message"),
    [
        ("pv_inverter", PV + "parameters: {array.wiring: 1}", "array.wiring is 1; accepted: 0..0.5"),
        (
            "pv_inverter",
            PV + "parameters: {dc_voltage_max_v: .inf}",
            "dc_voltage_max_v is inf V; accepted: a finite number, > 0 V",
        ),
        (
            "pv_inverter",
            PV + "parameters: {no_load_loss_w: .inf}",
            "no_load_loss_w is inf W; accepted: a finite number, >= 0 W",
        ),
        (
            "pv_inverter",
            PV + "grid_code: {watt_pf: {power_factor: 1e-300}}",
            "grid_code.watt_pf.power_factor is 1e-300; accepted: a number >= 0.1",
        ),
        (
            "pv_inverter",
            PV + "grid_code: {watt_pf: true}, parameters: {grid_code.watt_pf.power_factor: 1e-300}",
            "grid_code.watt_pf.power_factor is 1e-300; accepted: 0.1..1",
        ),
        (
            "meter",
            METER + "parameters: {meter.window_s: .inf}",
            "window_s is inf s; accepted: a finite number",
        ),
        (
            "meter",
            METER + "parameters: {meter.window_s: 1e-3}",
            "window_s is 0.001 s; accepted: 0 s for none",
        ),
        (
            "meter",
            METER + "parameters: {meter.power_resolution_w: .inf}",
            "accepted: a finite number, 0..1e+06",
        ),
        (
            "meter",
            METER + "parameters: {meter.power_resolution_w: 1e-310}",
            "accepted: 0 for none, or at least",
        ),
        (
            "meter",
            METER + "parameters: {meter.register_resolution_wh: .inf}",
            "accepted: a finite number, 0..",
        ),
        (
            "meter",
            METER + "parameters: {meter.directions: [0.5, 1, 1]}",
            "directions[0] is 0.5; accepted: 1 or -1",
        ),
        (
            "meter",
            METER + "parameters: {meter.current_phases: [1.5, 1, 1]}",
            "current_phases[0] is 1.5; accepted: 1, 2 or 3",
        ),
        (
            "meter",
            METER + "parameters: {meter.voltage_phases: [2.5, 0, 0]}",
            "voltage_phases[0] is 2.5; accepted: 0, 1, 2 or 3",
        ),
        (
            "meter",
            METER + "parameters: {meter.registers: .inf}",
            "registers is inf; accepted: a whole number",
        ),
        (
            "meter",
            "measurement: {accuracy_class: 1}, parameters: {meter.gain_errors: [0.1, 0.1, 0.1]}",
            "gain_errors is said by measurement.accuracy_class as well; accepted: one of the two",
        ),
        (
            "meter",
            "measurement: {wiring: {ratio_factor: 2}}, parameters: {meter.ratio_factors: [1, 1, 1]}",
            "ratio_factors is said by measurement.wiring as well; accepted: one of the two",
        ),
        (
            "pv_inverter",
            PV + "parameters: {by_battery_voltage: 1}",
            "by_battery_voltage is a number; accepted: true or false",
        ),
        ("pv_inverter", PV + "parameters: {linear_loss: true}", "linear_loss is true; accepted: a number"),
        ("pv_inverter", PV + "parameters: {linear_loss: 1 %}", "linear_loss is 1 %; accepted: a number"),
    ],
)
def test_what_no_device_has_is_refused_in_one_line(category: str, keys: str, message: str) -> None:
    with pytest.raises(SiteError) as refused:
        parse_site(text(category, keys), "site.yaml")
    told = str(refused.value)
    assert told.startswith("site.yaml:4: one.")
    assert message in told
    assert "\n" not in told


def test_a_switch_is_set_by_true_or_false() -> None:
    keys = PV + "grid_code: vde-ar-n-4105, parameters: {grid_code.volt_var.enabled: true}"
    site = parse_site(text("pv_inverter", keys), "site.yaml")
    guard = grid_guard(site.components["one"], grid_facts(site))  # type: ignore[arg-type]
    assert guard is not None
    assert guard.volt_var.enabled is True


def test_strings_have_a_module_at_least_where_an_inverter_takes_any_voltage() -> None:
    keys = PV + "parameters: {dc_voltage_min_v: 0, quadratic_loss_slope: 0, array.soiling: 0.1}"
    parse_site(text("pv_inverter", keys), "site.yaml")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{offset: .inf}", "offset is inf unit of the sensor; accepted: a finite number, -1000..1000"),
        ("{noise: .inf}", "noise is inf unit of the sensor; accepted: a finite number, 0..1000"),
        ("{resolution: .inf}", "resolution is inf unit of the sensor; accepted: a finite number, 0..1000"),
        ("{resolution: 1e-310}", "resolution is 1e-310; accepted: 0 for none, or at least 1e-06"),
        ("{lower: .inf}", "lower is inf; accepted: a finite number, or -inf for no limit"),
        ("{upper: -.inf, lower: -.inf}", "upper is -inf; accepted: a finite number, or inf for no limit"),
    ],
)
def test_what_no_sensor_has_is_refused(given: str, message: str) -> None:
    sensors = f"sensors: {{mast: {{id: 9, metrics: [wind_speed], parameters: {{wind_speed: {given}}}}}}}\n"
    with pytest.raises(SiteError) as refused:
        parse_site(text("meter", "load: 1 kW") + sensors, "site.yaml")
    assert f"sensors.mast.parameters.wind_speed.{message}" in str(refused.value)


@pytest.mark.parametrize(
    ("category", "keys", "message"),
    [
        (
            "pv_inverter",
            PV + "grid_code: {volt_var: {low: 99 %}}",
            "one.grid_code.volt_var.dead_low is 97 % by default; accepted: at least low, which is 99 %",
        ),
        (
            "pv_inverter",
            PV + "horizon: [{azimuth: 0 °, elevation: 10 °}, {azimuth: 360 °, elevation: 70 °}]",
            "accepted: one elevation at 0 ° and 360 °, which are the same way; found 10 ° and 70 °",
        ),
        (
            "wind_turbine",
            "rated_power: 1 MW, parameters: {turbine.icing_below_c: 5}",
            "turbine.icing_below_c is 5 °C; accepted: at most melting_above_c, 0.5 °C",
        ),
        ("pv_inverter", PV + "min_power_factor: '0.9'", "one.min_power_factor is '0.9'; accepted: a number"),
        ("meter", "load: 1 kW, power_factor: true", "one.power_factor is true; accepted: a number"),
        (
            "meter",
            METER.replace("{}", "{wiring: {ratio_factor: true}}"),
            "ratio_factor is true; accepted: a number",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_by_the_key_of_the_file(
    category: str, keys: str, message: str
) -> None:
    with pytest.raises(SiteError) as refused:
        parse_site(text(category, keys), "site.yaml")
    assert message in str(refused.value)
