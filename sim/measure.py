"""What the components of a running plant report: metrics, current bounds and states."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..models.ac import ThreePhase, phase_currents, power_factor
from ..models.battery import battery_terminal
from .graph import grid_key
from .plant import Plant
from .site import Battery, BatteryInverter, Component, PvInverter
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
BATTERY_METRICS = (
    Metric.DC_VOLTAGE,
    Metric.DC_CURRENT,
    Metric.DC_POWER,
    Metric.BATTERY_CAPACITY,
    Metric.BATTERY_SOC_PCT,
    Metric.BATTERY_TEMPERATURE,
)


class Reading(NamedTuple):
    """What a component reports at one instant."""

    values: dict[Metric, float]
    bounds: dict[Metric, tuple[Bounds, ...]]
    states: tuple[StateCode, ...]
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


class Instruments:
    """Reads a plant the way its components report themselves."""

    def __init__(self, plant: Plant) -> None:
        """Look at a plant."""
        self._plant = plant
        self._grid = grid_key(plant.site)

    def metrics(self, key: str) -> tuple[Metric, ...]:
        """Return the metrics that a component reports, in the order of its readings."""
        return BATTERY_METRICS if key in self._plant.battery_params else AC_METRICS

    def read(self, key: str) -> Reading:
        """Return what a component reports now."""
        reading = self._read(key)
        tripped = self._plant.state.tripped.get(key)
        if tripped is None:
            return reading
        states = (
            (StateCode.ERROR, StateCode.RELAY_OPEN)
            if key in self._plant.battery_params
            else (StateCode.ERROR,)
        )
        return reading._replace(states=states, errors=(tripped,))

    def _read(self, key: str) -> Reading:
        component = self._plant.site.components[key]
        if isinstance(component, Battery):
            return self._read_battery(key)
        if isinstance(component, BatteryInverter | PvInverter):
            return self._read_inverter(key)
        return Reading(self._ac_values(key), {}, (StateCode.READY,))

    def _read_battery(self, key: str) -> Reading:
        plant = self._plant
        params, state = plant.battery_params[key], plant.state.batteries[key]
        limits = plant.flows().battery_limits[key]
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
        return Reading(
            dict(zip(BATTERY_METRICS, values, strict=True)),
            {
                Metric.DC_POWER: (limits,),
                Metric.BATTERY_SOC_PCT: (Bounds(100.0 * params.soc_lower, 100.0 * params.soc_upper),),
            },
            (_activity(power_w), StateCode.RELAY_CLOSED),
        )

    def _read_inverter(self, key: str) -> Reading:
        plant = self._plant
        flow = plant.flows().ac[key]
        component = plant.site.components[key]
        return Reading(
            self._ac_values(key),
            {
                Metric.AC_POWER_ACTIVE: (plant.active_power_bounds(key),),
                Metric.AC_POWER_REACTIVE: (plant.reactive_power_bounds(key),),
            },
            (_idle_state(component) if plant.is_idle(key) else _activity(flow.active_w),),
        )

    def _ac_values(self, key: str) -> dict[Metric, float]:
        flow = self._plant.flows().ac[key]
        consumed_wh, delivered_wh = self._plant.state.registers[key]
        line_v = self._plant.input_value(self._grid, "voltage")
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
            self._plant.input_value(self._grid, "frequency"),
            power_factor(active_w, reactive_var),
            consumed_wh - delivered_wh, consumed_wh, delivered_wh,
        )  # fmt: skip
        return dict(zip(AC_METRICS, values, strict=True))


def _idle_state(component: Component) -> StateCode:
    # A PV inverter without sun has switched off its converter; a battery inverter waits with it on.
    return StateCode.STANDBY if isinstance(component, PvInverter) else StateCode.READY


def _activity(power_w: float) -> StateCode:
    if power_w > 0.0:
        return StateCode.CHARGING
    return StateCode.DISCHARGING if power_w < 0.0 else StateCode.READY
