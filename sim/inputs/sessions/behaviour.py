"""How cars take what they are offered, as a site file describes it: their reaction, and how warm their batteries are.

A battery that is cold or hot takes less: on direct current the car's curve is scaled by what cells of its chemistry
take at that temperature, and the time constant of its taper, as far as cells make it, by their resistance near full,
both of the presets of cells. The temperature is that of the whole session.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ....models.electric_car import ElectricCarParams
from ...files.presets import find_preset
from ...files.sections import Section, refuse_at, written
from ...files.units import AMPERE, CELSIUS, FRACTION, SECOND, WATT, WATT_HOUR

_KELVIN = 273.15
_REFERENCE_K = 298.15
"""At which resistances of cells are told [K]."""
_PARTS = ("r0", "r1", "r2")
_TAPERING_SOC = 0.8
"""From which state of charge on cells taper: with their time constant, at 2.4C."""
_TAPER_OF_CELLS_S = 300.0
"""Time constant of the taper of a cell at 25 °C, measured; see `models/presets/cars.toml` [s]."""
LEAST_PHASE_W = 1380.0
"""Of 6 A at 230 V, the least that a car is offered on a phase (IEC 61851-1) [W]."""
CarEnergy = Annotated[float, WATT_HOUR.within(lower=1e3, upper=1e6)]
"""Energy that a car's battery holds [Wh]."""
CarPower = Annotated[float, WATT.within(lower=LEAST_PHASE_W, upper=1e6)]
"""Greatest power that a car takes [W]."""


def refuse_less_than_offered(max_power_w: float, phases: int) -> None:
    """Refuse a greatest power of a car below the least that it is offered on its phases."""
    if max_power_w < LEAST_PHASE_W * phases:
        accepted = f"at least {LEAST_PHASE_W * phases / 1e3:g} kW, 6 A on {phases} phases"
        raise refuse_at(("max_power",), WATT.in_words(max_power_w), accepted)


class CarBehaviour(Section):
    """How the cars of a charger take what they are offered."""

    reaction_s: Annotated[float, SECOND.within(lower=0.0, upper=60.0)] = Field(
        default=written("0 s"), alias="reaction"
    )
    """After which a car follows an offer on alternating current that has risen, its first one too [s]."""
    offer_share: Annotated[float, FRACTION.within(lower=0.5, upper=1.0)] = Field(default=written("100 %"))
    """Part of the offered current that a car takes at most, on alternating current."""
    min_current_a: Annotated[float, AMPERE.within(lower=0.0, upper=63.0)] = Field(
        default=written("0 A"), alias="min_current"
    )
    """Least offer on each phase of which a car takes anything, on alternating current [A]."""
    battery_temperature_c: Annotated[float, CELSIUS.within(lower=-40.0, upper=80.0)] | None = Field(
        default=None, alias="battery_temperature"
    )
    """Temperature of the cars' batteries [°C]; such that they take all they can if not given."""
    chemistry: Literal["nmc", "lfp", "lto", "lmo", "sodium-ion"] = "nmc"
    """Cells of the cars' batteries, by which they take less when cold or hot."""
    preconditioned: bool = Field(default=False, strict=True)
    """Whether cars warm their batteries on the way, up to where the cold no longer limits them."""

    @model_validator(mode="after")
    def _can_take_charge(self) -> Self:
        if self.battery_temperature_c is not None:
            lowest_c, _, _, highest_c = _corners_c(self.chemistry)
            temperature_c = self._session_c(self.battery_temperature_c)
            if not lowest_c < temperature_c < highest_c:
                raise refuse_at(
                    ("battery_temperature",),
                    f"{self.battery_temperature_c:g} °C",
                    f"above {lowest_c:g} °C and below {highest_c:g} °C, where cells of"
                    f" {self.chemistry} take charge; or `preconditioned: true` where it is cold",
                )
        return self

    def behaving(self, car: ElectricCarParams) -> ElectricCarParams:
        """Return a car that behaves so."""
        car = car._replace(
            ac_current_min_a=self.min_current_a, offer_share=self.offer_share, reaction_s=self.reaction_s
        )
        if self.battery_temperature_c is None:
            return car
        temperature_c = self._session_c(self.battery_temperature_c)
        share = taken_share(self.chemistry, temperature_c)
        more = resistance_factor(self.chemistry, temperature_c) - 1.0
        return car._replace(
            dc_curve_w=tuple(share * power_w for power_w in car.dc_curve_w),
            cv_time_constant_s=car.cv_time_constant_s + more * min(car.cv_time_constant_s, _TAPER_OF_CELLS_S),
        )

    def _session_c(self, battery_c: float) -> float:
        return max(battery_c, _corners_c(self.chemistry)[1]) if self.preconditioned else battery_c


def taken_share(chemistry: str, temperature_c: float) -> float:
    """Return the part of its power that a cell takes at a temperature [°C], 0..1."""
    lowest_c, cold_c, hot_c, highest_c = _corners_c(chemistry)
    cold = (temperature_c - lowest_c) / (cold_c - lowest_c)
    hot = (highest_c - temperature_c) / (highest_c - hot_c)
    return min(max(min(cold, hot), 0.0), 1.0)


def resistance_factor(chemistry: str, temperature_c: float) -> float:
    """Return the resistance of a cell at a temperature [°C] over that at 25 °C, where it tapers when charged."""
    values = find_preset("cells", "cell", chemistry)
    inverse = 1.0 / (temperature_c + _KELVIN) - 1.0 / _REFERENCE_K
    usual_ohm = now_ohm = 0.0
    for part in _PARTS:
        ohm, share = _near_full(values[f"{part}_ohm"]), values.get(f"{part}_activated_share", 1.0)
        usual_ohm += ohm
        now_ohm += ohm * (1.0 + share * (math.exp(values[f"{part}_activation_k"] * inverse) - 1.0))
    return now_ohm / usual_ohm


def _corners_c(chemistry: str) -> tuple[float, float, float, float]:
    lowest_c, cold_c, hot_c, highest_c = find_preset("cells", "cell", chemistry)["charge_temperatures_c"]
    return lowest_c, cold_c, hot_c, highest_c


def _near_full(value: Any) -> float:
    """Return the mean of a resistance from `_TAPERING_SOC` to full, of which its file may give one or a table."""
    if not isinstance(value, list):
        return float(value)
    near_full = value[math.ceil(_TAPERING_SOC * (len(value) - 1)) :]
    return math.fsum(near_full) / len(near_full)
