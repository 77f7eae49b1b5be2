"""`doppelgrid clock`: `doppelgrid control clock` under its former name, with the URL as its argument."""

from __future__ import annotations

from typing import Annotated

import typer

from .control.connection import URL_VARIABLE, USUAL_URL, ask
from .control.time import FaketimeOption
from .control.time import clock as tell_clock


def clock(
    url: Annotated[str, typer.Argument(envvar=URL_VARIABLE, help="Where the site is served.")] = USUAL_URL,
    faketime: FaketimeOption = False,
) -> None:
    """Print the simulated time of a running site, and how it passes; as `control clock`."""
    ask(lambda site: tell_clock(site, faketime=faketime), url)
