"""How much is how much: dead bands, tolerances, horizons and rates have the size that their words say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from gateway.equipped import BOILER, CHARGER, ELECTROLYZER, PV, Equipped
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.battery import BatteryInput, battery_initial_state
from doppelgrid.models.battery_horizon import battery_horizon_s
from doppelgrid.models.battery_limits import battery_power_limits
from doppelgrid.models.battery_step import battery_step
from doppelgrid.sim.components.battery import battery_preset, battery_preset_names
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds, intersection, merged
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
MAIN, INVERTER = 2, 11
RATED_W = 10_000.0
PRESETS = battery_preset_names()


def running(*, interval: str = "1 s", **inverter: Any) -> Simulation:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": MAIN, "category": "meter", "behind": "grid"},
        "inv": {
            "id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": f"{RATED_W} W",
            "response_delay": "0 s", "ramp_rate": "1000 MW/s", **inverter,
        },
        "bat": {"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
        "house": {"id": 31, "category": "meter", "behind": "main", "load": "5 kW"},
    }  # fmt: skip
    site = Site.model_validate(
        {"microgrid": {"id": 7}, "telemetry": {"interval": interval}, "components": components}
    )
    return Simulation.headless(site, start_us=START)


def shown(simulation: Simulation, component: int) -> float:
    return simulation.gateway.frame(component).values[Metric.AC_POWER_ACTIVE]


class TestSelfConsumption:
    """A built-in control leaves a change of less than a thousandth of the rating alone, and nothing greater."""

    @pytest.mark.parametrize("change_w", [15.0, 30.0, 60.0, -15.0, -60.0])
    def test_it_follows_what_is_beyond_its_dead_band(self, change_w: float) -> None:
        assert self.left_w(change_w) == pytest.approx(0.0, abs=RATED_W * 1e-3)

    @pytest.mark.parametrize("change_w", [5.0, -5.0])
    def test_it_leaves_alone_what_is_within(self, change_w: float) -> None:
        assert self.left_w(change_w) == pytest.approx(change_w, abs=0.5)

    def left_w(self, change_w: float) -> float:
        """Return how far the meter is from where it was, after a load has changed."""
        simulation = running(self_consumption="main")
        simulation.run_for(timedelta(seconds=30))
        before_w = shown(simulation, MAIN)
        simulation.drive("house", "load", 5_000.0 + change_w)
        simulation.run_for(timedelta(seconds=5))
        return shown(simulation, MAIN) - before_w


@pytest.mark.parametrize(("short_w", "is_reached"), [(100.0, True), (300.0, False), (1_000.0, False)])
@pytest.mark.parametrize("power_type", [PowerType.ACTIVE, PowerType.REACTIVE])
def test_a_set_point_is_reached_within_a_fiftieth_of_the_rating(
    power_type: PowerType, short_w: float, is_reached: bool
) -> None:
    metric = Metric.AC_POWER_ACTIVE if power_type is PowerType.ACTIVE else Metric.AC_POWER_REACTIVE
    simulation = running()
    plant = simulation.plant
    plant.set_points.send("inv", power_type, 5_000.0)
    plant.allowed_power.allow("inv", metric, (Bounds(-5_000.0, 5_000.0 - short_w),))
    simulation.run_for(timedelta(seconds=5))
    assert plant.tracking.has_reached("inv", power_type) is is_reached


class TestBeyondBounds:
    """A set-point may lie beyond bounds that move on its way by a hundredth of the rating, and not beyond that."""

    @pytest.mark.parametrize("beyond_w", [50.0, -50.0])
    def test_less_is_taken(self, beyond_w: float) -> None:
        self.tell_one_of_a_battery_of_5_kw(beyond_w)

    @pytest.mark.parametrize("beyond_w", [200.0, 800.0, -200.0])
    def test_more_is_refused(self, beyond_w: float) -> None:
        with pytest.raises(OutOfBoundsError):
            self.tell_one_of_a_battery_of_5_kw(beyond_w)

    def tell_one_of_a_battery_of_5_kw(self, beyond_w: float) -> None:
        simulation = running()
        simulation.plant.allowed_power.allow("bat", Metric.DC_POWER, (Bounds(-5_000.0, 5_000.0),))
        ((lower_w, upper_w),) = simulation.gateway.frame(INVERTER).bounds[Metric.AC_POWER_ACTIVE]
        edge_w = upper_w if beyond_w > 0.0 else lower_w
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, edge_w + beyond_w, 60)

    @pytest.mark.parametrize("power_w", [5_050.0, -5_050.0, 5_000.1])
    def test_nothing_beyond_what_clients_have_left_is_taken(self, power_w: float) -> None:
        with pytest.raises(OutOfBoundsError, match=r"accepted: -5000 to 5000 W$"):
            self.tell_one_that_clients_leave_5_kw(power_w)

    def test_what_a_32_bit_float_makes_of_their_edges_is_taken(self) -> None:
        self.tell_one_that_clients_leave_5_kw(5_000.004)

    def tell_one_that_clients_leave_5_kw(self, power_w: float) -> None:
        simulation = running()
        simulation.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [(-5e3, 5e3)], lifetime_s=60)
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, power_w, 60)

    @pytest.mark.parametrize("power_w", [RATED_W * 1.005, -RATED_W * 1.005, RATED_W * 1.02])
    def test_nothing_beyond_the_rating_is_taken(self, power_w: float) -> None:
        with pytest.raises(OutOfBoundsError):
            running().gateway.set_power(INVERTER, PowerType.ACTIVE, power_w, 60)


@pytest.mark.parametrize("power_w", [-1.0, -100.0, -1_000.0, 1_000_100.0, 1_010_000.0])
def test_a_charger_takes_nothing_below_0_and_nothing_beyond_the_greatest_charger(power_w: float) -> None:
    site = Equipped()
    with pytest.raises(OutOfBoundsError, match="accepted: 0 to 1000000 W"):
        site.gateway.set_power(CHARGER, PowerType.ACTIVE, power_w, 60)


def test_what_telemetry_shows_of_photovoltaics_at_rest_is_accepted() -> None:
    site = Equipped()
    ((_, rest_w),) = site.shown(PV)
    assert rest_w > 0.0
    site.gateway.set_power(PV, PowerType.ACTIVE, rest_w, 60)


@pytest.mark.parametrize("component", [BOILER, ELECTROLYZER])
def test_what_a_machine_draws_at_rest_is_accepted_though_it_is_below_its_minimum(component: int) -> None:
    site = Equipped()
    (_, rest_w), (minimum_w, _) = site.shown(component)
    assert 0.0 < rest_w < minimum_w
    site.gateway.set_power(component, PowerType.ACTIVE, rest_w, 60)
    with pytest.raises(OutOfBoundsError):
        site.gateway.set_power(component, PowerType.ACTIVE, 1.01 * rest_w, 60)


@pytest.mark.parametrize("name", PRESETS)
class TestBatteries:
    def test_a_limit_of_soc_counts_as_reached_within_a_hundredth_of_a_percent(self, name: str) -> None:
        params = battery_preset(name)
        for away, is_off in ((5e-5, True), (3e-4, False)):
            full = battery_initial_state(params, params.soc_upper - away, 25.0)
            empty = battery_initial_state(params, params.soc_lower + away, 25.0)
            assert (battery_power_limits(params, full)[1] == 0.0) is is_off
            assert (battery_power_limits(params, empty)[0] == 0.0) is is_off

    @pytest.mark.parametrize("rate", [-0.3, 0.3])
    @pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 1.5, 4.0])
    def test_it_is_looked_at_again_before_its_limits_have_moved_much(
        self, name: str, rate: float, place: float
    ) -> None:
        """Within the derating width a step of 0.05 % of SoC moves a limit by so much of its greatest value."""
        params = battery_preset(name)
        for soc in (
            params.soc_lower + place * params.soc_derating_width,
            params.soc_upper - place * params.soc_derating_width,
        ):
            state = battery_initial_state(params, soc, 25.0)
            power_w = rate * params.capacity_wh
            ahead_s = battery_horizon_s(params, state, power_w, 25.0)
            after, _ = battery_step(params, state, BatteryInput(power_w, 25.0), ahead_s)
            is_within = place < 1.0
            assert abs(after.soc - soc) <= (0.00055 if is_within else 0.0105)


@pytest.mark.parametrize(("hours", "factor"), [(1 / 60, 1.0 + 0.1 / 60), (1.0, 1.1), (2.5, 1.25)])
def test_a_drifting_meter_grows_by_its_amount_an_hour(hours: float, factor: float) -> None:
    simulation = running(interval="1 min")
    seen: list[float] = []
    simulation.fault(Fault("house", FaultKind.DRIFTING, amount=0.1))
    simulation.gateway.listen_to_frames(
        lambda _now, frames: seen.extend(
            frame.values[Metric.AC_POWER_ACTIVE] for frame in frames if frame.component_id == 31
        )
    )
    simulation.run_to(START + round(hours * 3.6e9))
    assert seen[-1] == pytest.approx(5_000.0 * factor, rel=1e-4)


_edges = st.lists(st.integers(-9, 9), max_size=8).map(
    lambda edges: [float(edge) for edge in sorted(edges)[: len(edges) // 2 * 2]]
)
"""Of ascending ranges, which may touch and may be points."""


class TestRanges:
    """Ranges that overlap or touch are one; those with anything between them stay two."""

    @pytest.mark.parametrize(
        ("ranges", "expected"),
        [
            ([(0, 1), (1, 2)], [(0, 2)]),
            ([(1, 2), (0, 1)], [(0, 2)]),
            ([(0, 1), (1, 1)], [(0, 1)]),
            ([(0, 3), (1, 2)], [(0, 3)]),
            ([(0, 1), (1, 2), (2, 3)], [(0, 3)]),
            ([(0, 1), (1.5, 2)], [(0, 1), (1.5, 2)]),
        ],
    )
    def test_merged(self, ranges: list[tuple[float, float]], expected: list[tuple[float, float]]) -> None:
        assert merged(Bounds(*edges) for edges in ranges) == tuple(Bounds(*edges) for edges in expected)

    def test_what_is_common_to_two_sets_touches_as_well(self) -> None:
        one, other = [Bounds(0, 4)], [Bounds(0, 2), Bounds(2, 4)]
        assert intersection(one, other) == (Bounds(0, 4),)
        assert intersection([Bounds(0, 2)], [Bounds(2, 4)]) == (Bounds(2, 2),)

    @given(_edges, _edges)
    def test_what_is_common_to_two_sets_lies_in_a_range_of_each(
        self, one: list[float], other: list[float]
    ) -> None:
        first, second = (tuple(map(Bounds, edges[::2], edges[1::2])) for edges in (one, other))
        pairs = [(max(a.lower, b.lower), min(a.upper, b.upper)) for a in first for b in second]
        expected = merged(Bounds(lower, upper) for lower, upper in pairs if lower <= upper)
        assert intersection(first, second) == intersection(second, first) == expected

    def test_bounds_that_touch_show_as_one_range(self) -> None:
        simulation = running()
        simulation.gateway.augment_bounds(
            INVERTER, Metric.AC_POWER_ACTIVE, [(-5_000.0, 0.0), (0.0, 4_000.0)], lifetime_s=60
        )
        bounds = simulation.gateway.frame(INVERTER).bounds[Metric.AC_POWER_ACTIVE]
        assert bounds == (Bounds(-5_000.0, 4_000.0),)


@pytest.mark.parametrize("kind", [FaultKind.DRIFTING, FaultKind.NOISY])
def test_a_state_of_charge_that_is_wrong_stays_one(kind: FaultKind) -> None:
    simulation = running(interval="1 min")
    seen: list[float] = []
    simulation.fault(Fault("bat", kind, amount=2.0))
    simulation.gateway.listen_to_frames(
        lambda _now, frames: seen.extend(
            frame.values[Metric.BATTERY_SOC_PCT] for frame in frames if Metric.BATTERY_SOC_PCT in frame.values
        )
    )
    simulation.run_to(START + round(3 * 3.6e9))
    assert all(0.0 <= soc_pct <= 100.0 for soc_pct in seen)
    assert max(seen) == 100.0
