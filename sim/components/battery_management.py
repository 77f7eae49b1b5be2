"""What a site file says about the management system and the ageing of a battery, and the presets of both."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from ...models.ageing import AgeingParams, CalendarParams, CycleParams, check_ageing
from ...models.battery import BatteryParams
from ...models.bms import BmsParams, check_bms
from ...models.bms_balance import BalanceParams
from ...models.bms_link import LinkParams
from ...models.bms_protection import ProtectionParams
from ...models.parameter import ParameterError, check_parameters
from ..files.presets import find_preset, preset_cache, preset_names
from ..files.sections import Section, refuse
from ..files.units import AMPERE, CELSIUS, VOLT, Duration

_CellVoltage = Annotated[float, VOLT.within(above=0.0, upper=10.0)]
_PackCurrent = Annotated[float, AMPERE.within(above=0.0)]
_Threshold = Annotated[float, CELSIUS.within(lower=-60.0, upper=150.0)]


class _Protection(Section):
    delay_s: Duration | None = Field(default=None, alias="delay")
    """For how long the trip threshold is exceeded before it trips [s]."""

    @property
    def overrides(self) -> dict[str, float]:
        """What is given, by the names of the model's parameters."""
        given: dict[str, float | None] = dict(self)
        return {name: value for name, value in given.items() if value is not None}


class VoltageProtection(_Protection):
    """Thresholds of the voltage of the average cell; those not given are the chemistry's, as far from the trip."""

    trip: _CellVoltage | None = None
    """Opens the relays [V]."""
    release: _CellVoltage | None = None
    """Back here, the trip can be acknowledged [V]."""
    warning: _CellVoltage | None = None
    """A warning from here on [V]."""
    warning_release: _CellVoltage | None = None
    """It ends here [V]."""


class CurrentProtection(_Protection):
    """Thresholds of the current of the pack; those not given follow from its rated current, as far from the trip."""

    trip: _PackCurrent | None = None
    """Opens the relays [A]."""
    release: _PackCurrent | None = None
    """Back here, the trip can be acknowledged [A]."""
    warning: _PackCurrent | None = None
    """A warning from here on [A]."""
    warning_release: _PackCurrent | None = None
    """It ends here [A]."""


class TemperatureProtection(_Protection):
    """Thresholds of the temperature of the cells; those not given are the chemistry's, as far from the trip."""

    trip: _Threshold | None = None
    """Opens the relays [°C]."""
    release: _Threshold | None = None
    """Back here, the trip can be acknowledged [°C]."""
    warning: _Threshold | None = None
    """A warning from here on [°C]."""
    warning_release: _Threshold | None = None
    """It ends here [°C]."""


class BatteryManagement(Section):
    """The battery management system where it differs from the usual one of the chemistry."""

    overvoltage: VoltageProtection = VoltageProtection()
    """Greatest voltage of the average cell."""
    undervoltage: VoltageProtection = VoltageProtection()
    """Least voltage of the average cell."""
    overcurrent_charging: CurrentProtection = CurrentProtection()
    """Greatest current while charging."""
    overcurrent_discharging: CurrentProtection = CurrentProtection()
    """Greatest current while discharging."""
    overtemperature_charging: TemperatureProtection = TemperatureProtection()
    """Only while the battery is charged."""
    overtemperature: TemperatureProtection = TemperatureProtection()
    """Greatest temperature of the cells."""
    undertemperature_charging: TemperatureProtection = TemperatureProtection()
    """Only while the battery is charged."""


def managed(
    chemistry: str, battery: BatteryParams, cells_in_series: float, changes: BatteryManagement
) -> BmsParams:
    """Return the management system of a battery.

    Args:
        chemistry: Of the battery's cells.
        battery: Its parameters.
        cells_in_series: Of each of its strings.
        changes: What the site file says.

    Raises:
        ParameterError: If thresholds contradict each other; names them.
    """
    params = bms_preset(chemistry, battery, cells_in_series)
    changed: dict[str, Any] = {
        name: _changed(getattr(params, name), getattr(changes, name))
        for name in BatteryManagement.model_fields
    }
    params = params._replace(**changed)
    check_parameters(params)
    check_bms(params)
    return params


def _changed(usual: ProtectionParams, protection: _Protection) -> ProtectionParams:
    """Return a protection as the site file has it; thresholds that it does not give keep their distance to the trip."""
    given = protection.overrides
    shift = given.get("trip", usual.trip) - usual.trip
    shifted: dict[str, float] = {
        name: value if name == "delay_s" else value + shift for name, value in usual._asdict().items()
    }
    return ProtectionParams(**(shifted | given))


