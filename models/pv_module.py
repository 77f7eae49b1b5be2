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
_LEAST_LOGARITHM, _GREATEST_LOGARITHM = 15.0, 40.0
"""Of the light current over the saturation current; 18.7 to 34.7 among the modules of the CEC library."""
_MOST_IN_SERIES, _MOST_IN_SHUNT = 0.4, 0.35
"""Part of the open-circuit voltage, and of the light current, that resistances may take; 0.353 and 0.304 there."""
_LEAST_PER_K, _GREATEST_PER_K = -0.0015, 0.0055
"""Change of the light current over that current [1/K]; -0.0014 to 0.0053 there."""
_LIBRARY = "chosen: around the modules of the CEC library"


def module_power_w(module: ModuleParams) -> float:
    """Return the power that the diode of a module gives under standard test conditions [W]."""
    return pv_maximum_power_point(module, _STANDARD_W_PER_M2, _STANDARD_C).power_w


def open_voltage_v(module: ModuleParams) -> float:
    """Return the voltage of a module without load under standard test conditions, its shunt apart [V]."""
    return module.ideality_v * math.log1p(module.light_current_a / module.saturation_current_a)


def check_modules(params: PvArrayParams) -> None:
    """Refuse an array of modules that cannot exist.

    Raises:
        ParameterError: If a parameter is out of its range, or of that which it can have beside the others, the power of
            the modules is not the one that their diode gives, or their strings have no whole number of them or more
            voltage than they are made for; names the parameter.
    """
    check_parameters(params)
    check_diode(params.module)
    power_w = module_power_w(params.module)
    if not abs(params.module.power_stc_w - power_w) <= _SAME * power_w:
        raise ParameterError(
            "module.power_stc_w",
            f"{params.module.power_stc_w:g} W",
            f"{power_w:.6g} W, which the other parameters of the module make",
        )
    if params.modules_in_series != round(params.modules_in_series):
        raise ParameterError("modules_in_series", f"{params.modules_in_series:g}", "a whole number >= 1")
    most = _GREATEST_STRING_V / open_voltage_v(params.module)
    if not params.modules_in_series <= most:
        raise ParameterError(
            "modules_in_series",
            f"{params.modules_in_series:g}",
            f"<= {most:.4g}, by which a string has {_GREATEST_STRING_V:g} V without load (IEC 61730)",
        )


def check_diode(module: ModuleParams) -> None:
    """Refuse a module whose diode is none: that has no voltage, or little but resistance.

    Raises:
        ParameterError: Naming the parameter and what it could be beside the others.
    """
    light_a, open_v = module.light_current_a, open_voltage_v(module)
    for name, unit, lower, upper in (
        (
            "saturation_current_a",
            "A",
            light_a * math.exp(-_GREATEST_LOGARITHM),
            light_a * math.exp(-_LEAST_LOGARITHM),
        ),
        ("series_ohm", "Ω", 0.0, _MOST_IN_SERIES * open_v / light_a),
        ("shunt_ohm", "Ω", open_v / (_MOST_IN_SHUNT * light_a), math.inf),
        ("current_a_per_k", "A/K", _LEAST_PER_K * light_a, _GREATEST_PER_K * light_a),
    ):
        value = getattr(module, name)
        if not lower <= value <= upper:
            between = f">= {lower:.3g}" if math.isinf(upper) else f"{lower:.3g}..{upper:.3g}"
            raise ParameterError(
                f"module.{name}", f"{value:g} {unit}", f"{between} {unit} beside the others ({_LIBRARY})"
            )
