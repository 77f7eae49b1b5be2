"""Meters: classes, wiring mistakes against phasors, windows, registers."""

from __future__ import annotations

import cmath
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_cases.meter import PERFECT
from pydantic import ValidationError

from doppelgrid.models.ac import ThreePhase
from doppelgrid.models.meter import (
    Measured,
    MeterInput,
    MeterNoise,
    MeterParams,
    meter_horizon_s,
    meter_initial_state,
    meter_output,
    meter_reading,
    meter_step,
    meter_window_us,
)
from doppelgrid.sim.components.metering import ERROR_LIMITS, MeterOptions, meter_params, reading_noise

VOLTS = ThreePhase(231.0, 229.0, 233.0)
LOAD = MeterInput(ThreePhase(3000.0, -1000.0, 500.0), ThreePhase(400.0, 100.0, -300.0), VOLTS)


def options(**written: object) -> MeterOptions:
    return MeterOptions.model_validate(written)


def built(**written: object) -> MeterParams:
    return meter_params(options(**written), key="1/main/meter")


def show(params: MeterParams, inp: MeterInput = LOAD) -> tuple[ThreePhase, ThreePhase]:
    output = meter_output(params, meter_initial_state(params, inp), inp)
    return output.active_w, output.reactive_var


def phasors(inp: MeterInput) -> tuple[list[complex], list[complex]]:
    volts = [cmath.rect(v, -2.0 * math.pi * k / 3.0) for k, v in enumerate(inp.voltage_v)]
    powers = [complex(p, q) for p, q in zip(inp.active_w, inp.reactive_var, strict=True)]
    return volts, [(s / v).conjugate() for s, v in zip(powers, volts, strict=True)]


def test_without_options_a_meter_shows_what_is() -> None:
    assert built() == PERFECT
    assert show(built()) == (LOAD.active_w, LOAD.reactive_var)


@pytest.mark.parametrize(
    ("currents", "voltages"),
    [
        (("L2", "L1", "L3"), ("L1", "L2", "L3")),
        (("L2", "L3", "L1"), ("L1", "L2", "L3")),
        (("L1", "-L2", "L3"), ("L1", "L2", "L3")),
        (("L1", "L2", "-L3"), ("L3", "L1", "L2")),
        (("-L3", "L2", "L1"), ("L1", "L3", "L2")),
    ],
)
def test_wiring_mistakes_show_what_the_phasors_say(
    currents: tuple[str, ...], voltages: tuple[str, ...]
) -> None:
    volts, amps = phasors(LOAD)
    active, reactive = show(built(wiring={"currents": currents, "voltages": voltages}))
    for element in range(3):
        i = amps[int(currents[element][-1]) - 1] * (-1.0 if currents[element][0] == "-" else 1.0)
        s = volts[int(voltages[element][-1]) - 1] * i.conjugate()
        assert (active[element], reactive[element]) == pytest.approx((s.real, s.imag), rel=1e-12)


def test_balanced_load_on_rotated_transformers_shows_minus_half() -> None:
    balanced = MeterInput(
        ThreePhase(1e3, 1e3, 1e3), ThreePhase(0.0, 0.0, 0.0), ThreePhase(230.0, 230.0, 230.0)
    )
    active, _ = show(built(wiring={"currents": ["L2", "L3", "L1"]}), balanced)
    assert sum(active) == pytest.approx(-1500.0)


def test_a_missing_transformer_or_terminal_shows_nothing_on_its_phase() -> None:
    assert show(built(wiring={"currents": ["L1", "none", "L3"]}))[0] == (3000.0, 0.0, 500.0)
    assert show(built(wiring={"voltages": ["none", "L2", "L3"]}))[0] == (0.0, -1000.0, 500.0)


def test_a_wrong_ratio_multiplies_powers_and_currents() -> None:
    params = built(wiring={"ratio_factor": 2.0})
    assert show(params)[0] == (6000.0, -2000.0, 1000.0)
    right = meter_output(built(), meter_initial_state(built(), LOAD), LOAD)
    wrong = meter_output(params, meter_initial_state(params, LOAD), LOAD)
    assert wrong.current_a == pytest.approx([2.0 * amps for amps in right.current_a])


