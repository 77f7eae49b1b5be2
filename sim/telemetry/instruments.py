"""What the components of a running plant report: metrics, current bounds and states."""

from __future__ import annotations

from collections.abc import Sequence

from ...models.grid_code import OVERFREQUENCY, OVERVOLTAGE, UNDERFREQUENCY, UNDERVOLTAGE
from ..components.device import Activity
from ..components.ev_charger import EvCharger
from ..components.registry import type_of
from ..domain.messages import Reading
from ..domain.metrics import Metric
from ..domain.ranges import Bounds
from ..domain.states import Diagnostic, StateCode
from ..plant.plant import Plant
from .charger_status import UNAUTHORISED, charger_status
from .live_parts import value_reader
from .metrics import parts_of, rows_of
from .power_bounds import bounded_metrics, shown_ranges
from .states import component_states

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


class Instruments:
    """Reads a plant the way its components report themselves."""

    timetable: Sequence[int] | None = None
    """When anything is sampled [µs], ascending; at the site's interval if None."""

    def __init__(self, plant: Plant) -> None:
        """Look at a plant."""
        self._plant = plant
        parts = {key: parts_of(type_of(component)) for key, component in plant.site.components.items()}
        self._metrics = {key: tuple(row.metric for row in rows_of(parts[key])) for key in parts}
        self._values = {key: value_reader(plant, key, parts[key]) for key in parts}
        self._bounded = {key: bounded_metrics(plant, key) for key in plant.site.components}

    def metrics(self, key: str) -> tuple[Metric, ...]:
        """Return the metrics that a component reports, in the order of its readings."""
        return self._metrics[key]

    def sample(self, key: str) -> Reading | None:
        """Return what a component reports at a sampling, or None if it reports nothing then."""
        return self.read(key)

    def read(self, key: str) -> Reading:
        """Return what a component reports now."""
        plant = self._plant
        error = plant.error(key)
        plant.bring_up_to_date()
        return Reading(
            self._values[key](),
            self._bounds(key),
            self._states(key),
            self._warnings(key),
            () if error is None else (error,),
        )

    def _warnings(self, key: str) -> tuple[Diagnostic, ...]:
        plant = self._plant
        if plant.is_cut_off(key):
            return (_CUT_OFF,)
        if plant.held_off_by(key):
            return (_HELD_OFF[plant.held_off_by(key)],)
        if plant.is_derated(key):
            return (_HOT,)
        if plant.activity(key) is Activity.TOO_HOT:
            return (_TOO_HOT,)
        if isinstance(plant.site.components[key], EvCharger) and charger_status(plant, key).is_refused:
            return (UNAUTHORISED,)
        return plant.warnings(key)

    def _bounds(self, key: str) -> dict[Metric, tuple[Bounds, ...]]:
        plant = self._plant
        bounds = {metric: shown_ranges(plant, key, metric) for metric in self._bounded[key]}
        if key in plant.equipment.batteries:
            params = plant.equipment.batteries[key]
            bounds[Metric.BATTERY_SOC_PCT] = (Bounds(100.0 * params.soc_lower, 100.0 * params.soc_upper),)
        return bounds

    def _states(self, key: str) -> tuple[StateCode, ...]:
        return component_states(self._plant, key)
