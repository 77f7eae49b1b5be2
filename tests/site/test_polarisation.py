"""Efficiency of an electrolyser from the voltage of its cells over current."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from doppelgrid.models.electrolyzer import (
    ElectrolyzerInput,
    ElectrolyzerParams,
    ElectrolyzerState,
    electrolyzer_output,
    electrolyzer_step,
)
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.machines.electrolyzer import (
    Electrolyzer,
    electrolyzer_params,
    electrolyzer_preset,
)
from doppelgrid.sim.components.machines.polarisation import stack_efficiency

POINTS = (
    {"current_density": "0.2 A/cm²", "voltage": "1.6 V"},
    {"current_density": "1 A/cm²", "voltage": "1.8 V"},
    {"current_density": "2 A/cm²", "voltage": "2 V"},
)
RUNNING = ElectrolyzerState(3, 0.0, 55.0)


def params_of(*points: dict[str, str], **further: Any) -> ElectrolyzerParams:
    section = {"id": 1, "category": "electrolyzer", "rated_power": "1 MW", "polarisation": list(points)}
    return electrolyzer_params(Electrolyzer.model_validate({**section, **further}))


def test_at_full_load_the_stack_has_the_voltage_of_the_last_point() -> None:
    assert params_of(*POINTS).stack_efficiency[-1] == pytest.approx(1.4812 / 2.0)


def test_where_a_cell_has_the_power_of_a_point_the_stack_has_its_voltage() -> None:
    """1.8 V at half of the current are 45 % of the power; auxiliaries of 3 % stand before it."""
    load = 0.03 + 0.97 * 0.45
    assert table_value(params_of(*POINTS).stack_efficiency, load) == pytest.approx(1.4812 / 1.8, rel=1e-3)


def test_current_that_makes_no_hydrogen_is_lost() -> None:
    worse = [{**point, "faraday_efficiency": "95 %"} for point in POINTS]
    assert params_of(*worse).stack_efficiency[-1] == pytest.approx(0.95 * 1.4812 / 2.0)


def test_no_more_arrives_than_was_put_in() -> None:
    low = ({"current_density": "0.1 A/cm²", "voltage": "1.4 V"}, POINTS[-1])
    assert max(params_of(*low).stack_efficiency) == 1.0


def ulleberg(density: float) -> dict[str, str]:
    """Return the point of the alkaline cell of the PHOEBUS plant at 80 °C, at a current density [A/m²]."""
    drop_v = (8.05e-5 - 2.5e-7 * 80.0) * density
    over_v = 0.185 * math.log10((1.002 + 8.424 / 80.0 + 247.3 / 80.0**2) * density + 1.0)
    squared = (density / 10.0) ** 2
    faraday = 0.96 * squared / (250.0 + squared)
    return {
        "current_density": f"{density:.6f} A/m²",
        "voltage": f"{1.18 + drop_v + over_v:.6f} V",
        "faraday_efficiency": f"{100.0 * faraday:.6f} %",
    }


def test_the_preset_for_alkaline_water_is_the_curve_that_it_is_from() -> None:
    """With the reversible voltage of 1.229 V at 25 °C less 0.9 mV a kelvin, and 26 kW of 21 cells of 0.25 m²."""
    points = [ulleberg(density) for density in (250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 2500.0, 2700.0)]
    found = params_of(*points, preset="alkaline").stack_efficiency
    known = electrolyzer_preset("alkaline", 1e6).stack_efficiency
    for tenth in range(3, 11):
        assert found[2 * tenth] == pytest.approx(known[tenth], rel=0.01)


@pytest.mark.parametrize(
    ("points", "accepted"),
    [
        (POINTS[:1], "at least 2 items"),
        (POINTS[::-1], "points by rising current: more than 2 A/cm²"),
        (
            ({**POINTS[0], "voltage": "1.9 V"}, POINTS[1]),
            "a voltage that does not fall with current: at least 1.9 V",
        ),
        (({**POINTS[0], "voltage": "1.1 V"}, POINTS[1]), "1.23 V"),
        (({**POINTS[0], "faraday_efficiency": "0 %"}, POINTS[1]), "a faraday_efficiency of at least 10.8 %"),
    ],
)
def test_curves_that_cannot_be_are_refused(points: tuple[dict[str, str], ...], accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        params_of(*points)


def test_a_worn_stack_makes_less_hydrogen_by_its_equivalent_hours() -> None:
    """2e-6 an hour after 9000 h and 100 starts of 10 h each: 2 % more voltage."""
    new = electrolyzer_preset("pem", 1e6)
    worn = new._replace(voltage_growth_per_h=2e-6, start_wear_s=36e3)
    full = ElectrolyzerInput(1e6, 20.0)
    state = RUNNING._replace(starts=100, run_s=9000.0 * 3600.0)
    fresh_w = electrolyzer_output(new, state, full).hydrogen_w
    assert electrolyzer_output(worn, state, full).hydrogen_w == pytest.approx(fresh_w / 1.02)


def test_starts_and_time_in_operation_are_counted() -> None:
    params = electrolyzer_preset("pem", 1e6)
    state, full = ElectrolyzerState(0, 0.0, 20.0, 0.0), ElectrolyzerInput(1e6, 20.0)
    state, _ = electrolyzer_step(params, state, full, params.cold_start_s + 1000.0)
    assert (state.starts, state.run_s) == (1, pytest.approx(1000.0))
    state, _ = electrolyzer_step(params, state, ElectrolyzerInput(0.0, 20.0), 600.0)
    state, _ = electrolyzer_step(params, state, full, params.warm_start_s + 500.0)
    assert (state.starts, state.run_s) == (2, pytest.approx(1500.0))


def test_the_table_goes_by_the_auxiliaries_that_the_site_file_sets() -> None:
    section = {"id": 3, "category": "electrolyzer", "rated_power": "1 MW", "polarisation": POINTS}
    greedy = Electrolyzer.model_validate({**section, "parameters": {"auxiliary_power_w": 150e3}})
    unit = Electrolyzer.model_validate(section)
    assert unit.polarisation is not None
    expected = stack_efficiency(unit.polarisation, 0.15)
    assert electrolyzer_params(greedy).stack_efficiency == expected
    assert electrolyzer_params(unit).stack_efficiency != expected
