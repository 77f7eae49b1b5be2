"""Components that each kind of fault can be on."""

from __future__ import annotations

from ..components.component_type import ComponentType
from ..components.ours import OURS
from ..components.registry import type_of
from ..components.section import ComponentSection, FlexibleDevice, Lapsing
from ..domain.categories import Category
from ..domain.faults import Hosts

_WITH_SET_POINTS = (FlexibleDevice, Lapsing)
_CATEGORIES = {
    Hosts.BATTERIES: Category.BATTERY,
    Hosts.CHARGERS: Category.EV_CHARGER,
    Hosts.CHPS: Category.CHP,
}


def can_host(hosts: Hosts, section: ComponentSection) -> bool:
    """Say whether a component is among those on which a kind of fault can be, by what the site file says."""
    if hosts is Hosts.ANY:
        return True
    kind = type_of(section)
    if hosts is Hosts.COMMANDED and kind.category is Category.GRID_CONNECTION_POINT:
        return True
    if hosts in (Hosts.SWITCHED, Hosts.COMMANDED) and kind.switchgear(section) is not None:
        return True
    if hosts in _CATEGORIES:
        return kind.category is _CATEGORIES[hosts]
    return _takes_set_points(kind, section) or (hosts is Hosts.DEVICES and kind.category is Category.BATTERY)


def _takes_set_points(kind: ComponentType, section: ComponentSection) -> bool:
    if isinstance(section, _WITH_SET_POINTS):
        return True
    # A package may have a section of its own, of which its category alone tells.
    return kind.package is not None and any(
        ours.category is kind.category and issubclass(ours.section, _WITH_SET_POINTS) for ours in OURS
    )
