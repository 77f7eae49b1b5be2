"""Watches the models of other packages while a site runs; what ours do, their tests look at."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from ..files.packages import raised
from .component_type import ComponentType
from .device_model import DeviceModel
from .package_check import PackageError

_POWERS = ("active_power_w", "reactive_power_var", "active_1_w", "active_2_w", "active_3_w")
"""What a model shows that the site reckons with."""
_ACCEPTED = {
    "output": "powers that are finite numbers",
    "horizon_s": "a number of seconds",
    "step": "the next state, of numbers, and what is shown over the step",
    "power_limits": "two numbers, the least and the greatest power",
    "limits_by_now": "two numbers, the least and the greatest power",
}


def watched(model: DeviceModel, kind: ComponentType, whose: Callable[[Any], str]) -> DeviceModel:
    """Return a model that stops its site with a `PackageError` where it raises, or gives what is no number.

    Args:
        model: Of a component type of another package.
        kind: The component type.
        whose: Names the components that are in a state.
    """

    def watch(name: str, is_right: Callable[[Any], bool]) -> Callable[..., Any]:
        function = getattr(model, name)

        @wraps(function)
        def answer(params: Any, state: Any, *given: Any) -> Any:
            try:
                made = function(params, state, *given)
            except Exception as error:  # whatever a stranger's model does
                found = f"runs {whose(state)} with a model whose {name} raises {raised(error)}"
                raise PackageError(str(kind.package), kind.name, found, _ACCEPTED[name]) from error
            if not is_right(made):
                found = f"runs {whose(state)} with a model whose {name} returns {made!r:.200}"
                raise PackageError(str(kind.package), kind.name, found, _ACCEPTED[name])
            return made

        return answer

    return model._replace(
        output=watch("output", _has_powers),
        horizon_s=watch("horizon_s", lambda _made: True),
        step=watch("step", lambda made: _is_numbers(made[0]) and _has_powers(made[1])),
        power_limits=None if model.power_limits is None else watch("power_limits", _is_numbers),
        limits_by_now=None if model.limits_by_now is None else watch("limits_by_now", _is_numbers),
    )


def _has_powers(shown: Any) -> bool:
    return all(math.isfinite(getattr(shown, name, 0.0)) for name in _POWERS)


def _is_numbers(values: Any) -> bool:
    return not any(isinstance(value, float) and math.isnan(value) for value in values)
