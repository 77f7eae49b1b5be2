"""Photovoltaics with their inverter: what modules and inverter together offer the AC side, unless held back.

The array (`pv`) offers DC power at its maximum power point; the inverter (`inverter`, whose parameters, state and
output these are) takes its losses, clips at its rating, gets warm, and holds power back when it is hot. A set-point
bounds the power from below (passive sign convention: production is negative); reactive power keeps within what the
apparent power leaves, and at night its losses come from the grid.

The array's voltage counts within the inverter's window: where the maximum power point leaves it, the tracker stays at
the edge, and what that costs the array has counted already.

Left out: what the models of array and inverter leave out.
"""

from __future__ import annotations

from typing import NamedTuple

from .inverter import (
    InverterInput,
    InverterOutput,
    InverterParams,
    InverterState,
    inverter_horizon_s,
    inverter_output,
    inverter_power_limits,
    inverter_step,
)


class PvPlantInput(NamedTuple):
    """What acts on a plant."""

    set_point_w: float
    """Most that it may deliver, <= 0 [W]."""
    set_point_var: float
    """Reactive power wanted, inductive positive [var]."""
    offered_w: float
    """DC power that the array offers, <= 0 [W]."""
    voltage_v: float
    """Voltage of the array's strings at that power [V]."""
    ambient_c: float
    active_share: float = 1.0
    """Part of the apparent power that active power may have, 0..1."""


def _acting(params: InverterParams, inp: PvPlantInput) -> InverterInput:
    voltage_v = min(max(inp.voltage_v, params.dc_voltage_min_v), params.dc_voltage_max_v)
    return InverterInput(
        inp.set_point_w, inp.set_point_var, inp.offered_w, 0.0, voltage_v, inp.ambient_c, 1, inp.active_share
    )


def pv_plant_power_limits(
    params: InverterParams, state: InverterState, inp: PvPlantInput
) -> tuple[float, float]:
    """Return what sun and inverter offer now (<= 0), and 0 [W]."""
    return inverter_power_limits(params, state, _acting(params, inp))


def pv_plant_output(params: InverterParams, state: InverterState, inp: PvPlantInput) -> InverterOutput:
    """Return what the plant shows at this instant; it holds for `pv_plant_horizon_s`."""
    return inverter_output(params, state, _acting(params, inp))


def pv_plant_besides(_params: InverterParams, state: InverterState) -> float:
    """Return the temperature of the heat sink [°C]."""
    return state.heat_sink_c


def pv_plant_horizon_s(params: InverterParams, state: InverterState, inp: PvPlantInput) -> float:
    """Return how long the output holds [s]: until the heat sink holds power back, or sets it free."""
    return inverter_horizon_s(params, state, _acting(params, inp))


def pv_plant_step(
    params: InverterParams, state: InverterState, inp: PvPlantInput, dt_s: float
) -> tuple[InverterState, InverterOutput]:
    """Carry a plant across `dt_s` [s] and return its new state and the means over that time."""
    return inverter_step(params, state, _acting(params, inp), dt_s)
