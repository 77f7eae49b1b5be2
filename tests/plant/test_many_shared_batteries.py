"""What flows at many groups of inverters and batteries costs as much as the groups do one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments


def plant_of(groups: int) -> Plant:
    """Return a plant in which so many batteries have two inverters each."""
    inverter = {"category": "battery_inverter", "behind": "main", "rated_power": "10 kW"}
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
    }
    for number in range(groups):
        first = 10 + 3 * number
        components |= {
            f"one-{number}": {"id": first, **inverter},
            f"other-{number}": {"id": first + 1, **inverter},
            f"bat-{number}": {
                "id": first + 2, "category": "battery", "behind": [f"one-{number}", f"other-{number}"],
                "preset": "lfp-10kwh", "min_power": "400 W",
            },
        }  # fmt: skip
    return Plant(Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0)


def lines_run(act: Callable[[], None]) -> int:
    """Return how many lines of what solves and reads direct current are run."""
    lines = 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal lines
        name = Path(frame.f_code.co_filename).name
        if name != "minima.py" and not name.startswith("dc_"):
            return None
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("told_w", [0.0, -1500.0])
def test_inverters_look_at_those_of_their_own_group_alone(is_read: bool, told_w: float) -> None:
    seen = []
    for groups in (2, 4, 6):
        plant = plant_of(groups)
        for number in range(groups):
            plant.set_points.send(f"one-{number}", PowerType.ACTIVE, told_w)
            plant.set_points.send(f"one-{number}", PowerType.REACTIVE, 500.0)
        plant.advance(plant.time_us + 5_000_000)
        plant.operating_point.forget()
        instruments = Instruments(plant)

        def look(plant: Plant = plant, instruments: Instruments = instruments) -> None:
            plant.operating_point.solve()
            if is_read:
                for key in plant.site.components:
                    instruments.read(key)

        seen.append(lines_run(look))
    assert seen[2] - seen[1] == seen[1] - seen[0] > 0
