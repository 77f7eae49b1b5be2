"""A static transfer switch: it feeds what is behind it from one of two sources (IEC 62310-3).

It goes over to the other source where its own leaves the window of voltage and the other is inside, and is dark for the
transfer time, some milliseconds, since it breaks before it makes. It comes back to the preferred source once that has
been good for a while. Where both are bad it stays.

Left out: phase difference between the sources, overload, conduction loss.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

_SHORTEST_S = 1e-3


class TransferSwitchParams(NamedTuple):
    """A switch."""

    transfer_s: Annotated[float, Parameter("s", 0.0, 1.0, "IEC 62310-3")]
    """Dark from one source to the other."""
    return_delay_s: Annotated[float, Parameter("s", 0.0, 3600.0, "chosen: an hour")]
    """The preferred source must have been good for so long before it is taken again."""
    voltage_min_pu: Annotated[float, Parameter("1", 0.5, 1.0, "IEC 62310-3")]
    voltage_max_pu: Annotated[float, Parameter("1", 1.0, 1.5, "IEC 62310-3")]


class TransferSwitchState(NamedTuple):
    """What a switch remembers."""

    source: int
    """1 or 2: the one that feeds, or that it is on its way to."""
    transfer_timer_s: float
    """Rest of a transfer, >= 0."""
    good_s: float
    """How long the preferred source has been good, counted up to the return delay, while the other feeds."""


class TransferSwitchInput(NamedTuple):
    """What acts on a switch during a step."""

    preferred: int
    """1 or 2."""
    first_pu: float
    """Voltage of source 1 over the rated one."""
    second_pu: float
    """Voltage of source 2 over the rated one."""


class TransferSwitchOutput(NamedTuple):
    """What a switch shows."""

    voltage_pu: float
    """Behind it; the mean over a step."""
    source: int
    """That feeds at the end of the step; 0 during a transfer."""


def transfer_switch_initial_state(_params: TransferSwitchParams, source: int) -> TransferSwitchState:
    """Return a switch that feeds from a source, 1 or 2."""
    return TransferSwitchState(source, 0.0, 0.0)


def _voltage_pu(source: int, inp: TransferSwitchInput) -> float:
    return inp.first_pu if source == 1 else inp.second_pu


def _is_good(params: TransferSwitchParams, source: int, inp: TransferSwitchInput) -> bool:
    voltage_pu = _voltage_pu(source, inp)
    return params.voltage_min_pu <= voltage_pu <= params.voltage_max_pu


def _settled(
    params: TransferSwitchParams, state: TransferSwitchState, inp: TransferSwitchInput
) -> TransferSwitchState:
    """Return the state after all that happens at once."""
    source, timer_s, good_s = state
    if not _is_good(params, inp.preferred, inp) or source == inp.preferred:
        good_s = 0.0
    if timer_s > 0.0:
        return TransferSwitchState(source, timer_s, good_s)
    other = 2 if source == 1 else 1
    is_lost = not _is_good(params, source, inp) and _is_good(params, other, inp)
    is_back = other == inp.preferred and good_s >= params.return_delay_s and _is_good(params, other, inp)
    if is_lost or is_back:
        return TransferSwitchState(other, params.transfer_s, 0.0)
    return TransferSwitchState(source, 0.0, good_s)


def _event_s(params: TransferSwitchParams, state: TransferSwitchState, inp: TransferSwitchInput) -> float:
    """Return the time until a settled state changes by itself [s], > 0."""
    if state.transfer_timer_s > 0.0:
        return state.transfer_timer_s
    if state.source != inp.preferred and _is_good(params, inp.preferred, inp):
        return max(params.return_delay_s - state.good_s, 1e-9)
    return math.inf


def _shown(state: TransferSwitchState, inp: TransferSwitchInput) -> TransferSwitchOutput:
    if state.transfer_timer_s > 0.0:
        return TransferSwitchOutput(0.0, 0)
    return TransferSwitchOutput(_voltage_pu(state.source, inp), state.source)


def transfer_switch_output(
    params: TransferSwitchParams, state: TransferSwitchState, inp: TransferSwitchInput
) -> TransferSwitchOutput:
    """Return what a switch shows at this instant; it holds for `transfer_switch_horizon_s`."""
    return _shown(_settled(params, state, inp), inp)


def transfer_switch_horizon_s(
    params: TransferSwitchParams, state: TransferSwitchState, inp: TransferSwitchInput
) -> float:
    """Return how long the output holds [s]: until a transfer ends, or it goes back to the preferred source."""
    return max(_event_s(params, _settled(params, state, inp), inp), _SHORTEST_S)


def transfer_switch_step(
    params: TransferSwitchParams, state: TransferSwitchState, inp: TransferSwitchInput, dt_s: float
) -> tuple[TransferSwitchState, TransferSwitchOutput]:
    """Carry a switch across `dt_s` [s]; returns the state at the end and the output of the step."""
    if dt_s <= 0.0:
        return state, transfer_switch_output(params, state, inp)
    left_s, volt_seconds = dt_s, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp))
        volt_seconds += _shown(state, inp).voltage_pu * part_s
        good_s = state.good_s
        if state.source != inp.preferred and _is_good(params, inp.preferred, inp):
            good_s = min(good_s + part_s, params.return_delay_s)
        state = TransferSwitchState(state.source, max(state.transfer_timer_s - part_s, 0.0), good_s)
        left_s -= part_s
    state = _settled(params, state, inp)
    return state, TransferSwitchOutput(volt_seconds / dt_s, _shown(state, inp).source)
