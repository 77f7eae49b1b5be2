"""The grid connection point: frequency, voltages, fuse and outages of the public grid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Discriminator, Field, Tag, ValidationInfo, field_validator

from ...models.ac import ThreePhase
from ...models.fuse import FuseParams
from ...models.grid_voltage import INTERRUPTED_BELOW, GridImpedanceParams
from ..domain.categories import Category
from ..domain.ranges import Bounds
from ..files.parameters import Number, lacks_part, with_part
from ..files.sections import Deviation, Section, one_of_names, refuse, written
from ..files.units import (
    HERTZ,
    OHM,
    SECOND,
    VOLT,
    VOLT_AMPERE,
    WATT,
    NonNegativePower,
    PositiveDuration,
    PositiveFrequency,
    PositivePower,
    PositiveVoltage,
    Unit,
)
from ..inputs.build import InputSetting, build_signal
from ..inputs.grid.frequency import VoltageNoise, frequency_process, voltage_processes
from ..inputs.grid.presets import area_preset, area_preset_names
from ..inputs.signal import Constant, Signal
from ..inputs.specs import FileColumn, Inline
from .captions import input_caption
from .component_type import Built, ComponentType, GridSupply, Way
from .grid_fuse import FuseCurrent, GridFuse, check_fuse, fuse_links
from .grid_limits import FeedInInput, ImportInput, Limit, feed_in_limit, write_limit
from .grid_outages import Outages, presence_signal
from .section import ComponentSection, given
from .setting import GridFacts, Setting

_Resistance = Annotated[float, OHM.within(lower=0.0, upper=100.0)]
_Interval = Annotated[float, SECOND.within(lower=0.1, upper=3600.0)]
_PhaseVoltage = Annotated[float, VOLT.within(lower=0.0)]


def _spelling_of(unit: Unit) -> AfterValidator:
    return one_of_names(lambda: tuple(unit.factors))


def _kind(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.__dict__
    if not isinstance(value, Mapping):
        return "quantity"
    if "file" in value:
        return "file"
    return "inline" if value.get("profile") == "inline" else "process"


class FrequencyFile(FileColumn):
    """Frequency from a recording."""

    unit: Annotated[str, _spelling_of(HERTZ)] = "Hz"
    """Unit of the numbers in the column."""

    @property
    def scale(self) -> float:
        """Hertz per one in the column."""
        return HERTZ.factors[self.unit] * self.factor


class FrequencyProcess(Section):
    """Frequency as a seeded process with the statistics of a synchronous area."""

    profile: Annotated[str, one_of_names(lambda: ("inline", *area_preset_names()))]
    """Name of a set of parameters."""
    interval_s: _Interval = Field(default=written("1 s"), alias="interval")
    """How long a value holds [s]."""
    resolution_hz: PositiveFrequency | None = Field(default=None, alias="resolution")
    """Values are rounded to multiples of this [Hz]."""


FrequencyInput = Annotated[
    Annotated[PositiveFrequency, Tag("quantity")]
    | Annotated[Inline[PositiveFrequency], Tag("inline")]
    | Annotated[FrequencyProcess, Tag("process")]
    | Annotated[FrequencyFile, Tag("file")],
    Discriminator(_kind),
]
"""Frequency of the grid [Hz]."""


class VoltageFile(FileColumn):
    """Voltage of a phase to neutral from a recording."""

    unit: Annotated[str, _spelling_of(VOLT)] = "V"
    """Unit of the numbers in the column."""

    @property
    def scale(self) -> float:
        """Volts per one in the column."""
        return VOLT.factors[self.unit] * self.factor


PhaseVoltageInput = Annotated[
    Annotated[_PhaseVoltage, Tag("quantity")]
    | Annotated[Inline[_PhaseVoltage], Tag("inline")]
    | Annotated[VoltageFile, Tag("file")],
    Discriminator(lambda value: "inline" if _kind(value) == "process" else _kind(value)),
]
"""Voltage of one phase to neutral [V]."""


class GridVoltage(Section):
    """Voltages of the grid, phase by phase, line to neutral."""

    phases: tuple[PhaseVoltageInput, PhaseVoltageInput, PhaseVoltageInput] | None = None
    """Voltages of L1, L2 and L3 [V]; the nominal voltage if not given. Fluctuation is added to constants only."""
    fluctuation: Deviation = Field(default=written("0 %"))
    """Standard deviation, in parts of the nominal voltage, of what all phases share."""
    unbalance: Deviation = Field(default=written("0 %"))
    """Standard deviation of what each phase has to itself."""
    time_constant_s: PositiveDuration = Field(default=written("5 min"), alias="time_constant")
    """Time constant of both [s]."""
    interval_s: _Interval = Field(default=written("10 s"), alias="interval")
    """How long a value holds [s]."""
    resistance_ohm: _Resistance = Field(default=written("0 Ω"), alias="resistance")
    """Resistance of the grid before the connection point, per phase [Ω]."""
    reactance_ohm: _Resistance = Field(default=written("0 Ω"), alias="reactance")
    """Reactance of the supply per phase [Ω]."""


_BETWEEN_NOMINAL_HZ = 55.0
_VOLTAGE_FACTOR = 1.1
"""Voltage factor c for the greatest short circuits, in `Z = c U² / S` (pandapower/build_bus.py, `_add_c_to_ppc`)."""


class GridConnectionPoint(ComponentSection):
    """Where the site meets the public grid."""

    category: Literal[Category.GRID_CONNECTION_POINT]
    rated_fuse_current_a: FuseCurrent | None = Field(default=None, alias="rated_fuse_current")
    """Per phase, both directions [A]; unknown to clients if not given."""
    rated_power_w: PositivePower | None = Field(default=None, alias="rated_power")
    """Active power agreed for the connection, drawn or fed in [W]; clients see it as its rated bounds."""
    rated_export_power_w: NonNegativePower | None = Field(default=None, alias="rated_export_power")
    """Active power agreed for feeding in, if it is another one [W]."""
    feed_in_limit: FeedInInput | None = None
    """Greatest power into the grid, which PV and hybrid inverters keep to by themselves, after what batteries take."""
    import_limit: ImportInput | None = None
    """Greatest power that the grid's operator lets the site draw [W]; clients see it, and have to keep to it."""
    voltage_v: PositiveVoltage = Field(default=written("400 V"), alias="voltage")
    """Line to line [V]."""
    short_circuit_power_va: Annotated[float, VOLT_AMPERE.within(above=0.0)] | None = Field(
        default=None, alias="short_circuit_power"
    )
    """Initial short-circuit power of the grid here [VA]: gives it an impedance by which voltages go by what flows."""
    short_circuit_r_x: Number = Field(default=0.1, ge=0.0, le=10.0)
    """Resistance over reactance of that impedance."""
    frequency: FrequencyInput = Field(default=written("50 Hz"))
    """While the grid is there [Hz]."""
    voltages: GridVoltage | None = None
    """Phase by phase; nominal ones if not given."""
    fuse: GridFuse | None = None
    """Links that can melt; nothing melts if not given."""
    outages: Outages | None = None
    """Times without the grid; none if not given."""

    @property
    def source_impedance(self) -> complex:
        """Impedance of the grid per phase [Ω]."""
        if self.short_circuit_power_va is None:
            own = grid_impedance(self.voltages)
            return complex(own.resistance_ohm, own.reactance_ohm)
        size_ohm = _VOLTAGE_FACTOR * self.voltage_v * self.voltage_v / self.short_circuit_power_va
        reactance_ohm = size_ohm / math.hypot(1.0, self.short_circuit_r_x)
        return complex(self.short_circuit_r_x * reactance_ohm, reactance_ohm)

    @field_validator("voltages")
    @classmethod
    def _has_one_impedance(cls, voltages: GridVoltage | None, info: ValidationInfo) -> GridVoltage | None:
        if (
            voltages is not None
            and info.data.get("short_circuit_power_va") is not None
            and grid_impedances(voltages)
        ):
            raise refuse("either short_circuit_power or the resistance and reactance of voltages, not both")
        return voltages

    @field_validator("rated_export_power_w")
    @classmethod
    def _beside_rated_power(cls, power_w: float | None, info: ValidationInfo) -> float | None:
        if power_w is not None and info.data.get("rated_power_w") is None:
            raise refuse("rated_power beside it")
        return power_w

    @field_validator("voltages")
    @classmethod
    def _is_there(cls, voltages: GridVoltage | None, info: ValidationInfo) -> GridVoltage | None:
        least_v = INTERRUPTED_BELOW * info.data.get("voltage_v", 0.0) / math.sqrt(3.0)
        phases = () if voltages is None or voltages.phases is None else voltages.phases
        if any(isinstance(phase, float) and phase < least_v for phase in phases):
            raise refuse(
                f"phases of at least {least_v:.4g} V, {100.0 * INTERRUPTED_BELOW:g} % of the nominal voltage: less is "
                "an outage, which `outages` tell"
            )
        return voltages

    @field_validator("fuse")
    @classmethod
    def _has_a_rating(cls, fuse: GridFuse | None, info: ValidationInfo) -> GridFuse | None:
        if fuse is not None and fuse.preset is None and info.data.get("rated_fuse_current_a", 1.0) is None:
            raise refuse("rated_fuse_current beside it, or a preset in it")
        return fuse


