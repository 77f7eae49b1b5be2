"""The end of a process that has run somebody's application: nothing that this has left behind keeps it alive."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import NoReturn

_WAIT_S = 5.0
"""Real time that threads of an application get to end by themselves [s]."""
_PIPE_BROKEN = 141
"""As shells have it of a program that the end of a pipe has ended: 128 and the number of SIGPIPE."""
_stubborn: list[object] = []
"""Tasks that would run on if they were dropped."""
_ran: list[bool] = []


def application_ran(stubborn: Sequence[object]) -> None:
    """Take notice of an application that has run in this process.

    Args:
        stubborn: What of it would not end.
    """
    _ran.append(True)
    _stubborn.extend(stubborn)


def end(code: int) -> None:
    """End the process, in a while at the latest, if an application has run in it; return if none has.

    Args:
        code: To exit with.
    """
    if _stubborn:
        end_at_once(code)
    if _ran:
        threading.Thread(target=_end_late, args=(code,), daemon=True).start()


def end_at_the_end_of_a_pipe(ended: BaseException) -> None:
    """End the process without a word if it ends because nobody reads what it prints; return if not.

    Args:
        ended: By which it ends: the libraries that print make another error of it.
    """
    cause: BaseException | None = ended
    while cause is not None and not isinstance(cause, BrokenPipeError):
        cause = cause.__context__
    try:
        sys.stdout.flush()
    except BrokenPipeError as broken:
        cause = broken
    if cause is not None:
        os._exit(_PIPE_BROKEN)


def end_at_once(code: int) -> NoReturn:
    """End the process without asking anything that still runs in it."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _end_late(code: int) -> NoReturn:
    time.sleep(_WAIT_S)
    ours = threading.main_thread()
    names = [repr(each.name) for each in threading.enumerate() if each is not ours and not each.daemon]
    threads = f"thread {', '.join(names)}" if len(names) == 1 else f"threads {', '.join(names)}"
    print(f"{_WAIT_S:g} s after the end of the run {threads} still ran, and ended with it", file=sys.stderr)
    end_at_once(code)
