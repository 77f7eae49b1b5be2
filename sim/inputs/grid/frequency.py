"""The grid's frequency and voltages as seeded processes."""

from __future__ import annotations

import math
from datetime import tzinfo
from typing import Annotated, NamedTuple

from ....models.ac import ThreePhase
from ....models.frequency import (
    FrequencyInput,
    FrequencyParams,
    FrequencyState,
    frequency_next,
    frequency_output,
    frequency_transition,
)
from ....models.parameter import Parameter
from ..daily import MINUTE_US, SECOND_US, local_datetime
from ..random_walk import RandomWalk, RandomWalkSignal
from ..signal import Signal, normal_deviate, stream_key

_QUARTER_US = 15 * MINUTE_US
_HALF_DAY_H = 12.0
_JUMP = Parameter("Hz", 0.0, 1.0, "chosen: more is no large grid")


class Trading(NamedTuple):
    """How far the frequency is thrown where the generation schedule jumps, as the peaks of its answers."""

    hour_hz: Annotated[float, _JUMP] = 0.0
    """Standard deviation of what cannot be foreseen at a full hour [Hz]."""
    quarter_hz: Annotated[float, _JUMP] = 0.0
    """The same at the other quarters of an hour [Hz]."""
    daily_hz: Annotated[float, _JUMP] = 0.0
    """Amplitude of what recurs at full hours, twice a day: up while load rises, down while it falls [Hz]."""
    peak_hour: Annotated[float, Parameter("h", 0.0, 24.0)] = 5.0
    """When that is highest, and again twelve hours later, by the area's clock [h]."""
    lead_s: Annotated[float, Parameter("s", 0.0, 900.0, "chosen: a quarter of an hour")] = 0.0
    """How long before the full hour or quarter the schedule begins to jump [s]."""


class Area(NamedTuple):
    """A synchronous area: its dynamics, its trading, and the clock that both go by."""

    params: FrequencyParams
    trading: Trading
    zone: tzinfo
    resolution_hz: float = 0.0
    """Frequencies are rounded to multiples of this [Hz]."""


def frequency_process(area: Area, *, interval_s: float, key: str) -> Signal:
    """Return the frequency of an area [Hz], one value per interval, as it is at the interval's beginning.

    Args:
        area: Whose frequency.
        interval_s: How long a value holds [s]. The process is sampled exactly, whatever the interval; another
            interval draws other noise.
        key: Names the random stream.
    """
    params, step_us = area.params, round(interval_s * SECOND_US)
    transition = frequency_transition(params, step_us / SECOND_US)
    slow, quick, smoothing = (stream_key(f"{key}/{name}") for name in ("slow", "quick", "smoothing"))
    jumps = _Jumps(area, step_us, stream_key(f"{key}/jumps"))

    def advance(state: FrequencyState, index: int) -> FrequencyState:
        inp = FrequencyInput(
            normal_deviate(slow, index),
            normal_deviate(quick, index),
            normal_deviate(smoothing, index),
            jumps.between(index),
        )
        return frequency_next(transition, state, inp)

    def read(state: FrequencyState) -> float:
        frequency_hz = frequency_output(params, state).frequency_hz
        steps = area.resolution_hz
        return round(frequency_hz / steps) * steps if steps else frequency_hz

    walk = RandomWalk(FrequencyState._make, advance, transition[:5], step_us)
    return RandomWalkSignal(walk, read)


class _Jumps:
    """The jumps of the generation schedule, each at the beginning of the step that holds it."""

    def __init__(self, area: Area, step_us: int, key: int) -> None:
        self._trading = area.trading
        self._zone = area.zone
        self._step_us = step_us
        self._key = key
        self._lead_us = round(area.trading.lead_s * SECOND_US)
        self._is_quiet = not (area.trading.hour_hz or area.trading.quarter_hz or area.trading.daily_hz)

    def between(self, index: int) -> float:
        """Return the sum of the jumps within a step [Hz]."""
        if self._is_quiet:
            return 0.0
        begin_us = index * self._step_us + self._lead_us
        first, last = -(-begin_us // _QUARTER_US), -(-(begin_us + self._step_us) // _QUARTER_US)
        total_hz = 0.0
        for quarter in range(first, last):
            total_hz += self._jump_hz(quarter)
        return total_hz

    def _jump_hz(self, quarter: int) -> float:
        trading, deviate = self._trading, normal_deviate(self._key, quarter)
        if quarter % 4:
            return trading.quarter_hz * deviate
        hour = local_datetime(quarter * _QUARTER_US, self._zone).hour
        angle = 2.0 * math.pi * (hour - trading.peak_hour) / _HALF_DAY_H
        return trading.daily_hz * math.cos(angle) + trading.hour_hz * deviate


class VoltageNoise(NamedTuple):
    """How the voltages of a grid vary about their mean, in parts of the nominal voltage."""

    common: float = 0.0
    """Standard deviation of what all phases share."""
    own: float = 0.0
    """Standard deviation of what each phase has to itself; it makes the voltages unbalanced."""
    time_s: float = 300.0
    """Time constant of both [s]."""
    greatest: float = 0.1
    """Deviations are cut here; 10 % by EN 50160."""


class _VoltageState(NamedTuple):
    common: float
    l1: float
    l2: float
    l3: float


def voltage_processes(
    mean_v: ThreePhase, nominal_v: float, noise: VoltageNoise, *, interval_s: float, key: str
) -> tuple[Signal, Signal, Signal]:
    """Return the voltages of the three phases to neutral, one value per interval [V].

    Two Ornstein-Uhlenbeck processes per phase, one of them shared, sampled exactly.

    Args:
        mean_v: What each phase varies about, line to neutral [V].
        nominal_v: Line to neutral [V].
        noise: How it varies.
        interval_s: How long a value holds [s].
        key: Names the random stream.
    """
    step_us = round(interval_s * SECOND_US)
    left = math.exp(-step_us / SECOND_US / noise.time_s)
    gain = math.sqrt(-math.expm1(-2.0 * step_us / SECOND_US / noise.time_s))
    keys = [stream_key(f"{key}/{name}") for name in _VoltageState._fields]
    gains = [gain * noise.common, *([gain * noise.own] * 3)]

    def advance(state: _VoltageState, index: int) -> _VoltageState:
        common, l1, l2, l3 = (
            left * value + size * normal_deviate(stream, index)
            for value, size, stream in zip(state, gains, keys, strict=True)
        )
        return _VoltageState(common, l1, l2, l3)

    walk = RandomWalk(_VoltageState._make, advance, [left] * 4, step_us)

    def phase(number: int) -> Signal:
        def read(state: _VoltageState) -> float:
            wanted_v = mean_v[number] + nominal_v * (state.common + state[1 + number])
            return min(max(wanted_v, nominal_v * (1.0 - noise.greatest)), nominal_v * (1.0 + noise.greatest))

        return RandomWalkSignal(walk, read)

    return phase(0), phase(1), phase(2)
