"""When the management system of a battery is looked at, within what it is left alone, and what it carries along."""

from __future__ import annotations

import math
from typing import Any

import pytest

from doppelgrid.models.ageing import AgeingInput, ageing_output, ageing_step
from doppelgrid.models.battery import battery_stored_energy_wh
from doppelgrid.models.battery_step import battery_terminal
from doppelgrid.models.bms import (
    NO_TRIP,
    RELAYS_CLOSED,
    RELAYS_CLOSING,
    RELAYS_OPEN,
    WARNING_IMBALANCE,
    BmsInput,
    bms_horizon_s,
    bms_initial_state,
    bms_step,
    bms_temperature_horizon_s,
    bms_voltage_horizon_s,
)
from doppelgrid.models.bms_balance import spread_after
from doppelgrid.models.circuit import ThermalBody
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.kernel import bms as management
from doppelgrid.sim.kernel.ageing import HOUR_US, gather_use, notice_turns
from doppelgrid.sim.kernel.bms import managements_ahead_s, open_relays_at_once, run_managements, want_relays
from doppelgrid.sim.kernel.bms_horizon import safe_power, safe_soc, safe_time_s
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
SECOND = 1_000_000
LONG_S = 1e9


def plant(power_w: float = 0.0, **battery: Any) -> Plant:
    """Return a plant with a battery through which a power has flowed for a minute."""
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "inv": {
            "id": 11, "category": "battery_inverter", "behind": "grid", "rated_power": "90 kW",
            "response_delay": "0 s", "ramp_rate": "10 MW/s",
        },
        "bat": {"id": 12, "category": "battery", "behind": "inv", **battery},
    }  # fmt: skip
    made = Plant(
        Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=START, seed=3
    )
    made.set_points.send("inv", PowerType.ACTIVE, power_w)
    made.advance(START + 60 * SECOND)
    made.operating_point.solve()
    return made


class Pack:
    """The numbers of a plant's only battery, whose management system has just been carried along."""

    def __init__(self, of: Plant) -> None:
        self.layout, self.memory, _ = of.numbers
        self.bms, self.now = self.memory.bms[0], self.memory.batteries[0]
        self.params, self.cells = self.layout.batteries[0].bms, self.layout.batteries[0].params
        self.bms.carried_us, self.bms.seen_ah = self.memory.time_us, self.now.throughput_ah

    @property
    def own(self) -> Any:
        return self.memory.battery_states[0]

    @property
    def state(self) -> Any:
        return self.memory.bms_states[0]

    def move(self, **changes: float) -> None:
        self.memory.battery_states[0] = self.own._replace(**changes)

    def ahead_s(self, horizon_s: float = LONG_S) -> float:
        return managements_ahead_s(self.layout, self.memory, horizon_s)

    def is_looked_at(self) -> bool:
        """Look ahead, and say whether the system has seen its battery anew."""
        self.bms.seen_v = -1.0
        self.ahead_s()
        return self.bms.seen_v != -1.0


def rested() -> Pack:
    """Return a battery at rest, whose management system has a horizon."""
    made = Pack(plant())
    assert made.bms.has_horizon
    return made


@pytest.fixture
def pack() -> Pack:
    return rested()


