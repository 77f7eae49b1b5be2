"""Edited site files, taken in while the site runs."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import grpc
import pytest
from cli.test_run_command import PATIENCE_S, read_until, running
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2, microgrid_pb2_grpc

from doppelgrid import ControlClient, Simulation, Site, SiteServer
from doppelgrid.cli.billing import prices_of, read_tariff
from doppelgrid.cli.fleet import read_edition, read_fleet
from doppelgrid.cli.reloading import Edit, Edition, Reloading
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.tariff.prices import Prices

SITE = """
microgrid: {{id: 5}}
components:
  grid:  {{id: 1, category: grid_connection_point, rated_fuse_current: 63 A}}
  house: {{id: 2, category: meter, behind: grid, load: {load}}}
"""
OWN_LOAD = """
[lamps]  # of our own
power_factor = 1.0
active_impedance = 0.0
active_current = 0.0
reactive_impedance = 0.0
reactive_current = 0.0
floor_pu = {floor}
"""
RECORDED = "{file: load.csv, column: kw, unit: kW, positive: consumption, align: start}"
NOON = datetime.fromisoformat("2026-06-15T12:00:00+02:00")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    write(path, "5 kW")
    return path


def write(path: Path, load: str) -> None:
    path.write_text(SITE.format(load=load))


def write_column(path: Path, *values: float) -> None:
    rows = (f"2026-01-01T{hour:02}:00:00Z,{value}" for hour, value in enumerate(values))
    path.write_text("\n".join(["time,kw", *rows, ""]))


def write_tariff(path: Path, text: str) -> None:
    path.write_text(f"tariff: one\n{text}\n")


def append(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}{line}\n")


def reloading(file: Path, tariff: Path | None = None) -> Reloading:
    read = partial(read_edition, [str(file)], 1, tariff)
    return Reloading([str(file)], read(), read, looks_s=0.01)


async def taken_in(edits: Reloading) -> Edit:
    return await asyncio.wait_for(edits.next(), PATIENCE_S)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="doppelgrid")
    return caplog


async def first_said(log: pytest.LogCaptureFixture) -> str:
    async with asyncio.timeout(PATIENCE_S):
        while not log.messages:
            await asyncio.to_thread(time.sleep, 0.01)
    return log.messages[0]


async def said(log: pytest.LogCaptureFixture, *words: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not all(each in log.text for each in words):
            await asyncio.to_thread(time.sleep, 0.01)


class TestEdits:
    async def test_an_edited_site_is_read(self, file: Path) -> None:
        edits = reloading(file)
        write(file, "8 kW")
        ((place, site),) = (await taken_in(edits)).sites.items()
        assert place == 0
        assert site.components["house"].load == 8e3

    async def test_a_file_is_read_once_it_changes_no_more(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads: list[str] = []

        def read() -> Edition:
            reads.append(file.read_text())
            return read_edition([str(file)], 1, None)

        edits = Reloading([str(file)], read(), read)
        loads = ["5", "50", "500 kW"]

        async def write_on(_seconds: float) -> None:
            if loads:
                write(file, loads.pop(0))

        monkeypatch.setattr("doppelgrid.cli.reloading.asyncio.sleep", write_on)
        ((_, site),) = (await edits.next()).sites.items()
        assert site.components["house"].load == 500e3
        assert len(reads) == 2

    async def test_what_is_wrong_with_an_edit_is_told_and_the_next_one_taken(
        self, file: Path, log: pytest.LogCaptureFixture
    ) -> None:
        edits = reloading(file)
        write(file, "8 kWh")
        waiting = asyncio.create_task(taken_in(edits))
        said = await first_said(log)
        write(file, "80 kW")
        assert (await waiting).sites
        assert said.startswith("not taken in, the site runs on as it was:\n")
        assert f"{file}:5: house.load is 8 kWh; accepted: " in said

    async def test_whatever_an_edit_brings_about_is_told_and_the_next_one_taken(
        self, file: Path, log: pytest.LogCaptureFixture
    ) -> None:
        def read() -> Edition:
            if "raise" in file.read_text():
                raise IndexError("index out of range")
            return read_edition([str(file)], 1, None)

        edits = Reloading([str(file)], read(), read, looks_s=0.01)
        append(file, "# raise")
        waiting = asyncio.create_task(taken_in(edits))
        said = await first_said(log)
        write(file, "80 kW")
        assert (await waiting).sites
        assert said.endswith("as it was:\nIndexError: index out of range")

    async def test_what_is_wrong_is_told_once_whatever_changes_beside_the_file(
        self, file: Path, tmp_path: Path, log: pytest.LogCaptureFixture
    ) -> None:
        edits = reloading(file)
        write(file, "8 kWh")
        waiting = asyncio.create_task(taken_in(edits))
        await first_said(log)
        (tmp_path / "notes.txt").write_text("of something else")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.2)
        write(file, "80 kW")
        assert (await waiting).sites
        assert len(log.messages) == 1

    async def test_files_and_presets_that_a_site_names_count(self, file: Path, tmp_path: Path) -> None:
        write_column(tmp_path / "load.csv", 1.0, 2.0)
        write(file, RECORDED)
        edits = reloading(file)
        write_column(tmp_path / "load.csv", 1.0, 2.0, 3.0)
        assert (await taken_in(edits)).sites

        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "loads.toml").write_text(OWN_LOAD.format(floor=0.5))
        append(file, "presets: own")
        assert (await taken_in(edits)).sites
        (tmp_path / "own" / "loads.toml").write_text(OWN_LOAD.format(floor=0.6))
        assert (await taken_in(edits)).sites

    async def test_an_edit_is_taken_once_what_it_names_is_there(
        self, file: Path, tmp_path: Path, log: pytest.LogCaptureFixture
    ) -> None:
        edits = reloading(file)
        write(file, RECORDED)
        waiting = asyncio.create_task(taken_in(edits))
        assert "house.load.file is 'load.csv'; accepted: a file" in await first_said(log)
        write_column(tmp_path / "load.csv", 1.0, 2.0)
        assert (await waiting).sites

    async def test_an_edit_that_changes_nothing_leaves_the_site_alone(
        self, file: Path, log: pytest.LogCaptureFixture
    ) -> None:
        edits = reloading(file)
        append(file, "# A remark.")
        waiting = asyncio.create_task(taken_in(edits))
        assert await first_said(log) == "the edit changes nothing"
        waiting.cancel()


@pytest.fixture
def tariff(tmp_path: Path) -> Path:
    path = tmp_path / "tariff.yaml"
    write_tariff(path, "import: 30 ct/kWh")
    return path


class TestTariffs:
    async def test_an_edited_tariff_is_read_and_leaves_the_sites_alone(
        self, file: Path, tariff: Path
    ) -> None:
        edits = reloading(file, tariff)
        write_tariff(tariff, "import: 40 ct/kWh")
        edit = await taken_in(edits)
        assert edit.sites == {}
        assert edit.tariff is edits.tariff is not None
        assert edit.tariff.section.import_price.amount == 0.4  # type: ignore[union-attr]

    async def test_a_table_that_a_tariff_names_counts(self, file: Path, tariff: Path, tmp_path: Path) -> None:
        (tmp_path / "prices.csv").write_text("time,price\n2026-01-01T00:00Z,80\n2026-01-01T01:00Z,90\n")
        write_tariff(tariff, "import: {file: prices.csv, unit: €/MWh}")
        edits = reloading(file, tariff)
        (tmp_path / "prices.csv").write_text("time,price\n2026-01-01T00:00Z,80\n2026-01-01T01:00Z,95\n")
        assert (await taken_in(edits)).tariff is not None

    async def test_an_edited_site_leaves_the_tariff_alone(self, file: Path, tariff: Path) -> None:
        edits = reloading(file, tariff)
        write(file, "8 kW")
        assert (await taken_in(edits)).tariff is None

    async def test_a_wrong_tariff_is_told_beside_a_wrong_site(
        self, file: Path, tariff: Path, log: pytest.LogCaptureFixture
    ) -> None:
        edits = reloading(file, tariff)
        write(file, "8 kWh")
        write_tariff(tariff, "import: 30 kWh")
        waiting = asyncio.create_task(taken_in(edits))
        await said(log, "house.load is 8 kWh", "import is 30 kWh")
        write(file, "8 kW")
        write_tariff(tariff, "import: 30 ct/kWh")
        assert (await waiting).sites
        assert edits.tariff is not None


class TestBilling:
    """What flows after an edit of the tariff is billed by it."""

    @pytest.fixture
    def site(self, file: Path) -> Site:
        (site,) = read_fleet([str(file)], 1)
        return site

    def prices(self, tariff: Path, text: str, site: Site) -> Prices:
        write_tariff(tariff, text)
        found = prices_of(read_tariff(tariff), site, 0, None)
        assert found is not None
        return found

    def test_what_has_flowed_stays_billed_by_the_prices_of_its_time(self, site: Site, tariff: Path) -> None:
        simulation = Simulation.headless(site, start_us=0)
        watch = SiteWatch(simulation, self.prices(tariff, "import: 30 ct/kWh", site))
        simulation.run_for(timedelta(hours=1))
        watch.bill(self.prices(tariff, "import: 50 ct/kWh", site))
        simulation.run_for(timedelta(hours=2))
        costs = watch.report().costs
        assert costs is not None
        assert costs.import_cost == pytest.approx(5 * 0.3 + 10 * 0.5)

    def test_so_does_what_was_emitted(self, site: Site, tariff: Path) -> None:
        simulation = Simulation.headless(site, start_us=0)
        watch = SiteWatch(simulation, self.prices(tariff, "import: 30 ct/kWh\nco2: 400 g/kWh", site))
        simulation.run_for(timedelta(hours=1))
        watch.bill(self.prices(tariff, "import: 30 ct/kWh\nco2: 100 g/kWh", site))
        simulation.run_for(timedelta(hours=2))
        costs = watch.report().costs
        assert costs is not None
        assert costs.co2_kg == pytest.approx(5 * 0.4 + 10 * 0.1)

    def test_another_currency_is_refused(self, site: Site, tariff: Path) -> None:
        watch = SiteWatch(
            Simulation.headless(site, start_us=0), self.prices(tariff, "import: 30 ct/kWh", site)
        )
        with pytest.raises(ValueError, match=r"the tariff is in USD, .* in EUR; accepted: one currency"):
            watch.bill(self.prices(tariff, "import: 0.30 $/kWh", site))


@pytest.fixture
async def server(file: Path) -> AsyncIterator[SiteServer]:
    (site,) = read_fleet([str(file)], 1)
    server = SiteServer(site, start=NOON, paused=True, timestamps="simulated")
    async with server:
        yield server


class TestExchange:
    async def test_time_goes_on_from_where_it_stood(self, server: SiteServer, file: Path) -> None:
        url = server.url
        async with ControlClient(url) as control:
            await control.set_speed(3.0)
            await control.step(timedelta(minutes=5))
            before = await control.clock()
            write(file, "8 kW")
            await server.exchange(*read_fleet([str(file)], 1))
            after = await control.clock()
            assert server.url == url
            assert after._replace(wall_time=before.wall_time) == before
            assert (await control.state("house"))["house"].values["AC_POWER_ACTIVE"] == 8e3

    async def test_time_that_passes_does_not_stop_for_it(self, server: SiteServer, file: Path) -> None:
        server.simulation.set_speed(1e4)
        server.simulation.resume()
        clock = server.simulation.clock
        write(file, "8 kW")
        await server.exchange(*read_fleet([str(file)], 1))
        assert server.simulation.clock.now_us() == pytest.approx(clock.now_us(), abs=0.2e6 * 1e4)
        assert not server.simulation.clock.paused

    async def test_streams_end_as_where_a_gateway_starts_again(self, server: SiteServer) -> None:
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = microgrid_pb2_grpc.MicrogridStub(channel)
            request = microgrid_pb2.ReceiveElectricalComponentTelemetryStreamRequest(
                electrical_component_id=2
            )
            stream = stub.ReceiveElectricalComponentTelemetryStream(request, timeout=PATIENCE_S)
            async with ControlClient(server.url) as control:
                while not (await control.state())["house"].telemetry_streams:
                    pass
            await server.exchange(server.site)
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await stream.read()
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE

    async def test_a_site_that_cannot_run_leaves_the_former_one(
        self, server: SiteServer, file: Path, tmp_path: Path
    ) -> None:
        former = server.simulation
        write_column(tmp_path / "load.csv", 1.0, 2.0)
        write(file, RECORDED.replace(", align: start", ""))
        with pytest.raises(InputError, match="start of the run is"):
            await server.exchange(*read_fleet([str(file)], 1))
        assert server.simulation is former
        async with ControlClient(server.url) as control:
            assert (await control.state("house"))["house"].values["AC_POWER_ACTIVE"] == 5e3

    async def test_a_site_whose_building_raises_anything_leaves_the_former_one(
        self, server: SiteServer, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def build(*_: object, **__: object) -> None:
            raise IndexError("index out of range")

        former = server.simulation
        monkeypatch.setattr("doppelgrid.proto.serving.site_server.LiveSimulation", build)
        with pytest.raises(ValueError, match=r"cannot be built \(IndexError: index out of range\)"):
            await server.exchange(*read_fleet([str(file)], 1))
        assert server.simulation is former

    async def test_whoever_waits_for_the_end_and_stops_does_not_end_it_for_others(
        self, server: SiteServer
    ) -> None:
        impatient, patient = (asyncio.create_task(server.simulation.wait()) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait({impatient})
        assert not patient.done()
        patient.cancel()


@pytest.mark.lengthy
def test_an_edited_tariff_bills_what_flows_from_then_on(file: Path, tariff: Path) -> None:
    with running(
        file, "--reload", "--tariff", str(tariff), "--ephemeral-ports", "--speed", "1000"
    ) as process:
        read_until(process, "house 5.00 kW")
        write_tariff(tariff, "import: 30 $/kWh")
        read_until(process, "the tariff is in USD, what has been billed is in EUR; accepted: one currency")
        write_tariff(tariff, "import: 90000 ct/kWh")
        read_until(process, "microgrid 5 is billed by the edited tariff from now on")
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE_S)
    (cost,) = (line.split()[1] for line in rest.splitlines() if line.startswith("cost "))
    assert float(cost.replace(",", "")) > 100.0


@pytest.mark.lengthy
def test_an_edited_site_is_served_without_a_restart(file: Path) -> None:
    with running(file, "--reload", "--ephemeral-ports") as process:
        read_until(process, "house 5.00 kW")
        write(file, "8 kWh")
        assert "house.load is 8 kWh; accepted" in read_until(process, "house.load")
        write(file, "8 kW")
        read_until(process, "microgrid 5 was edited and begins anew; clients connect again")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "ended" in rest
