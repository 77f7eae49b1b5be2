"""What the functions of the kernel work on: rows of numbers, each with all that belongs to one thing of the site.

Rows are objects in lists when interpreted, and records in arrays when compiled. These never change; what does is in
`memory`, but for the states of machines.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any

from ...models.ageing import AgeingParams
from ...models.battery import BatteryParams
from ...models.battery_auxiliary import AuxiliaryParams
from ...models.bms import BmsParams
from ...models.cell_spread import CellSpreadParams
from ...models.fuse import FuseParams
from ...models.grid_guard import GridGuardParams
from ...models.grid_voltage import GridImpedanceParams
from ...models.inverter import InverterParams
from ...models.load import LoadParams
from ...models.meter import MeterParams
from ...models.pv import PvArrayParams
from ...models.soc_estimate import SocEstimateParams
from ...models.throughput import ThroughputParams

Numbers = Sequence[int]

SET_POINT_W = -1
SET_POINT_VAR = -2
NO_SOURCE = -3
"""Sources of a machine's inputs that are not signals; the last gives 0."""
FIRST_ARRAY = -4
"""From here down, power and voltage of each array of modules in turn."""
FIRST_VOLTAGE = -(1 << 29)
"""From here down, voltages of each node to neutral, and their mean line to line, in turn."""
FIRST_BOUND = -(1 << 30)
"""From here down, `BOUNDS` that clients have left each control."""
BOUNDS = 6
"""The most active power, the least and the greatest reactive power around what it is told, `active_share`, and the
least and the greatest active power around what it is told."""


@dataclass(slots=True)
class ComponentLayout:
    """Where a component is in the site."""

    is_ac: int
    """Whether it is on the AC side."""
    first_parent: int
    end_parent: int
    """Components on the grid's side of it, among `Layout.parents`."""
    share_1: float
    share_2: float
    share_3: float
    """Part of its own power that it has on each phase."""
    throughput: int
    """Its number among what loses some of what passes through it, or -1."""
    node: int = -1
    """Whose voltages it has, among `Layout.nodes`; -1 of a site without lines."""
    ends_line: int = 0
    """Whether a line leads to it, by which alone power comes to it."""


NO_SHIFT = 0
"""Of the voltages behind a line; a transformer shifts them by its vector group."""


@dataclass(slots=True)
class NodeLayout:
    """What is joined without a line, and the line, or the transformer, that leads to it.

    Impedances are those for the nominal voltage per phase: of 1 Ω at 230 V it is 1 / 230² [pu/W].
    """

    component: int
    """Component at which the line ends."""
    parent: int
    """Node from which it comes; -1 of the grid, whose impedance it then is."""
    first_way: int
    end_way: int
    """Components that its power flows through on the way from that node's own line, among `Layout.ways`."""
    nominal_v: float
    """To neutral [V]."""
    resistance: float
    reactance: float
    """Of the positive sequence [pu/W]."""
    mutual_resistance: float
    mutual_reactance: float
    """A third of what the zero sequence has more [pu/W]."""
    near_g: float
    near_b: float
    """Admittance of each phase to neutral at the near end of what leads here [W/pu]."""
    far_g: float
    far_b: float
    """The same at the far end."""
    shift: int
    """`NO_SHIFT`, or the clock number 1 or 11 of a delta on the grid's side."""
    sign: float
    """-1 where voltages are the opposite of that, as by the clock numbers 7 and 5."""
    rated_current: float
    """Current of a phase that what leads here carries for ever; infinite if unknown [W/pu]."""
    has_switch: int
    """Whether the switch of its component is before it, as of a transformer; at the end of a line it is behind."""


@dataclass(slots=True)
class MeterLayout:
    """A meter with options of its own."""

    component: int
    params: MeterParams


@dataclass(slots=True)
class LoadLayout:
    """A load: what draws a signal's power."""

    component: int
    signal: int
    power_factor: float
    mix: int
    """Its number among what follows the voltage, or -1."""


