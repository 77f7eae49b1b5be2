"""`doppelgrid run --prometheus` as its users type it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from cli.test_reloading import write
from cli.test_run_command import PATIENCE_S, read_until, refused, run, running
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2, microgrid_pb2_grpc
from prometheus.support import Figures, scrape_now


def url_in(process: subprocess.Popen[str]) -> str:
    """Return where the figures are, once the sites are served."""
    lines = read_until(process, "Prometheus can scrape ")
    return lines.rpartition("Prometheus can scrape ")[2].strip()


def settled(url: str, name: str, value: float) -> Figures:
    """Scrape until a figure has a value."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        figures = scrape_now(url)
        if [sample.value for sample in figures.all(name)] == [value]:
            return figures
    raise AssertionError(f"{name} is not {value}: {figures.all(name)}")


def test_a_run_tells_its_speed_its_clients_and_its_components_until_it_ends() -> None:
    options = ("--ephemeral-ports", "--speed", "30", "--prometheus", "127.0.0.1:0", "--prometheus-components")
    with running("demo", *options) as process:
        url = url_in(process)
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*/metrics", url)
        address = read_until(process, "is served at grpc://").rpartition("grpc://")[2].strip()
        with grpc.insecure_channel(address) as channel:
            request = microgrid_pb2.ReceiveElectricalComponentTelemetryStreamRequest(
                electrical_component_id=12
            )
            stub = microgrid_pb2_grpc.MicrogridStub(channel)
            frames = stub.ReceiveElectricalComponentTelemetryStream(request)
            next(frames)
            figures = settled(url, "doppelgrid_clients", 1)
        assert figures.one("doppelgrid_speed_ratio", microgrid="2200") == 30
        assert figures.one("doppelgrid_frames_total") >= 1
        components = [sample for sample in figures.samples if sample.name.startswith("doppelgrid_component_")]
        assert len(components) == 8
        settled(url, "doppelgrid_clients", 0)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert "Traceback" not in rest
        with pytest.raises(OSError, match="refused"):
            scrape_now(url)


def test_an_edited_site_is_scraped_on(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    write(site, "5 kW")
    options = ("--ephemeral-ports", "--reload", "--prometheus", "127.0.0.1:0", "--prometheus-components")
    with running(site, *options) as process:
        url = url_in(process)
        read_until(process, "is served at grpc://")
        settled(url, "doppelgrid_reached_speed_ratio", 1)
        before = scrape_now(url)
        assert before.one("doppelgrid_component_power_watts", component="house") == 5e3
        write(site, "8 kW")
        read_until(process, "was edited")
        after = scrape_now(url)
        assert after.one("doppelgrid_component_power_watts", component="house") == 8e3
        passed = "doppelgrid_simulated_seconds_total"
        assert after.one(passed) > before.one(passed)


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    endpoints = tmp_path / "endpoints.json"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run("--ephemeral-ports", "--emit-endpoints", endpoints, "--prometheus", address)
    assert ended.returncode == 3
    assert ended.stderr == (
        f"cannot listen on {address}: the port is in use; accepted: a free one, or 0 for any\n"
    )
    assert "is served at" not in ended.stdout
    assert not endpoints.exists()


def test_an_address_of_another_machine_is_named() -> None:
    ended = run("--ephemeral-ports", "--prometheus", "192.0.2.7:9464")
    assert ended.returncode == 2
    assert ended.stderr == "cannot listen on 192.0.2.7:9464: Cannot assign requested address\n"


@pytest.mark.parametrize(
    "address",
    ["9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9464", "http://[::1]:1", "a b:1"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    ended = refused("--ephemeral-ports", "--prometheus", address)
    assert ended.exit_code == 2
    told = " ".join(ended.stderr.replace("│", " ").split())
    assert f"'{address}'; accepted: HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464" in told


def test_components_alone_are_refused() -> None:
    ended = refused("--ephemeral-ports", "--prometheus-components")
    assert ended.exit_code == 2
    assert ended.stderr == (
        "--prometheus-components is given without --prometheus; accepted: with --prometheus HOST:PORT\n"
    )


def test_a_run_that_is_not_watched_does_not_load_the_client_library() -> None:
    program = (
        "import sys\nfrom typer.testing import CliRunner\nfrom doppelgrid.cli.main import app\n"
        "CliRunner().invoke(app, ['run', '--ephemeral-ports', '--duration', '100 ms'])\n"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-P", "-c", program], check=False, timeout=60).returncode == 0
