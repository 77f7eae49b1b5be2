"""What must hold of a plant's saved state before anything of it is taken: it may come from a stranger."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from ..inputs.driven import require_drivable
from ..kernel.layout import Memory
from .state import NAMES_OF_NUMBERS, PlantState

LONGEST_LAG_US = 86_400_000_000
"""How far a plant may be behind the time of its site [µs]."""


def check_plant_state(state: PlantState, own: PlantState, memory: Memory, inputs: Collection[str]) -> None:
    """Refuse a state that no plant of this site can have.

    Args:
        state: That somebody wants to go on from.
        own: That the plant has now.
        memory: Of the plant, for what its numbers are.
        inputs: Names of all inputs of the site, as `component.quantity`.

    Raises:
        ValueError: Says where, what was found and what would be accepted.
    """
    _same_names("plant.numbers", state.numbers, own.numbers)
    endless = _endless(memory)
    for name, value in state.numbers.items():
        expected = own.numbers[name]
        place = f"plant.numbers.{name}"
        if isinstance(value, list) != isinstance(expected, list):
            raise _error(place, "a list" if isinstance(value, list) else repr(value), "what a save writes")
        _check_row(
            place, value if isinstance(value, list) else [value],
            expected if isinstance(expected, list) else [expected], is_endless=name in endless,
        )  # fmt: skip
    for name in ("batteries", "managements", "ageings", "machines"):
        theirs, ours = getattr(state, name), getattr(own, name)
        _same_names(f"plant.{name}", theirs, ours)
        for key, values in theirs.items():
            _check_row(f"plant.{name}.{key}", tuple(values), tuple(ours[key]), is_endless=False)
    known = set(own.components)
    for name in ("allowed_w", "allowed_var", "allowed_dc_w", "pending", "tripped", "positions", "impairments",
                 "failed_relays"):  # fmt: skip
        check_known(f"plant.{name}", getattr(state, name), known)
    check_known("plant.overrides", state.overrides, inputs)
    for name, override in state.overrides.items():
        component, _, quantity = name.rpartition(".")
        require_drivable(component, quantity, override.end_value, 0.0, override.start_value)


def check_known(place: str, found: Iterable[str], known: Collection[str]) -> None:
    """Refuse names that the site does not have.

    Raises:
        ValueError: Names the first one.
    """
    for name in found:
        if name not in known:
            raise _error(place, repr(name), "what this site has")


def _same_names(place: str, theirs: Mapping[str, object], ours: Mapping[str, object]) -> None:
    if theirs.keys() != ours.keys():
        other = min(theirs.keys() ^ ours.keys())
        raise _error(place, f"{other!r} {'too many' if other in theirs else 'missing'}", "what a save writes")


def _check_row(
    place: str, values: Sequence[int | float], expected: Sequence[int | float], *, is_endless: bool
) -> None:
    if len(values) != len(expected):
        raise _error(place, f"{len(values)} values", f"{len(expected)}, as this site has them")
    for index, (value, own) in enumerate(zip(values, expected, strict=True)):
        where = f"{place}[{index}]" if len(expected) > 1 else place
        if isinstance(own, int) and not isinstance(value, int):
            raise _error(where, repr(value), "a whole number")
        if isinstance(value, float) and not (math.isfinite(value) or (is_endless and not math.isnan(value))):
            raise _error(where, repr(value), "a finite number")


def _endless(memory: Memory) -> set[str]:
    """Return the names of the numbers of which an infinite one says that there is no limit."""
    found = {"inputs"}
    for name in NAMES_OF_NUMBERS:
        rows = getattr(memory, name)
        if isinstance(rows, list) and rows and is_dataclass(rows[0]):
            found |= set(_endless_fields(name, rows[0]))
    return found


def _endless_fields(name: str, row: Any) -> Iterable[str]:
    for field in fields(row):
        value = getattr(row, field.name)
        if is_dataclass(value):
            yield from _endless_fields(f"{name}.{field.name}", value)
        elif isinstance(field.default, float) and math.isinf(field.default):
            yield f"{name}.{field.name}"


def _error(place: str, found: str, accepted: str) -> ValueError:
    return ValueError(f"{place}: {found}; accepted: {accepted}")
