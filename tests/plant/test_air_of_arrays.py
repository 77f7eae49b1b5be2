"""In which air modules are: that of place and season under the default sky, else that about the devices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site


def is_outdoors(irradiance: Any, air: str | None = None) -> bool:
    content = {
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point"},
            "roof": {"id": 2, "category": "pv_inverter", "behind": "grid", "rated_power": "30 kW"}
            | ({} if irradiance is None else {"irradiance": irradiance}),
        },
    } | ({} if air is None else {"ambient_temperature": air})
    plant = Plant(Site.from_content(content, Path()), start_us=1_780_000_000_000_000, seed=0)
    return plant.equipment.arrays["roof"].is_outdoors


@pytest.mark.parametrize("irradiance", [None, {"profile": "clear-sky"}])
def test_under_the_default_sky_modules_are_in_the_air_of_place_and_season(irradiance: Any) -> None:
    assert is_outdoors(irradiance)


@pytest.mark.parametrize("irradiance", ["800 W/m²", {"profile": "clear-sky", "clouds": {"cover": "0 %"}}])
def test_in_light_of_the_file_modules_are_in_the_air_about_the_devices(irradiance: Any) -> None:
    assert not is_outdoors(irradiance)


def test_air_of_the_file_goes_before_that_of_the_place() -> None:
    assert not is_outdoors(None, "20 °C")
