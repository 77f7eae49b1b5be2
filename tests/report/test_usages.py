"""Starts and time in operation of machines, in runs with and without clients."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import doppelgrid
from doppelgrid import Simulation
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.report.of_summary import report_of_summary
from doppelgrid.sim.site.site import Site

NOON = datetime(2026, 6, 15, 12)
UNIT = {
    "id": 9, "category": "chp", "behind": "main", "rated_power": "50 kW", "buffer": "1 m³", "heat_led": True,
    "heat_demand": "30 kW", "initial_starts": 7, "initial_running_time": "1000 h",
}  # fmt: skip


def site() -> Site:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "unit": UNIT,
    }
    return Site.model_validate({"microgrid": {"id": 7}, "components": components}).with_telemetry_interval(
        60.0
    )


def test_a_report_has_what_came_of_starts_and_operation_since_it_began() -> None:
    """A start of 100 s from an empty hour on; what the engine had before does not count."""
    where = site()
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON))
    watch = SiteWatch(simulation)
    simulation.run_for(timedelta(minutes=20))
    figures = watch.report().figures()
    assert (figures["unit.starts"], figures["unit.running_s"]) == (1.0, pytest.approx(1100.0))
    state = simulation.plant.machines.state("unit")
    assert (state.starts, state.run_s) == (8, pytest.approx(3.6e6 + 1100.0))


@pytest.mark.usefixtures("interpreted")
def test_a_run_without_clients_counts_the_same() -> None:
    where = site()
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON))
    watch = SiteWatch(simulation)
    simulation.run_for(timedelta(minutes=40))
    summary = doppelgrid.simulate(where, timedelta(minutes=40), start=NOON)
    compiled = report_of_summary(summary, where, where.moment_us(NOON)).figures()
    lived = watch.report().figures()
    assert (compiled["unit.starts"], compiled["unit.running_s"]) == (
        lived["unit.starts"],
        lived["unit.running_s"],
    )
    assert compiled["unit.starts"] >= 1.0
