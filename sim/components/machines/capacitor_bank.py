"""Capacitor banks."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from ....models import capacitor_bank
from ....models.ac import phase_shares
from ....models.capacitor_bank import (
    CapacitorBankParams,
    capacitor_bank_initial_state,
    capacitor_bank_reactive_limits_var,
)
from ...domain.categories import Category
from ...domain.ranges import Bounds
from ...files.sections import written
from ...files.units import SECOND, PositiveReactivePower
from ..component_type import AC_PARENTS, Built, ComponentType, Way
from ..device import REACTIVE_LOWER_BOUND, REACTIVE_SET_POINT, REACTIVE_UPPER_BOUND, Machine
from ..device_model import DeviceModel
from ..rating import Rating
from ..section import FlexibleDevice
from ..setting import GridFacts, Setting

_DischargeTime = Annotated[float, SECOND.within(lower=0.0, upper=3600.0)]


class CapacitorBank(FlexibleDevice):
    """Gives reactive power in equal steps."""

    category: Literal[Category.CAPACITOR_BANK]
    rated_reactive_power_var: PositiveReactivePower = Field(alias="rated_reactive_power")
    """Rated reactive power of all steps together, capacitive [var]."""
    steps: Annotated[int, Field(strict=True, ge=1, le=100)] = 6
    """Number of equal capacitors that are switched one by one."""
    discharge_time_s: _DischargeTime = Field(default=written("60 s"), alias="discharge_time")
    """From a step's switching off to when it may be switched on again [s]."""


_CAPACITOR_LOSS = 0.0005
"""Loss over reactive power [W/var]; common data sheets."""
CAPACITOR_BANK = DeviceModel(
    "capacitor_bank", capacitor_bank.CapacitorBankInput, capacitor_bank.capacitor_bank_output,
    capacitor_bank.capacitor_bank_horizon_s, capacitor_bank.capacitor_bank_step,
    capacitor_bank.capacitor_bank_power_limits,
)  # fmt: skip


def capacitor_bank_params(bank: CapacitorBank, grid: GridFacts) -> CapacitorBankParams:
    """Return the parameters of a capacitor bank at the nominal voltage of a grid."""
    step_var = bank.rated_reactive_power_var / bank.steps
    return CapacitorBankParams(bank.steps, step_var, _CAPACITOR_LOSS, bank.discharge_time_s, grid.voltage_v)


def build(bank: CapacitorBank, setting: Setting) -> Built:
    """Make a capacitor bank, off and discharged."""
    params = capacitor_bank_params(bank, setting.grid)
    machine = Machine(
        CAPACITOR_BANK,
        params,
        capacitor_bank_initial_state(params),
        phase_shares(bank.phases),
        (REACTIVE_SET_POINT, f"{setting.grid.key}.voltage", REACTIVE_LOWER_BOUND, REACTIVE_UPPER_BOUND),
        rating=Rating(
            active=None,
            reactive=Bounds(-bank.rated_reactive_power_var, 0.0),
            default_w=0.0,
            ramp_rate_w_per_s=math.inf,
            response_delay_s=bank.response_delay_s,
            step_var=params.step_power_var,
        ),
        reactive_range_var=capacitor_bank_reactive_limits_var,
    )
    return Built(machine=machine)


TYPE = ComponentType(
    name=Category.CAPACITOR_BANK,
    category=Category.CAPACITOR_BANK,
    way=Way.CONSUMES,
    section=CapacitorBank,
    sdk_class=None,
    behind=AC_PARENTS,
    build=build,
    params=capacitor_bank_params,
    caption=lambda bank: [f"{bank.rated_reactive_power_var / 1e3:g} kvar in {bank.steps} steps"],
)
