"""What flows in a running plant, what its batteries and meters show, and what has been counted."""

from __future__ import annotations

from ...models.ac import ThreePhase
from ...models.battery import BatteryOutput, BatteryState
from ...models.meter import MeterOutput, meter_reading
from ...models.soc_estimate import taken_soc
from ..components.recordings import Astray
from ..domain.phases import PhasePower
from ..domain.ranges import Bounds
from ..kernel.ac_bus import active_w, reactive_var
from ..kernel.auxiliary import cells_w, shown_by_cells
from ..kernel.grid import line_voltage_v, voltage_v
from ..kernel.memory import FOLLOWED
from ..kernel.metering import meter_input, metering_state
from ..kernel.reach import reach_w
from ..network.wiring import Wiring, sum_towards_inverters
from .equipment import Equipment
from .operating_point import OperatingPoint
from .state import Flows, Registers, Voltages
from .switching import Switching

_DARK = ThreePhase(0.0, 0.0, 0.0)


class Readings:
    """What there is to be read of a plant now, by key."""

    def __init__(
        self, equipment: Equipment, wiring: Wiring, point: OperatingPoint, switching: Switching
    ) -> None:
        """Look at a plant.

        Args:
            equipment: Its devices.
            wiring: How they are connected.
            point: What flows now.
            switching: Which ways conduct.
        """
        self._equipment = equipment
        self._wiring = wiring
        self._point = point
        self._switching = switching
        self._memory = point.memory
        self._places = point.places
        self._flows: Flows | None = None
        self._flows_at = -1
        """Generation of the operating point that they are of."""
        self._voltages: dict[int, Voltages] = {}
        """By node; of a site without lines, one for all."""
        self._voltages_at = -1
        self._terminals: dict[str, tuple[BatteryState, float, BatteryOutput]] = {}
        self._meter_outputs: dict[str, tuple[tuple[int, int], MeterOutput]] = {}
        """With the time [µs] and the generation that they are of."""

    def flows(self) -> Flows:
        """Return what flows now."""
        self._point.solve()
        if self._flows is None or self._flows_at != self._point.generation:
            self._flows_at = self._point.generation
            self._flows = self._named_flows()
        return self._flows

    def astray(self) -> tuple[Astray, ...]:
        """Return what did not always do what its recording says, beside what a client told it."""
        rows = ((key, self._memory.recorded[number]) for key, number in self._places.recorded.items())
        return tuple(
            Astray(
                key,
                row.first_us,
                row.astray_s,
                row.astray_wh,
                row.most_w,
                self._equipment.ratings[key].is_limit,
            )
            for key, row in rows
            if row.first_us != FOLLOWED
        )

    def voltages(self, key: str) -> Voltages:
        """Return the voltages at a component now; those that the grid offers if it does not reach it."""
        point = self._point
        point.solve()
        layout, memory = point.layout, self._memory
        if self._voltages_at != point.generation:
            self._voltages_at = point.generation
            self._voltages.clear()
        node = layout.components[self._places.components[key]].node
        found = self._voltages.get(node)
        if found is None:
            component = layout.grid if node < 0 else layout.nodes[node].component
            found = self._voltages[node] = Voltages(
                ThreePhase(*(voltage_v(layout, memory, component, phase) for phase in range(3))),
                ThreePhase(*(line_voltage_v(layout, memory, component, phase) for phase in range(3))),
            )
        return found

    def phase_voltages(self, key: str) -> ThreePhase:
        """Return the voltages to neutral at a component [V]; 0 where the grid does not reach it."""
        voltages = self.voltages(key)
        return _DARK if self._switching.is_cut_off(key) else voltages.phases_v

    def active_power_w(self, key: str) -> float:
        """Return the active power that flows through a component on the AC side now [W]."""
        self._point.solve()
        return active_w(self._memory, self._places.components[key])

    def reactive_power_var(self, key: str) -> float:
        """Return the reactive power that flows through a component on the AC side now [var]."""
        self._point.solve()
        return reactive_var(self._memory, self._places.components[key])

    def dc_power_w(self, key: str) -> float:
        """Return the power through something between inverters and batteries [W]."""
        ways = self._switching.closed_ways()
        return sum_towards_inverters(self.flows().battery_dc_w, self._wiring, ways)[key]

    def is_idle(self, key: str) -> bool:
        """Say whether a device converts nothing at present."""
        power_w = self.active_power_w(key)
        if key in self._places.inverters:
            return self._memory.inverters[self._places.inverters[key]].dc_w == 0.0
        # What only produces draws its standby while it rests.
        return power_w >= 0.0 if self._equipment.ratings[key].only_produces else power_w == 0.0

    def registers(self, key: str) -> Registers:
        """Return the energy that has flowed through a component on the AC side since the start."""
        counted = self._memory.components[self._places.components[key]]
        return Registers(counted.consumed_wh, counted.delivered_wh)

    def battery(self, key: str) -> BatteryState:
        """Return the state of a battery."""
        return self._memory.battery_states[self._places.batteries[key]]

    def soc(self, key: str) -> float:
        """Return what the management system of a battery takes its SoC for."""
        number = self._places.batteries[key]
        return taken_soc(self._memory.battery_states[number].soc, self._memory.batteries[number].soc_error)

    def terminal(self, key: str) -> BatteryOutput:
        """Return what the cells of a battery show at their terminals now."""
        self._point.solve()
        number = self._places.batteries[key]
        state, now = self._memory.battery_states[number], self._memory.batteries[number]
        power_w = cells_w(now)
        found = self._terminals.get(key)
        if found is None or found[0] is not state or found[1] != power_w:
            shown = shown_by_cells(self._point.layout, self._memory, number)
            found = self._terminals[key] = state, power_w, shown
        return found[2]

    def meter_output(self, key: str) -> MeterOutput | None:
        """Return what a meter with options of its own shows now; None for any other component."""
        if key not in self._equipment.meterings:
            return None
        self._point.solve()
        now = (self._memory.time_us, self._point.generation)
        found = self._meter_outputs.get(key)
        if found is None or found[0] != now:
            found = self._meter_outputs[key] = now, self._measured(key)
        return found[1]

    def _measured(self, key: str) -> MeterOutput:
        metering, number = self._equipment.meterings[key], list(self._equipment.meterings).index(key)
        layout, memory = self._point.layout, self._memory
        state = metering_state(layout, memory, number)
        given = meter_input(layout, memory, self._places.components[key])
        return meter_reading(metering.params, state, given, metering.noise(memory.time_us))

    def _named_flows(self) -> Flows:
        layout, memory, places = self._point.layout, self._memory, self._places
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
                key: Bounds(*reach_w(layout, memory, number)) for key, number in places.controls.items()
            },
        )  # fmt: skip
