"""Where the process of the `doppelgrid` command begins."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_IN_THIS_PROCESS = "lockstep"
"""The command whose application lives in the process of the command itself."""
_CTRL_C = 130
_OF_MODELS = "SchemaError"
"""Error of models that cannot be built; it says in its text alone why."""


def main() -> None:
    """Run the command, as the process's only purpose."""
    _open_what_is_closed()
    if sys.argv[1:2] == [_IN_THIS_PROCESS]:
        _hash_alike()
    try:
        from .main import main as run  # noqa: PLC0415 - takes long to import

        run()
    except KeyboardInterrupt:
        raise SystemExit(_CTRL_C) from None
    except Exception as error:
        if _is_made_of_ctrl_c(error):
            raise SystemExit(_CTRL_C) from None
        raise


def _is_made_of_ctrl_c(error: Exception) -> bool:
    """Say whether an error is what something has made of Ctrl-C, as models do that are being built."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return cause is not None or (
        type(error).__name__ == _OF_MODELS and KeyboardInterrupt.__name__ in str(error)
    )


def _open_what_is_closed() -> None:
    """Let nothing be read from, and everything printed to, a stream that the process was begun without."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process


def _hash_alike() -> None:
    """Begin again as the same process if strings hash by chance: sets of them are walked alike then in every run."""
    from ..scenarios.lockstep.hash_seed import VARIABLE, hash_seed  # noqa: PLC0415

    if os.environ.get(VARIABLE) or sys.flags.ignore_environment or not sys.executable:
        return
    environment = {**os.environ, VARIABLE: hash_seed()}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)
