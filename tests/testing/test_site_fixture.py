"""A test that asks for a site lives in its time, reads it, drives it and breaks it."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from frequenz.quantities import Energy, Frequency, Percentage, Power, Voltage
from support.client import command

from doppelgrid.scenarios.testing import SiteHandle
from doppelgrid.sim.domain.metrics import Metric

SITE = """
microgrid: {id: 7, name: small, location: {latitude: 52.52, longitude: 13.4, timezone: Europe/Berlin}}
telemetry: {interval: 1 s}
components:
  grid:    {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  main:    {id: 2, category: meter, behind: grid}
  bat-inv: {id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}
  battery: {id: 12, category: battery, behind: bat-inv, initial_soc: 50 %}
  pv-inv:  {id: 21, category: pv_inverter, behind: main, rated_power: 12 kW, power: 7 kW}
  hall:    {id: 31, category: meter, behind: main, load: 20 kW}
"""
NOON = datetime.fromisoformat("2026-06-15T12:00:00+02:00")
KW = Power.from_kilowatts

pytestmark = pytest.mark.site(SITE, start=NOON, seed=3)


@pytest.fixture
async def warm(site: SiteHandle) -> AsyncIterator[str]:
    await site.run_for("30 s")
    yield "warm"
    await site.run_for("1 s")


@pytest.fixture
async def later(warm: str) -> datetime:
    await asyncio.sleep(30)
    return datetime.now(UTC)


async def test_an_hour_passes_for_test_loop_and_wall_alike(site: SiteHandle) -> None:
    before = (site.now, datetime.now(UTC), time.monotonic(), asyncio.get_running_loop().time())
    await site.run_for("1 h")
    after = (site.now, datetime.now(UTC), time.monotonic(), asyncio.get_running_loop().time())
    hour = timedelta(hours=1)
    assert before[0] == before[1] == NOON
    assert [late - early for late, early in zip(after, before, strict=True)] == [hour, hour, 3600.0, 3600.0]


async def test_async_fixtures_live_on_the_same_loop(site: SiteHandle, later: datetime, warm: str) -> None:
    assert later == site.now == NOON + timedelta(minutes=1)
    assert warm == "warm"


class TestInAClass:
    @pytest.fixture
    async def half(self, site: SiteHandle) -> str:
        await site.run_for(timedelta(minutes=0.5))
        return type(self).__name__

    async def test_fixtures_and_tests_are_methods(self, half: str, site: SiteHandle) -> None:
        assert half == "TestInAClass"
        assert site.now == NOON + timedelta(seconds=30)


@pytest.mark.parametrize("site", ["demo"], indirect=True)
async def test_a_parameter_names_the_site(site: SiteHandle) -> None:
    assert (site.name, site.seed) == ("demo", 3)


@pytest.mark.site(interval="10 s", seed=4)
async def test_the_closest_marker_counts_option_by_option(site: SiteHandle) -> None:
    assert (site.name, site.seed, site.start) == ("small", 4, NOON)
    assert site.definition.telemetry.interval_s == 10.0


async def test_values_are_typed(site: SiteHandle) -> None:
    await site.run_for("10 s")
    assert abs(site["battery"].soc.value - Percentage.from_percent(50.0)) < Percentage.from_percent(0.1)
    assert site["hall"].active_power.value == KW(20.0)
    assert site["main"].reactive_power.value.as_volt_amperes_reactive() == 0.0
    assert site["battery"].capacity.value > Energy.from_kilowatt_hours(90.0)
    assert site["battery"].temperature.value.as_celsius() == pytest.approx(20.0, abs=0.1)
    assert site["main"].voltage.value.as_volts() == pytest.approx(230.94, abs=0.01)
    assert site["battery"].voltage.value > Voltage.from_volts(300.0)
    assert site.grid.frequency.value == Frequency.from_hertz(50.0)
    assert site["bat-inv"].bounds.value.lower == KW(-30.0)
    assert site["main"].metric("AC_CURRENT_PHASE_1").value.as_amperes() > 10.0
    assert site["main"].metric("AC_POWER_FACTOR").value == pytest.approx(1.0)
    assert "READY" in site["bat-inv"].states.value


async def test_eventually_ends_at_the_first_sampling_at_which_it_is_true(site: SiteHandle) -> None:
    site["hall"].drive(load=KW(45.0), over="30 s")
    power = await site["hall"].active_power.eventually(at_least=KW(30.0), within="1 min")
    assert KW(30.0) <= power <= KW(31.0)
    assert site.now - NOON == timedelta(seconds=12)


async def test_expect_without_a_span_is_about_now(site: SiteHandle) -> None:
    assert await site["hall"].active_power.expect(approx=KW(20.0), tolerance=KW(0.1)) == KW(20.0)
    assert site.now == NOON


async def test_what_has_to_stay_true_begins_anew_when_it_goes_back(site: SiteHandle) -> None:
    """Up for 5 s, down, and up again as it is looked at after 10 s: it has been true for 8 s when 18 s have passed."""
    hall, before = site["hall"], site.now
    hall.drive(load=KW(40), lasting="5 s")

    async def up_again() -> None:
        await site.run_for("9500 ms")
        hall.drive(load=KW(40))

    again = asyncio.create_task(up_again())
    await hall.active_power.eventually(at_least=KW(30.0), within="12 s", for_="8 s")
    assert site.now - before == timedelta(seconds=18)
    await again


async def test_what_does_not_stay_true_for_long_enough_fails(site: SiteHandle) -> None:
    site["hall"].drive(load=KW(40), lasting="5 s")
    with pytest.raises(
        AssertionError, match=r"wanted at least 30 kW within 2 s for 8 s; found 20 kW at .*:06"
    ):
        await site["hall"].active_power.eventually(at_least=KW(30.0), within="2 s", for_="8 s")


async def test_a_failed_eventually_says_what_was_wanted_and_found(site: SiteHandle) -> None:
    site["hall"].drive(load=KW(25.0))
    site["hall"].drive(load=KW(18.0), over="1 min")
    with pytest.raises(AssertionError) as failure:
        await site["hall"].active_power.eventually(at_least=KW(30.0), within="2 min")
    lines = str(failure.value).splitlines()
    assert lines[0] == (
        "hall.active_power: wanted at least 30 kW within 2 min; found 18 kW at 2026-06-15T12:02:00+02:00, "
        "closest 25 kW at 2026-06-15T12:00:00+02:00"
    )
    assert lines[1] == f"small, seed 3, started 2026-06-15T12:00:00+02:00, 2 min ago; digest {site.digest}"


async def test_a_failed_predicate_is_shown_as_it_was_written(site: SiteHandle) -> None:
    with pytest.raises(
        AssertionError, match=r"wanted that `lambda soc: soc > Percentage.from_percent\(60.0\)` is"
    ):
        await site["battery"].soc.expect(lambda soc: soc > Percentage.from_percent(60.0), within="1 s")


async def test_always_ends_at_the_first_sampling_at_which_it_is_untrue(site: SiteHandle) -> None:
    site["hall"].drive(load=KW(45.0), over="30 s")
    with pytest.raises(AssertionError, match=r"wanted at most 30 kW always; found .* 13 s after it began"):
        await site["hall"].active_power.always(at_most=KW(30.0), for_="1 min")
    assert site.now - NOON == timedelta(seconds=13)


async def test_always_around_a_block_stops_the_next_wait_in_it(site: SiteHandle) -> None:
    async def exceed() -> None:
        with site["hall"].active_power.always(at_most=KW(30.0)):
            await site.run_for("30 s")
            site["hall"].drive(load=KW(45.0))
            await site.run_for("1 h")

    with pytest.raises(AssertionError, match="31 s after it began"):
        await exceed()
    assert site.now - NOON == timedelta(seconds=31)


async def test_always_around_a_block_that_holds_says_nothing(site: SiteHandle) -> None:
    with site["hall"].active_power.always(at_most=KW(30.0)):
        await site.run_for("1 h")


async def test_at_waits_for_a_moment(site: SiteHandle) -> None:
    await site["hall"].active_power.at("2026-06-15T13:00", approx=KW(20.0), tolerance=KW(0.1))
    assert site.now == NOON + timedelta(hours=1)
    with pytest.raises(
        ValueError, match=r"12:30:00\+02:00 has passed; accepted: 2026-06-15T13:00:00\+02:00 or"
    ):
        await site["hall"].active_power.at("2026-06-15T12:30", at_least=KW(1.0))


async def test_a_drive_takes_an_input_and_release_gives_it_back(site: SiteHandle) -> None:
    await site["hall"].drive(load=KW(40.0), over="27 s")
    assert site.now - NOON == timedelta(seconds=27)
    await site["hall"].active_power.expect(approx=KW(40.0), tolerance=KW(0.01))
    site.grid.drive(frequency=Frequency.from_hertz(49.8))
    await site["main"].frequency.expect(at_most=Frequency.from_hertz(49.8))
    site["hall"].release()
    site.grid.release("frequency")
    assert site["hall"].active_power.value == KW(20.0)
    assert site["main"].frequency.value == Frequency.from_hertz(50.0)


async def test_a_trip_ends_with_its_block(site: SiteHandle) -> None:
    with site["bat-inv"].fault("trip", diagnostic="OVERTEMPERATURE"):
        await site["bat-inv"].states.expect(lambda states: "ERROR" in states)
        assert site["bat-inv"].errors.value == ("OVERTEMPERATURE",)
    await site["bat-inv"].states.expect(lambda states: "ERROR" not in states, within="5 min")


async def test_readings_are_the_truth_behind_a_broken_meter(site: SiteHandle) -> None:
    site["hall"].fault("frozen", lasting="10 s")
    site["hall"].drive(load=KW(40.0))
    await site.run_for("5 s")
    assert site["hall"].active_power.value == KW(40.0)


async def test_a_fault_has_an_amount_with_its_unit(site: SiteHandle) -> None:
    with site["bat-inv"].fault("derate", amount="20 %"):
        assert site["bat-inv"].bounds.value.upper == KW(6.0)
    with site["bat-inv"].fault("derate", to="20 %"):
        assert site["bat-inv"].bounds.value.upper == KW(6.0)
    assert site["bat-inv"].bounds.value.upper > KW(20.0)


async def test_what_is_broken_of_a_component_is_mended_whoever_broke_it(site: SiteHandle) -> None:
    inverter = site["bat-inv"]
    for kind, amount in (("derate", "20 %"), ("slow_ramp", "1 kW/s"), ("derate", "10 %")):
        inverter.fault(kind, amount=amount)
    other = site["main"].fault("frozen")
    inverter.mend("derate")
    assert inverter.bounds.value.upper > KW(20.0)
    assert [event.kind for event in site.events].count("mended") == 2
    inverter.mend()
    inverter.mend()
    assert [event.kind for event in site.events].count("mended") == 3
    other.mend()
    with pytest.raises(ValueError, match="no fault 'tripped'; accepted: trip"):
        inverter.mend("tripped")


@pytest.mark.parametrize(
    ("words", "amount", "each_s"),
    [
        ({"each": "5 s"}, 5.0, None),
        ({"each": timedelta(seconds=5)}, 5.0, None),
        ({"amount": "3 s", "every": "9 s", "each": "5 s"}, 3.0, 5.0),
    ],
)
async def test_each_is_a_time_beside_every_and_else_an_amount(
    site: SiteHandle, words: dict[str, Any], amount: float, each_s: float | None
) -> None:
    site["main"].fault("flapping_states", **words)
    (event,) = (event for event in site.events if event.kind == "fault")
    assert (event.details["amount"], event.details.get("each_s")) == (amount, each_s)


async def test_a_client_commands_the_site(site: SiteHandle) -> None:
    await command(site, -10_000.0)
    await site["main"].active_power.eventually(approx=KW(3.0), tolerance=KW(0.1), within="5 s")
    assert any(event.kind == "set-point accepted" for event in site.events)


async def test_only_the_site_goes_back(site: SiteHandle) -> None:
    await site.run_for("1 min")
    snapshot = site.save()
    await command(site, 20_000.0)
    await site["battery"].soc.eventually(at_least=Percentage.from_percent(50.2), within="2 min")
    wall = datetime.now(UTC)
    site.restore(snapshot)
    assert site["battery"].soc.value <= Percentage.from_percent(50.0)
    assert (site.now, datetime.now(UTC)) == (NOON + timedelta(minutes=1), wall)
    await site.run_for("1 h")
    assert site["battery"].soc.value <= Percentage.from_percent(50.0)


async def test_where_a_site_goes_back_all_that_looks_on_does(site: SiteHandle) -> None:
    await site.run_for("10 min")
    snapshot, figures = site.save(), site.figures
    site["bat-inv"].command("-9 kW")
    await command(site, -10_000.0)
    await site.run_for("20 min")
    site.restore(snapshot)
    assert site.figures == figures
    found = [site.reading(f"app.{name}").value for name in ("silence", "commands", "commands_per_minute")]
    assert found == [timedelta(minutes=10), 0, 0]
    times_us, _ = site.history.series(site["main"].id, Metric.AC_POWER_ACTIVE)
    assert times_us[-1] <= snapshot.engine.now_us


async def test_always_goes_on_where_a_site_goes_back_before_it_began(site: SiteHandle) -> None:
    snapshot = site.save()

    async def exceed() -> None:
        await site.run_for("1 h")
        with site["hall"].active_power.always(at_most=KW(30.0)):
            await site.run_for("1 min")
            site.restore(snapshot)
            site["hall"].drive(load=KW(45.0))
            await site.run_for("1 min")

    with pytest.raises(AssertionError, match="1 s after it began"):
        await exceed()


async def test_a_fork_goes_on_without_the_application(site: SiteHandle) -> None:
    await command(site, 20_000.0)
    await site.run_for("30 s")
    double = site.fork()
    double.run_for(timedelta(minutes=5))
    assert double.now_us - site.now_us == 300_000_000


async def test_randomness_is_the_same_in_every_run(site: SiteHandle) -> None:
    assert random.random() == random.Random("doppelgrid/3").random()


def test_the_next_test_is_in_real_time_again() -> None:
    assert abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME)) < 60.0
    assert datetime.now().year != 1970
    assert sys.modules["time"].monotonic.__name__ == "monotonic"
    assert Path(__file__).exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda site: site["batery"],
            "no component 'batery'; accepted: grid, main, .*did you mean 'battery'",
        ),
        (lambda site: site["main"].soc, "main is a meter and has no soc; accepted: AC_POWER_ACTIVE"),
        (lambda site: site["main"].bounds, "main is a meter and has no bounds; accepted: none"),
        (lambda site: site["main"].metric("POWER"), "main is a meter and has no POWER"),
        (lambda site: site["main"].fault("sad"), "main: no fault 'sad'; accepted: trip, frozen"),
        (lambda site: site["main"].fault("trip"), "main is a meter and cannot trip"),
        (lambda site: site["main"].fault("late"), "amount is missing; accepted: from 0.001 ms to 600 s"),
        (lambda site: site["main"].fault("late", to="5 s"), "to is with late; accepted: by or amount"),
        (lambda site: site["main"].fault("late", by="5 s", amount="5 s"), "accepted: by or amount"),
        (
            lambda site: site["main"].fault("silent", each="5 s"),
            "every is missing; accepted: a time, beside each",
        ),
        (lambda site: site["main"].fault("late", amount="5 kW"), "amount is 5 kW; accepted: .*from 0.001 ms"),
        (
            lambda site: site["main"].fault("latency", amount=2.0, distribution="flat"),
            "no distribution 'flat'",
        ),
        (lambda site: site["main"].drive(load=KW(3.0)), "no input 'main.load'; accepted: "),
        (lambda site: site["hall"].drive(), "hall: nothing to drive"),
        (
            lambda site: site["hall"].drive(load=Voltage.from_volts(3.0)),
            "hall.load is a Voltage; accepted: a Power",
        ),
        (lambda site: site["hall"].drive(load=KW(3.0), over="soon"), "over is 'soon'; accepted: a timedelta"),
        (
            lambda site: site["hall"].active_power.always(),
            "nothing is wanted; accepted: a predicate, at_least",
        ),
        (lambda site: site["hall"].active_power.always(approx=KW(1.0)), "approx is given alone"),
    ],
)
async def test_wrong_use_says_what_is_accepted(site: SiteHandle, wrong: object, message: str) -> None:
    assert callable(wrong)
    with pytest.raises((ValueError, KeyError, TypeError), match=message):
        wrong(site)


async def test_a_wait_must_be_a_span(site: SiteHandle) -> None:
    with pytest.raises(ValueError, match="span is '10'; accepted: a timedelta, or text such as"):
        await site.run_for("10")


class TestWhatAStepOfAScenarioDoes:
    async def test_a_component_is_commanded_by_another_client(self, site: SiteHandle) -> None:
        site["bat-inv"].command("5 kW", lasting="20 s")
        await site.run_for("15 s")
        assert site["bat-inv"].active_power.value.as_watts() == pytest.approx(5_000.0, rel=0.01)
        site["bat-inv"].command(lower="-2 kW", upper="3 kW")
        assert site["bat-inv"].bounds.value == (KW(-2), KW(3))
        with pytest.raises(ValueError, match="told is 'juhu'; accepted: a power"):
            site["bat-inv"].command("juhu")

    async def test_what_is_set_for_a_while_is_released(self, site: SiteHandle) -> None:
        site["hall"].set(load=KW(30), lasting="10 s")
        await site.run_for("9 s")
        assert site["hall"].active_power.value == KW(30)
        await site.run_for("2 s")
        assert site["hall"].active_power.value == KW(20)

    async def test_the_public_grid_is_gone_for_a_while(self, site: SiteHandle) -> None:
        site.outage("10 s")
        await site.run_for("5 s")
        assert "OFF" in site.grid.states.value
        await site.run_for("10 s")
        assert "OFF" not in site.grid.states.value

    async def test_only_a_charger_has_a_cable(self, site: SiteHandle) -> None:
        with pytest.raises(ValueError, match=r"no input 'hall\.cable'"):
            site["hall"].unplug(lasting="1 min")
