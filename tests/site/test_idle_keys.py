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
