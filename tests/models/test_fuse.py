"""Fuse links: the standard's gates, melting in closed form, and what a melted link does."""

from __future__ import annotations

import math

import pytest
from accuracy.frequency import FUSE_GATES, conventional_time_s, missed_gates, nh_differences

from doppelgrid.models.fuse import (
    CARRIES,
    MELTED,
    FuseInput,
    FuseParams,
    fuse_adiabatic_i2t,
    fuse_heat,
    fuse_horizon_s,
    fuse_initial_state,
    fuse_step,
    fuse_time_to_melt_s,
)
from doppelgrid.sim.components.grid_connection_point import fuse_for, fuse_preset, fuse_preset_names

ONE_BODY = FuseParams(10.0, 10.0, (1.0, 0.0, 0.0), (5.0, 50.0, 500.0))


@pytest.mark.parametrize("rated_a", FUSE_GATES)
def test_a_link_keeps_to_the_gates_of_the_standard(rated_a: int) -> None:
    assert missed_gates(rated_a) == []


def test_every_preset_is_held_to_gates() -> None:
    assert set(fuse_preset_names()) == {f"gg-{rated_a}" for rated_a in FUSE_GATES}


@pytest.mark.parametrize("name", fuse_preset_names())
def test_the_rated_current_never_melts_a_link(name: str) -> None:
    params = fuse_preset(name)
    state, output = fuse_step(
        params, fuse_initial_state(params), FuseInput(params.rated_current_a), 30 * 86_400.0
    )
    assert state.condition == CARRIES
    assert output.heat == pytest.approx((1.0 / 1.42) ** 2, rel=1e-3)
    assert fuse_horizon_s(params, state, FuseInput(1.25 * params.rated_current_a)) == math.inf


def test_links_melt_near_the_mean_curves_of_products() -> None:
    differences = nh_differences()
    assert max(abs(difference) for difference in differences) < 0.35
    assert abs(sum(differences) / len(differences)) < 0.05


@pytest.mark.parametrize("ratio", [1.01, 1.5, 3.0, 20.0])
def test_one_body_melts_at_the_logarithm_of_the_textbook(ratio: float) -> None:
    time_s = fuse_time_to_melt_s(ONE_BODY, fuse_initial_state(ONE_BODY), 10.0 * ratio)
    assert time_s == pytest.approx(5.0 * math.log(ratio**2 / (ratio**2 - 1.0)), rel=1e-9)


def test_high_currents_melt_by_i2t() -> None:
    params = fuse_preset("gg-63")
    for current_a in (20e3, 50e3):
        time_s = fuse_time_to_melt_s(params, fuse_initial_state(params), current_a)
        assert current_a**2 * time_s == pytest.approx(fuse_adiabatic_i2t(params), rel=1e-3)


def test_melting_falls_on_the_horizon_and_is_kept() -> None:
    params, inp = fuse_preset("gg-63"), FuseInput(160.0)
    cold = fuse_initial_state(params)
    horizon_s = fuse_horizon_s(params, cold, inp)
    before, _ = fuse_step(params, cold, inp, horizon_s - 1e-3)
    melted, _ = fuse_step(params, cold, inp, horizon_s)
    cooled, output = fuse_step(params, melted, inp, 86_400.0)
    assert (before.condition, melted.condition, cooled.condition) == (CARRIES, MELTED, MELTED)
    assert output.current_a == 0.0
    assert fuse_heat(params, cooled) < 1e-9
    assert fuse_horizon_s(params, cooled, inp) == math.inf


def test_the_current_of_a_step_is_that_until_the_link_melts() -> None:
    params, inp = fuse_preset("gg-63"), FuseInput(160.0)
    time_s = fuse_time_to_melt_s(params, fuse_initial_state(params), 160.0)
    _, output = fuse_step(params, fuse_initial_state(params), inp, 4.0 * time_s)
    assert output.current_a == pytest.approx(40.0)


def test_a_warm_link_melts_sooner_than_a_cold_one() -> None:
    params = fuse_preset("gg-100")
    cold = fuse_initial_state(params)
    warm, _ = fuse_step(params, cold, FuseInput(100.0), 7200.0)
    assert fuse_time_to_melt_s(params, warm, 200.0) < 0.8 * fuse_time_to_melt_s(params, cold, 200.0)


def test_pulses_melt_a_link_when_their_mean_square_does() -> None:
    """Half the time at 2.4 In is 1.7 In in the mean square; with 1.7 In off half the time it holds."""
    params = fuse_preset("gg-63")
    for peak, melts in ((2.4, True), (1.7, False)):
        state = fuse_initial_state(params)
        for _ in range(720):
            state, _ = fuse_step(params, state, FuseInput(peak * 63.0), 5.0)
            state, _ = fuse_step(params, state, FuseInput(0.0), 5.0)
        assert (state.condition == MELTED) is melts


def test_the_time_is_a_lower_bound_where_the_body_cools_meanwhile() -> None:
    params = fuse_preset("gg-63")
    hot = fuse_initial_state(params)._replace(body_heat=1.2)
    bound_s = fuse_time_to_melt_s(params, hot, 94.0)
    before, _ = fuse_step(params, hot, FuseInput(94.0), 0.99 * bound_s)
    assert before.condition == CARRIES


def test_links_between_the_presets_scale_with_their_current() -> None:
    link, near = fuse_for(75.0), fuse_preset("gg-80")
    assert link.rated_current_a == 75.0
    assert link.melting_current_a == pytest.approx(1.42 * 75.0)
    assert link.time_constants_s == near.time_constants_s
    time_s = fuse_time_to_melt_s(link, fuse_initial_state(link), 1.6 * 75.0)
    assert time_s < conventional_time_s(75.0)


def test_an_unknown_link_names_what_there_is() -> None:
    with pytest.raises(
        ValueError, match=r"fuse preset is 'gg-65'; accepted: gg-16, .*\(did you mean 'gg-63'\?\)"
    ):
        fuse_preset("gg-65")
