"""Conditions in the words of scenario files, about a running site."""

from __future__ import annotations

from typing import Any

from ...sim.language.checked import checked_condition, checked_reading
from ...sim.report.figure_conditions import FigureWords
from .bench import Bench
from .quantities import in_unit
from .readings import Reading
from .settling import Seen

__tracebackhide__ = True  # failures are shown where the test stands


class Statement:
    """A condition such as `grid.power < 30 kW`, as something that a test wants."""

    prefix = ""

    def __init__(self, bench: Bench, text: str) -> None:
        """Read a condition.

        Args:
            bench: Of the site that it is about.
            text: As in checks of scenario files.

        Raises:
            ValueError: If it is none, speaks of what is not there, or cannot but hold or fail; says all that is wrong.
        """
        self._bench, self._words = bench, bench.words
        self.wanted = text
        self._condition = checked_condition(text, self._words)

    def look(self, time_us: int) -> Seen[None]:
        """See whether it holds now."""
        del time_us
        sight = self._bench.sight
        truth = self._words.truth(self._condition, sight, sight.last_us)
        if truth is True:
            return Seen(None, truth, lambda: self._words.shown(self._condition, sight))
        found = self._words.shown(self._condition, sight)
        return Seen(None, truth, lambda: f"what cannot be told: {found}" if truth is None else found)


def reading_named(bench: Bench, name: str) -> Reading[Any]:
    """Return a value by the name that conditions have for it.

    Raises:
        ValueError: If there is no such value; says which there are.
    """
    words, sight = bench.words, bench.sight
    value = checked_reading(name, words)
    return Reading(bench, name, lambda: in_unit(words.unit(value), words.value(value, sight)))


def check_figures(bench: Bench, text: str) -> None:
    """Assert something of the figures of the run so far.

    Raises:
        AssertionError: If it is not so.
        ValueError: If it is no condition on figures; says all that is wrong.
    """
    words = FigureWords(bench.figures())
    condition = checked_condition(text, words)
    truth = words.truth(condition)
    if truth is not True:
        cannot = "what cannot be told: " if truth is None else ""
        raise bench.failure(f"wanted {text} of the run so far; found {cannot}{words.shown(condition)}")
