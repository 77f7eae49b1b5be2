"""What happens by chance to a broken site: the same for the same seed, whenever it is asked for."""

from __future__ import annotations

import math

from ..domain.faults import Distribution, Fault
from ..inputs.signal import normal_deviate, stream_key, uniform_deviate

LONGEST_DELAY_S = 3600.0
"""Longest delay of what is on its way [s]."""


LONGEST_WAIT_IN_MEANS = 37.0
"""An exponentially distributed time drawn from 53 bits is no longer than so many of its means."""


def happens(share: float, seed: int, name: str, index: int) -> bool:
    """Say whether something happens at a place of a random stream that happens to a share of all."""
    return uniform_deviate(stream_key(f"{seed}/{name}"), index) < share


def waiting_s(mean_s: float, seed: int, name: str, index: int) -> float:
    """Return an exponentially distributed time of a mean [s] from a place of a random stream."""
    return -mean_s * math.log1p(-uniform_deviate(stream_key(f"{seed}/{name}"), index))


def delay_s(fault: Fault, seed: int, name: str, index: int) -> float:
    """Return the time that something takes on a slow line [s], drawn at a place of a random stream.

    Long tails end at an hour: what waits behind one that never comes would pile up.
    """
    return min(_drawn_s(fault, seed, name, index), LONGEST_DELAY_S)


def _drawn_s(fault: Fault, seed: int, name: str, index: int) -> float:
    mean_s, spread_s = fault.size, fault.spread_s
    if fault.distribution is Distribution.EXPONENTIAL:
        return waiting_s(mean_s, seed, name, index)
    if spread_s == 0.0:
        return mean_s
    key = stream_key(f"{seed}/{name}")
    if fault.distribution is Distribution.UNIFORM:
        # The standard deviation of a uniform distribution is its half width over the root of three.
        return max(mean_s + math.sqrt(3.0) * spread_s * (2.0 * uniform_deviate(key, index) - 1.0), 0.0)
    deviate = normal_deviate(key, index)
    if fault.distribution is Distribution.LOGNORMAL:
        variance = math.log1p((spread_s / mean_s) ** 2)
        return mean_s * math.exp(math.sqrt(variance) * deviate - variance / 2.0)
    return max(mean_s + spread_s * deviate, 0.0)
