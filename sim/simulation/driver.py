"""Runs a site whenever something is due, in slices that let an event loop do everything else as well."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from statistics import median

from ..domain.events import Subscribers
from ..domain.timestamps import MICROSECONDS
from ..engine.agenda import Engine
from ..engine.clock import LiveClock, stopwatch_s
from ..plant.plant import Plant

_SHORTEST_SLICE_S = 0.0003
_LONGEST_SLICE_S = 0.01
"""Real time after which the loop has its turn, at the end of whatever is being computed then [s]."""
_LAG_IN_SLICES = 100.0
"""Slices in which a site would come to the present: the farther behind it is, the less it stops."""
_QUIET_S = 0.0002
"""A round of the loop that took no longer had nothing to do, so that computing may go on [s]."""
_PATIENCE_S = 0.005
"""Real time after which it goes on all the same [s]."""
_MEASURED_S = 0.01
"""For how long a site is computed before that counts as the speed at which it can be [s]."""
_LARGE = 200
"""Components from which on a step takes milliseconds."""
_NEAR_S = 0.1
"""Real time before the present at which a command to a larger site may count, lest it waits for a step [s]."""
_TOLERATED_LAG_S = 1.0
"""Real time by which a site may be late without a word [s]."""
_TO_BE_MADE_UP_S = 0.25
"""Time for which a site may have to be computed to come to the present, before its clock is slowed down [s]."""
_SPEEDS_LOOKED_AT = 10
_SHARE = 0.7
"""Share of the time of the loop that a site may take to be computed."""
_FASTEST_AT_FIRST = 10_000.0
"""Speed above which none begins: in the milliseconds until it is known how fast a site can be computed, its clock
would run farther ahead than can be made up for soon."""
_SLOWEST = 1.0
"""Speed below which none is slowed down: clients wait no shorter then, and each of them costs as much as before."""
_SHARE_MEANWHILE = 0.3
"""The same while it has to come to the present."""
_TELLS_EVERY_S = 60.0

_log = logging.getLogger(__name__)


class Driver:
    """Runs an engine by the event loop's own timers.

    A site that cannot be computed as fast as its clock goes slows the clock down to what can be, until more can be:
    what clients ask for counts at once, and their answers do not wait for what could never be made up for.
    """

    def __init__(
        self,
        engine: Engine,
        plant: Plant,
        clock: LiveClock,
        loop: asyncio.AbstractEventLoop,
        *,
        in_real_time: bool,
    ) -> None:
        """Begin at rest.

        Args:
            engine: Says what is due.
            plant: Goes along with it.
            clock: Says what the present is.
            loop: Whose timers are used.
            in_real_time: Whether its time passes while the site is computed.
        """
        self._engine = engine
        self._plant = plant
        self._clock = clock
        self._loop = loop
        self._in_real_time = in_real_time
        self._timer: asyncio.TimerHandle | None = None
        self._armed_us: int | None = None
        self._running = False
        self._set_s = -math.inf
        """When the clock was last set by hand [s of the loop]; what was late before counts for nothing."""
        self._warned = False
        self._told_s = -math.inf
        self._told_speed: float | None = None
        self._speeds: deque[float] = deque(maxlen=_SPEEDS_LOOKED_AT)
        """At which it was computed last [simulated seconds per second]."""
        self._measured_us = 0
        self._spent_s = 0.0
        """How far it has come since then, and how long that took."""
        self._gave_way_s = 0.0
        self._round_begun_s = 0.0
        self.ended: asyncio.Future[None] = loop.create_future()
        self.failed = Subscribers[Exception]()
        engine.new_entries.subscribe(self._wake_earlier)

    def start(self) -> None:
        """Let time pass."""
        self._running = True
        self.begin_carefully()
        self._arm()

    def begin_carefully(self) -> None:
        """Let time that passes fast pass less so at first, until the site turns out to be computed as fast."""
        if self._in_real_time and not self._clock.paused and self._clock.reached_speed > _FASTEST_AT_FIRST:
            self._reach(_FASTEST_AT_FIRST)

    def stop(self) -> None:
        """Let time pass no more."""
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
        if not self.ended.done():
            self.ended.set_result(None)

    def fail(self, error: Exception) -> None:
        """End because something went wrong while time passed."""
        self._running = False
        if not self.ended.done():
            self.ended.set_exception(error)
            if self.failed.tell(error):
                self.ended.exception()  # Somebody knows, so asyncio need not complain that nobody asked.

    def run_due(self) -> None:
        """Do what the timer would do at once."""
        if (
            self._timer is not None
            and self._armed_us is not None
            and 0 <= self._armed_us <= self._clock.now_us()
        ):
            self._timer.cancel()
            if self._running:
                self._run()

    def come_to_present(self) -> int:
        """Bring the engine to the present of the clock, or in real time as near to it as a slice gets.

        What is asked for then counts where the site stands: nobody has seen more of it, and nobody waits longer.

        Returns:
            The present that it was to come to [µs].
        """
        present_us = max(self._clock.now_us(), self._engine.now_us)
        if self._in_real_time:
            self._compute_a_slice(present_us)
            self._engine.run_to(self._come_to_us)
        else:
            self._engine.run_to(present_us)
        return max(present_us, self._engine.now_us)

    def come_near_present(self) -> int:
        """Do the same for a command, which counts at the last step of a large site if that was a moment ago."""
        present_us, come_to_us = max(self._clock.now_us(), self._engine.now_us), self._come_to_us
        near_us = present_us - round(_NEAR_S * self._clock.reached_speed * MICROSECONDS)
        if self._in_real_time and len(self._plant.wiring.order) > _LARGE and come_to_us >= near_us:
            self._engine.run_to(come_to_us)
            return present_us
        return self.come_to_present()

    def rearm(self) -> None:
        """Set the timer anew: the clock or the agenda are not what they were."""
        self._set_s = self._loop.time()
        if self._timer is not None:
            self._timer.cancel()
        if self._running:
            self._arm()

    def _arm(self) -> None:
        due_us = self._engine.next_us()
        self._armed_us = due_us
        if due_us is not None and not self._clock.paused:
            self._timer = self._loop.call_at(self._clock.loop_time_s(due_us), self._run)

    def _wake_earlier(self, due_us: int) -> None:
        if self._clock.paused:
            return
        if self._running and (self._armed_us is None or due_us < self._armed_us):
            if self._timer is not None:
                self._timer.cancel()
            self._armed_us = due_us
            self._timer = self._loop.call_at(self._clock.loop_time_s(due_us), self._run)

    def _run(self) -> None:
        due_us = self._armed_us
        # While the engine runs, what it adds to its agenda needs no timer yet.
        self._armed_us = -1
        try:
            time_us = max(self._clock.now_us(), due_us or 0)
            if self._in_real_time:
                self._warn_if_late(due_us)
                is_more_left = self._run_a_slice(time_us)
            else:
                is_more_left = False
                self._engine.run_to(time_us)
        except Exception as error:
            self.fail(error)
            return
        if not self._running:
            return
        if is_more_left and not self._clock.paused:
            due_us = self._engine.next_us()
            # What is due later waits until it is: all that is left may be to let time pass until now.
            self._armed_us = min(self._come_to_us if due_us is None else due_us, self._clock.now_us())
            self._gave_way_s = self._round_begun_s = stopwatch_s()
            self._timer = self._loop.call_at(self._loop.time(), self._go_on_if_quiet)
        else:
            self._arm()

    def _go_on_if_quiet(self) -> None:
        """Go on once the loop has had a round with nothing else to do: commands and answers take several rounds."""
        now_s = stopwatch_s()
        if now_s - self._round_begun_s > _QUIET_S and now_s - self._gave_way_s < _PATIENCE_S:
            self._round_begun_s = now_s
            self._timer = self._loop.call_at(self._loop.time(), self._go_on_if_quiet)
        else:
            self._run()

    def _run_a_slice(self, time_us: int) -> bool:
        """Go towards a time, and find out how fast; say whether more is left until then."""
        begun_us, begun_s = self._come_to_us, stopwatch_s()
        is_more_left = self._compute_a_slice(time_us)
        come_to_us = self._come_to_us
        self._measured_us += come_to_us - begun_us
        self._spent_s += stopwatch_s() - begun_s
        if self._measured_us > 0 and self._spent_s > (_MEASURED_S if is_more_left else 0.0):
            self._speeds.append(self._measured_us / MICROSECONDS / self._spent_s)
            self._measured_us, self._spent_s = 0, 0.0
        if self._speeds and not self._clock.paused:
            self._adapt((time_us - come_to_us) / MICROSECONDS)
        return is_more_left

    def _compute_a_slice(self, time_us: int) -> bool:
        """Go towards a time, as far as that goes in a slice; say whether more is left until then."""
        behind_s = (time_us - self._come_to_us) / MICROSECONDS / self._clock.reached_speed
        end_s = stopwatch_s() + min(max(behind_s / _LAG_IN_SLICES, _SHORTEST_SLICE_S), _LONGEST_SLICE_S)
        while self._go_on(time_us, end_s):
            if stopwatch_s() >= end_s:
                return True
        return False

    def _adapt(self, left_s: float) -> None:
        """Let time pass as fast as it can be computed, given the simulated time that was left to compute [s].

        One slice tells little, as something else may have held it up: several must have been slow, or most fast.
        """
        clock, fastest = self._clock, max(self._speeds)
        if left_s > _TO_BE_MADE_UP_S * fastest:
            # Time never runs back, so it passes slower still until that has been made up for.
            slower = max(_SHARE_MEANWHILE * fastest, _SLOWEST)
            if slower < clock.reached_speed:
                self._reach(slower)
                self._tell_of_speed()
        elif len(self._speeds) == _SPEEDS_LOOKED_AT and clock.reached_speed < clock.speed:
            usual = median(self._speeds)
            if clock.reached_speed < min(clock.speed, _SHARE * _SHARE * usual):
                self._reach(_SHARE * usual)
            else:
                self._tell_of_speed()

    def _reach(self, speed: float) -> None:
        # Nothing may become due before what has been computed already.
        self._engine.run_to(self._come_to_us)
        former_pace = self._clock.pace
        self._clock.reach(speed)
        self._engine.stretch_promises(self._clock.pace / former_pace, self._clock.now_us())
        self._speeds.clear()

    def _go_on(self, time_us: int, end_s: float) -> bool:
        """Go on to what is due next, or towards it until a real time; say whether more is left until a time."""
        next_us = self._engine.next_us()
        stop_us = time_us if next_us is None else min(next_us, time_us)
        # What is due may advance the plant for long, in steps that may as well be taken before.
        if not self._plant.advance_whole_steps(stop_us, lambda: stopwatch_s() >= end_s):
            return True
        if next_us == stop_us:
            self._engine.run_next()
        else:
            self._engine.run_to(stop_us)
        next_us = self._engine.next_us()
        return stop_us < time_us or (next_us is not None and next_us <= time_us)

    @property
    def _come_to_us(self) -> int:
        return max(self._engine.now_us, self._plant.time_us)

    def _warn_if_late(self, due_us: int | None) -> None:
        lag_s = (self._clock.now_us() - (due_us or 0)) / MICROSECONDS / self._clock.reached_speed
        lag_s = min(lag_s, self._loop.time() - self._set_s)
        if lag_s > _TOLERATED_LAG_S and not self._warned:
            _log.warning("the simulation is %.1f s behind: this machine is too slow for this speed", lag_s)
        self._warned = lag_s > _TOLERATED_LAG_S

    def _tell_of_speed(self) -> None:
        now_s = stopwatch_s()
        if now_s - self._told_s >= _TELLS_EVERY_S and self._clock.reached_speed != self._told_speed:
            self._told_s, self._told_speed = now_s, self._clock.reached_speed
            reached, asked = (
                float(f"{speed:.3g}") for speed in (self._clock.reached_speed, self._clock.speed)
            )
            _log.warning(
                "this machine is too slow for this speed: time passes %g instead of %g times as fast",
                reached,
                asked,
            )
