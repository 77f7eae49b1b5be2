"""Hybrid inverters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...models.ac import phase_shares
from ...models.pv import PvArrayParams
from ..domain.categories import Category
from ..domain.states import StateCode
from ..files.sections import Azimuth, Tilt, written
from ..files.units import PositivePower
from ..inputs.specs import IrradianceInput
from .array_spectrum import SPECTRUM, spectrum_part
from .captions import kilowatts
from .component_type import AC_PARENTS, Built, ComponentType, Converting, Way
from .inverter import (
    GRID_CODE,
    StorageInverter,
    check_inverter,
    grid_code_part,
    grid_guard,
    inverter_params,
    inverter_preset_names,
    storage_rating,
    unused_by_inverter,
)
from .setting import GridFacts, Setting
from .solar_array import ARRAY, ArraySection, array_params, no_array, solar_array
from .switchgear import OF_AN_INVERTER

_OF_THE_ARRAY = {*ArraySection.model_fields, "peak_power_w", "tilt_deg", "azimuth_deg", "irradiance"}


class HybridInverter(ArraySection, StorageInverter):
    """Couples batteries and photovoltaics, which share its direct current side, to the AC side."""

    category: Literal[Category.HYBRID_INVERTER]
    peak_power_w: PositivePower | None = Field(default=None, alias="peak_power")
    """DC power of the array at 1000 W/m² and 25 °C [W]; see `has_array`."""
    tilt_deg: Tilt = Field(default=written("30 °"), alias="tilt")
    """Tilt of the array from the horizontal [°]."""
    azimuth_deg: Azimuth = Field(default=written("180 °"), alias="azimuth")
    """Azimuth of the array, clockwise from north [°]."""
    irradiance: IrradianceInput | None = None
    """On the plane of the array; clear sky with seeded clouds if not given."""

    @property
    def has_array(self) -> bool:
        """Whether there are modules behind it: the file says something of them, if only their peak power.

        Where it does not give that, it is the inverter's rating, as behind a PV inverter.
        """
        return any(getattr(self, name) is not None for name in _OF_THE_ARRAY & self.model_fields_set)

    @property
    def array_peak_w(self) -> float | None:
        """Peak power of its modules [W]; None if it has none."""
        return (self.peak_power_w or self.rated_power_w) if self.has_array else None


def build(inverter: HybridInverter, setting: Setting) -> Built:
    """Make the inverter of batteries and photovoltaics.

    Raises:
        InputError: If recorded irradiance cannot drive it.
    """
    params = inverter_params(inverter)
    return Built(
        inverter=params,
        converting=Converting(
            storage_rating(inverter), phase_shares(inverter.phases), inverter.self_consumption
        ),
        array=solar_array(inverter, params, setting) if inverter.has_array else None,
        peak_w=inverter.array_peak_w,
        guard=grid_guard(inverter, setting.grid),
    )


def _array(inverter: HybridInverter, _grid: GridFacts) -> PvArrayParams:
    return array_params(inverter, inverter_params(inverter)) if inverter.has_array else no_array(inverter)


def _caption(inverter: HybridInverter) -> list[str]:
    peak_w = inverter.array_peak_w
    peak = [] if peak_w is None else [f"{peak_w / 1e3:g} kWp"]
    return [kilowatts(inverter.rated_power_w), *peak]


TYPE = ComponentType(
    name=Category.HYBRID_INVERTER,
    category=Category.HYBRID_INVERTER,
    way=Way.BOTH,
    section=HybridInverter,
    sdk_class="HybridInverter",
    behind=AC_PARENTS,
    build=build,
    params=lambda inverter, _grid: inverter_params(inverter),
    check=check_inverter,
    parts={
        ARRAY: _array,
        GRID_CODE: grid_code_part,
        SPECTRUM: lambda inverter, _grid: spectrum_part(inverter),
    },
    unused=unused_by_inverter,
    presets=inverter_preset_names,
    least_w=lambda inverter: storage_rating(inverter).gap.upper,
    least_delivered_w=lambda inverter: -storage_rating(inverter).gap.lower,
    inputs={"irradiance": 0.0},
    caption=_caption,
    switchgear=lambda _inverter: OF_AN_INVERTER,
    resting_state=StateCode.READY,
)
