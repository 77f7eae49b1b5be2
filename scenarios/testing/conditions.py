"""What a test wants of a value, in one vocabulary: a predicate, at least, at most, about."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ...sim.files.problems import with_article
from .quantities import plain, shown

V = TypeVar("V")


class Condition(Generic[V]):
    """Everything that is wanted of a value at once."""

    def __init__(
        self,
        predicate: Callable[[V], object] | None = None,
        *,
        at_least: V | None = None,
        at_most: V | None = None,
        approx: V | None = None,
        tolerance: V | None = None,
    ) -> None:
        """Say what is wanted.

        Args:
            predicate: Is true of the value.
            at_least: The value is this or more.
            at_most: The value is this or less.
            approx: The value is within the tolerance of this.
            tolerance: In the same quantity; only with `approx`.

        Raises:
            ValueError: If nothing is wanted, or only one of `approx` and `tolerance` is given.
        """
        if (approx is None) != (tolerance is None):
            given = "approx" if tolerance is None else "tolerance"
            raise ValueError(f"{given} is given alone; accepted: approx and tolerance together")
        self._predicate = predicate
        self._ranges: list[tuple[str, V, float, float]] = []
        if at_least is not None:
            self._ranges.append((f"at least {shown(at_least)}", at_least, plain(at_least), math.inf))
        if at_most is not None:
            self._ranges.append((f"at most {shown(at_most)}", at_most, -math.inf, plain(at_most)))
        if approx is not None and tolerance is not None:
            middle, half = plain(approx), plain(tolerance)
            words = f"{shown(approx)} within {shown(tolerance)}"
            self._ranges.append((words, approx, middle - half, middle + half))
        if predicate is None and not self._ranges:
            raise ValueError(
                "nothing is wanted; accepted: a predicate, at_least, at_most, approx with tolerance"
            )

    def miss(self, value: V) -> float:
        """Return by how much a value misses, in the base unit: 0 if it does not, infinite if none can say."""
        misses = [
            max(lower - self._plain(value, wanted), self._plain(value, wanted) - upper, 0.0)
            for _, wanted, lower, upper in self._ranges
        ]
        if self._predicate is not None and not self._predicate(value):
            misses.append(math.inf)
        worst = max(misses, default=0.0)
        return math.inf if math.isnan(worst) else worst

    def __str__(self) -> str:
        words = [text for text, *_ in self._ranges]
        if self._predicate is not None:
            words.append(_source(self._predicate))
        return " and ".join(words)

    @staticmethod
    def _plain(value: V, wanted: V) -> float:
        if type(value) is not type(wanted) and not isinstance(value, int | float):
            found, accepted = (with_article(type(each).__name__) for each in (wanted, value))
            raise TypeError(f"wanted is {shown(wanted)}, {found}; the value is {accepted}")
        return plain(value)


def _source(predicate: Callable[..., Any]) -> str:
    """Return what a predicate looks like in its file, as far as that can be told."""
    name = getattr(predicate, "__name__", repr(predicate))
    if name != "<lambda>":
        return f"that {name}(value) is true"
    try:
        text = " ".join(inspect.getsource(predicate).split())
    except (OSError, TypeError):
        return "that the predicate is true"
    body = text[text.index("lambda") :] if "lambda" in text else text
    return f"that `{_to_balance(body)}` is true"


def _to_balance(text: str) -> str:
    """Cut a text where the brackets around it close, or where an argument ends."""
    depth = 0
    passed_colon = False
    for index, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        passed_colon = passed_colon or (letter == ":" and depth == 0)
        if depth < 0 or (letter == "," and depth == 0 and passed_colon):
            return text[:index]
    return text
