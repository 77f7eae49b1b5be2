"""Power curves of wind turbines in site files: lists and files of points, and what no turbine does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.wind_turbine import WindTurbineParams, wind_turbine_curve_w, wind_turbine_smoothed
from doppelgrid.sim.components.machines.wind_power_curve import curve_fall, curve_return, with_curve
from doppelgrid.sim.components.machines.wind_turbine import wind_turbine_preset
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.inputs.chance import Chance
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.signal import Constant
from doppelgrid.sim.site.environment import settings
from doppelgrid.sim.site.explanation import Origin, explained
from doppelgrid.sim.site.input_files import input_files, read_checked
from doppelgrid.sim.site.reader import SiteError, parse_site

SITE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  mill: {id: 2, category: wind_turbine, behind: grid, rated_power: 1 MW, KEYS}
"""
POINTS = [(3.0, 0.0), (4.0, 20e3), (8.0, 400e3), (12.0, 990e3), (20.0, 1e6)]
LISTED = ", ".join(f"{{wind_speed: {speed:g} m/s, power: {power_w:g} W}}" for speed, power_w in POINTS)
FILE = "power_curve: {file: curve.csv, unit: kW}"
START_US = 1_750_000_000_000_000


def turbine(keys: str, directory: Path = Path()) -> WindTurbineParams:
    """Return the parameters of the turbine as a run has them."""
    site = parse_site(SITE.replace("KEYS", keys), "site.yaml", directory=directory)
    where = settings(site, Constant(15.0), start_us=START_US, seed=1)["mill"]
    machine = type_of(site.components["mill"]).build(site.components["mill"], where).machine
    assert machine is not None
    made: WindTurbineParams = machine.params.turbine
    return made


def power_w(params: WindTurbineParams, wind: float) -> float:
    return wind_turbine_curve_w(params, wind, params.reference_density_kg_per_m3)


def test_a_listed_curve_gives_its_points_and_straight_lines_between() -> None:
    params = turbine(f"power_curve: [{LISTED}]")
    for speed, expected_w in [*POINTS, (2.0, 0.0), (6.0, 210e3), (10.0, 695e3), (24.0, 1e6)]:
        assert power_w(params, speed) == pytest.approx(expected_w, abs=1e-6)


def test_a_curve_says_where_the_turbine_starts() -> None:
    params = turbine(f"power_curve: [{LISTED}]")
    assert (params.cut_in_m_per_s, params.stop_m_per_s) == (3.5, 3.0)
    fine = turbine(points((3, 0), (3.2, 5e3), (20, 1e6)))
    assert (fine.cut_in_m_per_s, fine.stop_m_per_s) == (3.2, 3.0)
    bare = turbine(points((2, 5e3), (20, 1e6)))
    assert (bare.cut_in_m_per_s, bare.stop_m_per_s) == (2.0, 2.0)
    assert (params.cut_out_m_per_s, params.restart_m_per_s) == (25.0, 22.0)


def test_a_curve_that_ends_in_no_power_says_where_it_stops() -> None:
    params = turbine(f"power_curve: [{LISTED}, {{wind_speed: 21 m/s, power: 0 W}}]")
    assert (params.cut_out_m_per_s, params.restart_m_per_s) == (20.0, 20.0)
    assert power_w(params, 20.0) == 1e6


