"""One case: a scenario, run once, with what came of it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ....sim.domain.messages import Frame
from ....sim.domain.timestamps import MICROSECONDS, to_datetime
from ....sim.files.json_text import json_text
from ....sim.files.problems import Problem
from ....sim.language.over_time import Outcome
from ....sim.recording import Recorder, RecordingError
from ....sim.simulation.journal import Journal
from ....sim.simulation.live import LiveSimulation
from ...lockstep.run_app import last_words
from ...lockstep.session import LockstepResult, LockstepSession
from ...lockstep.virtual_time import Limits, VirtualTimeLoop
from ...lockstep.wall import real_monotonic_s
from ...testing.durations import local_time
from ..checks.logged_exceptions import LoggedExceptions
from ..file.application import Application, ApplicationError, read_application
from ..file.library import name_of
from ..file.parameters import Values
from ..file.plan import Scenario
from ..file.scenario_file import ScenarioFile
from .director import CheckOutcome, Director, Line
from .live import LiveSession
from .met_states import States
from .series import Series
from .shell_words import shell_line

VERDICT = "verdict.json"
"""What a case leaves of its verdict in its folder."""
_TELLS_EVERY_S = 0.3
"""Real time from one word on progress to the next [s]."""
_NOT_PLAIN = ("series", "log", "plot", "states")
_LONGEST_FOLDER = 180
"""Letters of the name of a case in that of its folder; file systems take 255 bytes."""
LONGEST_SLEEP_S = 30.0
"""Simulated time that an application may sleep while its event loop, and with it the site, stands still [s]."""
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
    about: str = ""
    """What its file says that it is about, as far as that has been read."""
    own_seed: int | None = None
    """Of its file, as far as that has been read."""
    job: str | None = None
    """What kind of controller the file is for; None if for none in particular."""
    live: bool = False
    """Whether the application runs live, whatever the file says."""
    speed: float | None = None
    """Simulated seconds per second of a live run, in place of the file's."""
    connect_within_s: float | None = None
    """Real time in which the application of a live run has to connect, in place of the file's [s]."""
    turn: int = 0
    """Which one of several runs of the same case, from 0."""
    output: Path | None = None
    """Folder for what the case leaves behind."""
    without_app: tuple[Problem, ...] = ()
    """What is wrong with its file as long as no `app` is given."""
    duration_s: float = 0.0
    """Simulated time that it takes [s], as far as its file has been read."""
    shows: bool = True
    """Whether what the site showed is kept, to be drawn."""
    counts_states: bool = False
    """Whether it is kept which states the site has been in."""

    @property
    def options(self) -> tuple[str, ...]:
        """Options of the command that make it what it is."""
        return (
            *(("--app", self.app) if self.app is not None else ()),
            *(("--live",) if self.live else ()),
            *(("--speed", f"{self.speed:g}") if self.speed is not None else ()),
            *(
                ("--connect-within", f"{self.connect_within_s:g} s")
                if self.connect_within_s is not None
                else ()
            ),
        )

    @property
    def title(self) -> str:
        """Its name, and which of several runs it is of all but the first."""
        return titled(self.name, self.turn)

    @property
    def folder(self) -> Path | None:
        """Folder of the case, in that one."""
        if self.output is None:
            return None
        # Applications may change the working directory.
        return self.output.absolute() / _folder_name(self.name, self.turn)


def _folder_name(name: str, turn: int) -> str:
    """Return the name of the folder of a case, which no other case and nothing else in the folder has."""
    quoted = quote(name, safe=" []=,").replace("~", "%7E")
    if not quoted.strip(".") or quoted.endswith((".json", ".part")):
        quoted = quoted.replace(".", "%2E")
    if len(quoted) > _LONGEST_FOLDER:
        # A tilde stands in no other name, and turns are shorter.
        quoted = f"{quoted[:_LONGEST_FOLDER]}~{blake2b(name.encode(), digest_size=8).hexdigest()}"
    return titled(quoted, turn)


