"""Presets of electric cars and of their chargers."""

from __future__ import annotations

from functools import cache

from ..models.electric_car import CURVE_LENGTH, ElectricCarParams
from ..models.ev_charger import EvChargerParams
from ..models.parameter import ParameterError, check_parameters
from .preset_files import find_preset, preset_names


def car_preset_names() -> tuple[str, ...]:
    """Return the names that `car_preset` accepts."""
    return preset_names("cars")


def ev_charger_preset_names() -> tuple[str, ...]:
    """Return the names that `ev_charger_preset` accepts."""
    return preset_names("ev_chargers")


@cache
def car_preset(name: str) -> ElectricCarParams:
    """Return the parameters of a car.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = dict(find_preset("cars", "car preset", name))
    car = ElectricCarParams(dc_curve_w=tuple(values.pop("dc_curve_w")), **values)
    check_car(car)
    return car


def check_car(car: ElectricCarParams) -> None:
    """Hold a car to the ranges of its parameters, and its curve to its length.

    Raises:
        ParameterError: Naming what is wrong.
    """
    check_parameters(car)
    if len(car.dc_curve_w) != CURVE_LENGTH:
        raise ParameterError(
            f"dc_curve_w has {len(car.dc_curve_w)} entries; accepted: {CURVE_LENGTH}, one every 5 % of state of charge"
        )


def ev_charger_preset(name: str, dc_curves_w: tuple[float, ...] = ()) -> EvChargerParams:
    """Return the parameters of a charger.

    Args:
        name: Of the preset.
        dc_curves_w: Of the cars that come to it (`SessionPlan.dc_curves_w`).

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    charger = EvChargerParams(
        **find_preset("ev_chargers", "EV charger preset", name),
        dc_curves_w=dc_curves_w or (0.0,) * CURVE_LENGTH,
    )
    check_charger(charger)
    return charger


def check_charger(charger: EvChargerParams) -> None:
    """Hold a charger to the ranges of its parameters, and its least current to its greatest.

    Raises:
        ParameterError: Naming what is wrong.
    """
    check_parameters(charger)
    if charger.current_min_a > charger.current_max_a:
        raise ParameterError(
            f"current_min_a is {charger.current_min_a:g} A;"
            f" accepted: at most current_max_a, {charger.current_max_a:g} A"
        )
    if charger.is_dc == 0 and charger.current_min_a < 6.0:
        raise ParameterError(
            f"current_min_a is {charger.current_min_a:g} A; accepted: >= 6 A on alternating current (IEC 61851-1)"
        )
