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
_BEYOND_US = (1 << 35) * 1_000_000
"""Where seconds need more bytes."""
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
        marked_time = _written_time(_MARKED_S, _MARKED_NS)
        for time in times:
            time.seconds, time.nanos = _MARKED_S, _MARKED_NS
        marks = [pack("<I", _FIRST_MARK + place) for place in range(len(numbers))]
        for (place, name), mark in zip(numbers, marks, strict=True):
            setattr(place, name, Struct("<f").unpack(mark)[0])
        whole = message.SerializeToString()
        holes = sorted((whole.index(mark), number) for number, mark in enumerate(marks))
        self._bits = Struct(f"<{len(numbers)}d")
        self._filled_bits: bytes | None = None
        """Of the numbers that have been filled in."""
        self._order = [number for _, number in holes]
        self._numbers: Sequence[float] = ()
        self._parts: list[Any] = []
        """The bytes around the numbers, and between them the numbers in the order of their holes."""
        layout, end = "<", 0
        for start, _ in holes:
            layout += f"{start - end}sf"
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
        """Put numbers into the holes of the message, unless they are there."""
        bits = self._bits.pack(*numbers)
        if bits == self._filled_bits:
            return
        self._filled_bits = bits
        self._numbers = numbers
        self._parts[1::2] = [numbers[number] for number in self._order]
        try:
            filled = self._layout.pack(*self._parts)
        except OverflowError:
            self._pieces = None
        else:
            self._pieces = [filled[span] for span in self._between_times]

    def at(self, time_us: int) -> bytes:
        """Return the message, once it has been filled, with a time [µs since the Unix epoch]."""
        if self._pieces is None or not 0 <= time_us < _BEYOND_US:
            return self._written(time_us)
        return _time_bytes(time_us).join(self._pieces)

    def _written(self, time_us: int) -> bytes:
        """Return the same by way of the message: of times before 1970 and numbers beyond the range of `float`."""
        seconds, nanos = _seconds_and_nanos(time_us)
        for written in self._written_times:
            written.seconds, written.nanos = seconds, nanos
        for (place, name), number in zip(self._fields, self._numbers, strict=True):
            setattr(place, name, number)
        return self._message.SerializeToString()


def _seconds_and_nanos(time_us: int) -> tuple[int, int]:
    seconds, microseconds = divmod(time_us, 1_000_000)
    return seconds, microseconds * 1000


@lru_cache(maxsize=16)
def _time_bytes(time_us: int) -> bytes:
    """Return the fields of a `Timestamp` at a time [µs since the Unix epoch]."""
    return _written_time(*_seconds_and_nanos(time_us))


def _written_time(seconds: int, nanos: int) -> bytes:
    """Return the fields of a `Timestamp`, each with five bytes for its number."""
    return bytes((
        0x08, seconds & 127 | 128, seconds >> 7 & 127 | 128, seconds >> 14 & 127 | 128,
        seconds >> 21 & 127 | 128, seconds >> 28,
        0x10, nanos & 127 | 128, nanos >> 7 & 127 | 128, nanos >> 14 & 127 | 128,
        nanos >> 21 & 127 | 128, nanos >> 28,
    ))  # fmt: skip
