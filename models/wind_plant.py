"""A wind turbine where it stands: the wind at its hub from the wind that is measured, and the air up there.

The wind grows with height by the power law v(h) = v(h0) (h / h0)^α (IEC 61400-12-1:2017); the factor is the same at all
speeds, so it is a parameter. So is the ratio of the air's pressure at the hub to that where it is measured. All else is
the turbine's (`wind_turbine`, whose state and output these are).

Left out: how the exponent goes with the stability of the air; what the model of the turbine leaves out.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .parameter import Parameter
from .wind_turbine import (
    WindTurbineInput,
    WindTurbineOutput,
    WindTurbineParams,
    WindTurbineState,
    wind_turbine_horizon_s,
    wind_turbine_output,
    wind_turbine_power_limits,
    wind_turbine_step,
)

_PA_PER_HPA = 100.0


class WindPlantParams(NamedTuple):
    """A turbine and its place."""

    turbine: WindTurbineParams
    wind_ratio: Annotated[float, Parameter("1", 0.05, 20.0, "power law, 2 m to 250 m, exponents to 0.6")]
    """Wind speed at the hub over that measured."""
    pressure_ratio: Annotated[float, Parameter("1", 0.9, 1.0, "ISO 2533, up to 300 m above the ground")]
    """Pressure of the air at the hub over that measured."""


class WindPlantInput(NamedTuple):
    """What acts on a turbine during a step."""

    set_point_w: float
    """Most that it may produce, production negative."""
    reactive_power_var: float
    """Wanted, inductive positive."""
    wind_m_per_s: float
    """Where it is measured."""
    ambient_c: float
    pressure_hpa: float
    """Pressure of the air where it is measured [hPa]."""
    relative_humidity: float
    """0..1."""
    is_out: float = 0.0
    """1 while it is out of service, 0 otherwise."""


def _acting(params: WindPlantParams, inp: WindPlantInput) -> WindTurbineInput:
    return WindTurbineInput(
        inp.set_point_w,
        inp.reactive_power_var,
        max(inp.wind_m_per_s, 0.0) * params.wind_ratio,
        inp.ambient_c,
        inp.pressure_hpa * _PA_PER_HPA * params.pressure_ratio,
        inp.relative_humidity,
        inp.is_out,
    )


def wind_plant_power_limits(
    params: WindPlantParams, state: WindTurbineState, inp: WindPlantInput
) -> tuple[float, float]:
    """Return what the wind offers now (<= 0), and 0 [W]."""
    return wind_turbine_power_limits(params.turbine, state, _acting(params, inp))


def wind_plant_output(
    params: WindPlantParams, state: WindTurbineState, inp: WindPlantInput
) -> WindTurbineOutput:
    """Return what the turbine shows at this instant; it holds for `wind_plant_horizon_s`."""
    return wind_turbine_output(params.turbine, state, _acting(params, inp))


def wind_plant_horizon_s(params: WindPlantParams, state: WindTurbineState, inp: WindPlantInput) -> float:
    """Return how long the output holds [s]: see `wind_turbine_horizon_s`."""
    return wind_turbine_horizon_s(params.turbine, state, _acting(params, inp))


def wind_plant_step(
    params: WindPlantParams, state: WindTurbineState, inp: WindPlantInput, dt_s: float
) -> tuple[WindTurbineState, WindTurbineOutput]:
    """Carry a turbine across `dt_s` [s] and return its new state and the means over that time."""
    return wind_turbine_step(params.turbine, state, _acting(params, inp), dt_s)
