"""The words of a site: what its components can be asked for, in which units, and what conditions about them mean."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from ..domain.diagnostics import DIAGNOSTIC_NUMBERS
from ..domain.metrics import Metric, PowerType
from ..domain.states import StateCode
from ..files import units
from ..files.problems import one_of
from ..files.units import Unit
from .expressions import (
    Comparison,
    Condition,
    HasCommanded,
    HasDiagnostic,
    HasState,
    Leaf,
    Order,
    Quantity,
    Reading,
    holds,
    leaves,
    readings,
)
from .formulas import Formula
from .subjects import APP, SITE, OfApplication, OfComponent, OfSensor, OfSite, Sight, Span, Subject

ORDERS: Mapping[Order, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

_POWERS: Mapping[Unit, frozenset[PowerType]] = {
    **dict.fromkeys((units.WATT, units.WATT_HOUR, units.FRACTION), frozenset((PowerType.ACTIVE,))),
    **dict.fromkeys((units.VAR, units.VAR_HOUR), frozenset((PowerType.REACTIVE,))),
}
"""Which power values of a unit tell of, or add up."""

_DIGITS = 5
_MOST_DIGITS = 17
"""So many tell any two numbers apart."""


class Fault(NamedTuple):
    """Something wrong in a condition."""

    found: str
    accepted: str


class SiteWords:
    """What conditions about a site may speak of."""

    def __init__(
        self,
        metrics: Mapping[str, tuple[Metric, ...]],
        keys: Mapping[int, str],
        formulas: Mapping[str, Formula],
        sensors: Mapping[str, tuple[int, tuple[Metric, ...]]],
        states: Mapping[str, Collection[str]],
        diagnostics: Mapping[str, Collection[str]],
    ) -> None:
        """Take what there is to be asked for.

        Args:
            metrics: What each component reports, by its key.
            keys: Keys of components by their ids.
            formulas: Of the powers of the whole site, such as `consumer`.
            sensors: Id of each sensor and what it shows, by its key.
            states: All that each component can be.
            diagnostics: All that components can report of which that is known.
        """
        self._states, self._diagnostics = states, diagnostics
        self._components = tuple(metrics)
        self._ids = {key: number for number, key in keys.items()}
        self._subjects: dict[str, Subject] = {
            **{key: OfComponent(key, had) for key, had in metrics.items()},
            **{key: OfSensor(number, had) for key, (number, had) in sensors.items()},
        }
        # A component of such a name is there to be asked for, too.
        self._subjects.setdefault(SITE, OfSite(formulas, keys))
        self._subjects.setdefault(APP, OfApplication())

    def faults(self, condition: Condition) -> Iterator[Fault]:
        """Yield what is wrong with a condition about components."""
        for leaf in leaves(condition):
            yield from self._leaf_faults(leaf)

    def is_about_application(self, condition: Condition) -> bool:
        """Say whether a condition speaks of what the application does."""
        subjects = (self._subjects.get(each.subject) for each in readings(condition))
        return any(isinstance(each, HasCommanded) for each in leaves(condition)) or any(
            isinstance(each, OfApplication) for each in subjects
        )

    def powers(self, condition: Condition) -> frozenset[PowerType]:
        """Return which power a condition without faults is about; both where part of it is about something else."""
        if not all(isinstance(leaf, Comparison) for leaf in leaves(condition)):
            return frozenset(PowerType)
        about = (_POWERS.get(self.unit(reading), frozenset(PowerType)) for reading in readings(condition))
        return frozenset().union(*about)

    def reading_fault(self, reading: Reading) -> Fault | None:
        """Return what is wrong with the name of a value; None if nothing is."""
        subject = self._subjects.get(reading.subject)
        if subject is None:
            return Fault(
                f"{reading.subject!r}, which is no component", one_of(self._subjects, reading.subject)
            )
        if subject.unit(reading.what) is None:
            return Fault(f"{str(reading)!r}, which is no value of it", one_of(subject.names, reading.what))
        return None

    def value(self, reading: Reading, sight: Sight) -> float:
        """Return a value of which conditions may speak, in the inner unit of its unit; NaN if it is not known."""
        return self._subjects[reading.subject].value(reading.what, sight)

    def span(self, reading: Reading) -> Span:
        """Return what a value can be at all."""
        return self._subjects[reading.subject].span(reading.what)

    def unit(self, reading: Reading) -> Unit:
        """Return the unit of a value of which conditions may speak."""
        unit = self._subjects[reading.subject].unit(reading.what)
        assert unit is not None
        return unit

    def truth(self, condition: Condition, sight: Sight, since_us: int) -> bool | None:
        """Return whether a condition holds now; None if something in it has no value now.

        Args:
            condition: Without faults.
            sight: The site and its application now.
            since_us: From when on commands count [µs since the Unix epoch].
        """

        def of(leaf: Leaf) -> bool | None:
            match leaf:
                case HasState(subject, state):
                    return StateCode(state) in sight.read(subject).states
                case HasDiagnostic(subject, code):
                    report = sight.read(subject)
                    return any(said.code == code for said in (*report.errors, *report.warnings))
                case HasCommanded(_, whom):
                    return sight.deeds.has_commanded(None if whom is None else self._ids[whom], since_us)
                case Comparison(left, order, right):
                    one, other = self._value(left, right, sight), self._value(right, left, sight)
                    return None if math.isnan(one) or math.isnan(other) else ORDERS[order](one, other)

        return holds(condition, of)

    def shown(self, condition: Condition, sight: Sight) -> str:
        """Return the values that a condition is about, in words."""
        words = []
        for leaf in leaves(condition):
            match leaf:
                case Comparison(left, _, right):
                    one, other = self._value(left, right, sight), self._value(right, left, sight)
                    words += [
                        f"{each} = {rounded(self.unit(each), value, beside)}"
                        for each, value, beside in ((left, one, other), (right, other, one))
                        if isinstance(each, Reading)
                    ]
                case HasCommanded(subject):
                    words.append(f"{subject}.commands = {sight.deeds.commands}")
                case HasState(subject) | HasDiagnostic(subject):
                    report = sight.read(subject)
                    codes = (said.code for said in (*report.errors, *report.warnings))
                    said = [*report.states, *codes]
                    words.append(f"{subject}: {', '.join(said) or 'nothing'}")
        return "; ".join(dict.fromkeys(words))

    def _leaf_faults(self, leaf: Leaf) -> Iterator[Fault]:
        match leaf:
            case Comparison():
                yield from self._comparison_faults(leaf)
            case HasCommanded(subject, whom):
                if subject != APP or not isinstance(self._subjects[APP], OfApplication):
                    yield Fault(f"{subject!r}, which commands nobody", APP)
                if whom is not None:
                    yield from self._component_faults(whom)
            case HasState(subject, state):
                yield from self._component_faults(subject)
                if state not in StateCode.__members__:
                    yield Fault(f"{state!r}, which is no state", one_of(StateCode.__members__, state))
                elif state not in self._states.get(subject, (state,)):
                    can_be = [code for code in StateCode if code in self._states[subject]]
                    yield Fault(f"{state!r}, which {subject} never is", one_of(can_be, state))
            case HasDiagnostic(subject, code):
                yield from self._component_faults(subject)
                if code not in DIAGNOSTIC_NUMBERS:
                    yield Fault(f"{code!r}, which is no diagnostic", one_of(DIAGNOSTIC_NUMBERS, code))
                elif code not in self._diagnostics.get(subject, (code,)):
                    can_be_told = one_of(sorted(self._diagnostics[subject]), code)
                    yield Fault(
                        f"{code!r}, which {subject} never reports", f"{can_be_told}, or a fault that says it"
                    )

    def _component_faults(self, name: str) -> Iterator[Fault]:
        if name not in self._components:
            yield Fault(f"{name!r}, which is no component", one_of(self._components, name))

    def _comparison_faults(self, leaf: Comparison) -> Iterator[Fault]:
        named = list(readings(leaf))
        if not named:
            yield Fault(
                f"{leaf.left} {leaf.order} {leaf.right}, which never changes", "a value of a component"
            )
            return
        unknown = [*filter(None, map(self.reading_fault, named))]
        yield from unknown
        if unknown:
            return
        if len(named) == 2 and len({self.unit(reading).inner for reading in named}) == 2:
            one, other = (f"{reading} in {self.unit(reading).inner}" for reading in named)
            yield Fault(f"{one}, {other}", "two values in the same unit")
        yield from quantity_faults(leaf, self.unit(named[0]))

    def _value(self, value: Reading | Quantity, beside: Reading | Quantity, sight: Sight) -> float:
        if isinstance(value, Quantity):
            assert isinstance(beside, Reading)
            return parsed(self.unit(beside), value.text)
        return self.value(value, sight)


def quantity_faults(leaf: Comparison, unit: Unit) -> Iterator[Fault]:
    """Yield what is wrong with quantities beside a value of a unit."""
    for each in (leaf.left, leaf.right):
        if isinstance(each, Quantity):
            try:
                unit.parse(each.text)
            except ValueError as error:
                yield Fault(each.text, str(error))


@cache
def parsed(unit: Unit, text: str) -> float:
    """Return a quantity in the inner unit; every sampling asks for it."""
    return unit.parse(text)


def rounded(unit: Unit, value: float, beside: float = math.nan) -> str:
    """Return a value for people, with as many digits as tell it from what it is compared with.

    Args:
        unit: Of both.
        value: In the inner unit.
        beside: What it is compared with, in the inner unit; NaN if nothing.
    """
    digits = _DIGITS
    while digits < _MOST_DIGITS and _is_hidden(value, beside, digits):
        digits += 1
    return unit.in_words(value, digits=digits)


def _is_hidden(value: float, beside: float, digits: int) -> bool:
    """Say whether rounding hides which one of two values is greater, whether the other one is rounded, too, or not."""
    shown, other = (float(f"{each:.{digits}g}") for each in (value, beside))
    order = (value > beside) - (value < beside)
    return any((shown > each) - (shown < each) != order for each in (beside, other))
