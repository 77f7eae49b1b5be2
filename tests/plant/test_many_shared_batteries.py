"""What flows at many groups of inverters and batteries costs as much as the groups do one by one."""

from __future__ import annotations

import pytest

from doppelgrid.sim.kernel import dc_reach
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


@pytest.mark.parametrize("is_read", [False, True])
def test_inverters_look_at_those_of_their_own_group_alone(
    is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def counted(name: str) -> None:
        original = getattr(dc_reach, name)

        def counting(*arguments: object) -> object:
            looks.append(1)
            return original(*arguments)

        monkeypatch.setattr(dc_reach, name, counting)

    counted("_meet")
    counted("_told_w")
    seen = []
    for groups in (2, 4):
        plant = plant_of(groups)
        looks.clear()
        plant.operating_point.solve()
        if is_read:
            instruments = Instruments(plant)
            for key in plant.site.components:
                instruments.read(key)
        seen.append(len(looks))
    assert seen[1] == 2 * seen[0] > 0
