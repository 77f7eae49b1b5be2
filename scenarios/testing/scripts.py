"""Scripts beside a test: each has a thread of its own for its top level, and takes turns with the event loop.

While the script's thread runs, the loop stands still; when the script runs a coroutine with `asyncio.run`, the
coroutine becomes a task of the test's loop and the thread stands still. So there is one order of events, as if all
were one program.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import queue
import runpy
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from ..lockstep.errors import LockstepError
from ..lockstep.run_app import command_line, exit_code_of


class _Ended(NamedTuple):
    error: BaseException | None


class _Answer(NamedTuple):
    value: Any
    error: BaseException | None


class Script:
    """A script that is run once."""

    def __init__(self, path: Path, arguments: Sequence[str]) -> None:
        """Prepare a script.

        Args:
            path: Of a Python file.
            arguments: Of its command line.

        Raises:
            FileNotFoundError: If there is no such file.
        """
        if not path.is_file():
            raise FileNotFoundError(f"no script at {path}; accepted: the path of a Python file")
        self._path = path
        self._arguments = arguments
        self._wishes: queue.SimpleQueue[Coroutine[Any, Any, Any] | _Ended] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._interrupted = False

    async def run(self) -> int:
        """Run the script to its end and return its exit code; when cancelled, it is interrupted as by Ctrl-C.

        Raises:
            BaseException: Whatever the script raises.
        """
        thread = threading.Thread(target=self._run_top_level, name=f"script {self._path.name}", daemon=True)
        with _loops_of(self, thread), command_line(self._path, self._arguments):
            thread.start()
            try:
                error = await self._take_turns()
            finally:
                thread.join()
        return self._judge(error)

    def run_coroutine(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Let the loop run a coroutine, and wait for it; called on the script's thread."""
        if not asyncio.iscoroutine(coroutine):
            raise ValueError(f"a coroutine was expected, got {coroutine!r}")
        if self._interrupted:
            coroutine.close()
            raise SystemExit(130)
        self._wishes.put(coroutine)
        answer = self._answers.get()
        if answer.error is not None:
            raise answer.error
        return answer.value

    def _run_top_level(self) -> None:
        try:
            runpy.run_path(os.fspath(self._path), run_name="__main__")
        except BaseException as error:
            self._wishes.put(_Ended(error))
        else:
            self._wishes.put(_Ended(None))

    async def _take_turns(self) -> BaseException | None:
        while True:
            wish = self._wishes.get()
            if isinstance(wish, _Ended):
                return wish.error
            self._answers.put(await self._answer(wish))

    async def _answer(self, coroutine: Coroutine[Any, Any, Any]) -> _Answer:
        task = asyncio.get_running_loop().create_task(coroutine, context=contextvars.copy_context())
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            self._interrupted = True
            task.cancel()
            await asyncio.wait({task})
        if task.cancelled():
            return _Answer(None, KeyboardInterrupt() if self._interrupted else asyncio.CancelledError())
        if (error := task.exception()) is not None:
            return _Answer(None, error)
        return _Answer(task.result(), None)

    def _judge(self, error: BaseException | None) -> int:
        if self._interrupted and isinstance(error, KeyboardInterrupt | SystemExit | None):
            raise asyncio.CancelledError
        if isinstance(error, SystemExit):
            code = exit_code_of(error)
            if code:
                raise RuntimeError(f"{self._path.name} exited with code {code}: {error.code}") from None
            return code
        if error is not None:
            raise error
        return 0


class _Runner:
    """Stands in for `asyncio.Runner` on a script's thread."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, coroutine: Coroutine[Any, Any, Any], *, context: object = None) -> Any:
        del context
        return self._script.run_coroutine(coroutine)

    def close(self) -> None:
        """Nothing is left to close."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        raise LockstepError(f"the script asks for its event loop; {_WAY_OUT}")


_WAY_OUT = "accepted in a test: asyncio.run and asyncio.Runner.run; for other ways: `doppelgrid lockstep SITE APP.py`"


@contextmanager
def _loops_of(script: Script, thread: threading.Thread) -> Iterator[None]:
    """Let what a script's thread does with event loops happen on the test's own."""
    originals = {name: getattr(asyncio, name) for name in ("run", "Runner", "new_event_loop")}

    def here() -> bool:
        return threading.current_thread() is thread

    def run(main: Any, **options: Any) -> Any:
        return script.run_coroutine(main) if here() else originals["run"](main, **options)

    def runner(**options: Any) -> Any:
        return _Runner(script) if here() else originals["Runner"](**options)

    def new_event_loop() -> asyncio.AbstractEventLoop:
        if here():
            raise LockstepError(f"the script makes an event loop; {_WAY_OUT}")
        return originals["new_event_loop"]()  # type: ignore[no-any-return]

    for name, replacement in (("run", run), ("Runner", runner), ("new_event_loop", new_event_loop)):
        setattr(asyncio, name, replacement)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(asyncio, name, original)
