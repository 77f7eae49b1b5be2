"""What a recording costs, against hand calculations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import doppelgrid
from doppelgrid import Kpis
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.recording.content import Recording, Track
from doppelgrid.sim.site.site import Site

QUARTER = timedelta(minutes=15)
NOON = datetime(2026, 6, 15, 10, tzinfo=UTC)
"""By the clock of Berlin."""


def site(zone: str = "Europe/Berlin", **grid: Any) -> Site:
    location = {"latitude": 52.5, "longitude": 13.4, "timezone": zone}
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", **grid},
        "main": {"id": 2, "category": "meter", "behind": "grid", "load": "1 kW"},
    }
    return Site.model_validate({"microgrid": {"id": 7, "location": location}, "components": components})


def recording(
    where: Site,
    powers_kw: list[float],
    *,
    begin: datetime = NOON,
    each: timedelta = QUARTER,
    **others: list[float],
) -> Recording:
    """Return means of a connection point, one after the other, and other metrics of it."""
    times_us = np.array([to_us(begin + place * each) for place in range(len(powers_kw) + 1)])
    columns = {"AC_POWER_ACTIVE": [*(1e3 * power for power in powers_kw), np.nan], **others}
    values = np.array(list(columns.values())).T
    track = Track(tuple(columns), times_us, values, ~np.isnan(values))
    return Recording("day.csv", 7, {1: track}, {}, site=where)


def billed(folder: Path, text: str, recorded: Recording) -> Kpis:
    (folder / "tariff.yaml").write_text(f"tariff: a tariff\n{text}", encoding="utf-8")
    return doppelgrid.kpis(recorded, folder / "tariff.yaml")


def test_a_fixed_price_is_paid_for_energy_either_way(tmp_path: Path) -> None:
    """8 kW for a quarter of an hour in, 4 kW out: 2 kWh for 30 ct, 1 kWh for 8 ct, and 2 kWh with 400 g."""
    found = billed(
        tmp_path, "import: 30 ct/kWh\nexport: 8 ct/kWh\nco2: 0.4 kg/kWh\n", recording(site(), [8.0, -4.0])
    )
    assert (found.import_cost, found.export_revenue) == pytest.approx((0.60, 0.08))
    assert found.cost == pytest.approx(0.52)
    assert found.co2_kg == pytest.approx(0.8)
    assert found.currency == "EUR"


def test_without_a_tariff_nothing_is_known_of_costs() -> None:
    found = doppelgrid.kpis(recording(site(), [8.0]))
    assert {
        found.cost,
        found.import_cost,
        found.export_revenue,
        found.peak_cost,
        found.co2_kg,
        found.currency,
    } == {None}


def test_a_tariff_of_emissions_alone_gives_no_cost(tmp_path: Path) -> None:
    found = billed(tmp_path, "co2: 400 g/kWh\n", recording(site(), [8.0]))
    assert (found.cost, found.currency) == (None, None)
    assert found.co2_kg == pytest.approx(0.8)


def test_negative_prices_pay_for_imports_and_charge_exports(tmp_path: Path) -> None:
    found = billed(tmp_path, "import: -50 €/MWh\nexport: -50 €/MWh\n", recording(site(), [8.0, -4.0]))
    assert (found.import_cost, found.export_revenue, found.cost) == pytest.approx((-0.10, -0.05, -0.05))


def test_a_price_that_changes_within_an_interval_holds_for_its_part(tmp_path: Path) -> None:
    """6 kW for an hour, of which 40 minutes are dear: 4 kWh for 60 ct and 2 kWh for 10 ct."""
    text = 'import: {windows: [{price: 60 ct/kWh, from: "12:20", to: "13:00"}], otherwise: 10 ct/kWh}\n'
    found = billed(tmp_path, text, recording(site(), [6.0], each=timedelta(hours=1)))
    assert found.cost == pytest.approx(4.0 * 0.6 + 2.0 * 0.1)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)],
)
def test_a_day_on_which_the_clock_is_moved_costs_what_it_lasts(
    tmp_path: Path, day: datetime, hours: int
) -> None:
    """1 kW all day; the four hours from 2 to 6 by the clock are three, or five, and cost 1 € each, the others 10 ct."""
    text = 'import: {windows: [{price: 1 €/kWh, from: "02:00", to: "06:00"}], otherwise: 10 ct/kWh}\n'
    found = billed(tmp_path, text, recording(site(), [1.0] * 4 * hours, begin=day))
    assert found.cost == pytest.approx((hours - 20) * 1.0 + 20 * 0.1)


def test_registers_tell_what_went_both_ways_in_an_interval(tmp_path: Path) -> None:
    """3 kWh in and 2 kWh out in a quarter of an hour are 4 kW as a mean."""
    recorded = recording(
        site(), [4.0], AC_ENERGY_ACTIVE_CONSUMED=[100.0, 3100.0], AC_ENERGY_ACTIVE_DELIVERED=[50.0, 2050.0]
    )
    found = billed(tmp_path, "import: 1 €/kWh\nexport: 10 ct/kWh\n", recorded)
    assert (found.import_wh, found.export_wh) == (3000.0, 2000.0)
    assert (found.import_cost, found.export_revenue) == pytest.approx((3.0, 0.2))


def test_the_highest_whole_quarter_of_an_hour_is_the_peak(tmp_path: Path) -> None:
    """Recorded from 12:10 on, in steps of five minutes: 60 kW then is in no whole quarter, 30 kW in one with 12 kW."""
    recorded = recording(
        site(),
        [60.0, 30.0, 3.0, 3.0, 12.0, 12.0, 12.0],
        begin=NOON + timedelta(minutes=10),
        each=timedelta(minutes=5),
    )
    found = billed(tmp_path, "peak: {price: 100 €/kW, per: run}\n", recorded)
    assert found.peak_import_w == pytest.approx(12_000.0)
    assert found.greatest_import_w == pytest.approx(60_000.0)
    assert found.peak_cost == found.cost == pytest.approx(1200.0)


def test_quarters_of_an_hour_begin_on_the_clock_of_the_site(tmp_path: Path) -> None:
    """In Kathmandu, 12:00 in UTC is 17:45."""
    recorded = recording(
        site("Asia/Kathmandu"),
        [60.0, 30.0, 30.0, 30.0, 6.0],
        begin=NOON - timedelta(minutes=5),
        each=timedelta(minutes=5),
    )
    found = billed(tmp_path, "peak: {price: 1 €/kW, per: run}\n", recorded)
    assert found.peak_import_w == pytest.approx(30_000.0)


def test_each_month_has_its_peak_and_what_it_had_already_costs_nothing(tmp_path: Path) -> None:
    """10 kW in June, of which 4 kW are new, and 7 kW in July."""
    last = datetime(2026, 6, 30, 21, 30, tzinfo=UTC)
    recorded = recording(site(), [10.0, 8.0, 7.0, -3.0], begin=last)
    for words, costs in (
        ("", 17.0),
        (", already: 6 kW", 11.0),
        (", per: run", 10.0),
        (", per: year, already: 12 kW", 0.0),
    ):
        found = billed(tmp_path, f"peak: {{price: 1 €/kW{words}}}\n", recorded)
        assert found.peak_cost == pytest.approx(costs)


def test_a_peak_price_without_a_whole_quarter_of_an_hour_gives_no_cost(tmp_path: Path) -> None:
    found = billed(
        tmp_path,
        "import: 30 ct/kWh\npeak: {price: 1 €/kW}\n",
        recording(site(), [6.0], each=timedelta(minutes=10)),
    )
    assert (found.peak_cost, found.cost) == (None, None)
    assert found.import_cost == pytest.approx(0.3)


def test_what_is_not_known_costs_nothing_and_is_told() -> None:
    """Half an hour is missing."""
    recorded = recording(site(), [8.0, 8.0, np.nan, np.nan, 8.0, 8.0])
    found = doppelgrid.kpis(recorded)
    assert found.import_wh == pytest.approx(8000.0)
    assert found.unknown_s == 1800.0


def test_seconds_outside_of_the_limits_are_those_of_means_beyond_them() -> None:
    where = site(rated_power="20 kW", rated_export_power="10 kW", rated_fuse_current="63 A")
    found = doppelgrid.kpis(recording(where, [19.0, 21.0, -9.0, -11.0, 20.0]))
    assert found.outside_limits_s == 1800.0
    amperes = {
        f"AC_CURRENT_PHASE_{phase}": [20.0, 64.0 if phase == 2 else 20.0, np.nan] for phase in (1, 2, 3)
    }
    assert doppelgrid.kpis(recording(where, [9.0, 9.0], **amperes)).outside_limits_s == 900.0
    assert doppelgrid.kpis(recording(site(), [99.0])).outside_limits_s is None


def test_recorded_bounds_tell_of_limits_that_vary() -> None:
    limits = {"AC_POWER_ACTIVE_bound_0_lower": [-5e3] * 3, "AC_POWER_ACTIVE_bound_0_upper": [10e3, 4e3, 4e3]}
    assert doppelgrid.kpis(recording(site(), [6.0, 6.0], **limits)).outside_limits_s == 900.0


def test_extremes_of_intervals_count_where_they_are_recorded() -> None:
    extremes = {"AC_POWER_ACTIVE_max": [9e3, 8e3, np.nan], "AC_POWER_ACTIVE_min": [-1e3, 2e3, np.nan]}
    found = doppelgrid.kpis(recording(site(), [4.0, 5.0], **extremes))
    assert (found.greatest_import_w, found.greatest_export_w) == (9000.0, 1000.0)


@pytest.mark.parametrize("known", [("max",), ("min",), ()])
@pytest.mark.parametrize("is_told", [False, True], ids=["left out", "no number"])
def test_extremes_of_which_none_is_known_leave_the_means(known: tuple[str, ...], is_told: bool) -> None:
    extremes = {
        f"AC_POWER_ACTIVE_{part}": [sign * 9e3 if part in known else np.nan, np.nan, np.nan]
        for part, sign in (("max", 1.0), ("min", -1.0))
    }
    where = site()
    track = recording(where, [4.0, -5.0], **extremes).tracks[1]
    track = track._replace(present=track.present | is_told)
    found = doppelgrid.kpis(Recording("day.csv", 7, {1: track}, {}, site=where))
    assert found.greatest_import_w == (9000.0 if "max" in known else 4000.0)
    assert found.greatest_export_w == (9000.0 if "min" in known else 5000.0)


def test_what_nobody_saw_is_not_known(tmp_path: Path) -> None:
    """A meter of a house of which the connection point was not recorded, and a roof that was not."""
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "house": {"id": 3, "category": "meter", "behind": "main", "load": "1 kW"},
        "roof": {
            "id": 4,
            "category": "pv_inverter",
            "behind": "main",
            "rated_power": "5 kW",
            "power": "3 kW",
        },
    }
    where = Site.model_validate({"microgrid": {"id": 7}, "components": components})
    track = recording(site(), [2.0, 2.0]).tracks[1]
    house = Recording("day.csv", 7, {3: track}, {}, site=where)
    found = billed(tmp_path, "import: 30 ct/kWh\n", house)
    assert {
        found.import_wh, found.export_wh, found.consumption_wh, found.production_wh, found.peak_import_w,
        found.greatest_import_w, found.cost, found.self_consumption, found.self_sufficiency, found.outside_limits_s,
        found.throughput_wh, found.cycles, found.errors, found.lost_wh, found.curtailed_wh, found.undelivered_wh,
        found.commands,
    } == {None}  # fmt: skip
    main = doppelgrid.kpis(Recording("day.csv", 7, {2: track}, {}, site=where))
    assert main.import_wh == 1000.0
    assert (main.consumption_wh, main.production_wh, main.self_sufficiency) == (None, None, None)
    both = doppelgrid.kpis(Recording("day.csv", 7, {2: track, 3: track}, {}, site=where))
    assert (both.consumption_wh, both.production_wh, both.self_sufficiency) == (1000.0, 0.0, 0.0)
