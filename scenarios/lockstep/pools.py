"""Functions that an application gives to pools of threads or processes without its loop, and processes that it starts.

What a coroutine awaits of a pool by `asyncio.wrap_future` is in step: virtual time stands still until it is done. Other
processes have no part in virtual time: functions for them are refused by name, where real I/O is not allowed.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import concurrent.futures.process
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from .jobs import function_name
from .real_connections import tell_of_process
from .replaced import replaced
from .virtual_time import VirtualTimeLoop


@contextmanager
def followed_pools(loop: Callable[[], VirtualTimeLoop]) -> Iterator[None]:
    """Follow what pools do for an application.

    Args:
        loop: Returns the one in which the site lives.
    """
    given = weakref.WeakKeyDictionary[concurrent.futures.Future[Any], str]()
    to_thread = concurrent.futures.ThreadPoolExecutor.submit
    to_process = concurrent.futures.ProcessPoolExecutor.submit
    wrap, start = asyncio.wrap_future, BaseProcess.start

    def submit_to_thread(pool: Any, function: Any, /, *args: Any, **named: Any) -> Any:
        future = to_thread(pool, function, *args, **named)
        given[future] = function_name(function)
        return future

    def submit_to_process(pool: Any, function: Any, /, *args: Any, **named: Any) -> Any:
        loop().take_process(function)
        future = to_process(pool, function, *args, **named)
        given[future] = function_name(function)
        return future

    def wrap_and_follow(future: Any, *, loop: asyncio.AbstractEventLoop | None = None) -> asyncio.Future[Any]:
        wrapped = wrap(future, loop=loop)
        owner = wrapped.get_loop()
        if wrapped is not future and future in given and isinstance(owner, VirtualTimeLoop):
            owner.jobs.follow(given[future], wrapped)
        return wrapped

    def start_and_tell(process: Any) -> None:
        target = getattr(process, "_target", None)
        start(process)
        # Each function that these get is told of by itself.
        if target is not concurrent.futures.process._process_worker:
            tell_of_process(_work(type(process) if target is None else target))

    places: list[tuple[Any, str, Any]] = [
        (concurrent.futures.ThreadPoolExecutor, "submit", submit_to_thread),
        (concurrent.futures.ProcessPoolExecutor, "submit", submit_to_process),
        (BaseProcess, "start", start_and_tell),
        (asyncio, "wrap_future", wrap_and_follow),
        (asyncio.futures, "wrap_future", wrap_and_follow),
    ]
    with replaced(places):
        yield


def _work(target: Any) -> str:
    """Say what a process does; of those of `multiprocessing` the module does."""
    module = str(getattr(target, "__module__", ""))
    return module if module.partition(".")[0] == "multiprocessing" else function_name(target)
