"""Carries out the steps of a scenario on a running site, and holds its checks against every sampling."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, NamedTuple

from ....sim.domain.commands import (
    ClientCommand,
    Execution,
    MendFault,
    OverrideInput,
    ReleaseInput,
    StrikeFault,
)
from ....sim.domain.messages import CommandError, Frame
from ....sim.domain.timestamps import MICROSECONDS
from ....sim.language.expressions import Condition
from ....sim.language.over_time import After, Always, Look, Never, Outcome, Settling, Watch
from ....sim.language.sight import RunningSight
from ....sim.report.figure_conditions import FigureWords, figures_of
from ....sim.report.of_simulation import SiteWatch
from ....sim.report.site_report import SiteReport
from ....sim.simulation.live import LiveSimulation
from ...testing.durations import shown_span
from ..checks.breach import ANY
from ..checks.invariants import INVARIANTS, WORDS, Invariants
from ..checks.story import subjects_of
from ..file.actions import Action, MendAll
from ..file.keys import Check
from ..file.plan import Scenario, event_named
from .met_states import MetStates, States
from .series import Gathering, Series
from .timetable import Timetable

_TOLERATED_DELAY_S = 1.0
"""Real time by which a step of a live run may be late without being told [s]."""

STEPS_COME_IN_TIME = "the steps come while the site is looked at"
_UNTOLD = "what every case is held to"


class Line(NamedTuple):
    """Something that a scenario did."""

    time_us: int
    """Simulated time [µs since the Unix epoch]."""
    text: str
    kind: Literal["step", "fault", "command"] = "step"


class CheckOutcome(NamedTuple):
    """A check in its own words, and what came of it."""

    check: str
    outcome: Outcome


class Director:
    """Leads one run of a scenario."""

    def __init__(
        self,
        scenario: Scenario,
        simulation: LiveSimulation,
        loop: asyncio.AbstractEventLoop,
        *,
        counts_states: bool = False,
    ) -> None:
        """Plan what is to happen, before the site's time begins to pass.

        Args:
            scenario: What is to happen.
            simulation: The site, at the start of the scenario.
            loop: That carries it.
            counts_states: Whether to keep which states the site has been in.
        """
        self._scenario, self._simulation = scenario, simulation
        self._timetable = Timetable(simulation, loop, self._note_lateness)
        self._sight = RunningSight(simulation)
        self._last_event_us: dict[str, int] = {}
        # Where time is real, nothing happens at its very instant.
        is_real = simulation.timestamps == "wall"
        self._tolerated_us = (
            round(_TOLERATED_DELAY_S * simulation.clock.speed * MICROSECONDS) if is_real else 0
        )
        self._were_true: dict[int, bool] = {}
        self._has_come: set[int] = set()
        self._lines: list[Line] = []
        self._chains: dict[int, tuple[str, ...]] = {}
        """What had led to the failures of checks when they failed, by their places."""
        self._watches = [
            self._watch(check, at_us)
            for check, at_us in zip(scenario.section.checks, scenario.check_at_us, strict=True)
        ]
        self._site_watch = SiteWatch(simulation, scenario.prices)
        metrics = self._sight.metrics
        ids = {component.id: key for key, component in simulation.site.components.items()}
        self._gathering = Gathering(metrics, ids)
        self.invariants = Invariants(simulation, metrics, scenario.section.without)
        """What is held against the site and its application besides the checks."""
        self._met = MetStates(simulation) if counts_states else None
        self._is_acting = False
        self._overrides: dict[tuple[str, str], list[tuple[Action, OverrideInput]]] = {}
        """What is driven by steps that have not ended, the newest last, by component and input."""
        self._sampled_us = 0
        """When the last sampling was [µs since the Unix epoch]."""
        self._late: list[tuple[int, str]] = []
        """When what came late was done [µs since the Unix epoch], and what that is."""
        self._lasting: dict[int, Action] = {}
        """Faults of steps that end by themselves, by their numbers."""
        self._own, self._own_refused = 0, 0
        simulation.executor.executions.subscribe(self._on_execution)
        simulation.gateway.listen_to_frames(self._on_frames)
        for place, planned in enumerate(scenario.steps):
            if planned.at_us is not None:
                self._at(planned.at_us, place)
            elif planned.step.every is not None:
                self._repeat(place, scenario.start_us)

    def report(self) -> SiteReport:
        """Return what the site did."""
        return self._site_watch.report()

    def series(self) -> Series:
        """Return what the site showed, to be drawn."""
        return self._gathering.series()

    def states(self) -> States:
        """Return which states the site has been in, if they are counted."""
        return States() if self._met is None else self._met.states()

    def figures(self) -> dict[str, float | None]:
        """Return the figures of the run, without what steps commanded."""
        return figures_of(self.report(), self._simulation.site, self._own, self._own_refused)

    @property
    def currency(self) -> str | None:
        """Code of the currency of the run's costs."""
        prices = self._scenario.prices
        return None if prices is None else prices.currency

    def told(self, end_us: int) -> tuple[Line, ...]:
        """Return what was done by the end of the run [µs], and what never came to it."""
        never = (
            Line(end_us, f"when {planned.step.when}: never came true")
            for place, planned in enumerate(self._scenario.steps)
            if planned.step.when is not None and place not in self._has_come
        )
        return (*self._lines, *never)

    def outcomes(self, end_us: int) -> list[CheckOutcome]:
        """Return what came of all checks and invariants, at the end of the run [µs]."""
        figures = FigureWords(self.figures(), self.currency)
        return [
            CheckOutcome(
                str(check),
                _of_figures(check, figures)
                if watch is None
                else self._with_chain(watch.end(end_us), place, check),
            )
            for place, (check, watch) in enumerate(
                zip(self._scenario.section.checks, self._watches, strict=True)
            )
        ] + self._of_invariants()

    def missed(self, end_us: int) -> CheckOutcome | None:
        """Return that steps came too late for any sampling by the end of the run [µs], or never; None if none did."""
        unseen = [name for time_us, name in self._late if time_us >= self._sampled_us]
        said = [
            *([f"after the last sampling: {', '.join(unseen)}"] if unseen else []),
            *(
                [f"never: {', '.join(left)}"]
                if (left := self._timetable.left(end_us - self._tolerated_us))
                else []
            ),
        ]
        return CheckOutcome(STEPS_COME_IN_TIME, Outcome(False, "; ".join(said))) if said else None

    def _of_invariants(self) -> list[CheckOutcome]:
        wanted = [name for name in INVARIANTS if name not in self._scenario.section.without]
        outcomes = [(name, self.invariants.outcome(name)) for name in wanted]
        told = [CheckOutcome(WORDS[name], outcome) for name, outcome in outcomes if outcome is not None]
        if len(told) < len(wanted):
            told.append(CheckOutcome(_UNTOLD, Outcome(False, "cannot be told: there was no sampling")))
        return told

    def _with_chain(self, outcome: Outcome, place: int, check: Check) -> Outcome:
        if outcome.has_passed:
            return outcome
        return outcome._replace(chain=self._chains[place] if place in self._chains else self._chain(check))

    def _chain(self, check: Check) -> tuple[str, ...]:
        condition = check.wanted.condition
        powers = ANY if check.kind == "kpi" else self._scenario.words.powers(condition)
        return self.invariants.story.chain(subjects_of(condition), powers)

    def _watch(self, check: Check, at_us: int | None) -> Watch | None:
        begin_us, end_us = self._scenario.start_us, self._scenario.end_us
        from_us = begin_us + _us(check.from_s)
        until_us = end_us if check.until_s is None else begin_us + _us(check.until_s)
        match check.kind:
            case "always":
                return Always(from_us, until_us)
            case "never":
                return Never(from_us, until_us, _us(check.for_s))
            case "eventually":
                within_us = end_us - begin_us if check.within_s is None else _us(check.within_s)
                return Settling(begin_us, within_us, _us(check.for_s))
            case "expect" if at_us is not None:
                return Settling(at_us, 0, 0)
            case "expect":
                assert check.after is not None
                return After(" ".join(event_named(check.after)), _us(check.within_s), _us(check.for_s))
            case _:
                return None

    def _on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        self._sampled_us = time_us
        self._sight.move_to(time_us)
        self._gathering.look(time_us, self._sight.read)
        self.invariants.look(time_us, frames, self._sight.read)
        if self._met is not None:
            self._met.look(self._sight.read)
        for place, (watch, check) in enumerate(
            zip(self._watches, self._scenario.section.checks, strict=True)
        ):
            if watch is not None and watch.outcome is None:
                watch.look(self._look(check.wanted.condition, time_us, self._since_us(check)))
                if watch.outcome is not None and not watch.outcome.has_passed:
                    self._chains[place] = self._chain(check)
        for place, planned in enumerate(self._scenario.steps):
            if planned.step.when is not None:
                is_true = self._look(planned.step.when.condition, time_us, self._sight.last_us).truth is True
                before, self._were_true[place] = self._were_true.get(place, False), is_true
                if is_true and not before and not (planned.step.once and place in self._has_come):
                    self._has_come.add(place)
                    # Within a sampling nothing can be commanded, so it has to wait for its end.
                    self._at(time_us, place)

    def _on_execution(self, execution: Execution) -> None:
        self.invariants.hear(execution, by_application=not self._is_acting)
        if not isinstance(execution.command, ClientCommand):
            return
        if self._is_acting:
            self._own += 1
            self._own_refused += execution.refusal is not None
        else:
            self._gathering.hear(execution)
            self._sight.deeds.hear(execution)

    def _since_us(self, check: Check) -> int:
        """Return since when commands count for a check: the sampling before, or what it is `after` [µs]."""
        event = "" if check.after is None else " ".join(event_named(check.after))
        return max(self._sight.last_us, self._last_event_us.get(event, 0) + 1)

    def _look(self, condition: Condition, time_us: int, since_us: int) -> Look:
        words, sight = self._scenario.words, self._sight
        return Look(time_us, words.truth(condition, sight, since_us), lambda: words.shown(condition, sight))

    def _at(self, time_us: int, place: int) -> None:
        name = self._scenario.steps[place].shown
        self._timetable.enter(time_us, place, name, partial(self._carry_out, place))

    def _repeat(self, place: int, after_us: int) -> None:
        next_us = after_us + _us(self._scenario.steps[place].step.every)

        def do() -> None:
            self._carry_out(place)
            self._repeat(place, next_us)

        if next_us < self._scenario.end_us:
            self._timetable.enter(next_us, place, self._scenario.steps[place].shown, do)

    def _note_lateness(self, name: str, due_us: int) -> None:
        now_us = self._simulation.clock.now_us()
        if now_us - due_us <= self._tolerated_us:
            return
        late = shown_span(now_us - due_us)
        self._lines.append(Line(now_us, f"{late} late, as the application kept time from being looked at"))
        self._late.append((now_us, name))

    def _carry_out(self, place: int) -> None:
        planned = self._scenario.steps[place]
        now_us = self._simulation.clock.now_us()
        if planned.step.say is not None:
            self._lines.append(Line(now_us, planned.step.say))
        are_done = [self._act(action, place, now_us) for action in planned.actions]
        if planned.step.name is None or not all(are_done):
            return
        self._tell(f"{planned.step.name} begins")
        if planned.step.lasts_s is not None:
            ends_us = now_us + _us(planned.step.lasts_s)
            ending = f"{planned.step.name} ends"
            self._timetable.enter(ends_us, place, ending, partial(self._tell, ending), ends=True)

    def _act(self, action: Action, place: int, now_us: int) -> bool:
        """Carry an action out; say whether it was not refused."""
        self._is_acting, number = True, None
        try:
            if isinstance(action.command, MendAll):
                self._mend(action.command)
            else:
                given = self._simulation.execute(action.command)
                number = given if isinstance(action.command, StrikeFault) else None
        except (CommandError, ValueError) as refusal:
            self._lines.append(Line(now_us, f"{action.name}: refused, {refusal}"))
            return False
        finally:
            self._is_acting = False
        self._keep(action)
        self._tell(f"{action.name} begins", action)
        if action.lasts_s is not None:
            ends_us = now_us + _us(action.lasts_s)
            if number is not None:
                self._lasting[number] = action
            end = partial(self._end, action, number)
            self._timetable.enter(ends_us, place, f"{action.name} ends", end, ends=True)
        return True

    def _mend(self, told: MendAll) -> None:
        """End what is broken of a component, and tell the ends of what steps had meant to last longer.

        Raises:
            CommandError: If nothing is broken.
        """
        numbers = self._simulation.faults.numbers(told.component, told.kind)
        if not numbers:
            of = "" if told.kind is None else f" of kind {told.kind.value}"
            raise CommandError(f"{told.component} has no fault{of} now; accepted: after one was struck")
        for number in numbers:
            self._simulation.execute(MendFault(number))
            action = self._lasting.pop(number, None)
            if action is not None:
                self._tell(f"{action.name} ends", action)

    def _keep(self, action: Action) -> None:
        """Remember what is driven, so that what ends leaves what else lasts."""
        match action.command:
            case OverrideInput(component, quantity) as command:
                self._overrides.setdefault((component, quantity), []).append((action, command))
            case ReleaseInput(component, quantity):
                self._overrides.pop((component, quantity), None)

    def _end(self, action: Action, number: int | None) -> None:
        if number is not None and self._lasting.pop(number, None) is None:
            return  # It was mended before.
        if isinstance(action.undo, ReleaseInput):
            lasting = self._overrides.get((action.undo.component, action.undo.quantity), [])
            was_newest = bool(lasting) and lasting[-1][0] is action
            lasting[:] = [each for each in lasting if each[0] is not action]
            if was_newest:
                self._simulation.execute(replace(lasting[-1][1], over_s=0.0) if lasting else action.undo)
        self._tell(f"{action.name} ends", action)

    def _tell(self, event: str, action: Action | None = None) -> None:
        time_us = self._simulation.clock.now_us()
        self._lines.append(Line(time_us, event, _kind(action)))
        self._last_event_us[event] = time_us
        for watch in self._watches:
            if watch is not None:
                watch.hear(event, time_us)


def _kind(action: Action | None) -> Literal["step", "fault", "command"]:
    command = None if action is None else action.command
    if isinstance(command, StrikeFault):
        return "fault"
    return "command" if isinstance(command, ClientCommand) else "step"


def _of_figures(check: Check, figures: FigureWords) -> Outcome:
    condition = check.wanted.condition
    truth = figures.truth(condition)
    words = figures.shown(condition)
    return Outcome(truth is True, words if truth is not None else f"cannot be told: {words}")


def _us(seconds: float | None) -> int:
    return 0 if seconds is None else round(seconds * MICROSECONDS)
