"""Electric steam boilers."""

from __future__ import annotations

from typing import Literal

from ....models import steam_boiler
from ....models.ac import phase_shares
from ....models.heat_buffer import HeatBufferParams
from ....models.parameter import check_parameters
from ....models.steam_boiler import SteamBoilerParams, saturation_temperature_c, steam_boiler_initial_state
from ...domain.categories import Category
from ...domain.ranges import Bounds
from ...files.presets import check_at_most, check_own_draws, find_preset, preset_names
from ...inputs.specs import ConsumedInput
from ..component_type import AC_PARENTS, Built, ComponentType, Way
from ..device import AMBIENT, SET_POINT, Machine
from ..device_model import DeviceModel
from ..section import ProcessMachine
from ..setting import Setting
from .process import (
    check_gets_warm,
    check_swing,
    demand_signal,
    process_caption,
    process_rating,
    usual_preset,
)


class SteamBoiler(ProcessMachine):
    """Makes steam with electricity; consumes when told to."""

    category: Literal[Category.STEAM_BOILER]
    steam_demand: ConsumedInput | None = None
    """Heat drawn as steam [W]; all that it makes if not given."""


_SECONDS_TO_FULL = 5.0
"""From nothing to the rating where a site file gives no ramp [s]; chosen."""


def steam_boiler_preset_names() -> tuple[str, ...]:
    """Return the names that `steam_boiler_preset` accepts."""
    return preset_names("steam_boilers")


def steam_boiler_preset(name: str, rated_power_w: float) -> SteamBoilerParams:
    """Return the parameters of a steam boiler of a given size.

    Args:
        name: Of the preset; powers and heat are scaled to the rated power.
        rated_power_w: Electric [W], > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the size cannot exist.
    """
    values = find_preset("steam_boilers", "steam boiler preset", name)
    for lower, upper in (
        ("restart_bar", "full_bar"),
        ("useful_bar", "restart_bar"),
        ("keep_warm_bar", "restart_bar"),
    ):
        check_at_most(lower, values[lower], upper, values[upper], "bar")
    params = SteamBoilerParams(
        rated_power_w=rated_power_w,
        minimum_power_w=values["minimum_load"] * rated_power_w,
        loading_w_per_s=rated_power_w / _SECONDS_TO_FULL,
        auxiliary_power_w=values["auxiliary"] * rated_power_w,
        efficiency=values["efficiency"],
        drum=HeatBufferParams(
            heat_capacity_j_per_k=values["heat_capacity_j_per_k_per_w"] * rated_power_w,
            heat_loss_w_per_k=values["heat_loss_per_k"] * rated_power_w,
            useful_c=saturation_temperature_c(values["useful_bar"] * 1e5),
        ),
        full_c=saturation_temperature_c(values["full_bar"] * 1e5),
        restart_c=saturation_temperature_c(values["restart_bar"] * 1e5),
        keep_warm_c=saturation_temperature_c(values["keep_warm_bar"] * 1e5),
        keep_warm_power_w=values["keep_warm"] * rated_power_w,
        steam_enthalpy_j_per_kg=values["steam_enthalpy_j_per_kg"],
    )
    check_parameters(params)
    check_steam_boiler(params)
    return params


_USUAL_STEAM_BOILERS = ((2e6, "resistive"), (float("inf"), "electrode"))
"""Up to a rated power [W]; chosen: a preset is made for it, or the technology is common there."""
STEAM_BOILER = DeviceModel(
    "steam_boiler", steam_boiler.SteamBoilerInput, steam_boiler.steam_boiler_output,
    steam_boiler.steam_boiler_horizon_s, steam_boiler.steam_boiler_step,
    steam_boiler.steam_boiler_power_limits, besides=steam_boiler.steam_boiler_besides,
)  # fmt: skip


def build(boiler: SteamBoiler, setting: Setting) -> Built:
    """Make a steam boiler, kept warm so far; without a demand, all steam that it makes is taken.

    Raises:
        InputError: If a recorded demand cannot drive it.
    """
    params = steam_boiler_params(boiler)
    rated_w = boiler.rated_power_w
    machine = Machine(
        STEAM_BOILER,
        params,
        steam_boiler_initial_state(params, params.keep_warm_c),
        phase_shares(boiler.phases),
        (SET_POINT, f"{setting.key}.steam_demand", AMBIENT),
        {"steam_demand": demand_signal("steam_demand", boiler.steam_demand, rated_w, setting)},
        process_rating(
            boiler, Bounds(0.0, rated_w), params.minimum_power_w, seconds_to_full=_SECONDS_TO_FULL
        ),
    )
    return Built(machine=machine)


def steam_boiler_params(boiler: SteamBoiler) -> SteamBoilerParams:
    """Return the parameters of a boiler: those of its preset at its size, with what the site file says."""
    name = boiler.preset or usual_preset(_USUAL_STEAM_BOILERS, boiler.rated_power_w)
    params = steam_boiler_preset(name, boiler.rated_power_w)
    return params._replace(
        minimum_power_w=boiler.min_power_w or params.minimum_power_w,
        loading_w_per_s=boiler.ramp_rate_w_per_s or params.loading_w_per_s,
    )


def check_steam_boiler(params: SteamBoilerParams) -> None:
    """Hold the temperatures of a boiler to each other, and its draws and its drum to its power.

    Raises:
        ParameterError: Naming what is wrong.
    """
    rated_w, auxiliary_w = params.rated_power_w, params.auxiliary_power_w
    check_at_most("auxiliary_power_w", auxiliary_w, "minimum_power_w", params.minimum_power_w, "W")
    check_own_draws(params, ("keep_warm_power_w",), rated_w)
    left_w = rated_w - auxiliary_w
    check_at_most(
        "keep_warm_power_w", params.keep_warm_power_w, "rated_power_w less auxiliary_power_w", left_w, "W"
    )
    check_at_most("restart_c", params.restart_c, "full_c", params.full_c, "°C")
    check_at_most("drum.useful_c", params.drum.useful_c, "restart_c", params.restart_c, "°C")
    check_at_most("keep_warm_c", params.keep_warm_c, "restart_c", params.restart_c, "°C")
    check_gets_warm(
        "drum.heat_loss_w_per_k",
        params.drum.heat_loss_w_per_k,
        "drum.useful_c",
        params.drum.useful_c,
        "the heat at rated_power_w",
        params.efficiency * left_w,
    )
    check_swing(
        "drum.heat_capacity_j_per_k",
        params.drum.heat_capacity_j_per_k,
        params.full_c - params.restart_c,
        rated_w,
        "rated_power_w heats from restart_c to full_c",
    )


TYPE = ComponentType(
    name=Category.STEAM_BOILER,
    category=Category.STEAM_BOILER,
    way=Way.CONSUMES,
    section=SteamBoiler,
    sdk_class="SteamBoiler",
    behind=AC_PARENTS,
    build=build,
    params=lambda boiler, _grid: steam_boiler_params(boiler),
    check=check_steam_boiler,
    presets=steam_boiler_preset_names,
    least_w=lambda unit: steam_boiler_params(unit).minimum_power_w,
    inputs={"steam_demand": 0.0},
    caption=process_caption,
)
