"""Presets of electric cars."""

from __future__ import annotations

from ....models.electric_car import CURVE_LENGTH, ElectricCarParams
from ....models.parameter import ParameterError, check_parameters
from ...files.presets import find_preset, preset_cache, preset_names


def car_preset_names() -> tuple[str, ...]:
    """Return the names that `car_preset` accepts."""
    return preset_names("cars")


@preset_cache
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
            "dc_curve_w",
            f"a table of {len(car.dc_curve_w)}",
            f"{CURVE_LENGTH}, one every 5 % of state of charge",
        )
