"""What a run says came of it: each figure is what the run's own samples come to, worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doppelgrid.models.battery import battery_initial_state, battery_stored_energy_wh
from doppelgrid.sim.components.battery import battery_preset
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.headless.outcome import FlowSummary, Summary
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.headless.simulate import simulate
from doppelgrid.sim.headless.summary import Summarizer
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.tariff.reader import load_tariff

MORNING = datetime(2026, 6, 15, 6)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DRAWN = [
    {"at": "0 s", "value": "6 kW"},
    {"at": "20 min", "value": "-3 kW"},
    {"at": "50 min", "value": "9 kW"},
]

pytestmark = pytest.mark.usefixtures("interpreted")


def site(**components: dict[str, Any]) -> Site:
    grid = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"}
    main = {"id": 2, "category": "meter", "behind": "grid"}
    return Site.model_validate(
        {"microgrid": {"id": 1}, "components": {"grid": grid, "main": main, **components}}
    )


def load(power: Any, number: int = 3) -> dict[str, Any]:
    return {"id": number, "category": "meter", "behind": "main", "load": power}


STORED = site(
    house=load({"profile": "inline", "points": DRAWN}),
    roof={"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "12 kW", "power": "2 kW"},
    inv={
        "id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", "self_consumption": "main"
    },
    bat={"id": 12, "category": "battery", "behind": "inv", "initial_soc": "50 %", "initial_temperature": "30 °C"},
)  # fmt: skip


def run(what: Site = STORED, duration: timedelta = HOUR, resolution: timedelta = MINUTE) -> Summary:
    return simulate(what, duration, start=MORNING, resolution=resolution)


def flow(summary: Summary, key: str) -> FlowSummary:
    return next(each for each in summary.flows if each.key == key)


WARM = {"initial_temperature": "35 °C"}


def discharged(power: str = "9 kW", **others: dict[str, Any]) -> Site:
    """Return a site whose battery gives all that its house draws."""
    return site(
        house=load(power),
        inv={
            "id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", "response_delay": "0 s",
            "self_consumption": "main",
        },
        bat={"id": 12, "category": "battery", "behind": "inv"},
        **others,
    )  # fmt: skip


class TestFlows:
    def test_what_was_drawn_and_what_was_given_are_counted_apart(self) -> None:
        house = flow(run(), "house")
        assert house.consumed_wh == pytest.approx(6e3 / 3 + 9e3 / 6)
        assert house.delivered_wh == pytest.approx(3e3 / 2)
        assert (house.greatest_w, house.least_w) == pytest.approx((9e3, -3e3))

    def test_all_phases_count_together(self) -> None:
        one = site(house={**load("6 kW"), "phases": [2]}, shed=load("3 kW", 4))
        assert run(one).grid.greatest_w == pytest.approx(9e3)
        assert run(one).grid.least_w == pytest.approx(9e3)

    def test_every_component_on_the_ac_side_has_its_own(self) -> None:
        summary = run()
        assert [each.key for each in summary.flows] == ["grid", "main", "house", "roof", "inv"]
        assert [str(each.category) for each in summary.flows][2:] == [
            "meter",
            "pv_inverter",
            "battery_inverter",
        ]
        assert summary.grid == flow(summary, "grid")


ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"]
RESOLUTIONS = [timedelta(days=1), 7 * HOUR, HOUR, 15 * MINUTE]


def on_one_day(zone: str) -> Site:
    """Return a site whose load draws 10 kW on the twelfth of January by the site's clock."""
    points = [
        {"at": f"2026-01-{day}T00:00:00", "value": value}
        for day, value in (("01", "0 kW"), ("12", "10 kW"), ("13", "0 kW"))
    ]
    plain = site(house=load({"profile": "inline", "points": points}))
    location = {"latitude": 0.0, "longitude": 0.0, "timezone": zone}
    return plain.model_copy(
        update={"microgrid": plain.microgrid.model_validate({"id": 1, "location": location})}
    )


