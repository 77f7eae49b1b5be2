"""A simulation that an event loop carries along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from ..domain.commands import RestartServer, SetSpeed
from ..domain.durations import LONGEST_RESTART_S, LONGEST_S, duration_in_words
from ..domain.messages import WrongStateError
from ..domain.timestamps import MICROSECONDS, Timestamps
from ..engine.clock import LiveClock, WallStampedClock, wall_time_us
from ..gateway.subscriptions import LONGEST_QUEUE
from ..site.site import Site
from .driver import Driver
from .hardware import Hardware
from .simulation import Simulation
from .snapshot import Snapshot

_PATIENCE_S = 1.0
"""How long a step waits for clients that do not read what they are sent [s]."""


class LiveSimulation(Simulation):
    """One site, alive from `start` to `stop`, on the running event loop.

    While it is paused its time stands still and nothing is sent, unless a step lets time pass.
    """

    clock: LiveClock

    def __init__(
        self,
        site: Site,
        *,
        start_us: int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        timestamps: Timestamps = "wall",
        hardware: Hardware | None = None,
        paused: bool = False,
        in_real_time: bool = True,
    ) -> None:
        """Build the devices of a site; time does not pass yet.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch]; the present if None.
            seed: Of all noise.
            speed: Simulated seconds per second of the event loop.
            timestamps: What clients are told: the wall's time, by which they judge freshness, or the time of
                the simulation.
            hardware: What stands in for the devices, such as a `Replay`; models of them if None.
            paused: Whether time stands still at first, at exactly the start.
            in_real_time: Whether the loop's time is that of the wall, so that it passes while the site is computed.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
            ValueError: If time cannot pass at this speed.
        """
        loop = asyncio.get_running_loop()
        make_clock = WallStampedClock if timestamps == "wall" else LiveClock
        start_us = wall_time_us() if start_us is None else start_us
        clock = make_clock(start_us, speed=speed, loop_time=loop.time)
        # Whoever goes on from a snapshot starts at the same microsecond, however long this takes.
        clock.pause()
        clock.move_to(start_us)
        super().__init__(site, clock, seed=seed, hardware=hardware)
        if not paused:
            clock.resume()
        self.timestamps: Timestamps = timestamps
        """Whose time clients are told."""
        self.executor.handle(SetSpeed, self._set_speed)
        self._driver = Driver(self.engine, self.plant, clock, loop, in_real_time=in_real_time)
        self.executor.come_to_present = self._driver.come_to_present
        self.executor.come_near_present = self._driver.come_near_present
        self.failed = self._driver.failed
        """Told what went wrong while time passed; it passes no more then."""
        self._clock_changed = asyncio.Event()
        self._stepping = False

    def start(self, at_us: int | None = None) -> None:
        """Let time pass.

        Args:
            at_us: Where the clock stands then [µs]; where the site stands if None: building it does not count.
        """
        self.clock.move_to(self.now_us if at_us is None else at_us)
        if at_us is not None:
            self.executor.run_to(at_us)
        self._driver.start()

    def run_due(self) -> None:
        """Let everything happen that is due by now, if the loop has come to something else of this instant before."""
        self._driver.run_due()

    async def wait(self) -> None:
        """Wait until the simulation ends, which it does by `stop` or by an error.

        Raises:
            Exception: Whatever went wrong while time passed.
        """
        # Whoever waits no longer does not end it for others.
        await asyncio.shield(self._driver.ended)

    async def wait_until(self, time_us: int) -> None:
        """Wait until the site has come to a simulated time [µs], however often its speed changes on the way."""
        loop = asyncio.get_running_loop()
        while self.now_us < time_us:
            if self.clock.now_us() >= time_us:
                self.catch_up()
                await asyncio.sleep(0)
                continue
            left_s = None if self.clock.paused else self.clock.loop_time_s(time_us) - loop.time()
            changed = asyncio.ensure_future(self._clock_changed.wait())
            try:
                await asyncio.wait((changed,), timeout=left_s)
            finally:
                changed.cancel()

    def stop(self) -> None:
        """Stop time and end all streams."""
        self._driver.stop()
        self.gateway.close()

    def set_speed(self, speed: float) -> None:
        """Let time pass faster or slower; promises to clients go on to hold in their time.

        Args:
            speed: Simulated seconds per second of the event loop.

        Raises:
            ValueError: If time cannot pass at this speed.
            WrongStateError: If a step is under way.
        """
        self.execute(SetSpeed(speed))

    def pause(self) -> None:
        """Let time stand still; nothing is sent until it goes on. A server that is down comes back.

        Raises:
            WrongStateError: If a step is under way.
        """
        self._require_no_step()
        if not self.clock.paused:
            self.catch_up()
            self.clock.pause()
            self.clock.move_to(self.now_us)
            self.events.report("paused", "site")
            self._stay_reachable()
            self._follow_clock()

    def resume(self) -> None:
        """Let time go on.

        Raises:
            WrongStateError: If a step is under way.
        """
        self._require_no_step()
        if self.clock.paused:
            self.clock.resume()
            self._driver.begin_carefully()
            self.events.report("resumed", "site")
            self._follow_clock()

    async def step(self, duration: timedelta) -> None:
        """Let time pass while paused, as fast as it can be computed and read.

        Args:
            duration: Simulated time.

        Raises:
            ValueError: If the duration is not positive, or too long.
            WrongStateError: If time passes by itself, or another step is under way.
        """
        await self._step(duration, lambda: False)

    async def step_until_idle(self, at_most: timedelta) -> bool:
        """Let time pass while paused until the site has come to rest.

        It is at rest when every set-point has arrived and its ramp has ended, every request has got its answer
        and every driven input has reached its value. That is looked at when anything is due: sampling, for instance.
        Ends of lifetimes and of faults that lie ahead do not count.

        Args:
            at_most: Simulated time after which the step ends all the same.

        Returns:
            Whether the site is at rest.

        Raises:
            ValueError: If the duration is not positive, or too long.
            WrongStateError: If time passes by itself, or another step is under way.
        """
        await self._step(at_most, self._is_idle)
        return self._is_idle()

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot of this site; see `Simulation.restore`.

        Raises:
            ValueError: If the snapshot belongs to another seed, start or site.
            WrongStateError: If a step is under way, or a recording would have times twice.
        """
        self._require_no_step()
        super().restore(snapshot)

    def go_on_from(self, snapshot: Snapshot) -> None:
        """Do what `restore` does with a snapshot that was checked; see `Simulation.go_on_from`.

        Raises:
            WrongStateError: If a step is under way, or a recording would have times twice.
        """
        self._require_no_step()
        super().go_on_from(snapshot)
        self.events.report("restored", "site")
        self._stay_reachable()
        self._follow_clock()

    def _restart_server(self, command: RestartServer) -> None:
        longest_s = LONGEST_RESTART_S * min(self.clock.speed, 1.0)
        if longest_s < command.down_s <= LONGEST_RESTART_S:
            raise ValueError(
                f"restart is {duration_in_words(command.down_s)} at a speed of {self.clock.speed:g}; accepted: more "
                f"than 0 s, up to {duration_in_words(longest_s)}, which is a day by the wall"
            )
        super()._restart_server(command)

    def _stay_reachable(self) -> None:
        """Bring back a server that would stay away for too long, as nobody could have it come back earlier."""
        back_us, clock = self.back_us, self.clock
        if back_us is None:
            return
        away_s = (back_us - clock.now_us()) / MICROSECONDS / clock.speed
        if clock.paused or away_s > LONGEST_RESTART_S:
            self.bring_server_back()

    def _set_speed(self, command: SetSpeed) -> None:
        self._require_no_step()
        former_pace = self.clock.pace
        self.clock.set_speed(command.speed)
        self.engine.stretch_promises(self.clock.pace / former_pace, self.clock.now_us())
        self._driver.begin_carefully()
        self.events.report("speed set", "site", speed=command.speed)
        self._stay_reachable()
        self._follow_clock()

    def _is_idle(self) -> bool:
        return (
            not self.gateway.has_requests
            and all(self.plant.tracking.is_settled(key) for key in self.plant.controlled)
            and all(override.end_us <= self.now_us for override in self.plant.inputs.overrides.values())
        )

    async def _step(self, duration: timedelta, enough: Callable[[], bool]) -> None:
        duration_s = duration.total_seconds()
        if not 0.0 < duration_s <= LONGEST_S:
            raise ValueError(
                f"the step is {duration_in_words(duration_s)} long; "
                f"accepted: more than 0 s, up to {duration_in_words(LONGEST_S)}"
            )
        if not self.clock.paused:
            raise WrongStateError("time passes by itself; accepted: steps while it is paused")
        with self._one_step():
            end_us = self.now_us + round(duration / timedelta(microseconds=1))
            while not enough() and self.now_us < end_us:
                due_us = self.engine.next_us()
                self._go_to(end_us if due_us is None else min(due_us, end_us))
                await self._let_clients_read()
            await self.gateway.read_up(_PATIENCE_S)

    def _go_to(self, time_us: int) -> None:
        self.clock.move_to(time_us)
        try:
            self.executor.run_to(time_us)
        except Exception as error:
            self._driver.fail(error)
            raise

    async def _let_clients_read(self) -> None:
        await asyncio.sleep(0)
        if self.gateway.backlog >= LONGEST_QUEUE // 2:
            await self.gateway.read_up(_PATIENCE_S)

    @contextmanager
    def _one_step(self) -> Iterator[None]:
        self._require_no_step()
        self._stepping = True
        try:
            yield
        finally:
            self._stepping = False
            self._follow_clock()

    def _require_no_step(self) -> None:
        if self._stepping:
            raise WrongStateError("a step is under way; accepted: once it has ended")

    def _follow_clock(self) -> None:
        self._driver.rearm()
        self._clock_changed.set()
        self._clock_changed = asyncio.Event()
