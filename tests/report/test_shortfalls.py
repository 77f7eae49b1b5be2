"""What a running site lost, held back or did not serve, against hand calculations."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import doppelgrid
from doppelgrid import Kpis, Simulation
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.recording import Recorder
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.tariff.reader import load_tariff

NOON = datetime(2026, 6, 15, 12)
HOUR = timedelta(hours=1)
GRID = {"id": 1, "category": "grid_connection_point"}
MAIN = {"id": 2, "category": "meter", "behind": "grid"}
ROOF = {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "20 kW", "power": "16 kW"}
STORE = {"id": 5, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"}
CELLS = {"id": 6, "category": "battery", "behind": "store", "initial_soc": "50 %"}


def site(*, grid: dict[str, Any] | None = None, **components: dict[str, Any]) -> Site:
    every = {"grid": {**GRID, **(grid or {})}, "main": MAIN, **components}
    return Site.model_validate({"microgrid": {"id": 7}, "components": every}).with_telemetry_interval(60.0)


class Watched:
    """A site that runs, and somebody who looks."""

    def __init__(self, where: Site) -> None:
        self.simulation = Simulation.headless(where, start_us=where.moment_us(NOON))
        self.watch = SiteWatch(self.simulation)

    def kpis(self, span: timedelta = HOUR) -> Kpis:
        self.simulation.run_for(span)
        return self.watch.report().kpis

    def set_power(self, key: str, power_w: float) -> None:
        """Give a set-point that does not lapse."""
        self.simulation.plant.set_points.send(key, PowerType.ACTIVE, power_w)


def test_photovoltaics_hold_back_what_a_set_point_leaves() -> None:
    """16 kW from the sun, of which 6 kW are let through; the last seconds on the way there are less."""
    watched = Watched(site(roof=ROOF))
    assert watched.kpis().curtailed_wh == 0.0
    watched.set_power("roof", -6_000.0)
    assert watched.kpis().curtailed_wh == pytest.approx(10_000.0, rel=0.001)


SUNNY = {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "20 kW", "peak_power": "20 kW"}


@pytest.mark.parametrize(
    "roof",
    [{**ROOF, "power": "0 kW"}, {**SUNNY, "irradiance": "0 W/m²"}, {**SUNNY, "irradiance": "0.1 W/m²"}],
    ids=["no power", "night", "less sun than standby draw"],
)
def test_an_inverter_that_draws_from_the_grid_holds_nothing_back(roof: dict[str, Any]) -> None:
    found = Watched(site(roof=roof)).kpis()
    assert found.import_wh == pytest.approx(6.0)
    assert found.curtailed_wh == 0.0


def test_an_inverter_that_is_told_to_rest_holds_back_what_the_sun_offers_and_not_its_own_draw() -> None:
    watched = Watched(site(roof=ROOF))
    watched.set_power("roof", 0.0)
    watched.simulation.run_for(HOUR)
    before, after = watched.watch.report().kpis, watched.kpis()
    assert before.curtailed_wh is not None
    assert after.curtailed_wh is not None
    assert after.curtailed_wh - before.curtailed_wh == pytest.approx(16_000.0, rel=1e-9)


def test_photovoltaics_hold_back_what_a_feed_in_limit_leaves() -> None:
    found = Watched(site(grid={"feed_in_limit": "10 kW"}, roof=ROOF)).kpis()
    assert found.curtailed_wh == pytest.approx(6_000.0, rel=1e-6)
    assert (found.outside_limits_s, found.greatest_export_w) == (0.0, pytest.approx(10_000.0))


def test_a_roof_that_has_tripped_holds_nothing_back() -> None:
    watched = Watched(site(roof=ROOF))
    watched.set_power("roof", -6_000.0)
    watched.simulation.fault(Fault("roof", FaultKind.TRIP, "OVERTEMPERATURE"))
    assert watched.kpis().curtailed_wh == 0.0


def test_a_hybrid_inverter_holds_back_what_it_does_not_take_of_its_array() -> None:
    """Told 0 W, its array fills the battery, and then nothing takes what is left of some 14 kW."""
    hybrid = {**STORE, "category": "hybrid_inverter", "rated_power": "20 kW", "peak_power": "20 kW"}
    full = {**CELLS, "capacity": "20 kWh", "initial_soc": "90 %"}
    watched = Watched(site(store={**hybrid, "irradiance": "800 W/m²"}, battery=full))
    free = watched.kpis()
    watched.set_power("store", 0.0)
    held = watched.kpis(4 * HOUR)
    assert free.curtailed_wh == pytest.approx(0.0, abs=1.0)
    assert held.curtailed_wh == pytest.approx(4 * 14_000.0, rel=0.15)


def test_losses_are_what_is_missing_in_the_balance() -> None:
    house = {"id": 3, "category": "meter", "behind": "main", "load": "6 kW"}
    watched = Watched(site(house=house, store=STORE, battery=CELLS))
    watched.simulation.run_for(HOUR)
    plant = watched.simulation.plant
    watched.set_power("store", 20_000.0)
    found = watched.kpis()
    assert found.lost_wh is not None
    (storage,) = watched.watch.report().storages
    assert storage.charged_wh is not None
    assert found.throughput_wh == pytest.approx(storage.charged_wh + (storage.discharged_wh or 0.0))
    drawn_wh = plant.readings.registers("store").consumed_wh - plant.readings.registers("store").delivered_wh
    in_inverter_wh = drawn_wh - storage.charged_wh + (storage.discharged_wh or 0.0)
    in_battery_wh = plant.operating_point.memory.batteries[0].loss_wh
    assert found.lost_wh == pytest.approx(in_inverter_wh + in_battery_wh, rel=1e-9)
    assert 0.0 < found.lost_wh < 0.1 * storage.charged_wh


def test_what_goes_with_a_fault_and_comes_back_as_it_is_mended_is_no_loss() -> None:
    watched = Watched(site(store=STORE, battery={**CELLS, "capacity": "50 kWh"}))
    number = watched.simulation.fault(Fault("battery", FaultKind.CAPACITY_FADED, amount=0.5))
    struck = watched.kpis()
    watched.simulation.mend(number)
    mended = watched.kpis()
    assert struck.lost_wh is not None
    assert mended.lost_wh is not None
    assert 0.0 <= struck.lost_wh <= mended.lost_wh < 500.0
    assert struck.capacity_loss in (None, 0.0)
    assert mended.capacity_loss in (None, 0.0)


CAR: dict[str, Any] = {"arrive": "12:00", "stay": "1 h", "energy": "8 kWh"}
CHARGER = {"id": 8, "category": "ev_charger", "behind": "main", "rated_power": "11 kW"}


def test_cars_lack_what_a_set_point_kept_from_them_when_they_were_to_leave() -> None:
    """A charger that is told 4.2 kW delivers some 4.1 kWh in the hour; the car stays on for another half."""
    watched = Watched(site(charger={**CHARGER, "sessions": [{**CAR, "leaves_late_by": "30 min"}]}))
    watched.set_power("charger", 4_200.0)
    early = watched.kpis(timedelta(minutes=59))
    late = watched.kpis(timedelta(minutes=61))
    assert early.undelivered_wh == 0.0
    assert late.undelivered_wh == pytest.approx(8_000.0 - 4_150.0, abs=150.0)


def test_cars_that_have_what_they_want_lack_nothing() -> None:
    watched = Watched(site(charger={**CHARGER, "sessions": [CAR]}))
    assert watched.kpis(2 * HOUR).undelivered_wh == 0.0


def test_a_car_whose_cable_is_pulled_lacks_what_it_did_not_have() -> None:
    watched = Watched(site(charger={**CHARGER, "sessions": [CAR]}))
    watched.simulation.drive("charger", "cable", 0.0)
    assert watched.kpis(2 * HOUR).undelivered_wh == pytest.approx(8_000.0)


def test_heat_that_a_standing_unit_cannot_deliver_is_missing() -> None:
    """12 kWh are asked for; a buffer of 100 l has 1.16 kWh for every 10 K above its least useful temperature."""
    unit = {"id": 9, "category": "chp", "behind": "main", "rated_power": "5 kW", "heat_demand": "3 kW"}
    found = Watched(site(unit={**unit, "buffer": "100 l"})).kpis(4 * HOUR)
    assert found.unmet_heat_wh is not None
    assert 12_000.0 - 4_000.0 < found.unmet_heat_wh < 12_000.0 - 500.0


def test_seconds_beyond_an_import_limit_are_counted() -> None:
    steps = [
        {"at": "00:00", "value": "6 kW"},
        {"at": "12:20", "value": "9 kW"},
        {"at": "12:25", "value": "7 kW"},
    ]
    house = {"id": 3, "category": "meter", "behind": "main", "load": {"profile": "inline", "points": steps}}
    for limit, seconds in (("8 kW", 300.0), ("7 kW", 300.0), ("6.5 kW", 2400.0)):
        found = Watched(site(grid={"import_limit": limit, "rated_fuse_current": "63 A"}, house=house)).kpis()
        assert found.outside_limits_s == seconds


def test_phases_beyond_the_fuse_count_though_their_sum_is_not() -> None:
    house = {"id": 3, "category": "meter", "behind": "main", "load": "6 kW", "phases": [1]}
    assert Watched(site(grid={"rated_fuse_current": "25 A"}, house=house)).kpis().outside_limits_s == 3600.0


def test_what_a_site_has_nothing_for_is_not_known() -> None:
    found = Watched(site(house={"id": 3, "category": "meter", "behind": "main", "load": "6 kW"})).kpis()
    assert {
        found.curtailed_wh, found.undelivered_wh, found.unmet_heat_wh, found.outside_limits_s, found.throughput_wh,
        found.cycles, found.capacity_loss, found.cost,
    } == {None}  # fmt: skip


def test_a_battery_that_ages_loses_capacity_in_a_run_and_in_its_recording(tmp_path: Path) -> None:
    where = site(store=STORE, battery={**CELLS, "preset": "lfp-92kwh", "ageing": 1000, "initial_soc": "90 %"})
    watched = Watched(where)
    with Recorder(tmp_path / "day.parquet", where) as recorder:
        recorder.listen(watched.simulation.gateway)
        found = watched.kpis(2 * HOUR).capacity_loss
    assert found is not None
    assert 0.0001 < found < 0.2
    assert doppelgrid.kpis(tmp_path / "day.parquet").capacity_loss == pytest.approx(found, rel=1e-9)


def test_a_run_and_its_recording_have_the_same_figures(tmp_path: Path) -> None:
    """Loads and sun hold for whole minutes, and nothing flows both ways within one."""
    steps = [
        {"at": "00:00", "value": "6 kW"},
        {"at": "12:20", "value": "30 kW"},
        {"at": "12:40", "value": "2 kW"},
    ]
    house = {"id": 3, "category": "meter", "behind": "main", "load": {"profile": "inline", "points": steps}}
    where = site(grid={"rated_power": "12 kW"}, house=house, roof={**ROOF, "power": "4 kW"})
    (tmp_path / "tariff.yaml").write_text(
        "tariff: one\nimport: {windows: [{price: 40 ct/kWh, from: '12:30', to: '18:00'}], otherwise: 20 ct/kWh}\n"
        "export: -5 ct/kWh\npeak: {price: 8 €/kW}\nco2: 300 g/kWh\n",
        encoding="utf-8",
    )
    tariff = load_tariff(tmp_path / "tariff.yaml")
    minute = timedelta(minutes=1)
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON - minute))
    with Recorder(tmp_path / "hour.parquet", where) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(minute)
        # Where the recording begins, with the first sampling.
        begin_us, zone = simulation.now_us, where.microgrid.location.zone
        watch = SiteWatch(simulation, tariff.over(begin_us, begin_us + 3_600_000_000, zone))
        simulation.run_for(HOUR)
    watched, recorded = (
        watch.report().kpis.figures(),
        doppelgrid.kpis(tmp_path / "hour.parquet", tariff).figures(),
    )
    of_runs_alone = {"lost_wh", "curtailed_wh", "commands", "refusals"}
    for name, value in watched.items():
        if name not in of_runs_alone:
            assert recorded[name] == (None if value is None else pytest.approx(value, rel=1e-6, abs=1e-9)), (
                name
            )
        elif value is not None:
            assert recorded[name] is None
    assert watched["outside_limits_s"] == 1200.0
    assert watched["cost"] is not None


HOUSE = {"id": 11, "category": "meter", "behind": "transformer", "load": "40 kW"}
TRANSFORMER = {
    "id": 10, "category": "power_transformer", "behind": "main", "rated_apparent_power": "100 kVA",
    "no_load_loss": "200 W", "load_loss": "1 kW",
}  # fmt: skip


def recorded(where: Site, path: Path, span: timedelta = HOUR) -> tuple[Kpis, Kpis]:
    """Return the figures of a run, and of its recording."""
    minute = timedelta(minutes=1)
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON - minute))
    with Recorder(path, where) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(minute)
        watch = SiteWatch(simulation)
        simulation.run_for(span)
    return watch.report().kpis, doppelgrid.kpis(path)


def test_a_recording_tells_what_a_transformer_lost(tmp_path: Path) -> None:
    """200 W at no load, and some 160 W of 1 kW at 40 % of its power."""
    run, found = recorded(site(transformer=TRANSFORMER, house=HOUSE), tmp_path / "hour.parquet")
    assert found.lost_wh is not None
    assert found.lost_wh == pytest.approx(run.lost_wh, rel=1e-6)
    assert found.lost_wh == pytest.approx(360.0, rel=0.01)


def test_a_recording_does_not_tell_losses_of_what_stores(tmp_path: Path) -> None:
    where = site(transformer=TRANSFORMER, house=HOUSE, store=STORE, battery=CELLS)
    run, found = recorded(where, tmp_path / "hour.parquet")
    assert run.lost_wh is not None
    assert found.lost_wh is None


def test_losses_of_a_transformer_are_not_known_where_something_behind_it_is_not_recorded(
    tmp_path: Path,
) -> None:
    where = site(transformer=TRANSFORMER, house=HOUSE)
    recorded(where, tmp_path / "hour.parquet")
    whole = doppelgrid.read_recording(tmp_path / "hour.parquet")
    less = replace(whole, tracks={key: track for key, track in whole.tracks.items() if key != HOUSE["id"]})
    assert doppelgrid.kpis(less).lost_wh is None
