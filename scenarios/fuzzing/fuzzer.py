"""Runs drawn cases against an application, keeps what is of use, and makes what fails small."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from ..suites.file.scenario_file import ScenarioError, ScenarioFile
from ..suites.running.case import Case, Verdict
from ..suites.running.runner import run_cases
from .corpus import FAILURES, KEPT, RUNNING, Corpus
from .drawing import drawn_case
from .drawn import Drawn, Setup, read_drawn
from .ground import Ground
from .shrinking import Failure, Shrunk, shrink
from .signature import signatures

ROUND = 8
"""Cases that are drawn from what the corpus holds before any of them has run."""
MOST_SHRINKING_RUNS = 60
"""For each finding."""
_NOT_NAME = re.compile(r"[^a-z0-9]+")


class Finding(NamedTuple):
    """A way to fail, with a small case that does."""

    signature: str
    path: Path
    said: str
    """What failed, in the words of the verdict."""
    runs: int
    """How many were run to make it small."""
    is_smallest: bool
    """Whether nothing smaller was left to be tried, rather than runs or time."""
    is_new: bool
    """Whether no earlier run had found it."""
    comes_again: bool = True
    """Whether it failed again when it was run again; what does not is no matter of the scenario alone."""
    besides: tuple[str, ...] = ()
    """What else fails in the small case."""


@dataclass
class Tally:
    """What a run has done."""

    cases: int = 0
    simulated_s: float = 0.0
    new_states: int = 0
    commands: float = 0
    """Of the application."""
    findings: dict[str, Finding] = field(default_factory=dict)
    """By what fails."""
    again: dict[str, int] = field(default_factory=dict)
    """How many cases more failed that way."""
    mended: list[Path] = field(default_factory=list)
    """Files that failed before, and do no longer."""
    wrong: dict[Path, str] = field(default_factory=dict)
    """Files that the site, as it is now, has no use for, and why."""


class Watcher(NamedTuple):
    """Who is told of how it goes."""

    ran: Callable[[Verdict], None]
    """A case has been run."""
    shrinks: Callable[[str, int], None]
    """What fails is being made small: which, and how many runs that has taken."""
    found: Callable[[Finding], None]


class Fuzzer:
    """Looks for cases that an application does not get through."""

    def __init__(
        self,
        setup: Setup,
        ground: Ground,
        corpus: Corpus,
        watcher: Watcher,
        *,
        seed: int = 0,
        duration_s: float = 300.0,
        jobs: int = 1,
        has_time: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare.

        Args:
            setup: What all cases have in common.
            ground: What can happen.
            corpus: Where an earlier run may have left something.
            watcher: Who is told of how it goes.
            seed: Of what is drawn.
            duration_s: How long each case takes [s].
            jobs: How many run at once.
            has_time: Says whether there is time for more.
        """
        self._setup, self._ground, self._corpus, self._watcher = setup, ground, corpus, watcher
        self._seed, self._duration_s, self._jobs, self._has_time = seed, duration_s, jobs, has_time
        self.tally = Tally()
        self._known: set[str] = set()
        """What fails in small cases that are there."""

    def run(self, most: int | None) -> None:
        """Run what failed before, then what reached new states, and then new cases; write down what came of it.

        The same corpus, seed and number of cases give the same cases and findings, however many run at once.

        Args:
            most: How many cases to run; None for as long as there is time.

        Raises:
            OSError: If the corpus cannot be written.
        """
        try:
            self._run_failures()
            kept = self._corpus.files(KEPT)
            self._run_kept(kept if most is None else kept[: max(0, most - self.tally.cases) // 2])
            while self._has_time() and (most is None or self.tally.cases < most):
                self._run_round(ROUND if most is None else min(ROUND, most - self.tally.cases))
                self._corpus.save()
        finally:
            self._corpus.tidy()
            self._corpus.save()

    def _run_failures(self) -> None:
        for path, verdict in self._usable(self._corpus.files(FAILURES)):
            failed = signatures(verdict)
            wanted = self._corpus.known.failures.get(path.name)
            signature = wanted if wanted in failed else next(iter(failed), None)
            if signature is None:
                self.tally.mended.append(path)
                # What was a failure stays among what is tried.
                path.rename(path.parent.parent / KEPT / path.name)
                self._corpus.known.failures.pop(path.name, None)
                self._corpus.known.unfinished.discard(path.name)
            elif path.name in self._corpus.known.unfinished and (drawn := read_drawn(path.read_bytes())):
                self._find(self._shrunk(drawn, signature, failed[signature], verdict, path))
            else:
                besides = tuple(each for each in failed if each != signature)
                said = _said(verdict, signature)
                self._find(Finding(signature, path, said, 0, is_smallest=True, is_new=False, besides=besides))

    def _run_kept(self, files: Sequence[Path]) -> None:
        for begin in range(0, len(files), ROUND):
            if not self._has_time():
                return
            for path, verdict in self._usable(files[begin : begin + ROUND]):
                drawn = read_drawn(path.read_bytes())
                if drawn is not None:
                    self._look(drawn, verdict, path.stem)

    def _run_round(self, count: int) -> None:
        """Draw cases, run them, and keep those that reached new states."""
        kept = self._corpus.kept(self._ground)
        next_numbers = self._corpus.known.next_numbers
        first = next_numbers.get(str(self._seed), 0)
        drawn: dict[Path, tuple[str, Drawn]] = {}
        for number in range(first, first + count):
            case = drawn_case(self._ground, self._duration_s, Random(f"{self._seed}/{number}"), kept)
            name = f"{self._seed}-{number:05d}"
            drawn[self._write(RUNNING, name, f"case {number} of seed {self._seed}", case)] = name, case
        for path, verdict in self._verdicts(list(drawn)):
            name, case = drawn[path]
            next_numbers[str(self._seed)] = int(name.rpartition("-")[2]) + 1
            if self._take(verdict):
                path.rename(self._corpus.folder / KEPT / path.name)
            else:
                path.unlink()
            self._look(case, verdict, name)

    def _look(self, case: Drawn, verdict: Verdict, name: str) -> None:
        """Make small what is new among the ways in which a case failed."""
        for signature, failed_s in signatures(verdict).items():
            if signature in self._known:
                self.tally.again[signature] = self.tally.again.get(signature, 0) + 1
                continue
            words = _NOT_NAME.sub("-", signature.lower()).strip("-")[:40].rstrip("-")
            path = self._corpus.folder / FAILURES / f"{words}-{name}.yaml"
            self._find(self._shrunk(case, signature, failed_s, verdict, path))

    def _shrunk(
        self, case: Drawn, signature: str, failed_s: float | None, verdict: Verdict, path: Path
    ) -> Finding:
        """Make a case small, and write it down.

        Raises:
            KeyboardInterrupt: Once what was reached by then is written down and told.
        """
        runs = 0
        said, besides = [_said(verdict, signature)], tuple(signatures(verdict))

        def first_failing(candidates: Sequence[Drawn]) -> Failure | None:
            nonlocal runs, besides
            files = [
                self._write(RUNNING, f"small-{place:03d}", signature, each)
                for place, each in enumerate(candidates)
            ]
            try:
                with contextlib.closing(self._verdicts(files)) as coming:
                    for place, (_, each) in enumerate(coming):
                        runs += 1
                        self._watcher.shrinks(signature, runs)
                        failed = signatures(each)
                        if signature in failed:
                            said[:], besides = [_said(each, signature)], tuple(failed)
                            return Failure(place, failed[signature])
            finally:
                for file in files:
                    file.unlink()
            return None

        comes_again, small = True, Shrunk(case, 0, is_done=False, was_interrupted=True)
        with contextlib.suppress(KeyboardInterrupt):
            comes_again = first_failing([case]) is not None
            most = MOST_SHRINKING_RUNS if comes_again else 0
            small = shrink(case, failed_s, first_failing, most, self._has_time)
        is_new = path.name not in self._corpus.known.failures
        self._write(FAILURES, path.stem, signature, small.drawn)
        self._corpus.known.failures[path.name] = signature
        self._corpus.known.unfinished.discard(path.name)
        if not small.is_done:
            self._corpus.known.unfinished.add(path.name)
        besides = tuple(each for each in besides if each != signature)
        finding = Finding(signature, path, said[0], small.runs, small.is_done, is_new, comes_again, besides)
        if small.was_interrupted:
            self._find(finding)
            raise KeyboardInterrupt
        return finding

    def _find(self, finding: Finding) -> None:
        if finding.signature in self._known:
            self.tally.again[finding.signature] = self.tally.again.get(finding.signature, 0) + 1
            return
        self.tally.findings[finding.signature] = finding
        self._known |= {finding.signature, *finding.besides}
        self._watcher.found(finding)

    def _take(self, verdict: Verdict) -> int:
        """Count a case; return how many states it reached that none had before."""
        simulated_s = (verdict.end_us - verdict.start_us) / 1e6
        new = self._corpus.take(verdict.states, simulated_s)
        self.tally.cases += 1
        self.tally.simulated_s += simulated_s
        self.tally.new_states += new
        self.tally.commands += verdict.figures.get("commands") or 0
        self._watcher.ran(verdict)
        return new

    def _usable(self, files: Sequence[Path]) -> Iterator[tuple[Path, Verdict]]:
        """Run files of earlier runs, and yield what came of those that are scenarios still."""
        right = []
        for path in files:
            try:
                ScenarioFile(path).scenario()
                right.append(path)
            except ScenarioError as error:
                self.tally.wrong[path] = str(error)
        for path, verdict in self._verdicts(right):
            self._take(verdict)
            yield path, verdict

    def _write(self, kind: str, name: str, title: str, drawn: Drawn) -> Path:
        folder = self._corpus.folder / kind
        path = folder / f"{name}.yaml"
        path.write_text(drawn.text(self._setup, title, folder), encoding="utf-8")
        return path

    def _verdicts(self, files: Sequence[Path]) -> Generator[tuple[Path, Verdict]]:
        """Run files, and yield what came of each, in their order."""
        cases = [Case(path.stem, path, shows=False, counts_states=True) for path in files]
        paths = {str(path): path for path in files}
        came: dict[Path, Verdict] = {}
        waiting = list(files)
        with contextlib.closing(run_cases(cases, self._jobs)) as coming:
            for verdict in coming:
                came[paths[verdict.path]] = verdict
                while waiting and waiting[0] in came:
                    path = waiting.pop(0)
                    yield path, came.pop(path)


def _said(verdict: Verdict, signature: str) -> str:
    """Return what failed, in words."""
    for check, outcome in verdict.checks:
        if not outcome.has_passed and signature.startswith(check):
            return verdict.told(outcome)
    return (verdict.error or "").strip()
