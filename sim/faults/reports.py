"""What a component with a broken measurement reports, given what it should report."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from ...models.meter import meter_rounded
from ..domain.faults import Fault, FaultKind
from ..domain.messages import Reading
from ..domain.metrics import Metric
from ..domain.states import StateCode
from ..inputs.signal import normal_deviate, stream_key
from .active import ActiveFault
from .chance import happens

_MEASURED_BY_CURRENT = frozenset({"W", "var", "VA", "A", "Wh", "varh", "VAh"})
"""Units of what follows a current transformer's ratio."""
_USUALLY_WRONG: dict[FaultKind, Callable[[Metric], bool]] = {
    FaultKind.BIAS: lambda metric: metric.unit == "W",
    FaultKind.QUANTISED: lambda metric: metric.unit == "W",
    FaultKind.SCALE: lambda metric: metric.unit in _MEASURED_BY_CURRENT,
    FaultKind.SWAPPED_PHASES: lambda metric: _swapped(metric) is not metric,
}
"""Which metrics report wrongly if none is named; all of other kinds."""
_SWAPPED = {
    metric: Metric(metric.replace("_PHASE_1", "_PHASE_?").replace("_PHASE_2", "_PHASE_1").replace("?", "2"))
    for metric in Metric
    if metric.endswith(("_PHASE_1", "_PHASE_2", "_PHASE_1_N", "_PHASE_2_N")) and metric.count("_PHASE_") == 1
} | {
    Metric.AC_VOLTAGE_PHASE_2_PHASE_3: Metric.AC_VOLTAGE_PHASE_3_PHASE_1,
    Metric.AC_VOLTAGE_PHASE_3_PHASE_1: Metric.AC_VOLTAGE_PHASE_2_PHASE_3,
}
"""What a metric shows where L1 and L2 have changed places."""
_OF_TIMES = frozenset({FaultKind.STALE, FaultKind.CLOCK_OFFSET, FaultKind.CLOCK_DRIFT, FaultKind.LATE})
_DISTORTED = frozenset({
    FaultKind.FROZEN, FaultKind.NAN, FaultKind.NOISY, FaultKind.DRIFTING, FaultKind.WRONG_SIGN, FaultKind.BIAS,
    FaultKind.SCALE, FaultKind.QUANTISED, FaultKind.SWAPPED_PHASES,
})  # fmt: skip
_DISTORTING = _OF_TIMES | _DISTORTED
"""Faults by which what is reported is not what is."""
_OF_VALUES = _DISTORTED | {FaultKind.MISSING, FaultKind.PARTIAL}
"""Faults that do nothing where no metric is that they are about."""


def is_distorting(fault: Fault, metrics: Collection[Metric]) -> bool:
    """Say whether a fault lies between what its component reports of some metrics, or of times, and what is."""
    if fault.kind in _OF_TIMES:
        return True
    return fault.kind in _DISTORTING and any(_is_wrong(fault, metric) for metric in metrics)


def reaches(fault: Fault, metrics: Collection[Metric]) -> bool:
    """Say whether a fault changes anything that its component reports, given all metrics that it does."""
    if fault.kind not in _OF_VALUES:
        return True
    return any(_is_wrong(fault, metric) for metric in metrics)


def reported(active: ActiveFault, reading: Reading, now_us: int, seed: int) -> Reading:
    """Return what a component reports by one of its faults.

    Args:
        active: The fault, which is there.
        reading: What it would report without.
        now_us: Simulated time [µs].
        seed: Of what happens by chance.
    """
    match active.fault.kind:
        case FaultKind.MISSING_STATES:
            return reading._replace(states=(), warnings=(), errors=())
        case FaultKind.FLAPPING_STATES:
            turns = (now_us - active.since_us) // round(active.fault.size * 1e6)
            return reading if turns % 2 else reading._replace(states=(StateCode.UNAVAILABLE,))
        case FaultKind.MISSING | FaultKind.PARTIAL:
            return _without(active.fault, reading, now_us, seed)
        case FaultKind.SWAPPED_PHASES:
            values = reading.values
            return reading._replace(
                values={metric: values.get(_swapped(metric), value) for metric, value in values.items()}
            )
        case _:
            return reading._replace(values=_distorted(active, reading.values, now_us, seed))


