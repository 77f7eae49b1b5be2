"""What came of a run: energies, peaks, losses and cycles."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ...models.battery import battery_stored_energy_wh
from ..components.registry import type_of
from ..domain.categories import Category
from ..kernel.network import (
    HIGHEST_V,
    LOADING_ALIKE,
    LOWEST_V,
    MOST_LOADING,
    OVERLOADED_S,
    unseen,
)
from ..plant.energies import line_losses_wh, own_energies_wh
from ..plant.line_uses import line_uses
from ..plant.plant import Plant
from ..site.graph import grid_key
from ..site.lines import lines_begin_at
from ..tariff.bill import Bill, Costs
from ..tariff.prices import Prices
from .loop import Samples
from .outcome import BatterySummary, FlowSummary, Summary
from .run import Chunk

QUARTER_US = 900_000_000
"""Peaks are means over quarters of an hour, as they are billed [µs]."""

Floats = npt.NDArray[np.float64]
_US_PER_HOUR = 3.6e9
Instants = npt.NDArray[np.int64]


class Summarizer:
    """Gathers the summary of a run, chunk by chunk."""

    def __init__(self, plant: Plant, prices: Prices | None = None) -> None:
        """Look at the plant of a run before it begins.

        Args:
            plant: That runs.
            prices: By which what the registers at the connection point count is billed, if it is.
        """
        self._plant = plant
        self._bill = None if prices is None else _RegisterBill(prices)
        self._order = plant.wiring.order
        self._both_ways = _BothWays(plant)
        self._stored_wh = _stored_wh(plant)
        self._soc_first = {key: plant.readings.soc(key) for key in plant.equipment.batteries}
        components, batteries = len(self._order), len(plant.equipment.batteries)
        self._greatest, self._least = np.full(components, -np.inf), np.full(components, np.inf)
        self._soc = (np.full(batteries, np.inf), np.full(batteries, -np.inf))
        self._degrees = (np.full(batteries, np.inf), np.full(batteries, -np.inf))
        self._quarter: tuple[int, float] | None = None
        self._peak: tuple[float, int] | None = None
        self._events = self._samples = 0
        self._start_us = plant.time_us
        self._usages = plant.machines.usages()
        self._lost_before_wh = line_losses_wh(plant)
        self._lines = np.array([unseen() for _ in plant.numbers[0].nodes])

    def add(self, chunk: Chunk) -> None:
        """Take in the next chunk."""
        samples = chunk.samples
        self._greatest = np.maximum(self._greatest, samples.highest_w)
        self._least = np.minimum(self._least, samples.lowest_w)
        self._soc = _extremes(self._soc, samples.soc)
        self._degrees = _extremes(self._degrees, samples.battery_temperature_c)
        self._events += chunk.solved
        self._samples += len(samples.times_us)
        self._both_ways.add(samples.consumed_wh - samples.delivered_wh, samples.line_loss_wh)
        if len(self._lines):
            self._lines = _seen_in_both(self._lines, samples.lines)
        self._find_peak(samples)
        if self._bill is not None:
            number = self._order.index(grid_key(self._plant.site))
            self._bill.add(samples.times_us, samples.consumed_wh[:, number], samples.delivered_wh[:, number])

    def summary(self, wall_s: float) -> Summary:
        """Return what came of the run; the plant must have caught up.

        Args:
            wall_s: What the run took [s].
        """
        plant = self._plant
        plant.operating_point.battery_states.carry()
        flows = tuple(
            self._flow(key, number) for number, key in enumerate(self._order) if key in plant.wiring.ac_order
        )
        own_wh = own_energies_wh(plant)
        self._both_ways.add_own(own_wh)
        memory = plant.operating_point.memory
        inverter_loss_wh = math.fsum(inverter.loss_wh for inverter in memory.inverters)
        sun_wh = math.fsum(inverter.sun_wh for inverter in memory.inverters)
        battery_loss_wh = math.fsum(battery.loss_wh for battery in memory.batteries)
        stored_wh = _stored_wh(plant) - self._stored_wh
        inverters, passing = plant.wiring.batteries_of, plant.equipment.throughput
        passed_wh = math.fsum(own_wh[key] for key in passing)
        rest = [self._either_way_wh(key, own_wh[key]) for key in own_wh if key not in {*inverters, *passing}]
        consumed_wh = math.fsum(one for one, _ in rest)
        given_wh = math.fsum(other for _, other in rest)
        hybrid_wh = -math.fsum(own_wh[key] for key in inverters if self._is_hybrid(key))
        broken_wh = math.fsum(battery.broken_wh for battery in memory.batteries)
        lost_wh = inverter_loss_wh + battery_loss_wh + passed_wh + math.fsum(line_losses_wh(plant).values())
        grid = next(flow for flow in flows if flow.key == grid_key(plant.site))
        net_wh = grid.consumed_wh - grid.delivered_wh
        peak = self._peak
        return Summary(
            grid=grid, peak_w=None if peak is None else peak[0], peak_us=0 if peak is None else peak[1],
            flows=flows, batteries=tuple(map(self._battery, range(len(plant.equipment.batteries)))),
            consumed_wh=consumed_wh, produced_wh=given_wh + max(hybrid_wh, 0.0), sun_wh=sun_wh,
            lost_wh=lost_wh, stored_wh=stored_wh,
            imbalance_wh=net_wh + given_wh + sun_wh - consumed_wh - lost_wh - broken_wh - stored_wh,
            throughput_wh=abs(net_wh) + given_wh + sun_wh + consumed_wh + abs(lost_wh) + abs(stored_wh),
            events=self._events, samples=self._samples,
            duration_us=plant.time_us - self._start_us, wall_s=wall_s,
            costs=None if self._bill is None else self._bill.costs(),
            astray=plant.readings.astray(),
            usages=plant.machines.usages_since(self._usages),
            lines=line_uses(plant, self._lines.tolist(), self._lost_before_wh),
        )  # fmt: skip

    def _is_hybrid(self, key: str) -> bool:
        return type_of(self._plant.site.components[key]).category is Category.HYBRID_INVERTER

    def _either_way_wh(self, key: str, own_wh: float) -> tuple[float, float]:
        """Return what a component drew and gave by itself."""
        if key in self._both_ways.keys:
            return self._both_ways.of(key)
        if key in self._both_ways.passed:
            return max(own_wh, 0.0), max(-own_wh, 0.0)
        registers = self._plant.readings.registers(key)
        return registers.consumed_wh, registers.delivered_wh

    def _flow(self, key: str, number: int) -> FlowSummary:
        category = self._plant.site.components[key].category
        registers = self._plant.readings.registers(key)
        return FlowSummary(
            key, category, *registers, float(self._greatest[number]), float(self._least[number])
        )

    def _battery(self, number: int) -> BatterySummary:
        plant = self._plant
        key = list(plant.equipment.batteries)[number]
        memory, params = plant.operating_point.memory.batteries[number], plant.equipment.batteries[key]
        return BatterySummary(
            key=key,
            full_cycles=memory.throughput_ah / (2.0 * params.charge_capacity_ah),
            soc_first=self._soc_first[key],
            soc_last=plant.readings.soc(key),
            soc_least=float(self._soc[0][number]),
            soc_greatest=float(self._soc[1][number]),
            coldest_c=float(self._degrees[0][number]),
            warmest_c=float(self._degrees[1][number]),
            loss_wh=memory.loss_wh,
            true_soc=plant.readings.battery(key).soc if key in plant.equipment.estimates else None,
        )

    def _find_peak(self, samples: Samples) -> None:
        number = self._order.index(grid_key(self._plant.site))
        full = samples.times_us % QUARTER_US == 0
        net_wh = samples.consumed_wh[full, number] - samples.delivered_wh[full, number]
        times = samples.times_us[full]
        if self._quarter is not None:
            times = np.concatenate(([self._quarter[0]], times))
            net_wh = np.concatenate(([self._quarter[1]], net_wh))
        if len(times) > 1:
            is_whole = np.diff(times) == QUARTER_US
            means_w = np.where(is_whole, np.diff(net_wh) / 0.25, -np.inf)
            place = int(means_w.argmax())
            if is_whole[place] and (self._peak is None or means_w[place] > self._peak[0]):
                self._peak = (float(means_w[place]), int(times[place]))
        if len(times):
            self._quarter = (int(times[-1]), float(net_wh[-1]))


class _BothWays:
    """What loads of meters with others behind them drew and gave: what is left of both from sample to sample."""

    def __init__(self, plant: Plant) -> None:
        wiring = plant.wiring
        self.passed = {parent for key in wiring.ac_order for parent in wiring.parents[key]}
        """Keys of all with others behind them; without a load there is nothing but rounding."""
        self.keys = [key for key in wiring.ac_order if key in self.passed and key in plant.equipment.loads]
        self._own_of_net = np.zeros((len(wiring.order), len(self.keys)))
        for number, key in enumerate(wiring.order):
            for place, parent in enumerate(self.keys):
                parents = wiring.parents[key] if key in wiring.ac_order else ()
                if parent in parents:
                    self._own_of_net[number, place] = -1.0 / len(parents)
                elif parent == key:
                    self._own_of_net[number, place] = 1.0
        self._own_of_losses = np.zeros((len(plant.numbers[0].nodes), len(self.keys)))
        for node, before in enumerate(lines_begin_at(plant.site), 1):
            if before in self.keys:
                self._own_of_losses[node, self.keys.index(before)] = -1.0
        self._last_wh = np.zeros(len(self.keys))
        self._consumed_wh, self._delivered_wh = np.zeros(len(self.keys)), np.zeros(len(self.keys))

    def add(self, net_wh: Floats, line_loss_wh: Floats) -> None:
        """Take in what flowed through all components and was lost in lines since the start.

        Args:
            net_wh: A row for each sample [Wh].
            line_loss_wh: A column for each node of a network [Wh].
        """
        self._count(net_wh @ self._own_of_net + line_loss_wh @ self._own_of_losses)

    def add_own(self, own_wh: Mapping[str, float]) -> None:
        """Take in what each component drew itself since the start, as of now [Wh]."""
        self._count(np.array([[own_wh[key] for key in self.keys]]))

    def of(self, key: str) -> tuple[float, float]:
        """Return what a component drew and gave by itself [Wh]."""
        place = self.keys.index(key)
        return float(self._consumed_wh[place]), float(self._delivered_wh[place])

    def _count(self, own_wh: Floats) -> None:
        changes_wh = np.diff(np.vstack([self._last_wh, own_wh]), axis=0)
        self._consumed_wh += np.maximum(changes_wh, 0.0).sum(axis=0)
        self._delivered_wh -= np.minimum(changes_wh, 0.0).sum(axis=0)
        self._last_wh = own_wh[-1]


class _RegisterBill:
    """Bills what registers count from sample to sample, spread evenly over the time between."""

    def __init__(self, prices: Prices) -> None:
        self._bill = Bill(prices)
        self._times_us = np.array([], np.int64)
        self._counted_wh = np.empty((0, 2))
        self._quarters: list[tuple[Instants, Floats]] = []

    def add(self, times_us: Instants, consumed_wh: Floats, delivered_wh: Floats) -> None:
        """Take in the next samples; those before are known up to the last one."""
        times_us = np.append(self._times_us, times_us)
        counted_wh = np.vstack([self._counted_wh, np.column_stack([consumed_wh, delivered_wh])])
        means_w = np.diff(counted_wh, axis=0) / (np.diff(times_us) / _US_PER_HOUR)[:, None]
        self._bill.charge_import(times_us, means_w[:, 0])
        self._bill.credit_export(times_us, means_w[:, 1])
        is_quarter = times_us % QUARTER_US == 0
        begins_us, net_wh = times_us[is_quarter], (counted_wh[:, 0] - counted_wh[:, 1])[is_quarter]
        self._quarters.append((begins_us, net_wh))
        self._times_us, self._counted_wh = times_us[-1:], counted_wh[-1:]

    def costs(self) -> Costs:
        """Return what it comes to."""
        begins_us, net_wh = (np.concatenate(parts) for parts in zip(*self._quarters, strict=True))
        begins_us, once = np.unique(begins_us, return_index=True)
        is_whole = np.diff(begins_us) == QUARTER_US
        return self._bill.costs(begins_us[:-1][is_whole], np.diff(net_wh[once])[is_whole] / 0.25)


def _extremes(known: tuple[Floats, Floats], values: Floats) -> tuple[Floats, Floats]:
    return np.minimum(known[0], values.min(axis=0)), np.maximum(known[1], values.max(axis=0))


def _seen_in_both(before: Floats, after: Floats) -> Floats:
    """Return what was seen of nodes in two stretches of time, one after the other."""
    is_more = after[:, MOST_LOADING] > before[:, MOST_LOADING] + LOADING_ALIKE
    seen = np.where(is_more[:, None], after, before)
    seen[:, LOWEST_V] = np.minimum(before[:, LOWEST_V], after[:, LOWEST_V])
    seen[:, HIGHEST_V] = np.maximum(before[:, HIGHEST_V], after[:, HIGHEST_V])
    seen[:, OVERLOADED_S] = before[:, OVERLOADED_S] + after[:, OVERLOADED_S]
    return seen


def _stored_wh(plant: Plant) -> float:
    return sum(
        battery_stored_energy_wh(params, plant.readings.battery(key))
        for key, params in plant.equipment.batteries.items()
    )
