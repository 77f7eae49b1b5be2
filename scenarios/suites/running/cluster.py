"""Runs cases on a Dask cluster.

Its workers have to see the files, and the folder for what cases leave behind, by the same paths.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ....sim.ensemble.cluster import connected
from ...lockstep.hash_seed import VARIABLE, hash_seed
from .case import Case, Verdict, without_run
from .runner import run_cases

_AHEAD = 2
"""Cases that wait at a cluster for each of its threads, so that none of them idles."""


def run_in_cluster(cases: Sequence[Case], address: str) -> Generator[Verdict]:
    """Run cases on a cluster, and yield what came of each as it is known.

    Args:
        cases: With valid files.
        address: Of the scheduler, such as `tcp://10.0.0.1:8786`.

    Raises:
        MissingPackageError: If Dask is not installed.
        ClusterError: If the cluster cannot be reached, has no workers, or other versions of this package.
    """
    with connected(address, "cases") as client:
        import distributed  # noqa: PLC0415

        waiting: dict[Any, Case] = {}
        folder = Path.cwd()

        def submit(case: Case) -> Any:
            sent = replace(
                case,
                path=case.path.absolute(),
                output=None if case.output is None else case.output.absolute(),
            )
            future = client.submit(run_on_worker, sent, Place(str(folder), hash_seed()), pure=False)
            waiting[future] = case
            return future

        left = iter(cases)
        first = [submit(case) for case in islice(left, _AHEAD * sum(client.nthreads().values()))]
        coming = distributed.as_completed(first, loop=client.loop)
        try:
            for future in coming:
                case, failure = waiting.pop(future), future.exception()
                if failure is None:
                    yield replace(future.result(), path=str(case.path))
                else:
                    yield without_run(case, f"its worker died: {type(failure).__name__}: {failure}")
                for following in islice(left, 1):
                    coming.add(submit(following))
        finally:
            client.cancel(list(waiting))


class Place(NamedTuple):
    """Where the cases of one command run, on whichever worker."""

    folder: str
    """Where the application of `--app` is looked for."""
    hash_seed: str
    """Of strings, as for the command itself; workers have one of their own."""


def run_on_worker(case: Case, place: Place) -> Verdict:
    """Run a case in a process of its own beside a worker, whose own processes may not start any.

    Args:
        case: With absolute paths.
        place: Of the command that it belongs to.
    """
    helper = _Helper.of_this_thread(place)
    try:
        return helper.run(case)
    except (OSError, EOFError, pickle.UnpicklingError):
        helper.end()
        return without_run(case, "what runs cases beside the worker died")


class _Helper:
    """A process that runs cases for one thread of a worker, so that what they all need is imported once."""

    _alive = threading.local()

    def __init__(self, place: Place) -> None:
        self.place = place
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__], cwd=place.folder,
            env={**os.environ, VARIABLE: place.hash_seed}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    @classmethod
    def of_this_thread(cls, place: Place) -> _Helper:
        """Return the one that runs cases for this thread in a place; it is started with the first."""
        helper: _Helper | None = getattr(cls._alive, "helper", None)
        if helper is not None and helper.place != place:
            helper.end()
            helper = None
        if helper is None:
            helper = cls._alive.helper = cls(place)
        return helper

    def run(self, case: Case) -> Verdict:
        """Run a case.

        Raises:
            OSError: If the process has died.
            EOFError: If it dies of it.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(case, self._process.stdin)
        self._process.stdin.flush()
        verdict: Verdict = pickle.load(self._process.stdout)
        return verdict

    def end(self) -> None:
        """End the process; another one is started when there is need of it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._alive.helper = None


def serve() -> None:
    """Run cases that come by standard input, until it ends with the worker."""
    # Whatever is printed here is no verdict.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            case = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        (verdict,) = run_cases([case])
        pickle.dump(verdict, answers)
        answers.flush()


if __name__ == "__main__":
    serve()
