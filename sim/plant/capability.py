"""What devices of a running plant could have of power now, and what holds them back."""

from __future__ import annotations

from ...models.inverter import InverterState, inverter_apparent_limit_va, reactive_limit_within_var
from ..components.device import NO_POWER
from ..components.rating import Rating
from ..domain.metrics import PowerType
from ..domain.ranges import Bounds, Ranges
from ..domain.switching import Position
from ..kernel.ac_bus import active_w, reactive_var
from ..kernel.dc_reactive import reactive_limit_of_batteries_var
from ..kernel.dc_window import is_in_window
from ..kernel.feed_in import is_held_back
from ..kernel.inverters import heat_of, left_by_code_w
from ..kernel.ramps import is_ramping
from ..kernel.reach import drawn_beyond_w, reach_as_others_give_way_w, reach_w
from .equipment import Equipment
from .minima import EVERYTHING, ranges_beside_minima
from .operating_point import OperatingPoint
from .running_machines import RunningMachines
from .steps import Steps
from .switching import Switching

_ROUNDING = 1e-9
"""Part of a rating by which two powers may differ that are one."""


class Capability:
    """What devices could have now, by key; what clients leave of it is `AllowedPower`."""

    def __init__(
        self,
        equipment: Equipment,
        point: OperatingPoint,
        machines: RunningMachines,
        switching: Switching,
    ) -> None:
        """Look at a plant.

        Args:
            equipment: Its devices.
            point: What flows now.
            machines: Some of which say themselves what reactive power they can have.
            switching: Says who is in service.
        """
        self._equipment = equipment
        self._point = point
        self._memory = point.memory
        self._places = point.places
        self._machines = machines
        self._switching = switching

    def battery_limits(self, key: str) -> Bounds:
        """Return the DC power that a battery allows now [W]."""
        self._point.solve()
        battery = self._memory.batteries[self._places.batteries[key]]
        return Bounds(battery.lower_w, battery.upper_w)

    def active_power_bounds(self, key: str) -> Bounds:
        """Return the active power that a device that takes set-points could have now, 0 and its rest among it [W].

        Nothing while it is switched off, has failed, or the grid does not reach it. What is parked can be woken. Other
        inverters keep what they have of batteries that it shares.
        """
        self._point.solve()
        return self._rated(key, reach_w(self._point.layout, self._memory, self._places.controls[key]))

    def reach(self, key: str) -> Bounds:
        """Return the active power that a device comes to now whatever its rating is; or nothing [W]."""
        self._point.solve()
        if not self._can_run(key):
            return NO_POWER
        return Bounds(*reach_w(self._point.layout, self._memory, self._places.controls[key]))

    def bounds_as_others_give_way(self, key: str) -> Bounds:
        """Return the same as if other inverters could leave a device all of the batteries that it shares [W]."""
        self._point.solve()
        number = self._places.controls[key]
        return self._rated(key, reach_as_others_give_way_w(self._point.layout, self._memory, number))

    def ranges_beside_minima(self, key: str) -> Ranges:
        """Return the active powers of a device that bring no battery below what it is left at least [W].

        Its own least power aside, and while other inverters keep what they have of the batteries.
        """
        number = self._places.inverters.get(key)
        if number is None:
            return EVERYTHING
        self._point.solve()
        return ranges_beside_minima(self._point.layout, self._memory, number)

    def shares_batteries(self, key: str) -> bool:
        """Say whether another inverter reaches a battery of a device."""
        number = self._places.inverters.get(key)
        return number is not None and self._point.layout.inverters[number].is_sharing != 0

    def _rated(self, key: str, reach_w: tuple[float, float]) -> Bounds:
        """Return what its rating leaves of what a device could have, 0 and its rest among it; or nothing [W]."""
        if not self._can_run(key):
            return NO_POWER
        reach, rating = Bounds(*reach_w), self._equipment.ratings[key]
        widest = rating.widest
        return Bounds(
            min(max(reach.lower, widest.lower), 0.0), max(min(reach.upper, widest.upper), rating.rest_w)
        )

    def kept_by_code(self, key: str) -> Bounds:
        """Return within which active power a grid code keeps a device whose power is at an end of that [W].

        Infinite of any other, and of one that a code holds off. Beyond zero where frequency makes storage charge or
        deliver: then it does not rest, whatever it is told.
        """
        if self.held_off_by(key):
            return EVERYTHING[0]
        self._point.solve()
        layout, control = self._point.layout, self._places.controls[key]
        now, power_w = self._memory.controls[control], active_w(self._memory, self._places.components[key])
        lower_w, upper_w = EVERYTHING[0]
        for guard, own in enumerate(layout.guards):
            if own.control == control:
                least_w, most_w = left_by_code_w(layout, self._memory, guard)
                slack_w = _ROUNDING * own.params.rated_power_w
                if abs(power_w - min(least_w, now.reach_upper_w)) <= slack_w:
                    lower_w = power_w
                if abs(power_w - max(most_w, now.reach_lower_w)) <= slack_w:
                    upper_w = power_w
        return Bounds(lower_w, upper_w)

    def keeps_its_pace(self, key: str) -> bool:
        """Say whether it is for a machine alone to come to what it is told, in its own time: its ramp has ended."""
        if key not in self._equipment.machines or self._equipment.ratings[key].is_limit:
            return False
        self._point.solve()
        return not is_ramping(self._memory, self._places.controls[key])

    def losses_w(self, key: str) -> float:
        """Return what an inverter draws for its losses alone now, as it is set to less; 0 of any other device [W]."""
        if key not in self._equipment.inverters:
            return 0.0
        self._point.solve()
        return drawn_beyond_w(self._point.layout, self._memory, self._places.controls[key])

    def rating_now(self, key: str) -> Rating:
        """Return the rating of a device, with the least power that it can have now."""
        rating = self._equipment.ratings[key]
        if key not in self._places.inverters:
            return rating
        self._point.solve()
        now = self._memory.inverters[self._places.inverters[key]]
        alone = Bounds(0.0 - now.alone_w, rating.gap.lower) if now.alone_w > 0.0 else None
        return rating._replace(minimum_w=now.least_w, minimum_delivered_w=now.least_delivered_w, alone=alone)

    def steps(self, key: str, power_type: PowerType) -> Steps:
        """Return the steps in which a device follows set-points of a power now, apart from a capacitor bank."""
        machine = self._equipment.machines.get(key)
        if power_type is PowerType.REACTIVE or machine is None or machine.steps_w is None:
            return Steps(0.0, self._equipment.ratings[key].resolution_w)
        return Steps(*machine.steps_w(machine.params, self._machines.state(key), self._machines.input(key)))

    def reactive_power_bounds(self, key: str) -> Bounds:
        """Return the reactive power that a device offers a client beside its active power [var].

        Nothing where there is no active power either, nor while a grid out of range holds it off.
        """
        self._point.solve()
        if self.held_off_by(key) or not self._can_run(key):
            return NO_POWER
        power_w, heat = active_w(self._memory, self._places.components[key]), self.inverter_heat(key)
        if heat is None:
            machine = self._equipment.machines[key]
            if machine.reactive_range_var is not None:
                state, given = self._machines.state(key), self._machines.input(key)
                return Bounds(*machine.reactive_range_var(machine.params, state, given))
            return machine.reactive_bounds(power_w)
        params = self._equipment.inverters[key]
        if params.power_factor_min > 0.0 and self._converts_nothing(key):
            power_w = 0.0  # What is drawn at rest makes no room for reactive power.
        apparent_va = inverter_apparent_limit_va(params, heat, self._ambient_c, self._dc_voltage_pu(key))
        power_w = self._beside_own_reactive_w(key, power_w, apparent_va)
        number = self._places.inverters.get(key)
        if number is not None and not is_in_window(self._point.layout, self._memory, number):
            return NO_POWER
        limit_var = reactive_limit_within_var(params, apparent_va, power_w)
        if number is not None:
            left_var = reactive_limit_of_batteries_var(self._point.layout, self._memory, number, power_w)
            limit_var = min(limit_var, left_var)
        return Bounds(-limit_var, limit_var)

    def _beside_own_reactive_w(self, key: str, power_w: float, apparent_va: float) -> float:
        """Return the active power of an inverter beside reactive power that a client asks of it [W].

        Active power that gives way to reactive power of a grid code does not give way to that.
        """
        now = self._memory.controls[self._places.controls[key]]
        share = now.active_share if power_w < 0.0 else now.drawing_share
        if share == 1.0 or abs(power_w) < apparent_va * share * (1.0 - _ROUNDING):
            return power_w
        most_w = min(self._equipment.ratings[key].size, apparent_va)
        return min(max(now.setting_w, -most_w), most_w)

    def _converts_nothing(self, key: str) -> bool:
        """Say whether an inverter rests, drawing what it does so; what flows must be known."""
        component = self._places.components[key]
        if reactive_var(self._memory, component) != 0.0:
            return False
        if key in self._places.inverters:
            return self._memory.inverters[self._places.inverters[key]].dc_w == 0.0
        return self._memory.components[component].dc_w == 0.0

    def inverter_heat(self, key: str) -> InverterState | None:
        """Return what the heat sink of an inverter remembers; None of one of which only its power is known."""
        if key in self._places.inverters:
            return heat_of(self._memory, self._places.inverters[key])
        state = self._machines.state(key) if key in self._equipment.machines else None
        return state if isinstance(state, InverterState) else None

    def limit_by_heat_va(self, key: str) -> float:
        """Return the apparent power that heat leaves of an inverter [VA]; all of it if only its power is known."""
        params, heat = self._equipment.inverters[key], self.inverter_heat(key)
        if heat is None:
            return params.rated_apparent_power_va
        return inverter_apparent_limit_va(params, heat, self._ambient_c, self._dc_voltage_pu(key))

    def is_derated(self, key: str) -> bool:
        """Say whether heat keeps an inverter from its full power."""
        params = self._equipment.inverters.get(key)
        return params is not None and self.limit_by_heat_va(key) < params.rated_apparent_power_va

    def has_window(self, key: str) -> bool:
        """Say whether an inverter runs at some voltages of its battery alone."""
        number = self._places.inverters.get(key)
        return number is not None and bool(self._point.layout.inverters[number].params.keeps_dc_window)

    def _dc_voltage_pu(self, key: str) -> float:
        """Return the voltage by which an inverter's losses go, over the nominal one."""
        number = self._places.inverters.get(key)
        return 1.0 if number is None else self._memory.inverters[number].dc_voltage_pu

    def is_held_back(self, key: str) -> bool:
        """Say whether a device delivers less than it would because of the feed-in limit."""
        self._point.solve()
        return is_held_back(self._memory, self._places.controls[key])

    def has_less_beside_others(self, key: str) -> bool:
        """Say whether another inverter asks a battery of this one for so much that both get only their share of it."""
        if key not in self._places.inverters:
            return False
        self._point.solve()
        layout, number = self._point.layout, self._places.inverters[key]
        own = layout.inverters[number]
        shared = layout.pair_battery[own.first_pair : own.end_pair]
        return any(
            self._takes_all(layout.pair_battery[pair], self._memory.pairs[pair].asked_w)
            for inverter, other in enumerate(layout.inverters)
            for pair in range(other.first_pair, other.end_pair)
            if inverter != number and layout.pair_battery[pair] in shared
        )

    def _takes_all(self, number: int, asked_w: float) -> bool:
        """Say whether a battery is at its limit with what an inverter asks it for [W] among it."""
        battery = self._memory.batteries[number]
        return battery.dc_w in (battery.lower_w, battery.upper_w) and asked_w * battery.dc_w > 0.0

    def held_off_by(self, key: str) -> int:
        """Return which departure of the grid holds an inverter off, a cause of `models.grid_code`; 0 if none does."""
        number = self._places.controls.get(key)
        return 0 if number is None else self._memory.controls[number].held_off_by

    def _can_run(self, key: str) -> bool:
        """Say whether a device is switched on or parked, has not failed, and is reached by the grid."""
        switching = self._switching
        is_on = switching.position(key) in (Position.ON, Position.STANDBY)
        return is_on and key not in switching.tripped and not switching.is_cut_off(key)

    @property
    def _ambient_c(self) -> float:
        self._point.solve()
        return self._memory.inputs[self._point.layout.ambient_signal]