@given(
    st.lists(st.floats(1.0, 25.0), min_size=3, max_size=30, unique_by=lambda speed: round(speed, 1)),
    st.floats(0.0, 25.0),
)
def test_a_curve_at_any_speeds_is_read_as_numpy_interpolates_it(speeds: list[float], wind: float) -> None:
    """By a table of 0.1 m/s, so it is off at the first and last point, where it bends between two entries."""
    speeds = sorted(speeds)
    if speeds[-1] < 10.0:
        return
    powers = [1e3 * speed for speed in speeds]
    made = with_curve(wind_turbine_preset("senvion-mm82-2050kw"), list(zip(speeds, powers, strict=True)))
    expected = np.interp(wind, speeds, powers, left=0.0)
    if wind < speeds[0] + 0.1 or abs(wind - speeds[-1]) < 0.1:
        return
    assert power_w(made, wind) == pytest.approx(expected, abs=1e-6 * powers[-1])


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("wind,power\n3,0\n4,20\n8,400\n12,990\n20,1000\n", ""),
        ("n;v;p\n1;3;-2\n1;4;20\n1;8;400\n1;12;990\n1;20;1000\n", ", wind_column: v, power_column: p"),
        ("wind,power\n10.8,0\n14.4,20\n28.8,400\n43.2,990\n72,1000\n", ", wind_unit: km/h"),
    ],
)
def test_a_curve_is_read_from_a_file(tmp_path: Path, content: str, more: str) -> None:
    (tmp_path / "curve.csv").write_text(content)
    params = turbine(FILE.replace("}", f"{more}}}"), tmp_path)
    for speed, expected_w in POINTS:
        assert power_w(params, speed) == pytest.approx(expected_w, abs=1e-6)
    site = parse_site(SITE.replace("KEYS", FILE), "site.yaml", directory=tmp_path)
    assert input_files(site) == [tmp_path / "curve.csv"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("wind,power\n3,0\n3,20\n", "curve.csv:3: wind is 3; accepted: more than 3, the row before"),
        ("wind,power\n3,0\n4,much\n", "curve.csv:3: power is 'much'; accepted: a number"),
        ("wind,power\n3,0\n", "curve.csv: content is one row; accepted: two rows or more"),
        ("wind,power,more\n3,0,1\n", "curve.csv: power_column is not given; accepted: one of wind, power"),
    ],
)
def test_a_file_that_is_no_curve_is_refused_by_its_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "curve.csv").write_text(content)
    (tmp_path / "site.yaml").write_text(SITE.replace("KEYS", FILE))
    with pytest.raises(ValueError, match=r"site\.yaml:4: mill\.power_curve: ") as refused:
        read_checked(str(tmp_path / "site.yaml"))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "wind,power\n3,0\n8,500\n9,400\n20,1000\n",
            "400 kW at 9 m/s after 500 kW; accepted: a power that does",
        ),
        ("wind,power\n3,0\n20,1200\n", "up to 1.2 MW; accepted: at most the rated power, 1 MW"),
        ("wind,power\n3,0\n8,-500\n20,400\n", "down to -500 kW; accepted: production positive"),
        (
            "wind,power\n3,0\n5,30\n",
            "with power up to 5 m/s; accepted: wind speeds from 0 on, with power up to",
        ),
    ],
)
def test_a_file_of_what_no_turbine_of_this_rating_does_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "curve.csv").write_text(content)
    with pytest.raises(InputError) as refused:
        turbine(FILE, tmp_path)
    assert message in str(refused.value)
    assert refused.value.place == ("mill", "power_curve")


@pytest.mark.parametrize(
    ("content", "keys", "message"),
    [
        ("wind,power\n3,0\n20,1200\n", "", "power curve is up to 1.2 MW; accepted: at most the rated power"),
        ("wind,power\n3,0\n20,1e300\n", "", "accepted: at most the rated power, 1 MW"),
        (
            "wind,power\n3,0\n8,500\n9,400\n20,1000\n",
            "",
            "power curve is 400 kW at 9 m/s after 500 kW; accepted: a power that does not fall",
        ),
        (
            "wind,power\n3,0\n14,1000\n15,0\n",
            ", restart_speed: 20 m/s",
            "restart_speed beside this curve is 20 m/s; accepted: at most 14 m/s, its cut-out speed",
        ),
        (
            "wind,power\n3,0\n14,1000\n15,0\n",
            ", parameters: {turbine.restart_m_per_s: 20}",
            "parameters.turbine.restart_m_per_s beside this curve is 20 m/s; accepted: at most cut_out_m_per_s, 14",
        ),
        (
            "wind,power\n3,0\n20,1000\n20.1,0\n",
            ", cut_out_speed: 25 m/s",
            "cut_out_speed beside this curve is 25 m/s; accepted: at most 20 m/s, beyond which its power curve has no",
        ),
    ],
)
def test_a_check_holds_a_file_to_the_turbine_and_the_keys_beside_it(
    tmp_path: Path, content: str, keys: str, message: str
) -> None:
    (tmp_path / "curve.csv").write_text(content)
    (tmp_path / "site.yaml").write_text(SITE.replace("KEYS", FILE + keys))
    with pytest.raises(ValueError, match=r"site\.yaml:4: mill\.power_curve: curve\.csv: ") as refused:
        read_checked(str(tmp_path / "site.yaml"))
    assert message in str(refused.value)
    with pytest.raises(InputError) as at_start:
        turbine(FILE + keys, tmp_path)
    assert message in str(at_start.value)


