"""What a site's network amounts to: impedances, short-circuit powers, voltages where all draw or give what they can."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ...models.load import load_reactive_power_var
from ..components.grid_connection_point import GridConnectionPoint
from ..components.line import line_caption
from ..components.power_transformer import PowerTransformer, transformer_params
from ..files.presets import own_presets
from ..inputs.errors import InputError
from ..kernel.ac_bus import clear_flows, put, reconnect, sum_towards_grid
from ..kernel.network import COLLAPSED, flow_through_lines
from ..network.line_rows import line_rows
from ..network.wiring import wire
from ..site.environment import grid_facts
from ..site.lines import has_lines
from ..site.site import Site
from .plant import Plant

HOURS_OF_YEAR = 8760.0


class NodeFigures(NamedTuple):
    """What there is to know of a node."""

    key: str
    """Component at which what leads to it ends."""
    way: str
    """What leads there: a cable, impedances, a transformer, or the grid."""
    impedance_ohm: complex
    """Of a phase from the source to the node, positive sequence, at the node's nominal voltage [Ω]."""
    short_circuit_va: float
    """`U² / |Z|` of a short circuit of three phases, without a voltage factor; infinite without an impedance [VA]."""
    drop: float | None
    """How far the lowest phase is below the nominal voltage at rated load, over that voltage; None if not known."""
    rise: float | None
    """How far the highest phase is above it at rated feed-in, likewise."""
    loading: float | None
    """Greatest current of both over the rated one; None if not known."""


class NetworkFigures(NamedTuple):
    """What there is to know of a network."""

    nodes: tuple[NodeFigures, ...]
    """From the grid outwards."""
    load_w: float
    """Active power of all that draws at rated load [W]."""
    feed_in_w: float
    """Active power of all that delivers at rated feed-in [W]."""
    left_out: tuple[str, ...]
    """Keys of what has powers that no number of the site file tells, and is in neither."""
    unknown: str
    """Why nothing is known of either; empty if it is."""


class _Case(NamedTuple):
    power_w: float
    lowest: list[float | None]
    highest: list[float | None]
    """Voltage of a node's lowest and highest phase over the nominal one; None where voltages collapse."""
    loading: list[float | None]


class _Cases(NamedTuple):
    load: _Case
    feed_in: _Case
    left_out: tuple[str, ...]


def network_figures(site: Site, *, start_us: int) -> NetworkFigures | None:
    """Return what the network of a site amounts to; None of a site without lines.

    The grid has its nominal voltages. At rated load all that can draw does so at once: devices that take set-points
    their rated power, loads their constant power or their mean over the year. At rated feed-in devices deliver their
    rated power, and loads draw nothing.

    Args:
        site: A valid site.
        start_us: When its inputs are looked at, none of which counts [µs since the Unix epoch].
    """
    if not has_lines(site):
        return None
    order = {key: number for number, key in enumerate(wire(site).order)}
    facts = grid_facts(site)
    with own_presets(site.own_presets):
        passing = {
            key: transformer_params(component, facts)
            for key, component in site.components.items()
            if isinstance(component, PowerTransformer)
        }
        nodes = line_rows(site, order, passing, facts.frequency_hz).nodes
    cases, unknown = _cases(site, start_us)
    keys = list(order)
    figures = []
    totals: list[complex] = []
    for number, node in enumerate(nodes):
        before = totals[node.parent] if node.parent >= 0 else 0j
        totals.append(before + complex(node.resistance, node.reactance))
        load, feed_in = (cases.load, cases.feed_in) if cases is not None else (None, None)
        loadings = [case.loading[number] for case in (load, feed_in) if case is not None]
        known = [loading for loading in loadings if loading is not None]
        is_known = len(known) == 2 and math.isfinite(node.rated_current)
        figures.append(
            NodeFigures(
                key=keys[node.component],
                way=_way(site, keys[node.component]),
                impedance_ohm=totals[-1] * node.nominal_v**2,
                short_circuit_va=3.0 / abs(totals[-1]) if totals[-1] else math.inf,
                drop=_beyond(load and load.lowest[number], -1.0),
                rise=_beyond(feed_in and feed_in.highest[number], 1.0),
                loading=max(known) if is_known else None,
            )
        )
    if cases is None:
        return NetworkFigures(tuple(figures), 0.0, 0.0, (), unknown)
    return NetworkFigures(tuple(figures), cases.load.power_w, cases.feed_in.power_w, cases.left_out, unknown)


