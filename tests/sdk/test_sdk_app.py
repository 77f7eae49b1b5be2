"""An unmodified `frequenz-sdk` application in a process of its own, against a served site."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path

import pytest

import doppelgrid

APP = Path(__file__).parent / "apps" / "formulas.py"
NOON = datetime.fromisoformat("2026-06-15T12:00:00+02:00")

SITE = """
microgrid: {id: 7, name: Test site}
components:
  grid:    {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  main:    {id: 2, category: meter, behind: grid}
  bat-inv: {id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}
  battery: {id: 12, category: battery, behind: bat-inv, initial_soc: 50 %}
  pv-inv:  {id: 21, category: pv_inverter, behind: main, rated_power: 12 kW, power: 7 kW}
  hall:    {id: 31, category: meter, behind: main, load: 20 kW}
"""

Powers = dict[str, float | None]


async def run_app(url: str, *, seconds: int, battery_kw: float = 0.0, propose_for: int = 0) -> list[Powers]:
    arguments = [url, str(seconds), str(battery_kw), str(propose_for)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(APP), *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines = (await process.stdout.read()).decode().splitlines()
    assert await process.wait() == 0
    return [json.loads(line) for line in lines]


@pytest.fixture
def site(tmp_path: Path) -> doppelgrid.Site:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return doppelgrid.load_site(path)


async def test_a_proposal_on_the_battery_pool_moves_the_main_meter_and_the_formulas_balance(
    site: doppelgrid.Site,
) -> None:
    async with doppelgrid.serve(site, start=NOON) as url:
        powers = await run_app(url, seconds=11, battery_kw=-10.0, propose_for=11)
    settled = powers[-1]
    assert settled["battery"] == pytest.approx(-10_000.0)
    assert settled["pv"] == pytest.approx(-7_000.0)
    assert settled["consumer"] == pytest.approx(20_000.0)
    assert settled["grid"] == pytest.approx(20_000.0 - 7_000.0 - 10_000.0, abs=0.1)


@pytest.mark.slow
async def test_without_renewal_the_set_point_lapses_after_60_seconds(site: doppelgrid.Site) -> None:
    async with doppelgrid.serve(site, start=NOON) as url:
        powers = await run_app(url, seconds=85, battery_kw=-10.0, propose_for=10)
    battery = [power["battery"] for power in powers]
    at_work = [second for second, power in enumerate(battery) if power == pytest.approx(-10_000.0)]
    assert 50 <= at_work[-1] - at_work[0] <= 68
    assert battery[-1] == pytest.approx(30.0, abs=5.0)
