"""The words of a site: what its components can be asked for, in which units, and what conditions about them mean."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from ....sim.components.component_type import Way
from ....sim.components.registry import type_of
from ....sim.domain.diagnostics import DIAGNOSTIC_NUMBERS
from ....sim.domain.metrics import Metric, PowerType
from ....sim.domain.states import StateCode
from ....sim.files import units
from ....sim.files.problems import one_of
from ....sim.files.units import Unit
from ....sim.report.figures import MONEY, NEVER_BELOW_0, SHARES, unit_of, without_unit
from ....sim.report.gatherer import LOAD
from ....sim.report.site_report import SiteReport
from ....sim.site.site import Site
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
                    words += [
                        f"{each} = {_rounded(self.unit(each), self._value(each, each, sight))}"
                        for each in (left, right)
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
        unknown = [*filter(None, map(self._reading_fault, named))]
        yield from unknown
        if unknown:
            return
        if len(named) == 2 and len({self.unit(reading).inner for reading in named}) == 2:
            one, other = (f"{reading} in {self.unit(reading).inner}" for reading in named)
            yield Fault(f"{one}, {other}", "two values in the same unit")
        yield from quantity_faults(leaf, self.unit(named[0]))

    def _reading_fault(self, reading: Reading) -> Fault | None:
        subject = self._subjects.get(reading.subject)
        if subject is None:
            return Fault(
                f"{reading.subject!r}, which is no component", one_of(self._subjects, reading.subject)
            )
        if subject.unit(reading.what) is None:
            return Fault(f"{str(reading)!r}, which is no value of it", one_of(subject.names, reading.what))
        return None

    def _value(self, value: Reading | Quantity, beside: Reading | Quantity, sight: Sight) -> float:
        if isinstance(value, Quantity):
            assert isinstance(beside, Reading)
            return parsed(self.unit(beside), value.text)
        return self._subjects[value.subject].value(value.what, sight)


class FigureWords:
    """What conditions about a whole run may speak of: the figures of its report, their units left out."""

    def __init__(
        self,
        figures: Mapping[str, float | None],
        currency: str | None = None,
        absent: Mapping[str, str] | None = None,
    ) -> None:
        """Take the figures.

        Args:
            figures: By their full names; see `SiteReport.figures`.
            currency: Code of that of the tariff, if there is one.
            absent: What it would take to know those that cannot be known, by their names without units.
        """
        self._full = {without_unit(name): name for name in figures}
        self._figures = figures
        self._currency = currency
        self._absent = absent or {}

    def faults(self, condition: Condition) -> Iterator[Fault]:
        """Yield what is wrong with a condition about figures."""
        for leaf in leaves(condition):
            if not isinstance(leaf, Comparison):
                yield Fault("a state", "comparisons of figures, such as peak_import <= 32 kW")
                continue
            named = list(readings(leaf))
            unknown = [each for each in named if str(each) not in self._full]
            if not named:
                yield Fault(
                    f"{leaf.left} {leaf.order} {leaf.right}, which never changes", "a figure of the run"
                )
            elif unknown:
                for each in unknown:
                    yield Fault(f"{str(each)!r}, which is no figure", one_of(self._full, str(each)))
            else:
                yield from self._faults_of_known(leaf, named)

    def _faults_of_known(self, leaf: Comparison, named: list[Reading]) -> Iterator[Fault]:
        missing = [str(each) for each in named if str(each) in self._absent]
        # Of money without a tariff nobody knows the unit.
        has_unit = self._currency is not None or not MONEY.intersection(map(str, named))
        wrong = list(quantity_faults(leaf, self.unit(named[0]))) if has_unit else []
        if missing and not wrong:
            yield Fault(f"{missing[0]!r}, of which nothing can be known here", self._absent[missing[0]])
        yield from wrong

    def truth(self, condition: Condition) -> bool | None:
        """Return whether a condition holds; None if a figure in it is not known."""

        def of(leaf: Leaf) -> bool | None:
            assert isinstance(leaf, Comparison)
            one, other = self._value(leaf.left, leaf.right), self._value(leaf.right, leaf.left)
            return None if one is None or other is None else ORDERS[leaf.order](one, other)

        return holds(condition, of)

    def shown(self, condition: Condition) -> str:
        """Return the figures that a condition is about, in words."""
        words = []
        for leaf in leaves(condition):
            assert isinstance(leaf, Comparison)
            for each in (leaf.left, leaf.right):
                if isinstance(each, Reading):
                    value = self._figures[self._full[str(each)]]
                    words.append(
                        f"{each} = {'not known' if value is None else _rounded(self.unit(each), value)}"
                    )
        return "; ".join(dict.fromkeys(words))

    def span(self, reading: Reading) -> Span:
        """Return what a figure can be at all."""
        name = self._full[str(reading)].rpartition(".")[2]
        return Span(0.0, 1.0) if name in SHARES else Span(0.0) if name in NEVER_BELOW_0 else Span()

    def unit(self, reading: Reading) -> Unit:
        """Return the unit of a figure."""
        return unit_of(self._full[str(reading)], self._currency)

    def _value(self, value: Reading | Quantity, beside: Reading | Quantity) -> float | None:
        if isinstance(value, Reading):
            return self._figures[self._full[str(value)]]
        assert isinstance(beside, Reading)
        return parsed(self.unit(beside), value.text)


def figures_of(report: SiteReport, site: Site) -> dict[str, float | None]:
    """Return the figures of a run, and 0 of what kinds of components neither drew nor gave."""
    types = map(type_of, site.components.values())
    kinds = {LOAD, *(kind.category.value for kind in types if kind.way is not Way.NONE)}
    nothing = {f"{kind}.{what}_wh": 0.0 for kind in sorted(kinds) for what in ("consumption", "production")}
    return {**nothing, **report.figures()}


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


def _rounded(unit: Unit, value: float) -> str:
    return unit.in_words(value, digits=5)
