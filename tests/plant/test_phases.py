"""What flows on each phase: no rule may take one phase for another, or leave one out.

Every phase here carries powers and has a voltage of its own, so that nothing can stand in for anything else.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from support.one_program import in_one_program

from doppelgrid.models.fuse import fuse_initial_state, fuse_time_to_melt_s
from doppelgrid.sim.components.grid_fuse import fuse_for
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.headless.columns import Columns
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

SECOND = 1_000_000
START = 1_780_264_800 * SECOND
PHASES = (1, 2, 3)
LOAD_W = (1_000.0, 2_300.0, 4_100.0)
LOAD_VAR = (750.0, 1_114.0, 1_347.7)
"""At power factors of 0.8, 0.9 and 0.95."""
VOLTAGES_V = (231.0, 225.0, 236.0)
GRID: dict[str, Any] = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "20 A"}
MAIN: dict[str, Any] = {"id": 2, "category": "meter", "behind": "grid"}
THROUGHPUTS = ("power_transformer", "uninterruptible_power_supply")
WAYS = ("meter", "breaker", *THROUGHPUTS)
"""What loads can be behind."""


def loads(*behind: str, scale: float = 1.0) -> dict[str, dict[str, Any]]:
    """Return a load on each phase, each with an active and a reactive power of its own."""
    return {
        f"l{phase}": {
            "id": 30 + phase, "category": "meter", "behind": list(behind), "phases": [phase],
            "load": f"{scale * power_w!r} W", "power_factor": factor,
        }
        for phase, power_w, factor in zip(PHASES, LOAD_W, (0.8, 0.9, 0.95), strict=True)
    }  # fmt: skip


def site(*, grid: dict[str, Any] | None = None, **components: dict[str, Any]) -> Site:
    connection = {
        **GRID,
        "voltages": {"phases": [f"{voltage_v} V" for voltage_v in VOLTAGES_V]},
        **(grid or {}),
    }
    named = {"grid": connection, "main": MAIN, **components}
    return Site.model_validate({"microgrid": {"id": 7}, "components": named})


def running(a_site: Site) -> Plant:
    return Plant(a_site, start_us=START, seed=1)


def through(plant: Plant, key: str) -> np.ndarray:
    """Return active [W], then reactive [var] power through a component on each phase."""
    return np.array(plant.readings.flows().ac[key])


WANTED = np.array([*LOAD_W, *LOAD_VAR])


class TestParallelParents:
    """A component behind several draws from each that conducts in equal parts, on every phase."""

    @pytest.mark.parametrize("category", WAYS)
    @pytest.mark.parametrize("count", [2, 3])
    def test_each_way_carries_an_equal_part_of_every_phase(self, category: str, count: int) -> None:
        plant = running(parallel(category, count))
        for number in range(count):
            assert through(plant, f"way{number}") - lost(plant, f"way{number}") == pytest.approx(
                WANTED / count, rel=1e-4
            )

    @pytest.mark.parametrize("category", WAYS)
    def test_together_they_bring_the_main_meter_all_of_it(self, category: str) -> None:
        plant = running(parallel(category, 3))
        ways = sum(through(plant, f"way{number}") for number in range(3))
        assert through(plant, "main") == pytest.approx(ways, rel=1e-12)

    def test_what_does_not_conduct_leaves_its_part_to_the_others(self) -> None:
        simulation = Simulation.headless(parallel("breaker", 3), start_us=START)
        simulation.gateway.stop(10)
        simulation.run_for(timedelta(seconds=5))
        plant = simulation.plant
        assert through(plant, "way0") == pytest.approx(np.zeros(6))
        for key in ("way1", "way2"):
            assert through(plant, key) == pytest.approx(WANTED / 2, rel=1e-4)


def parallel(category: str, count: int) -> Site:
    ways = {
        f"way{number}": {"id": 10 + number, "category": category, "behind": "main", **rated(category)}
        for number in range(count)
    }
    return site(**ways, **loads(*ways))


def rated(category: str) -> dict[str, Any]:
    return {"rated_apparent_power": "20 kVA"} if category in THROUGHPUTS else {}


def lost(plant: Plant, key: str) -> np.ndarray:
    """Return what a component loses of each phase by what its section says: nothing, or a third of its loss."""
    params = plant.equipment.throughput.get(key)
    if params is None:
        return np.zeros(6)
    count = sum(other.startswith("way") for other in plant.wiring.order)
    load_va = math.hypot(sum(LOAD_W), sum(LOAD_VAR)) / count
    loss_w = params.no_load_loss_w + params.load_loss_w * (load_va / params.rated_apparent_power_va) ** 2
    return np.array([loss_w / 3.0] * 3 + [0.0] * 3)


class TestLossOnTheWay:
    """Equipment that power passes through loses what its section says, an equal part on each phase."""

    NO_LOAD_W, LOAD_LOSS_W, RATED_VA = 90.0, 600.0, 20_000.0

    def behind(self, category: str, **more: Any) -> Site:
        way = {
            "id": 10, "category": category, "behind": "main", "rated_apparent_power": f"{self.RATED_VA} VA",
            "no_load_loss": f"{self.NO_LOAD_W} W", "load_loss": f"{self.LOAD_LOSS_W} W",
        }  # fmt: skip
        return site(way=way, **loads("way"), **more)

    @property
    def loss_w(self) -> float:
        load_va = math.hypot(sum(LOAD_W), sum(LOAD_VAR))
        return self.NO_LOAD_W + self.LOAD_LOSS_W * (load_va / self.RATED_VA) ** 2

    @pytest.mark.parametrize("category", THROUGHPUTS)
    def test_every_phase_bears_a_third(self, category: str) -> None:
        plant = running(self.behind(category))
        expected = WANTED + np.array([self.loss_w / 3.0] * 3 + [0.0] * 3)
        for key in ("way", "main", "grid"):
            assert through(plant, key) == pytest.approx(expected, rel=1e-4)

    @pytest.mark.parametrize("category", THROUGHPUTS)
    def test_it_loses_what_its_category_says_where_the_file_does_not(self, category: str) -> None:
        way = {"id": 10, "category": category, "behind": "main", "rated_apparent_power": "20 kVA"}
        plant = running(site(way=way, **loads("way")))
        lost_w = through(plant, "main")[:3].sum() - sum(LOAD_W)
        assert lost_w > 1e-3 * self.RATED_VA

    @pytest.mark.parametrize("category", THROUGHPUTS)
    def test_its_loss_counts_in_the_energy_of_the_main_meter(self, category: str) -> None:
        plant = running(self.behind(category))
        plant.advance(START + 3600 * SECOND)
        assert plant.readings.registers("main").consumed_wh == pytest.approx(
            sum(LOAD_W) + self.loss_w, rel=1e-4
        )

    @pytest.mark.parametrize("category", THROUGHPUTS)
    def test_nothing_is_lost_in_the_dark(self, category: str) -> None:
        outage = {"outages": [{"from": "1 s", "duration": "1 h"}]}
        plant = running(self.behind(category, grid=outage))
        plant.advance(START + 2 * SECOND)
        assert through(plant, "main") == pytest.approx(np.zeros(6))


class TestFuseLinks:
    """Each link has the current of its own phase, whatever the others carry."""

    @pytest.mark.parametrize("phase", PHASES)
    def test_only_the_link_of_the_overloaded_phase_melts(self, phase: int) -> None:
        plant = running(self.overloaded(phase))
        plant.advance(START + 600 * SECOND)
        error = plant.protection.error("grid")
        assert error is not None
        assert error.message == f"the fuse of L{phase} at grid has melted"

    @pytest.mark.parametrize("phase", PHASES)
    def test_it_melts_when_the_current_of_its_phase_says_so(self, phase: int) -> None:
        """Voltage and power are those of the phase: 60 A at its own voltage."""
        link = fuse_for(20.0)
        melts_s = fuse_time_to_melt_s(link, fuse_initial_state(link), 60.0)
        plant = running(self.overloaded(phase))
        plant.advance(START + round((melts_s - 0.01) * SECOND))
        assert plant.protection.error("grid") is None
        plant.advance(START + round((melts_s + 0.01) * SECOND))
        assert plant.protection.error("grid") is not None

    @pytest.mark.parametrize("phase", PHASES)
    def test_reactive_power_heats_the_link_of_its_own_phase(self, phase: int) -> None:
        """60 A again, nearly all of it reactive."""
        link = fuse_for(20.0)
        melts_s = fuse_time_to_melt_s(link, fuse_initial_state(link), 60.0)
        active_w = 0.1 * 60.0 * VOLTAGES_V[phase - 1]
        plant = running(self.loaded(phase, active_w, power_factor=0.1))
        plant.advance(START + round((melts_s - 0.01) * SECOND))
        assert plant.protection.error("grid") is None
        plant.advance(START + round((melts_s + 0.01) * SECOND))
        error = plant.protection.error("grid")
        assert error is not None
        assert error.message == f"the fuse of L{phase} at grid has melted"

    def overloaded(self, phase: int) -> Site:
        return self.loaded(phase, 60.0 * VOLTAGES_V[phase - 1], power_factor=1.0)

    def loaded(self, phase: int, active_w: float, *, power_factor: float) -> Site:
        load = {
            "id": 31, "category": "meter", "behind": "main", "phases": [phase],
            "load": f"{active_w!r} W", "power_factor": power_factor,
        }  # fmt: skip
        return site(grid={"fuse": {}}, load=load)


APPARENT = tuple(Metric[f"AC_POWER_APPARENT_PHASE_{phase}"] for phase in PHASES)
CURRENT = tuple(Metric[f"AC_CURRENT_PHASE_{phase}"] for phase in PHASES)
VOLTAGE = tuple(Metric[f"AC_VOLTAGE_PHASE_{phase}_N"] for phase in PHASES)
ACTIVE = tuple(Metric[f"AC_POWER_ACTIVE_PHASE_{phase}"] for phase in PHASES)
REACTIVE = tuple(Metric[f"AC_POWER_REACTIVE_PHASE_{phase}"] for phase in PHASES)
BETWEEN = tuple(Metric[f"AC_VOLTAGE_PHASE_{phase}_PHASE_{phase % 3 + 1}"] for phase in PHASES)
LOAD_VA = tuple(math.hypot(*powers) for powers in zip(LOAD_W, LOAD_VAR, strict=True))
BETWEEN_V = tuple(
    math.sqrt(one**2 + other**2 + one * other)
    for one, other in zip(VOLTAGES_V, (*VOLTAGES_V[1:], VOLTAGES_V[0]), strict=True)
)
SHOWN = (
    (VOLTAGE, VOLTAGES_V),
    (BETWEEN, BETWEEN_V),
    (ACTIVE, LOAD_W),
    (REACTIVE, LOAD_VAR),
    (APPARENT, LOAD_VA),
    (CURRENT, tuple(va / voltage_v for va, voltage_v in zip(LOAD_VA, VOLTAGES_V, strict=True))),
)
"""Metrics of the three phases, and what they are."""
QUANTITIES = ("voltage", "voltage between phases", "active", "reactive", "apparent", "current")
METERS = ({}, {"measurement": {}}, {"measurement": {"accuracy_class": "0.2S"}})
"""One that shows what is, and two with options of their own."""


@pytest.mark.parametrize("options", METERS, ids=("ideal", "with options", "with a class"))
@pytest.mark.parametrize(("metrics", "expected"), SHOWN, ids=QUANTITIES)
class TestReadings:
    """A meter says of each phase what is there."""

    def test_every_phase_is_shown_with_its_own_voltage_and_power(
        self, options: dict[str, Any], metrics: tuple[Metric, ...], expected: tuple[float, ...]
    ) -> None:
        simulation = Simulation.headless(self.unbalanced(options), start_us=START)
        values = simulation.gateway.frame(2).values
        assert [values[metric] for metric in metrics] == pytest.approx(expected, rel=0.01)

    def unbalanced(self, options: dict[str, Any]) -> Site:
        return site(main={**MAIN, **options}, **loads("main"))


def everything() -> Site:
    """Return a site with parallel ways, losses on the way, fuse links, and meters of either sort."""
    ways = {
        f"way{number}": {"id": 10 + number, "category": "breaker", "behind": "main"} for number in range(3)
    }
    lossy = {
        category: {
            "id": 20 + number, "category": category, "behind": "board", "rated_apparent_power": "20 kVA",
        }
        for number, category in enumerate(THROUGHPUTS)
    }  # fmt: skip
    board = {"id": 15, "category": "meter", "behind": list(ways), "measurement": {"accuracy_class": "0.2S"}}
    components = {"grid": {"fuse": {}}, **ways, "board": board, **lossy, **loads(*lossy)}
    return site(**in_one_program(components))


@pytest.fixture(scope="module")
def compiled() -> tuple[Plant, dict[str, np.ndarray]]:
    """Return the plant of a compiled run of three seconds, and the last of what its components report."""
    run = HeadlessRun(everything(), start_us=START, seed=0, resolution=timedelta(seconds=1))
    chunk = list(run.chunks(timedelta(seconds=3)))[-1]
    return run.plant, {name: column[-1] for name, column in Columns(run.plant, "all").of(chunk).items()}


@pytest.fixture(scope="module")
def live() -> Simulation:
    simulation = Simulation.headless(everything(), start_us=START, seed=0)
    simulation.run_for(timedelta(seconds=3))
    return simulation


@pytest.mark.slow  # compiles a program
class TestCompiled:
    """A compiled run has rules of its own for what is shown, and the same for what flows."""

    @pytest.mark.parametrize("component", [1, 2, 15, 20, 21, 31, 32, 33])
    def test_every_component_shows_what_it_shows_live(
        self, component: int, live: Simulation, compiled: tuple[Plant, dict[str, np.ndarray]]
    ) -> None:
        frame = live.gateway.frame(component)
        shown = {metric: float(compiled[1][f"{component}.{metric.value}"]) for metric in frame.values}
        assert shown == pytest.approx(frame.values, rel=1e-9)

    def test_every_way_carries_what_it_carries_live(
        self, live: Simulation, compiled: tuple[Plant, dict[str, np.ndarray]]
    ) -> None:
        numbers = compiled[0].save().numbers
        for phase in PHASES:
            for name in (f"components.active_{phase}", f"components.reactive_{phase}"):
                assert numbers[name] == pytest.approx(live.plant.save().numbers[name], rel=1e-12)

    def test_every_link_of_the_fuse_is_as_warm_as_live(
        self, live: Simulation, compiled: tuple[Plant, dict[str, np.ndarray]]
    ) -> None:
        expected, numbers = live.plant.save().numbers, compiled[0].save().numbers
        for part in ("notch", "strip", "body"):
            name = f"fuses.{part}_heat"
            assert numbers[name] == pytest.approx(expected[name], rel=1e-12)
        assert len(set(expected["fuses.notch_heat"])) == 3
