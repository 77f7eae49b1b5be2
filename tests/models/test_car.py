"""The battery of an electric car: its taper, its heat, its curve."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import data_file

from doppelgrid.models.electric_car import (
    CURVE_LENGTH,
    FINAL_RATE_PER_H,
    constant_voltage_soc,
    constant_voltage_w,
    curve_w,
    logarithmic_mean,
    stored_w,
    terminal_w,
)
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.inputs.sessions.cars import car_preset, car_preset_names, check_car

CAR = car_preset("compact-58kwh")


@given(st.floats(0.0, 300e3), st.floats(5e3, 120e3), st.floats(0.0, 0.2))
def test_what_is_stored_and_the_heat_make_up_the_terminal_power(
    power_w: float, capacity_wh: float, loss: float
) -> None:
    stored = stored_w(power_w, capacity_wh, loss)
    assert 0.0 <= stored <= power_w
    assert terminal_w(stored, capacity_wh, loss) == pytest.approx(power_w, rel=1e-12)


def test_heat_is_the_stated_share_at_1c() -> None:
    assert terminal_w(60e3, 60e3, 0.03) == pytest.approx(1.03 * 60e3)


@given(st.floats(0.0, 1.0))
def test_the_voltage_limit_and_its_inverse_agree(soc: float) -> None:
    power_w = constant_voltage_w(soc, 58e3, 300.0)
    assert constant_voltage_soc(power_w, 58e3, 300.0) == pytest.approx(soc, abs=1e-12)


def test_a_full_car_takes_the_final_rate() -> None:
    assert constant_voltage_w(1.0, 58e3, 300.0) == FINAL_RATE_PER_H * 58e3


@given(st.floats(1e3, 1e5), st.floats(1e3, 1e5))
def test_the_logarithmic_mean_takes_as_long_as_the_falling_power(one: float, other: float) -> None:
    mean = logarithmic_mean(one, other)
    assert min(one, other) <= mean * (1.0 + 1e-12)
    assert mean <= max(one, other) * (1.0 + 1e-12)
    parts = 2000
    powers = [one + (other - one) * (part + 0.5) / parts for part in range(parts)]
    assert 1.0 / mean == pytest.approx(sum(1.0 / power for power in powers) / parts, rel=1e-3)


def test_curves_laid_end_to_end_are_told_apart() -> None:
    curves_w = (1.0,) * CURVE_LENGTH + tuple(float(entry) for entry in range(CURVE_LENGTH))
    assert curve_w(curves_w, 0, 0.5) == 1.0
    assert curve_w(curves_w, 1, 0.525) == pytest.approx(10.5)
    assert curve_w(curves_w, 1, 2.0) == 20.0
    assert curve_w(curves_w, 2, 0.5) == 0.0
    assert curve_w(curves_w, -1, 0.5) == 0.0


@pytest.mark.measured
def test_the_current_of_a_cell_at_constant_voltage_falls_evenly_with_what_is_missing() -> None:
    """The preset's time constant is that of ten charges of one cell, to a tenth; the line misses by 0.4 A of 15 A."""
    import pandas as pd

    slopes_s = []
    for name in ("discharge_1C", "discharge_3C"):
        log = pd.read_csv(data_file("cell_nissan_leaf", f"{name}.csv.gz"))
        for _, cycle in log[log["mode"] == "CHRG"].groupby("cycle"):
            held = cycle[cycle.voltage_v > cycle.voltage_v.max() - 0.003]
            amperes, seconds = held.current_a.tolist(), held.time_s.tolist()
            missing_as = [0.0]
            for later in range(len(amperes) - 1, 0, -1):
                mean_a = 0.5 * (amperes[later] + amperes[later - 1])
                missing_as.append(missing_as[-1] + mean_a * (seconds[later] - seconds[later - 1]))
            missing_as.reverse()
            x, y = sum(missing_as) / len(amperes), sum(amperes) / len(amperes)
            slope = sum((a - x) * (b - y) for a, b in zip(missing_as, amperes, strict=True)) / sum(
                (a - x) ** 2 for a in missing_as
            )
            misses = [b - y - slope * (a - x) for a, b in zip(missing_as, amperes, strict=True)]
            assert math.sqrt(sum(miss * miss for miss in misses) / len(misses)) < 0.4
            slopes_s.append(1.0 / slope)
    assert len(slopes_s) == 10
    assert sum(slopes_s) / 10 == pytest.approx(CAR.cv_time_constant_s, rel=0.1)


@pytest.mark.parametrize(
    ("name", "power_w", "loss"),
    [
        ("compact-58kwh", 2300.0, 0.136),
        ("compact-58kwh", 11e3, 0.09),
        ("saloon-50kwh", 2300.0, 0.152),
        ("saloon-50kwh", 11e3, 0.077),
        ("small-52kwh", 2300.0, 0.242),
        ("small-52kwh", 11e3, 0.097),
    ],
)
def test_losses_on_alternating_current_are_those_that_adac_measured(
    name: str, power_w: float, loss: float
) -> None:
    car = car_preset(name)
    battery_w = (power_w - car.electronics_w) * (1.0 - car.onboard_loss)
    stored = stored_w(battery_w, car.capacity_wh, car.loss_at_1c)
    assert 1.0 - stored / power_w == pytest.approx(loss, abs=0.001)


@pytest.mark.parametrize("name", car_preset_names())
def test_presets_keep_to_their_ranges(name: str) -> None:
    check_car(car_preset(name))


def test_a_car_that_cannot_exist_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"electronics_w is -1 W; accepted: 0..1000 W"):
        check_car(CAR._replace(electronics_w=-1.0))
    with pytest.raises(ParameterError, match=r"dc_curve_w is a table of 2; accepted: 21"):
        check_car(CAR._replace(dc_curve_w=(1.0, 1.0)))
    with pytest.raises(ValueError, match=r"did you mean 'compact-58kwh'\?"):
        car_preset("compact-58kw")


def test_the_logarithmic_mean_of_small_powers_is_small_and_of_none_is_none() -> None:
    assert logarithmic_mean(0.5, 0.25) == pytest.approx(0.25 / math.log(2.0))
    assert logarithmic_mean(0.5, 0.0) == 0.0
