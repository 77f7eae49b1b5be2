"""Crypto miners."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ....models import crypto_miner
from ....models.ac import phase_shares
from ....models.crypto_miner import (
    CryptoMinerInput,
    CryptoMinerParams,
    CryptoMinerState,
    crypto_miner_initial_state,
)
from ....models.parameter import check_parameters
from ...domain.categories import Category
from ...files.presets import check_at_most, params_of_preset, preset_cache, preset_names
from ..component_type import AC_PARENTS, Built, ComponentType, Way
from ..device import ACTIVE_LOWER_BOUND, ACTIVE_UPPER_BOUND, AMBIENT, SET_POINT, Activity, Machine
from ..device_model import DeviceModel
from ..load import wired_load
from ..section import ModelledConsumer, no_load_beside
from ..setting import GridFacts, Setting
from .consumer import consumer_caption, refuse_parameters_beside_load, upper_limit_rating
from .process import SHORTEST_SWING_S, check_swing


class CryptoMiner(ModelledConsumer):
    """Computers that turn electricity into heat and numbers; a set-point is the most they may draw."""

    category: Literal[Category.CRYPTO_MINER]
    preset: str | None = None
    """Name of a set of parameters of one machine; antminer-s19-pro if not given."""
    machines: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    """Number of them; 1 if not given."""

    _instead_of_load = field_validator("preset", "machines")(no_load_beside)


def crypto_miner_preset_names() -> tuple[str, ...]:
    """Return the names that `crypto_miner_preset` accepts."""
    return preset_names("crypto_miners")


@preset_cache
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
    if params.board_start_s + params.board_stop_s < SHORTEST_SWING_S:
        check_swing(
            "heat_capacity_j_per_k",
            params.heat_capacity_j_per_k,
            params.throttle_c - params.resume_c,
            params.base_power_w + params.boards * params.board_power_w,
            "all boards heat from resume_c to throttle_c",
        )


_USUAL_MINER = "antminer-s19-pro"
_TOUCH_W = 1e-3
CRYPTO_MINER = DeviceModel(
    "crypto_miner", crypto_miner.CryptoMinerInput, crypto_miner.crypto_miner_output,
    crypto_miner.crypto_miner_horizon_s, crypto_miner.crypto_miner_step,
    crypto_miner.crypto_miner_power_limits,
)  # fmt: skip


def build(miner: CryptoMiner, setting: Setting) -> Built:
    """Make a miner, or a hall of like ones, whose boards have just come on."""
    if miner.load is not None:
        return Built(load=wired_load(miner, miner.load, setting))
    params = crypto_miner_params(miner)
    most_w = params.base_power_w + params.boards * params.board_power_w
    machine = Machine(
        CRYPTO_MINER,
        params,
        crypto_miner_initial_state(params, setting.ambient_c, math.inf),
        phase_shares(miner.phases),
        (SET_POINT, AMBIENT, ACTIVE_LOWER_BOUND, ACTIVE_UPPER_BOUND),
        rating=upper_limit_rating(params.base_power_w, most_w, miner.response_delay_s),
        steps_w=crypto_miner.crypto_miner_steps_w,
        activity=_miner_activity,
    )
    return Built(machine=machine)


def _miner_activity(params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput) -> Activity:
    if state.heat_mode == crypto_miner.TRIPPED:
        return Activity.TOO_HOT
    drawn_w = params.base_power_w + state.boards * params.board_power_w
    told_w = crypto_miner.crypto_miner_told_w(params, state, inp)
    if drawn_w > max(inp.set_point_w, told_w) + _TOUCH_W:
        return Activity.STEPPING
    return Activity.WORKING if state.boards > 0 else Activity.RESTING


def crypto_miner_params(miner: CryptoMiner) -> CryptoMinerParams:
    """Return the parameters of a miner, or of a hall of like ones."""
    return crypto_miner_preset(miner.preset or _USUAL_MINER, miner.machines or 1)


def _params(miner: CryptoMiner, _grid: GridFacts) -> CryptoMinerParams:
    refuse_parameters_beside_load(miner)
    return crypto_miner_params(miner)


TYPE = ComponentType(
    name=Category.CRYPTO_MINER,
    category=Category.CRYPTO_MINER,
    way=Way.CONSUMES,
    section=CryptoMiner,
    sdk_class="CryptoMiner",
    behind=AC_PARENTS,
    build=build,
    params=_params,
    check=check_crypto_miner,
    presets=crypto_miner_preset_names,
    inputs={"load": 0.0},
    caption=consumer_caption,
)
