"""What of a site changes: rows of numbers, each with all that changes of one thing of the site.

Rows are objects in lists when interpreted, and records in arrays when compiled; either way a row is changed in its
place. States of models that are passed on whole are in lists of their own.
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any

from ...models.ageing import AgeingState
from ...models.battery import BatteryState
from ...models.bms import NO_TRIP, RELAYS_CLOSED, BmsState

Values = MutableSequence[float]

FOLLOWED = -1
"""In place of the time since when, or at which first, a device did not follow its recording."""


@dataclass(slots=True)
class ComponentMemory:
    """What of every component changes."""

    is_closed: int = 1
    """Whether it is switched on and whole."""
    is_cut_off: int = 0
    """Whether it is on the AC side and not reached by the grid."""
    is_fed: int = 0
    """Whether it is on the direct current side and reached by the inverter that is being looked at."""
    active_1: float = 0.0
    active_2: float = 0.0
    active_3: float = 0.0
    reactive_1: float = 0.0
    reactive_2: float = 0.0
    reactive_3: float = 0.0
    """Through it, per phase [W], [var]."""
    dc_w: float = 0.0
    """On the DC side of a machine that has one [W]."""
    consumed_wh: float = 0.0
    delivered_wh: float = 0.0
    """Energy that has flowed through it since the start [Wh]."""
    consumed_1_wh: float = 0.0
    consumed_2_wh: float = 0.0
    consumed_3_wh: float = 0.0
    delivered_1_wh: float = 0.0
    delivered_2_wh: float = 0.0
    delivered_3_wh: float = 0.0
    reactive_1_varh: float = 0.0
    reactive_2_varh: float = 0.0
    reactive_3_varh: float = 0.0
    apparent_vah: float = 0.0
    apparent_1_vah: float = 0.0
    apparent_2_vah: float = 0.0
    apparent_3_vah: float = 0.0
    """The same up to `Memory.counted_us`, by phase, reactive and apparent."""


@dataclass(slots=True)
class NodeMemory:
    """What of a node changes."""

    real_1: float = 0.0
    imag_1: float = 0.0
    real_2: float = 0.0
    imag_2: float = 0.0
    real_3: float = 0.0
    imag_3: float = 0.0
    """Voltages to neutral [pu]; none where they are not known yet or the grid does not reach."""
    v_1: float = 0.0
    v_2: float = 0.0
    v_3: float = 0.0
    """Their magnitudes [V]."""
    v_12: float = 0.0
    v_23: float = 0.0
    v_31: float = 0.0
    """Magnitudes line to line [V]."""
    loss_w: float = 0.0
    """Lost in the line that leads to it [W]."""
    loss_wh: float = 0.0
    """The same since the start [Wh]."""
    loading: float = 0.0
    """Greatest current of a phase in that line, over the rated one [1]."""
    dark_until_us: int = 0
    """Until when it is switched off, as its voltage has collapsed; 0 if it is not [µs]."""
    collapses: int = 0
    """How often that has happened since the start."""


@dataclass(slots=True)
class FuseMemory:
    """State of a fuse link, as its model has it."""

    notch_heat: float
    strip_heat: float
    body_heat: float
    condition: int


@dataclass(slots=True)
class MeasuredMemory:
    """A `Measured` of the model of meters."""

    p1_w: float = 0.0
    p2_w: float = 0.0
    p3_w: float = 0.0
    q1_var: float = 0.0
    q2_var: float = 0.0
    q3_var: float = 0.0
    v1_v: float = 0.0
    v2_v: float = 0.0
    v3_v: float = 0.0
    i1_a2: float = 0.0
    i2_a2: float = 0.0
    i3_a2: float = 0.0


@dataclass(slots=True)
class MeterMemory:
    """State of a meter with options of its own, as its model has it."""

    sums: MeasuredMemory
    shown: MeasuredMemory
    consumed_wh: float = 0.0
    delivered_wh: float = 0.0


@dataclass(slots=True)
class BatteryMemory:
    """What of a battery changes, its model's state aside."""

    dc_w: float = 0.0
    """At its terminals [W]."""
    lower_w: float = 0.0
    upper_w: float = 0.0
    """DC power that it allows now [W]."""
    allowed_lower_w: float = -math.inf
    allowed_upper_w: float = math.inf
    """DC power that clients have left allowed to it [W]."""
    allowed_minimum_w: float = 0.0
    allowed_minimum_delivered_w: float = 0.0
    """Least DC power either way that they have left it besides 0, as magnitudes [W]."""
    loss_wh: float = 0.0
    """Turned into heat since the start [Wh]."""
    throughput_ah: float = 0.0
    """Charge that has gone through it since the start, either way [Ah]."""
    allowed_share: float = 1.0
    """Part of the power that its management system would allow that it does allow; less if it is broken."""
    capacity_factor: float = 1.0
    resistance_factor: float = 1.0
    """Capacity and resistances over those of its age; others if it is broken."""
    broken_wh: float = 0.0
    """What was stored and went as it broke, less what came as it was mended, since the start: no loss [Wh]."""
    mean_a: float = 0.0
    """Mean current of the last step [A]."""
    soc_error: float = 0.0
    """What its management system takes SoC for, less SoC."""
    auxiliary_w: float = 0.0
    """What it draws from its own cells, >= 0 [W]."""
    auxiliary_heat_w: float = 0.0
    """What that sets free in them, negative where it cools them [W]."""
    begin_us: int = 0
    """When what flows now was found [µs]; what follows is as it was then."""
    begin_soc: float = 0.0
    begin_rc1_v: float = 0.0
    begin_rc2_v: float = 0.0
    begin_temperature_c: float = 0.0
    begin_lead: float = 0.0
    begin_hysteresis_v: float = 0.0
    """Of its state."""
    begin_loss_wh: float = 0.0
    begin_throughput_ah: float = 0.0