def test_a_restart_speed_is_held_to_the_curve_of_its_file_and_not_to_that_of_the_preset(
    tmp_path: Path,
) -> None:
    (tmp_path / "curve.csv").write_text("wind,power\n3,0\n30,1000\n31,0\n")
    (tmp_path / "site.yaml").write_text(SITE.replace("KEYS", f"{FILE}, restart_speed: 28 m/s"))
    read_checked(str(tmp_path / "site.yaml"))


def points(*pairs: tuple[float, float]) -> str:
    listed = ", ".join(f"{{wind_speed: {speed:g} m/s, power: {power_w:g} W}}" for speed, power_w in pairs)
    return f"power_curve: [{listed}]"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            points((3, 0), (3, 1e3), (20, 1e6)),
            "points in ascending order of the wind, none twice; 3 m/s follows",
        ),
        (points((3, 0), (8, 5e5), (9, 4e5), (20, 1e6)), "a power that does not fall before its greatest"),
        (points((3, 0), (20, 2e6)), "at most the rated power, 1 MW"),
        (points((3, 0), (8, 5e5)), "with power up to one of 10 to 60 m/s"),
        (points((3, 0)), "at least 2"),
        ("cut_in_speed: 9 m/s", "0.5 m/s..8 m/s"),
        ("cut_out_speed: 2 m/s", "10 m/s..60 m/s"),
        ("restart_speed: 24 m/s, cut_out_speed: 20 m/s", "at most 20 m/s, its cut-out speed"),
        ("restart_speed: 26 m/s", "at most 25 m/s, its cut-out speed"),
        (
            points((3, 0), (12, 1e6), (20, 1e6), (20.1, 0)) + ", cut_out_speed: 25 m/s",
            "at most 20 m/s, beyond which its power curve has no power",
        ),
        (
            points((3, 0), (12, 1e6), (20, 1e6), (20.1, 0)) + ", parameters: {turbine.cut_out_m_per_s: 25}",
            "at most 20 m/s, beyond which its power curve has no power",
        ),
        (
            "turbulence: 10 %, parameters: {turbine.power_curve_w: [0, 500, 900]}",
            "turbine.power_curve_w is said by turbulence as well; accepted: one of the two",
        ),
        ("yaw_error: 60 °", "0 °..45 °"),
        ("turbulence: 50 %", "0 %..40 %"),
        ("availability: 101 %", "0 %..100 %"),
        ("power: 30 kW, iced_power: 0 %", "either power or what the model needs, not both"),
        ("parameters: {turbine.power_curve_w: [0, 500, 300, 900]}", "a power that does not fall before"),
        ("parameters: {turbine.restart_wait_s: -1}", "0..86400 s"),
        (
            points((3, 0), (12, 1e6), (15, 0), (16, 5e5)),
            "no power beyond the wind that is too strong for any; this one is 500 kW at 16 m/s after none",
        ),
        (
            "parameters: {turbine.power_curve_w: [0, 900, 0, 500]}",
            "no power beyond the wind that is too strong",
        ),
    ],
)
def test_what_no_turbine_does_is_refused(keys: str, message: str) -> None:
    with pytest.raises(SiteError, match=r"site\.yaml:4: mill") as refused:
        parse_site(SITE.replace("KEYS", keys), "site.yaml")
    assert message in str(refused.value)


