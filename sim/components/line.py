"""The line that joins a component to what it is behind: a type of cable and its length, or impedances."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from ...models.line import LineParams, at_frequency, warmed
from ...models.parameter import check_parameters
from ..files.presets import find_preset, preset_names
from ..files.sections import Section, lacks, one_of_names, refuse_at, written
from ..files.units import AMPERE, CELSIUS, METRE, OHM

NEUTRAL_RATIO = 4.0
"""Impedance of the zero sequence over that of the positive one where the neutral is as thick as a phase."""
_Impedance = Annotated[float, OHM.within(lower=0.0, upper=100.0)]
_ZeroImpedance = Annotated[float, OHM.within(lower=0.0, upper=1000.0)]
_WAYS = "type and length, or resistance and reactance"
_UNITS = {"length_m": METRE, "temperature_c": CELSIUS}
"""Of fields; others are in Ω."""


def line_preset_names() -> tuple[str, ...]:
    """Return the names that `line_preset` accepts."""
    return preset_names("lines")


class Line(Section):
    """A line of three phases and neutral."""

    type: Annotated[str, one_of_names(line_preset_names)] | None = None
    """Name of a type of cable, which says impedances by length."""
    length_m: Annotated[float, METRE.within(above=0.0, upper=100e3)] | None = Field(
        default=None, alias="length"
    )
    """Length of the cable [m]."""
    temperature_c: Annotated[float, CELSIUS.within(lower=-50.0, upper=250.0)] = Field(
        default=written("20 °C"), alias="temperature"
    )
    """Temperature of the conductors, which the resistance goes by [°C]."""
    resistance_ohm: _Impedance | None = Field(default=None, alias="resistance")
    """Resistance of the whole line per phase at that temperature, in place of a type [Ω]."""
    reactance_ohm: _Impedance | None = Field(default=None, alias="reactance")
    """Reactance of the whole line per phase, in place of a type [Ω]."""
    zero_resistance_ohm: _ZeroImpedance | None = Field(default=None, alias="zero_sequence_resistance")
    """Resistance of the zero sequence [Ω]; four times `resistance` if not given, as with a neutral like a phase."""
    zero_reactance_ohm: _ZeroImpedance | None = Field(default=None, alias="zero_sequence_reactance")
    """Reactance of the zero sequence [Ω]; four times `reactance` if not given."""
    rated_current_a: Annotated[float, AMPERE.within(above=0.0)] | None = Field(
        default=None, alias="rated_current"
    )
    """Greatest current for ever [A]; by the type if not given."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        by_type, by_impedance = ("type", "length_m"), ("resistance_ohm", "reactance_ohm")
        given = [name for name in (*by_type, *by_impedance) if getattr(self, name) is not None]
        wanted = by_type if self.type is not None or not set(given) & set(by_impedance) else by_impedance
        alias = {name: field.alias or name for name, field in type(self).model_fields.items()}
        for name in wanted:
            if name not in given:
                raise lacks(alias[name], _WAYS)
        further = ("resistance_ohm", "reactance_ohm", "zero_resistance_ohm", "zero_reactance_ohm")
        idle = further if wanted == by_type else (*by_type, "temperature_c")
        for name in idle:
            if name in self.model_fields_set:
                raise refuse_at((alias[name],), self._found(name), f"either {_WAYS}")
        if wanted == by_impedance:
            self._check_zero_sequence()
        if self.resistance_ohm == 0.0 and self.reactance_ohm == 0.0:
            raise refuse_at(
                ("resistance",), "0 Ω", "more than 0 Ω of resistance or reactance; no line costs nothing"
            )
        return self

    def _found(self, name: str) -> str:
        value = getattr(self, name)
        return value if isinstance(value, str) else _UNITS.get(name, OHM).in_words(value)

    def _check_zero_sequence(self) -> None:
        """Refuse a zero sequence that is less than the positive one: the neutral's impedance would be negative."""
        for name in ("resistance", "reactance"):
            zero, own = getattr(self, f"zero_{name}_ohm"), getattr(self, f"{name}_ohm")
            if zero is not None and zero < own:
                raise refuse_at((f"zero_sequence_{name}",), f"{zero:g} Ω", f"at least the {name}, {own:g} Ω")


def line_preset(name: str, length_m: float) -> LineParams:
    """Return a cable of a type.

    Args:
        name: Of the type.
        length_m: > 0.

    Raises:
        ValueError: If there is no such type; says which there are.
        ParameterError: If it describes a cable that cannot exist; names the parameter.
    """
    values = find_preset("lines", "type of line", name)
    kilometres = length_m / 1e3
    resistance, reactance = (
        values[f"{each}_ohm_per_km"] * kilometres for each in ("resistance", "reactance")
    )
    params = LineParams(
        resistance_ohm=resistance,
        reactance_ohm=reactance,
        zero_resistance_ohm=NEUTRAL_RATIO * resistance,
        zero_reactance_ohm=NEUTRAL_RATIO * reactance,
        capacitance_f=values["capacitance_f_per_km"] * kilometres,
        rated_current_a=values["rated_current_a"],
    )
    check_parameters(params)
    return params


def line_params(line: Line, frequency_hz: float) -> LineParams:
    """Return the parameters of a line of a site file at the nominal frequency [Hz], for which it states impedances."""
    if line.type is not None:
        assert line.length_m is not None
        params = warmed(line_preset(line.type, line.length_m), line.temperature_c)
        params = at_frequency(params, frequency_hz)
    else:
        assert line.resistance_ohm is not None
        assert line.reactance_ohm is not None
        params = LineParams(
            line.resistance_ohm,
            line.reactance_ohm,
            _or(line.zero_resistance_ohm, NEUTRAL_RATIO * line.resistance_ohm),
            _or(line.zero_reactance_ohm, NEUTRAL_RATIO * line.reactance_ohm),
            0.0,
            math.inf,
        )
    return params._replace(rated_current_a=_or(line.rated_current_a, params.rated_current_a))


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def line_caption(line: Line) -> str:
    """Say what a line is."""
    if line.type is not None:
        return f"{line.type} {line.length_m:g} m"
    return f"{line.resistance_ohm:g} + j{line.reactance_ohm:g} Ω"