@dataclass(slots=True)
class BatteryLayout:
    """A battery and its management system."""

    component: int
    params: BatteryParams
    bms: BmsParams
    minimum_w: float
    """Least DC power that it is charged with [W]."""
    minimum_delivered_w: float
    """Least DC power that it gives, as a magnitude [W]."""
    most_heat_w: float = 0.0
    most_cold_w: float = 0.0
    """Most heat that its auxiliaries set free in the cells, and take out of them [W]."""


@dataclass(slots=True)
class AuxiliaryLayout:
    """A battery that draws from its own cells."""

    battery: int
    params: AuxiliaryParams


@dataclass(slots=True)
class AgeingLayout:
    """A battery that ages."""

    battery: int
    params: AgeingParams


@dataclass(slots=True)
class EstimateLayout:
    """A battery whose management system counts charge to tell the SoC."""

    battery: int
    params: SocEstimateParams


@dataclass(slots=True)
class SocLimitsLayout:
    """A battery whose limits of SoC do not stay where they are."""

    battery: int
    cells: CellSpreadParams
    sees_cells: int
    """Whether its management system sees how far cells are apart in SoC."""


@dataclass(slots=True)
class InverterLayout:
    """An inverter with batteries; its number is also that of its control."""

    component: int
    params: InverterParams
    array: int
    """Its array of modules, or -1."""
    minimum_w: float
    """Least AC power that it draws while it does not rest [W]."""
    minimum_delivered_w: float
    """Least AC power that it delivers while it does not rest, as a magnitude [W]."""
    behind_w: float
    behind_delivered_w: float
    """Minima of its batteries together [W], beside which there may be sun, and losses of reactive power."""
    first_pair: int
    end_pair: int
    """Batteries that it reaches when all is closed, among `Layout.pair_battery`."""
    is_sharing: int
    """Whether another inverter reaches one of them as well."""
    group: int
    """Among `Layout.groups`."""


@dataclass(slots=True)
class GroupLayout:
    """Inverters and batteries that share direct current, among `Layout.group_inverters` and `group_batteries`."""

    first_inverter: int
    end_inverter: int
    first_battery: int
    end_battery: int


@dataclass(slots=True)
class ArrayLayout:
    """An array of modules, of any inverter."""

    params: PvArrayParams
    signal: int
    """Irradiance on its plane [W/m²]."""
    air_signal: int
    """Temperature of the air about it [°C]."""


@dataclass(slots=True)
class GuardLayout:
    """The grid code that an inverter keeps to."""

    control: int
    params: GridGuardParams
    by_power_var: float
    """Reactive power that follows active power, at the most that the apparent power has room for beside it [var]."""
    most_var: float
    """Greatest reactive power of its rating [var]."""


@dataclass(slots=True)
class ControlLayout:
    """The control of a device that takes set-points."""

    component: int
    ramp_w_per_s: float
    """Greatest change of active power [W/s]."""
    lag_s: float
    """Time constant of the filter by which active power follows its target [s]; 0 for none."""
    near_w: float
    """Closer than this the filter has come to its end [W]."""
    meter: int
    """Component whose power it regulates to 0 W while no client tells it otherwise, or -1."""
    meter_share: float
    """Part of that which falls to this control."""
    meter_deadband_w: float
    """Change of its target below which it leaves it as it is [W]."""
    sees_photovoltaics: int
    """Whether all photovoltaics that keep to a feed-in limit are behind its meter."""


