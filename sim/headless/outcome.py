"""What a run without clients gives: a summary of it, or an error. Needs nothing of what compiles."""

from __future__ import annotations

from typing import NamedTuple

from ..components.recordings import Astray
from ..components.usage import LineUse, Usage
from ..tariff.bill import Costs


class RunError(ArithmeticError):
    """A run came to a value that is no number; says where and when."""


class FlowSummary(NamedTuple):
    """What flowed through a component on the AC side."""

    key: str
    category: str
    consumed_wh: float
    delivered_wh: float
    greatest_w: float
    least_w: float
    """Greatest and least active power of every step [W]."""


class BatterySummary(NamedTuple):
    """What a battery did."""

    key: str
    full_cycles: float
    """Charge that went through it, over twice what it holds when new."""
    soc_first: float
    soc_last: float
    soc_least: float
    soc_greatest: float
    coldest_c: float
    warmest_c: float
    loss_wh: float
    true_soc: float | None = None
    """At the end; None of one whose management system knows it."""


class Summary(NamedTuple):
    """What came of a run."""

    grid: FlowSummary
    peak_w: float | None
    """Greatest mean power from the grid over a quarter of an hour [W]; None for runs without a whole one."""
    peak_us: int
    """When that quarter began [µs since the Unix epoch]."""
    flows: tuple[FlowSummary, ...]
    batteries: tuple[BatterySummary, ...]
    consumed_wh: float
    """By loads, and machines that draw power."""
    produced_wh: float
    """By machines that give power, and hybrid inverters: what these delivered, less what they drew."""
    lost_wh: float
    """In inverters, batteries, lines and what power passes through."""
    stored_wh: float
    """In batteries, more than at the start."""
    imbalance_wh: float
    """What is missing in the balance of all that, with `sun_wh` for what hybrid inverters produced; rounding."""
    throughput_wh: float
    """Sum of the magnitudes in the balance, to judge the imbalance by."""
    events: int
    """How many times what flows was solved for."""
    samples: int
    duration_us: int
    wall_s: float
    """What the run took, without building the site and compiling [s]."""
    costs: Costs | None = None
    """None without a tariff."""
    sun_wh: float = 0.0
    """Taken from arrays behind hybrid inverters, before these lost or stored some of it."""
    astray: tuple[Astray, ...] = ()
    """Devices that did not always do what their recordings say."""
    usages: tuple[Usage, ...] = ()
    """Starts and time in operation of machines that count them."""
    lines: tuple[LineUse, ...] = ()
    """Of a network, from the grid outwards; none of a site without lines."""
