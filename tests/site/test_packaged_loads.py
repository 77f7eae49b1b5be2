"""Load profiles of other packages are held to what days of a load are; what is wrong is said, with the package."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

import doppelgrid
from doppelgrid.cli.main import app
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.files import packages
from doppelgrid.sim.inputs import packaged
from doppelgrid.sim.inputs.daily import Day
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.packaged import LoadProfile
from doppelgrid.sim.inputs.signal import Steps

SITE = """
microgrid: {id: 1, location: {latitude: 52.5, longitude: 13.4, timezone: Europe/Berlin}}
components:
  grid: {id: 1, category: grid_connection_point}
  main: {id: 2, category: meter, behind: grid, load: {profile: shop, annual_energy: 10 MWh}}
"""
HOUR_US = 3_600_000_000
START_US = to_us(datetime(2026, 6, 20, 20, tzinfo=UTC))
"""Ten in the evening of a Saturday."""

Making = Callable[[Day], Any]


class Days:
    """Makes days as a function says."""

    def __init__(self, making: Making) -> None:
        self.steps = making


class Offer(EntryPoint):
    """The entry point of a package that brings the load profile `shop`."""

    offered: LoadProfile

    def load(self) -> LoadProfile:
        return Offer.offered


@pytest.fixture
def bring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[float], Any]], None]]:
    """Return what installs a package whose profile makes days so."""

    def put(days: Callable[[float], Any]) -> None:
        entry = Offer("shop", "town:SHOP", packaged.GROUP)
        vars(entry)["dist"] = SimpleNamespace(name="town", version="1.0")
        Offer.offered = LoadProfile("shop", days)
        monkeypatch.setattr(
            packages, "entry_points", lambda group: [entry] if group == packaged.GROUP else []
        )
        packaged._known.cache_clear()

    yield put
    packaged._known.cache_clear()


def fails(_day: Day) -> Steps:
    raise RuntimeError("no oven")


def closed_on_sundays(day: Day) -> Steps:
    return fails(day) if day.date.weekday() == 6 else Steps([day.begin_us], [5.0])


WRONG: dict[str, tuple[Making, str]] = {
    "raises": (fails, "RuntimeError: no oven (test_packaged_loads.py:"),
    "no steps": (lambda _day: [1.0], "a list; accepted: Steps"),
    "none": (lambda _day: Steps([], []), "without a step; accepted: at least one step"),
    "not a number": (lambda day: Steps([day.begin_us], [math.nan]), "finite powers [W]"),
    "endless": (lambda day: Steps([day.begin_us, day.end_us - 1], [1.0, math.inf]), "finite powers [W]"),
    "in disorder": (
        lambda day: Steps([day.begin_us + hour * HOUR_US for hour in (0, 9, 2)], [1.0, 2.0, 3.0]),
        "of times that do not ascend; accepted: strictly ascending times",
    ),
    "too few powers": (lambda day: Steps([day.begin_us, day.end_us - 1], [1.0]), "ValueError: zip()"),
}


@pytest.mark.parametrize(("making", "told"), WRONG.values(), ids=WRONG)
def test_what_is_no_day_of_a_load_is_told_before_anything_runs(
    bring: Any, tmp_path: Path, making: Making, told: str
) -> None:
    bring(lambda _energy_wh: Days(making))
    (tmp_path / "site.yaml").write_text(SITE)
    site = doppelgrid.load_site(tmp_path / "site.yaml")
    with pytest.raises(InputError) as caught:
        doppelgrid.Simulation.headless(site, start_us=START_US)
    line = str(caught.value)
    assert line.startswith("load profile 'shop' of package town 1.0: 2026-06-20 is ")
    assert told in line


def test_check_tells_what_is_wrong_with_the_days_of_a_package(bring: Any, tmp_path: Path) -> None:
    bring(lambda _energy_wh: Days(fails))
    (tmp_path / "site.yaml").write_text(SITE)
    done = CliRunner().invoke(app, ["check", str(tmp_path / "site.yaml")])
    assert done.exit_code == 2
    assert "load profile 'shop' of package town 1.0: 2026-01-05 is RuntimeError: no oven" in done.output
    assert "site.yaml:5: main.load: " in done.output


def test_a_profile_that_cannot_be_sized_is_told_with_its_package(bring: Any, tmp_path: Path) -> None:
    bring(lambda energy_wh: 1 / (energy_wh - 10e6))
    (tmp_path / "site.yaml").write_text(SITE)
    with pytest.raises(
        InputError, match=r"load profile 'shop' of package town 1\.0: what makes its days is Zero"
    ):
        doppelgrid.Simulation.headless(doppelgrid.load_site(tmp_path / "site.yaml"), start_us=START_US)


@pytest.mark.lengthy
def test_a_day_that_fails_later_ends_the_run_with_the_package(bring: Any, tmp_path: Path) -> None:
    bring(lambda _energy_wh: Days(closed_on_sundays))
    (tmp_path / "site.yaml").write_text(SITE)
    simulation = doppelgrid.Simulation.headless(
        doppelgrid.load_site(tmp_path / "site.yaml"), start_us=START_US
    )
    with pytest.raises(
        InputError, match=r"load profile 'shop' of package town 1\.0: 2026-06-21 is RuntimeError"
    ):
        simulation.run_for(timedelta(hours=3))
