"""From one cell's data to a pack."""

from __future__ import annotations

from typing import NamedTuple

from .battery import BatteryParams
from .tables import scaled_table, table_mean


class CellParams(NamedTuple):
    """One cell, as data sheets and measurements give it. Tables run over SoC 0..1 in even steps."""

    charge_capacity_ah: float
    ocv_v: tuple[float, ...]
    """Open-circuit voltage, rising with SoC [V]."""
    r0_ohm: tuple[float, ...]
    """Series resistance at 25 °C [Ω]."""
    r1_ohm: tuple[float, ...]
    """Resistance of the RC pair at 25 °C [Ω]."""
    time_constant_s: float
    """Of the RC pair at the mean of its resistance [s]."""
    activated_share: float
    """Part of the resistances that follows Arrhenius' law, 0..1."""
    activation_k: float
    """Activation energy over the gas constant [K]."""
    voltage_min_v: float
    voltage_max_v: float
    charge_rate_max_per_h: float
    """Greatest charging current over charge capacity (C-rate) [1/h]."""
    discharge_rate_max_per_h: float
    """Greatest discharging current over charge capacity (C-rate) [1/h]."""
    charge_temperatures_c: tuple[float, float, float, float]
    discharge_temperatures_c: tuple[float, float, float, float]
    heat_capacity_j_per_k: float
    heat_loss_w_per_k: float
    self_discharge_per_month: float
    """Part of the charge capacity that leaks in 30 days."""


class PackParams(NamedTuple):
    """How cells make a pack."""

    series: float
    """Cells in series."""
    capacity_wh: float
    """Nominal energy [Wh]; sets the number of parallel strings, which need not be whole."""
    charge_power_max_w: float
    discharge_power_max_w: float
    soc_lower: float
    soc_upper: float
    soc_derating_width: float


def battery_of_cells(cell: CellParams, pack: PackParams) -> BatteryParams:
    """Return a pack of equal cells: voltages times the cells in series, currents times the strings."""
    string_wh = cell.charge_capacity_ah * pack.series * table_mean(cell.ocv_v, 0.0, 1.0)
    strings = pack.capacity_wh / string_wh
    cells = pack.series * strings
    capacity_ah = cell.charge_capacity_ah * strings
    r1_ohm = scaled_table(cell.r1_ohm, pack.series / strings)
    return BatteryParams(
        capacity_wh=pack.capacity_wh,
        charge_capacity_ah=capacity_ah,
        ocv_v=scaled_table(cell.ocv_v, pack.series),
        r0_ohm=scaled_table(cell.r0_ohm, pack.series / strings),
        r1_ohm=r1_ohm,
        c1_f=cell.time_constant_s / table_mean(r1_ohm, 0.0, 1.0),
        activated_share=cell.activated_share,
        activation_k=cell.activation_k,
        voltage_min_v=cell.voltage_min_v * pack.series,
        voltage_max_v=cell.voltage_max_v * pack.series,
        charge_current_max_a=cell.charge_rate_max_per_h * capacity_ah,
        discharge_current_max_a=cell.discharge_rate_max_per_h * capacity_ah,
        charge_power_max_w=pack.charge_power_max_w,
        discharge_power_max_w=pack.discharge_power_max_w,
        soc_lower=pack.soc_lower,
        soc_upper=pack.soc_upper,
        soc_derating_width=pack.soc_derating_width,
        charge_temperatures_c=cell.charge_temperatures_c,
        discharge_temperatures_c=cell.discharge_temperatures_c,
        heat_capacity_j_per_k=cell.heat_capacity_j_per_k * cells,
        heat_loss_w_per_k=cell.heat_loss_w_per_k * cells,
        self_discharge_a=cell.self_discharge_per_month * capacity_ah / (30.0 * 24.0),
    )
