"""What stands before modules: rows and horizons, beside pvlib and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.pv_shade import (
    horizon_deg,
    horizon_sky_kept,
    rows_masking_deg,
    rows_shaded,
    rows_sky_kept,
)

TILTS = st.floats(1.0, 80.0)
COVERS = st.floats(0.1, 0.95)


@given(tilt=TILTS, cover=COVERS, zenith=st.floats(1.0, 89.0), off=st.floats(-80.0, 80.0))
def test_the_shade_of_the_row_in_front_agrees_with_pvlib(
    tilt: float, cover: float, zenith: float, off: float
) -> None:
    """Modules to the south are rotated about an axis from east to west."""
    theirs = pvlib.shading.shaded_fraction1d(
        zenith, 180.0 + off, 90.0, shaded_row_rotation=tilt, collector_width=cover, pitch=1.0
    )
    along, up = math.sin(math.radians(zenith)) * math.cos(math.radians(off)), math.cos(math.radians(zenith))
    assert rows_shaded(tilt, cover, along, up) == pytest.approx(float(theirs), abs=1e-9)


def test_with_the_sun_behind_or_down_there_is_no_light_to_shade_or_no_light() -> None:
    assert rows_shaded(30.0, 0.5, -0.99, 0.1) == 0.0
    assert rows_shaded(30.0, 0.5, 1.0, -0.1) == 1.0


@given(tilt=TILTS, cover=COVERS, height=st.floats(0.0, 1.0))
def test_how_high_the_row_in_front_stands_agrees_with_pvlib(tilt: float, cover: float, height: float) -> None:
    assert rows_masking_deg(tilt, cover, height) == pytest.approx(
        float(pvlib.shading.masking_angle(tilt, cover, height)), abs=1e-9
    )


@given(tilt=TILTS, cover=COVERS)
def test_rows_take_of_the_sky_what_pvlib_says_as_a_mean_over_their_height(tilt: float, cover: float) -> None:
    angles = pvlib.shading.masking_angle(tilt, cover, np.linspace(0.0, 1.0, 2001))
    lost = float(np.mean(pvlib.shading.sky_diffuse_passias(angles)))
    assert rows_sky_kept(tilt, cover) == pytest.approx(1.0 - lost, abs=2e-4)


def test_a_horizon_goes_in_straight_lines_all_around() -> None:
    points = ((90.0, 10.0), (180.0, 0.0), (270.0, 30.0))
    for azimuth, expected in [
        (90.0, 10.0),
        (135.0, 5.0),
        (225.0, 15.0),
        (0.0, 20.0),
        (360.0, 20.0),
        (45.0, 15.0),
    ]:
        assert horizon_deg(points, azimuth) == pytest.approx(expected)
    assert horizon_deg(((100.0, 7.0),), 300.0) == 7.0


@given(st.floats(0.0, 80.0))
def test_an_even_horizon_takes_the_square_of_its_sine_from_a_flat_plane(elevation: float) -> None:
    assert horizon_sky_kept(((0.0, elevation),), 0.0, 180.0) == pytest.approx(
        1.0 - math.sin(math.radians(elevation)) ** 2, abs=2e-3
    )


def test_without_a_horizon_all_of_the_sky_is_left_and_one_behind_a_plane_takes_less() -> None:
    assert horizon_sky_kept(((0.0, 0.0),), 40.0, 180.0) == 1.0
    behind = horizon_sky_kept(((0.0, 30.0), (90.0, 0.0), (270.0, 0.0)), 40.0, 180.0)
    before = horizon_sky_kept(((90.0, 0.0), (180.0, 30.0), (270.0, 0.0)), 40.0, 180.0)
    assert before < behind < 1.0
