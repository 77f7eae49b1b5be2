"""Runs cases in processes of their own, several at once: an application has its process to itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import NamedTuple, NoReturn

from ...lockstep.hash_seed import processes_hash_alike
from .case import Case, Verdict, leave, run_case, without_run
from .kept_output import KeptOutput

_PRELOADED = [
    "doppelgrid.scenarios.suites.running.case", "doppelgrid.scenarios.suites.running.warm", "frequenz.client.microgrid",
    "frequenz.sdk.microgrid", "frequenz.sdk.timeseries", "doppelgrid.scenarios.suites.running.kept",
    "doppelgrid.scenarios.suites.running.interruptible",
]  # fmt: skip
"""What most cases need, imported once; what is not installed is left out. Ctrl-C is let in last."""
_SHOWN_LINES = 20
"""Last lines of a case that died that are shown."""

_TELLS_EVERY_S = 5.0
"""Real time after which cases are told of that have not come on [s]."""


class _Running(NamedTuple):
    case: Case
    process: ForkServerProcess
    told: Connection
    alive: Connection
    """Closed when this process ends, however it does."""
    output: KeptOutput


def run_cases(
    cases: Sequence[Case], jobs: int = 1, on_progress: Callable[[Case, int], None] = lambda _case, _done: None
) -> Generator[Verdict]:
    """Run cases, and yield what came of each as it is known.

    Whoever stops asking ends those that still run.

    Args:
        cases: With valid files.
        jobs: How many run at once, at least 1.
        on_progress: Told every now and then how much simulated time has passed in a case [µs], also if none has since.
    """
    context = prepared()
    waiting, running = list(reversed(cases)), list[_Running]()
    done_us: dict[Case, int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                case = waiting.pop()
                try:
                    running.append(_started(context, case))
                except OSError as error:
                    yield without_run(case, f"{error.filename}: {error.strerror}")
            if not running:
                continue
            told = wait([each.told for each in running], timeout=_TELLS_EVERY_S)
            if not told:
                for each in running:
                    on_progress(each.case, done_us.get(each.case, 0))
            for each in [each for each in running if each.told in told]:
                news = _news(each)
                if isinstance(news, int):
                    done_us[each.case] = news
                    on_progress(each.case, news)
                else:
                    running.remove(each)
                    yield _ended(each, news)
    finally:
        for each in running:
            # It leads no group yet if it has only just begun.
            each.process.kill()
            each.process.join()
            _kill_group(each.process)
            with contextlib.suppress(OSError):
                each.output.close()


def prepared() -> ForkServerContext:
    """Let the process start from which those of cases are forked: it takes a while, in which others can be read."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    # As the tracker starts it lets Ctrl-C in, so it has to be there before.
    resource_tracker.ensure_running()
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with processes_hash_alike():
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
    return context


def _started(context: ForkServerContext, case: Case) -> _Running:
    said, saying = context.Pipe(duplex=False)
    log = None if case.folder is None else case.folder / "app.log"
    output = KeptOutput(said, context.Pipe(duplex=False), log)
    told, tell = context.Pipe(duplex=False)
    watched, alive = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(case, tell, watched, saying))
    process.start()
    for each in (tell, watched, saying):
        each.close()
    return _Running(case, process, told, alive, output)


def _news(each: _Running) -> Verdict | int | None:
    """Return a verdict, how much time has passed [µs], or None if the process has died."""
    try:
        news: Verdict | int = each.told.recv()
    except EOFError:
        return None
    return news


def _ended(each: _Running, verdict: Verdict | None) -> Verdict:
    """Tidy up behind a process, and return what came of its case, which its folder has then."""
    each.process.join()
    _kill_group(each.process)
    for pipe in (each.told, each.alive):
        pipe.close()
    try:
        said = each.output.close()
        verdict = replace(verdict or _died(each, said), log=said)
        if each.case.folder is not None:
            leave(each.case.folder, verdict)
    except OSError as error:
        verdict = replace(verdict or without_run(each.case, ""), error=f"{error.filename}: {error.strerror}")
    return verdict


def _died(each: _Running, said: str) -> Verdict:
    code = each.process.exitcode or 0
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    last = "\n".join(said.strip().splitlines()[-_SHOWN_LINES:])
    words = f"its process ended without a word: {how}"
    return without_run(each.case, f"{last}\n{words}" if last else words)


def _kill_group(process: ForkServerProcess) -> None:
    """End what a process has started, and itself."""
    assert process.pid is not None
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _run(case: Case, tell: Connection, watched: Connection, saying: Connection) -> None:
    """Run a case in a process of its own, which leads a group of whatever its application starts."""
    os.setpgid(0, 0)
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()

    def end(verdict: Verdict) -> NoReturn:
        tell.send(verdict)
        sys.stdout.flush()
        sys.stderr.flush()
        # Whatever threads an application leaves behind would keep the process.
        os._exit(0)

    for stream in (1, 2):
        os.dup2(saying.fileno(), stream)
    saying.close()
    try:
        verdict = run_case(case, on_unstoppable=end, on_progress=tell.send)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        verdict = without_run(case, f"{name}{error.strerror or error}")
    except Exception as error:
        verdict = without_run(case, f"{type(error).__name__}: {error}")
    end(verdict)


def _end_with(watched: Connection) -> None:
    """End this process, and what it has started, with the one that started it."""
    with contextlib.suppress(EOFError):
        watched.recv()
    os.killpg(0, signal.SIGKILL)
