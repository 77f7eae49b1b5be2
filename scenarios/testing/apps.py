"""Applications that a test starts against a site: coroutines, or scripts as `python APP.py ARGS` would run them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from .bench import Bench
from .scripts import Script

__tracebackhide__ = True  # failures are shown where the test stands


class App:
    """An application under test."""

    def __init__(self, bench: Bench, task: asyncio.Task[Any], name: str) -> None:
        self._bench = bench
        self._task = task
        self.name = name
        task.add_done_callback(self._on_end)

    def __repr__(self) -> str:
        return f"<application {self.name}, {'running' if self.running else 'ended'}>"

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._task.done()

    @property
    def result(self) -> Any:
        """What its coroutine returned; the exit code of a script.

        Raises:
            asyncio.InvalidStateError: If it is still running.
        """
        return self._task.result()

    async def wait(self) -> Any:
        """Wait until it returns, and return what it returned.

        Raises:
            AssertionError: If it crashed.
        """
        await asyncio.wait({self._task})
        if self._task.cancelled():
            return None
        if (error := self._task.exception()) is not None:
            crash = self._crash(error)
            self._bench.forgive(crash)
            raise crash
        return self._task.result()

    async def stop(self) -> None:
        """Interrupt it as Ctrl-C would, and wait until it has ended."""
        await interrupt([self], None)

    def _on_end(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._bench.alarm(self._crash(error))

    def _crash(self, error: BaseException) -> AssertionError:
        if not hasattr(self, "_failure"):
            when = self._bench.time_text(self._bench.now_us)
            text = f"the application {self.name} crashed at {when}: {type(error).__name__}: {error}"
            self._failure = self._bench.failure(text)
            self._failure.__cause__ = error
        return self._failure


async def interrupt(apps: Sequence[App], patience_s: float | None) -> None:
    """Interrupt applications that are still running, and wait for them, at most so long [s]."""
    tasks = [app._task for app in apps if app.running]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=patience_s)


async def start(
    bench: Bench, apps: list[App], app: Coroutine[Any, Any, Any] | str | Path, arguments: Sequence[str]
) -> App:
    """Start an application; see `SiteHandle.start_app`."""
    coroutine, name = _prepare(app, arguments)
    task = asyncio.get_running_loop().create_task(coroutine, name=f"application {name}")
    started = App(bench, task, name)
    apps.append(started)
    await asyncio.sleep(0)
    return started


def _prepare(
    app: Coroutine[Any, Any, Any] | str | Path, arguments: Sequence[str]
) -> tuple[Coroutine[Any, Any, Any], str]:
    """Return what is to run, and its name."""
    if isinstance(app, str | Path):
        return Script(Path(app), arguments).run(), Path(app).name
    if not asyncio.iscoroutine(app):
        raise TypeError(f"{app!r} is no application; accepted: a coroutine such as main(site.url), or a path")
    if arguments:
        app.close()
        raise ValueError(f"arguments {arguments!r} are given to a coroutine; accepted: with a script only")
    return app, getattr(app, "__qualname__", repr(app))
