"""What meters with options of their own show in a compiled run: noise, resolution and registers, many rows at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...models.meter import RUNS_BACKWARDS
from ...models.resolution import parts_of_one
from ..components.metering import Metering
from ..inputs.signal import normal_deviates, stream_key
from ..plant.state import Registers
from ..telemetry.metrics import AlternatingSide, Arithmetic, shown_side
from .run import Chunk

Floats = npt.NDArray[np.float64]


def metered(
    calculate: Arithmetic, chunk: Chunk, metering: Metering, number: int, frequency_hz: Floats
) -> AlternatingSide:
    """Return what a meter shows at the times of a chunk: what `models.meter.meter_reading` does, for all of them.

    Args:
        calculate: For columns.
        chunk: Of a run.
        metering: The meter.
        number: Its number among its like.
        frequency_hz: Where the meter is [Hz].
    """
    params, samples = metering.params, chunk.samples
    shown = samples.metered[:, 12 * number : 12 * number + 12]
    factors = 1.0 + _noise(metering, samples.times_us)
    return shown_side(
        calculate,
        _phases(_rounded(shown[:, 0:3] * factors, params.power_resolution_w)),
        _phases(_rounded(shown[:, 3:6] * factors, params.power_resolution_w)),
        _phases(_rounded(np.sqrt(shown[:, 9:12]), params.current_resolution_a)),
        _phases(_rounded(shown[:, 6:9], params.voltage_resolution_v)),
        frequency_hz,
    )


def metered_registers(chunk: Chunk, metering: Metering, number: int) -> Registers:
    """Return the registers of a meter at the times of a chunk; arguments as for `metered`."""
    params, counted = metering.params, chunk.samples.registers_wh
    consumed, delivered = counted[:, 2 * number], counted[:, 2 * number + 1]
    if params.registers == RUNS_BACKWARDS:
        consumed, delivered = consumed - delivered, np.zeros_like(delivered)
    step_wh = params.register_resolution_wh
    return Registers._make((_cut(consumed, step_wh), _cut(delivered, step_wh)))


def measured_powers(metering: Metering, times_us: npt.NDArray[np.int64], means: Floats) -> list[Floats]:
    """Return the mean powers of L1, L2 and L3, active before reactive, as a meter shows them.

    Args:
        metering: The meter.
        times_us: When each interval begins [µs].
        means: What was measured over the intervals, a row for each.
    """
    factors = np.tile(1.0 + _noise(metering, times_us), 2)
    return list(_rounded(means * factors, metering.params.power_resolution_w).T)


def _phases(table: Floats) -> tuple[Floats, Floats, Floats]:
    return table[:, 0], table[:, 1], table[:, 2]


def _noise(metering: Metering, times_us: npt.NDArray[np.int64]) -> Floats:
    if metering.deviation == 0.0:
        return np.zeros((len(times_us), 3))
    numbers = 3 * (times_us // metering.length_us)[:, None] + np.arange(3)
    return metering.deviation * normal_deviates(stream_key(metering.noise_key), numbers)


def _rounded(values: Floats, step: float) -> Floats:
    return _in_steps(np.floor(values / step + 0.5), step) if step > 0.0 else values


def _cut(values: Floats, step: float) -> Floats:
    return _in_steps(np.floor(values / step), step) if step > 0.0 else values


def _in_steps(counts: Floats, step: float) -> Floats:
    parts = parts_of_one(step)
    return counts / parts if parts > 0 else counts * step