def titled(name: str, turn: int) -> str:
    """Return the name of a run of a case, by which its folder goes as well.

    Args:
        name: Of the case.
        turn: Which one of several runs, from 0.
    """
    return f"{name}~{turn}" if turn else name


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
    """None of a case that never ran and whose file has not been read."""
    digest: str = ""
    """Of every event; the same case gives the same."""
    start_us: int = 0
    end_us: int = 0
    """Where both are 0, nobody knows how much time passed."""
    real_s: float = 0.0
    figures: dict[str, float | None] = field(default_factory=dict)
    """Of the whole run; see `SiteReport.figures`."""
    currency: str | None = None
    """Code of that of the tariff."""
    lines: tuple[Line, ...] = ()
    """What was done, oldest first."""
    notes: tuple[str, ...] = ()
    """What made the run depend on more than its inputs."""
    zone: str = "UTC"
    """In which times are told."""
    series: Series | None = None
    """What the site showed, to be drawn."""
    options: tuple[str, ...] = ()
    """Of the command, by which it runs again."""
    turn: int = 0
    """Which one of several runs of the case."""
    plot: int | None = None
    """Number of its plot, once it has been put away."""
    components: dict[int, str] = field(default_factory=dict)
    """Keys of the site's components by their ids."""
    log: str = ""
    """The end of what the application, and whatever else, has written."""
    states: States = field(default_factory=States)
    """Which the site has been in, if they were counted."""

    @property
    def title(self) -> str:
        """Name of the case, and which of several runs it was of all but the first."""
        return titled(self.name, self.turn)

    @property
    def span_us(self) -> int | None:
        """Simulated time that passed [µs]; None if nobody knows, as where its process died."""
        return self.end_us - self.start_us if self.end_us else None

    @property
    def again(self) -> str:
        """The command that runs this case alone, the same to the last bit."""
        words = ["doppelgrid", "test", name_of(Path(self.path)) or self.path]
        name, bracket, _ = self.name.partition("[")
        if bracket:
            words += ["--filter", self.name[len(name) :]]
        words += self.options
        if self.seed is not None:
            words += ["--seed", str(self.seed)]
        return shell_line(words)

    @property
    def has_passed(self) -> bool:
        """Whether everything held."""
        return self.error is None and all(check.outcome.has_passed for check in self.checks)

    @property
    def failures(self) -> list[str]:
        """What did not hold, in words."""
        failed = [
            f"{check}: {self.told(outcome)}" for check, outcome in self.checks if not outcome.has_passed
        ]
        return failed if self.error is None else [*failed, self.error]

    def told(self, outcome: Outcome) -> str:
        """Return what came of a check, with the time at which that was decided, by the site's clock."""
        if outcome.time_us is None:
            return outcome.said
        return (
            f"{outcome.said}, at {to_datetime(outcome.time_us).astimezone(ZoneInfo(self.zone)).isoformat()}"
        )

    def plain(self) -> dict[str, Any]:
        """Return all of it but series and log in the types of JSON; times in µs since the Unix epoch."""
        return {
            **{
                name: value
                for name, value in asdict(replace(self, series=None, states=States())).items()
                if name not in _NOT_PLAIN
            },
            "again": self.again,
            "has_passed": self.has_passed,
            "checks": [{"check": check, **outcome._asdict()} for check, outcome in self.checks],
            "lines": [line._asdict() for line in self.lines],
            "version": importlib.metadata.version("doppelgrid"),
        }


def run_case(
    case: Case,
    on_unstoppable: Callable[[Verdict], object] = lambda _verdict: None,
    on_progress: Callable[[int], object] = lambda _done_us: None,
) -> Verdict:
    """Run a case in this process, which its application has to itself.

    Args:
        case: What to run.
        on_unstoppable: Told of the verdict where nothing but the end of the process will stop the application.
        on_progress: Told every now and then how much simulated time has passed [µs].

    Raises:
        ScenarioError: If its file is wrong.
        OSError: If something cannot be written to its folder.
    """
    scenario = ScenarioFile(case.path).scenario(case.values)
    seed = scenario.section.seed if case.seed is None else case.seed
    try:
        app = scenario.app if case.app is None else read_application(case.app)
    except ApplicationError as error:
        return without_run(case, f"app: {error}")
    folder = case.folder
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        # A run that was killed leaves its part.
        (folder / "recording.parquet.part").unlink(missing_ok=True)
    directors: list[Director] = []
    recorder = None if folder is None else Recorder(folder / "recording.parquet", scenario.site, seed=seed)
    journal = Journal(None if folder is None else folder / "events.log")

    def begin(simulation: LiveSimulation, loop: asyncio.AbstractEventLoop) -> None:
        if isinstance(loop, VirtualTimeLoop) and not loop.is_of_application:
            return
        if recorder is not None and not directors:
            recorder.listen(simulation.gateway)
        directors.append(Director(scenario, simulation, loop, counts_states=case.counts_states))
        simulation.gateway.listen_to_frames(_Telling(scenario.start_us, on_progress).look)

    def judge(result: LockstepResult) -> Verdict:
        unwritten = _unwritten(journal, recorder)
        if not directors:
            return without_run(case, result.report.message)
        verdict = _verdict(
            case, scenario, directors[0], result, has_app=app is not None, loops=len(directors)
        )
        if not unwritten:
            return verdict
        return replace(verdict, error="\n".join(filter(None, (verdict.error, *unwritten))))

    def note_exception(words: str, kind: type[BaseException]) -> None:
        now_us = session.simulation.clock.now_us()
        # The end of the run itself cancels whatever an application has not awaited by then.
        is_end = issubclass(kind, asyncio.CancelledError) and now_us >= scenario.end_us
        if directors and not is_end:
            directors[0].invariants.logged(words, now_us)

    length_us = scenario.end_us - scenario.start_us
    is_live = app is not None and (case.live or scenario.section.live or app.program is not None)
    session: LockstepSession | LiveSession
    if is_live:
        session = LiveSession(
            scenario.site, start_us=scenario.start_us, duration_us=length_us, seed=seed,
            speed=case.speed or scenario.section.speed, journal=journal, on_start=begin,
            connect_within_s=case.connect_within_s or scenario.section.connect_within_s,
        )  # fmt: skip
    else:
        session = LockstepSession(
            scenario.site, start_us=scenario.start_us, duration_us=length_us, seed=seed, journal=journal,
            on_start=begin, on_unstoppable=lambda result: on_unstoppable(judge(result)),
            limits=Limits(asleep_s=LONGEST_SLEEP_S),
        )  # fmt: skip
    with LoggedExceptions(note_exception):
        try:
            return judge(_run(session, scenario, app))
        except ModuleNotFoundError as error:
            journal.close()
            return without_run(case, f"app: {error}")


