"""A crypto miner: boards of hashing chips that are on or off, and the heat they make.

All the electricity becomes heat, in one thermal mass cooled by a stream of air (`models/circuit.py`). A set-point is an
upper limit: as many boards run as fit below it, and they start or stop one after the other, each taking its time. Hot
chips first shed boards (throttling), then all of them (trip), until they have cooled down to the resume temperature.

Energy per hash is that of the wall plug: (boards · board power + base power) / (boards · board hash rate).

Left out: frequency and voltage tuning of a board, leakage that grows with temperature, fan speed control, pools and
stale shares.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import temperature_after, thermal_body
from .load import load_reactive_power_var
from .parameter import Parameter
from .thermal import TOUCH_K, mean_temperature_c, time_to_temperature_s
from .timers import SHORTEST_HORIZON_S, TOUCH_S, time_left_s

COOL = 0
THROTTLED = 1
TRIPPED = 2

_FIT = 1e-9
"""Part of a board's power by which a set-point may fall short, for the rounding of sums."""


class CryptoMinerParams(NamedTuple):
    """A miner, or a hall of like ones whose boards are counted together."""

    boards: Annotated[int, Parameter("1", 1.0, 100000.0, "physics")]
    board_power_w: Annotated[float, Parameter("W", 1.0, 1e5, "data sheets", above=True)]
    """At the wall plug, losses of the power supply included."""
    board_hash_rate_th_per_s: Annotated[float, Parameter("TH/s", 0.0, 1e6, "data sheets", above=True)]
    base_power_w: Annotated[float, Parameter("W", 0.0, 1e6, "data sheets")]
    """Drawn all the time by controller and fans."""
    power_factor: Annotated[float, Parameter("1", 0.1, 1.0, "physics")]
    """Inductive."""
    board_start_s: Annotated[float, Parameter("s", 0.0, 3600.0, "chosen: an hour")]
    """From the wish for one more board to its power."""
    board_stop_s: Annotated[float, Parameter("s", 0.0, 3600.0, "chosen: an hour")]
    throttled_boards: Annotated[int, Parameter("1", 0.0, 100000.0, "at most all boards")]
    """Most boards that run while it is throttled."""
    throttle_c: Annotated[float, Parameter("°C", 30.0, 130.0, "limits of silicon")]
    trip_c: Annotated[float, Parameter("°C", 30.0, 150.0, "limits of silicon")]
    """Above `throttle_c`."""
    resume_c: Annotated[float, Parameter("°C", 20.0, 130.0, "limits of silicon")]
    """Below `throttle_c`."""
    heat_capacity_j_per_k: Annotated[float, Parameter("J/K", 0.0, 1e9, "physics", above=True)]
    heat_loss_w_per_k: Annotated[float, Parameter("W/K", 0.0, 1e9, "physics", above=True)]
    """From the chips to the air that is drawn in."""


class CryptoMinerState(NamedTuple):
    """What a miner remembers."""

    boards: int
    """Running now."""
    moving: int
    """Direction in which the number of boards changes: -1, 0 or 1."""
    timer_s: float
    """Until it changes, >= 0."""
    heat_mode: int
    """`COOL`, `THROTTLED` or `TRIPPED`."""
    temperature_c: float
    """Temperature of the chips."""


class CryptoMinerInput(NamedTuple):
    """What acts on a miner during a step."""

    set_point_w: float
    """Upper limit of the electrical power; infinite where there is none."""
    ambient_c: float
    """Temperature of the air that is drawn in."""
    around_lower_w: float = -math.inf
    around_upper_w: float = math.inf
    """Ends of the range that bounds leave around the set-point [W]; one more board runs if those that fit are below."""


class CryptoMinerOutput(NamedTuple):
    """What a miner shows."""

    active_power_w: float
    reactive_power_var: float
    hash_rate_th_per_s: float
    """TH/s."""
    heat_w: float
    """Given to the air."""


def crypto_miner_initial_state(
    params: CryptoMinerParams, ambient_c: float, set_point_w: float
) -> CryptoMinerState:
    """Return a miner whose boards have just come on below a limit of power [W], as warm as the air [°C]."""
    return CryptoMinerState(_fitting(params, set_point_w, COOL), 0, 0.0, COOL, ambient_c)


def _most(params: CryptoMinerParams, heat_mode: int) -> int:
    if heat_mode == TRIPPED:
        return 0
    return min(params.throttled_boards, params.boards) if heat_mode == THROTTLED else params.boards


def _fitting(params: CryptoMinerParams, set_point_w: float, heat_mode: int) -> int:
    """Return how many boards the limits of power and temperature leave."""
    most = _most(params, heat_mode)
    room = (set_point_w - params.base_power_w) / params.board_power_w + _FIT
    if room >= most:
        return most
    return int(room) if room > 0.0 else 0


def _wanted(params: CryptoMinerParams, inp: CryptoMinerInput, heat_mode: int) -> int:
    """Return how many boards are to run: as many as fit, or the fewest within the range that bounds leave."""
    fitting = _fitting(params, inp.set_point_w, heat_mode)
    least = math.ceil(
        (max(inp.around_lower_w, params.base_power_w) - params.base_power_w) / params.board_power_w - _FIT
    )
    if fitting >= least:
        return fitting
    is_within = least <= _most(params, heat_mode) and _power_w(params, least) <= inp.around_upper_w
    return least if is_within else 0