@dataclass(slots=True)
class BmsMemory:
    """What of a battery's management system changes, its model's state aside."""

    carried_us: int
    """Up to when its state has come [µs]."""
    horizon_us: int
    """Until when, at least, nothing near its thresholds can happen within the numbers below [µs]."""
    has_horizon: int = 0
    wanted: int = RELAYS_CLOSED
    """What it is told: `RELAYS_CLOSED` or `RELAYS_OPEN`."""
    acknowledges: int = 0
    """Whether it is told that its trip is acknowledged."""
    relays: int = RELAYS_CLOSED
    trip: int = NO_TRIP
    warnings: int = 0
    """What it shows."""
    seen_v: float = 0.0
    seen_a: float = 0.0
    seen_c: float = 0.0
    seen_soc: float = 0.0
    """Voltage, current, temperature and SoC that it saw last."""
    seen_ah: float = 0.0
    """Throughput of its battery when it was carried along last [Ah]."""
    lower_w: float = 0.0
    upper_w: float = 0.0
    lower_soc: float = 0.0
    upper_soc: float = 0.0
    lower_c: float = 0.0
    upper_c: float = 0.0
    """Power, SoC and temperature within which its horizon holds."""
    ambient_c: float = 0.0
    """Temperature of the air about which it holds [°C]."""


@dataclass(slots=True)
class AgeingMemory:
    """What a battery was put through since it last aged."""

    soc: float
    temperature_c: float
    """At the end of what was gathered last."""
    gathered_us: int
    """Up to when that was gathered [µs]."""
    throughput_ah: float = 0.0
    """At the end of it [Ah]."""
    charged_ah: float = 0.0
    discharged_ah: float = 0.0
    active_s: float = 0.0
    """Time with current [s]."""
    time_s: float = 0.0
    soc_s: float = 0.0
    temperature_c_s: float = 0.0
    """Integrals of SoC [s] and temperature [°C s]."""


@dataclass(slots=True)
class EstimateMemory:
    """What a management system that counts charge goes by."""

    soc: float
    """True SoC at the end of the last step."""
    rested_s: float = 0.0
    """For how long its battery has rested [s]."""
    begin_taken: float = 0.0
    begin_rested_s: float = 0.0
    """What it took SoC for, and for how long its battery had rested, when what flows now was found [s]."""


