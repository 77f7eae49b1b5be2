"""The public grid and meters, as a site file describes them: frequency, voltages, fuse, outages, meter options."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    WithJsonSchema,
)

from .inputs.moments import parse_moment, parse_zone, write_moment
from .inputs.specs import FileColumn, Inline
from .presets_grid import area_preset_names, fuse_preset_names, outage_preset_names
from .sections import Section, Text, one_of_names, refuse, written
from .units import (
    AMPERE,
    FRACTION,
    HERTZ,
    SECOND,
    VOLT,
    Duration,
    PositiveDuration,
    PositiveEnergy,
    PositiveFrequency,
    PositivePower,
    PositiveVoltage,
    Unit,
)

OHM = Unit("Ω", {"Ω": 1.0, "mΩ": 1e-3, "ohm": 1.0, "mohm": 1e-3})
_Resistance = Annotated[float, OHM.within(lower=0.0, upper=100.0)]
_Interval = Annotated[float, SECOND.within(lower=0.1, upper=3600.0)]
Deviation = Annotated[float, FRACTION.within(lower=0.0, upper=0.1)]
_PhaseVoltage = Annotated[float, VOLT.within(lower=0.0)]


def _spelling_of(unit: Unit) -> AfterValidator:
    return one_of_names(tuple(unit.factors))


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

    @property
    def scale(self) -> float:
        """Hertz per one in the column."""
        return HERTZ.factors[self.unit] * self.factor


class FrequencyProcess(Section):
    """Frequency as a seeded process with the statistics of a synchronous area."""

    profile: Annotated[str, one_of_names(("inline", *area_preset_names()))]
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
    """Of L1, L2 and L3 [V]; the nominal voltage if not given. Fluctuation is added to constants only."""
    fluctuation: Deviation = Field(default=written("0 %"))
    """Standard deviation, in parts of the nominal voltage, of what all phases share."""
    unbalance: Deviation = Field(default=written("0 %"))
    """Standard deviation of what each phase has to itself."""
    time_constant_s: PositiveDuration = Field(default=written("5 min"), alias="time_constant")
    """Of both [s]."""
    interval_s: _Interval = Field(default=written("10 s"), alias="interval")
    """How long a value holds [s]."""
    resistance_ohm: _Resistance = Field(default=written("0 Ω"), alias="resistance")
    """Of the grid before the connection point, per phase [Ω]."""
    reactance_ohm: _Resistance = Field(default=written("0 Ω"), alias="reactance")


class GridFuse(Section):
    """The fuse links at the connection point, one per phase, that can melt."""

    preset: Annotated[str, one_of_names(fuse_preset_names())] | None = None
    """Name of a set of parameters; a gG link of the rated fuse current if not given."""


def _no_time_of_day(moment: time | datetime | float) -> datetime | float:
    if isinstance(moment, time):
        raise refuse("an instant (2026-06-15T11:00:00+02:00), or a duration since the run's start (90 s)")
    return moment


class GridOutage(Section):
    """A time without the grid."""

    begin: Annotated[
        datetime | float,
        PlainValidator(lambda value: _no_time_of_day(parse_moment(value))),
        PlainSerializer(write_moment, when_used="json"),
        WithJsonSchema({"type": "string"}, mode="validation"),
    ] = Field(alias="from")
    """An instant, on the site's clock if it names no offset, or seconds since the run's start."""
    duration_s: PositiveDuration = Field(alias="duration")


def _known_zone(name: str) -> str:
    try:
        parse_zone(name)
    except ValueError as error:
        raise refuse(str(error)) from None
    return name


class OutageFile(Section):
    """Outages from a table with a row for each."""

    file: Text
    """Path, relative to the site file."""
    time_column: str | None = None
    """Name of the column of beginnings; the first that holds dates if not given."""
    duration_column: str | None = None
    """Name of the column of durations (`2h, 4m, 45s`, or seconds); `Duration` if not given."""
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    """Zone or offset of times written without one; the site's if not given."""


class OutageProcess(Section):
    """Outages that come at random."""

    preset: Annotated[str, one_of_names(outage_preset_names())]
    per_year: float | None = Field(default=None, ge=0.0, le=10_000.0)
    """Mean number in 365 days; the preset's if not given."""


def _outage_kind(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.__dict__
    if isinstance(value, Mapping):
        return "file" if "file" in value else "process"
    return "list"


Outages = Annotated[
    Annotated[tuple[GridOutage, ...], Tag("list")]
    | Annotated[OutageFile, Tag("file")]
    | Annotated[OutageProcess, Tag("process")],
    Discriminator(_outage_kind),
]
"""Times without the grid: a list, a file, or statistics."""

AccuracyClass = Literal["0.1S", "0.2S", "0.5S", "0.5", "1", "2", "A", "B", "C"]
_TERMINALS = ("L1", "L2", "L3", "none")


def _as_text(value: object) -> object:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _wire(value: object) -> str:
    if not isinstance(value, str) or value.removeprefix("-") not in _TERMINALS or value == "-none":
        raise refuse("L1, L2, L3 or none; a minus before a phase turns its current transformer round")
    return value


def _terminal(value: object) -> str:
    if not isinstance(value, str) or value not in _TERMINALS:
        raise refuse("L1, L2, L3 or none")
    return value


_Wire = Annotated[str, PlainValidator(_wire), WithJsonSchema({"type": "string"})]
_Terminal = Annotated[str, PlainValidator(_terminal), WithJsonSchema({"enum": list(_TERMINALS)})]


class MeterWiring(Section):
    """What is connected to the three elements of a meter, in their order; the defaults are right."""

    currents: tuple[_Wire, _Wire, _Wire] = ("L1", "L2", "L3")
    """Phases that the current transformers sit on: `-L2` sits the wrong way round, `none` is missing."""
    voltages: tuple[_Terminal, _Terminal, _Terminal] = ("L1", "L2", "L3")
    """Phases that the voltage terminals are wired to."""
    ratio_factor: float = Field(default=1.0, gt=0.0, le=1000.0)
    """Set ratio of the current transformers over the built-in one, such as 2 for 200/5 set and 100/5 built in."""


class MeterOptions(Section):
    """How a meter measures; without any of these it shows what is."""

    accuracy_class: Annotated[AccuracyClass | None, BeforeValidator(_as_text)] = None
    """By IEC 62053-21 and -22, or EN 50470-3 (A, B, C); none for no errors."""
    noise: Deviation = Field(default=written("0 %"))
    """Standard deviation of a reading's powers."""
    window_s: Duration = Field(default=written("0 s"), alias="window")
    """Powers, voltages and currents are means over windows of this length [s]; 0 for none."""
    power_resolution_w: PositivePower | None = Field(default=None, alias="power_resolution")
    voltage_resolution_v: PositiveVoltage | None = Field(default=None, alias="voltage_resolution")
    current_resolution_a: Annotated[float, AMPERE.within(above=0.0)] | None = Field(
        default=None, alias="current_resolution"
    )
    register_resolution_wh: PositiveEnergy | None = Field(default=None, alias="register_resolution")
    registers: Literal["sum-of-phases", "each-phase", "runs-backwards"] = "sum-of-phases"
    """Whether phases that consume and phases that deliver are set off against each other."""
    starting_current_a: Annotated[float, AMPERE.within(lower=0.0)] = Field(
        default=written("0 A"), alias="starting_current"
    )
    """Less than this counts as none [A]."""
    wiring: MeterWiring = MeterWiring()
