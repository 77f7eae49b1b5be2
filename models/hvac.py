"""Heating, ventilation and air conditioning: a room or building, and the heat pump that keeps it warm or cool.

The room is one thermal mass that loses heat to the outdoors, C dT/dt = gains + q - UA (T - T_out). A thermostat with
hysteresis switches the machine, which keeps its least times of running and of pause (they protect the compressor). The
machine draws constant power while it runs and moves the heat `q = COP P` into the room, or `-EER P` out of it:

    COP = a + b ΔT + c ΔT²,   ΔT = supply - source temperature, kept to 15..60 K; at least 1
    EER = EER35 + slope (35 °C - source temperature)

Its source, where it takes heat from and rejects it to, is the air outdoors, or ground or water of a temperature of its
own.

The quadratic is the regression over field trials and data sheets of I. Staffell, D. Brett, N. Brandon, A. Hawkes, "A
review of domestic heat pumps", Energy & Environmental Science 5 (2012) 9291-9306, doi:10.1039/C2EE22653G; its range of
ΔT is that of its data. The building as one resistance and one capacity is the first model of P. Bacher, H. Madsen,
"Identifying suitable models for the heat dynamics of buildings", Energy and Buildings 43 (2011) 1511-1522,
doi:10.1016/j.enbuild.2011.02.005.

A set-point is an upper limit of the electrical power: the compressor slows down to it, and is blocked at once (its
least time of running notwithstanding) where it lies below its least power.

Left out: humidity, defrosting beyond what the regression holds, the thermal mass of walls apart from air, part-load
gains of the COP, backup heaters.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import temperature_after, thermal_body
from .load import load_reactive_power_var
from .parameter import Parameter, Under
from .thermal import TOUCH_K, mean_temperature_c, time_to_temperature_s
from .timers import SHORTEST_HORIZON_S, TOUCH_S, time_left_s

OFF = 0
HEATING = 1
COOLING = 2

LIFT_MIN_K = 15.0
LIFT_MAX_K = 60.0
"""Ends of the range of lifts of temperature over which the COP is told [K]."""
_EER_OUTDOOR_C = 35.0
_EER_MIN = 1.0
_EER_MAX = 10.0
_HEATS, _COOLS = Under("can_heat", off=False), Under("can_cool", off=False)


class HvacParams(NamedTuple):
    """A room or building with its machine."""

    rated_power_w: Annotated[float, Parameter("W", 0.0, 5e6, "largest heat pumps of today", above=True)]
    """Electrical power of the running machine, fans and pumps included."""
    minimum_power_w: Annotated[float, Parameter("W", 0.0, 5e6, "at most the rated power")]
    """Least electrical power that it can be held to while it runs."""
    standby_power_w: Annotated[float, Parameter("W", 0.0, 1e5, "physics")]
    """Drawn all the time, by controls and crankcase heater."""
    power_factor: Annotated[float, Parameter("1", 0.1, 1.0, "physics")]
    """Power factor of the running machine, inductive."""
    heat_capacity_j_per_k: Annotated[float, Parameter("J/K", 1e4, 1e13, "a cabin to a district")]
    heat_loss_w_per_k: Annotated[float, Parameter("W/K", 1.0, 1e7, "a cabin to a district")]
    """Transmission and ventilation together."""
    can_heat: bool
    can_cool: bool
    heating_set_point_c: Annotated[float, Parameter("°C", -40.0, 60.0, "cold stores to drying rooms"), _HEATS]
    cooling_set_point_c: Annotated[float, Parameter("°C", -40.0, 60.0, "cold stores to drying rooms"), _COOLS]
    """Above the heating set-point by more than the hysteresis."""
    hysteresis_k: Annotated[float, Parameter("K", 0.05, 20.0, "physics: a switch needs one")]
    """From switching on to switching off, around either set-point."""
    min_run_s: Annotated[float, Parameter("s", 0.0, 7200.0, "practice of compressors")]
    min_pause_s: Annotated[float, Parameter("s", 0.0, 7200.0, "practice of compressors")]
    supply_c: Annotated[float, Parameter("°C", 20.0, 75.0, "doi:10.1039/C2EE22653G"), _HEATS]
    """Temperature at which heat is given to the room: of the water, or of the air that is blown in."""
    cop_constant: Annotated[float, Parameter("1", 1.0, 15.0, "doi:10.1039/C2EE22653G"), _HEATS]
    cop_per_k: Annotated[float, Parameter("1/K", -1.0, 0.0, "doi:10.1039/C2EE22653G"), _HEATS]
    cop_per_k2: Annotated[float, Parameter("1/K²", 0.0, 0.01, "doi:10.1039/C2EE22653G"), _HEATS]
    eer_at_35_c: Annotated[float, Parameter("1", 1.0, 10.0, "EN 14511 rating point A35/A27"), _COOLS]
    """Cooling power over electrical power with a source of 35 °C."""
    eer_per_k: Annotated[float, Parameter("1/K", 0.0, 1.0, "EN 14825 rating points"), _COOLS]
    """What each kelvin below 35 °C adds."""


class HvacState(NamedTuple):
    """What a room and its machine remember."""

    mode: int
    """`OFF`, `HEATING` or `COOLING`."""
    timer_s: float
    """Rest of the least time of running, or of pause, >= 0."""
    room_c: float


class HvacInput(NamedTuple):
    """What acts on them during a step."""

    set_point_w: float
    """Upper limit of the electrical power; infinite where there is none."""
    ambient_c: float
    """Outdoors."""
    gains_w: float
    """Heat that people, devices and the sun bring into the room."""
    source_c: float
    """Of what the machine takes its heat from, and rejects it to: the outdoor air, ground or water."""


class HvacOutput(NamedTuple):
    """What they show."""

    active_power_w: float
    reactive_power_var: float
    heat_w: float
    """Into the room; cooling negative."""
    environment_heat_w: float
    """Taken from its source by the machine; rejected negative."""
    standby_loss_w: float
    """Part of the active power that never reaches the room."""
    gains_w: float
    room_loss_w: float
    """From the room to the outdoors through its walls."""


def hvac_initial_state(_params: HvacParams, room_c: float) -> HvacState:
    """Return a machine that has rested, in a room of a temperature [°C]."""
    return HvacState(OFF, 0.0, room_c)


def hvac_cop(params: HvacParams, source_c: float) -> float:
    """Return heat over electrical power of the running heat pump at a temperature of its source [°C], >= 1."""
    lift = hvac_lift_k(params, source_c)
    return max(params.cop_constant + params.cop_per_k * lift + params.cop_per_k2 * lift * lift, 1.0)


def hvac_lift_k(params: HvacParams, source_c: float) -> float:
    """Return the lift by which the COP goes at a temperature of the source [°C], within the range of its data [K]."""
    return min(max(params.supply_c - source_c, LIFT_MIN_K), LIFT_MAX_K)


def hvac_eer(params: HvacParams, source_c: float) -> float:
    """Return cooling power over electrical power of the running machine at a temperature of its source [°C], 1..10."""
    eer = params.eer_at_35_c + params.eer_per_k * (_EER_OUTDOOR_C - source_c)
    return min(max(eer, _EER_MIN), _EER_MAX)


def hvac_power_limits(params: HvacParams, _state: HvacState, _inp: HvacInput) -> tuple[float, float]:
    """Return the range of electrical power of the machine [W]; whether it runs is the thermostat's choice."""
    return 0.0, params.rated_power_w + params.standby_power_w


