"""What people are told about inverters, modules and grid codes that are wrong in a site file."""

from __future__ import annotations

import pytest

from doppelgrid.sim.components.pv_inverter import PvInverter
from doppelgrid.sim.site.reader import SiteError, parse_site

HEAD = """microgrid: {id: 1, name: Berlin}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  main: {id: 2, category: meter, behind: grid}
  pv: {id: 21, category: pv_inverter, behind: main, rated_power: 12 kW, """

WRONG = {
    "grid_code: vde-ar-n-4106": "grid_code is 'vde-ar-n-4106'; accepted: vde-ar-n-4105 (did you mean 'vde-ar-n-4105'?)",
    "grid_code: true": "grid_code is true; accepted: text",
    "grid_code: {overfrequency: 80 Hz}": "grid_code.overfrequency is 80 Hz; accepted: 50 Hz..70 Hz",
    "grid_code: {reconnect_gradient: 10 %}": (
        "grid_code.reconnect_gradient is 10 %; accepted: a number with a unit (%/min, %/s), > 0 %/min"
    ),
    "grid_code: {volt_var: 3}": "grid_code.volt_var is 3; accepted: a mapping",
    "grid_code: {volt_var: {low: 95 %, dead_low: 94 %}}": (
        "grid_code.volt_var.dead_low is 94 %; accepted: at least low, which is 95 %"
    ),
    "grid_code: {watt_var: {start: 50 %, knee: 40 %}}": (
        "grid_code.watt_var.knee is 40 %; accepted: at least start, which is 50 %"
    ),
    "grid_code: {watt_var: {end: 40 %}}": (
        "grid_code.watt_var.end is 40 %; accepted: at least knee, which is 60 %"
    ),
    "grid_code: {watt_pf: {start: 80 %, end: 70 %}}": (
        "grid_code.watt_pf.end is 70 %; accepted: at least start, which is 80 %"
    ),
    "grid_code: {watt_pf: {power_factor: 1.1}}": "grid_code.watt_pf.power_factor is 1.1; accepted: a number <= 1",
    "grid_code: {volt_var: true, watt_pf: true}": (
        "grid_code.watt_pf is true; accepted: nothing, since there is volt_var"
    ),
    "grid_code: {watt_var: true, watt_pf: true}": (
        "grid_code.watt_pf is true; accepted: nothing, since there is watt_var"
    ),
    "grid_code: {priority: both}": "grid_code.priority is 'both'; accepted: reactive_power, active_power",
    "grid_code: {freq_watt: {lower_threshold: 55 Hz, threshold: 50.5 Hz}}": (
        "grid_code.freq_watt.lower_threshold is 55 Hz; accepted: at most threshold, which is 50.5 Hz"
    ),
    "grid_code: {reconnect_frequency_min: 55 Hz}": (
        "grid_code.reconnect_frequency_min is 55 Hz; accepted: at most the nominal frequency, 50 Hz"
    ),
    "grid_code: {underfrequency: 52 Hz, overfrequency: 53 Hz}": (
        "grid_code.underfrequency is 52 Hz; accepted: at most the nominal frequency, 50 Hz"
    ),
    "grid_code: {undervoltage: 40 %}": "grid_code.undervoltage is 40 %; accepted: at least low_undervoltage, 45 %",
    "grid_code: {low_undervoltage: 85 %}": (
        "grid_code.low_undervoltage is 85 %; accepted: at most undervoltage, 80 %"
    ),
    "grid_code: {overvoltage: 130 %, high_overvoltage: 120 %}": (
        "grid_code.high_overvoltage is 120 %; accepted: at least overvoltage, 130 %"
    ),
    "grid_code: {undervoltage: 90 %, reconnect_voltage_min: 86 %}": (
        "grid_code.reconnect_voltage_min is 86 %; accepted: at least undervoltage, 90 %"
    ),
    "standby_power: 20 kW": "standby_power is 20 kW; accepted: at most the rated power, 12 kW",
    "resolution: 20 kW": "resolution is 20 kW; accepted: at most the rated power, 12 kW",
    "module: silicon": (
        "module is 'silicon'; accepted: crystalline-silicon, crystalline-silicon-standard, thin-film, thin-film-cigs"
    ),
    "soiling: 120 %": "soiling is 120 %; accepted: 0 %..100 %",
    "min_power_factor: 1.2": "min_power_factor is 1.2; accepted: a number <= 1",
    "max_reactive_power: 5 kW": (
        "max_reactive_power is 5 kW; accepted: a number with a unit (kvar, var, Mvar), > 0 kvar"
    ),
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_value_is_explained(line: str) -> None:
    with pytest.raises(SiteError) as caught:
        parse_site(f"{HEAD}{line}}}\n", "berlin.yaml")
    assert str(caught.value) == f"berlin.yaml:5: pv.{WRONG[line]}"


@pytest.mark.parametrize(
    ("line", "has_volt_var", "has_freq_watt"),
    [
        ("grid_code: vde-ar-n-4105", False, False),
        ("grid_code: {volt_var: true, freq_watt: false}", True, False),
        ("grid_code: {volt_var: {high: 108 %}, freq_watt: {droop: 4 %}}", True, True),
    ],
)
def test_a_grid_code_is_a_name_or_a_section(line: str, has_volt_var: bool, has_freq_watt: bool) -> None:
    inverter = parse_site(f"{HEAD}{line}}}\n", "berlin.yaml").components["pv"]
    assert isinstance(inverter, PvInverter)
    assert inverter.grid_code is not None
    assert (inverter.grid_code.volt_var is not None) == has_volt_var
    assert (inverter.grid_code.freq_watt is not None) == has_freq_watt


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "{overfrequency: 51.5 Hz}",
            "overfrequency is 51.5 Hz; accepted: at least the nominal frequency, 60 Hz",
        ),
        (
            "{freq_watt: {threshold: 50.2 Hz}}",
            "freq_watt.threshold is 50.2 Hz; accepted: at least the nominal frequency, 60 Hz",
        ),
    ],
)
def test_frequencies_of_another_grid_are_refused_by_line(code: str, told: str) -> None:
    american = HEAD.replace("200 A", "200 A, frequency: 60 Hz")
    with pytest.raises(SiteError) as caught:
        parse_site(f"{american}grid_code: {code}}}\n", "ohio.yaml")
    assert str(caught.value) == f"ohio.yaml:5: pv.grid_code.{told}"
