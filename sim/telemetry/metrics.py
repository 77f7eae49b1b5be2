"""The table of metrics: what components report, in the order in which they report it.

A row reads its metric off what is there to be seen of a component, be it the numbers of an instant or columns with a
row for each sampling. Live sites and compiled runs differ in who looks and in whose arithmetic they calculate, not in
what they report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, NamedTuple

from ..domain.metrics import Metric
from ..kernel.energies import Energies
from ..plant.state import Registers


class Arithmetic(NamedTuple):
    """What numbers and columns have different functions for; to the bit the same for a number and for each of many."""

    root: Callable[[Any], Any]
    hypotenuse: Callable[[Any, Any], Any]
    ratio: Callable[[Any, Any, float], Any]
    """`(dividend, divisor, otherwise)`: the quotient, or `otherwise` where the divisor is 0."""


class AlternatingSide(NamedTuple):
    """What is there to be seen on the AC side of a component."""

    active_w: Any
    active_1_w: Any
    active_2_w: Any
    active_3_w: Any
    reactive_var: Any
    reactive_1_var: Any
    reactive_2_var: Any
    reactive_3_var: Any
    apparent_1_va: Any
    apparent_2_va: Any
    apparent_3_va: Any
    current_1_a: Any
    current_2_a: Any
    current_3_a: Any
    voltage_1_v: Any
    voltage_2_v: Any
    voltage_3_v: Any
    """To neutral [V]."""
    voltage_12_v: Any
    voltage_23_v: Any
    voltage_31_v: Any
    frequency_hz: Any
    factor_1: Any
    factor_2: Any
    factor_3: Any
    """Power factors [1]."""


class Counted(NamedTuple):
    """What there is to be seen of registers by phase, as `Energies`, and what follows from them."""

    consumed_1_wh: Any
    consumed_2_wh: Any
    consumed_3_wh: Any
    delivered_1_wh: Any
    delivered_2_wh: Any
    delivered_3_wh: Any
    reactive_1_varh: Any
    reactive_2_varh: Any
    reactive_3_varh: Any
    apparent_vah: Any
    apparent_1_vah: Any
    apparent_2_vah: Any
    apparent_3_vah: Any
    net_1_wh: Any
    net_2_wh: Any
    net_3_wh: Any
    """Consumed less delivered [Wh]."""
    reactive_varh: Any
    """Of all phases together [varh]."""


class DirectSide(NamedTuple):
    """What is there to be seen on the DC side of a component."""

    voltage_v: Any
    current_a: Any
    power_w: Any


class Cells(NamedTuple):
    """What is there to be seen of the cells of a battery."""

    nominal_wh: Any
    """Energy from empty to full when new [Wh]."""
    capacity_share: Any
    """What is left of it [1]."""
    soc: Any
    temperature_c: Any


class Bridge(NamedTuple):
    """What is there to be seen on the DC side of an inverter with more than one DC connection, or none by itself."""

    power_w: Any
    """Of all of them together [W]."""


class HeatSink(NamedTuple):
    """What is there to be seen of the heat of an inverter."""

    temperature_c: Any


class Drum(NamedTuple):
    """What is there to be seen of the drum of a steam boiler."""

    pressure_bar: Any
    """Absolute [bar]."""


Part = (
    type[AlternatingSide]
    | type[Registers]
    | type[Counted]
    | type[DirectSide]
    | type[Bridge]
    | type[HeatSink]
    | type[Drum]
    | type[Cells]
)
"""What a component may have, and so what it reports."""


class WhenReplayed(Enum):
    """What a replay shows of a component behind which something is simulated that did something else."""

    ADDED_UP = "what was recorded, plus what the simulated components have now, less what they had"
    FOLLOWS = "what follows from powers and voltages"
    UNKNOWN = "no value: it would have counted something else since before the recording began"
    AS_RECORDED = "what was recorded"


class MetricRow(NamedTuple):
    """One metric."""

    metric: Metric
    part: Part
    """Part of a component, on which it is read; all that have that part report it."""
    reader: str | Callable[[Any, Arithmetic], Any]
    """Field of the part, or a function of the part and an arithmetic."""
    when_replayed: WhenReplayed = WhenReplayed.AS_RECORDED
    is_main: bool = True
    """Whether it is recorded by default: `frequenz-sdk` 1.0 asks for it, so its applications run on a replay."""
    other_part: Part | None = None
    """Another part on which it can be read, by the same reader."""

    def part_in(self, parts: Sequence[Part]) -> Part | None:
        """Return the one of some parts on which it is read; None if it is on none of them."""
        return next((part for part in (self.part, self.other_part) if part in parts), None)

    def read(self, part: Any, arithmetic: Arithmetic) -> Any:
        """Return the metric, given what is there to be seen."""
        if isinstance(self.reader, str):
            return getattr(part, self.reader)
        return self.reader(part, arithmetic)


def _apparent_va(side: AlternatingSide, calculate: Arithmetic) -> Any:
    return calculate.hypotenuse(side.active_w, side.reactive_var)


def _power_factor(side: AlternatingSide, calculate: Arithmetic) -> Any:
    """Return active over apparent power, with the sign of the active power; 1 where no power flows."""
    active_w, reactive_var = side.active_w, side.reactive_var
    apparent_va = calculate.root(active_w * active_w + reactive_var * reactive_var)
    return calculate.ratio(active_w, apparent_va, 1.0)


def _current_a(side: AlternatingSide, _calculate: Arithmetic) -> Any:
    """Return the sum of the currents of the phases."""
    return side.current_1_a + side.current_2_a + side.current_3_a


def _net_wh(counted: Registers, _calculate: Arithmetic) -> Any:
    return counted.consumed_wh - counted.delivered_wh


def _voltage_v(side: AlternatingSide, _calculate: Arithmetic) -> Any:
    """Return the mean of the voltages between phases, which is what a site file calls the grid's `voltage`."""
    return (side.voltage_12_v + side.voltage_23_v + side.voltage_31_v) / 3.0


