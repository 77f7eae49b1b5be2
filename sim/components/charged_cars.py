"""The cars of a charger as its site file says them: their parameters, and which of those the file says itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ...models.electric_car import ElectricCarParams
from ..files.presets import PresetName
from ..inputs.sessions.behaviour import CarBehaviour
from ..inputs.sessions.build import scripted_car
from ..inputs.sessions.cars import car_preset
from ..inputs.sessions.sections import RecordedSessions, Sessions, StatisticalSessions

CAR = "car"
"""Before the names of their parameters."""
_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "capacity_wh": ("capacity_wh",),
    "dc_curve_w": ("max_power_w", "battery_temperature_c"),
    "ac_current_min_a": ("min_current_a",),
    "offer_share": ("offer_share",),
    "reaction_s": ("reaction_s",),
}
"""Fields of sections that say a parameter of a car."""
_OF_PRESETS = {
    **_ALWAYS,
    "ac_phases": ("phases",),
    "ac_current_max_a": ("max_power_w",),
    "cv_time_constant_s": ("battery_temperature_c",),
}
_BY_FIGURES = {
    **_ALWAYS,
    "ac_phases": ("phases", "max_power_w"),
    "ac_current_max_a": ("phases", "max_power_w"),
    "onboard_loss": ("efficiency",),
    "cv_time_constant_s": (
        "taper_soc", "capacity_wh", "max_power_w", "efficiency", "battery_temperature_c",
    ),
}  # fmt: skip


class KnownCar(NamedTuple):
    """A car that comes to a charger."""

    name: str
    """Stands before the names of its parameters: `car`, and of several `car.` with the preset or the number."""
    params: ElectricCarParams
    preset: PresetName | None
    """That it is of; None of a car that is given by a few figures."""
    said: frozenset[str]
    """Parameters that the file says."""


def car_by_figures(section: CarBehaviour, params: ElectricCarParams) -> KnownCar:
    """Return a car that is plugged in all the time, given what the file says and what that makes of it."""
    return KnownCar(CAR, params, None, _said(section, _BY_FIGURES))


def cars_of_sessions(sessions: Sessions | None) -> tuple[KnownCar, ...]:
    """Return the cars of sessions; of recorded ones that which takes more where they had more."""
    made = tuple(_of_sessions(sessions))
    return made if len(made) != 1 else (made[0]._replace(name=CAR),)


def _of_sessions(sessions: Sessions | None) -> Iterator[KnownCar]:
    match sessions:
        case StatisticalSessions():
            for name in dict.fromkeys(sessions.cars):
                yield _known(name, name, sessions.behaving(car_preset(name)), sessions)
        case RecordedSessions():
            yield _known("", sessions.car, sessions.behaving(car_preset(sessions.car)), sessions)
        case tuple():
            for number, entry in enumerate(sessions, start=1):
                yield _known(f"{number}", entry.car, scripted_car(entry), entry)


def _known(which: str, preset: str, params: ElectricCarParams, section: CarBehaviour) -> KnownCar:
    return KnownCar(f"{CAR}.{which}", params, PresetName("cars", preset), _said(section, _OF_PRESETS))


def _said(section: CarBehaviour, by: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(name for name, fields in by.items() if not section.model_fields_set.isdisjoint(fields))
