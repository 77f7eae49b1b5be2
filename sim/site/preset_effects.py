"""Which values of presets each parameter is made of, found by changing one value after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ..files.presets import PresetName, changed_preset, flat_values, preset_values

_STEP = 1e-3
"""By so much, or by this part of itself, a value is changed."""


class Effect(NamedTuple):
    """What a value of a preset does to a parameter."""

    preset: PresetName
    key: str
    """Of the value; one of a table of the preset has the table's name before it."""
    strength: float
    """Relative change of the parameter over that of the value [1]; 1 where one of the two is 0 or no number."""
    reach: int
    """How many parameters the value does something to."""


def effects(
    presets: Iterable[PresetName], parameters: Callable[[], Mapping[str, Any]]
) -> dict[str, list[Effect]]:
    """Return what the values of presets do to parameters, by the names of those that are made of any.

    A value beside which no other can be is taken for that of the parameters of its name; what names other presets or a
    device makes none.

    Args:
        presets: Whose values are changed.
        parameters: Makes the parameters anew.
    """
    usual, found = parameters(), dict[str, list[Effect]]()
    for preset in dict.fromkeys(presets):
        values = preset_values(preset.file, preset.name)
        for key, value in flat_values(values):
            if isinstance(value, str):
                continue
            strengths, is_tried = dict[str, float](), False
            for other in _others(value):
                try:
                    with changed_preset(preset, _with(values, key, other)):
                        made = parameters()
                except (ValueError, ArithmeticError):  # no device has this value beside the others
                    continue
                is_tried = True
                strengths = {
                    name: _strength(before, made[name], value, other)
                    for name, before in usual.items()
                    if name in made and made[name] != before
                }
                if strengths:
                    break
            if not is_tried:
                strengths = {name: 1.0 for name in usual if is_namesake(key, name)}
            for name, strength in strengths.items():
                found.setdefault(name, []).append(Effect(preset, key, strength, len(strengths)))
    return found


def is_namesake(key: str, parameter: str) -> bool:
    """Say whether a value of a preset has the name of a parameter, each apart from the tables or sets that it is in."""
    return key.rpartition(".")[2] == parameter.rpartition(".")[2]


def _others(value: Any) -> tuple[Any, ...]:
    """Return values a little greater and smaller; of numbers that tell how many the next ones."""
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1, value - 1)
        case float():
            step = abs(value) * _STEP or _STEP
            return (value + step, value - step)
        case _:
            return tuple(map(list, zip(*map(_others, value), strict=True)))


def _with(values: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    first, _, rest = key.partition(".")
    return {**values, first: _with(values[first], rest, value) if rest else value}


def _strength(before: Any, after: Any, value: Any, other: Any) -> float:
    of_parameter, of_value = _change(before, after), _change(value, other)
    return of_parameter / of_value if math.isfinite(of_parameter) and math.isfinite(of_value) else 1.0


def _change(before: Any, after: Any) -> float:
    """Return by which part of itself a number has changed, of a table the one that has most; infinite if it was 0."""
    if isinstance(before, tuple | list):
        changes = [_change(*pair) for pair in zip(before, after, strict=False)]
        return max(filter(math.isfinite, changes), default=math.inf)
    if isinstance(before, bool) or before == 0.0 or not math.isfinite(before):
        return math.inf
    return abs(float(after) / float(before) - 1.0)
