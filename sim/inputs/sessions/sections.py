"""The sessions of an EV charger, as a site file describes them.

A mapping that names a `profile` (statistics) or a `file` (a recording), or a list of cars one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from ...files.moments import parse_moment, parse_zone, write_moment
from ...files.problems import one_of
from ...files.sections import Section, as_list, refuse, written
from ...files.units import SECOND, WATT_HOUR, Duration, Fraction, PositiveDuration
from .behaviour import CarBehaviour, CarEnergy, CarPower, refuse_less_than_offered
from .cars import car_preset, car_preset_names

ProfileName = Literal["workplace", "home", "public"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
_LONGEST_STAY_S = 7 * 86400.0
_DEFAULT_CAR = "compact-58kwh"


def _known_car(name: str) -> str:
    if name not in car_preset_names():
        raise refuse(one_of(car_preset_names(), name))
    return name


CarName = Annotated[str, AfterValidator(_known_car)]
"""Name of a preset of `models/presets/cars.toml`."""
_Stay = Annotated[float, SECOND.within(above=0.0, upper=_LONGEST_STAY_S)]
_Late = Annotated[float, SECOND.within(lower=0.0, upper=_LONGEST_STAY_S)]
_Moment = Annotated[
    time | datetime | float,
    PlainValidator(parse_moment),
    PlainSerializer(write_moment, when_used="json"),
    WithJsonSchema({"type": "string"}, mode="validation"),
]


_Cars = Annotated[
    tuple[CarName, ...],
    BeforeValidator(as_list, json_schema_input_type=str | tuple[str, ...]),
    Field(min_length=1),
]


class StatisticalSessions(CarBehaviour):
    """Cars that come at random, by the statistics of a kind of place."""

    profile: ProfileName
    """`workplace` and `public` are fitted to recorded sessions, `home` is chosen."""
    cars: _Cars = (_DEFAULT_CAR,)
    """Presets of the cars that come, each as often as the others."""


class RecordedSessions(CarBehaviour):
    """Cars from a recording in the form of ACN-Data: a table in CSV, or its JSON export."""

    file: str = Field(min_length=1)
    """Path, relative to the site file."""
    station: str | None = None
    """Whose sessions come to this charger; may be left out where the file has one station."""
    align: Literal["recorded", "start", "time-of-day"] = "recorded"
    """Replay at the recorded instants, from the run's start on, or from the run's day on by the clock."""
    begin: datetime | None = Field(default=None, alias="from")
    """Recorded instant to replay from, in place of the file's first arrival."""
    timezone: str | None = None
    """Zone or offset of times written without one; the site's if not given."""
    energy: Literal["delivered", "requested"] = "delivered"
    """Which of the recorded energies the cars want."""
    leave: Literal["recorded", "estimated"] = "recorded"
    """Whether cars leave when they did, or when they said they would."""
    final_soc: Fraction = Field(default=written("90 %"))
    """State of charge at which the recorded energy ends, which no recording knows."""
    overlaps: Literal["refuse", "trim", "skip", "keep"] = "refuse"
    """What becomes of a car that comes before the one before it has left: the file is refused, the one before leaves
    then, the later one drives on, or the later one plugs in when the one before has left."""
    car: CarName = _DEFAULT_CAR
    """Preset of the cars; a larger battery takes its place where the energy would not fit, and more power where it
    could not be drawn within the stay. Where the file has `max_power` or `max_current`, cars draw up to that."""

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                parse_zone(name)
            except ValueError as error:
                raise refuse(str(error)) from None
        return name


class Pause(Section):
    """A time in which a car pauses by itself."""

    after_s: Duration = Field(alias="after")
    """From the car's arrival on [s]."""
    duration_s: PositiveDuration = Field(alias="for")
    """Length of the pause [s]."""


class ScriptedSession(CarBehaviour):
    """One car, once or on every day."""

    arrive: _Moment
    """A time of day (every day), an instant, or a duration since the run's start."""
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    """On which a car with a time of day comes."""
    stay_s: _Stay = Field(alias="stay")
    """From its arrival to its planned departure [s]."""
    late_s: _Late = Field(default=written("0 s"), alias="leaves_late_by")
    """How long it stays after that [s]."""
    car: CarName = _DEFAULT_CAR
    """Name of a preset of cars."""
    capacity_wh: CarEnergy | None = Field(default=None, alias="capacity")
    """In place of the preset's [Wh]."""
    max_power_w: CarPower | None = Field(default=None, alias="max_power")
    """Greatest power that the car takes [W], at 230 V on alternating current; by its preset if not given."""
    phases: Literal[1, 2, 3] | None = None
    """Phases of the onboard charger; those of the preset if not given."""
    energy_wh: Annotated[float, WATT_HOUR.within(above=0.0)] | None = Field(default=None, alias="energy")
    """Wanted through the cable [Wh]; up to the target if not given."""
    arrival_soc: Fraction = Field(default=written("30 %"), alias="soc")
    """State of charge on arrival."""
    target_soc: Fraction = written("100 %")
    """State of charge at which the car stops."""
    authorised: bool = Field(default=True, strict=True)
    """Whether the charger may feed the car at all."""
    authorised_after_s: Duration = Field(default=written("0 s"), alias="authorised_after")
    """From the car's arrival on [s]."""
    pauses: tuple[Pause, ...] = ()
    """Times at which the car does not charge."""

    @field_validator("target_soc")
    @classmethod
    def _above_arrival(cls, target_soc: float, info: ValidationInfo) -> float:
        arrival_soc = info.data.get("arrival_soc")
        if arrival_soc is not None and target_soc < arrival_soc:
            raise refuse(f"at least the state of charge on arrival, {arrival_soc * 100:g} %")
        return target_soc

    @model_validator(mode="after")
    def _takes_the_least_current(self) -> Self:
        phases = self.phases or car_preset(self.car).ac_phases
        if self.max_power_w is not None:
            refuse_less_than_offered(self.max_power_w, phases)
        return self

    @model_validator(mode="after")
    def _days_need_a_time_of_day(self) -> Self:
        if "days" in self.model_fields_set and not isinstance(self.arrive, time):
            raise refuse('`days` only beside a time of day, such as `arrive: "08:00"`')
        return self


def _kind(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.__dict__
    if not isinstance(value, Mapping):
        return "list"
    return "file" if "file" in value else "profile"


def _is_known(value: Any) -> Any:
    if isinstance(value, list | tuple | BaseModel) or (
        isinstance(value, Mapping) and ("profile" in value or "file" in value)
    ):
        return value
    profiles = ", ".join(get_args(ProfileName))
    raise refuse(
        f"a mapping with `profile` ({profiles}) or `file`, or a list of cars with `arrive` and `stay`"
    )


Sessions = Annotated[
    Annotated[StatisticalSessions, Tag("profile")]
    | Annotated[RecordedSessions, Tag("file")]
    | Annotated[tuple[ScriptedSession, ...], Tag("list")],
    Discriminator(_kind),
    BeforeValidator(_is_known),
]
"""Which cars come to a charger."""