@pytest.mark.parametrize("accuracy_class", ERROR_LIMITS)
def test_a_meter_keeps_to_its_class_at_both_power_factors(accuracy_class: str) -> None:
    limits = ERROR_LIMITS[accuracy_class]
    volts, errors = ThreePhase(230.0, 230.0, 230.0), []
    for seed in range(200):
        params = meter_params(options(accuracy_class=accuracy_class), key=f"{seed}/main/meter")
        for tan_phi, limit in ((0.0, limits.unity), (math.sqrt(3.0), limits.half_inductive)):
            for watts in (50.0, 1000.0, 20_000.0):
                inp = MeterInput(ThreePhase(watts, watts, watts), ThreePhase(*[tan_phi * watts] * 3), volts)
                error = max(abs(shown / watts - 1.0) for shown in show(params, inp)[0])
                assert error <= limit
                errors.append(error / limit)
    assert max(errors) > 0.9


def test_errors_belong_to_the_meter_and_its_seed() -> None:
    one, again, other = (
        meter_params(options(accuracy_class=1), key=key) for key in ("1/a/m", "1/a/m", "2/a/m")
    )
    assert one == again
    assert one != other


def test_a_window_shows_the_mean_of_the_last_whole_one() -> None:
    params = built(window="60 s")
    idle = LOAD._replace(active_w=ThreePhase(0.0, 0.0, 0.0), reactive_var=ThreePhase(0.0, 0.0, 0.0))
    state = meter_initial_state(params, idle)
    state, output = meter_step(params, state, LOAD, 45.0)
    assert output.active_w == (0.0, 0.0, 0.0)
    assert meter_horizon_s(params, state, idle) == pytest.approx(15.0)
    state, output = meter_step(params, state, idle, 15.0)
    assert output.active_w == pytest.approx((2250.0, -750.0, 375.0))
    assert output.current_a.l1 == pytest.approx(math.hypot(3000.0, 400.0) / 231.0 * math.sqrt(0.75))


@pytest.mark.parametrize(
    ("window_s", "window_us"),
    [(0.0, 0), (60.0, 60_000_000), (0.1, 100_000), (2.4e-6, 2), (2.6e-6, 3), (900.000_001, 900_000_001)],
)
def test_windows_are_counted_in_whole_microseconds(window_s: float, window_us: int) -> None:
    assert meter_window_us(PERFECT._replace(window_s=window_s)) == window_us


def test_a_quiet_meter_has_no_horizon() -> None:
    params = built(window="60 s")
    state = meter_initial_state(params, LOAD, 17.3)
    for dt_s in (0.1, 3.7, 42.6 - 3.8 + 0.1, 60.0, 123.4):
        state, _ = meter_step(params, state, LOAD, dt_s)
        assert meter_horizon_s(params, state, LOAD) == math.inf


def test_whatever_figure_will_be_another_in_the_next_window_ends_this_one() -> None:
    params = built(window="60 s")
    quiet = meter_initial_state(params, LOAD, 17.0)
    assert meter_horizon_s(params, quiet, LOAD) == math.inf
    for name in Measured._fields:
        for was in ("shown", "sums"):
            held = getattr(quiet, was)
            other = quiet._replace(**{was: held._replace(**{name: 1.001 * getattr(held, name)})})
            assert meter_horizon_s(params, other, LOAD) == pytest.approx(43.0), (was, name)


@given(st.floats(0.0, 300.0), st.floats(0.0, 300.0))
def test_windows_do_not_depend_on_the_steps(first_s: float, second_s: float) -> None:
    params = built(window="15 s")
    inp = LOAD._replace(active_w=ThreePhase(1.0, 2.0, 3.0))
    start = meter_initial_state(params, LOAD, 4.0)
    once, _ = meter_step(params, start, inp, first_s + second_s)
    part, _ = meter_step(params, start, inp, first_s)
    twice, _ = meter_step(params, part, inp, second_s)
    into = abs(twice.into_window_s - once.into_window_s)
    assert min(into, 15.0 - into) == pytest.approx(0.0, abs=1e-6)
    if into < 1.0:
        assert twice.shown == pytest.approx(once.shown, rel=1e-6, abs=1e-6)
    assert twice.consumed_wh == pytest.approx(once.consumed_wh, rel=1e-12)


