"""How people say how much there is of a fault: by the same words in files, in tests and to a running site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..domain.faults import FaultKind
from .check import FaultError

T = TypeVar("T")
EACH = "each"
"""For how long a fault that comes and goes is there each time; of a kind that alternates, how much there is of it."""
AMOUNT_WORDS = tuple(dict.fromkeys(("amount", *(kind.amount.word for kind in FaultKind if kind.amount))))
"""By what words amounts are said: one that stands for all, and those of the kinds, which read better."""


def each_is_amount(kind: FaultKind, *, comes_and_goes: bool) -> bool:
    """Say whether `each` is how much there is of a kind, rather than for how long it is there each time."""
    return kind.amount is not None and kind.amount.word == EACH and not comes_and_goes


def said_amount(kind: FaultKind, given: Mapping[str, T]) -> T | None:
    """Return how much there is of a fault as it was said, by whichever word; None if it was not.

    Args:
        kind: How something breaks.
        given: What was said by each of `AMOUNT_WORDS`, None by those that were not used.

    Raises:
        FaultError: If it is said twice, or by the word of another kind.
    """
    said = {word: value for word, value in given.items() if value is not None}
    if not said:
        return None
    word, written = next(iter(said.items()))
    if kind.amount is None:
        raise FaultError(word, f"with {kind}, which has none", _instead(kind, word))
    accepted = dict.fromkeys((kind.amount.word, "amount"))
    if word not in accepted or len(said) > 1:
        wrong = next((each for each in said if each not in accepted), word)
        others = ", ".join(each for each in said if each != wrong)
        found = f"beside {others}" if others else f"with {kind}"
        raise FaultError(wrong, found, _instead(kind, wrong, *accepted))
    return written


def _instead(kind: FaultKind, word: str, *accepted: str) -> str:
    also = ["each beside every"] if word == EACH and "each_s" in kind.parts else []
    return " or ".join((*accepted, *also)) or "nothing"
