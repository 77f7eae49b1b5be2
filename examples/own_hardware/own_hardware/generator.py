"""A diesel generator as a site file describes it, and what is built of that."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from doppelgrid.hardware import (
    AC_PARENTS,
    SET_POINT,
    Bounds,
    Built,
    Category,
    ComponentType,
    DeviceModel,
    GridFacts,
    Machine,
    NonNegativePower,
    RatedMachine,
    Rating,
    Setting,
    Unit,
    check_parameters,
    kilowatts,
    phase_shares,
    written,
)
from own_hardware import generator_model
from own_hardware.generator_model import GeneratorParams, GeneratorState

LITRE = Unit("l", {"l": 1.0, "m³": 1e3})
Volume = Annotated[float, LITRE.within(above=0.0, upper=1e6)]
_MINIMUM_LOAD = 0.3
_NO_LOAD_L_PER_KWH = 0.03
_LITRES_PER_KWH = 0.24
"""Chosen: about a quarter of a litre for each kWh, a tenth of it for running at all."""


class DieselGenerator(RatedMachine):
    """Burns diesel for power when it is told to."""

    category: Literal["diesel_generator"]
    tank_l: Volume = Field(default=written("200 l"), alias="tank")
    """Fuel in the tank when a run starts [l]."""
    base_power_w: NonNegativePower = Field(default=written("0 kW"), alias="base_power")
    """Delivered while no client tells it otherwise [W]."""


MODEL = DeviceModel(
    "diesel_generator",
    generator_model.GeneratorInput,
    generator_model.generator_output,
    generator_model.generator_horizon_s,
    generator_model.generator_step,
    generator_model.generator_power_limits,
)


def generator_params(generator: DieselGenerator, _grid: GridFacts) -> GeneratorParams:
    """Return the parameters of a generator of the size that a site file gives."""
    rated_w = generator.rated_power_w
    params = GeneratorParams(
        rated_power_w=rated_w,
        minimum_power_w=_MINIMUM_LOAD * rated_w,
        no_load_l_per_h=_NO_LOAD_L_PER_KWH * rated_w / 1e3,
        litres_per_kwh=_LITRES_PER_KWH,
        tank_l=generator.tank_l,
    )
    check_parameters(params)
    return params


def build(generator: DieselGenerator, setting: Setting) -> Built:
    """Make a generator with a full tank."""
    params = generator_params(generator, setting.grid)
    rating = Rating(
        active=Bounds(-params.rated_power_w, 0.0),
        reactive=None,
        default_w=-min(generator.base_power_w, params.rated_power_w),
        ramp_rate_w_per_s=generator.ramp_rate_w_per_s or math.inf,
        response_delay_s=generator.response_delay_s,
        minimum_w=params.minimum_power_w,
    )
    return Built(
        machine=Machine(
            MODEL,
            params,
            GeneratorState(params.tank_l),
            phase_shares(generator.phases),
            (SET_POINT,),
            rating=rating,
        )
    )


TYPE = ComponentType(
    name="diesel_generator",
    category=Category.CHP,  # What clients are told: the API has no category nearer to it.
    section=DieselGenerator,
    sdk_class="Chp",
    behind=AC_PARENTS,
    build=build,
    params=generator_params,
    caption=lambda generator: [kilowatts(generator.rated_power_w), f"{generator.tank_l:g} l"],
)
