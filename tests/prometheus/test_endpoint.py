"""Where figures are scraped: addresses, visitors who misbehave, and sites that have no time."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from contextlib import AsyncExitStack, suppress

import prometheus_client
import pytest
from control.support import serve as site_server
from prometheus.support import Figures, scrape, scraped

from doppelgrid.proto.prometheus import endpoint, http_server
from doppelgrid.proto.prometheus.endpoint import SiteCollector, serve_metrics
from doppelgrid.proto.serving.server import BindError, PortInUseError


async def test_nothing_stands_in_the_registry_of_the_program_itself() -> None:
    async with scraped(site_server()):
        told = {family.name for family in prometheus_client.REGISTRY.collect()}
    assert not [name for name in told if name.startswith("doppelgrid")]


async def test_sites_that_are_too_busy_keep_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_PATIENCE_S", 0.1)
    async with scraped(site_server()) as url:
        asked = asyncio.create_task(scrape(url))
        await asyncio.sleep(0)
        time.sleep(1.0)  # noqa: ASYNC251 - what keeps the sites busy
        figures = await asked
        assert figures.one("process_resident_memory_bytes") > 0
        assert not figures.all("doppelgrid_clients")
        assert (await scrape(url)).one("doppelgrid_clients") == 0


def test_sites_that_are_no_longer_there_tell_nothing() -> None:
    async def build() -> SiteCollector:
        return SiteCollector([site_server()])

    assert list(asyncio.run(build()).collect()) == []


async def broken_off(url: str, words: bytes) -> None:
    """Connect, say something, and break off without a farewell."""
    _, writer = await connected(url)
    writer.write(words)
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, and say nothing."""
    return await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2].removesuffix("/metrics")))


@pytest.mark.parametrize(
    "words", [b"", b"GET /metrics HTTP/1.1\r\n", b"\0\xff\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_nothing_is_said_of_who_breaks_off(words: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    async with serve_metrics([], host="127.0.0.1", port=0) as url:
        for _ in range(5):
            await broken_off(url, words)
        assert (await scrape(url)).all("process_cpu_seconds_total")
        await asyncio.sleep(0.2)
    assert capfd.readouterr() == ("", "")


async def test_who_connects_and_asks_nothing_takes_a_place_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_server._Handler, "timeout", 1.0)
    async with AsyncExitStack() as silent, serve_metrics([], host="127.0.0.1", port=0) as url:
        before = threading.active_count()
        for _ in range(2 * http_server.MOST_AT_ONCE):
            _, writer = await connected(url)
            silent.callback(writer.close)
        await asyncio.sleep(0.2)
        assert threading.active_count() - before <= http_server.MOST_AT_ONCE
        async with asyncio.timeout(10.0):
            while True:
                try:
                    assert (await scrape(url)).all("process_cpu_seconds_total")
                    break
                except OSError:
                    await asyncio.sleep(0.1)


async def test_who_asks_slowly_takes_a_place_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server._Handler, "timeout", 1.0)
    async with serve_metrics([], host="127.0.0.1", port=0) as url:
        reader, writer = await connected(url)
        writer.write(b"GET /metrics HTTP/1.1\r\n")
        async with asyncio.timeout(10.0):
            while not reader.at_eof():
                writer.write(b"X: y\r\n")
                with suppress(TimeoutError, ConnectionError):
                    await asyncio.wait_for(reader.read(1), 0.2)
        writer.close()


async def test_before_the_sites_are_served_the_process_alone_is_told() -> None:
    async with serve_metrics([site_server()], host="127.0.0.1", port=0) as url:
        figures = await scrape(url)
    assert figures.all("process_cpu_seconds_total")
    assert not [sample for sample in figures.samples if sample.name.startswith("doppelgrid")]


async def test_port_and_thread_are_free_after_it() -> None:
    async with serve_metrics([], host="127.0.0.1", port=0) as url:
        port = int(url.rpartition(":")[2].removesuffix("/metrics"))
        assert "figures for Prometheus" in [thread.name for thread in threading.enumerate()]
    assert "figures for Prometheus" not in [thread.name for thread in threading.enumerate()]
    async with serve_metrics([], host="127.0.0.1", port=port) as again:
        assert again == url


async def test_an_address_of_version_6_can_be_scraped() -> None:
    async with serve_metrics([], host="[::1]", port=0) as url:
        assert url.startswith("http://[::1]:")
        assert isinstance(await scrape(url), Figures)


async def test_a_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"cannot listen on 127.0.0.1:{port}: the port is in use"):
            await serve_metrics([], host="127.0.0.1", port=port).__aenter__()


async def test_a_host_that_is_not_there_is_refused() -> None:
    with pytest.raises(BindError, match=r"cannot listen on nowhere\.invalid:0: "):
        await serve_metrics([], host="nowhere.invalid", port=0).__aenter__()
