"""What a fault must be for a component to break that way, wherever it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..domain.diagnostics import DIAGNOSTIC_CODES
from ..domain.faults import Fault, FaultKind
from ..domain.messages import RefusalStatus
from ..domain.metrics import Metric
from ..files.problems import one_of, shown

LONGEST_TEXT = 1000
"""Characters of a refusal; longer ones do not fit into the trailers of an answer."""
AMOUNTS = {FaultKind.NOISY: (0.0, 10.0), FaultKind.DRIFTING: (-1000.0, 1000.0)}
"""Least and greatest amount of the kinds that have one: relative standard deviation, relative drift per hour."""

_USED_BY = {
    "diagnostic": (FaultKind.TRIP,),
    "recoverable": (FaultKind.TRIP,),
    "amount": tuple(AMOUNTS),
    "metrics": (
        FaultKind.FROZEN, FaultKind.MISSING, FaultKind.NAN, FaultKind.NOISY, FaultKind.DRIFTING, FaultKind.WRONG_SIGN,
    ),
    "status": (FaultKind.REFUSED,),
    "text": (FaultKind.REFUSED,),
}  # fmt: skip
"""Which kinds each part of a fault says something of."""


class FaultError(ValueError):
    """A fault says what it cannot."""

    def __init__(self, part: str, found: str, accepted: str) -> None:
        """Say what is wrong with which part of the fault."""
        super().__init__(f"{part} is {found}; accepted: {accepted}")
        self.part = part
        self.found = found
        self.accepted = accepted


def check_fault(fault: Fault) -> None:
    """See that a fault says what can be, and nothing that its kind has no use for.

    Raises:
        FaultError: If not; says what is accepted.
    """
    for error in _errors(fault):
        raise error


def _errors(fault: Fault) -> Iterator[FaultError]:
    given = fault._asdict()
    for part, kinds in _USED_BY.items():
        if fault.kind not in kinds and given[part] != Fault._field_defaults[part]:
            found = f"{_shown(given[part])} with {fault.kind.value}, which has none"
            yield FaultError(part, found, f"with {_in_words(kinds)}")
    if fault.diagnostic not in DIAGNOSTIC_CODES:
        yield FaultError("diagnostic", _shown(fault.diagnostic), one_of(DIAGNOSTIC_CODES, fault.diagnostic))
    yield from _amount_errors(fault)
    unknown = [metric for metric in fault.metrics if metric not in list(Metric)]
    if unknown:
        yield FaultError("metrics", f"with {_shown(unknown[0])}", one_of(list(Metric), unknown[0]))
    if fault.status is not None and fault.status not in list(RefusalStatus):
        yield FaultError("status", _shown(fault.status), one_of(list(RefusalStatus), fault.status))
    yield from _text_errors(fault.text)


def _amount_errors(fault: Fault) -> Iterator[FaultError]:
    amount: object = fault.amount
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    lower, upper = AMOUNTS.get(fault.kind, (-math.inf, math.inf))
    if not is_number or not lower <= fault.amount <= upper:
        found = f"{amount:g}" if isinstance(amount, float) else _shown(amount)
        yield FaultError("amount", found, f"a number from {lower:g} to {upper:g}")


def _text_errors(text: object) -> Iterator[FaultError]:
    if not isinstance(text, str):
        yield FaultError("text", _shown(text), "text")
    elif len(text) > LONGEST_TEXT:
        yield FaultError("text", f"of {len(text)} characters", f"up to {LONGEST_TEXT}")
    elif any("\ud800" <= one <= "\udfff" for one in text):
        yield FaultError("text", f"{text!a}", "text without halves of characters (surrogates)")


def _shown(value: object) -> str:
    """Return a value in its words: text in quotes, whatever it looks like."""
    if isinstance(value, str):
        return repr(str(value))
    return ", ".join(map(str, value)) if isinstance(value, tuple) else shown(value)


def _in_words(kinds: tuple[FaultKind, ...]) -> str:
    return ", ".join(kind.value for kind in kinds)
