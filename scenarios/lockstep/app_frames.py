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


def calling_frame() -> FrameType:
    """Return the innermost frame that belongs to no package which carries the application."""
    frame = sys._getframe()
    while _carries(frame) and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _is_runner(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") in _RUNS


def _carries(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__") or ""
    return any(name == package or name.startswith(f"{package}.") for package in _CARRIES)