@dataclass(slots=True)
class ArrayMemory:
    """What an array of modules offers, and for what that was found."""

    power_w: float = 0.0
    """<= 0 [W]."""
    voltage_v: float = 0.0
    """Voltage of its strings then [V]."""
    irradiance: float = -math.inf
    ambient_c: float = 0.0
    wind: float = 0.0
    """Irradiance [W/m²], air [°C] and wind [m/s] for which that was found."""


@dataclass(slots=True)
class GuardMemory:
    """What the protection of an inverter's grid code remembers, as its model has it."""

    reference_w: float
    """What it had when frequency left its band [W]: production of photovoltaics, >= 0; active power of storage."""
    mode: int
    mean_voltage_pu: float
    undervoltage_s: float
    low_undervoltage_s: float
    overvoltage_s: float
    high_overvoltage_s: float
    underfrequency_s: float
    overfrequency_s: float
    waited_s: float
    ramped_s: float
    """Clocks of its thresholds, of the wait and of the ramp [s]."""
    by_power_var: float = 0.0
    """Reactive power that its active power asks for [var]."""
    volt_var_share: float = 0.0
    """What Q(U) has come to, over the rated apparent power [1]."""


@dataclass(slots=True)
class InverterMemory:
    """What of an inverter with batteries changes."""

    heat_sink_c: float
    is_held_back: int = 0
    """Temperature of its heat sink, and whether that holds power back."""
    dc_voltage_pu: float = 1.0
    """Voltage by which its losses go, over the nominal one."""
    apparent_va: float = 0.0
    """What the heat sink allows now [VA]."""
    own_lower_w: float = 0.0
    own_upper_w: float = 0.0
    """AC power that it could have now, whatever its batteries allow [W]."""
    least_w: float = 0.0
    least_delivered_w: float = 0.0
    """Least AC power that it draws and delivers now with its batteries while it does not rest, as magnitudes [W]."""
    alone_w: float = 0.0
    """AC power up to which it delivers less than that as well, what the sun alone makes; 0 if it does not [W]."""
    asked_ac_w: float = 0.0
    asked_var: float = 0.0
    """What it is to have on its AC side [W], [var]."""
    asked_bridge_w: float = 0.0
    """What its bridge would carry then; 0 in standby [W]."""
    dc_w: float = 0.0
    """Through its bridge; 0 in standby [W]."""
    ac_w: float = 0.0
    sun_w: float = 0.0
    """What the sun offers behind it, <= 0 [W]."""
    surplus_w: float = 0.0
    """What it delivers by itself of that, since its batteries cannot take it, <= 0 [W]."""
    loss_wh: float = 0.0
    """Lost in it since the start, its standby draw included [Wh]."""
    sun_wh: float = 0.0
    """Taken from its array since the start [Wh]."""
    wanted_dc_w: float = 0.0
    """What its batteries are asked for [W]."""
    taken_dc_w: float = 0.0
    """What they take [W]."""


@dataclass(slots=True)
class PairMemory:
    """What of an inverter and a battery that it reaches when all is closed changes."""

    conducts: int = 1
    asked_w: float = 0.0
    """What the inverter asks the battery for [W]."""
    taken_w: float = 0.0
    """What it gets of that [W]."""


