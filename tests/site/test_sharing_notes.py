"""What `check` tells of inverters that share some of several batteries."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.site.sharing_notes import sharing_notes
from doppelgrid.sim.site.site import Site

INVERTER = {"category": "battery_inverter", "behind": "grid", "rated_power": "10 kW"}


def notes(*behind: list[str]) -> list[str]:
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
        "inv-0": {**INVERTER, "id": 10},
        "inv-1": {**INVERTER, "id": 11},
    }
    for number, inverters in enumerate(behind):
        components[f"bat-{number}"] = {
            "id": 20 + number, "category": "battery", "behind": inverters, "preset": "lfp-92kwh",
        }  # fmt: skip
    return list(sharing_notes(Site.model_validate({"microgrid": {"id": 1}, "components": components})))


def test_an_inverter_with_several_batteries_of_which_it_shares_one_is_told_of() -> None:
    (note,) = notes(["inv-0"], ["inv-0", "inv-1"])
    assert note.startswith("inv-0 has 2 batteries and shares bat-1:")


@pytest.mark.parametrize("behind", [(["inv-0"], ["inv-1"]), (["inv-0", "inv-1"],)])
def test_others_are_not(behind: tuple[list[str], ...]) -> None:
    assert not notes(*behind)
