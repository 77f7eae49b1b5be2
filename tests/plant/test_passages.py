"""What transformers and uninterruptible supplies take of the power that passes through them, by their presets."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from support.one_program import in_one_program

from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START = 1_780_264_800_000_000
TRANSFORMER = {"category": "power_transformer", "rated_apparent_power": "400 kVA"}
SUPPLY = {"category": "uninterruptible_power_supply", "rated_apparent_power": "20 kVA"}


def site(way: dict[str, Any], load: str = "0 W", power_factor: float = 1.0) -> Site:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "1000 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "way": {"id": 3, "behind": "main", **way},
        "load": {"id": 4, "category": "meter", "behind": "way", "load": load, "power_factor": power_factor},
    }
    return Site.model_validate({"microgrid": {"id": 7}, "components": components})


def seen(way: dict[str, Any], load: str = "0 W", power_factor: float = 1.0) -> tuple[float, float]:
    """Return the active [W] and reactive [var] power at the main meter."""
    flow = Plant(site(way, load, power_factor), start_us=START, seed=1).readings.flows().ac["main"]
    return flow.active_w, flow.reactive_var


class TestTransformers:
    def test_without_load_one_draws_the_no_load_loss_and_current_of_its_preset(self) -> None:
        active_w, reactive_var = seen({**TRANSFORMER, "preset": "oil-400kva"})
        assert active_w == pytest.approx(387.0)
        assert math.hypot(active_w, reactive_var) == pytest.approx(0.005 * 400e3)

    def test_at_its_rating_it_has_the_losses_and_the_short_circuit_impedance_of_its_plate(self) -> None:
        idle_w, idle_var = seen({**TRANSFORMER, "preset": "oil-400kva"})
        active_w, reactive_var = seen({**TRANSFORMER, "preset": "oil-400kva"}, "400 kW")
        assert active_w - 400e3 == pytest.approx(387.0 + 3250.0)
        impedance_pu = math.hypot(active_w - 400e3 - idle_w, reactive_var - idle_var) / 400e3
        assert impedance_pu == pytest.approx(0.04)

    def test_a_preset_grows_with_the_rating(self) -> None:
        small = seen({**TRANSFORMER, "preset": "oil-400kva"}, "100 kW", 0.8)
        large = seen(
            {**TRANSFORMER, "preset": "oil-400kva", "rated_apparent_power": "800 kVA"}, "200 kW", 0.8
        )
        assert np.array(large) == pytest.approx(2.0 * np.array(small))

    def test_a_key_of_the_file_goes_before_the_preset(self) -> None:
        way = {**TRANSFORMER, "preset": "oil-400kva", "no_load_loss": "500 W"}
        assert seen(way)[0] == pytest.approx(500.0)

    def test_a_parameter_of_the_file_goes_before_the_preset(self) -> None:
        way = {**TRANSFORMER, "preset": "oil-400kva", "parameters": {"no_load_var": 1234.0}}
        assert seen(way)[1] == pytest.approx(1234.0)

    def test_one_without_a_preset_loses_a_thousandth_and_a_hundredth_and_draws_no_reactive_power(
        self,
    ) -> None:
        assert seen(TRANSFORMER) == pytest.approx((400.0, 0.0))
        assert seen(TRANSFORMER, "400 kW") == pytest.approx((404.4e3, 0.0))


class TestSupplies:
    @pytest.mark.parametrize(("load_w", "efficiency"), [(5e3, 0.941), (10e3, 0.956), (20e3, 0.960)])
    def test_one_has_the_efficiency_of_its_preset(self, load_w: float, efficiency: float) -> None:
        active_w, _ = seen({**SUPPLY, "preset": "online-20kva"}, f"{load_w} W")
        assert load_w / active_w == pytest.approx(efficiency, abs=5e-4)

    def test_the_rectifier_of_a_preset_hides_the_reactive_power_behind_it(self) -> None:
        assert seen({**SUPPLY, "preset": "online-20kva"}, "8 kW", 0.8)[1] == pytest.approx(0.0, abs=1e-9)

    def test_one_without_a_preset_shows_the_reactive_power_behind_it(self) -> None:
        assert seen(SUPPLY, "8 kW", 0.8)[1] == pytest.approx(6e3)

    def test_one_without_a_preset_loses_two_and_three_hundredths(self) -> None:
        assert seen(SUPPLY, "20 kW")[0] == pytest.approx(21e3)


@pytest.mark.lengthy
@pytest.mark.slow  # compiles a program
def test_compiled_runs_take_the_same_to_the_bit() -> None:
    components = site({**TRANSFORMER, "preset": "oil-400kva"}, "90 kW", 0.9).model_dump(
        by_alias=True, mode="json", exclude_defaults=True
    )["components"]
    components["ups"] = {"id": 5, "behind": "main", **SUPPLY, "preset": "online-20kva"}
    servers = {"profile": "bdew-g1", "annual_energy": "40 MWh", "noise": {"amplitude": "3 %", "step": "1 s"}}
    components["servers"] = {
        "id": 6, "category": "meter", "behind": "ups", "load": servers, "power_factor": 0.7
    }  # fmt: skip
    both = Site.model_validate({"microgrid": {"id": 7}, "components": in_one_program(components)})
    run = HeadlessRun(both, start_us=START, seed=1, resolution=timedelta(seconds=1))
    rows = np.concatenate(
        [
            np.hstack((chunk.samples.active_w, chunk.samples.reactive_var))
            for chunk in run.chunks(timedelta(seconds=20))
        ]
    )
    plant = Plant(both, start_us=START, seed=1)
    for number, row in enumerate(rows):
        plant.advance(START + number * 1_000_000)
        flows = plant.readings.flows().ac.values()
        active = [power_w for flow in flows for power_w in (flow.p1, flow.p2, flow.p3)]
        reactive = [power_var for flow in flows for power_var in (flow.q1, flow.q2, flow.q3)]
        assert [*active, *reactive] == list(row)
