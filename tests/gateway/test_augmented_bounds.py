"""Statements 35 to 38: bounds that clients put on components for a while."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from gateway.equipped import BATTERY, CAPACITORS, CHARGER, HYBRID, INVERTER, MAIN, PV, START, Equipped

from doppelgrid.sim.domain.messages import (
    InvalidArgumentError,
    OutOfBoundsError,
    UnknownComponentError,
    UnsupportedError,
    WrongStateError,
)
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.gateway.augmented_bounds import LONGEST_TOKEN, MOST_CONTRIBUTIONS, MOST_RANGES
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot

SECOND = 1_000_000
ACTIVE, REACTIVE, DC = Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE, Metric.DC_POWER
RATED = ((-30_000.0, 30_000.0),)


@pytest.fixture
def site() -> Equipped:
    return Equipped()


def augment(
    site: Equipped,
    *bounds: tuple[float | None, float | None],
    component: int = INVERTER,
    metric: Metric | None = ACTIVE,
    lifetime_s: int | None = None,
    token: str | None = None,
) -> int:
    return site.gateway.augment_bounds(component, metric, bounds, lifetime_s=lifetime_s, token=token)


class TestLifetime:
    def test_it_is_5_seconds_unless_asked_for(self, site: Equipped) -> None:
        assert augment(site, (-5e3, 5e3)) == START + 5 * SECOND
        site.pass_time(4.9)
        assert site.shown(INVERTER) == ((-5e3, 5e3),)
        site.pass_time(0.2)
        assert site.shown(INVERTER) == RATED

    def test_a_battery_whose_bounds_lapse_shows_all_that_it_has_again(self, site: Equipped) -> None:
        before = site.gateway.frame(BATTERY).bounds[DC]
        augment(site, (-1e3, 1e3), component=BATTERY, metric=DC)
        site.pass_time(4.9)
        assert site.gateway.frame(BATTERY).bounds[DC] == ((-1e3, 1e3),)
        site.pass_time(0.2)
        assert site.gateway.frame(BATTERY).bounds[DC] == before

    @pytest.mark.parametrize("lifetime_s", [5, 900])
    def test_5_and_900_seconds_are_granted(self, site: Equipped, lifetime_s: int) -> None:
        assert augment(site, (-5e3, 5e3), lifetime_s=lifetime_s) == START + lifetime_s * SECOND

    def test_they_end_when_their_time_is_over_and_not_when_it_was_last_looked(self) -> None:
        delivered_wh = []
        for begun_s in (0.05, 0.15):
            site = Equipped()
            site.pass_time(begun_s)
            augment(site, (-1e3, 0.0), component=PV, lifetime_s=5)
            site.pass_time(8.0 - begun_s)
            values = site.gateway.frame(PV).values
            delivered_wh.append(values[Metric.AC_ENERGY_ACTIVE_DELIVERED])
        # Both were held back for as long.
        assert delivered_wh[0] == pytest.approx(delivered_wh[1], abs=8e3 * 0.02 / 3600.0)

    @pytest.mark.parametrize("lifetime_s", [0, 4, 901])
    def test_others_are_refused(self, site: Equipped, lifetime_s: int) -> None:
        with pytest.raises(InvalidArgumentError, match="accepted: 5 s to 900 s, or none for 5 s"):
            augment(site, (-5e3, 5e3), lifetime_s=lifetime_s)
        assert site.shown(INVERTER) == RATED


class TestEffectiveBounds:
    def test_overlapping_ranges_of_a_request_merge(self, site: Equipped) -> None:
        augment(site, (0.0, 10e3), (5e3, 15e3), (20e3, 30e3))
        assert site.shown(INVERTER) == ((0.0, 15e3), (20e3, 30e3))

    def test_requests_intersect(self, site: Equipped) -> None:
        augment(site, (-8e3, 8e3))
        augment(site, (-20e3, 4e3))
        assert site.shown(INVERTER) == ((-8e3, 4e3),)

    def test_a_missing_side_is_unbounded(self, site: Equipped) -> None:
        augment(site, (None, 4e3))
        assert site.shown(INVERTER) == ((-30e3, 4e3),)

    def test_nothing_wider_than_the_rating_is_granted(self, site: Equipped) -> None:
        augment(site, (-99e3, 99e3))
        assert site.shown(INVERTER) == RATED

    def test_where_nothing_remains_zero_and_rest_do(self, site: Equipped) -> None:
        augment(site, (2e3, 4e3))
        augment(site, (6e3, 8e3))
        standby_w = site.gateway.frame(INVERTER).values[Metric.AC_POWER_ACTIVE]
        assert standby_w > 0.0
        assert site.shown(INVERTER) == ((0.0, standby_w),)
        for power_w in (0.0, standby_w):
            site.gateway.set_power(INVERTER, PowerType.ACTIVE, power_w, None)

    def test_of_more_than_two_ranges_the_widest_two_remain(self, site: Equipped) -> None:
        augment(site, (-10e3, -9e3), (-5e3, 5e3), (10e3, 20e3))
        assert site.shown(INVERTER) == ((-5e3, 5e3), (10e3, 20e3))

    def test_photovoltaics_show_what_sun_and_clients_leave(self, site: Equipped) -> None:
        augment(site, (-4e3, 0.0), component=PV)
        assert site.shown(PV) == ((-4e3, 0.0),)

    def test_a_battery_passes_its_bounds_on_to_its_inverter(self, site: Equipped) -> None:
        augment(site, (-2e3, 2e3), component=BATTERY, metric=DC)
        assert site.shown(BATTERY, DC) == ((-2e3, 2e3),)
        ((lower, upper),) = site.shown(INVERTER)
        assert -2e3 < lower < 0.0 < upper < 2.2e3

    @pytest.mark.parametrize("bounds", [(1e3, 3e3), (-3e3, -1e3)])
    def test_a_battery_may_always_be_at_nothing(self, site: Equipped, bounds: tuple[float, float]) -> None:
        augment(site, bounds, component=BATTERY, metric=DC)
        site.gateway.set_power(INVERTER, PowerType.ACTIVE, 0.0, 60)
        site.pass_time(2.0)
        assert site.value(BATTERY, DC) == 0.0
        shown = site.shown(INVERTER)
        assert any(lower <= 0.0 <= upper for lower, upper in shown)
        least, most = sorted(abs(edge) for each in shown for edge in each if abs(edge) > 100.0)
        assert most == pytest.approx(3e3, rel=0.05)
        assert least == pytest.approx(1e3, abs=80.0)

    @pytest.mark.parametrize("power", [2e3, -2e3])
    @pytest.mark.parametrize("bounds", [[(None, -12e3), (8e3, None)], [(8e3, 9e3)], [(-9e3, -8e3)]])
    def test_a_battery_is_in_what_is_left_of_its_direct_current_or_at_nothing(
        self, site: Equipped, bounds: list[tuple[float | None, float | None]], power: float
    ) -> None:
        site.gateway.set_power(INVERTER, PowerType.ACTIVE, power, 60)
        site.pass_time(2.0)
        augment(site, *bounds, component=BATTERY, metric=DC, lifetime_s=30)
        site.pass_time(2.0)
        assert site.value(BATTERY, DC) == 0.0
        site.pass_time(40.0)
        assert site.value(BATTERY, DC) == pytest.approx(power, rel=0.05)

    @pytest.mark.parametrize("bounds", [[(1e3, 2e3), (3e3, 4e3)], [(-4e3, -3e3), (-2e3, 5e3)]])
    def test_of_its_direct_current_no_two_ranges_are_of_one_direction(
        self, site: Equipped, bounds: list[tuple[float, float]]
    ) -> None:
        with pytest.raises(
            InvalidArgumentError, match="at most one range of charging and one of discharging"
        ):
            augment(site, *bounds, component=BATTERY, metric=DC)

    def test_reactive_bounds_are_independent_of_active_ones(self, site: Equipped) -> None:
        augment(site, (-1e3, 1e3), metric=REACTIVE)
        assert site.shown(INVERTER, REACTIVE) == ((-1e3, 1e3),)
        assert site.shown(INVERTER) == RATED


class TestPower:
    def test_set_points_are_judged_by_the_effective_bounds(self, site: Equipped) -> None:
        augment(site, (-5e3, 5e3), lifetime_s=60)
        with pytest.raises(OutOfBoundsError, match="accepted: -5000 to 5000 W"):
            site.gateway.set_power(INVERTER, PowerType.ACTIVE, 8e3, None)
        site.gateway.set_power(INVERTER, PowerType.ACTIVE, 4e3, None)

    def test_power_in_a_gap_is_refused(self, site: Equipped) -> None:
        augment(site, (-30e3, -10e3), (10e3, 30e3), lifetime_s=60)
        with pytest.raises(OutOfBoundsError, match="-30000 to -10000 W or 10000 to 30000 W"):
            site.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, None)

    def test_power_outside_is_brought_back_inside_and_returns_when_the_bounds_lapse(
        self, site: Equipped
    ) -> None:
        site.gateway.set_power(INVERTER, PowerType.ACTIVE, 20e3, 60)
        site.pass_time(2.0)
        augment(site, (-5e3, 5e3))
        site.pass_time(2.0)
        assert site.value(INVERTER) == pytest.approx(5e3)
        site.pass_time(5.0)
        assert site.value(INVERTER) == pytest.approx(20e3)

    def test_power_in_a_gap_is_cut_rather_than_raised(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, PowerType.ACTIVE, 8e3, 60)
        site.pass_time(2.0)
        augment(site, (-5e3, 5e3), (10e3, 20e3))
        site.pass_time(2.0)
        assert site.value(INVERTER) == pytest.approx(5e3)

    def test_a_device_without_a_set_point_keeps_them_too(self, site: Equipped) -> None:
        augment(site, (-3e3, 0.0), component=PV)
        augment(site, (0.0, 7e3), component=CHARGER)
        site.pass_time(2.0)
        assert site.value(PV) == pytest.approx(-3e3)
        assert site.value(CHARGER) == pytest.approx(7e3, rel=0.01)

    def test_reactive_power_is_brought_back_inside(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, PowerType.REACTIVE, 9e3, 60)
        site.pass_time(1.0)
        augment(site, (-2e3, 2e3), metric=REACTIVE)
        assert site.value(INVERTER, REACTIVE) == pytest.approx(2e3)


class TestTokens:
    def test_the_same_token_replaces_at_once(self, site: Equipped) -> None:
        augment(site, (-5e3, 5e3), token="mine")
        augment(site, (-9e3, 9e3), token="mine", lifetime_s=60)
        assert site.shown(INVERTER) == ((-9e3, 9e3),)
        site.pass_time(10.0)
        assert site.shown(INVERTER) == ((-9e3, 9e3),)

    def test_the_same_token_elsewhere_is_another(self, site: Equipped) -> None:
        augment(site, (-5e3, 5e3), token="mine")
        augment(site, (-3e3, 0.0), token="mine", component=PV)
        augment(site, (-1e3, 1e3), token="mine", metric=REACTIVE)
        assert site.shown(INVERTER) == ((-5e3, 5e3),)

    def test_contributions_without_a_token_accumulate(self, site: Equipped) -> None:
        augment(site, (-9e3, 9e3))
        site.pass_time(3.0)
        augment(site, (-20e3, 20e3))
        assert site.shown(INVERTER) == ((-9e3, 9e3),)
        site.pass_time(3.0)
        assert site.shown(INVERTER) == ((-20e3, 20e3),)

    def test_clearing_takes_back_what_came_with_the_token(self, site: Equipped) -> None:
        augment(site, (-5e3, 5e3), token="mine", lifetime_s=60)
        site.gateway.clear_bounds(INVERTER, ACTIVE, "mine")
        assert site.shown(INVERTER) == RATED

    def test_clearing_an_unknown_key_does_nothing(self, site: Equipped) -> None:
        augment(site, (-5e3, 5e3), token="mine")
        site.gateway.clear_bounds(INVERTER, ACTIVE, "theirs")
        site.gateway.clear_bounds(INVERTER, REACTIVE, "mine")
        site.gateway.clear_bounds(MAIN, None, "mine")
        assert site.shown(INVERTER) == ((-5e3, 5e3),)


class TestRefusals:
    @pytest.mark.parametrize(
        "bounds",
        [(), ((5.0, 1.0),), ((math.nan, 1.0),), ((0.0, math.inf),), ((-math.inf, 0.0),), ((0.0, math.nan),)],
    )
    def test_bounds_that_make_no_sense(
        self, site: Equipped, bounds: tuple[tuple[float | None, float | None], ...]
    ) -> None:
        with pytest.raises(InvalidArgumentError, match="bounds "):
            augment(site, *bounds)
        assert site.shown(INVERTER) == RATED

    def test_a_single_power_makes_sense(self, site: Equipped) -> None:
        augment(site, (5e3, 5e3))
        rest_w = site.value(INVERTER)
        assert site.shown(INVERTER) == ((0.0, rest_w), (5e3, 5e3))

    def test_one_at_rest_that_draws_nothing_beside_reactive_power_shows_0(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, PowerType.REACTIVE, 5e3, 60)
        site.pass_time(1.0)
        augment(site, (5e3, 6e3))
        assert site.value(INVERTER) == 0.0
        assert site.shown(INVERTER) == ((0.0, 0.0), (5e3, 6e3))

    def test_a_hybrid_left_two_ranges_of_delivery_shows_its_rest_and_the_wider_one(self) -> None:
        site = Equipped(**{"hybrid-bat": {"min_power": "1 kW"}})
        site.pass_time(1.0)
        site.gateway.augment_bounds(HYBRID, Metric.AC_POWER_ACTIVE, [(-20e3, -5e3)], lifetime_s=60)
        site.pass_time(10.0)
        rest_w, shown = site.value(HYBRID), site.shown(HYBRID)
        assert rest_w > 0.0
        assert any(lower <= rest_w <= upper for lower, upper in shown)
        assert shown[0][0] == -20e3

    def test_components_for_telemetry_only(self) -> None:
        site = Equipped(inv={"operational_mode": "telemetry_only"})
        with pytest.raises(WrongStateError, match=r"inv takes no commands: .*telemetry_only"):
            augment(site, (-5e3, 5e3))
        assert site.shown(INVERTER) == RATED

    @pytest.mark.parametrize("metric", [None, Metric.AC_FREQUENCY, Metric.BATTERY_SOC_PCT])
    def test_metrics_without_such_bounds(self, site: Equipped, metric: Metric | None) -> None:
        with pytest.raises(InvalidArgumentError, match="accepted: AC_POWER_ACTIVE, AC_POWER_REACTIVE"):
            augment(site, (0.0, 1.0), metric=metric)

    def test_components_without_bounds(self, site: Equipped) -> None:
        with pytest.raises(UnsupportedError, match="main is a meter"):
            augment(site, (0.0, 1.0), component=MAIN)

    def test_active_bounds_of_a_capacitor_bank(self, site: Equipped) -> None:
        with pytest.raises(InvalidArgumentError, match=r"accepted: AC_POWER_REACTIVE$"):
            augment(site, (0.0, 1.0), component=CAPACITORS)

    def test_unknown_components(self, site: Equipped) -> None:
        with pytest.raises(UnknownComponentError):
            augment(site, (0.0, 1.0), component=999)
        with pytest.raises(UnknownComponentError):
            site.gateway.clear_bounds(999, ACTIVE, "mine")

    def test_more_ranges_than_anybody_needs(self, site: Equipped) -> None:
        ranges = [(100.0 * place, 100.0 * place + 50.0) for place in range(MOST_RANGES)]
        augment(site, *ranges)
        with pytest.raises(InvalidArgumentError, match=r"bounds has 17 ranges; accepted: 1 to 16$"):
            augment(site, *ranges, (1e4, 2e4))

    def test_more_contributions_than_anybody_needs(self, site: Equipped) -> None:
        for _ in range(MOST_CONTRIBUTIONS - 1):
            augment(site, (-5e3, 5e3))
        augment(site, (-5e3, 5e3), token="mine")
        with pytest.raises(WrongStateError, match="at most 100 at a time"):
            augment(site, (-5e3, 5e3))
        augment(site, (-4e3, 4e3), token="mine")


def test_a_fork_lets_them_lapse_at_the_same_time(site: Equipped) -> None:
    site.gateway.set_power(INVERTER, PowerType.ACTIVE, 20e3, 60)
    site.pass_time(1.0)
    augment(site, (-5e3, 5e3))
    augment(site, (-9e3, 9e3), token="mine", lifetime_s=10)
    fork = site.simulation.fork()
    for _ in range(15):
        site.pass_time(1.0)
        fork.run_to(site.simulation.now_us)
        assert fork.gateway.frame(INVERTER) == site.gateway.frame(INVERTER)


def test_their_life_is_told(site: Equipped) -> None:
    told: list[str] = []
    site.gateway.listen_to_events(lambda event: told.append(event.kind))
    augment(site, (-5e3, 5e3))
    augment(site, (-4e3, 4e3), token="mine")
    site.gateway.clear_bounds(INVERTER, ACTIVE, "mine")
    site.pass_time(6.0)
    told = [kind for kind in told if kind != "state"]
    assert told == ["bounds augmented", "bounds augmented", "bounds cleared", "bounds lapsed"]


def test_a_file_keeps_them(site: Equipped, tmp_path: Path) -> None:
    augment(site, (None, 5e3), lifetime_s=10)
    site.gateway.stop(PV)
    path = tmp_path / "site.snapshot.json"
    site.simulation.save().write(path)
    revived = Simulation.from_snapshot(site.simulation.site, Snapshot.read(path))
    for _ in range(12):
        site.pass_time(1.0)
        revived.run_to(site.simulation.now_us)
        for component in (INVERTER, PV):
            assert revived.gateway.frame(component) == site.gateway.frame(component)


def test_a_token_has_a_length_that_can_be_kept(site: Equipped) -> None:
    augment(site, (-5e3, 5e3), token="x" * LONGEST_TOKEN)
    with pytest.raises(InvalidArgumentError, match="bounds_token has 1001 characters; accepted: up to 1000"):
        augment(site, (-5e3, 5e3), token="x" * (LONGEST_TOKEN + 1))
