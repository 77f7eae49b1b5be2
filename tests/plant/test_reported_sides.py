"""What flows through components, counted by phase, and what their other sides report, hold together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from doppelgrid.models.steam_boiler import saturation_pressure_pa
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

START_US = 1_781_517_600_000_000
PARTS: dict[str, dict[str, Any]] = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
    "main": {"id": 2, "category": "meter", "behind": "grid"},
    "one": {"id": 3, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", "phases": [1]},
    "pack": {"id": 4, "category": "battery", "behind": "one"},
    "both": {"id": 5, "category": "battery_inverter", "behind": "main", "rated_power": "60 kW"},
    "low": {"id": 6, "category": "battery", "behind": "both", "initial_soc": "30 %"},
    "high": {"id": 7, "category": "battery", "behind": "both", "initial_soc": "80 %"},
    "roof": {"id": 8, "category": "pv_inverter", "behind": "main", "rated_power": "12 kW"},
    "boiler": {"id": 9, "category": "steam_boiler", "behind": "main", "rated_power": "60 kW"},
    "house": {
        "id": 10, "category": "meter", "behind": "main", "load": "3 kW", "power_factor": 0.6, "phases": [2],
    },
}  # fmt: skip
SITE = Site.model_validate({"microgrid": {"id": 1}, "components": PARTS})
PHASES = (1, 2, 3)


class Running:
    """A site with set-points of its inverters."""

    def __init__(self) -> None:
        self.simulation = Simulation.headless(SITE, start_us=START_US)
        for key, power_w in (("one", 9e3), ("both", -20e3), ("boiler", 30e3)):
            number = SITE.components[key].id
            self.simulation.gateway.set_power(number, PowerType.ACTIVE, power_w, 900)

    def to(self, minutes: float) -> Running:
        self.simulation.engine.run_to(START_US + round(minutes * 60e6))
        return self

    def values(self, key: str) -> Mapping[Metric, float]:
        return self.simulation.gateway.frame(SITE.components[key].id).values


@pytest.fixture(scope="module")
def running() -> Running:
    return Running().to(10.0)


@pytest.mark.lengthy
def test_registers_of_the_phases_add_up_to_those_of_the_whole(running: Running) -> None:
    for key in ("main", "one", "both", "roof", "house"):
        values = running.values(key)
        phases_wh = [values[Metric(f"AC_ENERGY_ACTIVE_PHASE_{phase}")] for phase in PHASES]
        assert sum(phases_wh) == pytest.approx(values[Metric.AC_ENERGY_ACTIVE], rel=1e-9)
        for phase, net_wh in zip(PHASES, phases_wh, strict=True):
            consumed_wh = values[Metric(f"AC_ENERGY_ACTIVE_CONSUMED_PHASE_{phase}")]
            delivered_wh = values[Metric(f"AC_ENERGY_ACTIVE_DELIVERED_PHASE_{phase}")]
            assert min(consumed_wh, delivered_wh) >= 0.0
            assert net_wh == consumed_wh - delivered_wh


def test_a_phase_that_delivers_counts_beside_others_that_consume(running: Running) -> None:
    values = running.values("main")
    assert values[Metric.AC_ENERGY_ACTIVE_CONSUMED_PHASE_2] > 0.0
    assert values[Metric.AC_ENERGY_ACTIVE_DELIVERED_PHASE_3] > 0.0


def test_constant_powers_are_counted_exactly_reactive_and_apparent_ones_as_well(running: Running) -> None:
    values = running.values("house")
    assert values[Metric.AC_ENERGY_ACTIVE_CONSUMED_PHASE_2] == pytest.approx(500.0, rel=1e-12)
    assert values[Metric.AC_ENERGY_REACTIVE] == pytest.approx(500.0 * 4.0 / 3.0)
    assert values[Metric.AC_ENERGY_REACTIVE_PHASE_2] == values[Metric.AC_ENERGY_REACTIVE]
    assert values[Metric.AC_ENERGY_APPARENT] == pytest.approx(500.0 / 0.6)
    assert values[Metric.AC_ENERGY_APPARENT_PHASE_2] == values[Metric.AC_ENERGY_APPARENT]
    assert values[Metric.AC_ENERGY_APPARENT_PHASE_1] == values[Metric.AC_ENERGY_REACTIVE_PHASE_3] == 0.0


@pytest.mark.lengthy
def test_looking_at_registers_changes_nothing(running: Running) -> None:
    watched = Running()
    for minute in range(10):
        watched.to(minute + 0.5)
        for key in PARTS:
            watched.values(key)
    watched.to(10.0)
    for key in PARTS:
        assert watched.values(key) == running.values(key), key


def test_the_dc_side_of_an_inverter_is_that_of_its_battery(running: Running) -> None:
    inverter, battery = running.values("one"), running.values("pack")
    for metric in (Metric.DC_VOLTAGE, Metric.DC_CURRENT, Metric.DC_POWER):
        assert inverter[metric] == pytest.approx(battery[metric])
    assert inverter[Metric.DC_POWER] == pytest.approx(
        inverter[Metric.DC_VOLTAGE] * inverter[Metric.DC_CURRENT]
    )
    assert 0.0 < inverter[Metric.AC_POWER_ACTIVE] - inverter[Metric.DC_POWER] < 500.0


def test_an_inverter_with_two_batteries_shows_their_power_and_none_of_their_two_voltages(
    running: Running,
) -> None:
    values = running.values("both")
    powers_w = [running.values(key)[Metric.DC_POWER] for key in ("low", "high")]
    assert values[Metric.DC_POWER] == pytest.approx(sum(powers_w))
    assert not {Metric.DC_VOLTAGE, Metric.DC_CURRENT} & values.keys()


def test_photovoltaics_show_the_power_of_their_array_and_all_inverters_their_heat_sink(
    running: Running,
) -> None:
    values = running.values("roof")
    assert values[Metric.DC_POWER] < values[Metric.AC_POWER_ACTIVE] < -1e3
    for key in ("one", "both", "roof"):
        heat = running.values(key)
        assert heat[Metric.INVERTER_TEMPERATURE] == heat[Metric.INVERTER_TEMPERATURE_HEATSINK]
        assert heat[Metric.INVERTER_TEMPERATURE] > 20.0


def test_a_boiler_shows_the_pressure_of_saturated_steam(running: Running) -> None:
    drum_c = running.simulation.plant.machines.state("boiler").drum_c
    pressure_bar = running.values("boiler")[Metric.PRESSURE_ABSOLUTE]
    assert pressure_bar == pytest.approx(1e-5 * saturation_pressure_pa(drum_c))
    assert 1.0 < pressure_bar < 15.0
