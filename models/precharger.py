"""A precharger: it charges a direct current link through a resistor before the main contactor closes.

The link's capacitance C follows v(t) = V + (v0 - V) exp(-t / R C). Once it has come near enough to the source the
contactor closes; a link that does not come there in time (it is loaded, or shorted) is a fault. Open, the link
discharges over its bleeder resistor. The source gives C V Δv; half of a full charge stays as heat in the resistor,
whatever its resistance.

Left out: inductance, the converter's own draw from the link, welding contacts.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import decay_over
from .parameter import Parameter

OPEN = 0
CHARGING = 1
CLOSED = 2
FAILED = 3
"""Did not come up in time; open until it is switched off."""

_SHORTEST_S = 1e-3
_TOUCH_V = 1e-9


class PrechargerParams(NamedTuple):
    """A precharger with its link."""

    resistance_ohm: Annotated[float, Parameter("Ω", 0.0, 1e5, "physics", above=True)]
    """Of the precharge resistor."""
    capacitance_f: Annotated[float, Parameter("F", 0.0, 10.0, "physics", above=True)]
    """Of the link."""
    bleeder_ohm: Annotated[float, Parameter("Ω", 1.0, 1e9, "physics")]
    """Discharges the link while it is open."""
    closing_share: Annotated[float, Parameter("1", 0.5, 0.999, "practice: 0.9 to 0.98")]
    """Part of the source's voltage at which the contactor closes."""
    timeout_s: Annotated[float, Parameter("s", 0.01, 600.0, "chosen: ten minutes")]


class PrechargerState(NamedTuple):
    """What a precharger remembers."""

    mode: int
    """`OPEN`, `CHARGING`, `CLOSED` or `FAILED`."""
    timer_s: float
    """Rest of the time allowed to charge, >= 0."""
    link_v: float


class PrechargerInput(NamedTuple):
    """What acts on a precharger during a step."""

    is_wanted: int
    """1 to connect."""
    source_v: float
    """>= 0."""


class PrechargerOutput(NamedTuple):
    """What a precharger shows."""

    power_w: float
    """Drawn from the source to charge the link, mean over the step."""
    stored_w: float
    """Of that, what the link took up; given back to the bleeder negative."""
    loss_w: float
    """Heat of resistor, contactor and bleeder."""
    link_v: float
    """At the end of the step."""
    is_closed: int
    """Whether the link is connected, at the end of the step."""


def precharger_initial_state(_params: PrechargerParams) -> PrechargerState:
    """Return an open precharger with an empty link."""
    return PrechargerState(OPEN, 0.0, 0.0)


def precharger_duration_s(params: PrechargerParams, link_v: float, source_v: float) -> float:
    """Return how long a link takes from its voltage to where the contactor closes [s]."""
    target = params.closing_share * source_v
    if link_v >= target - _TOUCH_V:
        return 0.0
    ratio = (source_v - link_v) / (source_v - target)
    return params.resistance_ohm * params.capacitance_f * math.log(ratio)


def _settled(params: PrechargerParams, state: PrechargerState, inp: PrechargerInput) -> PrechargerState:
    """Return the state after all that happens at once; a jump of the link's voltage is left to the caller."""
    mode, timer_s, link_v = state
    if inp.is_wanted == 0:
        mode = OPEN
    elif mode == OPEN:
        mode, timer_s = CHARGING, params.timeout_s
    if mode == CHARGING:
        if link_v >= params.closing_share * inp.source_v - _TOUCH_V:
            mode = CLOSED
        elif timer_s <= 0.0:
            mode = FAILED
    return PrechargerState(mode, timer_s if mode == CHARGING else 0.0, link_v)


def _event_s(params: PrechargerParams, state: PrechargerState, inp: PrechargerInput) -> float:
    if state.mode != CHARGING:
        return math.inf
    return min(state.timer_s, precharger_duration_s(params, state.link_v, inp.source_v))


def precharger_output(
    params: PrechargerParams, state: PrechargerState, inp: PrechargerInput
) -> PrechargerOutput:
    """Return what it shows at this instant; whether it is closed holds for `precharger_horizon_s`."""
    state = _settled(params, state, inp)
    link_v = inp.source_v if state.mode == CLOSED else state.link_v
    power_w, stored_w, loss_w = 0.0, 0.0, 0.0
    if state.mode == CHARGING:
        current_a = (inp.source_v - link_v) / params.resistance_ohm
        power_w, stored_w = inp.source_v * current_a, link_v * current_a
        loss_w = power_w - stored_w
    elif state.mode != CLOSED:
        loss_w = link_v * link_v / params.bleeder_ohm
        stored_w = 0.0 - loss_w
    return PrechargerOutput(power_w, stored_w, loss_w, link_v, 1 if state.mode == CLOSED else 0)


def precharger_horizon_s(params: PrechargerParams, state: PrechargerState, inp: PrechargerInput) -> float:
    """Return how long it stays open or closed by itself [s]: until the link is charged, or the time is up."""
    return max(_event_s(params, _settled(params, state, inp), inp), _SHORTEST_S)


def precharger_step(
    params: PrechargerParams, state: PrechargerState, inp: PrechargerInput, dt_s: float
) -> tuple[PrechargerState, PrechargerOutput]:
    """Carry a precharger across `dt_s` [s].

    Args:
        params: The precharger.
        state: At the start.
        inp: Held over the step.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end; the output with powers as means over the step. The surge when the contactor closes
        counts with its energy.
    """
    if dt_s <= 0.0:
        return state, precharger_output(params, state, inp)
    half_c = 0.5 * params.capacitance_f
    left_s, drawn_j, stored_j = dt_s, 0.0, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp))
        before_v = state.link_v
        after_v = before_v
        if state.mode == CLOSED:
            after_v = inp.source_v
        elif state.mode == CHARGING:
            decay = decay_over(part_s, params.resistance_ohm * params.capacitance_f)
            after_v = inp.source_v + (before_v - inp.source_v) * decay.end
        else:
            after_v = before_v * decay_over(part_s, params.bleeder_ohm * params.capacitance_f).end
        if state.mode in (CHARGING, CLOSED):
            drawn_j += params.capacitance_f * inp.source_v * (after_v - before_v)
        stored_j += half_c * (after_v * after_v - before_v * before_v)
        state = PrechargerState(state.mode, max(state.timer_s - part_s, 0.0), after_v)
        left_s -= part_s
    state = _settled(params, state, inp)
    loss_w = (drawn_j - stored_j) / dt_s
    is_closed = 1 if state.mode == CLOSED else 0
    return state, PrechargerOutput(drawn_j / dt_s, stored_j / dt_s, loss_w, state.link_v, is_closed)
