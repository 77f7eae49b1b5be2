"""Inputs over time as a site file describes them: constants, points, profiles, clear sky and recordings.

An input is either one written quantity (`load: 5 kW`) or a mapping that names a `profile` or a `file`.
Attributes carry the inner units of `units`; aliases are the keys of the file. Powers are held by the passive
sign convention: what a photovoltaic plant could produce is written without a sign and kept negative.
`build.build_signal` makes a running input of a specification.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..files.described import Described
from ..files.moments import parse_moment, parse_zone, write_moment
from ..files.parameters import Number
from ..files.problems import did_you_mean
from ..files.sections import short_for
from ..files.units import (
    AMPERE,
    CELSIUS,
    COLDEST_C,
    DEGREE,
    FRACTION,
    HECTOPASCAL,
    HOTTEST_C,
    IRRADIANCE,
    METRE_PER_SECOND,
    SECOND,
    WATT,
    Fraction,
    NonNegativePower,
    PositiveEnergy,
    Power,
    Temperature,
    Unit,
)
from .packaged import load_profiles

Quantity = TypeVar("Quantity")
BdewProfile = Literal[
    "bdew-h0", "bdew-g0", "bdew-g1", "bdew-g2", "bdew-g3", "bdew-g4", "bdew-g5", "bdew-g6",
    "bdew-l0", "bdew-l1", "bdew-l2", "bdew-h25", "bdew-g25", "bdew-l25", "bdew-p25", "bdew-s25",
]  # fmt: skip

_MOST_IRRADIANCE, _MOST_WIND = 2000.0, 100.0
"""Greatest irradiance [W/m²] and wind speed [m/s]; chosen: far above any measured."""
_MOST_BELOW_DARK = 50.0
"""By so much a recording may be below 0 in the dark [W/m²]; chosen: some times what cooling pyranometers show."""
_Irradiance = Annotated[float, IRRADIANCE.within(lower=0.0, upper=_MOST_IRRADIANCE)]
_Step = Annotated[float, SECOND.within(lower=0.1, upper=3600.0)]
_AvailablePower = Annotated[
    float,
    WATT.within(lower=0.0),
    AfterValidator(lambda power_w: 0.0 - power_w),
    PlainSerializer(lambda power_w: WATT.write(0.0 - power_w), when_used="json"),
]


class _Section(Described):
    model_config = ConfigDict(
        defer_build=True,
        frozen=True,
        extra="forbid",
        validate_by_alias=True,
        validate_by_name=False,
        serialize_by_alias=True,
    )


class Noise(_Section):
    """Seeded variation that makes a load look alive: the value times a normal factor of mean 1."""

    amplitude: Annotated[float, FRACTION.within(lower=0.0, upper=0.5)]
    """Standard deviation of the factor."""
    step_s: _Step = Field(default=5.0, alias="step")
    """Time that a factor holds [s]; 5 s if not given."""


_Noise = Annotated[
    Noise | None, BeforeValidator(short_for("amplitude"), json_schema_input_type=str | Noise | None)
]


class ConstantPower(_Section):
    """One power for all time; the long form of a written quantity."""

    profile: Literal["constant"]
    """One value for all time."""
    value: Power
    """Active power, consumption positive [W]."""
    noise: _Noise = None
    """Variation of the values; none if not given. A share alone is its amplitude."""


class ConstantConsumption(ConstantPower):
    """One power for all time of a device that only consumes."""

    value: NonNegativePower
    """Active power [W]."""


class Point(_Section, Generic[Quantity]):
    """A value and when it begins to hold."""

    at: Annotated[
        time | datetime | float,
        PlainValidator(parse_moment),
        PlainSerializer(write_moment, when_used="json"),
        WithJsonSchema({"type": "string"}, mode="validation"),
    ]
    """A time of day, an instant, or a duration since the run's start."""
    value: Quantity
    """Value from then on."""


