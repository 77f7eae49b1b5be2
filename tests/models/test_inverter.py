"""Losses, ramp, resolution and capability of an inverter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.inverter import (
    InverterParams,
    ac_from_dc,
    conversion_loss_w,
    dc_from_ac,
    floor_to_resolution,
    inverter_temperature,
    ramp_towards,
    reactive_limit_var,
)
from doppelgrid.sim.presets import inverter_preset, inverter_preset_names

PRESETS = inverter_preset_names()
SHARE = st.floats(-1.5, 1.5)
"""AC power over rated power."""


def inverter(name: str = "battery-30kw", rated_w: float = 30_000.0) -> InverterParams:
    return inverter_preset(name, rated_w, rated_w)


def lossless() -> InverterParams:
    return inverter()._replace(no_load_loss_w=0.0, linear_loss=0.0, quadratic_loss_per_w=0.0)


def test_charging_loses_on_the_way_in_and_discharging_on_the_way_out() -> None:
    params = lossless()._replace(linear_loss=0.03)
    assert dc_from_ac(params, 10_000.0) == pytest.approx(9_700.0)
    assert dc_from_ac(params, -10_000.0) == pytest.approx(-10_300.0)


@pytest.mark.parametrize("name", PRESETS)
@given(share=SHARE)
def test_ac_from_dc_undoes_dc_from_ac(name: str, share: float) -> None:
    params = inverter(name)
    ac_power_w = share * params.rated_power_w
    assert ac_from_dc(params, dc_from_ac(params, ac_power_w)) == pytest.approx(ac_power_w, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", PRESETS)
@given(dc_power_w=st.floats(-45_000.0, 40_000.0))
def test_dc_from_ac_undoes_ac_from_dc(name: str, dc_power_w: float) -> None:
    params = inverter(name)
    back_w = dc_from_ac(params, ac_from_dc(params, dc_power_w))
    assert back_w == pytest.approx(dc_power_w, rel=1e-9, abs=1e-6)


@given(power_w=st.floats(-1e6, 1e6))
def test_without_losses_both_sides_are_equal(power_w: float) -> None:
    assert dc_from_ac(lossless(), power_w) == power_w
    assert ac_from_dc(lossless(), power_w) == pytest.approx(power_w, rel=1e-15)


@pytest.mark.parametrize("name", PRESETS)
@given(share=SHARE)
def test_losses_do_not_depend_on_the_direction_and_never_create_power(name: str, share: float) -> None:
    params = inverter(name)
    loss_w = conversion_loss_w(params, share * params.rated_power_w)
    assert loss_w == conversion_loss_w(params, -share * params.rated_power_w) > 0.0


@pytest.mark.parametrize("name", PRESETS)
@given(dc_power_w=st.floats(allow_nan=False, min_value=-1e12, max_value=1e12))
def test_any_dc_power_has_a_finite_ac_power(name: str, dc_power_w: float) -> None:
    assert math.isfinite(ac_from_dc(inverter(name), dc_power_w))


@pytest.mark.parametrize("name", PRESETS)
@given(rated_w=st.floats(100.0, 1e7), share=st.floats(0.05, 1.0))
def test_efficiency_does_not_depend_on_the_rating(name: str, rated_w: float, share: float) -> None:
    small, big = inverter(name, 1_000.0), inverter(name, rated_w)
    assert dc_from_ac(big, share * rated_w) / rated_w == pytest.approx(
        dc_from_ac(small, share * 1_000.0) / 1_000.0
    )


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("battery-5kw", "SMA_America__SB5_0_1SP_US_40__240V_"),
        ("battery-30kw", "SMA_America__STP30000TL_US_10__480V_"),
        ("battery-100kw", "SMA_America__STP_60_US_10__480V_"),
        ("pv-5kw", "SMA_America__SB5_0_1SP_US_40__240V_"),
        ("pv-12kw", "SMA_America__STP12000TL_US_10__480V_"),
        ("pv-60kw", "SMA_America__STP_60_US_10__480V_"),
    ],
)
def test_efficiency_is_within_0_3_points_of_the_sandia_model(name: str, device: str) -> None:
    import pvlib

    published = pvlib.pvsystem.retrieve_sam("CECInverter")[device]
    dc_w = np.linspace(0.05, 1.1, 500) * published["Pdco"]
    ac_w = np.asarray(pvlib.inverter.sandia(published["Vdco"], dc_w, published))
    above = (ac_w >= 0.1 * published["Paco"]) & (ac_w < published["Paco"])
    params = inverter(name, float(published["Paco"]))
    ours = [ac / -dc_from_ac(params, -ac) for ac in ac_w[above].tolist()]
    assert np.abs(np.array(ours) - ac_w[above] / dc_w[above]).max() < 0.003


@pytest.mark.parametrize(
    ("asked_w", "taken_w"),
    [(100.0, 88.0), (-100.0, -88.0), (50.0, 0.0), (-50.0, 0.0), (88.0, 88.0), (-176.0, -176.0), (0.0, 0.0)],
)
def test_a_device_with_steps_of_88_w_floors_the_magnitude(asked_w: float, taken_w: float) -> None:
    assert floor_to_resolution(asked_w, 88.0) == taken_w


@given(steps=st.integers(-10_000, 10_000), resolution_w=st.floats(0.01, 1_000.0))
def test_whole_steps_stay_as_they_are(steps: int, resolution_w: float) -> None:
    assert floor_to_resolution(steps * resolution_w, resolution_w) == steps * resolution_w


@given(steps=st.integers(1, 10_000), resolution_w=st.floats(0.01, 1_000.0))
def test_whole_steps_survive_single_precision(steps: int, resolution_w: float) -> None:
    sent_w = float(np.float32(steps * resolution_w))
    assert floor_to_resolution(sent_w, resolution_w) == pytest.approx(steps * resolution_w, rel=1e-7)


@given(power_w=st.floats(-1e6, 1e6), resolution_w=st.floats(0.0, 1_000.0))
def test_flooring_never_asks_for_more_and_loses_less_than_a_step(power_w: float, resolution_w: float) -> None:
    taken_w = floor_to_resolution(power_w, resolution_w)
    assert abs(taken_w) <= abs(power_w)
    assert taken_w * power_w >= 0.0
    assert abs(power_w) - abs(taken_w) <= resolution_w * (1.0 + 1e-9)


def test_without_steps_every_power_is_taken() -> None:
    assert floor_to_resolution(12.345, 0.0) == 12.345


def test_power_ramps_at_its_rate_and_stops_at_the_target() -> None:
    params = inverter()._replace(ramp_rate_w_per_s=1_000.0)
    assert ramp_towards(params, 0.0, 5_000.0, 2.0) == 2_000.0
    assert ramp_towards(params, 0.0, -5_000.0, 2.0) == -2_000.0
    assert ramp_towards(params, 4_500.0, 5_000.0, 2.0) == 5_000.0


def test_an_unlimited_ramp_arrives_at_once() -> None:
    params = inverter()._replace(ramp_rate_w_per_s=math.inf)
    assert ramp_towards(params, 0.0, 5_000.0, 1e-6) == 5_000.0
    assert ramp_towards(params, 0.0, 5_000.0, 0.0) == 0.0


@given(active_w=st.floats(-30_000.0, 30_000.0))
def test_active_and_reactive_power_stay_on_the_kva_circle(active_w: float) -> None:
    params = inverter()
    assert math.hypot(active_w, reactive_limit_var(params, active_w)) == pytest.approx(30_000.0)


def test_no_reactive_power_is_left_beyond_the_rating() -> None:
    assert reactive_limit_var(inverter(), 31_000.0) == 0.0


def test_the_heat_sink_settles_at_its_rated_rise() -> None:
    params = inverter()
    loss_w = conversion_loss_w(params, params.rated_power_w)
    assert inverter_temperature(params, 20.0, loss_w, 20.0, 1e6) == pytest.approx(55.0)
    assert inverter_temperature(params, 20.0, loss_w, 20.0, 900.0) == pytest.approx(
        55.0 - 35.0 * math.exp(-1.0)
    )
