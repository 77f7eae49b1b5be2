"""The weather as sensors report it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..models.air import dew_point_c
from .inputs.build import build_signal
from .inputs.signal import Signal
from .inputs.specs import ClearSky
from .site import Site
from .surroundings import AIR_PRESSURE, pressure_signal, surroundings
from .vocabulary import Metric
from .weather import SensorMetric

_HORIZONTAL = (0.0, 180.0)
METRICS: Mapping[SensorMetric, Metric] = {
    SensorMetric.TEMPERATURE: Metric.SENSOR_TEMPERATURE,
    SensorMetric.IRRADIANCE: Metric.SENSOR_IRRADIANCE,
    SensorMetric.WIND_SPEED: Metric.SENSOR_WIND_SPEED,
    SensorMetric.WIND_DIRECTION: Metric.SENSOR_WIND_DIRECTION,
    SensorMetric.RELATIVE_HUMIDITY: Metric.SENSOR_RELATIVE_HUMIDITY,
    SensorMetric.DEW_POINT: Metric.SENSOR_DEW_POINT,
    SensorMetric.AIR_PRESSURE: Metric.SENSOR_AIR_PRESSURE,
}


def sensor_inputs(site: Site, *, start_us: int, seed: int) -> dict[str, Signal]:
    """Return the weather that the sensors of a site look at, as `site.quantity`; nothing without sensors.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    if not site.sensors:
        return {}
    weather = site.weather
    specs = {
        "irradiance": weather.irradiance if weather.irradiance is not None else ClearSky(),
        "wind_speed": weather.wind_speed,
        "wind_direction": weather.wind_direction,
        "relative_humidity": weather.relative_humidity,
    }
    return {
        AIR_PRESSURE: pressure_signal(site, start_us=start_us, seed=seed),
        **{
            f"site.{quantity}": build_signal(
                spec, surroundings(site, "site", quantity, start_us=start_us, seed=seed, plane=_HORIZONTAL)
            )
            for quantity, spec in specs.items()
        },
    }


def read_sensor(site: Site, key: str, weather: Callable[[str], float]) -> dict[Metric, float]:
    """Return what a sensor reports: °C, W/m², m/s, ° clockwise from north, % and hPa.

    Args:
        site: To which the sensor belongs.
        key: Of the sensor.
        weather: Gives the present value of an input of the site.
    """
    return {METRICS[metric]: _measure(metric, weather) for metric in site.sensors[key].metrics}


def _measure(metric: SensorMetric, weather: Callable[[str], float]) -> float:
    match metric:
        case SensorMetric.TEMPERATURE:
            return weather("ambient_temperature")
        case SensorMetric.RELATIVE_HUMIDITY:
            return 100.0 * weather("relative_humidity")
        case SensorMetric.DEW_POINT:
            return dew_point_c(weather("ambient_temperature"), weather("relative_humidity"))
        case _:
            return weather(metric.value)