def _ascending(points: tuple[Point[Any], ...]) -> tuple[Point[Any], ...]:
    if len({(type(point.at), _is_aware(point.at)) for point in points}) > 1:
        raise PydanticCustomError(
            "points",
            "points that are all times of day, all durations, or all instants with or without an offset",
        )
    for earlier, later in pairwise(points):
        if not earlier.at < later.at:  # type: ignore[operator]
            raise PydanticCustomError(
                "points", "points in ascending order, none twice; {later} follows {earlier}",
                {"later": str(later.at), "earlier": str(earlier.at)},
            )  # fmt: skip
    if points and isinstance(points[0].at, float) and points[0].at != 0.0:
        raise PydanticCustomError("points", "durations that begin with `at: 0 s`")
    return points


def _is_aware(at: time | datetime | float) -> bool:
    return isinstance(at, datetime) and at.tzinfo is not None


class Inline(_Section, Generic[Quantity]):
    """Values listed in the site file; each holds until the next one.

    Times of day repeat every day on the site's clock; the last value of a day holds until the first point of
    the next. Instants and durations do not repeat: the last value holds on.
    """

    profile: Literal["inline"]
    """Values by time, listed here."""
    points: Annotated[tuple[Point[Quantity], ...], Field(min_length=1), AfterValidator(_ascending)]
    """Values with their times, in ascending order."""


class LoadInline(Inline[Power]):
    """Powers listed in the site file, with noise if wanted."""

    noise: _Noise = None
    """Variation of the values; none if not given. A share alone is its amplitude."""


class ConsumptionInline(Inline[NonNegativePower]):
    """Powers of a device that only consumes, listed in the site file, with noise if wanted."""

    noise: _Noise = None
    """Variation of the values; none if not given. A share alone is its amplitude."""


class Bdew(_Section):
    """A German standard load profile by the BDEW, on the site's clock, in quarters of an hour.

    Those of households are dynamised over the year (h0, h25, p25, s25). No day counts as a holiday.
    """

    profile: BdewProfile
    """Name of a standard load profile."""
    annual_energy_wh: PositiveEnergy = Field(alias="annual_energy")
    """Consumed in any whole calendar year [Wh]."""
    noise: _Noise = None
    """Variation of the values; none if not given. A share alone is its amplitude."""


def _say_profiles(schema: dict[str, Any]) -> None:
    """Let a schema name the profiles that other packages bring; nothing is one if there are none."""
    names = sorted(load_profiles())
    if names:
        schema["enum"] = names
    else:
        schema["not"] = {}


class Packaged(_Section):
    """A load profile of another installed package, on the site's clock."""

    profile: Annotated[str, Field(json_schema_extra=_say_profiles)]
    """Name under which the package brings it."""
    annual_energy_wh: PositiveEnergy = Field(alias="annual_energy")
    """Consumed in a calendar year [Wh]."""
    noise: _Noise = None
    """Variation of the values; none if not given. A share alone is its amplitude."""


class Clouds(_Section):
    """Seeded passing clouds, whose edges take half a minute to cross an array."""

    cover: Fraction = 0.3
    """Share of the time that a cloud stands before the sun; 30 % if not given."""
    depth: Fraction = 0.65
    """Share of the irradiance that a thick cloud takes away; 65 % if not given."""
    passage_s: Annotated[float, SECOND.within(lower=10.0, upper=7200.0)] = Field(
        default=240.0, alias="passage"
    )
    """Mean time that a cloud takes to pass [s]; 4 min if not given."""


class ClearSky(_Section):
    """Irradiance on the array's plane under a clear sky, less what clouds take away.

    Without `clouds`, months are as clear as they are at the site's place, and days follow each other as weather does.
    """

    profile: Literal["clear-sky"] = "clear-sky"
    """Irradiance by the position of the sun."""
    clouds: Clouds | None = None
    """Clouds that pass, the same in all seasons, `cover: 0 %` for none; those of place and season if not given."""
    step_s: Annotated[float, SECOND.within(lower=1.0, upper=3600.0)] = Field(default=10.0, alias="step")
    """Time that a value holds [s]; 10 s if not given."""


class ClimateTemperature(_Section):
    """Temperature of the air outdoors, by place and season, with warmer and colder days and the hours of the day."""

    profile: Literal["climate"]
    """Temperature by the climate of the site's place."""


def _one_of(*units: Unit) -> Callable[[str], str]:
    accepted = [spelling for unit in units for spelling in unit.factors]

    def check(spelling: str) -> str:
        if spelling not in accepted:
            raise PydanticCustomError("unit", "{accepted}", {"accepted": ", ".join(accepted)})
        return spelling

    return check


