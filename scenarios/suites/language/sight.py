"""A running site and its application as conditions see them."""

from __future__ import annotations

from collections.abc import Mapping

from ....sim.domain.messages import Reading as Report
from ....sim.domain.metrics import Metric
from ....sim.simulation.simulation import Simulation
from ....sim.telemetry.instruments import Instruments
from .deeds import Deeds


class RunningSight:
    """Reads each component once a sampling, however many conditions ask."""

    def __init__(self, simulation: Simulation) -> None:
        """Look at a site from its start."""
        self._gateway = simulation.gateway
        self._instruments = Instruments(simulation.plant)
        self._reports: dict[str, Report] = {}
        self.metrics = {key: self._instruments.metrics(key) for key in simulation.site.components}
        """What each component reports, by its key."""
        self.deeds = Deeds(simulation.start_us)
        self.time_us = simulation.start_us
        self.last_us = simulation.start_us
        """Of the sampling before [µs since the Unix epoch]."""

    def move_to(self, time_us: int) -> None:
        """Take in that there is a new sampling [µs since the Unix epoch]."""
        self.last_us, self.time_us = self.time_us, time_us
        self._reports.clear()

    def read(self, key: str) -> Report:
        """Return what a component does at the sampling."""
        if key not in self._reports:
            self._reports[key] = self._gateway.sampled_last(key) or self._instruments.read(key)
        return self._reports[key]

    def sense(self, sensor_id: int) -> Mapping[Metric, float]:
        """Return what a sensor shows at the sampling."""
        return self._gateway.sensor_frame(sensor_id).values
