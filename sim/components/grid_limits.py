"""Limits of what a site draws from the grid and feeds into it: what a site file says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Discriminator, PlainSerializer, PlainValidator, Tag, WithJsonSchema

from ..files.sections import refuse
from ..files.units import FRACTION, WATT, NonNegativePower
from ..inputs.build import build_signal
from ..inputs.signal import Constant
from ..inputs.specs import Inline
from .component_type import FeedInLimit
from .setting import Setting

_LIMITS = "a part of the peak power of all photovoltaics (60 %), or a power (5 kW, 0 W)"
_SHARE, _POWER = FRACTION.within(lower=0.0, upper=1.0), WATT.within(lower=0.0)


class Limit(NamedTuple):
    """A limit of what is fed in, as a site file writes it."""

    amount: float
    """Part of the peak power of all photovoltaics [1], or a power [W]."""
    is_share: bool


def _read_limit(text: object) -> Limit:
    if isinstance(text, Limit):
        return text
    is_share = isinstance(text, str) and text.rstrip().endswith("%")
    try:
        return Limit((_SHARE if is_share else _POWER).parse(text), is_share)
    except ValueError:
        raise refuse(_LIMITS) from None


def write_limit(limit: Limit) -> str:
    """Return a limit as a site file writes it."""
    return (_SHARE if limit.is_share else _POWER).write(limit.amount)


_OneLimit = Annotated[
    Limit,
    PlainValidator(_read_limit),
    PlainSerializer(write_limit, when_used="json"),
    WithJsonSchema({"type": "string", "description": _LIMITS}, mode="validation"),
]


def _all_alike(limits: Inline[_OneLimit]) -> Inline[_OneLimit]:
    if len({point.value.is_share for point in limits.points}) > 1:
        raise refuse("points that are all parts of the peak power, or all powers")
    return limits


FeedInInput = Annotated[
    Annotated[_OneLimit, Tag("quantity")]
    | Annotated[Inline[_OneLimit], AfterValidator(_all_alike), Tag("inline")],
    Discriminator(lambda value: "inline" if isinstance(value, Mapping | Inline) else "quantity"),
]
"""Greatest power into the grid, always or over time."""
ImportInput = Annotated[
    Annotated[NonNegativePower, Tag("quantity")] | Annotated[Inline[NonNegativePower], Tag("inline")],
    Discriminator(lambda value: "inline" if isinstance(value, Mapping | Inline) else "quantity"),
]
"""Greatest power that may be drawn, always or over time [W]."""


def feed_in_limit(spec: FeedInInput | None, setting: Setting) -> FeedInLimit | None:
    """Return the limit of what flows into the grid over time; None if there is none."""
    if spec is None:
        return None
    if isinstance(spec, Limit):
        return FeedInLimit(Constant(spec.amount), spec.is_share)
    amounts = tuple(point.model_copy(update={"value": point.value.amount}) for point in spec.points)
    signal = build_signal(spec.model_copy(update={"points": amounts}), setting.of_input("feed_in_limit"))
    return FeedInLimit(signal, spec.points[0].value.is_share)
