"""What the components of a compiled run report, as columns of a recording."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np

from ...models.meter import meter_window_us
from ..domain.metrics import Metric
from ..domain.ranges import AS_SENT, NOTHING_BUT_ZERO, Bounds, widest_two
from ..kernel.energies import Energies
from ..kernel.intervals import PHASES, WITH_TOTALS, battery_place, meter_place
from ..plant.plant import Plant
from ..plant.state import Registers
from ..recording.columns import Column
from ..recording.names import STATE
from ..recording.selection import Metrics, wanted
from ..site.graph import grid_key
from ..telemetry.device_ranges import (
    before_it_runs,
    beside_minima,
    beside_rest,
    chosen_w,
    drawn_at_rest_w,
    rests_at,
)
from ..telemetry.intervals import ACTIVE, REACTIVE, Powers, with_totals
from ..telemetry.metrics import (
    METRICS,
    AlternatingSide,
    Arithmetic,
    Bridge,
    Cells,
    Counted,
    DirectSide,
    Drum,
    HeatSink,
    MetricRow,
    Part,
    counted,
    flow_side,
    rows_of,
)
from ..telemetry.parts import parts_of
from ..telemetry.power_bounds import has_connection_limits
from .metered import measured_powers, metered, metered_registers
from .ranges_of_rows import Edges, Flags, Floats, beside_rest_of_rows
from .run import Chunk
from .shared_minima import SharedMinima
from .state_columns import told_states

_NO_RANGE = Bounds(math.nan, math.nan)


def _hypotenuse(one: Floats, other: Floats) -> Floats:
    """Return what `math.hypot` does, which rounds otherwise than `numpy.hypot`."""
    return np.array(list(map(math.hypot, one.tolist(), other.tolist())))


def _ratio(dividend: Floats, divisor: Floats, otherwise: float) -> Floats:
    quotient: Floats = np.divide(
        dividend, divisor, out=np.full_like(dividend, otherwise), where=divisor != 0.0
    )
    return quotient


COLUMNS = Arithmetic(np.sqrt, _hypotenuse, _ratio)


class Columns:
    """Makes columns of the chunks of a run."""

    def __init__(
        self,
        plant: Plant,
        metrics: Metrics = "main",
        *,
        means: bool = False,
        extremes: bool = False,
        shown: Collection[str] = (),
    ) -> None:
        """Look at the plant of a run.

        Args:
            plant: Of the run.
            metrics: How much to report: the main metrics of each category, or all.
            means: Whether powers are means of the intervals that begin with the samples, which the run must have
                found; else instants as the rest.
            extremes: Whether their least and greatest values stand beside them.
            shown: Keys of meters whose powers are what they show, without least and greatest ones.
        """
        self._shown = shown
        self._plant = plant
        self._means = means
        self._extremes = extremes
        self._parts = {key: parts_of(plant, key) for key in plant.site.components}
        self._rows = {key: self._rows_of(key, metrics) for key in plant.site.components}
        self._places = plant.places
        self._meterings = {key: number for number, key in enumerate(plant.equipment.meterings)}
        self._grid = grid_key(plant.site)
        self._minima = SharedMinima(plant)

    def _rows_of(self, key: str, metrics: Metrics) -> list[tuple[MetricRow, Part]]:
        """Return what a component reports of the metrics asked for, and on which part each is read."""
        parts = parts_of(self._plant, key)
        rows = rows_of(parts)
        chosen = wanted(metrics, [row.metric for row in rows], means=self._means)
        found = ((row, row.part_in(parts)) for row in rows if chosen is None or row.metric in chosen)
        return [(row, part) for row, part in found if part is not None]

    def of(self, chunk: Chunk) -> dict[str, Column]:
        """Return the columns of a chunk, by name as in recordings."""
        columns: dict[str, Column] = {}
        for key, component in self._plant.site.components.items():
            columns.update(
                (f"{component.id}.{name}", _unsigned_zeros(column))
                for name, column in self._of_component(chunk, key)
            )
        return columns

    def _of_component(self, chunk: Chunk, key: str) -> Iterator[tuple[str, Column]]:
        parts = {
            part: self._look_at(chunk, key, part) for part in dict.fromkeys(p for _, p in self._rows[key])
        }
        powers = self._mean_powers(chunk, key, parts) if self._means else {}
        for row, part in self._rows[key]:
            column = powers.get(row.metric)
            yield row.metric.value, row.read(parts[part], COLUMNS) if column is None else column
        if self._extremes and key not in self._shown:
            yield from self._extreme_powers(chunk, key)
        if key in self._places.batteries:
            yield from self._battery_bounds(chunk, key)
        if key in self._places.controls and self._plant.equipment.ratings[key].active is not None:
            yield from self._control_bounds(chunk, key)
        if key == self._grid and has_connection_limits(self._plant):
            yield from self._connection_bounds(chunk)
        told = told_states(self._plant, key, self._telling_power(chunk, key), *self._switches(chunk, key))
        if told is not None:
            yield STATE, told

    def _look_at(self, chunk: Chunk, key: str, part: Part) -> Any:
        """Return what is there to be seen of a component, as columns."""
        looks: dict[Part, Callable[[Chunk, str], Any]] = {
            AlternatingSide: self._at_alternating,
            Registers: self._at_registers,
            Counted: self._at_energies,
            DirectSide: self._at_direct_side,
            Bridge: lambda chunk, key: Bridge(self._bridge_w(chunk, key)),
            HeatSink: lambda chunk, key: HeatSink(self._heat_sink_c(chunk, key)),
            Drum: lambda chunk, key: Drum(chunk.samples.besides[:, self._places.components[key]]),
            Cells: self._at_cells,
        }
        return looks[part](chunk, key)

    def _at_registers(self, chunk: Chunk, key: str) -> Registers:
        if key in self._meterings:
            return metered_registers(chunk, self._plant.equipment.meterings[key], self._meterings[key])
        samples, number = chunk.samples, self._places.components[key]
        return Registers._make((samples.consumed_wh[:, number], samples.delivered_wh[:, number]))

    def _at_energies(self, chunk: Chunk, key: str) -> Counted:
        first = 13 * self._places.components[key]
        return counted(Energies._make(chunk.samples.energies[:, first : first + 13].T))

    def _at_alternating(self, chunk: Chunk, key: str) -> AlternatingSide:
        samples, number = chunk.samples, self._places.components[key]
        is_live = samples.is_cut_off[:, number] == 0
        first = 6 * max(self._plant.operating_point.layout.components[number].node, 0)
        voltages_v = np.where(is_live[:, None], samples.voltage_v[:, first : first + 6], 0.0)
        has_voltage = voltages_v[:, :3].any(axis=1)
        frequency_hz = np.where(has_voltage, chunk.inputs[f"{self._grid}.frequency"], 0.0)
        if key in self._meterings:
            metering = self._plant.equipment.meterings[key]
            return metered(COLUMNS, chunk, metering, self._meterings[key], frequency_hz)
        return flow_side(
            COLUMNS,
            _three(samples.active_w, 3 * number),
            _three(samples.reactive_var, 3 * number),
            _three(voltages_v, 0),
            _three(voltages_v, 3),
            frequency_hz,
        )

    def _mean_powers(self, chunk: Chunk, key: str, parts: Mapping[Part, Any]) -> Powers:
        means, layout = chunk.samples.means, self._plant.operating_point.layout
        if AlternatingSide in parts:
            if key not in self._meterings:
                first = PHASES * self._places.components[key]
                return with_totals(means[:, first : first + PHASES].T)
            return self._metered_means(chunk, key, parts[AlternatingSide])
        if DirectSide not in parts:
            return {}
        first = battery_place(layout, 0, PHASES)
        batteries_w = means[:, first : first + len(self._places.batteries)]
        if key in self._places.batteries:
            return {Metric.DC_POWER: batteries_w[:, self._places.batteries[key]]}
        return {Metric.DC_POWER: self._passing_w(chunk, key, batteries_w)}

    def _metered_means(self, chunk: Chunk, key: str, shown: AlternatingSide) -> Powers:
        """Return what a meter with options of its own measured, or what it shows where its window is longer."""
        samples, metering = chunk.samples, self._plant.equipment.meterings[key]
        first = meter_place(self._plant.operating_point.layout, self._meterings[key], PHASES)
        columns = samples.means[:, first : first + PHASES]
        powers = with_totals(measured_powers(metering, samples.times_us, columns))
        lengths_us = np.diff(samples.times_us, append=samples.until_us)
        lasts = (lengths_us > 0) & (lengths_us < meter_window_us(metering.params))
        instants = {row.metric: row.read(shown, COLUMNS) for row in METRICS if row.metric in powers}
        return {metric: np.where(lasts, instants[metric], column) for metric, column in powers.items()}

    def _extreme_powers(self, chunk: Chunk, key: str) -> Iterator[tuple[str, Column]]:
        samples, layout = chunk.samples, self._plant.operating_point.layout
        recorded = [row.metric for row, _ in self._rows[key]]
        if AlternatingSide in self._parts[key]:
            metrics: tuple[Metric, ...] = (*ACTIVE, *REACTIVE)
            first = WITH_TOTALS * self._places.components[key]
            if key in self._meterings:
                first = meter_place(layout, self._meterings[key], WITH_TOTALS)
        elif key in self._places.batteries:
            metrics = (Metric.DC_POWER,)
            first = battery_place(layout, self._places.batteries[key], WITH_TOTALS)
        else:
            return
        for place, metric in enumerate(metrics, first):
            if metric in recorded:
                yield f"{metric.value}_min", samples.least[:, place]
                yield f"{metric.value}_max", samples.greatest[:, place]

    def _bridge_w(self, chunk: Chunk, key: str) -> Floats:
        if key in self._places.inverters:
            bridge: Floats = chunk.samples.inverter_dc_w[:, self._places.inverters[key]]
            return bridge
        shown: Floats = chunk.samples.dc_w[:, self._places.components[key]]
        return shown

    def _heat_sink_c(self, chunk: Chunk, key: str) -> Floats:
        samples, places = chunk.samples, self._places
        if key in places.inverters:
            of_inverter: Floats = samples.heat_sink_c[:, places.inverters[key]]
            return of_inverter
        of_machine: Floats = samples.besides[:, places.components[key]]
        return of_machine

    def _at_direct_side(self, chunk: Chunk, key: str) -> DirectSide:
        if key in self._places.batteries:
            return self._at_terminals(chunk, key)
        if key in self._places.inverters:
            battery = self._places.batteries[self._plant.wiring.batteries_of[key][0]]
            voltage_v, power_w = chunk.samples.battery_voltage_v[:, battery], self._bridge_w(chunk, key)
            return DirectSide(voltage_v, power_w / voltage_v, power_w)
        return self._at_passage(chunk, key)

    def _at_terminals(self, chunk: Chunk, key: str) -> DirectSide:
        samples, number = chunk.samples, self._places.batteries[key]
        return DirectSide(
            samples.battery_voltage_v[:, number],
            samples.battery_current_a[:, number],
            samples.battery_dc_w[:, number],
        )

    def _at_cells(self, chunk: Chunk, key: str) -> Cells:
        samples, number = chunk.samples, self._places.batteries[key]
        return Cells(
            self._plant.equipment.batteries[key].capacity_wh,
            samples.capacity_share[:, number],
            samples.soc[:, number],
            samples.battery_temperature_c[:, number],
        )

    def _at_passage(self, chunk: Chunk, key: str) -> DirectSide:
        """Return what passes between inverters and batteries, at the voltage of the first battery behind it."""
        battery = self._places.batteries[self._plant.wiring.batteries_behind(key)[0]]
        voltage_v, power_w = (
            chunk.samples.battery_voltage_v[:, battery],
            self._passing_w(chunk, key, chunk.samples.battery_dc_w),
        )
        return DirectSide(voltage_v, power_w / voltage_v, power_w)

    def _passing_w(self, chunk: Chunk, key: str, batteries_w: Floats) -> Floats:
        """Return the power through a component on the DC side [W]; see `sum_towards_inverters`."""
        samples, wiring = chunk.samples, self._plant.wiring
        batteries = self._places.batteries
        through: dict[str, Floats] = {
            **{battery: batteries_w[:, number] for battery, number in batteries.items()},
            **{passage: np.zeros(len(samples.times_us)) for passage in wiring.dc_passages},
        }
        for child in reversed(wiring.order):
            if child in through:
                conducts = {parent: self._conducts(chunk, parent) for parent in wiring.parents[child]}
                count = sum(conducts.values(), np.zeros(len(samples.times_us), np.int64))
                for parent in conducts.keys() & through.keys():
                    part = through[child] / np.where(count > 0, count, len(conducts))
                    through[parent] = through[parent] + np.where(conducts[parent] | (count == 0), part, 0.0)
        return through[key]

    def _conducts(self, chunk: Chunk, key: str) -> Flags:
        is_closed, is_cut_off = self._switches(chunk, key)
        conducts: Flags = (is_closed != 0) & (is_cut_off == 0)
        return conducts

    def _telling_power(self, chunk: Chunk, key: str) -> Floats:
        """Return the power by which a component says what it does [W]."""
        samples, places = chunk.samples, self._places
        if key in places.batteries:
            column: Floats = samples.battery_dc_w[:, places.batteries[key]]
            return column
        if key in places.inverters:
            bridge: Floats = samples.inverter_dc_w[:, places.inverters[key]]
            return bridge
        return self._active_w(chunk, key)

    def _active_w(self, chunk: Chunk, key: str) -> Floats:
        number = self._places.components[key]
        active_w: Floats = chunk.samples.active_w[:, 3 * number : 3 * number + 3].sum(axis=1)
        return active_w

    def _switches(self, chunk: Chunk, key: str) -> tuple[Any, Any]:
        number = self._places.components[key]
        return chunk.samples.is_closed[:, number], chunk.samples.is_cut_off[:, number]

    def _battery_bounds(self, chunk: Chunk, key: str) -> Iterator[tuple[str, Column]]:
        samples, number = chunk.samples, self._places.batteries[key]
        params, rows = self._plant.equipment.batteries[key], len(samples.times_us)
        lower, upper = samples.battery_lower_w[:, number], samples.battery_upper_w[:, number]
        gap = self._plant.equipment.systems[key].gap
        if any(gap):
            edges = np.full(rows, gap.lower), np.full(rows, gap.upper)
            ranges = beside_rest_of_rows((lower, upper), edges, np.zeros(rows), np.zeros(rows))
            yield from _two_bounds(Metric.DC_POWER, ranges)
        else:
            yield from _bounds(Metric.DC_POWER, lower, upper)
        soc = (np.full(rows, 100.0 * params.soc_lower), np.full(rows, 100.0 * params.soc_upper))
        yield from _bounds(Metric.BATTERY_SOC_PCT, *soc)

    def _connection_bounds(self, chunk: Chunk) -> Iterator[tuple[str, Column]]:
        """Yield what may flow through the connection point; see `connection_bounds`."""
        supply, rows = self._plant.equipment.grid, len(chunk.samples.times_us)
        agreed = supply.active or Bounds(-supply.fuse_w, supply.fuse_w)
        fed_w = drawn_w = np.full(rows, np.inf)
        if self._plant.equipment.feed_in_limits:
            fed_w = chunk.inputs[f"{self._grid}.feed_in_limit"]
        if "import_limit" in supply.inputs:
            drawn_w = chunk.inputs[f"{self._grid}.import_limit"]
        lower = np.maximum(max(agreed.lower, -supply.fuse_w), -fed_w) + 0.0
        yield from _bounds(
            Metric.AC_POWER_ACTIVE, lower, np.minimum(min(agreed.upper, supply.fuse_w), drawn_w)
        )

    def _control_bounds(self, chunk: Chunk, key: str) -> Iterator[tuple[str, Column]]:
        samples, number = chunk.samples, self._places.controls[key]
        rating, is_live = self._plant.equipment.ratings[key], self._conducts(chunk, key)
        lower = np.minimum(np.maximum(samples.reach_lower_w[:, number], rating.widest.lower), 0.0)
        upper = np.maximum(np.minimum(samples.reach_upper_w[:, number], rating.widest.upper), rating.rest_w)
        lower, upper = np.where(is_live, lower, 0.0), np.where(is_live, upper, 0.0)
        gap = self._gap(chunk, key)
        if gap is not None:
            power = self._active_w(chunk, key)
            rest = np.where((power > 0.0) & (power < gap[1] * (1.0 - AS_SENT)), power, 0.0)
            alone = self._alone(chunk, key)
            ranges = beside_rest_of_rows((lower, upper), gap, power, rest, alone)
            if key in self._places.inverters:
                self._leave_minima(chunk, key, ranges, (lower, upper), gap, power, alone)
            else:
                self._before_it_runs(chunk, key, ranges, gap, power)
            yield from _two_bounds(Metric.AC_POWER_ACTIVE, ranges)
        else:
            yield from _bounds(Metric.AC_POWER_ACTIVE, lower, upper)

    def _before_it_runs(
        self, chunk: Chunk, key: str, ranges: tuple[Edges, Edges], gap: Edges, power: Floats
    ) -> None:
        """Put in place of ranges what a machine has before it runs; see `before_it_runs`."""
        samples, number = chunk.samples, self._places.controls[key]
        reach = samples.reach_lower_w[:, number], samples.reach_upper_w[:, number]
        in_gap = (power != 0.0) & (gap[0] < power) & (power < gap[1]) & self._conducts(chunk, key)
        for row in np.flatnonzero(in_gap).tolist():
            before = before_it_runs(float(power[row]), _at(gap, row), _at(reach, row))
            if before is not None:
                for (least, most), bounds in zip(ranges, (*before, _NO_RANGE), strict=False):
                    least[row], most[row] = bounds

    def _leave_minima(
        self,
        chunk: Chunk,
        key: str,
        ranges: tuple[Edges, Edges],
        within: Edges,
        gap: Edges,
        power: Floats,
        alone: Edges | None,
    ) -> None:
        """Put in place of ranges what leaves shared batteries their minima, where others use these."""
        samples, number = chunk.samples, self._places.inverters[key]
        rest_w = self._plant.equipment.ratings[key].rest_w
        for row in self._minima.rows(samples, number).tolist():
            power_w, its_gap = float(power[row]), _at(gap, row)
            its_alone = None if alone is None or alone[0][row] >= 0.0 else _at(alone, row)
            can = beside_rest(_at(within, row), its_gap, drawn_at_rest_w(power_w, its_gap), its_alone)
            drawn_w = max(rest_w, float(samples.drawn_beyond_w[row, number]))
            left = self._minima.ranges(samples, row, number)
            can = beside_minima(can, left, power_w, rests=rests_at(power_w, drawn_w, its_gap))
            two = widest_two(can, chosen_w(power_w, its_gap, its_alone), keeps_zero=True) or NOTHING_BUT_ZERO
            for (least, most), bounds in zip(ranges, (*two, _NO_RANGE), strict=False):
                least[row], most[row] = bounds

    def _gap(self, chunk: Chunk, key: str) -> Edges | None:
        """Return between which powers a device cannot run; None if it never has such a gap."""
        samples, places = chunk.samples, self._places
        if key in places.inverters:
            number = places.inverters[key]
            own = self._plant.numbers[0].inverters[number]
            if any((own.minimum_w, own.minimum_delivered_w, own.behind_w, own.behind_delivered_w)):
                return 0.0 - samples.least_delivered_w[:, number], samples.least_w[:, number]
            return None
        gap, rows = self._plant.equipment.ratings[key].set_point_gap, len(samples.times_us)
        return (np.full(rows, gap.lower), np.full(rows, gap.upper)) if any(gap) else None

    def _alone(self, chunk: Chunk, key: str) -> Edges | None:
        """Return what of its gap a device delivers nevertheless, by the sun alone; None if it never does."""
        if key not in self._places.inverters:
            return None
        number = self._places.inverters[key]
        alone_w, gap = chunk.samples.alone_w[:, number], self._plant.equipment.ratings[key].gap
        return (0.0 - alone_w, np.full(len(alone_w), gap.lower)) if alone_w.any() else None


def _at(edges: Edges, row: int) -> Bounds:
    return Bounds(float(edges[0][row]), float(edges[1][row]))


def _unsigned_zeros(column: Column) -> Column:
    """Return a column with 0 for -0; states are no numbers."""
    return column + 0.0 if isinstance(column, np.ndarray) and column.dtype == np.float64 else column


def _three(table: Floats, first: int) -> tuple[Floats, Floats, Floats]:
    return table[:, first], table[:, first + 1], table[:, first + 2]


def _bounds(metric: Metric, lower: Floats, upper: Floats, number: int = 0) -> Iterator[tuple[str, Column]]:
    yield f"{metric.value}_bound_{number}_lower", lower
    yield f"{metric.value}_bound_{number}_upper", upper


def _two_bounds(metric: Metric, ranges: tuple[Edges, Edges]) -> Iterator[tuple[str, Column]]:
    for number, (lower, upper) in enumerate(ranges):
        yield from _bounds(metric, lower, upper, number)
