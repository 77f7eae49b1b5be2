"""What becomes of commands whose output nobody reads, or that cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "doppelgrid"


@pytest.mark.parametrize("words", [("check", "demo"), ("--help",)])
def test_nobody_reads_what_it_prints(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as output:
        done = subprocess.run(
            [COMMAND, *words], stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_a_site_whose_log_nobody_reads_is_served_on() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [COMMAND, "run", "demo", "--ephemeral-ports", "--duration", "1s"]
    with open(writing, "wb") as output:
        done = subprocess.run(words, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_site_whose_log_has_no_room_is_served_on_and_says_so_once() -> None:
    words = [COMMAND, "run", "demo", "--ephemeral-ports", "--duration", "1s"]
    with open("/dev/full", "wb") as output:
        done = subprocess.run(words, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    said = "standard output: No space left on device; the site is served without a log\n"
    assert (done.returncode, done.stderr) == (0, said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_is_told_in_words() -> None:
    with open("/dev/full", "wb") as output:
        done = subprocess.run(
            [COMMAND, "check", "demo"], stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "standard output: No space left on device\n")
