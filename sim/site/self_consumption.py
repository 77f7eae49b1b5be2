"""Which meters inverters keep at 0 W by themselves, and which of them would work against each other.

Meters through which the same power flows count as one, which their inverters share. Of others, an inverter behind both
that keeps the outer one has all that it does undone by one that keeps the inner one: together they would hunt for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..components.grid_connection_point import GridConnectionPoint
from ..components.inverter import BuiltInControl
from ..components.meter import Meter
from ..components.registry import type_of
from ..components.section import ComponentSection
from ..domain.categories import Category
from ..files.problems import Finding
from .graph import children
from .site import Site

_LOSSLESS = (Category.BREAKER, Category.STATIC_TRANSFER_SWITCH)


def kept_by(component: ComponentSection) -> str:
    """Return the key of what a component keeps at 0 W by itself; an empty text if nothing."""
    return component.self_consumption or "" if isinstance(component, BuiltInControl) else ""


def kept_meters(site: Site) -> dict[str, str]:
    """Return, of each inverter that keeps a meter at 0 W, what measures the same power nearest to the devices."""
    kept = {key: kept_by(component) for key, component in site.components.items()}
    return {key: _innermost(site, meter) for key, meter in kept.items() if meter in site.components}


def self_consumption_findings(site: Site) -> Iterator[Finding]:
    """Find inverters that would work against one that keeps a meter within theirs."""
    for key, other in undone(site).items():
        outer, inner = (kept_by(site.components[each]) for each in (key, other))
        found = f"{outer}, which {other} would undo: both are behind {inner}, which that keeps"
        yield Finding(("components", key, "self_consumption"), found, f"{inner}, or {outer} for {other} too")


def undone(site: Site) -> dict[str, str]:
    """Return the inverters whose control one that keeps a meter within theirs undoes, each with that one."""
    kept = kept_meters(site)
    above = {key: _above(site, key) for key in {*kept, *kept.values()}}
    return {
        key: other
        for key, outer in kept.items()
        for other, inner in kept.items()
        if outer in above[inner] and inner in above[key]
    }


def _innermost(site: Site, key: str) -> str:
    """Return the last of those through which the same power flows as through a component, from the grid outwards."""
    seen = {key}
    while _only_passes_on(site.components[key]):
        behind = children(site, key)
        if len(behind) != 1 or behind[0] in seen or len(site.components[behind[0]].behind) != 1:
            break
        (key,) = behind
        seen.add(key)
    return key


def _only_passes_on(component: ComponentSection) -> bool:
    """Say whether nothing but what is behind a component draws power, and nothing is lost in it."""
    if isinstance(component, Meter):
        return component.load is None
    return isinstance(component, GridConnectionPoint) or type_of(component).category in _LOSSLESS


def _above(site: Site, key: str) -> set[str]:
    """Return the keys of everything that a component is behind."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        parents = [each for each in site.components[waiting.pop()].behind if each in site.components]
        waiting += [each for each in parents if each not in found]
        found.update(parents)
    return found