class TestMeans:
    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("resolution", RESOLUTIONS)
    def test_nothing_is_drawn_before_a_load_begins(self, zone: str, resolution: timedelta) -> None:
        before = simulate(on_one_day(zone), 24 * HOUR, start=datetime(2026, 1, 11), resolution=resolution)
        assert before.grid.consumed_wh == pytest.approx(0.0, abs=1e-6)

    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("resolution", RESOLUTIONS)
    def test_energies_are_those_of_the_run_whenever_it_starts_and_ends(
        self, zone: str, resolution: timedelta
    ) -> None:
        start = datetime(2026, 1, 11, 12, 7, 18)
        parted = simulate(on_one_day(zone), 25 * HOUR, start=start, resolution=resolution)
        assert parted.grid.consumed_wh == pytest.approx(10e3 * (13.0 + (7.0 + 18.0 / 60.0) / 60.0))

    def test_controls_act_when_the_means_change_that_they_follow(self) -> None:
        points = [{"at": f"{hour} h", "value": f"{2 + hour % 3} kW"} for hour in range(12)]
        inverter = STORED.components["inv"].model_copy(update={"response_delay_s": 0.0})
        followed = site(house=load({"profile": "inline", "points": points}))
        components = {**STORED.components, "house": followed.components["house"], "inv": inverter}
        del components["roof"]
        start = datetime(2026, 6, 15, 6, 37, 11)
        seen = simulate(
            STORED.model_copy(update={"components": components}), 12 * HOUR, start=start, resolution=HOUR
        )
        # Only in the first hour nobody has told the battery yet.
        assert seen.grid.consumed_wh == pytest.approx(2e3, rel=0.02)


class TestBatteries:
    def test_a_full_cycle_is_twice_the_charge_that_a_new_battery_holds(self) -> None:
        (pack,) = run(discharged()).batteries
        # All that is missing went out but for what leaked, 0.02 C per year.
        leaked = pytest.approx(pack.soc_first - pack.soc_last, abs=5e-5)
        assert 2.0 * pack.full_cycles == leaked
        assert pack.full_cycles > 0.04

    def test_charge_counts_both_ways(self) -> None:
        whole = HeadlessRun(STORED, start_us=STORED.moment_us(MORNING), resolution=timedelta(seconds=1))
        (chunk,) = whole.chunks(HOUR)
        moved_ah = np.abs(chunk.samples.battery_current_a[:, 0]).sum() / 3600.0
        holds_ah = whole.plant.equipment.batteries["bat"].charge_capacity_ah
        (pack,) = run(resolution=timedelta(seconds=1)).batteries
        assert pack.full_cycles == pytest.approx(moved_ah / (2.0 * holds_ah), rel=2e-3)

    def test_soc_and_temperature_are_told_at_both_ends_and_at_their_extremes(self) -> None:
        (pack,) = run().batteries
        assert (pack.key, pack.soc_first) == ("bat", 0.5)
        # Discharged for 20 minutes, charged for 30, discharged for 10; 5 kW for an hour are some 5 % of 92 kWh.
        assert pack.soc_least == pytest.approx(0.5 - (4e3 / 3) / 92e3, abs=2e-3)
        assert pack.soc_greatest == pytest.approx(pack.soc_least + 5e3 / 2 / 92e3, abs=2e-3)
        assert pack.soc_last == pytest.approx(pack.soc_greatest - 7e3 / 6 / 92e3, abs=2e-3)
        assert pack.warmest_c == 30.0
        # In air of 20 °C, or what the site has, it only cools.
        assert 20.0 < pack.coldest_c < 30.0

    def test_its_loss_is_what_went_in_and_did_not_stay(self) -> None:
        still = run(discharged("0 W"))
        busy = run(discharged())
        for summary in (still, busy):
            (pack,) = summary.batteries
            inverter = flow(summary, "inv")
            taken_wh = inverter.consumed_wh - inverter.delivered_wh
            assert summary.stored_wh + summary.lost_wh == pytest.approx(taken_wh)
            assert 0.0 < pack.loss_wh < summary.lost_wh
        assert busy.batteries[0].loss_wh > 10.0 * still.batteries[0].loss_wh

    def test_each_has_its_own(self) -> None:
        idle = {"category": "battery_inverter", "behind": "main", "rated_power": "9 kW"}
        both = discharged(
            idle={"id": 21, **idle},
            other={"id": 22, "category": "battery", "behind": "idle", "initial_soc": "70 %", **WARM},
        )
        first, second = run(both).batteries
        assert (first.key, second.key) == ("bat", "other")
        assert (first.soc_first, second.soc_first) == pytest.approx((0.5, 0.7))
        assert first.full_cycles > 100.0 * second.full_cycles
        assert (first.soc_greatest, second.soc_greatest) == pytest.approx((0.5, 0.7), abs=1e-6)
        assert second.warmest_c == 35.0 > first.warmest_c


