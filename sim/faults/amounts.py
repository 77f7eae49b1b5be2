"""How much of a fault there is: read from what people write, and said in words."""

from __future__ import annotations

from ..domain.faults import LEAST_CHANGE, OF_METRICS, Amount, Fault, FaultKind, unit_of_amount
from ..domain.metrics import Metric
from ..domain.printable import printable
from ..files.units import (
    AMPERE,
    CELSIUS,
    HERTZ,
    SECOND,
    VAR,
    VOLT,
    VOLT_AMPERE,
    WATT,
    WATT_HOUR,
    WATT_PER_SECOND,
    Unit,
)

_LEAST_CHANGE = LEAST_CHANGE * (1.0 - 1e-9)
"""As the difference of two numbers, neither of which is exact."""
_UNITS = {
    unit.inner: unit
    for unit in (WATT, VAR, VOLT_AMPERE, WATT_HOUR, VOLT, AMPERE, HERTZ, SECOND, CELSIUS, WATT_PER_SECOND)
} | {
    "1": Unit("1", {"": 1.0, "%": 0.01}),
    "1/h": Unit("1/h", {"": 1.0, "%/h": 0.01, "1/h": 1.0}),
    "s/h": Unit("s/h", {"s/h": 1.0, "s/d": 1.0 / 24.0, "ppm": 3.6e-3}),
    "1/s": Unit("1/s", {"1/s": 1.0, "1/min": 1.0 / 60.0}),
}


def amount_unit(kind: FaultKind, metrics: tuple[Metric, ...] = ()) -> Unit:
    """Return the unit of the amount of a kind that has one, given the metrics that a fault names."""
    name = unit_of_amount(kind, metrics)
    return _UNITS.get(name) or Unit(name, {name: 1.0})


def accepted_amounts(kind: FaultKind, metrics: tuple[Metric, ...] = ()) -> str:
    """Return what the amount of a kind that has one can be, in words."""
    assert kind.amount is not None
    lower, upper = (_in_words(kind, metrics, edge) for edge in (kind.amount.lower, kind.amount.upper))
    start = "a number " if amount_unit(kind, metrics).inner in ("1", "1/h") else ""
    if kind.amount.nothing is None:
        return f"{start}from {lower} to {upper}"
    nothing, least = (_in_words(kind, metrics, edge) for edge in (kind.amount.nothing, LEAST_CHANGE))
    return f"{start}from {lower} to {upper}, other than {nothing} by {least} or more"


def is_within(amount: Amount, value: float) -> bool:
    """Say whether there can be so much of a kind."""
    changes = amount.nothing is None or abs(value - amount.nothing) >= _LEAST_CHANGE
    return amount.lower <= value <= amount.upper and changes


def default_in_words(kind: FaultKind) -> str:
    """Return what an amount is if nothing is said, in words; empty if it must be said."""
    assert kind.amount is not None
    return kind.amount.without or (
        "" if kind.amount.default is None else _in_words(kind, (), kind.amount.default)
    )


def fault_in_words(fault: Fault) -> str:
    """Return what a fault does, with how much of it."""
    amount = ""
    if fault.kind.amount is not None:
        amount = fault.kind.amount.without
        if fault.amount is not None or fault.kind.amount.default is not None:
            amount = _shown(fault)
    return fault.kind.words.format(amount=amount, diagnostic=fault.diagnostic)


def answer_in_words(fault: Fault) -> str:
    """Return what clients are told by a fault that says it, to follow what it does; empty if it does not say it."""
    told = [str(fault.status)] if fault.status is not None else []
    told += [f'"{printable(fault.text)}"'] if fault.text else []
    return f": {', '.join(told)}" if told else ""


def units_in_words(kind: FaultKind) -> str:
    """Return the units that an amount of a kind may be written in."""
    assert kind.amount is not None
    if kind.amount.unit == OF_METRICS:
        return "of the metrics, W if none"
    return ", ".join(spelling or "a number" for spelling in amount_unit(kind).factors)


def _shown(fault: Fault) -> str:
    unit = amount_unit(fault.kind, fault.metrics)
    if unit.inner == "1" and fault.kind.amount is not None and fault.kind.amount.upper <= 1.0:
        return f"{100.0 * fault.size:.10g} %"
    if unit.inner in ("1", "1/h"):
        return f"{fault.size:.10g}" + (" an hour" if unit.inner == "1/h" else "")
    return unit.in_words(fault.size)


def _in_words(kind: FaultKind, metrics: tuple[Metric, ...], value: float) -> str:
    unit = amount_unit(kind, metrics)
    return f"{value:g}" if unit.inner in ("1", "1/h") else unit.in_words(value)
