"""What the code says of itself: the words below a field, sets of parameters by name."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from itertools import chain, pairwise
from operator import attrgetter
from types import ModuleType
from typing import Any, get_type_hints

from doppelgrid import models
from doppelgrid.sim import components, inputs


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in sorted(
        pkgutil.walk_packages(package.__path__, f"{package.__name__}."), key=attrgetter("name")
    ):
        if not info.ispkg:
            yield import_module(info.name)


@cache
def field_docstrings(record: type) -> dict[str, str]:
    """Return the docstring below each field of a class that has one, on one line."""
    tree = ast.parse(inspect.getsource(sys.modules[record.__module__]))
    body = next(
        (
            node.body
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and node.name == record.__name__
        ),
        [],
    )
    return {
        field.target.id: " ".join(words.value.value.split())
        for field, words in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(words, ast.Expr)
        and isinstance(words.value, ast.Constant)
        and isinstance(words.value.value, str)
    }


def parameters_type(name: str) -> type:
    """Return the `…Params` class of a name.

    Raises:
        LookupError: If no model has it.
    """
    for module in _modules(models):
        found = getattr(module, name, None)
        if isinstance(found, type) and found.__module__ == module.__name__:
            return found
    raise LookupError(f"no model has parameters named {name}")


def _loaders(suffix: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in chain(_modules(components), _modules(inputs)):
        for name, value in sorted(vars(module).items()):
            ours = getattr(value, "__module__", None) == module.__name__
            if ours and callable(value) and name.endswith(suffix) and not name.startswith("_"):
                yield name, value


def preset_names() -> dict[type, tuple[str, ...]]:
    """Return the names of the presets of each class of parameters, as the functions in `sim` offer them."""
    returned = {name: get_type_hints(load).get("return") for name, load in _loaders("_preset")}
    found: dict[type, tuple[str, ...]] = {}
    for name, names in _loaders("_preset_names"):
        kind = returned.get(name.removesuffix("_names"))
        if isinstance(kind, type):
            found[kind] = (*found.get(kind, ()), *names())
    return found


def preset(params_type: type, name: str, *sizes: float) -> Any:
    """Return the parameters that a preset's name stands for.

    Args:
        params_type: The class that is wanted; the function that loads it is known by what it returns.
        name: Of the preset.
        sizes: What else that function takes, in order.

    Raises:
        LookupError: If no function loads such parameters.
        ValueError: If there is no such preset.
    """
    for _, load in _loaders("_preset"):
        if get_type_hints(load).get("return") is params_type:
            return load(name, *sizes)
    raise LookupError(f"no function in sim returns {params_type.__name__}")
