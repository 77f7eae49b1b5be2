"""`doppelgrid conformance`: what it prints and its exit codes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from doppelgrid.cli.main import app
from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.proto.transport.security import Security


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["conformance", *arguments], env={"COLUMNS": "160"})


class Elsewhere:
    """A server on a loop of its own, as if it ran in another process."""

    def __init__(self, security: Security | None = None) -> None:
        self.url = ""
        self._security = security
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._told = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> str:
        self._thread.start()
        assert self._ready.wait(30)
        return self.url

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._told.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        async with SiteServer("demo", security=self._security) as self.url:
            self._ready.set()
            await self._told.wait()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Elsewhere() as url:
        yield url


def test_it_prints_a_table_and_counts_by_version(url: str) -> None:
    result = run(url, "--statement", "2", "--statement", "42")

    assert result.exit_code == 0
    assert "Answer GetMicrogrid before any SDK starts" in result.stdout
    assert "the site lists no EV charger" in result.stdout
    assert "v1alpha18: 1 passed, 1 not applicable" in result.stdout
    assert "client: 1 passed, 1 not applicable" in result.stdout


def test_it_fails_when_a_statement_does(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doppelgrid.scenarios.conformance.setup.SPECIFIC_MEMBERS", {})

    result = run(url, "--statement", "3")

    assert result.exit_code == 1
    assert "v1alpha18: 1 failed" in result.stdout


def test_components_that_may_not_be_commanded_are_left_alone(url: str) -> None:
    result = run(url, "--statement", "25", "--component", "2")

    assert result.exit_code == 0
    assert "the site lists no component to try it on" in result.stdout


@pytest.mark.parametrize("address", ["ftp://somewhere:1", "no-port", ""])
def test_what_is_no_address_is_bad_input(address: str) -> None:
    result = run(address)

    assert result.exit_code == 2
    assert "accepted: grpc://HOST:PORT or HOST:PORT" in result.stderr


def test_what_no_set_point_lapses_to_is_bad_input() -> None:
    result = run("grpc://127.0.0.1:1", "--on-lapse", "drop")

    assert result.exit_code == 2
    assert result.stderr == "--on-lapse is 'drop'; accepted: release, zero, hold, or a power (-5 kW)\n"


def test_a_server_that_is_not_there_is_bad_input() -> None:
    result = run("grpc://127.0.0.1:1", "--statement", "2")

    assert result.exit_code == 2
    assert "does not answer in v1alpha18" in result.stderr


def test_it_gets_in_with_the_key_and_the_secret() -> None:
    with Elsewhere(Security(auth_key="k", sign_secret="s")) as url:
        refused = run(url, "--statement", "2")
        served = run(url, "--statement", "2", "--auth-key", "k", "--sign-secret", "s")

    assert refused.exit_code == 2
    assert "UNAUTHENTICATED" in refused.stderr
    assert served.exit_code == 0
