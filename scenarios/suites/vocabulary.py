"""The words of a site: what its components can be asked for, in which units, and what conditions about them mean."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from ...sim.components.registry import type_of
from ...sim.domain.diagnostics import DIAGNOSTIC_NUMBERS
from ...sim.domain.messages import Reading as Report
from ...sim.domain.metrics import Metric
from ...sim.domain.states import StateCode
from ...sim.files import units
from ...sim.files.problems import one_of
from ...sim.files.units import Unit
from ...sim.inputs.driven import NUMBER
from ...sim.report import SiteReport
from ...sim.report.gatherer import LOAD
from ...sim.site.site import Site
from .expressions import (
    Comparison,
    Condition,
    HasDiagnostic,
    HasState,
    Leaf,
    Order,
    Quantity,
    Reading,
    holds,
    leaves,
)
from .formulas import Formula

SHORT_NAMES: Mapping[str, tuple[Metric, ...]] = {
    "power": (Metric.AC_POWER_ACTIVE, Metric.DC_POWER),
    "reactive_power": (Metric.AC_POWER_REACTIVE,),
    "dc_power": (Metric.DC_POWER,),
    "frequency": (Metric.AC_FREQUENCY,),
    "voltage": (Metric.AC_VOLTAGE_PHASE_1_N, Metric.DC_VOLTAGE),
    "soc": (Metric.BATTERY_SOC_PCT,),
    "capacity": (Metric.BATTERY_CAPACITY,),
    "temperature": (Metric.INVERTER_TEMPERATURE, Metric.BATTERY_TEMPERATURE),
    "consumed": (Metric.AC_ENERGY_ACTIVE_CONSUMED,),
    "delivered": (Metric.AC_ENERGY_ACTIVE_DELIVERED,),
}
"""Metrics by the names that people use, of those that a component has the first."""
SITE = "site"
"""What the powers of the whole site are of, such as `site.consumer_power`: by the SDK's formulas."""
_UNITS: Mapping[str, Unit] = {
    **{
        unit.inner: unit
        for unit in (
            NUMBER, units.WATT, units.VAR, units.VOLT_AMPERE, units.WATT_HOUR, units.VOLT, units.AMPERE, units.HERTZ,
            units.CELSIUS,
        )
    },
    "%": units.FRACTION,
}  # fmt: skip
_FIGURE_UNITS = {"_w": units.WATT, "_wh": units.WATT_HOUR}
_SHARES = ("soc_first", "soc_min", "soc_max", "soc_last", "self_consumption", "self_sufficiency")
_ORDERS: Mapping[Order, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Fault(NamedTuple):
    """Something wrong in a condition."""

    found: str
    accepted: str


class SiteWords:
    """What conditions about a site may speak of."""

    def __init__(
        self,
        metrics: Mapping[str, tuple[Metric, ...]],
        ids: Mapping[int, str],
        formulas: Mapping[str, Formula],
    ) -> None:
        """Take what there is to be asked for.

        Args:
            metrics: What each component reports, by its key.
            ids: Keys of components by their ids.
            formulas: Of the powers of the whole site, such as `consumer`.
        """
        self._metrics = metrics
        self._ids = ids
        self._formulas = {f"{name}_power": formula for name, formula in formulas.items()}
        self._subjects = (*metrics, SITE)

    def faults(self, condition: Condition) -> Iterator[Fault]:
        """Yield what is wrong with a condition about components."""
        for leaf in leaves(condition):
            subjects = [leaf.left, leaf.right] if isinstance(leaf, Comparison) else [Reading(leaf.subject)]
            known = self._subjects if isinstance(leaf, Comparison) else tuple(self._metrics)
            unknown = [each for each in subjects if isinstance(each, Reading) and each.subject not in known]
            if unknown:
                subject = unknown[0].subject
                yield Fault(f"{subject!r}, which is no component", one_of(known, subject))
            elif isinstance(leaf, HasDiagnostic):
                if leaf.code not in DIAGNOSTIC_NUMBERS:
                    yield Fault(
                        f"{leaf.code!r}, which is no diagnostic", one_of(DIAGNOSTIC_NUMBERS, leaf.code)
                    )
            elif isinstance(leaf, HasState):
                if leaf.state not in StateCode.__members__:
                    yield Fault(
                        f"{leaf.state!r}, which is no state", one_of(StateCode.__members__, leaf.state)
                    )
            elif isinstance(leaf, Comparison):
                yield from self._comparison_faults(leaf)

    def truth(self, condition: Condition, read: Callable[[str], Report]) -> bool | None:
        """Return whether a condition holds now; None if something in it has no value now.

        Args:
            condition: Without faults.
            read: Returns what a component reports.
        """

        def of(leaf: Leaf) -> bool | None:
            match leaf:
                case HasState(subject, state):
                    return StateCode(state) in read(subject).states
                case HasDiagnostic(subject, code):
                    report = read(subject)
                    return any(said.code == code for said in (*report.errors, *report.warnings))
                case Comparison(left, order, right):
                    one, other = self._value(left, right, read), self._value(right, left, read)
                    return None if math.isnan(one) or math.isnan(other) else _ORDERS[order](one, other)

        return holds(condition, of)

    def shown(self, condition: Condition, read: Callable[[str], Report]) -> str:
        """Return the values that a condition is about, in words."""
        words = []
        for leaf in leaves(condition):
            if isinstance(leaf, Comparison):
                words += [
                    f"{each} = {_rounded(self._unit(each), self._value(each, each, read))}"
                    for each in (leaf.left, leaf.right)
                    if isinstance(each, Reading)
                ]
            else:
                report = read(leaf.subject)
                said = [*report.states, *(each.code for each in (*report.errors, *report.warnings))]
                words.append(f"{leaf.subject}: {', '.join(said) or 'nothing'}")
        return "; ".join(dict.fromkeys(words))

    def _comparison_faults(self, leaf: Comparison) -> Iterator[Fault]:
        readings = [each for each in (leaf.left, leaf.right) if isinstance(each, Reading)]
        if not readings:
            yield Fault(
                f"{leaf.left} {leaf.order} {leaf.right}, which never changes", "a value of a component"
            )
            return
        for reading in readings:
            if not self._has(reading):
                names = self._names(reading.subject)
                yield Fault(f"{str(reading)!r}, which is no value of it", one_of(names, reading.what))
                return
        if len(readings) == 2 and len({self._unit(reading).inner for reading in readings}) == 2:
            one, other = (f"{reading} in {self._unit(reading).inner}" for reading in readings)
            yield Fault(f"{one}, {other}", "two values in the same unit")
        yield from quantity_faults(leaf, self._unit(readings[0]))

    def _has(self, reading: Reading) -> bool:
        if reading.subject == SITE:
            return reading.what in self._formulas
        return self._metric(reading) is not None

    def _metric(self, reading: Reading) -> Metric | None:
        had = self._metrics[reading.subject]
        if reading.what is not None and reading.what in SHORT_NAMES:
            return next((metric for metric in SHORT_NAMES[reading.what] if metric in had), None)
        return next((metric for metric in had if metric.value == reading.what), None)

    def _names(self, subject: str) -> list[str]:
        if subject == SITE:
            return list(self._formulas)
        had = self._metrics[subject]
        short = [name for name, metrics in SHORT_NAMES.items() if any(metric in had for metric in metrics)]
        return [*short, *(metric.value for metric in had)]

    def _unit(self, reading: Reading) -> Unit:
        if reading.subject == SITE:
            return units.WATT
        metric = self._metric(reading)
        assert metric is not None
        return _UNITS[metric.unit]

    def _value(
        self, value: Reading | Quantity, beside: Reading | Quantity, read: Callable[[str], Report]
    ) -> float:
        if isinstance(value, Quantity):
            assert isinstance(beside, Reading)
            return _parsed(self._unit(beside), value.text)
        if value.subject == SITE:
            assert value.what is not None
            return self._formulas[value.what](lambda number: _active_w(read(self._ids[number])))
        metric = self._metric(value)
        assert metric is not None
        number = read(value.subject).values.get(metric, math.nan)
        return number * 0.01 if metric.unit == "%" else number


class FigureWords:
    """What conditions about a whole run may speak of: the figures of its report, their units left out."""

    def __init__(self, figures: Mapping[str, float | None]) -> None:
        """Take the figures by their full names; see `SiteReport.figures`."""
        self._full = {_without_unit(name): name for name in figures}
        self._figures = figures

    def faults(self, condition: Condition) -> Iterator[Fault]:
        """Yield what is wrong with a condition about figures."""
        for leaf in leaves(condition):
            if not isinstance(leaf, Comparison):
                yield Fault("a state", "comparisons of figures, such as peak_import <= 32 kW")
                continue
            readings = [each for each in (leaf.left, leaf.right) if isinstance(each, Reading)]
            unknown = [each for each in readings if str(each) not in self._full]
            if not readings:
                yield Fault(
                    f"{leaf.left} {leaf.order} {leaf.right}, which never changes", "a figure of the run"
                )
            elif unknown:
                yield Fault(f"{str(unknown[0])!r}, which is no figure", one_of(self._full, str(unknown[0])))
            else:
                yield from quantity_faults(leaf, self._unit(readings[0]))

    def truth(self, condition: Condition) -> bool | None:
        """Return whether a condition holds; None if a figure in it is not known."""

        def of(leaf: Leaf) -> bool | None:
            assert isinstance(leaf, Comparison)
            one, other = self._value(leaf.left, leaf.right), self._value(leaf.right, leaf.left)
            return None if one is None or other is None else _ORDERS[leaf.order](one, other)

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
                        f"{each} = {'not known' if value is None else _rounded(self._unit(each), value)}"
                    )
        return "; ".join(dict.fromkeys(words))

    def _unit(self, reading: Reading) -> Unit:
        full = self._full[str(reading)]
        if full.rpartition(".")[2] in _SHARES:
            return units.FRACTION
        return next((unit for end, unit in _FIGURE_UNITS.items() if full.endswith(end)), NUMBER)

    def _value(self, value: Reading | Quantity, beside: Reading | Quantity) -> float | None:
        if isinstance(value, Reading):
            return self._figures[self._full[str(value)]]
        assert isinstance(beside, Reading)
        return _parsed(self._unit(beside), value.text)


def figures_of(report: SiteReport, site: Site) -> dict[str, float | None]:
    """Return the figures of a run, and 0 of what kinds of components neither drew nor gave."""
    kinds = {LOAD, *(type_of(component).category.value for component in site.components.values())}
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
def _parsed(unit: Unit, text: str) -> float:
    """Return a quantity in the inner unit; every sampling asks for it."""
    return unit.parse(text)


def _rounded(unit: Unit, value: float) -> str:
    return unit.in_words(value, digits=5)


def _active_w(report: Report) -> float:
    return report.values.get(Metric.AC_POWER_ACTIVE, math.nan)


def _without_unit(name: str) -> str:
    return next((name.removesuffix(end) for end in _FIGURE_UNITS if name.endswith(end)), name)
