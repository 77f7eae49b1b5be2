"""The horizon of a battery's management system: nothing happens within it, and it is as wide as that allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from model_cases.bms import PACKS

from doppelgrid.models.battery import (
    BatteryInput,
    BatteryParams,
    BatteryState,
    battery_initial_state,
    battery_resistances,
)
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.bms import (
    RELAYS_CLOSED,
    RELAYS_OPEN,
    BmsInput,
    BmsParams,
    bms_initial_state,
    bms_output,
)
from doppelgrid.models.bms_balance import BalanceParams
from doppelgrid.models.bms_protection import ProtectionParams
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery import battery_preset, cells_in_series
from doppelgrid.sim.components.battery_management import bms_preset
from doppelgrid.sim.kernel.bms_horizon import (
    AMBIENT_ROOM_K,
    SOC_ROOM,
    WARMTH_ROOM_K,
    SafePower,
    safe_power,
    safe_soc,
    safe_time_s,
)

CELLS = battery_preset("lfp-92kwh")._replace(
    ocv_v=(30.0, 40.0), ocv_slope_v_per_k=(0.0, 0.0), r0_ohm=(0.06, 0.06), r1_ohm=(0.03, 0.03), r2_ohm=(0.01, 0.01),
    r0_activated_share=0.0, r1_activated_share=0.0, r2_activated_share=0.0, self_discharge_a=0.0,
    charge_current_max_a=1e3, discharge_current_max_a=1e3, heat_capacity_j_per_k=1000.0, heat_loss_w_per_k=2.0,
    hysteresis_f=0.0,
)  # fmt: skip
"""From 30 V to 40 V and 0.1 Ω in all, of which 0.04 Ω are behind the pairs, at any temperature."""


def high(warning: float) -> ProtectionParams:
    return ProtectionParams(trip=2 * warning, release=0.0, warning=warning, warning_release=0.0, delay_s=1.0)


def low(warning: float) -> ProtectionParams:
    return ProtectionParams(
        trip=warning - 1, release=2 * warning, warning=warning, warning_release=2 * warning, delay_s=1.0
    )


PARAMS = bms_preset("lfp", CELLS, 10.0)._replace(
    overvoltage=high(3.7), undervoltage=low(3.0), overcurrent_charging=high(100.0), overcurrent_discharging=high(200.0),
    overtemperature_charging=high(45.0), overtemperature=high(55.0), undertemperature_charging=low(5.0),
    balance=BalanceParams(
        charge_capacity_ah=100.0, spread_per_cycle=0.02, spread_per_day=0.0, soc=0.9, rate_per_h=0.001,
        start=0.01, stop=0.002, warning=0.05,
    ),
)  # fmt: skip
"""Ten cells that are warned of at 30 V and 37 V of the pack, and at 5 °C and 45 °C while they are charged."""
HALF = BatteryState(0.5, 0.0, 0.0, 25.0)
CLOSED = bms_initial_state(PARAMS, RELAYS_CLOSED, 35.0, 0.0)


def power(
    own: BatteryState = HALF, *, cells: dict[str, Any] | None = None, relays: int = RELAYS_CLOSED, **bms: Any
) -> SafePower:
    return safe_power(PARAMS._replace(**bms), CELLS._replace(**(cells or {})), own, relays)


class TestPower:
    """Of a pack at half charge: 35 V, and within 3 % of SoC from 34.7 V to 35.3 V."""

    def test_currents_within_it_bring_the_pack_to_no_voltage_that_is_warned_of(self) -> None:
        # Resistances grow by up to 30 %. Down to 30 V there are 4.7 V, up to 37 V 1.7 V.
        discharge_a, charge_a = 4.7 / 0.13, 1.7 / 0.13
        safe = power()
        assert safe.is_there
        assert safe.most_a == pytest.approx(discharge_a)
        assert safe.lower_w == pytest.approx(-discharge_a * 30.0)
        # A discharge before may have left 1.3 * 0.04 Ω times its current across the pairs.
        assert safe.upper_w == pytest.approx(charge_a * (34.7 - 0.052 * discharge_a))

    def test_currents_within_it_are_below_those_that_are_warned_of(self) -> None:
        safe = power(overcurrent_charging=high(5.0), overcurrent_discharging=high(8.0))
        assert safe.most_a == pytest.approx(7.992)
        assert safe.lower_w == pytest.approx(-7.992 * (34.7 - 0.13 * 7.992))
        assert safe.upper_w == pytest.approx(4.995 * (34.7 - 0.052 * 7.992))

    def test_without_resistance_only_currents_count(self) -> None:
        safe = power(cells={"r0_ohm": (0.0, 0.0), "r1_ohm": (0.0, 0.0), "r2_ohm": (0.0, 0.0)})
        assert (safe.lower_w, safe.upper_w) == pytest.approx((-199.8 * 34.7, 99.9 * 34.7))
        assert (safe.most_a, safe.heat_w) == pytest.approx((199.8, 0.0))

    def test_no_more_flows_than_the_battery_is_rated_for(self) -> None:
        charging = power(cells={"charge_current_max_a": 3.0, "discharge_current_max_a": 2.0})
        discharging = power(cells={"charge_current_max_a": 2.0, "discharge_current_max_a": 3.0})
        assert (charging.most_a, discharging.most_a) == (3.0, 3.0)
        assert charging.upper_w == pytest.approx(1.7 / 0.13 * (34.7 - 0.052 * 2.0))

    def test_it_heats_by_its_current_by_the_leak_and_by_what_the_pairs_hold(self) -> None:
        held = HALF._replace(rc1_voltage_v=0.5, rc2_voltage_v=-0.23)
        safe = power(held, cells={"self_discharge_a": 0.1})
        # The pair that is charged counts upwards and the other downwards.
        assert safe.most_a == pytest.approx(4.47 / 0.13)
        assert safe.upper_w == pytest.approx(1.2 / 0.13 * (34.47 - 0.052 * 4.47 / 0.13))
        heat_w = 0.13 * (4.47 / 0.13) ** 2 + 0.1 * 35.8 + 0.5**2 / 0.03 + 0.23**2 / 0.01
        assert safe.heat_w == pytest.approx(heat_w)

    def test_pairs_the_other_way_round_count_the_other_way_round(self) -> None:
        safe = power(HALF._replace(rc1_voltage_v=-0.2, rc2_voltage_v=0.5))
        assert safe.most_a == pytest.approx(4.5 / 0.13)
        assert safe.upper_w == pytest.approx(1.2 / 0.13 * (34.5 - 0.052 * 4.5 / 0.13))

    def test_soc_goes_no_farther_than_empty_and_full(self) -> None:
        for soc, fall_v, rise_v in [(0.02, 0.5, 10.0), (0.98, 9.0, 0.5)]:
            least_v, most_v = 30.0 + 10.0 * max(soc - 0.03, 0.0), 30.0 + 10.0 * min(soc + 0.03, 1.0)
            safe = power(
                HALF._replace(soc=soc),
                overvoltage=high((most_v + rise_v) / 10.0),
                undervoltage=low((least_v - fall_v) / 10.0),
            )
            assert safe.most_a == pytest.approx(max(fall_v, rise_v) / 0.13)
            assert safe.lower_w == pytest.approx(-fall_v / 0.13 * (least_v - fall_v))

    def test_a_pack_that_is_too_cold_or_hot_to_charge_is_discharged_only(self) -> None:
        for temperature_c in [4.0, 5.0, 45.0, 50.0]:
            safe = power(HALF._replace(temperature_c=temperature_c))
            assert (safe.upper_w, safe.most_a) == (0.0, pytest.approx(4.7 / 0.13))
            assert safe.lower_w == pytest.approx(-4.7 / 0.13 * 30.0)

    def test_nothing_flows_through_open_relays(self) -> None:
        safe = power(relays=RELAYS_OPEN)
        assert (safe.lower_w, safe.upper_w, safe.most_a, safe.heat_w, safe.is_there) == (
            0.0, 0.0, 0.0, 0.0, True
        )  # fmt: skip

    def test_there_is_none_if_the_voltage_may_come_to_a_threshold_by_itself(self) -> None:
        for near in [
            {"overvoltage": high(3.53)},
            {"overvoltage": high(3.5)},
            {"undervoltage": low(3.47)},
            {"undervoltage": low(3.5)},
        ]:
            assert power(**near) == SafePower(0.0, 0.0, 0.0, 0.0, False)


def quiet(heat_w: float = 0.0, most_a: float = 0.0) -> SafePower:
    return SafePower(0.0, 0.0, most_a, heat_w, True)


def time_s(
    own: BatteryState = HALF,
    safe: SafePower = quiet(),  # noqa: B008 - a tuple
    *,
    ambient_c: float = 25.0,
    spread: float = 0.0,
    balancing: int = 0,
    **cells: Any,
) -> float:
    state = CLOSED._replace(spread=spread, balancing=balancing)
    return safe_time_s(PARAMS, state, CELLS._replace(**cells), own, ambient_c, safe)


class TestTime:
    """Of a pack that takes 1000 J/K and gives 2 W/K to air that may change by 5 K while the pack changes by 2 K."""

    def test_it_ends_before_the_pack_is_too_hot_to_charge(self) -> None:
        assert time_s(safe=quiet(heat_w=186.0)) == pytest.approx(20.0 * 1000.0 / (186.0 + 2.0 * 7.0))

    def test_it_ends_before_the_pack_is_too_cold_to_charge(self) -> None:
        assert time_s() == pytest.approx(20.0 * 1000.0 / (2.0 * 7.0))
        assert time_s(HALF._replace(temperature_c=15.0), ambient_c=5.0) == pytest.approx(10e3 / (2.0 * 17.0))

    def test_air_that_is_much_warmer_heats_and_does_not_cool(self) -> None:
        assert time_s(HALF._replace(temperature_c=15.0), ambient_c=40.0) == pytest.approx(30e3 / (2.0 * 32.0))

    def test_nor_does_it_make_up_for_a_reaction_that_cools(self) -> None:
        cool, slope = HALF._replace(temperature_c=6.0), {"ocv_slope_v_per_k": (0.002, 0.002)}
        reaction_w = (6.0 + 2.0 + 273.15) * 0.002 * 1000.0
        found_s = time_s(cool, quiet(most_a=1000.0), ambient_c=60.0, heat_loss_w_per_k=4.0, **slope)
        assert found_s == pytest.approx(1e3 / reaction_w)

    def test_a_little_heat_counts_in_the_end(self) -> None:
        warm = HALF._replace(temperature_c=44.98)
        assert time_s(warm, quiet(heat_w=0.5), heat_loss_w_per_k=0.0) == pytest.approx(20.0 / 0.5)

    def test_air_that_is_much_colder_cools_and_does_not_heat(self) -> None:
        hot = HALF._replace(temperature_c=54.0)
        assert time_s(hot, quiet(heat_w=10.0), ambient_c=20.0) == pytest.approx(1e3 / 10.0)

    def test_a_pack_that_is_too_cold_to_charge_may_warm_up_to_the_upper_threshold(self) -> None:
        cold = HALF._replace(temperature_c=0.0)
        assert time_s(cold, quiet(heat_w=986.0), ambient_c=0.0) == pytest.approx(55e3 / 1000.0)

    def test_a_pack_that_is_too_hot_to_charge_may_cool_for_long(self) -> None:
        hot = HALF._replace(temperature_c=50.0)
        assert time_s(hot, ambient_c=25.0) == 86_400.0

    def test_there_is_none_for_a_pack_that_is_too_hot(self) -> None:
        for temperature_c in [55.0, 60.0]:
            assert time_s(HALF._replace(temperature_c=temperature_c)) == 0.0

    def test_the_reaction_may_heat_or_cool_at_its_steepest(self) -> None:
        for slope in [(0.0, 0.0, 0.002), (0.0, 0.0, -0.002), (0.002, 0.0, 0.0), (0.0, 0.001, 0.0)]:
            steepest = 0.001 if slope[1] else 0.06 * 0.002
            reaction_w = (25.0 + 2.0 + 273.15) * steepest * (50.0 + 1.0)
            found_s = time_s(safe=quiet(most_a=50.0), ocv_slope_v_per_k=slope, self_discharge_a=1.0)
            assert found_s == pytest.approx(20e3 / (14.0 + reaction_w))
            # Cooled by its reaction it ends as soon, warmed by it and by its losses sooner.
            found_s = time_s(
                safe=quiet(heat_w=100.0, most_a=50.0), ocv_slope_v_per_k=slope, self_discharge_a=1.0
            )
            assert found_s == pytest.approx(20e3 / (114.0 + reaction_w))

    def test_it_ends_before_the_cells_may_need_balancing(self) -> None:
        # 0.8 % of spread are 0.4 cycles of 200 Ah, which pass in 1.6 h at 50 A.
        found_s = time_s(spread=0.002, safe=quiet(most_a=50.0), heat_loss_w_per_k=0.0)
        assert found_s == pytest.approx(1.6 * 3600.0)

    def test_it_ends_before_the_cells_are_balanced_even_if_nothing_flows(self) -> None:
        # 0.1 % of spread go in an hour at 0.1 %/h, and more slowly while current flows.
        found_s = time_s(spread=0.003, balancing=1, safe=quiet(most_a=5.0), heat_loss_w_per_k=0.0)
        assert found_s == pytest.approx(3600.0)

    def test_it_is_a_day_at_most(self) -> None:
        assert time_s(heat_loss_w_per_k=0.0) == 86_400.0


def test_uneven_cells_are_looked_at_where_their_balancing_begins_or_ends() -> None:
    """That is at 90 % of SoC."""
    for soc, spread, balancing, expected in [
        (0.91, 0.0, 0, (0.89, 0.93)),
        (0.91, 0.02, 0, (0.90, 0.93)),
        (0.91, 0.005, 1, (0.90, 0.93)),
        (0.91, 0.01, 0, (0.90, 0.93)),
        (0.90, 0.02, 0, (0.90, 0.92)),
        (0.95, 0.02, 0, (0.93, 0.97)),
        (0.89, 0.02, 0, (0.87, 0.90)),
        (0.89, 0.0, 0, (0.87, 0.91)),
        (0.50, 0.02, 0, (0.48, 0.52)),
    ]:
        state = CLOSED._replace(spread=spread, balancing=balancing)
        assert safe_soc(PARAMS, state, soc) == pytest.approx(expected)


LEAST_S = 60.0
"""Shorter horizons are none."""


class Pack(NamedTuple):
    """A battery and its management system."""

    cells: BatteryParams
    params: BmsParams

    def warns(self, own: BatteryState, power_w: float) -> bool:
        """Say whether a system that has seen nothing yet warns of anything at a power."""
        terminal = battery_terminal(self.cells, own, power_w)
        seen = BmsInput(
            terminal.voltage_v, terminal.current_a, own.temperature_c, own.soc, RELAYS_CLOSED, 0, 0.0
        )
        closed = bms_initial_state(self.params, RELAYS_CLOSED, terminal.voltage_v, 0.0)
        return bms_output(self.params, closed, seen).warnings != 0


@st.composite
def packs(draw: Any, chemistry: str, own: BatteryState) -> Pack:
    """Return a pack whose thresholds are anything from the usual ones to hardly beyond where it stands."""
    cells, cells_count = battery_preset(PACKS[chemistry]), cells_in_series(PACKS[chemistry])
    usual = bms_preset(chemistry, cells, cells_count)
    cell_v = table_value(cells.ocv_v, own.soc) / cells_count

    def near(protection: ProtectionParams, from_: float) -> ProtectionParams:
        share = draw(st.floats(0.05, 1.0))
        return protection._replace(warning=from_ + share * (protection.warning - from_))

    return Pack(
        cells,
        usual._replace(
            overvoltage=near(usual.overvoltage, cell_v),
            undervoltage=near(usual.undervoltage, cell_v),
            overcurrent_charging=near(usual.overcurrent_charging, 0.0),
            overcurrent_discharging=near(usual.overcurrent_discharging, 0.0),
            overtemperature_charging=near(usual.overtemperature_charging, own.temperature_c),
            overtemperature=near(usual.overtemperature, own.temperature_c),
            undertemperature_charging=near(usual.undertemperature_charging, own.temperature_c),
        ),
    )


def within(pack: Pack, own: BatteryState, ambient_c: float, powers: list[tuple[float, float]]) -> Iterator[
    tuple[BatteryState, float]
]:  # fmt: skip
    """Yield a battery and the power that it is asked for, as long as it is within its horizon, if it has one.

    Args:
        pack: The battery and its system.
        own: Its state at first.
        ambient_c: Of the air at first; then it is as much warmer as it may be without another look.
        powers: Shares of what is safe, and for how long each flows [s].
    """
    closed = bms_initial_state(pack.params, RELAYS_CLOSED, 0.0, 0.0)
    safe = safe_power(pack.params, pack.cells, own, RELAYS_CLOSED)
    left_s = safe_time_s(pack.params, closed, pack.cells, own, ambient_c, safe)
    if not safe.is_there or left_s < LEAST_S:
        return
    first = own
    for share, dt_s in powers:
        power_w = share * (safe.upper_w if share > 0.0 else -safe.lower_w)
        for _ in range(4):
            yield own, power_w
            part_s = min(0.25 * dt_s, left_s)
            air = BatteryInput(power_w, ambient_c + math.copysign(AMBIENT_ROOM_K, ambient_c))
            own, _ = battery_step(pack.cells, own, air, part_s)
            left_s -= part_s
            if (
                left_s <= 0.0
                or abs(own.soc - first.soc) > SOC_ROOM
                or abs(own.temperature_c - first.temperature_c) > WARMTH_ROOM_K
            ):
                return
        yield own, power_w


SHARES = st.one_of(st.floats(-1.0, 1.0), st.sampled_from((-1.0, 1.0)))


@pytest.mark.parametrize("chemistry", PACKS)
@given(data=st.data())
def test_nothing_is_warned_of_within_a_horizon(chemistry: str, data: st.DataObject) -> None:
    """Whatever flows within what it calls safe, whatever flowed before, and however near the thresholds are."""
    cells = battery_preset(PACKS[chemistry])
    own = battery_initial_state(cells, data.draw(st.floats(0.05, 0.95)), data.draw(st.floats(-20.0, 50.0)))
    pack = data.draw(packs(chemistry, own))
    ohms = battery_resistances(cells, own)
    before_a = data.draw(SHARES) * cells.charge_current_max_a
    own = own._replace(rc1_voltage_v=before_a * ohms.r1, rc2_voltage_v=before_a * ohms.r2)
    assume(not pack.warns(own, 0.0))
    powers = data.draw(st.lists(st.tuples(SHARES, st.floats(1.0, 300.0)), min_size=2, max_size=6))
    ambient_c = data.draw(st.floats(-30.0, 50.0))
    seen = list(within(pack, own, ambient_c, powers))
    assume(seen)
    for state, power_w in seen:
        assert not pack.warns(state, power_w)


@pytest.mark.parametrize("chemistry", PACKS)
@pytest.mark.parametrize("first", [-1.0, 1.0], ids=["discharge first", "charge first"])
@pytest.mark.parametrize(
    "shares", [(0.3, 1.1), (1.1, 0.3), (0.9, 0.9)], ids=["little in", "little out", "much"]
)
def test_nor_is_a_power_that_follows_a_long_one_the_other_way(
    chemistry: str, first: float, shares: tuple[float, float]
) -> None:
    """After a discharge the voltage is low for a while, so that the same power means more current."""
    cells = battery_preset(PACKS[chemistry])
    params = bms_preset(chemistry, cells, cells_in_series(PACKS[chemistry]))._replace(
        overcurrent_charging=high(shares[0] * cells.charge_current_max_a),
        overcurrent_discharging=high(shares[1] * cells.discharge_current_max_a),
    )
    pack, own = Pack(cells, params), battery_initial_state(cells, 0.5, 25.0)
    safe = safe_power(params, cells, own, RELAYS_CLOSED)
    seen = [state for state, _ in within(pack, own, 25.0, [(first, 6.0)] * 30)]
    assert len(seen) > 5
    for state in seen:
        assert not pack.warns(state, safe.lower_w if first > 0.0 else safe.upper_w)
