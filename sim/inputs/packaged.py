"""Load profiles that other installed packages bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ..files.packages import BrokenPackage, brought
from .daily import DayMaker

GROUP = "doppelgrid.load_profiles"
"""Entry points of other packages: each a `LoadProfile`, or a sequence of them."""
_OURS = ("bdew-", "constant", "inline", "clear-sky")


@dataclass(frozen=True)
class LoadProfile:
    """A load by the clock of its site, which a site file sizes by its annual energy."""

    name: str
    """What a site file says as its `profile`."""
    days: Callable[[float], DayMaker]
    """`(annual_energy_wh)`: makes the days of a load [W] that consumes so much in a calendar year."""


class _Known(NamedTuple):
    profiles: Mapping[str, LoadProfile]
    broken: tuple[BrokenPackage, ...]


@cache
def _known() -> _Known:
    profiles: dict[str, LoadProfile] = {}
    found, broken = brought(GROUP, _checked)
    for package, theirs in found.items():
        for each in theirs:
            if each.name in profiles:
                broken.append(BrokenPackage(package, each.name, "name is taken; accepted: a name of its own"))
            else:
                profiles[each.name] = each
    return _Known(profiles, tuple(broken))


def load_profiles() -> Mapping[str, LoadProfile]:
    """Return the load profiles of other packages by name."""
    return _known().profiles


def broken_profiles() -> tuple[BrokenPackage, ...]:
    """Return what other packages offer as load profiles and is of no use."""
    return _known().broken


def _checked(offered: object) -> list[LoadProfile]:
    """Hold what a package offers to what a load profile is.

    Raises:
        ValueError: If it is none; says what was found and what would be accepted.
    """
    profiles = [offered] if isinstance(offered, LoadProfile) else offered
    if not isinstance(profiles, list | tuple) or not all(isinstance(each, LoadProfile) for each in profiles):
        raise ValueError(f"is a {type(offered).__name__}; accepted: a LoadProfile, or a list of them")
    for each in profiles:
        if not each.name or each.name.startswith(_OURS):
            raise ValueError(f"name is {each.name!r}; accepted: one that does not begin like ours, {_OURS}")
    return list(profiles)
