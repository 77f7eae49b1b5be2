"""The plant: what flows, and that nothing of it gets lost."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.models.battery import battery_stored_energy_wh
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

SECOND = 1_000_000
START = 1_750_000_000 * SECOND
GRID = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"}
MAIN = {"id": 2, "category": "meter", "behind": "grid"}


def site(**components: dict[str, Any]) -> Site:
    """Return a site of a grid connection, a main meter and the given components."""
    named = {key.replace("_", "-"): component for key, component in components.items()}
    return Site.model_validate({"microgrid": {"id": 7}, "components": {"grid": GRID, "main": MAIN, **named}})


def battery(number: int, *behind: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "category": "battery", "behind": list(behind), "preset": "lfp-92kwh", **more}


def inverter(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "category": "battery_inverter",
        "behind": "main",
        "rated_power": "30 kW",
        "response_delay": "0 s",
        "ramp_rate": "1 MW/s",
        **more,
    }


def load(number: int, power: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "category": "meter", "behind": "main", "load": power, **more}


def pv(number: int, power: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "category": "pv_inverter",
        "behind": "main",
        "rated_power": "12 kW",
        "power": power,
        "response_delay": "0 s",
        "ramp_rate": "1 MW/s",
        **more,
    }


def running(a_site: Site) -> Plant:
    return Plant(a_site, start_us=START, seed=1)


def after(plant: Plant, seconds: float) -> Plant:
    plant.advance(plant.time_us + round(seconds * SECOND))
    return plant


def active_w(plant: Plant, key: str) -> float:
    return plant.readings.flows().ac[key].active_w


def set_active(plant: Plant, key: str, power_w: float | None) -> None:
    plant.set_points.send(key, PowerType.ACTIVE, power_w)


def test_meters_show_the_sum_of_everything_behind_them() -> None:
    plant = running(site(hall=load(31, "8 kW"), office=load(32, "4 kW"), roof=pv(21, "5 kW")))
    assert active_w(plant, "main") == pytest.approx(8_000 + 4_000 - 5_000)
    assert active_w(plant, "grid") == active_w(plant, "main")


def test_a_set_point_acts_from_its_arrival_on_however_far_one_looks_ahead() -> None:
    plant = running(site(inv=inverter(11, response_delay="10 s"), bat=battery(12, "inv")))
    set_active(plant, "inv", -15_000.0)
    after(plant, 20)
    assert plant.readings.registers("inv").delivered_wh == pytest.approx(15_000.0 * 10.0 / 3600.0, rel=1e-9)


def test_an_inductive_load_draws_reactive_power() -> None:
    plant = running(site(hall=load(31, "8 kW", power_factor=0.8)))
    assert plant.readings.flows().ac["grid"].reactive_var == pytest.approx(6_000)


def test_a_single_phase_load_shows_on_its_phase_alone() -> None:
    plant = running(site(kettle=load(31, "2 kW", phases=[2])))
    shown = plant.readings.flows().ac["main"]
    assert (shown.p1, shown.p2, shown.p3) == (0.0, 2_000.0, 0.0)


def test_a_set_point_moves_the_inverter_and_the_main_meter() -> None:
    plant = running(site(inv=inverter(11), bat=battery(12, "inv"), hall=load(31, "20 kW")))
    set_active(plant, "inv", -15_000.0)
    after(plant, 1)
    assert active_w(plant, "inv") == pytest.approx(-15_000.0)
    assert active_w(plant, "main") == pytest.approx(5_000.0)


def test_an_idle_battery_inverter_draws_its_standby_power() -> None:
    plant = running(site(inv=inverter(11, standby_power="25 W"), bat=battery(12, "inv")))
    assert active_w(plant, "inv") == pytest.approx(25.0)
    assert plant.readings.flows().battery_dc_w["bat"] == 0.0


def test_conversion_losses_lie_between_the_inverter_and_its_battery() -> None:
    plant = running(site(inv=inverter(11), bat=battery(12, "inv")))
    set_active(plant, "inv", 20_000.0)
    after(plant, 1)
    charging = plant.readings.flows().battery_dc_w["bat"]
    set_active(plant, "inv", -20_000.0)
    after(plant, 1)
    discharging = plant.readings.flows().battery_dc_w["bat"]
    assert 19_000.0 < charging < 20_000.0 < -discharging < 21_000.0


def test_a_set_point_arrives_after_the_response_delay() -> None:
    plant = running(site(inv=inverter(11, response_delay="500 ms"), bat=battery(12, "inv")))
    set_active(plant, "inv", 10_000.0)
    assert active_w(after(plant, 0.4), "inv") < 100.0
    assert active_w(after(plant, 0.3), "inv") == pytest.approx(10_000.0)


def test_the_power_ramps_at_the_given_rate() -> None:
    plant = running(site(inv=inverter(11, ramp_rate="1 kW/s"), bat=battery(12, "inv")))
    set_active(plant, "inv", 10_000.0)
    assert active_w(after(plant, 4), "inv") == pytest.approx(4_000.0)
    assert not plant.tracking.is_settled("inv")
    assert active_w(after(plant, 7), "inv") == pytest.approx(10_000.0)
    assert plant.tracking.is_settled("inv")


def test_the_power_follows_by_a_filter_within_the_ramp() -> None:
    plant = running(site(inv=inverter(11, response_lag="2 s"), bat=battery(12, "inv")))
    set_active(plant, "inv", 10_000.0)
    for seconds in (1, 2, 4):
        plant.advance(START + seconds * SECOND)
        assert active_w(plant, "inv") == pytest.approx(10_000.0 * (1.0 - math.exp(-seconds / 2.0)))
    assert not plant.tracking.is_settled("inv")
    assert active_w(after(plant, 12), "inv") == 10_000.0
    assert plant.tracking.is_settled("inv")


def test_the_ramp_holds_while_the_filter_would_be_faster() -> None:
    plant = running(site(inv=inverter(11, ramp_rate="1 kW/s", response_lag="2 s"), bat=battery(12, "inv")))
    set_active(plant, "inv", 10_000.0)
    assert active_w(after(plant, 4), "inv") == pytest.approx(4_000.0)
    # From where the filter is slower than the ramp, 2 s times 1 kW/s before the end.
    assert active_w(after(plant, 6), "inv") == pytest.approx(10_000.0 - 2_000.0 * math.exp(-1.0), rel=0.01)


def test_each_set_point_comes_later_by_a_time_of_its_own() -> None:
    def delays_s(seed: int) -> list[float]:
        plant = Plant(
            site(inv=inverter(11, response_delay="500 ms", response_jitter="2 s"), bat=battery(12, "inv")),
            start_us=START, seed=seed,
        )  # fmt: skip
        found = []
        for _ in range(40):
            set_active(plant, "inv", 1_000.0)
            (pending,) = plant.set_points.save()["inv"]
            found.append((pending.due_us - plant.time_us) / SECOND)
            after(plant, 3)
        return found

    drawn = delays_s(1)
    assert 0.5 <= min(drawn) < 0.8
    assert 2.2 < max(drawn) <= 2.5
    assert sum(drawn) / len(drawn) == pytest.approx(1.5, abs=0.3)
    assert drawn == delays_s(1)
    assert drawn != delays_s(2)


def test_set_points_arrive_in_the_order_in_which_they_were_sent() -> None:
    plant = running(site(inv=inverter(11, response_jitter="2 s"), bat=battery(12, "inv")))
    for power_w in range(20):
        set_active(plant, "inv", 1_000.0 * power_w)
        after(plant, 0.1)
    assert active_w(after(plant, 3), "inv") == pytest.approx(19_000.0)


def test_a_withdrawn_set_point_returns_the_battery_to_standby_and_pv_to_all_it_can() -> None:
    plant = running(site(inv=inverter(11), bat=battery(12, "inv"), roof=pv(21, "9 kW")))
    set_active(plant, "inv", 10_000.0)
    set_active(plant, "roof", -2_000.0)
    after(plant, 1)
    assert active_w(plant, "roof") == pytest.approx(-2_000.0)
    set_active(plant, "inv", None)
    set_active(plant, "roof", None)
    after(plant, 1)
    assert plant.readings.is_idle("inv")
    assert active_w(plant, "roof") == pytest.approx(-9_000.0)


def test_curtailment_ramps_from_the_present_output() -> None:
    plant = running(site(roof=pv(21, "9 kW", ramp_rate="1 kW/s")))
    set_active(plant, "roof", -2_000.0)
    assert active_w(after(plant, 3), "roof") == pytest.approx(-6_000.0)


def test_a_limit_above_what_the_sun_offers_changes_nothing() -> None:
    plant = running(site(roof=pv(21, "3 kW")))
    set_active(plant, "roof", -8_000.0)
    assert active_w(after(plant, 1), "roof") == pytest.approx(-3_000.0)
    assert plant.tracking.is_settled("roof")


def test_pv_bounds_reach_from_what_the_sun_offers_to_standby() -> None:
    plant = running(site(roof=pv(21, "3 kW")))
    standby_w = plant.equipment.inverters["roof"].standby_power_w
    assert plant.capability.active_power_bounds("roof") == (-3_000.0, standby_w)


def test_a_full_battery_takes_nothing_and_says_so_in_its_bounds() -> None:
    plant = running(site(inv=inverter(11), bat=battery(12, "inv", initial_soc="100 %", max_soc="100 %")))
    set_active(plant, "inv", 10_000.0)
    after(plant, 1)
    assert plant.readings.flows().battery_limits["bat"].upper == pytest.approx(0.0, abs=1.0)
    assert plant.capability.active_power_bounds("inv").upper < 500.0
    assert plant.readings.is_idle("inv")


def test_a_battery_charges_up_to_its_upper_limit_and_no_further() -> None:
    plant = running(site(inv=inverter(11), bat=battery(12, "inv", initial_soc="85 %", max_soc="90 %")))
    set_active(plant, "inv", 30_000.0)
    after(plant, 6 * 3600)
    assert plant.readings.battery("bat").soc == pytest.approx(0.90, abs=2e-3)
    assert plant.readings.battery("bat").soc <= 0.90


def test_two_inverters_share_one_battery() -> None:
    plant = running(site(a=inverter(11), b=inverter(13), bat=battery(12, "a", "b")))
    set_active(plant, "a", 12_000.0)
    set_active(plant, "b", -5_000.0)
    after(plant, 1)
    flows = plant.readings.flows()
    assert flows.battery_dc_w["bat"] == pytest.approx(sum(flows.inverter_dc_w.values()))
    assert (active_w(plant, "a"), active_w(plant, "b")) == pytest.approx((12_000.0, -5_000.0))


def test_two_batteries_share_one_inverter() -> None:
    plant = running(site(inv=inverter(11), left=battery(12, "inv"), right=battery(13, "inv")))
    set_active(plant, "inv", -20_000.0)
    after(plant, 1)
    flows = plant.readings.flows()
    assert flows.battery_dc_w["left"] == pytest.approx(flows.battery_dc_w["right"])
    assert sum(flows.battery_dc_w.values()) == pytest.approx(flows.inverter_dc_w["inv"])


def test_an_empty_battery_leaves_the_power_to_its_neighbour() -> None:
    plant = running(
        site(
            inv=inverter(11),
            empty=battery(12, "inv", initial_soc="0 %", min_soc="0 %"),
            full=battery(13, "inv"),
        )
    )
    set_active(plant, "inv", -20_000.0)
    after(plant, 1)
    assert plant.readings.flows().battery_dc_w["empty"] == 0.0
    assert active_w(plant, "inv") == pytest.approx(-20_000.0)


def test_reactive_power_stays_within_the_apparent_rating() -> None:
    plant = running(site(inv=inverter(11, rated_apparent_power="30 kVA"), bat=battery(12, "inv")))
    set_active(plant, "inv", 24_000.0)
    plant.set_points.send("inv", PowerType.REACTIVE, 25_000.0)
    after(plant, 1)
    flow = plant.readings.flows().ac["inv"]
    assert flow.reactive_var == pytest.approx(18_000.0)
    assert math.hypot(flow.active_w, flow.reactive_var) == pytest.approx(30_000.0)


COMMANDS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.floats(-30_000, 30_000), st.floats(0.05, 900.0)), max_size=8
)


@given(COMMANDS, st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=40)
def test_energy_is_conserved_at_every_node_and_every_step(
    commands: list[tuple[str, float, float]], soc: float
) -> None:
    first = battery(12, "a", "b", initial_soc=f"{100 * soc:.3f} %")
    plant = running(
        site(
            a=inverter(11),
            b=inverter(13),
            one=first,
            two=battery(14, "b"),
            hall=load(31, "9 kW"),
            roof=pv(21, "3 kW"),
        )
    )
    for key, power_w, seconds in commands:
        set_active(plant, key, power_w)
        after(plant, seconds)
        flows = plant.readings.flows()
        drawn = sum(active_w(plant, name) for name in ("a", "b", "hall", "roof"))
        assert active_w(plant, "main") == pytest.approx(drawn, abs=1e-6)
        assert active_w(plant, "grid") == active_w(plant, "main")
        assert sum(flows.battery_dc_w.values()) == pytest.approx(sum(flows.inverter_dc_w.values()), abs=1e-6)
        for name in ("a", "b"):
            assert active_w(plant, name) >= flows.inverter_dc_w[name]


@pytest.mark.lengthy
@given(st.lists(st.floats(0.01, 500.0), min_size=1, max_size=30))
@settings(deadline=None, max_examples=30)
def test_looking_more_often_changes_nothing(pauses: list[float]) -> None:
    def fresh() -> Plant:
        plant = running(
            site(inv=inverter(11, ramp_rate="2 kW/s"), bat=battery(12, "inv"), hall=load(31, "9 kW"))
        )
        set_active(plant, "inv", -25_000.0)
        return plant

    often, once = fresh(), fresh()
    for pause in pauses:
        after(often, pause)
    once.advance(often.time_us)
    assert often.readings.battery("bat").soc == pytest.approx(once.readings.battery("bat").soc, abs=1e-5)
    assert often.tracking.is_settled("inv") == once.tracking.is_settled("inv")
    one, other = often.readings.registers("main"), once.readings.registers("main")
    throughput_wh = one.consumed_wh + one.delivered_wh
    assert one == pytest.approx(other, abs=1e-6 * throughput_wh)


def test_meter_registers_agree_with_the_energy_in_the_battery() -> None:
    plant = running(site(inv=inverter(11), bat=battery(12, "inv", initial_soc="50 %")))
    before_wh = battery_stored_energy_wh(plant.equipment.batteries["bat"], plant.readings.battery("bat"))
    set_active(plant, "inv", 10_000.0)
    after(plant, 3600)
    stored_wh = (
        battery_stored_energy_wh(plant.equipment.batteries["bat"], plant.readings.battery("bat")) - before_wh
    )
    drawn_wh = plant.readings.registers("inv").consumed_wh
    assert drawn_wh == pytest.approx(10_000.0, rel=1e-3)
    assert 0.9 * drawn_wh < stored_wh < drawn_wh


def test_a_restored_plant_goes_on_as_it_would_have() -> None:
    plant = running(site(inv=inverter(11, ramp_rate="1 kW/s"), bat=battery(12, "inv"), hall=load(31, "9 kW")))
    set_active(plant, "inv", -20_000.0)
    after(plant, 5)
    saved = plant.save()
    expected = after(plant, 1000).save()
    plant.restore(saved)
    assert after(plant, 1000).save() == expected


def test_a_state_with_fewer_batteries_than_the_plant_is_refused() -> None:
    plant = running(site(inv=inverter(11), left=battery(12, "inv"), right=battery(13, "inv")))
    saved = plant.save()
    charges = saved.numbers["batteries.dc_w"]
    assert charges == [0.0, 0.0]
    with pytest.raises(ValueError, match="shorter"):
        plant.restore(saved._replace(numbers={**saved.numbers, "batteries.dc_w": charges[:1]}))