def crypto_miner_told_w(params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput) -> float:
    """Return the power of all boards that are to run now [W]."""
    return _power_w(params, _wanted(params, inp, _settled(params, state, inp).heat_mode))


def crypto_miner_steps_w(
    params: CryptoMinerParams, _state: CryptoMinerState, _inp: CryptoMinerInput
) -> tuple[float, float]:
    """Return from which power on, and in which steps of that, it follows a set-point [W]."""
    return params.base_power_w, params.board_power_w


def _settled(params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput) -> CryptoMinerState:
    """Return the state after all that happens at once."""
    boards, moving, timer_s, heat_mode, temperature_c = state
    if temperature_c >= params.trip_c - TOUCH_K:
        heat_mode = TRIPPED
    elif heat_mode == COOL and temperature_c >= params.throttle_c - TOUCH_K:
        heat_mode = THROTTLED
    elif heat_mode != COOL and temperature_c <= params.resume_c + TOUCH_K:
        heat_mode = COOL
    wanted = _wanted(params, inp, heat_mode)
    while True:
        direction = 0
        if wanted > boards:
            direction = 1
        elif wanted < boards:
            direction = -1
        if direction != moving:
            moving = direction
            timer_s = params.board_start_s if direction > 0 else params.board_stop_s
        if direction == 0:
            timer_s = 0.0
            break
        if timer_s > 0.0:
            break
        boards += direction
        timer_s = params.board_start_s if direction > 0 else params.board_stop_s
    return CryptoMinerState(boards, moving, timer_s, heat_mode, temperature_c)


def _power_w(params: CryptoMinerParams, boards: int) -> float:
    return params.base_power_w + boards * params.board_power_w


def _event_s(params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput) -> float:
    """Return the time until a settled state changes by itself [s], > 0."""
    horizon = state.timer_s if state.moving != 0 else math.inf
    body = thermal_body(params)
    heat_w = _power_w(params, state.boards)
    if state.heat_mode != TRIPPED:
        hot_c = params.throttle_c if state.heat_mode == COOL else params.trip_c
        horizon = min(horizon, time_to_temperature_s(body, state.temperature_c, heat_w, inp.ambient_c, hot_c))
    if state.heat_mode != COOL:
        cold_c = params.resume_c
        horizon = min(
            horizon, time_to_temperature_s(body, state.temperature_c, heat_w, inp.ambient_c, cold_c)
        )
    return max(horizon, TOUCH_S)


def crypto_miner_power_limits(
    params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput
) -> tuple[float, float]:
    """Return the range of electrical power that it could have now [W]; its base power is drawn in any case."""
    state = _settled(params, state, inp)
    return 0.0, _power_w(params, max(_most(params, state.heat_mode), state.boards))


def crypto_miner_output(
    params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput
) -> CryptoMinerOutput:
    """Return what a miner shows at this instant; the power holds for `crypto_miner_horizon_s`."""
    state = _settled(params, state, inp)
    heat_w = params.heat_loss_w_per_k * (state.temperature_c - inp.ambient_c)
    return _shown(params, state.boards, heat_w)


def _shown(params: CryptoMinerParams, boards: int, heat_w: float) -> CryptoMinerOutput:
    active_w = _power_w(params, boards)
    reactive_var = load_reactive_power_var(active_w, params.power_factor)
    return CryptoMinerOutput(active_w, reactive_var, boards * params.board_hash_rate_th_per_s, heat_w)


def crypto_miner_horizon_s(
    params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput
) -> float:
    """Return how long the power holds [s]: until a board comes or goes, or a temperature limit is reached."""
    return max(_event_s(params, _settled(params, state, inp), inp), SHORTEST_HORIZON_S)


def crypto_miner_step(
    params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput, dt_s: float
) -> tuple[CryptoMinerState, CryptoMinerOutput]:
    """Carry a miner across `dt_s` [s].

    Args:
        params: The miner.
        state: At the start.
        inp: Held over the step.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and the output as means over the step.
    """
    if dt_s <= 0.0:
        return state, crypto_miner_output(params, state, inp)
    body = thermal_body(params)
    left_s = dt_s
    active_j, reactive_j, hashes_th, heat_j = 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp))
        power_w = _power_w(params, state.boards)
        mean_c = mean_temperature_c(body, state.temperature_c, power_w, inp.ambient_c, part_s)
        shown = _shown(params, state.boards, params.heat_loss_w_per_k * (mean_c - inp.ambient_c))
        active_j += shown.active_power_w * part_s
        reactive_j += shown.reactive_power_var * part_s
        hashes_th += shown.hash_rate_th_per_s * part_s
        heat_j += shown.heat_w * part_s
        end_c = temperature_after(body, state.temperature_c, power_w, inp.ambient_c, part_s)
        timer_s = time_left_s(state.timer_s, part_s) if state.moving != 0 else 0.0
        state = CryptoMinerState(state.boards, state.moving, timer_s, state.heat_mode, end_c)
        left_s -= part_s
    return _settled(params, state, inp), CryptoMinerOutput(
        active_j / dt_s, reactive_j / dt_s, hashes_th / dt_s, heat_j / dt_s
    )
