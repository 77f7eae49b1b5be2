"""The site behind an address, as its lists tell, and who may try what on which component."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from .api import Api
from .values import Component

CONTROLLABLE = (
    "INVERTER",
    "EV_CHARGER",
    "STEAM_BOILER",
    "ELECTROLYZER",
    "CHP",
    "WIND_TURBINE",
    "CAPACITOR_BANK",
)
"""Categories that take set-points, by the API's text and the SDK's use."""
TAKING_THEIR_TIME = ("STEAM_BOILER", "ELECTROLYZER", "CHP")
"""Categories that start, and warm up, before they follow a set-point."""
WITH_AC_FRAME = ("METER", "INVERTER", "EV_CHARGER", "CHP", "STEAM_BOILER")
"""Categories of which the SDK asks the fifteen AC metrics."""


class Site:
    """Components and connections as listed."""

    def __init__(self, components: Iterable[Component], connections: Iterable[tuple[int, int]]) -> None:
        self.components = {component.id: component for component in components}
        self.movable: frozenset[int] = frozenset()
        """Ids of components whose active power has room to move, as seen at the start."""
        self.connections = tuple(connections)
        self._after: defaultdict[int, list[int]] = defaultdict(list)
        self._before: defaultdict[int, list[int]] = defaultdict(list)
        for source, destination in self.connections:
            self._after[source].append(destination)
            self._before[destination].append(source)

    def successors(self, component_id: int) -> list[Component]:
        """Return what is right behind a component."""
        return [self.components[number] for number in self._after[component_id] if number in self.components]

    def predecessors(self, component_id: int) -> list[Component]:
        """Return what is right in front of a component."""
        return [self.components[number] for number in self._before[component_id] if number in self.components]

    def of(self, *categories: str, kind: str | None = None) -> list[Component]:
        """Return the components of some categories, and of one kind if given."""
        return [
            component
            for component in self.components.values()
            if component.category in categories and (kind is None or component.kind == kind)
        ]

    def batteries(self, inverter_id: int) -> list[Component]:
        """Return the batteries right behind an inverter."""
        return [component for component in self.successors(inverter_id) if component.category == "BATTERY"]

    def neighbourhood(self, component_id: int) -> frozenset[int]:
        """Return a component with all whose power moves along with it: batteries and the inverters they share."""
        batteries = {battery.id for battery in self.batteries(component_id)}
        if component_id in self.components and self.components[component_id].category == "BATTERY":
            batteries.add(component_id)
        inverters = {inverter.id for number in batteries for inverter in self.predecessors(number)}
        return frozenset({component_id} | batteries | inverters)

    @property
    def unknown_id(self) -> int:
        """An id that nothing has."""
        return max(self.components, default=0) + 1_000_003


Candidates = Callable[[Site], Sequence[int]]
"""Picks the components that a check can be made on, the best first."""


def battery_inverters(site: Site) -> Sequence[int]:
    """Pick battery inverters that have batteries and take commands."""
    inverters = [*site.of("INVERTER", kind="BATTERY"), *site.of("INVERTER", kind="HYBRID")]
    return [inverter.id for inverter in inverters if takes_commands(inverter) and site.batteries(inverter.id)]


def controllables(site: Site) -> Sequence[int]:
    """Pick components that take set-points; battery inverters first, since they go both ways."""
    first = battery_inverters(site)
    others = [component.id for component in site.of(*CONTROLLABLE) if takes_commands(component)]
    return [*first, *(number for number in others if number not in first)]


def movables(site: Site) -> Sequence[int]:
    """Pick components whose active power can be moved at once: inverters, else what takes longer to start.

    EV chargers come last: below the least current of a charging point they pause.
    """
    able = [number for number in controllables(site) if number in site.movable]
    categories = {number: site.components[number].category for number in able}
    for wanted in (("INVERTER",), tuple(name for name in CONTROLLABLE if name != "EV_CHARGER"), CONTROLLABLE):
        if found := [number for number in able if categories[number] in wanted]:
            return found
    return []


def movable_battery_inverters(site: Site) -> Sequence[int]:
    """Pick battery inverters whose active power has room to move."""
    return [number for number in battery_inverters(site) if number in site.movable]


def gives_what_is_offered(component: Component) -> bool:
    """Say whether a component gives by itself what sun or wind offer."""
    return component.kind == "PV" or component.category == "WIND_TURBINE"


def takes_commands(component: Component) -> bool:
    """Say whether a component does not rule out commands by its operational mode."""
    return component.mode not in ("INACTIVE", "TELEMETRY_ONLY")


class Leases:
    """Sees to it that one check at a time commands a component or its neighbours."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._returned = asyncio.Condition()

    @asynccontextmanager
    async def lease(self, site: Site, candidates: Sequence[int]) -> AsyncIterator[int]:
        """Have the best component that is free, waiting for one if none is."""
        async with self._returned:
            while (found := self._free(site, candidates)) is None:
                await self._returned.wait()
            mine = site.neighbourhood(found)
            self._taken |= mine
        try:
            yield found
        finally:
            async with self._returned:
                self._taken -= mine
                self._returned.notify_all()

    def _free(self, site: Site, candidates: Sequence[int]) -> int | None:
        return next((number for number in candidates if not site.neighbourhood(number) & self._taken), None)


async def discover(api: Api) -> Site:
    """Ask a server what it has."""
    return Site(await api.components(), await api.connections())
