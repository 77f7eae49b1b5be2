"""The fitted cells of the presets against measured runs that their fit did not see: the assessment's own targets."""

from __future__ import annotations

import numpy as np
import pytest
from accuracy.assessment import AccuracyFigure, Assessment
from accuracy.battery import assess_leaf, assess_lg_m50
from accuracy.battery_fit import (
    LG_M50_AH,
    CellRun,
    Vector,
    fit_heat,
    heat_w,
    lg_m50_runs,
    lg_m50_slope,
    rise_k,
)
from measured import data_file

from doppelgrid.sim.components.battery import battery_preset

LG = ("cell_lg_m50", "rate_test.csv.gz")
LEAF = ("cell_nissan_leaf", "discharge_1C.csv.gz")


def judged(assessment: Assessment, unit: str) -> list[AccuracyFigure]:
    return [figure for figure in assessment.figures if figure.unit == unit and figure.target is not None]


@pytest.fixture(scope="module")
def lg_m50() -> Assessment:
    return assess_lg_m50(data_file(*LG).parents[1])


@pytest.mark.measured
def test_an_lg_m50_at_an_unseen_rate_is_within_20_mv(lg_m50: Assessment) -> None:
    figures = judged(lg_m50, "mV")
    assert len(figures) == 2
    assert all(figure.value <= 20.0 for figure in figures)


@pytest.mark.measured
def test_an_lg_m50_at_1c_is_within_1_5_k(lg_m50: Assessment) -> None:
    figures = judged(lg_m50, "K")
    assert len(figures) == 1
    assert all(figure.value <= 1.5 for figure in figures)


@pytest.mark.measured
def test_a_leaf_cell_at_1c_is_within_2_k() -> None:
    figures = judged(assess_leaf(data_file(*LEAF).parents[1]), "K")
    assert len(figures) == 1
    assert all(figure.value <= 2.0 for figure in figures)


@pytest.mark.measured
@pytest.mark.parametrize(("set_c", "rate"), [(25, 0.5), (25, 1.0), (25, 2.0)])
def test_reversible_heat_tells_how_an_lg_m50_warms_along_a_discharge(set_c: int, rate: float) -> None:
    """Heat capacity and loss are fitted to the run itself: what is left is the course along the discharge."""
    run = lg_m50_runs(data_file(*LG).parents[1])[set_c, rate]
    ocv_v = np.array(battery_preset("nmc-100kwh").ocv_v) / 192.0
    without, with_it = (
        _greatest_error_k(run, ocv_v, slope) for slope in (np.zeros_like(ocv_v), lg_m50_slope())
    )
    assert with_it < 0.5 * without
    assert with_it < 1.0


def _greatest_error_k(run: CellRun, ocv_v: Vector, slope_v_per_k: Vector) -> float:
    body = fit_heat([run], ocv_v, slope_v_per_k, LG_M50_AH)
    warmed_k = rise_k(body, run, heat_w(run, ocv_v, slope_v_per_k, LG_M50_AH))
    return float(np.abs(warmed_k - (run.temperature_c - run.temperature_c[0])).max())


def test_the_slope_of_the_nmc_cell_is_that_of_its_electrodes() -> None:
    slope = np.array(battery_preset("nmc-100kwh").ocv_slope_v_per_k) / 192.0
    assert slope == pytest.approx(lg_m50_slope(), abs=1e-6)