def _unwritten(journal: Journal, recorder: Recorder | None) -> list[str]:
    """Finish what is written of a case; return why parts of it cannot be, which is no reason to lose the rest."""
    wrong = []
    try:
        journal.close()
    except OSError as error:
        wrong.append(f"{error.filename}: {error.strerror}")
    try:
        if recorder is not None:
            recorder.close()
    except RecordingError as error:
        wrong.append(str(error))
    return wrong


def _run(
    session: LockstepSession | LiveSession, scenario: Scenario, app: Application | None
) -> LockstepResult:
    if app is None:
        assert isinstance(session, LockstepSession)
        return _idle(session, scenario)
    if isinstance(session, LiveSession):
        return session.run(app.command, app.folder)
    return app.run(session)


def without_run(case: Case, error: str) -> Verdict:
    """Return the verdict on a case that came to nothing."""
    seed = case.own_seed if case.seed is None else case.seed
    return Verdict(
        case.name, str(case.path), case.about, (), error, seed, options=case.options, turn=case.turn
    )


def leave(folder: Path, verdict: Verdict) -> None:
    """Write down what came of a case, and the line that runs it again, in its folder.

    Raises:
        OSError: If that cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / VERDICT).write_text(json_text(verdict.plain(), indent=1) + "\n", encoding="utf-8")
    digest = verdict.digest or "unknown"
    (folder / "again.txt").write_text(f"{verdict.again}  # digest {digest}\n", encoding="utf-8")


class _Telling:
    """Tells how far a run has come, not too often."""

    def __init__(self, start_us: int, tell: Callable[[int], object]) -> None:
        """Begin at the start [µs]."""
        self._start_us, self._tell = start_us, tell
        self._next_s = real_monotonic_s() + _TELLS_EVERY_S

    def look(self, time_us: int, frames: Sequence[Frame]) -> None:
        """Take in a sampling [µs]."""
        del frames
        if real_monotonic_s() >= self._next_s:
            self._next_s = real_monotonic_s() + _TELLS_EVERY_S
            self._tell(time_us - self._start_us)


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
        error = "\n".join(filter(None, (last_words(report.error), report.message)))
        if report.outcome == "crashed":
            # What an application said last belongs with what it said before.
            print(report.message, file=sys.stderr, flush=True)
    elif report.outcome == "ended early" and has_app:
        when = local_time(report.end_us, scenario.site).isoformat()
        checks.append(CheckOutcome(APP_ENDED_EARLY, Outcome(False, f"it returned at {when}", report.end_us)))
    elif has_app and not result.connected:
        error = "the application never connected to the site"
    held = (Line(report.end_us, f"application: {report.held}"),) if report.held else ()
    missed = director.missed(report.end_us) if report.outcome == "completed" else None
    if missed is not None:
        checks.append(missed)
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
        currency=director.currency,
        lines=(*director.told(report.end_us), *held),
        notes=tuple(report.notes),
        zone=str(scenario.site.microgrid.location.zone),
        series=director.series() if case.shows else None,
        states=director.states(),
        options=case.options,
        turn=case.turn,
        components={component.id: key for key, component in scenario.site.components.items()},
    )
