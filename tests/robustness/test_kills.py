"""Runs that are killed at any moment keep what they recorded, but for the last seconds.

`make robust` kills a hundred of them, CI a few.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from doppelgrid.sim.recording import RecordingError, read_recording
from doppelgrid.sim.recording.output import part_of
from doppelgrid.sim.recording.recovery import recover

pytestmark = pytest.mark.slow

KILLS = max(3, round(float(os.environ.get("DOPPELGRID_ROBUST_SECONDS", "8")) / 3))
AT_ONCE = 10
"""They mostly wait."""
FORMS = ("day.csv", "day.parquet", "day.csv.gz")
LOST_AT_MOST_S = 10.0


def seconds_lost(folder: Path, turn: int) -> float | None:
    """Kill a recording run at a moment by chance; return for how long before it nothing is left [s].

    None if it had not run for as long as may be lost.
    """
    folder.mkdir()
    path = folder / FORMS[turn % len(FORMS)]
    words = [
        str(Path(sys.executable).parent / "doppelgrid"), "run", "demo", "--ephemeral-ports", "--record", str(path),
    ]  # fmt: skip
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=folder) as run:
        deadline_s = time.monotonic() + 60
        while not part_of(path).exists() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        begun_s = time.time()
        time.sleep(random.Random(turn).uniform(0.0, 20.0))
        killed_s = time.time()
        run.send_signal(signal.SIGKILL)
    if killed_s - begun_s < LOST_AT_MOST_S:
        with suppress(RecordingError):
            recover(part_of(path))
        return None
    recover(part_of(path))
    return killed_s - float(read_recording(path).tracks[2].times_us[-1]) / 1e6


def test_what_a_killed_run_recorded_is_kept_but_for_its_last_ten_seconds(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        lost_s = list(threads.map(lambda turn: seconds_lost(tmp_path / str(turn), turn), range(KILLS)))
    told = [seconds for seconds in lost_s if seconds is not None]
    print(
        f"{KILLS} runs killed, {len(told)} after more than {LOST_AT_MOST_S:g} s; lost at most {max(told):.1f} s"
    )
    assert max(told) < LOST_AT_MOST_S
