"""Columns of a table in the terminal, as wide as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.table import Table
from rich.text import Text

_LEAST_TEXT = 12


class Column(NamedTuple):
    """One column of a table."""

    heading: str
    rank: int
    """The higher, the sooner it goes where there is no room; 0 stays."""
    is_number: bool = False


def fill_table(
    table: Table,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Text]],
    width: int | None,
    *,
    around_a_cell: int,
    around_a_row: int,
) -> None:
    """Put into a table what there is room for.

    The least important columns go first. Of those that stay, numbers are whole; the last column, a text, is shortened
    before others go, and the first, a text too, where even what stays is too wide.

    Args:
        table: Without columns and rows.
        columns: What could be in it.
        rows: Their cells.
        width: Of the terminal [characters]; None if there is no limit.
        around_a_cell: What the table adds to each cell [characters].
        around_a_row: What it adds to each row [characters].
    """
    widths = _widths(columns, rows, None if width is None else width - around_a_row, around_a_cell)
    for place, wide in widths.items():
        justify: Literal["left", "right"] = "right" if columns[place].is_number else "left"
        table.add_column(
            columns[place].heading, justify=justify, no_wrap=True, overflow="ellipsis", width=wide
        )
    for row in rows:
        table.add_row(*(row[place] for place in widths))


def _widths(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int | None, around: int
) -> dict[int, int]:
    """Return the width of each column that there is room for, by its place."""
    wide = {
        place: max([len(column.heading), *(row[place].cell_len for row in rows)])
        for place, column in enumerate(columns)
    }
    if width is None:
        return wide
    first, last = 0, len(columns) - 1
    wanted = wide[last]
    wide[last] = min(wanted, _LEAST_TEXT)
    while _sum(wide, around) > width:
        least = max(wide, key=lambda place: columns[place].rank)
        if columns[least].rank == 0:
            break
        del wide[least]
    left = width - _sum(wide, around)
    wide[last] = min(wanted, wide[last] + max(left, 0))
    if left < 0:
        wide[first] = max(wide[first] + left, min(wide[first], _LEAST_TEXT))
    return wide


def _sum(wide: dict[int, int], around: int) -> int:
    return sum(wide.values()) + around * len(wide)
