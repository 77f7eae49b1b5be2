"""The feed-in limit, and what a hybrid inverter does with the sun that its battery cannot take."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import Diagnostic
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments

START_US = round(datetime(2026, 6, 15, 9, tzinfo=UTC).timestamp()) * 1_000_000
SECOND_US = 1_000_000
PV = {"id": 21, "category": "pv_inverter", "behind": "main", "rated_power": "10 kW", "peak_power": "10 kW"}
STORE = {
    "id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "10 kW",
    "self_consumption": "main",
}  # fmt: skip
HYBRID = {**STORE, "id": 31, "category": "hybrid_inverter", "peak_power": "10 kW", "irradiance": "800 W/m²"}
FULL = {"category": "battery", "preset": "lfp-10kwh", "max_soc": "90 %", "initial_soc": "90 %"}
STORED = {**FULL, "id": 32, "behind": "hy"}
ROOM = {**FULL, "id": 12, "behind": "store", "initial_soc": "30 %"}


def house(grid: dict[str, Any] | None = None, load: str = "1 kW", **components: dict[str, Any]) -> Plant:
    """Return a running house with a load behind its main meter."""
    return Plant(
        Site.model_validate({
            "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4, "timezone": "UTC"}},
            "components": {
                "grid": {"id": 1, "category": "grid_connection_point", **(grid or {})},
                "main": {"id": 2, "category": "meter", "behind": "grid", "load": load},
                **components,
            },
        }),
        start_us=START_US,
        seed=0,
    )  # fmt: skip


def after(plant: Plant, seconds: float) -> Plant:
    plant.advance(plant.time_us + round(seconds * SECOND_US))
    return plant


def sunny(irradiance: str = "800 W/m²") -> dict[str, Any]:
    return {**PV, "irradiance": irradiance}


def dark_hybrid() -> Plant:
    """Return a house that may feed in nothing, with a hybrid inverter at rest and a load of 2 kW."""
    hybrid = {**HYBRID, "self_consumption": None, "irradiance": "0 W/m²"}
    stored = {**STORED, "initial_soc": "50 %"}
    return after(house({"feed_in_limit": "0 W"}, load="2 kW", hy=hybrid, bat=stored), 5.0)


class TestFeedInLimit:
    @pytest.mark.parametrize(("limit", "limit_w"), [("20 %", 2000.0), ("3 kW", 3000.0), ("0 W", 0.0)])
    def test_photovoltaics_keep_it_to_the_watt(self, limit: str, limit_w: float) -> None:
        plant = after(house({"feed_in_limit": limit}, pv=sunny()), 10.0)
        assert plant.readings.active_power_w("grid") == pytest.approx(-limit_w, abs=1.0)

    def test_a_limit_over_time_is_kept_while_it_holds(self) -> None:
        points = [
            {"at": "0 s", "value": "50 %"},
            {"at": "1 min", "value": "30 %"},
            {"at": "2 min", "value": "0 %"},
        ]
        plant = house({"feed_in_limit": {"profile": "inline", "points": points}}, pv=sunny())
        powers_w = [
            after(plant, 55.0 + 5.0 * (step > 0)).readings.active_power_w("grid") for step in range(3)
        ]
        assert powers_w == pytest.approx([-5000.0, -3000.0, 0.0], abs=1.0)

    def test_a_driven_limit_goes_before_that_of_the_file(self) -> None:
        plant = after(house({"feed_in_limit": "20 %"}, pv=sunny()), 10.0)
        plant.override("grid", "feed_in_limit", Override(plant.time_us, 2e3, plant.time_us, 4e3))
        assert after(plant, 5.0).readings.active_power_w("grid") == pytest.approx(-4e3, abs=1.0)

    def test_nothing_slips_through_between_control_cycles_of_a_minute(self) -> None:
        site = house(
            {"feed_in_limit": "0 W"}, hy={**HYBRID, "irradiance": {"profile": "clear-sky"}}, bat=STORED
        ).site
        minute_us = 60 * SECOND_US
        plant = Plant(site, start_us=START_US, seed=0, cycle_us=minute_us, resolution_us=minute_us)
        assert after(plant, 3600.0).readings.registers("grid").delivered_wh == pytest.approx(0.0, abs=1e-6)

    def test_parts_and_powers_are_not_mixed(self) -> None:
        points = [{"at": "0 s", "value": "60 %"}, {"at": "1 min", "value": "3 kW"}]
        with pytest.raises(
            ValidationError, match="points that are all parts of the peak power, or all powers"
        ):
            house({"feed_in_limit": {"profile": "inline", "points": points}}, pv=sunny())

    @pytest.mark.parametrize(
        ("grid", "lower_w", "upper_w"),
        [
            ({"rated_power": "30 kW"}, -30e3, 30e3),
            ({"rated_power": "30 kW", "feed_in_limit": "50 %"}, -5e3, 30e3),
            ({"rated_power": "30 kW", "rated_export_power": "4 kW", "feed_in_limit": "50 %"}, -4e3, 30e3),
            ({"rated_power": "30 kW", "import_limit": "4.2 kW"}, -30e3, 4.2e3),
            ({"rated_fuse_current": "16 A", "import_limit": "50 kW"}, -11085.125, 11085.125),
        ],
    )
    def test_the_connection_point_shows_the_least_of_its_limits(
        self, grid: dict[str, Any], lower_w: float, upper_w: float
    ) -> None:
        (shown,) = Instruments(house(grid, pv=sunny())).read("grid").bounds[Metric.AC_POWER_ACTIVE]
        assert shown == pytest.approx((lower_w, upper_w))

    def test_a_connection_point_without_limits_shows_no_bounds(self) -> None:
        for grid in ({}, {"rated_fuse_current": "16 A"}, {"feed_in_limit": "50 %"}):
            assert Instruments(house(grid, pv=sunny())).read("grid").bounds == {}

    def test_a_part_counts_from_the_peak_power_of_all(self) -> None:
        hybrid = {**HYBRID, "peak_power": "5 kW"}
        plant = house(
            {"feed_in_limit": "10 %"}, pv=sunny(), hy=hybrid, bat={**FULL, "id": 32, "behind": "hy"}
        )
        assert after(plant, 10.0).readings.active_power_w("grid") == pytest.approx(-1500.0, abs=1.0)

    def test_below_it_nothing_is_held_back(self) -> None:
        free, limited = house(pv=sunny()), house({"feed_in_limit": "8 kW"}, pv=sunny())
        assert after(limited, 10.0).readings.active_power_w("pv") == after(
            free, 10.0
        ).readings.active_power_w("pv")

    def test_the_battery_takes_what_it_can_first(self) -> None:
        battery = {**FULL, "id": 12, "behind": "store", "initial_soc": "50 %"}
        plant = after(house({"feed_in_limit": "0 W"}, pv=sunny(), store=STORE, bat=battery), 30.0)
        offered_w = after(house(pv=sunny()), 30.0).readings.active_power_w("pv")
        assert plant.readings.active_power_w("pv") == pytest.approx(offered_w)
        assert plant.readings.active_power_w("store") == pytest.approx(-offered_w - 1000.0, rel=0.01)

    def test_all_hold_back_the_same_share(self) -> None:
        one, other = sunny(), {**sunny("400 W/m²"), "id": 22}
        plant = after(house({"feed_in_limit": "1 kW"}, pv=one, roof=other), 10.0)
        free = after(house(pv=one, roof=other), 10.0)
        shares = [
            plant.readings.active_power_w(key) / free.readings.active_power_w(key) for key in ("pv", "roof")
        ]
        assert shares[0] == pytest.approx(shares[1], rel=1e-3)
        assert shares[0] < 0.5

    def test_it_is_released_when_the_load_rises(self) -> None:
        plant = after(house({"feed_in_limit": "0 W"}, pv=sunny()), 10.0)
        held_w = plant.readings.active_power_w("pv")
        plant.override("main", "load", Override(plant.time_us, 1000.0, plant.time_us, 5000.0))
        after(plant, 10.0)
        assert held_w == pytest.approx(-1000.0, abs=1.0)
        assert plant.readings.active_power_w("pv") == pytest.approx(-5000.0, abs=1.0)

    def test_the_bounds_show_what_is_left(self) -> None:
        plant = after(house({"feed_in_limit": "2 kW"}, pv=sunny()), 10.0)
        assert plant.capability.active_power_bounds("pv").lower == pytest.approx(-3000.0, abs=1.0)

    @pytest.mark.parametrize("asked_w", [0.0, -200.0, -1000.0, -8000.0])
    def test_the_bounds_of_one_alone_are_the_same_whatever_it_is_told(self, asked_w: float) -> None:
        plant = house({"feed_in_limit": "0 W"}, pv=sunny())
        plant.set_points.send("pv", PowerType.ACTIVE, asked_w)
        assert after(plant, 10.0).capability.active_power_bounds("pv").lower == pytest.approx(
            -1000.0, abs=0.01
        )

    def test_one_that_is_told_nothing_shows_the_share_that_it_would_have(self) -> None:
        plant = house({"feed_in_limit": "1 kW"}, pv=sunny(), roof={**sunny(), "id": 22})
        plant.set_points.send("roof", PowerType.ACTIVE, 0.0)
        shown_w = after(plant, 10.0).capability.active_power_bounds("roof").lower
        alone_w = plant.capability.active_power_bounds("pv").lower
        plant.set_points.send("roof", PowerType.ACTIVE, -9000.0)
        assert shown_w == pytest.approx(after(plant, 10.0).readings.active_power_w("roof"), rel=0.01)
        assert alone_w == pytest.approx(-2000.0, rel=0.01)

    def test_those_who_ask_for_their_bounds_come_to_rest(self) -> None:
        plant = house({"feed_in_limit": "1 kW"}, pv=sunny(), roof={**sunny("400 W/m²"), "id": 22})
        shown_w = []
        for _ in range(12):
            after(plant, 5.0)
            shown_w.append([plant.capability.active_power_bounds(key).lower for key in ("pv", "roof")])
            for key, lower_w in zip(("pv", "roof"), shown_w[-1], strict=True):
                plant.set_points.send(key, PowerType.ACTIVE, lower_w)
        assert shown_w[-1] == pytest.approx(shown_w[-2], rel=1e-3)

    @pytest.mark.parametrize("asked_w", [None, 0.0, -1000.0, 3000.0])
    def test_the_bounds_of_a_hybrid_without_sun_show_it_too(self, asked_w: float | None) -> None:
        plant = dark_hybrid()
        plant.set_points.send("hy", PowerType.ACTIVE, asked_w)
        assert after(plant, 10.0).capability.active_power_bounds("hy").lower == pytest.approx(
            -2000.0, abs=0.01
        )

    def test_a_released_hybrid_keeps_it_on_its_way_to_rest(self) -> None:
        plant = dark_hybrid()
        plant.set_points.send("hy", PowerType.ACTIVE, -5000.0)
        after(plant, 10.0)
        plant.set_points.send("hy", PowerType.ACTIVE, None)
        after(plant, 10.0)
        assert plant.readings.registers("grid").delivered_wh == pytest.approx(0.0, abs=1e-9)
        assert plant.readings.is_idle("hy")

    @pytest.mark.parametrize("irradiance", ["0 W/m²", "800 W/m²"])
    @pytest.mark.parametrize("part", [1.0, 0.9, 0.5])
    @pytest.mark.parametrize("told", ["hy", "pv"])
    def test_who_is_told_what_its_bounds_show_gets_it(self, irradiance: str, part: float, told: str) -> None:
        hybrid = {**HYBRID, "irradiance": irradiance, "self_consumption": None}
        battery = {**FULL, "id": 32, "behind": "hy", "initial_soc": "50 %"}
        plant = house(
            {"feed_in_limit": "0 W"},
            load="3 kW",
            pv=sunny(),
            roof={**sunny(), "id": 22},
            hy=hybrid,
            bat=battery,
        )
        after(plant, 20.0)
        asked_w = part * plant.capability.active_power_bounds(told).lower
        plant.set_points.send(told, PowerType.ACTIVE, asked_w)
        for _ in range(3):
            after(plant, 5.0)
            assert plant.readings.active_power_w(told) == pytest.approx(asked_w, rel=1e-6)
            assert plant.tracking.has_reached(told, PowerType.ACTIVE)
        assert plant.readings.active_power_w("grid") == pytest.approx(0.0, abs=0.01)

    def test_a_load_that_falls_meanwhile_is_no_failure_of_who_keeps_to_the_limit(self) -> None:
        plant = dark_hybrid()
        plant.set_points.send("hy", PowerType.ACTIVE, -1900.0)
        after(plant, 5.0)
        plant.override("main", "load", Override(plant.time_us, 0.0, plant.time_us, 500.0))
        after(plant, 5.0)
        assert plant.readings.active_power_w("hy") > -1900.0 + 100.0
        assert plant.tracking.has_reached("hy", PowerType.ACTIVE)

    def test_a_client_who_asks_for_less_gets_less(self) -> None:
        plant = house({"feed_in_limit": "2 kW"}, pv=sunny())
        plant.set_points.send("pv", PowerType.ACTIVE, -500.0)
        assert after(plant, 10.0).readings.active_power_w("pv") == pytest.approx(-500.0, abs=1.0)

    @pytest.mark.parametrize(("frequency_hz", "grid_w"), [(48.0, -2e3), (51.3, 2.4e3)])
    @pytest.mark.parametrize("told_w", [-8e3, 0.0])
    def test_it_goes_before_what_a_low_frequency_asks_of_a_hybrid(
        self, told_w: float, frequency_hz: float, grid_w: float
    ) -> None:
        hybrid = {**HYBRID, "self_consumption": None, "grid_code": {"freq_watt": True}}
        stored = {**STORED, "initial_soc": "50 %"}
        plant = after(house({"feed_in_limit": "20 %"}, load="1 kW", hy=hybrid, bat=stored), 5.0)
        plant.set_points.send("hy", PowerType.ACTIVE, -3e3)
        after(plant, 20.0)
        plant.override("grid", "frequency", Override(plant.time_us, 50.0, plant.time_us, frequency_hz))
        plant.set_points.send("hy", PowerType.ACTIVE, told_w)
        assert after(plant, 60.0).readings.active_power_w("grid") == pytest.approx(grid_w, abs=2.0)

    def test_a_hybrid_told_to_deliver_keeps_it_too(self) -> None:
        battery = {**FULL, "id": 32, "behind": "hy"}
        plant = house({"feed_in_limit": "2 kW"}, hy=HYBRID, bat=battery)
        plant.set_points.send("hy", PowerType.ACTIVE, -9000.0)
        assert after(plant, 30.0).readings.active_power_w("grid") == pytest.approx(-2000.0, abs=1.0)


def drawn_house(random: Random) -> Plant:
    """Return a house with two to four PV and hybrid inverters, wherever they are connected."""
    components: dict[str, dict[str, Any]] = {}
    for number in range(random.randint(2, 4)):
        sun = f"{random.choice([0, 100, 400, 800])} W/m²"
        if random.random() < 0.7:
            pv = {
                "behind": random.choice(["main", "grid"]),
                "rated_power": random.choice(["3 kW", "10 kW", "20 kW"]),
            }
            components[f"pv-{number}"] = {
                **PV,
                **pv,
                "id": 20 + number,
                "irradiance": sun,
                "peak_power": None,
            }
            continue
        own = {} if random.random() < 0.5 else {"self_consumption": None}
        least = {"min_power": "900 W"} if random.random() < 0.4 else {}
        components[f"hy-{number}"] = {**HYBRID, "id": 20 + number, "irradiance": sun, **own, **least}
        soc = random.choice(["15 %", "50 %", "89 %"])
        components[f"bat-{number}"] = {
            **FULL,
            "id": 40 + number,
            "behind": f"hy-{number}",
            "initial_soc": soc,
        }
    limit = random.choice(["0 W", "1 kW", "4 kW"])
    return house({"feed_in_limit": limit}, load=f"{random.randint(0, 5)} kW", **components)


@pytest.mark.parametrize("seed", range(60))
def test_it_holds_at_the_connection_point_whatever_several_inverters_are_told(seed: int) -> None:
    random = Random(seed)
    plant = drawn_house(random)
    for _ in range(12):
        after(plant, 10.0)
        limit_w = plant.inputs.value("grid", "feed_in_limit")
        assert plant.readings.active_power_w("grid") >= -limit_w - 0.01
        for key in plant.controlled:
            lower_w = plant.capability.active_power_bounds(key).lower
            asked_w = random.choice([None, lower_w, lower_w, lower_w * random.random()])
            plant.set_points.send(key, PowerType.ACTIVE, asked_w)


def test_what_a_battery_gives_to_the_house_makes_no_room_for_what_its_meter_does_not_see() -> None:
    hybrid = {**HYBRID, "irradiance": "0 W/m²"}
    plant = house(
        {"feed_in_limit": "1 kW"}, load="3 kW", hy=hybrid, bat={**STORED, "initial_soc": "50 %"},
        pv={**sunny(), "behind": "grid"},
    )  # fmt: skip
    after(plant, 30.0)
    assert plant.readings.active_power_w("hy") == pytest.approx(-3000.0, abs=50.0)
    assert plant.readings.active_power_w("grid") == pytest.approx(-1000.0, abs=1.0)


@pytest.mark.parametrize("inverter", [{**HYBRID, "irradiance": "0 W/m²"}, {**STORE, "id": 31}])
def test_what_a_battery_gave_to_a_load_that_falls_is_fed_in_for_as_long_as_its_inverter_takes(
    inverter: dict[str, Any],
) -> None:
    battery = {**STORED, "initial_soc": "50 %"}
    plant = after(
        house({"feed_in_limit": "0 W"}, load="6 kW", pv=sunny("0 W/m²"), hy=inverter, bat=battery), 30.0
    )
    before_wh = plant.readings.registers("grid").delivered_wh
    plant.override("main", "load", Override(plant.time_us, 6000.0, plant.time_us, 500.0))
    assert after(plant, 0.05).readings.active_power_w("grid") == pytest.approx(-5500.0, abs=50.0)
    assert after(plant, 1.1).readings.active_power_w("grid") == pytest.approx(0.0, abs=50.0)
    assert plant.readings.registers("grid").delivered_wh - before_wh < 1.0


@pytest.mark.parametrize("limit_w", [0.0, 2000.0])
@pytest.mark.parametrize("sun", ["800 W/m²", "100 W/m²"])
def test_it_holds_from_the_first_instant_behind_a_transformer_that_loses_less_as_less_is_fed_in(
    sun: str, limit_w: float
) -> None:
    plant = house(
        {"feed_in_limit": f"{limit_w} W"},
        step={"id": 3, "category": "power_transformer", "behind": "grid", "rated_apparent_power": "100 kVA"},
        main={"id": 2, "category": "meter", "behind": "step", "load": "4 kW"},
        pv={**sunny(sun), "rated_power": "100 kW", "peak_power": "100 kW"},
    )
    assert plant.readings.active_power_w("grid") == pytest.approx(-limit_w, abs=1e-3)


def test_without_a_load_nothing_is_delivered_for_what_is_drawn_at_rest() -> None:
    plant = house({"feed_in_limit": "0 W"}, load="0 W", pv=sunny(), roof={**sunny(), "id": 22})
    for _ in range(20):
        assert after(plant, 0.1).readings.active_power_w("grid") >= -0.01


class TestFeedInLimitBesideBatteries:
    """What a battery on its way to a set-point, a meter or a limit of its own makes of the limit."""

    @pytest.mark.parametrize("limit", ["0 W", "20 %"])
    def test_on_a_clear_day_it_charges_as_much_as_without_a_limit(self, limit: str) -> None:
        def charged_wh(grid: dict[str, Any]) -> float:
            plant = house(grid, pv=sunny("700 W/m²"), store=STORE, bat=ROOM)
            before = plant.readings.battery("bat").soc
            after(plant, 1800.0)
            return plant.readings.battery("bat").soc - before

        assert charged_wh({"feed_in_limit": limit}) == pytest.approx(charged_wh({}), rel=0.01)

    def test_a_released_set_point_lets_it_take_what_was_held_back(self) -> None:
        plant = house({"feed_in_limit": "0 W"}, pv=sunny(), store=STORE, bat=ROOM)
        plant.set_points.send("store", PowerType.ACTIVE, 0.0)
        held_w = after(plant, 30.0).readings.active_power_w("pv")
        plant.set_points.send("store", PowerType.ACTIVE, None)
        after(plant, 60.0)
        assert held_w == pytest.approx(-1045.0, abs=60.0)
        assert plant.readings.active_power_w("pv") < -6000.0
        assert plant.readings.active_power_w("store") > 5000.0

    def test_what_a_full_one_cannot_take_another_does(self) -> None:
        other = {**STORE, "id": 13}
        plant = house(
            {"feed_in_limit": "0 W"}, pv=sunny(), store=STORE, bat=ROOM,
            second=other, full={**FULL, "id": 14, "behind": "second"},
        )  # fmt: skip
        assert after(plant, 60.0).readings.active_power_w("pv") < -6000.0

    def test_a_slow_one_makes_no_room_before_it_takes(self) -> None:
        slow = {**STORE, "ramp_rate": "50 W/s"}
        plant = house({"feed_in_limit": "1 kW"}, pv=sunny(), store=slow, bat=ROOM)
        plant.set_points.send("store", PowerType.ACTIVE, 5000.0)
        for _ in range(60):
            assert after(plant, 2.0).readings.active_power_w("grid") >= -1000.0 - 110.0

    def test_one_that_delivers_nothing_is_no_reason_to_hold_back(self) -> None:
        plant = house({"feed_in_limit": "4 kW"}, pv=sunny(), roof={**sunny(), "id": 22})
        plant.set_points.send("roof", PowerType.ACTIVE, -100.0)
        assert after(plant, 30.0).readings.active_power_w("grid") == pytest.approx(-4000.0, abs=1.0)
        plant.trip("roof", Diagnostic("HARDWARE_FAULT", "broken"))
        assert after(plant, 30.0).readings.active_power_w("grid") == pytest.approx(-4000.0, abs=1.0)

    def test_a_hybrid_that_charges_from_the_grid_curtails_nobody(self) -> None:
        battery = {**FULL, "id": 32, "behind": "hy", "initial_soc": "30 %"}
        plant = house(
            {"feed_in_limit": "2 kW"}, pv=sunny(), hy={**HYBRID, "irradiance": "10 W/m²"}, bat=battery
        )
        plant.set_points.send("hy", PowerType.ACTIVE, 5000.0)
        free_w = after(house(pv=sunny()), 30.0).readings.active_power_w("pv")
        assert after(plant, 30.0).readings.active_power_w("pv") == pytest.approx(free_w)


@pytest.mark.parametrize("cycle_s", [1, 60, 300, 900, 3600])
@pytest.mark.parametrize("other", [{"initial_soc": "40 %"}, {"initial_soc": "70 %"}])
def test_a_hybrid_and_a_battery_at_one_meter_keep_it_at_any_resolution(
    cycle_s: int, other: dict[str, str]
) -> None:
    site = house(
        {"feed_in_limit": "2 kW"}, hy={**HYBRID, "irradiance": "800 W/m²"},
        bat={**STORED, "initial_soc": "50 %"}, store=STORE, full={**FULL, "id": 12, "behind": "store", **other},
    ).site  # fmt: skip
    cycle_us = cycle_s * SECOND_US
    plant = Plant(site, start_us=START_US, seed=0, cycle_us=cycle_us, resolution_us=cycle_us)
    for _ in range(4 * 60):
        assert after(plant, 60.0).readings.active_power_w("grid") >= -2000.0 - 0.01


class TestHybridInverters:
    @pytest.mark.parametrize("control", [{}, {"self_consumption": None}], ids=["self-consumption", "none"])
    def test_what_the_battery_cannot_take_is_fed_in(self, control: dict[str, Any]) -> None:
        plant = after(house(hy={**HYBRID, **control}, bat=STORED), 30.0)
        offered = plant.operating_point.memory.inverters[0].sun_w
        assert offered < -5000.0
        loss_w = plant.readings.active_power_w("hy") - offered
        assert 0.0 < loss_w < 0.06 * -offered
        assert plant.readings.flows().battery_dc_w["bat"] == pytest.approx(0.0, abs=1.0)

    def test_a_battery_with_room_takes_it(self) -> None:
        plant = after(house(hy=HYBRID, bat={**STORED, "initial_soc": "50 %"}), 30.0)
        assert plant.readings.active_power_w("grid") == pytest.approx(0.0, abs=20.0)
        assert plant.readings.flows().battery_dc_w["bat"] > 4000.0

    def test_a_battery_takes_no_more_than_it_may(self) -> None:
        battery = {**STORED, "initial_soc": "50 %", "max_charge_power": "1 kW"}
        plant = after(house(hy=HYBRID, bat=battery), 30.0)
        assert plant.readings.flows().battery_dc_w["bat"] == pytest.approx(1000.0)
        assert plant.readings.active_power_w("hy") < -4500.0

    def test_a_client_who_asks_for_less_gets_less(self) -> None:
        plant = house(hy=HYBRID, bat=STORED)
        plant.set_points.send("hy", PowerType.ACTIVE, -1000.0)
        assert after(plant, 30.0).readings.active_power_w("hy") == pytest.approx(-1000.0)

    def test_it_is_about_what_inverters_beside_each_other_feed_in(self) -> None:
        battery = {**FULL, "id": 12, "behind": "store"}
        coupled = after(house(pv=sunny(), store=STORE, bat=battery), 3600.0)
        hybrid = after(house(hy=HYBRID, bat=STORED), 3600.0)
        into_grid_wh = [plant.readings.registers("grid").delivered_wh for plant in (coupled, hybrid)]
        assert into_grid_wh[1] == pytest.approx(into_grid_wh[0], rel=0.05)
