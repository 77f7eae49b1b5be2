"""Whether tests notice a fault: they run on a copy of the program that has it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .faults import Fault
from .reach import Test
from .running import cases, environment, pytest_command
from .sources import ROOT

_QUICK_S = 2.0
"""Tests up to this long run first, on their own, so that one that hangs is soon found out."""
_STARTING_S = 60.0
_COMPILING_S = 300.0
"""A fault in what is compiled costs that anew."""
_TIMES = 5.0
"""As much as without the fault a run may compute, beside what it takes to begin."""
_WAITING = 4
"""Time may pass for each second that a run may compute, on a busy machine or without doing anything [s]."""
_NOT_FOUND = 4
"""What pytest ends with if it knows nothing by a name."""


@dataclass(frozen=True)
class Outcome:
    """What tests made of a fault."""

    is_caught: bool
    by: str
    """The test that failed, or what happened instead; empty if none did."""
    tests: int
    """How many were to look at it."""
    seconds: float


class Bench:
    """A copy of the program, of which one file at a time is wrong.

    Compiled functions are kept on the disk by the text of the program and, by Numba, by the folder they are in: a copy
    shares none with another, and only those of the right text are kept from one fault to the next.
    """

    def __init__(
        self, folder: Path, base: Path, package: str, right: Path | None = None, root: Path = ROOT
    ) -> None:
        """Copy the program.

        Args:
            folder: For the copy and what its runs leave; what was in it is lost.
            base: Folder of packages with the program.
            package: Name by which it is imported.
            right: Folder of what runs without a fault left behind, if there were any.
            root: Of the checkout, with the tests.
        """
        shutil.rmtree(folder, ignore_errors=True)
        self._packages = folder / "packages"
        self._left = folder / "left"
        self._report = folder / "report.xml"
        self._log = folder / "log"
        self._right = right
        self._root = root
        self._base = base
        for path in (base / package, *base.glob(f"{package}-*.dist-info")):
            shutil.copytree(path, self._packages / path.name)

    def look_at(self, fault: Fault, *groups: Sequence[Test]) -> Outcome:
        """Plant a fault, run tests until one notices, group by group, and take it out again.

        A test that fails counts if it passes without the fault directly afterwards.
        """
        begin, asked, by = time.monotonic(), 0, ""
        for tests in groups:
            asked += len(tests)
            by = self._caught_by(fault, tests)
            if by:
                break
        self._forget()
        return Outcome(bool(by), by, asked, time.monotonic() - begin)

    def _caught_by(self, fault: Fault, tests: Sequence[Test]) -> str:
        path = self._packages / fault.place.source.installed
        for stage in _stages(tests):
            left = stage
            while left:
                path.unlink()
                path.write_text(fault.after)
                _drop_bytecode(path)
                by = self._first_failure(left)
                path.unlink()
                shutil.copy2(self._base / fault.place.source.installed, path)
                _drop_bytecode(path)
                if not by:
                    break
                suspect = [test for test in left if test.name == by]
                if self._first_failure(suspect or left) != by:
                    return by
                left = left[left.index(suspect[0]) + 1 :] if suspect else []
        return ""

    def _first_failure(self, tests: Sequence[Test]) -> str:
        """Return the name of the first test that fails, or what else went wrong; empty if nothing did."""
        limit_s = _STARTING_S + _TIMES * sum(test.seconds for test in tests)
        if any(test.compiles for test in tests):
            limit_s += _COMPILING_S
        names = [test.name for test in tests]
        ended = self._run(names, limit_s)
        if ended == _NOT_FOUND:
            # The names of variants may come from the program.
            ended = self._run(list(dict.fromkeys(name.split("[")[0] for name in names)), limit_s)
        if ended in (None, -signal.SIGXCPU):
            return "the time limit"
        if ended == 0:
            return ""
        failed = (
            [case.name for case in cases(self._report) if case.result == "failed"]
            if self._report.exists()
            else []
        )
        return failed[0] if failed else f"the end of pytest with {ended}"

    def _run(self, names: Sequence[str], limit_s: float) -> int | None:
        """Return what pytest ends with; none if it takes too long.

        Args:
            names: Of tests.
            limit_s: What it may compute [s].
        """
        self._report.unlink(missing_ok=True)
        with self._log.open("w") as log:
            command = pytest_command(self._report, "-x", "-n", "0", *names)
            run = subprocess.Popen(
                ["/bin/sh", "-c", f'ulimit -t {limit_s:.0f} && exec "$@"', "sh", *command],
                env=environment(self._packages, self._left), cwd=self._root, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
            try:
                return run.wait(_WAITING * limit_s)
            except subprocess.TimeoutExpired:
                return None
            finally:
                _end(run)

    def _forget(self) -> None:
        """Remove what runs with the fault left behind."""
        shutil.rmtree(self._left / "hypothesis", ignore_errors=True)
        right = (
            {path.relative_to(self._right) for path in self._right.glob("cache/*/*")}
            if self._right
            else set()
        )
        for path in self._left.glob("cache/*/*"):
            if path.is_dir() and path.relative_to(self._left) not in right:
                shutil.rmtree(path)


def _stages(tests: Sequence[Test]) -> list[list[Test]]:
    """Return tests by what a fault that nobody notices costs: long ones after short ones, and compiling at last."""
    stages: dict[tuple[bool, ...], list[Test]] = {}
    for test in tests:
        is_quick = not test.compiles and test.seconds <= _QUICK_S
        stages.setdefault((test.compiles, not is_quick), []).append(test)
    return [stage for _, stage in sorted(stages.items())]


def _drop_bytecode(path: Path) -> None:
    """Let a file be read anew: Python looks at its size and second of change only."""
    for kept in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        kept.unlink()


def _end(run: subprocess.Popen[bytes]) -> None:
    """End a run and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