def check_management(
    chemistry: str, battery: BatteryParams, cells_in_series: float, changes: BatteryManagement
) -> None:
    """Refuse thresholds of a site file that contradict each other, or those of the chemistry."""
    try:
        managed(chemistry, battery, cells_in_series, changes)
    except ParameterError as error:
        raise refuse(f"{error.parameter} {error.accepted}, and not {error.found}") from None


def check_ageing_known(chemistry: str, pace: float) -> None:
    """Refuse ageing of a chemistry for which there is no law."""
    known = ageing_preset_names()
    if pace != 0.0 and chemistry not in known:
        raise refuse(f"off: ageing laws are there for {', '.join(known)}, not for {chemistry}")


_PACE = "off, or a number: 1 for ageing as measured, 10 for ten times as fast"


def _pace(value: object) -> object:
    # YAML reads a bare `off` as false.
    if value is False or value == "off":
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1e6:
        raise refuse(_PACE)
    return float(value)


AgeingPace = Annotated[
    float,
    PlainValidator(_pace),
    PlainSerializer(lambda pace: pace or "off", when_used="json"),
    WithJsonSchema({"anyOf": [{"const": "off"}, {"type": "number", "minimum": 0.0}], "description": _PACE}),
]
"""By how much faster than measured a battery ages; 0 for not at all."""
_VOLTAGES_AND_TEMPERATURES = (
    "overvoltage",
    "undervoltage",
    "overtemperature_charging",
    "overtemperature",
    "undertemperature_charging",
)


def bms_preset_names() -> tuple[str, ...]:
    """Return the names that `bms_preset` accepts: chemistries."""
    return preset_names("bms")


def ageing_preset_names() -> tuple[str, ...]:
    """Return the names that `ageing_preset` accepts: chemistries."""
    return preset_names("ageing")


def bms_preset(name: str, battery: BatteryParams, cells_in_series: float) -> BmsParams:
    """Return the management system of a battery.

    Args:
        name: Chemistry.
        battery: The pack, whose rated currents and power thresholds are scaled to.
        cells_in_series: Of each of its strings.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the result could not work.
    """
    values = find_preset("bms", "battery management preset", name)
    gear = values["switchgear"]
    rated_kw = max(battery.charge_power_max_w, battery.discharge_power_max_w) / 1e3
    capacitance_f = gear["link_capacitance_f_per_kw"] * rated_kw
    params = BmsParams(
        cells_in_series=cells_in_series,
        **{key: ProtectionParams(**values[key]) for key in _VOLTAGES_AND_TEMPERATURES},
        overcurrent_charging=_of_current(values["overcurrent_charging"], battery.charge_current_max_a),
        overcurrent_discharging=_of_current(
            values["overcurrent_discharging"], battery.discharge_current_max_a
        ),
        link=LinkParams(
            capacitance_f,
            gear["precharge_time_constant_s"] / capacitance_f,
            gear["discharge_time_constant_s"] / capacitance_f,
            gear["charged_share"],
        ),
        precharge_timeout_s=gear["precharge_timeout_s"],
        relay_s=gear["relay_s"],
        balance=BalanceParams(charge_capacity_ah=battery.charge_capacity_ah, **values["balance"]),
    )
    check_parameters(params)
    check_bms(params)
    return params


@preset_cache
def ageing_preset(name: str, pace: float = 1.0) -> AgeingParams:
    """Return how a chemistry ages.

    Args:
        name: Chemistry.
        pace: 1: as published; 0: not at all; more: as if time and charge went by that much faster.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the pace is below 0.
    """
    values = find_preset("ageing", "ageing preset", name)
    params = AgeingParams(
        pace,
        CalendarParams(**_with_tuples(values["capacity_by_time"])),
        CycleParams(**_with_tuples(values["capacity_by_use"])),
        CalendarParams(**_with_tuples(values["resistance_by_time"])),
        CycleParams(**_with_tuples(values["resistance_by_use"])),
        values["turn_gap"],
    )
    check_parameters(params)
    check_ageing(params)
    return params


def _of_current(values: dict[str, float], rated_a: float) -> ProtectionParams:
    scaled = {key: value if key == "delay_s" else value * rated_a for key, value in values.items()}
    return ProtectionParams(**scaled)


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
