"""What a scenario says about its application, which says nothing where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from ....sim.files.problems import Finding
from ..language.expressions import Comparison, Condition, Reading, leaves
from .plan import Scenario

_FIGURES = {"commands", "refusals"}
"""Figures of a whole run that count what the application did."""
_ACCEPTED = "`app:` in the head of this file, or --app; or what the site does"


def findings_without_app(scenario: Scenario) -> Iterator[Finding]:
    """Find the conditions that are about the application: without one they always hold, or never do."""
    for number, check in enumerate(scenario.section.checks):
        condition = check.wanted.condition
        is_about = (
            _counts_commands(condition)
            if check.kind == "kpi"
            else scenario.words.is_about_application(condition)
        )
        if is_about:
            yield _finding(check.wanted, ("checks", number, check.kind))
    for number, step in enumerate(scenario.section.steps):
        if step.when is not None and scenario.words.is_about_application(step.when.condition):
            yield _finding(step.when, ("steps", number, "when"))


def _counts_commands(condition: Condition) -> bool:
    return any(
        isinstance(each, Reading) and str(each) in _FIGURES
        for leaf in leaves(condition)
        if isinstance(leaf, Comparison)
        for each in (leaf.left, leaf.right)
    )


def _finding(written: str, place: tuple[str | int, ...]) -> Finding:
    return Finding(place, f"'{written}', about an application, of which there is none", _ACCEPTED)
