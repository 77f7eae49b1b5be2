"""What the components of a running plant report: metrics, current bounds and states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...models.grid_code import OVERFREQUENCY, OVERVOLTAGE, UNDERFREQUENCY, UNDERVOLTAGE
from ..components.device import Activity
from ..domain.messages import Reading, Told, unsigned_edges
from ..domain.metrics import Metric, Wanted
from ..domain.ranges import Bounds
from ..domain.states import Diagnostic, StateCode
from ..plant.plant import Plant
from .charger_status import UNAUTHORISED, charger_status, is_charging_point
from .intervals import IntervalReader
from .live_parts import ValueReader
from .metrics import rows_of
from .parts import parts_of
from .power_bounds import bounded_metrics, connection_bounds, has_connection_limits, shown_ranges
from .states import StateCauses, state_reader

_Said = tuple[tuple[StateCode, ...], tuple[Diagnostic, ...], tuple[Diagnostic, ...]]
"""State codes, warnings and errors."""
_CUT_OFF = Diagnostic("GRID_DISCONNECTED", "the grid does not reach this component")
_HELD_OFF = {
    cause: Diagnostic(f"GRID_{code}", f"held off by the grid code: {code.lower()}")
    for cause, code in {
        UNDERVOLTAGE: "UNDERVOLTAGE",
        OVERVOLTAGE: "OVERVOLTAGE",
        UNDERFREQUENCY: "UNDERFREQUENCY",
        OVERFREQUENCY: "OVERFREQUENCY",
    }.items()
}
_TOO_HOT = Diagnostic("OVERTEMPERATURE", "it is too hot, and waits until it has cooled down")
_HOT = Diagnostic("OVERTEMPERATURE", "the heat sink is hot, power is held back")


_Present = tuple[int, float]
"""Generation of the operating point, and the apparent power that heat leaves of an inverter [VA], or 0."""
_NEVER: _Present = (-1, 0.0)


class Sayable(NamedTuple):
    """What a component can say of how it is."""

    states: frozenset[StateCode]
    diagnostics: frozenset[str]
    """Codes of what it can warn of or fail with without a fault that names one."""


class Instruments:
    """Reads a plant the way its components report themselves."""

    timetable: Sequence[int] | None = None
    """When anything is sampled [µs], ascending; at the site's interval if None."""
    holds_means: bool | None = True
    """Whether mean powers are known; None where it is not known what there is."""

    def __init__(self, plant: Plant) -> None:
        """Look at a plant."""
        self._plant = plant
        self._gauges = {key: _Gauge(plant, key) for key in plant.site.components}

    def metrics(self, key: str) -> tuple[Metric, ...]:
        """Return the metrics that a component reports, in the order of its readings."""
        return self._gauges[key].metrics

    def sayable(self, key: str) -> Sayable:
        """Return all that a component can ever say of how it is, whatever happens to it but faults."""
        return self._gauges[key].sayable

    def sample(self, key: str, wanted: Wanted = None) -> Reading | None:
        """Return what a component reports at a sampling, or None if it reports nothing then.

        Args:
            key: Of the component.
            wanted: Metrics without which nothing would be missed may be left out; its bounds are whole.
        """
        return self._gauges[key].read(wanted)

    def read(self, key: str) -> Reading:
        """Return what a component reports now."""
        return self._gauges[key].read()

    def told(self, key: str) -> Told | None:
        """Return what a component says of how it is at a sampling, or None if it says nothing then."""
        return Told(*self._gauges[key].said())

    def means(
        self, key: str, seen: Mapping[Metric, float], interval: IntervalReader
    ) -> Mapping[Metric, float]:
        """Return the mean powers of a component over an interval, as far as it has any.

        Args:
            key: Of the component.
            seen: What it reported when the interval began.
            interval: That ends now.
        """
        del seen
        return interval.means(key)

    def extremes(
        self, key: str, interval: IntervalReader
    ) -> tuple[Mapping[Metric, float], Mapping[Metric, float]]:
        """Return least and greatest powers of a component over an interval that ends now."""
        return interval.extremes(key)


