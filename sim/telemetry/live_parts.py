"""What there is to be seen of the components of a running plant, read by number from what the plant works on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from ...models.soc_estimate import taken_soc
from ..domain.metrics import Metric, Wanted
from ..kernel.auxiliary import terminal_a
from ..kernel.energies import energies
from ..plant.operating_point import OperatingPoint
from ..plant.plant import Plant
from ..plant.state import Registers
from .metrics import (
    AlternatingSide,
    Arithmetic,
    Bridge,
    Cells,
    Counted,
    DirectSide,
    Drum,
    HeatSink,
    Part,
    counted,
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
        self._looks: dict[Part, Look] = {part: _look_at(plant, key, part) for part in parts}
        self._flows: Reader | None = None
        """Reads what goes by what flows alone, unless there is nothing of it."""
        if AlternatingSide in self._looks and key not in plant.equipment.meterings:
            looks: dict[Part, Look] = {AlternatingSide: self._looks[AlternatingSide]}
            self._flows = _until_something_else_flows(plant.operating_point, _reader(looks))
        self._all = self._reader_of(None)
        self._wanted: Wanted = None
        self._chosen = self._all

    def read(self, wanted: Wanted = None) -> Mapping[Metric, float]:
        """Return metrics with 0 for -0: all, or those that are wanted and others of the same parts.

        What has not changed since the last reading is the same mapping again.
        """
        if wanted is None:
            return self._all()
        if wanted is not self._wanted:
            self._wanted, self._chosen = wanted, self._reader_of(wanted)
        return self._chosen()

    def _reader_of(self, wanted: Wanted) -> Reader:
        looks = {
            part: look
            for part, look in self._looks.items()
            if wanted is None or any(row.metric in wanted for row in rows_of([part]))
        }
        flows = self._flows
        if flows is None or AlternatingSide not in looks:
            return _reader(looks)
        del looks[AlternatingSide]
        return _reader(looks, flows) if looks else flows


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


def _reader(looks: Mapping[Part, Look], begin: Reader = dict) -> Reader:
    """Return what reads all metrics of some parts at once, in their order, behind what another reader begins with."""
    metrics: list[Metric] = []
    names = [(part, name) for part in looks for name in part._fields]
    functions: list[tuple[Callable[[Any, Arithmetic], Any], int]] = []
    places: list[int] = []
    for turn, part in enumerate(looks):
        for row in rows_of([part]):
            metrics.append(row.metric)
            if isinstance(row.reader, str):
                places.append(names.index((part, row.reader)))
            else:
                places.append(len(names) + len(functions))
                functions.append((row.reader, turn))
    if not places:
        return begin
    # A getter of a single item would return no tuple.
    pick = itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
    each = tuple(looks.values())

    def read() -> Mapping[Metric, float]:
        values = dict(begin())
        seen = [look() for look in each]
        fields = [
            *chain.from_iterable(seen),
            *[function(seen[turn], NUMBERS) for function, turn in functions],
        ]
        values.update(zip(metrics, [value + 0.0 for value in pick(fields)], strict=True))
        return values

    return read


def _look_at(plant: Plant, key: str, part: Part) -> Look:
    """Return what looks at a part of a component."""
    if part is DirectSide:
        return _at_direct_side(plant, key)
    if part is Cells:
        return _at_cells(plant, key)
    if part is Registers:
        return _at_registers(plant, key)
    if part is Counted:
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
        phases_v, lines_v = (_DARK, _DARK) if flow.is_cut_off else readings.voltages(key)
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
        flow = plant.operating_point.memory.components[plant.places.components[key]]
        return lambda: Registers(flow.consumed_wh, flow.delivered_wh)

    def look() -> Registers:
        shown = readings.meter_output(key)
        assert shown is not None
        return Registers(shown.consumed_wh, shown.delivered_wh)

    return look


def _at_energies(plant: Plant, key: str) -> Look:
    memory = plant.operating_point.memory
    number = plant.places.components[key]
    return lambda: counted(energies(memory, number))


def _at_inverter(plant: Plant, key: str, part: Part) -> Look:
    inverter = plant.operating_point.memory.inverters[plant.places.inverters[key]]
    if part is HeatSink:
        return lambda: HeatSink(inverter.heat_sink_c)
    return lambda: Bridge(inverter.dc_w)


def _at_machine(plant: Plant, key: str, part: Part) -> Look:
    if part is Bridge:
        flow = plant.operating_point.memory.components[plant.places.components[key]]
        return lambda: Bridge(flow.dc_w)
    make, machines = HeatSink if part is HeatSink else Drum, plant.machines
    return lambda: make(machines.besides(key))


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
