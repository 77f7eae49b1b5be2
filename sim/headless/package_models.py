"""Models that other packages bring, where they do not compile: said in one line, with whose they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from types import FunctionType
from typing import Any

from ..components.component_type import ComponentType
from ..components.device_model import DeviceModel
from ..components.package_check import PackageError
from ..components.registry import type_of
from ..files.packages import raised
from ..files.problems import with_article
from ..plant.plant import Plant
from .jit import NUMBA_ERRORS

_FUNCTIONS = ("output", "horizon_s", "step", "power_limits", "limits_by_now", "besides")
_ACCEPTED = "numbers, tuples and functions at module level, as docs/kernel.md says"
_LONGEST = 200

Theirs = Mapping[DeviceModel, ComponentType]
"""Models of component types of other packages."""


class CompileError(ValueError):
    """A model of another package does not compile; says whose it is and why."""


def models_of_packages(plant: Plant) -> Theirs:
    """Return the models of a plant that are not of this package, each with a component type that runs it."""
    kinds = {
        machine.model: type_of(plant.site.components[key])
        for key, machine in plant.equipment.machines.items()
    }
    return {model: kind for model, kind in kinds.items() if kind.package is not None}


def check_compilable(theirs: Theirs) -> None:
    """Hold the functions of models to what can be compiled at all.

    Raises:
        CompileError: Naming the first one that is no function, or that is not told from another one by its name.
    """
    for model, kind in theirs.items():
        found: dict[tuple[str, str], Any] = {}
        for name in _FUNCTIONS:
            function = getattr(model, name)
            if function is None:
                continue
            whose = f"{_whose(model, kind)}: {name}"
            if not isinstance(function, FunctionType):
                raise CompileError(
                    f"{whose} is {with_article(type(function).__name__)}; accepted: {_ACCEPTED}"
                )
            at_module_level = getattr(sys.modules[function.__module__], function.__name__, function)
            place = function.__module__, function.__name__
            if at_module_level is not function or found.setdefault(place, function) is not function:
                raise CompileError(
                    f"{whose} is {function.__name__}, as another function is called; accepted: {_ACCEPTED}"
                )


@contextmanager
def told_whose(theirs: Theirs) -> Iterator[None]:
    """Say of what does not compile whose it is.

    Raises:
        CompileError: Naming model, component type and package, and the reason of the compiler.
    """
    try:
        yield
    except NUMBA_ERRORS as error:
        if not theirs:
            raise
        said = str(error)
        named = [pair for pair in theirs.items() if _file_of(pair[0]) in said]
        whose = ", ".join(_whose(*pair) for pair in named or theirs.items())
        raise CompileError(f"{whose} does not compile: {_reason(said)}; accepted: {_ACCEPTED}") from error


@contextmanager
def told_who_raises(theirs: Theirs) -> Iterator[None]:
    """Say of what a model raises in a compiled run whose it is.

    Raises:
        PackageError: Naming component type and package, and what was raised where.
    """
    try:
        yield
    except Exception as error:  # whatever a stranger's model does
        files = {Path(frame.filename).name for frame in extract_tb(error.__traceback__)}
        for model, kind in theirs.items():
            if _file_of(model) in files:
                found = f"has a model that raises {raised(error)}"
                accepted = "a model that returns numbers whatever its input"
                raise PackageError(str(kind.package), kind.name, found, accepted) from error
        raise


def _file_of(model: DeviceModel) -> str:
    return Path(model.step.__code__.co_filename).name


def _whose(model: DeviceModel, kind: ComponentType) -> str:
    return f"package {kind.package}: component type {kind.name!r}: model {model.name!r}"


def _reason(said: str) -> str:
    """Return the first line of what the compiler says that tells why, and the line of the text that it is about."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reason = next((line for line in lines if not line.startswith("Failed in ")), "no reason given")
    place = next((line.rstrip(":") for line in lines if line.startswith("File ")), "")
    return f"{reason[:_LONGEST]} ({place})" if place else reason[:_LONGEST]
