"""What a site file says of chargers that has to fit together: their cars, their phases, and others of their station."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.ev_charger import (
    Car,
    EvCharger,
    SwitchingMode,
    greatest_offer_a,
    greatest_power_w,
    taper_falls_per_h,
    taper_socs,
)
from ..domain.categories import EvChargerType
from ..files.problems import Finding, Place
from ..files.units import AMPERE
from ..inputs.sessions.behaviour import CarBehaviour
from .site import Site

_OF_ALTERNATING_CURRENT = ("efficiency", "phases", "reaction_s", "offer_share", "min_current_a")
"""Fields of cars that say how their onboard chargers behave, which rest on direct current."""
_OF_WARMTH = ("chemistry", "preconditioned")
"""Fields of cars that count only where the temperature of their batteries is given."""


def charging_findings(key: str, charger: EvCharger) -> Iterator[Finding]:
    """Find what a charger and its cars cannot do together, and keys of both that do nothing."""
    is_dc = charger.type is EvChargerType.DC
    for place, car in _cars(key, charger):
        idle = dict.fromkeys(
            _OF_ALTERNATING_CURRENT if is_dc else (),
            "nothing on direct current, which does not pass the car's onboard charger",
        )
        if car.battery_temperature_c is None:
            idle |= dict.fromkeys(_OF_WARMTH, "battery_temperature beside it, without which it does nothing")
        for name, accepted in idle.items():
            if name in car.model_fields_set and getattr(car, name) is not None:
                yield Finding((*place, _alias(car, name)), "given", accepted)
        most_a = greatest_offer_a(charger)
        if not is_dc and car.min_current_a > most_a:
            accepted = f"at most {AMPERE.in_words(most_a)}, the most that this charger offers on a phase"
            yield Finding((*place, "min_current"), AMPERE.in_words(car.min_current_a), accepted)
        if isinstance(car, Car):
            yield from _taper_findings(place, car, is_dc=is_dc)
    switching = charger.phase_switching
    if (
        switching is not None
        and switching.mode is SwitchingMode.BY_COMMAND
        and "delay_s" in switching.model_fields_set
    ):
        accepted = "nothing beside the mode by-command, as a command need not wait"
        yield Finding(("components", key, "phase_switching", "delay"), "given", accepted)


def station_findings(site: Site, key: str, charger: EvCharger) -> Iterator[Finding]:
    """Find connectors that share power with what is none of their station."""
    for other in charger.shares_power_with:
        there = site.components.get(other)
        if other == key or not isinstance(there, EvCharger):
            accepted = "the key of another charger of direct current"
        elif key not in there.shares_power_with or there.station_power_w != charger.station_power_w:
            accepted = f"a connector with the same station_power that has {key} in its shares_power_with"
        elif {*there.shares_power_with, other} != {*charger.shares_power_with, key}:
            accepted = f"all connectors of the station, as {other} has them"
        else:
            continue
        yield Finding(("components", key, "shares_power_with"), other, accepted)


def _cars(key: str, charger: EvCharger) -> Iterator[tuple[Place, CarBehaviour]]:
    """Return what a charger's section says of its cars, and where."""
    place: Place = ("components", key)
    if charger.car is not None:
        yield (*place, "car"), charger.car
    match charger.sessions:
        case CarBehaviour() as sessions:
            yield (*place, "sessions"), sessions
        case tuple() as entries:
            for number, entry in enumerate(entries):
                yield (*place, "sessions", number), entry


def _taper_findings(place: Place, car: Car, *, is_dc: bool) -> Iterator[Finding]:
    """Find a taper that a car of this power and capacity cannot have; where the file gives none, it has the nearest."""
    if "taper_soc" not in car.model_fields_set:
        return
    found = f"{100.0 * car.taper_soc:g} %"
    if taper_falls_per_h(car, is_dc=is_dc) <= 0.0:
        accepted = (
            f"nothing beside a greatest power of {greatest_power_w(car, is_dc=is_dc) / 1e3:g} kW, as a battery of"
            f" {car.capacity_wh / 1e3:g} kWh takes that until it is full"
        )
        yield Finding((*place, "taper_soc"), found, accepted)
        return
    least, most = taper_socs(car, is_dc=is_dc)
    if not least <= car.taper_soc <= most:
        accepted = (
            f"{100.0 * least:.4g} %..{100.0 * most:.4g} %, from which a time constant can let its power fall"
        )
        yield Finding((*place, "taper_soc"), found, accepted)


def _alias(section: CarBehaviour, name: str) -> str:
    return type(section).model_fields[name].alias or name
