"""Does the bakery's own hardware do what it should, live and compiled?

pip install ".[simulate]" pytest ./examples/own_hardware && pytest examples/own_hardware
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import parse_site

FOLDER = Path(__file__).parent
SITE = parse_site(
    (FOLDER / "bakery.yaml").read_text().replace("tank: 60 l", "tank: 60 l, base_power: 15 kW"),
    "bakery.yaml",
    directory=FOLDER,
)
NIGHT = datetime(2026, 6, 15, 1, 30)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
AT_15_KW = 0.6 + 0.24 * 15.0
"""Burnt at that power [l/h]."""


def plant() -> Plant:
    return Plant(SITE, start_us=SITE.moment_us(NIGHT), seed=1, cycle_us=1_000_000)


def test_the_generator_burns_what_it_delivers() -> None:
    site = plant()
    site.advance(site.time_us + 3_600_000_000)
    assert site.readings.flows().ac["generator"].active_w == -15e3
    assert site.machines.state("generator").fuel_l == pytest.approx(60.0 - AT_15_KW)


def test_the_generator_stops_at_the_instant_at_which_its_tank_is_empty() -> None:
    site = plant()
    site.advance(site.time_us + 48 * 3_600_000_000)
    assert site.machines.state("generator").fuel_l == 0.0
    assert site.readings.registers("generator").delivered_wh == pytest.approx(
        15e3 * 60.0 / AT_15_KW, rel=1e-6
    )


def test_the_ovens_run_from_two_to_nine() -> None:
    site = plant()
    night_w = site.readings.flows().ac["ovens"].active_w
    site.advance(SITE.moment_us(datetime(2026, 6, 15, 2, 30)))
    assert site.readings.flows().ac["ovens"].active_w == pytest.approx(9.0 * night_w)
    site.advance(SITE.moment_us(datetime(2026, 6, 15, 9, 30)))
    assert site.readings.flows().ac["ovens"].active_w == pytest.approx(night_w)


def test_compiled_it_does_the_same_to_the_last_bit() -> None:
    run = HeadlessRun(SITE, start_us=SITE.moment_us(NIGHT), seed=1, resolution=SECOND)
    compiled = np.concatenate([chunk.samples.active_w for chunk in run.chunks(HOUR)])
    live, rows = plant(), []
    for number in range(len(compiled)):
        live.advance(SITE.moment_us(NIGHT) + number * 1_000_000)
        flows = live.readings.flows().ac.values()
        rows.append([power_w for flow in flows for power_w in (flow.p1, flow.p2, flow.p3)])
    assert np.array_equal(compiled, np.array(rows))
    assert run.plant.machines.state("generator") == live.machines.state("generator")