def _running_w(params: HvacParams, set_point_w: float) -> float:
    """Return the power of the machine beside its standby if it runs [W]; 0 where the limit blocks it."""
    allowed = min(params.rated_power_w, set_point_w - params.standby_power_w)
    return allowed if allowed >= params.minimum_power_w and allowed > 0.0 else 0.0


def _settled(params: HvacParams, state: HvacState, inp: HvacInput) -> HvacState:
    """Return the state after all that happens at once."""
    mode, timer_s, room_c = state
    half = 0.5 * params.hysteresis_k
    may_run = _running_w(params, inp.set_point_w) > 0.0
    warm = room_c >= params.heating_set_point_c + half - TOUCH_K
    cool = room_c <= params.cooling_set_point_c - half + TOUCH_K
    done = timer_s <= 0.0 and ((mode == HEATING and warm) or (mode == COOLING and cool))
    if mode != OFF and (done or not may_run):
        mode, timer_s = OFF, params.min_pause_s
    if mode == OFF and timer_s <= 0.0 and may_run:
        if params.can_heat and room_c <= params.heating_set_point_c - half + TOUCH_K:
            mode, timer_s = HEATING, params.min_run_s
        elif params.can_cool and room_c >= params.cooling_set_point_c + half - TOUCH_K:
            mode, timer_s = COOLING, params.min_run_s
    return HvacState(mode, max(timer_s, 0.0), room_c)


