"""A simulation that an event loop carries along."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

from .clock import Clock, LiveClock, WallStampedClock, wall_time_us
from .engine import Engine
from .simulation import Simulation
from .site import Site

Timestamps = Literal["wall", "simulated"]

_TOLERATED_LAG_S = 1.0

_log = logging.getLogger(__name__)


class LiveSimulation(Simulation):
    """One site, alive from `start` to `stop`, on the running event loop."""

    def __init__(
        self,
        site: Site,
        *,
        start_us: int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        timestamps: Timestamps = "wall",
    ) -> None:
        """Build the devices of a site; time does not pass yet.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch]; the present if None.
            seed: Of all noise.
            speed: Simulated seconds per second of the event loop.
            timestamps: What clients are told: the wall's time, by which they judge freshness, or the time of
                the simulation.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
            ValueError: If the speed is not positive.
        """
        loop = asyncio.get_running_loop()
        make_clock = WallStampedClock if timestamps == "wall" else LiveClock
        start_us = wall_time_us() if start_us is None else start_us
        super().__init__(site, make_clock(start_us, speed=speed, loop_time=loop.time), seed=seed)
        self._driver = _Driver(self.engine, self.clock, loop)

    def start(self) -> None:
        """Let time pass."""
        self._driver.start()

    async def wait(self) -> None:
        """Wait until the simulation ends, which it does by `stop` or by an error.

        Raises:
            Exception: Whatever went wrong while time passed.
        """
        await self._driver.ended

    def stop(self) -> None:
        """Stop time and end all streams."""
        self._driver.stop()
        self.gateway.close()


class _Driver:
    """Runs the engine whenever something is due, by the event loop's own timers."""

    def __init__(self, engine: Engine, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._clock = clock
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._armed_us: int | None = None
        self._running = False
        self._warned = False
        self.ended: asyncio.Future[None] = loop.create_future()

    def start(self) -> None:
        self._running = True
        self._engine.on_new_entry = self._wake_earlier
        self._arm()

    def stop(self) -> None:
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
        if not self.ended.done():
            self.ended.set_result(None)

    def _arm(self) -> None:
        due_us = self._engine.next_us()
        self._armed_us = due_us
        if due_us is not None:
            self._timer = self._loop.call_at(self._clock.loop_time_s(due_us), self._run)

    def _wake_earlier(self, due_us: int) -> None:
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
            self._warn_if_late(due_us)
            self._engine.run_to(max(self._clock.now_us(), due_us or 0))
        except Exception as error:
            self._running = False
            if not self.ended.done():
                self.ended.set_exception(error)
            return
        if self._running:
            self._arm()

    def _warn_if_late(self, due_us: int | None) -> None:
        lag_s = (self._clock.now_us() - (due_us or 0)) / 1e6 / self._clock.speed
        if lag_s > _TOLERATED_LAG_S and not self._warned:
            _log.warning("the simulation is %.1f s behind: this machine is too slow for this speed", lag_s)
        self._warned = lag_s > _TOLERATED_LAG_S
