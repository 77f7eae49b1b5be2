"""When a site is sampled: at its interval or by the timetable of a recording, large sites in turns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..domain.events import FrameListener, Subscribers
from ..domain.messages import Frame
from ..domain.timestamps import MICROSECONDS
from ..engine.agenda import Engine, always
from ..engine.clock import Clock
from ..plant.plant import Plant
from ..telemetry.instruments import Instruments
from .component_frames import ComponentFrames
from .directory import Directory
from .sensor_frames import SensorFrames

_FRAMES_A_TURN = 100
"""Larger sites report in turns of at most so many components, lest the last frames wait for the first."""
_FRAMES_AT_ONCE = 20
"""Frames of a turn, between which an event loop has its round; a command has the rest sampled before it counts."""


class _Sample(NamedTuple):
    """One frame of every component of a site."""

    time_us: int
    frames: Sequence[Frame]


class Sampling:
    """Lets components and sensors report, again and again."""

    def __init__(
        self,
        plant: Plant,
        directory: Directory,
        engine: Engine,
        clock: Clock,
        instruments: Instruments,
        components: ComponentFrames,
        sensors: SensorFrames,
    ) -> None:
        """Have the first sampling on the agenda.

        Args:
            plant: Brought up to date at each sampling.
            directory: Knows all ids.
            engine: Whose agenda carries samplings.
            clock: How simulated time meets the clients' time.
            instruments: May have a timetable.
            components: Whose frames are sent.
            sensors: Whose frames are pushed.
        """
        self._plant = plant
        self._engine = engine
        self._clock = clock
        self._instruments = instruments
        self._components = components
        self._sensors = sensors
        self._ids = list(directory.keys)
        count = max(1, -(-len(self._ids) // _FRAMES_A_TURN))
        # Neighbours report together: an inverter shows the voltage of its battery.
        length = -(-len(self._ids) // count)
        self._turns = [self._ids[first : first + length] for first in range(0, len(self._ids), length)]
        self._samples = Subscribers[_Sample]()
        self.sent = Subscribers[int]()
        """Told of every sampling, of large sites of every turn, once its frames are sent: when it was due [µs]."""
        if instruments.timetable is None:
            interval_s = plant.site.telemetry.interval_s
            engine.handle("sample", self._sample, within_s=interval_s, promised=True, lasting=always)
            engine.handle("sample turn", self._sample_turn, within_s=interval_s, promised=True)
        else:
            engine.handle(
                "sample by timetable",
                self._sample,
                within_s=self._until_next_s,
                lasting=lambda now_us: self._next_us(now_us) is not None,
            )
        engine.handle("sample rest of turn", self._send_turn, within_s=0.0, goes_on=True)
        self._schedule()

    def listen(self, listener: FrameListener) -> Callable[[], None]:
        """Let somebody see one frame of every component at every sampling; returns how to stop it."""
        return self._samples.subscribe(lambda sample: listener(*sample))

    def _next_us(self, now_us: int) -> int | None:
        """Return what the timetable has next after a time [µs]; None if nothing."""
        timetable = self._instruments.timetable or ()
        following = bisect_right(timetable, now_us)
        return int(timetable[following]) if following < len(timetable) else None

    def _until_next_s(self, now_us: int) -> float:
        next_us = self._next_us(now_us)
        return 0.0 if next_us is None else (next_us - now_us) / MICROSECONDS

    def _schedule(self) -> None:
        if self._instruments.timetable is not None:
            next_us = self._next_us(self._engine.now_us)
            if next_us is not None:
                self._engine.schedule(next_us, "sample by timetable")
            return
        interval_us = max(1, self._clock.span_us(self._plant.site.telemetry.interval_s))
        self._engine.schedule(self._engine.now_us + interval_us, "sample")

    def _sample(self) -> None:
        """Let every component report, those of large sites in turns until the next sampling."""
        self._schedule()
        self._plant.advance_to_look(self._engine.now_us)
        if self._samples.has_any or self._instruments.timetable is not None:
            frames = self._components.send(self._ids, all_of_them=self._samples.has_any)
            self._samples.tell(_Sample(self._engine.now_us, frames))
            self.sent.tell(self._engine.now_us)
        else:
            self._send_turn(0, 0)
            interval_us = self._clock.span_us(self._plant.site.telemetry.interval_s)
            for turn in range(1, len(self._turns)):
                later_us = self._engine.now_us + interval_us * turn // len(self._turns)
                self._engine.schedule(later_us, "sample turn", turn)
        self._sensors.push()

    def _sample_turn(self, turn: int) -> None:
        self._plant.advance_to_look(self._engine.now_us)
        if 0 < turn < len(self._turns):
            self._send_turn(turn, 0)

    def _send_turn(self, turn: int, sent: int) -> None:
        """Let some of a turn report, and the rest before whatever else is due now: all show one state of the site."""
        ids = self._turns[turn] if 0 <= turn < len(self._turns) else []
        rest = sent + _FRAMES_AT_ONCE
        self._components.send(ids[sent:rest], all_of_them=self._samples.has_any)
        if rest < len(ids):
            self._engine.schedule(self._engine.now_us, "sample rest of turn", turn, rest)
        else:
            self.sent.tell(self._engine.now_us)
