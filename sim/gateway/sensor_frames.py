"""Frames of sensors."""

from __future__ import annotations

from ..domain.messages import Frame, unsigned_zeros
from ..domain.states import StateCode
from ..engine.agenda import Engine
from ..engine.clock import Clock
from ..telemetry.sensors import Sensors
from .directory import Directory
from .line import Line
from .reporting import Reports
from .streams import Streams


class SensorFrames:
    """Makes the frames of sensors, and gives them to clients."""

    def __init__(
        self,
        directory: Directory,
        engine: Engine,
        clock: Clock,
        sensors: Sensors,
        streams: Streams,
        line: Line,
        reports: Reports,
    ) -> None:
        """Begin with sensors that are ready from now on.

        Args:
            directory: Finds sensors by id.
            engine: Says what time it is.
            clock: How simulated time meets the clients' time.
            sensors: Which read the weather.
            streams: Whoever listens to them.
            line: Carries the frames.
            reports: Say which frames are reported.
        """
        self._keys = directory.sensor_keys
        self._engine = engine
        self._clock = clock
        self._sensors = sensors
        self._streams = streams
        self._line = line
        self._reports = reports
        self._opened_us = clock.stamp_us(engine.now_us)

    def now(self, sensor_id: int) -> Frame:
        """Return what a sensor of the site reports now."""
        return Frame(
            component_id=sensor_id,
            sample_time_us=self._clock.stamp_us(self._engine.now_us),
            values=unsigned_zeros(self._sensors.read(self._keys[sensor_id])),
            bounds={},
            states=(StateCode.READY,),
            state_since_us=self._opened_us,
        )

    def push(self) -> None:
        """Let sensors take in the weather at a sampling, and push the frames of those that report it to who listens."""
        self._sensors.follow()
        for sensor_id, key in self._keys.items():
            if self._streams.count(sensor_id) or self._reports.chooses(key):
                frame = self.now(sensor_id)
                if self._reports.is_due(key, frame):
                    self._line.send(key, frame)
