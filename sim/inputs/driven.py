"""Inputs that somebody may drive: in which unit, and what each can be, whoever drives it and by whatever way.

Inputs of hardware from other packages are not listed; they take any finite number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...models.electric_car import ElectricCarParams
from ...models.grid_voltage import INTERRUPTED_BELOW
from ...models.parameter import described_parameters
from ..domain.durations import LONGEST_S, duration_in_words
from ..files.units import (
    AMPERE,
    CELSIUS,
    DEGREE,
    FRACTION,
    HECTOPASCAL,
    HERTZ,
    IRRADIANCE,
    METRE_PER_SECOND,
    SECOND,
    VOLT,
    WATT,
    WATT_HOUR,
    Unit,
)

NUMBER = Unit("1", {"": 1.0})
"""Unit of what is counted, or is so or not."""


@dataclass(frozen=True)
class DrivenInput:
    """What an input can be driven to."""

    unit: Unit
    lower: float
    """Least value, in the unit inside the program."""
    upper: float
    """Greatest value; infinite where infinity is one."""
    is_open: bool = False
    """Whether it must be more than `lower`, rather than at least that."""
    is_whole: bool = False
    """Whether only whole numbers make sense."""
    because: str = ""
    """Why not beyond the range, or what some of it does, where that is not plain."""

    def has(self, value: float) -> bool:
        """Say whether the input can have a value; it may be on its way between two."""
        if self.is_whole and not float(value).is_integer():
            return False
        return self.lower <= value <= self.upper and not (self.is_open and value == self.lower)

    @property
    def accepted(self) -> str:
        """Its range in words."""
        lower, upper = self.unit.in_words(self.lower), self.unit.in_words(self.upper)
        if self is _YES_OR_NO:
            return "0 or 1"
        if math.isinf(self.upper):
            words = f"{lower} or more"
        else:
            words = f"more than {lower}, up to {upper}" if self.is_open else f"{lower} to {upper}"
        whole = "a whole number, " if self.is_whole else ""
        return f"{whole}{words}" + (f" ({self.because})" if self.because else "")


_YES_OR_NO = DrivenInput(NUMBER, 0.0, 1.0, is_whole=True)
_SHARE = DrivenInput(FRACTION, 0.0, 1.0)
_VOLTAGE = DrivenInput(
    VOLT, 0.0, VOLT.most, because=f"less than {100.0 * INTERRUPTED_BELOW:g} % of the nominal one is an outage"
)
_MOST_W = WATT.most
_CONSUMED = DrivenInput(WATT, 0.0, _MOST_W, because="a load consumes")
_NEEDED = DrivenInput(WATT, 0.0, _MOST_W)
_CAR = described_parameters(ElectricCarParams)


def _of_car(name: str, unit: Unit, *, is_whole: bool = False) -> DrivenInput:
    """Return an input that a session says of its car, with the range that the model of cars has for it."""
    return DrivenInput(unit, float(_CAR[name].lower), float(_CAR[name].upper), is_whole=is_whole)


DRIVEN_INPUTS = {
    "load": _CONSUMED,
    "power": DrivenInput(WATT, -_MOST_W, 0.0, because="production is negative"),
    "recorded": DrivenInput(WATT, -_MOST_W, _MOST_W),
    "feed_in_limit": _NEEDED,
    "import_limit": _NEEDED,
    "irradiance": DrivenInput(IRRADIANCE, 0.0, 2000.0),
    "heat_demand": _NEEDED,
    "steam_demand": _NEEDED,
    "gains": _NEEDED,
    "voltage": _VOLTAGE,
    "voltage_1": _VOLTAGE,
    "voltage_2": _VOLTAGE,
    "voltage_3": _VOLTAGE,
    "frequency": DrivenInput(HERTZ, 0.0, HERTZ.most, is_open=True),
    "presence": _YES_OR_NO,
    "source_temperature": DrivenInput(CELSIUS, -60.0, 100.0),
    "ambient_temperature": DrivenInput(CELSIUS, -60.0, 100.0),
    "wind_speed": DrivenInput(METRE_PER_SECOND, 0.0, 100.0),
    "wind_direction": DrivenInput(DEGREE, 0.0, 360.0),
    "relative_humidity": _SHARE,
    "air_pressure": DrivenInput(HECTOPASCAL, 500.0, 1100.0),
    "start_fails": _YES_OR_NO,
    "acknowledge": _YES_OR_NO,
    "cable": _YES_OR_NO,
    "session_id": DrivenInput(NUMBER, 0.0, 1e9, is_whole=True),
    "plugged_at_station": _YES_OR_NO,
    "plugged_at_car": _YES_OR_NO,
    "authorised": _YES_OR_NO,
    "car_pauses": _YES_OR_NO,
    "arrival_soc": _SHARE,
    "target_soc": _SHARE,
    "wanted_energy_wh": DrivenInput(WATT_HOUR, 0.0, math.inf),
    "capacity_wh": _of_car("capacity_wh", WATT_HOUR),
    "ac_phases": _of_car("ac_phases", NUMBER, is_whole=True),
    "ac_current_max_a": DrivenInput(AMPERE, 0.0, _CAR["ac_current_max_a"].upper),
    "onboard_loss": _of_car("onboard_loss", FRACTION),
    "electronics_w": _of_car("electronics_w", WATT),
    "cv_time_constant_s": _of_car("cv_time_constant_s", SECOND),
    "loss_at_1c": _of_car("loss_at_1c", FRACTION),
    "ac_current_min_a": _of_car("ac_current_min_a", AMPERE),
    "offer_share": _of_car("offer_share", FRACTION),
    "reaction_s": _of_car("reaction_s", SECOND),
    "phases": DrivenInput(NUMBER, 0.0, 3.0, is_whole=True),
    "dc_curve": DrivenInput(NUMBER, -1.0, 1e6, is_whole=True),
}
"""By the name of the input; what a charger's session says has the ranges of `ElectricCarParams`."""


def require_drivable(component: str, quantity: str, value: float, over_s: float, now: float) -> None:
    """Hold a drive to what the input can be.

    Args:
        component: Key of the component, or `site`.
        quantity: Which of its inputs.
        value: Wanted, in the unit inside the program.
        over_s: Time on the way there [s].
        now: What the input is.

    Raises:
        ValueError: If it cannot be, or not in that time; says what can.
    """
    name, driven = f"{component}.{quantity}", DRIVEN_INPUTS.get(quantity)
    if driven is None and not math.isfinite(value):
        raise ValueError(f"{name} is {value}; accepted: a finite number")
    if driven is not None and not driven.has(value):
        raise ValueError(f"{name} is {driven.unit.in_words(value)}; accepted: {driven.accepted}")
    if not 0.0 <= over_s <= LONGEST_S:
        raise ValueError(
            f"over is {duration_in_words(over_s)}; accepted: 0 s to {duration_in_words(LONGEST_S)}"
        )
    if over_s > 0.0 and not (math.isfinite(value) and math.isfinite(now)):
        raise ValueError(f"over is {over_s:g} s; accepted: 0 s, as {name} goes from {now:g} to {value:g}")
