"""The running hardware of a site: every device with its state, stepped from event to event.

The rules of what flows are the kernel's (`sim.kernel`); here devices have names. What there is to be known of them and
to be done with them is said by the parts of the plant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...models.ageing import AgeingState
from ...models.battery import BatteryState
from ...models.bms import BmsState
from ..components.device import AMBIENT
from ..components.device_model import DeviceModel
from ..domain.categories import OperationalMode
from ..domain.states import Diagnostic
from ..files.presets import own_presets
from ..inputs.override import Override
from ..inputs.segments import averaged
from ..inputs.signal import NEVER, Signal
from ..kernel.layout import Layout, Machines
from ..kernel.memory import Memory
from ..kernel.metering import begin_metering
from ..kernel.steps import begin_recordings, needs_control, pass_time
from ..network.line_rows import line_rows
from ..network.wiring import Wiring, wire
from ..site.environment import air_inputs, ambient_signal, grid_facts, sensor_inputs
from ..site.site import Site
from .allowed_power import AllowedPower, AllowedPowerState
from .capability import Capability
from .equipment import Equipment, equip
from .gathered import FlowFollower, Gathered
from .impairments import Impairments
from .inputs import Inputs
from .numbering import CONTROL_CYCLE_US, Places, first_memory, number_site
from .operating_point import OperatingPoint
from .protection import Protection
from .readings import Readings
from .running_machines import RunningMachines, bound_machines
from .set_points import SetPointsUnderWay
from .state import PlantState, keep_numbers, restore_numbers
from .state_check import Expected, check_plant_state
from .switching import Switching
from .tracking import Tracking


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
        end_us: int = NEVER,
    ) -> None:
        """Build the devices of a site.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch].
            seed: Of all noise.
            cycle_us: Ramps and built-in controls move once in this, counted as in `number_site` [µs].
            resolution_us: Inputs are averaged over intervals of this length from the start on, if it is longer than
                a second [µs].
            end_us: Where the last of these intervals ends, however short it is [µs].

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
        signals = {
            name: averaged(signal, resolution_us, start_us, end_us)
            for name, signal in self._wire_inputs(ambient, start_us, seed).items()
        }
        order = {key: number for number, key in enumerate(self.wiring.order)}
        lines = line_rows(site, order, self.equipment.throughput, grid_facts(site).frequency_hz)
        numbered = number_site(self.wiring, self.equipment, lines, signals, cycle_us, start_us)
        self._places, self._layout, self._machines = numbered
        present = [signal.at(start_us) for signal in signals.values()]
        self._memory = first_memory(numbered, self.equipment, present, start_us)
        self._memory.next_input_us = start_us
        self._followers: list[FlowFollower] = []
        self._assemble(signals)
        if self._layout.recorded and cycle_us > CONTROL_CYCLE_US:
            self.operating_point.solve()
            begin_recordings(self._layout, self._memory)
        if self.equipment.meterings:
            self.operating_point.solve()
            begin_metering(self._layout, self._memory)

    def _assemble(self, signals: Mapping[str, Signal]) -> None:
        equipment, wiring, places = self.equipment, self.wiring, self._places
        layout, memory = self._layout, self._memory
        self.inputs = Inputs(signals, equipment.machines, layout, memory)
        """What drives the site."""
        bound = bound_machines(self.site, wiring.order, self._machines)
        self.operating_point = point = OperatingPoint(places, layout, memory, bound, self.inputs)
        """What flows now, as numbers."""
        self.impairments = Impairments(equipment, point, self.inputs)
        """What is broken of devices."""
        self.machines = RunningMachines(equipment.machines, wiring.order, point)
        """States of machines."""
        self.switching = Switching(wiring, point, self.inputs)
        """Who is switched on."""
        self.protection = Protection(equipment, point, self.inputs, self.machines, self.switching)
        """What has switched itself off."""
        self.readings = Readings(equipment, wiring, point, self.switching)
        """What flows now, by name."""
        self.capability = Capability(equipment, point, self.machines, self.switching)
        """What devices could have."""
        self.allowed_power = AllowedPower(point)
        """What clients have left of it."""
        self.set_points = SetPointsUnderWay(equipment.ratings, self.capability.rating_now, point, self.seed)
        """What devices are told."""
        self.tracking = Tracking(
            equipment, point, self.set_points, self.machines, self.switching, self.capability, self.readings
        )
        """Whether they do it."""

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
        """All that the kernel runs by, for whoever runs it in the plant's place and lets it `look_again` then.

        Whoever reads what flows finds `layout` and `memory` at the `operating_point`.
        """
        return self._layout, self._memory, self._machines

    @property
    def places(self) -> Places:
        """Where everything stands in `numbers`."""
        return self._places

    def advance(self, time_us: int) -> None:
        """Carry the plant to a later simulated time [µs]; an earlier one changes nothing."""
        self.advance_to_look(time_us)
        self.operating_point.battery_states.carry()

    def advance_to_look(self, time_us: int) -> None:
        """Carry the plant to a later simulated time [µs] at which nobody does more than look at some of it.

        Batteries are carried as `readings` are asked for them.
        """
        memory, point = self._memory, self.operating_point
        while memory.time_us < time_us:
            point.solve()
            self._take_step(self.set_points.next_due_us(min(time_us, memory.holds_until_us)))

    def advance_whole_steps(self, time_us: int, is_enough: Callable[[], bool]) -> bool:
        """Carry the plant towards a time as `advance` would do first, without a step that only the time itself ends.

        Args:
            time_us: Simulated time [µs], up to which nobody changes anything from outside.
            is_enough: Asked before each step.

        Returns:
            Whether no whole step is left.
        """
        memory, point = self._memory, self.operating_point
        while memory.time_us < time_us:
            if is_enough():
                return False
            point.solve()
            end_us = self.set_points.next_due_us(memory.holds_until_us)
            if end_us > time_us:
                break
            self._take_step(end_us)
        return True

    def _take_step(self, end_us: int) -> None:
        """Carry the plant to a time until which what flows now holds [µs]."""
        memory, layout, point = self._memory, self._layout, self.operating_point
        for follower in self._followers:
            follower.take(layout, memory, end_us)
        point.battery_states.come_to(end_us)
        pass_time(layout, memory, point.machines, end_us)
        self.set_points.receive()
        if needs_control(layout, memory):
            point.control()

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

    def refusal(self, key: str) -> str | None:
        """Say why a component takes no commands whatever its state, or return None if it does."""
        mode = self.site.components[key].operational_mode
        telemetry_only = mode in (OperationalMode.INACTIVE, OperationalMode.TELEMETRY_ONLY)
        return f"its operational mode is {mode}" if telemetry_only else None

    def override(self, component: str, quantity: str, override: Override | None) -> None:
        """Override an input; see `Inputs.override`."""
        self.inputs.override(component, quantity, override)

    def can_trip(self, key: str) -> bool:
        """Say whether a component is a device that can switch itself off."""
        return key in self._places.controls or key in self._places.batteries

    def trip(self, key: str, why: Diagnostic | None) -> None:
        """Switch a device off, or on again with None."""
        self.switching.trip(key, why)

    def save(self) -> PlantState:
        """Return a copy of what the plant remembers, to restore later."""
        self.operating_point.battery_states.carry()
        memory, allowed = self._memory, self.allowed_power.save()
        impairments, failed_relays = self.impairments.save()
        return PlantState(
            components=self.wiring.order,
            numbers=keep_numbers(memory),
            batteries=dict(zip(self._places.batteries, memory.battery_states, strict=True)),
            managements=dict(zip(self._places.batteries, memory.bms_states, strict=True)),
            ageings=dict(zip(self.equipment.ageings, memory.ageing_states, strict=True)),
            machines=self.machines.save(),
            allowed_w=allowed.active_w,
            allowed_var=allowed.reactive_var,
            allowed_dc_w=allowed.dc_w,
            pending=self.set_points.save(),
            overrides=dict(self.inputs.overrides),
            tripped=dict(self.switching.tripped),
            positions=dict(self.switching.positions),
            impairments=impairments,
            failed_relays=failed_relays,
        )

    def check(self, state: PlantState) -> None:
        """Refuse a state that no plant of this site can have.

        Raises:
            ValueError: Says where, what was found and what would be accepted.
        """
        check_plant_state(state, Expected(self.save(), self.inputs.signals, self.machines.kinds()))

    def restore(self, state: PlantState) -> None:
        """Go on from a saved state, which `check` has seen."""
        memory = self._memory
        restore_numbers(memory, state.numbers)
        memory.battery_states[:] = [BatteryState(*state.batteries[key]) for key in self._places.batteries]
        memory.bms_states[:] = [BmsState(*state.managements[key]) for key in self._places.batteries]
        memory.ageing_states[:] = [AgeingState(*state.ageings[key]) for key in self.equipment.ageings]
        self.machines.restore(state.machines)
        self.allowed_power.restore(AllowedPowerState(state.allowed_w, state.allowed_var, state.allowed_dc_w))
        self.set_points.restore(state.pending)
        self.inputs.overrides = dict(state.overrides)
        self.switching.restore(state.positions, state.tripped)
        self.impairments.restore(state.impairments, state.failed_relays)
        self.inputs.read_again()
        self.operating_point.replaced()

    def _wire_inputs(self, ambient: Signal, start_us: int, seed: int) -> dict[str, Signal]:
        return {
            AMBIENT: ambient,
            **self.equipment.inputs(),
            **air_inputs(self.site, self.equipment.wanted_inputs(), start_us=start_us, seed=seed),
            **sensor_inputs(self.site, start_us=start_us, seed=seed),
        }
