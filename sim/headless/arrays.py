"""What the core works on, as arrays and records that compiled functions take.

Python hands over plain tuples of arrays; `entry` puts them together again on the compiled side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np
from numba.core import types
from numba.experimental import structref

_FLOAT, _INT = np.dtype(np.float64), np.dtype(np.int64)


class Packed(NamedTuple):
    """The fields of a dataclass of the core, by name, sequences as arrays."""

    fields: Mapping[str, Any]

    @property
    def values(self) -> tuple[Any, ...]:
        """What compiled functions are given."""
        return tuple(self.fields.values())


def packed(original: Any, **changes: Any) -> Packed:
    """Return the fields of a dataclass of the core as compiled functions take them.

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
    """Return a number, a sequence of numbers or one of named tuples as compiled functions take it.

    Args:
        value: As the core has it when interpreted.
        hint: Its annotated type, which says what an empty sequence would hold.
    """
    if isinstance(value, int | float | np.ndarray):
        return value
    if value and hasattr(value[0], "_fields"):
        return records(value)
    entry = get_args(hint)[0]
    if hasattr(entry, "_fields"):
        return records([nothing(entry)])[:0]
    if entry is int:
        return np.array(value, _INT)
    return np.zeros(0) if entry is Any else np.array(value, _FLOAT)


def nothing(kind: Any) -> Any:
    """Return a named tuple of a kind in which everything is 0."""
    hints = get_type_hints(kind).values()
    return kind(*(nothing(hint) if hasattr(hint, "_fields") else _zero(hint) for hint in hints))


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
    """Return named tuples of numbers, tables and further named tuples as an array of records."""
    lengths = _table_lengths(entries)
    made = np.zeros(len(entries), _record_type(entries[0], lengths))
    for place, entry in enumerate(entries):
        made[place] = _plain(entry, lengths)
    return made


def _table_lengths(entries: Sequence[Any]) -> dict[str, int]:
    """Return how many entries each table must have so that all of its name agree."""
    lengths: dict[str, int] = {}
    for entry in entries:
        for name, value in zip(entry._fields, entry, strict=True):
            if hasattr(value, "_fields"):
                lengths |= _table_lengths([getattr(other, name) for other in entries])
            elif isinstance(value, tuple):
                # Knots stay where they are if the number of gaps is a common multiple.
                lengths[name] = 1 + int(np.lcm(lengths.get(name, 2) - 1, len(value) - 1))
    return lengths


def _record_type(entry: Any, lengths: Mapping[str, int]) -> np.dtype[Any]:
    parts: list[Any] = []
    for name, value in zip(entry._fields, entry, strict=True):
        if hasattr(value, "_fields"):
            parts.append((name, _record_type(value, lengths)))
        elif isinstance(value, tuple):
            parts.append((name, _FLOAT, (lengths[name],)))
        else:
            parts.append((name, _INT if isinstance(value, int) else _FLOAT))
    return np.dtype(parts, align=True)


def _plain(entry: Any, lengths: Mapping[str, int]) -> tuple[Any, ...]:
    values: list[Any] = []
    for name, value in zip(entry._fields, entry, strict=True):
        if hasattr(value, "_fields"):
            values.append(_plain(value, lengths))
        elif isinstance(value, tuple):
            values.append(_stretched(value, lengths[name]))
        else:
            values.append(value)
    return tuple(values)


def _stretched(table: tuple[float, ...], length: int) -> tuple[float, ...]:
    if len(table) == length:
        return table
    places = np.linspace(0.0, 1.0, length)
    return tuple(np.interp(places, np.linspace(0.0, 1.0, len(table)), table).tolist())


@cache
def structure(original: type) -> Any:
    """Return the class of structures that compiled functions pass on by reference in place of a dataclass."""
    name, fields = original.__name__, list(get_type_hints(original))
    kind = structref.register(type(f"{name}Type", (types.StructRef,), {"__module__": __name__}))
    made = type(name, (structref.StructRefProxy,), {"__module__": __name__})
    structref.define_proxy(made, kind, fields)
    return made
