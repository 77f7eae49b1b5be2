"""Which cases failed when they ran last: in the folder of what they leave behind, or in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import platformdirs

from ....sim.files.regular import read_regular
from .case import Case, Verdict

NAME = "last_run.json"


class LastRun:
    """What came of cases when they ran last, each by its file and name."""

    def __init__(self, output: Path | None) -> None:
        """Read what is known.

        Args:
            output: Folder in which it is kept; one in the user's cache, of the working directory, if None.
        """
        folder = output
        if folder is None:
            place = hashlib.blake2b(str(Path.cwd()).encode(), digest_size=8).hexdigest()
            folder = platformdirs.user_cache_path("doppelgrid") / "suites" / place
        self.path = folder / NAME
        self._passed = _read(self.path)

    @property
    def is_known(self) -> bool:
        """Whether any case ran before."""
        return bool(self._passed)

    def failed(self, cases: Sequence[Case]) -> list[Case]:
        """Return those of the cases that failed last, or of which nothing is known."""
        return [case for case in cases if not self._passed.get(_name(case.path, case.name), False)]

    def keep(self, verdicts: Iterable[Verdict]) -> None:
        """Write down what came of cases, beside what is known of others by then: other runs may write, too.

        Raises:
            OSError: If it cannot be written.
        """
        passed: dict[str, bool] = {}
        for verdict in verdicts:
            name = _name(Path(verdict.path), verdict.name)
            passed[name] = passed.get(name, True) and verdict.has_passed
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(self.path.parent):
            self._passed = _read(self.path) | passed
            # Of a name of its own: whoever reads meanwhile sees the former file.
            partial = self.path.with_name(f"{NAME}.{uuid4().hex}.part")
            try:
                # In ASCII, as names of files need not be text in UTF-8.
                partial.write_text(json.dumps({"passed": self._passed}, indent=1) + "\n", encoding="ascii")
                partial.replace(self.path)
            finally:
                partial.unlink(missing_ok=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder, once nobody else does who holds it by this function."""
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # Some network file systems have no locks.
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _read(path: Path) -> dict[str, bool]:
    """Return what a file says; nothing if there is none, or somebody else has written there."""
    try:
        read = json.loads(read_regular(path))
        return {str(name): passed is True for name, passed in read["passed"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _name(path: Path, name: str) -> str:
    return f"{path.resolve()}: {name}"
