"""Scenario files: their keys, and how they are read. Whatever is wrong with one is told at once, by line."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ...sim.domain.faults import FaultKind
from ...sim.domain.messages import CommandError, InvalidArgumentError, UnknownComponentError, UnsupportedError
from ...sim.domain.metrics import Metric
from ...sim.domain.timestamps import MICROSECONDS, YEARS, check_start, to_datetime
from ...sim.files.explain import explain
from ...sim.files.moments import parse_moment
from ...sim.files.problems import Finding, Place, Problem, one_of, shown, written_path
from ...sim.files.sections import Section, Text, refuse, short_for
from ...sim.files.units import SECOND, Duration, PositiveDuration
from ...sim.files.yaml_text import read_yaml
from ...sim.report import SiteWatch
from ...sim.simulation.simulation import Simulation
from ...sim.site.graph import formulas
from ...sim.site.reader import SiteError, bundled_sites, load_site
from ...sim.site.site import Site
from ...sim.telemetry.instruments import Instruments
from ..testing.durations import shown_span
from .actions import Action, ActionError, actions_of
from .expressions import Condition, ExpressionError, parse_condition
from .formulas import parse_formula
from .invariants import Invariant
from .parameters import Values, combinations, with_values
from .vocabulary import FigureWords, SiteWords, figures_of

TRIGGERS = ("at", "every", "when")
ACTS = ("set", "release", "fault", "command", "plug", "unplug", "outage", "say")
KINDS = ("always", "never", "eventually", "expect", "kpi")
MOMENTS = ("begins", "ends")


def _condition(value: object) -> Condition:
    if not isinstance(value, str):
        raise PydanticCustomError(
            "condition", "{accepted}", {"accepted": "a condition, such as grid.power > 33 kW"}
        )
    try:
        return parse_condition(value)
    except ExpressionError as error:
        raise PydanticCustomError("condition", "{accepted}", {"accepted": error.accepted}) from None


def _moment(value: object) -> time | datetime | float:
    return parse_moment(value)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _start(value: object) -> datetime:
    try:
        return check_start(datetime.fromisoformat(str(value).strip()))
    except ValueError:
        least, most = YEARS
        accepted = (
            f"a date and a time (2026-01-20 17:00) of the years {least} to {most}, "
            "by the clock of the site if there is no offset"
        )
        raise PydanticCustomError("start", "{accepted}", {"accepted": accepted}) from None


Interval = Annotated[float, SECOND.within(lower=0.1, upper=86400.0)]
Moment = Annotated[time | datetime | float, BeforeValidator(_moment)]
"""A time since the start, a time of day, or an instant."""


class Written(str):
    """A condition as it stands in the file, and what it says."""

    condition: Condition

    @classmethod
    def of(cls, value: object) -> Written:
        """Read a condition."""
        condition = _condition(value)
        written = cls(value)
        written.condition = condition
        return written


WrittenCondition = Annotated[Any, BeforeValidator(Written.of)]


class FaultWords(Section):
    """What breaks, and how."""

    kind: FaultKind
    amount: float = 0.1
    """How much, where the kind says so."""
    metrics: tuple[Metric, ...] = ()
    """Which metrics report wrongly; all if none is named."""
    diagnostic: Text = "HARDWARE_FAULT"
    """What a tripped device reports."""
    recoverable: bool = True
    """Whether a client may acknowledge a trip."""


class Step(Section):
    """Something that is done to the site, and when."""

    at: Moment | None = None
    """Once, at a time since the start (20 min), a time of day, or an instant."""
    every: Interval | None = None
    """Again and again, for the first time after this time."""
    when: WrittenCondition | None = None
    """Each time that a condition becomes true."""
    once: bool = False
    """Whether `when` counts the first time alone."""
    name: Text | None = None
    """By which checks refer to the step."""
    over_s: Duration = Field("0 s", alias="over", validate_default=True)
    """In which time a value is reached that is `set`."""
    lasts_s: PositiveDuration | None = Field(None, alias="for")
    """After which time the step ends: a fault is mended, an input released, a set-point lapses."""
    set: dict[Text, str | int | float] = Field(default_factory=dict)
    """Inputs and their values."""
    release: Annotated[tuple[Text, ...], BeforeValidator(_listed)] = ()
    """Inputs that go back to what the site file says."""
    fault: dict[
        Text,
        Annotated[
            FaultWords, BeforeValidator(short_for("kind"), json_schema_input_type=FaultKind | FaultWords)
        ],
    ] = Field(default_factory=dict)
    """Components and what breaks of them."""
    command: dict[Text, str] = Field(default_factory=dict)
    """Components and what a client tells them: a power, start, stop, standby or acknowledge."""
    plug: Text | None = None
    """A charger whose cable is where its sessions say again."""
    unplug: Text | None = None
    """A charger whose cable is pulled."""
    outage_s: PositiveDuration | None = Field(None, alias="outage")
    """For how long the public grid is gone."""
    say: Text | None = None
    """A line for the report."""

    @model_validator(mode="after")
    def _has_one_trigger_and_an_act(self) -> Self:
        given = [trigger for trigger in TRIGGERS if getattr(self, trigger) is not None]
        if len(given) != 1:
            raise refuse(f"one of {', '.join(TRIGGERS)}, and what to do")
        acts = (
            self.set,
            self.release,
            self.fault,
            self.command,
            self.plug,
            self.unplug,
            self.outage_s,
            self.say,
        )
        if not any(acts):
            raise refuse(f"{given[0]} with something to do: {', '.join(ACTS)}")
        if self.once and self.when is None:
            raise refuse("once beside when")
        if self.over_s > 0.0 and not self.set:
            raise refuse("over beside set")
        if self.lasts_s is not None and not any((self.set, self.fault, self.command, self.unplug)):
            raise refuse("for beside set, fault, command or unplug")
        if self.lasts_s is not None and self.over_s > self.lasts_s:
            raise refuse("over no longer than for")
        return self


class Check(Section):
    """Something that is held against the site and its controller."""

    name: Text | None = None
    """For the report; the check in its own words if not given."""
    always: WrittenCondition | None = None
    """True at every sampling."""
    never: WrittenCondition | None = None
    """At no sampling true, or with `for`, never for so long."""
    eventually: WrittenCondition | None = None
    """True at some sampling."""
    expect: WrittenCondition | None = None
    """True `at` a time, or `after` something that happened."""
    kpi: WrittenCondition | None = None
    """True of a figure of the whole run."""
    at: Moment | None = None
    after: Text | None = None
    """Name of a step, or of what it does (`bat-inv trip`), and whether it `begins` or `ends`."""
    within_s: PositiveDuration | None = Field(None, alias="within")
    """By when it has to be true."""
    for_s: PositiveDuration | None = Field(None, alias="for")
    """For how long."""
    from_s: Duration | None = Field(None, alias="from")
    """Since the start; what is before does not count."""
    until_s: PositiveDuration | None = Field(None, alias="until")
    """Since the start; what is behind does not count."""

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def wanted(self) -> Written:
        """Its condition."""
        written: Written = getattr(self, self.kind)
        return written

    def __str__(self) -> str:
        """Return the check in its own words."""
        if self.name is not None:
            return self.name
        words = [
            f"after {self.after}" if self.after else "",
            f"at {_shown_moment(self.at)}" if self.at else "",
        ]
        words.append(_in_words("within", self.within_s))
        words += [f"{self.kind} {self.wanted}", _in_words("for", self.for_s)]
        words += [_in_words("from", self.from_s), _in_words("until", self.until_s)]
        return " ".join(filter(None, words))

    @model_validator(mode="after")
    def _is_one_check(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise refuse(f"one of {', '.join(KINDS)}")
        if (given[0] == "expect") != ((self.at is None) != (self.after is None)):
            raise refuse("expect beside at, or beside after")
        allowed = {
            "always": {"from_s", "until_s"},
            "never": {"for_s", "from_s", "until_s"},
            "eventually": {"within_s", "for_s"},
            "expect": {"at"} if self.at is not None else {"after", "within_s", "for_s"},
            "kpi": set[str](),
        }[given[0]]
        times = ("at", "after", "within_s", "for_s", "from_s", "until_s")
        extra = [
            name.removesuffix("_s")
            for name in times
            if getattr(self, name) is not None and name not in allowed
        ]
        if extra:
            names = sorted(name.removesuffix("_s") for name in allowed) or ["nothing"]
            raise refuse(f"{given[0]} with {', '.join(names)}, without {', '.join(extra)}")
        if self.from_s is not None and self.until_s is not None and self.from_s >= self.until_s:
            raise refuse("from before until")
        return self


def _shown_moment(moment: time | datetime | float | None) -> str:
    return _in_words("", moment).strip() if isinstance(moment, float) else str(moment)


def _in_words(word: str, seconds: float | None) -> str:
    return "" if seconds is None else f"{word} {shown_span(round(seconds * MICROSECONDS))}"


class ScenarioSection(Section):
    """A scenario file."""

    scenario: Text
    """What it is about."""
    site: Text
    """Path of a site file, relative to this one, or the name of a bundled site."""
    start: Annotated[datetime, BeforeValidator(_start)] = Field("2026-06-15 00:00", validate_default=True)
    """By the clock of the site, if it names no offset."""
    duration_s: Annotated[float, SECOND.within(lower=1.0, upper=366 * 86400.0)] = Field(alias="duration")
    seed: int = Field(0, strict=True)
    """Of all noise, and of the application's `random`."""
    interval_s: Interval | None = Field(None, alias="interval")
    """Between two samplings; the site's if not given."""
    app: Text | None = None
    """Script, relative to this file, or `-m` and a module, or an installed command; with its arguments."""
    without: tuple[Invariant, ...] = ()
    """What the case is not held to of what every case is held to."""
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = Field(min_length=1)


