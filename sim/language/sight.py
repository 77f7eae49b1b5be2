"""A running site and its application as conditions see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import NamedTuple, Protocol

from ..domain.messages import Frame, SensorInfo
from ..domain.messages import Reading as Report
from ..domain.metrics import Metric
from ..domain.onlookers import Onlookers
from ..site.site import Site
from ..telemetry.instruments import Instruments
from .deeds import Deeds


class ShownSite(Protocol):
    """What a site shows; a `Gateway`."""

    def sampled_last(self, key: str) -> Report | None:
        """Return what was read of a component at the last sampling."""
        ...

    def sensor_frame(self, sensor_id: int) -> Frame:
        """Return what a sensor reports now."""
        ...

    def sensors(self) -> Sequence[SensorInfo]:
        """Return what is told of the sensors."""
        ...


class Running(Protocol):
    """A site that runs; a `Simulation`."""

    site: Site
    instruments: Instruments
    onlookers: Onlookers

    @property
    def gateway(self) -> ShownSite:
        """What it shows."""
        ...

    @property
    def start_us(self) -> int:
        """When it began [µs since the Unix epoch]."""
        ...


class _Memory(NamedTuple):
    deeds: Deeds
    last_us: int
    sampled_us: int


class RunningSight:
    """Reads each component once a look, however many conditions ask."""

    def __init__(self, running: Running) -> None:
        """Look at a site from its start."""
        self._gateway = running.gateway
        self._instruments = running.instruments
        self._reports: dict[str, Report] = {}
        self.metrics = {key: self._instruments.metrics(key) for key in running.site.components}
        """What each component reports, by its key."""
        self.deeds = Deeds(running.start_us)
        self.time_us = running.start_us
        self.last_us = running.start_us
        """Of the sampling before [µs since the Unix epoch]."""
        self._sampled_us = running.start_us
        self._is_sampling = False
        running.onlookers.add(self)

    def remember(self) -> _Memory:
        """Return what there is to remember of commands and samplings; see `Onlooker`."""
        return _Memory(deepcopy(self.deeds), self.last_us, self._sampled_us)

    def recall(self, memory: _Memory | None, time_us: int) -> None:
        """Go on from there, or with nothing before a time [µs since the Unix epoch]; see `Onlooker`."""
        if memory is None:
            memory = _Memory(Deeds(time_us), time_us, time_us)
        self.deeds, self.last_us, self._sampled_us = deepcopy(memory)
        self.time_us, self._is_sampling = time_us, False
        self._reports.clear()

    def move_to(self, time_us: int) -> None:
        """Take in that there is a new sampling [µs since the Unix epoch], of which several may tell."""
        if self._is_sampling and time_us == self.time_us:
            return
        self.last_us, self._sampled_us, self.time_us = self._sampled_us, time_us, time_us
        self._is_sampling = True
        self._reports.clear()

    def look_at(self, time_us: int) -> None:
        """Look at the present [µs since the Unix epoch], between samplings."""
        if time_us > self._sampled_us:
            self.last_us = self._sampled_us
        self.time_us = time_us
        self._is_sampling = False
        self._reports.clear()

    def read(self, key: str) -> Report:
        """Return what a component does then."""
        if key not in self._reports:
            sampled = self._gateway.sampled_last(key) if self._is_sampling else None
            self._reports[key] = sampled or self._instruments.read(key)
        return self._reports[key]

    def sense(self, sensor_id: int) -> Mapping[Metric, float]:
        """Return what a sensor shows then."""
        return self._gateway.sensor_frame(sensor_id).values
