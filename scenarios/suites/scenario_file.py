"""Scenario files, read and held to their sites. Whatever is wrong with one is told at once, by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...sim.domain.messages import CommandError, InvalidArgumentError, UnknownComponentError, UnsupportedError
from ...sim.domain.timestamps import MICROSECONDS, to_datetime
from ...sim.files.explain import explain
from ...sim.files.problems import Finding, Place, Problem, one_of, shown, written_path
from ...sim.files.yaml_text import read_yaml
from ...sim.report import SiteWatch
from ...sim.simulation.simulation import Simulation
from ...sim.site.graph import formulas
from ...sim.site.reader import SiteError, bundled_sites, load_site
from ...sim.site.site import Site
from ...sim.telemetry.instruments import Instruments
from .actions import Action, ActionError, actions_of
from .application import Application, ApplicationError, read_application
from .expressions import ExpressionError, parse_condition
from .formulas import parse_formula
from .keys import KINDS, ScenarioSection, Step, Written
from .parameters import Values, combinations, with_values
from .vocabulary import FigureWords, SiteWords, figures_of

MOMENTS = ("begins", "ends")


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

    section: ScenarioSection
    site: Site
    app: Application | None
    start_us: int
    end_us: int
    steps: tuple[Planned, ...]
    check_at_us: tuple[int | None, ...]
    """When checks that name a time look [µs since the Unix epoch]."""
    words: SiteWords


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
    try:
        app = None if section.app is None else read_application(section.app, path.parent)
    except ApplicationError as error:
        return None, [Finding(("app",), error.found, error.accepted)]
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
    return _bound(section, site, app)


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


def _bound(
    section: ScenarioSection, site: Site, app: Application | None
) -> tuple[Scenario | None, list[Finding]]:
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
    scenario = Scenario(section, site, app, start_us, end_us, tuple(steps), tuple(times), words)
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
