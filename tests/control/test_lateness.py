"""A machine that is too slow for the speed of a site is told so, once."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

import doppelgrid
from doppelgrid.sim.simulation.live import LiveSimulation


@pytest.mark.parametrize(("blocked_s", "warnings"), [(0.0, 0), (1.3, 1)])
async def test_a_site_that_is_behind_says_by_how_much(
    blocked_s: float, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    simulation = LiveSimulation(doppelgrid.load_site("demo"), seed=1)
    with caplog.at_level(logging.WARNING, logger="doppelgrid.sim.simulation.live"):
        simulation.start()
        time.sleep(blocked_s)  # noqa: ASYNC251 - as an application would that blocks the loop
        await asyncio.sleep(0.5)
        simulation.stop()
    told = [record.getMessage() for record in caplog.records if "behind" in record.getMessage()]
    assert len(told) == warnings
    assert all(text.endswith("s behind: this machine is too slow for this speed") for text in told)
