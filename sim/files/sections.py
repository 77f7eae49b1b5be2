"""What the parts of a file have in common, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from .described import Described
from .moments import parse_zone
from .problems import Place
from .units import DEGREE, FRACTION

Tilt = Annotated[float, DEGREE.within(lower=0.0, upper=90.0)]
Azimuth = Annotated[float, DEGREE.within(lower=0.0, upper=360.0)]
ComponentNumber = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
Deviation = Annotated[float, FRACTION.within(lower=0.0, upper=0.1)]
"""Standard deviation in parts of what deviates."""
Text = Annotated[str, Field(min_length=1)]


def written(default: str) -> Any:
    """Return a default as the file would write it; pydantic reads it like a value from there."""
    return default


def refuse(accepted: str) -> PydanticCustomError:
    """Return the error of a value in a site file, by what would be accepted."""
    return PydanticCustomError("site", "{accepted}", {"accepted": accepted})


def refuse_at(place: Place, found: object, accepted: str) -> ValidationError:
    """Return the error of a value below that which a validator looks at.

    Args:
        place: Keys and indices that lead to it from there.
        found: What it is, as a file would say it.
        accepted: What it could be instead.
    """
    wrong: InitErrorDetails = {"type": refuse(accepted), "loc": place, "input": found}
    return ValidationError.from_exception_data("site", [wrong])


def lacks(key: str, accepted: str) -> ValidationError:
    """Return the error of a key that has to be in a section, given what else is there."""
    wrong = PydanticCustomError("lacking", "{accepted}", {"accepted": accepted})
    details: InitErrorDetails = {"type": wrong, "loc": (key,), "input": None}
    return ValidationError.from_exception_data("site", [details])


def short_for(key: str) -> Callable[[object], object]:
    """Return what reads a section that may be given as the value of one of its keys alone."""

    def read(value: object) -> object:
        return value if value is None or isinstance(value, Mapping | BaseModel) else {key: value}

    return read


def as_list(value: object) -> object:
    """Return a text that stands alone as a list of it; anything else as it is."""
    return [value] if isinstance(value, str) else value


def switched(value: object) -> object:
    """Return `true` as a section that says nothing, `false` as none; anything else as it is."""
    return {True: {}, False: None}[value] if isinstance(value, bool) else value


def one_of_names(names: Callable[[], tuple[str, ...]]) -> AfterValidator:
    """Return the check of a name against those that there are when a file is read."""

    def check(name: str) -> str:
        if name not in names():
            raise refuse(", ".join(names()))
        return name

    return AfterValidator(check)


def _known_zone(name: str) -> str:
    try:
        parse_zone(name)
    except ValueError as error:
        raise refuse(str(error)) from None
    return name


ZoneOrOffset = Annotated[str, AfterValidator(_known_zone)]
"""Name of an IANA time zone, or an offset such as `+02:00`."""


def _each_once(phases: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(phases)) < len(phases):
        raise refuse("each phase once")
    return phases


Phase = Annotated[int, Field(strict=True, ge=1, le=3)]
Phases = Annotated[tuple[Phase, ...], Field(min_length=1, max_length=3), AfterValidator(_each_once)]


class Section(Described):
    """Part of a site file. Defaults are written as in the file, and read as if they stood there."""

    model_config = ConfigDict(
        defer_build=True,
        frozen=True,
        extra="forbid",
        validate_by_alias=True,
        validate_by_name=False,
        validate_default=True,
        serialize_by_alias=True,
    )


def ascending(quantity: str, key: str, unit: str, of: Callable[[Any], float]) -> AfterValidator:
    """Return the check of points that come in ascending order of a quantity, none twice.

    Args:
        quantity: What it is called where points are refused.
        key: By which a point has it.
        unit: In which its values are told.
        of: Gives the value of a point.
    """

    def check(points: tuple[Any, ...]) -> tuple[Any, ...]:
        for place, (before, after) in enumerate(pairwise(map(of, points)), start=1):
            if not before < after:
                raise refuse_at(
                    (place, key),
                    f"{after:g} {unit}",
                    f"points in ascending order of {quantity}, none twice; {after:g} {unit} follows {before:g} {unit}",
                )
        return points

    return AfterValidator(check)
