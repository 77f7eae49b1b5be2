"""What there is to be seen of the components of a running plant, read by number from what the plant works on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from ...models.soc_estimate import taken_soc
from ..domain.metrics import Metric, Wanted
from ..kernel.auxiliary import terminal_a
from ..kernel.energies import Energies, energies
from ..plant.operating_point import OperatingPoint
from ..plant.plant import Plant
from ..plant.state import Registers
from .metrics import (
    AlternatingSide,
    Arithmetic,
    Bridge,
    Cells,
    DirectSide,
    Drum,
    HeatSink,
    MetricRow,
    Part,
    flow_side,
    rows_of,
    shown_side,
)

_DARK = (0.0, 0.0, 0.0)

Reader = Callable[[], Mapping[Metric, float]]
Look = Callable[[], Any]
"""Returns a part of a component as it is now; the plant must be up to date."""


def _ratio(dividend: float, divisor: float, otherwise: float) -> float:
    return dividend / divisor if divisor != 0.0 else otherwise


NUMBERS = Arithmetic(math.sqrt, math.hypot, _ratio)


class ValueReader:
    """Reads the metrics of a component, with as little as possible left to do at each reading."""

    def __init__(self, plant: Plant, key: str, parts: Sequence[Part]) -> None:
        """Find out where they are read.

        Args:
            plant: Must be up to date at each reading.
            key: Of the component.
            parts: That it has.
        """
        self._of_parts = [
            (frozenset(row.metric for row in rows_of([part])), _reader(plant, key, part)) for part in parts
        ]
        self._all = [read for _, read in self._of_parts]
        self._wanted: Wanted = None
        self._chosen = self._all

    def read(self, wanted: Wanted = None) -> Mapping[Metric, float]:
        """Return metrics with 0 for -0: all, or those that are wanted and others of the same parts.

        What has not changed since the last reading is the same mapping again.
        """
        if wanted is None:
            readers = self._all
        else:
            if wanted is not self._wanted:
                self._wanted = wanted
                self._chosen = [read for metrics, read in self._of_parts if metrics & wanted]
            readers = self._chosen
        if len(readers) == 1:
            return readers[0]()
        values: dict[Metric, float] = {}
        for read in readers:
            values |= read()
        return values


def _reader(plant: Plant, key: str, part: Part) -> Reader:
    read = _part_reader(rows_of([part]), part, _look_at(plant, key, part))
    if part is AlternatingSide and key not in plant.equipment.meterings:
        return _until_something_else_flows(plant.operating_point, read)
    return read


def _until_something_else_flows(point: OperatingPoint, read: Reader) -> Reader:
    """Return what reads anew only once something else flows than at the last reading."""
    seen: Mapping[Metric, float] = {}
    seen_at = -1

    def read_again() -> Mapping[Metric, float]:
        nonlocal seen, seen_at
        point.solve()
        if seen_at != point.generation:
            seen, seen_at = read(), point.generation
        return seen

    return read_again


def _part_reader(rows: Sequence[MetricRow], part: Part, look: Look) -> Reader:
    metrics = tuple(row.metric for row in rows)
    functions = [row.reader for row in rows if not isinstance(row.reader, str)]
    places = {name: place for place, name in enumerate((*part._fields, *functions))}
    if len(rows) == 1:
        (metric,), place = metrics, places[rows[0].reader]
        # Parts with a single row have it as a field: a getter of a single item would return no tuple.
        return lambda: {metric: look()[place] + 0.0}
    pick = itemgetter(*[places[row.reader] for row in rows])

    def read() -> Mapping[Metric, float]:
        seen = look()
        fields = (*seen, *[function(seen, NUMBERS) for function in functions])
        return dict(zip(metrics, [value + 0.0 for value in pick(fields)], strict=True))

    return read


def _look_at(plant: Plant, key: str, part: Part) -> Look:
    """Return what looks at a part of a component."""
    if part is DirectSide:
        return _at_direct_side(plant, key)
    if part is Cells:
        return _at_cells(plant, key)
    if part is Registers:
        return _at_registers(plant, key)
    if part is Energies:
        return _at_energies(plant, key)
    if part in (Bridge, HeatSink, Drum):
        return (
            _at_inverter(plant, key, part) if key in plant.places.inverters else _at_machine(plant, key, part)
        )
    return _at_meter(plant, key) if key in plant.equipment.meterings else _at_flow(plant, key)


def _at_flow(plant: Plant, key: str) -> Look:
    layout, memory = plant.operating_point.layout, plant.operating_point.memory
    number, frequency = plant.places.components[key], layout.frequency_signal
    readings = plant.readings

    def look() -> AlternatingSide:
        flow = memory.components[number]
        phases_v, lines_v = (_DARK, _DARK) if flow.is_cut_off else readings.voltages()
        return flow_side(
            NUMBERS,
            (flow.active_1, flow.active_2, flow.active_3),
            (flow.reactive_1, flow.reactive_2, flow.reactive_3),
            phases_v,
            lines_v,
            memory.inputs[frequency] if any(phases_v) else 0.0,
        )

    return look


def _at_meter(plant: Plant, key: str) -> Look:
    layout, memory = plant.operating_point.layout, plant.operating_point.memory
    frequency, readings = layout.frequency_signal, plant.readings

    def look() -> AlternatingSide:
        shown = readings.meter_output(key)
        assert shown is not None
        return shown_side(
            NUMBERS,
            shown.active_w,
            shown.reactive_var,
            shown.current_a,
            shown.voltage_v,
            memory.inputs[frequency] if any(readings.phase_voltages(key)) else 0.0,
        )

    return look


def _at_registers(plant: Plant, key: str) -> Look:
    readings = plant.readings
    if key not in plant.equipment.meterings:
        return lambda: readings.registers(key)

    def look() -> Registers:
        shown = readings.meter_output(key)
        assert shown is not None
        return Registers(shown.consumed_wh, shown.delivered_wh)

    return look


def _at_energies(plant: Plant, key: str) -> Look:
    memory = plant.operating_point.memory
    number = plant.places.components[key]
    return lambda: energies(memory, number)


def _at_inverter(plant: Plant, key: str, part: Part) -> Look:
    inverter = plant.operating_point.memory.inverters[plant.places.inverters[key]]
    if part is HeatSink:
        return lambda: HeatSink(inverter.heat_sink_c)
    return lambda: Bridge(inverter.dc_w)


def _at_machine(plant: Plant, key: str, part: Part) -> Look:
    if part is Bridge:
        flow = plant.operating_point.memory.components[plant.places.components[key]]
        return lambda: Bridge(flow.dc_w)
    machine, make = plant.equipment.machines[key], HeatSink if part is HeatSink else Drum
    besides, params, machines = machine.model.besides, machine.params, plant.machines
    assert besides is not None
    return lambda: make(besides(params, machines.state(key)))


def _at_direct_side(plant: Plant, key: str) -> Look:
    if key in plant.equipment.batteries:
        return _at_terminals(plant, key)
    return _at_battery_side(plant, key) if key in plant.places.inverters else _at_passage(plant, key)


def _at_battery_side(plant: Plant, key: str) -> Look:
    """Look at the DC side of an inverter, at the voltage of its only battery."""
    inverter = plant.operating_point.memory.inverters[plant.places.inverters[key]]
    battery, readings = plant.wiring.batteries_of[key][0], plant.readings

    def look() -> DirectSide:
        power_w, voltage_v = inverter.dc_w, readings.terminal(battery).voltage_v
        return DirectSide(voltage_v, power_w / voltage_v, power_w)

    return look


def _at_terminals(plant: Plant, key: str) -> Look:
    def look() -> DirectSide:
        terminal = readings.terminal(key)
        return DirectSide(terminal.voltage_v, terminal_a(battery, terminal), battery.dc_w)

    battery, readings = plant.operating_point.memory.batteries[plant.places.batteries[key]], plant.readings
    return look


def _at_cells(plant: Plant, key: str) -> Look:
    memory = plant.operating_point.memory
    number, nominal_wh = plant.places.batteries[key], plant.equipment.batteries[key].capacity_wh

    def look() -> Cells:
        state = memory.battery_states[number]
        soc = taken_soc(state.soc, memory.batteries[number].soc_error)
        return Cells(nominal_wh, state.capacity_share, soc, state.temperature_c)

    return look


def _at_passage(plant: Plant, key: str) -> Look:
    """Look at what passes between inverters and batteries, at the voltage of the first battery behind it."""
    battery, readings = plant.wiring.batteries_behind(key)[0], plant.readings

    def look() -> DirectSide:
        power_w, voltage_v = readings.dc_power_w(key), readings.terminal(battery).voltage_v
        return DirectSide(voltage_v, power_w / voltage_v, power_w)

    return look
