"""What the published client warns of while it is looked at, each once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGER = "frequenz"
_LONGEST = 300


class _Counting(logging.Handler):
    """Counts warnings by what they say, whatever component they are about."""

    def __init__(self, counts: Counter[tuple[str, str]], first: dict[tuple[str, str], str]) -> None:
        super().__init__(logging.WARNING)
        self._counts = counts
        self._first = first

    def emit(self, record: logging.LogRecord) -> None:
        """Count a warning."""
        about = (record.name, str(record.msg))
        self._counts[about] += 1
        self._first.setdefault(about, record.getMessage())


@contextmanager
def warnings_of_the_client() -> Iterator[list[str]]:
    """Keep what the client would log from the terminal; yields a list that has a line for each kind at the end."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    lines: list[str] = []
    logger, handler = logging.getLogger(_LOGGER), _Counting(counts, first)
    was_passed_on = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.propagate = was_passed_on
        for about, count in counts.most_common():
            text = " ".join(first[about].split())
            shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
            lines.append(shown if count == 1 else f"{shown} ({count} times)")
