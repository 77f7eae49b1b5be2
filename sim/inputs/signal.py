"""Running inputs: piecewise constant functions of simulated time.

A signal never changes what it answers, so a run can be forked, rewound and resumed at any instant. All times
are integer microseconds since the Unix epoch, UTC.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from statistics import NormalDist
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NEVER = 2**63 - 1
"""Later than any time [µs]."""


class Signal(Protocol):
    """A value over time."""

    @property
    def ends_us(self) -> int:
        """When the signal's source ends, or `NEVER`; from then on its last value holds [µs]."""
        ...

    def at(self, time_us: int) -> float:
        """Return the value that holds from `time_us` until the next breakpoint."""
        ...

    def until(self, time_us: int) -> int:
        """Return the first breakpoint strictly after `time_us`, or `NEVER`.

        The value may stay the same there.
        """
        ...


class Constant:
    """One value for all time."""

    ends_us = NEVER

    def __init__(self, value: float) -> None:
        """Hold a value."""
        self._value = value

    def at(self, time_us: int) -> float:  # noqa: ARG002
        """Return the value."""
        return self._value

    def until(self, time_us: int) -> int:  # noqa: ARG002
        """Return `NEVER`."""
        return NEVER


class Steps:
    """Values that hold from their times on; the first one also before, the last one for good."""

    def __init__(self, times_us: Iterable[int], values: Iterable[float], *, ends_us: int = NEVER) -> None:
        """Keep the steps, without those that change nothing.

        Args:
            times_us: Strictly ascending; at least one [µs].
            values: One for each time.
            ends_us: When the source of the values ends [µs].
        """
        self.ends_us = ends_us
        self._times, self._values = array("q"), array("d")
        for time_us, value in zip(times_us, values, strict=True):
            if not self._values or value != self._values[-1]:
                self._times.append(time_us)
                self._values.append(value)

    @classmethod
    def of_arrays(
        cls, times_us: npt.NDArray[np.int64], values: npt.NDArray[np.float64], *, ends_us: int = NEVER
    ) -> Steps:
        """Return the steps of two arrays of one length, many at once; see `Steps`."""
        import numpy as np  # noqa: PLC0415 - signals that need no array do without

        changes = np.concatenate(([True], values[1:] != values[:-1]))
        made = cls((), (), ends_us=ends_us)
        made._times.frombytes(times_us[changes].astype(np.int64).tobytes())
        made._values.frombytes(values[changes].astype(np.float64).tobytes())
        return made

    @property
    def columns(self) -> tuple[array[int], array[float]]:
        """Times [µs] and values of all steps."""
        return self._times, self._values

    def at(self, time_us: int) -> float:
        """Return the value of the last step that is not after `time_us`."""
        return self._values[max(bisect_right(self._times, time_us) - 1, 0)]

    def until(self, time_us: int) -> int:
        """Return the time of the first step after `time_us`, or `NEVER`."""
        index = max(bisect_right(self._times, time_us), 1)
        return self._times[index] if index < len(self._times) else NEVER


class Repeated:
    """A stretch of another signal, over and over, forwards and backwards in time."""

    ends_us = NEVER

    def __init__(self, inner: Signal, begin_us: int, period_us: int) -> None:
        """Repeat what a signal does from `begin_us` on, for `period_us` > 0."""
        self._inner = inner
        self._begin_us = begin_us
        self._period_us = period_us

    def at(self, time_us: int) -> float:
        """Return the value at the same place of the stretch."""
        return self._inner.at(self._begin_us + (time_us - self._begin_us) % self._period_us)

    def until(self, time_us: int) -> int:
        """Return the next breakpoint, at the latest where the stretch begins anew."""
        place_us = (time_us - self._begin_us) % self._period_us
        next_us = min(self._inner.until(self._begin_us + place_us), self._begin_us + self._period_us)
        return time_us + next_us - self._begin_us - place_us


class Noisy:
    """Another signal times a seeded factor of mean 1 that is drawn anew for each interval.

    A factor depends on the key and on the number of its interval since the epoch alone. Factors follow the
    normal distribution, cut where it has 1/8192 of its weight left (3.7 standard deviations), and at 0, so that what
    consumes does not deliver.
    """

    def __init__(self, inner: Signal, *, amplitude: float, step_us: int, key: str) -> None:
        """Add noise.

        Args:
            inner: The signal without noise.
            amplitude: Standard deviation of the factor.
            step_us: How long a factor holds [µs].
            key: Names the random stream.
        """
        self.ends_us = inner.ends_us
        self.inner = inner
        self.amplitude = amplitude
        self.step_us = step_us
        self.key = stream_key(key)

    def at(self, time_us: int) -> float:
        """Return the inner value times the factor of the interval."""
        deviate = normal_deviate(self.key, time_us // self.step_us)
        return self.inner.at(time_us) * max(0.0, 1.0 + self.amplitude * deviate)

    def until(self, time_us: int) -> int:
        """Return the end of the interval, or the inner breakpoint if that comes first."""
        end_us = (time_us // self.step_us + 1) * self.step_us
        return min(end_us, self.inner.until(time_us))


_NORMAL_QUANTILES: Sequence[float] = [NormalDist().inv_cdf((index + 0.5) / 4096) for index in range(4096)]


def stream_key(name: str) -> int:
    """Return the number of the random stream of a name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())


def normal_deviate(key: int, index: int) -> float:
    """Return the standard normal deviate at a place of a random stream; the same one whenever it is asked for."""
    return _NORMAL_QUANTILES[_mixed(key, index) >> 52]


def uniform_deviate(key: int, index: int) -> float:
    """Return the number from 0 to less than 1 at a place of a random stream; the same one whenever it is asked for."""
    return (_mixed(key, index) >> 11) * 2.0**-53


def normal_deviates(key: int, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return what `normal_deviate` gives at many places, as an array."""
    import numpy as np  # noqa: PLC0415 - live sites that need no array do without

    with np.errstate(over="ignore"):
        mixed = np.uint64(key) + indices.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    deviates: npt.NDArray[np.float64] = np.array(_NORMAL_QUANTILES)[mixed >> np.uint64(52)]
    return deviates


def _mixed(key: int, index: int) -> int:
    """Return 64 well-mixed bits: the output function of SplitMix64.

    References: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
    OOPSLA 2014, doi:10.1145/2660193.2660195.
    """
    mixed = (key + index * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return mixed ^ (mixed >> 31)