_AC, _COUNTED, _DC, _CELLS = AlternatingSide, Counted, DirectSide, Cells
_ADDED_UP, _FOLLOWS, _UNKNOWN = WhenReplayed.ADDED_UP, WhenReplayed.FOLLOWS, WhenReplayed.UNKNOWN

METRICS: tuple[MetricRow, ...] = (
    MetricRow(Metric.AC_POWER_ACTIVE, _AC, "active_w", _ADDED_UP),
    MetricRow(Metric.AC_POWER_ACTIVE_PHASE_1, _AC, "active_1_w", _ADDED_UP),
    MetricRow(Metric.AC_POWER_ACTIVE_PHASE_2, _AC, "active_2_w", _ADDED_UP),
    MetricRow(Metric.AC_POWER_ACTIVE_PHASE_3, _AC, "active_3_w", _ADDED_UP),
    MetricRow(Metric.AC_POWER_REACTIVE, _AC, "reactive_var", _ADDED_UP),
    MetricRow(Metric.AC_POWER_REACTIVE_PHASE_1, _AC, "reactive_1_var", _ADDED_UP),
    MetricRow(Metric.AC_POWER_REACTIVE_PHASE_2, _AC, "reactive_2_var", _ADDED_UP),
    MetricRow(Metric.AC_POWER_REACTIVE_PHASE_3, _AC, "reactive_3_var", _ADDED_UP),
    MetricRow(Metric.AC_POWER_APPARENT, _AC, _apparent_va, _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_POWER_APPARENT_PHASE_1, _AC, "apparent_1_va", _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_POWER_APPARENT_PHASE_2, _AC, "apparent_2_va", _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_POWER_APPARENT_PHASE_3, _AC, "apparent_3_va", _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_CURRENT, _AC, _current_a, _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_CURRENT_PHASE_1, _AC, "current_1_a", _FOLLOWS),
    MetricRow(Metric.AC_CURRENT_PHASE_2, _AC, "current_2_a", _FOLLOWS),
    MetricRow(Metric.AC_CURRENT_PHASE_3, _AC, "current_3_a", _FOLLOWS),
    MetricRow(Metric.AC_VOLTAGE, _AC, _voltage_v, is_main=False),
    MetricRow(Metric.AC_VOLTAGE_PHASE_1_N, _AC, "voltage_1_v"),
    MetricRow(Metric.AC_VOLTAGE_PHASE_2_N, _AC, "voltage_2_v"),
    MetricRow(Metric.AC_VOLTAGE_PHASE_3_N, _AC, "voltage_3_v"),
    MetricRow(Metric.AC_VOLTAGE_PHASE_1_PHASE_2, _AC, "voltage_12_v", is_main=False),
    MetricRow(Metric.AC_VOLTAGE_PHASE_2_PHASE_3, _AC, "voltage_23_v", is_main=False),
    MetricRow(Metric.AC_VOLTAGE_PHASE_3_PHASE_1, _AC, "voltage_31_v", is_main=False),
    MetricRow(Metric.AC_FREQUENCY, _AC, "frequency_hz"),
    MetricRow(Metric.AC_POWER_FACTOR, _AC, _power_factor, _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_POWER_FACTOR_PHASE_1, _AC, "factor_1", _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_POWER_FACTOR_PHASE_2, _AC, "factor_2", _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_POWER_FACTOR_PHASE_3, _AC, "factor_3", _FOLLOWS, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE, Registers, _net_wh, _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_CONSUMED, Registers, "consumed_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_DELIVERED, Registers, "delivered_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_PHASE_1, _COUNTED, "net_1_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_PHASE_2, _COUNTED, "net_2_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_PHASE_3, _COUNTED, "net_3_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_CONSUMED_PHASE_1, _COUNTED, "consumed_1_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_CONSUMED_PHASE_2, _COUNTED, "consumed_2_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_CONSUMED_PHASE_3, _COUNTED, "consumed_3_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_DELIVERED_PHASE_1, _COUNTED, "delivered_1_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_DELIVERED_PHASE_2, _COUNTED, "delivered_2_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_ACTIVE_DELIVERED_PHASE_3, _COUNTED, "delivered_3_wh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_REACTIVE, _COUNTED, "reactive_varh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_REACTIVE_PHASE_1, _COUNTED, "reactive_1_varh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_REACTIVE_PHASE_2, _COUNTED, "reactive_2_varh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_REACTIVE_PHASE_3, _COUNTED, "reactive_3_varh", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_APPARENT, _COUNTED, "apparent_vah", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_APPARENT_PHASE_1, _COUNTED, "apparent_1_vah", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_APPARENT_PHASE_2, _COUNTED, "apparent_2_vah", _UNKNOWN, is_main=False),
    MetricRow(Metric.AC_ENERGY_APPARENT_PHASE_3, _COUNTED, "apparent_3_vah", _UNKNOWN, is_main=False),
    MetricRow(Metric.DC_VOLTAGE, _DC, "voltage_v", is_main=False),
    MetricRow(Metric.DC_CURRENT, _DC, "current_a", is_main=False),
    MetricRow(Metric.DC_POWER, _DC, "power_w", other_part=Bridge),
    MetricRow(Metric.INVERTER_TEMPERATURE, HeatSink, "temperature_c", is_main=False),
    MetricRow(Metric.INVERTER_TEMPERATURE_HEATSINK, HeatSink, "temperature_c", is_main=False),
    MetricRow(Metric.PRESSURE_ABSOLUTE, Drum, "pressure_bar", is_main=False),
    MetricRow(
        Metric.BATTERY_CAPACITY,
        _CELLS,
        lambda cells, _calculate: cells.nominal_wh * cells.capacity_share,
    ),
    MetricRow(Metric.BATTERY_SOC_PCT, _CELLS, lambda cells, _calculate: 100.0 * cells.soc),
    MetricRow(Metric.BATTERY_TEMPERATURE, _CELLS, "temperature_c"),
)
"""All metrics of components. Their order is that of frames and recordings."""

