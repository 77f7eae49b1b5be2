"""Lets Ctrl-C in on import, where a process was started with it shut out, but for those that have come by then.

What the process has imported before would have told of them in tracebacks.
"""

from __future__ import annotations

import signal


def _let_in() -> None:
    # Ignoring a signal drops those that wait.
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, former)


_let_in()
