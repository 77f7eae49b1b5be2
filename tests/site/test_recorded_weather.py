"""Recorded weather keeps to what weather can be: a check refuses the rest by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.sim.site.input_files import read_checked

SITE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  roof: {id: 2, category: pv_inverter, behind: grid, rated_power: 10 kW, IRRADIANCE}
WEATHER
"""


def site(tmp_path: Path, value: str, irradiance: str = "", weather: str = "") -> str:
    (tmp_path / "we.csv").write_text(f"time,value\n2026-06-15T00:00,0\n2026-06-15T01:00,{value}\n")
    text = SITE.replace("IRRADIANCE", irradiance).replace("WEATHER", weather)
    (tmp_path / "site.yaml").write_text(text)
    return str(tmp_path / "site.yaml")


@pytest.mark.parametrize(
    ("value", "irradiance", "weather", "message"),
    [
        (
            "800",
            "irradiance: {file: we.csv, unit: kW/m²}",
            "",
            "we.csv:3: value is 800; accepted: -0.05 to 2",
        ),
        ("1e5", "irradiance: {file: we.csv}", "", "we.csv:3: value is 1e5; accepted: -50 to 2000"),
        ("-500", "irradiance: {file: we.csv}", "", "we.csv:3: value is -500; accepted: -50 to 2000"),
        ("500", "", "weather: {wind_speed: {file: we.csv}}", "we.csv:3: value is 500; accepted: 0 to 100"),
        ("-5", "", "weather: {wind_speed: {file: we.csv}}", "we.csv:3: value is -5; accepted: 0 to 100"),
        ("1000", "", "ambient_temperature: {file: we.csv}", "we.csv:3: value is 1000; accepted: -60 to 100"),
        ("-70", "", "ambient_temperature: {file: we.csv}", "we.csv:3: value is -70; accepted: -60 to 100"),
    ],
)
def test_what_no_weather_is_is_refused_by_line(
    tmp_path: Path, value: str, irradiance: str, weather: str, message: str
) -> None:
    with pytest.raises(ValueError, match=r"site\.yaml:\d+: ") as refused:
        read_checked(site(tmp_path, value, irradiance, weather))
    assert message in str(refused.value)
    assert "(are `unit` and `factor` right?)" in str(refused.value)


def test_a_factor_of_zero_is_refused_where_that_is_no_weather(tmp_path: Path) -> None:
    pressure = "weather: {air_pressure: {file: we.csv, factor: 0}}"
    with pytest.raises(
        ValueError, match=r"site\.yaml:5: .*factor is 0; accepted: another; values are 500 to 1100"
    ):
        read_checked(site(tmp_path, "900", "", pressure))


def test_what_a_pyranometer_shows_below_zero_at_night_is_read(tmp_path: Path) -> None:
    read_checked(site(tmp_path, "-4", "irradiance: {file: we.csv, measured_by: pyranometer}"))
