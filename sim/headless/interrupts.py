"""Ctrl-C that waits for compiled code to come back: an exception on the way into or out of it ends the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_wait() -> Iterator[threading.Event]:
    """Let Ctrl-C wait until somebody looks whether it has come; a second one does not wait.

    Where Ctrl-C has another meaning already, and in other threads than the main one, nothing changes.

    Yields:
        What is set when Ctrl-C comes; whoever finds it set raises `KeyboardInterrupt`.
    """
    told = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if before is not signal.default_int_handler or not is_main:
        yield told
        return

    def tell(_number: int, _frame: object) -> None:
        told.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, tell)
    try:
        yield told
    finally:
        signal.signal(signal.SIGINT, before)
