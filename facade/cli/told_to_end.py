"""How a run is told to end, and then left to end whole."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

_TERMINAL_GOES = "SIGHUP"
"""Not everywhere known; and `nohup` lets a run ignore it."""


def signals_to_end() -> list[signal.Signals]:
    """Return the signals that tell this process to end."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, _TERMINAL_GOES, None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    return numbers


@contextlib.contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """Give what a signal to end sets; from then on the process ends by itself, however often it is told again.

    What it writes is finished so. Told by Ctrl-C, by whoever ends services, and by the end of a terminal.
    """
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    numbers = signals_to_end()
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
