"""What a fault must be for a component to break that way, wherever it comes from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from ..domain.diagnostics import DIAGNOSTIC_CODES
from ..domain.durations import LONGEST_S, duration_in_words
from ..domain.faults import OF_METRICS, Distribution, Fault, FaultKind, Hosts
from ..domain.messages import RefusalStatus
from ..domain.metrics import Metric
from ..files.problems import one_of, shown, with_article
from ..files.steering import has_halves
from ..site.site import Site
from .amounts import accepted_amounts, amount_unit, is_within
from .hosts import can_host
from .reports import reaches

LONGEST_TEXT = 1000
"""Characters of a refusal; longer ones do not fit into the trailers of an answer."""
SHORTEST_TIME_S = 0.1
"""What comes and goes is there for at least [s]."""

GREATEST_SPREAD_S = 600.0
_PARTS = (
    "diagnostic",
    "recoverable",
    "amount",
    "metrics",
    "status",
    "text",
    "spread_s",
    "distribution",
    "every_s",
    "each_s",
)
_USED_BY = {
    part: tuple(kind for kind in FaultKind if part in kind.parts or (part == "amount" and kind.amount))
    for part in _PARTS
}
"""Which kinds each part of a fault says something of."""


class FaultError(ValueError):
    """A fault says what it cannot."""

    def __init__(self, part: str, found: str, accepted: str) -> None:
        """Say what is wrong with which part of the fault."""
        super().__init__(f"{part.removesuffix('_s')} is {found}; accepted: {accepted}")
        self.part = part
        self.found = found
        self.accepted = accepted


def check_fault(fault: Fault) -> None:
    """See that a fault says what can be, and nothing that its kind has no use for.

    Raises:
        FaultError: If not; says what is accepted.
    """
    for error in fault_errors(fault):
        raise error


def fault_errors(fault: Fault) -> Iterator[FaultError]:
    """Yield all that a fault says that cannot be, or that its kind has no use for."""
    given = fault._asdict()
    for part, kinds in _USED_BY.items():
        if fault.kind not in kinds and given[part] != Fault._field_defaults[part]:
            found = f"{_shown(given[part])} with {fault.kind.value}, which has none"
            yield FaultError(part, found, f"with {_in_words(kinds)}")
    if fault.diagnostic not in DIAGNOSTIC_CODES:
        yield FaultError("diagnostic", _shown(fault.diagnostic), one_of(DIAGNOSTIC_CODES, fault.diagnostic))
    twice = [metric for metric, count in Counter(fault.metrics).items() if count > 1]
    unknown = [metric for metric in fault.metrics if metric not in list(Metric)] if not twice else []
    if twice:
        yield FaultError("metrics", f"with {_shown(twice[0])} more than once", "each metric once")
    if unknown:
        yield FaultError("metrics", f"with {_shown(unknown[0])}", one_of(list(Metric), unknown[0]))
    yield from _amount_errors(fault)
    if fault.status is not None and fault.status not in list(RefusalStatus):
        yield FaultError("status", _shown(fault.status), one_of(list(RefusalStatus), fault.status))
    yield from _text_errors(fault.text)
    yield from _spread_errors(fault)
    yield from _time_errors(fault)


def read_amount_of(kind: FaultKind, metrics: tuple[Metric, ...], written: object) -> float:
    """Read how much there is of a kind: text with its unit, or a number of what has none.

    Raises:
        FaultError: If it is no such amount, or there is none; says what would be accepted.
    """
    if kind.amount is None:
        raise FaultError(
            "amount",
            f"{shown(written)} with {kind.value}, which has none",
            f"with {_in_words(_USED_BY['amount'])}",
        )
    try:
        return amount_unit(kind, metrics).parse(str(written))
    except ValueError as error:
        raise FaultError("amount", shown(written), f"{error}, {accepted_amounts(kind, metrics)}") from None


def check_host(fault: Fault, site: Site) -> None:
    """See that a component of a site can break that way.

    Raises:
        FaultError: If not; says what can. Its part is `kind`.
    """
    key, kind = fault.component, fault.kind
    if kind.hosts is Hosts.ANY or can_host(kind.hosts, site.components[key]):
        return
    hosts = [each for each, section in site.components.items() if can_host(kind.hosts, section)]
    category = site.components[key].category
    raise FaultError(
        "kind",
        f"{kind.value}, which {with_article(category)} cannot be",
        f"{kind.hosts} ({', '.join(hosts) or 'none here'})",
    )


def check_reach(fault: Fault, metrics: Mapping[str, Collection[Metric]]) -> None:
    """See that a fault is about something that its component reports.

    Args:
        fault: That is right otherwise.
        metrics: What each component of the site reports, by its key.

    Raises:
        FaultError: If not; says what can be. Its part is `metrics` or `kind`.
    """
    had = metrics[fault.component]
    for metric in fault.metrics:
        if metric not in had:
            found = f"{metric}, which {fault.component} does not report"
            raise FaultError(
                "metrics", found, one_of(had, metric) if had else "of a component that reports any"
            )
    if not reaches(fault, had):
        others = [key for key, theirs in metrics.items() if reaches(fault, theirs)]
        found = f"{fault.kind.value}, which changes nothing that {fault.component} reports"
        raise FaultError("kind", found, f"of what does ({', '.join(others) or 'none here'})")


def _amount_errors(fault: Fault) -> Iterator[FaultError]:
    amount: object = fault.amount
    if fault.kind.amount is None:
        return
    if fault.kind.amount.unit == OF_METRICS and len({metric.unit for metric in fault.metrics}) > 1:
        found = ", ".join(f"{metric} in {metric.unit}" for metric in fault.metrics)
        yield FaultError("metrics", found, "metrics of one unit, as the amount has one")
        return
    accepted = accepted_amounts(fault.kind, fault.metrics)
    if amount is None:
        if fault.kind.amount.default is None and not fault.kind.amount.without:
            yield FaultError("amount", "missing", accepted)
        return
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    if not is_number or math.isnan(fault.size) or not is_within(fault.kind.amount, fault.size):
        unit = amount_unit(fault.kind, fault.metrics)
        found = f"{amount:.15g}" if isinstance(amount, float) else _shown(amount)
        if is_number and unit.inner not in ("1", "1/h") and math.isfinite(fault.size):
            found = unit.in_words(fault.size)
        yield FaultError("amount", found, accepted)


def _text_errors(text: object) -> Iterator[FaultError]:
    if not isinstance(text, str):
        yield FaultError("text", _shown(text), "text")
    elif len(text) > LONGEST_TEXT:
        yield FaultError("text", f"of {len(text)} characters", f"up to {LONGEST_TEXT}")
    elif has_halves(text):
        yield FaultError("text", f"{text!a}", "text without halves of characters (surrogates)")


def _spread_errors(fault: Fault) -> Iterator[FaultError]:
    if fault.distribution not in list(Distribution):
        accepted = one_of(list(Distribution), fault.distribution)
        yield FaultError("distribution", _shown(fault.distribution), accepted)
    elif fault.distribution is Distribution.EXPONENTIAL and fault.spread_s != 0.0:
        yield FaultError(
            "spread_s", f"{fault.spread_s:g} s", "none with exponential, whose spread is its mean"
        )
    elif not 0.0 <= fault.spread_s <= GREATEST_SPREAD_S:
        yield FaultError("spread_s", f"{fault.spread_s:g} s", f"0 s to {GREATEST_SPREAD_S:g} s")


def _time_errors(fault: Fault) -> Iterator[FaultError]:
    if fault.every_s is None and fault.each_s is None:
        return
    if fault.every_s is None or fault.each_s is None:
        part, other = ("every_s", "each") if fault.every_s is None else ("each_s", "every")
        yield FaultError(part, "missing", f"a time, beside {other}")
        return
    if not fault.each_s >= SHORTEST_TIME_S:
        yield FaultError("each_s", f"{fault.each_s:g} s", f"at least {SHORTEST_TIME_S:g} s")
    elif not fault.each_s < fault.every_s <= LONGEST_S:
        accepted = f"more than the {fault.each_s:g} s that it is there, up to {duration_in_words(LONGEST_S)}"
        yield FaultError("every_s", duration_in_words(fault.every_s), accepted)


def _shown(value: object) -> str:
    """Return a value in its words: text in quotes, whatever it looks like."""
    if isinstance(value, str):
        return repr(str(value))
    return ", ".join(map(str, value)) if isinstance(value, tuple) else shown(value)


def _in_words(kinds: tuple[FaultKind, ...]) -> str:
    return ", ".join(kind.value for kind in kinds)
