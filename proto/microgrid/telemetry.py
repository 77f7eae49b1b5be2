"""Frames into message bytes, once per frame however many clients subscribe.

Building a message costs many times its serialising, and that many times writing numbers into bytes. So a message is
made once, and from frame to frame only numbers are written into its bytes (`stencil`). When anything else changes
(which metrics have bounds, states, diagnostics) a new one is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from ...sim.domain.messages import Frame
from ...sim.domain.metrics import Metric, Wanted
from .stencil import Stencil


class ValuePlace(Protocol):
    """Place in a message for the value of a metric."""

    value: float


class BoundsPlace(Protocol):
    """Place in a message for a range."""

    lower: float
    upper: float


class Places(NamedTuple):
    """Places in a message for the numbers that change from frame to frame."""

    times: list[Timestamp]
    values: list[tuple[Metric, ValuePlace]]
    bounds: list[tuple[Metric, list[BoundsPlace]]]


_SAID = slice(Frame._fields.index("states"), None)
"""What a component says of how it is, and since when."""

MakeTemplate = Callable[[Frame, Wanted], tuple[Message, Places]]
"""Makes a message for frames like this one, in the form of one API version; the places need not be filled."""


def template_in(
    name: str, response: type[Message], write: Callable[[Any, Frame, Wanted], Places]
) -> MakeTemplate:
    """Return what makes templates for the messages of a telemetry stream.

    Args:
        name: Field of the response that holds the telemetry.
        response: Class of the messages.
        write: `(telemetry, frame, selection)`: writes a frame into an empty telemetry message.
    """

    def make_template(frame: Frame, selection: Wanted) -> tuple[Message, Places]:
        message = response()
        return message, write(getattr(message, name), frame, selection)

    return make_template


class Encoder:
    """Writes the frames of one component for all clients that asked for the same metrics."""

    def __init__(self, make_template: MakeTemplate, selection: Wanted) -> None:
        """Start without a message: the first frame shows what the component reports."""
        self._make_template = make_template
        self._selection = selection
        self._shape: tuple[object, ...] = ()
        self._stencil: Stencil
        self._reported: list[Metric] = []
        self._metrics: list[Metric] = []
        self._bounded: list[Metric] = []
        self._latest: Frame | None = None
        self._bytes = b""
        self._written: Frame | None = None
        """Whose numbers the stencil has."""

    def encode(self, frame: Frame) -> bytes:
        """Return a frame as message bytes; the same object to all who ask for the latest frame."""
        latest = self._latest
        if frame is latest:
            return self._bytes
        self._write(frame)
        encoded = self._stencil.at(frame.sample_time_us)
        # A client that lags behind pays for its own frames, and the others go on sharing theirs.
        if latest is None or frame.sample_time_us >= latest.sample_time_us:
            self._latest, self._bytes = frame, encoded
        return encoded

    def _write(self, frame: Frame) -> None:
        """Write into the message what is new in a frame; what has not changed, frames share."""
        written, self._written = self._written, frame
        is_alike = written is not None and frame.bounds is written.bounds and frame[_SAID] == written[_SAID]
        if is_alike and written is not None and frame.values is written.values:
            return
        if not is_alike or list(frame.values) != self._reported:
            self._fit(frame)
        self._stencil.fill(self._numbers(frame))

    def _fit(self, frame: Frame) -> None:
        ranges = [len(each) for each in frame.bounds.values()]
        shape = (frame.states, frame.state_since_us, frame.warnings, frame.errors, ranges, list(frame.bounds))
        reported = list(frame.values)
        if shape != self._shape or reported != self._reported:
            message, places = self._make_template(frame, self._selection)
            self._metrics = [metric for metric, _ in places.values]
            self._bounded = [metric for metric, _ in places.bounds]
            bounds = [bounds for _, ranges in places.bounds for bounds in ranges]
            numbers: list[tuple[Any, str]] = [(place, "value") for _, place in places.values]
            numbers += [(place, edge) for place in bounds for edge in ("lower", "upper")]
            self._stencil = Stencil(message, places.times, numbers)
            self._shape, self._reported = shape, reported

    def _numbers(self, frame: Frame) -> list[float]:
        numbers = list(map(frame.values.__getitem__, self._metrics))
        for metric in self._bounded:
            for bounds in frame.bounds[metric]:
                numbers += bounds
        return numbers


class Encoders:
    """The encoders in use, found by what they write; one is gone when no stream holds it any more."""

    def __init__(self) -> None:
        """Start without encoders."""
        self._encoders: WeakValueDictionary[tuple[MakeTemplate, int, Wanted], Encoder] = WeakValueDictionary()

    def encoder(self, make_template: MakeTemplate, component_id: int, selection: Wanted) -> Encoder:
        """Return the encoder for a form of message, a component and the metrics asked for."""
        key = (make_template, component_id, selection)
        encoder = self._encoders.get(key)
        if encoder is None:
            encoder = self._encoders[key] = Encoder(make_template, selection)
        return encoder
