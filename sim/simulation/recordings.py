"""Tells when devices no longer do what their recordings say, and when they do again."""

from __future__ import annotations

from ..domain.events import Subscribers
from ..engine.events import Events
from ..files.units import WATT
from ..kernel.memory import FOLLOWED
from ..kernel.recorded import recorded_w
from ..plant.plant import Plant

_DIGITS = 4


def tell_recordings(plant: Plant, events: Events, samplings: Subscribers[int]) -> None:
    """Look at a plant at every sampling, and tell what has changed.

    Args:
        plant: Whose devices recordings may drive.
        events: Where to tell.
        samplings: When to look.
    """
    point, places = plant.operating_point, plant.places
    if not places.recorded:
        return

    def look(_due_us: int) -> None:
        for key, number in places.recorded.items():
            row = point.memory.recorded[number]
            is_off = bool(row.is_astray)
            if row.is_overruled:
                row.is_told = 0
            elif (is_off and not row.is_told) or (row.is_told and row.since_us == FOLLOWED):
                row.is_told = int(is_off)
                kind = "recording not followed" if is_off else "recording followed"
                has = plant.readings.active_power_w(key)
                recorded = recorded_w(point.layout, point.memory, number)
                words = (WATT.in_words(power_w, digits=_DIGITS) for power_w in (recorded, has))
                events.report(kind, key, **dict(zip(("recorded", "has"), words, strict=True)))

    samplings.subscribe(look)
