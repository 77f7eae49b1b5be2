"""How simulated time meets the wall: the only module that reads the time outside."""

from __future__ import annotations

import logging
import time
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple, Protocol

from ..domain.durations import duration_in_words
from ..domain.timestamps import MICROSECONDS

SLOWEST = 1e-5
"""Least speed: a microsecond, the least span of time, takes clients a tenth of a second."""
FASTEST = 100_000.0
"""Greatest speed [simulated seconds per second of the loop]; what lies above, no site keeps up with."""
_TOLERATED_DRIFT_US = 250_000
_REMEMBERED_STRETCHES = 100
"""Stretches of constant speed for which times gone by are still told exactly."""

_log = logging.getLogger(__name__)


class Clock(Protocol):
    """Where simulated time stands, and how it is told to clients. All times in µs since the Unix epoch."""

    speed: float
    """Simulated seconds per second of the event loop."""
    tells_times_again: bool
    """Whether clients are told the same times again once it has been moved back."""

    @property
    def pace(self) -> float:
        """Simulated seconds per second of the clients' time."""
        ...

    def now_us(self) -> int:
        """Return the simulated time [µs]."""
        ...

    def loop_time_s(self, time_us: int) -> float:
        """Return when the event loop's clock will show a simulated time [s]."""
        ...

    def stamp_us(self, time_us: int) -> int:
        """Return the time that clients are told for a simulated time [µs]."""
        ...

    def set_by_us(self, time_us: int) -> int:
        """Return by how much the clock that clients are told has been set ahead by then [µs], back below 0."""
        ...

    def span_us(self, seconds: float) -> int:
        """Return how much simulated time passes while clients wait so many seconds [µs]."""
        ...

    def late_us(self, present_us: int, site_us: int, /) -> int:
        """Return how far a site is behind its clients' time [µs], where the clock shows one time and it another."""
        ...

    def move_to(self, time_us: int) -> None:
        """Show another simulated time [µs], later or earlier, and go on from there."""
        ...


class SteppedClock:
    """A clock that stands still until it is moved; clients live in the time of the site."""

    speed = 1.0
    tells_times_again = True

    def __init__(self, start_us: int, *, pace: float = 1.0) -> None:
        """Stand at a simulated time [µs].

        Args:
            start_us: The time at first [µs].
            pace: Simulated seconds per second of the clients' time, in which lifetimes and sampling are kept.
        """
        self.pace = pace
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

    def set_by_us(self, _time_us: int) -> int:
        """Return 0: nobody sets the clock of a site [µs]."""
        return 0

    def span_us(self, seconds: float) -> int:
        """Return how much simulated time passes while clients wait so many seconds [µs]."""
        return round(seconds * self.pace * MICROSECONDS)

    def late_us(self, _present_us: int, _site_us: int, /) -> int:
        """Return 0: clients live in the time of the site, wherever it stands [µs]."""
        return 0


class LiveClock:
    """Simulated time that follows an event loop's clock, as fast as it is told, or stands still while paused.

    On a loop whose time is virtual the simulation is virtual too; the clock does not know.
    """

    tells_times_again = True

    def __init__(self, start_us: int, *, speed: float, loop_time: Callable[[], float]) -> None:
        """Start the clock.

        Args:
            start_us: Simulated time at which it starts [µs].
            speed: Simulated seconds per second of the loop, > 0.
            loop_time: The event loop's clock [s].

        Raises:
            ValueError: If time cannot pass at this speed.
        """
        self.speed = check_speed(speed)
        self.reached_speed = speed
        """Simulated seconds per second of the loop at which time passes: `speed`, or what the machine keeps up with."""
        self.paused = False
        """Whether simulated time stands still."""
        self._loop_time = loop_time
        self._anchor_us = start_us
        self._anchor_loop_s = loop_time()

    @property
    def pace(self) -> float:
        """1, whatever the speed: clients live in the time of the site."""
        return 1.0

    def now_us(self) -> int:
        """Return the simulated time [µs]."""
        if self.paused:
            return self._anchor_us
        elapsed_s = self._loop_time() - self._anchor_loop_s
        return self._anchor_us + round(elapsed_s * self.reached_speed * MICROSECONDS)

    def loop_time_s(self, time_us: int) -> float:
        """Return when the event loop's clock will show a simulated time, if nobody interferes [s]."""
        return self._anchor_loop_s + (time_us - self._anchor_us) / (self.reached_speed * MICROSECONDS)

    def stamp_us(self, time_us: int) -> int:
        """Return the simulated time itself: clients see the time of the site [µs]."""
        return time_us

    def set_by_us(self, _time_us: int) -> int:
        """Return 0: nobody sets the clock of a site [µs]."""
        return 0

    def span_us(self, seconds: float) -> int:
        """Return how much simulated time passes while clients wait so many seconds [µs]."""
        return round(seconds * self.pace * MICROSECONDS)

    def late_us(self, _present_us: int, _site_us: int, /) -> int:
        """Return 0: clients live in the time of the site, wherever it stands [µs]."""
        return 0

    def move_to(self, time_us: int) -> None:
        """Show another simulated time [µs], later or earlier, and go on from there."""
        self._anchor_us = time_us
        self._anchor_loop_s = self._loop_time()

    def set_speed(self, speed: float) -> None:
        """Go on faster or slower.

        Args:
            speed: Simulated seconds per second of the loop, > 0.

        Raises:
            ValueError: If time cannot pass at this speed.
        """
        check_speed(speed)
        self.move_to(self.now_us())
        self.speed = self.reached_speed = speed

    def reach(self, speed: float) -> None:
        """Go on at a speed that the machine keeps up with, but no faster than `speed`; the clock stays where it is."""
        self.move_to(self.now_us())
        self.reached_speed = min(speed, self.speed)

    def pause(self) -> None:
        """Stand still from now on."""
        self.move_to(self.now_us())
        self.paused = True

    def resume(self) -> None:
        """Go on from where the clock stands."""
        self.paused = False
        self.move_to(self._anchor_us)


