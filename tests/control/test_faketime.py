"""A program that reads the system's clock, sped up along with the site by Debian's `faketime`."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from doppelgrid import ControlClient

COMMAND = Path(sys.executable).parent / "doppelgrid"
APP = Path(__file__).parents[1] / "sdk" / "apps" / "formulas.py"
SPEED = 10
SECONDS, WARM_UP = 60, 15
BATTERY_KW = -10.0


class Run(NamedTuple):
    """What an application saw, and how far the site came meanwhile."""

    powers: list[dict[str, float | None]]
    site_s: float
    """Simulated time that passed [s]."""
    wall_s: float


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """Serve the demo in a process of its own; gives its URL."""
    options = ["--ephemeral-ports", "--start", "2026-06-15T12:00:00+02:00"]
    pace = ["--speed", str(SPEED), "--timestamps", "simulated"]
    process = await asyncio.create_subprocess_exec(COMMAND, "run", "demo", *options, *pace, stdout=PIPE)
    assert process.stdout is not None
    async for line in process.stdout:
        _, found, url = line.decode().strip().partition("export MICROGRID_API_URL=")
        if found:
            reading = asyncio.create_task(process.stdout.read())
            yield url.strip("'")
            process.send_signal(signal.SIGINT)
            await reading
            break
    assert await process.wait() == 0


async def run_along(url: str) -> Run:
    clock = await asyncio.create_subprocess_exec(COMMAND, "clock", url, "--faketime", stdout=PIPE)
    specification = (await clock.communicate())[0].decode().strip()
    app = [sys.executable, str(APP), url, str(SECONDS), str(BATTERY_KW), str(SECONDS)]
    async with ControlClient(url) as site:
        before = await site.clock()
        process = await asyncio.create_subprocess_exec(
            "faketime", "-m", "-f", specification, *app, stdout=PIPE, stderr=DEVNULL
        )
        output = (await process.communicate())[0].decode()
        after = await site.clock()
    assert process.returncode == 0
    return Run(
        [json.loads(line) for line in output.splitlines()],
        (after.simulated_time - before.simulated_time).total_seconds(),
        (after.wall_time - before.wall_time).total_seconds(),
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
async def test_an_sdk_app_runs_ten_times_faster_than_real_time() -> None:
    async with served() as url:
        run = await run_along(url)

    assert run.site_s / run.wall_s == pytest.approx(SPEED, rel=0.02)
    # By the clock of the wall the application would have taken ten times as long, and the site with it.
    assert SECONDS - WARM_UP < run.site_s < 0.9 * SPEED * SECONDS
    settled = run.powers[WARM_UP:]
    # The SDK leaves out what it takes for stale, and commands no battery that is not fresh.
    assert all(None not in powers.values() for powers in settled)
    assert [powers["battery"] for powers in settled] == pytest.approx(
        [BATTERY_KW * 1e3] * len(settled), rel=1e-3
    )
    for grid, *parts in ([p["grid"], p["battery"], p["pv"], p["consumer"]] for p in settled):
        # Ten times faster, a busy machine delivers one component's sample a window later than another's.
        assert grid == pytest.approx(sum(part or 0.0 for part in parts), rel=0.02)
