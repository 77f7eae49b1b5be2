"""The SDK's pools and formulas on a site that has every category, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import doppelgrid
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import load_site

APP = Path(__file__).parent / "apps" / "pools.py"
EV_KW = 50.076 + 2 * 3**0.5 * 0.4 * 16.0
"""The rating of the DC charger with its standby, and 16 A for the cars of 11 kW at the others."""
OTHERS_STANDBY_W = 12.0
"""Of the two chargers whose cars wait; that of the third is inside its 6 A."""
PV_STANDBY_KW = 0.0036
RATED_KW = {"battery": (-90.0, 90.0), "pv": (-8.0, PV_STANDBY_KW), "ev": (0.0, EV_KW), "boiler": (0.0, 60.0)}


async def run_app(url: str, seconds: int) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(APP),
        url,
        str(seconds),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    lines = (await process.stdout.read()).decode().splitlines()
    assert await process.wait() == 0
    return [json.loads(line) for line in lines]


@pytest.mark.slow
async def test_pools_report_their_components_working_and_control_them_and_formulas_balance() -> None:
    async with doppelgrid.serve("all-categories") as url:
        last = (await run_app(url, seconds=14))[-1]
    powers, bounds = last["powers"], last["bounds"]

    assert {
        name: pytest.approx([1e3 * edge for edge in RATED_KW[name]], rel=1e-5) for name in bounds
    } == bounds

    assert powers["boiler"] == pytest.approx(30_000.0)
    assert powers["pv"] == pytest.approx(-5_000.0)
    # Of 10 kW, a hybrid inverter gives its share, which the formula does not count.
    assert powers["battery"] == pytest.approx(-7_500.0, abs=50.0)
    # The SDK lets one car charge at 6 A and raises it after a minute.
    assert powers["ev"] == pytest.approx(6.0 * 3**0.5 * 400.0 + OTHERS_STANDBY_W, rel=1e-3)

    assert powers["producer"] == pytest.approx(powers["pv"] + powers["chp"])
    known_w = sum(powers[name] for name in ("battery", "pv", "ev", "boiler", "chp"))
    assert powers["grid"] == pytest.approx(powers["consumer"] + known_w + wind_w(), abs=1.0)


def wind_w() -> float:
    """Return what the turbine makes of the site's steady wind [W]."""
    made_w = Plant(load_site("all-categories"), start_us=0, seed=0).readings.flows().ac["wind"].active_w
    assert made_w < -30e3
    return made_w
