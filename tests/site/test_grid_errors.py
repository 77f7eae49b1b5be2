"""What people are told about a grid connection point or a meter that is wrong in their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.sim.components.grid_connection_point import GridConnectionPoint
from doppelgrid.sim.site.reader import SiteError, load_site, parse_site

HEAD = "microgrid: {id: 1}\ncomponents:\n"
METER = "  main: {id: 2, category: meter, behind: grid}\n"


def messages(grid: str = "", main: str = "", directory: Path = Path()) -> list[str]:
    text = HEAD
    text += f"  grid: {{id: 1, category: grid_connection_point, rated_fuse_current: 200 A{grid}}}\n"
    text += f"  main: {{id: 2, category: meter, behind: grid{main}}}\n"
    with pytest.raises(SiteError) as caught:
        parse_site(text, "berlin.yaml", directory=directory)
    return [line.removeprefix("berlin.yaml:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        (", frequency: 50", "3: grid.frequency is 50; accepted: a number with a unit (Hz, mHz), > 0 Hz"),
        (
            ", frequency: {profile: europe}",
            "3: grid.frequency.profile is 'europe'; accepted: inline, continental-europe, western-north-america",
        ),
        (", fuse: {preset: gg-17}", "3: grid.fuse.preset is 'gg-17'; accepted: gg-16, gg-20"),
        (
            ", outages: {preset: none}",
            "3: grid.outages.preset is 'none'; accepted: weak-grid, german-low-voltage",
        ),
        (
            ", outages: [{from: 60 s}]",
            "3: grid.outages[0].duration is missing; accepted: a number with a unit",
        ),
        (
            ", voltages: {resistance: 1}",
            "3: grid.voltages.resistance is 1; accepted: a number with a unit (Ω",
        ),
        (", voltages: {phases: [230 V, 230 V]}", "3: grid.voltages.phases"),
        (
            ", feed_in_limit: 60",
            "3: grid.feed_in_limit is 60; accepted: a part of the peak power of all photovoltaics (60 %), or a power",
        ),
        (", feed_in_limit: 120 %", "3: grid.feed_in_limit is 120 %; accepted: a part of the peak power"),
        (", feed_in_limit: -1 kW", "3: grid.feed_in_limit is -1 kW; accepted: a part of the peak power"),
        (
            ", rated_export_power: 5 kW",
            "3: grid.rated_export_power is 5 kW; accepted: rated_power beside it",
        ),
    ],
)
def test_a_wrong_grid_is_explained(grid: str, expected: str) -> None:
    found = messages(grid=grid)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        (
            ", measurement: {accuracy_class: 3}",
            "4: main.measurement.accuracy_class is 3; accepted: 0.1S, 0.2S",
        ),
        (
            ", measurement: {wiring: {currents: [L1, L4, L3]}}",
            "4: main.measurement.wiring.currents[1] is 'L4'; accepted: L1, L2, L3 or none",
        ),
        (", measurement: {window: 15}", "4: main.measurement.window is 15; accepted: a number with a unit"),
        (", load: 1 kW, zip: homes", "4: main.zip is 'homes'; accepted: constant-power, constant-current"),
        (", load: 1 kW, zip: {z: 0.5}", "4: main.zip is a mapping; accepted: z, i and p that add up to 1"),
    ],
)
def test_a_wrong_meter_is_explained(main: str, expected: str) -> None:
    found = messages(main=main)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("grid", "field"),
    [
        (", frequency: {file: day.csv, column: f}", "frequency.file"),
        (", outages: {file: day.csv}", "outages.file"),
        (", voltages: {phases: [230 V, {file: day.csv, column: v}, 230 V]}", "voltages.phases[1].file"),
    ],
)
def test_a_recording_that_is_not_there_is_named(grid: str, field: str, tmp_path: Path) -> None:
    found = messages(grid=grid, directory=tmp_path)
    assert found[0].startswith(f"3: grid.{field} is 'day.csv'; accepted: a file")


def test_a_grid_and_a_meter_with_everything_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        HEAD
        + "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 40 A, fuse: {preset: gg-40},\n"
        "    frequency: {profile: continental-europe}, outages: [{from: 90 s, duration: 2 min}],\n"
        "    voltages: {phases: [231 V, 229 V, 230 V], resistance: 200 mΩ}}\n"
        "  main: {id: 2, category: meter, behind: grid, load: 5 kW, zip: residential,\n"
        "    measurement: {accuracy_class: 1, window: 15 min, wiring: {currents: [L1, -L2, L3]}}}\n",
        encoding="utf-8",
    )
    site = load_site(path)
    again = type(site).model_validate(site.model_dump(mode="json", by_alias=True))
    assert again.components == site.components


ROOF = "  roof: {id: 3, category: pv_inverter, behind: grid, rated_power: 5 kW}\n"


def grid_of(keys: str) -> GridConnectionPoint:
    site = parse_site(
        f"{HEAD}  grid: {{id: 1, category: grid_connection_point{keys}}}\n{METER}{ROOF}", "berlin.yaml"
    )
    section = site.components["grid"]
    assert isinstance(section, GridConnectionPoint)
    return section


def test_the_current_of_a_fuse_may_be_unknown() -> None:
    assert grid_of("").rated_fuse_current_a is None


def test_links_that_can_melt_need_a_current_or_a_preset() -> None:
    with pytest.raises(
        SiteError, match=r"grid.fuse is .*; accepted: rated_fuse_current beside it, or a preset"
    ):
        grid_of(", fuse: {}")
    assert grid_of(", fuse: {preset: gg-16}").fuse is not None


@pytest.mark.parametrize("limit", ["60 %", "0 W", "5 kW"])
def test_a_feed_in_limit_is_written_as_it_is_read(limit: str) -> None:
    grid = grid_of(f", feed_in_limit: {limit}")
    again = GridConnectionPoint.model_validate(grid.model_dump(mode="json", by_alias=True))
    assert again.feed_in_limit == grid.feed_in_limit
