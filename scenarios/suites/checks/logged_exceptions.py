"""Tells of exceptions that anything in the process logs, or that end a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self


class LoggedExceptions(AbstractContextManager["LoggedExceptions"]):
    """Tells of exceptions that are logged or end a thread, wherever the log goes, as a context manager.

    What a task dies of asyncio logs once nobody holds the task any more.
    """

    def __init__(self, tell: Callable[[str, type[BaseException]], None]) -> None:
        """Prepare.

        Args:
            tell: Is given the logger or the thread, the message and the exception, in words, and its class.
        """
        self._tell = tell
        self._make = logging.getLogRecordFactory()
        self._end_thread = threading.excepthook

    def __enter__(self) -> Self:
        # Handlers are an application's own to replace; every record is made here.
        logging.setLogRecordFactory(self._make_and_look)
        threading.excepthook = self._look_and_end_thread
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.setLogRecordFactory(self._make)
        threading.excepthook = self._end_thread

    def _make_and_look(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            words = f"{record.name}: {record.getMessage()}: {type(error).__name__}: {error}"
            self._tell(words[:500], type(error))
        return record

    def _look_and_end_thread(self, args: threading.ExceptHookArgs) -> None:
        # By SystemExit a thread ends itself.
        if not issubclass(args.exc_type, SystemExit):
            name = "a thread" if args.thread is None else args.thread.name
            words = f"uncaught in {name}: {args.exc_type.__name__}: {args.exc_value}"
            self._tell(words[:500], args.exc_type)
        self._end_thread(args)
