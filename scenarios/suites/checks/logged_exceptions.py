"""Tells of exceptions that anything in the process logs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self


class LoggedExceptions(AbstractContextManager["LoggedExceptions"]):
    """Tells of exceptions that anything in the process logs, wherever it sends its log, as a context manager."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            tell: Is given the logger, its message and the exception, in words.
        """
        self._tell = tell
        self._make = logging.getLogRecordFactory()

    def __enter__(self) -> Self:
        # Handlers are an application's own to replace; every record is made here.
        logging.setLogRecordFactory(self._make_and_look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.setLogRecordFactory(self._make)

    def _make_and_look(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._tell(f"{record.name}: {record.getMessage()}: {type(error).__name__}: {error}"[:500])
        return record
