"""`doppelgrid fuzz`: looks for what an application cannot cope with.

Exit codes: 0 nothing was found, 1 something was, 2 something was written wrongly, 130 Ctrl-C with nothing found so far.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .billing import TariffOption
from .options import JobsOption, input_in_words, parse_duration, refuse, whole_number
from .suite_console import sigterm_as_ctrl_c

if TYPE_CHECKING:
    from ..scenarios.fuzzing.corpus import Corpus
    from ..scenarios.fuzzing.drawn import Setup
    from ..scenarios.fuzzing.ground import Ground

FAILED = 1
INTERRUPTED = 130
_CASES = 50
_SHORTEST_S, _LONGEST_S = 30.0, 86_400.0
"""Least and greatest duration of a case."""
_HOME = Path(".doppelgrid") / "fuzz"


def _parse_minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0.0 < minutes <= 1e6:
        raise typer.BadParameter(f"{text!r}; accepted: a number of minutes, more than 0")
    return minutes


def fuzz(
    site: Annotated[str, typer.Argument(metavar="SITE", help="Path of a site file, or a bundled name.")],
    app: Annotated[str, typer.Option(metavar="APP", help="Application that is tried, with its arguments.")],
    cases: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=whole_number(1), help=f"How many cases run; {_CASES} if nothing is said."
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(metavar="M", parser=_parse_minutes, help="End after so many minutes of real time."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 0,
    checks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Scenario file whose `checks` and `without` all cases are held to, by its `tariff`.",
        ),
    ] = None,
    tariff: TariffOption = None,
    duration: Annotated[str, typer.Option(metavar="TIME", help="Simulated time of each case.")] = "5 min",
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=f"Folder of failures and cases; one in {_HOME} if not given."),
    ] = None,
    jobs: JobsOption = None,
) -> None:
    """Look for scenarios that an application does not get through, and make them small."""
    from ..scenarios.fuzzing.fuzzer import Fuzzer  # noqa: PLC0415
    from ..sim.engine.clock import stopwatch_s  # noqa: PLC0415
    from .fuzz_shown import FuzzShown, print_report  # noqa: PLC0415

    duration_s = parse_duration(duration)
    if not _SHORTEST_S <= duration_s <= _LONGEST_S:
        raise refuse(f"--duration is {duration!r}; accepted: {_SHORTEST_S:g} s to {_LONGEST_S / 3600.0:g} h")
    ground, setup, corpus = _prepared(site, app, checks, tariff, duration_s, output)
    ends_s = None if minutes is None else stopwatch_s() + 60.0 * minutes
    most = cases or (_CASES if minutes is None else None)
    was_interrupted = False
    with sigterm_as_ctrl_c(), FuzzShown(most, corpus) as shown:
        fuzzer = Fuzzer(
            setup, ground, corpus, shown.watcher, seed=seed, duration_s=duration_s,
            jobs=jobs or os.cpu_count() or 1,
            has_time=lambda: ends_s is None or stopwatch_s() < ends_s,
        )  # fmt: skip
        try:
            fuzzer.run(most)
        except KeyboardInterrupt:
            was_interrupted = True
        except OSError as error:
            raise refuse(f"{error.filename}: {error.strerror}; accepted: a folder with room") from None
    print_report(shown.console, fuzzer.tally, corpus)
    if fuzzer.tally.findings:
        raise typer.Exit(FAILED)
    if was_interrupted:
        raise typer.Exit(INTERRUPTED)


def _prepared(
    site: str, app: str, checks: Path | None, tariff: Path | None, duration_s: float, output: Path | None
) -> tuple[Ground, Setup, Corpus]:
    """Read what the user has given.

    Raises:
        typer.Exit: If something is wrong with it.
    """
    from ..scenarios.fuzzing.corpus import Corpus, CorpusError  # noqa: PLC0415
    from ..scenarios.fuzzing.ground import covered_days, ground_of  # noqa: PLC0415
    from ..scenarios.fuzzing.setup import setup_of  # noqa: PLC0415
    from ..scenarios.suites.file.application import ApplicationError, read_application  # noqa: PLC0415
    from ..scenarios.suites.file.scenario_file import ScenarioError  # noqa: PLC0415
    from ..sim.inputs.errors import InputError  # noqa: PLC0415
    from ..sim.site.reader import SiteError, bundled_sites, load_site  # noqa: PLC0415
    from ..sim.tariff.reader import TariffError  # noqa: PLC0415

    is_bundled = site in bundled_sites()
    try:
        application = read_application(app)
        if application.program is not None:
            raise refuse(f"--app is {app!r}, which is not Python; accepted: what can live in lockstep")
        ground = ground_of(load_site(site if is_bundled else Path(site)))
        setup = setup_of(
            site, app, ground, checks, duration_s=duration_s, is_bundled=is_bundled, tariff=tariff
        )
        if setup.tariff is not None:
            ground = replace(ground, days=covered_days(ground, setup.tariff, duration_s))
        name = application.module if application.script is None else application.script.stem
        return ground, setup, Corpus(output or _HOME / f"{Path(site).stem}-{name}")
    except ApplicationError as error:
        raise refuse(f"--app is {error}") from None
    except (SiteError, ScenarioError, TariffError) as error:
        raise refuse(str(error)) from None
    except InputError as error:
        raise refuse(input_in_words(error, [site])) from None
    except CorpusError as error:
        raise refuse(f"--output is {error}") from None
