"""What a client tells a component, in words: a power, bounds, start, stop, standby or acknowledge."""

from __future__ import annotations

from collections.abc import Mapping

from ..components.registry import type_of
from ..domain.categories import Category
from ..domain.commands import Acknowledge, AugmentBounds, ClientCommand, SetPower, Standby, Start, Stop
from ..domain.metrics import Metric, PowerType
from ..files.problems import shown
from ..files.units import VAR, WATT
from ..site.site import Site
from ..telemetry.power_bounds import METRIC_OF

SWITCHING: Mapping[str, type[Start | Stop | Standby | Acknowledge]] = {
    "start": Start,
    "stop": Stop,
    "standby": Standby,
    "acknowledge": Acknowledge,
}
_LIFETIMES_S = (10, 900)
_BOUNDS_LIFETIMES_S = (5, 900)
"""What the API lets a set-point and bounds live for [s]."""


class ToldError(ValueError):
    """Words that tell a component nothing."""

    def __init__(self, part: str, found: str, accepted: str) -> None:
        """Say what is wrong with which part: `told`, `bounds`, `lower`, `upper` or `for`."""
        super().__init__(f"{part} is {found}; accepted: {accepted}")
        self.part, self.found, self.accepted = part, found, accepted


def told(component_id: int, words: str, lifetime_s: float | None = None) -> ClientCommand:
    """Return the command of what a component is told.

    Args:
        component_id: Of the component.
        words: A power (`10 kW`, `-3 kvar`), `start`, `stop`, `standby` or `acknowledge`.
        lifetime_s: Of a set-point [s]; that of the API if None.

    Raises:
        ToldError: If the words tell nothing, or a set-point cannot live that long.
    """
    if words in SWITCHING:
        return SWITCHING[words](component_id)
    lifetime = _lifetime_s(lifetime_s, _LIFETIMES_S, "a set-point")
    power = _power(words)
    if power is None:
        raise ToldError("told", shown(words), f"a power (10 kW, -3 kvar), {', '.join(SWITCHING)}")
    return SetPower(component_id, *power, lifetime)


def told_bounds(
    site: Site, key: str, lower: str | None, upper: str | None, lifetime_s: float | None = None
) -> AugmentBounds:
    """Return the command of bounds within which the power of a component is to stay.

    Args:
        site: Where it is.
        key: Of the component.
        lower: Least power, such as `-10 kW` or `-3 kvar`; none if None.
        upper: Greatest power.
        lifetime_s: Of the bounds [s]; that of the API if None.

    Raises:
        ToldError: If they are no powers of one kind, or bounds cannot live that long.
    """
    is_battery = type_of(site.components[key]).category is Category.BATTERY
    lifetime = _lifetime_s(lifetime_s, _BOUNDS_LIFETIMES_S, "bounds")
    read: dict[str, tuple[Metric, float]] = {}
    for name, text in (("lower", lower), ("upper", upper)):
        if text is not None:
            power = _power(text)
            if power is None:
                raise ToldError(name, shown(text), "a power (10 kW, -3 kvar)")
            power_type, value = power
            if is_battery and power_type is PowerType.REACTIVE:
                raise ToldError(name, shown(text), "an active power (10 kW), as of a battery")
            read[name] = (Metric.DC_POWER if is_battery else METRIC_OF[power_type]), value
    metrics = {metric for metric, _ in read.values()}
    if len(metrics) != 1:
        found = f"from {lower} to {upper}" if metrics else "without an edge"
        raise ToldError("bounds", found, "two powers of one kind" if metrics else "lower, upper, or both")
    edges = tuple(read[name][1] if name in read else None for name in ("lower", "upper"))
    return AugmentBounds(site.components[key].id, metrics.pop(), ((edges[0], edges[1]),), lifetime)


def _power(text: str) -> tuple[PowerType, float] | None:
    for power_type, unit in ((PowerType.ACTIVE, WATT), (PowerType.REACTIVE, VAR)):
        try:
            return power_type, unit.parse(text)
        except ValueError:
            continue
    return None


def _lifetime_s(wanted_s: float | None, range_s: tuple[int, int], of: str) -> int | None:
    lifetime_s = None if wanted_s is None else round(wanted_s)
    least, most = range_s
    if lifetime_s is not None and not least <= lifetime_s <= most:
        raise ToldError("for", f"{lifetime_s} s", f"{least} s to {most} s, as long as {of} may live")
    return lifetime_s
