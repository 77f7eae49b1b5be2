"""A management system of round numbers: each threshold at its edge, each clock alone, each closed form by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from scipy.integrate import solve_ivp

from doppelgrid.models.bms import (
    NO_TRIP,
    RELAYS_CLOSED,
    RELAYS_CLOSING,
    RELAYS_OPEN,
    RELAYS_OPENING,
    RELAYS_PRECHARGING,
    TRIP_PRECHARGE,
    WARNING_IMBALANCE,
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
from doppelgrid.models.bms_balance import BalanceParams
from doppelgrid.models.bms_link import LinkParams, link_after, link_joined, link_rise_s
from doppelgrid.models.bms_protection import ProtectionParams
from doppelgrid.models.circuit import ThermalBody
from doppelgrid.models.parameter import ParameterError

CLOCKS = (
    "overvoltage_s",
    "undervoltage_s",
    "overcurrent_charging_s",
    "overcurrent_discharging_s",
    "overtemperature_charging_s",
    "overtemperature_s",
    "undertemperature_charging_s",
)
PARAMS = BmsParams(
    cells_in_series=10.0,
    overvoltage=ProtectionParams(4.2, 4.0, 4.1, 4.05, 1.0),
    undervoltage=ProtectionParams(2.5, 2.9, 2.7, 2.8, 2.0),
    overcurrent_charging=ProtectionParams(100.0, 5.0, 90.0, 80.0, 3.0),
    overcurrent_discharging=ProtectionParams(200.0, 10.0, 180.0, 160.0, 4.0),
    overtemperature_charging=ProtectionParams(50.0, 44.0, 46.0, 45.0, 5.0),
    overtemperature=ProtectionParams(65.0, 55.0, 60.0, 58.0, 6.0),
    undertemperature_charging=ProtectionParams(-5.0, 5.0, 0.0, 2.0, 7.0),
    link=LinkParams(0.01, 100.0, 10_000.0, 0.95),
    precharge_timeout_s=10.0,
    relay_s=0.5,
    balance=BalanceParams(50.0, 0.001, 0.0, 0.8, 0.002, 0.02, 0.01, 0.05),
)
THRESHOLDS_C = (-5.0, 0.0, 2.0, 5.0, 44.0, 45.0, 46.0, 50.0, 55.0, 58.0, 60.0, 65.0)
WELL = BmsInput(35.0, 0.0, 25.0, 0.5, RELAYS_CLOSED, 0, 0.0)
CLOSED = bms_initial_state(PARAMS, RELAYS_CLOSED, 35.0, 0.0)
OPEN = bms_initial_state(PARAMS, RELAYS_OPEN, 35.0, 0.0)
CHARGED = WELL._replace(current_a=5.0)
CAUSES = (
    WELL._replace(voltage_v=42.0),
    WELL._replace(voltage_v=25.0),
    WELL._replace(current_a=100.0),
    WELL._replace(current_a=-200.0),
    CHARGED._replace(temperature_c=50.0),
    WELL._replace(temperature_c=65.0),
    CHARGED._replace(temperature_c=-5.0),
)
"""Each just at the threshold of its trip, in the order of the codes."""
NEAR = (
    WELL._replace(voltage_v=41.99),
    WELL._replace(voltage_v=25.01),
    WELL._replace(current_a=99.9),
    WELL._replace(current_a=-199.9),
    CHARGED._replace(temperature_c=49.99),
    WELL._replace(temperature_c=64.99),
    CHARGED._replace(temperature_c=-4.99),
)
WARNED = (
    WELL._replace(voltage_v=41.0),
    WELL._replace(voltage_v=27.0),
    WELL._replace(current_a=90.0),
    WELL._replace(current_a=-180.0),
    CHARGED._replace(temperature_c=46.0),
    WELL._replace(temperature_c=60.0),
    CHARGED._replace(temperature_c=0.0),
)
"""Each just at the threshold of its warning; being too hot to charge is no matter where nothing is charged."""
HELD = (
    WELL._replace(voltage_v=40.6),
    WELL._replace(voltage_v=27.9),
    WELL._replace(current_a=80.1),
    WELL._replace(current_a=-160.1),
    CHARGED._replace(temperature_c=45.1),
    WELL._replace(temperature_c=58.1),
    CHARGED._replace(temperature_c=1.9),
)
RELEASED = (
    WELL._replace(voltage_v=40.5),
    WELL._replace(voltage_v=28.0),
    WELL._replace(current_a=80.0),
    WELL._replace(current_a=-160.0),
    CHARGED._replace(temperature_c=45.0),
    WELL._replace(temperature_c=58.0),
    CHARGED._replace(temperature_c=2.0),
)
EACH = pytest.mark.parametrize("which", range(7), ids=[name.removesuffix("_s") for name in CLOCKS])


def delay_s(which: int) -> float:
    return float(getattr(PARAMS, CLOCKS[which].removesuffix("_s")).delay_s)


def after(state: BmsState, inp: BmsInput, dt_s: float, params: BmsParams = PARAMS) -> BmsState:
    return bms_step(params, state, inp, dt_s)[0]


def test_these_numbers_can_be() -> None:
    check_bms(PARAMS)


def test_each_protection_is_refused_that_releases_or_warns_on_the_wrong_side() -> None:
    for name in (clock.removesuffix("_s") for clock in CLOCKS):
        right = getattr(PARAMS, name)
        side = "above" if name.startswith("under") else "below"
        for inner, outer in (("release", "trip"), ("warning", "trip"), ("warning_release", "warning")):
            wrong = right._replace(**{inner: getattr(right, outer)})
            with pytest.raises(
                ParameterError, match=rf"^{name}\.{inner} is .*; accepted: {side} {name}\.{outer}, "
            ):
                check_bms(PARAMS._replace(**{name: wrong}))


def test_warnings_of_both_sides_must_not_overlap_nor_a_balance_begin_before_it_ends() -> None:
    for changes, message in (
        (
            {"undervoltage": PARAMS.undervoltage._replace(warning_release=4.05)},
            r"^undervoltage\.warning_release",
        ),
        (
            {"undertemperature_charging": PARAMS.undertemperature_charging._replace(warning_release=45.0)},
            r"^undertemperature_charging\.warning_release",
        ),
        (
            {"balance": PARAMS.balance._replace(stop=0.02)},
            r"^balance\.stop is 0.02; accepted: below balance\.start",
        ),
        (
            {"balance": PARAMS.balance._replace(start=0.05)},
            r"^balance\.start is 0.05; accepted: below balance\.warn",
        ),
        ({"precharge_timeout_s": link_rise_s(PARAMS.link, 0.0, 1.0, 0.0)}, r"^precharge_timeout_s"),
    ):
        with pytest.raises(ParameterError, match=message):
            check_bms(PARAMS._replace(**changes))
    check_bms(PARAMS._replace(precharge_timeout_s=1.001 * link_rise_s(PARAMS.link, 0.0, 1.0, 0.0)))


def test_time_over_a_threshold_adds_up_and_trips_at_its_delay() -> None:
    for which in range(7):
        state = after(CLOSED, CAUSES[which], 0.6 * delay_s(which))
        assert bms_horizon_s(PARAMS, state, CAUSES[which]) == pytest.approx(0.4 * delay_s(which))
        state = after(state, CAUSES[which], 0.39 * delay_s(which))
        assert (state.trip, state.relays) == (NO_TRIP, RELAYS_CLOSED)
        state = after(state, CAUSES[which], 0.01 * delay_s(which))
        assert (state.trip, state.relays) == (which + 1, RELAYS_OPENING)


def test_each_clock_runs_for_its_own_threshold_and_starts_anew_without_it() -> None:
    for which in range(7):
        begun = CLOSED._replace(**{name: 0.1 * delay_s(number) for number, name in enumerate(CLOCKS)})
        moved = after(begun, CAUSES[which], 0.05)
        expected = [0.1 * delay_s(which) + 0.05 if number == which else 0.0 for number in range(7)]
        assert [getattr(moved, name) for name in CLOCKS] == pytest.approx(expected)
        late = after(begun, CAUSES[which], 3600.0)
        assert getattr(late, CLOCKS[which]) == delay_s(which)


def test_just_beside_a_threshold_nothing_trips() -> None:
    for which in range(7):
        assert after(CLOSED, NEAR[which], 3600.0).trip == NO_TRIP


def test_a_warning_begins_at_its_threshold_and_holds_until_its_release() -> None:
    for which in range(7):
        bit = 1 << which
        assert bms_output(PARAMS, CLOSED, HELD[which]).warnings == 0
        assert bms_output(PARAMS, CLOSED, WARNED[which]).warnings == bit
        warned = after(CLOSED, WARNED[which], 1.0)
        assert warned.warnings == bit
        held = after(warned, HELD[which], 1.0)
        assert held.warnings == bit
        assert bms_output(PARAMS, held, RELEASED[which]).warnings == 0


def test_heat_and_cold_that_forbid_charging_count_only_while_it_is_charged() -> None:
    for celsius in (-5.0, 0.0, 46.0, 50.0):
        for current_a in (0.0, -5.0):
            inp = WELL._replace(temperature_c=celsius, current_a=current_a)
            state = after(CLOSED, inp, 100.0)
            assert (state.trip, state.warnings) == (NO_TRIP, 0)


def test_several_warnings_stand_beside_each_other_and_the_first_trip_latches() -> None:
    bad = BmsInput(42.0, 100.0, 65.0, 0.9, RELAYS_CLOSED, 0, 0.0)
    state = after(CLOSED._replace(spread=0.05), bad, 0.5)
    assert state.warnings == 1 + 4 + 16 + 32 + 128
    assert after(state, bad, 60.0).trip == 1
    assert after(state, bad._replace(voltage_v=35.0), 60.0).trip == 3


def test_a_warming_or_cooling_pack_comes_to_the_next_threshold() -> None:
    """100 W into 10 kJ/K are a kelvin in 100 s."""
    for low_c, high_c in pairwise(THRESHOLDS_C):
        insulated = ThermalBody(10_000.0, 0.0)
        expected_s = 100.0 * (high_c - low_c)
        assert bms_temperature_horizon_s(PARAMS, insulated, low_c, 100.0, 20.0) == pytest.approx(expected_s)
        assert bms_temperature_horizon_s(PARAMS, insulated, high_c, -100.0, 20.0) == pytest.approx(expected_s)


def test_beyond_the_last_threshold_there_is_none() -> None:
    insulated, airy = ThermalBody(10_000.0, 0.0), ThermalBody(10_000.0, 10.0)
    for body in (insulated, airy):
        assert bms_temperature_horizon_s(PARAMS, body, 65.0, 10_000.0, 20.0) == math.inf
        assert bms_temperature_horizon_s(PARAMS, body, -5.0, -10_000.0, 20.0) == math.inf


def test_in_air_it_comes_there_by_the_exponential() -> None:
    for celsius, heat_w, ambient_c, expected_s in (
        (25.0, 200.0, 40.0, 1000.5 * math.log(35.0 / 16.0)),
        (25.0, 0.0, 50.0, 1000.5 * math.log(25.0 / 6.0)),
        (25.0, 0.0, 44.0, math.inf),  # it comes to 44 °C in the end, and not before
        (25.0, -100.0, 0.0, 1000.5 * math.log(35.0 / 15.0)),
        (25.0, 0.0, 5.0, math.inf),
        (25.0, 0.0, 25.0, math.inf),
        (43.999_995, 0.0, 1044.0, 1e-3),
    ):
        found_s = bms_temperature_horizon_s(PARAMS, ThermalBody(10_005.0, 10.0), celsius, heat_w, ambient_c)
        assert found_s == pytest.approx(expected_s)


def test_a_moving_voltage_comes_to_the_next_threshold_of_either_side() -> None:
    for low_v, high_v in pairwise((25.0, 27.0, 28.0, 29.0, 40.0, 40.5, 41.0, 42.0)):
        assert bms_voltage_horizon_s(PARAMS, low_v, 0.1) == pytest.approx(10.0 * (high_v - low_v))
        assert bms_voltage_horizon_s(PARAMS, high_v, -0.1) == pytest.approx(10.0 * (high_v - low_v))
        assert (
            bms_voltage_horizon_s(PARAMS, 42.0, 0.1) == bms_voltage_horizon_s(PARAMS, 25.0, -0.1) == math.inf
        )
        assert bms_voltage_horizon_s(PARAMS, 41.999, 1000.0) == 1e-3


LINK = PARAMS.link


def test_the_precharge_takes_the_logarithm_of_what_is_missing() -> None:
    """0.01 F behind 100 Ω: a second, less what the bleeder of 10 kΩ and a load add."""
    for load_s in (
        0.0,
        1e-4,
    ):
        loaded = 1.0 + 100.0 * (1e-4 + load_s)
        for start_v in (0.0, 20.0, 33.0):
            settled_v = 35.0 / loaded
            expected_s = math.log((settled_v - start_v) / (settled_v - 0.95 * 35.0)) / loaded
            assert link_rise_s(LINK, start_v, 35.0, load_s) == pytest.approx(expected_s)
            begun = OPEN._replace(link_voltage_v=start_v)
            inp = WELL._replace(link_load_s=load_s)
            assert bms_horizon_s(PARAMS, begun, inp) == pytest.approx(expected_s)
        assert link_rise_s(LINK, 0.95 * 35.0, 35.0, load_s) == 0.0
        assert link_rise_s(LINK, 0.0, 35.0, 0.01) == math.inf


def test_a_link_moves_as_an_independent_solver_says() -> None:
    for fed in (
        True,
        False,
    ):
        for start_v, load_s in (
            (0.0, 0.0),
            (10.0, 1e-3),
            (40.0, 2e-4),
        ):

            def rates(_t: float, y: list[float], fed: bool = fed, load_s: float = load_s) -> list[float]:
                feeding_a = (35.0 - y[0]) / 100.0 if fed else 0.0
                sinking_a = y[0] * (load_s + 1e-4)
                return [
                    (feeding_a - sinking_a) / 0.01,
                    35.0 * feeding_a,
                    100.0 * feeding_a**2 + y[0] * sinking_a,
                ]

            end = solve_ivp(rates, (0.0, 0.7), [start_v, 0.0, 0.0], rtol=1e-10, atol=1e-12).y[:, -1].tolist()
            assert link_after(LINK, start_v, 35.0, load_s, fed, 0.7) == pytest.approx(
                end, rel=1e-8, abs=1e-10
            )


def test_a_jump_loses_half_of_the_square_of_the_voltage() -> None:
    assert link_joined(LINK, 30.0, 35.0) == pytest.approx((35.0, 0.01 * 35.0 * 5.0, 0.5 * 0.01 * 25.0))
    assert link_joined(LINK, 40.0, 35.0) == pytest.approx((35.0, -0.01 * 35.0 * 5.0, 0.5 * 0.01 * 25.0))


def test_the_link_shows_what_it_draws_and_loses_at_this_instant() -> None:
    for relays in (
        RELAYS_PRECHARGING,
        RELAYS_CLOSING,
        RELAYS_OPENING,
        RELAYS_OPEN,
    ):
        fed = relays in (RELAYS_PRECHARGING, RELAYS_CLOSING)
        state = OPEN._replace(relays=relays, link_voltage_v=20.0)
        inp = WELL._replace(link_load_s=1e-3, wanted_relays=RELAYS_CLOSED if fed else RELAYS_OPEN)
        shown = bms_output(PARAMS, state, inp)
        drop_v = 15.0 if fed else 0.0
        assert shown.link_power_w == pytest.approx(35.0 * drop_v / 100.0)
        assert shown.link_loss_w == pytest.approx(400.0 * 1.1e-3 + drop_v**2 / 100.0)
        assert (shown.relays, shown.link_voltage_v) == (relays, 20.0)
        closed = bms_output(PARAMS, CLOSED, WELL._replace(link_load_s=1e-3))
        assert (closed.link_power_w, closed.link_loss_w, closed.link_voltage_v) == (0.0, 0.0, 35.0)


def test_relays_move_for_their_time_and_are_told_of_it() -> None:
    charged = after(OPEN._replace(link_voltage_v=34.0), WELL, 0.2)
    assert (charged.relays, charged.relays_s) == (RELAYS_CLOSING, pytest.approx(0.2))
    assert bms_horizon_s(PARAMS, charged, WELL) == pytest.approx(0.3)
    closed = after(charged, WELL, 0.3)
    assert (closed.relays, closed.relays_s) == (RELAYS_CLOSED, 0.0)
    assert after(closed, WELL, 100.0).relays_s == 0.0
    stop = WELL._replace(wanted_relays=RELAYS_OPEN)
    opening = after(closed, stop, 0.3)
    assert (opening.relays, opening.relays_s) == (RELAYS_OPENING, pytest.approx(0.3))
    assert after(opening, WELL, 0.1).relays == RELAYS_OPENING  # what has begun is ended first
    opened = after(opening, stop, 0.2)
    assert (opened.relays, opened.relays_s) == (RELAYS_OPEN, 0.0)
    assert after(charged, stop, 0.1).relays == RELAYS_OPENING
    assert after(after(OPEN, WELL, 0.1), stop, 0.1).relays == RELAYS_OPENING


def test_a_failed_precharge_is_cleared_once_another_would_succeed() -> None:
    shorted = WELL._replace(link_load_s=1.0)
    state = after(OPEN, shorted, 9.9)
    assert bms_horizon_s(PARAMS, state, shorted) == pytest.approx(0.1)
    state = after(state, shorted, 1.0)
    assert (state.trip, state.relays) == (TRIP_PRECHARGE, RELAYS_OPEN)
    asked = shorted._replace(acknowledge=1)
    assert after(state, asked, 1.0).trip == TRIP_PRECHARGE
    assert after(state, WELL, 1.0).trip == TRIP_PRECHARGE
    cleared = after(state, WELL._replace(acknowledge=1), 1.0)
    assert (cleared.relays, cleared.trip) == (RELAYS_PRECHARGING, NO_TRIP)


def test_another_precharge_would_begin_with_an_empty_link() -> None:
    for share, trip in (
        (1.001, NO_TRIP),
        (1.0, TRIP_PRECHARGE),
        (0.999, TRIP_PRECHARGE),
    ):
        timeout_s = share * link_rise_s(LINK, 0.0, 35.0, 0.0)
        state = OPEN._replace(trip=TRIP_PRECHARGE, link_voltage_v=10.0)
        asked = WELL._replace(acknowledge=1, wanted_relays=RELAYS_OPEN)
        assert after(state, asked, 1e-6, PARAMS._replace(precharge_timeout_s=timeout_s)).trip == trip


def test_cells_are_balanced_from_one_spread_down_to_another_near_full() -> None:
    for spread, balancing, soc, expected in (
        (0.02, 0, 0.8, 1),
        (0.0199, 0, 0.8, 0),
        (0.02, 0, 0.799, 0),
        (0.02, 1, 0.799, 0),
        (0.0101, 1, 0.9, 1),
        (0.01, 1, 0.9, 0),
        (0.0101, 0, 0.9, 0),
    ):
        state = CLOSED._replace(spread=spread, balancing=balancing)
        assert bms_output(PARAMS, state, WELL._replace(soc=soc)).balancing == expected


def test_a_spread_is_warned_of_until_it_could_be_balanced() -> None:
    for spread, warned, expected in (
        (0.05, 0, 1),
        (0.0499, 0, 0),
        (0.0499, 1, 1),
        (0.0201, 1, 1),
        (0.02, 1, 0),
        (0.0201, 0, 0),
    ):
        state = CLOSED._replace(spread=spread, warnings=warned * WARNING_IMBALANCE)
        assert bms_output(PARAMS, state, WELL).warnings == expected * WARNING_IMBALANCE


def test_spread_grows_with_charge_and_time_and_shrinks_by_balancing() -> None:
    aging = PARAMS._replace(balance=PARAMS.balance._replace(spread_per_day=0.0024))
    used = WELL._replace(current_a=-10.0)  # a tenth of a full cycle an hour
    assert after(CLOSED, used, 3600.0, aging).spread == pytest.approx(1e-4 + 1e-4)
    full = used._replace(soc=0.9)
    balanced = after(CLOSED._replace(spread=0.03), full, 3600.0, aging)
    assert balanced.spread == pytest.approx(0.03 + 2e-4 - 0.002)
    assert after(CLOSED._replace(spread=0.9999), used, 1e7, aging).spread == 1.0


def test_the_horizon_ends_where_the_spread_comes_to_a_threshold() -> None:
    for spread, balancing, goal in (
        (0.03, 1, 0.02),
        (0.015, 1, 0.01),
        (0.06, 1, 0.05),
        (0.0, 0, 0.01),
        (0.015, 0, 0.02),
        (0.03, 0, 0.05),
    ):
        aging = PARAMS._replace(balance=PARAMS.balance._replace(spread_per_day=0.0024))
        inp = WELL._replace(soc=0.9 if balancing else 0.5)
        per_s = (1e-4 - (0.002 if balancing else 0.0)) / 3600.0
        state = CLOSED._replace(spread=spread, balancing=balancing)
        assert bms_horizon_s(aging, state, inp) == pytest.approx((goal - spread) / per_s)
        assert bms_horizon_s(aging, state._replace(spread=0.06), WELL) == math.inf
