"""Holds what a scenario file says to its site, by trying it on a double."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from ....sim.domain.commands import StrikeFault
from ....sim.domain.faults import Family
from ....sim.domain.messages import (
    CommandError,
    InvalidArgumentError,
    UnknownComponentError,
    UnsupportedError,
)
from ....sim.domain.timestamps import MICROSECONDS
from ....sim.files.problems import Finding, Place, shown
from ....sim.files.regular import NOT_THERE
from ....sim.report.of_simulation import SiteWatch
from ....sim.simulation.simulation import Simulation
from ....sim.site.graph import formulas
from ....sim.site.site import Site
from ....sim.tariff.reader import Tariff, TariffError
from ....sim.telemetry.instruments import Instruments
from ..checks.absent import absent_figures
from ..language.expressions import Quantity, Reading
from ..language.formulas import parse_formula
from ..language.possible import possible_truths
from ..language.vocabulary import FigureWords, SiteWords, figures_of, parsed
from .actions import MendAll, actions_of
from .application import Application
from .keys import Check, ScenarioSection, Step, Written
from .plan import Planned, Scenario
from .timing import Run, moment_us


class Numbers(NamedTuple):
    """Where the steps and checks that could be read stand in the file."""

    steps: Sequence[int]
    checks: Sequence[int]
    are_all_steps: bool = True
    """Whether there are no further steps, that could not be read."""


def bind(
    section: ScenarioSection,
    site: Site,
    app: Application | None,
    tariff: Tariff | None,
    numbers: Numbers,
) -> tuple[Scenario | None, list[Finding]]:
    """Return a scenario at its site, or None and what is wrong with it there."""
    start_us = site.moment_us(section.start)
    end_us = start_us + round(section.duration_s * MICROSECONDS)
    trial = Simulation.headless(site, start_us=start_us, seed=section.seed)
    faults = (fault for step in section.steps for fault in step.fault.items())
    words = words_of(trial, {key for key, said in faults if said.kind.family is Family.DEVICE})
    watch = SiteWatch(trial)
    trial.run_for(timedelta(seconds=1))
    report = watch.report()
    run = Run(start_us, end_us, site)
    found: list[Finding] = []
    prices = None
    try:
        prices = None if tariff is None else tariff.over(start_us, end_us, site.microgrid.location.zone)
    except TariffError as error:
        found += tariff_findings(error, str(section.tariff))
    steps = []
    for number, step in zip(numbers.steps, section.steps, strict=True):
        place: Place = ("steps", number)
        planned = _planned(step, place, trial, found)
        found += run.step_findings(step, planned.at_us, place)
        if step.when is not None:
            found += _when_faults(words, step.when, (*place, "when"))
        found += _refused(planned, trial, place)
        steps.append(planned)
    broken = {
        action.command.fault.component
        for planned in steps
        for action in planned.actions
        if isinstance(action.command, StrikeFault)
    }
    absent = absent_figures(report, trial.plant, tariff, start_us, end_us, broken)
    figures = FigureWords(figures_of(report, site), None if tariff is None else tariff.currency, absent)
    times = []
    for number, check in zip(numbers.checks, section.checks, strict=True):
        place = ("checks", number)
        spoken = figures if check.kind == "kpi" else words
        found += _check_faults(spoken, check, (*place, check.kind))
        times.append(None if check.at is None else moment_us(check.at, site, start_us))
        found += run.check_findings(check, times[-1], steps, place, are_all_steps=numbers.are_all_steps)
    scenario = Scenario(section, site, app, start_us, end_us, tuple(steps), tuple(times), words, prices)
    return (None if found else scenario), found


def words_of(simulation: Simulation, broken: Container[str] = ()) -> SiteWords:
    """Return what conditions about a site may speak of.

    Args:
        simulation: The site.
        broken: Components with faults that may report what nothing else does.
    """
    site, instruments = simulation.site, Instruments(simulation.plant)
    keys = {sensor.id: key for key, sensor in site.sensors.items()}
    return SiteWords(
        {key: instruments.metrics(key) for key in site.components},
        {component.id: key for key, component in site.components.items()},
        {name: parse_formula(text) for name, text in formulas(site).items()},
        {keys[info.id]: (info.id, info.metrics) for info in simulation.gateway.sensors()},
        {key: instruments.sayable(key).states for key in site.components},
        {key: instruments.sayable(key).diagnostics for key in site.components if key not in broken},
    )


def tariff_findings(error: TariffError, written: str) -> list[Finding]:
    """Return what is wrong with a tariff file, as what is wrong with the path of it that was written."""
    if any(problem.found == NOT_THERE for problem in error.problems):
        return [Finding(("tariff",), f"{shown(written)}, which is not there", error.problems[0].accepted)]
    wrong = (
        (f"{each.file}:{each.line}: {each.subject} is {each.found}", each.accepted) for each in error.problems
    )
    return [Finding(("tariff",), f"wrong: {found}", accepted) for found, accepted in wrong]


def _planned(step: Step, place: Place, trial: Simulation, found: list[Finding]) -> Planned:
    acts = actions_of(step, trial.site, trial.plant.inputs.signals)
    found += [Finding((*place, *error.place), error.found, error.accepted) for error in acts.errors]
    at_us = None if step.at is None else moment_us(step.at, trial.site, trial.start_us)
    return Planned(step, at_us, acts.actions, acts.refused)


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
    if not faults and _truths(words, written) == {False}:
        yield Finding(place, f"'{written}', which can never come true", "a condition that can")


def _check_faults(words: SiteWords | FigureWords, check: Check, place: Place) -> Iterator[Finding]:
    written = check.wanted
    faults = [Finding(place, fault.found, fault.accepted) for fault in words.faults(written.condition)]
    yield from faults
    truths = frozenset((True, False)) if faults else _truths(words, written)
    if len(truths) == 1:
        (truth,) = truths
        holds = truth is (check.kind != "never")
        said = "always" if truth else "never"
        found = (
            f"'{written}', which is {said} true, so the check {'says nothing' if holds else 'never holds'}"
        )
        yield Finding(place, found, "a condition that can hold and can fail")


def _truths(words: SiteWords | FigureWords, written: Written) -> frozenset[bool]:
    def number(quantity: Quantity, reading: Reading) -> float:
        return parsed(words.unit(reading), quantity.text)

    return possible_truths(written.condition, number, words.span)
