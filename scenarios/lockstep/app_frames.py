"""Which frames of a stack are the application's; those of what runs it tell its author nothing."""

from __future__ import annotations

import sys
import traceback
from types import FrameType

_PACKAGE = __name__.rpartition(".")[0]
_TESTING = f"{_PACKAGE.rpartition('.')[0]}.testing"
_RUNS = frozenset({f"{_PACKAGE}.run_app", f"{_TESTING}.environment"})
"""Modules that call the application, or its test."""
_CARRIES = ("asyncio", _PACKAGE)
"""Packages that stand between the application and its coroutines."""
_POOLS = ("concurrent.futures",)
"""Packages through which it gives functions to others."""


def runs_the_application(frame: FrameType) -> bool:
    """Say whether a frame is one of those by which an application begins."""
    return _is_runner(frame) or frame.f_code.co_filename == "<frozen runpy>"


def own_stack(innermost: FrameType) -> str:
    """Return a running stack as tracebacks have it, from where the application begins.

    Event loops on the way are left out; all frames of a stack in which no application begins are there.

    Args:
        innermost: The frame that runs.
    """
    frames = [frame for frame, _ in traceback.walk_stack(innermost)][::-1]
    first = next((place for place, frame in enumerate(frames) if _is_runner(frame)), None)
    if first is not None:
        frames = frames[first:]
        while frames and runs_the_application(frames[0]):
            frames.pop(0)
        last = max((place for place, frame in enumerate(frames) if not _carries(frame)), default=0)
        frames = [frame for place, frame in enumerate(frames) if place >= last or not _carries(frame)]
    return "".join(traceback.StackSummary.extract((frame, frame.f_lineno) for frame in frames).format())


def own_traceback(error: BaseException) -> str:
    """Return a traceback as the interpreter prints it, from where the application begins.

    Event loops on the way are left out, also of what an error was raised from.
    """
    told = traceback.TracebackException.from_exception(error)
    _keep_own(told, error)
    return "".join(told.format())


def _keep_own(told: traceback.TracebackException, error: BaseException) -> None:
    """Leave out of a traceback, and of those that are shown with it, what carries the application."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    first = next(
        (place for place, frame in enumerate(frames) if not runs_the_application(frame)), len(frames)
    )
    last = max((place for place, frame in enumerate(frames) if not _carries(frame)), default=first)
    told.stack[:] = [
        line
        for place, (line, frame) in enumerate(zip(told.stack, frames, strict=True))
        if place >= first and (place >= last or not _carries(frame))
    ]
    pairs = [(told.__cause__, error.__cause__), (told.__context__, error.__context__)]
    if isinstance(error, BaseExceptionGroup):
        pairs += zip(told.exceptions or (), error.exceptions, strict=True)
    for part, of in pairs:
        if part is not None and of is not None:
            _keep_own(part, of)


def calling_frame() -> FrameType:
    """Return the innermost frame that belongs to no package which carries the application, nor to a pool's."""
    frame = sys._getframe()
    while (_carries(frame) or _is_of(frame, _POOLS)) and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _is_runner(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") in _RUNS


def _carries(frame: FrameType) -> bool:
    return _is_of(frame, _CARRIES)


def _is_of(frame: FrameType, packages: tuple[str, ...]) -> bool:
    name = frame.f_globals.get("__name__") or ""
    return any(name == package or name.startswith(f"{package}.") for package in packages)
