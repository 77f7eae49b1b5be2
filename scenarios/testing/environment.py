"""The environment of one test: an event loop and what belongs to it, virtual or real."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import os
import random
import warnings
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from grpc import aio

from ...proto.inmemory.interception import channels_to
from ...proto.inmemory.memory_server import MemoryServer
from ...proto.serving.site_server import SiteServer
from ...sim.simulation.live import LiveSimulation
from ...sim.site.site import Site
from ..lockstep.errors import LockstepError, NotStoppedError, SiteFailedError
from ..lockstep.pools import followed_pools
from ..lockstep.real_io import describe_task
from ..lockstep.session import DEFAULT_ADDRESS, url_told
from ..lockstep.virtual_time import Limits, VirtualTimeLoop
from ..lockstep.wall import VirtualClock, WornClock
from ..lockstep.watchdog import Watchdog
from .apps import interrupt
from .durations import shown_span
from .sdk_globals import fresh_sdk
from .site import SiteHandle

__tracebackhide__ = True  # failures are shown where the test stands

_T = TypeVar("_T")
TEST_TASK = "test"
_PATIENCE_S = 60.0
"""Time of the loop that tasks have to end once they are cancelled [s]; a live environment has less."""


class Environment(ABC):
    """Runs the coroutines of one test and takes everything away at its end."""

    patience_s = _PATIENCE_S
    site: SiteHandle

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._context = contextvars.copy_context()
        self._resources = ExitStack()
        self._resources.callback(loop.close)
        self._resources.enter_context(fresh_sdk())

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let the process live in this environment for a while."""
        with warnings.catch_warnings():
            # Thousands a minute about what the libraries themselves do; nobody who tests an application can mend it.
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"frequenz\.")
            yield

    def run(self, coroutine: Coroutine[Any, Any, _T], *, name: str | None = None) -> _T:
        """Run a coroutine of the test on its loop.

        Args:
            coroutine: To run.
            name: Of its task.
        """
        with self.inside():
            task = self.loop.create_task(coroutine, name=name, context=self._context)
            return self.loop.run_until_complete(task)

    def begin(self, start: Coroutine[Any, Any, SiteHandle]) -> SiteHandle:
        """Run what brings the site to life; if it fails, nothing stays behind."""
        try:
            return self.run(start)
        except BaseException:
            self._resources.close()
            raise

    @abstractmethod
    async def stop_site(self) -> None:
        """End the simulation and the way to it."""

    def close(self) -> None:
        """Interrupt what is left, and leave nothing behind.

        Raises:
            NotStoppedError: If tasks do not end when they are cancelled.
        """
        try:
            with self.inside():
                stubborn = self.loop.run_until_complete(self._end())
        finally:
            self._resources.close()
        if stubborn:
            raise NotStoppedError(
                f"these tasks still run {self.patience_s:g} s after they were cancelled; let CancelledError "
                f"pass in them:\n" + "\n".join(stubborn)
            )

    async def _end(self) -> list[str]:
        stubborn: list[str] = []
        try:
            await interrupt(self.site.apps, self.patience_s)
            stubborn = await _cancel_all(self.loop, self.patience_s)
        finally:
            await self.stop_site()
            await _cancel_all(self.loop, 1.0)
            await self.loop.shutdown_asyncgens()
            # Calls that nobody awaits any more end now, while there is a loop for them.
            gc.collect()
            await asyncio.sleep(0)
        return stubborn


