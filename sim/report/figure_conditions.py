"""What conditions about a whole run may speak of: the figures of its report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ..components.component_type import Way
from ..components.registry import type_of
from ..components.throughput import Throughput
from ..files.problems import one_of
from ..files.units import Unit
from ..language.expressions import Comparison, Condition, Leaf, Quantity, Reading, holds, leaves, readings
from ..language.subjects import Span
from ..language.vocabulary import ORDERS, Fault, parsed, quantity_faults, rounded
from ..site.lines import has_lines
from ..site.site import Site
from .figures import MONEY, NEVER_BELOW_0, SHARES, unit_of, without_unit
from .gatherer import LOAD, LOSSES
from .site_report import SiteReport


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
            for each, other in ((leaf.left, leaf.right), (leaf.right, leaf.left)):
                if isinstance(each, Reading):
                    value, beside = self._value(each, other), self._value(other, each)
                    known = "" if value is None else rounded(self.unit(each), value, _or_nan(beside))
                    words.append(f"{each} = {known or 'not known'}")
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


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def figures_of(
    report: SiteReport, site: Site, own_commands: int = 0, own_refusals: int = 0
) -> dict[str, float | None]:
    """Return the figures of a run, and 0 of what kinds of components neither drew nor gave.

    Args:
        report: Of the run.
        site: That it is about.
        own_commands: How many commands were whose who looks, which do not count.
        own_refusals: How many of these were refused.
    """
    types = map(type_of, site.components.values())
    kinds = {LOAD, *(kind.category.value for kind in types if kind.way is not Way.NONE)}
    if has_lines(site) or any(isinstance(part, Throughput) for part in site.components.values()):
        kinds.add(LOSSES)
    nothing = {f"{kind}.{what}_wh": 0.0 for kind in sorted(kinds) for what in ("consumption", "production")}
    figures = {**nothing, **report.figures()}
    for name, own in (("commands", own_commands), ("refusals", own_refusals)):
        found = figures[name]
        figures[name] = None if found is None else found - own
    return figures
