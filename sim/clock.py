"""How simulated time meets the wall: the only module that reads the time outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

MICROSECONDS = 1_000_000
_TOLERATED_DRIFT_US = 250_000


class Clock(Protocol):
    """Where simulated time stands, and how it is told to clients. All times in µs since the Unix epoch."""

    speed: float
    """Simulated seconds per second of the event loop."""

    def now_us(self) -> int:
        """Return the simulated time [µs]."""
        ...

    def loop_time_s(self, time_us: int) -> float:
        """Return when the event loop's clock will show a simulated time [s]."""
        ...

    def stamp_us(self, time_us: int) -> int:
        """Return the time that clients are told for a simulated time [µs]."""
        ...

    def span_us(self, seconds: float) -> int:
        """Return how much simulated time passes while clients wait so many seconds [µs]."""
        ...


class SteppedClock:
    """A clock that stands still until it is moved; clients live in the time of the site."""

    speed = 1.0

    def __init__(self, start_us: int) -> None:
        """Stand at a simulated time [µs]."""
        self._time_us = start_us

    def move_to(self, time_us: int) -> None:
        """Show another time [µs], later or earlier."""
        self._time_us = time_us

    def now_us(self) -> int:
        """Return the simulated time [µs]."""
        return self._time_us

    def loop_time_s(self, time_us: int) -> float:
        """Return the time itself [s]: no loop waits for this clock."""
        return time_us / MICROSECONDS

    def stamp_us(self, time_us: int) -> int:
        """Return the simulated time itself [µs]."""
        return time_us

    def span_us(self, seconds: float) -> int:
        """Return the span itself [µs]."""
        return round(seconds * MICROSECONDS)


class LiveClock:
    """Simulated time that follows an event loop's clock at a constant speed.

    On a loop whose time is virtual the simulation is virtual too; the clock does not know.
    """

    def __init__(self, start_us: int, *, speed: float, loop_time: Callable[[], float]) -> None:
        """Start the clock.

        Args:
            start_us: Simulated time at which it starts [µs].
            speed: Simulated seconds per second of the loop, > 0.
            loop_time: The event loop's clock [s].

        Raises:
            ValueError: If the speed is not positive.
        """
        if not 0.0 < speed < float("inf"):
            raise ValueError(f"speed is {speed:g}; accepted: a number greater than 0")
        self.speed = speed
        self._start_us = start_us
        self._loop_time = loop_time
        self._loop_start_s = loop_time()

    def now_us(self) -> int:
        """Return the simulated time [µs]."""
        return self._start_us + round((self._loop_time() - self._loop_start_s) * self.speed * MICROSECONDS)

    def loop_time_s(self, time_us: int) -> float:
        """Return when the event loop's clock will show a simulated time [s]."""
        return self._loop_start_s + (time_us - self._start_us) / (self.speed * MICROSECONDS)

    def stamp_us(self, time_us: int) -> int:
        """Return the simulated time itself: clients see the time of the site [µs]."""
        return time_us

    def span_us(self, seconds: float) -> int:
        """Return the span itself: clients live in the time of the site [µs]."""
        return round(seconds * MICROSECONDS)


class WallStampedClock(LiveClock):
    """A live clock whose clients are told the wall's time, because they judge freshness by their own.

    Promises to clients (lifetimes, sampling) then hold in their time, whatever the speed.
    """

    def __init__(self, start_us: int, *, speed: float, loop_time: Callable[[], float]) -> None:
        """Start the clock; see `LiveClock`."""
        super().__init__(start_us, speed=speed, loop_time=loop_time)
        self._wall_start_us = wall_time_us()

    def stamp_us(self, time_us: int) -> int:
        """Return the wall time at which a simulated time passes [µs].

        The wall and the loop may drift apart (a suspended laptop, a corrected clock); the wall wins.
        """
        lag_us = wall_time_us() - self._wall_at(self.now_us())
        if abs(lag_us) > _TOLERATED_DRIFT_US:
            self._wall_start_us += lag_us
        return self._wall_at(time_us)

    def span_us(self, seconds: float) -> int:
        """Return the simulated time that passes in a span of wall time [µs]."""
        return round(seconds * self.speed * MICROSECONDS)

    def _wall_at(self, time_us: int) -> int:
        return self._wall_start_us + round((time_us - self._start_us) / self.speed)


def wall_time_us() -> int:
    """Return the time of the system's clock [µs since the Unix epoch]."""
    return time.time_ns() // 1000


def to_us(moment: datetime) -> int:
    """Return an aware datetime as microseconds since the Unix epoch."""
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROSECONDS + elapsed.microseconds


def to_datetime(time_us: int) -> datetime:
    """Return microseconds since the Unix epoch as a datetime in UTC."""
    seconds, microseconds = divmod(time_us, MICROSECONDS)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=microseconds)
