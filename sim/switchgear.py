"""What is switched on, and what that leaves connected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from .wiring import Wiring


class Position(StrEnum):
    """How far a component is switched on."""

    ON = "on"
    """All its relays are closed."""
    STANDBY = "standby"
    """Its AC relay is open."""
    OFF = "off"
    """All its relays are open."""
    SWITCHING_ON = "switching_on"
    PRECHARGING = "precharging"
    SWITCHING_OFF = "switching_off"


class Connections(NamedTuple):
    """What is connected while some components do not conduct."""

    cut_off: frozenset[str]
    """Keys of the components on the AC side that the grid does not reach."""
    parents: Mapping[str, tuple[str, ...]]
    """Of each component, those on the grid's side that conduct; all of them where none does."""
    batteries_of: Mapping[str, tuple[str, ...]]
    """Batteries that each inverter reaches."""


def connections_without(wiring: Wiring, open_keys: Collection[str]) -> Connections:
    """Return what is connected while some components are open: switched off, switching or tripped."""
    if not open_keys:
        return Connections(frozenset(), wiring.parents, wiring.batteries_of)
    cut_off: set[str] = set()
    parents = dict(wiring.parents)
    for key in wiring.order:
        conducting = tuple(
            parent for parent in wiring.parents[key] if parent not in open_keys and parent not in cut_off
        )
        if conducting:
            parents[key] = conducting
        elif wiring.parents[key] and key in wiring.ac_order:
            cut_off.add(key)
    batteries_of = {
        inverter: tuple(battery for battery in batteries if _reaches(wiring, inverter, battery, open_keys))
        for inverter, batteries in wiring.batteries_of.items()
    }
    return Connections(frozenset(cut_off), parents, batteries_of)


def _reaches(wiring: Wiring, inverter: str, key: str, open_keys: Collection[str]) -> bool:
    return any(
        parent == inverter
        or (
            parent in wiring.dc_passages
            and parent not in open_keys
            and _reaches(wiring, inverter, parent, open_keys)
        )
        for parent in wiring.parents[key]
    )
