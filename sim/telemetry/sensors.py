"""The weather as sensors report it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...models.air import dew_point_c
from ..domain.metrics import Metric
from ..site.site import Site
from ..site.weather import SensorMetric

METRICS: Mapping[SensorMetric, Metric] = {
    SensorMetric.TEMPERATURE: Metric.SENSOR_TEMPERATURE,
    SensorMetric.IRRADIANCE: Metric.SENSOR_IRRADIANCE,
    SensorMetric.WIND_SPEED: Metric.SENSOR_WIND_SPEED,
    SensorMetric.WIND_DIRECTION: Metric.SENSOR_WIND_DIRECTION,
    SensorMetric.RELATIVE_HUMIDITY: Metric.SENSOR_RELATIVE_HUMIDITY,
    SensorMetric.DEW_POINT: Metric.SENSOR_DEW_POINT,
    SensorMetric.AIR_PRESSURE: Metric.SENSOR_AIR_PRESSURE,
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
