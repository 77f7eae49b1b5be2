"""Holds what a scenario file says to its site, by trying it on a double."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from ....sim.domain.faults import Family
from ....sim.domain.messages import (
    CommandError,
    InvalidArgumentError,
    UnknownComponentError,
    UnsupportedError,
)
from ....sim.domain.timestamps import MICROSECONDS
from ....sim.files.problems import Finding, Place, Problem, shown
from ....sim.files.regular import NOT_THERE
from ....sim.language.possible import truths_of
from ....sim.language.site_words import words_of
from ....sim.language.vocabulary import SiteWords
from ....sim.report.figure_conditions import FigureWords, figures_of
from ....sim.report.of_simulation import SiteWatch
from ....sim.simulation.simulation import Simulation
from ....sim.site.site import Site
from ....sim.tariff.reader import Tariff, TariffError
from ..checks.absent import absent_figures, is_billed
from .actions import MendAll, actions_of
from .application import Application
from .keys import Check, Step, Written
from .plan import Planned, Scenario
from .readable import Readable
from .timing import Run
from .without_app import findings_without_app


class Bound(NamedTuple):
    """What comes of a scenario file at its site."""

    scenario: Scenario | None
    """None if something is wrong."""
    findings: list[Finding]
    without_app: Sequence[Finding] = ()
    """What is wrong besides if there is no application."""


def bind(part: Readable, site: Site, app: Application | None, tariff: Tariff | None) -> Bound:
    """Return a scenario at its site, or what is wrong with it there.

    Args:
        part: What can be read of its file; of what is wrong in it nothing is found again.
        site: Where it happens.
        app: Which lives there, if one does.
        tariff: By which it is billed, if it is.
    """
    section = part.section
    start_us = site.moment_us(section.start)
    end_us = start_us + round(section.duration_s * MICROSECONDS)
    trial = Simulation.headless(site, start_us=start_us, seed=section.seed)
    words = words_of(trial, _broken(part, site))
    watch = SiteWatch(trial)
    trial.run_for(timedelta(seconds=1))
    run = Run(start_us, end_us, site if part.knows_clock else None)
    found: list[Finding] = []
    prices = None
    if tariff is not None and part.knows_length and part.knows_clock:
        try:
            prices = tariff.over(start_us, end_us, site.microgrid.location.zone)
        except TariffError as error:
            found += file_findings("tariff", str(section.tariff), error.problems)
    steps = []
    for number, step in zip(part.steps, section.steps, strict=True):
        planned = _planned(step, ("steps", number), site, trial.plant.inputs.signals, run, found)
        if step.when is not None:
            found += _when_faults(words, step.when, ("steps", number, "when"))
        found += _refused(planned, trial, ("steps", number))
        steps.append(planned)
    found += _timing_findings(part, run, steps)
    report = watch.report()
    absent = absent_figures(report, trial.plant, tariff, start_us, end_us, _broken(part, site))
    figures = FigureWords(figures_of(report, site), None if tariff is None else tariff.currency, absent)
    for number, check in zip(part.checks, section.checks, strict=True):
        # Of what is billed nobody knows whether it is right while the tariff is wrong.
        is_open = check.kind == "kpi" and part.is_wrong("tariff") and is_billed(check.wanted.condition)
        if ("checks", number, check.kind) not in part.wrong and not is_open:
            found += _check_faults(
                figures if check.kind == "kpi" else words, check, ("checks", number, check.kind)
            )
    at_us = tuple(run.moment_us(check.at) for check in section.checks)
    without_app = tuple(findings_without_app(part, words))
    scenario = Scenario(section, site, app, start_us, end_us, tuple(steps), at_us, words, prices, without_app)
    return Bound(None if found else scenario, found, without_app)


def findings_anywhere(part: Readable) -> list[Finding]:
    """Return what is wrong with a scenario wherever it happens, as far as that can be read."""
    run = Run(0, round(part.section.duration_s * MICROSECONDS), None)
    found: list[Finding] = []
    steps = [
        _planned(step, ("steps", number), None, (), run, found)
        for number, step in zip(part.steps, part.section.steps, strict=True)
    ]
    return [*found, *_timing_findings(part, run, steps)]


def file_findings(key: str, written: str, problems: Sequence[Problem]) -> list[Finding]:
    """Return what is wrong with another file, as what is wrong with the key by whose value it is named.

    Args:
        key: Such as `tariff`.
        written: Its value.
        problems: What is wrong with the file.
    """
    if any(problem.found == NOT_THERE for problem in problems):
        return [Finding((key,), f"{shown(written)}, which is not there", problems[0].accepted)]
    wrong = ((f"{each.place}: {each.subject} is {each.found}", each.accepted) for each in problems)
    return [Finding((key,), f"wrong: {found}", accepted) for found, accepted in wrong]


def _planned(
    step: Step, place: Place, site: Site | None, inputs: Collection[str], run: Run, found: list[Finding]
) -> Planned:
    acts = actions_of(step, site, inputs)
    found += [Finding((*place, *error.place), error.found, error.accepted) for error in acts.errors]
    return Planned(step, run.moment_us(step.at), acts.actions, acts.refused)


def _timing_findings(part: Readable, run: Run, steps: Sequence[Planned]) -> Iterator[Finding]:
    """Find what of the steps and checks lies after the end, or what no sampling looks at."""
    if not part.knows_length:
        return
    for number, planned in zip(part.steps, steps, strict=True):
        yield from run.step_findings(planned.step, ("steps", number))
    for number, check in zip(part.checks, part.section.checks, strict=True):
        if part.knows_times_of(number, check.kind):
            yield from run.check_findings(check, steps, ("checks", number), part.may_name)


def _broken(part: Readable, site: Site) -> set[str]:
    """Return the components that faults may break."""
    faults = (fault for step in part.section.steps for fault in step.fault.items())
    broken = {key for key, said in faults if said.kind.family is Family.DEVICE}
    return broken | {key for key in site.components if part.may_name(f"{key} broken")}


def _refused(planned: Planned, trial: Simulation, place: Place) -> Iterator[Finding]:
    """Find what the site would refuse at any time."""
    for action in planned.actions:
        if isinstance(action.command, MendAll):
            continue
        try:
            trial.execute(action.command)
        except (ValueError, InvalidArgumentError, UnknownComponentError, UnsupportedError) as error:
            said, _, accepted = str(error).partition("; accepted: ")
            yield Finding(
                (*place, *action.place), f"refused: {said}", accepted or "what the component can do"
            )
        except CommandError:
            pass  # What depends on how the site stands is its answer, not a mistake.


def _when_faults(words: SiteWords, written: Written, place: Place) -> Iterator[Finding]:
    faults = [Finding(place, fault.found, fault.accepted) for fault in words.faults(written.condition)]
    yield from faults
    if not faults and truths_of(words, written.condition) == {False}:
        yield Finding(place, f"'{written}', which can never come true", "a condition that can")


def _check_faults(words: SiteWords | FigureWords, check: Check, place: Place) -> Iterator[Finding]:
    written = check.wanted
    faults = [Finding(place, fault.found, fault.accepted) for fault in words.faults(written.condition)]
    yield from faults
    truths = frozenset((True, False)) if faults else truths_of(words, written.condition)
    if len(truths) == 1:
        (truth,) = truths
        holds = truth is (check.kind != "never")
        said = "always" if truth else "never"
        found = (
            f"'{written}', which is {said} true, so the check {'says nothing' if holds else 'never holds'}"
        )
        yield Finding(place, found, "a condition that can hold and can fail")
