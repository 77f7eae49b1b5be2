"""Tracks and conditions from the loose rows of a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .codes import parse_diagnostic, parse_state
from .content import Condition, Track
from .names import STATE, WARNING

if TYPE_CHECKING:
    import numpy.typing as npt

    from .content import Floats, Instants


def track_of_cells(
    times_us: Instants, names: Sequence[str], columns: npt.NDArray[np.int32], values: Floats
) -> Track:
    """Put single values into a table.

    Args:
        times_us: Of each value [µs], in any order; of two values at one place the later one counts.
        names: Of all columns.
        columns: Index of each value's name.
        values: The values.
    """
    used, first, inverse = np.unique(columns, return_index=True, return_inverse=True)
    order = np.argsort(first)
    places = np.argsort(order)[inverse]
    times, rows = np.unique(times_us, return_inverse=True)
    table = np.full((len(times), len(used)), np.nan)
    present = np.zeros(table.shape, np.bool_)
    table[rows, places] = values
    present[rows, places] = True
    return Track(tuple(names[used[index]] for index in order), times, table, present)


def conditions_of_rows(
    rows: Iterable[tuple[int, str, str]],
) -> tuple[tuple[int, Condition], ...]:
    """Gather rows of states, warnings and errors into what a component said, and from when on.

    Args:
        rows: Time [µs], kind and text. Rows of the same time belong together.

    Raises:
        ValueError: If a text is not what its kind wants; says what is accepted.
    """
    said: dict[int, Condition] = {}
    for time_us, kind, text in rows:
        condition = said.get(time_us, Condition())
        if kind == STATE:
            states = (*condition.states, parse_state(text)) if text else condition.states
            said[time_us] = condition._replace(states=states)
        elif kind == WARNING:
            said[time_us] = condition._replace(warnings=(*condition.warnings, parse_diagnostic(text)))
        else:
            said[time_us] = condition._replace(errors=(*condition.errors, parse_diagnostic(text)))
    return without_repetitions(sorted(said.items()))


def without_repetitions(
    changes: Iterable[tuple[int, Condition]],
) -> tuple[tuple[int, Condition], ...]:
    """Leave out conditions that were said to hold already."""
    kept: list[tuple[int, Condition]] = []
    for time_us, condition in changes:
        if not kept or kept[-1][1] != condition:
            kept.append((time_us, condition))
    return tuple(kept)