@pytest.mark.parametrize(
    ("registers", "consumed_wh", "delivered_wh"),
    [("sum-of-phases", 2500.0, 0.0), ("each-phase", 3500.0, 1000.0), ("runs-backwards", 2500.0, 0.0)],
)
def test_registers_set_phases_off_or_do_not(registers: str, consumed_wh: float, delivered_wh: float) -> None:
    params = built(registers=registers)
    _, output = meter_step(params, meter_initial_state(params, LOAD), LOAD, 3600.0)
    assert (output.consumed_wh, output.delivered_wh) == pytest.approx((consumed_wh, delivered_wh))


def test_a_register_without_a_ratchet_is_turned_back() -> None:
    params = built(registers="runs-backwards")
    state, _ = meter_step(params, meter_initial_state(params, LOAD), LOAD, 3600.0)
    feeding = LOAD._replace(active_w=ThreePhase(-4000.0, 0.0, 0.0))
    _, output = meter_step(params, state, feeding, 3600.0)
    assert output.consumed_wh == pytest.approx(-1500.0)


def test_what_is_shown_has_the_resolution_of_the_display() -> None:
    params = built(
        power_resolution="100 W",
        voltage_resolution="1 V",
        current_resolution="0.1 A",
        register_resolution="10 Wh",
    )
    inp = LOAD._replace(active_w=ThreePhase(3040.0, -1060.0, 551.0))
    _, output = meter_step(params, meter_initial_state(params, inp), inp, 100.0)
    assert output.active_w == (3000.0, -1100.0, 600.0)
    assert output.current_a.l1 == pytest.approx(13.3)
    assert output.consumed_wh == 70.0


def test_less_than_the_starting_current_counts_as_none() -> None:
    params = built(starting_current="20 mA")
    inp = LOAD._replace(active_w=ThreePhase(4.0, 3000.0, 0.0), reactive_var=ThreePhase(0.0, 0.0, 0.0))
    assert show(params, inp)[0] == (0.0, 3000.0, 0.0)


def test_an_element_without_voltage_current_or_terminal_shows_nothing_of_them() -> None:
    dead = LOAD._replace(voltage_v=ThreePhase(0.0, 229.0, 233.0))
    shown = meter_output(built(), meter_initial_state(built(), dead), dead)
    assert shown.active_w == (0.0, -1000.0, 500.0)
    assert shown.reactive_var == (0.0, 100.0, -300.0)
    assert shown.voltage_v == (0.0, 229.0, 233.0)
    assert shown.current_a.l1 == 0.0
    slow = built(starting_current="10 A")
    weak = meter_output(slow, meter_initial_state(slow, LOAD), LOAD)
    assert weak.active_w == (3000.0, 0.0, 0.0)
    assert weak.reactive_var == (400.0, 0.0, 0.0)
    assert weak.voltage_v == VOLTS
    assert weak.current_a[1:] == (0.0, 0.0)
    loose = built(wiring={"voltages": ["none", "L2", "L3"]})
    blind = meter_output(loose, meter_initial_state(loose, LOAD), LOAD)
    assert (blind.active_w.l1, blind.reactive_var.l1, blind.voltage_v.l1) == (0.0, 0.0, 0.0)
    assert blind.current_a.l1 == pytest.approx(math.hypot(3000.0, 400.0) / 231.0)
    assert meter_output(loose, meter_initial_state(loose, dead), dead).voltage_v == (0.0, 229.0, 233.0)


def test_just_the_starting_current_counts() -> None:
    params = PERFECT._replace(starting_current_a=2.0)
    for watts, shown in ((460.0, 460.0), (459.9, 0.0)):
        inp = MeterInput(
            ThreePhase(watts, 0.0, 0.0), ThreePhase(0.0, 0.0, 0.0), ThreePhase(230.0, 230.0, 230.0)
        )
        assert meter_output(params, meter_initial_state(params, inp), inp).active_power_w == shown


def test_gain_and_angle_errors_turn_and_stretch_each_element_by_itself() -> None:
    params = PERFECT._replace(
        gain_errors=(0.01, -0.02, 0.03), angle_errors_rad=(0.0, 0.1, -0.2), ratio_factors=(1.0, 2.0, 1.0)
    )
    shown = meter_output(params, meter_initial_state(params, LOAD), LOAD)
    for number, (gain, angle) in enumerate(((1.01, 0.0), (1.96, 0.1), (1.03, -0.2))):
        power = complex(LOAD.active_w[number], LOAD.reactive_var[number]) * cmath.rect(gain, -angle)
        assert (shown.active_w[number], shown.reactive_var[number]) == pytest.approx((power.real, power.imag))
        amperes = abs(power) / VOLTS[number]
        assert shown.current_a[number] == pytest.approx(amperes)
    assert shown.active_power_w == pytest.approx(sum(shown.active_w))
    assert shown.reactive_power_var == pytest.approx(sum(shown.reactive_var))


