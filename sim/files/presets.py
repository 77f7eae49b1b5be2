"""Named sets of parameters, read from data files beside the models; values there name their source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from ...models.parameter import ParameterError, check_parameters
from .problems import one_of

_Params = TypeVar("_Params")


def preset_names(file: str) -> tuple[str, ...]:
    """Return the names of the presets of a data file."""
    return tuple(_read(file))


def find_preset(file: str, kind: str, name: str) -> dict[str, Any]:
    """Return the values of a preset as its data file has them.

    Args:
        file: Stem of the data file.
        kind: What it is a preset of, for messages.
        name: Of the preset.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    entries = _read(file)
    if name not in entries:
        raise ValueError(f"{kind} is {name!r}; accepted: {one_of(entries, name)}")
    return entries[name]


def params_of_preset(params: type[_Params], file: str, kind: str, name: str) -> _Params:
    """Return the parameters of a preset whose values are those of a model, one to one.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If one is out of its range; names it.
    """
    made = params(**{key: as_tuple(value) for key, value in find_preset(file, kind, name).items()})
    check_parameters(made)
    return made


def as_tuple(value: Any) -> Any:
    """Return a list as a tuple, and anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def check_at_most(name: str, value: float, other: str, limit: float, unit: str) -> None:
    """Hold one parameter to another.

    Raises:
        ParameterError: If it is greater; names both.
    """
    if not value <= limit:
        unit = f" {unit}" if unit else ""
        raise ParameterError(
            f"{name} is {value:g}{unit}; accepted: at most {other}, {limit:g}{unit} (physics)"
        )


@cache
def _read(file: str) -> dict[str, dict[str, Any]]:
    presets = resources.files("doppelgrid.models").joinpath("presets", f"{file}.toml")
    return tomllib.loads(presets.read_text("utf-8"))