def frequency_signal(spec: FrequencyInput, where: InputSetting) -> Signal:
    """Return the frequency of the grid [Hz] while it is there.

    Raises:
        InputError: If a recording is wrong.
    """
    if not isinstance(spec, FrequencyProcess):
        return build_signal(spec, where)
    area = area_preset(spec.profile)._replace(resolution_hz=spec.resolution_hz or 0.0)
    return frequency_process(area, interval_s=spec.interval_s, key=where.key)


def voltage_signals(
    spec: GridVoltage | None, line_voltage_v: float, where: InputSetting
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
    moving_v = voltage_processes(means, nominal_v, noise, interval_s=spec.interval_s, key=where.key)
    l1, l2, l3 = (
        moving if isinstance(phase, float) and not is_still else build_signal(phase, where)
        for phase, moving in zip(phases, moving_v, strict=True)
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


def nominal_frequency_hz(spec: FrequencyInput) -> float:
    """Return the nominal frequency of a grid: of its synchronous area, or 50 or 60 Hz by a constant; else 50 Hz."""
    if isinstance(spec, FrequencyProcess):
        return area_preset(spec.profile).params.nominal_hz
    return 60.0 if isinstance(spec, float) and spec > _BETWEEN_NOMINAL_HZ else 50.0


def build(grid: GridConnectionPoint, setting: Setting) -> Built:
    """Make the public grid behind a connection point.

    `voltage` [V] is the nominal one, line to line; it moves the three phases in proportion. `voltage_1` to
    `voltage_3` [V] are what these have to neutral at the nominal voltage. `frequency` [Hz], and `presence`: 1 or 0.

    Raises:
        InputError: If a recording is wrong.
    """
    phases = voltage_signals(grid.voltages, grid.voltage_v, setting.of_input("voltages"))
    return Built(
        grid=GridSupply(
            inputs={
                "voltage": Constant(grid.voltage_v),
                "frequency": frequency_signal(grid.frequency, setting.of_input("frequency")),
                **{f"voltage_{number}": signal for number, signal in enumerate(phases, start=1)},
                "presence": presence_signal(grid.outages, setting.of_input("outages")),
                **(
                    {}
                    if grid.import_limit is None
                    else {"import_limit": build_signal(grid.import_limit, setting.of_input("import_limit"))}
                ),
            },
            voltage_v=grid.voltage_v,
            impedances=tuple(
                with_part(impedance, grid.parameters, IMPEDANCE)
                for impedance in grid_impedances(grid.voltages)
            ),
            fuses=tuple(
                with_part(link, grid.parameters, FUSE, check_fuse)
                for link in fuse_links(grid.fuse, grid.rated_fuse_current_a)
            ),
            active=_agreed(grid),
            fuse_w=math.sqrt(3.0) * grid.voltage_v * given(grid.rated_fuse_current_a, math.inf),
            feed_in_limit=feed_in_limit(grid.feed_in_limit, setting),
        )
    )


def _agreed(grid: GridConnectionPoint) -> Bounds | None:
    if grid.rated_power_w is None:
        return None
    return Bounds(-given(grid.rated_export_power_w, grid.rated_power_w), grid.rated_power_w)


FUSE, IMPEDANCE = "fuse", "impedance"
"""Before the names of their parameters in a site file."""


def _fuse_part(grid: GridConnectionPoint, _grid: GridFacts) -> FuseParams:
    links = fuse_links(grid.fuse, grid.rated_fuse_current_a)
    if not links:
        lacks_part(grid.parameters, FUSE, "the fuse here cannot melt (`fuse: {}` lets it)")
    return with_part(links[0], grid.parameters, FUSE, check_fuse)


def _impedance_part(grid: GridConnectionPoint, _grid: GridFacts) -> GridImpedanceParams:
    impedances = grid_impedances(grid.voltages)
    if not impedances:
        lacks_part(grid.parameters, IMPEDANCE, "the grid here has no impedance (`voltages: {resistance: …}`)")
    return with_part(impedances[0], grid.parameters, IMPEDANCE)


def _caption(grid: GridConnectionPoint) -> list[str]:
    source = input_caption(grid.frequency, "Hz")
    frequency = source if isinstance(grid.frequency, float) else f"frequency {source}"
    fuse = "fuse unknown" if grid.rated_fuse_current_a is None else f"{grid.rated_fuse_current_a:g} A"
    return [fuse, f"{grid.voltage_v:g} V", frequency, *_limits_caption(grid)]


def _limits_caption(grid: GridConnectionPoint) -> list[str]:
    fed, drawn = grid.feed_in_limit, grid.import_limit
    words = []
    if fed is not None:
        words.append(f"feeds in at most {write_limit(fed) if isinstance(fed, Limit) else 'what is listed'}")
    if drawn is not None:
        words.append(f"may draw {WATT.in_words(drawn) if isinstance(drawn, float) else 'what is listed'}")
    return words


TYPE = ComponentType(
    name=Category.GRID_CONNECTION_POINT,
    category=Category.GRID_CONNECTION_POINT,
    way=Way.NONE,
    section=GridConnectionPoint,
    sdk_class="GridConnectionPoint",
    sdk_fields={"rated_fuse_current": 0},
    behind=(),
    build=build,
    parts={FUSE: _fuse_part, IMPEDANCE: _impedance_part},
    inputs={"frequency": 50.0, "voltages": None, "outages": None, "import_limit": None},
    caption=_caption,
    identity=lambda grid: {"rated_fuse_current_a": grid.rated_fuse_current_a},
    needs_behind_it="at least one meter or inverter",
)
