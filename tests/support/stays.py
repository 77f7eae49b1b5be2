"""Stays of a usual car at a charger."""

from __future__ import annotations

from typing import Any

from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.session import Session

HOUR_US = 3_600_000_000
CAR = car_preset("compact-58kwh")


def stay(arrival_h: float, departure_h: float, **fields: Any) -> Session:
    """Return a session between two hours since 1970."""
    return Session(round(arrival_h * HOUR_US), round(departure_h * HOUR_US), CAR, **fields)
