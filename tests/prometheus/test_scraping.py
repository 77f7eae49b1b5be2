"""What Prometheus scrapes of a site is what clients have done and seen there."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import grpc
import pytest
from control.support import INVERTER, NOON, SITE
from control.support import serve as site_server
from frequenz.client.base.retry import LinearBackoff
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import ApiClientError, MicrogridApiClient
from frequenz.client.microgrid.metrics import Bounds, Metric
from prometheus.support import scrape, scrape_until, scraped

from doppelgrid import ControlClient, Simulation, Site, SiteServer, load_site
from doppelgrid.proto.microgrid.telemetry import Encoder
from doppelgrid.proto.prometheus.observer import read_components
from doppelgrid.sim.domain.messages import Frame

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ALPHA = "frequenz.api.microgrid.v1alpha18.Microgrid"
ACTIVE = [Metric.AC_POWER_ACTIVE]
INVERTER_ID = ComponentId(INVERTER)


async def refused(
    client: MicrogridApiClient, component_id: int, power_w: float, lifetime_s: int = 60
) -> None:
    with pytest.raises(ApiClientError):
        await client.set_component_power_active(
            ComponentId(component_id),
            power_w,
            request_lifetime=timedelta(seconds=lifetime_s),
            validate_arguments=False,
        )


async def test_every_frame_that_a_client_received_is_counted() -> None:
    server = site_server()
    async with scraped(server) as url, MicrogridApiClient(server.url) as client:
        received = client.receive_component_data_samples_stream(INVERTER_ID, ACTIVE)
        await scrape_until(url, lambda figures: bool(figures.all("doppelgrid_telemetry_streams")))
        await server.simulation.step(timedelta(seconds=2))
        async with asyncio.timeout(10.0):
            for _ in range(10):
                await received.receive()
        figures = await scrape(url)
        procedure = {"service": ALPHA, "method": "ReceiveElectricalComponentTelemetryStream"}
        assert figures.one("doppelgrid_telemetry_streams", microgrid="9", **procedure) == 1
        assert figures.one("doppelgrid_frames_total", microgrid="9", **procedure) == 10
        assert figures.one("doppelgrid_backlog_frames") == 0


async def test_frames_stay_counted_when_their_client_has_gone() -> None:
    server = site_server()
    async with scraped(server) as url:
        async with MicrogridApiClient(server.url) as client:
            received = client.receive_component_data_samples_stream(INVERTER_ID, ACTIVE)
            await scrape_until(url, lambda figures: bool(figures.all("doppelgrid_telemetry_streams")))
            await server.simulation.step(timedelta(seconds=1))
            await received.receive()
        figures = await scrape_until(url, lambda figures: not figures.all("doppelgrid_telemetry_streams"))
        assert figures.one("doppelgrid_frames_total") == 5


async def test_commands_are_counted_by_the_status_that_clients_were_told() -> None:
    server = site_server()
    async with scraped(server) as url, MicrogridApiClient(server.url) as client:
        for power_w in (1e3, 2e3):
            await client.set_component_power_active(INVERTER_ID, power_w)
        await client.add_component_bounds(
            INVERTER_ID, Metric.AC_POWER_ACTIVE, [Bounds(lower=-5e3, upper=5e3)]
        )
        await refused(client, INVERTER, 50e3)
        await refused(client, INVERTER, 0.0, lifetime_s=5)
        await refused(client, 99, 0.0)
        figures = await scrape(url)
    told = {
        (sample.labels["method"], sample.labels["status"]): sample.value
        for sample in figures.all("doppelgrid_commands_total", service=ALPHA, microgrid="9")
    }
    assert told == {
        ("SetElectricalComponentPower", "OK"): 2,
        ("SetElectricalComponentPower", "OUT_OF_RANGE"): 1,
        ("SetElectricalComponentPower", "INVALID_ARGUMENT"): 1,
        ("SetElectricalComponentPower", "NOT_FOUND"): 1,
        ("AugmentElectricalComponentBounds", "OK"): 1,
    }


async def test_accepted_set_points_are_counted_by_how_they_ended_and_events_by_kind() -> None:
    server = site_server()
    async with scraped(server) as url, MicrogridApiClient(server.url) as client:
        for power_w in (1e3, 2e3):
            await client.set_component_power_active(INVERTER_ID, power_w)
        await refused(client, INVERTER, 50e3)
        await server.simulation.step(timedelta(seconds=10))
        figures = await scrape(url)
    assert figures.by("status", "doppelgrid_set_points_ended_total") == {"OVERRIDDEN": 1, "SUCCESS": 1}
    events = figures.by("kind", "doppelgrid_events_total")
    assert (events["set-point accepted"], events["set-point refused"]) == (2, 1)


async def test_clients_come_and_go() -> None:
    def served(count: int) -> object:
        return scrape_until(url, lambda figures: figures.one("doppelgrid_clients") == count)

    server = site_server()
    async with scraped(server) as url:
        await served(0)
        async with MicrogridApiClient(server.url) as first:
            streams = [first.receive_component_data_samples_stream(ComponentId(2), ACTIVE)]
            streams.append(first.receive_component_data_samples_stream(INVERTER_ID, ACTIVE))
            await served(1)
            # Channels to one address would share a connection.
            options = [("grpc.use_local_subchannel_pool", 1)]
            async with grpc.aio.insecure_channel(server.address, options=options) as channel:
                watching = channel.unary_stream("/doppelgrid.control.v1.Control/ReceiveEvents")(b"")
                await served(2)
                watching.cancel()
            await served(1)
        await served(0)
        assert len(streams) == 2


async def test_questions_are_no_commands_and_events_no_frames() -> None:
    server = site_server()
    async with scraped(server) as url, ControlClient(server.url) as control:
        await control.state()
        await control.say("hello")
        figures = await scrape(url)
    (said,) = figures.all("doppelgrid_commands_total")
    assert (said.labels["method"], said.labels["status"], said.value) == ("Say", "OK", 1)
    assert not figures.all("doppelgrid_frames_total")


async def test_lateness_counts_every_sampling() -> None:
    server = site_server()
    async with scraped(server) as url:
        await server.simulation.step(timedelta(seconds=3))
        figures = await scrape(url)
    lateness = "doppelgrid_sampling_lateness_seconds"
    assert figures.one(f"{lateness}_count") == 15
    assert figures.one(f"{lateness}_bucket", le="+Inf") == 15
    assert figures.one(f"{lateness}_bucket", le="0.001") == 15
    assert figures.one(f"{lateness}_sum") == 0


async def test_a_sampling_for_which_the_machine_had_no_time_is_late() -> None:
    server = site_server(paused=False, speed=10.0)
    async with scraped(server) as url:
        await asyncio.sleep(0.5)
        time.sleep(0.7)  # noqa: ASYNC251 - what keeps the machine busy
        await asyncio.sleep(0.1)
        figures = await scrape(url)
    late = [sample.value for sample in figures.all("doppelgrid_sampling_lateness_seconds_bucket")]
    assert late == sorted(late)
    assert late[-1] > figures.one("doppelgrid_sampling_lateness_seconds_bucket", le="0.25")
    assert figures.one("doppelgrid_sampling_lateness_seconds_sum") > 0.5


async def test_a_frame_that_takes_long_to_encode_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def encode(self: Encoder, frame: Frame) -> bytes:
        time.sleep(0.06)
        return at_once(self, frame)

    at_once = Encoder.encode
    monkeypatch.setattr(Encoder, "encode", encode)
    server = site_server(paused=False)
    async with scraped(server) as url, MicrogridApiClient(server.url) as client:
        received = client.receive_component_data_samples_stream(INVERTER_ID, ACTIVE)
        for _ in range(3):
            await received.receive()
        figures = await scrape(url)
    lateness = "doppelgrid_sampling_lateness_seconds"
    assert figures.one(f"{lateness}_count") - figures.one(f"{lateness}_bucket", le="0.05") >= 2


async def test_simulated_time_is_counted_as_it_passes() -> None:
    server = site_server(speed=60.0)
    async with scraped(server) as url:
        await server.simulation.step(timedelta(seconds=90))
        figures = await scrape(url)
        assert figures.one("doppelgrid_simulated_seconds_total") == 90
        assert figures.one("doppelgrid_simulated_timestamp_seconds") == NOON.timestamp() + 90
        assert figures.one("doppelgrid_speed_ratio") == 60
        assert figures.one("doppelgrid_reached_speed_ratio") == 0
        server.simulation.resume()
        figures = await scrape_until(
            url, lambda figures: figures.one("doppelgrid_simulated_seconds_total") > 100
        )
        assert figures.one("doppelgrid_reached_speed_ratio") == 60


async def test_a_way_back_in_time_takes_nothing_from_what_has_passed() -> None:
    server = site_server()
    async with scraped(server) as url:
        await server.simulation.step(timedelta(seconds=10))
        snapshot = server.simulation.save()
        await server.simulation.step(timedelta(seconds=10))
        later = server.simulation.save()
        server.simulation.restore(snapshot)
        assert (await scrape(url)).one("doppelgrid_simulated_seconds_total") == 20
        server.simulation.restore(later)
        await server.simulation.step(timedelta(seconds=5))
        figures = await scrape(url)
    assert figures.one("doppelgrid_simulated_seconds_total") == 25
    assert figures.one("doppelgrid_simulated_timestamp_seconds") == NOON.timestamp() + 25


async def test_no_sampling_is_late_by_a_jump_of_time() -> None:
    server = site_server()
    async with scraped(server) as url:
        simulation = server.simulation
        snapshot = simulation.save()
        await simulation.step(timedelta(seconds=20))
        later = simulation.save()
        simulation.restore(snapshot)
        simulation.executor.run_to(simulation.now_us + 1_000_000)
        simulation.restore(later)
        figures = await scrape(url)
    assert figures.one("doppelgrid_sampling_lateness_seconds_sum") < 1.0


async def test_components_show_the_power_and_the_soc_of_their_telemetry() -> None:
    server = site_server()
    async with scraped(server, components=True) as url, MicrogridApiClient(server.url) as client:
        await client.set_component_power_active(INVERTER_ID, 20e3)
        await server.simulation.step(timedelta(minutes=30))
        figures = await scrape(url)
        inverter, battery = (server.simulation.gateway.frame(number).values for number in (INVERTER, 12))
    powers = figures.by("component", "doppelgrid_component_power_watts")
    assert powers.keys() == {"grid", "main", "bat-inv", "battery", "pv-inv", "house"}
    assert powers["bat-inv"] == inverter["AC_POWER_ACTIVE"]
    assert powers["battery"] == battery["DC_POWER"]
    (soc,) = figures.all("doppelgrid_component_soc_ratio")
    assert soc.labels == {
        "microgrid": "9",
        "component_id": "12",
        "component": "battery",
        "category": "battery",
    }
    assert soc.value == battery["BATTERY_SOC_PCT"] / 100
    assert soc.value != 0.5


async def test_components_are_not_told_unasked() -> None:
    async with scraped(site_server()) as url:
        figures = await scrape(url)
    assert not [family for family in figures.families if "component" in family.name]


async def test_who_looks_at_components_changes_nothing() -> None:
    def site() -> Simulation:
        return Simulation.headless(load_site("demo"), start_us=round(NOON.timestamp() * 1e6), seed=1)

    looked_at, left_alone = site(), site()
    for _ in range(7):
        looked_at.run_for(timedelta(seconds=0.37))
        left_alone.run_for(timedelta(seconds=0.37))
        assert len(await read_components(looked_at)) == len(looked_at.site.components)
    assert looked_at.save() == left_alone.save()


async def test_an_exchanged_site_goes_on_with_the_counts_of_the_former_one() -> None:
    server = site_server()
    async with scraped(server) as url, MicrogridApiClient(server.url) as client:
        await client.set_component_power_active(INVERTER_ID, 1e3)
        await server.simulation.step(timedelta(seconds=2))
        microgrid = {**SITE["microgrid"], "name": "Control test, edited"}
        await server.exchange(Site.model_validate({**SITE, "microgrid": microgrid}))
        await server.simulation.step(timedelta(seconds=2))
        figures = await scrape(url)
    assert figures.one("doppelgrid_commands_total", status="OK") == 1
    assert figures.one("doppelgrid_simulated_seconds_total") == 4
    assert figures.one("doppelgrid_sampling_lateness_seconds_count") == 20
    assert figures.one("doppelgrid_microgrid_info", name="Control test, edited") == 1


async def test_a_server_that_restarts_goes_on_with_its_counts() -> None:
    server = site_server()
    async with (
        scraped(server) as url,
        MicrogridApiClient(server.url, retry_strategy=LinearBackoff(interval=0.1, jitter=0.0)) as client,
    ):
        received = client.receive_component_data_samples_stream(INVERTER_ID, ACTIVE)
        await scrape_until(url, lambda figures: figures.one("doppelgrid_clients") == 1)
        await server.simulation.step(timedelta(seconds=1))
        await received.receive()
        server.simulation.restart_server(1.0)
        down = await scrape_until(url, lambda figures: figures.one("doppelgrid_clients") == 0)
        assert down.one("doppelgrid_frames_total") == 5
        await server.simulation.step(timedelta(seconds=2))
        await scrape_until(url, lambda figures: figures.one("doppelgrid_clients") == 1)
        await server.simulation.step(timedelta(seconds=1))
        figures = await scrape(url)
    assert figures.one("doppelgrid_frames_total") == 10
    assert figures.by("kind", "doppelgrid_events_total")["server comes back"] == 1


async def test_sites_of_one_process_are_told_apart() -> None:
    other = Site.model_validate({**SITE, "microgrid": {"id": 10, "name": "Other"}})
    first, second = site_server(), SiteServer(other, start=NOON, paused=True)
    async with scraped(first, second) as url:
        await second.simulation.step(timedelta(seconds=3))
        figures = await scrape(url)
    assert figures.by("microgrid", "doppelgrid_simulated_seconds_total") == {"9": 0, "10": 3}


async def test_a_name_cannot_break_the_lines_of_others() -> None:
    name = 'a "b" \\ {c}'
    site = Site.model_validate({**SITE, "microgrid": {"id": 9, "name": name}})
    async with scraped(SiteServer(site, paused=True)) as url:
        assert (await scrape(url)).one("doppelgrid_microgrid_info", name=name) == 1


async def test_the_process_tells_its_memory() -> None:
    async with scraped(site_server()) as url:
        figures = await scrape(url)
    assert figures.one("process_resident_memory_bytes") > 10e6
    assert figures.one("python_info") == 1
