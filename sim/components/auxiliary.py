"""What a site file says about what a battery draws from its own cells."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from ...models.battery_auxiliary import AuxiliaryParams
from ..files.sections import Section, refuse, written
from ..files.units import NonNegativePower, Temperature


class Auxiliary(Section):
    """Electronics, heating and cooling of a battery, fed by its own cells."""

    electronics_w: NonNegativePower = Field(default=written("0 W"), alias="electronics")
    """Drawn all the time [W]."""
    heating_w: NonNegativePower = Field(default=written("0 W"), alias="heating")
    """Greatest draw of the heating [W]."""
    heating_below_c: Temperature = Field(default=written("5 °C"), alias="heating_below")
    """Cells are heated below this temperature [°C]; all of the heating is on 5 K below it."""
    cooling_w: NonNegativePower = Field(default=written("0 W"), alias="cooling")
    """Greatest draw of the cooling [W]."""
    cooling_above_c: Temperature = Field(default=written("30 °C"), alias="cooling_above")
    """Cells are cooled above this temperature [°C]; all of the cooling is on 5 K above it."""

    @field_validator("cooling_above_c")
    @classmethod
    def _never_heats_what_it_cools(cls, above_c: float, info: ValidationInfo) -> float:
        below_c = info.data.get("heating_below_c")
        if below_c is not None and above_c < below_c:
            raise refuse(f"at least heating_below, {below_c:g} °C")
        return above_c


def auxiliary_params_of(auxiliary: Auxiliary) -> AuxiliaryParams:
    """Return the auxiliaries that a section of a site file describes."""
    return AuxiliaryParams(
        auxiliary.electronics_w,
        auxiliary.heating_w,
        auxiliary.heating_below_c,
        auxiliary.cooling_w,
        auxiliary.cooling_above_c,
    )
