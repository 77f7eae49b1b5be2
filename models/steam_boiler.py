"""An electric steam boiler, resistive or with electrodes: a drum of boiling water as its store.

Water and steel of the drum share the temperature of saturation, so the drum is one warm mass and its pressure
follows from its temperature by the saturation line of IAPWS-IF97 (region 4; IAPWS R7-97(2012), "Revised Release on
the IAPWS Industrial Formulation 1997"). Steam is drawn as heat above the feed water:

    C dT/dt = efficiency * P - steam - U A (T - room)

Between minimum and rated power the boiler follows its set-point while the drum is below its full pressure. There
the pressure control limits the power to what steam and losses need; where that is less than the minimum power it
switches off until the pressure has fallen to the restart pressure, and then takes on load by and by (`loading`).
Below the least useful pressure no steam leaves. Without a set-point a small heater may keep the drum warm.

First law, to rounding: electric power = steam + loss + growth of heat in the drum.

Left out: the change of heat capacity and enthalpies with pressure, water level, blow-down, the conductivity on which
electrodes depend, steam quality.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .heat_buffer import (
    HeatBufferInput,
    HeatBufferParams,
    HeatBufferState,
    delivered_w,
    has_reached,
    heat_buffer_time_to_s,
    tank_after,
)
from .loading import loaded_limit_w, loading_s, next_load_s
from .parameter import Parameter
from .timers import SHORTEST_HORIZON_S

_KELVIN = 273.15
_PA_PER_MPA = 1e6
_N1 = 0.11670521452767e4
_N2 = -0.72421316703206e6
_N3 = -0.17073846940092e2
_N4 = 0.12020824702470e5
_N5 = -0.32325550322333e7
_N6 = 0.14915108613530e2
_N7 = -0.48232657361591e4
_N8 = 0.40511340542057e6
_N9 = -0.23855557567849
_N10 = 0.65017534844798e3
"""Coefficients of the saturation line, table 34 of IAPWS R7-97(2012)."""


class SteamBoilerParams(NamedTuple):
    """A boiler."""

    rated_power_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Greatest electric power, pumps and controls included."""
    minimum_power_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Least electric power in operation, above that of pumps and controls."""
    loading_w_per_s: Annotated[float, Parameter("W/s", lower=0.0, above=True, unbounded=True)]
    """Electric power that it takes on in a second when it begins to heat; infinite for no limit."""
    auxiliary_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Drawn by pumps and controls at all times; lost."""
    efficiency: Annotated[float, Parameter("1", lower=0.5, upper=1.0, source="electric boilers")]
    """Heat into the drum over electric power, auxiliaries apart; losses of the drum come on top."""
    drum: HeatBufferParams
    """Water and steel; steam leaves from its least useful temperature on."""
    full_c: Annotated[float, Parameter("°C", lower=100.0, upper=370.0, source="below the critical point")]
    """Saturation temperature of the full pressure."""
    restart_c: Annotated[float, Parameter("°C", lower=0.0, upper=370.0, source="below the critical point")]
    """Once switched off when full, the boiler heats again from here down."""
    keep_warm_c: Annotated[float, Parameter("°C", lower=0.0, upper=370.0, source="below the critical point")]
    """Kept without a set-point, at most the restart temperature."""
    keep_warm_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Most that keeping warm may draw; 0 lets the drum cool."""
    steam_enthalpy_j_per_kg: Annotated[float, Parameter("J/kg", lower=1.5e6, upper=3.0e6, source="IAPWS")]
    """Enthalpy of steam above that of the feed water."""


class SteamBoilerState(NamedTuple):
    """What a boiler remembers."""

    drum_takes: int
    """0 from when the drum was full until it has fallen to the restart pressure."""
    drum_c: float
    loaded_s: float = math.inf
    """Since it began to heat; counts up to where it may have its full load [s]."""


class SteamBoilerInput(NamedTuple):
    """What acts on a boiler during a step."""

    set_point_w: float
    """Active power wanted [W], consuming positive; less than the minimum power means none."""
    steam_demand_w: float
    """Heat drawn as steam, >= 0 [W]."""
    room_c: float


class SteamBoilerOutput(NamedTuple):
    """What a boiler shows; powers and flows are means over the step, the rest is at its end."""

    active_power_w: float
    reactive_power_var: float
    """Always 0: a resistance."""
    steam_w: float
    """Heat in the steam above the feed water [W], at most the demand."""
    steam_kg_per_s: float
    loss_w: float
    drum_c: float
    pressure_bar: float
    """Absolute."""


class _Flows(NamedTuple):
    active_w: float
    heat_w: float
    steam_w: float


def saturation_pressure_pa(temperature_c: float) -> float:
    """Return the pressure of saturated steam [Pa], 0 to 373.9 °C (IAPWS-IF97, equation 30)."""
    kelvin = temperature_c + _KELVIN
    theta = kelvin + _N9 / (kelvin - _N10)
    a = theta * theta + _N1 * theta + _N2
    b = _N3 * theta * theta + _N4 * theta + _N5
    c = _N6 * theta * theta + _N7 * theta + _N8
    root = 2.0 * c / (-b + math.sqrt(b * b - 4.0 * a * c))
    return root * root * root * root * _PA_PER_MPA


def saturation_temperature_c(pressure_pa: float) -> float:
    """Return the temperature of saturated steam [°C], 612 Pa to 22.06 MPa (IAPWS-IF97, equation 31)."""
    beta = math.sqrt(math.sqrt(pressure_pa / _PA_PER_MPA))
    e = beta * beta + _N3 * beta + _N6
    f = _N1 * beta * beta + _N4 * beta + _N7
    g = _N2 * beta * beta + _N5 * beta + _N8
    d = 2.0 * g / (-f - math.sqrt(f * f - 4.0 * e * g))
    total = _N10 + d
    return 0.5 * (total - math.sqrt(total * total - 4.0 * (_N9 + _N10 * d))) - _KELVIN


def steam_boiler_initial_state(_params: SteamBoilerParams, drum_c: float) -> SteamBoilerState:
    """Return a boiler with a drum of a temperature [°C]."""
    return SteamBoilerState(1, drum_c, 0.0)


def _holding_w(params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput) -> float:
    """Return the electric power of the heating that keeps the drum as warm as it is [W], >= 0."""
    loss_w = params.drum.heat_loss_w_per_k * (state.drum_c - inp.room_c)
    drawn_w = inp.steam_demand_w if has_reached(state.drum_c, params.drum.useful_c) else 0.0
    return max(drawn_w + loss_w, 0.0) / params.efficiency


def _settled(params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput) -> SteamBoilerState:
    """Return the state after the switching that is due at this instant."""
    takes = state.drum_takes
    if has_reached(params.restart_c, state.drum_c):
        takes = 1
    elif has_reached(state.drum_c, params.full_c):
        too_full = not has_reached(params.full_c, state.drum_c)
        needed_w = _holding_w(params, state, inp) + params.auxiliary_power_w
        if too_full or needed_w < params.minimum_power_w:
            takes = 0
    return SteamBoilerState(takes, state.drum_c, state.loaded_s)


def _heating_w(params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput) -> float:
    """Return the electric power of the heating in a settled state [W], >= 0."""
    if _follows(params, state, inp):
        wanted = min(inp.set_point_w, _loaded_limit_w(params, state)) - params.auxiliary_power_w
        if has_reached(state.drum_c, params.full_c):
            return min(wanted, _holding_w(params, state, inp))
        return wanted
    return _keep_warm_w(params, state, inp)


def _follows(params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput) -> bool:
    """Say whether a settled boiler heats by its set-point."""
    return state.drum_takes != 0 and inp.set_point_w >= params.minimum_power_w


def _loaded_limit_w(params: SteamBoilerParams, state: SteamBoilerState) -> float:
    return loaded_limit_w(
        params.minimum_power_w, params.rated_power_w, params.loading_w_per_s, state.loaded_s
    )


def _loaded_s(
    params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput, dt_s: float
) -> float:
    """Return for how long a settled boiler has taken on load after a time [s]; 0 while it does not heat by it."""
    if not _follows(params, state, inp):
        return 0.0
    full_s = loading_s(params.minimum_power_w, params.rated_power_w, params.loading_w_per_s)
    return min(state.loaded_s + dt_s, full_s)


def _keep_warm_w(params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput) -> float:
    if not has_reached(state.drum_c, params.keep_warm_c):
        return params.keep_warm_power_w
    if has_reached(params.keep_warm_c, state.drum_c):
        return min(params.keep_warm_power_w, _holding_w(params, state, inp))
    return 0.0


def _flows(params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput) -> _Flows:
    heating = _heating_w(params, state, inp)
    heat = heating * params.efficiency
    steam = delivered_w(params.drum, state.drum_c, HeatBufferInput(heat, inp.steam_demand_w, inp.room_c))
    return _Flows(heating + params.auxiliary_power_w, heat, steam)


def _event_s(
    params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput, flows: _Flows
) -> float:
    """Return the time until the flows of a settled state change [s], > 0; infinite if they never do."""
    drum = HeatBufferState(state.drum_c)
    into = HeatBufferInput(flows.heat_w, inp.steam_demand_w, inp.room_c)
    event = math.inf
    if _follows(params, state, inp) and min(inp.set_point_w, params.rated_power_w) > _loaded_limit_w(
        params, state
    ):
        event = next_load_s(state.loaded_s)
    event = min(event, heat_buffer_time_to_s(params.drum, drum, into, params.drum.useful_c))
    event = min(event, heat_buffer_time_to_s(params.drum, drum, into, params.full_c))
    event = min(event, heat_buffer_time_to_s(params.drum, drum, into, params.restart_c))
    return min(event, heat_buffer_time_to_s(params.drum, drum, into, params.keep_warm_c))


def steam_boiler_power_limits(
    params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput
) -> tuple[float, float]:
    """Return the active power that the boiler could have now [W]: from 0 to what the drum takes."""
    state = _settled(params, state, inp)
    if state.drum_takes == 0:
        return 0.0, _keep_warm_w(params, state, inp) + params.auxiliary_power_w
    if has_reached(state.drum_c, params.full_c):
        needed_w = _holding_w(params, state, inp) + params.auxiliary_power_w
        return 0.0, min(params.rated_power_w, needed_w)
    return 0.0, params.rated_power_w


def steam_boiler_output(
    params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput
) -> SteamBoilerOutput:
    """Return what the boiler shows at this instant."""
    state = _settled(params, state, inp)
    flows = _flows(params, state, inp)
    to_room_w = params.drum.heat_loss_w_per_k * (state.drum_c - inp.room_c)
    loss_w = flows.active_w - flows.heat_w + to_room_w
    return _shown(params, state, flows.active_w, flows.steam_w, loss_w)


def steam_boiler_besides(_params: SteamBoilerParams, state: SteamBoilerState) -> float:
    """Return the absolute pressure in the drum [bar]."""
    return saturation_pressure_pa(max(state.drum_c, 0.0)) * 1e-5


def _shown(
    params: SteamBoilerParams, state: SteamBoilerState, active_w: float, steam_w: float, loss_w: float
) -> SteamBoilerOutput:
    return SteamBoilerOutput(
        active_w,
        0.0,
        steam_w,
        steam_w / params.steam_enthalpy_j_per_kg,
        loss_w,
        state.drum_c,
        saturation_pressure_pa(max(state.drum_c, 0.0)) * 1e-5,
    )


def steam_boiler_horizon_s(
    params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput
) -> float:
    """Return how long power and steam hold [s], at least 1 ms.

    That is until the drum reaches one of its thresholds, or the boiler takes on more load.
    """
    state = _settled(params, state, inp)
    return max(_event_s(params, state, inp, _flows(params, state, inp)), SHORTEST_HORIZON_S)


def steam_boiler_step(
    params: SteamBoilerParams, state: SteamBoilerState, inp: SteamBoilerInput, dt_s: float
) -> tuple[SteamBoilerState, SteamBoilerOutput]:
    """Carry a boiler across any `dt_s`.

    Returns:
        The state at the end, and the output: powers and flows are means over the step, temperature and pressure
        are those at its end.
    """
    if dt_s <= 0.0:
        return state, steam_boiler_output(params, state, inp)
    left_s, active_j, steam_j, loss_j = dt_s, 0.0, 0.0, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        flows = _flows(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp, flows))
        net_w = flows.heat_w - flows.steam_w
        drum, lost_j = tank_after(params.drum, HeatBufferState(state.drum_c), net_w, inp.room_c, part_s)
        active_j += flows.active_w * part_s
        steam_j += flows.steam_w * part_s
        loss_j += lost_j + (flows.active_w - flows.heat_w) * part_s
        loaded_s = _loaded_s(params, state, inp, part_s)
        state = SteamBoilerState(state.drum_takes, drum.temperature_c, loaded_s)
        left_s -= part_s
    state = _settled(params, state, inp)
    return state, _shown(params, state, active_j / dt_s, steam_j / dt_s, loss_j / dt_s)
