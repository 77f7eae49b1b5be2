"""The language of conditions: `grid.power > 33 kW and not bat-inv is ERROR`.

Texts are parsed by a grammar into plain records, never evaluated as Python. Quantities carry their units, and are
compared with what has the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from lark import Lark, Transformer, v_args
from lark.exceptions import UnexpectedInput, UnexpectedToken

from ..files import units
from ..files.money import CURRENCIES, KILOGRAM
from ..files.problems import UnacceptedError, did_you_mean

_UNITS = (
    units.WATT, units.VAR, units.VOLT_AMPERE, units.WATT_HOUR, units.VOLT, units.AMPERE, units.HERTZ, units.SECOND,
    units.FRACTION, units.CELSIUS, units.DEGREE, units.IRRADIANCE, units.METRE_PER_SECOND, units.HECTOPASCAL,
    units.VAR_HOUR, units.VOLT_AMPERE_HOUR, units.BAR, *CURRENCIES.values(), KILOGRAM,
)  # fmt: skip
_SPELLINGS = sorted({spelling for unit in _UNITS for spelling in unit.factors}, key=len, reverse=True)
_ANY_UNIT = "|".join(map(re.escape, _SPELLINGS)).replace("/", r"\/")
_NAME = r"[A-Za-z_]\w*(?:-\w+)*"
_READING = re.compile(rf"({_NAME})(?:\s*\.\s*({_NAME}))?")
_GRAMMAR = rf"""
?start: either
?either: both ("or" both)*
?both: single ("and" single)*
?single: "not" single -> negation
       | "(" either ")"
       | value ORDER value -> comparison
       | NAME "is" NAME -> state
       | NAME "is" "not" NAME -> other_state
       | NAME "reports" NAME -> diagnostic
       | NAME "commands" NAME? -> commanded
?value: NAME ("." NAME)? -> reading
      | QUANTITY -> quantity
ORDER: "<=" | ">=" | "==" | "!=" | "<" | ">"
QUANTITY: /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?(\s*({_ANY_UNIT})(?![\w\/²%°]))?/
NAME: /{_NAME}/
%import common.WS
%ignore WS
"""
_WORDS = {
    "ORDER": "<, <=, >, >=, == or !=", "QUANTITY": "a number with its unit (33 kW)", "NAME": "a name (grid.power)",
    "IS": "is", "REPORTS": "reports", "COMMANDS": "commands", "AND": "`and`", "OR": "`or`", "NOT": "`not`", "LPAR": "(",
    "RPAR": ")", "DOT": "a dot", "$END": "the end",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_][^\s()<>=!]*|[°€£$¥%][^\s()<>=!]*")
_KEYWORDS = frozenset({"and", "or", "not", "is", "reports", "commands"})
_NUMBER_AT_END = re.compile(r"(?<![\w.-])[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$")
_NO_NUMBER = re.compile(r"[<>=]\s*([+-]?(?:nan|inf(?:inity)?))(?![.\w-])", re.IGNORECASE)
_LONGEST = 1000
Order = Literal["<", "<=", ">", ">=", "==", "!="]


class ExpressionError(UnacceptedError):
    """A text is no condition: says what was found at which letter, and what would be accepted."""


@dataclass(frozen=True)
class Reading:
    """A value by its name, such as `grid.power`; figures of a whole run have a name alone."""

    subject: str
    what: str | None = None

    def __str__(self) -> str:
        return self.subject if self.what is None else f"{self.subject}.{self.what}"


@dataclass(frozen=True)
class Quantity:
    """A value as it is written, with its unit."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Comparison:
    """Two values, and how they are to stand to each other."""

    left: Reading | Quantity
    order: Order
    right: Reading | Quantity


@dataclass(frozen=True)
class HasState:
    """What a component is to say it is doing."""

    subject: str
    state: str


@dataclass(frozen=True)
class HasDiagnostic:
    """What a component is to warn of or fail with."""

    subject: str
    code: str


@dataclass(frozen=True)
class HasCommanded:
    """Whom the application is to command, anybody if None."""

    subject: str
    whom: str | None = None


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    inner: Condition


