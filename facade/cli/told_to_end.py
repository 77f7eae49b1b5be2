"""How a run is told to end, and then left to end whole."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

_BY_NAME = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, a service's end, and the end of a terminal, where the system has them."""


@contextlib.contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """Give what a signal to end sets; from then on the process ends by itself, however often it is told again.

    What it writes is finished so. Signals that whoever began it lets it ignore, as `nohup` does, do not count.
    """
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    known = [getattr(signal, name) for name in _BY_NAME if hasattr(signal, name)]
    numbers = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, told.set)
    try:
        yield told
    finally:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        for number in numbers:
            loop.remove_signal_handler(number)
            if told.is_set():
                signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
