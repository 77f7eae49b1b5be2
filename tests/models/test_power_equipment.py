"""Transformers, UPS, converters, prechargers, breakers and transfer switches."""

from __future__ import annotations

import cmath
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from doppelgrid.models import breaker, precharger, ups
from doppelgrid.models.breaker import BreakerInput, BreakerParams, BreakerState, breaker_step
from doppelgrid.models.converter import ConverterInput, ConverterParams, converter_output
from doppelgrid.models.parameter import ParameterError
from doppelgrid.models.precharger import (
    PrechargerInput,
    PrechargerParams,
    precharger_duration_s,
    precharger_initial_state,
    precharger_step,
)
from doppelgrid.models.throughput import ThroughputParams, throughput_loss_w
from doppelgrid.models.transfer_switch import (
    TransferSwitchInput,
    TransferSwitchParams,
    transfer_switch_initial_state,
    transfer_switch_output,
    transfer_switch_step,
)
from doppelgrid.models.transformer import (
    TransformerInput,
    TransformerState,
    transformer_initial_state,
    transformer_kapp_drop_pu,
    transformer_output,
    transformer_secondary_pu,
    transformer_step,
)
from doppelgrid.models.ups import UpsInput, ups_horizon_s, ups_initial_state, ups_mode, ups_output, ups_step
from doppelgrid.sim.components.power_transformer import check_transformer, transformer_preset
from doppelgrid.sim.components.uninterruptible_power_supply import ups_preset

TRANSFORMER = transformer_preset("oil-400kva")
UPS = ups_preset("online-20kva")
CONVERTER = ConverterParams(50e3, 0.002, 0.005, 0.01)
PRECHARGER = PrechargerParams(100.0, 2e-3, 50e3, 0.95, 2.0)
BREAKER = BreakerParams(63.0, 7.0, 1.3, 600.0, 0.06, 0.03)
SWITCH = TransferSwitchParams(0.006, 3.0, 0.9, 1.1)


class TestTransformer:
    def test_losses_at_rated_load_are_those_of_the_plate(self) -> None:
        secondary = transformer_secondary_pu(TRANSFORMER, 400e3, 0.0, 1.0)
        output = transformer_output(
            TRANSFORMER, TransformerState(0.0), TransformerInput(400e3 * secondary, 0.0, 1.0, 20.0)
        )
        assert output.loss_w == pytest.approx(387.0 + 3250.0, rel=2e-3)

    def test_without_load_it_draws_its_no_load_current(self) -> None:
        output = transformer_output(TRANSFORMER, TransformerState(0.0), TransformerInput(0.0, 0.0, 1.0, 20.0))
        assert math.hypot(output.active_power_w, output.reactive_power_var) == pytest.approx(0.005 * 400e3)
        assert output.secondary_voltage_v == 400.0

    @given(st.floats(0.0, 1.0), st.floats(0.5, 1.0))
    def test_the_voltage_drop_is_near_that_of_kapp(self, load: float, factor: float) -> None:
        s = load * 400e3
        drop = 1.0 - transformer_secondary_pu(
            TRANSFORMER, s * factor, s * math.sqrt(1.0 - factor * factor), 1.0
        )
        # Kapp's is for a current, ours for a power: it needs a current greater by the drop itself.
        assert drop == pytest.approx(transformer_kapp_drop_pu(TRANSFORMER, load, factor), abs=0.002)

    @given(st.floats(-1.2, 1.2), st.floats(-1.0, 1.0), st.floats(0.85, 1.15))
    def test_the_secondary_voltage_solves_the_circuit(self, p: float, q: float, primary: float) -> None:
        u2 = transformer_secondary_pu(TRANSFORMER, p * 400e3, q * 400e3, primary)
        r = 3250.0 / 400e3
        z = complex(r, math.sqrt(0.04 * 0.04 - r * r))
        assert abs(u2 + z * complex(p, -q) / u2) == pytest.approx(primary, abs=1e-12)
        assert cmath.isfinite(u2)

    def test_oil_at_rated_load_settles_at_its_rated_rise(self) -> None:
        state = transformer_initial_state(TRANSFORMER, 0.0)
        inp = TransformerInput(400e3, 0.0, 1.0, 20.0)
        after, _ = transformer_step(TRANSFORMER, state, inp, 10800.0)
        state, output = transformer_step(TRANSFORMER, state, inp, 1e6)
        assert output.oil_c == pytest.approx(80.0, abs=1.5)
        assert output.hot_spot_c == pytest.approx(98.0, abs=2.0)
        rise = transformer_initial_state(TRANSFORMER, 0.0).oil_rise_k
        share = (after.oil_rise_k - rise) / (state.oil_rise_k - rise)
        assert share == pytest.approx(1.0 - math.exp(-1.0))

    def test_a_dead_primary_leaves_everything_dark(self) -> None:
        inp = TransformerInput(400e3, 0.0, 0.0, 20.0)
        assert transformer_output(TRANSFORMER, TransformerState(0.0), inp)[:5] == (0.0, 0.0, 0.0, 0.0, 0.0)

    def test_losses_greater_than_the_impedance_are_refused(self) -> None:
        with pytest.raises(ParameterError, match="short_circuit_voltage_pu"):
            check_transformer(TRANSFORMER._replace(load_loss_w=20e3))

    def test_load_losses_go_with_the_square_of_the_apparent_power(self) -> None:
        params = ThroughputParams(100e3, 100.0, 1000.0)
        assert throughput_loss_w(params, 60e3, -80e3) == pytest.approx(1100.0)


