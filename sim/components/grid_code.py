"""What a grid code asks of one inverter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from operator import attrgetter
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from ...models.grid_code import GridCodeParams
from ...models.grid_guard import GridGuardParams
from ...models.grid_support import FreqWattParams, VoltVarParams, WattPfParams, WattVarParams
from ...models.parameter import ParameterError, check_parameters
from ..files.parameters import Number
from ..files.presets import check_at_most
from ..files.problems import Finding, one_of
from ..files.sections import Section, refuse, short_for, switched, written
from ..files.units import FRACTION, HERTZ, SECOND, Unit
from .section import given

PER_SECOND = Unit("1/s", {"%/min": 0.01 / 60.0, "%/s": 0.01})
_Low = Annotated[float, FRACTION.within(lower=0.0, upper=1.0)]
_Part = Annotated[float, FRACTION.within(lower=0.0, upper=1.0)]
_High = Annotated[float, FRACTION.within(lower=1.0, upper=2.0)]
_Time = Annotated[float, SECOND.within(upper=3600.0, above=0.0)]
_Wait = Annotated[float, SECOND.within(lower=0.0, upper=3600.0)]
_LowFrequency = Annotated[float, HERTZ.within(lower=40.0, upper=60.0)]
_HighFrequency = Annotated[float, HERTZ.within(lower=50.0, upper=70.0)]
_TIME_CONSTANTS = 3.0
"""Time constants that a first-order response takes to 95 %."""
_USUAL_RESPONSE = "10 s"
"""Chosen."""
_Growth = Annotated[float, PER_SECOND.within(above=0.0)]


def _known(name: str) -> str:
    if name not in grid_code_names():
        raise refuse(one_of(grid_code_names(), name))
    return name


def _usual_time(value: object) -> object:
    """Return `true` as the usual time of response, `false` as none."""
    return {True: _USUAL_RESPONSE, False: "0 s"}[value] if isinstance(value, bool) else value


def _not_below(corner: float, name: str, before: float | None) -> float:
    """Return a corner of a curve, which must not come before another."""
    if before is not None and corner < before:
        raise refuse(f"at least {name}, which is {100.0 * before:.6g} %")
    return corner


_UNITS = {"_hz": "Hz", "_s": "s"}
"""Of parameters by the ends of their names; others are plain numbers."""
_NOMINAL = "freq_watt.nominal_hz"
_IN_ORDER = (
    ("code.low_undervoltage_pu", "code.undervoltage_pu"),
    ("code.low_undervoltage_s", "code.undervoltage_s"),
    ("code.undervoltage_pu", "code.reconnect_voltage_min_pu"),
    ("code.reconnect_voltage_max_pu", "code.mean_overvoltage_pu"),
    ("code.reconnect_voltage_max_pu", "code.overvoltage_pu"),
    ("code.overvoltage_pu", "code.high_overvoltage_pu"),
    ("code.high_overvoltage_s", "code.overvoltage_s"),
    ("code.mean_overvoltage_pu", "code.high_overvoltage_pu"),
    ("code.underfrequency_hz", _NOMINAL),
    ("code.underfrequency_hz", "code.reconnect_frequency_min_hz"),
    ("code.reconnect_frequency_min_hz", _NOMINAL),
    (_NOMINAL, "code.reconnect_frequency_max_hz"),
    ("code.reconnect_frequency_max_hz", "code.overfrequency_hz"),
    (_NOMINAL, "code.overfrequency_hz"),
    ("freq_watt.lower_threshold_hz", "freq_watt.threshold_hz"),
    ("freq_watt.lower_threshold_hz", _NOMINAL),
    (_NOMINAL, "freq_watt.threshold_hz"),
    ("freq_watt.threshold_hz", "code.overfrequency_hz"),
    ("code.underfrequency_hz", "freq_watt.lower_threshold_hz"),
    ("volt_var.low_pu", "volt_var.dead_low_pu"),
    ("volt_var.dead_high_pu", "volt_var.high_pu"),
    ("watt_var.start_share", "watt_var.knee_share"),
    ("watt_var.knee_share", "watt_var.end_share"),
    ("watt_pf.start_share", "watt_pf.end_share"),
)
"""Parameters of which the first is at most the second.

