"""What keeps to the feed-in limit of a site by itself: photovoltaics, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.component_type import Way
from ..components.grid_connection_point import GridConnectionPoint
from ..components.grid_limits import Limit
from ..components.hybrid_inverter import HybridInverter
from ..components.registry import type_of
from ..components.section import ComponentSection
from ..domain.categories import Category
from ..files.problems import Finding
from .site import Site

_PHOTOVOLTAICS = (Category.PV_INVERTER, Category.HYBRID_INVERTER)


def feed_in_findings(site: Site) -> Iterator[Finding]:
    """Find limits that are a part of the peak power of photovoltaics where there are none."""
    if any(map(_keeps_to_limit, site.components.values())):
        return
    for key, component in site.components.items():
        limit = component.feed_in_limit if isinstance(component, GridConnectionPoint) else None
        if limit is None:
            continue
        given = limit if isinstance(limit, Limit) else limit.points[0].value
        if given.is_share:
            accepted = (
                "a power, such as 0 W: there are no photovoltaics of whose peak power it would be a part"
            )
            yield Finding(("components", key, "feed_in_limit"), f"{100.0 * given.amount:g} %", accepted)


def feed_in_note(site: Site) -> str:
    """Say what feeds in whatever the feed-in limit of a valid site is; nothing if there are none or no limit."""
    components = site.components
    if all(getattr(component, "feed_in_limit", None) is None for component in components.values()):
        return ""
    others = [
        f"{key} ({component.category}{' without modules' if isinstance(component, HybridInverter) else ''})"
        for key, component in components.items()
        if _feeds_in(component) and not _keeps_to_limit(component)
    ]
    if any(map(_keeps_to_limit, components.values())):
        return f"Only photovoltaics keep to feed_in_limit, not {', '.join(others)}" if others else ""
    none = "Nothing keeps to feed_in_limit, since there are no photovoltaics"
    return f"{none}; {', '.join(others)} will not" if others else none


def _feeds_in(component: ComponentSection) -> bool:
    """Say whether a component is taken for one that keeps to a limit, or that delivers whatever the limit is."""
    return type_of(component).way is Way.PRODUCES or isinstance(component, HybridInverter)


def _keeps_to_limit(component: ComponentSection) -> bool:
    if isinstance(component, HybridInverter):
        return component.has_array
    return type_of(component).category in _PHOTOVOLTAICS
