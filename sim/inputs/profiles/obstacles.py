"""What stands between the sky and modules: a horizon, and rows of modules before each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ....models.pv_shade import horizon_deg, horizon_sky_kept, rows_shaded, rows_sky_kept
from ....models.pv_snow import strings_free

if TYPE_CHECKING:
    from collections.abc import Sequence


class RowsOfModules(NamedTuple):
    """Rows of modules, each before the next."""

    cover: float
    """Height of the modules along their slope over the distance from row to row."""
    strings: int
    """How many lie above each other; one that is shaded in part has no direct light."""


class Obstacles(NamedTuple):
    """All that stands before an array."""

    horizon: tuple[tuple[float, float], ...] = ()
    """Azimuths clockwise from north and elevations [°]; none if empty."""
    rows: RowsOfModules | None = None

    def beam_kept(
        self, plane: tuple[float, float], zeniths_deg: Sequence[float], azimuths_deg: Sequence[float]
    ) -> list[float]:
        """Return the share of direct light that reaches the modules, by where the sun is.

        Args:
            plane: Tilt from the horizontal and azimuth clockwise from north of the modules [°].
            zeniths_deg: Of the sun [°].
            azimuths_deg: Of the sun, clockwise from north [°].
        """
        return [self._kept(plane, *sun) for sun in zip(zeniths_deg, azimuths_deg, strict=True)]

    def sky_kept(self, plane: tuple[float, float]) -> float:
        """Return the share of the sky's light that reaches the modules."""
        kept = horizon_sky_kept(self.horizon, *plane) if self.horizon else 1.0
        return kept if self.rows is None else kept * rows_sky_kept(plane[0], self.rows.cover)

    def _kept(self, plane: tuple[float, float], zenith_deg: float, azimuth_deg: float) -> float:
        if self.horizon and 90.0 - zenith_deg < horizon_deg(self.horizon, azimuth_deg):
            return 0.0
        if self.rows is None:
            return 1.0
        zenith, off = math.radians(zenith_deg), math.radians(azimuth_deg - plane[1])
        shaded = rows_shaded(plane[0], self.rows.cover, math.sin(zenith) * math.cos(off), math.cos(zenith))
        return strings_free(shaded, self.rows.strings)


NO_OBSTACLES = Obstacles()
