"""What the parts of a site file have in common: how they are read, and what every component says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from .units import DEGREE
from .vocabulary import OperationalMode

Tilt = Annotated[float, DEGREE.within(lower=0.0, upper=90.0)]
Azimuth = Annotated[float, DEGREE.within(lower=0.0, upper=360.0)]
ComponentNumber = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
Text = Annotated[str, Field(min_length=1)]


def written(default: str) -> Any:
    """Return a default as the file would write it; pydantic reads it like a value from there."""
    return default


def refuse(accepted: str) -> PydanticCustomError:
    """Return the error of a value in a site file, by what would be accepted."""
    return PydanticCustomError("site", "{accepted}", {"accepted": accepted})


def one_of_names(names: tuple[str, ...]) -> AfterValidator:
    """Return the check of a name against those that there are."""

    def check(name: str) -> str:
        if name not in names:
            raise refuse(", ".join(names))
        return name

    return AfterValidator(check)


def _each_once(phases: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(phases)) < len(phases):
        raise refuse("each phase once")
    return phases


Phase = Annotated[int, Field(strict=True, ge=1, le=3)]
Phases = Annotated[tuple[Phase, ...], Field(min_length=1, max_length=3), AfterValidator(_each_once)]


class Section(BaseModel):
    """Part of a site file. Defaults are written as in the file, and read as if they stood there."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_alias=True,
        validate_by_name=False,
        validate_default=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ComponentSection(Section):
    """What every component says of itself."""

    id: ComponentNumber
    name: str = ""
    """Shown to clients; the component's key in the file if empty."""
    manufacturer: str = "Doppelgrid"
    model: str = ""
    behind: Annotated[
        tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])
    ] = ()
    """Keys of the components on the grid's side of this one."""
    operational_mode: OperationalMode = OperationalMode.CONTROL_AND_TELEMETRY
    parameters: Mapping[str, float | tuple[float, ...]] = {}
    """Parameters of the component's model, past its preset, in the units of `docs/models`."""
