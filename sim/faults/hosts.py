"""On which components of a site which faults can be."""

from __future__ import annotations

from ..components.registry import type_of
from ..components.section import ComponentSection, FlexibleDevice, Lapsing
from ..domain.categories import Category
from ..domain.faults import Hosts

_CATEGORIES = {
    Hosts.BATTERIES: Category.BATTERY,
    Hosts.CHARGERS: Category.EV_CHARGER,
    Hosts.CHPS: Category.CHP,
}


def can_host(hosts: Hosts, section: ComponentSection) -> bool:
    """Say whether a component is among those on which a kind of fault can be, by what the site file says."""
    if hosts is Hosts.ANY:
        return True
    if hosts is Hosts.COMMANDED and section.category is Category.GRID_CONNECTION_POINT:
        return True
    if hosts in (Hosts.SWITCHED, Hosts.COMMANDED) and type_of(section).switchgear(section) is not None:
        return True
    if hosts in _CATEGORIES:
        return section.category is _CATEGORIES[hosts]
    takes_set_points = isinstance(section, FlexibleDevice | Lapsing) or type_of(section).package is not None
    is_battery = section.category is Category.BATTERY
    return takes_set_points or (hosts is Hosts.DEVICES and is_battery)