Who may come back where he has to leave would never rest; a limit that is never met before another does nothing.
"""


class VoltVar(Section):
    """Q(U): reactive power that follows the voltage."""

    low_pu: Annotated[float, FRACTION.within(lower=0.5, upper=1.0)] = Field(
        default=written("93 %"), alias="low"
    )
    """Share of the nominal voltage: full capacitive power here and below."""
    dead_low_pu: Annotated[float, FRACTION.within(lower=0.5, upper=1.0)] = Field(
        default=written("97 %"), alias="dead_low"
    )
    """Capacitive power below."""
    dead_high_pu: Annotated[float, FRACTION.within(lower=1.0, upper=1.5)] = Field(
        default=written("103 %"), alias="dead_high"
    )
    """Inductive power above."""
    high_pu: Annotated[float, FRACTION.within(lower=1.0, upper=1.5)] = Field(
        default=written("107 %"), alias="high"
    )
    """Full inductive power here and above."""
    reactive_share: Annotated[float, FRACTION.within(lower=0.0, upper=1.0)] = Field(
        default=written("43.6 %"), alias="reactive_power"
    )
    """Full reactive power, of the rated apparent power."""
    response_time_s: Annotated[
        float,
        SECOND.within(lower=0.0, upper=180.0),
        BeforeValidator(_usual_time, json_schema_input_type=str | bool),
    ] = Field(default=written("0 s"), alias="response_time")
    """Time in which 95 % of a change follow the voltage, three time constants [s]; `true` for 10 s."""

    @field_validator("dead_low_pu", "high_pu")
    @classmethod
    def _beyond_the_corner_before(cls, corner: float, info: ValidationInfo) -> float:
        name = "low" if info.field_name == "dead_low_pu" else "dead_high"
        return _not_below(corner, name, info.data.get(f"{name}_pu"))


class WattVar(Section):
    """Q(P): inductive power that follows what is delivered."""

    start_share: _Part = Field(default=written("50 %"), alias="start")
    """Share of the rated power: no reactive power here and below."""
    knee_share: _Part = Field(default=written("60 %"), alias="knee")
    """Share of the rated power at the knee."""
    knee_reactive_share: _Part = Field(default=written("5 %"), alias="knee_reactive_power")
    """Reactive power at the knee, of the rated apparent power."""
    end_share: _Part = Field(default=written("90 %"), alias="end")
    """Share of the rated power: full reactive power here and above."""
    reactive_share: _Part = Field(default=written("33 %"), alias="reactive_power")
    """Full reactive power, of the rated apparent power."""

    @field_validator("knee_share", "end_share")
    @classmethod
    def _beyond_the_corner_before(cls, corner: float, info: ValidationInfo) -> float:
        name = "start" if info.field_name == "knee_share" else "knee"
        return _not_below(corner, name, info.data.get(f"{name}_share"))


class WattPf(Section):
    """cos φ(P): power factor, inductive, that follows what is delivered."""

    start_share: _Part = Field(default=written("50 %"), alias="start")
    """Share of the rated power: power factor 1 here and below."""
    end_share: _Part = Field(default=written("100 %"), alias="end")
    """Share of the rated power: the power factor below here and above."""
    power_factor: Number | None = Field(default=None, ge=0.1, le=1.0)
    """Least power factor; 0.95 up to a rated apparent power of 4.6 kVA and 0.9 above if not given."""

    @field_validator("end_share")
    @classmethod
    def _beyond_the_start(cls, corner: float, info: ValidationInfo) -> float:
        return _not_below(corner, "start", info.data.get("start_share"))


class FreqWatt(Section):
    """P(f): production that falls as frequency rises, and storage that charges then, and delivers as it falls."""

    threshold_hz: _HighFrequency | None = Field(default=None, alias="threshold")
    """Above it production falls, and storage charges in the end [Hz]; 50.2 Hz at 50 Hz if not given."""
    lower_threshold_hz: _LowFrequency | None = Field(default=None, alias="lower_threshold")
    """Below it storage charges less, and delivers in the end [Hz]; 49.8 Hz at 50 Hz if not given."""
    droop: Annotated[float, FRACTION.within(lower=0.02, upper=0.12)] = Field(default=written("5 %"))
    """Change of frequency, of the nominal one, over which power changes by all of its reference."""

    @field_validator("lower_threshold_hz")
    @classmethod
    def _not_above_the_other(cls, lower_hz: float | None, info: ValidationInfo) -> float | None:
        upper_hz = info.data.get("threshold_hz")
        if lower_hz is not None and upper_hz is not None and lower_hz > upper_hz:
            raise refuse(f"at most threshold, which is {upper_hz:g} Hz")
        return lower_hz


class GridCode(Section):
    """When an inverter leaves the grid and comes back, and how it supports voltage and frequency."""

    preset: Annotated[str, AfterValidator(_known)] = "vde-ar-n-4105"
    """Name of a set of thresholds and times; what follows goes before it."""
    undervoltage_pu: _Low | None = Field(default=None, alias="undervoltage")
    """Least voltage, a share of the nominal one, below which it leaves; by preset if not given."""
    undervoltage_s: _Time | None = Field(default=None, alias="undervoltage_time")
    """Time below the least voltage after which it leaves [s]; by preset if not given."""
    low_undervoltage_pu: _Low | None = Field(default=None, alias="low_undervoltage")
    """Voltage below which it leaves sooner, a share of the nominal one; by preset if not given."""
    low_undervoltage_s: _Time | None = Field(default=None, alias="low_undervoltage_time")
    """Time below that after which it leaves [s]; by preset, or `undervoltage_time`, if not given."""
    overvoltage_pu: _High | None = Field(default=None, alias="overvoltage")
    """Greatest voltage, a share of the nominal one, above which it leaves; by preset if not given."""
    overvoltage_s: _Time | None = Field(default=None, alias="overvoltage_time")
    """Time above the greatest voltage after which it leaves [s]; by preset if not given."""
    high_overvoltage_pu: _High | None = Field(default=None, alias="high_overvoltage")
    """Voltage above which it leaves sooner, a share of the nominal one; by preset if not given."""
    high_overvoltage_s: _Time | None = Field(default=None, alias="high_overvoltage_time")
    """Time above that after which it leaves [s]; by preset, or `overvoltage_time`, if not given."""
    mean_overvoltage_pu: _High | None = Field(default=None, alias="mean_overvoltage")
    """Greatest mean of the voltage over ten minutes, a share of the nominal one; by preset if not given."""
    underfrequency_hz: _LowFrequency | None = Field(default=None, alias="underfrequency")
    """Least frequency [Hz] below which it leaves; by preset if not given."""
    underfrequency_s: _Time | None = Field(default=None, alias="underfrequency_time")
    """Time below the least frequency after which it leaves [s]; by preset if not given."""
    overfrequency_hz: _HighFrequency | None = Field(default=None, alias="overfrequency")
    """Greatest frequency [Hz] above which it leaves; by preset if not given."""
    overfrequency_s: _Time | None = Field(default=None, alias="overfrequency_time")
    """Time above the greatest frequency after which it leaves [s]; by preset if not given."""
    reconnect_voltage_min_pu: _Low | None = Field(default=None, alias="reconnect_voltage_min")
    """Least voltage at which it comes back, a share of the nominal one; by preset, or `undervoltage`, if not given."""
    reconnect_voltage_max_pu: _High | None = Field(default=None, alias="reconnect_voltage_max")
    """Greatest voltage at which it comes back, alike; by preset, or at which it leaves, if not given."""
    reconnect_frequency_min_hz: _LowFrequency | None = Field(default=None, alias="reconnect_frequency_min")
    """Least frequency at which it comes back [Hz]; by preset, or `underfrequency`, if not given."""
    reconnect_frequency_max_hz: _HighFrequency | None = Field(default=None, alias="reconnect_frequency_max")
    """Greatest frequency at which it comes back [Hz]; by preset, or `overfrequency`, if not given."""
    reconnect_wait_s: _Wait | None = Field(default=None, alias="reconnect_wait")
    """Time in those limits after which it comes back [s]; by preset if not given."""
    gradient_per_s: _Growth | None = Field(default=None, alias="reconnect_gradient")
    """Growth of power after a reconnection, of the rated power; by preset if not given."""
    volt_var: Annotated[
        VoltVar | None, BeforeValidator(switched, json_schema_input_type=VoltVar | bool | None)
    ] = None
    """Reactive power by voltage; a client's reactive set-point other than 0 goes before it. Off if not given."""
    watt_var: Annotated[
        WattVar | None, BeforeValidator(switched, json_schema_input_type=WattVar | bool | None)
    ] = None
    """Reactive power by active power, in place of that by voltage; off if not given."""
    watt_pf: Annotated[
        WattPf | None, BeforeValidator(switched, json_schema_input_type=WattPf | bool | None)
    ] = None
    """Power factor by active power, in place of both; off if not given."""
    priority: Literal["reactive_power", "active_power"] = "reactive_power"
    """What of the apparent power goes first, where the code asks for reactive power; the other gives way."""
    freq_watt: Annotated[
        FreqWatt | None, BeforeValidator(switched, json_schema_input_type=FreqWatt | bool | None)
    ] = None
    """Active power by frequency; off if not given."""

    @field_validator("watt_var", "watt_pf")
    @classmethod
    def _alone(cls, curve: Section | None, info: ValidationInfo) -> Section | None:
        others = [name for name in ("volt_var", "watt_var") if info.data.get(name) is not None]
        if curve is not None and others and info.field_name not in others:
            raise refuse(f"nothing, since there is {others[0]}")
        return curve


