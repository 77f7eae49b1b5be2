"""Runs cases in processes of their own, several at once: an application has its process to itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple, NoReturn

from .case import Case, Verdict, run_case

_PRELOADED = ["doppelgrid.scenarios.suites.case", "frequenz.client.microgrid"]
"""What every case needs, imported once."""


class _Running(NamedTuple):
    case: Case
    process: ForkServerProcess
    told: Connection
    alive: Connection
    """Closed when this process ends, however it does."""


def run_cases(cases: Sequence[Case], jobs: int = 1) -> Iterator[Verdict]:
    """Run cases, and yield what came of each as it is known.

    Whoever stops asking ends those that still run.

    Args:
        cases: With valid files.
        jobs: How many run at once, at least 1.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    waiting, running = list(reversed(cases)), list[_Running]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                case = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                watched, alive = context.Pipe(duplex=False)
                process = context.Process(target=_run, args=(case, theirs, watched))
                process.start()
                theirs.close()
                watched.close()
                running.append(_Running(case, process, ours, alive))
            for told in wait([each.told for each in running]):
                ended = next(each for each in running if each.told is told)
                running.remove(ended)
                yield _verdict_of(ended)
    finally:
        for each in running:
            each.process.kill()
            each.process.join()


def _verdict_of(ended: _Running) -> Verdict:
    try:
        verdict = ended.told.recv()
        assert isinstance(verdict, Verdict)
    except EOFError:
        ended.process.join()
        code = ended.process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        verdict = Verdict(
            ended.case.name, str(ended.case.path), "", (), f"its process ended without a word: {how}"
        )
    ended.told.close()
    ended.alive.close()
    ended.process.join()
    return verdict


def _run(case: Case, tell: Connection, watched: Connection) -> None:
    """Run a case in a process of its own, what its application says going to a file."""
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()

    def end(verdict: Verdict) -> NoReturn:
        tell.send(verdict)
        sys.stdout.flush()
        sys.stderr.flush()
        # Whatever threads an application leaves behind would keep the process.
        os._exit(0)

    try:
        _send_output_to(Path(os.devnull) if case.folder is None else case.folder / "app.log")
        verdict = run_case(case, on_unstoppable=end)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        verdict = Verdict(case.name, str(case.path), "", (), f"{name}{error.strerror or error}")
    except Exception as error:
        verdict = Verdict(case.name, str(case.path), "", (), f"{type(error).__name__}: {error}")
    end(verdict)


def _end_with(watched: Connection) -> None:
    """End this process with the one that started it."""
    with contextlib.suppress(EOFError):
        watched.recv()
    os._exit(1)


def _send_output_to(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