class ScenarioError(ValueError):
    """A scenario file is wrong: says everything that is, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Gather the problems of one file."""
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


@dataclass(frozen=True)
class Planned:
    """A step, ready to be carried out."""

    step: Step
    at_us: int | None
    """For steps that happen at a time [µs since the Unix epoch]."""
    actions: tuple[Action, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What checks can refer to it by."""
        named = () if self.step.name is None else (self.step.name,)
        return (*named, *(action.name for action in self.actions))

    @property
    def ending(self) -> tuple[str, ...]:
        """Those of them that end."""
        named = () if self.step.name is None or self.step.lasts_s is None else (self.step.name,)
        return (*named, *(action.name for action in self.actions if action.lasts_s is not None))


@dataclass(frozen=True)
class Scenario:
    """A valid scenario, with the site that it happens at."""

    path: Path
    section: ScenarioSection
    site: Site
    start_us: int
    end_us: int
    steps: tuple[Planned, ...]
    check_at_us: tuple[int | None, ...]
    """When checks that name a time look [µs since the Unix epoch]."""
    words: SiteWords

    @property
    def app(self) -> tuple[str, ...]:
        """The words of the application's command line; none if there is no application."""
        return () if self.section.app is None else tuple(shlex.split(self.section.app))


class ScenarioFile:
    """A file, and the scenarios in it: one for each combination of its parameters."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            ScenarioError: If it cannot be read, or something is wrong with its parameters.
        """
        self.path = path
        try:
            text = path.read_bytes()
        except OSError as error:
            accepted = "the path of a scenario file, or a folder of them"
            problem = Problem(str(path), 1, None, "", error.strerror or str(error), accepted)
            raise ScenarioError((problem,)) from None
        self._yaml = read_yaml(text)
        self.combinations: list[Values] = [()]
        """Values of the parameters, in the order in which they are run."""
        found: list[Finding] = []
        if self._yaml.is_readable:
            self.combinations, found = combinations(self._yaml.data)
        self._refuse_if(found)

    def scenario(self, values: Values = ()) -> Scenario:
        """Return the scenario with certain values of the parameters.

        Raises:
            ScenarioError: If anything is wrong with it, or with the site that it names.
        """
        data = with_values(self._yaml.data, values)
        scenario, found = _read(data, self.path) if self._yaml.is_readable else (None, [])
        faulty = {fault.finding.path for fault in self._yaml.faults}
        self._refuse_if([finding for finding in found if finding.path not in faulty])
        assert scenario is not None
        return scenario

    def _refuse_if(self, found: Sequence[Finding]) -> None:
        located = [(fault.line, fault.finding) for fault in self._yaml.faults]
        located += [(self._yaml.line(finding.path), finding) for finding in found]
        if located:
            located.sort(key=lambda item: item[0])
            raise ScenarioError(
                tuple(dict.fromkeys(
                    Problem(str(self.path), line, None, written_path(finding.path), finding.found, finding.accepted)
                    for line, finding in located
                ))
            )  # fmt: skip


def _read(data: object, path: Path) -> tuple[Scenario | None, list[Finding]]:
    if not isinstance(data, dict):
        return None, [Finding((), shown(data), "a mapping with scenario, site, duration and checks")]
    try:
        section = ScenarioSection.model_validate(data)
    except ValidationError as error:
        return None, [_with_place_in_text(finding, data) for finding in explain(error, ScenarioSection, data)]
    if wrong := _app_finding(section.app, path.parent):
        return None, [wrong]
    try:
        site = load_site(section.site if section.site in bundled_sites() else path.parent / section.site)
    except SiteError as error:
        more = "" if len(error.problems) == 1 else f", and {len(error.problems) - 1} more"
        first = error.problems[0]
        accepted = first.accepted if first.found == "not there" else "a site that `doppelgrid check` accepts"
        said = shown(section.site) if first.found == "not there" else f"wrong: {first}{more}"
        return None, [Finding(("site",), said, accepted)]
    if section.interval_s is not None:
        site = site.with_telemetry_interval(section.interval_s)
    return _bound(section, site, path)


def _app_finding(app: str | None, folder: Path) -> Finding | None:
    """Find what is wrong with the command line of an application."""
    if app is None:
        return None
    accepted = "a script beside this file, -m and a module, or an installed command, with arguments"
    try:
        words = shlex.split(app)
    except ValueError as error:
        return Finding(("app",), f"{shown(app)} ({error})", accepted)
    if not words or words == ["-m"]:
        return Finding(("app",), shown(app), accepted)
    if words[0] != "-m" and not (folder / words[0]).is_file() and shutil.which(words[0]) is None:
        return Finding(("app",), f"{shown(app)}, which is not there", accepted)
    return None


def _with_place_in_text(finding: Finding, data: object) -> Finding:
    """Say where in a condition it goes wrong, which pydantic's errors have no room for."""
    value: Any = data
    for part in finding.path:
        try:
            value = value[part]
        except (LookupError, TypeError):
            return finding
    if finding.path and finding.path[-1] in (*KINDS, "when") and isinstance(value, str):
        try:
            parse_condition(value)
        except ExpressionError as error:
            return finding._replace(found=error.found)
    return finding


def _bound(section: ScenarioSection, site: Site, path: Path) -> tuple[Scenario | None, list[Finding]]:
    """Hold a scenario to its site, by trying it on a double."""
    start_us = site.moment_us(section.start)
    end_us = start_us + round(section.duration_s * MICROSECONDS)
    trial = Simulation.headless(site, start_us=start_us, seed=section.seed)
    instruments = Instruments(trial.plant)
    words = SiteWords(
        {key: instruments.metrics(key) for key in site.components},
        {component.id: key for key, component in site.components.items()},
        {name: parse_formula(text) for name, text in formulas(site).items()},
    )
    watch = SiteWatch(trial)
    trial.run_for(timedelta(seconds=1))
    figures = FigureWords(figures_of(watch.report(), site))
    found: list[Finding] = []
    steps = [_planned(step, ("steps", place), trial, found) for place, step in enumerate(section.steps)]
    names = {name for planned in steps for name in planned.names}
    ending = {name for planned in steps for name in planned.ending}
    times = []
    for place, planned in enumerate(steps):
        if planned.step.when is not None:
            found += _faults_of(words, planned.step.when, ("steps", place, "when"))
        found += _out_of_time(planned.at_us, start_us, end_us, ("steps", place, "at"))
        found += _refused(planned, trial, ("steps", place))
    for place, check in enumerate(section.checks):
        spoken = figures if check.kind == "kpi" else words
        found += _faults_of(spoken, check.wanted, ("checks", place, check.kind))
        times.append(None if check.at is None else _moment_us(check.at, site, start_us))
        found += _out_of_time(times[-1], start_us, end_us, ("checks", place, "at"))
        if check.after is not None:
            name, moment = event_named(check.after)
            known = ending if moment == "ends" else names
            if name not in known:
                kind = "a step that ends, by `for`" if moment == "ends" else "a step"
                accepted = one_of(sorted(known), name) or f"the name of {kind}, of which there is none"
                found.append(Finding(("checks", place, "after"), shown(check.after), accepted))
    scenario = Scenario(path, section, site, start_us, end_us, tuple(steps), tuple(times), words)
    return (None if found else scenario), found


def event_named(text: str) -> tuple[str, str]:
    """Return what a check is `after`: the name of a step, and whether its beginning or its end."""
    for moment in MOMENTS:
        if text.endswith(f" {moment}"):
            return text.removesuffix(f" {moment}"), moment
    return text, MOMENTS[0]


def _planned(step: Step, place: Place, trial: Simulation, found: list[Finding]) -> Planned:
    actions: list[Action] = []
    try:
        actions += actions_of(step, trial.site, trial.plant.inputs)
    except ActionError as error:
        found.append(Finding((*place, *error.place), error.found, error.accepted))
    at_us = None if step.at is None else _moment_us(step.at, trial.site, trial.start_us)
    return Planned(step, at_us, tuple(actions))


def _refused(planned: Planned, trial: Simulation, place: Place) -> Iterator[Finding]:
    """Find what the site would refuse at any time."""
    for action in planned.actions:
        try:
            trial.execute(action.command)
        except (ValueError, InvalidArgumentError, UnknownComponentError, UnsupportedError) as error:
            said, _, accepted = str(error).partition("; accepted: ")
            yield Finding(
                (*place, *action.place), f"refused: {said}", accepted or "what the component can do"
            )
        except CommandError:
            pass  # What depends on how the site stands is its answer, not a mistake.


def _faults_of(words: SiteWords | FigureWords, written: Written, place: Place) -> Iterator[Finding]:
    for fault in words.faults(written.condition):
        yield Finding(place, fault.found, fault.accepted)


def _moment_us(moment: time | datetime | float, site: Site, start_us: int) -> int:
    if isinstance(moment, float):
        return start_us + round(moment * MICROSECONDS)
    if isinstance(moment, datetime):
        return site.moment_us(moment)
    begin = to_datetime(start_us).astimezone(site.microgrid.location.zone)
    today = site.moment_us(datetime.combine(begin.date(), moment))
    return (
        today
        if today >= start_us
        else site.moment_us(datetime.combine(begin.date() + timedelta(days=1), moment))
    )


def _out_of_time(time_us: int | None, start_us: int, end_us: int, place: Place) -> Iterator[Finding]:
    if time_us is not None and not start_us <= time_us < end_us:
        begin, end, found = (to_datetime(each).isoformat() for each in (start_us, end_us, time_us))
        yield Finding(place, f"at {found}, outside the run", f"{begin} or later, and before {end}")
