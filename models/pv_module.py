"""What modules and strings must be so that they can exist: power, voltage and current of one and the same diode."""

from __future__ import annotations

import math

from .parameter import ParameterError, check_parameters
from .pv import ModuleParams, PvArrayParams, pv_maximum_power_point

_STANDARD_W_PER_M2, _STANDARD_C = 1000.0, 25.0
_SAME = 1e-6
"""Powers that differ by less than this part are one."""
_GREATEST_STRING_V = 1500.0
"""Voltage for which modules are made at most (IEC 61730)."""


def module_power_w(module: ModuleParams) -> float:
    """Return the power that the diode of a module gives under standard test conditions [W]."""
    return pv_maximum_power_point(module, _STANDARD_W_PER_M2, _STANDARD_C).power_w


def open_voltage_v(module: ModuleParams) -> float:
    """Return the voltage of a module without load under standard test conditions, its shunt apart [V]."""
    return module.ideality_v * math.log1p(module.light_current_a / module.saturation_current_a)


def check_modules(params: PvArrayParams) -> None:
    """Refuse an array of modules that cannot exist.

    Raises:
        ParameterError: If a parameter is out of its range, the power of the modules is not the one that their diode
            gives, or their strings have more voltage than modules are made for; names the parameter.
    """
    check_parameters(params)
    power_w = module_power_w(params.module)
    if not abs(params.module.power_stc_w - power_w) <= _SAME * power_w:
        raise ParameterError(
            "module.power_stc_w",
            f"{params.module.power_stc_w:g} W",
            f"{power_w:.6g} W, which the other parameters of the module make",
        )
    most = _GREATEST_STRING_V / open_voltage_v(params.module)
    if not params.modules_in_series <= most:
        raise ParameterError(
            "modules_in_series",
            f"{params.modules_in_series:g}",
            f"<= {most:.4g}, by which a string has {_GREATEST_STRING_V:g} V without load (IEC 61730)",
        )
