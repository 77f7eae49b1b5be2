"""A wind turbine with its converter: what the wind offers, and when it runs.

A power curve gives the power over the wind speed at hub height for air of a reference density. Other air counts as in
IEC 61400-12-1:2017: a turbine that pitches its blades sees the wind speed

    v' = v (ρ / ρ0)^(1/3)

so that thin air moves the curve to the right and leaves the rated power (`density_exponent` is another exponent for
strong wind); for one that does not (stall, furling) the power itself is scaled by ρ / ρ0. It starts at the cut-in
speed, after a while of turning up, stops in a storm at the cut-out speed and comes back when the wind has been down at
the restart speed for a while, so it does not flap around either. A set-point below what the wind offers holds it back
by pitching.

A rotor that does not face the wind by an angle γ sees v cos γ. In cold and moist air ice grows on the blades; iced,
they leave a share of the power, or none where the turbine stands still until they are free; in warmer air the ice
goes. An input says when it is out of service.

A power curve holds for means over ten minutes; a gust is not a mean. `wind_turbine_smoothed` widens a curve by the
spread of the wind within the interval that its inputs are means of (P. Nørgaard, H. Holttinen, "A Multi-Turbine Power
Curve Approach", Nordic Wind Power Conference, Gothenburg 2004).

Left out: rotor inertia, wake, wind shear over the rotor, soft storm shut-down, yaw that changes, the weight of ice.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .air import air_density_kg_per_m3
from .parameter import Parameter, Under
from .tables import table_value
from .timers import SHORTEST_HORIZON_S, time_left_s

STOPPED = 0
"""Too little wind."""
STARTING = 1
"""Turning up."""
RUNNING = 2
STORM = 3
"""Too much wind; waits for the restart speed."""

_LOW_M_PER_S, _HIGH_M_PER_S = 7.5, 12.5
"""Speeds of the curve between which the exponent of the density goes to that of strong wind, as in WindPRO."""
_ROUNDS = 16
_ICES = Under("iced_share", off=1.0)


class WindTurbineParams(NamedTuple):
    """A turbine. Its table runs over wind speeds from 0 to `curve_end_m_per_s` in even steps."""

    rated_power_w: Annotated[float, Parameter("W", 0.0, 2e7, "largest turbines of today", above=True)]
    """Greatest active power."""
    power_curve_w: Annotated[tuple[float, ...], Parameter("W", 0.0, 2e7, "largest turbines of today")]
    """Net power, production positive, over the wind speed at hub height."""
    curve_end_m_per_s: Annotated[float, Parameter("m/s", 15.0, 60.0, "cut-out speeds of today")]
    """Wind speed of the last entry of the curve."""
    reference_density_kg_per_m3: Annotated[float, Parameter("kg/m³", 0.8, 1.4, "IEC 61400-12-1")]
    """Air density that the curve is given for."""
    is_pitch_regulated: bool
    """Whether thin air moves the curve (pitch) or lowers it (stall, furling)."""
    cut_in_m_per_s: Annotated[float, Parameter("m/s", 0.5, 8.0, "chosen: around turbines of today")]
    """It starts in wind as strong as this."""
    stop_m_per_s: Annotated[float, Parameter("m/s", 0.0, 8.0, "at most the cut-in speed")]
    """It stops in wind weaker than this."""
    cut_out_m_per_s: Annotated[float, Parameter("m/s", 10.0, 60.0, "chosen: around turbines of today")]
    """It stops in wind stronger than this."""
    restart_m_per_s: Annotated[float, Parameter("m/s", 5.0, 60.0, "at most the cut-out speed")]
    """After a storm it waits for wind as weak as this."""
    start_up_s: Annotated[float, Parameter("s", 0.0, 3600.0, "chosen: an hour")]
    """From wind enough to the first power."""
    standby_power_w: Annotated[float, Parameter("W", 0.0, 1e5, "chosen: 5 ‰ of the largest")]
    """Drawn while it does not run: controls, heating, yaw and pitch drives."""
    apparent_power_va: Annotated[float, Parameter("VA", 0.0, 3e7, "physics", above=True)]
    """Rating of the converter, at least the rated power."""
    reactive_power_max_var: Annotated[float, Parameter("var", 0.0, 3e7, "physics")]
    """Greatest reactive power of either sign while it runs, inside of the apparent power."""
    restart_wait_s: Annotated[float, Parameter("s", 0.0, 86400.0, "chosen: a day")] = 0.0
    """After a storm the wind has to be as weak as that for so long."""
    yaw_error_deg: Annotated[float, Parameter("°", 0.0, 45.0, "chosen: beyond it no turbine runs on")] = 0.0
    """Angle between the wind and the axis of the rotor."""
    iced_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 1.0
    """Share of the power that iced blades leave; 0 stands still while they are, 1 has no ice."""
    icing_below_c: Annotated[float, Parameter("°C", -20.0, 5.0, "chosen: around 0 °C"), _ICES] = 0.0
    """In air colder than this, and moist, ice grows."""
    icing_humidity: Annotated[float, Parameter("1", 0.5, 1.0, "chosen: moist air"), _ICES] = 0.95
    """Relative humidity from which on it does."""
    ice_build_s: Annotated[float, Parameter("s", 60.0, 604800.0, "chosen: up to a week"), _ICES] = 7200.0
    """For so long it grows until blades are iced."""
    melting_above_c: Annotated[float, Parameter("°C", -5.0, 20.0, "chosen: around 0 °C"), _ICES] = 0.5
    """In air warmer than this, ice goes."""
    ice_melt_s: Annotated[float, Parameter("s", 60.0, 604800.0, "chosen: up to a week"), _ICES] = 21600.0
    """For so long iced blades melt until they are free."""
    density_exponent: Annotated[
        float,
        Parameter("1", 0.3, 0.7, "IEC 61400-12-1: 1/3; WindPRO: 2/3"),
        Under("is_pitch_regulated", off=False),
    ] = 1.0 / 3.0
    """Of the ratio of densities, from 12.5 m/s of the curve on; 1/3 up to 7.5 m/s, and linear in the speed between."""


class WindTurbineState(NamedTuple):
    """What a turbine remembers."""

    mode: int
    """`STOPPED`, `STARTING`, `RUNNING` or `STORM`."""
    timer_s: float
    """Rest of the start-up, or after a storm of the time that the wind has to be weak, >= 0."""
    ice: float = 0.0
    """Ice on the blades over that of iced ones, 0..1."""
    is_iced: int = 0
    """1 from when the blades are iced until they are free, else 0."""


class WindTurbineInput(NamedTuple):
    """What acts on a turbine during a step."""

    set_point_w: float
    """Active power that it is held to, production negative; `-rated_power_w` or below leaves it free."""
    reactive_power_var: float
    """Wanted, inductive positive."""
    wind_m_per_s: float
    """Wind speed at hub height, >= 0."""
    ambient_c: float
    pressure_pa: float
    """Pressure of the air at hub height."""
    relative_humidity: float
    """0..1; of power, little depends on it, of ice, much."""
    is_out: float = 0.0
    """1 while it is out of service, 0 otherwise."""


class WindTurbineOutput(NamedTuple):
    """What a turbine shows at its terminals."""

    active_power_w: float
    """Production negative."""
    reactive_power_var: float
    available_power_w: float
    """What it would produce if nothing held it back, <= 0."""


def wind_turbine_initial_state(params: WindTurbineParams, wind_m_per_s: float) -> WindTurbineState:
    """Return a turbine that has long been in a wind speed at hub height [m/s]: running if that is in its range."""
    if wind_m_per_s > params.cut_out_m_per_s:
        return WindTurbineState(STORM, params.restart_wait_s)
    return WindTurbineState(RUNNING if wind_m_per_s >= params.cut_in_m_per_s else STOPPED, 0.0)


def wind_turbine_smoothed(params: WindTurbineParams, turbulence: float) -> WindTurbineParams:
    """Return the turbine with its curve averaged over a normal spread of the wind around each speed.

    For inputs that are means of an interval much longer than the turbine's own response. The curve given must be that
    of steady wind: one measured as means of ten minutes holds the turbulence of its site already.

    Args:
        params: The turbine.
        turbulence: Standard deviation of the wind speed over its mean, 0..1.
    """
    last = len(params.power_curve_w) - 1
    smoothed = []
    for index in range(last + 1):
        mean = index / last * params.curve_end_m_per_s
        spread = turbulence * mean
        total, weights = 0.0, 0.0
        for step in range(-60, 61):
            weight = math.exp(-0.5 * (step / 15.0) * (step / 15.0))
            speed = mean + spread * step / 15.0
            inside = speed <= params.cut_out_m_per_s or spread == 0.0
            total += weight * (
                table_value(params.power_curve_w, speed / params.curve_end_m_per_s) if inside else 0.0
            )
            weights += weight
        smoothed.append(total / weights)
    return params._replace(power_curve_w=tuple(smoothed))


def wind_turbine_curve_w(params: WindTurbineParams, wind_m_per_s: float, density_kg_per_m3: float) -> float:
    """Return the power of a running turbine [W], production positive here, at most its rated power.

    Args:
        params: The turbine.
        wind_m_per_s: Wind speed at hub height [m/s].
        density_kg_per_m3: Of the air [kg/m³].
    """
    ratio = max(density_kg_per_m3, 0.0) / params.reference_density_kg_per_m3
    if params.is_pitch_regulated:
        equivalent = _at_reference(params, wind_m_per_s, ratio)
        power = table_value(params.power_curve_w, equivalent / params.curve_end_m_per_s)
    else:
        power = ratio * table_value(params.power_curve_w, wind_m_per_s / params.curve_end_m_per_s)
    return min(power, params.rated_power_w)


def _at_reference(params: WindTurbineParams, wind_m_per_s: float, ratio: float) -> float:
    """Return the speed of the curve [m/s] for a wind in air of a density over that of the curve."""
    speed = wind_m_per_s * math.pow(ratio, 1.0 / 3.0)
    more = params.density_exponent - 1.0 / 3.0
    if more == 0.0 or ratio <= 0.0:
        return speed
    # What is looked for says its own exponent; each round leaves a sixth of the error or less in any air.
    for _ in range(_ROUNDS):
        share = min(max((speed - _LOW_M_PER_S) / (_HIGH_M_PER_S - _LOW_M_PER_S), 0.0), 1.0)
        speed = wind_m_per_s * math.pow(ratio, 1.0 / 3.0 + share * more)
    return speed


def _is_over(params: WindTurbineParams, inp: WindTurbineInput) -> bool:
    """Say whether the wind is weak enough to come back after a storm, and would not stop it again at once."""
    return inp.wind_m_per_s <= min(params.restart_m_per_s, params.cut_out_m_per_s)


def _settled(params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput) -> WindTurbineState:
    """Return the state after all that happens at once under an input."""
    mode, timer_s, is_iced, wind = state.mode, state.timer_s, state.is_iced, inp.wind_m_per_s
    if state.ice >= 1.0:
        is_iced = 1
    elif state.ice <= 0.0:
        is_iced = 0
    if mode == STORM and _is_over(params, inp) and timer_s <= 0.0:
        mode = STOPPED
    if wind > params.cut_out_m_per_s:
        mode = STORM
    elif mode != STORM:
        if wind < params.stop_m_per_s or inp.is_out != 0.0 or (is_iced != 0 and params.iced_share <= 0.0):
            mode = STOPPED
        elif mode == STOPPED and wind >= params.cut_in_m_per_s:
            mode, timer_s = STARTING, params.start_up_s
    if mode == STORM and not _is_over(params, inp):
        timer_s = params.restart_wait_s
    if mode == STARTING and timer_s <= 0.0:
        mode = RUNNING
    return WindTurbineState(mode, timer_s if mode in (STARTING, STORM) else 0.0, state.ice, is_iced)


def _ice_per_s(params: WindTurbineParams, inp: WindTurbineInput) -> float:
    """Return how fast ice grows [1/s]; it goes where that is less than 0."""
    if params.iced_share >= 1.0:
        return 0.0
    if inp.ambient_c < params.icing_below_c and inp.relative_humidity >= params.icing_humidity:
        return 1.0 / params.ice_build_s
    return -1.0 / params.ice_melt_s if inp.ambient_c > params.melting_above_c else 0.0


def _ice_holds_s(params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput) -> float:
    """Return how long blades stay iced, or free [s]."""
    growth = _ice_per_s(params, inp)
    if growth > 0.0 and state.is_iced == 0:
        return (1.0 - state.ice) / growth
    return state.ice / -growth if growth < 0.0 and state.is_iced != 0 else math.inf


def _mode_holds_s(params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput) -> float:
    """Return how long a settled turbine keeps its mode for its timer's sake [s]."""
    if state.mode == STARTING or (state.mode == STORM and _is_over(params, inp)):
        return state.timer_s
    return math.inf


