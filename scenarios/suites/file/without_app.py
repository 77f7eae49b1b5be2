"""What a scenario says about its application, which says nothing where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from ....sim.files.problems import Finding
from ....sim.language.expressions import readings
from ....sim.language.vocabulary import SiteWords
from .readable import Readable

_FIGURES = {"commands", "refusals"}
"""Figures of a whole run that count what the application did."""
_ACCEPTED = "`app:` in the head of this file, or --app; or what the site does"


def findings_without_app(part: Readable, words: SiteWords) -> Iterator[Finding]:
    """Find the conditions that are about the application: without one they always hold, or never do.

    Args:
        part: What can be read of a file.
        words: What its conditions may speak of.
    """
    for number, check in zip(part.checks, part.section.checks, strict=True):
        is_about = (
            any(str(each) in _FIGURES for each in readings(check.wanted.condition))
            if check.kind == "kpi"
            else words.is_about_application(check.wanted.condition)
        )
        if is_about:
            yield _finding(check.wanted, ("checks", number, check.kind))
    for number, step in zip(part.steps, part.section.steps, strict=True):
        if step.when is not None and words.is_about_application(step.when.condition):
            yield _finding(step.when, ("steps", number, "when"))


def _finding(written: str, place: tuple[str | int, ...]) -> Finding:
    return Finding(place, f"'{written}', about an application, of which there is none", _ACCEPTED)
