"""What the components of a running plant report: metrics, current bounds and states."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...models.ac import ThreePhase, phase_currents, power_factor
from ...models.battery import battery_terminal
from ...models.grid_code import OVERFREQUENCY, OVERVOLTAGE, UNDERFREQUENCY, UNDERVOLTAGE
from ...models.grid_voltage import line_voltages
from ...models.meter import MeterOutput
from ..components.battery import Battery
from ..components.breaker import Breaker
from ..components.converter import Converter
from ..components.device import Activity
from ..components.ev_charger import EvCharger
from ..components.precharger import Precharger
from ..domain.messages import Reading
from ..domain.metrics import Metric
from ..domain.ranges import Bounds
from ..domain.states import Diagnostic, StateCode
from ..plant.plant import Plant
from ..site.graph import grid_key
from .charger_status import UNAUTHORISED, charger_status
from .power_bounds import bounded_metrics, shown_ranges
from .states import component_states

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
        error = plant.error(key)
        return Reading(
            self._values(key),
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
        params, state = plant.equipment.batteries[key], plant.battery(key)
        power_w = plant.flows().battery_dc_w[key]
        terminal = battery_terminal(params, state, power_w)
        values = (
            terminal.voltage_v,
            terminal.current_a,
            power_w,
            params.capacity_wh * state.capacity_share,
            100.0 * state.soc,
            state.temperature_c,
        )
        return dict(zip(BATTERY_METRICS, values, strict=True))

    def _converter_values(self, key: str) -> dict[Metric, float]:
        plant = self._plant
        power_w = plant.dc_power_w(key)
        battery = next(iter(plant.wiring.batteries_behind(key)))
        params, state = plant.equipment.batteries[battery], plant.battery(battery)
        voltage_v = battery_terminal(params, state, plant.flows().battery_dc_w[battery]).voltage_v
        return dict(zip(DC_METRICS, (voltage_v, power_w / voltage_v, power_w), strict=True))

    def _ac_values(self, key: str) -> dict[Metric, float]:
        plant = self._plant
        shown = plant.meter_output(key)
        if shown is not None:
            return self._metered_values(key, shown)
        flow = plant.flows().ac[key]
        consumed_wh, delivered_wh = plant.registers(key)
        phases_v, lines_v = plant.phase_voltages(key), plant.line_voltages(key)
        active_w, reactive_var = flow.active_w, flow.reactive_var
        currents_a = phase_currents(flow.active_phases_w, flow.reactive_phases_var, phases_v)
        values = (
            active_w, flow.p1, flow.p2, flow.p3,
            reactive_var, flow.q1, flow.q2, flow.q3,
            math.hypot(active_w, reactive_var),
            *(current_a * phase_v for current_a, phase_v in zip(currents_a, phases_v, strict=True)),
            *currents_a, *phases_v, *lines_v, self._frequency_hz(phases_v),
            power_factor(active_w, reactive_var),
            consumed_wh - delivered_wh, consumed_wh, delivered_wh,
        )  # fmt: skip
        return dict(zip(AC_METRICS, values, strict=True))

    def _metered_values(self, key: str, shown: MeterOutput) -> dict[Metric, float]:
        active_w, reactive_var = shown.active_power_w, shown.reactive_power_var
        values = (
            active_w, *shown.active_w,
            reactive_var, *shown.reactive_var,
            math.hypot(active_w, reactive_var), *map(math.hypot, shown.active_w, shown.reactive_var),
            *shown.current_a, *shown.voltage_v, *line_voltages(shown.voltage_v),
            self._frequency_hz(self._plant.phase_voltages(key)),
            power_factor(active_w, reactive_var),
            shown.consumed_wh - shown.delivered_wh, shown.consumed_wh, shown.delivered_wh,
        )  # fmt: skip
        return dict(zip(AC_METRICS, values, strict=True))

    def _frequency_hz(self, phases_v: ThreePhase) -> float:
        """Return what is seen of the grid's frequency where there are these voltages [Hz]; 0 without any."""
        return self._plant.input_value(self._grid, "frequency") if any(phases_v) else 0.0
