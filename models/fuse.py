"""A fuse link of class gG: heat that current leaves in it, and the instant at which it melts.

The melting element is a notched strip inside sand inside a body. Heat leaves the notches within tens of
milliseconds, the strip within seconds and the body within a quarter of an hour or more, so the temperature of the
notches above the surroundings is a sum of three parts, each with a time constant of its own (a Foster network).
Counted in units of the rise at which the notches melt, and with `x = (I / I_melt)²` for the heat that a current `I`
sets free against that of the greatest current carried for ever:

    dh_i/dt = (x - h_i) / τ_i        heat = w_1 h_1 + w_2 h_2 + w_3 h_3        melts at heat = 1

with `w_1 + w_2 + w_3 = 1`. At high currents, before anything leaves the notches, this is the adiabatic law

    I² t = I_melt² / (w_1 / τ_1 + w_2 / τ_2 + w_3 / τ_3)

References: IEC 60269-1, "Low-voltage fuses - Part 1: General requirements" (conventional times and currents, gates of
the time-current characteristic); A. Wright, P. G. Newbery, "Electric Fuses", 3rd edition, IET 2004, chapter 2 (heat in
and around the element).

Left out: arcing (tens of milliseconds at most after melting, within which the current ends), the temperature of the
surroundings, ageing by overloads that did not melt the link, the rise of its resistance with temperature, its own loss
of a few watts.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import decay_over
from .parameter import Parameter
from .timers import SHORTEST_HORIZON_S

CARRIES = 0
MELTED = 1

_MOLTEN = 1.0 - 1e-11
"""Heat from which on the element counts as molten; closer to 1 than this rounding cannot tell."""
_NEWTON_STEPS = 100
_SHORTEST_PART_S = 1e-9
"""So that steps go on where the time to melting is a lower bound that has come close to it [s]."""


class FuseParams(NamedTuple):
    """A fuse link."""

    rated_current_a: Annotated[float, Parameter("A", 0.0, source="physics", above=True)]
    """What it is named after, and carries for good [A]."""
    melting_current_a: Annotated[float, Parameter("A", 0.0, source="physics", above=True)]
    """Greatest current that it carries for ever [A]; a gG link from 16 A on: 1.25 to 1.6 times the rated one."""
    weights: Annotated[tuple[float, float, float], Parameter("1", 0.0, 1.0, "physics")]
    """Parts of the settled rise that notches, strip and body make up; their sum is 1."""
    time_constants_s: Annotated[tuple[float, float, float], Parameter("s", 0.0, source="physics", above=True)]
    """Time constants of notches, strip and body [s]."""


class FuseState(NamedTuple):
    """What a fuse link remembers; heats are 1 where they alone would melt it in the long run."""

    notch_heat: float
    """Rise of the notches over the strip."""
    strip_heat: float
    """Rise of the strip over the body."""
    body_heat: float
    """Rise of the body over its surroundings."""
    condition: int
    """`CARRIES` or `MELTED`; only another link can change it back."""


class FuseInput(NamedTuple):
    """What acts on a fuse link during a step."""

    current_a: float
    """Root mean square, either direction, that flows while the link carries [A]."""


class FuseOutput(NamedTuple):
    """What a fuse link shows."""

    current_a: float
    """Let through, on average over a step [A]."""
    heat: float
    """Rise of the element's temperature at the end of a step; it melts at 1."""


def fuse_initial_state(_params: FuseParams) -> FuseState:
    """Return a new, cold link."""
    return FuseState(0.0, 0.0, 0.0, CARRIES)


def fuse_heat(params: FuseParams, state: FuseState) -> float:
    """Return the rise of the element's temperature; it melts at 1."""
    weights = params.weights
    return weights[0] * state.notch_heat + weights[1] * state.strip_heat + weights[2] * state.body_heat


def fuse_time_to_melt_s(params: FuseParams, state: FuseState, current_a: float) -> float:
    """Return how long a current may flow before the element melts [s]; infinite if it never does.

    Exact where no part of the link cools meanwhile, as on any rise of the current. Where one does, the parts that
    cool count as they are now, so the result is a time by which the element has certainly not melted.

    By Newton's method from the left: the heat of parts that warm up is concave in time, so no step goes too far.

    Args:
        params: The link.
        state: Now.
        current_a: Constant from now on [A], root mean square.
    """
    if state.condition == MELTED:
        return math.inf
    ratio = current_a / params.melting_current_a
    settled = ratio * ratio
    ways = (settled - state.notch_heat, settled - state.strip_heat, settled - state.body_heat)
    heat, rise = fuse_heat(params, state), 0.0
    for part in range(3):
        rise += params.weights[part] * max(ways[part], 0.0)
    if heat >= 1.0:
        return 0.0
    if heat + rise <= 1.0:
        return math.inf
    time_s = 0.0
    for _ in range(_NEWTON_STEPS):
        missing, slope = 1.0 - heat, 0.0
        for part in range(3):
            way = params.weights[part] * max(ways[part], 0.0)
            missing += way * math.expm1(-time_s / params.time_constants_s[part])
            slope += way / params.time_constants_s[part] * math.exp(-time_s / params.time_constants_s[part])
        if missing <= 1e-13 or slope <= 0.0:
            break
        time_s += missing / slope
    return time_s


def fuse_output(params: FuseParams, state: FuseState, inp: FuseInput) -> FuseOutput:
    """Return what a link shows at this instant."""
    current_a = 0.0 if state.condition == MELTED else inp.current_a
    return FuseOutput(current_a, fuse_heat(params, state))


def fuse_horizon_s(params: FuseParams, state: FuseState, inp: FuseInput) -> float:
    """Return how long the link lets the current through [s]; infinite if it never melts, or has.

    At least 1 ms, within which a short circuit may have melted it: `fuse_step` and `fuse_time_to_melt_s` are exact
    there, too.
    """
    return max(fuse_time_to_melt_s(params, state, inp.current_a), SHORTEST_HORIZON_S)


def fuse_step(
    params: FuseParams, state: FuseState, inp: FuseInput, dt_s: float
) -> tuple[FuseState, FuseOutput]:
    """Carry a link across `dt_s` at constant current, by the exact exponentials.

    Args:
        params: The link.
        state: At the start.
        inp: The current.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and the output: the current is a mean over the step, in which none flows once the
        element has melted; the heat is that at the end.
    """
    if dt_s <= 0.0:
        return state, fuse_output(params, state, inp)
    left_s, charge = dt_s, 0.0
    while left_s > 0.0:
        part_s = min(left_s, max(fuse_time_to_melt_s(params, state, inp.current_a), _SHORTEST_PART_S))
        current_a = 0.0 if state.condition == MELTED else inp.current_a
        state = _warmed(params, state, current_a, part_s)
        if state.condition == CARRIES and fuse_heat(params, state) >= _MOLTEN:
            state = FuseState(state.notch_heat, state.strip_heat, state.body_heat, MELTED)
        charge += current_a * part_s
        left_s -= part_s
    return state, FuseOutput(charge / dt_s, fuse_heat(params, state))


def _warmed(params: FuseParams, state: FuseState, current_a: float, dt_s: float) -> FuseState:
    ratio = current_a / params.melting_current_a
    settled, times = ratio * ratio, params.time_constants_s
    return FuseState(
        settled + (state.notch_heat - settled) * decay_over(dt_s, times[0]).end,
        settled + (state.strip_heat - settled) * decay_over(dt_s, times[1]).end,
        settled + (state.body_heat - settled) * decay_over(dt_s, times[2]).end,
        state.condition,
    )
