"""The operating point of a plant: what flows now, found by the kernel when somebody asks."""

from __future__ import annotations

from typing import Any

from ..kernel.layout import Layout, Machines
from ..kernel.memory import Memory
from ..kernel.steps import control, solve
from .held_batteries import HeldStates
from .inputs import Inputs
from .numbering import Places

BoundMachines = tuple[tuple[Any, Machines], ...]
"""The kernel's functions bound to each model, with the machines of that model."""


class OperatingPoint:
    """The numbers of a plant, which say what flows once they have been solved for."""

    def __init__(
        self, places: Places, layout: Layout, memory: Memory, machines: BoundMachines, inputs: Inputs
    ) -> None:
        """Take the numbers of a plant of which nothing is known yet; its states of batteries are held from now on."""
        self.places = places
        """Where everything stands in the numbers."""
        self.layout = layout
        self.memory = memory
        self.machines = machines
        self.battery_states = HeldStates(layout, memory)
        """Those of the memory."""
        memory.battery_states = self.battery_states
        self.generation = 0
        """Changes whenever something else may flow."""
        self._inputs = inputs
        self._found_us: int | None = None
        """When what flows was found last [µs], if nothing has moved since then."""

    def solve(self) -> None:
        """Let the numbers say what flows now, unless they do."""
        memory = self.memory
        if not memory.is_known:
            with self.battery_states.at_hand():
                self._inputs.take_in()
                solve(self.layout, memory, self.machines)
            self.generation += 1
            self._found_us = memory.time_us

    def refresh(self) -> None:
        """Have what flows found anew, unless it was at this very instant: to do so again would change nothing."""
        if self._found_us != self.memory.time_us:
            self.forget()

    def control(self) -> None:
        """Let move what moves by itself at a control cycle."""
        self.solve()
        control(self.layout, self.memory)
        self._found_us = None

    def forget(self) -> None:
        """Take in that something else may flow from now on."""
        self.memory.is_known = 0

    def look_again(self) -> None:
        """Take in that numbers have been changed from outside, inputs among them."""
        self.memory.next_input_us = self.memory.time_us
        self.forget()

    def replaced(self) -> None:
        """Take in that all numbers are those of another time, known or not."""
        self._found_us = None
        self.generation += 1
