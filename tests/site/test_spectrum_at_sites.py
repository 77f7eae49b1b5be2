"""What a site file says of the spectrum on its modules: where it counts, what it needs, and what it is explained by."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from doppelgrid.models.pv_spectrum import SpectrumParams
from doppelgrid.sim.components.array_spectrum import spectrum_preset
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.components.solar_array import SolarArray
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.inputs.profiles.spectral import Spectral
from doppelgrid.sim.site.climate import spectrum_notes
from doppelgrid.sim.site.environment import ambient_signal, settings
from doppelgrid.sim.site.explanation import Explained, Origin, explained
from doppelgrid.sim.site.reader import SiteError, parse_site
from doppelgrid.sim.site.site import Site

SITE = """microgrid: {id: 1}
WEATHER
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 400 A}
  roof: {id: 2, category: CATEGORY, behind: grid, rated_power: 10 kW, peak_power: 10 kW, KEYS}
"""
NOON_US = to_us(datetime(2025, 6, 15, 11, 2, tzinfo=UTC))
HUMID = "weather: {relative_humidity: 70 %}"
CLEAR = "irradiance: {profile: clear-sky, clouds: {cover: 0 %}}"
RECORDED = "irradiance: {file: sun.csv, measured_by: pyranometer}"


def site(keys: str, weather: str = HUMID, category: str = "pv_inverter", folder: Path = Path()) -> Site:
    text = SITE.replace("CATEGORY", category).replace("WEATHER", weather).replace("KEYS", keys)
    return parse_site(text, "site.yaml", directory=folder)


def array(made: Site) -> SolarArray:
    air = ambient_signal(made, start_us=NOON_US, seed=1)
    where = settings(made, air, start_us=NOON_US, seed=1)["roof"]
    built = type_of(made.components["roof"]).build(made.components["roof"], where).array
    assert built is not None
    return built


def worth(keys: str, weather: str = HUMID, folder: Path = Path()) -> float:
    """Return what light is worth with a spectrum over what it is without."""
    with_it = array(site(f"{keys}, spectrum: cdte", weather, folder=folder)).signal.at(NOON_US)
    return with_it / array(site(keys, weather, folder=folder)).signal.at(NOON_US)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sun.csv").write_text("time,g\n2025-06-15T00:00Z,700\n2025-06-16T00:00Z,700\n")
    return tmp_path


@pytest.mark.parametrize("category", ["pv_inverter", "hybrid_inverter"])
def test_without_the_key_light_is_all_alike(category: str) -> None:
    made = array(site("tilt: 30 °", category=category))
    assert not isinstance(made.signal, Spectral)
    assert made.spectrum is None


@pytest.mark.parametrize("category", ["pv_inverter", "hybrid_inverter"])
def test_with_it_light_is_worth_what_the_cells_use_of_it(category: str) -> None:
    made = array(site("spectrum: asi", category=category))
    assert isinstance(made.signal, Spectral)
    assert made.spectrum == spectrum_preset("asi")


@pytest.mark.parametrize("keys", ["tilt: 30 °", CLEAR, RECORDED])
def test_it_counts_under_the_sky_and_for_what_a_pyranometer_records(keys: str, folder: Path) -> None:
    assert worth(keys, folder=folder) == pytest.approx(worth("tilt: 10 °"), rel=1e-12)
    assert abs(worth(keys, folder=folder) - 1.0) > 1e-3


def test_all_planes_have_it() -> None:
    planes = "planes: [{tilt: 30 °, azimuth: 90 °, share: 60 %}, {tilt: 30 °, azimuth: 270 °, share: 40 %}]"
    assert worth(planes) == pytest.approx(worth("tilt: 30 °"), rel=1e-12)


@pytest.mark.parametrize(
    ("dry", "damp"),
    [
        ("weather: {relative_humidity: 20 %}", "weather: {relative_humidity: 90 %}"),
        (f"ambient_temperature: -5 °C\n{HUMID}", f"ambient_temperature: 25 °C\n{HUMID}"),
        ("weather: {relative_humidity: 70 %, air_pressure: 700 hPa}", HUMID),
    ],
)
def test_it_goes_by_the_air_of_the_site(dry: str, damp: str) -> None:
    ways = [worth(CLEAR, weather) for weather in (dry, damp)]
    assert abs(ways[1] - ways[0]) > 1e-3


def test_the_air_is_as_warm_as_the_place_where_the_file_gives_no_temperature() -> None:
    assert worth(CLEAR) == worth(CLEAR, f"ambient_temperature: {{profile: climate}}\n{HUMID}")


@pytest.mark.parametrize(
    ("keys", "accepted"),
    [
        ("spectrum: monosy", "monosi, multisi, cdte, cigs, asi (did you mean 'monosi'?)"),
        ("spectrum: 3", "roof.spectrum"),
        ("spectrum: monosi, irradiance: 500 W/m²", "nothing, as irradiance of the file is what cells have"),
        ("spectrum: monosi, irradiance: {file: sun.csv}", "`measured_by: pyranometer`"),
        ("spectrum: monosi, power: 5 kW", "nothing beside power, which takes the place of what makes it"),
        ("spectrum: monosi, parameters: {spectrum.per_water: 3}", "-1..1 1/cm (chosen: around any cell)"),
        ("spectrum: monosi, parameters: {spectrum.per_wine: 0}", "per_water"),
        ("spectrum: monosi, parameters: {spectrum.constant: 0.5}", "of the standard spectrum; accepted: "),
        ("parameters: {spectrum.constant: 0.9}", "no spectrum counts here (`spectrum: monosi` lets it)"),
    ],
)
def test_what_no_modules_have_is_refused(keys: str, accepted: str, folder: Path) -> None:
    with pytest.raises(SiteError, match=r"site\.yaml:5: roof\.") as refused:
        site(keys, folder=folder)
    assert accepted in str(refused.value)


@pytest.mark.parametrize("weather", ["", "weather: {wind_speed: 2 m/s}"])
def test_without_a_humidity_it_is_refused(weather: str) -> None:
    with pytest.raises(
        SiteError, match=r"site\.yaml:5: roof\.spectrum is given; accepted: relative_humidity"
    ):
        site("spectrum: monosi", weather)


def told(keys: str) -> dict[str, Explained]:
    return {each.name: each for each in explained(site(keys), "roof", start_us=NOON_US).parameters}


def test_its_coefficients_are_explained_with_where_they_are_from() -> None:
    plain = told("spectrum: cdte")
    assert {name for name in plain if name.startswith("spectrum.")} == {
        f"spectrum.{name}" for name in SpectrumParams._fields
    }
    said = plain["spectrum.per_water"]
    assert (said.value, said.unit, said.origin) == (-0.012506, "1/cm", Origin.PRESET)
    changed = told("spectrum: cdte, parameters: {spectrum.per_water: -0.01}")["spectrum.per_water"]
    assert (changed.value, changed.origin) == (-0.01, Origin.FILE)
    assert not any(name.startswith("spectrum.") for name in told("tilt: 30 °"))


def test_the_source_of_its_cells_is_explained() -> None:
    presets = explained(site("spectrum: cdte"), "roof", start_us=NOON_US).presets
    assert "First Solar's Series 4-2" in next(
        remark for name, remark in presets.items() if name.file == "pv_spectra"
    )


def test_a_parameter_of_it_changes_what_light_is_worth() -> None:
    plain, changed = (
        array(site(f"{CLEAR}, spectrum: cdte{more}")).signal.at(NOON_US)
        for more in ("", ", parameters: {spectrum.constant: 0.87273}")
    )
    assert changed > plain * 1.009


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        (HUMID, ["water of the air as warm as place and season are"]),
        (f"ambient_temperature: 20 °C\n{HUMID}", []),
        (f"ambient_temperature: 42 °C\n{HUMID}", ["at most 8 cm of water", "up to 8.9 cm"]),
        (
            "ambient_temperature: 42 °C\nweather: {relative_humidity: {profile: inline, points: "
            '[{at: "00:00", value: 90 %}, {at: "12:00", value: 30 %}]}}',
            ["up to 11.5 cm"],
        ),
    ],
)
def test_a_check_says_what_the_water_is_made_of_that_the_file_does_not_say(
    weather: str, words: list[str]
) -> None:
    notes = "\n".join(spectrum_notes(site("spectrum: monosi", weather)))
    assert all(word in notes for word in words)
    assert bool(notes) == bool(words)


def test_a_recorded_humidity_is_not_held_to_the_warmest_hour(folder: Path) -> None:
    (folder / "air.csv").write_text("time,h\n2025-06-15T00:00Z,100\n2025-06-16T00:00Z,30\n")
    weather = 'ambient_temperature: 42 °C\nweather: {relative_humidity: {file: air.csv, unit: "%"}}'
    assert not list(spectrum_notes(site("spectrum: monosi", weather, folder=folder)))


def test_nothing_is_said_where_no_modules_have_a_spectrum() -> None:
    assert not list(spectrum_notes(site("tilt: 30 °")))
