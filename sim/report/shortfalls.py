"""What a running site lost, held back or did not serve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import copy
from operator import attrgetter
from typing import Any

from ...models.charging_point import ChargingPointInput, ChargingPointParams
from ...models.ev_charger import EvChargerState
from ..components.machines.chp import Chp
from ..components.machines.steam_boiler import SteamBoiler
from ..inputs.sessions.signals import SessionSignal
from ..inputs.signal import NEVER
from ..kernel.ac_bus import active_w, is_live
from ..kernel.layout import Layout
from ..kernel.memory import Memory
from ..plant.energies import line_losses_wh, own_energies_wh
from ..plant.plant import Plant
from .limits import LimitsWatch
from .site_report import Shortfalls

_US_PER_HOUR = 3.6e9
_ROUNDING = 1e-9
_ENERGY_TOUCH_WH = 1e-5
"""Nearer than this to what it wants, a car has stopped charging."""


class ShortfallWatch:
    """Looks at all that flows, step by step."""

    def __init__(self, plant: Plant) -> None:
        """Begin with nothing."""
        self._plant = plant
        self._lost_wh = _lost_wh(plant)
        self._photovoltaics = _Photovoltaics(plant)
        self._chargers = [
            _Charger(plant, key, machine.inputs["session_id"])
            for key, machine in plant.equipment.machines.items()
            if isinstance(machine.params, ChargingPointParams)
        ]
        self._heated = list(_heated(plant))
        self._limits = LimitsWatch(plant)

    def copy(self) -> ShortfallWatch:
        """Return another one, which does not change along with this one."""
        other = copy(self)
        other._photovoltaics, other._limits = copy(self._photovoltaics), copy(self._limits)
        other._chargers = [copy(each) for each in self._chargers]
        other._heated = [copy(each) for each in self._heated]
        return other

    def move_to(self, plant: Plant) -> None:
        """Go on with another plant of the same site, in the state in which the former one ended."""
        self._plant = self._limits._plant = plant
        watched: list[_Charger | _Heated] = [*self._chargers, *self._heated]
        for each in watched:
            each._plant = plant

    def take(self, layout: Layout, memory: Memory, end_us: int, *, is_new: bool) -> None:
        """Take in what flows until a time [µs], before time moves on.

        Args:
            layout: Of the plant.
            memory: With what flows now.
            end_us: Until when.
            is_new: Whether something else may flow than at the last call.
        """
        hours = (end_us - memory.time_us) / _US_PER_HOUR
        if is_new:
            self._photovoltaics.look(layout, memory)
            self._limits.look(layout, memory)
        self._photovoltaics.carry(hours)
        for charger in self._chargers:
            charger.take(memory.time_us, end_us)
        for heated in self._heated:
            heated.take(memory, hours)
        self._limits.carry(end_us - memory.time_us)

    def shortfalls(self) -> Shortfalls:
        """Return what it came to; None of what the site has nothing for."""
        return Shortfalls(
            lost_wh=_lost_wh(self._plant) - self._lost_wh,
            curtailed_wh=self._photovoltaics.curtailed_wh,
            undelivered_wh=math.fsum(each.undelivered_wh for each in self._chargers)
            if self._chargers
            else None,
            unmet_heat_wh=math.fsum(each.unmet_wh for each in self._heated) if self._heated else None,
            outside_limits_s=self._limits.outside_s,
        )


def _lost_wh(plant: Plant) -> float:
    """Return what inverters with batteries, batteries, lines and what power passes through lost since the start."""
    memory, own_wh = plant.operating_point.memory, own_energies_wh(plant)
    return (
        math.fsum(inverter.loss_wh for inverter in memory.inverters)
        + math.fsum(battery.loss_wh for battery in memory.batteries)
        + math.fsum(own_wh[key] for key in plant.equipment.throughput)
        + math.fsum(line_losses_wh(plant).values())
    )


class _Photovoltaics:
    """What the sun offers to inverters in service, and they do not take."""

    def __init__(self, plant: Plant) -> None:
        places, limited = plant.places, set(plant.equipment.photovoltaics)
        layout = plant.operating_point.layout
        self._hybrids = [
            (number, place.component) for number, place in enumerate(layout.inverters) if place.array >= 0
        ]
        of_hybrids = {component for _, component in self._hybrids}
        self._plants = [
            (places.controls[key], places.components[key])
            for key in sorted(limited & places.controls.keys())
            if places.components[key] not in of_hybrids
        ]
        self._kept_w = 0.0
        self._wh = 0.0

    @property
    def curtailed_wh(self) -> float | None:
        return self._wh if self._plants or self._hybrids else None

    def look(self, layout: Layout, memory: Memory) -> None:
        """Take in what flows now."""
        has_limit = len(layout.feed_in) > 0
        kept_w = 0.0
        for control, component in self._plants:
            if is_live(memory, component):
                now = memory.controls[control]
                offered_w = now.uncut_lower_w if has_limit else now.reach_lower_w
                kept_w += _left_w(0.0 - offered_w, 0.0 - active_w(memory, component))
        for number, component in self._hybrids:
            if is_live(memory, component):
                inverter = memory.inverters[number]
                kept_w += _left_w(0.0 - inverter.sun_w, inverter.taken_dc_w - inverter.dc_w)
        self._kept_w = kept_w

    def carry(self, hours: float) -> None:
        """Let that go on for a while."""
        self._wh += self._kept_w * hours


def _left_w(offered_w: float, taken_w: float) -> float:
    """Return what of an offered power was not taken [W]; below 0 either is no sun, and what is rounding is nothing."""
    left_w = max(offered_w, 0.0) - max(taken_w, 0.0)
    return left_w if left_w > _ROUNDING * abs(offered_w) else 0.0


class _Charger:
    """What cars at a charger wanted and did not have when they were to leave."""

    def __init__(self, plant: Plant, key: str, sessions: Any) -> None:
        assert isinstance(sessions, SessionSignal)
        self._plant, self._key, self._lookup = plant, key, sessions.lookup
        self._due_us = NEVER
        self._look_again_us = plant.time_us
        self.undelivered_wh = 0.0

    def take(self, begin_us: int, end_us: int) -> None:
        if begin_us >= self._look_again_us:
            self._look_again_us = self._lookup.until(begin_us)
            session = self._lookup.session(begin_us)
            is_open = session is not None and session.departure_us > begin_us
            self._due_us = session.departure_us if session is not None and is_open else NEVER
        if self._due_us <= end_us:
            self.undelivered_wh += self._lacks_wh(begin_us)
            self._due_us = NEVER

    def _lacks_wh(self, begin_us: int) -> float:
        """Return what the car lacks at its departure, which is within the step that begins."""
        plant, key = self._plant, self._key
        machine, now, state = (
            plant.equipment.machines[key],
            plant.machines.input(key),
            plant.machines.state(key),
        )
        assert isinstance(now, ChargingPointInput)
        if is_live(plant.operating_point.memory, plant.places.components[key]):
            state, _ = machine.model.step(machine.params, state, now, (self._due_us - begin_us) / 1e6)
        assert isinstance(state, EvChargerState)
        is_begun = state.session_id == now.session_id
        soc, delivered_wh = (state.soc, state.delivered_wh) if is_begun else (now.arrival_soc, 0.0)
        lacks_wh = min(now.wanted_energy_wh - delivered_wh, (now.target_soc - soc) * now.capacity_wh)
        return lacks_wh if lacks_wh > _ENERGY_TOUCH_WH else 0.0


class _Heated:
    """A machine of which heat is asked."""

    def __init__(
        self, plant: Plant, key: str, asked_w: Callable[[Any], float], delivered_w: Callable[[Any], float]
    ) -> None:
        self._plant, self._key, self._component = plant, key, plant.places.components[key]
        self._asked_w, self._delivered_w = asked_w, delivered_w
        self.unmet_wh = 0.0

    def take(self, memory: Memory, hours: float) -> None:
        now, machine = self._plant.machines.input(self._key), self._plant.equipment.machines[self._key]
        asked_w, delivered_w = self._asked_w(now), 0.0
        if asked_w > 0.0 and is_live(memory, self._component):
            shown = machine.model.output(machine.params, self._plant.machines.state(self._key), now)
            delivered_w = self._delivered_w(shown)
        self.unmet_wh += max(asked_w - delivered_w, 0.0) * hours


def _heated(plant: Plant) -> Iterator[_Heated]:
    for key, component in plant.site.components.items():
        if key in plant.equipment.machines:
            if isinstance(component, Chp) and component.heat_demand is not None:
                yield _Heated(plant, key, attrgetter("heat_demand_w"), attrgetter("delivered_w"))
            elif isinstance(component, SteamBoiler) and component.steam_demand is not None:
                yield _Heated(plant, key, attrgetter("steam_demand_w"), attrgetter("steam_w"))
