"""What meters of a replayed site would have shown: shares of what is behind them, and powers that were left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.recording.content import Track
from doppelgrid.sim.replay.counterfactual import Change, changed_values, power_of, shares_above
from doppelgrid.sim.replay.playback import Playback
from doppelgrid.sim.site.site import Site

POWER = Metric.AC_POWER_ACTIVE
SITE = Site.model_validate(
    {
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "left": {"id": 3, "category": "meter", "behind": "main"},
            "right": {"id": 4, "category": "meter", "behind": "main"},
            "inv": {
                "id": 5,
                "category": "battery_inverter",
                "behind": ["left", "right"],
                "rated_power": "9 kW",
            },
            "bat": {"id": 6, "category": "battery", "behind": "inv"},
        },
    }
)


def test_what_is_behind_two_meters_counts_half_in_each_and_whole_above_them() -> None:
    whole, half = {"inv": 1.0}, {"inv": 0.5}
    assert shares_above(SITE, ["inv"]) == {"left": half, "right": half, "main": whole, "grid": whole}


def test_a_meter_shows_its_share_of_what_is_different_behind_it() -> None:
    change = Change({POWER: 2e3}, {POWER: -4e3}, share=0.5)
    assert changed_values({POWER: 10e3}, [change])[POWER] == 7e3
    assert changed_values({POWER: 10e3}, [change, change])[POWER] == 4e3


@pytest.mark.parametrize(
    ("metric", "power"),
    [
        (Metric.AC_POWER_ACTIVE_PHASE_2, 1e3),
        (Metric.AC_POWER_REACTIVE_PHASE_3, 0.5e3),
        (Metric.AC_POWER_ACTIVE, 3e3),
        (Metric.AC_POWER_ACTIVE_PHASE_1, 0.7e3),
    ],
)
def test_a_phase_that_was_left_out_had_a_third(metric: Metric, power: float) -> None:
    values = {POWER: 3e3, Metric.AC_POWER_REACTIVE: 1.5e3, Metric.AC_POWER_ACTIVE_PHASE_1: 0.7e3}
    assert power_of(values, metric) == power


def test_reactive_power_that_was_left_out_was_none_and_active_power_is_not_known() -> None:
    assert power_of({}, Metric.AC_POWER_REACTIVE) == 0.0
    assert power_of({}, Metric.AC_POWER_REACTIVE_PHASE_1) == 0.0
    assert math.isnan(power_of({}, POWER))
    assert math.isnan(power_of({}, Metric.AC_POWER_ACTIVE_PHASE_1))


@pytest.mark.parametrize("names", [(POWER.value, f"{POWER.value}_avg"), (f"{POWER.value}_avg", POWER.value)])
def test_a_value_as_such_counts_before_an_average(names: tuple[str, str]) -> None:
    row = [1.0 if name == POWER.value else 2.0 for name in names]
    track = Track(names, np.array([5], np.int64), np.array([row]), np.ones((1, 2), np.bool_))
    assert Playback(track, ()).until(9).values == {POWER: 1.0}
