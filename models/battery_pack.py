"""Packs from one cell's data, and what a pack must be so that it can exist."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .battery import BatteryParams
from .diffusion import LEAST_BULK, MOST_BULK
from .hysteresis import hysteresis_capacitance_f
from .parameter import Parameter, ParameterError, check_parameters
from .tables import scaled_table, table_mean, table_value

_TEMPERATURE = Parameter("°C", -60.0, 100.0, "wider than any data sheet named in the presets")
_RESISTANCE = Parameter("Ω", 0.0, 1e3, "chosen: far above any cell of a pack")
_SHARE = Parameter("1", 0.0, 1.0)
TABLES = (
    "ocv_v", "ocv_slope_v_per_k", "r0_ohm", "r1_ohm", "r2_ohm", "charging_ohm", "charge_acceptance", "hysteresis_v",
)  # fmt: skip
"""Tables of a battery or a cell over SoC."""
_QUICKEST_PER_H = 3600.0
"""Rated current over charge capacity; chosen: no battery is full or empty in less than a second [1/h]."""
_QUICKEST_LEAK_PER_H = 0.01
"""Self-discharge over charge capacity; chosen: no battery empties itself in less than 100 h [1/h]."""
_LIGHTEST_J_PER_K_PER_WH = 0.1
"""Heat capacity over energy; chosen: a thirtieth of that of the lightest cells [J/(K Wh)]."""
_MOST_ENTROPY = 0.1
"""T·|dU/dT| at 25 °C over the mean of U; chosen: twice that of the cells that presets have, where it is greatest."""
_MOST_HYSTERESIS = 0.1
"""Half of the distance between the branches over the mean of U; chosen: eight times that of the cells of presets."""
_REFERENCE_K = 298.15
_SECONDS_PER_HOUR = 3600.0
_ACTIVATION = Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported")


class CellParams(NamedTuple):
    """One cell, as data sheets and measurements give it. Tables run over SoC 0..1 in even steps."""

    charge_capacity_ah: Annotated[float, Parameter("Ah", 0.0, above=True)]
    """Charge from empty to full."""
    ocv_v: Annotated[tuple[float, ...], Parameter("V", 0.0, above=True)]
    """Open-circuit voltage over SoC, never falling."""
    ocv_slope_v_per_k: Annotated[tuple[float, ...], Parameter("V/K", -0.01, 0.01, "ten times any reported")]
    """Change of the open-circuit voltage with temperature over SoC, which makes the reversible heat."""
    r0_ohm: Annotated[tuple[float, ...], _RESISTANCE]
    """Series resistance over SoC at 25 °C."""
    r1_ohm: Annotated[tuple[float, ...], _RESISTANCE]
    """Resistance of the quick RC pair over SoC at 25 °C."""
    r2_ohm: Annotated[tuple[float, ...], _RESISTANCE]
    """Resistance of the slow RC pair over SoC at 25 °C."""
    rc1_time_constant_s: Annotated[float, Parameter("s", 0.0)]
    """Time constant of the quick RC pair at 25 °C and the mean of its resistance."""
    rc2_time_constant_s: Annotated[float, Parameter("s", 0.0)]
    """Time constant of the slow RC pair at 25 °C and the mean of its resistance."""
    r0_activated_share: Annotated[float, _SHARE]
    """Part of R0 at 25 °C that follows Arrhenius' law."""
    r1_activated_share: Annotated[float, _SHARE]
    """The same of R1."""
    r2_activated_share: Annotated[float, _SHARE]
    """The same of R2."""
    r0_activation_k: Annotated[float, _ACTIVATION]
    """Activation energy of that part of R0 over the gas constant."""
    r1_activation_k: Annotated[float, _ACTIVATION]
    """The same of R1."""
    r2_activation_k: Annotated[float, _ACTIVATION]
    """The same of R2."""
    voltage_min_v: Annotated[float, Parameter("V", 0.0, above=True)]
    """Least terminal voltage."""
    voltage_max_v: Annotated[float, Parameter("V", 0.0, above=True)]
    """Greatest terminal voltage."""
    charge_rate_max_per_h: Annotated[float, Parameter("1/h", 0.0, above=True)]
    """Greatest charging current over charge capacity (C-rate)."""
    discharge_rate_max_per_h: Annotated[float, Parameter("1/h", 0.0, above=True)]
    """Greatest discharging current over charge capacity (C-rate)."""
    charge_temperatures_c: Annotated[tuple[float, float, float, float], _TEMPERATURE]
    """Charging is off below the first and above the last, at full power between the inner two."""
    discharge_temperatures_c: Annotated[tuple[float, float, float, float], _TEMPERATURE]
    """The same for discharging."""
    heat_capacity_j_per_k: Annotated[float, Parameter("J/K", 0.0, above=True)]
    """Heat capacity of the cell, which has one temperature."""
    heat_loss_w_per_k: Annotated[float, Parameter("W/K", 0.0)]
    """Heat given to the air per kelvin above it."""
    self_discharge_per_month: Annotated[float, Parameter("1", 0.0, 1.0)]
    """Part of the charge capacity that leaks in 30 days."""
    diffusion_gain_h: Annotated[
        float, Parameter("h", 0.0, 1.0, "chosen: at 1C as much as the cell holds")
    ] = 0.0
    """Lead of the particles' surface over the mean SoC that a current holds, per C-rate, at 25 °C; 0 for none."""
    diffusion_time_constant_s: Annotated[float, Parameter("s", 0.0, 1e5, "chosen: a day")] = 0.0
    """With which that lead follows the current, at 25 °C; > 0 if there is one."""
    diffusion_activation_k: Annotated[float, _ACTIVATION] = 0.0
    """Activation energy of both over the gas constant."""
    charging_ohm: Annotated[tuple[float, ...], _RESISTANCE] = (0.0, 0.0)
    """Series resistance besides R0 while charging, over SoC at 25 °C; follows temperature and age as R0 does."""
    charge_acceptance: Annotated[tuple[float, ...], Parameter("1", 0.0, 1.0, above=True)] = (1.0, 1.0)
    """Part of the charging current that is kept as charge, over SoC; the rest is lost (gassing)."""
    hysteresis_v: Annotated[tuple[float, ...], Parameter("V", 0.0)] = (0.0, 0.0)
    """Half of the distance of the open-circuit voltages after charging and after discharging, over SoC."""
    hysteresis_rate: Annotated[
        float, Parameter("1", 0.0, 1000.0, "chosen: all of the way within 0.5 % SoC")
    ] = 0.0
    """Plett's γ: 63 % of the way between the two is gone within 1/γ of the charge from empty to full; 0 for none."""


