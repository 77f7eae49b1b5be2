"""One case: a scenario, run once, with what came of it."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...sim.domain.timestamps import MICROSECONDS, to_datetime
from ...sim.files.json_text import json_text
from ...sim.recording import Recorder
from ...sim.simulation.live import LiveSimulation
from ..lockstep.session import LockstepResult, LockstepSession
from ..lockstep.virtual_time import VirtualTimeLoop
from .application import ApplicationError, read_application
from .checks import Outcome
from .director import CheckOutcome, Director, Line
from .logged_exceptions import LoggedExceptions
from .parameters import Values
from .scenario_file import Scenario, ScenarioFile
from .series import Series

APP_ENDED_EARLY = "the application runs until the end"


@dataclass(frozen=True)
class Case:
    """What is to be run, in plain values."""

    name: str
    """By which it is told from others."""
    path: Path
    values: Values = ()
    """Of the parameters of the file."""
    app: str | None = None
    """Command line in place of the application that the file names; relative to the working directory."""
    seed: int | None = None
    """In place of the file's."""
    turn: int = 0
    """Which one of several runs of the same case, from 0."""
    output: Path | None = None
    """Folder for what the case leaves behind."""

    @property
    def folder(self) -> Path | None:
        """Folder of the case, in that one."""
        if self.output is None:
            return None
        name = quote(self.name, safe=" []=,°²%")
        turn = f"~{self.turn}" if self.turn else ""
        return self.output / f"{name if name.strip('.') else name.replace('.', '%2E')}{turn}"


@dataclass(frozen=True)
class Verdict:
    """What came of a case."""

    name: str
    path: str
    scenario: str
    checks: tuple[CheckOutcome, ...]
    error: str | None = None
    """Why there is no other verdict, or what the application died of."""
    seed: int | None = None
    """None if it never ran."""
    digest: str = ""
    """Of every event; the same case gives the same."""
    start_us: int = 0
    end_us: int = 0
    real_s: float = 0.0
    figures: dict[str, float | None] = field(default_factory=dict)
    """Of the whole run; see `SiteReport.figures`."""
    lines: tuple[Line, ...] = ()
    """What was done, oldest first."""
    notes: tuple[str, ...] = ()
    """What made the run depend on more than its inputs."""
    zone: str = "UTC"
    """In which times are told."""
    series: Series | None = None
    """What the site showed, to be drawn."""
    app: str | None = None
    """Command line in place of the application that the file names."""

    @property
    def has_passed(self) -> bool:
        """Whether everything held."""
        return self.error is None and all(check.outcome.has_passed for check in self.checks)

    @property
    def failures(self) -> list[str]:
        """What did not hold, in words."""
        failed = [f"{check}: {outcome.said}" for check, outcome in self.checks if not outcome.has_passed]
        return failed if self.error is None else [*failed, self.error]

    def plain(self) -> dict[str, Any]:
        """Return all of it but the series in the types of JSON; times in µs since the Unix epoch."""
        return {
            **{name: value for name, value in asdict(replace(self, series=None)).items() if name != "series"},
            "has_passed": self.has_passed,
            "checks": [{"check": check, **outcome._asdict()} for check, outcome in self.checks],
            "lines": [line._asdict() for line in self.lines],
            "version": importlib.metadata.version("doppelgrid"),
        }


def run_case(case: Case, on_unstoppable: Callable[[Verdict], object] = lambda _verdict: None) -> Verdict:
    """Run a case in this process, which its application has to itself.

    Args:
        case: What to run.
        on_unstoppable: Told of the verdict where nothing but the end of the process will stop the application.

    Raises:
        ScenarioError: If its file is wrong.
        OSError: If something cannot be written to its folder.
    """
    scenario = ScenarioFile(case.path).scenario(case.values)
    seed = scenario.section.seed if case.seed is None else case.seed
    try:
        app = scenario.app if case.app is None else read_application(case.app)
    except ApplicationError as error:
        return Verdict(case.name, str(case.path), scenario.section.scenario, (), f"app: {error}", seed)
    folder = case.folder
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        # A run that was killed leaves its part.
        (folder / "recording.parquet.part").unlink(missing_ok=True)
    directors: list[Director] = []
    recorder = None if folder is None else Recorder(folder / "recording.parquet", scenario.site, seed=seed)

    def begin(simulation: LiveSimulation, loop: VirtualTimeLoop) -> None:
        if recorder is not None and not directors:
            recorder.listen(simulation.gateway)
        directors.append(Director(scenario, simulation, loop))

    def judge(result: LockstepResult) -> Verdict:
        if recorder is not None:
            recorder.close()
        verdict = _verdict(
            case, scenario, directors[0], result, has_app=app is not None, loops=len(directors)
        )
        if folder is not None:
            text = json_text(verdict.plain(), indent=1) + "\n"
            (folder / "verdict.json").write_text(text, encoding="utf-8")
        return verdict

    def note_exception(words: str) -> None:
        if directors:
            directors[0].invariants.logged(words, session.simulation.clock.now_us())

    session = LockstepSession(
        scenario.site,
        start_us=scenario.start_us,
        duration_us=scenario.end_us - scenario.start_us,
        seed=seed,
        journal=None if folder is None else folder / "events.log",
        on_start=begin,
        on_unstoppable=lambda result: on_unstoppable(judge(result)),
    )
    with LoggedExceptions(note_exception):
        try:
            return judge(_idle(session, scenario) if app is None else app.run(session))
        except ModuleNotFoundError as error:
            return Verdict(case.name, str(case.path), scenario.section.scenario, (), f"app: {error}", seed)


def _idle(session: LockstepSession, scenario: Scenario) -> LockstepResult:
    """Let the site live by itself until the end."""
    length_s = (scenario.end_us - scenario.start_us) / MICROSECONDS
    return session.run(lambda: asyncio.run(asyncio.sleep(length_s + 1.0)))


def _verdict(
    case: Case, scenario: Scenario, director: Director, result: LockstepResult, *, has_app: bool, loops: int
) -> Verdict:
    report = result.report
    checks = director.outcomes(report.end_us)
    error = None
    if loops > 1:
        error = (
            "the application ran several event loops, and a scenario lives in one; accepted: one asyncio.run"
        )
    elif report.outcome in ("crashed", "exited", "stopped", "interrupted"):
        error = report.message
    elif report.outcome == "ended early" and has_app:
        when = to_datetime(report.end_us).isoformat()
        checks.append(CheckOutcome(APP_ENDED_EARLY, Outcome(False, f"it returned at {when}", report.end_us)))
    elif has_app and not result.connected:
        error = "the application never connected to the site"
    return Verdict(
        name=case.name,
        path=str(case.path),
        scenario=scenario.section.scenario,
        checks=tuple(checks),
        error=error,
        seed=result.seed,
        digest=result.digest,
        start_us=report.start_us,
        end_us=report.end_us,
        real_s=report.real_s,
        figures=director.figures(),
        lines=director.told(report.end_us),
        notes=tuple(report.notes),
        zone=str(scenario.site.microgrid.location.zone),
        series=director.series(),
        app=case.app,
    )
