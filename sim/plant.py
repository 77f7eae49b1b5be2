"""The running hardware of a site: every device with its state, stepped from event to event.

Powers are found at the beginning of a step and hold until its end; a step ends where anything changes: an
input, a set-point that arrives, a control cycle of a ramp, a battery that reaches a limit. So energies add up
exactly, however often the plant is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..models.ac import ThreePhase, phase_shares
from ..models.battery import (
    BatteryInput,
    BatteryParams,
    BatteryState,
    battery_horizon_s,
    battery_initial_state,
    battery_power_limits,
    battery_step,
)
from ..models.inverter import InverterParams, ac_from_dc, dc_from_ac, reactive_limit_var
from .ac_flow import NOTHING, PhasePower, spread, sum_towards_grid
from .dc_bus import DcFlows, share_dc_power
from .devices import PvSupply, WiredLoad, battery_params, inverter_params, pv_supply, wired_load
from .drives import Drive
from .graph import grid_key
from .inputs.signal import Constant, Signal
from .inverter_control import ControlState, PendingSetPoint, ramp, receive, send
from .site import Battery, BatteryInverter, GridConnectionPoint, Meter, PvInverter, Site
from .surroundings import ambient_signal
from .vocabulary import Bounds, Diagnostic, PowerType
from .wiring import DcGroup, Wiring, wire

CONTROL_CYCLE_US = 100_000
"""Ramps move in steps of this length, on a grid that no observer can shift [µs]."""
TARGET_TOLERANCE = 0.02
"""A set-point counts as reached within this part of the rating [1]."""
LONGEST_STEP_US = 60_000_000
"""Nonlinear states are brought up to date at least this often [µs]."""


class Registers(NamedTuple):
    """Energy that has flowed through an AC component since the start [Wh]."""

    consumed_wh: float = 0.0
    delivered_wh: float = 0.0


class Flows(NamedTuple):
    """What flows at one instant."""

    ac: dict[str, PhasePower]
    """Through every AC component, by key."""
    battery_dc_w: dict[str, float]
    """At the terminals of every battery, by key [W]."""
    inverter_dc_w: dict[str, float]
    """On the DC side of every battery inverter, by key [W]; 0 in standby."""
    battery_limits: dict[str, Bounds]
    """DC power that every battery allows [W]."""
    reach: dict[str, Bounds]
    """AC active power that the DC side of each inverter allows [W]."""


class PlantState(NamedTuple):
    """Everything that the plant remembers; immutable parts, so that a copy costs little."""

    time_us: int
    batteries: dict[str, BatteryState]
    controls: dict[str, ControlState]
    registers: dict[str, Registers]
    drives: dict[str, Drive]
    """Inputs in somebody's hands, by `component.quantity`."""
    tripped: dict[str, Diagnostic]
    """Devices that have switched off, and why."""
    flows: Flows | None = None
    """What flows, as long as it is known."""
    holds_until_us: int = 0
    """Until when it goes on flowing so, if nobody interferes [µs]."""


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
        components = site.components
        self.inverter_params: Mapping[str, InverterParams] = {
            key: inverter_params(component)
            for key, component in components.items()
            if isinstance(component, BatteryInverter | PvInverter)
        }
        self._shares: Mapping[str, ThreePhase] = {
            key: phase_shares(component.phases)
            for key, component in components.items()
            if isinstance(component, BatteryInverter | PvInverter)
        }
        self.battery_params: Mapping[str, BatteryParams] = {
            key: battery_params(component)
            for key, component in components.items()
            if isinstance(component, Battery)
        }
        self._pv: dict[str, PvSupply] = {
            key: pv_supply(site, key, component, self.inverter_params[key], start_us=start_us, seed=seed)
            for key, component in components.items()
            if isinstance(component, PvInverter)
        }
        self._loads: dict[str, WiredLoad] = {
            key: wired_load(site, key, component, start_us=start_us, seed=seed)
            for key, component in components.items()
            if isinstance(component, Meter) and component.load is not None
        }
        self._inputs: dict[str, Signal] = self._wire_inputs(start_us, seed)
        self._state = self._initial_state(start_us)
        self._breakpoint_us = start_us

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
        )

    def restore(self, state: PlantState) -> None:
        """Go on from a saved state."""
        self._state = state
        self._state = self.save()
        self._breakpoint_us = state.time_us

    def flows(self) -> Flows:
        """Return what flows now."""
        if self._state.flows is None:
            flows = self._solve()
            self._state = self._state._replace(flows=flows, holds_until_us=self._next_change_us(flows))
            return flows
        return self._state.flows

    def is_pv(self, key: str) -> bool:
        """Say whether a component is a PV inverter."""
        return key in self._pv

    def default_power_w(self, key: str) -> float:
        """Return the active power that an inverter aims for without a set-point [W]: PV all it can, others 0."""
        return -self.inverter_params[key].rated_power_w if key in self._pv else 0.0

    def active_power_bounds(self, key: str) -> Bounds:
        """Return the active power that a set-point may ask of an inverter now [W].

        The rating, cut to what the batteries behind it allow; for PV, to what the sun offers.
        """
        rated = self.inverter_params[key].rated_power_w
        reach = self.flows().reach[key]
        if key in self._pv:
            return Bounds(max(min(reach.lower, 0.0), -rated), 0.0)
        return Bounds(min(max(reach.lower, -rated), 0.0), max(min(reach.upper, rated), 0.0))

    def reactive_power_bounds(self, key: str) -> Bounds:
        """Return the reactive power that an inverter offers beside its present active power [var]."""
        limit = reactive_limit_var(self.inverter_params[key], self.flows().ac[key].active_w)
        return Bounds(-limit, limit)

    def send_set_point(self, key: str, power_type: PowerType, power: float | None) -> None:
        """Send a set-point to an inverter; it arrives after the response delay.

        Args:
            key: Of the inverter.
            power_type: Axis of the set-point.
            power: In W or var; None returns the axis to its default.
        """
        controls = self._state.controls
        set_point = PendingSetPoint(0, power_type, power)
        controls[key] = send(controls[key], self.inverter_params[key], self.time_us, set_point)
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

    def can_trip(self, key: str) -> bool:
        """Say whether a component is a device that can switch itself off."""
        return key in self.inverter_params or key in self.battery_params

    def trip(self, key: str, why: Diagnostic | None) -> None:
        """Switch a device off, or on again with None."""
        self._state.tripped.pop(key, None)
        if why is not None:
            self._state.tripped[key] = why
            if key in self._state.controls:
                self._state.controls[key] = self._state.controls[key]._replace(setting_w=0.0)
        self._forget_flows()

    def is_settled(self, key: str) -> bool:
        """Say whether all set-points of an inverter have arrived and its ramp has ended."""
        control = self._state.controls[key]
        return not control.pending and not control.is_moving

    def has_reached(self, key: str, power_type: PowerType) -> bool:
        """Say whether an inverter does what its last set-point asks for.

        A set-point of a PV inverter is a limit: it is reached when the output keeps it.
        """
        control, flow = self._state.controls[key], self.flows().ac[key]
        params = self.inverter_params[key]
        if power_type is PowerType.REACTIVE:
            return (
                abs(flow.reactive_var - control.reactive_var)
                <= TARGET_TOLERANCE * params.rated_apparent_power_va
            )
        shortfall_w = flow.active_w - control.target_w
        if key in self._pv:
            return shortfall_w >= -TARGET_TOLERANCE * params.rated_power_w
        return abs(shortfall_w) <= TARGET_TOLERANCE * params.rated_power_w

    def is_idle(self, key: str) -> bool:
        """Say whether an inverter converts nothing at present."""
        if key in self._pv:
            return self.flows().ac[key].active_w >= 0.0
        return self.flows().inverter_dc_w[key] == 0.0

    def advance(self, time_us: int) -> None:
        """Carry the plant to a later simulated time [µs]; an earlier one changes nothing."""
        while self.time_us < time_us:
            flows = self.flows()
            self._integrate(flows, min(time_us, self._state.holds_until_us))
            self._receive_set_points()
            self._ramp()

    def _forget_flows(self) -> None:
        self._state = self._state._replace(flows=None)

    def _wire_inputs(self, start_us: int, seed: int) -> dict[str, Signal]:
        grid = grid_key(self.site)
        connection = self.site.components[grid]
        assert isinstance(connection, GridConnectionPoint)
        return {
            "site.ambient_temperature": ambient_signal(self.site, start_us=start_us, seed=seed),
            f"{grid}.voltage": Constant(connection.voltage_v),
            f"{grid}.frequency": Constant(connection.frequency_hz),
            **{f"{key}.load": load.signal for key, load in self._loads.items()},
            **{f"{key}.{supply.quantity}": supply.signal for key, supply in self._pv.items()},
        }

    def _initial_state(self, start_us: int) -> PlantState:
        ambient_c = self._inputs["site.ambient_temperature"].at(start_us)
        batteries = {}
        for key, params in self.battery_params.items():
            battery = self.site.components[key]
            assert isinstance(battery, Battery)
            temperature_c = (
                ambient_c if battery.initial_temperature_c is None else battery.initial_temperature_c
            )
            batteries[key] = battery_initial_state(params, battery.initial_soc, temperature_c)
        controls = {
            key: ControlState(self.default_power_w(key), self.default_power_w(key), 0.0)
            for key in self.inverter_params
        }
        registers = dict.fromkeys(self.wiring.ac_order, Registers())
        return PlantState(start_us, batteries, controls, registers, {}, {})

    def _solve(self) -> Flows:
        limits = {key: self._battery_limits(key) for key in self.battery_params}
        reach = self._reach(limits)
        own: dict[str, PhasePower] = {
            key: load.draw(self.input_value(key, "load")) for key, load in self._loads.items()
        }
        inverter_dc_w: dict[str, float] = {}
        battery_dc_w: dict[str, float] = {}
        for group in self.wiring.groups:
            shared = self._share(group, limits)
            inverter_dc_w.update(shared.inverters)
            battery_dc_w.update(shared.batteries)
        for key, dc_w in inverter_dc_w.items():
            own[key] = self._at_inverter(key, self._active_power_w(key, dc_w))
        for key in self._pv:
            available_w = reach[key].lower
            own[key] = self._at_inverter(key, max(available_w, self._state.controls[key].setting_w))
        own.update((key, NOTHING) for key in self._state.tripped if key in self.inverter_params)
        ac = sum_towards_grid(own, self.wiring.parents, self.wiring.ac_order)
        return Flows(ac, battery_dc_w, inverter_dc_w, limits, reach)

    def _battery_limits(self, key: str) -> Bounds:
        if key in self._state.tripped:
            return Bounds(0.0, 0.0)
        return Bounds(*battery_power_limits(self.battery_params[key], self._state.batteries[key]))

    def _reach(self, limits: Mapping[str, Bounds]) -> dict[str, Bounds]:
        reach = {}
        for key, batteries in self.wiring.batteries_of.items():
            params = self.inverter_params[key]
            lower = ac_from_dc(params, sum(limits[battery].lower for battery in batteries))
            upper = ac_from_dc(params, sum(limits[battery].upper for battery in batteries))
            reach[key] = Bounds(lower, upper)
        for key, supply in self._pv.items():
            ambient_c = self.input_value("site", "ambient_temperature")
            available_w = supply.available_w(self.input_value(key, supply.quantity), ambient_c)
            reach[key] = Bounds(available_w, max(available_w, 0.0))
        return reach

    def _share(self, group: DcGroup, limits: Mapping[str, Bounds]) -> DcFlows:
        wanted_w = {}
        for key in group.inverters:
            setting_w = 0.0 if key in self._state.tripped else self._state.controls[key].setting_w
            wanted_w[key] = dc_from_ac(self.inverter_params[key], setting_w) if setting_w else 0.0
        limits_w = {battery: limits[battery] for battery in group.batteries}
        return share_dc_power(wanted_w, self.wiring.batteries_of, limits_w)

    def _active_power_w(self, key: str, dc_w: float) -> float:
        params, setting_w = self.inverter_params[key], self._state.controls[key].setting_w
        if dc_w == 0.0:
            return params.standby_power_w
        # Unless a battery held it back, the setting holds to the last bit.
        return setting_w if dc_w == dc_from_ac(params, setting_w) else ac_from_dc(params, dc_w)

    def _at_inverter(self, key: str, active_w: float) -> PhasePower:
        limit = reactive_limit_var(self.inverter_params[key], active_w)
        reactive_var = min(max(self._state.controls[key].reactive_var, -limit), limit)
        return spread(active_w, reactive_var, self._shares[key])

    def _next_change_us(self, flows: Flows) -> int:
        now_us = self.time_us
        changes = [now_us + LONGEST_STEP_US, self._input_breakpoint_us(now_us)]
        for control in self._state.controls.values():
            if control.next_due_us is not None:
                changes.append(control.next_due_us)
            if control.is_moving:
                changes.append((now_us // CONTROL_CYCLE_US + 1) * CONTROL_CYCLE_US)
        for key, power_w in flows.battery_dc_w.items():
            horizon_s = battery_horizon_s(self.battery_params[key], self._state.batteries[key], power_w)
            if horizon_s < LONGEST_STEP_US / 1e6:
                changes.append(now_us + max(1, round(horizon_s * 1e6)))
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
                self.battery_params[key], state.batteries[key], given, dt_s
            )
        hours = dt_s / 3600.0
        for key, flow in flows.ac.items():
            energy_wh = flow.active_w * hours
            consumed_wh, delivered_wh = state.registers[key]
            if energy_wh >= 0.0:
                consumed_wh += energy_wh
            else:
                delivered_wh -= energy_wh
            state.registers[key] = Registers(consumed_wh, delivered_wh)
        # A mere look in between changes nothing, so what flows goes on until it would have changed anyway.
        self._state = state._replace(time_us=end_us)
        if end_us >= state.holds_until_us:
            self._forget_flows()

    def _receive_set_points(self) -> None:
        for key, control in self._state.controls.items():
            if control.pending and control.pending[0].due_us <= self.time_us:
                default_w = self.default_power_w(key)
                received = receive(control, self.inverter_params[key], self.time_us, default_w)
                self._state.controls[key] = received
                self._forget_flows()

    def _ramp(self) -> None:
        if self.time_us % CONTROL_CYCLE_US:
            return
        moving = [key for key, control in self._state.controls.items() if control.is_moving]
        if not moving:
            return
        reach = self.flows().reach
        for key in moving:
            control, params = self._state.controls[key], self.inverter_params[key]
            self._state.controls[key] = ramp(control, params, reach[key], CONTROL_CYCLE_US / 1e6)
        self._forget_flows()
