"""The running hardware of a site: every device with its state, stepped from event to event.

The rules of what flows are the kernel's (`sim.kernel`); here devices have names, set-points arrive, inputs are
overridden, and switches are thrown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...models.ac import ThreePhase
from ...models.ageing import AgeingState
from ...models.battery import BatteryOutput, BatteryState, battery_terminal
from ...models.bms import NO_TRIP, RELAYS_CLOSED, RELAYS_OPEN, BmsState
from ...models.fuse import MELTED
from ...models.inverter import (
    InverterState,
    inverter_apparent_limit_va,
    reactive_limit_within_var,
)
from ...models.meter import MeterOutput, meter_reading
from ..components.device import AMBIENT, NO_POWER, Activity
from ..components.device_model import DeviceModel
from ..components.package_runs import watched
from ..components.registry import type_of
from ..domain.categories import OperationalMode
from ..domain.metrics import Metric, PowerType
from ..domain.phases import PhasePower
from ..domain.ranges import Bounds, Ranges
from ..domain.states import Diagnostic
from ..domain.switching import Position
from ..files.presets import own_presets
from ..files.problems import one_of
from ..inputs.override import Override
from ..inputs.segments import averaged
from ..inputs.signal import Signal
from ..kernel.ac_bus import active_w, is_live, reconnect
from ..kernel.bms import acknowledge_trip, open_relays_at_once, want_relays, would_clear
from ..kernel.device_model import bind, bound
from ..kernel.feed_in import least_w
from ..kernel.grid import line_voltage_v, replace_fuses, take_in_grid, voltage_v
from ..kernel.inverters import heat_of
from ..kernel.layout import Layout, Machines, Memory
from ..kernel.metering import begin_metering, meter_input, metering_state
from ..kernel.steps import control, integrate, is_ramping, needs_control, solve
from ..network.wiring import Wiring, sum_towards_inverters, wire
from ..site.environment import air_inputs, ambient_signal, sensor_inputs
from ..site.site import Site
from .bms import lasting_cause, position_of, trip_diagnostic, warning_diagnostics
from .equipment import Equipment, equip
from .gathered import FlowFollower, Gathered
from .impairment import Impairment
from .impairments import Impairments
from .numbering import Places, first_memory, number_site
from .set_points import PendingSetPoint, active_as_taken_w, as_taken
from .state import Flows, PlantState, Registers, Voltages, keep_numbers, restore_numbers

CONTROL_CYCLE_US = 100_000
"""Ramps move in steps of this length, on a grid that no observer can shift [µs]."""
_DARK = ThreePhase(0.0, 0.0, 0.0)
_YEAR_US = 366 * 86_400_000_000
TARGET_TOLERANCE = 0.02
"""A set-point counts as reached within this part of the rating [1]."""


class Plant:
    """A site's devices on their wires."""

    def __init__(
        self,
        site: Site,
        *,
        start_us: int,
        seed: int,
        cycle_us: int = CONTROL_CYCLE_US,
        resolution_us: int = 1_000_000,
    ) -> None:
        """Build the devices of a site.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch].
            seed: Of all noise.
            cycle_us: Ramps and built-in controls move at multiples of this [µs].
            resolution_us: Inputs are averaged over intervals of this length, if it is longer than a second [µs].

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
        """
        self.site = site
        self.seed = seed
        """Seed of all noise."""
        self.wiring: Wiring = wire(site)
        ambient = ambient_signal(site, start_us=start_us, seed=seed)
        with own_presets(site.own_presets):
            self.equipment: Equipment = equip(
                site, self.wiring.batteries_of, ambient, start_us=start_us, seed=seed
            )
        self.inputs: dict[str, Signal] = {
            name: averaged(signal, resolution_us)
            for name, signal in self._wire_inputs(ambient, start_us, seed).items()
        }
        """What drives the site, by `component.quantity`."""
        numbered = number_site(self.wiring, self.equipment, self.inputs, cycle_us)
        self._places, self._layout, self._machines = numbered
        self._bound = tuple(
            (self._bound_to(model, members), members) for model, members in self._machines.items()
        )
        self._machine_at = {
            key: (functions, members, place)
            for functions, members in self._bound
            for place, key in enumerate(self._members(members.component))
        }
        present = [signal.at(start_us) for signal in self.inputs.values()]
        self._memory = first_memory(numbered, self.equipment, present, start_us)
        self._memory.next_input_us = start_us
        self._pending: dict[str, tuple[PendingSetPoint, ...]] = {}
        self._followers: list[FlowFollower] = []
        self._flows: Flows | None = None
        self._voltages: Voltages | None = None
        self._terminals: dict[str, tuple[BatteryState, float, BatteryOutput]] = {}
        self.overrides: dict[str, Override] = {}
        """Inputs that do not follow the site file, by `component.quantity`."""
        self.tripped: dict[str, Diagnostic] = {}
        """Devices that have switched off by themselves, and why."""
        self._positions: dict[str, Position] = {}
        self.impairments = Impairments(self.equipment, self._places, self._layout, self._memory)
        """What is broken of devices."""
        self._allowed_dc_w: dict[str, Ranges] = {}
        if self.equipment.meterings:
            self._know()
            begin_metering(self._layout, self._memory)
            self.look_again()

    @property
    def time_us(self) -> int:
        """Simulated time up to which the plant has come [µs]."""
        return self._memory.time_us

    @property
    def controlled(self) -> tuple[str, ...]:
        """Keys of everything that takes set-points."""
        return tuple(self._places.controls)

    @property
    def numbers(self) -> tuple[Layout, Memory, Mapping[DeviceModel, Machines]]:
        """The plant as the kernel has it. Whoever changes any of it has to tell it to `look_again`."""
        return self._layout, self._memory, self._machines

    def look_again(self) -> None:
        """Take in that its numbers have been changed from outside."""
        self._memory.next_input_us = self.time_us
        self._forget_flows()

    def save(self) -> PlantState:
        """Return a copy of what the plant remembers, to restore later."""
        memory = self._memory
        impairments, failed_relays = self.impairments.save()
        return PlantState(
            components=self.wiring.order,
            numbers=keep_numbers(memory),
            batteries=dict(zip(self._places.batteries, memory.battery_states, strict=True)),
            managements=dict(zip(self._places.batteries, memory.bms_states, strict=True)),
            ageings=dict(zip(self.equipment.ageings, memory.ageing_states, strict=True)),
            machines={
                key: tuple(members.states[place]) for key, (_, members, place) in self._machine_at.items()
            },
            allowed_w=_given_ranges(self._places.controls, memory.allowed_w),
            allowed_var=_given_ranges(self._places.controls, memory.allowed_var),
            allowed_dc_w=dict(self._allowed_dc_w),
            pending=dict(self._pending),
            overrides=dict(self.overrides),
            tripped=dict(self.tripped),
            positions=dict(self._positions),
            impairments=impairments,
            failed_relays=failed_relays,
        )

    def restore(self, state: PlantState) -> None:
        """Go on from a saved state."""
        memory = self._memory
        restore_numbers(memory, state.numbers)
        memory.battery_states[:] = [BatteryState(*state.batteries[key]) for key in self._places.batteries]
        memory.bms_states[:] = [BmsState(*state.managements[key]) for key in self._places.batteries]
        memory.ageing_states[:] = [AgeingState(*state.ageings[key]) for key in self.equipment.ageings]
        for key, (_, members, place) in self._machine_at.items():
            members.states[place] = type(members.states[place])(*state.machines[key])
        memory.allowed_w[:] = [state.allowed_w.get(key) for key in self._places.controls]
        memory.allowed_var[:] = [state.allowed_var.get(key) for key in self._places.controls]
        self._allowed_dc_w, self._pending = dict(state.allowed_dc_w), dict(state.pending)
        self.overrides, self.tripped = dict(state.overrides), dict(state.tripped)
        self._positions = dict(state.positions)
        self.impairments.restore(state.impairments, state.failed_relays)
        self._drop_named()

    @property
    def places(self) -> Places:
        """Where everything stands in `numbers`."""
        return self._places

    def bring_up_to_date(self) -> None:
        """Let `numbers` say what flows now."""
        self._know()

    def flows(self) -> Flows:
        """Return what flows now."""
        self._know()
        if self._flows is None:
            self._flows = self._named_flows()
        return self._flows

    def battery(self, key: str) -> BatteryState:
        """Return the state of a battery."""
        return self._memory.battery_states[self._places.batteries[key]]

    def terminal(self, key: str) -> BatteryOutput:
        """Return what the terminals of a battery show now."""
        self._know()
        number = self._places.batteries[key]
        state, power_w = self._memory.battery_states[number], self._memory.batteries[number].dc_w
        found = self._terminals.get(key)
        if found is None or found[0] is not state or found[1] != power_w:
            shown = battery_terminal(self.equipment.batteries[key], state, power_w)
            found = self._terminals[key] = state, power_w, shown
        return found[2]

    def machine_state(self, key: str) -> Any:
        """Return the state of a machine, as its model has it."""
        _, members, place = self._machine_at[key]
        return members.states[place]

    def activity(self, key: str) -> Activity | None:
        """Return what a machine is doing by the sequence of its own controls; None if it has none."""
        machine = self.equipment.machines.get(key)
        if machine is None or machine.activity is None:
            return None
        return machine.activity(machine.params, self.machine_state(key), self.machine_input(key))

    def machine_input(self, key: str) -> Any:
        """Return what acts on a machine now, as its model takes it."""
        self._know()
        functions, members, place = self._machine_at[key]
        return functions.present(self._memory, members, place)

    def voltages(self) -> Voltages:
        """Return the voltages now, wherever the grid reaches."""
        self._know()
        if self._voltages is None:
            layout, memory = self._layout, self._memory
            self._voltages = Voltages(
                ThreePhase(*(voltage_v(layout, memory, layout.grid, phase) for phase in range(3))),
                ThreePhase(*(line_voltage_v(layout, memory, layout.grid, phase) for phase in range(3))),
            )
        return self._voltages

    def phase_voltages(self, key: str) -> ThreePhase:
        """Return the voltages to neutral at a component [V]; 0 where the grid does not reach it."""
        voltages = self.voltages()
        return _DARK if self.is_cut_off(key) else voltages.phases_v

    def meter_output(self, key: str) -> MeterOutput | None:
        """Return what a meter with options of its own shows now; None for any other component."""
        if key not in self.equipment.meterings:
            return None
        self._know()
        metering, number = self.equipment.meterings[key], list(self.equipment.meterings).index(key)
        layout, memory = self._layout, self._memory
        state = metering_state(layout, memory, number)
        given = meter_input(layout, memory, self._places.components[key])
        return meter_reading(metering.params, state, given, metering.noise(memory.time_us))

    def registers(self, key: str) -> Registers:
        """Return the energy that has flowed through a component on the AC side since the start."""
        counted = self._memory.components[self._places.components[key]]
        return Registers(counted.consumed_wh, counted.delivered_wh)

    def active_power_w(self, key: str) -> float:
        """Return the active power that flows through a component on the AC side now [W]."""
        self._know()
        return active_w(self._memory, self._places.components[key])

    def battery_limits(self, key: str) -> Bounds:
        """Return the DC power that a battery allows now [W]."""
        self._know()
        memory, number = self._memory, self._places.batteries[key]
        return Bounds(memory.batteries[number].lower_w, memory.batteries[number].upper_w)

    def active_power_bounds(self, key: str) -> Bounds:
        """Return the active power that a device that takes set-points could have now, 0 and its rest among it [W].

        Nothing while it is switched off, has failed, or the grid does not reach it. What is parked can be woken.
        """
        is_off = self.position(key) not in (Position.ON, Position.STANDBY)
        if is_off or key in self.tripped or self.is_cut_off(key):
            return NO_POWER
        reach, widest = self._reach(key), self.equipment.ratings[key].widest
        return Bounds(
            min(max(reach.lower, widest.lower), 0.0),
            max(min(reach.upper, widest.upper), self.equipment.ratings[key].rest_w),
        )

    def reactive_power_bounds(self, key: str) -> Bounds:
        """Return the reactive power that a device offers beside its present active power [var]."""
        power_w = self.active_power_w(key)
        if self.held_off_by(key):
            return NO_POWER
        heat = self.inverter_heat(key)
        if heat is None:
            machine = self.equipment.machines[key]
            if machine.reactive_range_var is not None:
                state, given = self.machine_state(key), self.machine_input(key)
                return Bounds(*machine.reactive_range_var(machine.params, state, given))
            return machine.reactive_bounds(power_w)
        params = self.equipment.inverters[key]
        apparent_va = inverter_apparent_limit_va(params, heat, self._ambient_c)
        limit_var = reactive_limit_within_var(params, apparent_va, power_w)
        return Bounds(-limit_var, limit_var)

    @property
    def _ambient_c(self) -> float:
        self._know()
        return self._memory.inputs[self._layout.ambient_signal]

    def inverter_heat(self, key: str) -> InverterState | None:
        """Return what the heat sink of an inverter remembers; None of one of which only its power is known."""
        if key in self._places.inverters:
            return heat_of(self._memory, self._places.inverters[key])
        state = self.machine_state(key) if key in self._machine_at else None
        return state if isinstance(state, InverterState) else None

    def is_derated(self, key: str) -> bool:
        """Say whether heat keeps an inverter from its full power."""
        params = self.equipment.inverters.get(key)
        heat = None if params is None else self.inverter_heat(key)
        if params is None or heat is None:
            return False
        return inverter_apparent_limit_va(params, heat, self._ambient_c) < params.rated_apparent_power_va

    def held_off_by(self, key: str) -> int:
        """Return which departure of the grid holds an inverter off, a cause of `models.grid_code`; 0 if none does."""
        number = self._places.controls.get(key)
        return 0 if number is None else self._memory.controls[number].held_off_by

    def allowed(self, key: str, metric: Metric) -> Ranges | None:
        """Return what clients have left allowed of a power; None for all. See `allow`."""
        if metric is Metric.DC_POWER:
            return self._allowed_dc_w.get(key)
        number = self._places.controls[key]
        of_active = metric is Metric.AC_POWER_ACTIVE
        allowed: Ranges | None = (self._memory.allowed_w if of_active else self._memory.allowed_var)[number]
        return allowed

    def allow(self, key: str, metric: Metric, ranges: Ranges | None) -> None:
        """Keep the power of a component within ranges; None for all that it can.

        Args:
            key: Of the component.
            metric: `AC_POWER_ACTIVE` [W] or `AC_POWER_REACTIVE` [var] of a device that takes set-points,
                `DC_POWER` [W] of a battery.
            ranges: Ascending. Between two ranges a battery may still be: only its outer edges are kept.
        """
        memory = self._memory
        if metric is Metric.DC_POWER:
            self._allow_dc(key, ranges)
        elif metric is Metric.AC_POWER_ACTIVE:
            memory.allowed_w[self._places.controls[key]] = ranges
        else:
            memory.allowed_var[self._places.controls[key]] = ranges
        self._forget_flows()

    def _allow_dc(self, key: str, ranges: Ranges | None) -> None:
        battery = self._places.batteries[key]
        self._allowed_dc_w.pop(key, None)
        lower_w, upper_w = -math.inf, math.inf
        if ranges is not None:
            self._allowed_dc_w[key] = ranges
            lower_w, upper_w = min(ranges[0].lower, 0.0), max(ranges[-1].upper, 0.0)
        self._memory.batteries[battery].allowed_lower_w = lower_w
        self._memory.batteries[battery].allowed_upper_w = upper_w

    def send_set_point(self, key: str, power_type: PowerType, power: float | None) -> None:
        """Send a set-point to a device; it arrives after the response delay.

        Args:
            key: Of the device.
            power_type: Axis of the set-point.
            power: In W or var; None returns the axis to its default.
        """
        delay_us = round(self.equipment.ratings[key].response_delay_s * 1e6)
        set_point = PendingSetPoint(self.time_us + delay_us, power_type, power)
        self._pending[key] = (*self._pending.get(key, ()), set_point)
        self._forget_flows()
        self._receive_set_points()

    def input_value(self, component: str, quantity: str) -> float:
        """Return the present value of an input, in the unit of its quantity.

        Args:
            component: Key of the component, or `site`.
            quantity: See `Simulation.drive`.

        Raises:
            ValueError: If there is no such input; says which there are.
        """
        name = f"{component}.{quantity}"
        signal = self.impairments.held_inputs.get(name) or self.overrides.get(name) or self.inputs.get(name)
        if signal is None:
            its_own = [each for each in self.inputs if each.startswith(f"{component}.")]
            raise ValueError(f"no input {name!r}; accepted: {one_of(its_own or self.inputs, name)}")
        return signal.at(self.time_us)

    def override(self, component: str, quantity: str, override: Override | None) -> None:
        """Override an input, or let it follow the site file again with None; see `Simulation.drive`.

        Raises:
            ValueError: If there is no such input, or it cannot have that value; says what there is.
        """
        self.input_value(component, quantity)
        name = f"{component}.{quantity}"
        if override is not None:
            self._check_choice(component, quantity, override)
        self.overrides.pop(name, None)
        if override is not None:
            self.overrides[name] = override
        self._memory.next_input_us = self.time_us
        self._forget_flows()

    def _check_choice(self, component: str, quantity: str, override: Override) -> None:
        machine = self.equipment.machines.get(component)
        choices = None if machine is None else machine.choices.get(quantity)
        if choices is None:
            return
        accepted = ", ".join(f"{choice:g}" for choice in choices)
        if override.end_value not in choices:
            raise ValueError(f"{component}.{quantity} is {override.end_value:g}; accepted: {accepted}")
        if override.end_us > override.start_us:
            over_s = (override.end_us - override.start_us) / 1e6
            raise ValueError(
                f"over is {over_s:g} s; accepted: 0 s, as {component}.{quantity} is {accepted} alone"
            )

    def refusal(self, key: str) -> str | None:
        """Say why a component takes no commands whatever its state, or return None if it does."""
        mode = self.site.components[key].operational_mode
        telemetry_only = mode in (OperationalMode.INACTIVE, OperationalMode.TELEMETRY_ONLY)
        return f"its operational mode is {mode}" if telemetry_only else None

    def can_trip(self, key: str) -> bool:
        """Say whether a component is a device that can switch itself off."""
        return key in self._places.controls or key in self._places.batteries

    def trip(self, key: str, why: Diagnostic | None) -> None:
        """Switch a device off, or on again with None."""
        self.tripped.pop(key, None)
        if why is not None:
            self.tripped[key] = why
        self._reconnect(key)

    def impair(self, key: str, impairment: Impairment) -> None:
        """Let a device be broken from now on in one way, in place of any other."""
        self._know()
        self.impairments.set(key, impairment)
        self.look_again()

    def unbalance(self, key: str, spread: float) -> None:
        """Let the fullest cell of a battery be farther from the emptiest by a part of the capacity [1]."""
        self.impairments.unbalance(key, spread)
        self._forget_flows()

    def next_car_us(self, key: str) -> int | None:
        """Return when a car comes to a charger next [µs]; now if one is there, None if none comes within a year."""
        name = f"{key}.session_id"
        signal, time_us = self.overrides.get(name) or self.inputs[name], self.time_us
        while signal.at(time_us) <= 0.0:
            time_us = signal.until(time_us)
            if time_us - self.time_us > _YEAR_US:
                return None
        return time_us

    def error(self, key: str) -> Diagnostic | None:
        """Return what has switched a component off by itself, or None."""
        return self.error_in(key, self.activity(key))

    def error_in(self, key: str, activity: Activity | None) -> Diagnostic | None:
        """Return what has switched a component off by itself, given its activity; see `error`."""
        links = self._memory.fuses if key == self.equipment.grid_key else ()
        melted = [number for number, link in enumerate(links, 1) if link.condition == MELTED] if links else ()
        if melted:
            phases = ", ".join(f"L{phase}" for phase in melted)
            return Diagnostic("FUSE_ERROR", f"the fuse of {phases} at {key} has melted")
        if activity is Activity.FAULT:
            return Diagnostic("SWITCH_ON_FAULT", f"{key} has failed to start")
        battery = self._places.batteries.get(key)
        if battery is None or key in self.tripped:
            return self.tripped.get(key)
        self._know()
        return trip_diagnostic(key, self._memory.bms[battery].trip)

    def clear_fault(self, key: str) -> None:
        """Tell a machine's own controls, for one control cycle, that its fault is acknowledged."""
        self.override(key, "acknowledge", Override(self.time_us, 1.0, self.time_us + CONTROL_CYCLE_US, 0.0))

    def warnings(self, key: str) -> tuple[Diagnostic, ...]:
        """Return what the management system of a battery warns of; nothing for any other component."""
        if key not in self._places.batteries:
            return ()
        self._know()
        return warning_diagnostics(self._memory.bms[self._places.batteries[key]].warnings)

    def acknowledge(self, key: str) -> str | None:
        """Clear the trip of a battery's management system, whose relays stay open.

        Returns:
            Why it cannot be cleared yet; None if it can, or there is none.
        """
        battery = self._places.batteries.get(key)
        self._know()
        if battery is None or self._memory.bms[battery].trip == NO_TRIP:
            return None
        if not would_clear(self._layout, self._memory, battery):
            state, bms, params = self.battery(key), self._memory.bms[battery], self.equipment.managements[key]
            voltage_v = battery_terminal(self.equipment.batteries[key], state, 0.0).voltage_v
            return lasting_cause(params, bms.trip, bms.relays, state, voltage_v)
        acknowledge_trip(self._layout, self._memory, battery)
        self._forget_flows()
        return None

    def replace_fuses(self) -> None:
        """Put new links in the place of those at the grid connection point that have melted."""
        replace_fuses(self._layout, self._memory)
        self._forget_flows()

    def position(self, key: str) -> Position:
        """Return how far a component is switched on."""
        battery = self._places.batteries.get(key)
        if battery is not None:
            self._know()
            return position_of(self._memory.bms[battery].relays)
        return self._positions.get(key, Position.ON)

    def heads_for(self, key: str) -> Position:
        """Return whether the management system of a battery wants its relays closed, `ON`, or open, `OFF`."""
        return position_of(self._memory.bms[self._places.batteries[key]].wanted)

    def want(self, key: str, position: Position) -> None:
        """Let the management system of a battery close (`ON`) or open (`OFF`) its relays in its own time."""
        wanted = RELAYS_CLOSED if position is Position.ON else RELAYS_OPEN
        want_relays(self._layout, self._memory, self._places.batteries[key], wanted)
        self._forget_flows()

    def switch(self, key: str, position: Position) -> None:
        """Bring the relays of a component into a position; those of a battery are open at once, or see `want`."""
        if key in self._places.batteries:
            assert position is Position.OFF
            open_relays_at_once(self._layout, self._memory, self._places.batteries[key])
            self._forget_flows()
            return
        self._positions.pop(key, None)
        if position is not Position.ON:
            self._positions[key] = position
        self._reconnect(key)

    def is_cut_off(self, key: str) -> bool:
        """Say whether a component is on the AC side and the grid does not reach it."""
        self._look_at_inputs()
        return bool(self._memory.components[self._places.components[key]].is_cut_off)

    def in_service(self, key: str) -> bool:
        """Say whether a component is switched on, whole, and reached by the grid if it is on the AC side."""
        self._look_at_inputs()
        is_on = key not in self._places.batteries or self.position(key) is Position.ON
        return is_on and is_live(self._memory, self._places.components[key])

    def is_settled(self, key: str) -> bool:
        """Say whether all set-points of a device have arrived and its ramp has ended, or cannot go on."""
        if not self.in_service(key):
            return self.position(key) is not Position.SWITCHING_ON
        is_stuck = self.held_off_by(key) or not is_ramping(self._memory, self._places.controls[key])
        return bool(is_stuck) and not self._pending.get(key) and self.activity(key) is not Activity.STEPPING

    def has_reached(self, key: str, power_type: PowerType) -> bool:
        """Say whether a device does what its last set-point asks for.

        A set-point that is a limit, as for photovoltaics, is reached when the output keeps it. One below the minimum
        load is reached when the device does not run; a machine that starts has taken on what it is told, and
        comes to it by itself.
        """
        number, flow = self._places.controls[key], self.flows().ac[key]
        rating = self.equipment.ratings[key]
        tolerance = TARGET_TOLERANCE * rating.size
        if not self.in_service(key):
            return False
        if power_type is PowerType.REACTIVE:
            target_var = self._memory.controls[number].reactive_target_var
            if key in self.equipment.machines and self.equipment.machines[key].reactive_range_var is not None:
                lower_var, upper_var = self.reactive_power_bounds(key)
                target_var = min(max(target_var, lower_var), upper_var)
            return abs(flow.reactive_var - target_var) <= max(tolerance, rating.resolution_w)
        target_w = self._memory.controls[number].target_w
        if rating.is_limit:
            least_w = max(rating.active.lower, 0.0) if rating.active else 0.0
            # A charger that is told its least current at the nominal voltage has what that makes now.
            above = max(self._highest_phase_v() / rating.told_at_v, 1.0) if rating.told_at_v > 0.0 else 1.0
            return abs(flow.active_w) <= max(above * abs(target_w), least_w) + tolerance
        if abs(target_w) < rating.minimum_w:
            return abs(flow.active_w) < rating.minimum_w
        if self.activity(key) in (Activity.STARTING, Activity.WARMING_UP):
            return True
        return abs(flow.active_w - target_w) <= tolerance

    def _highest_phase_v(self) -> float:
        self._know()
        return max(self._memory.inputs[signal] for signal in self._layout.phase_voltage_signals)

    def is_idle(self, key: str) -> bool:
        """Say whether a device converts nothing at present."""
        power_w = self.active_power_w(key)
        if key in self._places.inverters:
            return self._memory.inverters[self._places.inverters[key]].dc_w == 0.0
        # What only produces draws its standby while it rests.
        return power_w >= 0.0 if self.equipment.ratings[key].only_produces else power_w == 0.0

    def dc_power_w(self, key: str) -> float:
        """Return the power through something between inverters and batteries [W]."""
        return sum_towards_inverters(self.flows().battery_dc_w, self.wiring, self.closed_ways())[key]

    def gather(self, *, extremes: bool = False) -> Gathered:
        """Begin to gather what flows from now on, until `follow_no_more`.

        Args:
            extremes: Whether to find least and greatest values, besides means.
        """
        gathered = Gathered(self._layout, self.time_us, extremes=extremes)
        self.follow(gathered)
        return gathered

    def follow(self, follower: FlowFollower) -> None:
        """Show somebody all that flows, step by step."""
        self._followers.append(follower)

    def follow_no_more(self, follower: FlowFollower) -> None:
        """Show it no longer."""
        self._followers.remove(follower)

    def closed_ways(self) -> dict[str, tuple[str, ...]]:
        """Return for each component those on the grid's side of it that conduct; all of them if none does."""
        return {key: self._closed_parents(key) for key in self.wiring.order}

    def advance(self, time_us: int) -> None:
        """Carry the plant to a later simulated time [µs]; an earlier one changes nothing."""
        memory, layout, machines = self._memory, self._layout, self._bound
        while memory.time_us < time_us:
            self._know()
            end_us = min(time_us, memory.holds_until_us)
            for pending in self._pending.values():
                end_us = min(end_us, pending[0].due_us)
            for follower in self._followers:
                follower.take(layout, memory, end_us)
            integrate(layout, memory, machines, end_us)
            if not memory.is_known:
                self._drop_named()
            if self._pending:
                self._receive_set_points()
            if needs_control(layout, memory):
                self._know()
                control(layout, memory)

    def _know(self) -> None:
        memory = self._memory
        if not memory.is_known:
            self._look_at_inputs()
            solve(self._layout, memory, self._bound)

    def _look_at_inputs(self) -> None:
        memory, now_us = self._memory, self._memory.time_us
        if now_us < memory.next_input_us:
            return
        driven: dict[str, Override] = {**self.overrides, **self.impairments.held_inputs}
        signals = [driven.get(name, signal) for name, signal in self.inputs.items()]
        memory.inputs[:] = [signal.at(now_us) for signal in signals]
        memory.next_input_us = min(signal.until(now_us) for signal in signals)
        take_in_grid(self._layout, memory)

    def _forget_flows(self) -> None:
        self._memory.is_known = 0
        self._drop_named()

    def _drop_named(self) -> None:
        self._flows = None
        self._voltages = None

    def _reconnect(self, key: str) -> None:
        """Take in what has been switched; what is out of service begins at no power when it comes back."""
        memory = self._memory
        is_open = key in self._positions or key in self.tripped
        memory.components[self._places.components[key]].is_closed = int(not is_open)
        reconnect(self._layout, memory)
        self._forget_flows()

    def _closed_parents(self, key: str) -> tuple[str, ...]:
        parents = self.wiring.parents[key]
        return tuple(parent for parent in parents if self.in_service(parent)) or parents

    def _bound_to(self, model: DeviceModel, members: Machines) -> Any:
        """Return what is bound to a model, which is watched if another package has brought it."""
        keys = self._members(members.component)
        kind = type_of(self.site.components[keys[0]])
        if kind.package is None:
            return bound(model)

        def whose(state: Any) -> str:
            return ", ".join(key for key, own in zip(keys, members.states, strict=True) if own is state)

        return bind(watched(model, kind, whose))

    def _members(self, components: object) -> list[str]:
        keys = self.wiring.order
        return [keys[component] for component in components]  # type: ignore[attr-defined]

    def _wire_inputs(self, ambient: Signal, start_us: int, seed: int) -> dict[str, Signal]:
        return {
            AMBIENT: ambient,
            **self.equipment.inputs(),
            **air_inputs(self.site, self.equipment.wanted_inputs(), start_us=start_us, seed=seed),
            **sensor_inputs(self.site, start_us=start_us, seed=seed),
        }

    def _receive_set_points(self) -> None:
        for key in list(self._pending):
            pending = self._pending[key]
            while pending and pending[0].due_us <= self.time_us:
                self._take(key, pending[0])
                pending = pending[1:]
            if pending:
                self._pending[key] = pending
            else:
                del self._pending[key]

    def _take(self, key: str, arrived: PendingSetPoint) -> None:
        control, rating = self._memory.controls[self._places.controls[key]], self.equipment.ratings[key]
        if arrived.power_type is PowerType.REACTIVE:
            control.reactive_target_var = as_taken(rating, arrived.power, default=0.0)
        else:
            control.target_w = active_as_taken_w(rating, arrived.power)
            control.follows_meter = int(arrived.power is None)
        self._forget_flows()

    def _reach(self, key: str) -> Bounds:
        self._know()
        number = self._places.controls[key]
        lower_w = least_w(self._layout, self._memory, number)
        return Bounds(lower_w, self._memory.controls[number].reach_upper_w)

    def _named_flows(self) -> Flows:
        memory, places = self._memory, self._places
        return Flows(
            ac={
                key: PhasePower(
                    flow.active_1, flow.active_2, flow.active_3,
                    flow.reactive_1, flow.reactive_2, flow.reactive_3,
                )
                for key, flow in zip(places.components, memory.components, strict=True)
            },
            battery_dc_w={
                key: battery.dc_w for key, battery in zip(places.batteries, memory.batteries, strict=True)
            },
            inverter_dc_w={
                key: inverter.dc_w for key, inverter in zip(places.inverters, memory.inverters, strict=True)
            },
            battery_limits={
                key: Bounds(battery.lower_w, battery.upper_w)
                for key, battery in zip(places.batteries, memory.batteries, strict=True)
            },
            reach={
                key: Bounds(least_w(self._layout, memory, number), memory.controls[number].reach_upper_w)
                for key, number in places.controls.items()
            },
        )  # fmt: skip


def _given_ranges(keys: Mapping[str, int], ranges: Sequence[Ranges | None]) -> dict[str, Ranges]:
    return {key: given for key, given in zip(keys, ranges, strict=True) if given is not None}
