"""A scenario that is ready to be run: what happens when, at which site."""

from __future__ import annotations

from dataclasses import dataclass

from ....sim.files.problems import Finding
from ....sim.language.vocabulary import SiteWords
from ....sim.site.site import Site
from ....sim.tariff.prices import Prices
from .actions import Action
from .application import Application
from .keys import ScenarioSection, Step

BEGINS, ENDS = MOMENTS = ("begins", "ends")


@dataclass(frozen=True)
class Planned:
    """A step, ready to be carried out."""

    step: Step
    at_us: int | None
    """For steps that happen at a time [µs since the Unix epoch]."""
    actions: tuple[Action, ...]
    refused: tuple[str, ...] = ()
    """Names of what it would do besides, and cannot."""

    @property
    def names(self) -> tuple[str, ...]:
        """What checks can refer to it by."""
        named = () if self.step.name is None else (self.step.name,)
        return (*named, *(action.name for action in self.actions))

    @property
    def shown(self) -> str:
        """What people are told that it is."""
        return ", ".join(self.names) or str(self.step.say)

    @property
    def ending(self) -> dict[str, float]:
        """Those of them that end, and after what time they do [s]."""
        named = (
            {} if self.step.name is None or self.step.lasts_s is None else {self.step.name: self.step.lasts_s}
        )
        return named | {action.name: action.lasts_s for action in self.actions if action.lasts_s is not None}


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
    prices: Prices | None
    """By which it is billed, if it is."""
    without_app: tuple[Finding, ...] = ()
    """What is wrong with it if there is no application."""


def event_named(text: str) -> tuple[str, str]:
    """Return what a check is `after`: the name of a step, and whether its beginning or its end."""
    for moment in MOMENTS:
        if text.endswith(f" {moment}"):
            return text.removesuffix(f" {moment}"), moment
    return text, BEGINS
