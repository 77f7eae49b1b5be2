"""What a site file says about how the cells of a battery differ."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...models.cell_spread import CellSpreadParams
from ..files.sections import Section, written
from ..files.units import FRACTION


class Cells(Section):
    """Cells in series that differ, of which the first that is full or empty stops the battery."""

    capacity_spread: Annotated[float, FRACTION.within(lower=0.0, upper=0.5)] = Field(default=written("0 %"))
    """Capacity of the largest cell less that of the smallest, over the mean."""


def cell_spread_params(cells: Cells) -> CellSpreadParams:
    """Return how cells differ, by a section of a site file."""
    return CellSpreadParams(cells.capacity_spread)
