"""Stays at one charger, one after another, from recordings in which some overlap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from .session import Session


def one_after_another(sessions: Iterable[Session], how: Literal["trim", "skip", "keep"]) -> list[Session]:
    """Return stays of which none begins before the one before has ended.

    Args:
        sessions: In any order.
        how: `trim`: a car leaves when the next one comes. `skip`: a car that comes to a taken charger drives on.
            `keep`: it plugs in when the one before has left, if there is anything left of its own stay.
    """
    kept: list[Session] = []
    for session in sorted(sessions, key=lambda each: (each.arrival_us, each.leaves_us)):
        if not kept or kept[-1].leaves_us <= session.arrival_us:
            kept.append(session)
        elif how == "trim":
            kept[-1] = kept[-1]._replace(departure_us=session.arrival_us, late_us=0)
            if kept[-1].departure_us <= kept[-1].arrival_us:
                kept.pop()
            kept.append(session)
        elif how == "keep" and session.leaves_us > kept[-1].leaves_us:
            kept.append(session._replace(arrival_us=kept[-1].leaves_us))
    return kept
