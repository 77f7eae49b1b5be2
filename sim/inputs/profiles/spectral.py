"""Irradiance by its spectrum: as much as cells use of it, by where the sun is and what water the air holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ....models.pv_spectrum import (
    SpectrumParams,
    absolute_air_mass,
    precipitable_water_cm,
    spectral_factor,
)
from ..daily import DAY_US, MINUTE_US
from .clear_sky import zeniths_deg

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..location import Location
    from ..signal import Signal

STEP_US = 5 * MINUTE_US
"""A factor holds for so long, counted from the epoch."""
_STEPS_A_DAY = DAY_US // STEP_US
_BLOCK_DAYS = 32
"""Days whose sun is looked up at once, which costs little more than one."""
_DAYS_KEPT = 4
_DECIMALS = 6
_PA_PER_HPA = 100.0


class Air(NamedTuple):
    """The air above a site."""

    temperature: Signal
    """At the ground, outdoors [°C]."""
    relative_humidity: Signal
    """At the ground, 0..1."""
    pressure: Signal
    """At the ground [hPa]."""


class Spectrum:
    """How much cells use of the light at a place, over what they use of the standard's, as it changes in five minutes.

    Each five minutes have the sun and the air of their middle. A sun that is down counts as one that sets.
    """

    def __init__(self, params: SpectrumParams, location: Location, air: Air) -> None:
        """Choose cells and a place.

        Args:
            params: Of the cells.
            location: Where they are.
            air: Above them.
        """
        self._params = params
        self._location = location
        self._air = air
        self._days: dict[int, list[float]] = {}
        self._block = (-1, list[float]())

    def factor(self, number: int) -> float:
        """Return the factor of light in five minutes, by their number since the epoch."""
        day, place = divmod(number, _STEPS_A_DAY)
        return self._day(day)[place]

    def factors(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the same of many, as an array.

        Args:
            numbers: Ascending.
        """
        import numpy as np  # noqa: PLC0415 - comes with pvlib, which few sites need

        if not len(numbers):
            return np.empty(0)
        first, last = int(numbers[0]) // _STEPS_A_DAY, int(numbers[-1]) // _STEPS_A_DAY
        whole = [np.array(self._day(day)) for day in range(first, last + 1)]
        return np.concatenate(whole)[numbers - first * _STEPS_A_DAY]

    def _day(self, day: int) -> list[float]:
        """Return the factors of a day of UTC, by its number since the epoch."""
        if day not in self._days:
            if len(self._days) >= _DAYS_KEPT:
                del self._days[next(iter(self._days))]
            self._days[day] = [
                self._made(zenith_deg, day * DAY_US + place * STEP_US + STEP_US // 2)
                for place, zenith_deg in enumerate(self._zeniths_deg(day))
            ]
        return self._days[day]

    def _made(self, zenith_deg: float, time_us: int) -> float:
        air = self._air
        air_mass = absolute_air_mass(zenith_deg, _PA_PER_HPA * air.pressure.at(time_us))
        water_cm = precipitable_water_cm(air.temperature.at(time_us), air.relative_humidity.at(time_us))
        return round(spectral_factor(self._params, air_mass, water_cm), _DECIMALS)

    def _zeniths_deg(self, day: int) -> list[float]:
        """Return the zenith angles of the sun in the middle of each five minutes of a day [°]."""
        import numpy as np  # noqa: PLC0415

        number, place = divmod(day, _BLOCK_DAYS)
        if self._block[0] != number:
            begin_us = number * _BLOCK_DAYS * DAY_US
            middles_us = begin_us + STEP_US // 2 + STEP_US * np.arange(_BLOCK_DAYS * _STEPS_A_DAY)
            self._block = number, zeniths_deg(middles_us, self._location).tolist()
        return self._block[1][place * _STEPS_A_DAY : (place + 1) * _STEPS_A_DAY]


class Spectral:
    """An irradiance, as much as cells use of it by its spectrum."""

    def __init__(self, inner: Signal, spectrum: Spectrum) -> None:
        """Give light a spectrum.

        Args:
            inner: Irradiance on a plane, all of it [W/m²].
            spectrum: What cells use of it.
        """
        self.ends_us = inner.ends_us
        self.inner = inner
        self.spectrum = spectrum

    def at(self, time_us: int) -> float:
        """Return the irradiance of the standard spectrum that gives cells as much [W/m²]."""
        return self.inner.at(time_us) * self.spectrum.factor(time_us // STEP_US)

    def until(self, time_us: int) -> int:
        """Return when the light changes next, or five minutes are over."""
        return min(self.inner.until(time_us), (time_us // STEP_US + 1) * STEP_US)
