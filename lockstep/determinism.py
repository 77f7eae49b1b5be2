"""Tasks and futures that hash by the order in which they were made, so that sets of them iterate alike.

By default they hash by address: sets of tasks then iterate differently from run to run, whatever
PYTHONHASHSEED is. The number is drawn when the hash is first asked for, which for a task is its creation (the
loop registers it in a set), and which costs a future that is never hashed nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any


class OrdinalLoop(asyncio.SelectorEventLoop):
    """An event loop that numbers its tasks and futures."""

    def __init__(self, selector: Any = None) -> None:
        """Start numbering at 1."""
        super().__init__(selector)
        self.ordinals = itertools.count(1)
        self.set_task_factory(_make_task)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop that hashes by order."""
        return OrdinalFuture(loop=self)


def _ordinal(numbered: Any) -> int:
    try:
        return numbered._ordinal  # type: ignore[no-any-return]
    except AttributeError:
        numbered._ordinal = ordinal = next(numbered.get_loop().ordinals)
        return ordinal  # type: ignore[no-any-return]


class OrdinalTask(asyncio.Task[Any]):
    """A task that hashes by creation order within its loop."""

    __hash__ = _ordinal


class OrdinalFuture(asyncio.Future[Any]):
    """A future that hashes by the order of first use as a key within its loop."""

    __hash__ = _ordinal


def _make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **options: Any
) -> asyncio.Future[Any]:
    return OrdinalTask(coroutine, loop=loop, **options)  # type: ignore[arg-type]


@contextmanager
def seeded_randomness(seed: int) -> Iterator[None]:
    """Seed the `random` module for a while, and give it its own state back afterwards."""
    state = random.getstate()
    random.seed(f"doppelgrid/{seed}")
    try:
        yield
    finally:
        random.setstate(state)
