"""The options that say where Prometheus finds figures of sites that run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from .options import refuse

if TYPE_CHECKING:
    from ..proto.serving.site_server import SiteServer

ServeMetrics = Callable[[Sequence["SiteServer"]], AbstractAsyncContextManager[str]]
"""Serves figures of sites that have not started, while its context lasts; gives the URL."""

_PANEL = "Monitoring"
_ADDRESS = re.compile(r"(?P<host>\[[^\[\]\s]+\]|[^\[\]:/\s]+):(?P<port>[0-9]{1,5})")
_HIGHEST_PORT = 65535


class Address(NamedTuple):
    """Where something listens."""

    host: str
    """Name or address; of version 6 in brackets."""
    port: int
    """Any free one if 0."""


def parse_address(text: str) -> Address:
    """Read an address such as `127.0.0.1:9464`.

    Raises:
        typer.BadParameter: If it is none.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > _HIGHEST_PORT:
        raise typer.BadParameter(
            f"{text!r}; accepted: HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464, "
            f"the port from 0 (any free one) to {_HIGHEST_PORT}"
        )
    return Address(found["host"], int(found["port"]))


PrometheusOption = Annotated[
    Address | None,
    typer.Option(
        "--prometheus",
        metavar="HOST:PORT",
        parser=parse_address,
        help="Let Prometheus scrape figures of the run there: clients, frames, lateness, commands, speed, memory.",
        rich_help_panel=_PANEL,
    ),
]
PrometheusComponentsOption = Annotated[
    bool,
    typer.Option(
        "--prometheus-components",
        help="Let it scrape power and SoC of each component, too.",
        rich_help_panel=_PANEL,
    ),
]


def metrics_server(address: Address | None, *, components: bool) -> ServeMetrics | None:
    """Return what serves figures of sites to Prometheus, if that is wanted.

    Args:
        address: Where to; nowhere if None.
        components: Whether those of each component are served, too.

    Raises:
        MissingPackageError: If the client library of Prometheus is not installed.
        typer.Exit: If the options do not go together.
    """
    from ..sim.files.extras import extra_for  # noqa: PLC0415

    if address is None:
        if components:
            raise refuse(
                "--prometheus-components is given without --prometheus; accepted: with --prometheus HOST:PORT"
            )
        return None
    with extra_for("figures for Prometheus"):
        from ..proto.prometheus.endpoint import serve_metrics  # noqa: PLC0415
    return partial(serve_metrics, host=address.host, port=address.port, components=components)