@dataclass(slots=True)
class RecordedLayout:
    """A control that a recording drives."""

    control: int
    signal: int
    """Input that says the active power that it is to have [W]; of a current, on all phases at 230 V."""
    car_phases_signal: int
    """Input that says on how many phases a recorded current flows; -1 if a power is recorded."""
    phases: int
    """How many it has itself."""
    place_1: int
    """Which of these, from 0 on, is on phase 1 of the site; `NO_PHASE` for none."""
    place_2: int
    """Which is on phase 2."""
    place_3: int
    """Which is on phase 3."""
    begin_us: int
    """When the first of it arrives [µs]."""
    tolerance: float
    """By which part of what is recorded it may be off and still follows [1]."""
    least_tolerance_w: float
    """By how much in any case [W]."""
    drawn_tolerance_w: float
    """By how much it may draw more [W]."""
    gap_lower_w: float
    gap_upper_w: float
    """Between which powers it cannot run [W]."""
    rest_w: float
    """By how much besides, as it draws that at rest, or takes powers in steps alone [W]."""
    grace_us: int
    """For how long its ramp may be on its way [µs]."""


@dataclass(slots=True)
class FeedInLayout:
    """A limit of what flows into the grid, which photovoltaics keep to by themselves."""

    signal: int
    """Input that says the greatest power [W]."""


@dataclass(slots=True)
class Layout:
    """A site that does not change."""

    grid: int
    """Component that is the grid connection point."""
    components: Sequence[ComponentLayout]
    """From the grid outwards; everything else names them by their numbers here."""
    parents: Numbers
    nodes: Sequence[NodeLayout]
    """From the grid outwards; none of a site without lines."""
    ways: Numbers
    answers_voltage: int
    """Whether something draws by its voltage."""
    throughputs: Sequence[ThroughputParams]

    voltage_signal: int
    """Voltage of the grid, line to line [V]."""
    nominal_phase_v: float
    """Nominal voltage of the grid, line to neutral [V]."""
    phase_voltage_signals: Numbers
    """Voltages of the grid, line to neutral; three of them [V]."""
    presence_signal: int
    """At least 0.5 while the grid is there."""
    frequency_signal: int
    """Frequency of the grid [Hz]."""
    impedances: Sequence[GridImpedanceParams]
    """Impedance of the grid: one, or none if it has no impedance."""
    fuses: Sequence[FuseParams]
    """Links at the grid connection point: three, or none if they cannot melt."""

    meters: Sequence[MeterLayout]
    loads: Sequence[LoadLayout]
    mixes: Sequence[LoadParams]
    batteries: Sequence[BatteryLayout]
    ageings: Sequence[AgeingLayout]
    estimates: Sequence[EstimateLayout]
    auxiliaries: Sequence[AuxiliaryLayout]
    soc_limits: Sequence[SocLimitsLayout]
    inverters: Sequence[InverterLayout]
    pair_battery: Numbers
    """Battery of each pair of an inverter and a battery that it reaches when all is closed."""
    groups: Sequence[GroupLayout]
    group_inverters: Numbers
    group_batteries: Numbers
    arrays: Sequence[ArrayLayout]
    guards: Sequence[GuardLayout]
    controls: Sequence[ControlLayout]
    """First those of `inverters`, then those of machines."""
    recorded: Sequence[RecordedLayout]
    feed_in: Sequence[FeedInLayout]
    """One, or none if there is no limit."""
    limited: Numbers
    """Controls that keep to it."""

    wind_signal: int
    """Signal of the wind at the modules [m/s], or -1."""
    ambient_signal: int
    """Temperature of the air around the devices [°C]."""
    cycle_us: int
    """Ramps and built-in controls move once in this [µs]."""
    cycle_begin_us: int
    """When they do: here, and at multiples of the cycle before and after [µs]."""
    longest_step_us: int


@dataclass(slots=True)
class Machines:
    """All devices of one kind that take part on the AC side by themselves, such as charging points."""

    component: Numbers
    control: Numbers
    """For each machine: its control, or -1 if it takes no set-points."""
    sources: Numbers
    """For each machine and then each field of its input: a signal, or one of the sources above."""
    params: Sequence[Any]
    states: MutableSequence[Any]
    """The only part that changes."""
