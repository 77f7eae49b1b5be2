"""What a device is said to be able to do is of what flows now, even if that has yet to be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from plant.kernel_bench import QUICK, plant

from doppelgrid.sim.plant.capability import Capability
from doppelgrid.sim.plant.plant import Plant

INVERTER = {"category": "battery_inverter", "rated_power": "30 kW", **QUICK}


def sharing() -> Plant:
    """Return a plant whose battery gives or takes less than either of its inverters might."""
    return plant(
        a={"id": 11, **INVERTER},
        b={"id": 12, **INVERTER},
        bat={"id": 13, "category": "battery", "behind": ["a", "b"], "preset": "lfp-10kwh"},
    )


@pytest.mark.parametrize(
    "asked",
    [
        lambda capability: capability.has_less_beside_others("a"),
        lambda capability: capability.active_power_bounds("a"),
        lambda capability: capability.bounds_as_others_give_way("a"),
        lambda capability: capability.reach("a"),
        lambda capability: capability.losses_w("b"),
    ],
    ids=["beside others", "bounds", "as others give way", "reach", "losses"],
)
def test_an_answer_is_of_what_flows_though_nothing_was_asked_since_that_changed(
    asked: Callable[[Capability], Any],
) -> None:
    made = sharing()
    before = asked(made.capability)
    memory = made.numbers[1]
    for control, setting_w in enumerate((25e3, 20e3)):
        memory.controls[control].setting_w = setting_w
    memory.is_known = 0
    first = asked(made.capability)
    made.operating_point.solve()
    assert before != first == asked(made.capability)


def test_another_has_its_share_of_a_battery_at_its_limit_alone() -> None:
    made = sharing()
    memory = made.numbers[1]
    for settings_w, has_less in (
        ((25e3, 20e3), True),
        ((-25e3, -20e3), True),
        ((25e3, 0.0), False),
        ((2e3, 3e3), False),
    ):
        for control, setting_w in enumerate(settings_w):
            memory.controls[control].setting_w = setting_w
        memory.is_known = 0
        assert made.capability.has_less_beside_others("a") is has_less


def test_what_is_drawn_beyond_what_is_set_is_loss_of_inverters_alone() -> None:
    made = plant(
        inv={"id": 11, **INVERTER},
        bat={"id": 13, "category": "battery", "behind": "inv"},
        engine={"id": 14, "category": "chp", "behind": "main", "rated_power": "50 kW"},
    )
    assert made.capability.losses_w("inv") == made.equipment.inverters["inv"].standby_power_w > 0.0
    assert made.readings.active_power_w("engine") > 0.0
    assert made.capability.losses_w("engine") == 0.0
    assert made.capability.losses_w("bat") == 0.0
