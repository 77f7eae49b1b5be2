"""Presets of wind turbines, HVAC, crypto miners, transformers, UPS and loads, from the data files beside the models."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from ..models.crypto_miner import CryptoMinerParams
from ..models.hvac import HvacParams
from ..models.load import LoadParams
from ..models.parameter import ParameterError, check_parameters
from ..models.transformer import TransformerParams
from ..models.ups import UpsParams
from ..models.wind_turbine import WindTurbineParams

_Params = TypeVar("_Params")


def wind_turbine_preset_names() -> tuple[str, ...]:
    """Return the names that `wind_turbine_preset` accepts."""
    return tuple(_read("wind_turbines"))


def hvac_preset_names() -> tuple[str, ...]:
    """Return the names that `hvac_preset` accepts."""
    return tuple(_read("hvacs"))


def crypto_miner_preset_names() -> tuple[str, ...]:
    """Return the names that `crypto_miner_preset` accepts."""
    return tuple(_read("crypto_miners"))


def transformer_preset_names() -> tuple[str, ...]:
    """Return the names that `transformer_preset` accepts."""
    return tuple(_read("transformers"))


def ups_preset_names() -> tuple[str, ...]:
    """Return the names that `ups_preset` accepts."""
    return tuple(_read("ups"))


def load_preset_names() -> tuple[str, ...]:
    """Return the names that `load_preset` accepts."""
    return tuple(_read("loads"))


@cache
def wind_turbine_preset(name: str) -> WindTurbineParams:
    """Return the parameters of a wind turbine.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a turbine that cannot exist; names the parameter.
    """
    params = _made(WindTurbineParams, "wind_turbines", "wind turbine preset", name)
    check_wind_turbine(params)
    return params


@cache
def hvac_preset(name: str) -> HvacParams:
    """Return the parameters of a room or building with its machine.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a machine that cannot exist; names the parameter.
    """
    params = _made(HvacParams, "hvacs", "HVAC preset", name)
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
    params = _made(CryptoMinerParams, "crypto_miners", "crypto miner preset", name)
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
    params = _made(TransformerParams, "transformers", "transformer preset", name)
    check_transformer(params)
    return params


@cache
def ups_preset(name: str) -> UpsParams:
    """Return the parameters of a UPS.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a UPS that cannot exist; names the parameter.
    """
    return _made(UpsParams, "ups", "UPS preset", name)


@cache
def load_preset(name: str) -> LoadParams:
    """Return what a kind of load does with its voltage.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a load that cannot exist; names the parameter.
    """
    return _made(LoadParams, "loads", "load preset", name)


def check_wind_turbine(params: WindTurbineParams) -> None:
    """Hold parameters of a wind turbine to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    _at_most("stop_m_per_s", params.stop_m_per_s, "cut_in_m_per_s", params.cut_in_m_per_s, "m/s")
    _at_most("restart_m_per_s", params.restart_m_per_s, "cut_out_m_per_s", params.cut_out_m_per_s, "m/s")
    _at_most("cut_in_m_per_s", params.cut_in_m_per_s, "restart_m_per_s", params.restart_m_per_s, "m/s")
    _at_most("rated_power_w", params.rated_power_w, "apparent_power_va", params.apparent_power_va, "VA")


def check_hvac(params: HvacParams) -> None:
    """Hold parameters of a room and its machine to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    _at_most("minimum_power_w", params.minimum_power_w, "rated_power_w", params.rated_power_w, "W")
    if params.can_heat and params.can_cool:
        gap_k = params.cooling_set_point_c - params.heating_set_point_c
        _at_most(
            "hysteresis_k", params.hysteresis_k, "cooling_set_point_c less heating_set_point_c", gap_k, "K"
        )


def check_crypto_miner(params: CryptoMinerParams) -> None:
    """Hold parameters of a miner to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    _at_most("throttled_boards", float(params.throttled_boards), "boards", float(params.boards), "boards")
    _at_most("throttle_c", params.throttle_c, "trip_c", params.trip_c, "°C")
    _at_most("resume_c", params.resume_c, "throttle_c - 0.1", params.throttle_c - 0.1, "°C")


def check_transformer(params: TransformerParams) -> None:
    """Hold parameters of a transformer to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    rated = params.rated_apparent_power_va
    _at_most(
        "load_loss_w / rated_apparent_power_va",
        params.load_loss_w / rated,
        "short_circuit_voltage_pu",
        params.short_circuit_voltage_pu,
        "",
    )
    _at_most(
        "no_load_loss_w / rated_apparent_power_va",
        params.no_load_loss_w / rated,
        "no_load_current_pu",
        params.no_load_current_pu,
        "",
    )


def _at_most(name: str, value: float, other: str, limit: float, unit: str) -> None:
    if not value <= limit:
        unit = f" {unit}" if unit else ""
        raise ParameterError(
            f"{name} is {value:g}{unit}; accepted: at most {other}, {limit:g}{unit} (physics)"
        )


def _made(kind: type[_Params], file: str, what: str, name: str) -> _Params:
    entries = _read(file)
    if name not in entries:
        close = difflib.get_close_matches(name, entries, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise ValueError(f"{what} is {name!r}; accepted: {', '.join(entries)}{hint}")
    params = kind(**{key: _value(value) for key, value in entries[name].items()})
    check_parameters(params)
    return params


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def _read(file: str) -> dict[str, dict[str, Any]]:
    folder = resources.files(__package__.replace(".sim", ".models")).joinpath("presets")
    return tomllib.loads(folder.joinpath(f"{file}.toml").read_text("utf-8"))
