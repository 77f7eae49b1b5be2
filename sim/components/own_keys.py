"""Parameters of models that a site file says by keys of their own: those go by the keys, or by one of the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ...models.parameter import ParameterError
from .charged_cars import CAR
from .section import ComponentSection

BOUNDS: Mapping[str, str] = {
    "dc_power_stc_w": "peak_power_w",
    "rated_power_w": "rated_power_w",
    "rated_apparent_power_va": "rated_apparent_power_va",
    "minimum_power_w": "min_power_w",
    "apparent_power_va": "rated_power_w",
    "rated_reactive_power_var": "rated_reactive_power_var",
    "switches_phases": "phase_switching",
    "switch_delay_s": "phase_switching",
    "switch_pause_s": "phase_switching",
    "switch_dwell_s": "phase_switching",
}
"""Parameters by which bounds and inputs are shown as well, and the fields of sections that set them."""
_BY_KEY: Mapping[str, str] = {
    "capacity_wh": "capacity_wh",
    "pace": "ageing",
    "heat_led": "heat_led",
    "is_dc": "type",
    "phases": "phases",
    "place_1": "phases",
    "place_2": "phases",
    "place_3": "phases",
    "dc_curves_w": "sessions",
    "connectors": "shares_power_with",
    "follows_production": "category",
    "noise": "measurement",
}
"""Parameters that a component has more of than the model itself, where it has a key for them."""
_ALIKE: Mapping[str, str] = {
    "charge_capacity_ah": "capacity_wh",
    "charge_power_max_w": "max_charge_power_w",
    "discharge_power_max_w": "max_discharge_power_w",
    "power_factor_min": "min_power_factor",
    "reactive_power_max_var": "max_reactive_power_var",
    "loading_w_per_s": "ramp_rate_w_per_s",
    "current_min_a": "min_power_w",
    "heating_set_point_c": "heating_temperature_c",
    "cooling_set_point_c": "cooling_temperature_c",
    "supply_c": "supply_temperature_c",
    "discharge_s": "discharge_time_s",
    "wind_ratio": "hub_height_m",
    "start_w_per_m2": "start_irradiance_w_per_m2",
    "stop_w_per_m2": "stop_irradiance_w_per_m2",
    "degradation": "age_years",
    "time_constant_s": "response_time_s",
    "load_step_w": "load_acceptance",
    "recovery_s": "load_acceptance",
    "gain_errors": "accuracy_class",
    "angle_errors_rad": "accuracy_class",
    "directions": "wiring",
    "ratio_factors": "wiring",
    "current_phases": "wiring",
    "voltage_phases": "wiring",
    "power_curve_w": "power_curve",
    "curve_end_m_per_s": "power_curve",
    "iced_share": "iced_power",
    "pressure_ratio": "hub_height_m",
    "by_battery_voltage": "dc_voltage",
    "reactive_first": "priority",
}
"""Parameters whose keys have other names."""
_MADE_BY: Mapping[str, tuple[str, ...]] = {"power_curve_w": ("turbulence",)}
"""Parameters that further keys make."""
_SWITCH = "enabled"
"""Parameter of a set that a key says by being there, or by `true` or `false`."""
_SECTIONS: Mapping[str, str] = {"meter": "measurement", "impedance": "voltages"}
"""Parts whose keys are in sections of other names."""


def goes_by_key(name: str) -> bool:
    """Say whether a parameter of this name is set by a key of its component, where that has one."""
    first, _, _ = name.partition(".")
    own = name.rpartition(".")[2]
    return first == CAR or own in BOUNDS or own in _BY_KEY


def key_given(section: ComponentSection, name: str) -> str | None:
    """Return the key by which a site file has said the same as a parameter, with those around it; None if by none.

    Args:
        section: Of the component.
        name: Of the parameter, after those of the sets that it is in.
    """
    *sets, own = name.split(".")
    where: BaseModel = section
    within = ""
    for place, part in enumerate(sets):
        field = _SECTIONS.get(part, part)
        inner = getattr(where, field, None)
        if field not in where.model_fields_set:
            continue
        if own == _SWITCH and place == len(sets) - 1:
            return f"{within}{_alias(where, field)}"
        if isinstance(inner, BaseModel):
            where, within = inner, f"{within}{_alias(where, field)}."
    fields = (_ALIKE.get(own, own), *_MADE_BY.get(own, ()))
    given = next((field for field in fields if field in where.model_fields_set), None)
    return None if given is None else f"{within}{_alias(where, given)}"


def refuse_own_keys(section: ComponentSection) -> None:
    """Refuse parameters that keys of a component say: where only they may, and where they have.

    Raises:
        ParameterError: Naming the parameter and the key.
    """
    fields = type(section).model_fields
    for name in section.parameters:
        own = name.rpartition(".")[2]
        if name.partition(".")[0] == CAR and CAR in fields:
            raise ParameterError(name, "set by a key of the component itself", "keys of car or sessions")
        field = BOUNDS.get(own, _BY_KEY.get(own))
        if field in fields:
            by = _alias(section, field)
            raise ParameterError(name, "set by a key of the component itself", f"that key, {by}")
        if own in BOUNDS:
            raise ParameterError(name, "what its bounds go by", "other parameters")
        if (key := key_given(section, name)) is not None:
            raise ParameterError(name, f"said by {key} as well", "one of the two")


def _alias(section: Any, field: str) -> str:
    return type(section).model_fields[field].alias or field
