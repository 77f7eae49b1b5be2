"""What a site file says of modules: light in which the inverter wakes, window of voltages, age."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.models.pv import PvArrayParams, pv_maximum_power_point
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.inputs.signal import Constant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.environment import settings
from doppelgrid.sim.site.explanation import Origin, explained
from doppelgrid.sim.site.reader import SiteError, parse_site
from doppelgrid.sim.site.site import Site

SITE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 400 A}
  roof: {id: 2, category: CATEGORY, behind: grid, KEYS}
"""
START_US = 1_750_000_000_000_000
PV = "rated_power: 10 kW, peak_power: 10 kW"


def site(keys: str = "", category: str = "pv_inverter", plant: str = PV) -> Site:
    text = SITE.replace("CATEGORY", category).replace("KEYS", f"{plant}, {keys}" if keys else plant)
    return parse_site(text, "site.yaml")


def array(keys: str = "", category: str = "pv_inverter", plant: str = PV) -> PvArrayParams:
    """Return the parameters of the modules as a run has them."""
    made = site(keys, category, plant)
    where = settings(made, Constant(15.0), start_us=START_US, seed=1)["roof"]
    built = type_of(made.components["roof"]).build(made.components["roof"], where).array
    assert built is not None
    return built.array


@pytest.mark.parametrize("category", ["pv_inverter", "hybrid_inverter"])
def test_the_light_in_which_the_inverter_wakes_is_said_by_keys(category: str) -> None:
    usual = array("", category)
    assert (usual.start_w_per_m2, usual.stop_w_per_m2) == (20.0, 10.0)
    said = array("start_irradiance: 50 W/m², stop_irradiance: 30 W/m²", category)
    assert (said.start_w_per_m2, said.stop_w_per_m2) == (50.0, 30.0)
    assert array("start_irradiance: 50 W/m²").stop_w_per_m2 == 25.0


def test_modules_lose_power_with_their_age() -> None:
    new, old = array(), array("age: 20 years")
    assert array("age: 0 years") == new
    assert (1.0 - old.degradation) / (1.0 - new.degradation) == pytest.approx(0.995**20)
    worn = array("age: 10 years, yearly_degradation: 1 %")
    assert (1.0 - worn.degradation) / (1.0 - new.degradation) == pytest.approx(0.99**10)


def test_strings_keep_to_the_window_of_their_inverter() -> None:
    made = array()
    assert (made.voltage_min_v, made.voltage_max_v) == (100.0, 800.0)


def test_strings_are_as_long_as_a_narrow_window_needs() -> None:
    """That of 685 to 800 V: with as many modules as come nearest 710 V, hot strings would fall below it."""
    made = array(plant="rated_power: 60 kW, peak_power: 60 kW")
    string_v = {
        cell_c: pv_maximum_power_point(made.module, 1000.0, cell_c).voltage_v
        * made.modules_in_series
        * (1.0 - made.wiring)
        for cell_c in (25.0, 60.0)
    }
    assert string_v[25.0] < 800.0
    assert string_v[60.0] == pytest.approx(685.0, rel=0.01)


def light(keys: str, day: int = 21) -> dict[int, float]:
    """Return the irradiance on the modules on a clear day of December at noon, by hours from noon on [W/m²]."""
    made = site(f"irradiance: {{profile: clear-sky, clouds: {{cover: 0 %}}}}, {keys}")
    noon_us = 1_766_275_200_000_000 + day * 86_400_000_000 - 21 * 86_400_000_000 + 12 * 3_600_000_000
    where = settings(made, Constant(15.0), start_us=noon_us, seed=1)["roof"]
    built = type_of(made.components["roof"]).build(made.components["roof"], where).array
    assert built is not None
    return {hours: built.signal.at(noon_us + hours * 3_600_000_000) for hours in range(-3, 4)}


LATITUDE = "tilt: 35 °"


def test_a_horizon_takes_the_sun_while_that_is_lower_and_some_of_the_sky() -> None:
    free = light(LATITUDE)
    walled = light(f"{LATITUDE}, horizon: [{{azimuth: 0 °, elevation: 0 °}}, {{azimuth: 150 °, elevation: 80 °}}, "
                   f"{{azimuth: 179 °, elevation: 80 °}}, {{azimuth: 181 °, elevation: 0 °}}]")  # fmt: skip
    assert walled[-2] < 0.2 * free[-2]
    assert 0.9 * free[2] < walled[2] < free[2]


