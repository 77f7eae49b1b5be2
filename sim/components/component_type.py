"""What a category is to all who list categories: one record each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple

from ...models.ac import ThreePhase
from ...models.ageing import AgeingParams
from ...models.battery import BatteryParams, BatteryState, battery_initial_state
from ...models.battery_auxiliary import AuxiliaryParams
from ...models.bms import RELAYS_CLOSED, BmsParams, BmsState, bms_initial_state
from ...models.cell_spread import CellSpreadParams
from ...models.fuse import FuseParams
from ...models.grid_guard import GridGuardParams
from ...models.grid_voltage import GridImpedanceParams
from ...models.inverter import InverterParams
from ...models.parameter import ParameterError
from ...models.soc_estimate import SocEstimateParams
from ...models.tables import table_value
from ...models.throughput import ThroughputParams
from ..domain.categories import Category
from ..domain.ranges import Bounds
from ..domain.states import StateCode
from ..files.parameters import NO_EFFECT, not_of_parts, of_part, overridden, refuse_idle
from ..inputs.limited import Multiple
from ..inputs.signal import Signal
from .charged_cars import KnownCar
from .device import Machine
from .load import WiredLoad
from .metering import Metering
from .own_keys import refuse_own_keys
from .rating import Rating, gap_of
from .section import ComponentSection, FlexibleDevice
from .setting import GridFacts, Setting
from .solar_array import SolarArray
from .switchgear import CONTACTOR, Switchgear

AC_PARENTS = (Category.GRID_CONNECTION_POINT, Category.METER)
"""What components on the AC side may be behind."""
DC_PARENTS = (Category.BATTERY_INVERTER, Category.HYBRID_INVERTER)
"""What components on the direct current side may be behind."""


@dataclass(frozen=True)
class BatterySystem:
    """The cells of a battery and what surrounds them."""

    params: BatteryParams
    management: BmsParams
    ageing: AgeingParams | None
    """None if it does not age."""
    initial_soc: float
    """When a run starts [1]."""
    initial_temperature_c: float
    """Initial temperature of the cells when a run starts [°C]."""
    initial_spread: float
    """SoC of the fullest cell less that of the emptiest when a run starts [1]."""
    minimum_w: float = 0.0
    """Least DC power that it is charged with, and least that it gives unless that is another [W]."""
    minimum_delivered_w: float | None = None
    """Least DC power that it gives, as a magnitude [W]; `minimum_w` if None."""
    estimate: SocEstimateParams | None = None
    """How its management system tells the SoC; None if it knows that."""
    initial_soc_error: float = 0.0
    """What that takes SoC for when a run starts, less SoC [1]."""
    auxiliary: AuxiliaryParams | None = None
    """What it draws from its own cells; None if nothing."""
    cells: CellSpreadParams | None = None
    """How its cells differ; None if they are alike."""

    @property
    def gap(self) -> Bounds:
        """The DC powers between which it is not used [W]; 0 and 0 if it is at any."""
        return gap_of(self.minimum_w, self.minimum_delivered_w)

    def first_state(self) -> BatteryState:
        """Return the state of the cells when a run starts."""
        return battery_initial_state(self.params, self.initial_soc, self.initial_temperature_c)

    def first_management(self) -> BmsState:
        """Return the state of the management system when a run starts, with closed relays."""
        voltage_v = table_value(self.params.ocv_v, self.first_state().soc)
        return bms_initial_state(self.management, RELAYS_CLOSED, voltage_v, self.initial_spread)


@dataclass(frozen=True)
class Converting:
    """An inverter that couples batteries, as its clients and its phases see it."""

    rating: Rating
    shares: ThreePhase
    """Part of its power on each phase."""
    self_consumption: str | None
    """Key of the component whose power it regulates to 0 W while no client tells it otherwise."""


class FeedInLimit(NamedTuple):
    """Greatest power that may flow into the grid, over time."""

    amount: Signal
    """Part of the peak power of all photovoltaics [1], or a power [W]."""
    is_share: bool

    def of_w(self, peak_w: float) -> Signal:
        """Return the limit [W] of photovoltaics of a peak power [W]."""
        return Multiple(self.amount, peak_w) if self.is_share else self.amount


@dataclass(frozen=True)
class GridSupply:
    """The public grid behind a connection point."""

    inputs: Mapping[str, Signal]
    """By quantity: `voltage`, `frequency`, `voltage_1` to `voltage_3`, `presence`; `import_limit` if there is one."""
    voltage_v: float
    """Nominal, line to line [V]."""
    impedances: tuple[GridImpedanceParams, ...]
    """One, or none if the grid has no impedance."""
    fuses: tuple[FuseParams, ...]
    """Three links, or none if they cannot melt."""
    active: Bounds | None = None
    """Active power agreed for the connection [W]; None if none is."""
    fuse_w: float = math.inf
    """Active power at which its fuse is fully used [W]."""
    feed_in_limit: FeedInLimit | None = None
    """What photovoltaics keep to by themselves; None if they need not."""


@dataclass(frozen=True)
class Built:
    """What a component brings into a plant; None of what it does not have."""

    grid: GridSupply | None = None
    battery: BatterySystem | None = None
    inverter: InverterParams | None = None
    converting: Converting | None = None
    array: SolarArray | None = None
    peak_w: float | None = None
    """Peak power of photovoltaics that keep to a feed-in limit [W]."""
    guard: GridGuardParams | None = None
    load: WiredLoad | None = None
    machine: Machine | None = None
    throughput: ThroughputParams | None = None
    metering: Metering | None = None


def nothing_built(_section: Any, _setting: Setting) -> Built:
    """Make nothing: all that there is to what power merely passes through."""
    return Built()


def _usual_switchgear(section: Any) -> Switchgear | None:
    return CONTACTOR if isinstance(section, FlexibleDevice) else None


def _no_caption(_section: Any) -> list[str]:
    return []


def _no_minimum(_section: Any) -> float:
    return 0.0


def _no_contradiction(_params: Any) -> None:
    return None


def _none_unused(_section: Any) -> Mapping[str, str]:
    return {}


def _no_cars(_section: Any) -> tuple[KnownCar, ...]:
    return ()


def _no_identity(_section: Any) -> dict[str, Any]:
    return {}


class Way(Enum):
    """Which way the power of a component itself flows."""

    CONSUMES = auto()
    PRODUCES = auto()
    BOTH = auto()
    NONE = auto()
    """It measures or passes on what others do, and has nothing of its own but loads and losses."""


@dataclass(frozen=True)
class ComponentType:
    """A kind of component: how a file says it, how it is built, and what it is called elsewhere."""

    name: str
    """What a site file says as its `category`."""
    category: Category
    """What clients are told that it is."""
    section: type[ComponentSection]
    """Class that reads it from a site file."""
    sdk_class: str | None
    """Name in `frequenz.client.microgrid.component`; None if today's Python clients do not know the category."""
    behind: tuple[Category, ...]
    """What it may be behind, with nothing or only passages between."""
    build: Callable[[Any, Setting], Built] = nothing_built
    """`(section, setting)`: makes its devices."""
    params: Callable[[Any, GridFacts], Any] | None = None
    """`(section, grid)`: parameters that `parameters:` may set; None if it has no model of its own."""
    check: Callable[[Any], None] = _no_contradiction
    """`(params)`: refuses parameters that contradict each other, by a `ParameterError`."""
    presets: Callable[[], tuple[str, ...]] | None = None
    """Names that `preset:` accepts; None if it has no presets."""
    least_w: Callable[[Any], float] = _no_minimum
    """`(section)`: magnitude of a set-point, other than 0, below which it rests or pauses [W]."""
    least_delivered_w: Callable[[Any], float] | None = None
    """`(section)`: the same of a set-point to deliver; `least_w` if None."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the section that drive it, and the value of each that leaves it at rest."""
    files: Mapping[str, Callable[[Any, Path], object]] = field(default_factory=dict)
    """By field of the section, `(section, directory)`: reads a file of what it is made of, and holds the section to it.

    Raises `InputError` if the file is wrong, or does not suit what the section says beside it.
    """
    caption: Callable[[Any], list[str]] = _no_caption
    """`(section)`: its ratings and inputs in short, for people."""
    identity: Callable[[Any], dict[str, Any]] = _no_identity
    """`(section)`: fields of `ComponentInfo` that only its category has."""
    sdk_fields: Mapping[str, Any] = field(default_factory=dict)
    """What the SDK's class wants besides an id, for the graph."""
    way: Way | None = None
    """Which way its own power flows; None for that of this package's own component of its category."""
    is_passage: bool = False
    """Whether power merely passes through; rules of the graph look through it."""
    measures: bool = True
    """Whether it reports what passes through it, rather than its states alone."""
    needs_behind_it: str | None = None
    """What must be behind it, in words; None if nothing needs to be."""
    parts: Mapping[str, Callable[[Any, GridFacts], Any]] = field(default_factory=dict)
    """By name, `(section, grid)`: makes the parameters of a part with a model of its own, as the section says them.

    A file says them as `part.parameter`. Raises `ParameterError` where a component has no such part.
    """
    unused: Callable[[Any], Mapping[str, str]] = _none_unused
    """`(section)`: parameters of its models that do nothing in this component, and what is accepted there, in words."""
    cars: Callable[[Any], tuple[KnownCar, ...]] = _no_cars
    """`(section)`: cars that come to it, which the file says by keys."""
    switchgear: Callable[[Any], Switchgear | None] = _usual_switchgear
    """`(section)`: what it is switched on and off with; a contactor of what takes set-points, else nothing."""
    resting_state: StateCode | None = None
    """What it says that it is doing while it converts no power; None if that goes by more than its power."""
    package: str | None = None
    """Name and version of the package that brings it, set on loading; None if it is of this one."""

    def check_parameters(self, section: ComponentSection, grid: GridFacts) -> None:
        """Hold what a site file says of a component, and the parameters that it sets, to what the model can have.

        Raises:
            ParameterError: If one of them, or all together, cannot be.
        """
        is_load_alone = getattr(section, "load", None) is not None
        if not section.parameters and (self.package is not None or is_load_alone):
            return
        own = not_of_parts(section.parameters, self.parts)
        if self.params is None and own:
            raise ParameterError(next(iter(own)), "unknown", self._of_parts_alone)
        refuse_own_keys(section)
        if self.params is not None:
            refuse_idle(self.with_parameters(self.params(section, grid), section), own)
        for name, made in self.parts.items():
            if of_the_part := of_part(section.parameters, name):
                refuse_idle(made(section, grid), of_the_part, f"{name}.")
        unused = self.unused(section)
        for name in section.parameters:
            if name in unused:
                raise ParameterError(name, NO_EFFECT, unused[name])

    @property
    def _of_parts_alone(self) -> str:
        """What may be said of a component that has no model of its own, in words."""
        if not self.parts:
            return "nothing, this component has no model of its own"
        return (
            f"parameters of {' or '.join(f'{part}.…' for part in self.parts)}, as it has no model of its own"
        )

    def with_parameters(self, params: Any, section: ComponentSection) -> Any:
        """Return the parameters of a component with those that a site file sets.

        Raises:
            ParameterError: If one of them, or all together, cannot be.
        """
        if not section.parameters:
            return params
        made = overridden(params, not_of_parts(section.parameters, self.parts))
        self.check(made)
        return made
