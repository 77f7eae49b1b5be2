"""Tests of the plant that hang fail: a step that does not get on would be repeated without end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

_MOST_S = 30.0
"""Of the processor's time, which no other program takes part of [s]; the longest takes 3 s."""


@pytest.fixture(autouse=True)
def limit(request: pytest.FixtureRequest) -> Iterator[None]:
    """End what takes too long, except where something is compiled."""
    if request.node.get_closest_marker("slow"):
        yield
        return

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"the test takes more than {_MOST_S:g} s of the processor's time")

    former = signal.signal(signal.SIGVTALRM, end)
    # Again and again: an example that is tried a second time hangs as well.
    signal.setitimer(signal.ITIMER_VIRTUAL, _MOST_S, _MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, former)
