"""Who is connected to whom: a site's graph in the order in which the plant works through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..components.component_type import DC_PARENTS
from ..components.registry import type_of
from ..domain.categories import Category
from ..site.graph import topological_order
from ..site.site import Site


class DcGroup(NamedTuple):
    """Inverters and batteries that share direct current, each side as keys in the file's order."""

    inverters: tuple[str, ...]
    batteries: tuple[str, ...]


class Wiring(NamedTuple):
    """A site's graph, resolved."""

    order: tuple[str, ...]
    """All keys, parents before children."""
    parents: dict[str, tuple[str, ...]]
    ac_order: tuple[str, ...]
    """Keys of the components on the AC side, parents before children."""
    dc_passages: tuple[str, ...]
    """Keys of what direct current passes through between inverters and batteries, parents before children."""
    batteries_of: dict[str, tuple[str, ...]]
    """Batteries behind each inverter that has any, whatever lies between."""
    groups: tuple[DcGroup, ...]

    def behind(self, key: str) -> set[str]:
        """Return a component and all that is on its far side from the grid."""
        behind = {key}
        for other in self.order:
            if behind & set(self.parents[other]):
                behind.add(other)
        return behind

    def batteries_behind(self, key: str) -> tuple[str, ...]:
        """Return the batteries behind something between inverters and batteries."""
        behind = self.behind(key)
        batteries = (battery for group in self.groups for battery in group.batteries)
        return tuple(battery for battery in batteries if battery in behind)


def wire(site: Site) -> Wiring:
    """Resolve the graph of a valid site."""
    parents = {key: component.behind for key, component in site.components.items()}
    order = topological_order(site)
    categories = {key: type_of(component).category for key, component in site.components.items()}
    inverters = [key for key in order if categories[key] in DC_PARENTS]
    feeding: dict[str, set[str]] = {key: {key} for key in inverters}
    for key in order:
        if key not in feeding and (above := [parent for parent in parents[key] if parent in feeding]):
            feeding[key] = set[str]().union(*(feeding[parent] for parent in above))
    batteries = [key for key in order if categories[key] is Category.BATTERY]
    batteries_of = {
        key: tuple(battery for battery in batteries if key in feeding[battery]) for key in inverters
    }
    dc_keys = feeding.keys() - set(inverters)
    return Wiring(
        order=order,
        parents=parents,
        ac_order=tuple(key for key in order if key not in dc_keys),
        dc_passages=tuple(key for key in order if key in dc_keys and key not in batteries),
        batteries_of=batteries_of,
        groups=_groups(batteries_of),
    )


def sum_towards_inverters(
    battery_dc_w: Mapping[str, float], wiring: Wiring, parents: Mapping[str, tuple[str, ...]]
) -> dict[str, float]:
    """Return the power through everything between inverters and batteries [W].

    What is behind several others draws from each of them in equal parts, as on the AC side.

    Args:
        battery_dc_w: At the terminals of each battery [W].
        wiring: Of the site.
        parents: Of each component, those on the grid's side that conduct.
    """
    through = dict(battery_dc_w) | dict.fromkeys(wiring.dc_passages, 0.0)
    for key in reversed(wiring.order):
        if key in through:
            for parent in parents[key]:
                if parent in wiring.dc_passages:
                    through[parent] += through[key] / len(parents[key])
    return {key: through[key] for key in wiring.dc_passages}


def _groups(batteries_of: dict[str, tuple[str, ...]]) -> tuple[DcGroup, ...]:
    groups: list[DcGroup] = []
    for key, batteries in batteries_of.items():
        joined = [group for group in groups if set(group.batteries) & set(batteries)]
        groups = [group for group in groups if group not in joined]
        others = [battery for group in joined for battery in group.batteries]
        groups.append(
            DcGroup(
                inverters=(*(other for group in joined for other in group.inverters), key),
                batteries=tuple(dict.fromkeys([*others, *batteries])),
            )
        )
    return tuple(groups)
