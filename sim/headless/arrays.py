"""What the kernel works on, as arrays and records that compiled functions take.

Python hands over plain tuples of arrays; `boundary` puts them together again on the compiled side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np
from numba.core import types
from numba.experimental import structref

_FLOAT, _INT = np.dtype(np.float64), np.dtype(np.int64)


class Packed(NamedTuple):
    """The fields of a dataclass of the kernel, by name, sequences as arrays."""

    fields: Mapping[str, Any]

    @property
    def values(self) -> tuple[Any, ...]:
        """What compiled functions are given."""
        return tuple(self.fields.values())


def packed(original: Any, **changes: Any) -> Packed:
    """Return the fields of a dataclass of the kernel as compiled functions take them.

    Args:
        original: A `Layout`, `Memory`, `Machines` or the like.
        **changes: Fields that are ready for compiled functions already.
    """
    return Packed(
        {
            name: changes[name] if name in changes else _packed_value(getattr(original, name), hint)
            for name, hint in get_type_hints(type(original)).items()
        }
    )


def _packed_value(value: Any, hint: Any) -> Any:
    """Return a number, a sequence of numbers or one of rows as compiled functions take it.

    Args:
        value: As the kernel has it when interpreted.
        hint: Its annotated type, which says what an empty sequence would hold.
    """
    if isinstance(value, int | float | np.ndarray):
        return value
    if value and _is_row(value[0]):
        return records(value)
    entry = get_args(hint)[0]
    if _is_row(entry):
        return records([nothing(entry)])[:0]
    if entry is int:
        return np.array(value, _INT)
    return np.zeros(0) if entry is Any else np.array(value, _FLOAT)


def nothing(kind: Any) -> Any:
    """Return a row of a kind, a named tuple or a dataclass of the kernel, in which everything is 0."""
    hints = get_type_hints(kind).values()
    return kind(*(nothing(hint) if _is_row(hint) else _zero(hint) for hint in hints))


def _is_row(value: Any) -> bool:
    return hasattr(value, "_fields") or is_dataclass(value)


def _members(row: Any) -> list[tuple[str, Any]]:
    names = row._fields if hasattr(row, "_fields") else [field.name for field in fields(row)]
    return [(name, getattr(row, name)) for name in names]


def _zero(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return (0.0,) * max(len([entry for entry in get_args(hint) if entry is float]), 2)
    return hint(0)


def state_rows(states: Sequence[Any], kind: type) -> Any:
    """Return states of a model as rows of floats; whole numbers stay exact.

    There is always one row, so that its type is known where there is no state.
    """
    return np.array([tuple(state) for state in states] or [tuple(nothing(kind))], _FLOAT)


def states_of(rows: Any, count: int, kind: type) -> list[Any]:
    """Return as many states of a model as there are, from their rows."""
    hints = list(get_type_hints(kind).values())
    return [
        kind(*(hint(value) for hint, value in zip(hints, row, strict=True))) for row in rows[:count].tolist()
    ]


def records(entries: Sequence[Any]) -> Any:
    """Return rows of numbers, tables and further rows as an array of records.

    Args:
        entries: At least one; all of one kind, a named tuple or a dataclass of the kernel, with tables of one name of
            one size.
    """
    made = np.zeros(len(entries), _record_type(entries[0]))
    for place, entry in enumerate(entries):
        made[place] = _plain(entry)
    return made


def put_back(made: Any, entries: Sequence[Any]) -> None:
    """Bring rows to what their records have become."""
    for row, values in zip(entries, made.tolist(), strict=True):
        _put_back(row, values)


def _put_back(row: Any, values: tuple[Any, ...]) -> None:
    for (name, old), value in zip(_members(row), values, strict=True):
        if _is_row(old):
            _put_back(old, value)
        else:
            setattr(row, name, value)


def _record_type(entry: Any) -> np.dtype[Any]:
    parts: list[Any] = []
    hints = get_type_hints(type(entry))
    for name, value in _members(entry):
        if _is_row(value):
            parts.append((name, _record_type(value)))
        elif isinstance(value, tuple):
            parts.append((name, _FLOAT, (len(value),)))
        else:
            parts.append((name, _INT if hints[name] is int else _FLOAT))
    return np.dtype(parts, align=True)


def _plain(entry: Any) -> tuple[Any, ...]:
    return tuple([_plain(value) if _is_row(value) else value for _, value in _members(entry)])


@cache
def structure(original: type) -> Any:
    """Return the class of structures that compiled functions pass on by reference in place of a dataclass."""
    name, fields = original.__name__, list(get_type_hints(original))
    kind = structref.register(type(f"{name}Type", (types.StructRef,), {"__module__": __name__}))
    made = type(name, (structref.StructRefProxy,), {"__module__": __name__})
    structref.define_proxy(made, kind, fields)
    return made
