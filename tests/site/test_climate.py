"""`check` tells where the air of a site is beyond the data sheets of its devices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doppelgrid.sim.site import explanation
from doppelgrid.sim.site.climate import climate_notes, facing_notes
from doppelgrid.sim.site.reader import bundled_sites, load_site
from doppelgrid.sim.site.site import Site

START_US = 1_780_000_000_000_000
POINTS = [{"at": "0 s", "value": "-30 °C"}, {"at": "1 h", "value": "70 °C"}]


def notes(air: Any, folder: Path = Path()) -> list[str]:
    site = Site.from_content(
        {
            "microgrid": {"id": 1},
            "ambient_temperature": air,
            "components": {
                "grid": {"id": 1, "category": "grid_connection_point"},
                "inv": {"id": 2, "category": "battery_inverter", "behind": "grid", "rated_power": "30 kW"},
                "bat": {"id": 3, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
            },
        },
        folder,
    )
    return list(climate_notes(site, start_us=START_US))


COLD = "bat (lfp-92kwh) is charged from 0 °C on, and the air is at -30 °C, outside its data sheet"
HOT = [
    "inv works up to 60 °C, and the air is at 70 °C, outside its data sheet",
    "bat (lfp-92kwh) is charged up to 60 °C, and the air is at 70 °C, outside its data sheet",
    "bat (lfp-92kwh) is discharged up to 60 °C, and the air is at 70 °C, outside its data sheet",
]


@pytest.mark.parametrize(
    ("air", "told"), [("-30 °C", [COLD]), ("70 °C", HOT), ("20 °C", []), ("0 °C", []), ("60 °C", [])]
)
def test_air_beyond_a_data_sheet_is_told_with_its_limit(air: str, told: list[str]) -> None:
    assert notes(air) == told


def test_all_that_a_profile_names_counts() -> None:
    assert notes({"profile": "inline", "points": POINTS}) == [HOT[0], COLD, *HOT[1:]]


def test_all_that_a_file_holds_counts(tmp_path: Path) -> None:
    (tmp_path / "air.csv").write_text("time,c\n2026-06-15T00:00:00Z,10\n2026-06-15T01:00:00Z,-30\n")
    assert notes({"file": "air.csv", "column": "c"}, tmp_path) == [COLD]


def test_the_winters_of_a_place_count() -> None:
    (told,) = notes({"profile": "climate"})
    assert told.startswith("bat (lfp-92kwh) is charged from 0 °C on, and the air is at -")


def test_a_site_is_looked_at_once_however_many_components_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    original = explanation.settings

    def counting(*arguments: Any, **named: Any) -> Any:
        looks.append(1)
        return original(*arguments, **named)

    monkeypatch.setattr(explanation, "settings", counting)
    assert notes("-30 °C") == [COLD]
    assert len(looks) == 1


@pytest.mark.parametrize("name", bundled_sites())
def test_no_bundled_site_is_beyond(name: str) -> None:
    assert not list(climate_notes(load_site(name), start_us=START_US))


def site_of(components: dict[str, Any], latitude: float = 52.5) -> Site:
    return Site.from_content(
        {
            "microgrid": {"id": 1, "location": {"latitude": latitude, "longitude": 18.4, "timezone": "UTC"}},
            "components": {"grid": {"id": 1, "category": "grid_connection_point"}, **components},
        },
        Path(),
    )


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("-36 °C", ["is charged from 0 °C on", "is discharged from -35 °C on"]),
        ("-10 °C", ["is charged from 0 °C on"]),
        ("0 °C", []),
        ("60 °C", []),
        ("61 °C", ["is charged up to 60 °C", "is discharged up to 60 °C"]),
    ],
)
def test_a_battery_that_starts_beyond_its_data_sheet_is_told(start: str, told: list[str]) -> None:
    site = site_of(
        {
            "inv": {"id": 2, "category": "battery_inverter", "behind": "grid", "rated_power": "30 kW"},
            "bat": {"id": 3, "category": "battery", "behind": "inv", "initial_temperature": start},
        }
    )
    assert list(climate_notes(site, start_us=START_US)) == [
        f"bat (lfp-92kwh) {words}, and starts at {start}, outside its data sheet" for words in told
    ]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"ambient_max_c": 10.0}, "inv works up to 10 °C, and the air is at 20 °C, outside its data sheet"),
        ({}, None),
    ],
    ids=["10 °C", "60 °C"],
)
def test_air_about_devices_of_which_nothing_is_said_is_that_of_a_room(
    parameters: dict[str, float], told: str | None
) -> None:
    inverter = {"id": 2, "category": "battery_inverter", "behind": "grid", "rated_power": "30 kW"}
    battery = {"id": 3, "category": "battery", "behind": "inv"}
    site = site_of({"inv": inverter | {"parameters": parameters}, "bat": battery})
    assert list(climate_notes(site, start_us=START_US)) == ([] if told is None else [told])


def test_air_in_which_the_heat_sink_lets_nothing_through_is_told() -> None:
    inverter = {"id": 2, "category": "pv_inverter", "behind": "grid", "rated_power": "30 kW"}
    site = site_of({"inv": inverter | {"parameters": {"heat_sink_max_c": 50.0}}})
    hot = site.model_copy(update={"ambient_temperature": 55.0})
    told = "inv delivers up to 50 °C, and the air is at 55 °C, outside its data sheet"
    assert list(climate_notes(hot, start_us=START_US)) == [told]


ROOF = {"id": 2, "category": "pv_inverter", "behind": "grid", "rated_power": "5 kW"}


def test_modules_in_the_south_without_an_azimuth_are_told() -> None:
    assert list(facing_notes(site_of({"roof": ROOF}, -33.9))) == [
        "roof faces south (azimuth: 180 °, since the file gives none), "
        "away from the sun at latitude -33.9; 0 ° is north"
    ]


@pytest.mark.parametrize(
    ("latitude", "keys"),
    [(33.9, {}), (-10.0, {}), (-33.9, {"azimuth": "180 °"}), (-33.9, {"tilt": "0 °"}), (-33.9, {"power": "1 kW"}),
     (-33.9, {"irradiance": "500 W/m²"})],
)  # fmt: skip
def test_modules_that_face_as_they_may_are_not(latitude: float, keys: dict[str, str]) -> None:
    assert not list(facing_notes(site_of({"roof": ROOF | keys}, latitude)))
