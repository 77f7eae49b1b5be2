"""The grid's frequency and voltages over time: the same whenever they are looked at, with the wanted statistics."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from doppelgrid.models.ac import ThreePhase
from doppelgrid.sim.components.grid_connection_point import (
    FrequencyInput,
    GridVoltage,
    frequency_signal,
    voltage_signals,
)
from doppelgrid.sim.inputs.build import InputSetting
from doppelgrid.sim.inputs.grid.frequency import (
    Area,
    Trading,
    VoltageNoise,
    frequency_process,
    voltage_processes,
)
from doppelgrid.sim.inputs.grid.presets import area_preset
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.signal import Signal

pytestmark = pytest.mark.lengthy

SECOND_US = 1_000_000
Us = Callable[[str], int]
EUROPE = area_preset("continental-europe")


def europe(*, key: str = "1/grid/frequency", interval_s: float = 1.0, area: Area = EUROPE) -> Signal:
    return frequency_process(area, interval_s=interval_s, key=key)


def surroundings(us: Us, directory: Path = Path()) -> InputSetting:
    place = Location(latitude=52.52, longitude=13.4, timezone="Europe/Berlin")
    return InputSetting(place, directory, us("2026-06-15T00:00:00+02:00"), 1, "grid", "frequency")


def series(signal: Signal, begin_us: int, count: int, step_us: int = SECOND_US) -> list[float]:
    return [signal.at(begin_us + number * step_us) for number in range(count)]


def test_a_value_does_not_depend_on_what_was_asked_before(us: Us) -> None:
    begin_us = us("2026-06-15T09:59:00Z")
    fresh = series(europe(), begin_us, 120)
    used = europe()
    for hours in (-30, 5, 400, -2, 0):
        used.at(begin_us + hours * 3600 * SECOND_US)
    assert series(used, begin_us, 120) == fresh
    assert [europe().at(begin_us + number * SECOND_US) for number in (119, 3, 60)] == [
        fresh[i] for i in (119, 3, 60)
    ]


def test_values_hold_until_the_next_breakpoint(us: Us) -> None:
    signal, time_us = europe(), us("2026-06-15T10:00:00Z") + 250_000
    assert signal.until(time_us) == us("2026-06-15T10:00:01Z")
    assert signal.at(time_us) == signal.at(us("2026-06-15T10:00:00Z"))


def test_nothing_jumps_where_a_block_ends(us: Us) -> None:
    values = series(europe(), us("2026-06-15T09:58:00Z"), 240)
    assert max(abs(later - earlier) for earlier, later in pairwise(values)) < 0.008


def test_grids_of_other_seeds_differ(us: Us) -> None:
    begin_us = us("2026-06-15T10:00:00Z")
    assert series(europe(), begin_us, 10) != series(europe(key="2/grid/frequency"), begin_us, 10)


@pytest.mark.parametrize("interval_s", [1.0, 10.0, 60.0])
def test_the_deviation_does_not_depend_on_the_interval(us: Us, interval_s: float) -> None:
    step_us = round(interval_s * SECOND_US)
    calm = EUROPE._replace(trading=Trading())
    values = series(europe(area=calm, interval_s=interval_s), us("2026-06-01T00:00:00Z"), 20_000, step_us)
    deviation_hz = math.sqrt(sum((value - 50.0) ** 2 for value in values) / len(values))
    if interval_s >= 10.0:  # 20,000 s are some fifty times the slowest time constant
        assert deviation_hz == pytest.approx(math.hypot(0.0161, 0.0069), rel=0.08)
    assert deviation_hz < 0.03


@pytest.mark.slow
@pytest.mark.lengthy
def test_schedules_throw_the_frequency_at_full_hours(us: Us) -> None:
    """The evening's falling load: the frequency dips after the hour, on many days alike."""
    dips = []
    for day in range(1, 21):
        hour_us = us(f"2026-06-{day:02d}T23:00:00+02:00")
        after = sum(series(europe(), hour_us + 60 * SECOND_US, 120)) / 120.0
        dips.append(after - sum(series(europe(), hour_us - 600 * SECOND_US, 120)) / 120.0)
    assert sum(dips) / len(dips) == pytest.approx(-0.043, abs=0.02)


def test_a_resolution_rounds_the_values(us: Us) -> None:
    area = EUROPE._replace(resolution_hz=0.01)
    for value in series(europe(area=area), us("2026-06-15T10:00:00Z"), 50):
        assert value == pytest.approx(round(value, 2), abs=1e-12)


