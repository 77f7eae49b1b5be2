"""Conditions and names of values as people write them, held to what there is to speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from .expressions import Condition, ExpressionError, Reading, parse_condition, parse_reading
from .possible import Words, truths_of
from .vocabulary import Fault, SiteWords


class CheckedWords(Words, Protocol):
    """What conditions may speak of."""

    def faults(self, condition: Condition) -> Iterator[Fault]:
        """Yield what is wrong with a condition."""
        ...


class WordsError(ValueError):
    """A text speaks of what is not there, or says nothing; says all that is wrong."""


def checked_condition(text: str, words: CheckedWords) -> Condition:
    """Return a condition that can hold and can fail.

    Raises:
        WordsError: If it is none.
    """
    try:
        condition = parse_condition(text)
    except ExpressionError as error:
        raise WordsError(str(error)) from None
    _refuse(text, words.faults(condition))
    truths = truths_of(words, condition)
    if len(truths) == 1:
        said = "always" if True in truths else "never"
        _refuse(text, [Fault(f"what is {said} true", "a condition that can hold and can fail")])
    return condition


def checked_reading(name: str, words: SiteWords) -> Reading:
    """Return a value of a site by its name.

    Raises:
        WordsError: If there is no such value.
    """
    try:
        reading = parse_reading(name)
    except ExpressionError as error:
        raise WordsError(str(error)) from None
    fault = words.reading_fault(reading)
    _refuse(name, [] if fault is None else [fault])
    return reading


def _refuse(text: str, faults: Iterable[Fault]) -> None:
    if wrong := [f"{text!r}: {fault.found}; accepted: {fault.accepted}" for fault in faults]:
        raise WordsError("\n".join(wrong))
