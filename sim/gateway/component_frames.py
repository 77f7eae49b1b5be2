"""Frames of components: what is read of them, with what faults make of it, and since when they have been so."""

from __future__ import annotations

from collections.abc import Iterable

from ..domain.messages import Frame, Reading, unsigned
from ..domain.metrics import Wanted
from ..engine.agenda import Engine
from ..engine.clock import Clock
from ..faults.injector import Faults
from ..telemetry.instruments import Instruments
from .conditions import Conditions
from .directory import Directory
from .line import Line
from .reporting import Reports
from .streams import Streams


class ComponentFrames:
    """Makes the frames of components, and sends them to clients."""

    def __init__(
        self,
        directory: Directory,
        engine: Engine,
        clock: Clock,
        instruments: Instruments,
        faults: Faults,
        conditions: Conditions,
        streams: Streams,
        line: Line,
        reports: Reports,
    ) -> None:
        """Begin with nothing sent.

        Args:
            directory: Finds components by id.
            engine: Says what time it is.
            clock: How simulated time meets the clients' time.
            instruments: Which read the plant.
            faults: What is broken between the plant and the clients.
            conditions: Remember how components are.
            streams: Say to whom somebody listens.
            line: Carries the frames.
            reports: Say which frames are reported.
        """
        self._keys = directory.keys
        self._engine = engine
        self._clock = clock
        self._instruments = instruments
        self._faults = faults
        self._conditions = conditions
        self._wanted = streams.wanted
        self._line = line
        self._reports = reports
        self._sampled_last: dict[str, Reading] = {}
        self._stamps: dict[int, int] = {}
        """What clients are told for times at this instant [µs]."""
        self.set_by_us = 0
        """By how much the clock of the last sampling had been set ahead since the start [µs]."""

    def now(self, component_id: int) -> Frame:
        """Return what a component of the site reports now, faults aside."""
        key = self._keys[component_id]
        reading = self._instruments.read(key)
        since_us = self._conditions.since_us(key, reading.told)
        self._stamps.clear()
        return self._frame(component_id, reading, self._clock.stamp_us(self._engine.now_us), since_us)

    def sampled_last(self, key: str) -> Reading | None:
        """Return what was read of a component at the last sampling, faults aside; None if not all of it was read."""
        return self._sampled_last.get(key)

    def send(self, component_ids: Iterable[int], *, all_of_them: bool) -> list[Frame]:
        """Notice how components are at a sampling, and send the frames of those that report it to who listens.

        Args:
            component_ids: Of those that are sampled.
            all_of_them: Whether somebody listens to all.

        Returns:
            The frames that were read, reported or not.
        """
        now_us = self._clock.stamp_us(self._engine.now_us)
        self.set_by_us = self._clock.set_by_us(self._engine.now_us)
        self._sampled_last.clear()
        self._stamps.clear()
        frames = []
        for number in component_ids:
            key = self._keys[number]
            takes_all = all_of_them or self._reports.chooses(key)
            if takes_all or number in self._wanted or self._faults.collects(key):
                wanted = None if takes_all else self._wanted.get(number)
                frame = self._sampled(number, key, wanted, now_us)
                if frame is not None:
                    frames.append(frame)
            elif (told := self._instruments.told(key)) is not None:
                self._conditions.notice(key, told)
        for frame in frames:
            key = self._keys[frame.component_id]
            if self._reports.is_due(key, frame):
                self._line.send(key, frame)
        return frames

    def _sampled(self, number: int, key: str, wanted: Wanted, stamp_us: int) -> Frame | None:
        """Return the frame of what a component reports at a sampling; None if it says nothing then."""
        if wanted is not None and (self._faults.present(key) or self._line.holds(key)):
            # Some faults remember what they show, or show another metric in its place; what waits may come to others.
            wanted = None
        reading = self._instruments.sample(key, wanted)
        if reading is None:
            return None
        if wanted is None:
            self._sampled_last[key] = reading
        true = reading.told
        since_us = self._conditions.notice(key, true)
        reported = self._faults.report(key, reading, stamp_us)
        if reported is None:
            return None
        if reported[0] is reading:
            self._conditions.show_truth(key)
        else:
            since_us = self._conditions.show(key, true, reported[0].told, since_us)
            reported = unsigned(reported[0]), reported[1]
        return self._frame(number, *reported, since_us)

    def _frame(self, number: int, reading: Reading, stamp_us: int, since_us: int) -> Frame:
        return Frame(
            component_id=number,
            sample_time_us=stamp_us,
            values=reading.values,
            bounds=reading.bounds,
            states=reading.states,
            state_since_us=self._stamp_us(since_us),
            warnings=reading.warnings,
            errors=reading.errors,
        )

    def _stamp_us(self, since_us: int) -> int:
        stamp_us = self._stamps.get(since_us)
        if stamp_us is None:
            stamp_us = self._stamps[since_us] = self._clock.stamp_us(since_us)
        return stamp_us
