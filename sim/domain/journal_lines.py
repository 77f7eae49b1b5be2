"""The lines of a journal that was written before, held to what a journal can say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .events import EVENT_KINDS

TELEMETRY = "telemetry"
_LONGEST = 4_000_000
"""Characters: telemetry of a hundred thousand components."""
_LINE = re.compile(
    rf"(?P<time>-?\d{{1,16}}) (?:{TELEMETRY}(?: |(?: \d+:[0-9a-f]+)*)"
    rf"|(?P<kind>{'|'.join(map(re.escape, EVENT_KINDS))}) (?P<subject>\S.*?) (?P<details>\{{.*\}}))"
)


class JournalLine(NamedTuple):
    """What happened, or what was reported."""

    text: str
    time_us: int
    """Simulated time [µs since the Unix epoch]."""
    kind: str
    """Of the event; `telemetry` if it is none."""
    subject: str
    """Key of the component; empty of telemetry."""
    details: Mapping[str, object]
    """Plain values by name; none of telemetry."""


def journal_lines(path: Path) -> Iterator[JournalLine]:
    """Yield the lines of a journal.

    Args:
        path: A file that a `Journal` wrote.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no journal; says which line.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, text in enumerate(iter(lambda: file.readline(_LONGEST), ""), start=1):
                yield _read(text.removesuffix("\n"), f"{path}:{number}")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not a text file; accepted: a journal of a run") from None


def _read(text: str, place: str) -> JournalLine:
    found = _LINE.fullmatch(text)
    if found is None or not (found["subject"] or "").isprintable():
        raise _refusal(text, place)
    if found["kind"] is None:
        return JournalLine(text, int(found["time"]), TELEMETRY, "", {})
    try:
        details = json.loads(found["details"])
    except (ValueError, RecursionError):
        raise _refusal(text, place) from None
    return JournalLine(text, int(found["time"]), found["kind"], found["subject"], details)


def _refusal(text: str, place: str) -> ValueError:
    return ValueError(f"{place}: {text[:40]!r} is no event; accepted: a journal of a run")
