"""Batteries that warn, trip, balance, age, err about SoC and feed themselves: compiled as interpreted, to the bit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from support.one_program import in_one_program

from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.plant.numbering import CONTROL_CYCLE_US
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

MORNING = datetime(2026, 6, 15, 6)
STEP = timedelta(seconds=30)


def site() -> Site:
    """Return a site in which one pack trips in the heat; another ages from warm to cold, and counts charge wrong."""
    inverter: dict[str, Any] = {
        "category": "battery_inverter", "behind": "main", "rated_power": "50 kW", "self_consumption": "main"
    }  # fmt: skip
    hours = [("00:00", "55 °C"), ("09:00", "60 °C"), ("14:00", "-5 °C")]
    return Site.model_validate(
        {
            "microgrid": {"id": 1},
            "ambient_temperature": {"profile": "inline", "points": [{"at": at, "value": value} for at, value in hours]},
            "components": in_one_program({
                "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
                "main": {"id": 2, "category": "meter", "behind": "grid"},
                "house": {
                    "id": 3, "category": "meter", "behind": "main",
                    "load": {
                        "profile": "bdew-g0", "annual_energy": "90 MWh", "noise": {"amplitude": "10 %", "step": "20 s"}
                    },
                },
                "roof": {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "60 kW"},
                "inv": {"id": 11, **inverter},
                "inv2": {"id": 13, **inverter},
                "bat": {
                    "id": 12, "category": "battery", "behind": "inv", "initial_temperature": "44 °C", "ageing": 100,
                    "initial_spread": "0.9 %", "bms": {"overtemperature": {"trip": "49 °C"}},
                    "auxiliary": {
                        "electronics": "90 W", "heating": "1 kW", "cooling": "900 W", "cooling_above": "46 °C"
                    },
                },
                "bat2": {
                    "id": 14, "category": "battery", "behind": "inv2", "preset": "nmc-100kwh", "ageing": 20,
                    "initial_temperature": "-3 °C", "initial_soc": "80 %", "initial_spread": "2 %",
                    "soc_estimate": {"initial_error": "-6 %", "current_offset": "-0.4 A", "current_gain_error": "2 %"},
                    "parameters": {"soc_estimate.rest_s": 300.0}, "cells": {"capacity_spread": "4 %"},
                },
            }),
        }
    )  # fmt: skip


@pytest.mark.slow  # compiles a program
def test_a_compiled_run_ends_on_the_bits_of_the_interpreted_one() -> None:
    start_us, rows = site().moment_us(MORNING), 10 * 120
    run = HeadlessRun(site(), start_us=start_us, seed=3, resolution=STEP)
    chunks = list(run.chunks(rows * STEP))
    compiled = np.concatenate([chunk.samples.active_w for chunk in chunks])
    step_us = round(STEP.total_seconds() * 1e6)
    plant = Plant(
        site(), start_us=start_us, seed=3, cycle_us=max(step_us, CONTROL_CYCLE_US), resolution_us=step_us
    )
    for row in range(rows + 1):
        plant.advance(start_us + row * step_us)
        powers = [
            power for flow in plant.readings.flows().ac.values() for power in (flow.p1, flow.p2, flow.p3)
        ]
        assert compiled[row].tolist() == powers
    expected, found = plant.save(), run.plant.save()
    assert (found.batteries, found.managements, found.ageings) == (
        expected.batteries,
        expected.managements,
        expected.ageings,
    )
    assert plant.protection.error("bat") is not None
    assert chunks[-1].samples.is_closed[-1, plant.wiring.order.index("bat")] == 0
    assert run.plant.protection.error("bat") == plant.protection.error("bat")
    assert plant.readings.battery("bat2").capacity_share < 1.0
    assert _of_batteries(found.numbers) == _of_batteries(expected.numbers)
    taken = chunks[-1].samples.soc[-1, list(plant.equipment.systems).index("bat2")]
    assert taken == plant.readings.soc("bat2") != plant.readings.battery("bat2").soc


def _of_batteries(numbers: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in numbers.items() if name.startswith(("batteries.", "estimates."))}
