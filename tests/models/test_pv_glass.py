"""Light through the glass of modules, beside pvlib."""

from __future__ import annotations

import math

import pvlib  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.pv_glass import glass_kept, ground_kept, sky_kept

COSINES = st.floats(0.0, 1.0)


@pytest.mark.parametrize("angle_deg", [0.0, 10.0, 30.0, 45.0, 60.0, 75.0, 85.0, 89.0])
def test_glass_lets_through_what_pvlib_says(angle_deg: float) -> None:
    assert glass_kept(math.cos(math.radians(angle_deg))) == pytest.approx(
        float(pvlib.iam.physical(angle_deg)), abs=1e-12
    )


def test_glass_reflects_by_fresnel_and_absorbs_by_bouguer_at_60_degrees() -> None:
    incident = math.radians(60.0)
    refracted = math.asin(math.sin(incident) / 1.526)
    apart, together = incident - refracted, incident + refracted
    reflected = 0.5 * (
        (math.sin(apart) / math.sin(together)) ** 2 + (math.tan(apart) / math.tan(together)) ** 2
    )
    inclined = math.exp(-4.0 * 0.002 / math.cos(refracted)) * (1.0 - reflected)
    straight = math.exp(-4.0 * 0.002) * (1.0 - (0.526 / 2.526) ** 2)
    assert glass_kept(0.5) == pytest.approx(inclined / straight, rel=1e-12)


@pytest.mark.parametrize("tilt_deg", [0.0, 10.0, 30.0, 60.0, 90.0])
def test_diffuse_light_of_the_sky_is_near_the_integral_over_it(tilt_deg: float) -> None:
    assert sky_kept(tilt_deg) == pytest.approx(
        float(pvlib.iam.marion_diffuse("physical", tilt_deg)["sky"]), abs=0.006
    )


@pytest.mark.parametrize("tilt_deg", [15.0, 30.0, 60.0, 90.0])
def test_light_of_the_ground_is_near_the_integral_over_it(tilt_deg: float) -> None:
    assert ground_kept(tilt_deg) == pytest.approx(
        float(pvlib.iam.marion_diffuse("physical", tilt_deg)["ground"]), abs=0.02
    )


def test_light_at_right_angles_is_let_through_whole() -> None:
    assert glass_kept(1.0) == 1.0


@pytest.mark.parametrize("cosine", [0.0, -0.0, -0.3, -1.0])
def test_light_along_the_glass_or_from_behind_is_not_let_through(cosine: float) -> None:
    assert glass_kept(cosine) == 0.0


@given(COSINES, COSINES)
def test_the_share_is_within_0_and_1_and_falls_with_the_angle(one: float, other: float) -> None:
    flatter, straighter = sorted((one, other))
    assert 0.0 <= glass_kept(flatter) <= glass_kept(straighter) + 1e-12 <= 1.0 + 1e-12
