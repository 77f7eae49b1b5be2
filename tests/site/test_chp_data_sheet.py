"""Curves of a combined heat and power unit from the points of its data sheet."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from doppelgrid.models.chp import ChpParams, chp_fuel_w, chp_heat_w
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.machines.chp import Chp, check_chp, chp_params

TURBINE = (
    {"power": "70 MW", "heat": "105 MW", "fuel": "240 MW"},
    {"power": "100 MW", "heat": "119 MW", "fuel": "288 MW"},
)
"""Of 1.19 times the fuel per power at 70 % of load, and 1.26 times the heat."""


def params_of(*points: dict[str, str], rated: str = "100 MW", **further: Any) -> ChpParams:
    section = {"id": 1, "category": "chp", "rated_power": rated, "data_sheet": list(points), **further}
    return chp_params(Chp.model_validate(section))


@pytest.mark.parametrize(("megawatts", "heat", "fuel"), [(100.0, 119.0, 288.0), (70.0, 105.0, 240.0)])
def test_fuel_and_heat_are_those_of_the_points(megawatts: float, heat: float, fuel: float) -> None:
    params = params_of(*TURBINE)
    assert chp_fuel_w(params, 1e6 * megawatts) == pytest.approx(1e6 * fuel)
    assert chp_heat_w(params, 1e6 * megawatts) == pytest.approx(1e6 * heat)


def test_between_the_points_both_are_linear() -> None:
    params = params_of(*TURBINE)
    assert chp_fuel_w(params, 85e6) == pytest.approx(264e6, rel=1e-9)
    assert chp_heat_w(params, 85e6) == pytest.approx(112e6, rel=1e-9)


def test_full_load_is_that_of_the_last_point_whatever_its_power_rounds_to() -> None:
    bent = (
        {"power": "2 kW", "heat": "4 kW", "fuel": "8 kW"},
        {"power": "4 kW", "heat": "6 kW", "fuel": "12 kW"},
        {"power": "8.05 kW", "heat": "16 kW", "fuel": "28 kW"},
    )
    assert chp_fuel_w(params_of(*bent, rated="8.05 kW"), 8050.0) == pytest.approx(28e3)


def test_between_the_knots_of_the_curves_they_are_so_within_a_thousandth() -> None:
    params = params_of(*TURBINE)
    assert chp_fuel_w(params, 82.5e6) == pytest.approx(260e6, rel=1e-3)


def test_curves_are_brought_to_the_rated_power() -> None:
    assert chp_fuel_w(params_of(*TURBINE, rated="1 MW"), 0.7e6) == pytest.approx(2.4e6)


def test_the_least_load_is_that_of_the_lowest_point_unless_the_file_says_more() -> None:
    assert params_of(*TURBINE).minimum_power_w == pytest.approx(70e6)
    assert params_of(*TURBINE, min_power="40 MW").minimum_power_w == 40e6


def test_what_is_not_on_the_sheet_is_that_of_the_preset() -> None:
    params = params_of(*TURBINE, preset="gas-turbine-130mw")
    assert (params.start_s, params.minimum_run_s) == (1200.0, 14400.0)


@pytest.mark.parametrize(
    ("points", "accepted"),
    [
        (TURBINE[:1], "at least 2 items"),
        (
            TURBINE[::-1],
            "points by rising power: more than 100 kW|points by rising power: more than 100000 kW",
        ),
        (({**TURBINE[0], "fuel": "170 MW"}, TURBINE[1]), "at least 175000 kW of fuel"),
        (({**TURBINE[0], "fuel": "290 MW"}, TURBINE[1]), "more fuel with more power"),
        (({**TURBINE[0], "power": "0 W"}, TURBINE[1]), "power"),
    ],
)
def test_points_that_cannot_be_are_refused(points: tuple[dict[str, str], ...], accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        params_of(*points)


def test_curves_that_make_energy_of_nothing_are_refused() -> None:
    params = params_of(*TURBINE)
    with pytest.raises(
        ParameterError, match=r"thermal_efficiency at 100 % of load is 0\.9; accepted: at most"
    ):
        check_chp(params._replace(thermal_efficiency=(*params.thermal_efficiency[:-1], 0.9)))
