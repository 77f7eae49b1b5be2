"""How loads follow the voltage, as a site file says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from ...models.load import LoadParams
from ...models.parameter import check_parameters
from ..files.parameters import Number
from ..files.presets import params_of_preset, preset_cache, preset_names
from ..files.sections import Section, one_of_names, refuse
from ..files.units import FRACTION


def load_preset_names() -> tuple[str, ...]:
    """Return the names that `load_preset` accepts."""
    return preset_names("loads")


@preset_cache
def load_preset(name: str) -> LoadParams:
    """Return what a kind of load does with its voltage.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a load that cannot exist; names the parameter.
    """
    return params_of_preset(LoadParams, "loads", "load preset", name)


def _share(value: object) -> object:
    """Return a part in per cent as a number; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return FRACTION.parse(value)
    except ValueError:
        raise refuse("a number, or one in %") from None


_Part = Annotated[
    Number, Field(ge=-30.0, le=30.0), BeforeValidator(_share, json_schema_input_type=float | str)
]
_FLOOR_PU = 0.7
"""Voltage below which a mix of one's own goes on as a constant impedance; chosen."""
_SUM_TOLERANCE = 1e-6


class LoadMix(Section):
    """Parts of a load's power at nominal voltage, active and reactive alike, as numbers or in per cent; together 1."""

    impedance: _Part = Field(default=0.0, alias="z")
    """Goes with the square of the voltage."""
    current: _Part = Field(default=0.0, alias="i")
    """Goes with the voltage."""
    power: _Part = Field(default=0.0, alias="p")
    """Stays."""

    @model_validator(mode="after")
    def _whole(self) -> LoadMix:
        total = self.impedance + self.current + self.power
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise refuse(f"z, i and p that add up to 1 (100 %); these add up to {total:g}")
        return self


LoadMixInput = Annotated[
    Annotated[Annotated[str, one_of_names(load_preset_names)], Tag("preset")]
    | Annotated[LoadMix, Tag("mix")],
    Discriminator(lambda value: "mix" if isinstance(value, BaseModel | dict) else "preset"),
]
"""Name of a measured mix, or one of one's own."""


def load_mix(given: str | LoadMix | None, power_factor: float) -> LoadParams | None:
    """Return what a load does with its voltage; None if it does nothing.

    Args:
        given: What the site file says.
        power_factor: Of the load at nominal voltage; it stands in for a preset's.
    """
    if given is None:
        return None
    if isinstance(given, str):
        return load_preset(given)._replace(power_factor=power_factor)
    z, i = given.impedance, given.current
    params = LoadParams(power_factor, z, i, z, i, _FLOOR_PU)
    check_parameters(params)
    return params