class VirtualEnvironment(Environment):
    """An environment whose time passes as fast as it can be computed, with one site in it."""

    loop: VirtualTimeLoop

    def __init__(
        self, site: Site, *, start_us: int, seed: int, longest_us: int, limits: Limits, name: str
    ) -> None:
        """Begin a virtual environment.

        Args:
            site: Whose clock is the environment's.
            start_us: When it begins [µs since the Unix epoch].
            seed: Of all noise, and of `random`.
            longest_us: Virtual time after which a test is stopped [µs].
            limits: How long a test may keep virtual time from passing.
            name: Of the site, for messages.
        """
        self.clock = VirtualClock(start_us, shown_in=site.microgrid.location.zone)
        super().__init__(VirtualTimeLoop(self.clock, limits))
        self._randomness = _OwnRandomness(seed)
        self._longest_us = longest_us
        self.loop.call_at_us(start_us + longest_us, self._stop)
        self.site = self.begin(self._start(site, seed, name))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let the process's clocks, randomness and channels be the environment's."""
        self.loop.collector.start(tidy=False)
        try:
            with (
                url_told(f"grpc://{DEFAULT_ADDRESS}"),
                WornClock(self.clock),
                self._randomness,
                followed_pools(lambda: self.loop),
                channels_to(
                    {DEFAULT_ADDRESS: self._open_channel}, open_others=self.loop.limits.allow_real_io
                ),
                Watchdog((self.loop,)),
                super().inside(),
            ):
                yield
        finally:
            self.loop.collector.stop()

    async def stop_site(self) -> None:
        """End the simulation."""
        self.site.simulation.stop()

    async def _start(self, site: Site, seed: int, name: str) -> SiteHandle:
        # The wall's time is the environment's own here; by it clients see time go on where the site goes back.
        simulation = LiveSimulation(site, start_us=self.clock.start_us, seed=seed, timestamps="wall")
        self._server = MemoryServer()
        self._server.serve(simulation)
        simulation.failed.subscribe(lambda error: self.loop.fail(SiteFailedError(error)))
        handle = SiteHandle(simulation, f"grpc://{DEFAULT_ADDRESS}", name=name)
        simulation.start()
        return handle

    def _open_channel(self, interceptors: Sequence[aio.ClientInterceptor]) -> aio.Channel:
        return self._server.open_channel(interceptors)

    def _stop(self) -> None:
        tasks = [task for task in asyncio.all_tasks(self.loop) if task.get_name() == TEST_TASK]
        where = "\n".join(map(describe_task, tasks))
        self.loop.fail(
            LockstepError(
                f"the test has not ended after {shown_span(self._longest_us)} of virtual time; if it means to "
                f'take longer: @pytest.mark.site(longest="30 d"). Waiting:\n{where}'
            )
        )


class LiveEnvironment(Environment):
    """A real event loop with one site behind a real socket."""

    patience_s = 5.0

    def __init__(self, server: SiteServer, *, name: str) -> None:
        """Serve a site.

        Args:
            server: Not yet started.
            name: Of the site, for messages.
        """
        super().__init__(asyncio.new_event_loop())
        self._server = server
        self.site = self.begin(self._start(name))
        self._resources.enter_context(url_told(self.site.url))

    async def stop_site(self) -> None:
        """End the simulation and free the port."""
        await self._server.__aexit__(None, None, None)

    async def _start(self, name: str) -> SiteHandle:
        url = await self._server.__aenter__()
        return SiteHandle(self._server.simulation, url, name=name)


class _OwnRandomness:
    """A stream of `random` and `os.urandom` of its own, which goes on whenever the environment is entered."""

    def __init__(self, seed: int) -> None:
        self._own_state = random.Random(f"doppelgrid/{seed}").getstate()
        self._own_bytes = random.Random(f"doppelgrid/{seed}/urandom").randbytes

    def __enter__(self) -> None:
        self._state, self._urandom = random.getstate(), os.urandom
        random.setstate(self._own_state)
        os.urandom = self._own_bytes

    def __exit__(self, *_error: object) -> None:
        self._own_state = random.getstate()
        random.setstate(self._state)
        os.urandom = self._urandom


async def _cancel_all(loop: asyncio.AbstractEventLoop, patience_s: float) -> list[str]:
    """Cancel the tasks of test and application; describe those that do not end."""
    deadline = loop.time() + patience_s
    while tasks := sorted(filter(_is_ours, asyncio.all_tasks(loop)), key=hash):
        left_s = deadline - loop.time()
        if left_s <= 0.0:
            return [describe_task(task) for task in tasks]
        for task in tasks:
            task.cancel()
        ended, _ = await asyncio.wait(tasks, timeout=left_s)
        for task in ended:
            if not task.cancelled():
                task.exception()
    return []


def _is_ours(task: asyncio.Task[Any]) -> bool:
    """Say whether a task is to be cancelled: not the present one, and none of grpc's server, which are compiled."""
    return task is not asyncio.current_task() and inspect.iscoroutine(task.get_coro())
