"""`doppelgrid control`: a running site steered by typed commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

import pytest
from control.support import seconds, serve
from typer.testing import CliRunner

import doppelgrid
from doppelgrid import ControlClient, ControlError, SiteServer
from doppelgrid.cli.control.words import plain_state, site_in_words
from doppelgrid.cli.main import app
from doppelgrid.proto.control.readings import ComponentState
from doppelgrid.proto.transport.security import Security


class Ended(NamedTuple):
    """How a command ended, and what it said on both ways."""

    code: int
    output: str
    errors: str


class Shell:
    """Types commands while this process serves a site."""

    def __init__(self, url: str) -> None:
        self.environment = {"MICROGRID_API_URL": url, "COLUMNS": "80", "TERM": "dumb"}

    async def type(self, *words: str, **environment: str) -> Ended:
        def run() -> Ended:
            done = CliRunner().invoke(app, ["control", *words], env=self.environment | environment)
            return Ended(done.exit_code, done.stdout.rstrip("\n"), done.stderr.rstrip("\n"))

        return await asyncio.to_thread(run)

    async def complete(self, line: str) -> list[str]:
        """Return what bash would offer for the last word of a line."""
        words = f"doppelgrid control {line}"
        asked = {
            "_DOPPELGRID_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }

        def run() -> list[str]:
            done = CliRunner().invoke(app, [], env=self.environment | asked, prog_name="doppelgrid")
            return done.stdout.split()

        return await asyncio.to_thread(run)


@pytest.fixture
def shell(server: SiteServer) -> Shell:
    return Shell(server.url)


@pytest.fixture
async def charging() -> AsyncIterator[Shell]:
    """A shell beside a site with a car at a charger."""
    site = doppelgrid.Site.model_validate(
        {
            "microgrid": {"id": 9},
            "components": {
                "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "63 A"},
                "main": {"id": 2, "category": "meter", "behind": "grid"},
                "box": {
                    "id": 3,
                    "category": "ev_charger",
                    "behind": "main",
                    "rated_power": "11 kW",
                    "car": {},
                },
            },
        }
    )
    server = SiteServer(site, paused=True, seed=1)
    async with server:
        yield Shell(server.url)


class TestTime:
    async def test_a_span_as_it_was_printed_passes(self, shell: Shell) -> None:
        said = "2026-06-15T12:04:30+02:00 paused, simulated timestamps"
        assert await shell.type("step", "4 min 30 s") == (0, said, "")

    async def test_time_goes_on_faster_and_stands_still(self, shell: Shell, control: ControlClient) -> None:
        await shell.type("speed", "10")
        assert "10 x real time" in (await shell.type("resume")).output
        refused = await shell.type("step", "1s")
        assert (refused.code, refused.output) == (2, "")
        assert "time passes by itself; accepted: steps while it is paused" in refused.errors
        await shell.type("pause")
        assert (await control.clock()).paused

    async def test_a_step_ends_when_the_site_is_at_rest(self, shell: Shell) -> None:
        await shell.type("drive", "house.load", "20 kW", "--over", "10 s")
        assert (await shell.type("step", "1 min", "--until-idle")).output.endswith("timestamps, at rest")

    async def test_json_has_what_the_words_have(self, shell: Shell) -> None:
        told = json.loads((await shell.type("step", "1s", "--json")).output)
        assert (told["simulated_time"], told["paused"]) == ("2026-06-15T12:00:01+02:00", True)

    @pytest.mark.parametrize(
        ("words", "said"),
        [(("step", "soon"), "accepted: a number with a unit"), (("speed", "fast"), "accepted: a number, such as"),
         (("speed", "0"), "accepted: a number from"), (("step", "0s"), "accepted: > 0 s and <= 366 d"),
         (("step", "400d"), "accepted: > 0 s and <= 366 d"),
         (("drive", "house.load", "2 kW", "--over", "400 d"), "accepted: > 0 s and <= 366 d")],
    )  # fmt: skip
    async def test_what_is_typed_wrongly_is_told(
        self, shell: Shell, words: tuple[str, ...], said: str
    ) -> None:
        ended = await shell.type(*words)
        assert ended.code == 2
        assert said in " ".join(ended.errors.replace("│", " ").split())


class TestDrives:
    async def test_a_driven_load_is_shown_until_it_is_released(self, shell: Shell) -> None:
        driven = await shell.type("drive", "house.load", "45 kW", "--over", "30 s")
        assert driven == (0, "house.load is driven to 45 kW in 30 s", "")
        await shell.type("step", "30 s")
        shown = (await shell.type("state")).output
        assert "driven: house.load at 45 kW" in shown
        assert (await shell.type("release")).output == "released: house.load"
        assert "driven" not in (await shell.type("state")).output

    async def test_shares_and_sunshine_come_in_their_units(
        self, shell: Shell, control: ControlClient
    ) -> None:
        await shell.type("drive", "pv-inv.irradiance", "0.5kW/m²")
        assert [each.value for each in await control.inputs() if each.driven] == [500.0]

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("house.load", "-5kW"), "house.load is -5 kW; accepted: 0 W to 1000 MW (a load consumes)"),
            (("house.load", "5"), "house.load is '5'; accepted: a number with a unit (kW, W, MW): 0 W to 1000 MW"),
            (("hose.load", "5kW"), "no component 'hose'; accepted: grid, main, bat-inv, battery, pv-inv, house "
                                   "(did you mean 'house'?)"),
            (("house.lod", "5kW"), "no input 'house.lod'; accepted: house.load (did you mean 'house.load'?)"),
            (("bat-inv.load", "5kW"), "no input 'bat-inv.load'; accepted: none, as nothing drives bat-inv"),
            (("house", "5kW"), "'house' is no input; accepted: COMPONENT.INPUT"),
            (("grid.presence", "yes"), "grid.presence is 'yes'; accepted: a number: 0 or 1"),
        ],
    )  # fmt: skip
    async def test_a_drive_that_cannot_be_is_told_what_can(
        self, shell: Shell, words: tuple[str, ...], said: str
    ) -> None:
        ended = await shell.type("drive", *words)
        assert ended.code == 2
        assert ended.errors.startswith(said)

    async def test_a_cable_is_pulled_and_put_back(self, charging: Shell) -> None:
        assert (await charging.type("unplug", "box")).output == "box: the cable is unplugged"
        assert "AT_EV" not in (await charging.type("state", "box")).output
        assert (await charging.type("plug", "box")).output == "box: the cable is plugged in"

    async def test_a_cable_that_is_pulled_for_a_while_says_for_how_long(self, charging: Shell) -> None:
        ended = await charging.type("unplug", "box", "--for", "5 s")
        assert ended.output == "box: the cable is unplugged for 5 s"


class TestFaults:
    async def test_a_fault_is_struck_shown_and_mended(self, shell: Shell) -> None:
        words = ("strike", "bat-inv", "trip", "--diagnostic", "OVERTEMPERATURE", "--for", "1 min")
        assert (
            await shell.type(*words)
        ).output == "fault 1: bat-inv trip for 1 min (doppelgrid control mend 1)"
        shown = (await shell.type("state", "bat-inv")).output
        assert "error OVERTEMPERATURE" in shown
        assert "fault 1: bat-inv trip, since 2026-06-15T12:00:00+02:00" in shown
        assert (await shell.type("mend", "bat-inv")).output == "mended: bat-inv trip"
        assert (await shell.type("mend")).output == "mended: nothing, as nothing was broken"

    async def test_a_refusal_has_a_chosen_status(self, shell: Shell) -> None:
        words = ("strike", "bat-inv", "refused", "--status", "OUT_OF_RANGE", "--text", "too much")
        assert (await shell.type(*words)).code == 0
        assert "accepted: " in (await shell.type(*words[:3], "--status", "LATE")).errors

    async def test_an_amount_is_typed_with_its_unit_and_shown_in_words(self, shell: Shell) -> None:
        assert (await shell.type("strike", "main", "late", "--amount", "5 s")).code == 0
        assert "(samples come 5 s late, with the times" in (await shell.type("state", "main")).output
        assert (
            "amount is 5 kW; accepted: "
            in (await shell.type("strike", "main", "late", "--amount", "5 kW")).errors
        )

    async def test_an_amount_goes_by_the_words_of_scenario_files(self, shell: Shell) -> None:
        assert (await shell.type("strike", "main", "late", "--by", "5 s")).code == 0
        assert (await shell.type("strike", "main", "flapping_states", "--each", "3 s")).code == 0
        output = (await shell.type("state", "main")).output
        assert "(samples come 5 s late, with the times" in output
        assert "stays 3 s at each" in output
        errors = (await shell.type("strike", "main", "late", "--to", "5 s")).errors
        assert "to is with late; accepted: by or amount" in errors
        twice = await shell.type("strike", "main", "flapping_states", "--each", "3 s", "--amount", "2 s")
        assert "accepted: each or amount" in twice.errors

    async def test_a_fault_that_is_not_there_is_told_those_that_are(self, shell: Shell) -> None:
        await shell.type("strike", "main", "nan")
        assert await shell.type("mend", "7") == (2, "", "no fault '7'; accepted: 1 (main nan)")

    async def test_kinds_and_components_are_suggested(self, shell: Shell) -> None:
        assert "(did you mean 'trip'?)" in (await shell.type("strike", "bat-inv", "trp")).errors
        assert "(did you mean 'bat-inv'?)" in (await shell.type("strike", "batinv", "trip")).errors


class TestMemory:
    @pytest.mark.lengthy
    async def test_a_site_goes_back_to_a_snapshot(self, shell: Shell, tmp_path: Path) -> None:
        file = str(tmp_path / "site.snapshot")
        assert (await shell.type("snapshot", "noon")).output == "noon: kept at 2026-06-15T12:00:00+02:00"
        await shell.type("snapshot", "--file", file)
        for back in (("noon",), ("--file", file)):
            await shell.type("step", "1 min")
            assert (await shell.type("rewind", *back)).output.startswith("2026-06-15T12:00:00+02:00 paused")
        assert (await shell.type("snapshots")).output == "noon: 2026-06-15T12:00:00+02:00"
        assert (await shell.type("forget", "noon")).output == "noon: forgotten"
        assert (await shell.type("snapshots")).output == "none"
        again = await shell.type("forget", "noon")
        assert again == (2, "", "no snapshot 'noon'; accepted: none, as no snapshot is kept")

    async def test_a_snapshot_takes_the_place_of_a_snapshot_alone(self, shell: Shell, tmp_path: Path) -> None:
        for _ in range(2):
            assert (await shell.type("snapshot", "--file", str(tmp_path / "site.snapshot"))).code == 0
        (tmp_path / "package.json").write_text('{"name": "mine"}')
        ended = await shell.type("snapshot", "--file", str(tmp_path / "package.json"))
        assert ended.code == 2
        assert "package.json', which is there and would be lost" in ended.errors
        assert (tmp_path / "package.json").read_text() == '{"name": "mine"}'

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("non",), "no snapshot 'non'; accepted: noon (did you mean 'noon'?)"),
            ((), "no name and no --file; accepted: one of them"),
            (("noon", "--file", "x"), "a name and --file; accepted: one of them"),
            (("--file", "x"), "--file is 'x' (No such file or directory); accepted: a file that `snapshot`"),
        ],
    )
    async def test_a_snapshot_that_is_not_there_is_told(
        self, shell: Shell, words: tuple[str, ...], said: str
    ) -> None:
        await shell.type("snapshot", "noon")
        ended = await shell.type("rewind", *words)
        assert ended.code == 2
        assert ended.errors.startswith(said)


class TestLooks:
    async def test_a_site_is_shown_in_eighty_columns(self, shell: Shell) -> None:
        lines = (await shell.type("state")).output.splitlines()
        assert max(map(len, lines)) <= 80
        (roof,) = (line for line in lines if "pv-inv" in line)
        assert "PRODUCING" in roof
        (battery,) = (line for line in lines if "battery" in line)
        assert battery.split()[-4:] == ["50.0", "%", "READY", "RELAY_CLOSED"]

    async def test_names_and_powers_are_whole_however_much_the_state_says(self, charging: Shell) -> None:
        (charger,) = (
            line for line in (await charging.type("state")).output.splitlines() if "CHARGING" in line
        )
        assert charger.startswith(" box ")
        assert " kW " in charger
        assert len(charger) <= 80
        (charger,) = (
            line for line in (await charging.type("state", COLUMNS="36")).output.splitlines() if "box" in line
        )
        assert " kW " in charger
        assert len(charger) <= 36

    def test_values_that_are_not_there_are_a_dash_and_null(self) -> None:
        values = {"AC_POWER_ACTIVE": math.nan, "AC_FREQUENCY": math.nan, "BATTERY_SOC_PCT": math.nan}
        reading = ComponentState(1, values, {}, ("READY",), (), (), 0, "meter")
        assert site_in_words({"a": reading}, (), (), UTC).count("  –") == 3
        assert site_in_words({"a": reading, "b": reading}, (), (), UTC).count(" –") == 4
        assert set(plain_state("a", reading)["values"].values()) == {None}

    async def test_what_happens_is_told_as_it_happens(
        self, shell: Shell, server: SiteServer, control: ControlClient
    ) -> None:
        watching = await self._watching(shell, server, control, "events", "house")
        await control.drive("pv-inv", "irradiance", 1.0)
        await control.drive("house", "load", 20e3, over=seconds(30))
        await server.__aexit__(None, None, None)
        ended = await watching
        assert ended.output == "2026-06-15T12:00:00+02:00 house: driven (over 30 s, load 20 kW)"

    async def test_times_in_what_happens_are_by_the_clock_of_the_site(
        self, shell: Shell, server: SiteServer, control: ControlClient
    ) -> None:
        watching = await self._watching(shell, server, control, "events", "--kind", "set-point accepted")
        await control.command("bat-inv", "3 kW", lasts=seconds(60))
        await server.__aexit__(None, None, None)
        assert "until 2026-06-15T12:01:00+02:00" in (await watching).output

    @pytest.mark.lengthy
    @pytest.mark.parametrize("kinds", [(), ("--kind", "driven")])
    async def test_what_happens_after_a_restart_is_told(
        self, shell: Shell, server: SiteServer, control: ControlClient, kinds: tuple[str, ...]
    ) -> None:
        events = server.simulation.events
        nobody = len(events._places)
        watching = await self._watching(shell, server, control, "events", "house", *kinds)
        await control.resume()
        await control.restart(seconds(0.5))
        async with asyncio.timeout(60):
            for is_there in (False, True):
                while (len(events._places) > nobody) is not is_there:
                    with contextlib.suppress(ControlError):
                        await control.reconnect()
                        await control.clock()
        await control.drive("house", "load", 20e3)
        await server.__aexit__(None, None, None)
        ended = await watching
        assert ended.output.endswith("house: driven (over 0 s, load 20 kW)")
        assert "\n" not in ended.output
        assert ended.errors.startswith("the server is gone; going on when it is back")
        assert ended.code == 4

    async def test_what_happens_to_nobody_is_refused(self, shell: Shell) -> None:
        ended = await shell.type("events", "nix")
        assert ended.code == 2
        assert ended.errors.startswith("no component 'nix'; accepted: grid, main")

    async def _watching(
        self, shell: Shell, server: SiteServer, control: ControlClient, *words: str
    ) -> asyncio.Task[Ended]:
        before = len(server.simulation.events._places)
        watching = asyncio.create_task(shell.type(*words))
        async with asyncio.timeout(60):
            while len(server.simulation.events._places) == before:
                await control.clock()
        return watching


class TestReach:
    async def test_nobody_at_the_address(self) -> None:
        ended = await Shell("grpc://127.0.0.1:1").type("pause")
        assert ended.code == 4
        assert ended.errors == (
            "grpc://127.0.0.1:1: nobody answers there (Connection refused); "
            "accepted: the URL at which `doppelgrid run` serves a site, in the command or as MICROGRID_API_URL"
        )

    async def test_a_server_without_the_service(self) -> None:
        server = serve(control=False)
        async with server:
            ended = await Shell(server.url).type("pause")
        assert ended.code == 2
        assert ended.errors.endswith(
            "no control service there; accepted: a site that is served on loopback, or with --control"
        )

    async def test_a_server_that_wants_a_key(self) -> None:
        server = serve(security=Security(auth_key="open sesame"))
        async with server:
            shell = Shell(server.url)
            ended = await shell.type("pause")
            assert "the call is not authenticated; accepted: the key and the secret" in ended.errors
            assert (await shell.type("pause", DOPPELGRID_AUTH_KEY="open sesame")).code == 0


class TestCompletion:
    @pytest.mark.parametrize(
        ("line", "offers"),
        [
            ("strike bat", ["bat-inv", "battery"]),
            ("strike bat-inv tr", ["trip"]),
            ("drive house.", ["house.load"]),
            ("release ", ["pv-inv.irradiance"]),
            ("mend ", ["1"]),
            ("rewind ", ["noon"]),
            ("state ", ["grid", "main", "bat-inv", "battery", "pv-inv", "house"]),
        ],
    )
    async def test_names_of_the_running_site_are_offered(
        self, shell: Shell, control: ControlClient, line: str, offers: list[str]
    ) -> None:
        await control.drive("pv-inv", "irradiance", 100.0)
        await control.strike("main", "nan")
        await control.take_snapshot("noon")
        assert await shell.complete(line) == offers

    async def test_nothing_is_offered_where_nobody_answers(self) -> None:
        assert await Shell("grpc://127.0.0.1:1").complete("strike bat") == []