REACTIVE_CURVES = ("volt_var", "watt_var", "watt_pf")
"""Names of the curves by which a code asks for reactive power."""
GridCodeInput = Annotated[
    GridCode, BeforeValidator(short_for("preset"), json_schema_input_type=GridCode | str)
]
"""A grid code: a section, or the name of a preset alone."""
_PRESETS = {"vde-ar-n-4105": GridCodeParams()}
_SMALL_VA, _SMALL_POWER_FACTOR = 4600.0, 0.95
"""Up to this, the usual power factor of cos φ(P) is that (SolaX, "X3-IES", manual, VDE-AR-N 4105)."""
_PRESET_HZ = 50.0
"""Nominal frequency of the presets; thresholds move with that of a site."""


def grid_code_names() -> tuple[str, ...]:
    """Return the names that `grid_code` of a site file accepts."""
    return tuple(_PRESETS)


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
    values |= {name: own for name in values if (own := getattr(spec, name, None)) is not None}
    code = _back_within(spec, GridCodeParams(**values))
    params = GridGuardParams(
        code=code,
        volt_var=_volt_var(spec.volt_var),
        freq_watt=_freq_watt(spec.freq_watt, nominal_hz, code),
        rated_power_w=rated_power_w,
        rated_apparent_power_va=rated_apparent_power_va,
        follows_production=follows_production,
        watt_var=_watt_var(spec.watt_var),
        watt_pf=_watt_pf(spec.watt_pf, rated_apparent_power_va),
        reactive_first=spec.priority == "reactive_power",
    )
    check_parameters(params)
    return params


