"""Connections and programs of an application that are real, and so make a run depend on more than its inputs.

Python tells audit hooks of them, whatever library asks for them. What a library in C does by itself is not seen.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_MOST = 10
"""So many are told of one by one."""
_OWN_PACKAGE = __name__.partition(".")[0]
_NAMELESS = ("__main__", _OWN_PACKAGE, *sys.stdlib_module_names)
"""Packages that say nothing of who in the application it is."""

Tell = Callable[[str], None]
_told: list[tuple[Tell, set[str]]] = []
"""Who listens, and what they have heard; the innermost last."""
_is_hooked = False


@contextmanager
def told_of_connections(tell: Tell) -> Iterator[None]:
    """Call a function with every new peer, and every program, of the application; each once."""
    global _is_hooked  # noqa: PLW0603 - an audit hook stays for the life of the process
    if not _is_hooked:
        sys.addaudithook(_on_audit)
        _is_hooked = True
    listening = (tell, set[str]())
    _told.append(listening)
    try:
        yield
    finally:
        _told.remove(listening)


def tell_of_channel(target: str) -> None:
    """Tell of a gRPC channel of the application to a real address; it connects in C, where no hook sees it."""
    _tell_for_caller(f"a real connection to {target}")


def tell_of_process(work: str) -> None:
    """Tell of a process that the application has started by `multiprocessing`, and of what it does."""
    _tell_for_caller(f"a process of its own, {work}, in real time")


def _tell_for_caller(what: str) -> None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _package(frame) == _OWN_PACKAGE:
        frame = frame.f_back
    if _told:
        _tell(what, _users(frame))


def _on_audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _told:
        return
    if event in ("socket.connect", "socket.sendto"):
        _tell(f"a real connection to {_address(arguments[1])}", _users(sys._getframe(1)))
    elif event == "subprocess.Popen":
        users = _users(sys._getframe(1))
        # The loop knows of its own, and what Python asks of the machine is the same in every run.
        if not {"asyncio", "platform"} & set(users):
            _tell(f"a program of its own, {_program(arguments[1])}", users)


def _tell(what: str, users: list[str]) -> None:
    tell, heard = _told[-1]
    line = f"{what}{f' (of {users[-1]})' if users and users[-1] not in _NAMELESS else ''}"
    if line in heard:
        return
    heard.add(line)
    if len(heard) <= _MOST:
        tell(f"the application has {line}; what comes of it is not the same in every run")
    elif len(heard) == _MOST + 1:
        tell(f"the application has more than {_MOST} real connections and programs")


def _users(frame: FrameType | None) -> list[str]:
    """Return the packages from a frame outwards, innermost first, up to the first that is not Python's own."""
    packages = []
    while frame is not None:
        packages.append(_package(frame))
        if packages[-1] not in sys.stdlib_module_names:
            break
        frame = frame.f_back
    return packages


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _address(peer: Any) -> str:
    if not isinstance(peer, tuple):
        return str(peer.decode(errors="replace") if isinstance(peer, bytes) else peer)
    host = f"[{peer[0]}]" if ":" in str(peer[0]) else peer[0]
    return f"{host}:{peer[1]}"


def _program(arguments: Any) -> str:
    words = [arguments] if isinstance(arguments, str | bytes) else list(arguments or ())
    return repr(subprocess.list2cmdline([str(word) for word in words[:3]]))
