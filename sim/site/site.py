"""A site as its file describes it: the microgrid, its components and how they are connected.

Attributes carry the inner units of `units`; aliases are the keys of the file. Nothing here moves: the plant
makes a running site of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, InstanceOf, ValidationError, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import InitErrorDetails

from ..components.inverter import BuiltInControl
from ..components.presets import read_own_presets
from ..components.registry import Component
from ..domain.timestamps import to_us
from ..files.presets import PresetFolder, own_presets
from ..files.sections import ComponentNumber, Section, Text, refuse, written
from ..files.units import PositiveDuration
from ..inputs.location import Location
from ..inputs.specs import TemperatureInput
from .meters import wrong_meter
from .weather import Sensor, Weather

FROM_A_FILE = object()
"""Context of the validation of a file, whose reader says of meters what is wrong along with everything else."""


class DeliveryArea(Section):
    """The market area that the site delivers to."""

    code: Text
    """Code of the area, such as an EIC."""
    code_type: Literal["eic", "nerc"] = "eic"
    """Who gave out the code: ENTSO-E (`eic`) or NERC."""


class Microgrid(Section):
    """Who the site says it is."""

    id: ComponentNumber
    """Number by which clients know the site."""
    name: str = ""
    """Name of the site, shown to clients."""
    enterprise_id: ComponentNumber = 1
    """Number of the enterprise that it belongs to."""
    location: Location = Location(
        latitude=52.52, longitude=13.405, timezone="Europe/Berlin", country_code="DE"
    )
    """Where it stands, and its time zone; Berlin if not given."""
    delivery_area: DeliveryArea | None = DeliveryArea(code="10Y1001A1001A82H")
    """Market area that it delivers to; that of Germany and Luxembourg if not given, none if `null`."""
    list_unsupported: bool = Field(default=False, strict=True)
    """List components of categories, too, that today's Python clients do not know and cannot start with."""
    created: AwareDatetime = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
    """When it was set up, as clients are told."""


class Telemetry(Section):
    """How telemetry is sampled."""

    interval_s: PositiveDuration = Field(default=written("200 ms"), alias="interval")
    """Between two samples of a component [s]."""


class Site(Section):
    """A whole site: identity, components by key, and the weather around them."""

    microgrid: Microgrid
    """Identity of the site."""
    components: Mapping[str, Component] = Field(min_length=1)
    """By key: letters, digits, `-` and `_`, beginning with a letter or digit."""
    ambient_temperature: TemperatureInput | None = None
    """Temperature of the air around the devices; 20 °C if not given."""
    weather: Weather = Weather()
    """What sensors see beside the temperature of the air."""
    sensors: Mapping[str, Sensor] = {}
    """By key, none of them that of a component."""
    telemetry: Telemetry = Telemetry()
    """Sampling of what components report."""
    presets: str | None = Field(default=None, min_length=1)
    """Folder of presets of one's own, its path relative to the folder of the site file; ours alone if not given."""
    directory: SkipJsonSchema[Path] = Field(default=Path(), exclude=True, repr=False)
    """Folder that relative paths of input files start from; set on loading."""
    own_presets: SkipJsonSchema[InstanceOf[PresetFolder] | None] = Field(
        default=None, exclude=True, repr=False
    )
    """Content of the folder `presets`; set on loading."""

    @field_validator("components")
    @classmethod
    def _meters_are_in_front(
        cls, components: Mapping[str, Component], info: ValidationInfo
    ) -> Mapping[str, Component]:
        if info.context is FROM_A_FILE:
            return components
        behind = {key: component.behind for key, component in components.items()}
        wrong: list[InitErrorDetails] = []
        for key, component in components.items():
            meter = component.self_consumption if isinstance(component, BuiltInControl) else None
            accepted = None if meter is None else wrong_meter(key, meter, behind)
            if accepted is not None:
                wrong.append({"type": refuse(accepted), "loc": (key, "self_consumption"), "input": meter})
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return components

    @classmethod
    def from_content(
        cls, content: Mapping[str, object], directory: Path, presets: PresetFolder | None = None
    ) -> Site:
        """Return a valid site of its plain content, as files and other processes carry it.

        Args:
            content: By the keys of a site file.
            directory: Where relative paths start.
            presets: Those of its own, as they were when its file was read; read anew from its folder if not given.

        Raises:
            ValidationError: If the content is no valid site.
            PresetError: If its folder of presets is wrong.
        """
        folder = content.get("presets")
        if presets is None and isinstance(folder, str):
            presets, wrong = read_own_presets(directory / folder)
            if wrong:
                raise wrong[0]
        with own_presets(presets):
            site = cls.model_validate(content)
        return site.model_copy(update={"directory": directory, "own_presets": presets})

    def with_telemetry_interval(self, interval_s: float) -> Site:
        """Return the same site, sampled at another interval [s]."""
        telemetry = Telemetry.model_validate({"interval": f"{interval_s!r} s"})
        return self.model_copy(update={"telemetry": telemetry})

    def moment_us(self, moment: datetime) -> int:
        """Return a moment as simulated time [µs], by the site's clock if it names no offset."""
        return to_us(moment if moment.tzinfo else moment.replace(tzinfo=self.microgrid.location.zone))
