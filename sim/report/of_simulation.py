"""What a site does while it runs, from its first moment on."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..components.registry import type_of
from ..domain.categories import Category
from ..domain.commands import ClientCommand, Execution
from ..domain.events import Event
from ..domain.states import StateCode
from ..engine.executor import Executor
from ..gateway.gateway import Gateway
from ..kernel.ac_bus import active_w
from ..kernel.layout import Layout, Memory
from ..plant.plant import Plant
from ..replay.plant import ReplayPlant
from ..site.site import Site
from ..tariff.bill import Bill
from ..tariff.prices import Prices
from .gatherer import Gatherer
from .of_recording import capacity_loss
from .of_replay import ReplayWatch
from .shortfalls import ShortfallWatch
from .site_report import Commands, Incident, Refusal, SiteReport, Storage

_ROWS_AT_ONCE = 256
_NUMBERS_AT_ONCE = 32_768
"""Of that many rows, or less of a large site, lest clients wait for their adding up."""
_MOST_REFUSALS = 20
_MOST_INCIDENTS = 1000
_US_PER_HOUR = 3.6e9


@dataclass(slots=True)
class _Seen:
    """What was seen of a battery."""

    first: float = math.nan
    last: float = math.nan
    least: float = math.inf
    greatest: float = -math.inf
    coldest_c: float = math.inf
    warmest_c: float = -math.inf
    through_ah: float = 0.0
    charged_wh: float = 0.0
    discharged_wh: float = 0.0
    capacity_greatest: float = -math.inf
    capacity_last: float = math.nan

    def carry(self, power_w: float, hours: float) -> None:
        """Take in a power at its terminals, which holds for a while."""
        self.charged_wh += max(power_w, 0.0) * hours
        self.discharged_wh += max(-power_w, 0.0) * hours

    def hold(self, capacity: float) -> None:
        """Take in its capacity, in any unit that stays the same."""
        if not math.isnan(capacity):
            self.capacity_greatest = max(self.capacity_greatest, capacity)
            self.capacity_last = capacity

    def look(self, soc: float, temperature_c: float) -> None:
        if math.isnan(soc):
            return
        self.first = soc if math.isnan(self.first) else self.first
        self.last = soc
        self.least, self.greatest = min(self.least, soc), max(self.greatest, soc)
        self.coldest_c, self.warmest_c = (
            min(self.coldest_c, temperature_c),
            max(self.warmest_c, temperature_c),
        )


class Running(Protocol):
    """A site that runs; a `Simulation`."""

    site: Site
    plant: Plant
    executor: Executor
    gateway: Gateway

    @property
    def now_us(self) -> int:
        """Simulated time [µs since the Unix epoch]."""
        ...


class SiteWatch:
    """Looks at a running site without moving anything: at all that flows or, of a replay, at what was recorded."""

    def __init__(self, simulation: Running, prices: Prices | None = None) -> None:
        """Begin to look.

        Args:
            simulation: At what.
            prices: By which it is billed, from its present time on.
        """
        plant = simulation.plant
        self._simulation, self._plant, self.site = simulation, plant, simulation.site
        self._begin_us = plant.time_us
        self._keys = {component.id: key for key, component in self.site.components.items()}
        self._gatherer = Gatherer(self.site, set(plant.wiring.ac_order))
        self._prices, self._bill = prices, None if prices is None else Bill(prices)
        if self._bill is not None:
            self._gatherer.bill(self._bill)
        self._numbers = [plant.places.components[key] for key in self._gatherer.ways.keys]
        self._flowing: list[float] = []
        self._flowing_at = -1
        self._times: list[int] = []
        self._rows: list[list[float]] = []
        self._rows_at_once = min(_ROWS_AT_ONCE, max(_NUMBERS_AT_ONCE // max(len(self._numbers), 1), 1))
        self._end_us = plant.time_us
        self._given: Counter[bool] = Counter()
        self._refused: Counter[tuple[str, str, str]] = Counter()
        self._failed: dict[str, Incident] = {}
        self._incidents: list[Incident] = []
        self._batteries = {
            key: _Seen()
            for key, component in self.site.components.items()
            if type_of(component).category is Category.BATTERY
        }
        self._seen = [
            (number, self._batteries[key])
            for key, number in plant.places.batteries.items()
            if key in self._batteries
        ]
        self._replay = ReplayWatch(plant) if isinstance(plant, ReplayPlant) else None
        self._shortfalls = ShortfallWatch(plant)
        self._usages = {} if self._replay is not None else plant.machines.usages()
        simulation.executor.executions.subscribe(self._on_execution)
        if self._replay is not None:
            simulation.gateway.listen_to_frames(self._replay.take)
            return
        simulation.gateway.listen_to_events(self._on_event)
        for key in self._batteries:
            memory = plant.operating_point.memory.batteries[plant.places.batteries[key]]
            self._batteries[key].through_ah = memory.throughput_ah
        plant.follow(self)

    def bill(self, prices: Prices) -> None:
        """Have what flows billed by other prices from now on; what has flowed stays billed as it was.

        Raises:
            ValueError: If that has been billed in another currency.
        """
        self._flush()
        self._prices, self._bill = prices, Bill(prices, self._bill)
        self._gatherer.bill(self._bill)

    def take(self, layout: Layout, memory: Memory, end_us: int) -> None:
        """Take in what flows until a time [µs]."""
        if memory.time_us != self._end_us:
            self._flush()  # time has jumped, as to a snapshot
        self._times.append(memory.time_us)
        generation = self._plant.operating_point.generation
        if generation != self._flowing_at:
            self._flowing = [active_w(memory, number) for number in self._numbers]
            self._flowing_at = generation
        self._rows.append(self._flowing)
        self._end_us = end_us
        hours = (end_us - memory.time_us) / _US_PER_HOUR
        for number, seen in self._seen:
            state = memory.battery_states[number]
            seen.look(state.soc, state.temperature_c)
            seen.carry(memory.batteries[number].dc_w, hours)
            seen.hold(state.capacity_share)
        self._shortfalls.take(layout, memory, end_us)
        if len(self._rows) >= self._rows_at_once:
            self._flush()

    def report(self) -> SiteReport:
        """Return what the site has done so far."""
        if self._replay is not None:
            return self._replay.report(self._commands(), self._prices)
        self._flush()
        gatherer = self._gatherer
        imported_wh, exported_wh = gatherer.grid_wh() or (None, None)
        peak_import, peak_export = gatherer.peaks()
        greatest_import, greatest_export = gatherer.greatest()
        consumed_wh, produced_wh = gatherer.totals()
        return SiteReport(
            name=self.site.microgrid.name,
            microgrid_id=self.site.microgrid.id,
            zone=self.site.microgrid.location.zone,
            begin_us=self._begin_us,
            end_us=max(self._simulation.now_us, self._plant.time_us),
            imported_wh=imported_wh,
            exported_wh=exported_wh,
            consumed_wh=consumed_wh,
            produced_wh=produced_wh,
            peak_import=peak_import,
            peak_export=peak_export,
            flows=gatherer.flows(),
            storages=tuple(
                self._storage(key, seen)
                for key, seen in self._batteries.items()
                if not math.isnan(seen.first)
            ),
            groups=gatherer.groups(),
            incidents=(*self._incidents, *self._failed.values()),
            commands=self._commands(),
            curve=gatherer.curve(),
            greatest_import=greatest_import,
            greatest_export=greatest_export,
            unknown_s=gatherer.grid_unknown_s(),
            shortfalls=self._shortfalls.shortfalls(),
            costs=gatherer.costs(),
            astray=self._plant.readings.astray(),
            usages=self._plant.machines.usages_since(self._usages),
            spans_agree=gatherer.spans_agree(grid_is_counted=False),
        )

    def _storage(self, key: str, seen: _Seen) -> Storage:
        memory = self._plant.operating_point.memory.batteries[self._plant.places.batteries[key]]
        state = self._plant.readings.battery(key)
        seen.look(state.soc, state.temperature_c)
        seen.hold(state.capacity_share)
        capacity_ah = self._plant.equipment.batteries[key].charge_capacity_ah
        cycles = (memory.throughput_ah - seen.through_ah) / (2.0 * capacity_ah)
        is_warm = math.isfinite(seen.coldest_c)
        temperatures_c = (seen.coldest_c, seen.warmest_c) if is_warm else None
        return Storage(
            key, seen.first, seen.least, seen.greatest, seen.last, cycles, temperatures_c,
            charged_wh=seen.charged_wh, discharged_wh=seen.discharged_wh,
            capacity_loss=capacity_loss(seen.capacity_greatest, seen.capacity_last, self.site, key),
        )  # fmt: skip

    def _flush(self) -> None:
        if self._rows:
            self._gatherer.add(np.array([*self._times, self._end_us], np.int64), np.array(self._rows))
        self._times, self._rows = [], []

    def _on_execution(self, execution: Execution) -> None:
        command = execution.command
        if not isinstance(command, ClientCommand):
            return
        self._given[execution.refusal is not None] += 1
        if execution.refusal is not None:
            key = self._keys.get(command.component_id, str(command.component_id))
            self._refused[key, type(command).__name__, execution.refusal] += 1

    def _commands(self) -> Commands:
        refusals = tuple(Refusal(*name, count) for name, count in self._refused.most_common(_MOST_REFUSALS))
        return Commands(self._given.total(), self._given[True], refusals)

    def _on_event(self, event: Event) -> None:
        if event.kind != "state":
            return
        has_failed = StateCode.ERROR in str(event.details.get("states", "")).split()
        if has_failed and event.subject not in self._failed:
            error = self._plant.protection.error(event.subject)
            code, message = ("ERROR", "") if error is None else (error.code, error.message)
            self._failed[event.subject] = Incident(event.subject, "error", code, message, event.time_us, None)
        elif not has_failed and event.subject in self._failed:
            ended = self._failed.pop(event.subject)._replace(end_us=event.time_us)
            if len(self._incidents) < _MOST_INCIDENTS:
                self._incidents.append(ended)
