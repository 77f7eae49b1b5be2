"""What a site does while it runs, from its first moment on."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from ...models.soc_estimate import taken_soc
from ..components.registry import type_of
from ..domain.categories import Category
from ..domain.commands import ClientCommand, Execution
from ..domain.events import Event
from ..domain.onlookers import Onlookers
from ..domain.states import StateCode
from ..engine.executor import Executor
from ..gateway.gateway import Gateway
from ..kernel.ac_bus import active_w
from ..kernel.layout import Layout
from ..kernel.memory import Memory
from ..kernel.network import gather_lines, unseen
from ..plant.energies import line_losses_wh
from ..plant.line_uses import line_uses
from ..plant.plant import Plant
from ..replay.plant import ReplayPlant
from ..site.lines import lines_begin_at
from ..site.site import Site
from ..tariff.bill import Bill
from ..tariff.prices import Prices
from .account import Account, Seen
from .gatherer import Gatherer
from .of_recording import capacity_loss
from .of_replay import ReplayWatch
from .shortfalls import ShortfallWatch
from .site_report import Commands, Incident, RefusalCount, SiteReport, Storage

_ROWS_AT_ONCE = 256
_NUMBERS_AT_ONCE = 32_768
"""Numbers added up at once, which makes fewer rows of a large site, lest clients wait."""
_MOST_REFUSALS = 20
_MOST_INCIDENTS = 1000
_US_PER_HOUR = 3.6e9


class Running(Protocol):
    """A site that runs; a `Simulation`."""

    site: Site
    plant: Plant
    executor: Executor
    gateway: Gateway
    onlookers: Onlookers

    @property
    def now_us(self) -> int:
        """Simulated time [µs since the Unix epoch]."""
        ...


class SiteWatch:
    """Looks at a running site without moving anything: at all that flows or, of a replay, at what was recorded."""

    def __init__(
        self, simulation: Running, prices: Prices | None = None, former: SiteWatch | None = None
    ) -> None:
        """Begin to look.

        Args:
            simulation: At what.
            prices: By which it is billed, from its present time on.
            former: What has seen the same site until now, in a simulation that this one goes on from.
        """
        plant = simulation.plant
        self._simulation, self._plant, self.site = simulation, plant, simulation.site
        self._keys = {component.id: key for key, component in self.site.components.items()}
        self._replay = ReplayWatch(plant) if isinstance(plant, ReplayPlant) else None
        self._account = self._new_account(prices)
        self._seen = [
            (key, number) for key, number in plant.places.batteries.items() if key in self._account.batteries
        ]
        self._numbers = [plant.places.components[key] for key in self._account.gatherer.ways.keys]
        self._flowing: list[float] = []
        self._losing: list[float] = []
        self._flowing_at = -1
        self._rows_at_once = min(_ROWS_AT_ONCE, max(_NUMBERS_AT_ONCE // max(len(self._numbers), 1), 1))
        if former is not None:
            self._go_on_from(former)
        simulation.executor.executions.subscribe(self._on_execution)
        simulation.onlookers.add(self)
        if self._replay is not None:
            simulation.gateway.listen_to_frames(self._replay.take)
            return
        simulation.gateway.listen_to_events(self._on_event)
        plant.follow(self)

    def remember(self) -> Account:
        """Return what was seen so far; see `Onlooker`."""
        return self._account.copy()

    def recall(self, memory: Account | None, time_us: int) -> None:
        """Go on from there, or begin anew at a time [µs] by the same prices; see `Onlooker`."""
        self._account = self._new_account(self._account.prices) if memory is None else memory.copy()
        self._flowing_at = -1
        if self._replay is not None:
            self._replay.go_back(time_us)

    def bill(self, prices: Prices) -> None:
        """Have what flows billed by other prices from now on; what has flowed stays billed as it was.

        Raises:
            ValueError: If that has been billed in another currency.
        """
        self._flush()
        account = self._account
        account.prices, account.bill = prices, Bill(prices, account.bill)
        account.gatherer.bill(account.bill)

    def take(self, layout: Layout, memory: Memory, end_us: int) -> None:
        """Take in what flows until a time [µs]."""
        account = self._account
        account.times_us.append(memory.time_us)
        generation = self._plant.operating_point.generation
        is_new, self._flowing_at = generation != self._flowing_at, generation
        if is_new:
            self._flowing = [active_w(memory, number) for number in self._numbers]
            self._losing = [node.loss_w for node in memory.nodes[1:]]
        account.rows.append(self._flowing)
        if account.lines:
            account.lost_rows.append(self._losing)
            gather_lines(layout, memory, account.lines, end_us)
        account.end_us = end_us
        hours = (end_us - memory.time_us) / _US_PER_HOUR
        for key, number in self._seen:
            seen = account.batteries[key]
            seen.carry(memory.batteries[number].dc_w, hours)
            if is_new:
                state = memory.battery_states[number]
                seen.look(taken_soc(state.soc, memory.batteries[number].soc_error), state.temperature_c)
                seen.hold(state.capacity_share)
        account.shortfalls.take(layout, memory, end_us, is_new=is_new)
        if len(account.rows) >= self._rows_at_once:
            self._flush()

    def report(self) -> SiteReport:
        """Return what the site has done so far."""
        if self._replay is not None:
            return self._replay.report(self._commands(), self._account.prices)
        self._flush()
        self._plant.operating_point.battery_states.carry()
        account = self._account
        gatherer = account.gatherer
        imported_wh, exported_wh = gatherer.grid_wh() or (None, None)
        peak_import, peak_export = gatherer.peaks()
        greatest_import, greatest_export = gatherer.greatest()
        consumed_wh, produced_wh = gatherer.totals()
        return SiteReport(
            name=self.site.microgrid.name,
            microgrid_id=self.site.microgrid.id,
            zone=self.site.microgrid.location.zone,
            begin_us=account.begin_us,
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
                for key, seen in account.batteries.items()
                if not math.isnan(seen.first)
            ),
            groups=gatherer.groups(),
            incidents=(*account.incidents, *account.failed.values()),
            commands=self._commands(),
            curve=gatherer.curve(),
            greatest_import=greatest_import,
            greatest_export=greatest_export,
            unknown_s=gatherer.grid_unknown_s(),
            shortfalls=account.shortfalls.shortfalls(),
            costs=gatherer.costs(),
            astray=self._plant.readings.astray(),
            usages=self._plant.machines.usages_since(account.usages),
            lines=line_uses(self._plant, account.lines, account.line_losses_wh),
            spans_agree=gatherer.spans_agree(grid_is_counted=False),
        )

    def _storage(self, key: str, seen: Seen) -> Storage:
        memory = self._plant.operating_point.memory.batteries[self._plant.places.batteries[key]]
        state = self._plant.readings.battery(key)
        seen.look(self._plant.readings.soc(key), state.temperature_c)
        seen.hold(state.capacity_share)
        capacity_ah = self._plant.equipment.batteries[key].charge_capacity_ah
        cycles = (memory.throughput_ah - seen.through_ah) / (2.0 * capacity_ah)
        is_warm = math.isfinite(seen.coldest_c)
        temperatures_c = (seen.coldest_c, seen.warmest_c) if is_warm else None
        return Storage(
            key, seen.first, seen.least, seen.greatest, seen.last, cycles, temperatures_c,
            charged_wh=seen.charged_wh, discharged_wh=seen.discharged_wh,
            true_soc=state.soc if key in self._plant.equipment.estimates else None,
            capacity_loss=capacity_loss(seen.capacity_greatest, seen.capacity_last, self.site, key),
        )  # fmt: skip

    def _new_account(self, prices: Prices | None) -> Account:
        """Return an account of which the first entry is what flows from now on."""
        plant, site = self._plant, self.site
        batteries = {
            key: Seen()
            for key, component in site.components.items()
            if type_of(component).category is Category.BATTERY
        }
        if self._replay is None:
            memory = plant.operating_point.memory
            for key, seen in batteries.items():
                seen.through_ah = memory.batteries[plant.places.batteries[key]].throughput_ah
        account = Account(
            begin_us=plant.time_us,
            end_us=plant.time_us,
            gatherer=Gatherer(
                site,
                set(plant.wiring.ac_order),
                lines=() if self._replay is not None else lines_begin_at(site),
            ),
            shortfalls=ShortfallWatch(plant),
            usages={} if self._replay is not None else plant.machines.usages(),
            batteries=batteries,
            line_losses_wh={} if self._replay is not None else line_losses_wh(plant),
            lines=[] if self._replay is not None else [unseen() for _ in plant.operating_point.layout.nodes],
            prices=prices,
            bill=None if prices is None else Bill(prices),
        )
        if account.bill is not None:
            account.gatherer.bill(account.bill)
        return account

    def _go_on_from(self, former: SiteWatch) -> None:
        self._account = former.remember()
        self._account.shortfalls.move_to(self._plant)
        if self._replay is not None and former._replay is not None:
            self._replay.go_on_from(former._replay)

    def _flush(self) -> None:
        account = self._account
        if account.rows:
            times_us = np.array([*account.times_us, account.end_us], np.int64)
            lost_w = np.array(account.lost_rows) if account.lost_rows else None
            account.gatherer.add(times_us, np.array(account.rows), lost_w)
        account.times_us, account.rows, account.lost_rows = [], [], []

    def _on_execution(self, execution: Execution) -> None:
        command, account = execution.command, self._account
        if not isinstance(command, ClientCommand):
            return
        account.given[execution.refusal is not None] += 1
        if execution.refusal is not None:
            key = self._keys.get(command.component_id, str(command.component_id))
            account.refused[key, type(command).__name__, execution.refusal] += 1

    def _commands(self) -> Commands:
        given, refused = self._account.given, self._account.refused
        refusals = tuple(RefusalCount(*name, count) for name, count in refused.most_common(_MOST_REFUSALS))
        return Commands(given.total(), given[True], refusals)

    def _on_event(self, event: Event) -> None:
        if event.kind != "state":
            return
        failed, incidents = self._account.failed, self._account.incidents
        has_failed = StateCode.ERROR in str(event.details.get("states", "")).split()
        if has_failed and event.subject not in failed:
            error = self._plant.protection.error(event.subject)
            code, message = ("ERROR", "") if error is None else (error.code, error.message)
            failed[event.subject] = Incident(event.subject, "error", code, message, event.time_us, None)
        elif not has_failed and event.subject in failed:
            ended = failed.pop(event.subject)._replace(end_us=event.time_us)
            if len(incidents) < _MOST_INCIDENTS:
                incidents.append(ended)
