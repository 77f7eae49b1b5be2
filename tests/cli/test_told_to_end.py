"""A run that is told to end ends whole, whatever tells it, and however often."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from doppelgrid.cli.left_behind import told_when_ended
from doppelgrid.cli.told_to_end import told_to_end
from doppelgrid.sim.recording import read_recording

COMMAND = Path(sys.executable).parent / "doppelgrid"
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Leave those of the test run as they are."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_recording_is_finished_where_a_terminal_goes_and_a_service_manager_hurries(
    tmp_path: Path,
) -> None:
    path, told = tmp_path / "run.csv", tmp_path / "endpoints.json"
    words = [COMMAND, "run", "demo", "--ephemeral-ports", "--record", path, "--emit-endpoints", told]
    with subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL) as run:
        while not told.exists() or not json.loads(told.read_text()):
            time.sleep(0.05)
        time.sleep(1.0)
        run.send_signal(signal.SIGHUP)
        while run.poll() is None:
            run.send_signal(signal.SIGTERM)
            run.send_signal(signal.SIGINT)
            time.sleep(0.01)
    assert run.returncode == 0
    assert len(read_recording(path).tracks) > 1
    assert not path.with_name("run.csv.part").exists()


@pytest.mark.parametrize("number", ENDING)
async def test_each_of_them_tells_and_does_nothing_more(number: signal.Signals) -> None:
    with told_to_end() as told:
        signal.raise_signal(number)
        async with asyncio.timeout(10):
            await told.wait()
    signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_IGN


async def test_the_end_of_a_terminal_does_not_tell_what_was_begun_to_outlive_it() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with told_to_end() as told:
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(0.1)
        assert not told.is_set()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


async def test_what_a_shell_began_in_the_background_hears_ctrl_c_all_the_same() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with told_to_end() as told:
        signal.raise_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            await told.wait()


async def test_a_run_that_ends_by_itself_leaves_signals_to_whoever_comes_next() -> None:
    with told_to_end():
        pass
    assert signal.SIG_IGN not in [signal.getsignal(number) for number in ENDING]


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_run_without_clients_says_what_has_ended_it_and_what_is_left(
    number: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    part = tmp_path / "day.csv.part"
    part.touch()
    with pytest.raises(typer.Exit) as ended, told_when_ended(tmp_path / "day.csv"):
        signal.raise_signal(number)
    assert ended.value.exit_code == 128 + number
    assert capsys.readouterr().err == (
        f"ended by {number.name}; what was recorded by then is in {part}, "
        f"and made a recording by: doppelgrid recover {part}\n"
    )


@pytest.mark.parametrize(("name", "said"), [("day.csv", "; nothing was recorded by then"), (None, "")])
def test_a_run_without_clients_that_leaves_nothing_says_so(
    name: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    record = None if name is None else tmp_path / name
    with pytest.raises(typer.Exit), told_when_ended(record):
        signal.raise_signal(signal.SIGTERM)
    assert capsys.readouterr().err == f"ended by SIGTERM{said}\n"