def _after(
    params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput, dt_s: float
) -> WindTurbineState:
    """Return the state after a time in which nothing happens but at its end [s]."""
    timer_s = state.timer_s
    if _mode_holds_s(params, state, inp) < math.inf:
        timer_s = time_left_s(timer_s, dt_s)
    growth = _ice_per_s(params, inp)
    ice = min(max(state.ice + growth * dt_s, 0.0), 1.0)
    if time_left_s(_ice_holds_s(params, state, inp), dt_s) == 0.0:
        ice = 1.0 if growth > 0.0 else 0.0
    return _settled(params, WindTurbineState(state.mode, timer_s, ice, state.is_iced), inp)


def _available_w(params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput) -> float:
    if state.mode != RUNNING:
        return 0.0
    density = air_density_kg_per_m3(inp.ambient_c, inp.pressure_pa, inp.relative_humidity)
    facing_m_per_s = inp.wind_m_per_s * math.cos(math.radians(params.yaw_error_deg))
    power_w = wind_turbine_curve_w(params, facing_m_per_s, density)
    return 0.0 - (power_w * params.iced_share if state.is_iced != 0 else power_w)


def wind_turbine_power_limits(
    params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput
) -> tuple[float, float]:
    """Return the active power that the turbine could have now [W]: what the wind offers (<= 0), and 0."""
    return _available_w(params, _settled(params, state, inp), inp), 0.0


