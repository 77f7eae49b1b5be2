"""Where the SoC of a pack stops whose cells in series differ: the one that is full or empty first decides.

All cells in series carry one charge. A cell of less capacity moves farther in SoC by it, one of more less far.
Balancing brings all to one SoC `b`, from which they depart again. With the mean SoC `z`, and a part `c` of the mean
capacity between the smallest and the largest cell, these are at

    b + (z - b) / (1 - c/2)        b + (z - b) / (1 + c/2)

Beside that, the fullest and the emptiest cell are `s` apart by what has leaked and what has not been balanced, half of
it either way (`models/bms_balance.py`). Two extremes beside the mean stand for all cells: the worst of both differences
is taken to be one cell's.

Left out: cells of more resistance, and what their heat does.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .parameter import Parameter


class CellSpreadParams(NamedTuple):
    """How the cells of a pack differ."""

    capacity_spread: Annotated[float, Parameter("1", 0.0, 0.5, "chosen: beyond, a cell is broken")]
    """Capacity of the largest cell less that of the smallest, over the mean."""
    balanced_soc: Annotated[float, Parameter("1", 0.0, 1.0)] = 1.0
    """At which balancing brings all cells to one SoC; chosen: full."""


def most_spread(params: CellSpreadParams, soc: float) -> float:
    """Return the greatest spread of SoC at which all cells are between empty and full; below 0 if they cannot be."""
    way, half = soc - params.balanced_soc, 0.5 * params.capacity_spread
    emptiest = params.balanced_soc + way / (1.0 - half if way < 0.0 else 1.0 + half)
    fullest = params.balanced_soc + way / (1.0 - half if way > 0.0 else 1.0 + half)
    return 2.0 * min(emptiest, 1.0 - fullest)


def least_mean_soc(params: CellSpreadParams, spread: float, least_soc: float) -> float:
    """Return the mean SoC at which the emptiest cell comes to an SoC, given the spread of SoC besides."""
    way = least_soc + 0.5 * spread - params.balanced_soc
    half = 0.5 * params.capacity_spread
    return params.balanced_soc + way * (1.0 - half if way < 0.0 else 1.0 + half)


def most_mean_soc(params: CellSpreadParams, spread: float, most_soc: float) -> float:
    """Return the mean SoC at which the fullest cell comes to an SoC, given the spread of SoC besides."""
    way = most_soc - 0.5 * spread - params.balanced_soc
    half = 0.5 * params.capacity_spread
    return params.balanced_soc + way * (1.0 - half if way > 0.0 else 1.0 + half)
