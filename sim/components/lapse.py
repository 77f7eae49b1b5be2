"""What a device does when a set-point of active power lapses, which is a choice of its maker."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from ..domain.ranges import Bounds
from ..files.sections import refuse
from ..files.units import WATT


class LapseKind(StrEnum):
    """What takes the place of a set-point that has lapsed."""

    RELEASE = "release"
    """What the device does by itself: batteries rest or follow their meter, photovoltaics deliver all they can."""
    ZERO = "zero"
    """A set-point of 0, until a client gives another."""
    HOLD = "hold"
    """The set-point itself, until a client gives another."""
    POWER = "power"
    """A set-point that the site file names."""


class Lapse(NamedTuple):
    """What takes the place of a set-point of active power that has lapsed."""

    kind: LapseKind
    power_w: float = 0.0
    """Of `POWER` [W]."""

    def instead_of(self, power_w: float) -> float | None:
        """Return the set-point that takes the place of another [W]; None releases the device."""
        match self.kind:
            case LapseKind.RELEASE:
                return None
            case LapseKind.ZERO:
                return 0.0
            case LapseKind.HOLD:
                return power_w
            case LapseKind.POWER:
                return self.power_w


def lapse_contradiction(lapse: Lapse, told: Bounds, gap: Bounds) -> tuple[str, str] | None:
    """Return what a device is to fall back on that it cannot be told, and what it can; None if it can.

    Args:
        lapse: What takes the place of a set-point.
        told: What the device can be told [W].
        gap: Around 0, in which it can be told nothing but 0 [W].
    """
    power_w = lapse.power_w
    if lapse.kind is not LapseKind.POWER or (
        told.contains(power_w) and (power_w == 0.0 or not gap.lower < power_w < gap.upper)
    ):
        return None
    ways = [Bounds(told.lower, gap.lower), Bounds(gap.upper, told.upper)] if any(gap) else [told]
    words = [f"{WATT.in_words(lower)} to {WATT.in_words(upper)}" for lower, upper in ways if lower <= upper]
    return WATT.in_words(power_w), " or ".join(
        [*(["0 W"] if all(gap) else []), *words]
    ) + ", what it can be told"


_ACCEPTED = "release, zero, hold, or a power (-5 kW)"
_WORDS = (LapseKind.RELEASE, LapseKind.ZERO, LapseKind.HOLD)


def parse_lapse(value: object) -> Lapse:
    """Read what a site file says.

    Raises:
        ValueError: If it is none; says what is accepted.
    """
    if isinstance(value, Lapse):
        return value
    if isinstance(value, str) and value in _WORDS:
        return Lapse(LapseKind(value))
    try:
        return Lapse(LapseKind.POWER, WATT.parse(value))
    except ValueError:
        raise refuse(_ACCEPTED) from None


def _write(lapse: Lapse) -> str:
    return WATT.write(lapse.power_w) if lapse.kind is LapseKind.POWER else lapse.kind.value


LapseInput = Annotated[
    Lapse,
    PlainValidator(parse_lapse),
    PlainSerializer(_write, when_used="json"),
    WithJsonSchema({"type": "string", "description": _ACCEPTED}, mode="validation"),
]
