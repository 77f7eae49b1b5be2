"""How fast a real application lives in lockstep, and how much of that time the simulator takes."""

from __future__ import annotations

import os
import pstats
import re
import subprocess
import sys
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

APP = Path(__file__).parents[1] / "examples" / "peak_shaving.py"
HOURS = float(os.environ.get("DOPPELGRID_BENCHMARK_HOURS", "0.5"))
SIMULATOR = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("sim", "models", "proto", "simpy"))
COMMAND = "from doppelgrid.cli.main import app; app()"


def live(hours: float, *interpreter: str) -> float:
    """Let the peak-shaving application live at the demo site, sampled every second; return times real time."""
    words = ["lockstep", "demo", str(APP), "--limit", "30", "--interval", "1s", "--seed", "42"]
    words += ["--start", "2026-06-15T10:00", "--duration", f"{hours} h"]
    # -P: this folder's `doppelgrid` is not the installed package.
    run = subprocess.run(
        [sys.executable, "-P", *interpreter, *words], capture_output=True, text=True, check=True
    )
    match = re.search(r": (\d+) x real time", run.stdout)
    assert match is not None, run.stdout
    return float(match[1])


def test_lockstep_next_to_real_time(benchmark: BenchmarkFixture) -> None:
    speeds: list[float] = []
    benchmark.pedantic(lambda: speeds.append(live(HOURS, "-c", COMMAND)), rounds=1)
    benchmark.extra_info["times real time"] = speeds[0]
    benchmark.extra_info["part of the 500 to reach"] = speeds[0] / 500.0


def simulator_share(stats: pstats.Stats) -> float:
    """Return the part of the time spent in the simulator's own functions and what they call in C."""
    ours = total = 0.0
    for (file, _, _), (_, _, own_s, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        total += own_s
        if _is_simulator(file):
            ours += own_s
        elif file == "~":
            ours += sum(
                caller[2] for (caller_file, _, _), caller in callers.items() if _is_simulator(caller_file)
            )
    return ours / total


def _is_simulator(file: str) -> bool:
    return "frequenz" not in file and any(part in file for part in SIMULATOR)


def test_part_of_the_time_that_the_simulator_takes(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    program = tmp_path / "program.py"
    program.write_text(COMMAND)
    benchmark.pedantic(lambda: live(HOURS, "-m", "cProfile", "-o", str(profile), str(program)), rounds=1)
    stats = pstats.Stats(str(profile))
    benchmark.extra_info["part of the process's time"] = simulator_share(stats)
    benchmark.extra_info["part of the 20 % to keep under"] = simulator_share(stats) / 0.2
    stats.sort_stats("tottime").print_stats(15)
