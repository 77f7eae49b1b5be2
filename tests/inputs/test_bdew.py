"""Standard load profiles against the library that they come from."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from demandlib import bdew  # type: ignore[import-untyped]
from demandlib.bdew.elec_slp import dynamisation_function  # type: ignore[import-untyped]

from doppelgrid.sim.inputs.signal import Signal
from doppelgrid.sim.inputs.specs import BdewProfile, LoadInput

pytestmark = pytest.mark.lengthy

Build = Callable[..., Signal]
Us = Callable[[str], int]
QUARTER_US = 900_000_000


def year_of(load: Signal, begin_us: int, end_us: int) -> list[float]:
    return [load.at(time_us) for time_us in range(begin_us, end_us, QUARTER_US)]


@pytest.mark.parametrize("profile", get_args(BdewProfile))
def test_a_calendar_year_consumes_the_annual_energy(build: Build, us: Us, profile: str) -> None:
    load = build(LoadInput, {"profile": profile, "annual_energy": "40 MWh"})
    powers = year_of(load, us("2026-01-01T00:00:00+01:00"), us("2027-01-01T00:00:00+01:00"))
    assert sum(powers) / 4 == pytest.approx(40e6, rel=1e-12)


def test_the_profiles_of_2025_are_those_of_demandlib(build: Build, us: Us) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = bdew.G25(pd.date_range("2027-01-01", "2028-01-01", freq="15min", inclusive="left"))
    load = build(LoadInput, {"profile": "bdew-g25", "annual_energy": "1 GWh"}, zone="UTC")
    powers = year_of(load, us("2027-01-01T00:00:00Z"), us("2028-01-01T00:00:00Z"))
    rounded = np.round(expected / expected.mean(), 9)
    scale = 1e9 / (rounded.sum() / 4)
    assert powers == pytest.approx((rounded * scale).tolist(), rel=1e-9)


def test_the_household_profile_of_1999_follows_the_season(build: Build, us: Us) -> None:
    """Same weekday and season, so days differ by the published dynamisation only."""
    load = build(LoadInput, {"profile": "bdew-h0", "annual_energy": "4 MWh"}, zone="UTC")
    factors = dynamisation_function(pd.date_range("2026-01-01", periods=35040, freq="15min"))
    early, late = "2026-01-05 12:00", "2026-03-16 12:00"
    measured = load.at(us(f"{early}Z")) / load.at(us(f"{late}Z"))
    # Both are rounded to 1e-9 of the year's mean.
    assert measured == pytest.approx(factors[early] / factors[late], rel=2e-9)


@pytest.mark.parametrize(
    ("date", "offset", "quarters"),
    [("2026-03-29", "+01:00", 92), ("2026-03-30", "+02:00", 96), ("2026-10-25", "+02:00", 100)],
)
def test_days_have_their_quarter_hours(build: Build, us: Us, date: str, offset: str, quarters: int) -> None:
    load = build(LoadInput, {"profile": "bdew-g0", "annual_energy": "40 MWh"})
    time_us = begin_us = us(f"{date}T00:00:00{offset}")
    steps = set()
    while time_us < begin_us + quarters * QUARTER_US:
        time_us = load.until(time_us)
        steps.add((time_us - begin_us) % QUARTER_US)
    assert steps == {0}
    assert time_us == begin_us + quarters * QUARTER_US


def test_profiles_follow_the_site_s_clock(build: Build, us: Us) -> None:
    written = {"profile": "bdew-g1", "annual_energy": "40 MWh"}
    berlin, tokyo = build(LoadInput, written), build(LoadInput, written, zone="Asia/Tokyo")
    monday_noon = berlin.at(us("2026-06-15T12:00:00+02:00"))
    assert monday_noon == pytest.approx(tokyo.at(us("2026-06-15T12:00:00+09:00")), rel=1e-3)
    assert monday_noon > 3 * berlin.at(us("2026-06-15T03:00:00+02:00"))


def test_the_warning_filters_of_the_process_stay_as_they_were(build: Build, us: Us) -> None:
    filters = list(warnings.filters)
    build(LoadInput, {"profile": "bdew-l0", "annual_energy": "1 MWh"}).at(us("2031-01-01T00:00:00Z"))
    assert list(warnings.filters) == filters