def check_speed(speed: float) -> float:
    """Return a speed at which time can pass.

    Raises:
        ValueError: If it is none.
    """
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"speed is {speed:g}; accepted: a number from {SLOWEST:g} to {FASTEST:g}")
    return speed


class _Stretch(NamedTuple):
    """A stretch of time with one speed, from its beginning on."""

    time_us: int
    wall_us: int
    """What the wall showed at its beginning [µs]."""
    steady_us: int
    """What it would have shown if nobody had set it since the clock was started [µs]."""
    speed: float

    def wall_at(self, time_us: int) -> int:
        return self.wall_us + round((time_us - self.time_us) / self.speed)

    def steady_at(self, time_us: int) -> int:
        return self.wall_at(time_us) - self.wall_us + self.steady_us


class WallStampedClock(LiveClock):
    """A live clock whose clients are told the wall's time, because they judge freshness by their own.

    Promises to clients (lifetimes, sampling) then hold in their time, whatever the speed. While the clock is
    paused, each simulated time that it is moved to is told as the wall's time of the moment. Recordings go by the wall
    as it was at the start: what flows between two times in them is an energy, also where the wall was set in between.
    """

    tells_times_again = False

    def __init__(self, start_us: int, *, speed: float, loop_time: Callable[[], float]) -> None:
        """Start the clock; see `LiveClock`."""
        super().__init__(start_us, speed=speed, loop_time=loop_time)
        self._start_wall_us = wall_time_us()
        self._start_loop_s = self._anchor_loop_s
        self._past = [_Stretch(start_us, self._start_wall_us, self._start_wall_us, speed)]

    @property
    def pace(self) -> float:
        """The speed: clients live in the wall's time."""
        return self.reached_speed

    def stamp_us(self, time_us: int) -> int:
        """Return the wall time at which a simulated time passes, or passed [µs].

        The wall and the loop may drift apart (a suspended laptop, a corrected clock); the wall wins.
        """
        self._follow_wall()
        return self._stretch_of(time_us).wall_at(time_us)

    def set_by_us(self, time_us: int) -> int:
        """Return by how much the wall has been set since the start, in what was told of a simulated time [µs]."""
        stretch = self._stretch_of(time_us)
        return stretch.wall_us - stretch.steady_us

    def late_us(self, present_us: int, site_us: int, /) -> int:
        """Return how far a site lags behind the clock [µs]: for its clients that time has passed already."""
        return present_us - site_us

    def move_to(self, time_us: int) -> None:
        """Show another simulated time [µs], later or earlier, and go on from there.

        From one time to a later one, clients see time go on; it never runs back for them. That the wall was set ahead
        meanwhile, as in a pause, is said here; that it was set back, once clients are told so.
        """
        now_us, last = self.now_us(), self._past[-1]
        passed_us = round((self._loop_time() - self._start_loop_s) * MICROSECONDS)
        wall_us = max(wall_time_us(), last.wall_at(now_us))
        steady_us = max(self._start_wall_us + passed_us, last.steady_at(now_us))
        ahead_us = (wall_us - steady_us) - (last.wall_us - last.steady_us)
        if ahead_us > _TOLERATED_DRIFT_US:
            _tell_set(ahead_us)
        self._begin_stretch(time_us, wall_us, steady_us)
        super().move_to(time_us)

    def set_speed(self, speed: float) -> None:
        """Go on faster or slower; see `LiveClock.set_speed`."""
        super().set_speed(speed)
        self._begin_stretch(self._anchor_us, self._past[-1].wall_us, self._past[-1].steady_us)

    def reach(self, speed: float) -> None:
        """Go on at a speed that the machine keeps up with; see `LiveClock.reach`."""
        super().reach(speed)
        self._begin_stretch(self._anchor_us, self._past[-1].wall_us, self._past[-1].steady_us)

    def _follow_wall(self) -> None:
        """Tell the wall's time from now on as it is, and say so, where it was set meanwhile."""
        last = self._past[-1]
        lag_us = wall_time_us() - last.wall_at(self.now_us())
        if abs(lag_us) <= _TOLERATED_DRIFT_US or self.paused:
            return
        anchor_us = self._anchor_us
        self._begin_stretch(anchor_us, last.wall_at(anchor_us) + lag_us, last.steady_at(anchor_us))
        _tell_set(lag_us)

    def _stretch_of(self, time_us: int) -> _Stretch:
        last = self._past[-1]
        if time_us >= last.time_us:
            return last
        place = bisect_right(self._past, time_us, key=lambda stretch: stretch.time_us) - 1
        return self._past[max(place, 0)]

    def _begin_stretch(self, time_us: int, wall_us: int, steady_us: int) -> None:
        earlier = [stretch for stretch in self._past if stretch.time_us < time_us]
        stretch = _Stretch(time_us, wall_us, steady_us, self.reached_speed)
        self._past = [*earlier[-_REMEMBERED_STRETCHES:], stretch]


def _tell_set(by_us: int) -> None:
    """Say by how much the wall was set [µs]."""
    _log.warning(
        "the clock of this machine was set %s by %s; clients are told its new time, recordings keep to the old",
        "back" if by_us < 0 else "ahead",
        duration_in_words(round(abs(by_us) / MICROSECONDS, 1)),
    )


def stopwatch_s() -> float:
    """Return a time that only differences of mean anything of [s]."""
    return time.perf_counter()


def wall_time_us() -> int:
    """Return the time of the system's clock [µs since the Unix epoch]."""
    return time.time_ns() // 1000
