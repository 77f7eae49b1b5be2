"""The running hardware of a site: every device with its state, stepped from event to event.

Powers are found at the beginning of a step and hold until its end; a step ends where anything changes: an
input, a set-point that arrives, a control cycle of a ramp, a battery that reaches a limit. So energies add up
exactly, however often the plant is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..models.battery import (
    BatteryInput,
    battery_horizon_s,
    battery_initial_state,
    battery_power_limits,
    battery_step,
)
from ..models.inverter import reactive_limit_var
from ..models.throughput import ThroughputParams
from .ac_flow import NOTHING, PhasePower, spread, sum_towards_grid
from .dc_side import DcFlows, DcSide, reach_w, solve_dc
from .device_control import ControlState, PendingSetPoint, held_w, ramp, receive, send
from .drives import Drive
from .equipment import Equipment, equip
from .graph import grid_key
from .inputs.signal import Constant, Signal
from .plant_state import Flows, PlantState, Registers
from .ranges import Ranges
from .sensors import sensor_inputs
from .site import Battery, GridConnectionPoint, PvInverter, Site
from .surroundings import ambient_signal
from .switchgear import Position, connections_without
from .vocabulary import Bounds, Diagnostic, Metric, OperationalMode, PowerType
from .wiring import Wiring, sum_towards_inverters, wire

CONTROL_CYCLE_US = 100_000
"""Ramps move in steps of this length, on a grid that no observer can shift [µs]."""
TARGET_TOLERANCE = 0.02
"""A set-point counts as reached within this part of the rating [1]."""
LONGEST_STEP_US = 60_000_000
"""Nonlinear states are brought up to date at least this often [µs]."""


class Plant:
    """A site's devices on their wires."""

    def __init__(self, site: Site, *, start_us: int, seed: int) -> None:
        """Build the devices of a site.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch].
            seed: Of all noise.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
        """
        self.site = site
        self.wiring: Wiring = wire(site)
        self.equipment: Equipment = equip(site, start_us=start_us, seed=seed)
        self._inputs: dict[str, Signal] = self._wire_inputs(start_us, seed)
        self._state = self._initial_state(start_us)
        self._breakpoint_us = start_us
        self._connections = connections_without(self.wiring, ())

    @property
    def time_us(self) -> int:
        """Simulated time up to which the plant has come [µs]."""
        return self._state.time_us

    @property
    def state(self) -> PlantState:
        """What the plant remembers now."""
        return self._state

    def save(self) -> PlantState:
        """Return a copy of what the plant remembers, to restore later."""
        state = self._state
        return state._replace(
            batteries=dict(state.batteries),
            controls=dict(state.controls),
            registers=dict(state.registers),
            drives=dict(state.drives),
            tripped=dict(state.tripped),
            charges=dict(state.charges),
            positions=dict(state.positions),
            allowed_dc_w=dict(state.allowed_dc_w),
        )

    def restore(self, state: PlantState) -> None:
        """Go on from a saved state."""
        self._state = state
        self._state = self.save()
        self._breakpoint_us = state.time_us
        self._connections = connections_without(self.wiring, self._open_keys())

    def flows(self) -> Flows:
        """Return what flows now."""
        if self._state.flows is None:
            flows = self._solve()
            self._state = self._state._replace(flows=flows, holds_until_us=self._next_change_us(flows))
            return flows
        return self._state.flows

    def active_power_bounds(self, key: str) -> Bounds:
        """Return the active power that a device that takes set-points could have now [W]: rating and reach."""
        rated = self.equipment.ratings[key].active or Bounds(0.0, 0.0)
        reach = self.flows().reach[key]
        return Bounds(
            min(max(reach.lower, rated.lower), max(rated.lower, 0.0)),
            max(min(reach.upper, rated.upper), min(rated.upper, 0.0)),
        )

    def reactive_power_bounds(self, key: str) -> Bounds:
        """Return the reactive power that a device offers beside its present active power [var]."""
        active_w = self.flows().ac[key].active_w
        if key in self.equipment.flexible:
            return self.equipment.flexible[key].reactive_bounds(active_w)
        limit = reactive_limit_var(self.equipment.inverters[key], active_w)
        return Bounds(-limit, limit)

    def allow(self, key: str, metric: Metric, ranges: Ranges | None) -> None:
        """Keep the power of a component within ranges; None for all that it can.

        Args:
            key: Of the component.
            metric: `AC_POWER_ACTIVE` [W] or `AC_POWER_REACTIVE` [var] of a device that takes set-points,
                `DC_POWER` [W] of a battery.
            ranges: Ascending. Between two ranges a battery may still be: only its outer edges are kept.
        """
        state = self._state
        if metric is Metric.DC_POWER:
            state.allowed_dc_w.pop(key, None)
            if ranges is not None:
                state.allowed_dc_w[key] = ranges
        elif metric is Metric.AC_POWER_ACTIVE:
            state.controls[key] = state.controls[key]._replace(allowed_w=ranges)
        else:
            state.controls[key] = state.controls[key]._replace(allowed_var=ranges)
        self._forget_flows()

    def send_set_point(self, key: str, power_type: PowerType, power: float | None) -> None:
        """Send a set-point to a device; it arrives after the response delay.

        Args:
            key: Of the device.
            power_type: Axis of the set-point.
            power: In W or var; None returns the axis to its default.
        """
        controls = self._state.controls
        set_point = PendingSetPoint(0, power_type, power)
        controls[key] = send(controls[key], self.equipment.ratings[key], self.time_us, set_point)
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
        signal = self._state.drives.get(name) or self._inputs.get(name)
        if signal is None:
            raise ValueError(f"no input {name!r}; accepted: {', '.join(self._inputs)}")
        return signal.at(self.time_us)

    def drive(self, component: str, quantity: str, drive: Drive | None) -> None:
        """Take an input into one's own hands, or give it back with None; see `Simulation.drive`.

        Raises:
            ValueError: If there is no such input; says which there are.
        """
        self.input_value(component, quantity)
        name = f"{component}.{quantity}"
        self._state.drives.pop(name, None)
        if drive is not None:
            self._state.drives[name] = drive
        self._breakpoint_us = self.time_us
        self._forget_flows()

    def refusal(self, key: str) -> str | None:
        """Say why a component takes no commands whatever its state, or return None if it does."""
        mode = self.site.components[key].operational_mode
        telemetry_only = mode in (OperationalMode.INACTIVE, OperationalMode.TELEMETRY_ONLY)
        return f"its operational mode is {mode}" if telemetry_only else None

    def can_trip(self, key: str) -> bool:
        """Say whether a component is a device that can switch itself off."""
        return key in self._state.controls or key in self._state.batteries

    def trip(self, key: str, why: Diagnostic | None) -> None:
        """Switch a device off, or on again with None."""
        self._state.tripped.pop(key, None)
        if why is not None:
            self._state.tripped[key] = why
        self._reconnect()

    def position(self, key: str) -> Position:
        """Return how far a component is switched on."""
        return self._state.positions.get(key, Position.ON)

    def switch(self, key: str, position: Position) -> None:
        """Bring the relays of a component into a position."""
        self._state.positions.pop(key, None)
        if position is not Position.ON:
            self._state.positions[key] = position
        self._reconnect()

    def is_cut_off(self, key: str) -> bool:
        """Say whether a component is on the AC side and the grid does not reach it."""
        return key in self._connections.cut_off

    def in_service(self, key: str) -> bool:
        """Say whether a component is switched on, whole, and reached by the grid if it is on the AC side."""
        state = self._state
        return key not in state.positions and key not in state.tripped and not self.is_cut_off(key)

    def is_settled(self, key: str) -> bool:
        """Say whether all set-points of a device have arrived and its ramp has ended, or cannot go on."""
        control = self._state.controls[key]
        if not self.in_service(key):
            return self.position(key) is not Position.SWITCHING_ON
        return not control.pending and not control.is_moving

    def has_reached(self, key: str, power_type: PowerType) -> bool:
        """Say whether a device does what its last set-point asks for.

        A set-point that is a limit, as for photovoltaics, is reached when the output keeps it.
        """
        control, flow = self._state.controls[key], self.flows().ac[key]
        rating = self.equipment.ratings[key]
        tolerance = TARGET_TOLERANCE * rating.size
        if not self.in_service(key):
            return False
        if power_type is PowerType.REACTIVE:
            return abs(flow.reactive_var - control.reactive_target_var) <= tolerance
        if rating.is_limit:
            return abs(flow.active_w) <= abs(control.target_w) + tolerance
        return abs(flow.active_w - control.target_w) <= tolerance

    def is_idle(self, key: str) -> bool:
        """Say whether a device converts nothing at present."""
        flows = self.flows()
        if key in flows.inverter_dc_w:
            return flows.inverter_dc_w[key] == 0.0
        produces_only = isinstance(self.site.components[key], PvInverter)
        return flows.ac[key].active_w >= 0.0 if produces_only else flows.ac[key].active_w == 0.0

    def dc_power_w(self, key: str) -> float:
        """Return the power through something between inverters and batteries [W]."""
        through = sum_towards_inverters(self.flows().battery_dc_w, self.wiring, self._connections.parents)
        return through[key]

    def advance(self, time_us: int) -> None:
        """Carry the plant to a later simulated time [µs]; an earlier one changes nothing."""
        while self.time_us < time_us:
            flows = self.flows()
            self._integrate(flows, min(time_us, self._state.holds_until_us))
            self._receive_set_points()
            self._ramp()

    def _forget_flows(self) -> None:
        self._state = self._state._replace(flows=None)

    def _open_keys(self) -> set[str]:
        return {*self._state.positions, *self._state.tripped}

    def _reconnect(self) -> None:
        """Take in what has been switched; what is out of service begins at no power when it comes back."""
        self._connections = connections_without(self.wiring, self._open_keys())
        for key, control in self._state.controls.items():
            if not self.in_service(key):
                self._state.controls[key] = control._replace(setting_w=0.0)
        self._forget_flows()

    def _wire_inputs(self, start_us: int, seed: int) -> dict[str, Signal]:
        grid = grid_key(self.site)
        connection = self.site.components[grid]
        assert isinstance(connection, GridConnectionPoint)
        return {
            "site.ambient_temperature": ambient_signal(self.site, start_us=start_us, seed=seed),
            f"{grid}.voltage": Constant(connection.voltage_v),
            f"{grid}.frequency": Constant(connection.frequency_hz),
            **self.equipment.inputs(),
            **sensor_inputs(self.site, start_us=start_us, seed=seed),
        }

    def _initial_state(self, start_us: int) -> PlantState:
        ambient_c = self._inputs["site.ambient_temperature"].at(start_us)
        batteries = {}
        for key, params in self.equipment.batteries.items():
            battery = self.site.components[key]
            assert isinstance(battery, Battery)
            temperature_c = (
                ambient_c if battery.initial_temperature_c is None else battery.initial_temperature_c
            )
            batteries[key] = battery_initial_state(params, battery.initial_soc, temperature_c)
        controls = {
            key: ControlState(rating.default_w, rating.default_w)
            for key, rating in self.equipment.ratings.items()
        }
        charges = {
            key: device.initial_charge
            for key, device in self.equipment.flexible.items()
            if device.initial_charge is not None
        }
        registers = dict.fromkeys(self.wiring.ac_order, Registers())
        return PlantState(start_us, batteries, controls, registers, {}, {}, charges, {}, {})

    def _solve(self) -> Flows:
        side = self._dc_side()
        reach = {key: reach_w(side, key) for key in side.batteries_of} | self._flexible_reach()
        settings_w = {key: self._setting_w(key, reach[key]) for key in side.batteries_of}
        dc = solve_dc(side, self.wiring.groups, settings_w)
        own = {key: load.draw(self.input_value(key, "load")) for key, load in self.equipment.loads.items()}
        own |= self._drawn_by_inverters(dc)
        for key, device in self.equipment.flexible.items():
            own[key] = device.draw(self._state.controls[key], reach[key])
        connections = self._connections
        if connections.cut_off or self._state.tripped or self._state.positions:
            own = {key: power if self.in_service(key) else NOTHING for key, power in own.items()}
        ac = sum_towards_grid(own, connections.parents, self.wiring.ac_order, self._losses())
        return Flows(ac, dc.battery_dc_w, dc.inverter_dc_w, dict(side.limits_w), reach)

    def _dc_side(self) -> DcSide:
        ambient_c = self.input_value("site", "ambient_temperature")
        limits_w = {key: self._battery_limits(key) for key in self.equipment.batteries}
        sun_w = {
            key: array.dc_power_w(self.input_value(key, "irradiance"), ambient_c)
            for key, array in self.equipment.arrays.items()
            if self.in_service(key)
        }
        return DcSide(self.equipment.inverters, self._connections.batteries_of, limits_w, sun_w)

    def _battery_limits(self, key: str) -> Bounds:
        if not self.in_service(key):
            return Bounds(0.0, 0.0)
        lower, upper = battery_power_limits(self.equipment.batteries[key], self._state.batteries[key])
        allowed = self._state.allowed_dc_w.get(key)
        if allowed is not None:
            lower, upper = max(lower, min(allowed[0].lower, 0.0)), min(upper, max(allowed[-1].upper, 0.0))
        return Bounds(lower, upper)

    def _setting_w(self, key: str, reach: Bounds) -> float:
        """Return what an inverter with batteries is set to [W]; what it may not do at all is cut beforehand."""
        control = self._state.controls[key]
        if not self.in_service(key):
            return 0.0
        return control.setting_w if control.allowed_w is None else held_w(control, reach)

    def _flexible_reach(self) -> dict[str, Bounds]:
        ambient = {"ambient_temperature": self.input_value("site", "ambient_temperature")}
        return {
            key: device.reach(
                ambient | {quantity: self.input_value(key, quantity) for quantity in device.inputs},
                self._state.charges.get(key, 0.0),
            )
            for key, device in self.equipment.flexible.items()
        }

    def _drawn_by_inverters(self, dc: DcFlows) -> dict[str, PhasePower]:
        drawn = {}
        for key, active_w in dc.ac_w.items():
            limit = reactive_limit_var(self.equipment.inverters[key], active_w)
            reactive_var = min(max(self._state.controls[key].reactive_var, -limit), limit)
            drawn[key] = spread(active_w, reactive_var, self.equipment.shares[key])
        return drawn

    def _losses(self) -> Mapping[str, ThroughputParams]:
        throughput = self.equipment.throughput
        return {key: params for key, params in throughput.items() if self.in_service(key)}

    def _next_change_us(self, flows: Flows) -> int:
        now_us = self.time_us
        changes = [now_us + LONGEST_STEP_US, self._input_breakpoint_us(now_us)]
        for key, control in self._state.controls.items():
            if control.next_due_us is not None:
                changes.append(control.next_due_us)
            if control.is_moving and self.in_service(key):
                changes.append((now_us // CONTROL_CYCLE_US + 1) * CONTROL_CYCLE_US)
        for key, power_w in flows.battery_dc_w.items():
            params = self.equipment.batteries[key]
            changes.append(_later_us(now_us, battery_horizon_s(params, self._state.batteries[key], power_w)))
        for key, charge in self._state.charges.items():
            horizon_s = self.equipment.flexible[key].horizon_s(charge, flows.ac[key].active_w)
            changes.append(_later_us(now_us, horizon_s))
        return min(changes)

    def _input_breakpoint_us(self, now_us: int) -> int:
        if now_us >= self._breakpoint_us:
            inputs: Iterable[Signal | Drive] = (self._inputs | self._state.drives).values()
            self._breakpoint_us = min(signal.until(now_us) for signal in inputs)
        return self._breakpoint_us

    def _integrate(self, flows: Flows, end_us: int) -> None:
        state = self._state
        dt_s = (end_us - state.time_us) / 1e6
        ambient_c = self.input_value("site", "ambient_temperature")
        for key, power_w in flows.battery_dc_w.items():
            given = BatteryInput(power_w, ambient_c)
            state.batteries[key], _ = battery_step(
                self.equipment.batteries[key], state.batteries[key], given, dt_s
            )
        for key, charge in state.charges.items():
            device = self.equipment.flexible[key]
            state.charges[key] = device.charge_after(charge, flows.ac[key].active_w, dt_s)
        hours = dt_s / 3600.0
        for key, flow in flows.ac.items():
            state.registers[key] = state.registers[key].plus(flow.active_w * hours)
        # A mere look in between changes nothing, so what flows goes on until it would have changed anyway.
        self._state = state._replace(time_us=end_us)
        if end_us >= state.holds_until_us:
            self._forget_flows()

    def _receive_set_points(self) -> None:
        for key, control in self._state.controls.items():
            if control.pending and control.pending[0].due_us <= self.time_us:
                received = receive(control, self.equipment.ratings[key], self.time_us)
                self._state.controls[key] = received
                self._forget_flows()

    def _ramp(self) -> None:
        if self.time_us % CONTROL_CYCLE_US:
            return
        moving = [
            key for key, control in self._state.controls.items() if control.is_moving and self.in_service(key)
        ]
        if not moving:
            return
        reach = self.flows().reach
        for key in moving:
            control, rating = self._state.controls[key], self.equipment.ratings[key]
            self._state.controls[key] = ramp(control, rating, reach[key], CONTROL_CYCLE_US / 1e6)
        self._forget_flows()


def _later_us(now_us: int, horizon_s: float) -> int:
    """Return when a horizon is over [µs], not later than the longest step."""
    if horizon_s >= LONGEST_STEP_US / 1e6:
        return now_us + LONGEST_STEP_US
    return now_us + max(1, round(horizon_s * 1e6))
