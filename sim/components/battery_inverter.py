"""Battery inverters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ...models.ac import phase_shares
from ..domain.categories import Category
from ..domain.states import StateCode
from ..files.sections import written
from ..files.units import NonNegativePower
from .captions import kilowatts
from .component_type import AC_PARENTS, Built, ComponentType, Converting, Way
from .inverter import (
    BuiltInControl,
    InverterSection,
    check_inverter,
    grid_guard,
    inverter_params,
    inverter_preset_names,
    inverter_rating,
)
from .rating import Rating
from .section import at_most_rated
from .setting import Setting
from .switchgear import OF_AN_INVERTER


class BatteryInverter(InverterSection, BuiltInControl):
    """Couples batteries to the AC side."""

    category: Literal[Category.BATTERY_INVERTER]
    min_power_w: NonNegativePower = Field(default=written("0 W"), alias="min_power")
    """Magnitude of AC power below which it rests [W]."""

    _below_rating = field_validator("min_power_w")(at_most_rated)


def _rating(inverter: BatteryInverter) -> Rating:
    return inverter_rating(inverter_params(inverter), minimum_w=inverter.min_power_w)


def build(inverter: BatteryInverter, setting: Setting) -> Built:
    """Make the inverter of batteries."""
    return Built(
        inverter=inverter_params(inverter),
        converting=Converting(
            _rating(inverter),
            phase_shares(inverter.phases),
            inverter.self_consumption,
        ),
        guard=grid_guard(inverter, setting),
    )


TYPE = ComponentType(
    name=Category.BATTERY_INVERTER,
    category=Category.BATTERY_INVERTER,
    way=Way.BOTH,
    section=BatteryInverter,
    sdk_class="BatteryInverter",
    behind=AC_PARENTS,
    build=build,
    params=lambda inverter, _grid: inverter_params(inverter),
    check=check_inverter,
    presets=inverter_preset_names,
    least_w=lambda inverter: _rating(inverter).minimum_w,
    caption=lambda inverter: [kilowatts(inverter.rated_power_w)],
    needs_behind_it="at least one battery",
    switchgear=lambda _inverter: OF_AN_INVERTER,
    resting_state=StateCode.READY,
)
