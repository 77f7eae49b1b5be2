"""Frames into message bytes, once per frame however many clients listen.

Building a message costs many times its serialising. So a message is laid out once, and from frame to frame
only numbers are written into it. Anything else that changes (which metrics have bounds, states, diagnostics)
lays it out anew, which also returns its memory: protobuf frees nothing inside a message that lives on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol
from weakref import WeakValueDictionary

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from ..sim.exchange import Frame
from ..sim.vocabulary import Bounds, Metric
from .floats import inward


class ValuePlace(Protocol):
    """Where a message keeps a metric's value."""

    value: float


class BoundsPlace(Protocol):
    """Where a message keeps one range."""

    lower: float
    upper: float


class Layout(NamedTuple):
    """A message for one component, and the places in it that are written for each frame."""

    message: Message
    times: list[Timestamp]
    values: list[tuple[Metric, ValuePlace]]
    bounds: list[tuple[Metric, list[BoundsPlace]]]


Selection = frozenset[Metric] | None
"""The metrics that a client asked for; None for all."""

LayOut = Callable[[Frame, Selection], Layout]
"""Makes a version's message for frames like this one; numbers need not be filled in."""


class Encoder:
    """Writes the frames of one component for all who asked for the same metrics."""

    def __init__(self, lay_out: LayOut, selection: Selection) -> None:
        """Start without a message; the first frame shows what the component reports."""
        self._lay_out = lay_out
        self._selection = selection
        self._layout: Layout | None = None
        self._latest: Frame | None = None
        self._bytes = b""

    def encode(self, frame: Frame) -> bytes:
        """Return a frame as message bytes; the same object for all who ask for the latest frame."""
        latest = self._latest
        if frame is latest:
            return self._bytes
        encoded = self._write(frame)
        # A client that lags behind pays for its own frames, and the others go on sharing.
        if latest is None or frame.sample_time_us >= latest.sample_time_us:
            self._latest, self._bytes = frame, encoded
        return encoded

    def _write(self, frame: Frame) -> bytes:
        layout = self._layout_for(frame)
        seconds, microseconds = divmod(frame.sample_time_us, 1_000_000)
        nanos = microseconds * 1000
        for time in layout.times:
            time.seconds = seconds
            time.nanos = nanos
        values = frame.values
        for metric, place in layout.values:
            place.value = values[metric]
        for metric, places in layout.bounds:
            _write_bounds(places, frame.bounds[metric])
        return layout.message.SerializeToString()

    def _layout_for(self, frame: Frame) -> Layout:
        shape = _shape(frame)
        if self._layout is None or shape != self._shape:
            self._shape = shape
            self._layout = self._lay_out(frame, self._selection)
        return self._layout


class Encoders:
    """The encoders in use, found by what they write; one is gone when nobody holds it any more."""

    def __init__(self) -> None:
        """Start without encoders."""
        self._encoders: WeakValueDictionary[tuple[LayOut, int, Selection], Encoder] = WeakValueDictionary()

    def encoder(self, lay_out: LayOut, component_id: int, selection: Selection) -> Encoder:
        """Return the encoder for a form of message, a component and the metrics asked for."""
        key = (lay_out, component_id, selection)
        encoder = self._encoders.get(key)
        if encoder is None:
            encoder = self._encoders[key] = Encoder(lay_out, selection)
        return encoder


def _shape(frame: Frame) -> tuple[object, ...]:
    return (
        *frame.values,
        *((metric, len(ranges)) for metric, ranges in frame.bounds.items()),
        frame.states,
        frame.state_since_us,
        frame.warnings,
        frame.errors,
    )


def _write_bounds(places: list[BoundsPlace], ranges: tuple[Bounds, ...]) -> None:
    for place, bounds in zip(places, ranges, strict=True):
        place.lower, place.upper = inward(bounds)
