"""What a battery's management system takes the SoC for, which it cannot measure.

It counts the charge that its current sensor reads, over the capacity that it knows, from what it took the SoC for
at the start. The error of that grows with the sensor's offset and gain, with what leaks inside the cells and with
what of a charging current is not kept, none of which it sees. What it takes the SoC for stays within empty and full.

Once the pack has rested, its voltage says within which bounds the SoC must be: those of the open-circuit voltage, give
or take what the system allows for errors and for hysteresis. An SoC outside of them is corrected to the nearest that is
inside. Where that voltage rises steeply the bounds are narrow; on the plain of iron phosphate they are so wide that
a pack is corrected near empty or full alone, and never where it does not come there.

Left out: an error of the capacity, which counts like one of the gain, and temperature, by which the voltage is off by
less than what is allowed for.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

_TOUCH_S = 1e-6
_TOUCH = 1e-9
"""As near as that to empty or full counts as there."""
_SECONDS_PER_HOUR = 3600.0


class SocEstimateParams(NamedTuple):
    """A current sensor, and when a voltage counts for more than what it has counted."""

    current_offset_a: Annotated[float, Parameter("A", -1000.0, 1000.0, "chosen: far above any sensor")] = 0.0
    """Read beside the current; positive for charging that is not there."""
    current_gain_error: Annotated[float, Parameter("1", -0.5, 0.5, "chosen: beyond, it is broken")] = 0.0
    """Part of the current that is read too much."""
    rest_rate_per_h: Annotated[float, Parameter("1/h", 0.0, 1.0, "chosen: 1 C is no rest")] = 0.01
    """The pack rests while no more is read than this part of its charge capacity per hour; chosen."""
    rest_s: Annotated[float, Parameter("s", 1.0, 1e6, "chosen: eleven days")] = 3600.0
    """After so long a rest the voltage counts as the open-circuit voltage; chosen."""
    voltage_error_v: Annotated[
        float, Parameter("V", 0.0, 1.0, "chosen: a cell is empty and full within it")
    ] = 0.01
    """By which the voltage of a rested cell may be off its open-circuit voltage, besides hysteresis; chosen."""


def taken_soc(soc: float, error: float) -> float:
    """Return what an SoC is taken for by a management system that errs by so much, 0..1."""
    return soc if error == 0.0 else min(max(soc + error, 0.0), 1.0)


def read_a(params: SocEstimateParams, current_a: float) -> float:
    """Return what the sensor reads of a current [A]."""
    return current_a * (1.0 + params.current_gain_error) + params.current_offset_a


def counted_soc(
    params: SocEstimateParams, taken: float, capacity_ah: float, current_a: float, dt_s: float
) -> float:
    """Return what the SoC is taken for after some time, 0..1.

    Args:
        params: The management system.
        taken: What it was taken for.
        capacity_ah: Charge from empty to full, as the battery is now [Ah].
        current_a: Mean current, charging positive [A].
        dt_s: Any length [s].
    """
    charge_ah = read_a(params, current_a) * dt_s / _SECONDS_PER_HOUR
    return min(max(taken + charge_ah / capacity_ah, 0.0), 1.0)


def stands(taken: float, counted_a: float) -> bool:
    """Say whether what the SoC is taken for stays at empty or full, whatever is counted [A] beyond."""
    return (taken >= 1.0 - _TOUCH and counted_a >= 0.0) or (taken <= _TOUCH and counted_a <= 0.0)


def rested_after(
    params: SocEstimateParams, rested_s: float, capacity_ah: float, current_a: float, dt_s: float
) -> float:
    """Return for how long a pack has rested [s], after a further time at a current [A]."""
    return rested_s + dt_s if _rests(params, capacity_ah, current_a) else 0.0


def has_rested(params: SocEstimateParams, rested_s: float) -> bool:
    """Say whether a pack has rested for so long that its voltage tells the SoC."""
    return rested_s >= params.rest_s - _TOUCH_S


def rest_ahead_s(params: SocEstimateParams, rested_s: float, capacity_ah: float, current_a: float) -> float:
    """Return the time until a pack will have rested [s]; infinite if it does not rest at a current [A]."""
    if not _rests(params, capacity_ah, current_a):
        return math.inf
    return max(params.rest_s - rested_s, _TOUCH_S)


def _rests(params: SocEstimateParams, capacity_ah: float, current_a: float) -> bool:
    return abs(read_a(params, current_a)) <= params.rest_rate_per_h * capacity_ah


def corrected_soc(
    params: SocEstimateParams,
    taken: float,
    ocv_v: tuple[float, ...],
    cells_in_series: float,
    voltage_v: float,
    half_v: float,
) -> float:
    """Return what the SoC is taken for once the voltage of a rested pack has been looked at.

    Args:
        params: The management system.
        taken: What it was taken for.
        ocv_v: Open-circuit voltage of the pack over SoC, never falling [V].
        cells_in_series: Of which the pack is made.
        voltage_v: Of the pack [V].
        half_v: Half of the distance of the open-circuit voltages after charging and after discharging [V].
    """
    room_v = params.voltage_error_v * cells_in_series + half_v
    least, most = _soc_at(ocv_v, voltage_v - room_v), _soc_at(ocv_v, voltage_v + room_v)
    return min(max(taken, least), most)


def _soc_at(ocv_v: tuple[float, ...], voltage_v: float) -> float:
    """Return the SoC of an open-circuit voltage, 0..1."""
    steps = len(ocv_v) - 1
    if voltage_v <= ocv_v[0]:
        return 0.0
    if voltage_v >= ocv_v[steps]:
        return 1.0
    step = 0
    while ocv_v[step + 1] <= voltage_v:
        step += 1
    return (step + (voltage_v - ocv_v[step]) / (ocv_v[step + 1] - ocv_v[step])) / steps
