"""Which cases failed when they ran last: in the folder of what they leave behind, or in the user's cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import platformdirs

from ....sim.files.json_text import json_text
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
        self._passed: dict[str, bool] = {}
        try:
            read = json.loads(self.path.read_text(encoding="utf-8"))
            self._passed = {str(name): passed is True for name, passed in read["passed"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            pass  # Nothing is known, or somebody else has written there.

    @property
    def is_known(self) -> bool:
        """Whether any case ran before."""
        return bool(self._passed)

    def failed(self, cases: Sequence[Case]) -> list[Case]:
        """Return those of the cases that failed last, or of which nothing is known."""
        return [case for case in cases if not self._passed.get(_name(case.path, case.name), False)]

    def keep(self, verdicts: Iterable[Verdict]) -> None:
        """Write down what came of cases, beside what is known of others.

        Raises:
            OSError: If it cannot be written.
        """
        passed: dict[str, bool] = {}
        for verdict in verdicts:
            name = _name(Path(verdict.path), verdict.name)
            passed[name] = passed.get(name, True) and verdict.has_passed
        self._passed |= passed
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".part")
        partial.write_text(json_text({"passed": self._passed}, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.path)


def _name(path: Path, name: str) -> str:
    return f"{path.resolve()}: {name}"