def _back_within(spec: GridCode, code: GridCodeParams) -> GridCodeParams:
    """Return a code whose limits go together as far as the file does not give them.

    The window of reconnection is where it need not leave, and a stage that is farther out is not slower.
    """
    within = {
        "low_undervoltage_s": min(code.low_undervoltage_s, code.undervoltage_s),
        "high_overvoltage_s": min(code.high_overvoltage_s, code.overvoltage_s),
        "reconnect_voltage_min_pu": max(code.reconnect_voltage_min_pu, code.undervoltage_pu),
        "reconnect_voltage_max_pu": min(
            code.reconnect_voltage_max_pu, code.overvoltage_pu, code.mean_overvoltage_pu
        ),
        "reconnect_frequency_min_hz": max(code.reconnect_frequency_min_hz, code.underfrequency_hz),
        "reconnect_frequency_max_hz": min(code.reconnect_frequency_max_hz, code.overfrequency_hz),
    }
    return code._replace(**{name: value for name, value in within.items() if getattr(spec, name) is None})


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
        time_constant_s=spec.response_time_s / _TIME_CONSTANTS,
    )


def _watt_var(spec: WattVar | None) -> WattVarParams:
    return WattVarParams() if spec is None else WattVarParams(True, *(value for _, value in spec))


def _watt_pf(spec: WattPf | None, rated_apparent_power_va: float) -> WattPfParams:
    usual = _SMALL_POWER_FACTOR if rated_apparent_power_va <= _SMALL_VA else WattPfParams().power_factor
    if spec is None:
        return WattPfParams(power_factor=usual)
    return WattPfParams(True, spec.start_share, spec.end_share, given(spec.power_factor, usual))


