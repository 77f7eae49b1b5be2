"""What changed since an earlier run: checks that turned, figures that moved, and where two runs part."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ....sim.domain.events import event_in_words
from ....sim.domain.timestamps import MICROSECONDS, to_datetime
from ....sim.files.regular import read_regular
from ....sim.report.figure_words import with_unit
from ....sim.simulation.journal import Divergence, first_divergence
from ...testing.durations import shown_span
from ..running.case import VERDICT, Case, Verdict

_LEAST_MOVE = 1e-9
"""What a figure moves by less, relative to the greater of the two, it has not moved."""
_MOST_BYTES = 1_000_000_000
"""Largest file of a verdict."""
_OF_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What comes of reading what no run has written."""


class BaselineError(ValueError):
    """A folder holds no verdicts of an earlier run."""


class Turned(NamedTuple):
    """A check that came out otherwise; None where it was not made."""

    check: str
    before: bool | None
    now: bool | None

    def __str__(self) -> str:
        return f"{self.check}: {_word(self.before)}, now {_word(self.now)}"


class Moved(NamedTuple):
    """A figure that is not what it was; None where it was not known."""

    name: str
    before: float | None
    now: float | None
    currency: str | None = None
    """Code of that of the tariff."""

    @property
    def share(self) -> float | None:
        """Change relative to the value before; None if there is no such ratio."""
        if self.before is None or self.now is None or self.before == 0.0:
            return None
        return (self.now - self.before) / abs(self.before)

    def __str__(self) -> str:
        share = "" if self.share is None else f" ({self.share:+.1%})"
        name, before = with_unit(self.name, self.before, self.currency)
        return f"{name}: {before}, now {with_unit(self.name, self.now, self.currency)[1]}{share}"


