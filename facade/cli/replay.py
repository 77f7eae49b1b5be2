"""`doppelgrid replay`: a recorded day through the API."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

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
    refuse,
    start_recorder,
    whole_number,
)


class Shift(StrEnum):
    """Whose time the samples carry."""

    NOW = "now"
    KEEP = "keep"


class Wait(StrEnum):
    """Whether recorded time waits for somebody to receive it."""

    YES = "yes"
    NO = "no"


def replay(
    recording: Annotated[
        Path,
        typer.Argument(help="Recording (.csv, .csv.gz, .parquet), or CSV export of the reporting service."),
    ],
    site: Annotated[
        str | None,
        typer.Option(metavar="SITE", help="Site that was recorded, where the file does not say (CSV)."),
    ] = None,
    simulate: Annotated[
        str,
        typer.Option(
            metavar="KEY,…", help="Components or categories to simulate instead, such as battery or bat-inv."
        ),
    ] = "",
    speed: Annotated[float, typer.Option(help="Recorded seconds per second.")] = 1.0,
    shift: Annotated[
        Shift,
        typer.Option(
            help="Let samples carry the present, by which clients judge freshness, or their own time."
        ),
    ] = Shift.NOW,
    wait: Annotated[
        Wait, typer.Option(help="Let recorded time begin when the first client receives telemetry.")
    ] = Wait.YES,
    pause_at_start: Annotated[
        bool,
        typer.Option("--pause-at-start", help="Let recorded time begin when the control service says so."),
    ] = False,
    port: Annotated[
        int,
        typer.Option(metavar="0..65535", parser=whole_number(0, 65535), help="Port on the loopback address."),
    ] = 8800,
    ephemeral_ports: Annotated[bool, typer.Option(help="Take any free port.")] = False,
    emit_endpoints: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write where the site is served, once it answers.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of noise in what is simulated; the recorded one if not given.")
    ] = None,
    tariff: TariffOption = None,
    record: RecordOption = None,
    record_metrics: RecordMetricsOption = None,
    record_extremes: RecordExtremesOption = False,
) -> None:
    """Bring a recorded day back over the Microgrid API, until its end or Ctrl-C."""
    import asyncio  # noqa: PLC0415

    from ..proto.serving.server import PortInUseError  # noqa: PLC0415
    from ..proto.serving.site_server import SiteServer  # noqa: PLC0415
    from ..sim.domain.timestamps import to_datetime  # noqa: PLC0415
    from ..sim.recording import read_recording  # noqa: PLC0415
    from ..sim.replay import Replay  # noqa: PLC0415
    from ..sim.site.reader import load_site  # noqa: PLC0415
    from .live_run import RunOptions, run_site  # noqa: PLC0415

    check_recording(record, record_metrics, extremes=record_extremes)
    check_apart(
        {"--record": record, "--emit-endpoints": emit_endpoints},
        {"RECORDING": recording, "--site": site, "--tariff": tariff},
    )
    check_writable("--emit-endpoints", emit_endpoints)
    try:
        given = None if site is None else load_site(site)
        recorded = read_recording(recording, microgrid_id=None if given is None else given.microgrid.id)
        hardware = Replay(recorded, site=given, simulate=[name for name in simulate.split(",") if name])
        duration_us = round(1e6 * hardware.duration_s)
        prices = prices_of(read_tariff(tariff, record), hardware.site, hardware.start_us, duration_us)
        seed = hardware.seed if seed is None else seed
        server = SiteServer(
            hardware.site,
            port=0 if ephemeral_ports else port,
            speed=speed,
            start=to_datetime(hardware.start_us),
            seed=seed,
            timestamps="wall" if shift is Shift.NOW else "simulated",
            hardware=hardware,
            paused=pause_at_start or wait is Wait.YES,
        )
        for note in hardware.notes:
            typer.echo(f"{recording}: {note}", err=True)
        with start_recorder(
            record,
            record_metrics,
            hardware.site,
            seed,
            extremes=record_extremes,
            speed=(recorded.speed or 1.0) * (speed if shift is Shift.NOW else 1.0),
        ) as recorder:
            options = RunOptions(
                emit_endpoints, hardware.duration_s, recorder, wait is Wait.YES and not pause_at_start,
                prices={} if prices is None else {server: prices},
            )  # fmt: skip
            asyncio.run(run_site(server, options))
    except PortInUseError as error:
        raise refuse(str(error), PORT_IN_USE) from None
    except OSError as error:
        raise refuse(f"{error.filename or error}: {error.strerror or error}") from None
    except ValueError as error:  # whatever is wrong with a file or an option is one
        raise refuse(str(error)) from None
