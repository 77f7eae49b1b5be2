"""What the components of a compiled run report, as columns of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ..components.battery import Battery
from ..components.converter import Converter
from ..domain.metrics import Metric
from ..plant.plant import Plant
from ..recording.columns import Column
from ..recording.names import STATE
from ..recording.selection import MAIN_METRICS, Metrics
from ..site.graph import grid_key
from ..telemetry.instruments import Instruments
from .metered import Seen, metered
from .run import Chunk
from .state_columns import told_states

Floats = npt.NDArray[np.float64]


class Columns:
    """Makes columns of the chunks of a run."""

    def __init__(self, plant: Plant, metrics: Metrics = "main") -> None:
        """Look at the plant of a run.

        Args:
            plant: Of the run.
            metrics: How much to report: the main metrics of each category, or all.
        """
        instruments = Instruments(plant)
        wanted = None if metrics == "all" else MAIN_METRICS
        self._plant = plant
        self._metrics = {
            key: [metric for metric in instruments.metrics(key) if wanted is None or metric in wanted]
            for key in plant.site.components
        }
        self._order = {key: number for number, key in enumerate(plant.wiring.order)}
        self._batteries = {key: number for number, key in enumerate(plant.equipment.batteries)}
        self._controls = {key: number for number, key in enumerate(plant.controlled)}
        self._meterings = {key: number for number, key in enumerate(plant.equipment.meterings)}
        self._grid = grid_key(plant.site)

    def of(self, chunk: Chunk) -> dict[str, Column]:
        """Return the columns of a chunk, by name as in recordings."""
        columns: dict[str, Column] = {}
        for key, component in self._plant.site.components.items():
            columns.update(
                (f"{component.id}.{name}", column) for name, column in self._of_component(chunk, key)
            )
        return columns

    def _of_component(self, chunk: Chunk, key: str) -> Iterator[tuple[str, Column]]:
        component = self._plant.site.components[key]
        if isinstance(component, Battery):
            yield from self._of_battery(chunk, key)
        elif not isinstance(component, Converter) and self._metrics[key]:
            values = self._alternating(chunk, key)
            yield from ((metric.value, values[metric]) for metric in self._metrics[key])
        if key in self._controls and self._plant.equipment.ratings[key].active is not None:
            yield from self._of_control(chunk, key)
        told = told_states(component, self._telling_power(chunk, key), *self._switches(chunk, key))
        if told is not None:
            yield STATE, told

    def _telling_power(self, chunk: Chunk, key: str) -> Floats:
        """Return the power by which a component says what it does [W]."""
        samples = chunk.samples
        if key in self._batteries:
            column: Floats = samples.battery_dc_w[:, self._batteries[key]]
            return column
        inverters = list(self._plant.wiring.batteries_of)
        if key in inverters:
            bridge: Floats = samples.inverter_dc_w[:, inverters.index(key)]
            return bridge
        number = self._order[key]
        active_w: Floats = samples.active_w[:, 3 * number : 3 * number + 3].sum(axis=1)
        return active_w

    def _switches(self, chunk: Chunk, key: str) -> tuple[Any, Any]:
        number = self._order[key]
        return chunk.samples.is_closed[:, number], chunk.samples.is_cut_off[:, number]

    def _of_battery(self, chunk: Chunk, key: str) -> Iterator[tuple[str, Column]]:
        samples, number = chunk.samples, self._batteries[key]
        params = self._plant.equipment.batteries[key]
        rows = len(samples.times_us)
        values: dict[Metric, Floats] = {
            Metric.DC_VOLTAGE: samples.battery_voltage_v[:, number],
            Metric.DC_CURRENT: samples.battery_current_a[:, number],
            Metric.DC_POWER: samples.battery_dc_w[:, number],
            Metric.BATTERY_CAPACITY: params.capacity_wh * samples.capacity_share[:, number],
            Metric.BATTERY_SOC_PCT: 100.0 * samples.soc[:, number],
            Metric.BATTERY_TEMPERATURE: samples.battery_temperature_c[:, number],
        }
        yield from ((metric.value, values[metric]) for metric in self._metrics[key])
        yield from _bounds(
            Metric.DC_POWER, samples.battery_lower_w[:, number], samples.battery_upper_w[:, number]
        )
        soc = (np.full(rows, 100.0 * params.soc_lower), np.full(rows, 100.0 * params.soc_upper))
        yield from _bounds(Metric.BATTERY_SOC_PCT, *soc)

    def _of_control(self, chunk: Chunk, key: str) -> Iterator[tuple[str, Column]]:
        rated = self._plant.equipment.ratings[key].active
        assert rated is not None
        number = self._controls[key]
        lower = np.maximum(chunk.samples.reach_lower_w[:, number], rated.lower)
        upper = np.minimum(chunk.samples.reach_upper_w[:, number], rated.upper)
        yield from _bounds(
            Metric.AC_POWER_ACTIVE,
            np.minimum(lower, max(rated.lower, 0.0)),
            np.maximum(upper, min(rated.upper, 0.0)),
        )

    def _alternating(self, chunk: Chunk, key: str) -> dict[Metric, Floats]:
        samples, number = chunk.samples, self._order[key]
        is_live = samples.is_cut_off[:, number] == 0
        phases_v = np.where(is_live[:, None], samples.voltage_v[:, :3], 0.0)
        has_voltage = phases_v.any(axis=1)
        if key in self._meterings:
            seen = metered(chunk, self._plant.equipment.meterings[key], self._meterings[key])
        else:
            seen = self._flowing(
                chunk, number, phases_v, np.where(is_live[:, None], samples.voltage_v[:, 3:], 0.0)
            )
        total_w, total_var = seen.active_w.sum(axis=1), seen.reactive_var.sum(axis=1)
        apparent, total_va = np.hypot(seen.active_w, seen.reactive_var), np.hypot(total_w, total_var)
        values: dict[Metric, Floats] = {
            Metric.AC_POWER_ACTIVE: total_w,
            Metric.AC_POWER_REACTIVE: total_var,
            Metric.AC_POWER_APPARENT: total_va,
            Metric.AC_FREQUENCY: np.where(has_voltage, chunk.inputs[f"{self._grid}.frequency"], 0.0),
            Metric.AC_POWER_FACTOR: np.divide(
                total_w, total_va, out=np.ones_like(total_w), where=total_va > 0.0
            ),
            Metric.AC_ENERGY_ACTIVE: seen.consumed_wh - seen.delivered_wh,
            Metric.AC_ENERGY_ACTIVE_CONSUMED: seen.consumed_wh,
            Metric.AC_ENERGY_ACTIVE_DELIVERED: seen.delivered_wh,
        }
        for phase in range(3):
            values[Metric[f"AC_POWER_ACTIVE_PHASE_{phase + 1}"]] = seen.active_w[:, phase]
            values[Metric[f"AC_POWER_REACTIVE_PHASE_{phase + 1}"]] = seen.reactive_var[:, phase]
            values[Metric[f"AC_POWER_APPARENT_PHASE_{phase + 1}"]] = apparent[:, phase]
            values[Metric[f"AC_CURRENT_PHASE_{phase + 1}"]] = seen.current_a[:, phase]
            values[Metric[f"AC_VOLTAGE_PHASE_{phase + 1}_N"]] = seen.voltage_v[:, phase]
            values[Metric[f"AC_VOLTAGE_PHASE_{phase + 1}_PHASE_{(phase + 1) % 3 + 1}"]] = seen.line_v[
                :, phase
            ]
        return values

    def _flowing(self, chunk: Chunk, number: int, phases_v: Floats, lines_v: Floats) -> Seen:
        """Return what is there to be seen at a component."""
        samples = chunk.samples
        active = samples.active_w[:, 3 * number : 3 * number + 3]
        reactive = samples.reactive_var[:, 3 * number : 3 * number + 3]
        apparent = np.hypot(active, reactive)
        currents = np.divide(apparent, phases_v, out=np.zeros_like(apparent), where=phases_v > 0.0)
        consumed, delivered = samples.consumed_wh[:, number], samples.delivered_wh[:, number]
        return Seen(active, reactive, phases_v, lines_v, currents, consumed, delivered)


def _bounds(metric: Metric, lower: Floats, upper: Floats) -> Iterator[tuple[str, Column]]:
    yield f"{metric.value}_bound_0_lower", lower
    yield f"{metric.value}_bound_0_upper", upper
