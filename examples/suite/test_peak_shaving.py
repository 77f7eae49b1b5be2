"""Does the peak-shaving application keep its limit, whatever happens at the site?

Each test lives some hours of a site in a few seconds. On failure, pytest prints the seed and writes a picture.
"""

from datetime import timedelta

import pytest
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.quantities import Frequency, Percentage, Power
from peak_shaving import shave_peaks
from workshop import highest_quarter_hour, workshop

from doppelgrid.scenarios.testing import App, SiteHandle

LIMIT = Power.from_kilowatts(30.0)
TOLERATED = Power.from_kilowatts(30.5)
IDLE = Power.from_watts(100.0)
QUARTER_HOUR = timedelta(minutes=15)

pytestmark = pytest.mark.site(workshop(), start="2026-06-15T12:50:00+02:00", seed=42)


@pytest.fixture
async def app(site: SiteHandle) -> App:
    """The application, connected and at work."""
    started = await site.start_app(shave_peaks(site.url, LIMIT))
    await site.run_for("10 min")
    return started


async def test_a_cloud_takes_the_sun_away_within_half_a_minute(site: SiteHandle, app: App) -> None:
    site["pv-inv"].drive(irradiance=900.0)
    assert await highest_quarter_hour(site, 0.5) < TOLERATED
    await site["pv-inv"].drive(irradiance=150.0, over="27 s")
    await site["main"].active_power.eventually(at_most=TOLERATED, within="10 s")
    assert await highest_quarter_hour(site, 1.5) < TOLERATED


async def test_the_peak_of_the_afternoon_is_shaved(site: SiteHandle, app: App) -> None:
    with site["battery"].soc.always(at_least=Percentage.from_percent(10.0)):
        assert await highest_quarter_hour(site, 3.0) < TOLERATED
    assert site["battery"].soc.value < Percentage.from_percent(55.0)


@pytest.mark.site(workshop(initial_soc="12 %"))
async def test_an_empty_battery_is_charged_again_after_the_peak(site: SiteHandle, app: App) -> None:
    site["pv-inv"].drive(irradiance=100.0)
    assert await highest_quarter_hour(site, 1.5) > Power.from_kilowatts(36.0)
    lowest = site["battery"].soc.value
    with site["battery"].dc_power.always(at_least=Power.from_kilowatts(-1.0)):
        await site.run_until("2026-06-15T15:00+02:00")
    await site["battery"].soc.eventually(at_least=lowest + Percentage.from_percent(2.0), within="2 h")
    assert app.running


async def test_the_limit_is_kept_again_after_an_inverter_trip(site: SiteHandle, app: App) -> None:
    await site.run_for("30 min")
    site["bat-inv"].fault("trip", diagnostic="OVERTEMPERATURE", lasting="5 min")
    await site["main"].active_power.eventually(at_least=Power.from_kilowatts(34.0), within="10 s")
    await site.run_for("5 min")
    await site["main"].active_power.eventually(at_most=TOLERATED, within="2 min")
    assert await highest_quarter_hour(site, 1.5) < TOLERATED


async def test_a_frozen_meter_does_not_empty_the_battery_for_good(site: SiteHandle, app: App) -> None:
    with site["main"].fault("frozen"), site["battery"].soc.always(at_least=Percentage.from_percent(10.0)):
        await site.run_for("20 min")
    await site.run_for("1 min")
    assert await highest_quarter_hour(site, 1.5) < TOLERATED


async def test_a_stream_that_drops_is_opened_again(site: SiteHandle, app: App) -> None:
    site["main"].fault("dropped", lasting="30 s")
    await site.run_for("1 min")
    await site["main"].active_power.eventually(at_most=TOLERATED, within="1 min")
    assert await highest_quarter_hour(site, 1.5) < TOLERATED


async def test_refused_commands_are_tried_again(site: SiteHandle, app: App) -> None:
    with site["bat-inv"].fault("refused"):
        await site["bat-inv"].active_power.eventually(approx=Power.zero(), tolerance=IDLE, within="5 min")
    await site["main"].active_power.eventually(at_most=TOLERATED, within="5 min")
    assert await highest_quarter_hour(site, 1.5) < TOLERATED


async def test_a_curtailed_pv_plant_is_made_up_for(site: SiteHandle, app: App) -> None:
    site["pv-inv"].drive(irradiance=900.0)
    await site["pv-inv"].active_power.eventually(at_most=Power.from_kilowatts(-8.0), within="10 s")
    pv = ComponentId(site["pv-inv"].id)
    async with MicrogridApiClient(site.url) as operator:
        await operator.set_component_power_active(pv, -2_000.0, request_lifetime=QUARTER_HOUR)
        await site["pv-inv"].active_power.eventually(at_least=Power.from_kilowatts(-2.1), within="10 s")
    await site["main"].active_power.eventually(at_most=TOLERATED, within="10 s")
    assert await highest_quarter_hour(site, 1.5) < TOLERATED


async def test_a_low_grid_frequency_changes_nothing(site: SiteHandle, app: App) -> None:
    await site.grid.drive(frequency=Frequency.from_hertz(49.8), over="10 s")
    with site["main"].frequency.always(
        approx=Frequency.from_hertz(49.8), tolerance=Frequency.from_hertz(0.01)
    ):
        assert await highest_quarter_hour(site, 1.5) < TOLERATED
    site.grid.release()
    await site["main"].frequency.expect(
        approx=Frequency.from_hertz(50.0), tolerance=Frequency.from_hertz(0.1)
    )


async def test_measuring_noise_costs_little(site: SiteHandle, app: App) -> None:
    site["main"].fault("noisy", amount=0.02)
    assert await highest_quarter_hour(site, 1.5) < TOLERATED
    assert app.running
