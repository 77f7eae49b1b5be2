"""Running signals of the public grid from what a site file says of it."""

from __future__ import annotations

import math
from datetime import datetime

from ..models.ac import ThreePhase
from ..models.fuse import FuseParams
from ..models.grid_voltage import GridImpedanceParams
from .clock import to_us
from .graph import grid_key
from .inputs.build import Surroundings, build_signal
from .inputs.daily import SECOND_US
from .inputs.frequency import VoltageNoise, frequency_process, voltage_processes
from .inputs.moments import parse_zone
from .inputs.outages import Outage, SeededOutages, grid_presence, read_outages
from .inputs.signal import Constant, Signal
from .presets_grid import area_preset, fuse_for, fuse_preset, outage_preset
from .site import GridConnectionPoint, Site
from .site_grid import (
    FrequencyInput,
    FrequencyProcess,
    GridFuse,
    GridOutage,
    GridVoltage,
    OutageFile,
    OutageProcess,
    Outages,
)
from .surroundings import surroundings


def frequency_signal(spec: FrequencyInput, where: Surroundings) -> Signal:
    """Return the frequency of the grid [Hz] while it is there.

    Raises:
        InputError: If a recording is wrong.
    """
    if not isinstance(spec, FrequencyProcess):
        return build_signal(spec, where)
    area = area_preset(spec.profile)._replace(resolution_hz=spec.resolution_hz or 0.0)
    return frequency_process(area, interval_s=spec.interval_s, key=where.key)


def voltage_signals(
    spec: GridVoltage | None, line_voltage_v: float, where: Surroundings
) -> tuple[Signal, Signal, Signal]:
    """Return the voltages of the three phases to neutral without load [V] while the grid is there.

    Args:
        spec: What the site file says; nominal voltages if None.
        line_voltage_v: Nominal voltage, line to line [V].
        where: Of the connection point.

    Raises:
        InputError: If a recording is wrong.
    """
    nominal_v = line_voltage_v / math.sqrt(3.0)
    if spec is None:
        return Constant(nominal_v), Constant(nominal_v), Constant(nominal_v)
    phases = spec.phases or (nominal_v, nominal_v, nominal_v)
    noise = VoltageNoise(spec.fluctuation, spec.unbalance, spec.time_constant_s)
    is_still = noise.common == 0.0 and noise.own == 0.0
    means = ThreePhase(*(phase if isinstance(phase, float) else nominal_v for phase in phases))
    wandering = voltage_processes(means, nominal_v, noise, interval_s=spec.interval_s, key=where.key)
    l1, l2, l3 = (
        moving if isinstance(phase, float) and not is_still else build_signal(phase, where)
        for phase, moving in zip(phases, wandering, strict=True)
    )
    return l1, l2, l3


def grid_impedance(spec: GridVoltage | None) -> GridImpedanceParams:
    """Return the impedance of the grid per phase."""
    return (
        GridImpedanceParams(0.0, 0.0)
        if spec is None
        else GridImpedanceParams(spec.resistance_ohm, spec.reactance_ohm)
    )


def grid_impedances(spec: GridVoltage | None) -> list[GridImpedanceParams]:
    """Return the impedance of the grid as the only entry, or none if it has no impedance."""
    impedance = grid_impedance(spec)
    return [impedance] if impedance.resistance_ohm > 0.0 or impedance.reactance_ohm > 0.0 else []


def presence_signal(spec: Outages | None, where: Surroundings) -> Signal:
    """Return 1 while the grid is there and 0 while it is not.

    Raises:
        InputError: If a file is wrong: names the line, what was found and what is accepted.
    """
    match spec:
        case None:
            return Constant(1.0)
        case OutageFile():
            zone = where.location.zone if spec.timezone is None else parse_zone(spec.timezone)
            path = where.directory / spec.file
            return grid_presence(
                read_outages(path, zone, time_column=spec.time_column, duration_column=spec.duration_column)
            )
        case OutageProcess():
            statistics = outage_preset(spec.preset)
            if spec.per_year is not None:
                statistics = statistics._replace(per_year=spec.per_year)
            return SeededOutages(statistics, where.key)
        case _:
            return grid_presence(_outage(each, where) for each in spec)


def _outage(spec: GridOutage, where: Surroundings) -> Outage:
    begin_us = _begin_us(spec.begin, where)
    return Outage(begin_us, begin_us + round(spec.duration_s * SECOND_US))


def _begin_us(begin: datetime | float, where: Surroundings) -> int:
    if isinstance(begin, float):
        return where.start_us + round(begin * SECOND_US)
    return to_us(begin if begin.tzinfo else begin.replace(tzinfo=where.location.zone))


def fuse_links(spec: GridFuse | None, rated_fuse_current_a: float) -> list[FuseParams]:
    """Return the three links at the connection point, or none if they cannot melt."""
    return [] if spec is None else [fuse_params(spec, rated_fuse_current_a)] * 3


def grid_inputs(site: Site, *, start_us: int, seed: int) -> dict[str, Signal]:
    """Return what the public grid does to a site: `component.quantity` of its connection point.

    `voltage` [V] is the nominal one, line to line; it moves the three phases in proportion. `voltage_1` to
    `voltage_3` [V] are what these have to neutral at the nominal voltage. `frequency` [Hz], and `presence`: 1 or 0.

    Raises:
        InputError: If a recording is wrong.
    """
    key = grid_key(site)
    grid = site.components[key]
    assert isinstance(grid, GridConnectionPoint)
    frequency, voltages, outages = (
        surroundings(site, key, purpose, start_us=start_us, seed=seed)
        for purpose in ("frequency", "voltages", "outages")
    )
    phases = voltage_signals(grid.voltages, grid.voltage_v, voltages)
    return {
        f"{key}.voltage": Constant(grid.voltage_v),
        f"{key}.frequency": frequency_signal(grid.frequency, frequency),
        **{f"{key}.voltage_{number}": signal for number, signal in enumerate(phases, start=1)},
        f"{key}.presence": presence_signal(grid.outages, outages),
    }


def fuse_params(spec: GridFuse, rated_fuse_current_a: float) -> FuseParams:
    """Return the links at the connection point, all three alike."""
    return fuse_for(rated_fuse_current_a) if spec.preset is None else fuse_preset(spec.preset)
