"""Reactive power that follows active power, and what it leaves that."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.grid_code import GridCodeParams
from doppelgrid.models.grid_guard import (
    GridGuardParams,
    active_share,
    follows_power,
    reactive_by_power_var,
    room_by_power_var,
)
from doppelgrid.models.grid_support import (
    FreqWattParams,
    VoltVarParams,
    WattPfParams,
    WattVarParams,
    volt_var_after,
    volt_var_horizon_s,
    volt_var_now,
    watt_pf_tangent,
    watt_var_share,
)

OFF = GridGuardParams(
    GridCodeParams(),
    VoltVarParams(),
    FreqWattParams(),
    10e3,
    10e3,
    True,
    WattVarParams(),
    WattPfParams(),
    True,
)
BY_POWER = OFF._replace(watt_var=WattVarParams(enabled=True), rated_apparent_power_va=12e3)
BY_FACTOR = OFF._replace(watt_pf=WattPfParams(enabled=True))


SLOW = VoltVarParams(enabled=True, time_constant_s=10.0 / 3.0)


class TestResponseOfReactivePowerToVoltage:
    def test_after_three_time_constants_95_percent_of_a_change_have_come(self) -> None:
        assert volt_var_after(SLOW, 0.0, 0.4, 10.0) == pytest.approx(0.4 * (1.0 - math.exp(-3.0)))

    @given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0.0, 30.0), st.floats(0.0, 30.0))
    def test_a_look_in_between_changes_nothing(
        self, share: float, goal: float, one_s: float, other_s: float
    ) -> None:
        looked_at = volt_var_after(SLOW, volt_var_after(SLOW, share, goal, one_s), goal, other_s)
        assert looked_at == pytest.approx(volt_var_after(SLOW, share, goal, one_s + other_s), abs=1e-14)

    @given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
    def test_in_no_time_nothing_changes(self, share: float, goal: float) -> None:
        assert volt_var_after(SLOW, share, goal, 0.0) == share

    def test_without_a_time_constant_it_is_there_at_once(self) -> None:
        assert volt_var_after(VoltVarParams(enabled=True), 0.0, 0.4, 0.0) == 0.4

    def test_on_its_way_it_holds_for_a_tenth_of_the_time_constant(self) -> None:
        assert volt_var_horizon_s(SLOW, 0.1, 0.4) == pytest.approx(1.0 / 3.0)

    @pytest.mark.parametrize("share", [0.4, 0.3995, 0.4005])
    def test_once_it_has_settled_it_is_what_the_curve_asks_for(self, share: float) -> None:
        assert (volt_var_horizon_s(SLOW, share, 0.4), volt_var_now(share, 0.4)) == (math.inf, 0.4)

    def test_before_it_is_where_it_has_come_to(self) -> None:
        assert volt_var_now(0.39, 0.4) == 0.39


@pytest.mark.parametrize(
    ("delivered", "share"),
    [(0.0, 0.0), (0.5, 0.0), (0.55, 0.025), (0.6, 0.05), (0.75, 0.19), (0.9, 0.33), (1.0, 0.33)],
)
def test_reactive_power_rises_between_its_corners(delivered: float, share: float) -> None:
    assert watt_var_share(WattVarParams(enabled=True), delivered) == pytest.approx(share)
    assert watt_var_share(WattVarParams(), delivered) == 0.0


@pytest.mark.parametrize(
    ("delivered", "factor"), [(0.0, 1.0), (0.5, 1.0), (0.75, 0.95), (1.0, 0.9), (1.2, 0.9)]
)
def test_the_power_factor_falls_between_its_corners(delivered: float, factor: float) -> None:
    tangent = math.tan(math.acos(factor))
    assert watt_pf_tangent(WattPfParams(enabled=True), delivered) == pytest.approx(tangent)
    assert watt_pf_tangent(WattPfParams(), delivered) == 0.0


def test_corners_that_meet_are_a_step() -> None:
    step = WattVarParams(True, 0.5, 0.5, 0.1, 0.5, 0.3)
    assert (watt_var_share(step, 0.5), watt_var_share(step, 0.501)) == (0.0, pytest.approx(0.3))
    always = WattPfParams(True, 0.0, 0.0, 0.9)
    assert watt_pf_tangent(always, 0.1) == pytest.approx(math.tan(math.acos(0.9)))


def test_what_is_drawn_has_no_reactive_power_of_its_own() -> None:
    for params in (BY_POWER, BY_FACTOR):
        assert reactive_by_power_var(params, 9e3) == 0.0
        assert reactive_by_power_var(params, 0.0) == 0.0


def test_it_is_inductive_beside_what_is_delivered() -> None:
    assert reactive_by_power_var(BY_POWER, -9e3) == pytest.approx(0.33 * 12e3)
    assert reactive_by_power_var(BY_FACTOR, -10e3) == pytest.approx(10e3 * math.tan(math.acos(0.9)))


def test_only_curves_that_are_on_follow_power() -> None:
    assert [follows_power(params) for params in (OFF, BY_POWER, BY_FACTOR)] == [False, True, True]


def test_the_most_of_it_is_where_active_power_fills_the_circle() -> None:
    # P = S (1.1 - 0.2 P / S); and beyond 9 kW a constant 0.33 S.
    factor = 1.1 / 1.2
    assert room_by_power_var(BY_FACTOR) == pytest.approx(10e3 * math.sqrt(1.0 - factor**2))
    assert room_by_power_var(BY_POWER) == pytest.approx(0.33 * 12e3)
    assert room_by_power_var(OFF) == 0.0


@given(
    start=st.floats(0.0, 1.0), way=st.floats(0.0, 1.0), factor=st.floats(0.1, 1.0), power=st.floats(0.0, 1.0)
)
def test_beside_no_less_active_power_does_it_leave_the_circle(
    start: float, way: float, factor: float, power: float
) -> None:
    params = OFF._replace(watt_pf=WattPfParams(True, start, start + way * (1.0 - start), factor))
    most_w = active_share(params, room_by_power_var(params)) * params.rated_apparent_power_va
    active_w = -power * most_w
    assert math.hypot(active_w, reactive_by_power_var(params, active_w)) <= 10e3 * (1.0 + 1e-9)


@pytest.mark.parametrize(
    ("reactive_var", "share"), [(0.0, 1.0), (6e3, 0.8), (-6e3, 0.8), (10e3, 0.0), (11e3, 0.0)]
)
def test_it_leaves_active_power_the_rest_of_the_circle(reactive_var: float, share: float) -> None:
    assert active_share(OFF, reactive_var) == pytest.approx(share)
    assert active_share(OFF._replace(reactive_first=False), reactive_var) == 1.0
