"""Who is connected to whom: a site's graph in the order in which the plant works through it."""

from __future__ import annotations

from typing import NamedTuple

from .graph import topological_order
from .site import Battery, BatteryInverter, Site


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
    batteries_of: dict[str, tuple[str, ...]]
    """Batteries behind each battery inverter."""
    groups: tuple[DcGroup, ...]


def wire(site: Site) -> Wiring:
    """Resolve the graph of a valid site."""
    parents = {key: component.behind for key, component in site.components.items()}
    order = topological_order(site)
    batteries = [key for key in order if isinstance(site.components[key], Battery)]
    batteries_of = {
        key: tuple(battery for battery in batteries if key in parents[battery])
        for key in order
        if isinstance(site.components[key], BatteryInverter)
    }
    return Wiring(
        order=order,
        parents=parents,
        ac_order=tuple(key for key in order if key not in batteries),
        batteries_of=batteries_of,
        groups=_groups(batteries_of),
    )


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
