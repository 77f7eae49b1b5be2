"""A recorded day as clients and users of the command meet it."""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient, OperationPreconditionFailed
from frequenz.client.microgrid.component import ComponentStateCode
from frequenz.client.microgrid.metrics import Metric
from recording.support import BATTERY, INVERTER, MAIN, NOON, demo_site, eventful_run
from typer.testing import CliRunner

from doppelgrid import ControlClient
from doppelgrid.cli.main import app
from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.sim.domain.timestamps import to_datetime
from doppelgrid.sim.recording import Recorder, Recording, read_recording
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.simulation.simulation import Simulation

# The client uses names that the newest releases of its own libraries deprecate.
pytestmark = [pytest.mark.lengthy, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    eventful_run(tmp_path / "day.parquet")
    return read_recording(tmp_path / "day.parquet")


@pytest.fixture
async def client(recording: Recording) -> AsyncIterator[MicrogridApiClient]:
    """A published client at the socket of a replay, with the recorded times."""
    replay = Replay(recording)
    server = SiteServer(
        replay.site, start=to_datetime(replay.start_us), speed=5.0, timestamps="simulated", hardware=replay
    )
    async with server as url, MicrogridApiClient(url) as client:
        yield client


async def test_a_replayed_site_is_asked_for_what_was_recorded(recording: Recording) -> None:
    replay = Replay(recording)
    server = SiteServer(replay.site, start=to_datetime(replay.start_us), paused=True, hardware=replay)
    async with server as url, ControlClient(url) as control:
        await control.step(timedelta(seconds=10))
        shown = (await control.state("main"))["main"].values["AC_POWER_ACTIVE"]
        assert (await control.read("main.power"))["main.power"].value == shown
        assert (await control.wait_until("main.power > -999 kW")).holds


async def test_a_published_client_reads_recorded_samples_at_recorded_times(
    client: MicrogridApiClient, recording: Recording
) -> None:
    receiver = client.receive_component_data_samples_stream(ComponentId(MAIN), [Metric.AC_POWER_ACTIVE])
    track = recording.tracks[MAIN]
    values = track.values[:, track.names.index("AC_POWER_ACTIVE")].tolist()
    expected = {
        to_datetime(time_us): struct.unpack("<f", struct.pack("<f", value))[0]
        for time_us, value in zip(track.times_us.tolist(), values, strict=True)
    }
    seen = [(await receiver.receive()).metric_samples[0] for _ in range(20)]
    assert [sample.as_single_value() for sample in seen] == [expected[sample.sampled_at] for sample in seen]
    gaps = {later.sampled_at - earlier.sampled_at for earlier, later in itertools.pairwise(seen)}
    assert {gap.total_seconds() for gap in gaps} == {0.2}


async def test_bounds_and_states_come_along(client: MicrogridApiClient) -> None:
    receiver = client.receive_component_data_samples_stream(ComponentId(BATTERY), [Metric.BATTERY_SOC_PCT])
    samples = await receiver.receive()
    (bounds,) = samples.metric_samples[0].bounds
    assert (bounds.lower, bounds.upper) == (10.0, 95.0)
    assert ComponentStateCode.RELAY_CLOSED in samples.states[0].states


async def test_set_points_to_replayed_components_are_failed_preconditions(client: MicrogridApiClient) -> None:
    with pytest.raises(OperationPreconditionFailed, match="it is replayed from a recording"):
        await client.set_component_power_active(ComponentId(INVERTER), 1000.0)


async def doppelgrid(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "doppelgrid"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_a_run_is_recorded_and_replayed_by_the_command(tmp_path: Path) -> None:
    day, again = str(tmp_path / "day.parquet"), str(tmp_path / "again.csv.gz")
    code, output = await doppelgrid("run", "demo", "--ephemeral-ports", "--duration", "2 s", "--record", day)
    assert code == 0, output
    code, output = await doppelgrid(
        "replay",
        day,
        "--ephemeral-ports",
        "--speed",
        "4",
        "--shift",
        "keep",
        "--record",
        again,
        "--wait",
        "no",
    )
    assert code == 0, output
    first, second = read_recording(day), read_recording(again)
    assert len(first.wide()) >= 9
    assert first.long().equals(second.long())
    assert first.states().equals(second.states())


def one_second(path: Path) -> None:
    simulation = Simulation.headless(demo_site(), start_us=NOON)
    with Recorder(path, demo_site(), seed=0) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(timedelta(seconds=1))


async def test_a_replay_begins_with_its_first_client(tmp_path: Path) -> None:
    day, endpoints = str(tmp_path / "day.parquet"), tmp_path / "endpoints.json"
    one_second(tmp_path / "day.parquet")
    replaying = asyncio.create_task(
        doppelgrid("replay", day, "--ephemeral-ports", "--shift", "keep", "--emit-endpoints", str(endpoints))
    )
    while not endpoints.exists():  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)  # longer than the recording
    (site,) = json.loads(endpoints.read_text())["microgrids"]
    async with MicrogridApiClient(f"grpc://{site['grpc']}") as client:
        stream = client.receive_component_data_samples_stream(ComponentId(2), [Metric.AC_ACTIVE_POWER])
        first = await stream.receive()
        begin = read_recording(day).wide().index[0].to_pydatetime()
        assert first.metric_samples[0].sampled_at - begin <= timedelta(seconds=1.0)
        code, output = await replaying
    assert code == 0, output
    assert "time begins when a client receives telemetry" in output


async def test_a_scant_export_is_replayed_with_a_word_on_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "timestamp,microgrid_id,component_id,metric,value\n"
        "2026-06-15 10:00:00+00:00,2200,2,AC_POWER_ACTIVE,12000\n"
        "2026-06-15 10:00:01+00:00,2200,12,BATTERY_SOC_PCT,50\n"
    )
    code, output = await doppelgrid(
        "replay", str(path), "--site", "demo", "--ephemeral-ports", "--speed", "4", "--wait", "no"
    )
    assert code == 0, output
    assert "nothing is recorded of grid, bat-inv, pv-inv, office, machines: silent" in output
    assert "main 12.00 kW" in output
    assert "battery no power at 50.0 %" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--record", "nowhere/day.csv"], "nowhere/day.csv: file is not writable (No such file"),
        (["run", "--record", "day.txt"], "day.txt: name is 'day.txt'; accepted: a name that ends in .csv"),
        (["replay", "day.csv"], "day.csv: file is not there; accepted: the path of a recording"),
        (["replay", "export.csv"], "export.csv: site is not in the recording"),
        (["replay", "export.csv", "--site", "demo", "--simulate", "x"], "what to simulate is 'x'"),
        (
            ["replay", "export.csv", "--site", "demo", "--speed", "0"],
            "speed is 0; accepted: a number from",
        ),
        (["replay", "export.csv", "--site", "nope"], "nope: the file is not there"),
    ],
)
def test_what_is_wrong_with_a_file_or_an_option_is_said_at_once(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("export.csv").write_text(
        "timestamp,microgrid_id,component_id,metric,value\n2026-06-15 10:00:00+00:00,2200,2,AC_POWER_ACTIVE,1\n"
    )
    result = CliRunner().invoke(app, [*arguments, *(["--ephemeral-ports"])])
    assert result.exit_code == 2
    assert message in result.output
