"""The keys of tariff files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from ..files.money import GRAM_PER_KWH, MOST, PricePerKw, PricePerKwh, price_unit
from ..files.sections import Section, Text, ZoneOrOffset, refuse, written
from ..files.units import NonNegativePower
from ..inputs.sessions.sections import WEEKDAYS, Weekday
from ..inputs.specs import FileColumn

MINUTES_A_DAY = 1440
_MOST_G_PER_KWH = 1e5
_TIME = re.compile(r"(\d{1,2}):([0-5]\d)")


def _minutes(value: object) -> int:
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    minutes = 60 * int(match[1]) + int(match[2]) if match else -1
    if not 0 <= minutes <= MINUTES_A_DAY:
        raise refuse('a time of day from "00:00" to "24:00"')
    return minutes


TimeOfDay = Annotated[int, BeforeValidator(_minutes), WithJsonSchema({"type": "string"}, mode="validation")]
"""Minutes since midnight, by the clock."""


class Window(Section):
    """Hours of some days of the week, by the clock, and what a kWh costs then."""

    price: PricePerKwh
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    """On which it begins; every day if not given."""
    begin: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")
    """On the next day if it is no later than `from`."""


class TimeOfUse(Section):
    """Prices by the hour and the day of the week."""

    windows: Annotated[tuple[Window, ...], Field(min_length=1)]
    """Which do not overlap."""
    otherwise: PricePerKwh | None = None
    """At all other times; may be left out where windows cover the whole week."""


def _price_spelling(spelling: str) -> str:
    try:
        price_unit(spelling)
    except ValueError as error:
        raise refuse(str(error)) from None
    return spelling


class PriceFile(FileColumn):
    """Prices from a table in CSV or Parquet; each holds until the next row."""

    limits = (-MOST, MOST)
    unit: Annotated[str, AfterValidator(_price_spelling)]
    """Of the numbers in the column, such as `€/MWh`."""
    plus: PricePerKwh | None = None
    """Added to each, after `factor`: fees and levies."""

    @property
    def scale(self) -> float:
        """Currency per kWh, per one in the column."""
        return price_unit(self.unit)[0] * self.factor


def _intensity_spelling(spelling: str) -> str:
    if spelling not in GRAM_PER_KWH.factors:
        raise refuse(", ".join(GRAM_PER_KWH.factors))
    return spelling


class IntensityFile(FileColumn):
    """Emissions from a table in CSV or Parquet; each value holds until the next row."""

    limits = (0.0, _MOST_G_PER_KWH)
    unit: Annotated[str, AfterValidator(_intensity_spelling)]
    """Of the numbers in the column, such as `g/kWh`."""

    @property
    def scale(self) -> float:
        """Grams per kWh, per one in the column."""
        return GRAM_PER_KWH.factors[self.unit] * self.factor


def _kind(value: object) -> str:
    if isinstance(value, BaseModel):
        return "windows" if isinstance(value, TimeOfUse) else "file"
    if not isinstance(value, Mapping):
        return "quantity"
    return "file" if "file" in value else "windows"


EnergyPrice = Annotated[
    Annotated[PricePerKwh, Tag("quantity")]
    | Annotated[TimeOfUse, Tag("windows")]
    | Annotated[PriceFile, Tag("file")],
    Discriminator(_kind),
]
"""What a kWh costs: always the same, by the hour and weekday, or from a table."""
Intensity = Annotated[
    Annotated[float, GRAM_PER_KWH.within(lower=0.0, upper=_MOST_G_PER_KWH), Tag("quantity")]
    | Annotated[IntensityFile, Tag("file")],
    Discriminator(lambda value: "file" if isinstance(value, Mapping | IntensityFile) else "quantity"),
]
"""Emissions that come with a kWh from the grid [g/kWh]: always the same, or from a table."""


class PeakPrice(Section):
    """What the highest quarter of an hour costs."""

    price: PricePerKw
    """Of each kW of it."""
    per: Literal["month", "year", "run"] = "month"
    """For the highest one of each calendar month or year, or of the whole run."""
    already_w: NonNegativePower = Field(default=written("0 W"), alias="already")
    """Peak that the month, the year or the run had before; only what goes beyond it costs."""


class TariffSection(Section):
    """A tariff file."""

    tariff: Text
    """What it is."""
    timezone: ZoneOrOffset | None = None
    """Whose clock windows, months and times without an offset go by; the site's if not given."""
    import_price: EnergyPrice | None = Field(default=None, alias="import")
    """Of energy from the grid."""
    export_price: EnergyPrice | None = Field(default=None, alias="export")
    """Paid for energy into the grid; nothing if not given. Where it is negative, the site pays."""
    peak: PeakPrice | None = None
    co2: Intensity | None = None
    """Emissions that come with energy from the grid."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        given: list[Any] = [self.import_price, self.export_price, self.peak, self.co2]
        if not any(each is not None for each in given):
            raise refuse("import, export, peak or co2 beside tariff")
        return self