def _checked_zone(name: str) -> str:
    try:
        parse_zone(name)
    except ValueError as error:
        raise PydanticCustomError("timezone", "{accepted}", {"accepted": str(error)}) from None
    return name


class FileColumn(_Section):
    """One column of a recording in CSV (gzip by its name) or Parquet; each value holds until the next row.

    At the recording's end it starts over with `repeat`, otherwise its last value holds on.
    """

    file: str = Field(min_length=1)
    """Path, relative to the site file."""
    column: str | None = None
    """Name of the column; may be left out where the file has one besides the times."""
    time_column: str | None = None
    """Name of the column of times; the first that holds times if not given."""
    time_format: str | None = None
    """How times are written, as in `strptime`; ISO 8601 if not given."""
    timezone: Annotated[str, AfterValidator(_checked_zone)] | None = None
    """Zone or offset of times written without one; the site's if not given."""
    interval_s: Annotated[float, SECOND.within(above=0.0)] | None = Field(default=None, alias="interval")
    """Between two rows [s]; the most frequent one if not given."""
    align: Literal["recorded", "start", "time-of-day"] = "recorded"
    """Replay at the recorded instants, from the run's start on, or from the run's day on by the clock."""
    begin: datetime | None = Field(default=None, alias="from")
    """Row time to replay from, in place of the first one."""
    repeat: bool = Field(default=False, strict=True)
    """Begin again at its end; otherwise the last value holds on."""
    on_gap: Literal["error", "hold", "interpolate"] = "error"
    """What to do about missing rows and empty cells."""
    factor: Number = Field(default=1.0, allow_inf_nan=False)
    """Multiplies every value."""

    limits: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    """What values can be, in the inner unit."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """What one of the column's numbers is in the inner unit, by the passive sign convention."""


class RecordedPower(FileColumn):
    """Active power from a recording, with which way it flows."""

    limits = (-WATT.most, WATT.most)
    unit: Annotated[str, AfterValidator(_one_of(WATT))]
    """Unit of the numbers in the column."""
    positive: Literal["consumption", "production"]
    """What a positive number in the column means."""

    @property
    def scale(self) -> float:
        """Watts, consumption positive, per one in the column."""
        return WATT.factors[self.unit] * self.factor * (1.0 if self.positive == "consumption" else -1.0)


class PowerFile(RecordedPower):
    """Active power from a recording."""

    noise: _Noise = None
    """Variation of the values; none if not given. A share alone is its amplitude."""


_MOST_DRAWN = 0.02
"""Part of its rating that a producer draws at most while it makes nothing; chosen, above what is measured at night."""


class ProductionFile(PowerFile):
    """Active power from a recording of a device that is there to produce, and draws a little at rest."""

    _most_drawn_w: float = PrivateAttr(default=math.inf)

    @property
    def most_drawn_w(self) -> float:
        """The most that is drawn in a recording without production [W]; infinite before the rating is known."""
        return self._most_drawn_w

    def hold_to(self, rated_power_w: float) -> None:
        """Take in the rating of the device [W], by which a wrong sign is seen."""
        self._most_drawn_w = _MOST_DRAWN * rated_power_w


class ConsumptionFile(PowerFile):
    """Active power from a recording of a device that only consumes."""

    limits = (0.0, WATT.most)


_MOST_OF_CHARGING = 1e6
"""No charger has more watts, nor amperes."""


class RecordedCharging(RecordedPower):
    """What a car may draw, from a recording: a power, or a current of each phase."""

    limits = (-_MOST_OF_CHARGING, _MOST_OF_CHARGING)
    unit: Annotated[str, AfterValidator(_one_of(WATT, AMPERE))]
    """Unit of the numbers in the column: of power, or amperes of each phase that the car has."""
    positive: Literal["consumption", "production"] = "consumption"
    """What a positive number in the column means; consumption if not given."""

    @property
    def scale(self) -> float:
        """Watts or amperes, consumption positive, per one in the column."""
        factors = {**WATT.factors, **AMPERE.factors}
        return factors[self.unit] * self.factor * (1.0 if self.positive == "consumption" else -1.0)


