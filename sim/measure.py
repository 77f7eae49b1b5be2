"""What the components of a running plant report: metrics, current bounds and states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..models.ac import ThreePhase, phase_currents, power_factor
from ..models.battery import battery_terminal
from .envelope import bounded_metrics, shown_ranges
from .graph import grid_key
from .plant import Plant
from .site import Battery
from .site_devices import Breaker, Converter, Precharger
from .states import component_states
from .vocabulary import Bounds, Diagnostic, Metric, StateCode

AC_METRICS = (
    Metric.AC_POWER_ACTIVE,
    Metric.AC_POWER_ACTIVE_PHASE_1,
    Metric.AC_POWER_ACTIVE_PHASE_2,
    Metric.AC_POWER_ACTIVE_PHASE_3,
    Metric.AC_POWER_REACTIVE,
    Metric.AC_POWER_REACTIVE_PHASE_1,
    Metric.AC_POWER_REACTIVE_PHASE_2,
    Metric.AC_POWER_REACTIVE_PHASE_3,
    Metric.AC_POWER_APPARENT,
    Metric.AC_POWER_APPARENT_PHASE_1,
    Metric.AC_POWER_APPARENT_PHASE_2,
    Metric.AC_POWER_APPARENT_PHASE_3,
    Metric.AC_CURRENT_PHASE_1,
    Metric.AC_CURRENT_PHASE_2,
    Metric.AC_CURRENT_PHASE_3,
    Metric.AC_VOLTAGE_PHASE_1_N,
    Metric.AC_VOLTAGE_PHASE_2_N,
    Metric.AC_VOLTAGE_PHASE_3_N,
    Metric.AC_VOLTAGE_PHASE_1_PHASE_2,
    Metric.AC_VOLTAGE_PHASE_2_PHASE_3,
    Metric.AC_VOLTAGE_PHASE_3_PHASE_1,
    Metric.AC_FREQUENCY,
    Metric.AC_POWER_FACTOR,
    Metric.AC_ENERGY_ACTIVE,
    Metric.AC_ENERGY_ACTIVE_CONSUMED,
    Metric.AC_ENERGY_ACTIVE_DELIVERED,
)
DC_METRICS = (Metric.DC_VOLTAGE, Metric.DC_CURRENT, Metric.DC_POWER)
BATTERY_METRICS = (
    *DC_METRICS,
    Metric.BATTERY_CAPACITY,
    Metric.BATTERY_SOC_PCT,
    Metric.BATTERY_TEMPERATURE,
)

_CUT_OFF = Diagnostic("GRID_DISCONNECTED", "the grid does not reach this component")


class Reading(NamedTuple):
    """What a component reports at one instant."""

    values: dict[Metric, float]
    bounds: dict[Metric, tuple[Bounds, ...]]
    states: tuple[StateCode, ...]
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


class Instruments:
    """Reads a plant the way its components report themselves."""

    timetable: Sequence[int] | None = None
    """When anything is sampled [µs], ascending; at the site's interval if None."""

    def __init__(self, plant: Plant) -> None:
        """Look at a plant."""
        self._plant = plant
        self._grid = grid_key(plant.site)
        self._bounded = {key: bounded_metrics(plant, key) for key in plant.site.components}

    def metrics(self, key: str) -> tuple[Metric, ...]:
        """Return the metrics that a component reports, in the order of its readings."""
        match self._plant.site.components[key]:
            case Battery():
                return BATTERY_METRICS
            case Converter():
                return DC_METRICS
            case Breaker() | Precharger():
                return ()
            case _:
                return AC_METRICS

    def sample(self, key: str) -> Reading | None:
        """Return what a component reports at a sampling, or None if it reports nothing then."""
        return self.read(key)

    def read(self, key: str) -> Reading:
        """Return what a component reports now."""
        plant = self._plant
        tripped = plant.state.tripped.get(key)
        return Reading(
            self._values(key),
            self._bounds(key),
            self._states(key),
            (_CUT_OFF,) if plant.is_cut_off(key) else (),
            () if tripped is None else (tripped,),
        )

    def _values(self, key: str) -> dict[Metric, float]:
        match self._plant.site.components[key]:
            case Battery():
                return self._battery_values(key)
            case Converter():
                return self._converter_values(key)
            case Breaker() | Precharger():
                return {}
            case _:
                return self._ac_values(key)

    def _bounds(self, key: str) -> dict[Metric, tuple[Bounds, ...]]:
        plant = self._plant
        bounds = {metric: shown_ranges(plant, key, metric) for metric in self._bounded[key]}
        if key in plant.equipment.batteries:
            params = plant.equipment.batteries[key]
            bounds[Metric.BATTERY_SOC_PCT] = (Bounds(100.0 * params.soc_lower, 100.0 * params.soc_upper),)
        return bounds

    def _states(self, key: str) -> tuple[StateCode, ...]:
        return component_states(self._plant, key)

    def _battery_values(self, key: str) -> dict[Metric, float]:
        plant = self._plant
        params, state = plant.equipment.batteries[key], plant.state.batteries[key]
        power_w = plant.flows().battery_dc_w[key]
        terminal = battery_terminal(params, state, power_w)
        values = (
            terminal.voltage_v,
            terminal.current_a,
            power_w,
            params.capacity_wh,
            100.0 * state.soc,
            state.temperature_c,
        )
        return dict(zip(BATTERY_METRICS, values, strict=True))

    def _converter_values(self, key: str) -> dict[Metric, float]:
        plant = self._plant
        power_w = plant.dc_power_w(key)
        battery = next(iter(plant.wiring.batteries_behind(key)))
        params, state = plant.equipment.batteries[battery], plant.state.batteries[battery]
        voltage_v = battery_terminal(params, state, plant.flows().battery_dc_w[battery]).voltage_v
        return dict(zip(DC_METRICS, (voltage_v, power_w / voltage_v, power_w), strict=True))

    def _ac_values(self, key: str) -> dict[Metric, float]:
        flow = self._plant.flows().ac[key]
        consumed_wh, delivered_wh = self._plant.state.registers[key]
        line_v = 0.0 if self._plant.is_cut_off(key) else self._plant.input_value(self._grid, "voltage")
        phase_v = line_v / math.sqrt(3.0)
        active_w, reactive_var = flow.active_w, flow.reactive_var
        currents_a = phase_currents(
            flow.active_phases_w, flow.reactive_phases_var, ThreePhase(phase_v, phase_v, phase_v)
        )
        values = (
            active_w, flow.p1, flow.p2, flow.p3,
            reactive_var, flow.q1, flow.q2, flow.q3,
            math.hypot(active_w, reactive_var), *(current_a * phase_v for current_a in currents_a),
            *currents_a,
            phase_v, phase_v, phase_v,
            line_v, line_v, line_v,
            self._plant.input_value(self._grid, "frequency") if line_v else 0.0,
            power_factor(active_w, reactive_var),
            consumed_wh - delivered_wh, consumed_wh, delivered_wh,
        )  # fmt: skip
        return dict(zip(AC_METRICS, values, strict=True))