@dataclass(frozen=True)
class Change:
    """What changed of a case since an earlier run."""

    is_new: bool = False
    """Whether there was no such case."""
    turned: tuple[Turned, ...] = ()
    moved: tuple[Moved, ...] = ()
    """The greatest first."""
    parts_us: int | None = None
    """When the two runs part [µs since the Unix epoch]; None if they do not, or nobody knows."""
    parting: str = ""
    """What was different then, in words."""
    zone: str = "UTC"
    start_us: int = 0

    @property
    def parts_at(self) -> str:
        """When the runs part, by the clock of the site and since the start."""
        if self.parts_us is None:
            return ""
        moment = to_datetime(self.parts_us).astimezone(ZoneInfo(self.zone))
        since = shown_span((self.parts_us - self.start_us) // MICROSECONDS * MICROSECONDS)
        return f"{moment:%Y-%m-%d %H:%M:%S}, {since} after the start"

    def __str__(self) -> str:
        if self.is_new:
            return "new"
        counts = [
            (len(self.turned), "check turned", "checks turned"),
            (len(self.moved), "figure moved", "figures moved"),
        ]
        words = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
        if self.parts_us is not None:
            words.append(
                f"parts after {shown_span((self.parts_us - self.start_us) // MICROSECONDS * MICROSECONDS)}"
            )
        elif self.parting:
            words.append(self.parting)
        return ", ".join(words) or "same"

    @property
    def lines(self) -> list[str]:
        """All of it in words, a line each."""
        lines = [str(each) for each in (*self.turned, *self.moved)]
        return (
            [*lines, f"the runs part at {self.parts_at}: {self.parting}"]
            if self.parts_us is not None
            else lines
        )


class Baseline:
    """The folder of what an earlier run left behind."""

    def __init__(self, folder: Path) -> None:
        """Look into a folder that `--output` named.

        Raises:
            BaselineError: If it holds no verdicts.
        """
        self.folder = folder
        self.names = {path.parent.name for path in folder.glob(f"*/{VERDICT}")} if folder.is_dir() else set()
        """Folders of its cases."""
        if not self.names:
            raise BaselineError(
                f"{str(folder)!r}, which holds no verdicts; accepted: the --output folder of an earlier run"
            )

    def gone(self, cases: Iterable[Case]) -> list[str]:
        """Return the names of its cases that are not among others.

        Args:
            cases: All that there are now, whether they run or not.
        """
        names, folders = set[str](), set[str]()
        for case in cases:
            names.add(case.name)
            if (folder := replace(case, output=self.folder).folder) is not None:
                folders.add(folder.name)
        # Beside those are the second and further runs of cases.
        rest = (self._name(folder) for folder in sorted(self.names - folders))
        return [name for name in dict.fromkeys(rest) if name not in names]

    def _name(self, folder: str) -> str:
        """Return the name of the case of a folder, or that of the folder if its verdict cannot be read."""
        try:
            return str(json.loads(read_regular(self.folder / folder / VERDICT, _MOST_BYTES))["name"])
        except (OSError, *_OF_DAMAGE):
            return folder

    def change(self, verdict: Verdict, folder: Path) -> Change:
        """Return what changed of a case, since its run of the same turn, or its first one if there is none.

        Args:
            verdict: What came of it now.
            folder: What it left behind now.

        Raises:
            BaselineError: If what it left behind before cannot be read.
        """
        name = folder.name
        if verdict.turn and name not in self.names:
            name = name.removesuffix(f"~{verdict.turn}")
        if name not in self.names:
            return Change(is_new=True)
        before = self.folder / name
        path = before / VERDICT
        try:
            read = json.loads(read_regular(path, _MOST_BYTES))
            turned = tuple(_turned(read["checks"], verdict))
            moved = tuple(_moved(_figures(read["figures"]), verdict))
            digest = str(read["digest"])
            change = Change(turned=turned, moved=moved, zone=verdict.zone, start_us=verdict.start_us)
            _check_words(change)
        except (OSError, *_OF_DAMAGE) as error:
            raise _refused(path, error, "a verdict that this version can read") from None
        if digest == verdict.digest:
            return change
        log = before / "events.log"
        try:
            change = _with_parting(change, log, folder / "events.log", verdict)
            _check_words(change)
        except _OF_DAMAGE as error:
            raise _refused(log, error, "the events of the run that left the verdict beside them") from None
        return change


def _refused(path: Path, error: Exception, accepted: str) -> BaselineError:
    return BaselineError(f"{str(path)!r} ({type(error).__name__}: {error}); accepted: {accepted}")


def _check_words(change: Change) -> None:
    """Raise a ValueError or an OverflowError if what changed cannot be told: it has times or signs that are none."""
    "\n".join([str(change), *change.lines]).encode()


def _figures(read: Mapping[str, Any]) -> dict[str, float | None]:
    """Return figures as they were kept.

    Raises:
        ValueError: If one is no number that there can be, nor null.
    """
    for name, value in read.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (is_number and math.isfinite(value)):
            raise ValueError(f"{name} is no finite number")
    return {name: None if value is None else float(value) for name, value in read.items()}


def _turned(before: list[dict[str, Any]], verdict: Verdict) -> Iterator[Turned]:
    then = _numbered((str(each["check"]), each["has_passed"] is True) for each in before)
    now = _numbered((check, outcome.has_passed) for check, outcome in verdict.checks)
    for key in dict.fromkeys((*now, *then)):
        if then.get(key) != now.get(key):
            yield Turned(key[0], then.get(key), now.get(key))


def _numbered(checks: Iterator[tuple[str, bool]]) -> dict[tuple[str, int], bool]:
    """Tell checks with the same words apart by their order."""
    seen = Counter[str]()
    numbered: dict[tuple[str, int], bool] = {}
    for check, has_passed in checks:
        numbered[check, seen[check]] = has_passed
        seen[check] += 1
    return numbered


def _moved(before: Mapping[str, float | None], verdict: Verdict) -> list[Moved]:
    now = verdict.figures
    moved = [
        Moved(name, before[name], now[name], verdict.currency)
        for name in now
        if name in before and not _is_same(before[name], now[name])
    ]
    return sorted(moved, key=lambda each: -abs(each.share) if each.share is not None else float("-inf"))


def _is_same(before: float | None, now: float | None) -> bool:
    if before is None or now is None:
        return before is now
    return abs(now - before) <= _LEAST_MOVE * max(abs(before), abs(now))


def _with_parting(change: Change, before: Path, now: Path, verdict: Verdict) -> Change:
    words = "other events"
    try:
        if not (before.is_file() and now.is_file()):
            # A pipe would let one wait.
            raise FileNotFoundError(before)
        divergence = first_divergence(before, now)
    except OSError:
        divergence = None
        words = "other events, of which no log is left"
    if divergence is None:
        return Change(**{**change.__dict__, "parting": words})
    line = divergence.second or divergence.first
    assert line is not None
    zone = ZoneInfo(verdict.zone)
    return Change(**{
        **change.__dict__,
        "parts_us": _earlier(divergence), "parting": _parting(divergence, verdict.components, zone),
    })  # fmt: skip


def _earlier(divergence: Divergence) -> int:
    return min(
        int(line.partition(" ")[0]) for line in (divergence.first, divergence.second) if line is not None
    )


def _parting(divergence: Divergence, components: Mapping[int, str], zone: tzinfo) -> str:
    before, now = (_in_words(line, components, zone) for line in (divergence.first, divergence.second))
    return f"before {before}, now {now}" if before != now else now


def _in_words(line: str | None, components: Mapping[int, str], zone: tzinfo) -> str:
    """Return a line of an event log in words."""
    if line is None:
        return "nothing more"
    time_us, _, rest = line.partition(" ")
    clock = f"{to_datetime(int(time_us)).astimezone(zone):%H:%M:%S}"
    kind, _, parts = rest.partition(" ")
    if kind == "telemetry":
        ids = [part.partition(":")[0] for part in parts.split()]
        keys = [components.get(int(each), each) if each.isdigit() else each for each in ids]
        return f"what {', '.join(keys)} {'reports' if len(keys) == 1 else 'report'} at {clock}"
    head, _, details = rest.partition(" {")
    kind, _, subject = head.rpartition(" ")
    try:
        return f"{event_in_words(kind, subject, json.loads('{' + details))} at {clock}"
    except ValueError:
        return f"{rest} at {clock}"


def _word(has_passed: bool | None) -> str:
    return "not there" if has_passed is None else "passed" if has_passed else "failed"
