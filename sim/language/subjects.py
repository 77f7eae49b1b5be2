"""What conditions can speak of, and which values it has: components, sensors, the whole site, the application."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..domain.messages import Reading as Report
from ..domain.metrics import Metric
from ..domain.short_names import metric_named, names_of
from ..files import units
from ..files.units import Unit
from ..inputs.driven import NUMBER
from .deeds import Deeds
from .formulas import Formula

SITE = "site"
"""What the powers of the whole site are of, such as `site.consumer_power`: by the SDK's formulas."""
APP = "app"
"""What the application's commands are of, such as `app.commands`."""
_UNITS: Mapping[str, Unit] = {
    **{
        unit.inner: unit
        for unit in (
            NUMBER, units.WATT, units.VAR, units.VOLT_AMPERE, units.WATT_HOUR, units.VOLT, units.AMPERE, units.HERTZ,
            units.CELSIUS, units.DEGREE, units.METRE_PER_SECOND, units.HECTOPASCAL, units.IRRADIANCE, units.VAR_HOUR,
            units.VOLT_AMPERE_HOUR, units.BAR,
        )
    },
    "%": units.FRACTION,
}  # fmt: skip
_NEVER_BELOW_0 = (units.VOLT_AMPERE, units.VOLT_AMPERE_HOUR, units.WATT_HOUR, units.VOLT, units.AMPERE, units.HERTZ,
                  units.METRE_PER_SECOND, units.HECTOPASCAL, units.IRRADIANCE, units.BAR)  # fmt: skip
_ABSOLUTE_0_C = -273.15


class Span(NamedTuple):
    """What a value can be at all, in the inner unit."""

    lower: float = -math.inf
    upper: float = math.inf


class Sight(Protocol):
    """A running site and its application at a sampling."""

    time_us: int
    deeds: Deeds

    def read(self, key: str) -> Report:
        """Return what a component does."""
        ...

    def sense(self, sensor_id: int) -> Mapping[Metric, float]:
        """Return what a sensor shows."""
        ...


class Subject(Protocol):
    """Something that has values."""

    @property
    def names(self) -> Sequence[str]:
        """Names of its values."""
        ...

    def unit(self, what: str | None) -> Unit | None:
        """Return the unit of a value; None if it has no such value."""
        ...

    def span(self, what: str | None) -> Span:
        """Return what a value can be at all."""
        ...

    def value(self, what: str | None, sight: Sight) -> float:
        """Return a value now, in the inner unit of its unit; NaN if it is not known."""
        ...


class _OfMetrics:
    """Has values by the names of metrics."""

    def __init__(self, metrics: tuple[Metric, ...]) -> None:
        self._meant = {name: metric_named(name, metrics) for name in names_of(metrics)}

    @property
    def names(self) -> Sequence[str]:
        return list(self._meant)

    def unit(self, what: str | None) -> Unit | None:
        metric = self._meant.get(what or "")
        return None if metric is None else _UNITS[metric.unit]

    def span(self, what: str | None) -> Span:
        metric = self._meant.get(what or "")
        return Span() if metric is None else span_of(metric)

    def _in_unit(self, what: str | None, values: Mapping[Metric, float]) -> float:
        metric = self._meant[what or ""]
        assert metric is not None
        number = values.get(metric, math.nan)
        return number * 0.01 if metric.unit == "%" else number


class OfComponent(_OfMetrics):
    """A component, and what it does whatever a broken meter reports."""

    def __init__(self, key: str, metrics: tuple[Metric, ...]) -> None:
        """Take what the component reports."""
        super().__init__(metrics)
        self._key = key

    def value(self, what: str | None, sight: Sight) -> float:
        """Return what it does now."""
        return self._in_unit(what, sight.read(self._key).values)


class OfSensor(_OfMetrics):
    """A sensor of the weather."""

    def __init__(self, sensor_id: int, metrics: tuple[Metric, ...]) -> None:
        """Take what the sensor shows."""
        super().__init__(metrics)
        self._id = sensor_id

    def value(self, what: str | None, sight: Sight) -> float:
        """Return what it shows now."""
        return self._in_unit(what, sight.sense(self._id))


class OfSite:
    """The powers of the whole site, by the SDK's formulas."""

    def __init__(self, formulas: Mapping[str, Formula], keys: Mapping[int, str]) -> None:
        """Take the formulas by what they are of, such as `consumer`, and the keys of components by their ids."""
        self._formulas = {f"{name}_power": formula for name, formula in formulas.items()}
        self._keys = keys

    @property
    def names(self) -> Sequence[str]:
        """Names of the powers."""
        return list(self._formulas)

    def unit(self, what: str | None) -> Unit | None:
        """Return that of power."""
        return units.WATT if what in self._formulas else None

    def span(self, what: str | None) -> Span:
        """Return that any is possible."""
        del what
        return Span()

    def value(self, what: str | None, sight: Sight) -> float:
        """Return a power of the site now [W]."""
        assert what is not None
        return self._formulas[what](lambda number: _active_w(sight.read(self._keys[number])))


class OfApplication:
    """The commands of the application."""

    _VALUES: Mapping[str, tuple[Unit, Callable[[Deeds, int], float]]] = {
        "commands": (NUMBER, lambda deeds, _: deeds.commands),
        "refused": (NUMBER, lambda deeds, _: deeds.refused),
        "commands_per_minute": (NUMBER, lambda deeds, now_us: deeds.per_minute(now_us)),
        "silence": (units.SECOND, lambda deeds, now_us: deeds.silence_s(now_us)),
    }

    @property
    def names(self) -> Sequence[str]:
        """Names of what is counted."""
        return list(self._VALUES)

    def unit(self, what: str | None) -> Unit | None:
        """Return the unit of a count or a time."""
        return self._VALUES[what][0] if what is not None and what in self._VALUES else None

    def span(self, what: str | None) -> Span:
        """Return what counts can be."""
        del what
        return Span(0.0)

    def value(self, what: str | None, sight: Sight) -> float:
        """Return what there has been so far."""
        assert what is not None
        return self._VALUES[what][1](sight.deeds, sight.time_us)


def span_of(metric: Metric) -> Span:
    """Return what a metric can be at all, in the inner unit of its unit."""
    unit, name = _UNITS[metric.unit], metric.value
    if metric.unit == "%":
        return Span(0.0, 1.0)
    if name.startswith("AC_POWER_FACTOR"):
        return Span(-1.0, 1.0)
    if unit is units.CELSIUS:
        return Span(_ABSOLUTE_0_C)
    if unit is units.DEGREE:
        return Span(0.0, 360.0)
    # Net energies and direct currents have signs.
    is_net = name.startswith("AC_ENERGY_ACTIVE") and "CONSUMED" not in name and "DELIVERED" not in name
    return Span(0.0) if unit in _NEVER_BELOW_0 and not is_net and name != "DC_CURRENT" else Span()


def _active_w(report: Report) -> float:
    return report.values.get(Metric.AC_POWER_ACTIVE, math.nan)
