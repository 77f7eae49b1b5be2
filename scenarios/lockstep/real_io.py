"""What an application waits for outside of virtual time: sockets, threads, subprocesses; and who waits."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_IO_MODULES = (
    "streams",
    "selector_events",
    "base_events",
    "unix_events",
    "subprocess",
    "base_subprocess",
    "sslproto",
)


class Outside:
    """Keeps account of what is under way outside of the loop."""

    def __init__(self) -> None:
        self.processes: list[asyncio.SubprocessTransport] = []
        self.threads: list[threading.Thread] = []
        """Of the application, that were not waited for yet."""
        self.are_threads_awaited = False
        self.starting = 0
        """Subprocesses that are being started."""
        self.idle_fds: set[int] = set()
        """Descriptors that were waited for in vain, and are not waited for again until something happens."""

    def running_processes(self) -> list[asyncio.SubprocessTransport]:
        """Return the subprocesses that have not ended."""
        if self.processes:
            self.processes = [each for each in self.processes if each.get_returncode() is None]
        return self.processes

    def awaited_fds(self, registered: Iterable[int]) -> list[int]:
        """Return the registered descriptors from which something may still be expected."""
        return [fd for fd in registered if fd not in self.idle_fds and not _listens(fd)]


def describe_fd(fd: int) -> str:
    """Say what a file descriptor is, in words."""
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return f"file descriptor {fd} (closed)"
    if not stat.S_ISSOCK(mode):
        return f"{'pipe' if stat.S_ISFIFO(mode) else 'file descriptor'} {fd}"
    with _borrowed_socket(fd) as sock:
        try:
            return f"socket {fd} connected to {_address(sock.getpeername())}"
        except OSError:
            return f"socket {fd} not connected"


def describe_task(task: asyncio.Task[Any]) -> str:
    """Return a task's name and where it waits, innermost line last."""
    lines = [f"task {task.get_name()!r} ({_coroutine_name(task)})"]
    for frame, line in _await_chain(task):
        code = frame.f_code
        lines.append(f"  {code.co_filename}:{line} in {code.co_qualname}")
    return "\n".join(lines)


def waits_for_io(task: asyncio.Task[Any]) -> bool:
    """Return whether a task waits inside asyncio's own socket, stream or process code."""
    chain = _await_chain(task)
    if not chain:
        return False
    package, _, module = chain[-1][0].f_globals.get("__name__", "").partition(".")
    return package == "asyncio" and module in _IO_MODULES


def _await_chain(task: asyncio.Task[Any]) -> list[tuple[Any, int]]:
    """Return the frames from a task's coroutine down to where it waits."""
    frames = []
    awaited: Any = task.get_coro()
    while awaited is not None:
        for prefix in ("cr", "gi", "ag"):
            frame = getattr(awaited, f"{prefix}_frame", None)
            if frame is not None:
                frames.append((frame, frame.f_lineno))
                awaited = getattr(awaited, f"{prefix}_await", None) or getattr(awaited, "gi_yieldfrom", None)
                break
        else:
            return frames
    return frames


def _coroutine_name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", repr(coroutine))


def _listens(fd: int) -> bool:
    """Return whether a descriptor is a listening socket: nothing is expected of it."""
    try:
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            return False
        with _borrowed_socket(fd) as sock:
            return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        return False


@contextmanager
def _borrowed_socket(fd: int) -> Iterator[socket.socket]:
    """Lend a socket object over somebody else's descriptor, which stays open."""
    sock = socket.socket(fileno=fd)
    try:
        yield sock
    finally:
        sock.detach()


def _address(peer: Any) -> str:
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else str(peer)