class IrradianceFile(FileColumn):
    """Irradiance on the array's plane from a recording; what a pyranometer shows below 0 at night counts as none."""

    limits = (-_MOST_BELOW_DARK, _MOST_IRRADIANCE)
    unit: Annotated[str, AfterValidator(_one_of(IRRADIANCE))] = "W/m²"
    """Unit of the numbers in the column."""
    measured_by: Literal["reference-cell", "pyranometer"] = "reference-cell"
    """What recorded it: a cell behind glass like that of modules, or a pyranometer, which has none to reflect light."""

    @property
    def scale(self) -> float:
        """W/m² per one in the column."""
        return IRRADIANCE.factors[self.unit] * self.factor


def shows_all_light(irradiance: object) -> bool:
    """Say whether an irradiance is of light of any colour: that of the sky, or what a pyranometer records."""
    return isinstance(irradiance, ClearSky) or (
        isinstance(irradiance, IrradianceFile) and irradiance.measured_by == "pyranometer"
    )


class WindSpeedFile(FileColumn):
    """Wind speed from a recording."""

    limits = (0.0, _MOST_WIND)
    unit: Annotated[str, AfterValidator(_one_of(METRE_PER_SECOND))] = "m/s"
    """Unit of the numbers in the column."""

    @property
    def scale(self) -> float:
        """m/s per one in the column."""
        return METRE_PER_SECOND.factors[self.unit] * self.factor


class TemperatureFile(FileColumn):
    """Temperature from a recording."""

    limits = (COLDEST_C, HOTTEST_C)
    unit: Annotated[str, AfterValidator(_one_of(CELSIUS))] = "°C"
    """Unit of the numbers in the column."""

    @property
    def scale(self) -> float:
        """Degrees Celsius per one in the column."""
        return CELSIUS.factors[self.unit] * self.factor


class WindDirectionFile(FileColumn):
    """Wind direction from a recording."""

    limits = (0.0, 360.0)
    unit: Annotated[str, AfterValidator(_one_of(DEGREE))] = "°"
    """Unit of the numbers in the column."""

    @property
    def scale(self) -> float:
        """Degrees per one in the column."""
        return DEGREE.factors[self.unit] * self.factor


class HumidityFile(FileColumn):
    """Relative humidity from a recording."""

    limits = (0.0, 1.0)
    unit: Literal["%", "1"]
    """Unit of the numbers in the column."""

    @property
    def scale(self) -> float:
        """Parts of saturation per one in the column."""
        return (0.01 if self.unit == "%" else 1.0) * self.factor


class AirPressureFile(FileColumn):
    """Air pressure from a recording."""

    limits = (500.0, 1100.0)
    unit: Annotated[str, AfterValidator(_one_of(HECTOPASCAL))] = "hPa"
    """Unit of the numbers in the column."""

    @property
    def scale(self) -> float:
        """Hectopascals per one in the column."""
        return HECTOPASCAL.factors[self.unit] * self.factor


