"""Keys that would do nothing are refused, by line and with what they need."""

from __future__ import annotations

import pytest

from doppelgrid.sim.site.reader import SiteError, parse_site

SITE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  one: {id: 2, category: CATEGORY, behind: grid, rated_power: 10 kW, KEYS}
"""
BATTERIES = "".join(f"  bat{place}: {{id: {place}, category: battery, behind: one}}\n" for place in (3, 4))


BATTERY = "  bat: {id: 9, category: battery, behind: one}\n"


def site_text(category: str, keys: str) -> str:
    """Return a site with one component; an inverter of batteries has one of those."""
    text = SITE.replace("CATEGORY", category).replace("KEYS", keys)
    return text + BATTERY * (category == "battery_inverter")


def refused(category: str, keys: str, behind: str = "") -> str:
    with pytest.raises(SiteError) as error:
        parse_site(SITE.replace("CATEGORY", category).replace("KEYS", keys) + behind, "site.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("soiling", "5 %"),
        ("shading", "5 %"),
        ("age", "20 years"),
        ("module", "thin-film"),
        ("bifacial_gain", "20 %"),
        ("start_irradiance", "50 W/m²"),
        ("stop_irradiance", "5 W/m²"),
        ("tilt", "10 °"),
        ("azimuth", "90 °"),
        ("horizon", "[{azimuth: 0 °, elevation: 10 °}]"),
        ("spectrum", "monosi"),
    ],
)
def test_beside_a_power_on_offer_nothing_is_said_of_the_array(key: str, value: str) -> None:
    told = refused("pv_inverter", f"power: 5 kW, {key}: {value}")
    assert told == (
        f"site.yaml:4: one.{key} is given; accepted: nothing beside power, which takes the place of what makes it"
    )


def test_beside_a_power_on_offer_nothing_is_said_of_where_a_turbine_stands() -> None:
    assert "one.hub_height is given; accepted: nothing beside power" in refused(
        "wind_turbine", "power: 5 kW, hub_height: 80 m"
    )


def test_the_peak_power_stays_beside_a_power_on_offer_as_a_feed_in_limit_goes_by_it() -> None:
    keys = "power: 5 kW, peak_power: 12 kW"
    parse_site(SITE.replace("CATEGORY", "pv_inverter").replace("KEYS", keys), "site.yaml")


@pytest.mark.parametrize(
    ("category", "key", "needed"),
    [
        ("pv_inverter", "yearly_degradation: 1 %", "age"),
        ("hybrid_inverter", "peak_power: 5 kW, yearly_degradation: 1 %", "age"),
        ("wind_turbine", "outage_duration: 2 h", "availability"),
        ("wind_turbine", "wind_height: 20 m", "shear_exponent"),
    ],
)
def test_a_key_that_counts_only_beside_another_needs_that(category: str, key: str, needed: str) -> None:
    name = key.rpartition(", ")[2].partition(":")[0]
    accepted = f"{needed} beside it, without which it does nothing"
    assert f"one.{name} is given; accepted: {accepted}" in refused(category, key)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("dc_voltage: battery", "dc_voltage"),
        ("parameters: {by_battery_voltage: true}", "parameters.by_battery_voltage"),
    ],
)
def test_losses_by_the_voltage_of_its_battery_need_one_battery(keys: str, place: str) -> None:
    assert (
        f"one.{place} is that of its battery, with 2 batteries behind it; accepted: one battery"
        in refused("battery_inverter", keys, BATTERIES)
    )


def test_losses_by_the_voltage_of_a_battery_need_that_behind_a_hybrid_inverter() -> None:
    assert "with 0 batteries behind it" in refused("hybrid_inverter", "peak_power: 5 kW, dc_voltage: battery")


NONE = "name: one"
CODE = "grid_code: vde-ar-n-4105"


@pytest.mark.parametrize(
    ("category", "keys", "parameter", "switch"),
    [
        ("pv_inverter", CODE, "grid_code.freq_watt.droop: 0.03", "grid_code.freq_watt.enabled is false"),
        ("battery_inverter", CODE, "grid_code.volt_var.low_pu: 0.9", "grid_code.volt_var.enabled is false"),
        (
            "pv_inverter",
            "grid_code: {volt_var: true}",
            "grid_code.watt_pf.end_share: 0.9",
            "grid_code.watt_pf.enabled",
        ),
        ("wind_turbine", NONE, "turbine.ice_build_s: 60", "turbine.iced_share is 1"),
        ("wind_turbine", NONE, "turbine.ice_melt_s: 60", "turbine.iced_share is 1"),
        ("hvac", "preset: house-heat-pump", "eer_per_k: 0.1", "can_cool is false"),
        ("hvac", "preset: cold-store", "supply_c: 40", "can_heat is false"),
    ],
)
def test_a_parameter_does_nothing_while_the_switch_that_it_counts_under_is_off(
    category: str, keys: str, parameter: str, switch: str
) -> None:
    name = parameter.partition(":")[0]
    behind = BATTERY if category == "battery_inverter" else ""
    told = refused(category, f"{keys}, parameters: {{{parameter}}}", behind)
    assert f"one.parameters.{name} is given; accepted: nothing while {switch}" in told


def test_air_does_not_move_the_curve_of_a_turbine_that_does_not_pitch_its_blades() -> None:
    told = refused(
        "wind_turbine", "parameters: {turbine.is_pitch_regulated: false, turbine.density_exponent: 0.6}"
    )
    assert (
        "turbine.density_exponent is given; accepted: nothing while turbine.is_pitch_regulated is false"
        in told
    )


@pytest.mark.parametrize(
    ("category", "keys"),
    [
        ("pv_inverter", "grid_code: {freq_watt: true}, parameters: {grid_code.freq_watt.droop: 0.03}"),
        ("battery_inverter", "grid_code: {volt_var: true}, parameters: {grid_code.reactive_first: false}"),
        (
            "battery_inverter",
            "grid_code: {priority: active_power}, parameters: {grid_code.volt_var.enabled: true}",
        ),
        ("wind_turbine", "iced_power: 50 %, parameters: {turbine.ice_build_s: 60}"),
        ("wind_turbine", "parameters: {turbine.iced_share: 0.5, turbine.ice_build_s: 60}"),
        ("battery_inverter", "dc_voltage: battery, parameters: {linear_loss_slope: 0.5}"),
    ],
)
def test_a_parameter_counts_where_its_switch_is_on(category: str, keys: str) -> None:
    parse_site(site_text(category, keys), "site.yaml")


@pytest.mark.parametrize(
    ("category", "keys", "parameter"),
    [
        ("pv_inverter", "power: 5 kW", "dc_current_max_a: 1"),
        ("pv_inverter", "power: 5 kW", "dc_voltage_min_v: 600"),
        ("pv_inverter", "power: 5 kW", "linear_loss: 0.1"),
        ("pv_inverter", "power: 5 kW", "heat_sink_max_c: 70"),
        ("pv_inverter", NONE, "keeps_dc_current: false"),
        ("pv_inverter", NONE, "keeps_dc_window: false"),
        ("pv_inverter", NONE, "by_battery_voltage: true"),
        ("pv_inverter", "grid_code: {freq_watt: true}", "grid_code.freq_watt.lower_threshold_hz: 49.5"),
        ("battery_inverter", NONE, "linear_loss_slope: 0.5"),
        ("battery_inverter", CODE, "grid_code.reactive_first: false"),
    ],
)
def test_a_parameter_that_does_nothing_in_such_a_device_is_refused(
    category: str, keys: str, parameter: str
) -> None:
    name = parameter.partition(":")[0]
    behind = BATTERY if category == "battery_inverter" else ""
    told = refused(category, f"{keys}, parameters: {{{parameter}}}", behind)
    assert f"one.parameters.{name} is given; accepted: nothing" in told


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("{priority: active_power}", "priority is given; accepted: one of volt_var, watt_var, watt_pf beside it"),
        ("{freq_watt: {threshold: 51.8 Hz}}", "freq_watt.threshold is 51.8 Hz; accepted: at most overfrequency"),
        (
            "{freq_watt: {lower_threshold: 47 Hz}}",
            "freq_watt.lower_threshold is 47 Hz; accepted: at least underfrequency, 47.5 Hz",
        ),
        ("{mean_overvoltage: 130 %}", "mean_overvoltage is 130 %; accepted: at most high_overvoltage, 125 %"),
        ("{low_undervoltage_time: 10 s}", "low_undervoltage_time is 10 s; accepted: at most undervoltage_time, 3 s"),
        ("{high_overvoltage_time: 100 s}", "high_overvoltage_time is 100 s; accepted: at most overvoltage_time, 60 s"),
    ],
)  # fmt: skip
def test_a_limit_that_is_never_met_before_another_is_refused(code: str, message: str) -> None:
    assert f"one.grid_code.{message}" in refused("battery_inverter", f"grid_code: {code}", BATTERY)


def test_photovoltaics_have_no_threshold_below_the_nominal_frequency() -> None:
    told = refused("pv_inverter", "grid_code: {freq_watt: {lower_threshold: 49.5 Hz}}")
    assert "one.grid_code.freq_watt.lower_threshold is given; accepted: nothing" in told


@pytest.mark.parametrize(
    "irradiance", ["500 W/m²", "{profile: inline, points: [{at: '12:00', value: 500 W/m²}]}"]
)
@pytest.mark.parametrize("key", ["tilt: 20 °", "azimuth: 90 °"])
def test_the_plane_of_modules_does_nothing_beside_the_irradiance_on_it(irradiance: str, key: str) -> None:
    told = refused("pv_inverter", f"irradiance: {irradiance}, {key}")
    assert f"one.{key.partition(':')[0]} is given; accepted: nothing, as irradiance of the file" in told


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            "auxiliary: {}",
            "auxiliary is nothing that draws; accepted: electronics, heating or cooling above 0 W",
        ),
        (
            "auxiliary: {}, parameters: {auxiliary.band_k: 1, auxiliary.cooling_ratio: 5}",
            "auxiliary is nothing that draws; accepted: electronics, heating or cooling above 0 W",
        ),
        (
            "auxiliary: {electronics: 9 W, cooling_above: 20 °C}",
            "auxiliary.cooling_above is given; accepted: cooling above 0 W beside it, without which it does nothing",
        ),
        (
            "auxiliary: {cooling: 9 W, heating_below: 2 °C}",
            "auxiliary.heating_below is given; accepted: heating above 0 W beside it, without which it does nothing",
        ),
        (
            "auxiliary: {heating: 9 W}, parameters: {auxiliary.cooling_ratio: 3}",
            "parameters.auxiliary.cooling_ratio is given; accepted: cooling above 0 W beside it, without which it "
            "does nothing",
        ),
        (
            "auxiliary: {electronics: 9 W}, parameters: {auxiliary.band_k: 3}",
            "parameters.auxiliary.band_k is given; accepted: heating or cooling above 0 W beside it, without which it "
            "does nothing",
        ),
    ],
)
def test_what_a_battery_does_not_draw_needs_no_words(keys: str, told: str) -> None:
    behind = f"  bat: {{id: 3, category: battery, behind: one, {keys}}}\n"
    assert f"bat.{told}" in refused("battery_inverter", "response_delay: 0 s", behind)


@pytest.mark.parametrize(
    ("draws", "told"),
    [
        ("electronics: 430 W", "auxiliary.electronics is 430 W; accepted: at most"),
        (
            "electronics: 30 W, heating: 11 kW",
            "auxiliary is 11.03 kW; accepted: at most 10.24 kW of all that draws",
        ),
    ],
)
def test_a_battery_draws_no_more_for_itself_than_it_gives_or_lasts_for_a_day(draws: str, told: str) -> None:
    behind = f"  bat: {{id: 3, category: battery, behind: one, preset: lfp-10kwh, auxiliary: {{{draws}}}}}\n"
    assert f"bat.{told}" in refused("battery_inverter", "response_delay: 0 s", behind)


PACK = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  inv: {id: 2, category: battery_inverter, behind: grid, rated_power: 10 kW}
  bat: {id: 3, category: battery, behind: inv, preset: PRESET, parameters: {GIVEN}}
"""


