"""Watches the models of other packages while a site runs; what ours do, their tests look at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from ..files.packages import raised
from .component_type import ComponentType
from .device import Activity, Machine
from .device_model import DeviceModel
from .package_check import PackageError

_POWERS = ("active_power_w", "reactive_power_var", "active_1_w", "active_2_w", "active_3_w")
"""What a model shows that the site reckons with."""

Passes = Callable[[Any], bool]
"""Says whether what a function returned can be."""


def watched(model: DeviceModel, kind: ComponentType, whose: Callable[[Any], str]) -> DeviceModel:
    """Return a model that stops its site with a `PackageError` where it raises, or gives what is no number.

    Args:
        model: Of a component type of another package.
        kind: The component type.
        whose: Names the components that are in a state.
    """

    def watch(name: str, passes: Passes, accepted: str) -> Any:
        def named(_params: Any, state: Any, *_given: Any) -> str:
            return f"{whose(state)} with a model whose {name}"

        return _watched(getattr(model, name), kind, named, passes, accepted)

    return model._replace(
        output=watch("output", _has_powers, "powers that are finite numbers"),
        horizon_s=watch("horizon_s", _is_time, "a number of seconds, or math.inf"),
        step=watch("step", _is_step, "the next state, of numbers, and what is shown over the step"),
        power_limits=watch(
            "power_limits", _is_finite_pair, "two finite numbers, the least and the greatest power"
        ),
        limits_by_now=watch("limits_by_now", _is_pair, "two numbers, the least and the greatest power"),
        besides=watch("besides", _is_finite, "a finite number"),
    )


def watched_machine(machine: Machine, kind: ComponentType, key: str) -> Machine:
    """Return a machine whose own functions stop its site in the same way; its model is watched where it is bound.

    Args:
        machine: Of a component type of another package.
        kind: The component type.
        key: Of the component.
    """

    def watch(name: str, passes: Passes, accepted: str) -> Any:
        def named(*_given: Any) -> str:
            return f"{key} with a machine whose {name}"

        return _watched(getattr(machine, name), kind, named, passes, accepted)

    return replace(
        machine,
        reactive_limit_var=watch("reactive_limit_var", _is_size, "a finite number >= 0"),
        reactive_range_var=watch("reactive_range_var", _is_finite_pair, "two finite numbers"),
        steps_w=watch("steps_w", _are_steps, "two finite numbers >= 0: where steps begin, and their size"),
        activity=watch("activity", lambda made: isinstance(made, Activity), "an Activity"),
    )


def _watched(
    function: Callable[..., Any] | None,
    kind: ComponentType,
    named: Callable[..., str],
    passes: Passes,
    accepted: str,
) -> Callable[..., Any] | None:
    """Return a function that stops its site where it raises or returns what cannot be; None if there is none.

    Args:
        function: Of another package.
        kind: The component type that brings it.
        named: Of the same arguments, says what it is of which components.
        passes: Says whether what it returns can be.
        accepted: What can.
    """
    if function is None:
        return None

    @wraps(function)
    def answer(*given: Any) -> Any:
        try:
            made = function(*given)
        except Exception as error:  # whatever a stranger's model does
            found = f"runs {named(*given)} raises {raised(error)}"
            raise PackageError(str(kind.package), kind.name, found, accepted) from error
        if not passes(made):
            found = f"runs {named(*given)} returns {made!r:.200}"
            raise PackageError(str(kind.package), kind.name, found, accepted)
        return made

    return answer


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def _is_finite(value: Any) -> bool:
    return _is_number(value) and math.isfinite(value)


def _is_size(value: Any) -> bool:
    return _is_finite(value) and value >= 0.0


def _is_time(value: Any) -> bool:
    """Say whether something is a time; one that is short or negative counts as the least."""
    return _is_number(value) and value != -math.inf


def _is_pair(values: Any) -> bool:
    return isinstance(values, tuple) and len(values) == 2 and all(map(_is_number, values))


def _is_finite_pair(values: Any) -> bool:
    return _is_pair(values) and all(map(_is_finite, values))


def _are_steps(values: Any) -> bool:
    return _is_pair(values) and all(map(_is_size, values))


def _has_powers(shown: Any) -> bool:
    return all(_is_finite(getattr(shown, name, 0.0)) for name in _POWERS)


def _is_step(made: Any) -> bool:
    return isinstance(made, tuple) and len(made) == 2 and _is_state(made[0]) and _has_powers(made[1])


def _is_state(values: Any) -> bool:
    """Say whether something is a named tuple of numbers, of tables of them, and of such tuples."""
    return isinstance(values, tuple) and all(
        _is_state(value) if isinstance(value, tuple) else _is_number(value) for value in values
    )
