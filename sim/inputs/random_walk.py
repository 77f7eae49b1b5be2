"""Seeded linear processes as signals: what a time shows does not depend on when, or how often, it is looked at.

A process moves in steps of equal length, counted from the epoch, and the noise of a step depends on its number alone.
Steps are made in blocks. Where a process is when a block begins is the sum of what the noise of the blocks before has
left, each computed from rest and let decay; blocks so long ago that less than 1e-12 of them is left are not counted.
So every block can be made by itself, always with the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from .signal import NEVER, Steps

_STEPS_PER_BLOCK = 3600
_FORGOTTEN = 1e-12
_BLOCKS_KEPT = 3

State = TypeVar("State", bound=tuple[float, ...])


class RandomWalk(Generic[State]):
    """The states of a process, block by block."""

    def __init__(
        self,
        make: Callable[[Iterable[float]], State],
        advance: Callable[[State, int], State],
        lefts: Sequence[float],
        step_us: int,
    ) -> None:
        """Describe a process.

        Args:
            make: A state from the values of its modes; all zero is rest.
            advance: `(state, number of the step)`: the state after a step; linear in the state.
            lefts: What a step leaves of each mode, 0..1, less than 1.
            step_us: Length of a step [µs].
        """
        self.step_us = step_us
        self._make = make
        self._rest = make(0.0 for _ in lefts)
        self._advance = advance
        self._lefts = [left**_STEPS_PER_BLOCK for left in lefts]
        self._powers = [[left**step for left in lefts] for step in range(_STEPS_PER_BLOCK)]
        most = max(self._lefts)
        self._memory = 1 if most < _FORGOTTEN else math.ceil(math.log(_FORGOTTEN) / math.log(most))
        self._marks: dict[int, State] = {}

    def block(self, time_us: int) -> int:
        """Return the number of the block that holds a time."""
        return time_us // (self.step_us * _STEPS_PER_BLOCK)

    def begin_us(self, block: int) -> int:
        """Return when a block begins [µs]."""
        return block * self.step_us * _STEPS_PER_BLOCK

    def states(self, block: int) -> list[State]:
        """Return the state at the beginning of each step of a block: what was before, decayed, and what came since."""
        start = self._start(block)
        return [
            self._make(value * left + new for value, left, new in zip(start, lefts, since, strict=True))
            for lefts, since in zip(self._powers, self._from_rest(block), strict=True)
        ]

    def _start(self, block: int) -> State:
        state = self._rest
        for before in range(block - self._memory, block):
            marks = zip(state, self._lefts, self._mark(before), strict=True)
            state = self._make(value * left + mark for value, left, mark in marks)
        for old in [number for number in self._marks if not block - self._memory <= number <= block]:
            del self._marks[old]
        return state

    def _mark(self, block: int) -> State:
        """Return what the noise of a block has made of rest by its end."""
        if block not in self._marks:
            self._from_rest(block)
        return self._marks[block]

    def _from_rest(self, block: int) -> list[State]:
        """Return what the noise of a block makes of rest, at the beginning of each step."""
        state, first, states = self._rest, block * _STEPS_PER_BLOCK, []
        for index in range(first, first + _STEPS_PER_BLOCK):
            states.append(state)
            state = self._advance(state, index)
        self._marks[block] = state
        return states


class RandomWalkSignal(Generic[State]):
    """A process as a signal."""

    ends_us = NEVER

    def __init__(self, walk: RandomWalk[State], read: Callable[[State], float]) -> None:
        """Show a process.

        Args:
            walk: Its states.
            read: What a state shows.
        """
        self._walk = walk
        self._read = read
        self._blocks: dict[int, Steps] = {}

    def at(self, time_us: int) -> float:
        """Return the value of the step that holds a time."""
        return self._block(self._walk.block(time_us)).at(time_us)

    def until(self, time_us: int) -> int:
        """Return when the value changes next, at the latest the beginning of the next block."""
        block = self._walk.block(time_us)
        return min(self._block(block).until(time_us), self._walk.begin_us(block + 1))

    def _block(self, block: int) -> Steps:
        """Make a block when it is first asked for; what is kept changes no answer."""
        if block not in self._blocks:
            if len(self._blocks) >= _BLOCKS_KEPT:
                del self._blocks[next(iter(self._blocks))]
            begin_us, step_us = self._walk.begin_us(block), self._walk.step_us
            values = [self._read(state) for state in self._walk.states(block)]
            times = range(begin_us, begin_us + step_us * len(values), step_us)
            self._blocks[block] = Steps(times, values)
        return self._blocks[block]
