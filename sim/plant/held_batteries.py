"""States of batteries that nobody looks at while what flows is held: each is carried along when somebody does.

A battery comes in one go from where what flows was found (`kernel.held_batteries`), so when it is carried, and how
often, changes nothing; a large site that reports in turns need not carry all of its batteries at each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...models.battery import BatteryState
from ..kernel.held_batteries import carried
from ..kernel.layout import Layout
from ..kernel.memory import Memory


class HeldStates(list[BatteryState]):
    """States of all batteries of a running plant, each as it is at its present when it is read.

    What the rows of the kernel's memory tell of a battery's past (losses, throughput, mean current) is of when its
    state was read last; `carry` brings all to the present.
    """

    def __init__(self, layout: Layout, memory: Memory) -> None:
        """Take the states of a memory, which are those of its present."""
        super().__init__(memory.battery_states)
        self._layout = layout
        self._memory = memory
        self._present_us = memory.time_us
        self._carried_us = [memory.time_us] * len(self)

    def come_to(self, time_us: int) -> None:
        """Take in that the present is another one, up to which what flows now holds [µs]."""
        self._present_us = time_us

    def carry(self) -> None:
        """Carry all batteries to the present."""
        for battery, carried_us in enumerate(self._carried_us):
            if carried_us != self._present_us:
                self._carry(battery)

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """Let whoever reads the memory often find all states there at the present, in a mere list."""
        self.carry()
        states = list.copy(self)
        self._memory.battery_states = states
        try:
            yield
        finally:
            super().__setitem__(slice(None), states)
            self._memory.battery_states = self

    def _carry(self, battery: int) -> None:
        last, end_us = super().__getitem__(battery), self._present_us
        super().__setitem__(battery, carried(self._layout, self._memory, battery, last, end_us))
        self._carried_us[battery] = end_us

    def __getitem__(self, place: Any) -> Any:
        """Return a state, or several, at the present."""
        if isinstance(place, slice):
            self.carry()
        elif self._carried_us[place] != self._present_us:
            self._carry(place)
        return super().__getitem__(place)

    def __setitem__(self, place: Any, state: Any) -> None:
        """Put a state of the present in the place of another, or all those of the memory's time in the place of all."""
        super().__setitem__(place, state)
        if isinstance(place, slice):
            self._present_us = self._memory.time_us
            self._carried_us = [self._present_us] * len(self)
        else:
            self._carried_us[place] = self._present_us

    def __iter__(self) -> Iterator[BatteryState]:
        """Go through all states at the present."""
        self.carry()
        return super().__iter__()