def _heat_w(params: HvacParams, mode: int, inp: HvacInput) -> float:
    """Return the heat that the machine brings into the room in a mode [W]."""
    if mode == HEATING:
        return hvac_cop(params, inp.source_c) * _running_w(params, inp.set_point_w)
    if mode == COOLING:
        return -hvac_eer(params, inp.source_c) * _running_w(params, inp.set_point_w)
    return 0.0


def _event_s(params: HvacParams, state: HvacState, inp: HvacInput) -> float:
    """Return the time until a settled state changes its mode by itself [s], > 0."""
    if state.timer_s > 0.0:
        return state.timer_s
    half = 0.5 * params.hysteresis_k
    body = thermal_body(params)
    room_c = state.room_c
    heat_w = inp.gains_w + _heat_w(params, state.mode, inp)
    horizon = math.inf
    if state.mode == HEATING:
        target = params.heating_set_point_c + half
        horizon = time_to_temperature_s(body, room_c, heat_w, inp.ambient_c, target)
    elif state.mode == COOLING:
        target = params.cooling_set_point_c - half
        horizon = time_to_temperature_s(body, room_c, heat_w, inp.ambient_c, target)
    elif _running_w(params, inp.set_point_w) > 0.0:
        if params.can_heat:
            target = params.heating_set_point_c - half
            horizon = time_to_temperature_s(body, room_c, heat_w, inp.ambient_c, target)
        if params.can_cool:
            target = params.cooling_set_point_c + half
            horizon = min(horizon, time_to_temperature_s(body, room_c, heat_w, inp.ambient_c, target))
    return max(horizon, TOUCH_S)


def hvac_output(params: HvacParams, state: HvacState, inp: HvacInput) -> HvacOutput:
    """Return what they show at this instant; the power holds for `hvac_horizon_s`."""
    state = _settled(params, state, inp)
    loss_w = params.heat_loss_w_per_k * (state.room_c - inp.ambient_c)
    return _shown(params, state.mode, inp, loss_w)


def _shown(params: HvacParams, mode: int, inp: HvacInput, room_loss_w: float) -> HvacOutput:
    running_w = _running_w(params, inp.set_point_w) if mode != OFF else 0.0
    heat_w = _heat_w(params, mode, inp)
    return HvacOutput(
        running_w + params.standby_power_w,
        load_reactive_power_var(running_w, params.power_factor),
        heat_w,
        heat_w - running_w,
        params.standby_power_w,
        inp.gains_w,
        room_loss_w,
    )


def hvac_horizon_s(params: HvacParams, state: HvacState, inp: HvacInput) -> float:
    """Return how long the power holds [s]: until a timer ends or the room reaches a threshold."""
    return max(_event_s(params, _settled(params, state, inp), inp), SHORTEST_HORIZON_S)


def hvac_step(
    params: HvacParams, state: HvacState, inp: HvacInput, dt_s: float
) -> tuple[HvacState, HvacOutput]:
    """Carry a room and its machine across `dt_s` [s].

    Args:
        params: Both.
        state: At the start.
        inp: Held over the step.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and the output as means over the step.
    """
    if dt_s <= 0.0:
        return state, hvac_output(params, state, inp)
    body = thermal_body(params)
    left_s = dt_s
    active_j, reactive_j, heat_j, environment_j, loss_j = 0.0, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp))
        heat_w = inp.gains_w + _heat_w(params, state.mode, inp)
        mean_c = mean_temperature_c(body, state.room_c, heat_w, inp.ambient_c, part_s)
        shown = _shown(params, state.mode, inp, params.heat_loss_w_per_k * (mean_c - inp.ambient_c))
        active_j += shown.active_power_w * part_s
        reactive_j += shown.reactive_power_var * part_s
        heat_j += shown.heat_w * part_s
        environment_j += shown.environment_heat_w * part_s
        loss_j += shown.room_loss_w * part_s
        room_c = temperature_after(body, state.room_c, heat_w, inp.ambient_c, part_s)
        state = HvacState(state.mode, time_left_s(state.timer_s, part_s), room_c)
        left_s -= part_s
    return _settled(params, state, inp), HvacOutput(
        active_j / dt_s,
        reactive_j / dt_s,
        heat_j / dt_s,
        environment_j / dt_s,
        params.standby_power_w,
        inp.gains_w,
        loss_j / dt_s,
    )