MAIN_METRICS = frozenset(row.metric for row in METRICS if row.is_main)
"""What is recorded by default."""
Phases = tuple[Any, Any, Any]
"""A value of each of L1, L2 and L3."""


def phase_currents_a(
    calculate: Arithmetic, active_w: Phases, reactive_var: Phases, phases_v: Phases
) -> Phases:
    """Return the current of each phase [A], >= 0; arguments as for `flow_side`."""
    s1, s2, s3 = _apparents_va(calculate, active_w, reactive_var)
    ratio = calculate.ratio
    return ratio(s1, phases_v[0], 0.0), ratio(s2, phases_v[1], 0.0), ratio(s3, phases_v[2], 0.0)


def _apparents_va(calculate: Arithmetic, active_w: Phases, reactive_var: Phases) -> Phases:
    root = calculate.root
    p1, p2, p3 = active_w
    q1, q2, q3 = reactive_var
    return root(p1 * p1 + q1 * q1), root(p2 * p2 + q2 * q2), root(p3 * p3 + q3 * q3)


def flow_side(
    calculate: Arithmetic,
    active_w: Phases,
    reactive_var: Phases,
    phases_v: Phases,
    lines_v: Phases,
    frequency_hz: Any,
) -> AlternatingSide:
    """Return the AC side of what reports what flows through it, without an instrument between.

    Args:
        calculate: For numbers, or for columns.
        active_w: Per phase [W].
        reactive_var: Per phase [var].
        phases_v: To neutral [V]; a dead phase (0 V) carries no current.
        lines_v: L1-L2, L2-L3, L3-L1 [V].
        frequency_hz: Of the grid [Hz].
    """
    p1, p2, p3 = active_w
    q1, q2, q3 = reactive_var
    v1, v2, v3 = phases_v
    s1, s2, s3 = _apparents_va(calculate, active_w, reactive_var)
    ratio = calculate.ratio
    i1, i2, i3 = ratio(s1, v1, 0.0), ratio(s2, v2, 0.0), ratio(s3, v3, 0.0)
    return AlternatingSide._make((
        p1 + p2 + p3, p1, p2, p3, q1 + q2 + q3, q1, q2, q3, i1 * v1, i2 * v2, i3 * v3, i1, i2, i3,
        v1, v2, v3, *lines_v, frequency_hz, ratio(p1, s1, 1.0), ratio(p2, s2, 1.0), ratio(p3, s3, 1.0),
    ))  # fmt: skip


