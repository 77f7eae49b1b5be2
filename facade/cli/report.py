"""`doppelgrid report`: what a recorded site did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .billing import TariffOption, read_tariff
from .options import check_apart, check_writable, refuse, writing
from .output import print_json


def report(
    recording: Annotated[
        Path,
        typer.Argument(help="Recording (.csv, .csv.gz, .parquet), or CSV export of the reporting service."),
    ],
    site: Annotated[
        str | None,
        typer.Option(metavar="SITE", help="Site that was recorded, where the file does not say (CSV)."),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Journal of the run, for what was commanded and refused."),
    ] = None,
    tariff: TariffOption = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a page that needs nothing else.")
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write all figures as JSON; - for the terminal."),
    ] = None,
) -> None:
    """Say what a recorded site did: energies, peaks, states of charge, errors."""
    from rich.console import Console  # noqa: PLC0415

    from ..sim.files.json_text import json_text  # noqa: PLC0415
    from ..sim.recording import read_recording  # noqa: PLC0415
    from ..sim.report.journal import commands_in  # noqa: PLC0415
    from ..sim.report.of_recording import report_of_recording  # noqa: PLC0415
    from ..sim.site.reader import load_site  # noqa: PLC0415
    from .report_lines import print_report  # noqa: PLC0415

    to_terminal = json is not None and str(json) == "-"
    check_apart(
        {"--html": html, "--json": None if to_terminal else json},
        {"RECORDING": recording, "--site": site, "--journal": journal, "--tariff": tariff},
    )
    check_writable("--html", html)
    check_writable("--json", None if to_terminal else json)
    try:
        given = None if site is None else load_site(site)
        recorded = read_recording(recording, microgrid_id=None if given is None else given.microgrid.id)
        commands = None if journal is None else commands_in(journal)
        found = report_of_recording(recorded, site=given, commands=commands, tariff=read_tariff(tariff))
    except OSError as error:
        raise refuse(f"{error.filename or error}: {error.strerror or error}") from None
    except ValueError as error:  # whatever is wrong with a file is one
        raise refuse(str(error)) from None
    if html is not None:
        from .report_page import page  # noqa: PLC0415

        text = page(found)
        with writing("--html", html) as place:
            place.write_text(text, encoding="utf-8")
    if json is not None and not to_terminal:
        with writing("--json", json) as place:
            place.write_text(json_text(found.plain(), indent=2) + "\n", encoding="utf-8")
    if to_terminal:
        print_json(json_text(found.plain(), indent=2))
    else:
        print_report(found, Console(emoji=False), chart=True)
