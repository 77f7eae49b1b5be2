"""Which tests run which lines: one run of the suite under coverage.py, kept until a file changes."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path

from coverage import CoverageData

from .faults import Place
from .running import cases, environment, pytest_command
from .sources import ROOT

MOST_TESTS = 150
"""That look at a fault first."""
NAMED_TESTS = 60
"""Of them, those whose names have most of the words of the place: tests are named for behaviour, and so is code."""
NARROWEST_TESTS = 40
"""Of them, those that reach the least of the program, with all their variants: one of many may be the telling one."""
BROADEST_TESTS = 5
"""Of them, those that reach the most of the program: whole runs, held to the bit."""
_WORD = re.compile(r"[a-z]{4,}")
_STEM = 6
"""Letters by which words count as the same: `carried` and `carries`."""
_MOST_UNKNOWN = 0.2
"""Share of tests that may run nothing of the program in their own process."""


@dataclass(frozen=True)
class Test:
    """A test that may notice a fault."""

    __test__ = False

    name: str
    seconds: float
    """How long it takes without a fault [s]."""
    compiles: bool
    """Whether it runs what is compiled."""


class Reach:
    """Which tests reach which lines, and how long each takes."""

    def __init__(self, folder: Path, base: Path, root: Path = ROOT) -> None:
        """Read what an earlier run found.

        Args:
            folder: Where it is kept.
            base: Folder of packages that the program was installed to.
            root: Of the checkout, with the tests.
        """
        self._folder = folder
        self._base = base
        self._root = root
        self._state = folder / "state.json"
        held = json.loads(self._state.read_text()) if self._state.exists() else {}
        self._texts: dict[str, str] = held.get("texts", {})
        self._seconds: dict[str, float] = held.get("seconds", {})
        """How long a test takes [s], by its name, of those that pass."""

    @property
    def kept(self) -> Path:
        """Folder of what the run left for later runs, such as what was compiled."""
        return self._folder / "left"

    def refresh(self) -> None:
        """Run the suite, or those of its files that changed since; everything if what they share changed.

        Raises:
            RuntimeError: If pytest or one of its workers did not come to its end.
        """
        texts = self._present_texts()
        changed = {
            name for name in texts.keys() | self._texts.keys() if texts.get(name) != self._texts.get(name)
        }
        if not changed:
            return
        files = sorted(changed)
        if not all(_is_test_file(name) for name in files):
            shutil.rmtree(self._folder, ignore_errors=True)
            self._seconds, files = {}, []
        self._folder.mkdir(parents=True, exist_ok=True)
        self._seconds = {name: s for name, s in self._seconds.items() if name.split("::")[0] not in files}
        present = [name for name in files if name in texts]
        if present or not files:
            self._run(present)
        self._texts = texts
        self._state.write_text(json.dumps({"texts": texts, "seconds": self._seconds}))

    def tests_of(self, place: Place) -> list[Test]:
        """Return the tests that are most likely to notice a fault, the quickest first and those that compile last.

        Those that reach the line; if none does, those that reach its function; if none does, because it runs compiled
        only, those that run what is compiled. Of many, those are chosen that are named like the place, those that
        reach little else, then one variant of each of the rest, and a few that reach the most. Where there are few,
        the other tests of their files join them: they may use what one of them has made.
        """
        reaching = self._all_that_reach(place)
        named = self._named_like(place, reaching)
        chosen = (named + self._least_broad(reaching.difference(named)))[: MOST_TESTS - BROADEST_TESTS]
        by_breadth = sorted(reaching - self._running_compiled, key=lambda name: (-self._breadth[name], name))
        chosen += [name for name in by_breadth[:BROADEST_TESTS] if name not in chosen]
        files = {name.split("::")[0] for name in chosen}
        beside = {name for name in self._seconds if name.split("::")[0] in files}.difference(chosen)
        chosen += self._least_broad(beside)[: MOST_TESTS - len(chosen)]
        return self._in_order(chosen)

    def other_tests_of(self, place: Place) -> list[Test]:
        """Return all other tests that reach a place, in the same order, but for those that would compile it anew."""
        asked = {test.name for test in self.tests_of(place)}
        return self._in_order(self._all_that_reach(place) - self._running_compiled - asked)

    def _in_order(self, names: Iterable[str]) -> list[Test]:
        tests = [Test(name, self._seconds[name], name in self._running_compiled) for name in names]
        return sorted(tests, key=lambda test: (test.compiles, test.seconds, test.name))

    def _all_that_reach(self, place: Place) -> set[str]:
        return (
            self._reaching(place, place.lines)
            or self._reaching(place, place.function_lines)
            or self._running_compiled
        )

    def _reaching(self, place: Place, lines: Iterable[int]) -> set[str]:
        found = self._contexts(place.source.installed)
        return {name for line in lines for name in found.get(line, ())}

    def _named_like(self, place: Place, names: Iterable[str]) -> list[str]:
        """Return the tests that share most with a place in words; what few tests are named for counts more."""
        lines = (self._root / place.source.path).read_text().splitlines()
        own = [lines[number - 1] for number in place.lines]
        words = _words_of(" ".join((place.source.path, place.function, *own)))
        scores = {
            name: sum(1.0 / self._tests_of_word[word] for word in words & _words_of(name)) for name in names
        }
        likest = sorted(scores, key=lambda name: (-scores[name], self._breadth[name], name))
        return [name for name in likest if scores[name] > 0.0][:NAMED_TESTS]

    @cached_property
    def _tests_of_word(self) -> Counter[str]:
        """How many tests have each word in their names."""
        return Counter(word for name in self._seconds for word in _words_of(name))

    def _least_broad(self, names: Iterable[str]) -> list[str]:
        by_breadth = sorted(names, key=lambda name: (self._breadth[name], name))
        narrowest, by_breadth = by_breadth[:NARROWEST_TESTS], by_breadth[NARROWEST_TESTS:]
        variants: Counter[str] = Counter()
        ranks = {}
        for name in by_breadth:
            test = name.split("[")[0]
            ranks[name] = variants[test]
            variants[test] += 1
        return narrowest + sorted(by_breadth, key=lambda name: ranks[name])

    @cached_property
    def _data(self) -> CoverageData:
        data = CoverageData(str(self._folder / "coverage"))
        data.read()
        return data

    @cached_property
    def _breadth(self) -> Counter[str]:
        """How many lines of the program each test reaches."""
        reached: Counter[str] = Counter()
        for file in self._data.measured_files():
            for names in self._contexts(str(Path(file).relative_to(self._base))).values():
                reached.update(names)
        return reached

    @cached_property
    def _running_compiled(self) -> set[str]:
        """The tests that run a function of a module that knows the compiler."""
        found = set()
        for file in self._data.measured_files():
            if _imports(Path(file), "numba"):
                for names in self._contexts(str(Path(file).relative_to(self._base))).values():
                    found |= names
        return found

    def _contexts(self, installed: str) -> dict[int, set[str]]:
        """Return the tests of each line of a file; those that ran when it was imported are none."""
        by_line = self._data.contexts_by_lineno(str(self._base / installed))
        return {
            line: {name for context in contexts if (name := context.rpartition("|")[0]) in self._seconds}
            for line, contexts in by_line.items()
        }

    def _run(self, files: Sequence[str]) -> None:
        times = self._folder / "times.xml"
        times.unlink(missing_ok=True)
        (package,) = (path for path in self._base.iterdir() if (path / "__init__.py").exists())
        command = pytest_command(
            times, "-m", "not slow", "-n", "2", f"--cov={package}", "--cov-context=test", "--cov-report=",
            "--cov-append", *files,
        )  # fmt: skip
        outside = {**environment(self._base, self.kept), "COVERAGE_FILE": str(self._folder / "coverage")}
        subprocess.run(command, env=outside, cwd=self._root, check=False)
        if not times.exists():
            raise RuntimeError(f"{' '.join(command)}: did not come to its end")
        ended = list(cases(times))
        for case in ended:
            if case.result == "failed":
                print(f"fails without a fault, so it is not asked: {case.name}")
        passed = {case.name: case.seconds for case in ended if case.result == "passed"}
        data = CoverageData(str(self._folder / "coverage"))
        data.read()
        known = {context.rpartition("|")[0] for context in data.measured_contexts()}
        if len(passed.keys() - known) > _MOST_UNKNOWN * len(passed):
            raise RuntimeError(
                f"{len(passed.keys() - known)} of {len(passed)} tests left no trace: a worker broke off"
            )
        self._seconds |= passed

    def _present_texts(self) -> dict[str, str]:
        """Return a digest of every file that decides what reaches what."""
        files = [path for path in self._base.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        names = {str(path.relative_to(self._base)): path for path in files if ".dist-info" not in str(path)}
        tests = [
            path for path in (self._root / "tests").rglob("*.py") if path.parent != Path(__file__).parent
        ]
        names |= {str(path.relative_to(self._root)): path for path in tests}
        return {name: blake2b(path.read_bytes(), digest_size=8).hexdigest() for name, path in names.items()}


@cache
def _words_of(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _WORD.findall(text.lower()))


def _is_test_file(name: str) -> bool:
    return name.startswith("tests/") and Path(name).name.startswith("test_")


def _imports(path: Path, package: str) -> bool:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.append(node.module or "")
    return any(name.split(".")[0] == package for name in names)
