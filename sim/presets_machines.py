"""Presets of machines that turn electric power into something else, or fuel into power and heat."""

from __future__ import annotations

import math
from typing import Any

from ..models.chp import ChpParams
from ..models.electrolyzer import ElectrolyzerParams
from ..models.heat_buffer import HeatBufferParams
from ..models.parameter import check_parameters
from ..models.steam_boiler import SteamBoilerParams, saturation_temperature_c
from ..models.tables import table_value
from .preset_files import find_preset, preset_names

_ROOM_C = 20.0
_WATER_J_PER_K_PER_LITRE = 4.1e3
"""At 70 °C: 0.978 kg/l and 4.19 kJ/(kg K)."""
_BUFFER_LITRES_PER_KW = 60.0
"""Per kW of heat: what the German incentive for CHP up to 20 kW asked for (BAFA, Mini-KWK, 2014)."""
_STANDING_LOSS_K = 45.0
"""Tanks are rated at 65 °C in a room of 20 °C (EN 12897)."""
_BUFFER_FULL_C = 80.0
"""Chosen, as the other temperatures of the buffer and engine: 80/60 °C is a common heating circuit."""
_BUFFER_RESTART_C = 60.0
_BUFFER_USEFUL_C = 50.0
_ENGINE_OPERATING_C = 80.0
_ENGINE_COOLING_S = 4.0 * 3600.0
"""Time constant of an engine at rest in its enclosure; chosen."""
_START_S = 100.0
_STOP_S = 90.0
_STANDBY = 0.016
_STARTING = 0.034
_START_RETRIES = 2
"""Chosen; controllers of such units commonly try three times."""
_RETRY_WAIT_S = 60.0


def chp_preset_names() -> tuple[str, ...]:
    """Return the names that `chp_preset` accepts."""
    return preset_names("chps")


def electrolyzer_preset_names() -> tuple[str, ...]:
    """Return the names that `electrolyzer_preset` accepts."""
    return preset_names("electrolyzers")


def steam_boiler_preset_names() -> tuple[str, ...]:
    """Return the names that `steam_boiler_preset` accepts."""
    return preset_names("steam_boilers")


def chp_preset(
    name: str,
    rated_power_w: float,
    buffer_litres: float | None = None,
    heat_led: bool = False,
    dump_cooler: bool = False,
) -> ChpParams:
    """Return the parameters of a CHP of a given size, with its buffer.

    Args:
        name: Of the preset; powers and heat capacities are scaled to the rated power.
        rated_power_w: Electric [W], > 0.
        buffer_litres: Water in the buffer, > 0; 60 l per kW of heat if not given.
        heat_led: Whether the buffer starts and stops it instead of the set-point.
        dump_cooler: Whether a cooler takes what a full buffer does not.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the size cannot exist.
    """
    values = find_preset("chps", "CHP preset", name)
    fuel_w = rated_power_w / values["electrical_efficiency"][-1]
    rated_heat_w = values["thermal_efficiency"][-1] * fuel_w
    minimum_w = values["minimum_load"] * rated_power_w
    capacity = _engine_heat_capacity_j_per_k(_least_heat_w(values, minimum_w), values["warm_up_s"])
    litres = _BUFFER_LITRES_PER_KW * rated_heat_w / 1e3 if buffer_litres is None else buffer_litres
    params = ChpParams(
        rated_power_w=rated_power_w,
        minimum_power_w=minimum_w,
        electrical_efficiency=tuple(values["electrical_efficiency"]),
        thermal_efficiency=tuple(values["thermal_efficiency"]),
        reactive_per_active=0.0,
        start_s=_START_S,
        starting_power_w=_STARTING * rated_power_w,
        stop_s=_STOP_S,
        stopping_power_w=_STARTING * rated_power_w,
        standby_power_w=_STANDBY * rated_power_w,
        minimum_run_s=values["minimum_run_s"],
        minimum_pause_s=values["minimum_pause_s"],
        start_retries=_START_RETRIES,
        retry_wait_s=_RETRY_WAIT_S,
        engine_heat_capacity_j_per_k=capacity,
        engine_heat_loss_w_per_k=capacity / _ENGINE_COOLING_S,
        engine_operating_c=_ENGINE_OPERATING_C,
        buffer=hot_water_buffer(litres),
        buffer_full_c=_BUFFER_FULL_C,
        buffer_restart_c=_BUFFER_RESTART_C,
        heat_led=heat_led,
        dump_cooler=dump_cooler,
    )
    check_parameters(params)
    return params


def hot_water_buffer(litres: float) -> HeatBufferParams:
    """Return a tank of a volume [l], > 0, for hot water.

    Its loss is the greatest that Regulation (EU) 814/2013 allows for a tank: 16.66 + 8.33 V^0.4 W, for up to
    2000 l; carried on beyond.
    """
    standing_loss_w = 16.66 + 8.33 * litres**0.4
    return HeatBufferParams(
        heat_capacity_j_per_k=litres * _WATER_J_PER_K_PER_LITRE,
        heat_loss_w_per_k=standing_loss_w / _STANDING_LOSS_K,
        useful_c=_BUFFER_USEFUL_C,
    )


def electrolyzer_preset(name: str, rated_power_w: float) -> ElectrolyzerParams:
    """Return the parameters of an electrolyser of a given size.

    Args:
        name: Of the preset; powers and heat are scaled to the rated power.
        rated_power_w: AC [W], > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the size cannot exist.
    """
    values = find_preset("electrolyzers", "electrolyzer preset", name)
    params = ElectrolyzerParams(
        rated_power_w=rated_power_w,
        minimum_power_w=values["minimum_load"] * rated_power_w,
        auxiliary_power_w=values["auxiliary"] * rated_power_w,
        rectifier_efficiency=values["rectifier_efficiency"],
        reactive_per_active=values["reactive_per_active"],
        stack_efficiency=tuple(values["stack_efficiency"]),
        efficiency_per_k=values["efficiency_per_k"],
        operating_c=values["operating_c"],
        heat_capacity_j_per_k=values["heat_capacity_j_per_k_per_w"] * rated_power_w,
        heat_loss_w_per_k=values["heat_loss_per_k"] * rated_power_w,
        heater_power_w=values["heater"] * rated_power_w,
        holding_c=values["holding_c"],
        standby_power_w=values["standby"] * rated_power_w,
        standby_s=values["standby_s"],
        off_power_w=values["off"] * rated_power_w,
        cold_start_s=values["cold_start_s"],
        warm_start_s=values["warm_start_s"],
    )
    check_parameters(params)
    return params


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
    params = SteamBoilerParams(
        rated_power_w=rated_power_w,
        minimum_power_w=values["minimum_load"] * rated_power_w,
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
    return params


def _least_heat_w(values: dict[str, Any], minimum_w: float) -> float:
    """Return the heat at minimum load [W], which is what warms up the engine."""
    load = values["minimum_load"]
    heat_per_fuel = table_value(tuple(values["thermal_efficiency"]), load)
    return heat_per_fuel * minimum_w / table_value(tuple(values["electrical_efficiency"]), load)


def _engine_heat_capacity_j_per_k(heat_w: float, warm_up_s: float) -> float:
    """Return the capacity [J/K] with which a heat [W] warms an engine from the room in a time [s]."""
    lost = -math.expm1(-warm_up_s / _ENGINE_COOLING_S)
    return heat_w * _ENGINE_COOLING_S * lost / (_ENGINE_OPERATING_C - _ROOM_C)