class TestHorizon:
    def test_it_is_what_is_safe_from_here(self) -> None:
        made = Pack(plant(20e3, initial_spread="1 %"))
        bms, own = made.bms, made.own
        made.bms.has_horizon = 0
        left_s = made.ahead_s()
        power = safe_power(made.params, made.cells, own, RELAYS_CLOSED)
        time_s = safe_time_s(made.params, made.state, made.cells, own, 20.0, power)
        assert (bms.lower_w, bms.upper_w) == (power.lower_w, power.upper_w)
        assert (bms.lower_soc, bms.upper_soc) == safe_soc(made.params, made.state, own.soc)
        assert (bms.lower_c, bms.upper_c) == (own.temperature_c - 2.0, own.temperature_c + 2.0)
        assert bms.ambient_c == 20.0
        assert bms.horizon_us == made.memory.time_us + math.floor(time_s * 1e6)
        assert left_s == (bms.horizon_us - made.memory.time_us) / 1e6
        assert made.ahead_s(3.0) == 3.0

    def test_charge_and_warmth_may_move_a_little(self) -> None:
        for changes, looked_at in [
            ({"soc": 0.019}, False), ({"soc": 0.021}, True), ({"soc": -0.019}, False), ({"soc": -0.021}, True),
            ({"temperature_c": 1.9}, False), ({"temperature_c": 2.1}, True),
            ({"temperature_c": -1.9}, False), ({"temperature_c": -2.1}, True),
        ]:  # fmt: skip
            pack = rested()
            pack.move(**{name: getattr(pack.own, name) + by for name, by in changes.items()})
            assert pack.is_looked_at() is looked_at

    def test_the_air_may_change_by_five_kelvin(self) -> None:
        for change_k, looked_at in [(5.0, False), (-5.0, False), (5.1, True), (-5.1, True)]:
            pack = rested()
            pack.memory.inputs[pack.layout.ambient_signal] = 20.0 + change_k
            assert pack.is_looked_at() is looked_at

    def test_power_may_go_to_its_very_edges(self) -> None:
        for edge in ["lower_w", "upper_w"]:
            pack = rested()
            pack.now.dc_w = getattr(pack.bms, edge)
            assert not pack.is_looked_at()
            pack.now.dc_w *= 1.001
            assert pack.is_looked_at()

    def test_it_ends_at_its_time(self, pack: Pack) -> None:
        pack.bms.horizon_us = pack.memory.time_us + 1
        pack.bms.seen_v = -1.0
        run_managements(pack.layout, pack.memory)
        assert (pack.bms.seen_v, pack.ahead_s()) == (-1.0, 1e-6)
        pack.bms.horizon_us = pack.memory.time_us
        run_managements(pack.layout, pack.memory)
        assert pack.bms.seen_v > 0.0
        assert not pack.bms.has_horizon

    def test_a_battery_at_rest_that_may_not_do_everything_has_one_too(self) -> None:
        for battery in [
            {"initial_temperature": "2 °C"},
            {"initial_spread": "6 %"},
        ]:
            cold = plant(**battery)
            cold.override("site", "ambient_temperature", Override(START, 2.0, START, 2.0))
            cold.operating_point.solve()
            assert Pack(cold).bms.has_horizon

    def test_one_whose_relays_are_open_has_one_too(self) -> None:
        made = plant()
        made.switching.switch("bat", Position.OFF)
        made.operating_point.solve()
        found = Pack(made).bms
        assert (found.has_horizon, found.lower_w, found.upper_w) == (1, 0.0, 0.0)

    def test_a_system_that_is_up_to_something_has_none(self) -> None:
        for unrest in [
            {"wanted": RELAYS_OPEN},
            {"acknowledges": 1},
            {"relays": RELAYS_CLOSING},
            {"warnings": 1},
            {"warnings": WARNING_IMBALANCE},
            {"balancing": 1},
            {"trip": 1},
        ]:
            pack = rested()
            pack.bms.has_horizon = 0
            for name, value in unrest.items():
                if name in pack.state._fields:
                    pack.memory.bms_states[0] = pack.state._replace(**{name: value})
                else:
                    setattr(pack.bms, name, value)
            pack.ahead_s()
            assert not pack.bms.has_horizon

    def test_there_is_none_where_no_power_is_safe(self) -> None:
        for dc_w in [0.0, 100.0]:
            pack = rested()
            over = pack.params.overvoltage
            near_v = pack.bms.seen_v / pack.params.cells_in_series + 1e-4
            pack.layout.batteries[0].bms = pack.params._replace(overvoltage=over._replace(warning=near_v))
            pack.bms.has_horizon, pack.now.dc_w = 0, dc_w
            pack.ahead_s()
            assert not pack.bms.has_horizon

    def test_there_is_none_beyond_what_is_safe(self) -> None:
        for edge in ["lower_w", "upper_w"]:
            pack = rested()
            most_w = getattr(pack.bms, edge)
            for power_w, has_horizon in ((most_w, 1), (1.001 * most_w, 0)):
                pack.bms.has_horizon, pack.now.dc_w = 0, power_w
                pack.ahead_s()
                assert pack.bms.has_horizon == has_horizon

    def test_less_than_a_minute_is_not_worth_one(self, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
        for left_s, has_horizon in ((59.0, 0), (61.0, 1)):
            monkeypatch.setattr(management, "safe_time_s", lambda *_, found_s=left_s: found_s)
            pack.bms.has_horizon = 0
            pack.ahead_s()
            assert pack.bms.has_horizon == has_horizon


class TestLooks:
    def test_a_change_of_relays_or_a_trip_is_taken_in_at_once(self, pack: Pack) -> None:
        for name, value in (("relays", RELAYS_OPEN), ("trip", 3)):
            before = getattr(pack.bms, name)
            setattr(pack.bms, name, value)
            pack.bms.has_horizon = 0
            assert pack.ahead_s() == 1e-3
            setattr(pack.bms, name, before)

    @pytest.mark.parametrize("acknowledges", [0, 1])
    @pytest.mark.parametrize("power_w", [40e3, -40e3])
    def test_without_a_horizon_it_is_looked_at_when_its_models_say_so(
        self, monkeypatch: pytest.MonkeyPatch, power_w: float, acknowledges: int
    ) -> None:
        monkeypatch.setattr(management, "_find_horizon", lambda *_: False)
        made = Pack(plant(power_w))
        made.bms.has_horizon, made.bms.acknowledges = 0, acknowledges
        found_s = made.ahead_s()
        own, ambient_c = made.own, made.memory.inputs[made.layout.ambient_signal]
        terminal = battery_terminal(made.cells, own, made.now.dc_w)
        given = BmsInput(
            terminal.voltage_v,
            terminal.current_a,
            own.temperature_c,
            own.soc,
            RELAYS_CLOSED,
            acknowledges,
            0.0,
        )
        body = ThermalBody(made.cells.heat_capacity_j_per_k, made.cells.heat_loss_w_per_k)
        heat_w = terminal.loss_w + terminal.reversible_heat_w
        drift = management._voltage_drift(made.layout, made.memory, 0)
        expected_s = min(
            bms_horizon_s(made.params, made.state, given),
            1e-3 if acknowledges else LONG_S,
            bms_temperature_horizon_s(made.params, body, own.temperature_c, heat_w, ambient_c),
            max(bms_voltage_horizon_s(made.params, terminal.voltage_v, drift), 0.1),
        )
        assert found_s == expected_s < LONG_S

    def test_at_a_threshold_of_voltage_it_is_looked_at_ten_times_a_second_at_most(
        self, pack: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(management, "bms_voltage_horizon_s", lambda *_: 1e-9)
        monkeypatch.setattr(management, "bms_horizon_s", lambda *_: LONG_S)
        monkeypatch.setattr(management, "_find_horizon", lambda *_: False)
        pack.bms.has_horizon = 0
        assert pack.ahead_s() == 0.1


class TestCarrying:
    def test_within_its_horizon_only_the_spread_of_the_cells_moves(self) -> None:
        made = Pack(plant(30e3, initial_spread="4 %"))
        before, seen_v = made.state, made.bms.seen_v
        moved_ah = 2.5
        made.memory.time_us += 1800 * SECOND
        made.now.throughput_ah = made.bms.seen_ah + moved_ah
        want_relays(made.layout, made.memory, 0, RELAYS_CLOSED)
        spread = spread_after(
            made.params.balance, before.spread, moved_ah * 2.0, before.balancing == 1, 1800.0
        )
        assert made.state == bms_initial_state(made.params, RELAYS_CLOSED, seen_v, spread)._replace(
            warnings=before.warnings, balancing=before.balancing, trip=NO_TRIP
        )
        assert spread != before.spread
        assert made.bms.carried_us == made.memory.time_us
        assert (made.bms.seen_ah, made.bms.has_horizon) == (made.now.throughput_ah, 0)

    def test_without_one_it_goes_on_with_what_it_saw_last(self) -> None:
        made = Pack(plant())
        bms = made.bms
        bms.has_horizon, bms.wanted, bms.acknowledges = 0, RELAYS_OPEN, 1
        given = BmsInput(bms.seen_v, bms.seen_a, bms.seen_c, bms.seen_soc, RELAYS_OPEN, 1, 0.0)
        expected, _ = bms_step(made.params, made.state, given, 0.25)
        made.memory.time_us += SECOND // 4
        want_relays(made.layout, made.memory, 0, RELAYS_CLOSED)
        assert made.state == expected
        assert (bms.acknowledges, bms.wanted) == (0, RELAYS_CLOSED)

    def test_a_trip_makes_it_want_its_relays_open(self) -> None:
        made = Pack(plant())
        made.bms.has_horizon = 0
        made.memory.bms_states[0] = made.state._replace(trip=2)
        made.memory.time_us += 1000
        run_managements(made.layout, made.memory)
        assert made.bms.wanted == RELAYS_OPEN

    def test_relays_that_somebody_opened_are_open_and_without_a_charged_link(self) -> None:
        made = Pack(plant(initial_spread="4 %"))
        spread = made.state.spread
        open_relays_at_once(made.layout, made.memory, 0)
        assert made.state == bms_initial_state(made.params, RELAYS_OPEN, 0.0, spread)
        assert (made.bms.relays, made.bms.wanted) == (RELAYS_OPEN, RELAYS_OPEN)


class TestAgeing:
    """Of a battery of which somebody notes what it is put through, and which ages at full hours."""

    def aged(self) -> Pack:
        made = Pack(plant(ageing=100))
        use = made.memory.ageings[0]
        use.charged_ah = use.discharged_ah = use.active_s = use.time_s = use.soc_s = use.temperature_c_s = 0.0
        use.throughput_ah, use.soc, use.temperature_c = made.now.throughput_ah, 0.4, 20.0
        made.move(soc=0.6, temperature_c=30.0)
        return made

    def test_charge_is_counted_by_its_direction_and_time_while_it_flows(self) -> None:
        for dc_w, moved_ah, charged_ah, discharged_ah, active_s in [
            (5e3, 3.0, 3.0, 0.0, 60.0),
            (-5e3, 3.0, 0.0, 3.0, 60.0),
            (0.0, 3.0, 0.0, 3.0, 60.0),
            (0.0, 0.0, 0.0, 0.0, 0.0),
        ]:
            aged = self.aged()
            use = aged.memory.ageings[0]
            aged.now.dc_w = dc_w
            aged.now.throughput_ah += moved_ah
            use.gathered_us = HOUR_US + 1 - 60 * SECOND
            gather_use(aged.layout, aged.memory, HOUR_US + 1)
            assert (use.charged_ah, use.discharged_ah) == pytest.approx((charged_ah, discharged_ah))
            assert (use.active_s, use.time_s) == (active_s, 60.0)
            assert (use.soc_s, use.temperature_c_s) == pytest.approx((0.5 * 60.0, 25.0 * 60.0))
            assert (use.throughput_ah, use.soc, use.temperature_c) == (aged.now.throughput_ah, 0.6, 30.0)

    def test_at_a_full_hour_it_ages_by_the_lesser_direction_first_and_then_the_other_and_the_rest(
        self,
    ) -> None:
        for charged_ah, discharged_ah, active_s in [
            (3.0, 1.0, 1200.0),
            (1.0, 3.0, 1200.0),
            (2.0, 0.0, 600.0),
            (0.0, 0.0, 0.0),
            (2.0, 2.0, 3600.0),
        ]:
            aged = self.aged()
            params, before = aged.layout.ageings[0].params, aged.memory.ageing_states[0]
            use, old = aged.memory.ageings[0], aged.own
            use.charged_ah, use.discharged_ah, use.active_s = charged_ah, discharged_ah, active_s
            use.time_s, use.soc_s, use.temperature_c_s = 3540.0, 0.45 * 3540.0, 24.0 * 3540.0
            use.soc = use.temperature_c = 0.0
            soc, warmth_c = (0.45 * 3540.0 + 0.3 * 60.0) / 3600.0, (24.0 * 3540.0 + 15.0 * 60.0) / 3600.0
            lost_before_wh = aged.now.loss_wh
            use.gathered_us = 7 * HOUR_US - 60 * SECOND
            gather_use(aged.layout, aged.memory, 7 * HOUR_US)
            moved_ah, state = charged_ah + discharged_ah, before
            if moved_ah:
                rate = moved_ah / aged.cells.charge_capacity_ah * 3600.0 / active_s
                first = 1.0 if charged_ah <= discharged_ah else -1.0
                less_s = active_s * min(charged_ah, discharged_ah) / moved_ah
                state, _ = ageing_step(params, state, AgeingInput(soc, first * rate, warmth_c), less_s)
                state, _ = ageing_step(
                    params, state, AgeingInput(soc, -first * rate, warmth_c), active_s - less_s
                )
            state, _ = ageing_step(params, state, AgeingInput(soc, 0.0, warmth_c), 3600.0 - active_s)
            assert aged.memory.ageing_states[0] == pytest.approx(state, rel=1e-9)
            assert (use.charged_ah, use.discharged_ah, use.active_s, use.time_s, use.soc_s, use.temperature_c_s) == (
                (0.0,) * 6
            )  # fmt: skip
            worn = ageing_output(params, state, AgeingInput(old.soc, 0.0, old.temperature_c))
            assert aged.own == pytest.approx(
                old._replace(capacity_share=worn.capacity_share, resistance_factor=worn.resistance_factor)
            )
            lost_wh = battery_stored_energy_wh(aged.cells, old) - battery_stored_energy_wh(
                aged.cells, aged.own
            )
            assert aged.now.loss_wh - lost_before_wh == pytest.approx(lost_wh)

    def test_a_turn_after_much_has_gone_one_way_ends_a_half_cycle(self) -> None:
        for dc_w, charged, discharged, ages in [
            # In parts of the gap beyond which a turn ends a half cycle.
            (5e3, 0.0, 1.01, True), (5e3, 0.0, 0.99, False), (5e3, 1.01, 0.0, False),
            (-5e3, 1.01, 0.0, True), (-5e3, 0.99, 0.0, False), (-5e3, 0.0, 1.01, False),
            (0.0, 1.01, 1.01, False),
        ]:  # fmt: skip
            aged = self.aged()
            gap_ah = aged.layout.ageings[0].params.turn_gap * aged.cells.charge_capacity_ah
            use = aged.memory.ageings[0]
            use.charged_ah, use.discharged_ah = charged * gap_ah, discharged * gap_ah
            use.active_s = use.time_s = 600.0
            aged.now.dc_w = dc_w
            notice_turns(aged.layout, aged.memory)
            assert (use.time_s == 0.0) is ages

    def test_of_its_capacity_a_hundredth_remains(self) -> None:
        aged = self.aged()
        aged.memory.ageing_states[0] = aged.memory.ageing_states[0]._replace(capacity_by_time=5.0)
        aged.memory.ageings[0].gathered_us = 7 * HOUR_US - 60 * SECOND
        gather_use(aged.layout, aged.memory, 7 * HOUR_US)
        assert aged.own.capacity_share == 0.01
