"""What a run costs: the option of a tariff, and the prices that it has of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..sim.site.site import Site
    from ..sim.tariff.prices import Prices
    from ..sim.tariff.reader import Tariff

TariffOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Tariff, for what it cost and which emissions came with it."),
]


def read_tariff(path: Path | None) -> Tariff | None:
    """Read a tariff file, if one is given.

    Raises:
        TariffError: If anything is wrong with it.
    """
    from ..sim.tariff.reader import load_tariff  # noqa: PLC0415

    return None if path is None else load_tariff(path)


def prices_of(tariff: Tariff | None, site: Site, start_us: int, duration_us: int | None) -> Prices | None:
    """Return the prices of a run of a site, if it is billed.

    Args:
        tariff: By which.
        site: By whose clock prices go, unless the tariff names one.
        start_us: When the run begins [µs since the Unix epoch].
        duration_us: How long it takes [µs]; None if nobody knows.

    Raises:
        TariffError: If the tariff does not cover all of it.
    """
    end_us = None if duration_us is None else start_us + duration_us
    return None if tariff is None else tariff.over(start_us, end_us, site.microgrid.location.zone)
