"""What a run costs: the option of a tariff, and the prices that it has of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import is_one_file, refuse

if TYPE_CHECKING:
    from ..sim.site.site import Site
    from ..sim.tariff.prices import Prices
    from ..sim.tariff.reader import Tariff

TariffOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Tariff, for what it cost and which emissions came with it."),
]


def read_tariff(path: Path | None, recording: Path | None = None) -> Tariff | None:
    """Read a tariff file, if one is given.

    Args:
        path: Of the file.
        recording: What the same command writes, if it is a table.

    Raises:
        TariffError: If anything is wrong with it.
        typer.Exit: If the recording would take the place of a table of prices.
    """
    if path is None:
        return None
    from ..sim.site.input_files import named_files  # noqa: PLC0415
    from ..sim.tariff.reader import load_tariff  # noqa: PLC0415

    tariff = load_tariff(path)
    if recording is not None and any(
        is_one_file(recording, table) for table in named_files(tariff.section, tariff.directory)
    ):
        raise refuse(f"{str(recording)!r} is a table of prices of {str(path)!r}; accepted: another file")
    return tariff


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
