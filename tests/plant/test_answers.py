"""What the plant answers of a device: its bounds, whether it has arrived, whether it rests, at limits and beside."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from doppelgrid.sim.components.device import Activity
from doppelgrid.sim.components.rating import Rating
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.kernel import client_limits, no_client_limits
from doppelgrid.sim.kernel.inverters import grown_w
from doppelgrid.sim.plant.numbering import CONTROL_CYCLE_US
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.plant.set_points import as_taken
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.power_bounds import accepted_ranges, bounded_metrics, shown_ranges

START = 1_750_000_000_000_000
SECOND = 1_000_000
ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE
DEVICES: dict[str, dict[str, Any]] = {
    "inv": {"id": 11, "category": "battery_inverter", "rated_power": "30 kW"},
    "bat": {"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
    "roof": {"id": 21, "category": "pv_inverter", "rated_power": "12 kW", "power": "5 kW"},
    "miner": {"id": 22, "category": "crypto_miner"},
    "cell": {"id": 23, "category": "electrolyzer", "rated_power": "100 kW"},
    "boiler": {"id": 24, "category": "steam_boiler", "rated_power": "100 kW"},
    "bank": {"id": 25, "category": "capacitor_bank", "rated_reactive_power": "60 kvar", "steps": 4},
    "chp": {"id": 26, "category": "chp", "rated_power": "20 kW"},
    "hall": {"id": 31, "category": "meter", "load": "8 kW"},
}


def plant(*keys: str, **changes: dict[str, Any]) -> Plant:
    """Return a plant of a grid, a main meter and some devices behind it, that knows what flows."""
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
    }
    for key in dict.fromkeys((*keys, *(("bat",) if "inv" in keys else ()), "hall")):
        components[key] = {"behind": "main", **DEVICES[key], **changes.get(key, {})}
    made = Plant(
        Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=START, seed=1
    )
    made.operating_point.solve()
    return made


def flowing(key: str, active_w: float = 0.0, reactive_var: float = 0.0, **changes: dict[str, Any]) -> Plant:
    """Return a plant in which a power flows through a device, whatever it was told."""
    made = plant(key, **changes)
    flow = made.operating_point.memory.components[made.places.components[key]]
    flow.active_1, flow.active_2, flow.active_3 = active_w, 0.0, 0.0
    flow.reactive_1, flow.reactive_2, flow.reactive_3 = reactive_var, 0.0, 0.0
    return made


def aimed(made: Plant, key: str, target: float, power_type: PowerType = ACTIVE) -> bool:
    control = made.operating_point.memory.controls[made.places.controls[key]]
    if power_type is ACTIVE:
        control.target_w = target
    else:
        control.reactive_target_var = target
    return made.tracking.has_reached(key, power_type)


@pytest.mark.parametrize("key", ["inv", "roof"])
def test_an_inverter_that_draws_what_it_does_at_rest_has_reached_whatever_less_it_is_told(key: str) -> None:
    changes = {key: {"rated_power": "5 kW", "standby_power": "250 W"}}
    for told_w in (0.0, 10.0, 250.0):
        assert aimed(flowing(key, 250.0, **changes), key, told_w)
    for told_w in (-600.0, 1000.0):
        assert not aimed(flowing("inv", 250.0, inv=changes.get("inv", changes.get("roof"))), "inv", told_w)
    assert not aimed(flowing(key, -250.0, **changes), key, 0.0)


def test_bounds_are_what_rating_and_reach_have_in_common_with_nothing_and_rest() -> None:
    for rated, reach, rest_w, bounds in [
        ((-30.0, 30.0), (-20.0, 10.0), 0.0, (-20.0, 10.0)),
        ((-30.0, 30.0), (-40.0, 50.0), 0.0, (-30.0, 30.0)),
        # 0 can be told whatever a device cannot help drawing or giving, and so can what it draws then.
        ((-30.0, 30.0), (2.0, 10.0), 0.0, (0.0, 10.0)),
        ((-30.0, 30.0), (-20.0, -2.0), 0.0, (-20.0, 0.0)),
        ((-30.0, 30.0), (-20.0, -2.0), 3.0, (-20.0, 3.0)),
        ((-30.0, 30.0), (-20.0, 10.0), 3.0, (-20.0, 10.0)),
        ((-30.0, 0.0), (-20.0, 5.0), 0.0, (-20.0, 0.0)),
        ((0.0, 30.0), (-5.0, 20.0), 0.0, (0.0, 20.0)),
        ((5.0, 30.0), (7.0, 20.0), 0.0, (0.0, 20.0)),
        ((-30.0, -5.0), (-20.0, -7.0), 0.0, (-20.0, 0.0)),
        (None, (-20.0, 10.0), 0.0, (0.0, 0.0)),
    ]:  # fmt: skip
        made = flowing("inv")
        made.equipment.ratings["inv"] = made.equipment.ratings["inv"]._replace(
            active=None if rated is None else Bounds(*rated), rest_w=rest_w
        )
        control = made.operating_point.memory.controls[0]
        control.reach_lower_w, control.reach_upper_w = reach
        assert made.capability.active_power_bounds("inv") == bounds


def test_a_limit_has_no_bound_but_what_can_be_had_now() -> None:
    made = plant("inv")
    made.equipment.ratings["inv"] = made.equipment.ratings["inv"]._replace(is_limit=True)
    control = made.operating_point.memory.controls[0]
    control.reach_lower_w, control.reach_upper_w = -40e3, 50e3
    assert made.capability.active_power_bounds("inv") == (-40e3, 50e3)


class TestReaching:
    def test_active_power(self) -> None:
        for key, target_w, flow_w, reached in [
            # An inverter of 30 kVA comes to within 600 W of what it is told.
            ("inv", 10e3, 10_600.0, True), ("inv", 10e3, 10_601.0, False),
            ("inv", 10e3, 9_400.0, True), ("inv", 10e3, 9_399.0, False),
            ("inv", -10e3, 10e3, False),
            # Photovoltaics of 12 kVA keep to the most that they are told; a miner draws its fans whatever it is told.
            ("roof", -2e3, -2_240.0, True), ("roof", -2e3, -2_241.0, False), ("roof", -2e3, 0.0, True),
            ("roof", -2e3, 30.0, True), ("roof", 0.0, -240.0, True), ("roof", 0.0, -240.5, False),
            ("miner", 0.0, 165.0, True), ("miner", 0.0, 166.0, False), ("miner", 3e3, 3_065.0, True),
            ("miner", 3e3, 3_066.0, False), ("miner", 3e3, 1e3, True),
            # An electrolyser that runs from 10 kW on does not run below.
            ("cell", 5e3, 9_999.0, True), ("cell", 5e3, 10e3, False), ("cell", 10e3, 12e3, True),
            ("cell", 10e3, 12_001.0, False), ("cell", 50e3, 47_999.0, False), ("cell", 50e3, 48e3, True),
        ]:  # fmt: skip
            assert aimed(flowing(key, flow_w), key, target_w) is reached

    def test_reactive_power(self) -> None:
        for key, target_var, flow_var, reached in [
            ("inv", 5e3, 5_600.0, True), ("inv", 5e3, 5_601.0, False), ("inv", 5e3, 4_399.0, False),
            # A bank in steps of 15 kvar comes to within one, of what its discharged steps allow.
            ("bank", -30e3, -15e3, True), ("bank", -30e3, -14_999.0, False), ("bank", -90e3, -45e3, True),
            ("bank", -90e3, -44_999.0, False), ("bank", 30e3, 15e3, True), ("bank", 30e3, 15_001.0, False),
        ]:  # fmt: skip
            assert aimed(flowing(key, 0.0, flow_var), key, target_var, REACTIVE) is reached

    @pytest.mark.parametrize("activity", [Activity.STARTING, Activity.WARMING_UP, Activity.WORKING])
    def test_a_machine_that_starts_comes_to_it_by_itself(
        self, monkeypatch: pytest.MonkeyPatch, activity: Activity
    ) -> None:
        made = flowing("chp", 300.0)
        monkeypatch.setattr(made.machines, "activity", lambda _key: activity)
        assert aimed(made, "chp", -15e3) is (activity is not Activity.WORKING)
        assert not aimed(flowing("chp", -12e3), "chp", -5e3)
        assert aimed(flowing("chp", -9e3), "chp", -5e3)

    def test_what_is_switched_off_reaches_nothing(self) -> None:
        made = plant("inv")
        assert aimed(made, "inv", 0.0)
        made.switching.switch("inv", Position.OFF)
        assert not aimed(made, "inv", 0.0)


class TestResting:
    def test_a_machine_by_its_power(self) -> None:
        for key, flow_w, rests in [
            ("roof", 0.0, True), ("roof", 40.0, True), ("roof", -1.0, False),
            ("cell", 0.0, True), ("cell", 40.0, False), ("cell", -40.0, False),
        ]:  # fmt: skip
            assert flowing(key, flow_w).readings.is_idle(key) is rests

    def test_an_inverter_of_batteries_by_its_direct_current(self) -> None:
        for dc_w, rests in [(0.0, True), (5.0, False), (-5.0, False)]:
            made = flowing("inv", 40.0)
            made.operating_point.memory.inverters[0].dc_w = dc_w
            assert made.readings.is_idle("inv") is rests

    def test_it_is_settled_once_its_set_points_have_arrived_and_its_ramp_has_ended(self) -> None:
        made = plant("inv", inv={"response_delay": "1 s", "ramp_rate": "10 kW/s"})
        assert made.tracking.is_settled("inv")
        made.set_points.send("inv", ACTIVE, 5e3)
        settled = []
        for _ in range(10):
            made.advance(made.time_us + 200_000)
            settled.append(made.tracking.is_settled("inv"))
        # It arrives after a second, and from then on moves by 1 kW in each of five control cycles.
        assert settled == [False] * 6 + [True] * 4

    def test_one_that_is_held_off_or_off_is_settled_unless_it_is_switching_on(self) -> None:
        made = plant("inv")
        control = made.operating_point.memory.controls[0]
        control.setting_w, control.target_w = 0.0, 9e3
        assert not made.tracking.is_settled("inv")
        control.held_off_by = 1
        assert made.tracking.is_settled("inv")
        for position in (Position.OFF, Position.STANDBY, Position.SWITCHING_OFF, Position.SWITCHING_ON):
            made.switching.switch("inv", position)
            assert made.tracking.is_settled("inv") is (position is not Position.SWITCHING_ON)

    def test_a_machine_on_its_way_in_steps_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = plant("miner")
        for activity in (Activity.WORKING, Activity.STEPPING):
            monkeypatch.setattr(made.machines, "activity", lambda _key, now=activity: now)
            assert made.tracking.is_settled("miner") is (activity is Activity.WORKING)


class TestSetPoints:
    def test_one_that_is_withdrawn_is_the_default_of_its_axis(self) -> None:
        made = plant("roof", roof={"response_delay": "0 s"})
        control = made.operating_point.memory.controls[0]
        made.set_points.send("roof", ACTIVE, -2e3)
        made.set_points.send("roof", REACTIVE, 1e3)
        assert (control.target_w, control.reactive_target_var, control.follows_meter) == (-2e3, 1e3, 0)
        made.set_points.send("roof", REACTIVE, None)
        assert (control.target_w, control.reactive_target_var, control.follows_meter) == (-2e3, 0.0, 0)
        made.set_points.send("roof", ACTIVE, None)
        assert (control.target_w, control.follows_meter) == (-12e3, 1)

    def test_a_device_takes_its_magnitude_in_whole_steps(self) -> None:
        for power, taken in [
            (None, -7.0),
            (1234.0, 1200.0),
            (-1234.0, -1200.0),
            (1200.0, 1200.0),
            (99.0, 0.0),
        ]:
            rating = Rating(Bounds(-2e3, 2e3), None, -7.0, math.inf, 0.0, resolution_w=100.0)
            assert as_taken(rating, power, default=rating.default_w) == taken

    def test_each_takes_effect_when_it_arrives_and_not_before(self) -> None:
        made = plant("inv", inv={"response_delay": "500 ms"})
        control = made.operating_point.memory.controls[0]
        made.set_points.send("inv", ACTIVE, 4e3)
        made.advance(START + 300_000)
        made.set_points.send("inv", ACTIVE, -3e3)
        targets = []
        for time_us in (499_999, 500_000, 799_999, 800_000):
            made.advance(START + time_us)
            targets.append(control.target_w)
        assert targets == [0.0, 4e3, 4e3, -3e3]


REST = "what is drawn at rest"


class TestLimits:
    def test_what_clients_have_left_of_a_battery_is_its_outer_edges(self) -> None:
        made = plant("inv")
        battery = made.operating_point.memory.batteries[0]
        for ranges, edges in (
            ((Bounds(-5e3, -1e3), Bounds(2e3, 4e3)), (-5e3, 4e3)),
            ((Bounds(1e3, 2e3),), (0.0, 2e3)),
            ((Bounds(-2e3, -1e3),), (-2e3, 0.0)),
            (None, (-math.inf, math.inf)),
        ):
            made.allowed_power.allow("bat", Metric.DC_POWER, ranges)
            assert (battery.allowed_lower_w, battery.allowed_upper_w) == edges
            assert made.allowed_power.ranges("bat", Metric.DC_POWER) == ranges

    def test_they_count_for_a_battery_from_now_on(self) -> None:
        made = plant("inv")
        made.allowed_power.allow("bat", Metric.DC_POWER, (Bounds(-5e3, 4e3),))
        assert made.capability.battery_limits("bat") == (-5e3, 4e3)

    def test_those_of_either_axis_are_kept_apart(self) -> None:
        made = plant("inv", "roof")
        for key in ("inv", "roof"):
            made.allowed_power.allow(key, Metric.AC_POWER_ACTIVE, (Bounds(-1.0, 1.0),))
            made.allowed_power.allow(key, Metric.AC_POWER_REACTIVE, (Bounds(-2.0, 2.0),))
        made.allowed_power.allow("roof", Metric.AC_POWER_ACTIVE, None)
        assert made.allowed_power.ranges("inv", Metric.AC_POWER_ACTIVE) == (Bounds(-1.0, 1.0),)
        assert made.allowed_power.ranges("inv", Metric.AC_POWER_REACTIVE) == (Bounds(-2.0, 2.0),)
        assert made.allowed_power.ranges("roof", Metric.AC_POWER_ACTIVE) is None
        assert made.allowed_power.ranges("roof", Metric.AC_POWER_REACTIVE) == (Bounds(-2.0, 2.0),)

    def test_what_is_below_a_minimum_load_is_left_out(self) -> None:
        for key, reach, shown in [
            ("cell", (0.0, 100e3), [REST, (10e3, 100e3)]),
            ("cell", (0.0, 10e3), [REST, (10e3, 10e3)]),
            ("cell", (0.0, 9_999.0), [REST]),
            ("cell", (0.0, 0.0), [REST]),
            ("boiler", (0.0, 100e3), [REST, (10e3, 100e3)]),
            ("boiler", (0.0, 9_999.0), [REST]),
            ("chp", (-20e3, 0.0), [(-20e3, -10e3), REST]),
            ("chp", (-10e3, 0.0), [(-10e3, -10e3), REST]),
            ("chp", (-9_999.0, 0.0), [REST]),
            ("inv", (-9e3, 8e3), [(-9e3, 8e3)]),
            ("miner", (200.0, 5e3), [(0.0, 5e3)]),
        ]:
            made = plant(key)
            rest_w = made.readings.active_power_w(key)
            control = made.operating_point.memory.controls[made.places.controls[key]]
            control.reach_lower_w, control.reach_upper_w = reach
            expected = [(0.0, rest_w) if each is REST else each for each in shown]
            assert list(shown_ranges(made, key, Metric.AC_POWER_ACTIVE)) == expected

    def test_a_limit_may_lie_beyond_what_sun_and_reach_allow_now(self) -> None:
        made = plant("roof", "inv")
        standby_w = made.equipment.inverters["roof"].standby_power_w
        assert shown_ranges(made, "roof", Metric.AC_POWER_ACTIVE) == (Bounds(-5e3, standby_w),)
        assert accepted_ranges(made, "roof", ACTIVE) == (Bounds(-12e3, standby_w),)
        assert accepted_ranges(made, "inv", REACTIVE) == (Bounds(-30e3, 30e3),)
        assert accepted_ranges(made, "inv", ACTIVE) == (made.capability.active_power_bounds("inv"),)
        made.allowed_power.allow("roof", Metric.AC_POWER_ACTIVE, (Bounds(-7e3, -6e3),))
        assert accepted_ranges(made, "roof", ACTIVE) == (Bounds(-7e3, -6e3),)
        made.operating_point.solve()
        ((lower_w, upper_w),) = shown_ranges(made, "roof", Metric.AC_POWER_ACTIVE)
        assert (lower_w, upper_w) == pytest.approx((0.0, standby_w), rel=1e-12)

    def test_powers_that_can_be_told_have_bounds(self) -> None:
        made = plant("inv", "bank", "miner")
        assert bounded_metrics(made, "bat") == (Metric.DC_POWER,)
        assert bounded_metrics(made, "inv") == (Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE)
        assert bounded_metrics(made, "bank") == (Metric.AC_POWER_REACTIVE,)
        assert bounded_metrics(made, "miner") == (Metric.AC_POWER_ACTIVE,)
        assert bounded_metrics(made, "hall") == ()


def clients(**more: Any) -> Any:
    """Return a memory of one control, as far as clients and grid codes narrow it."""
    control = {
        "target_w": 0.0, "reactive_target_var": 0.0, "support_var": 0.0, "held_off_by": 0, "reach_lower_w": -9.0,
        "reach_upper_w": 9.0, "is_stuck": 0, "stuck_w": 0.0,
    }  # fmt: skip
    return SimpleNamespace(
        allowed_w=[more.pop("allowed_w", None)],
        allowed_var=[more.pop("allowed_var", None)],
        controls=[SimpleNamespace(**{**control, **more})],
    )


class TestClientsLimits:
    TWO = (Bounds(-6.0, -4.0), Bounds(3.0, 5.0))

    def test_a_target_is_cut_to_what_is_left(self) -> None:
        for target, aim in [(8.0, 5.0), (4.0, 4.0), (2.0, 0.0), (-5.0, -5.0), (-8.0, -6.0), (-1.0, 0.0)]:
            assert client_limits.aim_w(clients(target_w=target, allowed_w=self.TWO), 0) == aim
            assert (
                client_limits.reactive_aim_var(clients(reactive_target_var=target, allowed_var=self.TWO), 0)
                == aim
            )
            for module in (client_limits, no_client_limits):
                assert module.aim_w(clients(target_w=target), 0) == target
                assert module.reactive_aim_var(clients(reactive_target_var=target), 0) == target

    def test_reactive_power_is_that_of_the_grid_code_without_a_target_and_none_while_held_off(self) -> None:
        for module in [client_limits, no_client_limits]:
            assert module.reactive_aim_var(clients(support_var=2.0), 0) == 2.0
            assert module.reactive_aim_var(clients(support_var=2.0, reactive_target_var=-3.0), 0) == -3.0
            assert module.reactive_aim_var(clients(support_var=2.0, held_off_by=3), 0) == 0.0

    def test_what_reach_holds_back_into_a_gap_is_cut_further(self) -> None:
        for setting, reach, held in [
            # As far as the device can, it has its setting, be it allowed or not on its way.
            (4.0, (-9.0, 9.0), 4.0), (2.0, (-9.0, 9.0), 2.0),
            # Held back into the gap it goes on to nothing, or to the range on the way.
            (4.0, (-9.0, 2.0), 0.0), (8.0, (-9.0, 4.0), 4.0), (8.0, (-9.0, 6.0), 5.0), (-5.0, (-2.0, 9.0), 0.0),
            (-8.0, (-5.0, 9.0), -5.0),
        ]:  # fmt: skip
            memory = clients(reach_lower_w=reach[0], reach_upper_w=reach[1], allowed_w=self.TWO)
            assert client_limits.held_w(memory, 0, setting) == held
            memory.allowed_w[0] = None
            assert client_limits.held_w(memory, 0, setting) == setting
            assert no_client_limits.held_w(memory, 0, setting) == setting


def test_after_a_reconnection_power_grows_slowly_and_falls_quickly() -> None:
    for setting_w, goal_w, most_w, growth_w, moved_w in [
        (0.0, 10.0, 5.0, 1.0, 1.0),
        (0.0, -10.0, 5.0, 1.0, -1.0),
        (3.0, 10.0, 5.0, 1.0, 4.0),
        (-3.0, -10.0, 5.0, 1.0, -4.0),
        (3.0, 3.5, 5.0, 1.0, 3.5),
        (0.0, 10.0, 0.5, 1.0, 0.5),
        # Power may fall as fast as the device ramps, and grows anew beyond nothing.
        (10.0, 2.0, 5.0, 1.0, 5.0),
        (-10.0, -2.0, 5.0, 1.0, -5.0),
        (3.0, 0.0, 5.0, 1.0, 0.0),
        (3.0, -10.0, 5.0, 1.0, -1.0),
        (-3.0, 10.0, 5.0, 1.0, 1.0),
        (3.0, -10.0, 3.5, 1.0, -0.5),
    ]:
        assert grown_w(setting_w, goal_w, most_w, growth_w) == moved_w


class TestFaults:
    def test_devices_that_can_be_told_something_can_trip(self) -> None:
        made = plant("inv", "roof")
        assert [made.can_trip(key) for key in ("inv", "bat", "roof", "hall", "grid")] == [
            True, True, True, False, False
        ]  # fmt: skip
        why = Diagnostic("OVERTEMPERATURE", "hot")
        for key in ("inv", "bat", "roof"):
            made.trip(key, why)
            assert (made.protection.error(key), made.switching.in_service(key)) == (why, False)
            made.trip(key, None)
            assert (made.protection.error(key), made.switching.in_service(key)) == (None, True)

    def test_an_acknowledgement_holds_for_a_control_cycle(self) -> None:
        made = plant("chp")
        made.protection.clear_fault("chp")
        found = made.inputs.overrides["chp.acknowledge"]
        assert found == Override(START, 1.0, START + CONTROL_CYCLE_US, 0.0)
        assert made.inputs.value("chp", "acknowledge") == 1.0

    def test_an_input_that_is_overridden_follows_until_it_is_given_back(self) -> None:
        made = plant("inv")
        made.override("hall", "load", Override(START, 3e3, START, 3e3))
        assert (made.inputs.value("hall", "load"), made.readings.active_power_w("hall")) == (3e3, 3e3)
        made.override("hall", "load", None)
        assert (made.inputs.value("hall", "load"), made.readings.active_power_w("hall")) == (8e3, 8e3)
        with pytest.raises(
            ValueError, match=r"no input 'hall\.lead'; accepted: hall\.load \(did you mean 'hall\.load'"
        ):
            made.override("hall", "lead", None)

    def test_commands_are_taken_in_modes_of_control(self) -> None:
        for mode, refused in [
            ("inactive", True),
            ("telemetry_only", True),
            ("control_only", False),
            ("control_and_telemetry", False),
        ]:
            made = plant("inv", inv={"operational_mode": mode})
            assert (made.refusal("inv") is not None) is refused
