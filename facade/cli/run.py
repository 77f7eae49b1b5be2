"""`doppelgrid run`: serve a site until Ctrl-C."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .billing import TariffOption, prices_of, read_tariff
from .options import (
    PORT_IN_USE,
    RecordExtremesOption,
    RecordMetricsOption,
    RecordOption,
    check_apart,
    check_recording,
    check_writable,
    input_in_words,
    parse_duration,
    parse_moment,
    refuse,
    start_recorder,
    whole_number,
)
from .prometheus import PrometheusComponentsOption, PrometheusOption, metrics_server
from .protection import (
    AuthKeyOption,
    HostOption,
    InsecureOption,
    SignSecretOption,
    TlsCertOption,
    TlsClientCaOption,
    TlsKeyOption,
    read_security,
)

if TYPE_CHECKING:
    from ..proto.serving.site_server import SiteServer
    from ..sim.tariff.prices import Prices
    from ..sim.tariff.reader import Tariff

SitesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SITES]...", help="Paths of site files, or names of bundled sites; the demo if none."
    ),
]


class Stamps(StrEnum):
    """Whose time telemetry carries."""

    WALL = "wall"
    SIMULATED = "simulated"


def run(
    sites: SitesArgument = None,
    port: Annotated[
        int,
        typer.Option(
            metavar="0..65535",
            parser=whole_number(0, 65535),
            help="Of the first site; the next ones follow in steps of 10.",
        ),
    ] = 8800,
    ephemeral_ports: Annotated[bool, typer.Option(help="Take any free port.")] = False,
    copies: Annotated[
        int,
        typer.Option(
            metavar="1..1000",
            parser=whole_number(1, 1000),
            help="Serve so many of each site, with ids, ports and noise of their own.",
        ),
    ] = 1,
    emit_endpoints: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write where the site is served, once it answers.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Simulated seconds per second.")] = 1.0,
    start: Annotated[
        datetime | None,
        typer.Option(
            metavar="ISO", parser=parse_moment, help="Simulated time to start at; now if not given."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all noise.")] = 0,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="D", parser=parse_duration, help="Simulated time to run for, such as '10 min' or 1d."
        ),
    ] = None,
    timestamps: Annotated[
        Stamps, typer.Option(help="Whose time samples carry; clients judge freshness by their own clock.")
    ] = Stamps.WALL,
    tariff: TariffOption = None,
    record: RecordOption = None,
    record_metrics: RecordMetricsOption = None,
    record_extremes: RecordExtremesOption = False,
    paused: Annotated[
        bool, typer.Option(help="Let time stand still until a control client moves it.")
    ] = False,
    control: Annotated[
        bool | None,
        typer.Option(help="Serve the control service on the same port; on loopback if not given."),
    ] = None,
    reload: Annotated[
        bool,
        typer.Option(
            "--reload",
            help="Take in edits of the files of sites and tariff, and of those that they name, as the sites run.",
        ),
    ] = False,
    prometheus: PrometheusOption = None,
    prometheus_components: PrometheusComponentsOption = False,
    host: HostOption = None,
    insecure: InsecureOption = False,
    tls_cert: TlsCertOption = None,
    tls_key: TlsKeyOption = None,
    tls_client_ca: TlsClientCaOption = None,
    auth_key: AuthKeyOption = None,
    sign_secret: SignSecretOption = None,
) -> None:
    """Serve sites over the Microgrid API until Ctrl-C."""
    import asyncio  # noqa: PLC0415

    from ..proto.serving.server import BindError, PortInUseError  # noqa: PLC0415
    from ..proto.serving.site_server import SiteServer  # noqa: PLC0415
    from ..proto.transport.security import SecurityError  # noqa: PLC0415
    from ..sim.components.package_check import PackageError  # noqa: PLC0415
    from ..sim.inputs.errors import InputError  # noqa: PLC0415
    from ..sim.recording import RecordingError  # noqa: PLC0415
    from ..sim.site.reader import SiteError, load_site  # noqa: PLC0415
    from .fleet import fleet, ports, read_edition  # noqa: PLC0415
    from .live_run import RunOptions, run_sites  # noqa: PLC0415
    from .reloading import Edition, Reloading  # noqa: PLC0415

    check_recording(record, record_metrics, extremes=record_extremes)
    check_apart(
        {"--record": record, "--emit-endpoints": emit_endpoints},
        {
            "--tariff": tariff, "--tls-cert": tls_cert, "--tls-key": tls_key, "--tls-client-ca": tls_client_ca,
            **{f"SITE {site}": site for site in sites or ()},
        },
    )  # fmt: skip
    check_writable("--emit-endpoints", emit_endpoints)
    metrics = metrics_server(prometheus, components=prometheus_components)
    security = read_security(tls_cert, tls_key, tls_client_ca, auth_key, sign_secret)
    if reload and record is not None:
        raise refuse("--record with --reload; accepted: one of them, as a recording is of one site")
    sources = sites or ["demo"]
    try:
        billed = read_tariff(tariff, record)
        chosen = fleet([load_site(source) for source in sources], copies)
        servers = [
            SiteServer(
                site,
                host=host,
                port=where,
                speed=speed,
                start=start,
                seed=seed + number,
                timestamps="wall" if timestamps is Stamps.WALL else "simulated",
                paused=paused,
                control=control,
                security=security,
                insecure=insecure,
            )
            for number, (site, where) in enumerate(
                zip(chosen, ports(0 if ephemeral_ports else port, len(chosen)), strict=True)
            )
        ]
        prices = _prices(billed, servers, start, duration)
    except (SiteError, ValueError) as error:
        raise refuse(input_in_words(error, sources)) from None
    if record is not None and len(servers) > 1:
        raise refuse(f"--record writes down one site; found: {len(servers)}")
    try:
        with start_recorder(
            record,
            record_metrics,
            servers[0].site,
            seed,
            extremes=record_extremes,
            speed=speed if timestamps is Stamps.WALL else 1.0,
        ) as recorder:
            read = partial(read_edition, sources, copies, tariff)
            reloading = Reloading(sources, Edition(chosen, billed), read) if reload else None
            options = RunOptions(
                emit_endpoints, duration, recorder, reloading=reloading, prices=prices, metrics=metrics
            )
            asyncio.run(run_sites(servers, options))
    except SecurityError as error:
        raise refuse(str(error)) from None
    except (InputError, PackageError, RecordingError) as error:
        raise refuse(input_in_words(error, sources)) from None
    except PortInUseError as error:
        raise refuse(str(error), PORT_IN_USE) from None
    except BindError as error:
        raise refuse(str(error)) from None
    except OSError as error:
        raise refuse(f"{error.filename or error}: {error.strerror or error}") from None


def _prices(
    tariff: Tariff | None, servers: list[SiteServer], start: datetime | None, duration_s: float | None
) -> dict[SiteServer, Prices]:
    """Return the prices of each site, if they are billed.

    Raises:
        TariffError: If the tariff does not cover all of the run.
    """
    from ..sim.engine.clock import wall_time_us  # noqa: PLC0415

    duration_us = None if duration_s is None else round(duration_s * 1e6)
    found = {}
    for server in servers:
        start_us = wall_time_us() if start is None else server.site.moment_us(start)
        prices = prices_of(tariff, server.site, start_us, duration_us)
        if prices is not None:
            found[server] = prices
    return found
