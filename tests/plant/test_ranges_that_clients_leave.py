"""What devices do where clients have left several ranges of power, and sun, wind or batteries end between two."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds, is_allowed
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.power_bounds import accepted_ranges, shown_ranges

ACTIVE = Metric.AC_POWER_ACTIVE
WIND = {"category": "wind_turbine", "rated_power": "10 kW", "power": "6 kW"}
SUN = {"category": "pv_inverter", "rated_power": "10 kW", "power": "6 kW", "ramp_rate": "500 W/s"}
AROUND = (Bounds(-float("inf"), -6261.0), Bounds(-1700.0, float("inf")))
"""What they offer, 6 kW, is between these."""


def running(device: dict[str, Any], **others: dict[str, Any]) -> Plant:
    """Return a site with a device behind its meter, after a while."""
    plant = Plant(
        Site.model_validate({
            "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4, "timezone": "UTC"}},
            "components": {
                "grid": {"id": 1, "category": "grid_connection_point"},
                "main": {"id": 2, "category": "meter", "behind": "grid", "load": "3 kW"},
                "device": {"id": 3, "behind": "main", **device},
                **others,
            },
        }),
        start_us=0,
        seed=0,
    )  # fmt: skip
    after(plant, 30.0)
    return plant


def after(plant: Plant, seconds: float) -> float:
    """Return the power of the device after some seconds more [W]."""
    plant.advance(plant.time_us + round(seconds * 1e6))
    return plant.readings.active_power_w("device")


def powers_w(plant: Plant, seconds: int) -> list[float]:
    """Return the power of the device in tenths of a second [W]."""
    return [after(plant, 0.1) for _ in range(10 * seconds)]


@pytest.mark.parametrize("device", [WIND, SUN], ids=["wind", "sun"])
class TestWhatIsOfferedBetweenTwo:
    def test_is_not_delivered_on_the_way_to_less(self, device: dict[str, Any]) -> None:
        plant = running(device)
        plant.allowed_power.allow("device", ACTIVE, AROUND)
        after(plant, 20.0)
        plant.set_points.send("device", PowerType.ACTIVE, -800.0)
        way_w = powers_w(plant, 5)
        assert min(way_w) >= -1700.0
        assert way_w == sorted(way_w)
        assert way_w[-1] == pytest.approx(-800.0)

    def test_is_not_delivered_when_a_set_point_lapses(self, device: dict[str, Any]) -> None:
        plant = running(device)
        plant.allowed_power.allow("device", ACTIVE, AROUND)
        plant.set_points.send("device", PowerType.ACTIVE, -800.0)
        after(plant, 20.0)
        plant.set_points.send("device", PowerType.ACTIVE, None)
        way_w = powers_w(plant, 20)
        assert min(way_w) == way_w[-1] == -1700.0
        assert plant.tracking.is_settled("device")

    def test_comes_back_by_the_ramp_when_all_is_left(self, device: dict[str, Any]) -> None:
        plant = running(device)
        plant.allowed_power.allow("device", ACTIVE, AROUND)
        after(plant, 20.0)
        plant.allowed_power.allow("device", ACTIVE, None)
        assert after(plant, 1.0) > -3000.0
        assert after(plant, 20.0) == pytest.approx(-6000.0)


STORE = {"id": 4, "category": "battery", "behind": "device", "preset": "lfp-10kwh", "initial_soc": "60 %"}
LARGE = {**STORE, "preset": "lfp-92kwh"}


def shown(plant: Plant) -> tuple[Bounds, ...]:
    return shown_ranges(plant, "device", ACTIVE)


class TestThreeRanges:
    def test_that_of_the_power_is_shown_beside_the_widest_other(self) -> None:
        plant = running(
            {"category": "battery_inverter", "rated_power": "30 kW", "min_power": "900 W"}, store=LARGE
        )
        plant.set_points.send("device", PowerType.ACTIVE, -28e3)
        after(plant, 10.0)
        plant.allowed_power.allow(
            "device", ACTIVE, (Bounds(-float("inf"), -22e3), Bounds(-20e3, float("inf")))
        )
        assert shown(plant) == ((-30e3, -22e3), (900.0, 30e3))
        assert accepted_ranges(plant, "device", PowerType.ACTIVE) == shown(plant)
        plant.set_points.send("device", PowerType.ACTIVE, 0.0)
        after(plant, 10.0)
        assert shown(plant) == ((-20e3, -900.0), (900.0, 30e3))

    @pytest.mark.parametrize("load", ["3 kW", "2 kW", "1 kW"])
    def test_what_a_hybrid_inverter_does_by_itself_is_in_one_that_it_shows(self, load: str) -> None:
        hybrid = {
            "category": "hybrid_inverter", "rated_power": "10 kW", "peak_power": "10 kW", "irradiance": "180 W/m²",
            "min_power": "150 W", "self_consumption": "main",
        }  # fmt: skip
        main = {"id": 2, "category": "meter", "behind": "grid", "load": load}
        small = {**STORE, "min_power": "300 W", "max_discharge_power": "1 kW"}
        plant = running(hybrid, main=main, store=small)
        power_w = after(plant, 10.0)
        assert is_allowed(power_w, shown(plant), 0.01)
