"""When a grid code asks a generator to trip, and to reconnect.

Trip: each of eight thresholds of voltage and frequency has a clearing time; a value beyond a threshold for
that long disconnects. A mean voltage catches the slow excess. Reconnection: voltage and frequency have to stay
inside a narrower window for a time, then power may grow by a gradient until full power could have been reached.
Limits and times are those commonly set for inverters by VDE-AR-N 4105:2018-11, and by EN 50549-1:2019 (defaults) for
the reconnection; a site may follow another code by its own parameters.

Voltages are over the nominal one; the caller chooses which phase counts (the codes trip on any of them). How a
generator supports voltage and frequency is in `grid_support`.

Left out: hysteresis of the relays, tolerance of clearing times, rate of change of frequency, vector shift,
islanding detection, fault ride-through (no trip before the clearing time is all of it). The sliding mean of the voltage
over ten minutes is a first-order lag with the same mean delay (five minutes): a jump is met a little earlier or later
than by a true window. It starts afresh at each reconnection, and so do the clearing times.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter
from .timers import TOUCH_S

DISCONNECTED = 0
RAMPING = 1
"""Reconnected; power may grow by the gradient."""
CONNECTED = 2
UNDERVOLTAGE = 1
OVERVOLTAGE = 2
UNDERFREQUENCY = 3
OVERFREQUENCY = 4
"""Causes of a trip."""
UNLIMITED_PER_S = 1e6
"""A growth of power that limits nothing [1/s]."""

_SHORTEST_S = 1e-6
"""No horizon is shorter [s]: clearing times are milliseconds."""
_STANDARD = "VDE-AR-N 4105:2018-11"
_MOST_PU = 2.0


class GridCodeParams(NamedTuple):
    """Thresholds and times of the grid protection; the defaults are those of a German inverter at low voltage."""

    undervoltage_pu: Annotated[float, Parameter("1", 0.0, 1.0, _STANDARD)] = 0.8
    """U<."""
    undervoltage_s: Annotated[float, Parameter("s", 0.0, 3600.0, _STANDARD, above=True)] = 3.0
    low_undervoltage_pu: Annotated[float, Parameter("1", 0.0, 1.0, _STANDARD)] = 0.45
    """U<<."""
    low_undervoltage_s: Annotated[float, Parameter("s", 0.0, 3600.0, _STANDARD, above=True)] = 0.3
    overvoltage_pu: Annotated[float, Parameter("1", 1.0, _MOST_PU, "EN 50549-1:2019")] = 1.15
    """U> of the momentary value; chosen within what EN 50549-1 lets an operator set (1.0 to 1.2, up to 100 s)."""
    overvoltage_s: Annotated[float, Parameter("s", 0.0, 3600.0, "EN 50549-1:2019", above=True)] = 60.0
    high_overvoltage_pu: Annotated[float, Parameter("1", 1.0, _MOST_PU, _STANDARD)] = 1.25
    """U>>."""
    high_overvoltage_s: Annotated[float, Parameter("s", 0.0, 3600.0, _STANDARD, above=True)] = 0.1
    mean_overvoltage_pu: Annotated[float, Parameter("1", 1.0, _MOST_PU, _STANDARD)] = 1.1
    """U> of the mean over ten minutes."""
    mean_delay_s: Annotated[float, Parameter("s", 0.0, 3600.0, "EN 50160", above=True)] = 300.0
    """Time constant of that mean: half of the ten minutes."""
    underfrequency_hz: Annotated[float, Parameter("Hz", 40.0, 60.0, _STANDARD)] = 47.5
    underfrequency_s: Annotated[float, Parameter("s", 0.0, 3600.0, _STANDARD, above=True)] = 0.1
    overfrequency_hz: Annotated[float, Parameter("Hz", 50.0, 70.0, _STANDARD)] = 51.5
    overfrequency_s: Annotated[float, Parameter("s", 0.0, 3600.0, _STANDARD, above=True)] = 0.1
    reconnect_voltage_min_pu: Annotated[float, Parameter("1", 0.0, 1.0, "EN 50549-1:2019")] = 0.85
    reconnect_voltage_max_pu: Annotated[float, Parameter("1", 1.0, _MOST_PU, "EN 50549-1:2019")] = 1.1
    reconnect_frequency_min_hz: Annotated[float, Parameter("Hz", 40.0, 60.0, "EN 50549-1:2019")] = 49.5
    reconnect_frequency_max_hz: Annotated[float, Parameter("Hz", 50.0, 70.0, "EN 50549-1:2019")] = 50.2
    reconnect_wait_s: Annotated[float, Parameter("s", 0.0, 3600.0, "EN 50549-1:2019")] = 60.0
    """Voltage and frequency have to be in that window for so long."""
    gradient_per_s: Annotated[
        float, Parameter("1/s", 0.0, source="EN 50549-1:2019", above=True, unbounded=True)
    ] = 0.1 / 60.0
    """Growth of power after reconnection, over the rated power: 10 % per minute; infinite for none."""


class GridCodeState(NamedTuple):
    """What the protection remembers."""

    mode: int
    """DISCONNECTED, RAMPING or CONNECTED."""
    undervoltage_s: float
    """For how long the voltage has been below U< [s]; the next five alike."""
    low_undervoltage_s: float
    overvoltage_s: float
    high_overvoltage_s: float
    underfrequency_s: float
    overfrequency_s: float
    mean_voltage_pu: float
    waited_s: float
    """For how long the grid has been inside the window of reconnection, while disconnected [s]."""
    ramped_s: float
    """Since reconnection, while ramping [s]."""


class GridCodeInput(NamedTuple):
    """What the grid shows during a step."""

    voltage_pu: float
    """Over the nominal voltage; 0 where there is no grid."""
    frequency_hz: float


class GridCodeOutput(NamedTuple):
    """What the protection allows."""

    connected_share: float
    """Share of a step during which power might flow, 0..1; of an instant it is `connected`."""
    power_gradient_per_s: float
    """Greatest growth of power over the rated power [1/s]; `UNLIMITED_PER_S` where there is no such limit."""
    connected: int
    """1 if power may flow; after a step, from its end on."""


def grid_code_initial_state(_params: GridCodeParams, connected: bool = True) -> GridCodeState:
    """Return a protection in a sound grid, connected for long, or off with its waiting time ahead."""
    return GridCodeState(
        CONNECTED if connected else DISCONNECTED, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0
    )


def grid_code_output(params: GridCodeParams, state: GridCodeState, _inp: GridCodeInput) -> GridCodeOutput:
    """Return what the protection allows at this instant; it holds for `grid_code_horizon_s`."""
    if state.mode == DISCONNECTED:
        return GridCodeOutput(0.0, UNLIMITED_PER_S, 0)
    if state.mode == RAMPING:
        return GridCodeOutput(1.0, min(params.gradient_per_s, UNLIMITED_PER_S), 1)
    return GridCodeOutput(1.0, UNLIMITED_PER_S, 1)


def grid_code_cause(params: GridCodeParams, inp: GridCodeInput) -> int:
    """Return what of the grid is out of bounds at a trip; where it is the mean of the voltage, overvoltage."""
    if inp.voltage_pu < params.undervoltage_pu:
        return UNDERVOLTAGE
    if inp.frequency_hz < params.underfrequency_hz:
        return UNDERFREQUENCY
    if inp.frequency_hz > params.overfrequency_hz:
        return OVERFREQUENCY
    return OVERVOLTAGE


def grid_code_horizon_s(params: GridCodeParams, state: GridCodeState, inp: GridCodeInput) -> float:
    """Return the time to the next trip, reconnection or end of the gradient [s], if the grid stays as it is."""
    if state.mode == DISCONNECTED:
        if not _may_reconnect(params, inp):
            return math.inf
        return _ahead(params.reconnect_wait_s - state.waited_s)
    horizon_s = _until_trip_s(params, state, inp)
    if state.mode == RAMPING:
        horizon_s = min(horizon_s, _ramp_time_s(params) - state.ramped_s)
    return _ahead(horizon_s)


def _ahead(seconds: float) -> float:
    return max(seconds, _SHORTEST_S)


def _ramp_time_s(params: GridCodeParams) -> float:
    return 0.0 if params.gradient_per_s >= UNLIMITED_PER_S else 1.0 / params.gradient_per_s


def _may_reconnect(params: GridCodeParams, inp: GridCodeInput) -> bool:
    voltage = params.reconnect_voltage_min_pu <= inp.voltage_pu <= params.reconnect_voltage_max_pu
    lowest_hz, highest_hz = params.reconnect_frequency_min_hz, params.reconnect_frequency_max_hz
    return voltage and lowest_hz <= inp.frequency_hz <= highest_hz


def _until_trip_s(params: GridCodeParams, state: GridCodeState, inp: GridCodeInput) -> float:
    """Return the time to the first trip [s], infinite if there will be none."""
    until_s = math.inf
    if inp.voltage_pu < params.undervoltage_pu:
        until_s = min(until_s, params.undervoltage_s - state.undervoltage_s)
    if inp.voltage_pu < params.low_undervoltage_pu:
        until_s = min(until_s, params.low_undervoltage_s - state.low_undervoltage_s)
    if inp.voltage_pu > params.overvoltage_pu:
        until_s = min(until_s, params.overvoltage_s - state.overvoltage_s)
    if inp.voltage_pu > params.high_overvoltage_pu:
        until_s = min(until_s, params.high_overvoltage_s - state.high_overvoltage_s)
    if inp.frequency_hz < params.underfrequency_hz:
        until_s = min(until_s, params.underfrequency_s - state.underfrequency_s)
    if inp.frequency_hz > params.overfrequency_hz:
        until_s = min(until_s, params.overfrequency_s - state.overfrequency_s)
    limit_pu = params.mean_overvoltage_pu
    # In a voltage of just the limit the mean comes to it by rounding, and does not pass it.
    if state.mean_voltage_pu > limit_pu:
        return 0.0
    if inp.voltage_pu > limit_pu:
        way = (inp.voltage_pu - state.mean_voltage_pu) / (inp.voltage_pu - limit_pu)
        until_s = min(until_s, params.mean_delay_s * math.log(way))
    return until_s


def grid_code_step(
    params: GridCodeParams, state: GridCodeState, inp: GridCodeInput, dt_s: float
) -> tuple[GridCodeState, GridCodeOutput]:
    """Carry the protection across `dt_s` [s] of a steady grid.

    Returns:
        The state, and what is allowed from now on; `connected_share` tells of the step.
    """
    left_s, connected_s = dt_s, 0.0
    while left_s > 0.0:
        part_s = min(grid_code_horizon_s(params, state, inp), left_s)
        if state.mode != DISCONNECTED:
            connected_s += part_s
        state = _switched(params, _aged(params, state, inp, part_s), inp)
        left_s -= part_s
    now = grid_code_output(params, state, inp)
    share = connected_s / dt_s if dt_s > 0.0 else now.connected_share
    return state, GridCodeOutput(min(share, 1.0), now.power_gradient_per_s, now.connected)


def _aged(params: GridCodeParams, state: GridCodeState, inp: GridCodeInput, dt_s: float) -> GridCodeState:
    """Return the state with its clocks advanced; a clock whose cause is gone starts again at zero."""
    volts, hertz = inp.voltage_pu, inp.frequency_hz
    left = math.exp(-dt_s / params.mean_delay_s)
    waiting = state.mode == DISCONNECTED and _may_reconnect(params, inp)
    return GridCodeState(
        state.mode,
        _clock(state.undervoltage_s, volts < params.undervoltage_pu, dt_s, params.undervoltage_s),
        _clock(state.low_undervoltage_s, volts < params.low_undervoltage_pu, dt_s, params.low_undervoltage_s),
        _clock(state.overvoltage_s, volts > params.overvoltage_pu, dt_s, params.overvoltage_s),
        _clock(state.high_overvoltage_s, volts > params.high_overvoltage_pu, dt_s, params.high_overvoltage_s),
        _clock(state.underfrequency_s, hertz < params.underfrequency_hz, dt_s, params.underfrequency_s),
        _clock(state.overfrequency_s, hertz > params.overfrequency_hz, dt_s, params.overfrequency_s),
        volts + (state.mean_voltage_pu - volts) * left,
        _clock(state.waited_s, waiting, dt_s, params.reconnect_wait_s),
        _clock(state.ramped_s, state.mode == RAMPING, dt_s, _ramp_time_s(params)),
    )


def _clock(clock_s: float, running: bool, dt_s: float, most_s: float) -> float:
    """Return a clock after `dt_s`: at most `most_s`, zero if it does not run."""
    return min(clock_s + dt_s, most_s) if running else 0.0


def _switched(params: GridCodeParams, state: GridCodeState, inp: GridCodeInput) -> GridCodeState:
    """Return the state with its mode changed where a clock has run out."""
    if state.mode == DISCONNECTED:
        if _may_reconnect(params, inp) and state.waited_s >= params.reconnect_wait_s - TOUCH_S:
            return _in_mode(state, RAMPING)
        return state
    if _until_trip_s(params, state, inp) <= TOUCH_S:
        return _in_mode(state, DISCONNECTED)
    if state.mode == RAMPING and state.ramped_s >= _ramp_time_s(params) - TOUCH_S:
        return _in_mode(state, CONNECTED)
    return state


def _in_mode(state: GridCodeState, mode: int) -> GridCodeState:
    if mode == RAMPING:
        # What lasts from before the trip would trip it again at once.
        return GridCodeState(RAMPING, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    return GridCodeState(
        mode,
        state.undervoltage_s,
        state.low_undervoltage_s,
        state.overvoltage_s,
        state.high_overvoltage_s,
        state.underfrequency_s,
        state.overfrequency_s,
        state.mean_voltage_pu,
        0.0,
        0.0,
    )