def wind_turbine_reactive_limit_var(params: WindTurbineParams, active_power_w: float) -> float:
    """Return the reactive power of either sign that a running turbine offers beside an active power [var]."""
    rated = params.apparent_power_va
    left = math.sqrt(max(rated * rated - active_power_w * active_power_w, 0.0))
    return min(params.reactive_power_max_var, left)


def wind_turbine_output(
    params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput
) -> WindTurbineOutput:
    """Return what the terminals show at this instant; it holds for `wind_turbine_horizon_s`."""
    return _shown(params, _settled(params, state, inp), inp)


def _shown(params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput) -> WindTurbineOutput:
    if state.mode != RUNNING:
        return WindTurbineOutput(params.standby_power_w, 0.0, 0.0)
    available = _available_w(params, state, inp)
    active = min(max(inp.set_point_w, available), 0.0)
    limit = wind_turbine_reactive_limit_var(params, active)
    return WindTurbineOutput(active, min(max(inp.reactive_power_var, -limit), limit), available)


def wind_turbine_horizon_s(
    params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput
) -> float:
    """Return how long the output holds [s]: until a start-up or the wait after a storm ends, or ice comes or goes."""
    state = _settled(params, state, inp)
    return max(min(_mode_holds_s(params, state, inp), _ice_holds_s(params, state, inp)), SHORTEST_HORIZON_S)


