"""Presets of wind turbines, HVAC, crypto miners, transformers, UPS and loads, from the data files beside the models."""

from __future__ import annotations

from functools import cache

from ..models.crypto_miner import CryptoMinerParams
from ..models.hvac import HvacParams
from ..models.load import LoadParams
from ..models.parameter import check_parameters
from ..models.transformer import TransformerParams
from ..models.ups import UpsParams
from ..models.wind_turbine import WindTurbineParams
from .preset_files import check_at_most, params_of_preset, preset_names


def wind_turbine_preset_names() -> tuple[str, ...]:
    """Return the names that `wind_turbine_preset` accepts."""
    return preset_names("wind_turbines")


def hvac_preset_names() -> tuple[str, ...]:
    """Return the names that `hvac_preset` accepts."""
    return preset_names("hvacs")


def crypto_miner_preset_names() -> tuple[str, ...]:
    """Return the names that `crypto_miner_preset` accepts."""
    return preset_names("crypto_miners")


def transformer_preset_names() -> tuple[str, ...]:
    """Return the names that `transformer_preset` accepts."""
    return preset_names("transformers")


def ups_preset_names() -> tuple[str, ...]:
    """Return the names that `ups_preset` accepts."""
    return preset_names("ups")


def load_preset_names() -> tuple[str, ...]:
    """Return the names that `load_preset` accepts."""
    return preset_names("loads")


@cache
def wind_turbine_preset(name: str) -> WindTurbineParams:
    """Return the parameters of a wind turbine.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a turbine that cannot exist; names the parameter.
    """
    params = params_of_preset(WindTurbineParams, "wind_turbines", "wind turbine preset", name)
    check_wind_turbine(params)
    return params


@cache
def hvac_preset(name: str) -> HvacParams:
    """Return the parameters of a room or building with its machine.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a machine that cannot exist; names the parameter.
    """
    params = params_of_preset(HvacParams, "hvacs", "HVAC preset", name)
    check_hvac(params)
    return params


@cache
def crypto_miner_preset(name: str, machines: int = 1) -> CryptoMinerParams:
    """Return the parameters of a number of like miners, controlled together.

    Their boards start one after the other within the time of one machine's.

    Args:
        name: Of the preset.
        machines: How many, >= 1.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a miner that cannot exist; names the parameter.
    """
    params = params_of_preset(CryptoMinerParams, "crypto_miners", "crypto miner preset", name)
    params = params._replace(
        boards=params.boards * machines,
        base_power_w=params.base_power_w * machines,
        board_start_s=params.board_start_s / machines,
        board_stop_s=params.board_stop_s / machines,
        throttled_boards=params.throttled_boards * machines,
        heat_capacity_j_per_k=params.heat_capacity_j_per_k * machines,
        heat_loss_w_per_k=params.heat_loss_w_per_k * machines,
    )
    check_parameters(params)
    check_crypto_miner(params)
    return params


@cache
def transformer_preset(name: str) -> TransformerParams:
    """Return the parameters of a transformer.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a transformer that cannot exist; names the parameter.
    """
    params = params_of_preset(TransformerParams, "transformers", "transformer preset", name)
    check_transformer(params)
    return params


@cache
def ups_preset(name: str) -> UpsParams:
    """Return the parameters of a UPS.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a UPS that cannot exist; names the parameter.
    """
    return params_of_preset(UpsParams, "ups", "UPS preset", name)


@cache
def load_preset(name: str) -> LoadParams:
    """Return what a kind of load does with its voltage.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a load that cannot exist; names the parameter.
    """
    return params_of_preset(LoadParams, "loads", "load preset", name)


def check_wind_turbine(params: WindTurbineParams) -> None:
    """Hold parameters of a wind turbine to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    check_at_most("stop_m_per_s", params.stop_m_per_s, "cut_in_m_per_s", params.cut_in_m_per_s, "m/s")
    check_at_most("restart_m_per_s", params.restart_m_per_s, "cut_out_m_per_s", params.cut_out_m_per_s, "m/s")
    check_at_most("cut_in_m_per_s", params.cut_in_m_per_s, "restart_m_per_s", params.restart_m_per_s, "m/s")
    check_at_most("rated_power_w", params.rated_power_w, "apparent_power_va", params.apparent_power_va, "VA")


def check_hvac(params: HvacParams) -> None:
    """Hold parameters of a room and its machine to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    check_at_most("minimum_power_w", params.minimum_power_w, "rated_power_w", params.rated_power_w, "W")
    if params.can_heat and params.can_cool:
        gap_k = params.cooling_set_point_c - params.heating_set_point_c
        check_at_most(
            "hysteresis_k", params.hysteresis_k, "cooling_set_point_c less heating_set_point_c", gap_k, "K"
        )


def check_crypto_miner(params: CryptoMinerParams) -> None:
    """Hold parameters of a miner to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    check_at_most(
        "throttled_boards", float(params.throttled_boards), "boards", float(params.boards), "boards"
    )
    check_at_most("throttle_c", params.throttle_c, "trip_c", params.trip_c, "°C")
    check_at_most("resume_c", params.resume_c, "throttle_c - 0.1", params.throttle_c - 0.1, "°C")


def check_transformer(params: TransformerParams) -> None:
    """Hold parameters of a transformer to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    rated = params.rated_apparent_power_va
    check_at_most(
        "load_loss_w / rated_apparent_power_va",
        params.load_loss_w / rated,
        "short_circuit_voltage_pu",
        params.short_circuit_voltage_pu,
        "",
    )
    check_at_most(
        "no_load_loss_w / rated_apparent_power_va",
        params.no_load_loss_w / rated,
        "no_load_current_pu",
        params.no_load_current_pu,
        "",
    )
