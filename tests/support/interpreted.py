"""A run that compiles nothing: quick to begin, for short runs of any site."""

from __future__ import annotations

from doppelgrid.sim.headless import loop
from doppelgrid.sim.kernel.device_model import bound
from doppelgrid.sim.plant.plant import Plant


class Interpreted:
    """Stands in for a `Program`: it carries the plant itself along, by the same text."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    @property
    def time_us(self) -> int:
        return self._plant.time_us

    def run(self, feeds: loop.Feeds, samples: loop.Samples) -> int:
        layout, memory, machines = self._plant.numbers
        bound_machines = tuple((bound(model), members) for model, members in machines.items())
        solved = loop.run(layout, memory, bound_machines, feeds, samples).solved
        memory.time_us = int(memory.time_us)
        return solved

    def hand_back(self) -> Plant:
        self._plant.operating_point.look_again()
        return self._plant
