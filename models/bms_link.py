"""The DC link that a battery is switched to: precharged through a resistor, emptied by a bleeder.

The capacitor `C` is charged from the pack voltage `V` through `R`, while a conductance `G` across the link (bleeder,
load or a fault) pulls the other way (two conductances and a capacitor, one node):

    v(t) = u + (v0 - u) exp(-t/τ)        u = V / (1 + R G)        τ = R C / (1 + R G)

A voltage `s V` is reached after `τ ln((u - v0) / (u - s V))`, and never if `u <= s V`. Energies are integrals of
these exponentials.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import decay_over
from .parameter import Parameter


class LinkParams(NamedTuple):
    """A DC link and its precharge."""

    capacitance_f: Annotated[float, Parameter("F", lower=0.0, above=True)]
    precharge_resistance_ohm: Annotated[float, Parameter("Ω", lower=0.0, above=True)]
    discharge_resistance_ohm: Annotated[float, Parameter("Ω", lower=0.0, above=True, unbounded=True)]
    """Bleeder across the link, which empties it once the relays are open."""
    charged_share: Annotated[float, Parameter("1", lower=0.5, upper=0.999, source="1 is never reached")]
    """The main relay closes at this share of the pack voltage."""


class LinkPart(NamedTuple):
    """A link over some time."""

    voltage_v: float
    """At the end [V]."""
    drawn_j: float
    """From the pack [J]."""
    loss_j: float
    """In the resistors and in what conducts across the link [J], >= 0."""


def link_rise_s(params: LinkParams, link_voltage_v: float, pack_voltage_v: float, load_s: float) -> float:
    """Return how long the precharge takes until the main relay may close [s]; infinite if it never may.

    Args:
        params: The link.
        link_voltage_v: Now [V].
        pack_voltage_v: Behind the precharge resistor [V].
        load_s: Across the link besides the bleeder [S].
    """
    loaded = 1.0 + params.precharge_resistance_ohm * (load_s + 1.0 / params.discharge_resistance_ohm)
    settled_v, goal_v = pack_voltage_v / loaded, params.charged_share * pack_voltage_v
    if link_voltage_v >= goal_v:
        return 0.0
    if settled_v <= goal_v:
        return math.inf
    time_constant_s = params.precharge_resistance_ohm * params.capacitance_f / loaded
    return time_constant_s * math.log((settled_v - link_voltage_v) / (settled_v - goal_v))


def link_after(
    params: LinkParams, link_voltage_v: float, pack_voltage_v: float, load_s: float, fed: bool, dt_s: float
) -> LinkPart:
    """Carry a link across a time in which the main relay is open.

    Args:
        params: The link.
        link_voltage_v: At the start [V].
        pack_voltage_v: Behind the precharge resistor [V].
        load_s: Across the link besides the bleeder [S].
        fed: Whether the precharge relay is closed.
        dt_s: Any length [s].
    """
    source_s = 1.0 / params.precharge_resistance_ohm if fed else 0.0
    sink_s = load_s + 1.0 / params.discharge_resistance_ohm
    settled_v = pack_voltage_v * source_s / (source_s + sink_s)
    decay = decay_over(dt_s, params.capacitance_f / (source_s + sink_s))
    rest_v, drop_v = link_voltage_v - settled_v, pack_voltage_v - settled_v
    # The mean of exp(-2t/τ) is half of that of exp(-t/τ) times 1 + exp(-dt/τ).
    square = 0.5 * decay.mean * (1.0 + decay.end) * rest_v * rest_v
    source_v2 = drop_v * drop_v - 2.0 * drop_v * rest_v * decay.mean + square
    sink_v2 = settled_v * settled_v + 2.0 * settled_v * rest_v * decay.mean + square
    drawn_w = pack_voltage_v * source_s * (drop_v - rest_v * decay.mean)
    return LinkPart(
        settled_v + rest_v * decay.end, drawn_w * dt_s, (source_s * source_v2 + sink_s * sink_v2) * dt_s
    )


def link_joined(params: LinkParams, link_voltage_v: float, pack_voltage_v: float) -> LinkPart:
    """Let a link follow the pack at once; half of what a jump of voltage moves is lost, whatever resists it."""
    jump_v = pack_voltage_v - link_voltage_v
    return LinkPart(
        pack_voltage_v,
        params.capacitance_f * pack_voltage_v * jump_v,
        0.5 * params.capacitance_f * jump_v * jump_v,
    )
