"""Tells of exceptions that anything in the process logs, or that end a thread."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

_LEVELS = {"error": logging.ERROR, "critical": logging.CRITICAL}
"""Methods of loggers, by which exceptions are logged, and their levels; `exception` is `error`."""


class LoggedExceptions(AbstractContextManager["LoggedExceptions"]):
    """Tells of exceptions that are logged or end a thread, wherever the log goes, as a context manager.

    What a task dies of asyncio logs once nobody holds the task any more. Errors count where an application has
    switched its log off, as by `logging.disable`, too.
    """

    def __init__(self, tell: Callable[[str, type[BaseException]], None]) -> None:
        """Prepare.

        Args:
            tell: Is given the logger or the thread, the message and the exception, in words, and its class.
        """
        self._tell = tell
        self._make = logging.getLogRecordFactory()
        self._end_thread = threading.excepthook
        self._originals = {name: getattr(logging.Logger, name) for name in _LEVELS}

    def __enter__(self) -> Self:
        # Handlers are an application's own to replace; every record is made here.
        logging.setLogRecordFactory(self._make_and_look)
        threading.excepthook = self._look_and_end_thread
        for name, level in _LEVELS.items():
            setattr(logging.Logger, name, self._as_logged(self._originals[name], level))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.setLogRecordFactory(self._make)
        threading.excepthook = self._end_thread
        for name, original in self._originals.items():
            setattr(logging.Logger, name, original)

    def _as_logged(self, log: Callable[..., None], level: int) -> Callable[..., None]:
        """Return what takes the place of a method that logs, and looks at what nobody makes a record of."""

        def look_and_log(logger: logging.Logger, message: object, *args: Any, **kwargs: Any) -> None:
            if not logger.isEnabledFor(level):
                error = _error_of(kwargs.get("exc_info"))
                if error is not None:
                    info = (type(error), error, error.__traceback__)
                    self._make_and_look(logger.name, level, "", 0, message, args, info)
                return
            # Where it was logged is one frame farther out.
            log(logger, message, *args, **{**kwargs, "stacklevel": kwargs.get("stacklevel", 1) + 1})

        return look_and_log

    def _make_and_look(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            words = f"{record.name}: {_message(record)}: {type(error).__name__}: {error}"
            self._tell(words[:500], type(error))
        return record

    def _look_and_end_thread(self, args: threading.ExceptHookArgs) -> None:
        # By SystemExit a thread ends itself.
        if not issubclass(args.exc_type, SystemExit):
            name = "a thread" if args.thread is None else args.thread.name
            words = f"uncaught in {name}: {args.exc_type.__name__}: {args.exc_value}"
            self._tell(words[:500], args.exc_type)
        self._end_thread(args)


def _error_of(said: object) -> BaseException | None:
    """Return the exception that is meant by `exc_info`; None if none is."""
    match said:
        case BaseException():
            return said
        case (_, BaseException() as error, _):
            return error
        case _:
            return sys.exc_info()[1] if said else None


def _message(record: logging.LogRecord) -> str:
    """Return what is logged; where its arguments do not fit, which logging tells by itself, what they were for."""
    try:
        return record.getMessage()
    except Exception:
        return str(record.msg)
