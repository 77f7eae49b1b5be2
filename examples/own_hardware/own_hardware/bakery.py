"""The load of a bakery: its ovens run from two to nine in the morning, six days a week."""

from __future__ import annotations

from doppelgrid.hardware import Day, LoadProfile, Steps, WallClock

_HOUR_US = 3_600_000_000
_BASE, _BAKING = 1.0, 9.0
"""Powers in proportion, by night and day and while the ovens run."""
_BEGIN_H, _END_H = 2, 9
_SUNDAY = 6
_WEIGHTED_HOURS = 365.25 * 24 * _BASE + 365.25 * 6 / 7 * (_END_H - _BEGIN_H) * (_BAKING - _BASE)
"""Of a year on average."""


class BakeryDays:
    """Makes the days of a bakery."""

    def __init__(self, annual_energy_wh: float) -> None:
        """Choose how much it consumes in a year on average [Wh]."""
        self._unit_w = annual_energy_wh / _WEIGHTED_HOURS

    def steps(self, day: Day) -> Steps:
        """Return the powers of a day [W]."""
        baking = _BASE if day.date.weekday() == _SUNDAY else _BAKING
        values = [self._unit_w * part for part in (_BASE, baking, _BASE)]
        return WallClock([0, _BEGIN_H * _HOUR_US, _END_H * _HOUR_US], values).steps(day)


PROFILE = LoadProfile("bakery", BakeryDays)