def test_every_figure_of_a_window_is_the_mean_of_its_parts() -> None:
    """A third of the window with one load, two thirds with another; currents by their mean square."""
    params = built(window="30 s")
    other = MeterInput(
        ThreePhase(-900.0, 600.0, 0.0), ThreePhase(50.0, -60.0, 70.0), ThreePhase(240.0, 220.0, 230.0)
    )
    state, _ = meter_step(params, meter_initial_state(params, LOAD), LOAD, 10.0)
    state, output = meter_step(params, state, other, 20.0)
    assert state.into_window_s == pytest.approx(0.0, abs=1e-9)
    for name in ("active_w", "reactive_var", "voltage_v"):
        first, second = getattr(LOAD, name), getattr(other, name)
        expected = [one / 3.0 + 2.0 * two / 3.0 for one, two in zip(first, second, strict=True)]
        assert getattr(output, name) == pytest.approx(expected), name
    for number in range(3):
        squares = [
            (each.active_w[number] ** 2 + each.reactive_var[number] ** 2) / each.voltage_v[number] ** 2
            for each in (LOAD, other)
        ]
        assert output.current_a[number] == pytest.approx(math.sqrt(squares[0] / 3.0 + 2.0 * squares[1] / 3.0))


@pytest.mark.parametrize(
    ("dt_s", "into_s", "shows_new"),
    [(29.9, 29.9, 0.0), (30.0, 0.0, 1.0), (59.0, 29.0, 1.0), (75.0, 15.0, 1.0)],
)
def test_a_step_ends_as_far_into_a_window_as_it_is_longer_than_whole_ones(
    dt_s: float, into_s: float, shows_new: float
) -> None:
    params = built(window="30 s")
    idle = LOAD._replace(active_w=ThreePhase(0.0, 0.0, 0.0), reactive_var=ThreePhase(0.0, 0.0, 0.0))
    state, output = meter_step(params, meter_initial_state(params, idle), LOAD, dt_s)
    assert state.into_window_s == pytest.approx(into_s, abs=1e-9)
    assert state.sums.p1_w == pytest.approx(3000.0 * into_s, abs=1e-6)
    assert output.active_w.l1 == pytest.approx(3000.0 * shows_new)
    assert meter_horizon_s(params, state, idle) == pytest.approx(30.0 - into_s)


def test_noise_is_of_the_reading_and_not_in_the_registers() -> None:
    params = built()
    state = meter_initial_state(params, LOAD)
    output = meter_reading(params, state, LOAD, MeterNoise(0.01, 0.0, -0.01))
    assert output.active_w == pytest.approx((3030.0, -1000.0, 495.0))
    assert output.consumed_wh == 0.0


def test_the_noise_of_a_reading_depends_on_its_number_alone() -> None:
    noise = [reading_noise(0.01, "1/main/meter-noise", number) for number in range(2000)]
    assert noise[7] == reading_noise(0.01, "1/main/meter-noise", 7)
    spread = math.sqrt(sum(value**2 for each in noise for value in each) / 6000.0)
    assert spread == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        ({"accuracy_class": "3"}, "0.1S"),
        ({"wiring": {"currents": ["L1", "L2", "L4"]}}, "L1, L2, L3 or none"),
        ({"wiring": {"currents": ["L1", "-none", "L3"]}}, "turns its current transformer round"),
        ({"registers": "both"}, "each-phase"),
        ({"window": "-1 s"}, "0 s..86400 s"),
        ({"window": "1e9 s"}, "0 s..86400 s"),
        ({"window": "10 ms"}, "0 s for none, or at least 0.02 s"),
        ({"power_resolution": "1e-300 W"}, "1e-06 W..1000 kW"),
        ({"noise": "50 %"}, "0 %..10 %"),
    ],
)
def test_wrong_options_say_what_is_accepted(written: dict[str, object], accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        options(**written)
