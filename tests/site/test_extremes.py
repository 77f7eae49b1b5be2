"""Whatever a site file may say can be built and runs: extremes are refused when it is read, or mean something."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from doppelgrid.sim.files.units import Unit
from doppelgrid.sim.files.yaml_text import read_yaml
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import site_text
from doppelgrid.sim.site.site import Site

NOON = 1_781_517_600_000_000
EXTREMES = (0.0, 1e-9, 0.5, 99.0, 1e5, 1.001e6, 1e12, -1.0, 1e300)
LEFT_OUT = {"id", "behind", "category"}
Place = tuple[str, ...]


@cache
def content() -> Any:
    return read_yaml(site_text("all-categories")[1]).data


def site_of(data: Any) -> Site:
    return Site.from_content(data, site_text("all-categories")[2])


def numbers(section: BaseModel, place: Place = ()) -> Iterator[tuple[Place, Unit | None]]:
    """Yield where a section has numbers, and in which units."""
    for name, field in type(section).model_fields.items():
        value, at = getattr(section, name), (*place, field.alias or name)
        units = [each for each in field.metadata if isinstance(each, Unit)]
        if isinstance(value, BaseModel):
            yield from numbers(value, at)
        elif (
            name not in LEFT_OUT and not isinstance(value, bool) and (units or isinstance(value, int | float))
        ):
            yield at, units[0] if units else None


def changed(key: str, place: Place, value: object) -> Any:
    data = copy.deepcopy(content())
    section = data["components"][key]
    for step in place[:-1]:
        if not isinstance(section.get(step), dict):
            section[step] = {}
        section = section[step]
    section[place[-1]] = value
    return data


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(content()["components"]))
def test_what_is_accepted_of_a_component_builds_and_runs(key: str) -> None:
    for place, unit in numbers(site_of(content()).components[key]):
        spelling = "" if unit is None else next(iter(unit.factors))
        for value in EXTREMES:
            written = value if unit is None else f"{value:g} {spelling}"
            try:
                site = site_of(changed(key, place, written))
            except ValidationError:
                continue
            simulation = Simulation.headless(site, start_us=NOON, seed=1)
            simulation.run_for(timedelta(seconds=2))
            for component in site.components.values():
                told = simulation.gateway.frame(component.id).values
                assert all(map(math.isfinite, told.values())), (place, written, told)


@pytest.mark.parametrize(
    ("component", "key", "written", "accepted"),
    [
        ("main", "load", "1e300 W", "at most 1000 MW, as on any site"),
        ("bat-inv", "rated_power", "1e300 kW", "at most 1000 MW"),
        ("grid", "rated_fuse_current", "1e9 A", "1 A..100000 A"),
    ],
)
def test_quantities_that_no_site_has_are_refused(
    component: str, key: str, written: str, accepted: str
) -> None:
    with pytest.raises(ValidationError, match=accepted):
        site_of(changed(component, (key,), written))


def test_a_car_takes_no_more_than_its_model_knows() -> None:
    with pytest.raises(ValidationError, match=r"1.38 kW\.\.1000 kW"):
        site_of(changed("ev-dc", ("car", "max_power"), "1001 kW"))
