"""What the functions of the core work on. Sequences are lists when interpreted and arrays when compiled."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any

from ...models.ageing import AgeingParams, AgeingState
from ...models.battery import BatteryParams, BatteryState
from ...models.bms import BmsParams, BmsState
from ...models.fuse import FuseParams
from ...models.grid_guard import GridGuardParams
from ...models.grid_voltage import GridImpedanceParams
from ...models.inverter import InverterParams
from ...models.load import LoadParams
from ...models.meter import MeterParams
from ...models.pv import PvArrayParams
from ...models.throughput import ThroughputParams

Numbers = Sequence[int]
Floats = Sequence[float]
Counters = MutableSequence[int]
Values = MutableSequence[float]

SET_POINT_W = -1
SET_POINT_VAR = -2
"""Sources of a machine's inputs that are not signals."""
FIRST_ARRAY = -3
"""From here down, power and voltage of each array of modules in turn."""


@dataclass(slots=True)
class Layout:
    """A site that does not change.

    Rows of unequal length, such as the parents of each component, are one sequence of all of them and one of where
    each row begins, with the end behind the last.
    """

    grid: int
    """Component that is the grid connection point."""
    is_ac: Numbers
    """Of each component: whether it is on the AC side."""
    parent_begins: Numbers
    parents: Numbers
    """Components on the grid's side of each component."""
    share_1: Floats
    share_2: Floats
    share_3: Floats
    """Part of its own power that each component has on each phase."""
    throughput_of: Numbers
    """Of each component: its number among what loses some of what passes through it, or -1."""
    throughputs: Sequence[ThroughputParams]

    voltage_signal: int
    """Of the grid, line to line [V]."""
    nominal_phase_v: float
    """Of the grid, line to neutral [V]."""
    phase_voltage_signals: Numbers
    """Of the grid, line to neutral; three of them [V]."""
    presence_signal: int
    """At least 0.5 while the grid is there."""
    impedances: Sequence[GridImpedanceParams]
    """Of the grid: one, or none if it has no impedance."""
    fuses: Sequence[FuseParams]
    """Links at the grid connection point: three, or none if they cannot melt."""
    metering_component: Numbers
    meterings: Sequence[MeterParams]
    """Meters with options of their own."""

    load_component: Numbers
    load_signal: Numbers
    load_power_factor: Floats
    mix_of: Numbers
    """Of each load: its number among what follows the voltage, or -1."""
    mixes: Sequence[LoadParams]

    battery_component: Numbers
    batteries: Sequence[BatteryParams]
    managements: Sequence[BmsParams]
    """Management system of each battery."""
    ageing_battery: Numbers
    """Batteries that age."""
    ageings: Sequence[AgeingParams]
    inverter_component: Numbers
    """Inverters with batteries; each one's number is also that of its control."""
    inverters: Sequence[InverterParams]
    array_of: Numbers
    """Of each such inverter: its array of modules, or -1."""
    arrays: Sequence[PvArrayParams]
    """Of all inverters, those without batteries among them."""
    array_signal: Numbers
    """Of each array: signal of the irradiance on its plane [W/m²]."""
    wind_signal: int
    """Signal of the wind at the modules [m/s], or -1."""
    guard_control: Numbers
    """Of each inverter that keeps to a grid code: its control."""
    guards: Sequence[GridGuardParams]
    frequency_signal: int
    """Of the grid [Hz]."""
    pair_begins: Numbers
    """Of each such inverter: where its batteries begin among the pairs."""
    pair_battery: Numbers
    """Battery of each pair of an inverter and a battery that it reaches when all is closed."""
    group_inverter_begins: Numbers
    group_inverters: Numbers
    group_battery_begins: Numbers
    group_batteries: Numbers
    """Inverters and batteries that share direct current."""

    control_component: Numbers
    ramp_w_per_s: Floats
    """Of each control: greatest change of active power [W/s]."""
    meter: Numbers
    """Of each control: component whose power it keeps at nothing while no client tells it otherwise, or -1."""
    meter_share: Floats
    """Part of that which falls to this control."""
    meter_deadband_w: Floats
    """Change of its target below which it leaves it as it is [W]."""

    ambient_signal: int
    cycle_us: int
    """Ramps and built-in controls move at multiples of this [µs]."""
    longest_step_us: int


@dataclass(slots=True)
class Machines:
    """All devices of one kind that take part on the AC side by themselves, such as charging points."""

    component: Numbers
    control: Numbers
    """Of each machine: its control, or -1 if it takes no set-points."""
    sources: Numbers
    """Of each machine and then each field of its input: a signal, `SET_POINT_W` or `SET_POINT_VAR`."""
    params: Sequence[Any]
    states: MutableSequence[Any]
    """The only part that changes."""


