"""What leaves batteries that inverters share their minima in a compiled run, where a live site asks its memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..domain.ranges import Ranges
from ..kernel.memory import BatteryMemory, InverterMemory, PairMemory
from ..plant.minima import ranges_beside_minima
from ..plant.plant import Plant
from .loop import Samples


class SharedMinima:
    """Finds it of any inverter at any row of samples."""

    def __init__(self, plant: Plant) -> None:
        """Look at the plant of a run."""
        self._layout, memory, _ = plant.numbers
        self._memory = replace(
            memory,
            batteries=[BatteryMemory() for _ in self._layout.batteries],
            inverters=[InverterMemory(heat_sink_c=0.0) for _ in self._layout.inverters],
            pairs=[PairMemory() for _ in self._layout.pair_battery],
        )

    def rows(self, samples: Samples, inverter: int) -> npt.NDArray[np.intp]:
        """Return the rows in which other inverters use a battery with a minimum that an inverter reaches."""
        layout, own = self._layout, self._layout.inverters[inverter]
        are_used = np.zeros(len(samples.times_us), bool)
        for pair in range(len(layout.pair_battery)) if own.is_sharing else ():
            battery = layout.pair_battery[pair]
            has_minimum = (
                layout.batteries[battery].minimum_w + layout.batteries[battery].minimum_delivered_w > 0.0
            )
            is_shared = battery in layout.pair_battery[own.first_pair : own.end_pair]
            if has_minimum and is_shared and not own.first_pair <= pair < own.end_pair:
                are_used |= samples.asked_w[:, pair] != 0.0
        return np.flatnonzero(are_used)

    def ranges(self, samples: Samples, row: int, inverter: int) -> Ranges:
        """Return which active powers of an inverter bring no battery below its minimum; see `ranges_beside_minima`."""
        memory = self._memory
        for number, battery in enumerate(memory.batteries):
            battery.lower_w = float(samples.battery_lower_w[row, number])
            battery.upper_w = float(samples.battery_upper_w[row, number])
        for number, pair in enumerate(memory.pairs):
            pair.asked_w, pair.conducts = (
                float(samples.asked_w[row, number]),
                int(samples.conducts[row, number]),
            )
        for number, other in enumerate(memory.inverters):
            other.asked_ac_w = float(samples.asked_ac_w[row, number])
        now = memory.inverters[inverter]
        now.sun_w = float(samples.sun_w[row, inverter])
        now.dc_voltage_pu = float(samples.dc_voltage_pu[row, inverter])
        return ranges_beside_minima(self._layout, memory, inverter)