def wind_turbine_step(
    params: WindTurbineParams, state: WindTurbineState, inp: WindTurbineInput, dt_s: float
) -> tuple[WindTurbineState, WindTurbineOutput]:
    """Carry a turbine across `dt_s` [s].

    Args:
        params: The turbine.
        state: At the start.
        inp: Held over the step.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and the output as means over the step.
    """
    if dt_s <= 0.0:
        return state, wind_turbine_output(params, state, inp)
    state = _settled(params, state, inp)
    shown = _shown(params, state, inp)
    part_s = min(_mode_holds_s(params, state, inp), _ice_holds_s(params, state, inp))
    if part_s >= dt_s:
        return _after(params, state, inp, dt_s), shown
    left_s, active_j, reactive_vars, available_j = dt_s, 0.0, 0.0, 0.0
    while left_s > 0.0:
        shown = _shown(params, state, inp)
        part_s = min(_mode_holds_s(params, state, inp), _ice_holds_s(params, state, inp), left_s)
        active_j += shown.active_power_w * part_s
        reactive_vars += shown.reactive_power_var * part_s
        available_j += shown.available_power_w * part_s
        state = _after(params, state, inp, part_s)
        left_s -= part_s
    return state, WindTurbineOutput(active_j / dt_s, reactive_vars / dt_s, available_j / dt_s)
