"""The weather at a site and the sensors that look at it, as a site file describes them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from ..files.sections import ComponentNumber, Section, refuse, written
from ..inputs.specs import (
    AirPressureInput,
    HumidityInput,
    IrradianceInput,
    WindDirectionInput,
    WindSpeedInput,
)


class Weather(Section):
    """What the weather does; the temperature of the air stands beside it, for it drives devices as well."""

    irradiance: IrradianceInput | None = None
    """On a horizontal plane; clear sky with seeded clouds if not given."""
    wind_speed: WindSpeedInput = Field(default=written("3 m/s"))
    wind_direction: WindDirectionInput = Field(default=written("250 °"))
    """Where the wind comes from, clockwise from north [°]."""
    relative_humidity: HumidityInput = Field(default=written("60 %"))
    air_pressure: AirPressureInput | None = None
    """Where the site is; that of the standard atmosphere at its altitude if not given [hPa]."""


class SensorMetric(StrEnum):
    """What a sensor measures."""

    TEMPERATURE = "temperature"
    IRRADIANCE = "irradiance"
    WIND_SPEED = "wind_speed"
    WIND_DIRECTION = "wind_direction"
    RELATIVE_HUMIDITY = "relative_humidity"
    DEW_POINT = "dew_point"
    AIR_PRESSURE = "air_pressure"


def _each_once(metrics: tuple[SensorMetric, ...]) -> tuple[SensorMetric, ...]:
    if len(set(metrics)) < len(metrics):
        raise refuse("each metric once")
    return metrics


class Sensor(Section):
    """A sensor in the weather."""

    id: ComponentNumber
    name: str = ""
    """Shown to clients; the sensor's key in the file if empty."""
    manufacturer: str = "Doppelgrid"
    model: str = "weather"
    metrics: Annotated[tuple[SensorMetric, ...], Field(min_length=1), AfterValidator(_each_once)]
