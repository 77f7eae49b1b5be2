"""The weather as sensors report it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...models.air import dew_point_c
from ...models.sensor import SensorState, sensor_after, sensor_initial_state, sensor_reading
from ..domain.metrics import Metric
from ..inputs.signal import normal_deviate, stream_key
from ..plant.plant import Plant
from ..site.weather import SensorMetric, sensor_params

METRICS: Mapping[SensorMetric, Metric] = {
    SensorMetric.TEMPERATURE: Metric.SENSOR_TEMPERATURE,
    SensorMetric.IRRADIANCE: Metric.SENSOR_IRRADIANCE,
    SensorMetric.WIND_SPEED: Metric.SENSOR_WIND_SPEED,
    SensorMetric.WIND_DIRECTION: Metric.SENSOR_WIND_DIRECTION,
    SensorMetric.RELATIVE_HUMIDITY: Metric.SENSOR_RELATIVE_HUMIDITY,
    SensorMetric.DEW_POINT: Metric.SENSOR_DEW_POINT,
    SensorMetric.AIR_PRESSURE: Metric.SENSOR_AIR_PRESSURE,
}


_TURN = 360.0
"""Of the wind, after which directions are the same again [°]."""


class Element(NamedTuple):
    """The sensing element of a sensor at one instant."""

    time_us: int
    state: SensorState
    truth: float
    """That holds from then on, in the unit of the sensor."""


SensorsState = tuple[tuple[str, SensorMetric, Element], ...]
"""Elements that lag behind: key of the sensor, metric, element."""


class Sensors:
    """Reads the weather of a running site as its sensors do."""

    def __init__(self, plant: Plant) -> None:
        """Begin with sensors that have long been at the present weather.

        Args:
            plant: Knows the weather.
        """
        self._plant = plant
        site = plant.site
        self._interval_us = max(1, round(site.telemetry.interval_s * 1e6))
        self._params = {
            (key, metric): sensor_params(given)
            for key, sensor in site.sensors.items()
            for metric, given in sensor.parameters.items()
        }
        self._noise = {
            (key, metric): stream_key(f"{plant.seed}/{key}/{metric.value}/noise")
            for key, metric in self._params
        }
        self._elements = {
            place: self._settled(place)
            for place, params in self._params.items()
            if params.time_constant_s > 0.0
        }

    def follow(self) -> None:
        """Let sensors that lag behind take in the weather as it is now."""
        for place in self._elements:
            state = self._state(place)
            self._elements[place] = Element(self._plant.time_us, state, self._truth(place, state.element))

    def read(self, key: str) -> dict[Metric, float]:
        """Return what a sensor reports now: °C, W/m², m/s, ° clockwise from north, % and hPa."""
        return {METRICS[metric]: self._read(key, metric) for metric in self._plant.site.sensors[key].metrics}

    def save(self) -> SensorsState:
        """Return what the sensors remember, to restore later."""
        return tuple((*place, element) for place, element in self._elements.items())

    def check(self, state: SensorsState) -> None:
        """Refuse what the sensors of another site remember.

        Raises:
            ValueError: Says what was found and what would be accepted.
        """
        theirs = {(key, metric) for key, metric, _ in state}
        if theirs != self._elements.keys():
            other = ", ".join(sorted(f"{key}.{metric}" for key, metric in theirs ^ self._elements.keys()))
            raise ValueError(f"gateway.sensors: {other} not in both; accepted: what this site has")

    def restore(self, state: SensorsState) -> None:
        """Go on from a saved state."""
        self._elements = {(key, metric): element for key, metric, element in state}

    def _read(self, key: str, metric: SensorMetric) -> float:
        place = key, metric
        params = self._params.get(place)
        if params is None:
            return self._measure(metric)
        deviate = normal_deviate(self._noise[place], self._plant.time_us // self._interval_us)
        reading = sensor_reading(params, self._state(place), deviate)
        return reading % _TURN if metric is SensorMetric.WIND_DIRECTION else reading

    def _settled(self, place: tuple[str, SensorMetric]) -> Element:
        truth = self._measure(place[1])
        return Element(self._plant.time_us, sensor_initial_state(self._params[place], truth), truth)

    def _state(self, place: tuple[str, SensorMetric]) -> SensorState:
        """Return what a sensing element has come to."""
        params = self._params[place]
        if place not in self._elements:
            return sensor_initial_state(params, self._measure(place[1]))
        element = self._elements[place]
        dt_s = (self._plant.time_us - element.time_us) / 1e6
        return sensor_after(params, element.state, element.truth, dt_s)

    def _truth(self, place: tuple[str, SensorMetric], element: float) -> float:
        """Return what a sensing element goes to; a vane turns the shorter way."""
        truth = self._measure(place[1])
        if place[1] is SensorMetric.WIND_DIRECTION:
            return element + (truth - element + _TURN / 2.0) % _TURN - _TURN / 2.0
        return truth

    def _measure(self, metric: SensorMetric) -> float:
        match metric:
            case SensorMetric.TEMPERATURE:
                return self._weather("ambient_temperature")
            case SensorMetric.RELATIVE_HUMIDITY:
                return 100.0 * self._weather("relative_humidity")
            case SensorMetric.DEW_POINT:
                return dew_point_c(self._weather("ambient_temperature"), self._weather("relative_humidity"))
            case _:
                return self._weather(metric.value)

    def _weather(self, quantity: str) -> float:
        return self._plant.inputs.value("site", quantity)
