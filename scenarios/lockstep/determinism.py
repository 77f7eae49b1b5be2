"""Sets that iterate alike in every run: of tasks, of futures, and of the ids of the client library.

By default tasks hash by address: sets of them then iterate differently from run to run, whatever PYTHONHASHSEED is. The
number is drawn when the hash is first asked for, which for a task is its creation (the loop registers it in a set), and
which costs a future that is never hashed nothing.

Ids of the published client hash by their class as well, and a class hashes by its address. Applications keep components
in sets of ids, so which of two inverters of a battery is told first would be up to chance.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import random
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any

_COLLECT_EVERY_US = 10_000_000
_FULL_EVERY = 60  # of these, one in so many looks at everything
_TIDIED_EVERY = 16  # runs in one process: to look at all its modules costs as much as a short run


class OrdinalLoop(asyncio.SelectorEventLoop):
    """An event loop that numbers its tasks and futures."""

    def __init__(self, selector: Any = None) -> None:
        """Start numbering at 1."""
        super().__init__(selector)
        hash_ids_by_number()
        self.ordinals = itertools.count(1)
        self.set_task_factory(_make_task)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop that hashes by order."""
        return OrdinalFuture(loop=self)


def hash_ids_by_number() -> None:
    """Let ids of the client library hash by their number alone, from now on in this process.

    Equal ids have equal hashes as before, and ids of different classes still differ.
    """
    try:
        from frequenz.core.id import BaseId  # noqa: PLC0415 - only applications of the SDK have it
    except ModuleNotFoundError:
        return
    BaseId.__hash__ = _number_hash  # type: ignore[assignment, method-assign]


def _number_hash(numbered: Any) -> int:
    return hash(int(numbered))


def _ordinal(numbered: Any) -> int:
    try:
        return numbered._ordinal  # type: ignore[no-any-return]
    except AttributeError:
        numbered._ordinal = ordinal = next(numbered.get_loop().ordinals)
        return ordinal  # type: ignore[no-any-return]


class OrdinalTask(asyncio.Task[Any]):
    """A task that hashes by creation order within its loop."""

    __hash__ = _ordinal

    def set_name(self, value: object) -> None:
        """Name the task; Python 3.13 names those of a task factory None when they are to keep their own."""
        if value is not None:
            super().set_name(value)


class OrdinalFuture(asyncio.Future[Any]):
    """A future that hashes by the order of first use as a key within its loop."""

    __hash__ = _ordinal


def _make_task(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
    **options: Any,
) -> asyncio.Future[Any]:
    return OrdinalTask(coroutine, loop=loop, **options)


class Collector:
    """Collects garbage at set virtual times instead of whenever enough of it has gathered.

    Objects with finalisers, such as calls that nobody awaits any more, then end at the same time in every run.
    What exists before is left out, and so is what exists when time first passes, mostly imported modules: that keeps
    collecting cheap.
    """

    _runs = 0
    """How many have begun in this process."""

    def __init__(self) -> None:
        self._next_us = -1
        self._since_full = 0
        self._was_enabled = gc.isenabled()

    def start(self, *, tidy: bool = True) -> None:
        """Collect by virtual time from now on; what exists now is left alone until `stop`.

        Args:
            tidy: Collect when time first passes, and now at times, so that what earlier runs have left does not pile
                up. If not, neither.
        """
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._next_us = 0 if tidy else 1
        if tidy:
            if Collector._runs % _TIDIED_EVERY == 0:
                gc.collect()
            Collector._runs += 1
        gc.freeze()

    def stop(self) -> None:
        """Leave collecting to the interpreter again."""
        self._next_us = -1
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    def look(self, now_us: int) -> None:
        """Collect if it is time [µs]."""
        if not 0 <= self._next_us <= now_us:
            return
        if self._next_us == 0:
            gc.collect()
            gc.freeze()
        self._next_us = now_us + _COLLECT_EVERY_US
        self._since_full = (self._since_full + 1) % _FULL_EVERY
        gc.collect(1 if self._since_full else 2)


@contextmanager
def seeded_randomness(seed: int) -> Iterator[None]:
    """Seed `random` and `os.urandom`, and with it `uuid.uuid4`, for a while; restore them afterwards.

    Generators that programs make for themselves without a seed are not reached.
    """
    state, urandom = random.getstate(), os.urandom
    random.seed(f"doppelgrid/{seed}")
    os.urandom = random.Random(f"doppelgrid/{seed}/urandom").randbytes
    try:
        yield
    finally:
        random.setstate(state)
        os.urandom = urandom