class TestUps:
    @pytest.mark.parametrize(("load_w", "efficiency"), [(5e3, 0.941), (10e3, 0.956), (20e3, 0.960)])
    def test_efficiency_online(self, load_w: float, efficiency: float) -> None:
        output = ups_output(UPS, ups_initial_state(UPS, 1.0), UpsInput(load_w, 0.0, 1, 0))
        assert output.served_power_w / output.active_power_w == pytest.approx(efficiency, abs=5e-4)

    def test_a_failure_of_the_mains_is_not_felt_while_the_battery_lasts(self) -> None:
        state = ups_initial_state(UPS, 1.0)
        outage = UpsInput(20e3, 0.0, 0, 0)
        lasts_s = ups_horizon_s(UPS, state, outage)
        assert lasts_s == pytest.approx(600.0, rel=0.02)
        state, output = ups_step(UPS, state, outage, 2.0 * lasts_s)
        assert output.served_power_w == pytest.approx(10e3)
        assert ups_mode(UPS, state, outage) == ups.DROPPED

    def test_the_load_comes_back_with_the_mains_and_the_battery_fills_up(self) -> None:
        state, back = ups_initial_state(UPS, 0.0), UpsInput(10e3, 0.0, 1, 0)
        output = ups_output(UPS, state, back)
        assert (output.served_power_w, output.battery_power_w) == (10e3, 1200.0)
        state, _ = ups_step(UPS, state, back, ups_horizon_s(UPS, state, back) + 1.0)
        assert ups_output(UPS, state, back).battery_power_w == 0.0

    def test_bypass_saves_losses_and_gives_way_to_the_inverter_when_the_mains_fail(self) -> None:
        state = ups_initial_state(UPS, 1.0)
        bypassed = ups_output(UPS, state, UpsInput(10e3, 2e3, 1, 1))
        assert bypassed.loss_w == pytest.approx(80.0)
        assert bypassed.reactive_power_var == 2e3
        assert ups_output(UPS, state, UpsInput(10e3, 2e3, 0, 1)).served_power_w == 10e3


class TestConverter:
    @given(st.floats(0.0, 48e3))
    def test_the_closed_form_agrees_with_a_root_finder(self, power_w: float) -> None:
        def left_over(primary_w: float) -> float:
            x = primary_w / 50e3
            return primary_w - 50e3 * (0.002 + 0.005 * x + 0.01 * x * x) - power_w

        output = converter_output(CONVERTER, ConverterInput(power_w, 1))
        assert output.primary_power_w == pytest.approx(brentq(left_over, 0.0, 60e3, xtol=1e-9), abs=1e-5)

    @given(st.floats(-80e3, 80e3))
    def test_energy_is_conserved_within_the_rating(self, power_w: float) -> None:
        output = converter_output(CONVERTER, ConverterInput(power_w, 1))
        assert output.primary_power_w - output.secondary_power_w == pytest.approx(output.loss_w, abs=1e-9)
        assert max(output.primary_power_w, -output.secondary_power_w) <= 50e3 * (1.0 + 1e-12)
        assert output.loss_w > 0.0

    def test_switched_off_it_does_nothing(self) -> None:
        assert converter_output(CONVERTER, ConverterInput(10e3, 0)) == (0.0, 0.0, 0.0)


