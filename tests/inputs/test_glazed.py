"""Recorded irradiance of a pyranometer behind the glass of modules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pvlib
import pytest

from doppelgrid.models.pv_glass import sky_kept
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.inputs.build import InputSetting, build_signal
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.profiles.clear_sky import clear_sky_irradiance
from doppelgrid.sim.inputs.profiles.glazed import Glazed
from doppelgrid.sim.inputs.signal import Constant
from doppelgrid.sim.inputs.specs import IrradianceFile

PLACE = Location(latitude=35.05, longitude=-106.54, altitude=1663.0, timezone="Etc/GMT+7")
PLANE = (35.0, 180.0)
HOURS = [8, 9, 10, 12, 14, 16]


def instant(hour: int, minute: int = 2) -> int:
    return to_us(datetime(2015, 11, 11, hour + 7, minute, 30, tzinfo=UTC))


def clear(hour: int) -> float:
    return float(clear_sky_irradiance(np.array([instant(hour)]), PLACE, *PLANE)[0])


@pytest.mark.parametrize("hour", HOURS)
def test_under_a_clear_sky_glass_takes_what_pvlib_says_of_the_beam_and_of_the_sky(hour: int) -> None:
    value = clear(hour)
    kept = Glazed(Constant(value), PLACE, PLANE).at(instant(hour)) / value
    sun = pvlib.solarposition.get_solarposition(
        np.array([instant(hour)]).astype("datetime64[us]"), PLACE.latitude, PLACE.longitude
    )
    incidence = float(pvlib.irradiance.aoi(*PLANE, sun["apparent_zenith"].iloc[0], sun["azimuth"].iloc[0]))
    beam = float(pvlib.iam.physical(incidence, n=1.526, K=4.0, L=0.002))
    # Nearly all light is beam; that of the sky loses some four percent at any hour.
    assert min(beam, sky_kept(PLANE[0])) - 0.01 <= kept <= max(beam, sky_kept(PLANE[0])) + 0.01
    assert kept == pytest.approx(beam, abs=0.035)


def test_at_a_flat_angle_the_glass_takes_more() -> None:
    kept = [Glazed(Constant(clear(hour)), PLACE, PLANE).at(instant(hour)) / clear(hour) for hour in HOURS]
    assert kept[0] < kept[1] < kept[3]
    assert kept[3] > 0.98
    assert kept[5] < 0.96


@pytest.mark.parametrize("share", [0.2, 0.1, 0.05, 0.001])
def test_weak_light_is_that_of_the_sky_at_any_hour(share: float) -> None:
    for hour in HOURS:
        value = share * clear(hour)
        kept = Glazed(Constant(value), PLACE, PLANE).at(instant(hour)) / value
        assert kept == pytest.approx(sky_kept(PLANE[0]), abs=0.01)


def test_in_the_dark_a_recording_stays_as_it_is() -> None:
    for value in (0.0, -3.0):
        assert Glazed(Constant(value), PLACE, PLANE).at(instant(2)) == value
    assert 0.0 < Glazed(Constant(0.4), PLACE, PLANE).at(instant(2)) <= 0.4


def test_a_value_holds_for_five_minutes_at_most() -> None:
    assert Glazed(Constant(500.0), PLACE, PLANE).until(instant(12, 2)) == instant(12, 5) - 30_000_000


@pytest.mark.parametrize(("keys", "is_less"), [({"measured_by": "pyranometer"}, True), ({}, False)])
def test_a_recording_is_taken_as_that_of_a_cell_unless_a_pyranometer_made_it(
    tmp_path: Path, keys: dict[str, str], is_less: bool
) -> None:
    (tmp_path / "sun.csv").write_text("time,g\n2015-11-11T00:00-07:00,500\n2015-11-12T00:00-07:00,500\n")
    spec = IrradianceFile.model_validate({"file": "sun.csv", **keys})
    where = InputSetting(PLACE, tmp_path, instant(9), 1, "roof", "irradiance", PLANE, is_glazed=True)
    assert (build_signal(spec, where).at(instant(16)) < 500.0) == is_less
    sensor = InputSetting(PLACE, tmp_path, instant(9), 1, "site", "irradiance", PLANE)
    assert build_signal(spec, sensor).at(instant(16)) == 500.0