class _Gauge:
    """Reads one component."""

    def __init__(self, plant: Plant, key: str) -> None:
        """Find out once what there is to be read, and where."""
        parts = parts_of(plant, key)
        machine = plant.equipment.machines.get(key)
        self._plant, self._key = plant, key
        self._point = plant.operating_point
        self._machines = plant.machines
        self._switching = plant.switching
        self._protection = plant.protection
        self._capability = plant.capability
        self._memory = plant.operating_point.memory
        self._number = plant.places.components[key]
        self._control = plant.places.controls.get(key)
        self._has_activity = machine is not None and machine.activity is not None
        self._is_charger = is_charging_point(plant, key)
        self._has_heat = key in plant.equipment.inverters
        self._values = ValueReader(plant, key, parts)
        self._states = state_reader(plant, key)
        self._is_still = not (self._has_activity or self._is_charger)
        self._said: _Said = ((), (), ())
        self._said_at = _NEVER
        bounded = bounded_metrics(plant, key)
        self._steady = tuple(metric for metric in bounded if _is_steady(plant, key, metric))
        self._moving = tuple(metric for metric in bounded if metric not in self._steady)
        self._fixed_bounds: dict[Metric, tuple[Bounds, ...]] = {}
        self._steady_bounds: dict[Metric, tuple[Bounds, ...]] = {}
        self._bounds_at = _NEVER
        self._is_limited = key == plant.equipment.grid_key and has_connection_limits(plant)
        self._is_battery = key in plant.equipment.batteries
        if self._is_battery:
            params = plant.equipment.batteries[key]
            soc_pct = Bounds(100.0 * params.soc_lower, 100.0 * params.soc_upper)
            self._fixed_bounds[Metric.BATTERY_SOC_PCT] = (soc_pct,)
        self.metrics = tuple(row.metric for row in rows_of(parts))
        self.sayable = Sayable(self._states.possible, frozenset(self._codes()))

    def read(self, wanted: Wanted = None) -> Reading:
        """Return what the component reports now, with 0 for -0; see `Instruments.sample`."""
        present = self._present()
        said = self._said_now(present)
        return Reading(self._values.read(wanted), self._bounds(present), *said)

    def said(self) -> _Said:
        """Return what the component says of how it is, as the parts of `Told`: a reading has them one by one."""
        return self._said_now(self._present())

    def _present(self) -> _Present:
        """Return what all that is kept goes by: what flows and, of an inverter, what its heat leaves it of that."""
        point = self._point
        point.solve()
        return point.generation, self._capability.limit_by_heat_va(self._key) if self._has_heat else 0.0

    def _said_now(self, present: _Present) -> _Said:
        if self._said_at != present:
            self._said, self._said_at = self._look(), present if self._is_still else _NEVER
        broken = self._plant.impairments.warnings(self._key)
        if not broken:
            return self._said
        states, warnings, errors = self._said
        return states, (*warnings, *broken), errors

    def _look(self) -> _Said:
        plant, key, memory = self._plant, self._key, self._memory
        activity = self._machines.activity(key) if self._has_activity else None
        error = self._protection.error_in(key, activity)
        held_off_by = 0 if self._control is None else memory.controls[self._control].held_off_by
        condition = StateCauses(
            error,
            self._switching.position(key),
            memory.components[self._number].is_cut_off,
            held_off_by,
            activity,
            charger_status(plant, key) if self._is_charger else None,
        )
        return (
            self._states.read(condition),
            self._warnings(condition),
            () if error is None else (error,),
        )

    def _bounds(self, present: _Present) -> Mapping[Metric, tuple[Bounds, ...]]:
        """Return the bounds of what the component reports; the same mapping again where nothing can have changed."""
        if self._bounds_at != present:
            self._steady_bounds = self._ranges(self._steady) | self._fixed_bounds
            self._bounds_at = present
        if not self._moving and not self._is_limited:
            return self._steady_bounds
        bounds = self._steady_bounds | self._ranges(self._moving)
        if self._is_limited:
            bounds[Metric.AC_POWER_ACTIVE] = unsigned_edges((connection_bounds(self._plant),))
        return bounds

    def _ranges(self, metrics: Sequence[Metric]) -> dict[Metric, tuple[Bounds, ...]]:
        return {metric: unsigned_edges(shown_ranges(self._plant, self._key, metric)) for metric in metrics}

    def _codes(self) -> Iterator[str]:
        """Yield the codes of all warnings and errors that it can report of itself, see `said`."""
        yield _CUT_OFF.code
        if self._control is not None:
            yield from (told.code for told in _HELD_OFF.values())
        if self._has_heat:
            yield _HOT.code
        if self._has_activity:
            yield _TOO_HOT.code
        if self._is_charger:
            yield UNAUTHORISED.code
        yield from self._protection.codes(self._key, has_activity=self._has_activity)

    def _warnings(self, now: StateCauses) -> tuple[Diagnostic, ...]:
        if now.is_cut_off:
            return (_CUT_OFF,)
        if now.held_off_by:
            return (_HELD_OFF[now.held_off_by],)
        if self._has_heat and self._capability.is_derated(self._key):
            return (_HOT,)
        if now.activity is Activity.TOO_HOT:
            return (_TOO_HOT,)
        if now.charger is not None and now.charger.is_refused:
            return (UNAUTHORISED,)
        return self._protection.warnings(self._key) if self._is_battery else ()


def _is_steady(plant: Plant, key: str, metric: Metric) -> bool:
    """Say whether bounds go by what flows, and by what heat leaves of an inverter, alone; those of machines need not.

    Reactive power may go by the voltage of a battery as well.
    """
    if key in plant.places.inverters:
        return metric is Metric.AC_POWER_ACTIVE or not plant.capability.has_window(key)
    machine = plant.equipment.machines.get(key)
    if machine is None:
        return key in plant.places.batteries
    has_own = machine.steps_w is not None or machine.reactive_range_var is not None
    return key in plant.equipment.inverters and not has_own
