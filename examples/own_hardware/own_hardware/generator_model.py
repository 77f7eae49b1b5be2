"""A diesel generator: it produces as long as there is fuel in its tank, from a minimum load on.

Pure functions on named tuples of numbers, after the contract of `doppelgrid.models`: `output` says what it shows at an
instant, `horizon_s` for how long that holds, `step` carries it along, `power_limits` says what it could do. They run as
they stand in live sites, and compiled in runs without clients.

Left out: starting time, warm-up, and how consumption changes with temperature.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from doppelgrid.hardware import Parameter

_SECONDS_PER_HOUR = 3600.0
_EMPTY_L = 1e-9
"""Less than this cannot be burnt: what rounding leaves."""


class GeneratorParams(NamedTuple):
    """What a generator is."""

    rated_power_w: Annotated[float, Parameter("W", 0.0, above=True)]
    minimum_power_w: Annotated[float, Parameter("W", 0.0)]
    """Below this it does not run [W]."""
    no_load_l_per_h: Annotated[float, Parameter("l/h", 0.0)]
    """Burnt for running at all [l/h]."""
    litres_per_kwh: Annotated[float, Parameter("l/kWh", 0.05, 1.0, "0.1 l hold 1 kWh of heat")]
    """Burnt for what it delivers besides [l/kWh]."""
    tank_l: Annotated[float, Parameter("l", 0.0, above=True)]


class GeneratorState(NamedTuple):
    """What a generator remembers."""

    fuel_l: float
    """In its tank [l]."""


class GeneratorInput(NamedTuple):
    """What acts on a generator."""

    set_point_w: float
    """Power that it is to have, <= 0 to produce [W]."""


class GeneratorOutput(NamedTuple):
    """What a generator shows."""

    active_power_w: float
    """<= 0 [W]."""
    reactive_power_var: float
    fuel_l_per_h: float
    """Burnt [l/h]."""


def generator_power_limits(
    params: GeneratorParams, state: GeneratorState, _inp: GeneratorInput
) -> tuple[float, float]:
    """Return the active power that it could have now [W]."""
    return (-params.rated_power_w if state.fuel_l > _EMPTY_L else 0.0), 0.0


def generator_output(params: GeneratorParams, state: GeneratorState, inp: GeneratorInput) -> GeneratorOutput:
    """Return what it delivers and burns at this instant."""
    wanted_w = min(max(-inp.set_point_w, 0.0), params.rated_power_w)
    if state.fuel_l <= _EMPTY_L or wanted_w <= 0.0 or wanted_w < params.minimum_power_w:
        return GeneratorOutput(0.0, 0.0, 0.0)
    return GeneratorOutput(-wanted_w, 0.0, params.no_load_l_per_h + params.litres_per_kwh * wanted_w / 1e3)


def generator_horizon_s(params: GeneratorParams, state: GeneratorState, inp: GeneratorInput) -> float:
    """Return how long it goes on so [s]: until the tank is empty."""
    burnt_l_per_h = generator_output(params, state, inp).fuel_l_per_h
    if burnt_l_per_h <= 0.0:
        return math.inf
    return max(state.fuel_l / burnt_l_per_h * _SECONDS_PER_HOUR, 1e-3)


def generator_step(
    params: GeneratorParams, state: GeneratorState, inp: GeneratorInput, dt_s: float
) -> tuple[GeneratorState, GeneratorOutput]:
    """Carry it along for a time [s], at most its horizon."""
    shown = generator_output(params, state, inp)
    left_l = state.fuel_l - shown.fuel_l_per_h * dt_s / _SECONDS_PER_HOUR
    return GeneratorState(left_l if left_l > _EMPTY_L else 0.0), shown
