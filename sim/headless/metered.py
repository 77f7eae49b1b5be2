"""What meters with options of their own show in a compiled run: noise, resolution and registers, many rows at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...models.meter import RUNS_BACKWARDS
from ..components.metering import Metering
from ..inputs.signal import normal_deviates, stream_key
from .run import Chunk

Floats = npt.NDArray[np.float64]


class Seen(NamedTuple):
    """What a component on the AC side reports: a row for each time, a column for each phase."""

    active_w: Floats
    reactive_var: Floats
    voltage_v: Floats
    """To neutral [V]."""
    line_v: Floats
    """L1-L2, L2-L3, L3-L1 [V]."""
    current_a: Floats
    consumed_wh: Floats
    delivered_wh: Floats


def metered(chunk: Chunk, metering: Metering, number: int) -> Seen:
    """Return what a meter shows at the times of a chunk: what `models.meter.meter_reading` does, for all of them.

    Args:
        chunk: Of a run.
        metering: The meter.
        number: Its number among its like.
    """
    params, samples = metering.params, chunk.samples
    shown = samples.metered[:, 12 * number : 12 * number + 12]
    consumed, delivered = samples.registers_wh[:, 2 * number], samples.registers_wh[:, 2 * number + 1]
    if params.registers == RUNS_BACKWARDS:
        consumed, delivered = consumed - delivered, np.zeros_like(delivered)
    factors = 1.0 + _noise(metering, samples.times_us)
    voltage_v = _rounded(shown[:, 6:9], params.voltage_resolution_v)
    return Seen(
        _rounded(shown[:, 0:3] * factors, params.power_resolution_w),
        _rounded(shown[:, 3:6] * factors, params.power_resolution_w),
        voltage_v,
        _between_phases(voltage_v),
        _rounded(np.sqrt(shown[:, 9:12]), params.current_resolution_a),
        _cut(consumed, params.register_resolution_wh),
        _cut(delivered, params.register_resolution_wh),
    )


def _noise(metering: Metering, times_us: npt.NDArray[np.int64]) -> Floats:
    if metering.deviation == 0.0:
        return np.zeros((len(times_us), 3))
    numbers = 3 * (times_us // metering.length_us)[:, None] + np.arange(3)
    return metering.deviation * normal_deviates(stream_key(metering.noise_key), numbers)


def _between_phases(voltage_v: Floats) -> Floats:
    following = np.roll(voltage_v, -1, axis=1)
    made: Floats = np.sqrt(voltage_v * voltage_v + following * following + voltage_v * following)
    return made


def _rounded(values: Floats, step: float) -> Floats:
    return np.floor(values / step + 0.5) * step if step > 0.0 else values


def _cut(values: Floats, step: float) -> Floats:
    return np.floor(values / step) * step if step > 0.0 else values
