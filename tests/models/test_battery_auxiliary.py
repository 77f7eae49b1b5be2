"""What a battery pack draws from its own cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.battery import BatteryInput, BatteryState, battery_stored_energy_wh
from doppelgrid.models.battery_auxiliary import (
    AuxiliaryParams,
    auxiliary_draw,
    auxiliary_reach_k,
    check_auxiliary,
    check_auxiliary_of,
    most_draw,
    most_heats,
)
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.battery import battery_preset

PACK = AuxiliaryParams(
    electronics_w=40.0, heating_w=500.0, heating_below_c=5.0, cooling_w=800.0, cooling_above_c=30.0
)
CELLS = battery_preset("lfp-92kwh")


@pytest.mark.parametrize(
    ("temperature_c", "power_w", "heat_w"),
    [
        (20.0, 40.0, 0.0),
        (5.0, 40.0, 0.0),
        (3.0, 240.0, 200.0),
        (0.0, 540.0, 500.0),
        (-40.0, 540.0, 500.0),
        (30.0, 40.0, 0.0),
        (31.0, 200.0, -400.0),
        (35.0, 840.0, -2000.0),
        (60.0, 840.0, -2000.0),
    ],
)
def test_heating_and_cooling_go_by_the_temperature(
    temperature_c: float, power_w: float, heat_w: float
) -> None:
    draw = auxiliary_draw(PACK, temperature_c, conditions=True)
    assert (draw.power_w, draw.heat_w) == (pytest.approx(power_w), pytest.approx(heat_w))


@pytest.mark.parametrize("temperature_c", [-20.0, 50.0])
def test_electronics_alone_draw_where_nothing_may_heat_or_cool(temperature_c: float) -> None:
    assert auxiliary_draw(PACK, temperature_c, conditions=False) == (40.0, 0.0)


@given(st.floats(-60.0, 100.0))
def test_no_draw_is_above_the_greatest(temperature_c: float) -> None:
    draw, (most_w, most_cold_w) = auxiliary_draw(PACK, temperature_c, conditions=True), most_heats(PACK)
    assert draw.power_w <= most_draw(PACK) == 840.0
    assert -most_cold_w <= draw.heat_w <= most_w
    assert (most_w, most_cold_w) == (500.0, 2000.0)


@given(st.floats(-60.0, 100.0), st.floats(0.0, 2000.0))
def test_no_draw_is_above_what_the_cells_can_give_and_electronics_go_first(
    temperature_c: float, most_w: float
) -> None:
    wanted = auxiliary_draw(PACK, temperature_c, conditions=True)
    draw = auxiliary_draw(PACK, temperature_c, conditions=True, most_w=most_w)
    assert draw.power_w == min(wanted.power_w, most_w)
    left = max(draw.power_w - PACK.electronics_w, 0.0) / max(wanted.power_w - PACK.electronics_w, 1e-9)
    assert draw.heat_w == pytest.approx(wanted.heat_w * left)
    assert auxiliary_draw(PACK, temperature_c, conditions=False, most_w=most_w) == (min(40.0, most_w), 0.0)


@given(st.floats(-20.0, 60.0), st.booleans())
def test_within_its_reach_a_draw_changes_by_no_more_than_a_tenth(
    temperature_c: float, is_warming: bool
) -> None:
    reach_k = auxiliary_reach_k(PACK, temperature_c, 1e6 if is_warming else -1e6, 1.0)
    there_c = temperature_c + (min(reach_k, 100.0) if is_warming else -min(reach_k, 100.0))
    change_w = abs(
        auxiliary_draw(PACK, there_c, conditions=True).power_w
        - auxiliary_draw(PACK, temperature_c, conditions=True).power_w
    )
    assert change_w <= 0.1 * 800.0 + 1e-3


def test_what_is_not_there_is_not_waited_for() -> None:
    bare = PACK._replace(heating_w=0.0, cooling_w=0.0)
    assert auxiliary_reach_k(bare, 20.0, 100.0, 1.0) > 1e6


@pytest.mark.parametrize("drift_w", [30.0, -30.0])
def test_a_draw_is_found_anew_halfway_to_where_it_holds_the_cells(drift_w: float) -> None:
    per_k = 2.5 * 800.0 / 5.0 + 10.0
    assert auxiliary_reach_k(PACK, 32.0, drift_w, 10.0) == pytest.approx(0.5 * 30.0 / per_k)
    assert auxiliary_reach_k(PACK, 32.0, 1e-3 * drift_w, 10.0) == pytest.approx(1e-4)


def test_heating_and_cooling_that_cells_cannot_follow_are_refused() -> None:
    check_auxiliary_of(PACK, 800.0)
    with pytest.raises(ParameterError, match=r"cooling_w") as error:
        check_auxiliary_of(PACK, 799.0)
    assert error.value.accepted == "at most 799 W, which moves the cells by 5 K (band_k) in 2 s"
    with pytest.raises(ParameterError, match=r"heating_w"):
        check_auxiliary_of(PACK._replace(heating_w=2100.0), 800.0)


def test_cells_are_not_heated_where_they_are_cooled() -> None:
    with pytest.raises(ParameterError, match="heating_below_c"):
        check_auxiliary(PACK._replace(heating_below_c=31.0))
    check_auxiliary(PACK._replace(heating_below_c=30.0))


def rested(soc: float, temperature_c: float = 20.0) -> BatteryState:
    return BatteryState(soc, 0.0, 0.0, temperature_c)


def test_a_draw_goes_on_below_the_lower_limit_of_soc() -> None:
    given_w = BatteryInput(-500.0, 20.0, 500.0)
    after, shown = battery_step(CELLS, rested(CELLS.soc_lower), given_w, 3600.0)
    assert shown.power_w == pytest.approx(-500.0)
    assert after.soc < CELLS.soc_lower
    assert battery_terminal(CELLS, rested(0.05), -500.0, 500.0).power_w == pytest.approx(-500.0)


def test_nothing_else_does() -> None:
    given_w = BatteryInput(-5000.0, 20.0, 500.0)
    _, shown = battery_step(CELLS, rested(CELLS.soc_lower), given_w, 600.0)
    assert shown.power_w == pytest.approx(-500.0)
    assert battery_terminal(CELLS, rested(0.05), -5000.0, 500.0).power_w == pytest.approx(-500.0)
    assert battery_terminal(CELLS, rested(0.05), -500.0).power_w == 0.0


def test_a_draw_ends_with_an_empty_battery() -> None:
    after, shown = battery_step(CELLS, rested(0.001), BatteryInput(-500.0, 20.0, 500.0), 86_400.0)
    assert after.soc == 0.0
    assert -500.0 < shown.power_w < 0.0


@pytest.mark.parametrize("heat_w", [1000.0, -1000.0])
def test_heat_of_auxiliaries_warms_the_cells_and_is_no_energy_of_theirs(heat_w: float) -> None:
    before = rested(0.5)
    after, shown = battery_step(CELLS, before, BatteryInput(5000.0, 20.0, 0.0, heat_w), 60.0)
    plain, plain_shown = battery_step(CELLS, before, BatteryInput(5000.0, 20.0), 60.0)
    warmed_k = after.temperature_c - plain.temperature_c
    assert warmed_k == pytest.approx(heat_w * 60.0 / CELLS.heat_capacity_j_per_k, rel=0.02)
    grown_wh = battery_stored_energy_wh(CELLS, after) - battery_stored_energy_wh(CELLS, before)
    assert (shown.power_w - shown.loss_w) / 60.0 == pytest.approx(grown_wh, abs=1e-6)
    assert shown.power_w == pytest.approx(plain_shown.power_w)