def _kind(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.__dict__
    if not isinstance(value, Mapping):
        return "quantity"
    profile = str(value["profile"]) if "profile" in value and "file" not in value else "file"
    if profile in load_profiles():
        return "packaged"
    return "bdew" if profile.startswith("bdew-") else profile


_BY_KIND = Discriminator(_kind)


def _knows(*profiles: str, further: Callable[[], Iterable[str]] = tuple) -> BeforeValidator:
    """Refuse a mapping that names neither a file nor one of these profiles, nor of further ones."""

    def check(value: object) -> object:
        known = (*profiles, *further())
        if not isinstance(value, Mapping) or "file" in value or value.get("profile") in known:
            return value
        names = ", ".join(known)
        if "profile" not in value:
            hint = next(filter(None, (did_you_mean(key, ("profile", "file")) for key in value)), "")
            raise PydanticCustomError(
                "input",
                "a quantity, or a mapping with `profile` ({names}) or `file`{hint}",
                {"names": names, "hint": hint},
            )
        problem = InitErrorDetails(
            type=PydanticCustomError("profile", "{accepted}", {"accepted": names}),
            loc=("profile",),
            input=value["profile"],
        )
        raise ValidationError.from_exception_data("input", [problem])

    return BeforeValidator(check)


def _or_mapping(value: object, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        accepted = f"{error.errors()[0]['msg']}, or a mapping with `profile` or `file`"
        raise PydanticCustomError("quantity", "{accepted}", {"accepted": accepted}) from None


_QUANTITY = (WrapValidator(_or_mapping), Tag("quantity"))

_KNOWN_LOADS = _knows("constant", "inline", *get_args(BdewProfile), further=load_profiles)

LoadInput = Annotated[
    Annotated[Power, *_QUANTITY]
    | Annotated[ConstantPower, Tag("constant")]
    | Annotated[LoadInline, Tag("inline")]
    | Annotated[Bdew, Tag("bdew")]
    | Annotated[Packaged, Tag("packaged")]
    | Annotated[PowerFile, Tag("file")],
    _BY_KIND,
    _KNOWN_LOADS,
]
"""Active power of a load [W], consumption positive."""


ConsumedInput = Annotated[
    Annotated[NonNegativePower, *_QUANTITY]
    | Annotated[ConstantConsumption, Tag("constant")]
    | Annotated[ConsumptionInline, Tag("inline")]
    | Annotated[Bdew, Tag("bdew")]
    | Annotated[Packaged, Tag("packaged")]
    | Annotated[ConsumptionFile, Tag("file")],
    _BY_KIND,
    _KNOWN_LOADS,
]
"""Power of a device that never delivers any [W], or of heat that is asked of one."""

PvPowerInput = Annotated[
    Annotated[_AvailablePower, *_QUANTITY]
    | Annotated[Inline[_AvailablePower], Tag("inline")]
    | Annotated[ProductionFile, Tag("file")],
    _BY_KIND,
    _knows("inline"),
]
"""AC power that a photovoltaic plant could give [W]; written positive, kept negative (production)."""

IrradianceInput = Annotated[
    Annotated[_Irradiance, *_QUANTITY]
    | Annotated[Inline[_Irradiance], Tag("inline")]
    | Annotated[ClearSky, Tag("clear-sky")]
    | Annotated[IrradianceFile, Tag("file")],
    _BY_KIND,
    _knows("inline", "clear-sky"),
]
"""Irradiance on the plane of an array [W/m²]."""

TemperatureInput = Annotated[
    Annotated[Temperature, *_QUANTITY]
    | Annotated[Inline[Temperature], Tag("inline")]
    | Annotated[ClimateTemperature, Tag("climate")]
    | Annotated[TemperatureFile, Tag("file")],
    _BY_KIND,
    _knows("inline", "climate"),
]
"""Temperature of the air [°C]."""
_WindSpeed = Annotated[float, METRE_PER_SECOND.within(lower=0.0, upper=_MOST_WIND)]
_Direction = Annotated[float, DEGREE.within(lower=0.0, upper=360.0)]
_Pressure = Annotated[float, HECTOPASCAL.within(lower=500.0, upper=1100.0)]

WindSpeedInput = Annotated[
    Annotated[_WindSpeed, *_QUANTITY]
    | Annotated[Inline[_WindSpeed], Tag("inline")]
    | Annotated[WindSpeedFile, Tag("file")],
    _BY_KIND,
    _knows("inline"),
]
"""Wind speed [m/s]."""

WindDirectionInput = Annotated[
    Annotated[_Direction, *_QUANTITY]
    | Annotated[Inline[_Direction], Tag("inline")]
    | Annotated[WindDirectionFile, Tag("file")],
    _BY_KIND,
    _knows("inline"),
]
"""Where the wind comes from, clockwise from north [°]."""

HumidityInput = Annotated[
    Annotated[Fraction, *_QUANTITY]
    | Annotated[Inline[Fraction], Tag("inline")]
    | Annotated[HumidityFile, Tag("file")],
    _BY_KIND,
    _knows("inline"),
]
"""Relative humidity of the air, 0..1."""

AirPressureInput = Annotated[
    Annotated[_Pressure, *_QUANTITY]
    | Annotated[Inline[_Pressure], Tag("inline")]
    | Annotated[AirPressureFile, Tag("file")],
    _BY_KIND,
    _knows("inline"),
]
"""Pressure of the air where the site is [hPa]."""