@dataclass(slots=True)
class ControlMemory:
    """What of a control changes."""

    target_w: float
    """Where the last set-point sends the active power, or the default [W]."""
    setting_w: float
    """Where the ramp has brought it [W]."""
    reactive_target_var: float = 0.0
    follows_meter: int = 1
    """Whether it is without a set-point of a client or a recording, and so its built-in control acts."""
    held_off_by: int = 0
    """What of the grid holds its inverter off, a cause of `models.grid_code`; 0 if nothing does."""
    growth_w_per_s: float = math.inf
    """Greatest growth of its active power after a reconnection; infinite otherwise [W/s]."""
    support_var: float = 0.0
    """Reactive power that the grid code asks for [var]."""
    active_share: float = 1.0
    """Part of its apparent power that this leaves active power, 0..1."""
    drawing_share: float = 1.0
    """The same of active power that it draws, beside which there is no reactive power that follows active power."""
    reach_lower_w: float = 0.0
    reach_upper_w: float = 0.0
    """Active power that its device could have now [W]."""
    by_now_lower_w: float = -math.inf
    by_now_upper_w: float = math.inf
    """What of that it could come to before it has started or warmed up [W]."""
    least_by_code_w: float = 0.0
    """Active power that high frequency makes it draw by its grid code; 0 if none [W]."""
    uncut_lower_w: float = 0.0
    """The same as `reach_lower_w` before a feed-in limit; 0 if it keeps to none [W]."""
    offered_w: float = 0.0
    """What it would deliver without that limit, >= 0 [W]."""
    able_w: float = 0.0
    """Of which it may deliver the share that all may, >= 0 [W]."""
    most_w: float = math.inf
    """Magnitude of active power that a broken device can still have [W]."""
    slowest_w_per_s: float = math.inf
    """Greatest change of active power of a broken device [W/s]."""
    is_stuck: int = 0
    stuck_w: float = 0.0
    """Whether a broken device stays at a power whatever it is told, and at which [W]."""


@dataclass(slots=True)
class RecordedMemory:
    """How a device follows its recording."""

    is_overruled: int = 0
    """Whether a client's set-point goes before it."""
    since_us: int = FOLLOWED
    """Since when it has not had what is recorded; `FOLLOWED` if it has [µs]."""
    is_astray: int = 0
    """Whether its ramp has not been all that kept it from that since then."""
    late_since_us: int = FOLLOWED
    """Since when its ramp has been on its way there; `FOLLOWED` if it is not [µs]."""
    way: float = 0.0
    """Whether that is up (1) or down (-1)."""
    asked_w: float = 0.0
    """The farthest that was recorded on the way [W]."""
    late_s: float = 0.0
    """For how long it has been late by nothing but its ramp, which counts if it never gets there [s]."""
    late_wh: float = 0.0
    """By which energy [Wh]."""
    late_most_w: float = 0.0
    """By which power at most [W]."""
    first_us: int = FOLLOWED
    """When it first did not; `FOLLOWED` if it always did [µs]."""
    astray_s: float = 0.0
    """For how long it has not, since the start [s]."""
    astray_wh: float = 0.0
    """By which energy, either way [Wh]."""
    most_w: float = 0.0
    """By which power at most [W]."""
    is_told: int = 0
    """Whether somebody was told that it does not follow."""


@dataclass(slots=True)
class FeedInMemory:
    """What photovoltaics make of the limit."""

    share: float = 1.0
    """Part of what they could that they may deliver."""
    offered_w: float = 0.0
    """What they would deliver together without it, >= 0 [W]."""
    held_w: float = 0.0
    """What they hold back of that together, >= 0 [W]."""


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
    counted_us: int
    """Up to when registers by phase have counted [µs]."""
    inputs: Values
    """Present values of all signals."""

    components: Sequence[ComponentMemory]
    nodes: Sequence[NodeMemory]
    fuses: Sequence[FuseMemory]
    meters: Sequence[MeterMemory]
    batteries: Sequence[BatteryMemory]
    battery_states: MutableSequence[BatteryState]
    bms: Sequence[BmsMemory]
    """Management system of each battery."""
    bms_states: MutableSequence[BmsState]
    ageings: Sequence[AgeingMemory]
    ageing_states: MutableSequence[AgeingState]
    estimates: Sequence[EstimateMemory]
    arrays: Sequence[ArrayMemory]
    guards: Sequence[GuardMemory]
    inverters: Sequence[InverterMemory]
    pairs: Sequence[PairMemory]
    controls: Sequence[ControlMemory]
    recorded: Sequence[RecordedMemory]
    feed_in: Sequence[FeedInMemory]
    allowed_w: MutableSequence[Any]
    allowed_var: MutableSequence[Any]
    """Ranges of power that clients have left allowed to each control; None for all. Compiled runs have none."""