def test_a_site_file_names_the_process(us: Us) -> None:
    spec = TypeAdapter(FrequencyInput).validate_python({"profile": "continental-europe", "interval": "1 s"})
    begin_us = us("2026-06-15T10:00:00Z")
    assert series(frequency_signal(spec, surroundings(us)), begin_us, 5) == series(europe(), begin_us, 5)
    constant = TypeAdapter(FrequencyInput).validate_python("50 Hz")
    assert frequency_signal(constant, surroundings(us)).at(begin_us) == 50.0


def test_a_recording_drives_the_frequency(us: Us, tmp_path: Path) -> None:
    text = "utc,f\n2026-06-15T00:00:00+02:00,49990\n2026-06-15T00:00:01+02:00,50010\n"
    (tmp_path / "f.csv").write_text(text)
    spec = TypeAdapter(FrequencyInput).validate_python({"file": "f.csv", "unit": "mHz"})
    signal = frequency_signal(spec, surroundings(us, tmp_path))
    assert series(signal, us("2026-06-15T00:00:00+02:00"), 3) == pytest.approx([49.99, 50.01, 50.01])


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        ({"profile": "mars"}, "continental-europe"),
        ({"profile": "continental-europe", "interval": "0 s"}, "0.1 s..3600 s"),
        ({"file": "f.csv", "unit": "rpm"}, "Hz, mHz"),
        ("-50 Hz", "> 0 Hz"),
    ],
)
def test_wrong_inputs_say_what_is_accepted(written: object, accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        TypeAdapter(FrequencyInput).validate_python(written)


def unbalance(l1_v: float, l2_v: float, l3_v: float) -> float:
    """Return the negative over the positive sequence component; EN 50160 limits it to 2 %."""
    turn = cmath.exp(2j * math.pi / 3.0)
    phasors = (l1_v, l2_v / turn, l3_v * turn)
    negative = abs(phasors[0] + turn**2 * phasors[1] + turn * phasors[2])
    positive = abs(phasors[0] + turn * phasors[1] + turn**2 * phasors[2])
    return negative / positive


def test_voltages_wander_within_the_limits_of_the_standard(us: Us) -> None:
    noise = VoltageNoise(common=0.02, own=0.005)
    signals = voltage_processes(ThreePhase(231.0, 231.0, 231.0), 231.0, noise, interval_s=10.0, key="k")
    begin_us = us("2026-06-15T00:00:00Z")
    phases = [series(signal, begin_us, 8640, 10 * SECOND_US) for signal in signals]
    assert all(0.9 * 231.0 <= value <= 1.1 * 231.0 for phase in phases for value in phase)
    l1 = phases[0]
    mean_v = sum(l1) / len(l1)
    deviation = math.sqrt(sum((value - mean_v) ** 2 for value in l1) / len(l1)) / 231.0
    assert deviation == pytest.approx(math.hypot(0.02, 0.005), rel=0.2)
    unbalances = [unbalance(*values) for values in zip(*phases, strict=True)]
    assert 0.001 < sum(unbalances) / len(unbalances) < 0.01
    assert sorted(unbalances)[int(0.95 * len(unbalances))] < 0.02


def test_without_a_word_on_voltages_they_are_nominal(us: Us) -> None:
    for signal in voltage_signals(None, 400.0, surroundings(us)):
        assert signal.at(0) == pytest.approx(230.94, abs=0.01)


def test_phases_have_voltages_of_their_own(us: Us) -> None:
    spec = GridVoltage.model_validate({"phases": ["229 V", "231 V", "235 V"]})
    assert [signal.at(0) for signal in voltage_signals(spec, 400.0, surroundings(us))] == [
        229.0,
        231.0,
        235.0,
    ]


def test_the_clock_of_the_area_says_when_load_rises(us: Us) -> None:
    """The same pattern an hour earlier by UTC in summer than in winter."""
    only = Trading(daily_hz=0.1, peak_hour=5.0)
    still = EUROPE.params._replace(slow_deviation_hz=0.0, quick_deviation_hz=0.0)
    signal = europe(area=Area(still, only, ZoneInfo("Europe/Berlin")))
    summer, winter = us("2026-07-15T03:03:00Z"), us("2026-01-15T04:03:00Z")
    assert signal.at(summer) == pytest.approx(signal.at(winter), abs=1e-9)
    assert signal.at(summer) > 50.08