def pack(preset: str, parameters: str) -> str:
    return PACK.replace("PRESET", preset).replace("GIVEN", parameters)


@pytest.mark.parametrize(
    ("preset", "parameter", "switch"),
    [
        ("lfp-10kwh", "diffusion_activation_k: 3000", "diffusion_gain_h"),
        ("lfp-10kwh", "diffusion_time_constant_s: 200", "diffusion_gain_h"),
        ("nmc-10kwh", "hysteresis_v: [3, 3]", "hysteresis_f"),
    ],
)
def test_diffusion_and_hysteresis_need_what_makes_them(preset: str, parameter: str, switch: str) -> None:
    with pytest.raises(SiteError) as error:
        parse_site(pack(preset, parameter), "site.yaml")
    name = parameter.partition(":")[0]
    accepted = f"nothing while {switch} is 0, as it does nothing then"
    assert str(error.value) == f"site.yaml:5: bat.parameters.{name} is given; accepted: {accepted}"


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        ("lfp-10kwh", "diffusion_gain_h: 0.03, diffusion_time_constant_s: 200, diffusion_activation_k: 3000"),
        ("nmc-10kwh", "diffusion_activation_k: 3000"),
        ("nmc-10kwh", "hysteresis_v: [3, 3], hysteresis_f: 1000"),
        ("lfp-10kwh", "hysteresis_v: [3, 3]"),
    ],
)
def test_diffusion_and_hysteresis_count_beside_what_makes_them(preset: str, parameters: str) -> None:
    parse_site(pack(preset, parameters), "site.yaml")


@pytest.mark.parametrize(
    "parameter", ["bms.cells_in_series: 1", "bms.balance.charge_capacity_ah: 1", "bms.cells_in_series: 128"]
)
def test_a_management_system_has_cells_and_capacity_of_its_pack(parameter: str) -> None:
    with pytest.raises(SiteError) as error:
        parse_site(pack("lfp-10kwh", parameter), "site.yaml")
    name = parameter.partition(":")[0]
    accepted = "nothing, as it follows from the pack"
    assert str(error.value) == f"site.yaml:5: bat.parameters.{name} is given; accepted: {accepted}"
