"""A machine as another package would bring it."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from doppelgrid.hardware import DeviceModel, RatedMachine


class Params(NamedTuple):
    rated_w: float


class State(NamedTuple):
    energy_ws: float


class Input(NamedTuple):
    set_point_w: float


class Output(NamedTuple):
    active_power_w: float
    reactive_power_var: float


def output(params: Params, _state: State, inp: Input) -> Output:
    return Output(min(max(inp.set_point_w, -params.rated_w), params.rated_w), 0.0)


def horizon_s(_params: Params, _state: State, _inp: Input) -> float:
    return math.inf


def step(params: Params, state: State, inp: Input, dt_s: float) -> tuple[State, Output]:
    return State(state.energy_ws + dt_s), output(params, state, inp)


def power_limits(params: Params, _state: State, _inp: Input) -> tuple[float, float]:
    return -params.rated_w, params.rated_w


class Section(RatedMachine):
    """A machine."""

    category: Literal["own"]


MODEL = DeviceModel("own", Input, output, horizon_s, step, power_limits)
