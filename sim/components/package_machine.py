"""What machines of other packages are held to; their models are looked at as they begin, and stepped a few times."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, get_type_hints

from ..files.problems import with_article
from .device import (
    ACTIVE_LOWER_BOUND,
    ACTIVE_SHARE,
    ACTIVE_UPPER_BOUND,
    AMBIENT,
    ARRAY_POWER,
    ARRAY_VOLTAGE,
    NOTHING,
    REACTIVE_LOWER_BOUND,
    REACTIVE_SET_POINT,
    REACTIVE_UPPER_BOUND,
    SET_POINT,
    UPPER_BOUND,
    Activity,
    Machine,
)
from .device_model import LEAST_HORIZON_S, DeviceModel
from .environment import AIR_PRESSURE, HUMIDITY, WIND
from .package_values import (
    WrongError,
    called,
    check_entry,
    check_model_params,
    check_number,
    check_pair,
    check_rating,
    check_shares,
    check_signal,
    check_tuple,
    check_two,
    quoted,
)
from .setting import Setting

_GRID = ("voltage", "frequency", "voltage_1", "voltage_2", "voltage_3", "presence")
_USUAL_AIR = {AIR_PRESSURE: 1013.25, HUMIDITY: 0.5}
"""At which a model is first looked at."""
_OPTIONAL = ("power_limits", "limits_by_now", "besides")
"""Functions that a model may do without."""
_SHORT_STEPS = 100
"""So many steps of the least length in a row are no coming to an edge, but a model that stands still."""


def check_machine(machine: Machine, setting: Setting, *, has_array: bool) -> None:
    """Hold a machine and its model to what a plant can run; `WrongError` where they are not."""
    _check_model(machine.model, takes_set_points=machine.rating is not None)
    check_tuple("machine.params", machine.params, may_be_infinite=True)
    if hasattr(machine.params, "_fields"):
        check_model_params("machine.params", machine.params)
    check_tuple("machine.state", machine.state, may_be_infinite=True)
    check_shares("machine.shares", machine.shares)
    if machine.rating is not None:
        check_rating("machine.rating", machine.rating)
    if not isinstance(machine.inputs, Mapping):
        raise WrongError("machine.inputs", quoted(machine.inputs), "a mapping of quantities to signals")
    for name, signal in machine.inputs.items():
        if not isinstance(name, str) or not name:
            raise WrongError("machine.inputs", quoted(name), "quantities by name")
        check_signal(f"machine.inputs[{name!r}]", signal, setting, may_be_infinite=True)
    values = _check_sources(machine, setting, has_array=has_array)
    for name in ("reactive_limit_var", "reactive_range_var", "steps_w", "activity"):
        function = getattr(machine, name)
        if function is not None and not callable(function):
            raise WrongError(f"machine.{name}", quoted(function), "a function, or None")
    if values is not None:
        _look_at(machine, values)


def _check_model(model: object, *, takes_set_points: bool) -> None:
    where = "machine.model"
    if not isinstance(model, DeviceModel):
        raise WrongError(where, quoted(model), "a DeviceModel")
    if not isinstance(model.name, str) or not model.name.isidentifier() or len(model.name) > 60:
        raise WrongError(f"{where}.name", quoted(model.name), "letters, digits and _, at most 60")
    if not (isinstance(model.input, type) and hasattr(model.input, "_fields")):
        raise WrongError(f"{where}.input", quoted(model.input), "a named tuple of numbers")
    for name in ("output", "horizon_s", "step", *_OPTIONAL):
        function = getattr(model, name)
        if not callable(function) and not (name in _OPTIONAL and function is None):
            raise WrongError(f"{where}.{name}", quoted(function), "a function")
    if takes_set_points and model.power_limits is None:
        raise WrongError(f"{where}.power_limits", "None", "a function, as the machine has a rating")


def _check_sources(machine: Machine, setting: Setting, *, has_array: bool) -> list[float] | None:
    """Return the inputs with which a model begins; None if they go by what is around the component."""
    names = machine.model.input._fields  # type: ignore[attr-defined]
    sources: object = machine.sources
    if not isinstance(sources, tuple) or len(sources) != len(names):
        accepted = f"a tuple of {len(names)}, one for each of {', '.join(names)}"
        raise WrongError("machine.sources", quoted(sources), accepted)
    rating = machine.rating
    default_w = 0.0 if rating is None else rating.default_w
    grid = setting.grid
    phase_v = grid.voltage_v / math.sqrt(3.0)
    known: dict[str, Callable[[], float]] = {
        SET_POINT: lambda: default_w,
        REACTIVE_SET_POINT: lambda: 0.0,
        UPPER_BOUND: lambda: math.inf,
        ACTIVE_SHARE: lambda: 1.0,
        ACTIVE_LOWER_BOUND: lambda: -math.inf,
        ACTIVE_UPPER_BOUND: lambda: math.inf,
        REACTIVE_LOWER_BOUND: lambda: -math.inf,
        REACTIVE_UPPER_BOUND: lambda: math.inf,
        NOTHING: lambda: 0.0,
        AMBIENT: lambda: setting.ambient_c,
        WIND: lambda: setting.make_wind().at(setting.start_us),
        **{name: partial(float, value) for name, value in _USUAL_AIR.items()},
        **{
            f"{grid.key}.{quantity}": partial(float, value)
            for quantity, value in zip(
                _GRID, (grid.voltage_v, grid.frequency_hz, phase_v, phase_v, phase_v, 1.0), strict=True
            )
        },
        **{
            f"{setting.key}.{quantity}": partial(signal.at, setting.start_us)
            for quantity, signal in machine.inputs.items()
        },
    }
    of_array = (ARRAY_POWER, ARRAY_VOLTAGE) if has_array else ()
    for source in sources:
        if source not in (*known, *of_array):
            raise WrongError("machine.sources", quoted(source), f"any of {', '.join([*known, *of_array])}")
    if any(source in of_array for source in sources):
        return None
    return [known[source]() for source in sources]


class _Shown(NamedTuple):
    """What every model shows, unless it shows its power by phase."""

    active_power_w: float
    reactive_power_var: float


class _ShownByPhase(NamedTuple):
    active_1_w: float
    active_2_w: float
    active_3_w: float
    reactive_power_var: float


def _look_at(machine: Machine, values: list[float]) -> None:
    """Look at a model as it begins: what it shows, what it could do, how long that holds, and what comes then."""
    model, params, state = machine.model, machine.params, machine.state
    hints = called("machine.model.input", get_type_hints, model.input)
    numbers = [
        int(value) if hint is int else value for value, hint in zip(values, hints.values(), strict=True)
    ]
    given = called("machine.model.input", model.input, *numbers)
    shown = called("machine.model.output", model.output, params, state, given)
    _check_shown("machine.model.output", shown, model)
    if model.power_limits is not None:
        limits = called("machine.model.power_limits", model.power_limits, params, state, given)
        check_pair("machine.model.power_limits", limits)
    if model.limits_by_now is not None:
        limits = called("machine.model.limits_by_now", model.limits_by_now, params, state, given)
        check_two("machine.model.limits_by_now", limits, "a pair: lower and upper")
        for place, number in enumerate(limits):
            check_entry(f"machine.model.limits_by_now[{place}]", number, may_be_infinite=True)
    if model.besides is not None:
        check_number("machine.model.besides", called("machine.model.besides", model.besides, params, state))
    if machine.reactive_limit_var is not None:
        limit_var = called("machine.reactive_limit_var", machine.reactive_limit_var, params, 0.0)
        check_number("machine.reactive_limit_var", limit_var, lower=0.0)
    if machine.reactive_range_var is not None:
        span = called("machine.reactive_range_var", machine.reactive_range_var, params, state, given)
        check_pair("machine.reactive_range_var", span)
    if machine.steps_w is not None:
        steps_w = called("machine.steps_w", machine.steps_w, params, state, given)
        check_two("machine.steps_w", steps_w, "a pair: where steps begin, and their size")
        for place, number in enumerate(steps_w):
            check_number(f"machine.steps_w[{place}]", number, lower=0.0)
    if machine.activity is not None:
        activity = called("machine.activity", machine.activity, params, state, given)
        if not isinstance(activity, Activity):
            raise WrongError("machine.activity", quoted(activity), "an Activity")
    _look_ahead(model, params, state, given)


def _look_ahead(model: DeviceModel, params: Any, state: Any, given: Any) -> None:
    """Step a model until what it shows holds for longer than the least time, or hardly ever does."""
    where = "machine.model.horizon_s"
    for _ in range(_SHORT_STEPS):
        horizon_s = called(where, model.horizon_s, params, state, given)
        if not isinstance(horizon_s, int | float) or math.isnan(horizon_s):
            raise WrongError(where, quoted(horizon_s), "a number of seconds, or math.inf")
        stepped = called(
            "machine.model.step", model.step, params, state, given, min(max(horizon_s, LEAST_HORIZON_S), 1.0)
        )
        _check_stepped("machine.model.step", stepped, state, model)
        if horizon_s >= LEAST_HORIZON_S:
            return
        state = stepped[0]
    raise WrongError(where, f"{horizon_s:g} s, time and again", f"at least {LEAST_HORIZON_S:g} s")


def _check_stepped(where: str, stepped: Any, state: Any, model: DeviceModel) -> None:
    if not (isinstance(stepped, tuple) and not hasattr(stepped, "_fields") and len(stepped) == 2):
        raise WrongError(where, quoted(stepped), "a pair: the next state, and what it shows")
    if type(stepped[0]) is not type(state):
        raise WrongError(where, quoted(stepped[0]), f"{with_article(type(state).__name__)} as the next state")
    check_tuple(f"{where}: state", stepped[0], may_be_infinite=True)
    _check_shown(f"{where}: output", stepped[1], model)


def _check_shown(where: str, shown: object, model: DeviceModel) -> None:
    wanted = _ShownByPhase if model.by_phase else _Shown
    for name in wanted._fields:
        if not hasattr(shown, name):
            raise WrongError(where, quoted(shown), f"a named tuple with {', '.join(wanted._fields)}")
        check_number(f"{where}.{name}", getattr(shown, name))