class PackParams(NamedTuple):
    """How cells make a pack."""

    series: Annotated[float, Parameter("1", 1.0)]
    """Cells in series."""
    capacity_wh: Annotated[float, Parameter("Wh", 0.0, above=True)]
    """Nominal energy; sets the number of parallel strings, which need not be whole."""
    charge_power_max_w: Annotated[float, Parameter("W", 0.0, above=True)]
    """Greatest charging power."""
    discharge_power_max_w: Annotated[float, Parameter("W", 0.0, above=True)]
    """Greatest discharging power."""
    soc_lower: Annotated[float, _SHARE]
    """Discharging stops here."""
    soc_upper: Annotated[float, _SHARE]
    """Charging stops here."""
    soc_derating_width: Annotated[float, Parameter("1", 0.0, 0.5)]
    """Range of SoC inside either limit over which power falls to zero."""


def battery_of_cells(cell: CellParams, pack: PackParams) -> BatteryParams:
    """Return a pack of equal cells: voltages times the cells in series, currents times the strings."""
    string_wh = cell.charge_capacity_ah * pack.series * table_mean(cell.ocv_v, 0.0, 1.0)
    strings = pack.capacity_wh / string_wh
    cells = pack.series * strings
    capacity_ah = cell.charge_capacity_ah * strings
    r1_ohm = scaled_table(cell.r1_ohm, pack.series / strings)
    r2_ohm = scaled_table(cell.r2_ohm, pack.series / strings)
    hysteresis_v = scaled_table(cell.hysteresis_v, pack.series)
    return BatteryParams(
        capacity_wh=pack.capacity_wh,
        charge_capacity_ah=capacity_ah,
        ocv_v=scaled_table(cell.ocv_v, pack.series),
        ocv_slope_v_per_k=scaled_table(cell.ocv_slope_v_per_k, pack.series),
        r0_ohm=scaled_table(cell.r0_ohm, pack.series / strings),
        r1_ohm=r1_ohm,
        r2_ohm=r2_ohm,
        c1_f=_capacitance_f(cell.rc1_time_constant_s, r1_ohm),
        c2_f=_capacitance_f(cell.rc2_time_constant_s, r2_ohm),
        r0_activated_share=cell.r0_activated_share,
        r1_activated_share=cell.r1_activated_share,
        r2_activated_share=cell.r2_activated_share,
        r0_activation_k=cell.r0_activation_k,
        r1_activation_k=cell.r1_activation_k,
        r2_activation_k=cell.r2_activation_k,
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
        diffusion_gain_h=cell.diffusion_gain_h,
        diffusion_time_constant_s=cell.diffusion_time_constant_s,
        diffusion_activation_k=cell.diffusion_activation_k,
        charging_ohm=scaled_table(cell.charging_ohm, pack.series / strings),
        charge_acceptance=cell.charge_acceptance,
        hysteresis_v=hysteresis_v,
        hysteresis_f=hysteresis_capacitance_f(hysteresis_v, cell.hysteresis_rate, capacity_ah),
    )


