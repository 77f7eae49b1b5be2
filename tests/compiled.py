"""Functions of the models as Numba compiles them, for tests that hold them beside the interpreted ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from doppelgrid.sim.headless.jit import JitModules, compiled_function

_MODELS = "doppelgrid.models."
_MODULES = JitModules()
"""One for all tests: a function is compiled once for each layout of its parameters."""


@cache
def double_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the compiled double of a model's function, or of a plain function that calls such functions.

    Raises:
        TypeError: If it is a closure, whose names cannot be exchanged.
    """
    assert isinstance(function, FunctionType)
    if function.__module__.startswith(_MODELS):
        return _MODULES.compiled(function)
    if function.__closure__:
        raise TypeError(f"{function.__qualname__} is a closure: write it as a plain function")
    used = {name: value for name, value in function.__globals__.items() if name in function.__code__.co_names}
    return compiled_function(function, {name: _double(value) for name, value in used.items()})


def _double(value: Any) -> Any:
    if isinstance(value, FunctionType):
        return double_of(value)
    if isinstance(value, ModuleType) and value.__name__.startswith(_MODELS):
        double = ModuleType(value.__name__, value.__doc__)
        double.__dict__.update(_MODULES.names_of(value))
        return double
    return value
