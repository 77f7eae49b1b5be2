"""What stands behind a gateway: models of devices, or a recorded day."""

from __future__ import annotations

from typing import Protocol

from ..plant.plant import Plant
from ..site.site import Site
from ..telemetry.instruments import Instruments


class Hardware(Protocol):
    """Makes the devices of a site and what reads them."""

    @property
    def site(self) -> Site:
        """The site that the hardware belongs to."""
        ...

    def build(self, *, start_us: int, seed: int) -> tuple[Plant, Instruments]:
        """Make the devices.

        Args:
            start_us: Simulated time at which they start [µs since the Unix epoch].
            seed: Of all noise.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
        """
        ...


class ModelledHardware:
    """Devices as the site file describes them."""

    def __init__(self, site: Site) -> None:
        """Take a valid site."""
        self.site = site

    def build(self, *, start_us: int, seed: int) -> tuple[Plant, Instruments]:
        """Make the devices; see `Hardware`."""
        plant = Plant(self.site, start_us=start_us, seed=seed)
        return plant, Instruments(plant)
