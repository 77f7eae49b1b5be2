"""Whatever is asked of a running site, its server comes back while somebody may still wait for it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from control.support import serve

from doppelgrid import ControlClient, ControlError, SiteServer
from doppelgrid.sim.domain.timestamps import LAST_US
from doppelgrid.sim.simulation.live import LiveSimulation

DAY_S = 86_400.0
ENGINE = 2


def there(simulation: LiveSimulation) -> list[bool]:
    """Return what is told from now on of whether the server is to be there."""
    told: list[bool] = []
    simulation.served.subscribe(told.append)
    return told


async def answers(control: ControlClient) -> bool:
    try:
        await control.clock()
    except ControlError:
        return False
    return True


async def passing(**options: object) -> SiteServer:
    return serve(paused=False, **options)


async def test_a_pause_brings_back_a_server_that_is_down() -> None:
    async with (server := await passing()), asyncio.timeout(60):
        server.simulation.restart_server(600.0)
        server.simulation.pause()
        async with ControlClient(server.url) as control:
            while not await answers(control):
                await control.reconnect()
            assert (await control.clock()).paused


async def test_time_so_slow_that_the_server_would_be_gone_for_days_brings_it_back() -> None:
    async with (server := await passing()):
        told = there(server.simulation)
        server.simulation.restart_server(600.0)
        server.simulation.set_speed(0.001)
        assert told == [False, True]


async def test_slower_time_leaves_a_server_down_that_is_back_within_a_day() -> None:
    async with (server := await passing()):
        told = there(server.simulation)
        server.simulation.restart_server(600.0)
        server.simulation.set_speed(0.5)
        assert told == [False]


async def test_a_restart_of_more_than_a_day_of_the_wall_is_refused() -> None:
    async with (server := await passing(speed=0.001)):
        with pytest.raises(
            ValueError, match=r"restart is 1 d at a speed of 0\.001; accepted: .* up to 86\.4 s"
        ):
            server.simulation.restart_server(DAY_S)


async def test_a_server_that_came_back_early_does_not_come_back_again() -> None:
    async with (server := await passing(timestamps="simulated")):
        simulation = server.simulation
        simulation.restart_server(0.2)
        simulation.pause()
        told = there(simulation)
        await simulation.step(timedelta(seconds=1))
        assert told == []


async def test_a_snapshot_in_which_the_server_is_down_leaves_a_paused_site_reachable() -> None:
    async with (server := await passing()):
        simulation = server.simulation
        simulation.restart_server(600.0)
        down = simulation.save()
        simulation.pause()
        told = there(simulation)
        simulation.restore(down)
        assert told == [False, True]


async def test_of_several_restarts_the_longest_counts_and_one_return_is_on_the_agenda() -> None:
    async with (server := await passing()):
        for down_s in (1.0, 600.0, 5.0):
            server.simulation.restart_server(down_s)
        agenda = server.simulation.save().engine.agenda.values()
        assert [entry.kind for entry in agenda].count("server comes back") == 1
        assert (server.simulation.back_us or 0) > server.simulation.now_us + 500_000_000


@pytest.mark.parametrize("kind", ["server comes back", "sample"])
async def test_a_strangers_snapshot_cannot_take_server_or_samples_away(
    server: SiteServer, control: ControlClient, kind: str
) -> None:
    content = json.loads(await control.export_snapshot())
    agenda = content[ENGINE][2]
    serial = next((number for number, entry in agenda.items() if entry[1] == kind), "999")
    agenda[serial] = [LAST_US, kind, []]
    content[ENGINE][1] = 1000
    with pytest.raises(
        ControlError, match=rf"engine\.agenda\.{serial}: '{kind}' due at {LAST_US}; accepted: "
    ):
        await control.restore_snapshot(json.dumps(content).encode())
    assert (await control.clock()).paused
