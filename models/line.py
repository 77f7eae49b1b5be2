"""A line of three phases and neutral, by its symmetrical components: what it lets a current cost in voltage.

Its conductors are taken to be alike, so one impedance of the positive and negative sequence and one of the zero
sequence say all. With the currents `I1`, `I2`, `I3` of the phases and their sum, which the neutral leads back,

    U1 = z I1 + (z0 - z) / 3 (I1 + I2 + I3)

and likewise for the other phases: voltages to neutral at the far end then contain what the neutral's own impedance
costs, `z0 = z + 3 zn`. Resistances are stated at 20 °C and rise with temperature, by `1 + 0.00403 (T - 20 °C)` for
aluminium (pandapower/std_types.py, `alpha_al`); reactances of types at 50 Hz, and they rise in proportion. Half of the
capacitance is at either end.

Left out: skin effect, harmonics, conductors that are unlike, what the ground leads beside the neutral.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .parameter import Parameter

REFERENCE_C = 20.0
"""Temperature to which resistances are stated [°C]."""
REFERENCE_HZ = 50.0
"""Frequency to which reactances of types are stated [Hz]."""
PER_KELVIN = 0.00403
"""Change of the resistance of aluminium [1/K]."""


class LineParams(NamedTuple):
    """A line, whole, per phase."""

    resistance_ohm: Annotated[float, Parameter("Ω", 0.0, 1e3)]
    reactance_ohm: Annotated[float, Parameter("Ω", 0.0, 1e3)]
    zero_resistance_ohm: Annotated[float, Parameter("Ω", 0.0, 1e4)]
    """Of the zero sequence."""
    zero_reactance_ohm: Annotated[float, Parameter("Ω", 0.0, 1e4)]
    capacitance_f: Annotated[float, Parameter("F", 0.0, 1e-2)]
    rated_current_a: Annotated[float, Parameter("A", 0.0, above=True, unbounded=True)]
    """That it carries for ever; infinite if unknown."""


def warmed(params: LineParams, temperature_c: float) -> LineParams:
    """Return a line of aluminium at a temperature of its conductors [°C], from that at `REFERENCE_C`."""
    factor = 1.0 + PER_KELVIN * (temperature_c - REFERENCE_C)
    return params._replace(
        resistance_ohm=params.resistance_ohm * factor, zero_resistance_ohm=params.zero_resistance_ohm * factor
    )


def at_frequency(params: LineParams, frequency_hz: float) -> LineParams:
    """Return a line at a frequency [Hz], from that at `REFERENCE_HZ`."""
    factor = frequency_hz / REFERENCE_HZ
    return params._replace(
        reactance_ohm=params.reactance_ohm * factor, zero_reactance_ohm=params.zero_reactance_ohm * factor
    )
