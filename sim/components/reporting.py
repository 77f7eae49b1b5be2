"""When meters and sensors report what they have measured: options of a site file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from ..domain.metrics import Metric
from ..files.sections import Section, written
from ..files.units import AMPERE, HERTZ, SECOND, PositivePower, PositiveVoltage

_Interval = Annotated[float, SECOND.within(above=0.0, upper=86_400.0)]
_Delay = Annotated[float, SECOND.within(lower=0.0, upper=60.0)]
USUAL_INTERVAL_S = 60.0
"""Longest time between reports of changes where a site file gives none [s]; chosen."""


class Reporting(Section):
    """When a device reports what it measured; at each sampling of telemetry, and at once, if nothing is said."""

    interval_s: _Interval | None = Field(default=None, alias="interval")
    """Time after which it reports at the next sampling [s]; beside `changes` the longest, 1 min if not given."""
    delay_s: _Delay = Field(default=written("0 s"), alias="delay")
    """From the sampling until what it reports arrives [s]."""
    jitter_s: _Delay = Field(default=written("0 s"), alias="jitter")
    """Greatest time by which that comes later, evenly distributed from report to report [s]."""


class MeterChanges(Section):
    """Least changes since its last report with which a meter reports; what is not given brings no report."""

    power_w: PositivePower | None = Field(default=None, alias="power")
    """Of active [W], reactive [var] and apparent power [VA], of each phase and of all."""
    voltage_v: PositiveVoltage | None = Field(default=None, alias="voltage")
    """Of each voltage [V]."""
    current_a: Annotated[float, AMPERE.within(above=0.0)] | None = Field(default=None, alias="current")
    """Of each current [A]."""
    frequency_hz: Annotated[float, HERTZ.within(above=0.0)] | None = Field(default=None, alias="frequency")
    """Of the frequency [Hz]."""


class MeterReporting(Reporting):
    """When a meter reports."""

    changes: MeterChanges | None = None
    """Changes that it reports at once, along with those of its state; none for reports at the interval alone."""

    def thresholds(self) -> Mapping[Metric, float] | None:
        """Return by how much metrics must change to be reported at once; None if no changes are."""
        if self.changes is None:
            return None
        power_w = self.changes.power_w
        by_unit = {
            "W": power_w,
            "var": power_w,
            "VA": power_w,
            "V": self.changes.voltage_v,
            "A": self.changes.current_a,
            "Hz": self.changes.frequency_hz,
        }
        return {metric: least for metric in Metric if (least := by_unit.get(metric.unit)) is not None}
