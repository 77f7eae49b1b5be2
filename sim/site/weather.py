"""The weather at a site and the sensors that look at it, as a site file describes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from ...models.parameter import ParameterError
from ...models.sensor import IDEAL_SENSOR, SensorParams
from ..components.reporting import Reporting
from ..files.parameters import Number, check_step, overridden
from ..files.presets import check_at_most
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
    """Speed of the wind at the height of the sensor [m/s]."""
    wind_direction: WindDirectionInput = Field(default=written("250 °"))
    """Where the wind comes from, clockwise from north [°]."""
    relative_humidity: HumidityInput = Field(default=written("60 %"))
    """Relative humidity of the air, 0..1."""
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


class SensorReporting(Reporting):
    """When a sensor reports."""

    changes: Mapping[SensorMetric, Annotated[Number, Field(gt=0.0)]] | None = None
    """Changes that it reports at once, by metric, in that unit; none for reports at the interval alone."""


class Sensor(Section):
    """A sensor in the weather."""

    id: ComponentNumber
    """Number by which clients know the sensor; each once in a site."""
    name: str = ""
    """Shown to clients; the sensor's key in the file if empty."""
    manufacturer: str = "Doppelgrid"
    """Name of the maker, shown to clients."""
    model: str = "weather"
    """Name of the model, shown to clients."""
    metrics: Annotated[tuple[SensorMetric, ...], Field(min_length=1), AfterValidator(_each_once)]
    """What it measures."""
    parameters: Mapping[SensorMetric, Mapping[str, Number]] = {}
    """Parameters of the sensor's model, by metric, in that unit and those of `docs/models/sensor.md`; ideal if none."""
    reporting: SensorReporting = SensorReporting()
    """When the sensor reports; at each sampling, and at once, if not given."""

    @field_validator("parameters")
    @classmethod
    def _of_what_it_measures(
        cls, given: Mapping[SensorMetric, Mapping[str, float]], info: ValidationInfo
    ) -> Mapping[SensorMetric, Mapping[str, float]]:
        metrics = info.data.get("metrics", given)
        if any(metric not in metrics for metric in given):
            raise refuse(f"parameters of what it measures: {', '.join(metrics)}")
        return given

    @field_validator("reporting")
    @classmethod
    def _changes_of_what_it_measures(
        cls, reporting: SensorReporting, info: ValidationInfo
    ) -> SensorReporting:
        changes = reporting.changes or {}
        metrics = info.data.get("metrics", changes)
        if any(metric not in metrics for metric in changes):
            raise refuse(f"changes of what it measures: {', '.join(metrics)}")
        return reporting


_ABSOLUTE_ZERO_C = -273.15
_BELOW_DARK_W_PER_M2 = -50.0
"""What a pyranometer may show in the dark; chosen, as for recordings."""
_RANGES: Mapping[SensorMetric, tuple[float, float]] = {
    SensorMetric.TEMPERATURE: (_ABSOLUTE_ZERO_C, math.inf),
    SensorMetric.IRRADIANCE: (_BELOW_DARK_W_PER_M2, math.inf),
    SensorMetric.WIND_SPEED: (0.0, math.inf),
    SensorMetric.RELATIVE_HUMIDITY: (0.0, 100.0),
    SensorMetric.DEW_POINT: (_ABSOLUTE_ZERO_C, math.inf),
    SensorMetric.AIR_PRESSURE: (0.0, math.inf),
}
"""Within which sensors read, whatever their errors are, if a file gives no range."""


def sensor_params(metric: SensorMetric, given: Mapping[str, float]) -> SensorParams:
    """Return a sensor with parameters of a site file, ideal in all others, within the range of what it measures.

    Raises:
        ParameterError: If one of them is unknown or cannot be; names it.
    """
    lower, upper = _RANGES.get(metric, (-math.inf, math.inf))
    params = overridden(IDEAL_SENSOR._replace(lower=lower, upper=upper), given)
    check_at_most("lower", params.lower, "upper", params.upper, "")
    check_step("resolution", params.resolution)
    for name, limit, none in (("lower", params.lower, math.inf), ("upper", params.upper, -math.inf)):
        if limit == none:
            raise ParameterError(name, f"{limit:g}", f"a finite number, or {-none:g} for no limit")
    return params