class TestBalance:
    def test_loads_consume_and_arrays_produce(self) -> None:
        summary = run()
        assert summary.consumed_wh == pytest.approx(6e3 / 3 + 9e3 / 6)
        assert summary.produced_wh == pytest.approx(2e3 + 3e3 / 2)

    def test_a_load_beside_others_behind_its_meter_is_counted_either_way_as_well(self) -> None:
        components: dict[str, Any] = {
            "main": {**load({"profile": "inline", "points": DRAWN}, 2), "behind": "grid"},
            "roof": {
                "id": 4,
                "category": "pv_inverter",
                "behind": "main",
                "rated_power": "12 kW",
                "power": "2 kW",
            },
        }
        beside = site(**components)
        summary = run(beside)
        assert summary.consumed_wh == pytest.approx(6e3 / 3 + 9e3 / 6)
        assert summary.produced_wh == pytest.approx(2e3 + 3e3 / 2)
        assert summary.imbalance_wh == pytest.approx(0.0, abs=1e-6)

    def test_a_load_that_gives_on_the_whole_produces(self) -> None:
        summary = run(site(house=load("4 kW"), mill=load("-1 kW", 4)))
        assert (summary.consumed_wh, summary.produced_wh) == pytest.approx((4e3, 1e3))
        assert summary.grid.consumed_wh == pytest.approx(3e3)
        assert summary.throughput_wh == pytest.approx(3e3 + 1e3 + 4e3)

    def test_what_is_stored_is_the_charge_times_its_voltage(self) -> None:
        (pack,) = (summary := run(discharged())).batteries
        cells = battery_preset("lfp-92kwh")
        last_wh, first_wh = (
            battery_stored_energy_wh(cells, battery_initial_state(cells, soc, 25.0))
            for soc in (pack.soc_last, pack.soc_first)
        )
        # What the pairs still hold is less than a hundredth of it.
        assert summary.stored_wh == pytest.approx(last_wh - first_wh, rel=0.01)

    def test_what_a_transformer_keeps_is_lost(self) -> None:
        through = site(
            way={
                "id": 5,
                "category": "power_transformer",
                "rated_apparent_power": "400 kVA",
                "behind": "main",
            },
            house={**load("50 kW"), "behind": "way"},
        )
        summary = run(through)
        assert summary.consumed_wh == pytest.approx(50e3)
        assert summary.lost_wh == pytest.approx(summary.grid.consumed_wh - 50e3)
        assert summary.lost_wh > 100.0
        assert summary.imbalance_wh == pytest.approx(0.0, abs=1e-6)

    def test_what_goes_as_cells_break_and_comes_as_they_are_mended_is_neither_lost_nor_missing(self) -> None:
        running = Simulation.headless(STORED, start_us=STORED.moment_us(MORNING))
        summarizer = Summarizer(running.plant)
        running.run_for(10 * MINUTE)
        number = running.fault(Fault("bat", FaultKind.CAPACITY_FADED, amount=0.5))
        running.run_for(10 * MINUTE)
        broken = summarizer.summary(0.0)
        assert broken.stored_wh < -20e3
        assert broken.lost_wh < 500.0
        assert broken.imbalance_wh == pytest.approx(0.0, abs=1e-6)
        running.mend(number)
        running.run_for(10 * MINUTE)
        mended = summarizer.summary(0.0)
        assert mended.stored_wh > -2e3
        assert mended.imbalance_wh == pytest.approx(0.0, abs=1e-6)

    def test_its_parts_leave_nothing_and_their_magnitudes_are_the_throughput(self) -> None:
        summary = run()
        net_wh = summary.grid.consumed_wh - summary.grid.delivered_wh
        missing_wh = net_wh + summary.produced_wh - summary.consumed_wh - summary.lost_wh - summary.stored_wh
        assert summary.imbalance_wh == missing_wh == pytest.approx(0.0, abs=1e-9)
        assert summary.stored_wh < 0.0
        assert summary.throughput_wh == pytest.approx(
            net_wh + summary.produced_wh + summary.consumed_wh + summary.lost_wh - summary.stored_wh
        )


