"""Tracks and conditions from the loose rows of a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from ..domain.timestamps import to_datetime
from .codes import parse_diagnostic, parse_state
from .content import Condition, Track
from .errors import RecordingError
from .names import STATE, WARNING, parse_name

if TYPE_CHECKING:
    import numpy.typing as npt

    from .content import Floats, Instants


ONE_VALUE = "one value of a metric at a time, or the same one again"


class TwoValuesError(Exception):
    """A component told two values of something at one time."""

    def __init__(self, time_us: int, name: str) -> None:
        """Say when [µs], and the name of the column."""
        super().__init__(time_us, name)
        self.time_us = time_us
        self.name = name


def track_of_cells(
    times_us: Instants, names: Sequence[str], columns: npt.NDArray[np.int32], values: Floats
) -> Track:
    """Put single values into a table.

    Args:
        times_us: Of each value [µs], in any order.
        names: Of all columns.
        columns: Index of each value's name.
        values: The values; the same one may be there twice.

    Raises:
        TwoValuesError: If there are different values at one place.
    """
    used, first, inverse = np.unique(columns, return_index=True, return_inverse=True)
    order = np.argsort(first)
    places = np.argsort(order)[inverse]
    times, rows = np.unique(times_us, return_inverse=True)
    table = np.full((len(times), len(used)), np.nan)
    present = np.zeros(table.shape, np.bool_)
    table[rows, places] = values
    present[rows, places] = True
    counted = table[rows, places]
    differ = (counted != values) & ~(np.isnan(counted) & np.isnan(values))
    if differ.any():
        place = int(np.argmax(differ))
        raise TwoValuesError(int(times_us[place]), names[columns[place]])
    return Track(tuple(names[used[index]] for index in order), times, table, present)


def under_names_of_today(file: str, component: int | str, track: Track) -> Track:
    """Return a track whose columns each have the name of today, and none of them twice.

    Args:
        file: Name of the file, for messages.
        component: That was recorded.
        track: Under the names that the file has.

    Raises:
        RecordingError: If something is there under two names with two values.
    """
    today = [str(parse_name(name)) for name in track.names]
    names = tuple(dict.fromkeys(today))
    if len(names) == len(today):
        return track._replace(names=names)
    values = np.full((len(track.times_us), len(names)), np.nan)
    present = np.zeros(values.shape, np.bool_)
    first: dict[str, int] = {}
    for column, name in enumerate(today):
        place, there = names.index(name), track.present[:, column]
        one, other = values[:, place], track.values[:, column]
        differ = there & present[:, place] & (one != other) & ~(np.isnan(one) & np.isnan(other))
        earlier = first.setdefault(name, column)
        if differ.any():
            _refuse_two(file, component, track, int(np.argmax(differ)), (earlier, column))
        values[there, place] = track.values[there, column]
        present[:, place] |= there
    return Track(names, track.times_us, values, present)


def _refuse_two(
    file: str, component: int | str, track: Track, row: int, columns: tuple[int, int]
) -> NoReturn:
    one, other = (f"{track.values[row, column]:g} under {track.names[column]}" for column in columns)
    when = to_datetime(int(track.times_us[row])).isoformat(" ")
    raise RecordingError(
        file, None, f"component {component}", f"told twice at {when}: {one}, {other}", "one name of a metric"
    )


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