def _capacitance_f(time_constant_s: float, resistance_ohm: tuple[float, ...]) -> float:
    mean_ohm = table_mean(resistance_ohm, 0.0, 1.0)
    return time_constant_s / mean_ohm if mean_ohm > 0.0 else 0.0


def check_battery(params: BatteryParams) -> None:
    """Refuse a battery that cannot exist.

    Args:
        params: The pack.

    Raises:
        ParameterError: Naming the parameter, the entry of a table, what was found and what is accepted: a
            parameter outside its range (a negative resistance at some SoC among them), an open-circuit voltage
            that falls as SoC rises, currents or a self-discharge that empty it, or losses that warm it, in no time,
            voltage limits that the open-circuit voltage passes inside the SoC limits,
            SoC limits or temperatures in the wrong order, or an energy that charge and voltage do not make.
    """
    check_parameters(params)
    for name in TABLES:
        entries = len(getattr(params, name))
        if entries < 2:
            raise ParameterError(name, f"a table of {entries}", "at least 2, for SoC 0 and 1")
    _check_order("ocv_v", params.ocv_v, "V")
    _check_order("charge_temperatures_c", params.charge_temperatures_c, "°C")
    _check_order("discharge_temperatures_c", params.discharge_temperatures_c, "°C")
    if not params.soc_lower < params.soc_upper:
        raise ParameterError(
            "soc_lower", f"{params.soc_lower:g}", f"less than soc_upper, which is {params.soc_upper:g}"
        )
    _check_at_most(
        "soc_derating_width",
        params.soc_derating_width,
        "half of soc_upper - soc_lower",
        0.5 * (params.soc_upper - params.soc_lower),
    )
    least_gain_h = LEAST_BULK * params.diffusion_time_constant_s / _SECONDS_PER_HOUR
    if 0.0 < params.diffusion_gain_h < least_gain_h:
        raise ParameterError(
            "diffusion_gain_h",
            f"{params.diffusion_gain_h:g} h",
            f"0 h, or >= {least_gain_h:g} h, {LEAST_BULK:g} of diffusion_time_constant_s",
        )
    if params.diffusion_gain_h > 0.0 and not params.diffusion_time_constant_s > 0.0:
        raise ParameterError(
            "diffusion_time_constant_s",
            f"{params.diffusion_time_constant_s:g} s",
            "> 0 s where diffusion_gain_h is above 0",
        )
    _check_least(
        "diffusion_time_constant_s",
        params.diffusion_time_constant_s,
        params.diffusion_gain_h * _SECONDS_PER_HOUR / MOST_BULK,
        f"s, 1/{MOST_BULK:g} of diffusion_gain_h",
    )
    _check_pace(params)
    _check_shares_of_voltage(params)
    if params.hysteresis_f > 0.0 and not min(params.hysteresis_v) > 0.0:
        entry = params.hysteresis_v.index(min(params.hysteresis_v))
        raise ParameterError(
            f"hysteresis_v[{entry}]", f"{min(params.hysteresis_v):g} V", "> 0 V where hysteresis_f is above 0"
        )
    lowest_v = table_value(params.ocv_v, params.soc_lower)
    highest_v = table_value(params.ocv_v, params.soc_upper)
    _check_at_most("voltage_min_v", params.voltage_min_v, "the open-circuit voltage at soc_lower", lowest_v)
    _check_at_least(
        "voltage_min_v",
        params.voltage_min_v,
        "half of the open-circuit voltage at soc_upper",
        0.5 * highest_v,
    )
    _check_at_least("voltage_max_v", params.voltage_max_v, "the open-circuit voltage at soc_upper", highest_v)
    energy_wh = params.charge_capacity_ah * table_mean(params.ocv_v, 0.0, 1.0)
    if not abs(params.capacity_wh - energy_wh) <= 1e-6 * energy_wh:
        raise ParameterError(
            "capacity_wh",
            f"{params.capacity_wh:g} Wh",
            f"{energy_wh:g} Wh, which charge_capacity_ah and the mean of ocv_v make",
        )


