"""The devices of a site, made from its file: what they can, what drives them, and how they are wired."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ...models.ac import ThreePhase
from ...models.ageing import AgeingParams
from ...models.battery import BatteryParams
from ...models.battery_auxiliary import AuxiliaryParams
from ...models.bms import BmsParams
from ...models.grid_guard import GridGuardParams
from ...models.inverter import InverterParams, ac_from_dc, ceil_to_resolution
from ...models.soc_estimate import SocEstimateParams
from ...models.throughput import ThroughputParams
from ..components.component_type import BatterySystem, Built, Converting, GridSupply
from ..components.device import Machine
from ..components.environment import OUTDOORS
from ..components.load import WiredLoad
from ..components.metering import Metering
from ..components.package_runs import watched_machine
from ..components.rating import Rating
from ..components.recordings import RECORDED, RecordedDrive, is_recorded, recorded_drive
from ..components.registry import type_of
from ..components.solar_array import SolarArray
from ..inputs.signal import Signal
from ..site.environment import settings
from ..site.graph import grid_key
from ..site.self_consumption import kept_meters
from ..site.site import Site


class MeterControl(NamedTuple):
    """What a device does by itself: it regulates the power through a component to 0 W."""

    key: str
    """Key of that component."""
    share: float
    """Part of it that falls to this device, where several keep to the same."""


class Equipment(NamedTuple):
    """The devices of a site, by key."""

    ratings: dict[str, Rating]
    """Rating of everything that takes set-points."""
    grid_key: str
    grid: GridSupply
    systems: dict[str, BatterySystem]
    """All batteries with what surrounds their cells."""
    batteries: dict[str, BatteryParams]
    managements: dict[str, BmsParams]
    """Management system of every battery."""
    ageings: dict[str, AgeingParams]
    """Laws of batteries that age."""
    estimates: dict[str, SocEstimateParams]
    """How the management systems tell the SoC that do not know it."""
    auxiliaries: dict[str, AuxiliaryParams]
    """What batteries draw from their own cells."""
    inverters: dict[str, InverterParams]
    shares: dict[str, ThreePhase]
    """Part of its power on each phase, of inverters with a direct current side of their own."""
    arrays: dict[str, SolarArray]
    """Arrays of hybrid and PV inverters."""
    machines: dict[str, Machine]
    recorded: dict[str, RecordedDrive]
    """What drives devices by a recording."""
    built_in: dict[str, MeterControl]
    """Devices that act by themselves while no client tells them otherwise."""
    loads: dict[str, WiredLoad]
    throughput: dict[str, ThroughputParams]
    meterings: dict[str, Metering]
    """Meters with options of their own."""
    guards: dict[str, GridGuardParams]
    """Inverters that keep to a grid code."""
    feed_in_limits: list[Signal]
    """Greatest power into the grid, which photovoltaics keep to by themselves [W]; one, or none."""
    photovoltaics: list[str]
    """Those that would keep to such a limit."""

    def inputs(self) -> dict[str, Signal]:
        """Return what drives the devices, by `component.quantity`."""
        return {
            **{f"{self.grid_key}.{quantity}": signal for quantity, signal in self.grid.inputs.items()},
            **dict(zip([self.feed_in_input], self.feed_in_limits, strict=False)),
            **{f"{key}.load": load.signal for key, load in self.loads.items()},
            **{f"{key}.irradiance": array.signal for key, array in self.arrays.items()},
            **{f"{key}.{RECORDED}": drive.signal for key, drive in self.recorded.items()},
            **{
                f"{key}.{quantity}": signal
                for key, machine in self.machines.items()
                for quantity, signal in machine.inputs.items()
            },
        }

    @property
    def feed_in_input(self) -> str:
        """Name of the input that limits what is fed in."""
        return f"{self.grid_key}.feed_in_limit"

    def wanted_inputs(self) -> set[str]:
        """Return the names of all inputs that machines and arrays draw on."""
        outdoors = {OUTDOORS for array in self.arrays.values() if array.is_outdoors}
        return outdoors | {source for machine in self.machines.values() for source in machine.sources}


def equip(
    site: Site, batteries_of: Mapping[str, Sequence[str]], ambient: Signal, *, start_us: int, seed: int
) -> Equipment:
    """Make the devices of a site.

    Args:
        site: A valid site.
        batteries_of: Batteries behind each inverter that has any.
        ambient: Temperature of the air around the devices [°C].
        start_us: Simulated time at which the run starts [µs since the Unix epoch].
        seed: Of all noise.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    where = settings(site, ambient, start_us=start_us, seed=seed)
    built = {
        key: type_of(component).build(component, where[key]) for key, component in site.components.items()
    }
    grid = grid_key(site)
    supply = built[grid].grid
    assert supply is not None
    systems = {key: each.battery for key, each in built.items() if each.battery is not None}
    converting = {key: each.converting for key, each in built.items() if each.converting is not None}
    machines = {
        key: _with_parameters(site, key, each) for key, each in built.items() if each.machine is not None
    }
    ratings = {
        key: _with_batteries(key, each, built, batteries_of[key]) for key, each in converting.items()
    } | {key: machine.rating for key, machine in machines.items() if machine.rating is not None}
    return Equipment(
        ratings=ratings,
        grid_key=grid,
        grid=supply,
        systems=systems,
        batteries={key: system.params for key, system in systems.items()},
        managements={key: system.management for key, system in systems.items()},
        ageings={key: system.ageing for key, system in systems.items() if system.ageing is not None},
        auxiliaries={
            key: system.auxiliary for key, system in systems.items() if system.auxiliary is not None
        },
        estimates={key: system.estimate for key, system in systems.items() if system.estimate is not None},
        inverters={key: each.inverter for key, each in built.items() if each.inverter is not None},
        shares={key: each.shares for key, each in converting.items()},
        arrays={key: each.array for key, each in built.items() if each.array is not None},
        machines=machines,
        recorded={
            key: recorded_drive(section, ratings[key], where[key])
            for key in ratings
            if is_recorded(section := site.components[key])
        },
        built_in=_built_in(converting, kept_meters(site)),
        loads={key: each.load for key, each in built.items() if each.load is not None},
        throughput={key: each.throughput for key, each in built.items() if each.throughput is not None},
        meterings={key: each.metering for key, each in built.items() if each.metering is not None},
        guards={key: each.guard for key, each in built.items() if each.guard is not None},
        feed_in_limits=_feed_in_limits(supply, built),
        photovoltaics=[key for key, each in built.items() if each.peak_w],
    )