def test_keys_set_what_the_preset_says_otherwise() -> None:
    params = turbine(
        "cut_in_speed: 2.5 m/s, cut_out_speed: 20 m/s, restart_speed: 18 m/s, restart_wait: 10 min, yaw_error: 6 °, "
        "iced_power: 30 %"
    )
    assert (params.cut_in_m_per_s, params.stop_m_per_s, params.cut_out_m_per_s) == (2.5, 2.5, 20.0)
    assert (params.restart_m_per_s, params.restart_wait_s) == (18.0, 600.0)
    assert (params.yaw_error_deg, params.iced_share) == (6.0, 0.3)


def test_turbulence_smooths_the_curve() -> None:
    usual, smooth = turbine("hub_height: 80 m"), turbine("turbulence: 15 %")
    assert smooth == wind_turbine_smoothed(usual, 0.15)


def test_availability_is_the_share_of_the_time_without_an_outage() -> None:
    site = parse_site(SITE.replace("KEYS", "availability: 90 %, outage_duration: 6 h"), "site.yaml")
    where = settings(site, Constant(15.0), start_us=START_US, seed=1)["mill"]
    machine = type_of(site.components["mill"]).build(site.components["mill"], where).machine
    assert machine is not None
    outage = machine.inputs["outage"]
    assert isinstance(outage, Chance)
    assert outage.until(0) == 6 * 3_600_000_000
    out = [outage.at(START_US + number * 6 * 3_600_000_000) for number in range(4000)]
    assert sum(out) / len(out) == pytest.approx(0.1, abs=0.015)


def test_a_curve_of_the_file_is_explained_as_such(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text("wind,power\n3,0\n20,1000\n")
    site = parse_site(SITE.replace("KEYS", f"{FILE}, yaw_error: 6 °"), "site.yaml", directory=tmp_path)
    told = {each.name: each for each in explained(site, "mill", start_us=START_US).parameters}
    assert told["turbine.power_curve_w"].origin is Origin.FILE
    assert (told["turbine.yaw_error_deg"].value, told["turbine.yaw_error_deg"].unit) == (6.0, "°")
    assert told["turbine.yaw_error_deg"].origin is Origin.FILE
    assert told["turbine.stop_m_per_s"].accepted == "0..8"


@pytest.mark.parametrize(
    ("powers_w", "place"),
    [
        ((0.0, 5.0, 9.0, 0.0, 4.0), 4),
        ((0.0, 5.0, 9.0, 0.0, 0.0, 4.0, 3.0), 5),
        ((0.0, 5.0, 9.0, -1.0, 4.0), 4),
        ((0.0, 5.0, 9.0, 0.5, 4.0), None),
        ((0.0, 5.0, 9.0, 4.0, 0.0), None),
        ((0.0, 5.0, 9.0), None),
        ((5.0, 0.0, 4.0, 9.0), None),
        ((0.0, 9.0, 9.0, 0.0, 0.5), 4),
    ],
)
def test_power_after_none_beyond_the_greatest_is_found(
    powers_w: tuple[float, ...], place: int | None
) -> None:
    assert curve_return(powers_w) == place


@pytest.mark.parametrize(
    ("powers_w", "place"),
    [
        ((0.0, 50.0, 39.0, 90.0), 2),
        ((0.0, 50.0, 40.0, 90.0), None),
        ((12.0, 1.0, 50.0), 1),
        ((0.0, 90.0, 40.0, 0.0), None),
        ((0.0, 50.0, 45.0, 36.0, 25.0, 90.0), 4),
    ],
)
def test_a_fall_by_more_than_is_allowed_before_the_greatest_is_found(
    powers_w: tuple[float, ...], place: int | None
) -> None:
    assert curve_fall(powers_w, 10.0) == place
