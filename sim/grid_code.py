"""Grid codes by name, and what a site file makes of them for one inverter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.grid_code import FreqWattParams, GridCodeParams, VoltVarParams
from ..models.grid_guard import GridGuardParams
from ..models.parameter import check_parameters
from .presets_grid import area_preset
from .site_grid import FrequencyInput, FrequencyProcess

if TYPE_CHECKING:
    from .site_grid_code import FreqWatt, GridCode, VoltVar

_PRESETS = {"vde-ar-n-4105": GridCodeParams()}
_BETWEEN_HZ = 55.0
_PRESET_HZ = 50.0
"""Nominal frequency of the presets; thresholds move with that of a site."""


def grid_code_names() -> tuple[str, ...]:
    """Return the names that `grid_code` of a site file accepts."""
    return tuple(_PRESETS)


def nominal_frequency_hz(spec: FrequencyInput) -> float:
    """Return the nominal frequency of a grid: of its synchronous area, or 50 or 60 Hz by a constant; else 50 Hz."""
    if isinstance(spec, FrequencyProcess):
        return area_preset(spec.profile).params.nominal_hz
    return 60.0 if isinstance(spec, float) and spec > _BETWEEN_HZ else _PRESET_HZ


def grid_guard_params(
    spec: GridCode,
    *,
    rated_power_w: float,
    rated_apparent_power_va: float,
    nominal_hz: float,
    follows_production: bool,
) -> GridGuardParams:
    """Return what a grid code asks of an inverter.

    Args:
        spec: Of the site file.
        rated_power_w: Of the inverter.
        rated_apparent_power_va: Of the inverter.
        nominal_hz: Of the grid; frequencies that the file does not give are those of the preset in proportion.
        follows_production: Whether P(f) counts from what was delivered when frequency rose.
    """
    ratio = nominal_hz / _PRESET_HZ
    preset = _PRESETS[spec.preset]
    values = {
        name: value * ratio if name.endswith("_hz") else value for name, value in preset._asdict().items()
    }
    values |= {name: given for name in values if (given := getattr(spec, name, None)) is not None}
    params = GridGuardParams(
        code=GridCodeParams(**values),
        volt_var=_volt_var(spec.volt_var),
        freq_watt=_freq_watt(spec.freq_watt, nominal_hz),
        rated_power_w=rated_power_w,
        rated_apparent_power_va=rated_apparent_power_va,
        follows_production=follows_production,
    )
    check_parameters(params)
    return params


def _volt_var(spec: VoltVar | None) -> VoltVarParams:
    if spec is None:
        return VoltVarParams()
    return VoltVarParams(
        enabled=True,
        low_pu=spec.low_pu,
        dead_low_pu=spec.dead_low_pu,
        dead_high_pu=spec.dead_high_pu,
        high_pu=spec.high_pu,
        reactive_share=spec.reactive_share,
    )


def _freq_watt(spec: FreqWatt | None, nominal_hz: float) -> FreqWattParams:
    off = FreqWattParams()
    threshold_hz = off.threshold_hz * nominal_hz / _PRESET_HZ
    if spec is None:
        return off._replace(threshold_hz=threshold_hz, nominal_hz=nominal_hz)
    if spec.threshold_hz is not None:
        threshold_hz = spec.threshold_hz
    return FreqWattParams(enabled=True, threshold_hz=threshold_hz, droop=spec.droop, nominal_hz=nominal_hz)
