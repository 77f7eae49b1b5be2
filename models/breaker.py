"""A circuit breaker: it opens and closes in its own time, and trips on too much current.

The magnetic release trips at once above its multiple of the rated current. The thermal release is a bimetal that warms
up with the square of the current, dθ/dt = ((I / k In)² - θ) / τ, and trips at θ = 1. With k between the conventional
non-tripping (1.13 In) and tripping (1.45 In) currents of IEC 60898-1:2015, it carries the one for ever and
trips on the other within its time.

Left out: the arc, residual current, selectivity, ambient temperature of the bimetal.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import decay_over
from .parameter import Parameter

OPEN = 0
CLOSING = 1
"""Told to close; the contacts are still apart."""
CLOSED = 2
OPENING = 3
"""Told to open; the contacts still touch."""
TRIPPED = 4
"""Open until it is reset."""

_SHORTEST_S = 1e-3
_TOUCH = 1e-10


class BreakerParams(NamedTuple):
    """A breaker."""

    rated_current_a: Annotated[float, Parameter("A", 0.0, 1e5, "physics", above=True)]
    magnetic_multiple: Annotated[float, Parameter("1", 2.0, 50.0, "IEC 60898-1: B 3..5, C 5..10, D 10..20")]
    """Over the rated current; trips at once above it."""
    thermal_multiple: Annotated[float, Parameter("1", 1.0, 1.5, "IEC 60898-1: between 1.13 and 1.45")]
    """Over the rated current; above it the thermal release trips after a while."""
    thermal_time_constant_s: Annotated[float, Parameter("s", 1.0, 36000.0, "IEC 60898-1")]
    closing_s: Annotated[float, Parameter("s", 0.0, 60.0, "data sheets")]
    opening_s: Annotated[float, Parameter("s", 0.0, 10.0, "data sheets")]


class BreakerState(NamedTuple):
    """What a breaker remembers."""

    mode: int
    """`OPEN`, `CLOSING`, `CLOSED`, `OPENING` or `TRIPPED`."""
    timer_s: float
    """Rest of a movement, >= 0."""
    heat: float
    """Of the thermal release; it trips at 1."""


class BreakerInput(NamedTuple):
    """What acts on a breaker during a step."""

    is_wanted: int
    """1 to be closed."""
    is_reset: int
    """1 to leave `TRIPPED` for `OPEN`, heeded while it is not wanted to be closed, as a toggle goes over off."""
    current_a: float
    """Through its contacts if they touch, >= 0."""


class BreakerOutput(NamedTuple):
    """What a breaker shows."""

    closed_share: float
    """1 while its contacts touch; the mean over a step."""
    is_tripped: int
    """At the end of the step."""


def breaker_initial_state(_params: BreakerParams, is_closed: bool) -> BreakerState:
    """Return a cold breaker."""
    return BreakerState(CLOSED if is_closed else OPEN, 0.0, 0.0)


def _settled(params: BreakerParams, state: BreakerState, inp: BreakerInput) -> BreakerState:
    """Return the state after all that happens at once."""
    mode, timer_s, heat = state
    if mode == TRIPPED and inp.is_reset != 0 and inp.is_wanted == 0:
        mode = OPEN
    if mode == OPENING and inp.is_wanted != 0:
        mode, timer_s = CLOSED, 0.0
    if mode == CLOSING and inp.is_wanted == 0:
        mode, timer_s = OPEN, 0.0
    if mode == OPEN and inp.is_wanted != 0:
        mode, timer_s = CLOSING, params.closing_s
    if mode == CLOSED and inp.is_wanted == 0:
        mode, timer_s = OPENING, params.opening_s
    if mode == CLOSING and timer_s <= 0.0:
        mode = CLOSED
    if mode == OPENING and timer_s <= 0.0:
        mode = OPEN
    is_short = inp.current_a > params.magnetic_multiple * params.rated_current_a
    if (mode in (CLOSED, OPENING)) and (is_short or heat >= 1.0 - _TOUCH):
        mode = TRIPPED
    return BreakerState(mode, timer_s if mode in (CLOSING, OPENING) else 0.0, heat)


def _settling_heat(params: BreakerParams, mode: int, current_a: float) -> float:
    """Return the heat that the thermal release tends to."""
    if mode not in (CLOSED, OPENING):
        return 0.0
    share = current_a / (params.thermal_multiple * params.rated_current_a)
    return share * share


def _event_s(params: BreakerParams, state: BreakerState, inp: BreakerInput) -> float:
    """Return the time until a settled state changes by itself [s], > 0."""
    horizon = state.timer_s if state.mode in (CLOSING, OPENING) else math.inf
    settled = _settling_heat(params, state.mode, inp.current_a)
    if settled > 1.0:
        trip_s = params.thermal_time_constant_s * math.log((settled - state.heat) / (settled - 1.0))
        horizon = min(horizon, max(trip_s, 1e-9))
    return horizon


def breaker_output(params: BreakerParams, state: BreakerState, inp: BreakerInput) -> BreakerOutput:
    """Return what a breaker shows at this instant; it holds for `breaker_horizon_s`."""
    return _shown(_settled(params, state, inp))


def _shown(state: BreakerState) -> BreakerOutput:
    touches = 1.0 if state.mode in (CLOSED, OPENING) else 0.0
    return BreakerOutput(touches, 1 if state.mode == TRIPPED else 0)


def breaker_horizon_s(params: BreakerParams, state: BreakerState, inp: BreakerInput) -> float:
    """Return how long the output holds [s]: until a movement ends or the thermal release trips."""
    return max(_event_s(params, _settled(params, state, inp), inp), _SHORTEST_S)


def breaker_step(
    params: BreakerParams, state: BreakerState, inp: BreakerInput, dt_s: float
) -> tuple[BreakerState, BreakerOutput]:
    """Carry a breaker across `dt_s` [s]; returns the state at the end and the output of the step."""
    if dt_s <= 0.0:
        return state, breaker_output(params, state, inp)
    left_s, closed_s = dt_s, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp))
        settled = _settling_heat(params, state.mode, inp.current_a)
        heat = settled + (state.heat - settled) * decay_over(part_s, params.thermal_time_constant_s).end
        closed_s += _shown(state).closed_share * part_s
        state = BreakerState(state.mode, max(state.timer_s - part_s, 0.0), heat)
        left_s -= part_s
    state = _settled(params, state, inp)
    return state, BreakerOutput(closed_s / dt_s, 1 if state.mode == TRIPPED else 0)
