"""A capacitor bank: equal steps of reactive power, switched by contactors.

A step of capacitance C gives Q = ω C V², so its reactive power goes with the square of the voltage. Once off, it must
discharge before it may come back: IEC 60831-1:2014, clause 22, asks for 75 V or less after three minutes. The losses
(dielectric and discharge resistors) go with the reactive power.

The bank knows one discharge time for all steps that wait: a step that is switched off while others discharge makes
them wait with it.

Left out: inrush current, detuning reactors' resonance, harmonics, ageing.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter
from .timers import SHORTEST_HORIZON_S, time_left_s

_AS_SENT = 1.0 + 1e-7
"""Bounds that are a step in single precision, as clients write them, leave that step."""


class CapacitorBankParams(NamedTuple):
    """A bank."""

    steps: Annotated[int, Parameter("1", 1.0, 100.0, "regulators of today")]
    step_power_var: Annotated[float, Parameter("var", 0.0, 1e7, "physics", above=True)]
    """Magnitude of the reactive power of a step at rated voltage."""
    loss_w_per_var: Annotated[float, Parameter("W/var", 0.0, 0.02, "IEC 60831-1; data sheets give 0.0005")]
    """With discharge resistors, contactors and reactors."""
    discharge_s: Annotated[float, Parameter("s", 0.0, 3600.0, "IEC 60831-1:2014, clause 22: 180 s or less")]
    """From a step's switching off to when it may be switched on again."""
    rated_voltage_v: Annotated[float, Parameter("V", 1.0, 1e6, "physics")]
    """Line to line."""


class CapacitorBankState(NamedTuple):
    """What a bank remembers."""

    steps_on: int
    """Connected."""
    steps_waiting: int
    """Off and not yet discharged."""
    timer_s: float
    """Until those are discharged, >= 0."""


class CapacitorBankInput(NamedTuple):
    """What acts on a bank during a step."""

    reactive_power_var: float
    """Wanted, capacitive negative."""
    voltage_v: float
    """Line to line."""
    lower_var: float = -math.inf
    """No step makes less than that, such as what clients have left."""
    upper_var: float = math.inf
    """None makes more."""


class CapacitorBankOutput(NamedTuple):
    """What a bank shows at its terminals."""

    active_power_w: float
    reactive_power_var: float
    """Capacitive, so <= 0."""
    loss_w: float


def capacitor_bank_initial_state(_params: CapacitorBankParams) -> CapacitorBankState:
    """Return a bank that is off and discharged."""
    return CapacitorBankState(0, 0, 0.0)


def capacitor_bank_reactive_limits_var(
    params: CapacitorBankParams, state: CapacitorBankState, inp: CapacitorBankInput
) -> tuple[float, float]:
    """Return the range of reactive power that the bank could have now [var]."""
    state = _settled(params, state, inp)
    return 0.0 - (params.steps - state.steps_waiting) * _step_var(params, inp.voltage_v), 0.0


def capacitor_bank_power_limits(
    params: CapacitorBankParams, state: CapacitorBankState, inp: CapacitorBankInput
) -> tuple[float, float]:
    """Return the active power that the bank could have now [W]: from none to the loss of all steps."""
    lower_var, _ = capacitor_bank_reactive_limits_var(params, state, inp)
    return 0.0, 0.0 - lower_var * params.loss_w_per_var


def _step_var(params: CapacitorBankParams, voltage_v: float) -> float:
    voltage_pu = voltage_v / params.rated_voltage_v
    return params.step_power_var * voltage_pu * voltage_pu


def _wanted(params: CapacitorBankParams, inp: CapacitorBankInput) -> int:
    """Return the number of steps that comes nearest to what is wanted within the bounds; 0 if none is within them."""
    step_var = _step_var(params, inp.voltage_v)
    if step_var <= 0.0 or inp.reactive_power_var >= 0.0:
        return 0
    nearest = min(0.5 - inp.reactive_power_var / step_var, 1.0 * params.steps)
    most = min(max(0.0 - inp.lower_var / step_var, 0.0) * _AS_SENT, 1.0 * params.steps)
    least = min(max(0.0 - inp.upper_var / step_var, 0.0) / _AS_SENT, params.steps + 1.0)
    if math.ceil(least) > int(most):
        return 0
    return max(min(int(nearest), int(most)), math.ceil(least))


def _settled(
    params: CapacitorBankParams, state: CapacitorBankState, inp: CapacitorBankInput
) -> CapacitorBankState:
    """Return the state after all that happens at once."""
    steps_on, waiting, timer_s = state
    if timer_s <= 0.0:
        waiting, timer_s = 0, 0.0
    wanted = _wanted(params, inp)
    if wanted < steps_on:
        if params.discharge_s > 0.0:
            waiting, timer_s = waiting + steps_on - wanted, params.discharge_s
        steps_on = wanted
    elif wanted > steps_on:
        steps_on = max(min(wanted, params.steps - waiting), steps_on)
    return CapacitorBankState(steps_on, waiting, timer_s)


def capacitor_bank_output(
    params: CapacitorBankParams, state: CapacitorBankState, inp: CapacitorBankInput
) -> CapacitorBankOutput:
    """Return what the terminals show at this instant; it holds for `capacitor_bank_horizon_s`."""
    return _shown(params, _settled(params, state, inp), inp)


def _shown(
    params: CapacitorBankParams, state: CapacitorBankState, inp: CapacitorBankInput
) -> CapacitorBankOutput:
    given_var = state.steps_on * _step_var(params, inp.voltage_v)
    loss_w = given_var * params.loss_w_per_var
    return CapacitorBankOutput(loss_w, 0.0 - given_var, loss_w)


def capacitor_bank_horizon_s(
    params: CapacitorBankParams, state: CapacitorBankState, inp: CapacitorBankInput
) -> float:
    """Return how long the output holds [s]: until steps are discharged that are wanted."""
    state = _settled(params, state, inp)
    if _wanted(params, inp) <= state.steps_on:
        return math.inf
    return max(state.timer_s, SHORTEST_HORIZON_S)


def capacitor_bank_step(
    params: CapacitorBankParams, state: CapacitorBankState, inp: CapacitorBankInput, dt_s: float
) -> tuple[CapacitorBankState, CapacitorBankOutput]:
    """Carry a bank across `dt_s` [s]; returns the state at the end and the output as means over the step."""
    if dt_s <= 0.0:
        return state, capacitor_bank_output(params, state, inp)
    state = _settled(params, state, inp)
    first = _shown(params, state, inp)
    first_s = min(state.timer_s, dt_s) if state.steps_waiting > 0 else dt_s
    timer_s = time_left_s(state.timer_s, first_s)
    state = _settled(params, CapacitorBankState(state.steps_on, state.steps_waiting, timer_s), inp)
    if first_s >= dt_s:
        return state, first
    then = _shown(params, state, inp)
    share = first_s / dt_s
    rest = 1.0 - share
    loss_w = share * first.loss_w + rest * then.loss_w
    reactive_var = share * first.reactive_power_var + rest * then.reactive_power_var
    return state, CapacitorBankOutput(loss_w, reactive_var, loss_w)