class TestPeak:
    def test_quarters_are_those_of_the_clock(self) -> None:
        points = [
            {"at": "0 s", "value": "9 kW"},
            {"at": "8 min", "value": "1 kW"},
            {"at": "23 min", "value": "3 kW"},
        ]
        load_ = load({"profile": "inline", "points": points})
        began = MORNING + 7 * MINUTE
        # 6:07 to 6:15 is no whole quarter; 6:15 to 6:30 has 1 kW; 6:30 to 6:45 has 3 kW from its beginning.
        summary = simulate(site(house=load_), 45 * MINUTE, start=began, resolution=MINUTE)
        assert summary.peak_w == pytest.approx(3e3)
        assert summary.peak_us == site().moment_us(MORNING + 30 * MINUTE)

    def test_a_site_that_gives_has_a_peak_below_zero(self) -> None:
        assert run(site(mill=load("-4 kW"))).peak_w == pytest.approx(-4e3)

    @pytest.mark.parametrize("resolution", [30 * MINUTE, HOUR, 7 * MINUTE])
    def test_samples_that_miss_the_ends_of_quarters_show_none(self, resolution: timedelta) -> None:
        summary = run(site(house=load("4 kW")), 3 * HOUR, resolution)
        assert (summary.peak_w, summary.peak_us) == (None, 0)

    def test_a_run_without_a_whole_quarter_has_none(self) -> None:
        summary = run(site(house=load("4 kW")), 14 * MINUTE)
        assert (summary.peak_w, summary.peak_us) == (None, 0)

    def test_it_may_lie_across_two_chunks(self) -> None:
        points = [
            {"at": "0 s", "value": "1 kW"},
            {"at": "15 min", "value": "5 kW"},
            {"at": "30 min", "value": "1 kW"},
        ]
        what = site(house=load({"profile": "inline", "points": points}))
        assert in_parts(what, 20 * MINUTE).peak_w == pytest.approx(5e3)


def in_parts(what: Site, part: timedelta) -> Summary:
    """Return the summary of an hour that came in parts."""
    parts = HeadlessRun(what, start_us=what.moment_us(MORNING), resolution=MINUTE)
    summarizer = Summarizer(parts.plant)
    for _ in range(HOUR // part):
        for chunk in parts.chunks(part):
            summarizer.add(chunk)
    return summarizer.summary(12.5)


def test_what_goes_each_way_is_billed_by_its_own_price(tmp_path: Path) -> None:
    """3.5 kWh in for 30 ct each and with 400 g each, 1.5 kWh out for 8 ct each; 9 kW in the last ten minutes."""
    (tmp_path / "tariff.yaml").write_text(
        "tariff: a tariff\nimport: 30 ct/kWh\nexport: 8 ct/kWh\nco2: 0.4 kg/kWh\n", encoding="utf-8"
    )
    what = site(house=load({"profile": "inline", "points": DRAWN}))
    tariff = load_tariff(tmp_path / "tariff.yaml")
    costs = simulate(what, HOUR, start=MORNING, resolution=MINUTE, tariff=tariff).costs
    assert costs is not None
    assert (costs.import_cost, costs.export_revenue) == pytest.approx((1.05, 0.12))
    assert (costs.cost, costs.co2_kg) == pytest.approx((0.93, 1.4))
    assert simulate(what, MINUTE, start=MORNING, resolution=MINUTE).costs is None


def test_a_run_in_parts_comes_to_what_it_comes_to_in_one() -> None:
    parts, whole = in_parts(STORED, 20 * MINUTE), run()
    assert parts.wall_s == 12.5
    # Where parts meet, a moment is looked at twice.
    assert (parts.samples, whole.samples) == (63, 61)
    assert parts.events == pytest.approx(whole.events, abs=10)
    same = {"wall_s": 0.0, "samples": 0, "events": 0}
    assert parts._replace(**same) == whole._replace(**same)


def test_events_and_samples_are_counted_and_time_is_told() -> None:
    summary = run(site(house=load("4 kW")))
    assert (summary.samples, summary.duration_us) == (61, 3_600_000_000)
    whole = HeadlessRun(STORED, start_us=STORED.moment_us(MORNING), resolution=MINUTE)
    whole.warm_up()
    assert run().events == sum(chunk.solved for chunk in whole.chunks(HOUR)) > 60


def test_least_and_greatest_powers_are_those_between_samples_as_well() -> None:
    """An outage of ten minutes, samples an hour apart."""
    outages = [{"from": "2026-06-15T06:20:00", "duration": "10 min"}]
    grid = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A", "outages": outages}
    through_grid = run(site(grid=grid, house=load("6 kW")), 2 * HOUR, HOUR).grid
    assert (through_grid.least_w, through_grid.greatest_w) == (0.0, 6000.0)
