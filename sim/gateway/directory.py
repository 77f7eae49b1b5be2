"""Who is at a site, by the ids that clients know: components, sensors, and how they are connected."""

from __future__ import annotations

from collections.abc import Collection

from ..domain.categories import Category
from ..domain.messages import ComponentInfo, SensorInfo, UnknownComponentError
from ..plant.plant import Plant
from ..site.graph import connections, listed_keys
from .identity import describe, describe_sensor
from .readiness import named


class Directory:
    """Lists components and sensors, and finds them by id."""

    def __init__(self, plant: Plant) -> None:
        """Take down who is at the site of a plant."""
        site = plant.site
        self.keys = {component.id: key for key, component in site.components.items()}
        """Keys of components by id, in the order of the site file."""
        self.sensor_keys = {sensor.id: key for key, sensor in site.sensors.items()}
        """Keys of sensors by id."""
        self._infos = {site.components[key].id: describe(plant, key) for key in listed_keys(site)}
        self._connections = connections(site)
        self._site = site

    def components(
        self, ids: Collection[int], categories: Collection[Category] | None
    ) -> list[ComponentInfo]:
        """List components; see `Gateway.components`."""
        return [
            info
            for info in self._infos.values()
            if (not ids or info.id in ids) and (categories is None or info.category in categories)
        ]

    def connections(self, sources: Collection[int], destinations: Collection[int]) -> list[tuple[int, int]]:
        """List connections as pairs of ids; see `Gateway.connections`."""
        return [
            (source, destination)
            for source, destination in self._connections
            if (not sources or source in sources) and (not destinations or destination in destinations)
        ]

    def sensors(self, ids: Collection[int]) -> list[SensorInfo]:
        """List sensors; see `Gateway.sensors`."""
        return [
            describe_sensor(self._site, key)
            for number, key in self.sensor_keys.items()
            if not ids or number in ids
        ]

    def key(self, component_id: int) -> str:
        """Return the key of a component.

        Raises:
            UnknownComponentError: If the site has no such component.
        """
        key = self.keys.get(component_id)
        if key is None:
            known = named(sorted(self._infos))
            raise UnknownComponentError(f"no component has the id {component_id}; accepted: {known}")
        return key

    def sensor_key(self, sensor_id: int) -> str:
        """Return the key of a sensor.

        Raises:
            UnknownComponentError: If the site has no such sensor.
        """
        key = self.sensor_keys.get(sensor_id)
        if key is None:
            known = named(self.sensor_keys)
            raise UnknownComponentError(f"no sensor has the id {sensor_id}; accepted: {known}")
        return key
