"""What a device does when a set-point lapses, as its section says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from doppelgrid.sim.components.battery_inverter import BatteryInverter
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import SiteError, parse_site
from doppelgrid.sim.site.site import Site

NOON_US = round(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()) * 1_000_000
SECOND_US = 1_000_000
IDS = {"inv": 3, "pv": 5, "ev": 6}


class Lapsed:
    """A running site whose components do something of their own when a set-point lapses."""

    def __init__(self, **on_lapse: str) -> None:
        sections: dict[str, dict[str, Any]] = {
            "inv": {"category": "battery_inverter", "rated_power": "30 kW"},
            "pv": {"category": "pv_inverter", "rated_power": "10 kW", "irradiance": "800 W/m²"},
            "ev": {"category": "ev_charger", "rated_power": "22 kW", "car": {}},
        }
        components = {
            key: {
                "id": IDS[key],
                "behind": "main",
                **section,
                **({"on_lapse": on_lapse[key]} if key in on_lapse else {}),
            }
            for key, section in sections.items()
        }
        self.simulation = Simulation.headless(
            Site.model_validate({
                "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4, "timezone": "UTC"}},
                "components": {
                    "grid": {"id": 1, "category": "grid_connection_point"},
                    "main": {"id": 2, "category": "meter", "behind": "grid"},
                    **components,
                    "bat": {"id": 4, "category": "battery", "behind": "inv"},
                },
            }),
            start_us=NOON_US,
        )  # fmt: skip

    def told(self, key: str, power_w: float) -> None:
        """Let a component have a set-point for 10 s, and half a minute pass after its end."""
        self.simulation.gateway.set_power(IDS[key], PowerType.ACTIVE, power_w, 10)
        self.simulation.run_to(self.simulation.plant.time_us + 40 * SECOND_US)

    def power_w(self, key: str) -> float:
        return self.simulation.plant.readings.active_power_w(key)


def after_lapse(key: str, power_w: float, on_lapse: str | None) -> float:
    """Return the power of a component half a minute after a set-point of it has lapsed."""
    site = Lapsed(**({} if on_lapse is None else {key: on_lapse}))
    site.told(key, power_w)
    return site.power_w(key)


STANDBY_W = 30.0


@pytest.mark.parametrize(
    ("on_lapse", "expected_w"),
    [
        (None, STANDBY_W),
        ("release", STANDBY_W),
        ("zero", STANDBY_W),
        ("hold", -12e3),
        ("5 kW", 5e3),
        ("-3 kW", -3e3),
    ],
)
def test_an_inverter_of_batteries(on_lapse: str | None, expected_w: float) -> None:
    assert after_lapse("inv", -12e3, on_lapse) == pytest.approx(expected_w, abs=5.0)


@pytest.mark.parametrize(("on_lapse", "expected_w"), [("zero", 0.0), ("hold", -2e3), ("-1 kW", -1e3)])
def test_photovoltaics(on_lapse: str, expected_w: float) -> None:
    assert after_lapse("pv", -2e3, on_lapse) == pytest.approx(expected_w, abs=5.0)


def test_photovoltaics_that_are_released_deliver_all_they_can() -> None:
    assert after_lapse("pv", -2e3, None) < -5e3


@pytest.mark.parametrize(("on_lapse", "expected_w"), [("zero", 0.0), ("hold", 6e3), ("4.2 kW", 4.2e3)])
def test_a_charger(on_lapse: str, expected_w: float) -> None:
    assert after_lapse("ev", 6e3, on_lapse) == pytest.approx(expected_w, abs=150.0)


def test_another_set_point_takes_the_place_of_what_came_after_a_lapse() -> None:
    site = Lapsed(inv="hold")
    site.told("inv", -12e3)
    site.simulation.gateway.set_power(IDS["inv"], PowerType.ACTIVE, 4e3, 900)
    site.told("pv", -1e3)
    assert site.power_w("inv") == pytest.approx(4e3)


def test_a_stop_ends_what_came_after_a_lapse() -> None:
    site = Lapsed(inv="hold")
    site.told("inv", -12e3)
    site.simulation.gateway.stop(IDS["inv"])
    site.told("pv", -1e3)
    site.simulation.gateway.start(IDS["inv"])
    site.told("pv", -1e3)
    assert site.power_w("inv") == pytest.approx(STANDBY_W, abs=5.0)


@pytest.mark.parametrize("word", ["zero", "release", "hold", "-2.5 kW"])
def test_it_is_written_as_it_is_read(word: str) -> None:
    section = BatteryInverter.model_validate(
        {"id": 3, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", "on_lapse": word}
    )
    assert BatteryInverter.model_validate(section.model_dump(mode="json", by_alias=True)) == section


def test_anything_else_is_refused() -> None:
    text = (
        "microgrid: {id: 1}\ncomponents:\n  grid: {id: 1, category: grid_connection_point}\n"
        "  inv: {id: 3, category: battery_inverter, behind: grid, rated_power: 30 kW, on_lapse: off}\n"
        "  bat: {id: 4, category: battery, behind: inv}\n"
    )
    with pytest.raises(SiteError, match=r"inv\.on_lapse is .*; accepted: release, zero, hold, or a power"):
        parse_site(text, "site.yaml")