class TestPrecharger:
    def test_the_link_charges_as_an_rc_circuit(self) -> None:
        state, _ = precharger_step(
            PRECHARGER, precharger_initial_state(PRECHARGER), PrechargerInput(1, 800.0), 0.2
        )
        assert state.link_v == pytest.approx(800.0 * (1.0 - math.exp(-1.0)))

    def test_the_contactor_closes_after_three_time_constants(self) -> None:
        duration_s = precharger_duration_s(PRECHARGER, 0.0, 800.0)
        assert duration_s == pytest.approx(0.2 * math.log(20.0))
        inp, state = PrechargerInput(1, 800.0), precharger_initial_state(PRECHARGER)
        assert precharger_step(PRECHARGER, state, inp, duration_s - 1e-6)[1].is_closed == 0
        state, output = precharger_step(PRECHARGER, state, inp, duration_s + 1e-6)
        assert (output.is_closed, output.link_v) == (1, 800.0)
        assert output.loss_w * (duration_s + 1e-6) == pytest.approx(0.5 * 2e-3 * 800.0**2)

    def test_a_link_that_does_not_come_up_is_a_fault_until_it_is_switched_off(self) -> None:
        slow = PRECHARGER._replace(timeout_s=0.3)
        state, _ = precharger_step(slow, precharger_initial_state(slow), PrechargerInput(1, 800.0), 5.0)
        assert state.mode == precharger.FAILED
        state, _ = precharger_step(slow, state, PrechargerInput(0, 800.0), 1.0)
        assert state.mode == precharger.OPEN

    def test_an_open_link_discharges(self) -> None:
        state = precharger_initial_state(PRECHARGER)._replace(link_v=800.0)
        state, output = precharger_step(PRECHARGER, state, PrechargerInput(0, 800.0), 100.0)
        assert state.link_v == pytest.approx(800.0 / math.e)
        assert output.power_w == 0.0


class TestBreaker:
    @pytest.mark.parametrize(
        ("multiple", "trips"), [(1.0, False), (1.13, False), (1.45, True), (2.55, True), (6.9, True)]
    )
    def test_the_conventional_currents_trip_it_within_the_hour_or_not(
        self, multiple: float, trips: bool
    ) -> None:
        state = breaker.breaker_initial_state(BREAKER, True)
        state, output = breaker_step(BREAKER, state, BreakerInput(1, 0, multiple * 63.0), 3600.0)
        assert (state.mode == breaker.TRIPPED) is trips
        assert bool(output.is_tripped) is trips

    def test_the_time_to_trip_has_a_closed_form(self) -> None:
        heat = (2.0 / 1.3) ** 2
        expected_s = 600.0 * math.log(heat / (heat - 1.0))
        state = breaker.breaker_initial_state(BREAKER, True)
        assert breaker.breaker_horizon_s(BREAKER, state, BreakerInput(1, 0, 126.0)) == pytest.approx(
            expected_s
        )

    def test_a_short_circuit_trips_it_at_once(self) -> None:
        state = breaker.breaker_initial_state(BREAKER, True)
        assert breaker_step(BREAKER, state, BreakerInput(1, 0, 500.0), 1e-3)[0].mode == breaker.TRIPPED

    def test_it_stays_tripped_until_it_is_reset_and_closed_again(self) -> None:
        state = BreakerState(breaker.TRIPPED, 0.0, 0.2)
        for is_wanted, is_reset, mode in ((1, 0, 4), (1, 1, 4), (0, 0, 4), (0, 1, 0), (1, 0, 2)):
            state, _ = breaker_step(BREAKER, state, BreakerInput(is_wanted, is_reset, 0.0), 1.0)
            assert state.mode == mode

    def test_it_takes_its_time_to_move(self) -> None:
        state = breaker.breaker_initial_state(BREAKER, False)
        state, output = breaker_step(BREAKER, state, BreakerInput(1, 0, 10.0), 0.1)
        assert output.closed_share == pytest.approx(0.4)
        state, output = breaker_step(BREAKER, state, BreakerInput(0, 0, 10.0), 0.1)
        assert output.closed_share == pytest.approx(0.3)


class TestTransferSwitch:
    def test_it_goes_over_when_its_source_fails_and_is_dark_meanwhile(self) -> None:
        state, lost = transfer_switch_initial_state(SWITCH, 1), TransferSwitchInput(1, 0.0, 1.0)
        assert transfer_switch_output(SWITCH, state, lost).source == 0
        state, output = transfer_switch_step(SWITCH, state, lost, 0.02)
        assert output.source == 2
        assert output.voltage_pu == pytest.approx(0.7)

    def test_it_comes_back_once_the_preferred_source_has_been_good_for_a_while(self) -> None:
        state, good = transfer_switch_initial_state(SWITCH, 2), TransferSwitchInput(1, 1.0, 1.0)
        state, _ = transfer_switch_step(SWITCH, state, good, 2.0)
        assert state.source == 2
        state, _ = transfer_switch_step(SWITCH, state, TransferSwitchInput(1, 0.5, 1.0), 0.1)
        state, _ = transfer_switch_step(SWITCH, state, good, 2.9)
        assert state.source == 2
        state, output = transfer_switch_step(SWITCH, state, good, 0.2)
        assert output.source == 1

    def test_it_stays_where_both_are_bad(self) -> None:
        _state, output = transfer_switch_step(
            SWITCH, transfer_switch_initial_state(SWITCH, 1), TransferSwitchInput(1, 0.6, 0.0), 10.0
        )
        assert (output.source, output.voltage_pu) == (1, pytest.approx(0.6))
