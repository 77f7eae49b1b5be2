"""What explains the temperatures of the LG M50: ways to let it cool, fitted to one chamber and held to another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pytest
from accuracy.battery import assess_lg_m50_rates, until_charge
from accuracy.battery_fit import LG_M50_AH, Vector, heat_w, lg_m50_runs, lg_m50_slope
from measured import data_file
from scipy.linalg import expm
from scipy.optimize import least_squares

from doppelgrid.sim.components.battery import battery_preset

LG = ("cell_lg_m50", "rate_test.csv.gz")
STEP_S = 10.0
RATES = (0.5, 1.0, 2.0)
AIRINGS = {0.5: 0, 1.0: 0, 2.0: 1}
"""By rate at 0 and 25 °C, the kind of test that its cooling tells."""


class Warming(NamedTuple):
    """Heat and rise of temperature of one discharge and the rest after it, in even steps."""

    heat_w: Vector
    rise_k: Vector


@lru_cache
def warming(set_c: int, rate: float) -> Warming:
    run = until_charge(lg_m50_runs(data_file(*LG).parents[1])[set_c, rate])
    ocv_v = np.array(battery_preset("nmc-100kwh").ocv_v) / 192.0
    heat_j = np.cumsum(
        heat_w(run, ocv_v, lg_m50_slope(), LG_M50_AH) * np.diff(run.time_s, prepend=run.time_s[0])
    )
    ends_s = np.arange(0.0, run.time_s[-1], STEP_S)
    return Warming(
        np.diff(np.interp(ends_s, run.time_s, heat_j)) / STEP_S,
        np.interp(ends_s[1:], run.time_s, run.temperature_c) - run.temperature_c[0],
    )


def rise_k(bodies_j_per_k: list[float], between_w_per_k: float, loss_w_per_k: float, heat: Vector) -> Vector:
    """Return the rise of the outer of one or two bodies, of which the inner has the heat and the outer the loss."""
    capacities = np.array(bodies_j_per_k)
    flows = np.zeros((len(capacities), len(capacities)))
    flows[-1, -1] -= loss_w_per_k
    if len(capacities) > 1:
        flows += between_w_per_k * np.array([[-1.0, 1.0], [1.0, -1.0]])
    system = np.zeros((len(capacities) + 1, len(capacities) + 1))
    system[:-1, :-1] = flows / capacities[:, np.newaxis]
    system[0, -1] = 1.0 / capacities[0]
    over_step = expm(system * STEP_S)
    rises, state = np.empty(len(heat)), np.zeros(len(capacities) + 1)
    for k, power_w in enumerate(heat):
        state[-1] = power_w
        state = over_step @ state
        rises[k] = state[-2]
    return rises


def errors_k(values: Vector, set_c: int, rate: float, bodies: int, by_airing: bool) -> Vector:
    """Return by what a way misses one test; values are logarithms of heat losses by airing, then of capacities."""
    measured = warming(set_c, rate)
    loss_w_per_k = float(np.exp(values[AIRINGS[rate] if by_airing else 0]))
    capacities = np.exp(values[2 : 2 + bodies]).tolist()
    return rise_k(capacities, 1.0, loss_w_per_k, measured.heat_w) - measured.rise_k


@lru_cache
def held_error_k(bodies: int, by_airing: bool) -> float:
    """Return the greatest error at 25 °C of a way that is fitted at 0 °C."""
    found = least_squares(
        lambda values: np.concatenate(
            [
                error / np.sqrt(len(error))
                for error in (errors_k(values, 0, rate, bodies, by_airing) for rate in RATES)
            ]
        ),
        np.log([0.2, 0.13, 70.0, 10.0][: 2 + bodies]),
        bounds=(np.log(1e-3), np.log(1e3)),
    )
    return max(float(np.abs(errors_k(found.x, 25, rate, bodies, by_airing)).max()) for rate in RATES)


@pytest.mark.slow
@pytest.mark.measured
def test_airing_by_kind_of_test_explains_half_of_the_greatest_error_in_another_chamber() -> None:
    assert held_error_k(1, True) < 0.5 * held_error_k(1, False)


@pytest.mark.slow
@pytest.mark.measured
@pytest.mark.parametrize("by_airing", [False, True])
def test_a_core_below_the_surface_gains_less_than_half_a_kelvin_in_another_chamber(by_airing: bool) -> None:
    """So cells have one temperature; 1 W/K conducts within such a cell."""
    assert held_error_k(2, by_airing) > held_error_k(1, by_airing) - 0.5


@pytest.mark.measured
@pytest.mark.slow
def test_an_lg_m50_aired_as_elsewhere_warms_within_half_of_what_its_preset_misses() -> None:
    figures = [
        figure for figure in assess_lg_m50_rates(data_file(*LG).parents[1]).figures if figure.unit == "K"
    ]
    aired = [figure.value for figure in figures if "aired as elsewhere" in figure.what]
    preset = [figure.value for figure in figures if "aired as elsewhere" not in figure.what]
    assert len(aired) == 6
    assert max(aired) < 0.5 * max(preset)