def _beyond(voltage: float | None, way: float) -> float | None:
    """Return how far a voltage is above the nominal one, or below with a way of -1 [1]."""
    return None if voltage is None else way * (voltage - 1.0)


def _way(site: Site, key: str) -> str:
    component = site.components[key]
    if isinstance(component, GridConnectionPoint):
        power_va = component.short_circuit_power_va
        return "the grid" if power_va is None else f"the grid, {power_va / 1e6:g} MVA"
    ways = [] if component.line is None else [line_caption(component.line)]
    if isinstance(component, PowerTransformer):
        ways.append(f"{component.rated_apparent_power_va / 1e3:g} kVA {component.vector_group}")
    return ", ".join(ways)


def _cases(site: Site, start_us: int) -> tuple[_Cases | None, str]:
    """Return rated load and rated feed-in, or None and why nothing is known of them."""
    try:
        plant = Plant(site, start_us=start_us, seed=0)
    except InputError as error:
        return None, str(error)
    load, feed_in, left_out = _rated(plant)
    return _Cases(_case(plant, load), _case(plant, feed_in), left_out), ""


def _case(plant: Plant, powers: Mapping[str, complex]) -> _Case:
    """Return what comes of powers [VA] by key; what flowed before does not count."""
    layout, memory, _ = plant.numbers
    for signal in layout.phase_voltage_signals:
        memory.inputs[signal] = layout.nominal_phase_v
    memory.inputs[layout.presence_signal] = 1.0
    for now in memory.nodes:
        now.real_1 = now.imag_1 = 0.0
        now.dark_until_us = 0
    reconnect(layout, memory)
    clear_flows(layout, memory)
    for key, power in powers.items():
        put(layout, memory, plant.places.components[key], power.real, power.imag)
    sum_towards_grid(layout, memory)
    power_w = math.fsum(power.real for power in powers.values())
    if flow_through_lines(layout, memory) == COLLAPSED:
        nothing: list[float | None] = [None for _ in layout.nodes]
        return _Case(power_w, nothing, nothing, nothing)
    rows = list(zip(layout.nodes, memory.nodes, strict=True))
    return _Case(
        power_w,
        [min(now.v_1, now.v_2, now.v_3) / node.nominal_v for node, now in rows],
        [max(now.v_1, now.v_2, now.v_3) / node.nominal_v for node, now in rows],
        [now.loading for _, now in rows],
    )


def _rated(plant: Plant) -> tuple[dict[str, complex], dict[str, complex], tuple[str, ...]]:
    """Return powers of rated load and of rated feed-in [VA] by key, and keys of what is not known."""
    load: dict[str, complex] = {}
    feed_in: dict[str, complex] = {}
    left_out = []
    equipment = plant.equipment
    for key in plant.wiring.ac_order:
        if key in equipment.loads:
            load_w = _load_w(getattr(plant.site.components[key], "load", None))
            if load_w is None:
                left_out.append(key)
            else:
                factor = equipment.loads[key].power_factor
                load[key] = complex(load_w, load_reactive_power_var(load_w, factor))
        elif key in equipment.ratings:
            active = equipment.ratings[key].active
            if active is not None:
                load[key] = complex(max(active.upper, 0.0))
                feed_in[key] = complex(min(active.lower, 0.0))
        elif key in equipment.machines:
            left_out.append(key)
    return load, feed_in, tuple(left_out)


def _load_w(load: object) -> float | None:
    """Return the power of a load that always is the same, or its mean over the year [W]; None if neither is said."""
    if isinstance(load, int | float):
        return float(load)
    annual_wh = getattr(load, "annual_energy_wh", None)
    if annual_wh is not None:
        return float(annual_wh) / HOURS_OF_YEAR
    value = getattr(load, "value", None)
    return float(value) if isinstance(value, int | float) else None
