"""Chargers of a site that switch phases: what they draw on which, what drives them, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

START_US = round(datetime(2026, 6, 15, 6, tzinfo=UTC).timestamp()) * 1_000_000
CHARGER = 10
PHASES = (
    Metric.AC_POWER_ACTIVE_PHASE_1,
    Metric.AC_POWER_ACTIVE_PHASE_2,
    Metric.AC_POWER_ACTIVE_PHASE_3,
)


def site(**charger: Any) -> Site:
    section = {
        "id": CHARGER, "category": "ev_charger", "behind": "main", "rated_power": "11 kW", "car": {}, **charger,
    }  # fmt: skip
    return Site.model_validate({
        "microgrid": {"id": 7},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point", "voltage": "398.3716 V"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "ev": section,
        },
    })  # fmt: skip


def running(**charger: Any) -> Simulation:
    simulation = Simulation.headless(site(**charger), start_us=START_US)
    simulation.run_for(timedelta(seconds=5))
    return simulation


def on_phases_w(simulation: Simulation, *, after_s: float) -> list[int]:
    simulation.run_for(timedelta(seconds=after_s))
    values = simulation.gateway.frame(CHARGER).values
    return [round(values[phase] / 230.0) for phase in PHASES]


def test_a_charger_goes_to_one_of_its_phases_for_a_small_set_point_and_back() -> None:
    simulation = running(
        phases=[2, 3, 1], phase_switching={"delay": "10 s", "pause": "20 s", "dwell": "1 min"}
    )
    simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, 2300.0, 900)
    assert on_phases_w(simulation, after_s=28.0) == [0, 0, 0]
    assert on_phases_w(simulation, after_s=5.0) == [0, 10, 0]
    simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, 6900.0, 900)
    assert on_phases_w(simulation, after_s=35.0) == [0, 16, 0]
    assert on_phases_w(simulation, after_s=30.0) == [10, 10, 10]


def test_a_charger_told_by_command_alone_keeps_its_phases_whatever_its_set_point() -> None:
    simulation = running(phase_switching={"mode": "by-command", "pause": "20 s", "dwell": "30 s"})
    simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, 2300.0, 900)
    assert on_phases_w(simulation, after_s=300.0) == [0, 0, 0]
    simulation.drive("ev", "phases", 1)
    assert on_phases_w(simulation, after_s=21.0) == [10, 0, 0]
    (bounds,) = simulation.gateway.frame(CHARGER).bounds[Metric.AC_POWER_ACTIVE]
    assert bounds.upper == pytest.approx(16 * 230.0, rel=1e-4)
    simulation.release("ev", "phases")
    assert on_phases_w(simulation, after_s=300.0) == [0, 0, 0]


def test_a_fork_goes_on_in_the_midst_of_switching() -> None:
    simulation = running(phase_switching={"delay": "10 s", "pause": "20 s"})
    simulation.gateway.set_power(CHARGER, PowerType.ACTIVE, 2300.0, 900)
    simulation.run_for(timedelta(seconds=20))
    double = simulation.fork()
    assert on_phases_w(double, after_s=20.0) == on_phases_w(simulation, after_s=20.0) == [10, 0, 0]


@pytest.mark.parametrize(
    ("mode", "value", "over_s", "message"),
    [
        ("automatic", 2.0, 0.0, "ev.phases is 2; accepted: 0, 1, 3"),
        ("by-command", 0.0, 0.0, "ev.phases is 0; accepted: 1, 3"),
        ("by-command", 1.0, 5.0, "over is 5 s; accepted: 0 s, as ev.phases is 1, 3 alone"),
    ],
)
def test_a_number_of_phases_that_cannot_be_is_refused(
    mode: str, value: float, over_s: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        running(phase_switching=mode).drive("ev", "phases", value, over_s=over_s)


def test_a_charger_that_does_not_switch_has_no_input_for_it() -> None:
    for off in ({}, {"phase_switching": "off"}, {"phase_switching": False}):
        with pytest.raises(ValueError, match=r"no input 'ev\.phases'"):
            running(**off).drive("ev", "phases", 1.0)


@pytest.mark.parametrize(
    ("charger", "accepted"),
    [
        ({"type": "dc"}, "nothing, chargers of direct current switch no phases"),
        ({"phases": [1], "rated_power": "3.6 kW"}, "nothing on one phase; several `phases` beside it"),
        ({"phase_switching": "sometimes"}, "automatic"),
    ],
)
def test_switching_is_refused_where_there_is_nothing_to_switch(
    charger: dict[str, Any], accepted: str
) -> None:
    with pytest.raises(ValidationError, match=accepted):
        site(**{"phase_switching": "automatic", **charger})
