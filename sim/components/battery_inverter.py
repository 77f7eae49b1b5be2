"""Battery inverters."""

from __future__ import annotations

from typing import Literal

from ...models.ac import phase_shares
from ..domain.categories import Category
from ..domain.states import StateCode
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
from .setting import Setting
from .switchgear import OF_AN_INVERTER


class BatteryInverter(StorageInverter):
    """Couples batteries to the AC side."""

    category: Literal[Category.BATTERY_INVERTER]


def build(inverter: BatteryInverter, setting: Setting) -> Built:
    """Make the inverter of batteries."""
    return Built(
        inverter=inverter_params(inverter),
        converting=Converting(
            storage_rating(inverter),
            phase_shares(inverter.phases),
            inverter.self_consumption,
        ),
        guard=grid_guard(inverter, setting.grid),
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
    parts={GRID_CODE: grid_code_part},
    unused=unused_by_inverter,
    presets=inverter_preset_names,
    least_w=lambda inverter: storage_rating(inverter).gap.upper,
    least_delivered_w=lambda inverter: -storage_rating(inverter).gap.lower,
    caption=lambda inverter: [kilowatts(inverter.rated_power_w)],
    needs_behind_it="at least one battery",
    switchgear=lambda _inverter: OF_AN_INVERTER,
    resting_state=StateCode.READY,
)