@dataclass(slots=True)
class Memory:
    """Everything of a site that changes."""

    time_us: int
    holds_until_us: int
    """Until when what flows now will flow, if nobody interferes [µs]."""
    is_known: int
    """Whether it is known what flows now."""
    next_input_us: int
    """When the next input changes [µs]."""
    inputs: Values
    """Present values of all signals."""

    is_closed: Counters
    """Of each component: switched on and whole."""
    is_cut_off: Counters
    """Of each component on the AC side: not reached by the grid."""
    is_fed: Counters
    """Of each component on the direct current side: reached by the inverter that is being looked at."""
    pair_conducts: Counters
    """Of each pair of an inverter and a battery."""

    active_1: Values
    active_2: Values
    active_3: Values
    reactive_1: Values
    reactive_2: Values
    reactive_3: Values
    """Through each component, per phase [W], [var]."""
    consumed_wh: Values
    delivered_wh: Values
    """Energy that has flowed through each component since the start [Wh]."""

    fuse_heats: Values
    """Three of each fuse link, as its model has them."""
    fuse_condition: Counters
    metering: Values
    """State of each meter with options of its own, as `core.metering` has it."""

    battery_states: MutableSequence[BatteryState]
    battery_dc_w: Values
    battery_lower_w: Values
    battery_upper_w: Values
    """DC power that each battery allows now [W]."""
    allowed_dc_lower_w: Values
    allowed_dc_upper_w: Values
    """DC power that clients have left allowed to each battery [W]."""
    battery_loss_wh: Values
    """Turned into heat in each battery since the start [Wh]."""
    battery_throughput_ah: Values
    """Charge that has gone through each battery since the start, either way [Ah]."""
    bms_states: MutableSequence[BmsState]
    bms_wanted: Counters
    """What the management system of each battery is told: `RELAYS_CLOSED` or `RELAYS_OPEN`."""
    bms_acknowledges: Counters
    """Whether it is told that its trip is acknowledged."""
    bms_relays: Counters
    bms_trip: Counters
    bms_warnings: Counters
    """What it shows."""
    bms_seen: Values
    bms_carried_us: Counters
    bms_throughput_ah: Values
    """What it saw last, `SEEN` numbers of `core.management`; when, and throughput of its battery then."""
    bms_is_calm: Counters
    bms_calm_until_us: Counters
    bms_calm: Values
    """Whether nothing is near its thresholds, how long that holds at least, and within what: `CALM` numbers."""
    ageing_states: MutableSequence[AgeingState]
    ageing_use: Values
    """What each ageing battery was put through since it last aged, `WIDTH` numbers of `core.ageing`."""
    array_w: Values
    """What each array offers, <= 0 [W]."""
    array_v: Values
    """Voltage of its strings then [V]."""
    array_irradiance: Values
    array_ambient_c: Values
    array_wind: Values
    """For which irradiance [W/m²], air and wind [m/s] that was found."""
    guard_mode: Counters
    guard_clocks_s: Values
    guard_mean_pu: Values
    """What each guard's protection remembers: mode, all its clocks in turn [s], mean voltage."""
    guard_reference_w: Values
    """Of each guard: production by which that at high frequency is measured, >= 0 [W]."""
    heat_sink_c: Values
    is_held_back: Counters
    """Of each inverter with batteries: temperature of the heat sink, and whether it holds power back."""
    apparent_va: Values
    """What the heat sink of each such inverter allows now [VA]."""
    own_lower_w: Values
    own_upper_w: Values
    """AC power that each such inverter could have now, whatever its batteries allow [W]."""
    asked_ac_w: Values
    asked_var: Values
    """What each such inverter is to have on its AC side [W], [var]."""
    asked_bridge_w: Values
    """What its bridge would carry then; 0 in standby [W]."""
    inverter_dc_w: Values
    """Through the bridge of each inverter with batteries; 0 in standby [W]."""
    inverter_ac_w: Values
    inverter_sun_w: Values
    """What the sun offers behind each such inverter, <= 0 [W]."""
    inverter_loss_wh: Values
    """Lost in each such inverter since the start, its standby draw included [Wh]."""
    sun_wh: Values
    """Taken from the array of each such inverter since the start [Wh]."""
    wanted_dc_w: Values
    """What the batteries of each such inverter are asked for [W]."""
    taken_dc_w: Values
    """What they take [W]."""
    pair_w: Values
    """What each pair is asked for [W]."""

    target_w: Values
    """Of each control: where the last set-point sends the active power, or the default [W]."""
    setting_w: Values
    """Where the ramp has brought it [W]."""
    reactive_target_var: Values
    allowed_w: MutableSequence[Any]
    allowed_var: MutableSequence[Any]
    """Ranges of power that clients have left allowed to each control; None for all."""
    is_followed: Counters
    """Whether each control is without a client's set-point, and so its built-in control acts."""
    held_off_by: Counters
    """Of each control: what of the grid holds its inverter off, a cause of `models.grid_code`; 0 if nothing does."""
    growth_w_per_s: Values
    """Of each control: greatest growth of its active power after a reconnection; infinite otherwise [W/s]."""
    support_var: Values
    """Of each control: reactive power that the voltage asks for [var]."""
    reach_lower_w: Values
    reach_upper_w: Values
    """Of each control: active power that its device could have now [W]."""
