"""The weather as sensors report it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...models.air import dew_point_c
from ...models.sensor import SensorState, sensor_after, sensor_initial_state, sensor_reading
from ..domain.metrics import Metric
from ..inputs.override import Override
from ..inputs.signal import Signal, normal_deviate, stream_key
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
"""Full turn, after which directions of the wind are the same again [°]."""


class Element(NamedTuple):
    """The sensing element of a sensor at one instant."""

    time_us: int
    state: SensorState


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
            (key, metric): sensor_params(metric, given)
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
        """Let sensors that lag behind take in the weather until now, before what drives it changes or at a sampling."""
        for place in self._elements:
            self._elements[place] = Element(self._plant.time_us, self._state(place))

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
        return Element(self._plant.time_us, sensor_initial_state(self._params[place], truth))

    def _state(self, place: tuple[str, SensorMetric]) -> SensorState:
        """Return what a sensing element has come to."""
        params, metric = self._params[place], place[1]
        if place not in self._elements:
            return sensor_initial_state(params, self._measure(metric))
        (time_us, state), now_us = self._elements[place], self._plant.time_us
        while time_us < now_us:
            until_us = min(now_us, *(signal.until(time_us) for signal in self._signals(metric)))
            truth = _towards(metric, state.element, self._measure(metric, time_us))
            state = sensor_after(params, state, truth, (until_us - time_us) / 1e6)
            time_us = until_us
        return state

    def _signals(self, metric: SensorMetric) -> list[Signal | Override]:
        quantities = _OF_AIR.get(metric, (metric.value,))
        return [self._plant.inputs.driver("site", quantity) for quantity in quantities]

    def _measure(self, metric: SensorMetric, time_us: int | None = None) -> float:
        """Return the truth at a time [µs], now if None."""
        at_us = self._plant.time_us if time_us is None else time_us
        first, *more = (signal.at(at_us) for signal in self._signals(metric))
        match metric:
            case SensorMetric.RELATIVE_HUMIDITY:
                return 100.0 * first
            case SensorMetric.DEW_POINT:
                return dew_point_c(first, *more)
            case _:
                return first


_OF_AIR: Mapping[SensorMetric, tuple[str, ...]] = {
    SensorMetric.TEMPERATURE: ("ambient_temperature",),
    SensorMetric.DEW_POINT: ("ambient_temperature", "relative_humidity"),
}
"""Inputs of the site by which a metric goes that has another name than its input, or more than one."""


def _towards(metric: SensorMetric, element: float, truth: float) -> float:
    """Return what a sensing element goes to; a vane turns the shorter way."""
    if metric is SensorMetric.WIND_DIRECTION:
        return element + (truth - element + _TURN / 2.0) % _TURN - _TURN / 2.0
    return truth
