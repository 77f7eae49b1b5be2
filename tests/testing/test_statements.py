"""Tests say what they want of a site in the words of scenario files."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from frequenz.quantities import Power
from support.client import command

from doppelgrid.scenarios.testing import SiteHandle

SITE = """
microgrid: {id: 7, name: small, location: {latitude: 52.52, longitude: 13.4, timezone: Europe/Berlin}}
telemetry: {interval: 1 s}
components:
  grid:    {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  main:    {id: 2, category: meter, behind: grid}
  bat-inv: {id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}
  battery: {id: 12, category: battery, behind: bat-inv, initial_soc: 50 %}
  hall:    {id: 31, category: meter, behind: main, load: 20 kW}
sensors:
  mast: {id: 5, metrics: [temperature]}
"""
NOON = datetime.fromisoformat("2026-06-15T12:00:00+02:00")
KW = Power.from_kilowatts

pytestmark = pytest.mark.site(SITE, start=NOON, seed=3)


async def test_a_condition_is_about_now(site: SiteHandle) -> None:
    await site.expect("hall.power == 20 kW and bat-inv is READY and not battery reports OVERTEMPERATURE")
    with pytest.raises(
        AssertionError, match=r"wanted hall.power > 25 kW; found hall.power = 20 kW at 2026-06-15T12:0"
    ):
        await site.expect("hall.power > 25 kW")
    assert site.now == NOON


async def test_what_was_done_at_this_instant_is_seen(site: SiteHandle) -> None:
    await site.run_for("10 s")
    site["hall"].drive(load=KW(30.0))
    await site.expect("hall.power == 30 kW")


async def test_a_condition_comes_true_within_a_time_and_holds_for_another(site: SiteHandle) -> None:
    site["hall"].drive(load=KW(45.0), over="30 s")
    await site.eventually("site.consumer_power >= 30 kW", within="1 min", for_="5 s")
    assert site.now - NOON == timedelta(seconds=17)
    with pytest.raises(
        AssertionError, match=r"wanted hall.power < 1 kW within 9 s for 2 s; found hall.power = 41.667 kW"
    ):
        await site.expect("hall.power < 1 kW", within="9 s", for_="2 s")


async def test_a_condition_holds_always_or_never(site: SiteHandle) -> None:
    site["hall"].drive(load=KW(45.0), lasting="10 s")
    await site.never("hall.power > 30 kW", longer_than="15 s", for_="1 min")
    site["hall"].drive(load=KW(45.0), lasting="20 s")
    with pytest.raises(
        AssertionError, match=r"wanted hall.power > 30 kW never for 15 s; found hall.power = 45 kW"
    ):
        await site.never("hall.power > 30 kW", longer_than="15 s", for_="1 min")
    with pytest.raises(AssertionError, match=r"as it began"), site.always("hall.power < 30 kW"):
        await site.run_for("1 s")
    await site.run_for("10 s")
    await site.always("hall.power < 30 kW", for_="1 min")


async def test_a_condition_holds_at_a_moment(site: SiteHandle) -> None:
    await site.at("2026-06-15T12:05", "hall.power < 30 kW")
    assert site.now - NOON == timedelta(minutes=5)


async def test_what_the_application_did_is_told_from_what_the_test_did(site: SiteHandle) -> None:
    site["bat-inv"].command("5 kW")
    await site.expect("app.commands == 0 and bat-inv.power >= 0 kW")
    await site.run_for("20 s")
    await command(site, -3000.0)
    await site.expect("app.commands == 1 and app.refused == 0 and app commands bat-inv", within="1 s")
    assert site.reading("app.commands_per_minute").value == 1.0
    await site.run_for("30 s")
    assert timedelta(seconds=29) < site.reading("app.silence").value < timedelta(seconds=32)
    site.kpi("commands == 1 and refusals == 0")


async def test_values_go_by_the_names_of_conditions(site: SiteHandle) -> None:
    consumer = site.reading("site.consumer_power")
    assert consumer.value == KW(20.0)
    site["hall"].drive(load=KW(45.0), over="30 s")
    assert await consumer.eventually(at_least=KW(30.0), within="1 min") >= KW(30.0)
    assert site.reading("mast.temperature").value.as_celsius() == pytest.approx(20.0, abs=5.0)
    with pytest.raises(AssertionError, match=r"site.consumer_power: wanted at most 1 kW always"):
        await consumer.always(at_most=KW(1.0), for_="1 s")


async def test_figures_are_those_of_the_run_so_far(site: SiteHandle) -> None:
    await site.run_until("2026-06-15T12:30")
    site.kpi("import > 9.9 kWh and import < 10.2 kWh and peak_import < 21 kW")
    assert site.figures["peak_import_w"] == pytest.approx(20e3, rel=0.02)
    with pytest.raises(AssertionError, match="wanted import < 1 kWh of the run so far; found import = 10"):
        site.kpi("import < 1 kWh")
    with pytest.raises(AssertionError, match="found what cannot be told: cost = not known"):
        site.kpi("cost < 1")


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        ("gird.power < 3 kW and batery is READY", [
            r"'gird', which is no component; accepted: .*\(did you mean 'grid'\?\)",
            r"'batery', which is no component; accepted: .*\(did you mean 'battery'\?\)",
        ]),
        ("hall.power < 3 V", [r"3 V; accepted: a number with a unit \(kW, W, MW\)"]),
        ("hall.power <", ["which breaks off; accepted"]),
        ("battery.soc <= 100 %", ["what is always true; accepted: a condition that can hold and can fail"]),
    ],
)  # fmt: skip
async def test_all_that_is_wrong_with_a_condition_is_told(
    site: SiteHandle, condition: str, wrong: list[str]
) -> None:
    for each in wrong:
        with pytest.raises(ValueError, match=each):
            await site.expect(condition)


async def test_a_value_or_figure_that_is_not_there_is_told(site: SiteHandle) -> None:
    with pytest.raises(ValueError, match=r"'hall.soc', which is no value of it; accepted: power, "):
        site.reading("hall.soc")
    with pytest.raises(ValueError, match="names no value; accepted: a name"):
        site.reading("hall power")
    with pytest.raises(
        ValueError, match=r"'imprt', which is no figure; accepted: .*\(did you mean 'import'\?\)"
    ):
        site.kpi("imprt < 3 kWh")


@pytest.mark.parametrize("live_site", [SITE], indirect=True)
async def test_a_live_site_takes_them_as_well(live_site: SiteHandle) -> None:
    await live_site.expect("site.consumer_power == 20 kW")
    await live_site.eventually("hall.power == 20 kW", within="3 s", for_="1 s")
