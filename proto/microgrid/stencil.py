"""Messages whose numbers change and nothing else: their bytes once, with holes for the numbers.

In a serialised message a number of type `float` has four bytes, and a varint may be written longer than it needs to be,
so a time has as many bytes whenever it is. The bytes of such a message are found by writing marks into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct, pack
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

_MARKED_S = (1 << 34) - 1
_MARKED_NS = (1 << 30) - 1
_LAST_S = (1 << 35) - 1
_FIRST_MARK = 0x5A5A0000
"""Bits of the first number that marks a hole; those that follow differ in the lowest bits."""


class Stencil:
    """The bytes of a message, but for its times and some numbers."""

    def __init__(
        self, message: Message, times: Sequence[Timestamp], numbers: Sequence[tuple[Any, str]]
    ) -> None:
        """Find the holes of a message; what stands in them is lost.

        Args:
            message: Whole but for what is to be filled in.
            times: Messages in it that all have the same time.
            numbers: Messages in it and the name of a field of each, of type `float`.
        """
        self._message, self._written_times, self._fields = message, times, numbers
        marked_time = _time_bytes(_MARKED_S, _MARKED_NS)
        for time in times:
            time.seconds, time.nanos = _MARKED_S, _MARKED_NS
        marks = [pack("<I", _FIRST_MARK + place) for place in range(len(numbers))]
        for (place, name), mark in zip(numbers, marks, strict=True):
            setattr(place, name, Struct("<f").unpack(mark)[0])
        whole = message.SerializeToString()
        holes = sorted((whole.index(mark), number) for number, mark in enumerate(marks))
        self._parts: list[Any] = []
        self._places = [0] * len(numbers)
        """Of the numbers, among the parts."""
        layout, end = "<", 0
        for start, number in holes:
            layout += f"{start - end}sf"
            self._places[number] = len(self._parts) + 1
            self._parts += [whole[end:start], None]
            end = start + 4
        self._parts.append(whole[end:])
        self._layout = Struct(f"{layout}{len(whole) - end}s")
        self._between_times: list[slice] = []
        end, start = 0, whole.find(marked_time)
        while start >= 0:
            self._between_times.append(slice(end, start))
            end = start + len(marked_time)
            start = whole.find(marked_time, start + 1)
        self._between_times.append(slice(end, None))
        self._pieces: list[bytes] | None = None
        """What has been filled in, between the times; None if it must be written by way of the message."""

    def fill(self, numbers: Sequence[float]) -> None:
        """Put numbers into the holes of the message."""
        for place, number in zip(self._places, numbers, strict=True):
            self._parts[place] = number
        try:
            filled = self._layout.pack(*self._parts)
        except OverflowError:
            self._pieces = None
        else:
            self._pieces = [filled[span] for span in self._between_times]

    def at(self, time_us: int) -> bytes:
        """Return the message, once it has been filled, with a time [µs since the Unix epoch]."""
        seconds, nanos = _seconds_and_nanos(time_us)
        if self._pieces is None or not 0 <= seconds <= _LAST_S:
            return self._written(seconds, nanos)
        return _time_bytes(seconds, nanos).join(self._pieces)

    def _written(self, seconds: int, nanos: int) -> bytes:
        """Return the same by way of the message: of times before 1970 and numbers beyond the range of `float`."""
        for written in self._written_times:
            written.seconds, written.nanos = seconds, nanos
        for (place, name), number in zip(self._fields, self._places, strict=True):
            setattr(place, name, self._parts[number])
        return self._message.SerializeToString()


def _seconds_and_nanos(time_us: int) -> tuple[int, int]:
    seconds, microseconds = divmod(time_us, 1_000_000)
    return seconds, microseconds * 1000


@lru_cache(maxsize=16)
def _time_bytes(seconds: int, nanos: int) -> bytes:
    """Return the fields of a `Timestamp`, each with five bytes for its number."""
    return bytes((
        0x08, seconds & 127 | 128, seconds >> 7 & 127 | 128, seconds >> 14 & 127 | 128,
        seconds >> 21 & 127 | 128, seconds >> 28,
        0x10, nanos & 127 | 128, nanos >> 7 & 127 | 128, nanos >> 14 & 127 | 128,
        nanos >> 21 & 127 | 128, nanos >> 28,
    ))  # fmt: skip