def check_grid_guard(params: GridGuardParams) -> None:
    """Hold limits, corners of curves and the nominal frequency to each other.

    Raises:
        ParameterError: Naming what is wrong.
    """
    for first, second in _IN_ORDER:
        unit = next((unit for end, unit in _UNITS.items() if first.endswith(end)), "")
        lower, upper = attrgetter(first)(params), attrgetter(second)(params)
        if first == _NOMINAL and not lower <= upper:
            raise ParameterError(second, f"{upper:g} Hz", f"at least {first}, {lower:g} Hz (physics)")
        check_at_most(first, lower, second, upper, unit)
    enabled = [name for name in REACTIVE_CURVES if getattr(params, name).enabled]
    if len(enabled) > 1:
        raise ParameterError(f"{enabled[1]}.enabled", "true", f"false, since there is {enabled[0]}")


def grid_code_findings(spec: GridCode, nominal_hz: float) -> Iterator[Finding]:
    """Find limits of a file that contradict each other, those of the preset, or the nominal frequency of the grid.

    Args:
        spec: Of the site file.
        nominal_hz: Of the grid.
    """
    params = grid_guard_params(
        spec, rated_power_w=1.0, rated_apparent_power_va=1.0, nominal_hz=nominal_hz, follows_production=False
    )
    for first, second in _IN_ORDER:
        lower, upper = attrgetter(first)(params), attrgetter(second)(params)
        if lower <= upper:
            continue
        if (place := _place_in_file(spec, second)) is not None:
            yield Finding(
                place, _in_words(second, upper), f"at least {_called(first)}, {_in_words(first, lower)}"
            )
        elif (place := _place_in_file(spec, first)) is not None:
            yield Finding(
                place, _in_words(first, lower), f"at most {_called(second)}, {_in_words(second, upper)}"
            )


def _place_in_file(spec: GridCode, name: str) -> tuple[str, ...] | None:
    """Return the keys by which a file gives a parameter; None if it does not."""
    *sections, field = name.removeprefix("code.").split(".")
    where: Section | None = spec
    for section in sections:
        where = getattr(where, section)
    if where is None or field not in where.model_fields_set:
        return None
    return *sections, type(where).model_fields[field].alias or field


def _called(name: str) -> str:
    if name == _NOMINAL:
        return "the nominal frequency"
    key = name.rpartition(".")[2].rpartition("_")[0]
    return f"{key}_time" if name.endswith("_s") else key


def _in_words(name: str, value: float) -> str:
    unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), None)
    return f"{100.0 * value:.6g} %" if unit is None else f"{value:g} {unit}"


def _freq_watt(spec: FreqWatt | None, nominal_hz: float, code: GridCodeParams) -> FreqWattParams:
    """Return P(f), its band as far as the file does not give it within what the code does not leave the grid for."""
    ratio, off = nominal_hz / _PRESET_HZ, FreqWattParams()
    params = off._replace(
        threshold_hz=min(off.threshold_hz * ratio, code.overfrequency_hz),
        nominal_hz=nominal_hz,
        lower_threshold_hz=max(off.lower_threshold_hz * ratio, code.underfrequency_hz),
    )
    if spec is None:
        return params
    lower_hz, upper_hz = spec.lower_threshold_hz, spec.threshold_hz
    return params._replace(
        enabled=True,
        threshold_hz=given(upper_hz, max(params.threshold_hz, given(lower_hz, 0.0))),
        droop=spec.droop,
        lower_threshold_hz=given(lower_hz, min(params.lower_threshold_hz, given(upper_hz, math.inf))),
    )
