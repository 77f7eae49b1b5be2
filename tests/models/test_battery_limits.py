"""What the battery management system allows, and how long a power may be held before that changes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.of_each_preset import of_each_preset

from doppelgrid.models.battery import BatteryInput, BatteryParams, BatteryState, battery_initial_state
from doppelgrid.models.battery_horizon import battery_horizon_s
from doppelgrid.models.battery_limits import battery_power_limits, soc_limits
from doppelgrid.models.battery_step import battery_step
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery import battery_preset, battery_preset_names

pytestmark = pytest.mark.lengthy

PRESETS = battery_preset_names()
SOC = st.floats(0.0, 1.0)


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(soc=SOC, temperature_c=st.floats(-60.0, 100.0))
def test_discharging_is_never_positive_and_charging_never_negative(
    name: str, soc: float, temperature_c: float
) -> None:
    params = battery_preset(name)
    discharge_w, charge_w = battery_power_limits(params, battery_initial_state(params, soc, temperature_c))
    assert -params.discharge_power_max_w <= discharge_w <= 0.0 <= charge_w <= params.charge_power_max_w


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(soc=st.tuples(SOC, SOC))
def test_a_fuller_battery_never_takes_more_inside_the_upper_derating_range(
    name: str, soc: tuple[float, float]
) -> None:
    params = battery_preset(name)
    start = params.soc_upper - params.soc_derating_width
    less, more = (start + part * params.soc_derating_width for part in sorted(soc))
    taken = [battery_power_limits(params, battery_initial_state(params, at, 25.0))[1] for at in (less, more)]
    assert taken[1] <= taken[0] * (1.0 + 1e-2)  # the current limit gives a little more at higher voltage


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(soc=st.tuples(SOC, SOC))
def test_an_emptier_battery_gives_no_more_than_its_narrower_hysteresis_lets_it(
    name: str, soc: tuple[float, float]
) -> None:
    params = battery_preset(name)
    less, more = sorted(soc)
    given_w = [
        battery_power_limits(params, battery_initial_state(params, at, 25.0))[0] for at in (less, more)
    ]
    half_v = [
        table_value(params.hysteresis_v, at) if params.hysteresis_f > 0.0 else 0.0 for at in (less, more)
    ]
    narrower_w = params.discharge_current_max_a * max(half_v[1] - half_v[0], 0.0)
    assert given_w[1] <= given_w[0] + narrower_w


@pytest.mark.parametrize("name", PRESETS)
def test_nothing_is_allowed_past_the_soc_limits(name: str) -> None:
    params = battery_preset(name)
    assert battery_power_limits(params, battery_initial_state(params, params.soc_lower, 25.0))[0] == 0.0
    assert battery_power_limits(params, battery_initial_state(params, params.soc_upper, 25.0))[1] == 0.0


@pytest.mark.parametrize("name", PRESETS)
def test_a_full_battery_does_not_chase_its_self_discharge(name: str) -> None:
    params = battery_preset(name)
    full = battery_initial_state(params, params.soc_upper, 25.0)
    rested, _ = battery_step(params, full, BatteryInput(0.0, 25.0), 3600.0)
    assert rested.soc < params.soc_upper
    assert battery_power_limits(params, rested)[1] == 0.0


def test_power_falls_linearly_over_the_derating_range() -> None:
    params = battery_preset("lfp-92kwh")
    middle = params.soc_lower + 0.5 * params.soc_derating_width
    discharge_w, _ = battery_power_limits(params, battery_initial_state(params, middle, 25.0))
    assert discharge_w == pytest.approx(-0.5 * params.discharge_power_max_w)


@pytest.mark.parametrize(
    ("temperature_c", "share"), [(-1.0, 0.0), (0.0, 0.0), (5.0, 0.5), (10.0, 1.0), (52.5, 0.5)]
)
def test_charging_power_falls_with_cold_and_heat(temperature_c: float, share: float) -> None:
    params = battery_preset("lfp-92kwh")
    _, charge_w = battery_power_limits(params, battery_initial_state(params, 0.5, temperature_c))
    assert charge_w == pytest.approx(share * params.charge_power_max_w)


PLAIN = battery_preset("lfp-92kwh")._replace(
    ocv_v=(100.0, 100.0), r0_ohm=(0.1, 0.1), r1_ohm=(0.06, 0.06), r2_ohm=(0.04, 0.04),
    voltage_min_v=90.0, voltage_max_v=110.0, charge_current_max_a=100.0, discharge_current_max_a=100.0,
    charge_power_max_w=1e6, discharge_power_max_w=1e6, soc_lower=0.1, soc_upper=0.9, soc_derating_width=0.05,
    charge_temperatures_c=(0.0, 10.0, 45.0, 55.0), discharge_temperatures_c=(-20.0, -10.0, 50.0, 60.0),
    hysteresis_f=0.0,
)  # fmt: skip
"""100 V behind 0.2 Ω, which reach both limits of voltage at 50 A."""


def limits(params: BatteryParams, soc: float = 0.5, temperature_c: float = 25.0) -> tuple[float, float]:
    return battery_power_limits(params, BatteryState(soc, 0.0, 0.0, temperature_c))


class TestEachCause:
    """Of a limit: discharging the power at the terminals counts, charging that of the open circuit."""

    def test_a_limit_of_voltage(self) -> None:
        assert limits(PLAIN) == pytest.approx((-50.0 * 90.0, 50.0 * 100.0))
        near = PLAIN._replace(voltage_min_v=96.0, voltage_max_v=102.0)
        assert limits(near) == pytest.approx((-20.0 * 96.0, 10.0 * 100.0))

    def test_a_limit_of_voltage_after_hysteresis_has_settled(self) -> None:
        sided = PLAIN._replace(hysteresis_v=(2.0, 2.0), hysteresis_f=1e4)
        assert limits(sided) == pytest.approx((-40.0 * 90.0, 40.0 * 100.0))
        held = BatteryState(0.5, 0.0, 0.0, 25.0, hysteresis_voltage_v=-3.0)
        assert battery_power_limits(sided, held) == pytest.approx((-35.0 * 90.0, 40.0 * 97.0))

    def test_what_charging_meets_besides(self) -> None:
        slower = PLAIN._replace(charging_ohm=(0.0, 0.6))
        assert limits(slower) == pytest.approx((-50.0 * 90.0, 20.0 * 100.0))

    def test_the_rated_current(self) -> None:
        weak = PLAIN._replace(charge_current_max_a=20.0, discharge_current_max_a=10.0)
        assert limits(weak) == pytest.approx((-10.0 * (100.0 - 2.0), 20.0 * 100.0))

    def test_the_rated_power(self) -> None:
        weak = PLAIN._replace(charge_power_max_w=800.0, discharge_power_max_w=700.0)
        assert limits(weak) == (-700.0, 800.0)

    def test_without_resistance_the_voltage_stays_where_it_is(self) -> None:
        ideal = PLAIN._replace(r0_ohm=(0.0, 0.0), r1_ohm=(0.0, 0.0), r2_ohm=(0.0, 0.0))
        assert limits(ideal) == pytest.approx((-100.0 * 100.0, 100.0 * 100.0))

    @pytest.mark.parametrize("ocv_v", [90.0, 89.9, 80.0])
    def test_a_pack_at_or_below_its_least_voltage_gives_nothing_and_takes_all(self, ocv_v: float) -> None:
        low = PLAIN._replace(
            ocv_v=(ocv_v, 120.0), charge_current_max_a=10.0, soc_lower=0.0, soc_derating_width=0.0
        )
        lower_w, upper_w = limits(low, soc=0.0002)
        rise_v = 0.0002 * (120.0 - ocv_v)
        assert upper_w == pytest.approx(10.0 * (ocv_v + rise_v))
        assert lower_w == pytest.approx(-max(ocv_v + rise_v - 90.0, 0.0) / 0.2 * 90.0)
        assert lower_w <= 0.0

    @pytest.mark.parametrize("ocv_v", [110.0, 110.1, 120.0])
    def test_a_pack_at_or_above_its_greatest_voltage_takes_nothing_and_gives_all(self, ocv_v: float) -> None:
        full = PLAIN._replace(ocv_v=(ocv_v, ocv_v), discharge_current_max_a=10.0)
        assert limits(full) == pytest.approx((-10.0 * (ocv_v - 2.0), 0.0))

    @pytest.mark.parametrize(
        ("soc", "temperature_c", "shares"),
        [
            (0.12, 25.0, (0.4, 1.0)),
            (0.89, 25.0, (1.0, 0.2)),
            (0.5, -14.0, (0.6, 0.0)),
            (0.5, 3.0, (1.0, 0.3)),
            (0.5, 52.0, (0.8, 0.3)),
            (0.12, -12.0, (0.4, 0.0)),
            (0.14, -18.0, (0.2, 0.0)),
            (0.86, 2.0, (1.0, 0.2)),
            (0.89, 8.0, (1.0, 0.2)),
        ],
    )
    def test_derating_by_soc_or_temperature_whichever_says_less(
        self, soc: float, temperature_c: float, shares: tuple[float, float]
    ) -> None:
        even = PLAIN._replace(r0_activated_share=0.0, r1_activated_share=0.0, r2_activated_share=0.0)
        expected = (-50.0 * 90.0 * shares[0], 50.0 * 100.0 * shares[1])
        assert limits(even, soc, temperature_c) == pytest.approx(expected)


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(soc=SOC, temperature_c=st.floats(-20.0, 50.0), dt_s=st.floats(0.1, 60.0), charging=st.booleans())
def test_a_power_within_the_limits_keeps_voltage_and_current_within_theirs(
    name: str, soc: float, temperature_c: float, dt_s: float, charging: bool
) -> None:
    params = battery_preset(name)
    state = battery_initial_state(params, soc, temperature_c)
    for _ in range(5):
        power_w = battery_power_limits(params, state)[charging]
        state, output = battery_step(params, state, BatteryInput(power_w, temperature_c), dt_s)
        assert output.current_a <= params.charge_current_max_a * (1.0 + 1e-9)
        assert output.current_a >= -params.discharge_current_max_a * (1.0 + 1e-9)
        if power_w > 0.0:
            assert output.voltage_v <= params.voltage_max_v * 1.005
        if power_w < 0.0:
            assert output.voltage_v >= params.voltage_min_v * 0.995


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(
    share=st.one_of(SOC, st.floats(0.0, 1e-4), st.floats(0.0, 1e-4).map(lambda gap: 1.0 - gap)),
    temperature_c=st.floats(-60.0, 100.0),
    rate=st.floats(-2.0, 2.0),
    ambient_c=st.floats(-40.0, 60.0),
)
def test_a_horizon_is_a_tenth_of_a_second_unless_a_limit_of_soc_comes_sooner(
    name: str, share: float, temperature_c: float, rate: float, ambient_c: float
) -> None:
    params = battery_preset(name)
    soc = params.soc_lower + share * (params.soc_upper - params.soc_lower)
    state = battery_initial_state(params, soc, temperature_c)
    power_w = rate * params.capacity_wh
    horizon_s = battery_horizon_s(params, state, power_w, ambient_c)
    assert horizon_s >= 1e-3
    if horizon_s < 0.1:
        after, _ = battery_step(params, state, BatteryInput(power_w, ambient_c), 0.2)
        assert min(abs(after.soc - end) for end in soc_limits(params, state)) < 1e-7


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("charging", [True, False])
def test_power_held_for_its_horizon_never_reaches_past_a_limit(name: str, charging: bool) -> None:
    params = battery_preset(name)._replace(self_discharge_a=0.0)
    state = battery_initial_state(params, 0.5, 25.0)
    for _ in range(400):
        limits = battery_power_limits(params, state)
        power_w = limits[charging]
        after, output = battery_step(
            params,
            state,
            BatteryInput(power_w, 25.0),
            min(battery_horizon_s(params, state, power_w, 25.0), 600.0),
        )
        # Near empty the voltage falls by up to 2 % while SoC moves by 1 %, and the rated current takes hold.
        assert output.power_w == pytest.approx(power_w, rel=1e-2, abs=1e-5 * params.capacity_wh)
        moved = abs(battery_power_limits(params, after)[charging] - power_w)
        # A third of a percent of the rating is given up at once when the limit counts as reached.
        assert moved <= 0.3 * abs(power_w) + 0.005 * max(
            params.charge_power_max_w, params.discharge_power_max_w
        )
        state = after
    near = params.soc_upper if charging else params.soc_lower
    assert state.soc == pytest.approx(near, abs=1e-3)


def test_the_horizon_ends_at_the_edge_of_the_derating_range() -> None:
    params = battery_preset("lfp-92kwh")
    edge = params.soc_upper - params.soc_derating_width
    state = battery_initial_state(params, edge - 0.002, 25.0)
    horizon_s = battery_horizon_s(params, state, 40_000.0, 25.0)
    after, _ = battery_step(params, state, BatteryInput(40_000.0, 25.0), horizon_s)
    assert after.soc == pytest.approx(edge, abs=1e-5)


def test_nothing_moves_without_power_leak_and_temperature_difference() -> None:
    params = battery_preset("lfp-92kwh")._replace(self_discharge_a=0.0)
    state = battery_initial_state(params, 0.5, 20.0)
    assert battery_horizon_s(params, state, 0.0) == math.inf


def test_the_horizon_ends_when_the_battery_cools_into_derating() -> None:
    params = battery_preset("lfp-92kwh")._replace(self_discharge_a=0.0)
    state = battery_initial_state(params, 0.5, 12.0)
    horizon_s = battery_horizon_s(params, state, 0.0, -10.0)
    after, _ = battery_step(params, state, BatteryInput(0.0, -10.0), horizon_s)
    assert after.temperature_c == pytest.approx(params.charge_temperatures_c[1], abs=1e-6)


@pytest.mark.parametrize(
    ("shift", "power_w", "end"),
    [(0.04, 5e3, 0.94), (-0.1, 5e3, 0.8), (0.3, 5e3, 1.0), (0.05, -5e3, 0.15), (-0.3, -5e3, 0.0)],
)
def test_shifted_limits_stop_soc_where_they_are_but_never_beyond_the_cells(
    shift: float, power_w: float, end: float
) -> None:
    state = BatteryState(0.5, 0.0, 0.0, 25.0, soc_lower_shift=shift, soc_upper_shift=shift)
    after, _ = battery_step(
        PLAIN._replace(self_discharge_a=0.0), state, BatteryInput(power_w, 25.0), 86_400.0 * 4
    )
    assert after.soc == pytest.approx(end, abs=1e-12)
    assert (after.soc_lower_shift, after.soc_upper_shift) == (shift, shift)
    assert battery_power_limits(PLAIN, after)[0 if power_w < 0.0 else 1] == 0.0
