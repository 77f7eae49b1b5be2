"""Producers of which only the AC power on offer is known, such as a recorded plant."""

from __future__ import annotations

from ...models import supply
from ...models.ac import ThreePhase
from ...models.supply import SupplyParams, SupplyState, supply_reactive_limit_var
from ..inputs.specs import PvPowerInput
from .device import ACTIVE_SHARE, REACTIVE_SET_POINT, SET_POINT, Machine
from .device_model import DeviceModel
from .rating import Rating
from .setting import Setting

SUPPLY = DeviceModel(
    "supply", supply.SupplyInput, supply.supply_output, supply.supply_horizon_s,
    supply.supply_step, supply.supply_power_limits,
)  # fmt: skip


def supply_machine(
    params: SupplyParams, power: PvPowerInput, rating: Rating, shares: ThreePhase, setting: Setting
) -> Machine:
    """Make a producer that offers a given power.

    Raises:
        InputError: If a recorded power cannot drive it.
    """
    return Machine(
        SUPPLY,
        params,
        SupplyState(0.0),
        shares,
        (SET_POINT, REACTIVE_SET_POINT, f"{setting.key}.power", ACTIVE_SHARE),
        {"power": setting.signal("power", power)},
        rating,
        supply_reactive_limit_var if rating.reactive is not None else None,
    )