def _check_pace(params: BatteryParams) -> None:
    """Refuse what would fill, empty or warm a battery so quickly that steps have no end."""
    for name in ("charge_current_max_a", "discharge_current_max_a"):
        least_ah = getattr(params, name) / _QUICKEST_PER_H
        _check_least(
            "charge_capacity_ah", params.charge_capacity_ah, least_ah, f"Ah, what {name} moves in 1 s"
        )
    _check_at_most(
        "self_discharge_a",
        params.self_discharge_a,
        "what empties the battery in 100 h",
        _QUICKEST_LEAK_PER_H * params.charge_capacity_ah,
    )
    _check_least(
        "heat_capacity_j_per_k",
        params.heat_capacity_j_per_k,
        _LIGHTEST_J_PER_K_PER_WH * params.capacity_wh,
        f"J/K, {_LIGHTEST_J_PER_K_PER_WH:g} J/K for each Wh of capacity_wh",
    )


def _check_shares_of_voltage(params: BatteryParams) -> None:
    """Refuse reversible heat and hysteresis that are no small part of the open-circuit voltage, as of all cells."""
    mean_v = table_mean(params.ocv_v, 0.0, 1.0)
    most_v_per_k = _MOST_ENTROPY * mean_v / _REFERENCE_K
    for index, slope in enumerate(params.ocv_slope_v_per_k):
        if abs(slope) > most_v_per_k:
            raise ParameterError(
                f"ocv_slope_v_per_k[{index}]",
                f"{slope:g} V/K",
                f"-{most_v_per_k:.4g}..{most_v_per_k:.4g} V/K, by which "
                f"298 K make {_MOST_ENTROPY:g} of the mean of ocv_v",
            )
    most_v = _MOST_HYSTERESIS * mean_v
    for index, half_v in enumerate(params.hysteresis_v):
        if half_v > most_v:
            raise ParameterError(
                f"hysteresis_v[{index}]",
                f"{half_v:g} V",
                f"0..{most_v:.4g} V, {_MOST_HYSTERESIS:g} of the mean of ocv_v",
            )


def _check_least(name: str, found: float, least: float, unit_and_why: str) -> None:
    if not found >= least:
        raise ParameterError(
            name, f"{found:g} {unit_and_why.partition(',')[0]}", f">= {least:g} {unit_and_why}"
        )


def _check_order(name: str, entries: tuple[float, ...], unit: str) -> None:
    for index in range(1, len(entries)):
        if entries[index] < entries[index - 1]:
            where = f" (SoC {index / (len(entries) - 1):g})" if name == "ocv_v" else ""
            raise ParameterError(
                f"{name}[{index}]{where}",
                f"{entries[index]:g} {unit}",
                f">= {entries[index - 1]:g} {unit}, the entry before it",
            )


def _check_at_most(name: str, found: float, what: str, most: float) -> None:
    if not found <= most:
        raise ParameterError(name, f"{found:g}", f"<= {most:g}, {what}")


def _check_at_least(name: str, found: float, what: str, least: float) -> None:
    if not found >= least:
        raise ParameterError(name, f"{found:g}", f">= {least:g}, {what}")
