"""A load of given active power: its reactive power, how both follow the voltage, and both on the phases it uses.

What is given is the power at rated voltage. A mix of constant impedance, current and power (ZIP, for either of active
and reactive power; coefficients that add up to 1) says what becomes of it at another:

    P / P0 = z v² + i v + p,   v = V / V0

Such coefficients are measured near the rated voltage. Below a floor the load goes on as a constant impedance, so that
it vanishes with the voltage, as OpenDSS does it below `vminpu` (EPRI, "OpenDSS Manual", load element).

Noise comes in as a share of the power, from outside.

Left out: motors that stall, thermostats that make up for a low voltage with time, harmonics.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter


class LoadParams(NamedTuple):
    """What a load does with its voltage; `CONSTANT_POWER` does nothing."""

    power_factor: Annotated[float, Parameter("1", 0.0, 1.0, "physics", above=True)]
    """Displacement power factor (cos φ) at rated voltage, inductive."""
    active_impedance: Annotated[float, Parameter("1", -30.0, 30.0, "doi:10.1109/TPWRD.2013.2285096")]
    """Part of the active power that goes with the square of the voltage."""
    active_current: Annotated[float, Parameter("1", -30.0, 30.0, "doi:10.1109/TPWRD.2013.2285096")]
    """Part of the active power that goes with the voltage; what is left of 1 is constant."""
    reactive_impedance: Annotated[float, Parameter("1", -30.0, 30.0, "doi:10.1109/TPWRD.2013.2285096")]
    reactive_current: Annotated[float, Parameter("1", -30.0, 30.0, "doi:10.1109/TPWRD.2013.2285096")]
    floor_pu: Annotated[float, Parameter("1", 0.0, 0.95, "range of measured coefficients")]
    """Voltage below which the load is a constant impedance."""


CONSTANT_POWER = LoadParams(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class LoadInput(NamedTuple):
    """What acts on a load."""

    power_w: float
    """Active power at rated voltage; of either sign."""
    noise: float
    """Share of the power that is added to it."""
    voltage_pu: float
    """Over the rated voltage, >= 0."""


class LoadOutput(NamedTuple):
    """What a load draws."""

    active_power_w: float
    reactive_power_var: float
    """Inductive positive."""


def load_voltage_factor(impedance: float, current: float, floor_pu: float, voltage_pu: float) -> float:
    """Return power over the power at rated voltage, for a mix of constant impedance, current and power."""
    v = max(voltage_pu, floor_pu)
    factor = (impedance * v + current) * v + (1.0 - impedance - current)
    if voltage_pu < floor_pu:
        below = max(voltage_pu, 0.0) / floor_pu
        factor *= below * below
    return factor


def load_output(params: LoadParams, inp: LoadInput) -> LoadOutput:
    """Return what a load draws; it holds for as long as its inputs do."""
    rated_w = inp.power_w * (1.0 + inp.noise)
    rated_var = load_reactive_power_var(rated_w, params.power_factor)
    if inp.voltage_pu == 1.0:
        return LoadOutput(rated_w, rated_var)
    floor = params.floor_pu
    active = load_voltage_factor(params.active_impedance, params.active_current, floor, inp.voltage_pu)
    reactive = load_voltage_factor(params.reactive_impedance, params.reactive_current, floor, inp.voltage_pu)
    return LoadOutput(rated_w * active, rated_var * reactive)


def load_reactive_power_var(active_power_w: float, power_factor: float) -> float:
    """Return the reactive power of a load [var], inductive and so positive.

    Args:
        active_power_w: Active power [W]; of either sign, the reactive power follows its magnitude.
        power_factor: Displacement power factor (cos φ), above 0 and up to 1.
    """
    tangent = math.sqrt(max(1.0 - power_factor * power_factor, 0.0)) / power_factor
    return abs(active_power_w) * tangent