@dataclass(frozen=True)
class AllOf:
    """Conditions that are to hold at once."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """Conditions of which one is to hold."""

    parts: tuple[Condition, ...]


Leaf = Comparison | HasState | HasDiagnostic | HasCommanded
"""What a condition is made of."""

Condition = Leaf | Not | AllOf | AnyOf


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        ExpressionError: If it is none.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"{text[:40]!r}…, of {len(text)} letters", f"{_LONGEST} at most")
    try:
        return cast(Condition, _parser().parse(text))
    except UnexpectedInput as error:
        raise _refusal(text, error) from None
    except RecursionError:
        raise ExpressionError(f"{text[:40]!r}…, nested too deeply", "a shorter condition") from None


def parse_reading(text: str) -> Reading:
    """Read the name of a value, such as `grid.power`.

    Raises:
        ExpressionError: If it is none.
    """
    match = _READING.fullmatch(text.strip())
    if match is None:
        raise ExpressionError(f"{text!r}, which names no value", _WORDS["NAME"])
    return Reading(match[1], match[2])


def holds(condition: Condition, truth: Callable[[Leaf], bool | None]) -> bool | None:
    """Return whether a condition holds; None if that cannot be told, as something in it is not known.

    Args:
        condition: As it was read.
        truth: Tells of comparisons, states, diagnostics and commands whether they hold.
    """
    match condition:
        case Not(inner):
            found = holds(inner, truth)
            return None if found is None else not found
        case AllOf(parts):
            truths = [holds(part, truth) for part in parts]
            return False if False in truths else None if None in truths else True
        case AnyOf(parts):
            truths = [holds(part, truth) for part in parts]
            return True if True in truths else None if None in truths else False
        case _:
            return truth(condition)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield the comparisons, states, diagnostics and commands in a condition, from left to right."""
    match condition:
        case Not(inner):
            yield from leaves(inner)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield condition


def readings(condition: Condition) -> Iterator[Reading]:
    """Yield the values that the comparisons in a condition name, from left to right."""
    for leaf in leaves(condition):
        if isinstance(leaf, Comparison):
            yield from (each for each in (leaf.left, leaf.right) if isinstance(each, Reading))


def _unit_refusal(text: str, rest: str) -> ExpressionError | None:
    """Return what is wrong with a unit behind a number; None if it is something else that is wrong there."""
    found = _WORD.match(rest)
    if (
        not found
        or found[0].lower() in _KEYWORDS
        or not _NUMBER_AT_END.search(text[: len(text.rstrip()) - len(rest)])
    ):
        return None
    by_lower = {spelling.lower(): spelling for spelling in reversed(_SPELLINGS)}
    meant = by_lower.get(found[0].lower())
    hint = f" (did you mean '{meant}'?)" if meant else ""
    if not hint and len(found[0]) > 1:  # a single letter is like too many
        hint = did_you_mean(found[0], _SPELLINGS)
    accepted = ", ".join(next(iter(unit.factors)) for unit in _UNITS)
    return ExpressionError(f"{text!r}, in which {found[0]!r} is no unit", f"a unit such as {accepted}{hint}")


def _refusal(text: str, error: UnexpectedInput) -> ExpressionError:
    breaks_off = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    rest = "" if breaks_off else text[error.pos_in_stream or 0 :].strip()
    if (of_unit := _unit_refusal(text, rest)) is not None:
        return of_unit
    if rest and (no_number := _NO_NUMBER.search(text)) is not None:
        return ExpressionError(f"{text!r}, in which {no_number[1]!r} is no number", _WORDS["QUANTITY"])
    found = f"{text!r}, in which {rest[:20]!r} is unexpected" if rest else f"{text!r}, which breaks off"
    names = (
        getattr(error, "accepts", None) or getattr(error, "expected", None) or getattr(error, "allowed", None)
    )
    words = sorted({_WORDS.get(name, name) for name in names or ()})
    accepted = " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
    return ExpressionError(found, accepted or "a condition, such as grid.power > 33 kW")


class _Records(Transformer[Any, Any]):
    """Makes records of what the grammar finds."""

    @v_args(inline=True)
    def reading(self, subject: str, what: str | None = None) -> Reading:
        return Reading(str(subject), None if what is None else str(what))

    @v_args(inline=True)
    def quantity(self, text: str) -> Quantity:
        return Quantity(str(text))

    @v_args(inline=True)
    def comparison(self, left: Reading | Quantity, order: str, right: Reading | Quantity) -> Comparison:
        return Comparison(left, cast(Order, str(order)), right)

    @v_args(inline=True)
    def state(self, subject: str, state: str) -> Condition:
        return HasState(str(subject), str(state).upper())

    @v_args(inline=True)
    def other_state(self, subject: str, state: str) -> Condition:
        return Not(HasState(str(subject), str(state).upper()))

    @v_args(inline=True)
    def diagnostic(self, subject: str, code: str) -> Condition:
        return HasDiagnostic(str(subject), str(code).upper())

    @v_args(inline=True)
    def commanded(self, subject: str, whom: str | None = None) -> Condition:
        return HasCommanded(str(subject), None if whom is None else str(whom))

    @v_args(inline=True)
    def negation(self, inner: Condition) -> Condition:
        return Not(inner)

    def both(self, parts: list[Condition]) -> Condition:
        return AllOf(tuple(parts))

    def either(self, parts: list[Condition]) -> Condition:
        return AnyOf(tuple(parts))


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Records(), maybe_placeholders=False)
