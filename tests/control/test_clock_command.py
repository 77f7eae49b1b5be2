"""`doppelgrid clock`."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from control.support import serve

from doppelgrid import ControlClient, SiteServer

pytestmark = pytest.mark.lengthy

COMMAND = Path(sys.executable).parent / "doppelgrid"


async def run_clock(*arguments: str) -> tuple[int | None, str]:
    """Return the exit code and everything that was said."""
    process = await asyncio.create_subprocess_exec(COMMAND, "clock", *arguments, stdout=PIPE, stderr=PIPE)
    output, errors = await process.communicate()
    return process.returncode, (output + errors).decode().strip()


async def test_it_says_where_time_stands(server: SiteServer) -> None:
    said = "2026-06-15T12:00:00+02:00 paused, simulated timestamps"
    assert await run_clock(server.url) == (0, said)


async def test_it_gives_faketime_an_offset_and_a_speed(server: SiteServer, control: ControlClient) -> None:
    await control.set_speed(10.0)
    await control.resume()
    code, said = await run_clock(server.url, "--faketime")
    offset, _, speed = said.partition(" ")
    clock = await control.clock()
    lead_s = (clock.simulated_time - clock.wall_time).total_seconds()
    assert (code, speed) == (0, "x10")
    assert float(offset) <= lead_s < float(offset) + 600.0


async def test_faketime_cannot_follow_a_site_that_stands_still(server: SiteServer) -> None:
    code, said = await run_clock(server.url, "--faketime")
    assert code == 2
    assert said.startswith(f"{server.url}: time stands still")


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("[::1]:8800", 2, "the URL is '[::1]:8800'; accepted: "),
        ("grpc://127.0.0.1:1", 4, "grpc://127.0.0.1:1: "),
    ],
)
async def test_a_site_that_is_not_there_is_refused(url: str, code: int, said: str) -> None:
    ended, text = await run_clock(url)
    assert ended == code
    assert said in text


async def test_a_site_without_the_service_is_named() -> None:
    server = serve(control=False)
    async with server:
        code, said = await run_clock(server.url)
    assert code == 2
    assert said.startswith(server.url)
