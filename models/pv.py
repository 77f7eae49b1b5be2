"""A photovoltaic array: irradiance on its plane to cell temperature, DC power, and the AC power it offers.

References:
- D. Faiman, "Assessing the outdoor operating temperature of photovoltaic modules", Progress in Photovoltaics
  16 (2008) 307-315, doi:10.1002/pip.813.
- A. P. Dobos, "PVWatts Version 5 Manual", NREL/TP-6A20-62641, 2014, doi:10.2172/1158421.

Left out: low-light and spectral losses, DC voltage and current, snow.
"""

from __future__ import annotations

from typing import NamedTuple

from .inverter import InverterParams, ac_from_dc


class PvArrayParams(NamedTuple):
    """An array of modules."""

    dc_power_stc_w: float
    """At 1000 W/m² and a cell temperature of 25 °C, before losses [W]."""
    gamma_per_c: float
    """Change of power per kelvin of cell temperature [1/K], negative."""
    system_loss: float
    """Soiling, shading, mismatch, wiring and so on as one fraction of the DC power, 0..1."""
    heat_loss_constant: float
    """Faiman's U0 [W/(m² K)]."""
    heat_loss_per_wind: float
    """Faiman's U1 [W/(m² K) per m/s]."""


def pv_cell_temperature_c(
    params: PvArrayParams, irradiance_w_per_m2: float, ambient_c: float, wind_m_per_s: float
) -> float:
    """Return the cell temperature [°C] by Faiman's model: air plus `G / (U0 + U1 wind)`.

    Args:
        params: The array.
        irradiance_w_per_m2: On the plane of the array [W/m²]; less than 0 counts as 0.
        ambient_c: Air temperature [°C].
        wind_m_per_s: Wind speed at the modules, >= 0 [m/s].
    """
    cooling = params.heat_loss_constant + params.heat_loss_per_wind * max(wind_m_per_s, 0.0)
    return ambient_c + max(irradiance_w_per_m2, 0.0) / cooling


def pv_dc_power_w(params: PvArrayParams, irradiance_w_per_m2: float, cell_temperature_c: float) -> float:
    """Return the DC power of the array [W] by PVWatts: production is positive here, and never negative.

    Args:
        params: The array.
        irradiance_w_per_m2: On the plane of the array [W/m²]; less than 0 counts as 0.
        cell_temperature_c: Cell temperature [°C].
    """
    share = max(irradiance_w_per_m2, 0.0) / 1000.0
    heat = max(1.0 + params.gamma_per_c * (cell_temperature_c - 25.0), 0.0)
    return params.dc_power_stc_w * share * heat * (1.0 - params.system_loss)


def pv_ac_power_available(
    array: PvArrayParams,
    inverter: InverterParams,
    irradiance_w_per_m2: float,
    ambient_c: float,
    wind_m_per_s: float = 1.0,
) -> float:
    """Return the AC power that array and inverter could give now [W], <= 0 (production is negative).

    Losses follow the inverter's curve; its rating clips. Zero where the sun does not cover the no-load loss:
    a running inverter then goes to standby.
    """
    cell_c = pv_cell_temperature_c(array, irradiance_w_per_m2, ambient_c, wind_m_per_s)
    ac_power = ac_from_dc(inverter, -pv_dc_power_w(array, irradiance_w_per_m2, cell_c))
    return min(max(ac_power, -inverter.rated_power_w), 0.0)