def test_rows_shade_each_other_while_the_sun_is_low() -> None:
    free, far = light(LATITUDE), light(f"{LATITUDE}, rows: {{pitch: 30 m, height: 2 m}}")
    near = light(f"{LATITUDE}, rows: {{pitch: 2.2 m, height: 2 m, strings: 1}}")
    assert 0.97 * free[0] < far[0] <= free[0]
    assert near[0] < 0.3 * free[0]
    assert light(f"{LATITUDE}, rows: {{pitch: 2.2 m, height: 2 m, strings: 4}}")[0] > near[0]


def test_planes_of_their_own_mix_by_their_shares() -> None:
    east, west = light("tilt: 30 °, azimuth: 90 °"), light("tilt: 30 °, azimuth: 270 °")
    mixed = light(
        "planes: [{tilt: 30 °, azimuth: 90 °, share: 60 %}, {tilt: 30 °, azimuth: 270 °, share: 40 %}]"
    )
    for hours, value in mixed.items():
        assert value == pytest.approx(0.6 * east[hours] + 0.4 * west[hours])


def test_light_from_behind_counts_as_a_share_of_that_on_the_front() -> None:
    plain, both = array("irradiance: 500 W/m²"), array("irradiance: 500 W/m², bifacial_gain: 8 %")
    assert both == plain._replace(bifacial_gain=0.08)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("start_irradiance: 400 W/m²", "0 W/m²..300 W/m²"),
        ("stop_irradiance: 30 W/m²", "at most start_irradiance, 20 W/m²"),
        ("age: 100 years", "0 years..60 years"),
        ("age: 5", "a number with a unit (years, year)"),
        ("yearly_degradation: 20 %", "0 %..5 %"),
        ("bifacial_gain: 50 %", "0 %..40 %"),
        ("rows: {pitch: 2 m, height: 3 m}", "at most pitch, 2 m"),
        ("rows: {pitch: 2 m, height: 1 m, strings: 0}", "a number >= 1"),
        ("horizon: [{azimuth: 90 °, elevation: 95 °}]", "0 °..80 °"),
        ("horizon: [{azimuth: 90 °, elevation: 5 °}, {azimuth: 90 °, elevation: 9 °}]", "90 ° follows 90 °"),
        (
            "irradiance: 500 W/m², rows: {pitch: 2 m, height: 1 m}",
            "nothing, as irradiance of the file is that of the whole array",
        ),
        (
            "power: 5 kW, horizon: [{azimuth: 90 °, elevation: 5 °}]",
            "nothing beside power, which takes the place of what makes it",
        ),
        (
            "planes: [{tilt: 30 °, azimuth: 90 °, share: 60 %}]",
            "shares that add up to 100 %; these do to 60 %",
        ),
        ("tilt: 20 °, planes: [{tilt: 30 °, azimuth: 90 °, share: 100 %}]", "nothing beside planes"),
        ("parameters: {array.stop_w_per_m2: 30}", "at most start_w_per_m2, 20 W/m²"),
        ("parameters: {array.voltage_min_v: 900}", "at most voltage_max_v, 800 V"),
    ],
)
def test_what_no_inverter_does_is_refused(keys: str, message: str) -> None:
    with pytest.raises(SiteError, match=r"site\.yaml:4: roof\.") as refused:
        site(keys)
    assert message in str(refused.value)


def test_what_the_file_says_is_explained_as_such() -> None:
    told = {
        each.name: each
        for each in explained(
            site("start_irradiance: 40 W/m², age: 3 years"), "roof", start_us=START_US
        ).parameters
    }
    assert (told["array.start_w_per_m2"].value, told["array.start_w_per_m2"].unit) == (40.0, "W/m²")
    assert told["array.start_w_per_m2"].origin is told["array.degradation"].origin is Origin.FILE
    assert told["array.voltage_min_v"].origin is Origin.PRESET


@pytest.mark.lengthy
def test_a_running_inverter_sleeps_until_the_light_is_strong_enough_and_draws_its_standby_then() -> None:
    made = rarely_sampled(
        site("irradiance: 5 W/m², standby_power: 3 W, response_delay: 0 s, ramp_rate: 1 MW/s")
    )
    simulation = Simulation.headless(made, start_us=START_US, seed=1)

    def power_w(irradiance: float) -> float:
        simulation.drive("roof", "irradiance", irradiance)
        simulation.run_for(timedelta(seconds=2))
        return simulation.gateway.frame(2).values[Metric.AC_POWER_ACTIVE]

    assert power_w(15.0) == 3.0
    assert power_w(30.0) < -100.0
    assert power_w(15.0) < 0.0
    assert power_w(9.0) == 3.0