def shown_side(
    calculate: Arithmetic,
    active_w: Phases,
    reactive_var: Phases,
    currents_a: Phases,
    phases_v: Phases,
    frequency_hz: Any,
) -> AlternatingSide:
    """Return the AC side of a meter that reports what it has measured; arguments as for `flow_side`."""
    root, hypotenuse, ratio = calculate
    s1, s2, s3 = _apparents_va(calculate, active_w, reactive_var)
    p1, p2, p3 = active_w
    q1, q2, q3 = reactive_var
    v1, v2, v3 = phases_v
    return AlternatingSide._make((
        p1 + p2 + p3, p1, p2, p3, q1 + q2 + q3, q1, q2, q3,
        hypotenuse(p1, q1), hypotenuse(p2, q2), hypotenuse(p3, q3), *currents_a, v1, v2, v3,
        root(v1 * v1 + v2 * v2 + v1 * v2), root(v2 * v2 + v3 * v3 + v2 * v3), root(v3 * v3 + v1 * v1 + v3 * v1),
        frequency_hz, ratio(p1, s1, 1.0), ratio(p2, s2, 1.0), ratio(p3, s3, 1.0),
    ))  # fmt: skip


def counted(registers: Energies) -> Counted:
    """Return what there is to be seen of registers, be it numbers or columns."""
    used_1, used_2, used_3, given_1, given_2, given_3, reactive_1, reactive_2, reactive_3, *_ = registers
    return Counted._make((
        *registers, used_1 - given_1, used_2 - given_2, used_3 - given_3, reactive_1 + reactive_2 + reactive_3,
    ))  # fmt: skip


def rows_of(parts: Sequence[Part]) -> tuple[MetricRow, ...]:
    """Return the rows of what has these parts, in their order."""
    return tuple(row for row in METRICS if row.part in parts or row.other_part in parts)