def stamp_shift_us(active: ActiveFault, now_us: int) -> int:
    """Return by how much a fault moves the sample times of its component [µs]."""
    since_us, size = now_us - active.since_us, active.fault.size
    match active.fault.kind:
        case FaultKind.STALE:
            return -since_us
        case FaultKind.CLOCK_OFFSET:
            return round(size * 1e6)
        case FaultKind.CLOCK_DRIFT:
            return round(since_us * size / 3600.0)
        case _:
            return 0


def _is_wrong(fault: Fault, metric: Metric) -> bool:
    if fault.metrics:
        return metric in fault.metrics
    usually = _USUALLY_WRONG.get(fault.kind)
    return usually is None or usually(metric)


def _without(fault: Fault, reading: Reading, now_us: int, seed: int) -> Reading:
    def is_left_out(metric: Metric) -> bool:
        by_chance = fault.kind is FaultKind.PARTIAL
        return _is_wrong(fault, metric) and (
            not by_chance or happens(fault.size, seed, f"{fault.component}/partial/{metric}", now_us)
        )

    values = {metric: value for metric, value in reading.values.items() if not is_left_out(metric)}
    bounds = {metric: ranges for metric, ranges in reading.bounds.items() if metric in values}
    return reading._replace(
        values=values, bounds=bounds if fault.kind is FaultKind.PARTIAL else reading.bounds
    )


def _distorted(
    active: ActiveFault, values: Mapping[Metric, float], now_us: int, seed: int
) -> Mapping[Metric, float]:
    distort = _distortion(active, now_us, seed)
    if distort is None:
        return values
    fault = active.fault
    return {
        metric: distort(metric, value) if _is_wrong(fault, metric) else value
        for metric, value in values.items()
    }


def _distortion(active: ActiveFault, now_us: int, seed: int) -> Callable[[Metric, float], float] | None:
    fault, size = active.fault, active.fault.size
    hours = (now_us - active.since_us) / 3.6e9

    def deviate(metric: Metric) -> float:
        return normal_deviate(stream_key(f"{seed}/{fault.component}/noisy/{metric}"), now_us)

    def bias(metric: Metric) -> float:
        return size / 3.0 if not fault.metrics and "_PHASE_" in metric else size

    kinds: dict[FaultKind, Callable[[Metric, float], float]] = {
        FaultKind.FROZEN: active.held.get,
        FaultKind.NAN: lambda _metric, _value: math.nan,
        FaultKind.NOISY: lambda metric, value: _shown(metric, value * (1.0 + size * deviate(metric))),
        FaultKind.DRIFTING: lambda metric, value: _shown(metric, value * (1.0 + size * hours)),
        FaultKind.WRONG_SIGN: lambda _metric, value: -value,
        FaultKind.BIAS: lambda metric, value: _shown(metric, value + bias(metric)),
        FaultKind.SCALE: lambda metric, value: _shown(metric, value * size),
        FaultKind.QUANTISED: lambda metric, value: _shown(metric, _quantised(value, size)),
    }
    return kinds.get(fault.kind)


def _quantised(value: float, step: float) -> float:
    return meter_rounded(value, step) if math.isfinite(value) else value


def _swapped(metric: Metric) -> Metric:
    """Return the metric whose value a metric has where L1 and L2 have changed places."""
    return _SWAPPED.get(metric, metric)


def _shown(metric: Metric, value: float) -> float:
    """Return a value as a device shows it that is wrong, but knows what parts of a whole can be."""
    if metric.unit == "%":
        return min(max(value, 0.0), 100.0)
    return min(max(value, -1.0), 1.0) if metric is Metric.AC_POWER_FACTOR else value
