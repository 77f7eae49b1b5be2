"""Load profiles that other installed packages bring."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from ..files.packages import BrokenPackage, brought, raised
from ..files.problems import with_article
from .daily import Day, DayMaker
from .errors import InputError
from .signal import Steps

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
    packages: Mapping[str, str]
    """Names and versions of packages, by the profiles that they bring."""
    broken: tuple[BrokenPackage, ...]


@cache
def _known() -> _Known:
    profiles: dict[str, LoadProfile] = {}
    packages: dict[str, str] = {}
    found, broken = brought(GROUP, _checked)
    for package, theirs in found.items():
        for each in theirs:
            if each.name in profiles:
                broken.append(BrokenPackage(package, each.name, "name is taken; accepted: a name of its own"))
            else:
                profiles[each.name], packages[each.name] = each, package
    return _Known(profiles, packages, tuple(broken))


def load_profiles() -> Mapping[str, LoadProfile]:
    """Return the load profiles of other packages by name."""
    return _known().profiles


def packaged_days(name: str, annual_energy_wh: float) -> DayMaker:
    """Return what makes the days of a load profile of another package, held to what steps of a day are.

    Args:
        name: Of the profile.
        annual_energy_wh: Consumed in a calendar year [Wh].

    Raises:
        InputError: If the profile raises, now or for some day, or what it makes of a day is none; names the package.
    """
    known = _known()
    whose = f"load profile {name!r} of package {known.packages[name]}"
    try:
        days = known.profiles[name].days(annual_energy_wh)
    except Exception as error:  # whatever a stranger's profile does
        raise InputError(
            whose, None, "what makes its days", raised(error), "an object with `steps`"
        ) from error
    return _Held(days, whose)


class _Held:
    """Days of another package, each looked at when it is made."""

    def __init__(self, days: DayMaker, whose: str) -> None:
        self._days, self._whose = days, whose

    def steps(self, day: Day) -> Steps:
        try:
            steps = self._days.steps(day)
        except Exception as error:  # whatever a stranger's profile does
            raise self._wrong(day, raised(error), "the steps of any day") from error
        if not isinstance(steps, Steps):
            raise self._wrong(day, f"{with_article(type(steps).__name__)}", "Steps")
        times, values = steps.columns
        if not times:
            raise self._wrong(day, "without a step", "at least one step")
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise self._wrong(day, "of times that do not ascend", "strictly ascending times")
        if not all(map(math.isfinite, values)):
            raise self._wrong(day, "of powers that are no finite numbers", "finite powers [W]")
        return steps

    def _wrong(self, day: Day, found: str, accepted: str) -> InputError:
        return InputError(self._whose, None, str(day.date), found, accepted)


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
        raise ValueError(
            f"is {with_article(type(offered).__name__)}; accepted: a LoadProfile, or a list of them"
        )
    for each in profiles:
        if not each.name or each.name.startswith(_OURS):
            raise ValueError(f"name is {each.name!r}; accepted: one that does not begin like ours, {_OURS}")
    return list(profiles)
