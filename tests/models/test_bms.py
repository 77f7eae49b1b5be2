"""A battery management system trips in time, latches, precharges by the book and balances its cells."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
from model_cases.bms import PACKS

from doppelgrid.models.bms import (
    NO_TRIP,
    RELAYS_CLOSED,
    RELAYS_CLOSING,
    RELAYS_OPEN,
    RELAYS_OPENING,
    RELAYS_PRECHARGING,
    TRIP_OVERCURRENT_CHARGING,
    TRIP_OVERCURRENT_DISCHARGING,
    TRIP_OVERTEMPERATURE,
    TRIP_OVERTEMPERATURE_CHARGING,
    TRIP_OVERVOLTAGE,
    TRIP_PRECHARGE,
    TRIP_UNDERTEMPERATURE_CHARGING,
    TRIP_UNDERVOLTAGE,
    TRIPS,
    WARNING_IMBALANCE,
    WARNINGS,
    BmsInput,
    BmsParams,
    BmsState,
    bms_horizon_s,
    bms_initial_state,
    bms_output,
    bms_step,
    bms_temperature_horizon_s,
    bms_voltage_horizon_s,
    check_bms,
)
from doppelgrid.models.circuit import ThermalBody, temperature_after
from doppelgrid.models.parameter import ParameterError, check_parameters
from doppelgrid.sim.components.battery import battery_preset, cells_in_series
from doppelgrid.sim.components.battery_management import bms_preset, bms_preset_names

BATTERY = battery_preset("lfp-92kwh")
PARAMS = bms_preset("lfp", BATTERY, cells_in_series("lfp-92kwh"))
PACK_V = 740.0
WELL = BmsInput(PACK_V, 0.0, 25.0, 0.5, RELAYS_CLOSED, 0, 0.0)
CLOSED = bms_initial_state(PARAMS, RELAYS_CLOSED, PACK_V, 0.0)
OPEN = bms_initial_state(PARAMS, RELAYS_OPEN, PACK_V, 0.0)
LIFETIME_S = 1e9


class Cause(NamedTuple):
    """Something that trips a protection, and what it has to come back to."""

    code: int
    inp: BmsInput
    released: BmsInput
    delay_s: float


CAUSES = [
    Cause(
        TRIP_OVERVOLTAGE,
        WELL._replace(voltage_v=224 * 3.76),
        WELL._replace(voltage_v=224 * 3.54),
        PARAMS.overvoltage.delay_s,
    ),
    Cause(
        TRIP_UNDERVOLTAGE,
        WELL._replace(voltage_v=224 * 2.1),
        WELL._replace(voltage_v=224 * 2.8),
        PARAMS.undervoltage.delay_s,
    ),
    Cause(TRIP_OVERCURRENT_CHARGING, WELL._replace(current_a=150.0), WELL, 10.0),
    Cause(TRIP_OVERCURRENT_DISCHARGING, WELL._replace(current_a=-150.0), WELL, 10.0),
    Cause(
        TRIP_OVERTEMPERATURE_CHARGING,
        WELL._replace(current_a=10.0, temperature_c=61.5),
        WELL._replace(temperature_c=54.0),
        5.0,
    ),
    Cause(TRIP_OVERTEMPERATURE, WELL._replace(temperature_c=66.0), WELL._replace(temperature_c=54.0), 5.0),
    Cause(
        TRIP_UNDERTEMPERATURE_CHARGING,
        WELL._replace(current_a=10.0, temperature_c=-6.0),
        WELL._replace(temperature_c=0.5),
        5.0,
    ),
]


MOMENT_S = 1e-6


def after(state: BmsState, inp: BmsInput, dt_s: float) -> BmsState:
    """Return the state after a step."""
    return bms_step(PARAMS, state, inp, dt_s)[0]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: TRIPS[cause.code][1])
def test_each_protection_trips_exactly_after_its_delay(cause: Cause) -> None:
    assert bms_horizon_s(PARAMS, CLOSED, cause.inp) == pytest.approx(cause.delay_s)
    early = after(CLOSED, cause.inp, cause.delay_s - 1e-3)
    assert (early.trip, early.relays) == (NO_TRIP, RELAYS_CLOSED)
    late = after(CLOSED, cause.inp, cause.delay_s)
    assert (late.trip, late.relays) == (cause.code, RELAYS_OPENING)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: TRIPS[cause.code][1])
def test_a_threshold_exceeded_for_less_than_the_delay_does_not_trip(cause: Cause) -> None:
    state = after(CLOSED, cause.inp, 0.9 * cause.delay_s)
    state = after(state, WELL, 0.1)
    state = after(state, cause.inp, 0.9 * cause.delay_s)
    assert state.trip == NO_TRIP


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: TRIPS[cause.code][1])
def test_a_trip_clears_only_by_acknowledging_once_its_cause_has_gone(cause: Cause) -> None:
    tripped = after(CLOSED, cause.inp, 60.0)
    assert (tripped.trip, tripped.relays) == (cause.code, RELAYS_OPEN)
    assert after(tripped, cause.released, 3600.0).trip == cause.code
    assert after(tripped, cause.inp._replace(acknowledge=1), 1.0).trip == cause.code
    cleared = after(tripped, cause.released._replace(acknowledge=1, wanted_relays=RELAYS_OPEN), MOMENT_S)
    assert (cleared.trip, cleared.relays) == (NO_TRIP, RELAYS_OPEN)


def test_a_pack_must_cool_to_its_release_temperature_before_it_can_be_acknowledged() -> None:
    tripped = after(CLOSED, WELL._replace(temperature_c=66.0), 60.0)
    warm = WELL._replace(temperature_c=PARAMS.overtemperature.release + 0.1, acknowledge=1)
    assert after(tripped, warm, 10.0).trip == TRIP_OVERTEMPERATURE
    cool = warm._replace(temperature_c=PARAMS.overtemperature.release)
    assert after(tripped, cool, MOMENT_S).trip == NO_TRIP


def test_a_cleared_pack_starts_again_through_the_precharge() -> None:
    tripped = after(CLOSED, WELL._replace(temperature_c=66.0), 60.0)
    state = after(tripped, WELL._replace(acknowledge=1), MOMENT_S)
    assert state.relays == RELAYS_PRECHARGING
    assert after(state, WELL, 10.0).relays == RELAYS_CLOSED


def test_heat_and_cold_that_only_forbid_charging_do_not_trip_a_discharging_pack() -> None:
    for celsius in (62.0, -20.0):
        assert after(CLOSED, WELL._replace(current_a=-20.0, temperature_c=celsius), 3600.0).trip == NO_TRIP


def test_warnings_come_before_trips_and_stay_until_their_own_release() -> None:
    protection = PARAMS.overtemperature
    warned = after(CLOSED, WELL._replace(temperature_c=protection.warning), MOMENT_S)
    assert warned.warnings == 1 << (TRIP_OVERTEMPERATURE - 1)
    assert warned.trip == NO_TRIP
    held = after(warned, WELL._replace(temperature_c=protection.warning_release + 0.1), 10.0)
    assert held.warnings == 1 << (TRIP_OVERTEMPERATURE - 1)
    assert after(held, WELL._replace(temperature_c=protection.warning_release), MOMENT_S).warnings == 0


def test_precharge_follows_the_closed_form_of_resistor_and_capacitor() -> None:
    link = PARAMS.link
    bleed = 1.0 + link.precharge_resistance_ohm / link.discharge_resistance_ohm
    time_constant_s = link.precharge_resistance_ohm * link.capacitance_f / bleed
    ready_s = time_constant_s * math.log(1.0 / (1.0 - 0.95 * bleed))
    assert bms_horizon_s(PARAMS, OPEN, WELL) == pytest.approx(ready_s)
    half = bms_output(PARAMS, after(OPEN, WELL, 0.5), WELL)
    assert half.relays == RELAYS_PRECHARGING
    assert half.link_voltage_v == pytest.approx(PACK_V / bleed * -math.expm1(-0.5 / time_constant_s))
    ready = after(OPEN, WELL, ready_s)
    assert ready.relays == RELAYS_CLOSING
    assert ready.link_voltage_v == pytest.approx(0.95 * PACK_V)
    closed = bms_output(PARAMS, after(ready, WELL, PARAMS.relay_s), WELL)
    assert (closed.relays, closed.link_voltage_v) == (RELAYS_CLOSED, PACK_V)


def test_precharging_an_ideal_link_loses_as_much_as_it_stores() -> None:
    """The textbook result, here with a bleeder too weak to count and the last step as a jump."""
    params = PARAMS._replace(link=PARAMS.link._replace(discharge_resistance_ohm=1e12))
    state, output = bms_step(params, OPEN, WELL, 10.0)
    assert state.link_voltage_v == pytest.approx(PACK_V)
    stored_j = 0.5 * params.link.capacitance_f * PACK_V**2
    assert output.link_loss_w * 10.0 == pytest.approx(stored_j)
    assert output.link_power_w * 10.0 == pytest.approx(2.0 * stored_j)


def test_a_link_that_is_still_charged_is_closed_without_precharging() -> None:
    charged = OPEN._replace(link_voltage_v=0.99 * PACK_V)
    assert bms_output(PARAMS, charged, WELL).relays == RELAYS_CLOSING
    assert after(charged, WELL, PARAMS.relay_s).relays == RELAYS_CLOSED


def test_a_loaded_link_that_does_not_rise_times_out() -> None:
    shorted = WELL._replace(link_load_s=1.0)
    state = after(OPEN, shorted, PARAMS.precharge_timeout_s - 0.01)
    assert (state.trip, state.relays) == (NO_TRIP, RELAYS_PRECHARGING)
    state = after(state, shorted, 1.0)
    assert (state.trip, state.relays) == (TRIP_PRECHARGE, RELAYS_OPEN)
    assert state.link_voltage_v < 10.0


def test_the_relays_open_on_command_and_the_bleeder_empties_the_link() -> None:
    stop = WELL._replace(wanted_relays=RELAYS_OPEN)
    assert after(CLOSED, stop, MOMENT_S).relays == RELAYS_OPENING
    opened = after(CLOSED, stop, PARAMS.relay_s)
    assert opened.relays == RELAYS_OPEN
    assert after(opened, stop, 60.0).link_voltage_v == pytest.approx(opened.link_voltage_v / math.e, rel=1e-6)


def test_a_long_step_ends_where_many_short_ones_do() -> None:
    hot = WELL._replace(current_a=40.0, temperature_c=61.5, soc=0.97)
    for start in (OPEN, CLOSED):
        long, _ = bms_step(PARAMS, start, hot, 60.0)
        short = start
        for _ in range(600):
            short, _ = bms_step(PARAMS, short, hot, 0.1)
        assert short == pytest.approx(long, abs=1e-9)


def test_a_quiet_year_is_a_single_horizon() -> None:
    quiet = PARAMS._replace(balance=PARAMS.balance._replace(spread_per_day=0.0))
    assert math.isinf(bms_horizon_s(quiet, CLOSED, WELL))


def test_cells_drift_apart_with_use_and_time() -> None:
    day = after(CLOSED, WELL, 86400.0)
    assert day.spread == pytest.approx(PARAMS.balance.spread_per_day)
    cycling = WELL._replace(current_a=PARAMS.balance.charge_capacity_ah / 2.0)
    cycles = 24.0 / 4.0
    expected = PARAMS.balance.spread_per_day + cycles * PARAMS.balance.spread_per_cycle
    assert after(CLOSED, cycling, 86400.0).spread == pytest.approx(expected)


def test_cells_are_balanced_near_full_until_they_are_even() -> None:
    apart = bms_initial_state(PARAMS, RELAYS_CLOSED, PACK_V, 0.06)
    full = WELL._replace(soc=0.95)
    low = bms_output(PARAMS, apart, WELL)
    assert (low.balancing, low.warnings) == (0, WARNING_IMBALANCE)
    state, output = bms_step(PARAMS, apart, full, 3600.0)
    assert output.balancing == 1
    assert 0.06 - state.spread == pytest.approx(PARAMS.balance.rate_per_h, rel=0.01)
    while state.balancing == 1:
        state = after(state, full, bms_horizon_s(PARAMS, state, full))
    assert state.spread == pytest.approx(PARAMS.balance.stop)
    assert state.warnings == 0


@pytest.mark.parametrize(("heat_w", "ambient_c"), [(8000.0, 30.0), (0.0, 80.0)])
def test_the_time_to_a_temperature_threshold_is_met_to_the_second(heat_w: float, ambient_c: float) -> None:
    body = ThermalBody(BATTERY.heat_capacity_j_per_k, BATTERY.heat_loss_w_per_k)
    state, celsius, tripped_s = CLOSED, 30.0, 0.0
    while state.trip == NO_TRIP:
        inp = WELL._replace(temperature_c=celsius)
        drift_s = bms_temperature_horizon_s(PARAMS, body, celsius, heat_w, ambient_c)
        step_s = min(drift_s, bms_horizon_s(PARAMS, state, inp))
        state = after(state, inp, step_s)
        celsius = temperature_after(body, celsius, heat_w, ambient_c, step_s)
        tripped_s += step_s
    settled_c = ambient_c + heat_w / body.heat_loss_w_per_k
    reached_s = (
        body.heat_capacity_j_per_k
        / body.heat_loss_w_per_k
        * math.log((settled_c - 30.0) / (settled_c - PARAMS.overtemperature.trip))
    )
    assert tripped_s == pytest.approx(reached_s + PARAMS.overtemperature.delay_s, abs=1.0)


def test_a_temperature_that_settles_before_any_threshold_has_no_horizon() -> None:
    body = ThermalBody(1e6, 100.0)
    assert math.isinf(bms_temperature_horizon_s(PARAMS, body, 25.0, 0.0, 30.0))
    assert math.isinf(bms_temperature_horizon_s(PARAMS, ThermalBody(1e6, 0.0), 25.0, 0.0, 30.0))


def test_a_moving_voltage_reaches_its_next_threshold_in_time() -> None:
    per_s = 0.01 * PARAMS.cells_in_series
    start_v = 3.5 * PARAMS.cells_in_series
    assert bms_voltage_horizon_s(PARAMS, start_v, per_s) == pytest.approx(5.0)
    assert bms_voltage_horizon_s(PARAMS, start_v, -per_s) == pytest.approx(80.0)
    assert math.isinf(bms_voltage_horizon_s(PARAMS, start_v, 0.0))


@pytest.mark.parametrize("name", bms_preset_names())
def test_presets_do_not_trip_where_the_pack_may_still_work(name: str) -> None:
    battery = battery_preset(PACKS[name])
    params = bms_preset(name, battery, cells_in_series(PACKS[name]))
    state = bms_initial_state(params, RELAYS_CLOSED, battery.voltage_max_v, 0.0)
    charged = BmsInput(
        battery.voltage_max_v,
        battery.charge_current_max_a,
        battery.charge_temperatures_c[3],
        1.0,
        RELAYS_CLOSED,
        0,
        0.0,
    )
    discharged = BmsInput(
        battery.voltage_min_v,
        -battery.discharge_current_max_a,
        battery.discharge_temperatures_c[3],
        0.0,
        RELAYS_CLOSED,
        0,
        0.0,
    )
    cold = charged._replace(temperature_c=battery.charge_temperatures_c[0])
    for inp in (charged, discharged, cold):
        assert bms_step(params, state, inp, LIFETIME_S)[0].trip == NO_TRIP


def test_words_are_there_for_every_code() -> None:
    assert len(TRIPS) == TRIP_PRECHARGE + 1
    assert 1 << (len(WARNINGS) - 1) == WARNING_IMBALANCE


def test_parameters_out_of_range_are_named() -> None:
    wrong = PARAMS._replace(overvoltage=PARAMS.overvoltage._replace(delay_s=-1.0))
    with pytest.raises(ParameterError, match=r"delay_s is -1 s; accepted: >= 0 s"):
        check_parameters(wrong)


def impossible() -> list[tuple[BmsParams, str]]:
    """Return sets of parameters that contradict themselves, and what is said of each."""
    hot, cold = PARAMS.overtemperature, PARAMS.undertemperature_charging
    return [
        (
            PARAMS._replace(overtemperature=hot._replace(release=66.0)),
            r"overtemperature\.release is 66; accepted: below overtemperature\.trip, which is 65",
        ),
        (
            PARAMS._replace(overtemperature=hot._replace(warning=65.0)),
            r"overtemperature\.warning is 65; accepted: below",
        ),
        (
            PARAMS._replace(overtemperature=hot._replace(warning_release=62.0)),
            r"overtemperature\.warning_release is 62; accepted: below overtemperature\.warning",
        ),
        (
            PARAMS._replace(undertemperature_charging=cold._replace(release=-6.0)),
            r"undertemperature_charging\.release is -6; accepted: above",
        ),
        (
            PARAMS._replace(undervoltage=PARAMS.undervoltage._replace(warning_release=3.7)),
            r"undervoltage\.warning_release is 3\.7; accepted: below overvoltage\.warning_release",
        ),
        (
            PARAMS._replace(balance=PARAMS.balance._replace(stop=0.02)),
            r"balance\.stop is 0\.02; accepted: below balance\.start",
        ),
        (
            PARAMS._replace(precharge_timeout_s=1.0),
            r"precharge_timeout_s is 1 s; accepted: more than the 1\.9\d* s",
        ),
    ]


@pytest.mark.parametrize(("params", "message"), impossible(), ids=lambda value: str(value)[:30])
def test_parameters_that_contradict_each_other_are_refused(params: BmsParams, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_bms(params)


def test_it_begins_without_warning_trip_or_time_on_any_of_its_clocks() -> None:
    first = bms_initial_state(PARAMS, RELAYS_CLOSED, PACK_V, 0.02)
    expected = {"relays": RELAYS_CLOSED, "link_voltage_v": PACK_V, "spread": 0.02, "trip": NO_TRIP}
    assert first._asdict() == dict.fromkeys(first._fields, 0) | expected