def _feed_in_limits(supply: GridSupply, built: Mapping[str, Built]) -> list[Signal]:
    if supply.feed_in_limit is None:
        return []
    return [supply.feed_in_limit.of_w(math.fsum(each.peak_w or 0.0 for each in built.values()))]


def _with_parameters(site: Site, key: str, built: Built) -> Machine:
    assert built.machine is not None
    section, machine = site.components[key], built.machine
    kind = type_of(section)
    if built.inverter is None:
        machine = replace(machine, params=kind.with_parameters(machine.params, section))
    # That of an inverter has been made of the inverter's parameters, those of the file among them.
    return machine if kind.package is None else watched_machine(machine, kind, key)


def _with_batteries(
    key: str, converting: Converting, built: Mapping[str, Built], batteries: Sequence[str]
) -> Rating:
    """Return the rating of an inverter, which can do no less than its batteries together unless it has sun as well."""
    rating, params = converting.rating, built[key].inverter
    systems = [system for battery in batteries if (system := built[battery].battery) is not None]
    gaps = [system.gap for system in systems]
    if params is None or built[key].array is not None or not any(map(any, gaps)):
        return rating
    drawn_w, delivered_w = (
        ceil_to_resolution(ac_from_dc(params, behind_w), rating.resolution_w) if behind_w > 0.0 else 0.0
        for behind_w in (math.fsum(gap.upper for gap in gaps), -math.fsum(gap.lower for gap in gaps))
    )
    return rating._replace(
        minimum_w=max(rating.gap.upper, drawn_w), minimum_delivered_w=max(-rating.gap.lower, delivered_w)
    )


def _built_in(converting: Mapping[str, Converting], kept: Mapping[str, str]) -> dict[str, MeterControl]:
    """Return the inverters that keep to a meter by themselves; those of the same power share it by their ratings.

    Args:
        converting: All of them.
        kept: What stands for all meters of the same power, by inverter; the meter itself where nothing does.
    """
    meters = {
        key: each.self_consumption for key, each in converting.items() if each.self_consumption is not None
    }
    powers = {key: kept.get(key, meter) for key, meter in meters.items()}
    sizes = {key: converting[key].rating.size for key in meters}
    return {
        key: MeterControl(
            meter, sizes[key] / math.fsum(sizes[other] for other in meters if powers[other] == powers[key])
        )
        for key, meter in meters.items()
    }
