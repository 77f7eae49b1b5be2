"""The SDK's formulas of a site, such as `#2 - COALESCE(#11, 0.0)`, as something that can be computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from lark import Lark, Transformer

Powers = Callable[[int], float]
"""Returns what a component reports, by its id [W]; NaN if nothing."""
Formula = Callable[[Powers], float]
"""Returns what a formula gives [W]; NaN if it cannot be told."""

_GRAMMAR = r"""
?start: sum
?sum: product | sum "+" product -> plus | sum "-" product -> minus
?product: atom | product "*" atom -> times | product "/" atom -> over
?atom: NUMBER -> number
     | "#" INT -> component
     | "-" atom -> negative
     | "(" sum ")"
     | "COALESCE" "(" sum ("," sum)* ")" -> coalesce
     | "MAX" "(" sum ("," sum)* ")" -> greatest
     | "MIN" "(" sum ("," sum)* ")" -> least
%import common.INT
%import common.NUMBER
%import common.WS
%ignore WS
"""


def parse_formula(text: str) -> Formula:
    """Read a formula as the SDK's component graph writes it."""
    formula: Formula = _parser().parse(text)  # type: ignore[assignment]  # the transformer makes it
    return formula


class _Functions(Transformer[Any, Any]):
    """Makes functions of what the grammar finds."""

    def number(self, parts: list[Any]) -> Formula:
        value = float(parts[0])
        return lambda _powers: value

    def component(self, parts: list[Any]) -> Formula:
        component_id = int(parts[0])
        return lambda powers: powers(component_id)

    def negative(self, parts: list[Formula]) -> Formula:
        (inner,) = parts
        return lambda powers: -inner(powers)

    def plus(self, parts: list[Formula]) -> Formula:
        one, other = parts
        return lambda powers: one(powers) + other(powers)

    def minus(self, parts: list[Formula]) -> Formula:
        one, other = parts
        return lambda powers: one(powers) - other(powers)

    def times(self, parts: list[Formula]) -> Formula:
        one, other = parts
        return lambda powers: one(powers) * other(powers)

    def over(self, parts: list[Formula]) -> Formula:
        one, other = parts
        return lambda powers: one(powers) / divisor if (divisor := other(powers)) else math.nan

    def coalesce(self, parts: list[Formula]) -> Formula:
        return lambda powers: next(
            (value for part in parts if not math.isnan(value := part(powers))), math.nan
        )

    def greatest(self, parts: list[Formula]) -> Formula:
        return lambda powers: _unless_unknown(max, [part(powers) for part in parts])

    def least(self, parts: list[Formula]) -> Formula:
        return lambda powers: _unless_unknown(min, [part(powers) for part in parts])


def _unless_unknown(choose: Callable[[list[float]], float], values: list[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else choose(values)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Functions())
