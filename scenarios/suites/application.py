"""The application of a case, as a file or a command line names it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from ..lockstep.scripts import script_of
from ..lockstep.session import LockstepResult, LockstepSession

_ACCEPTED = "a script that is there, -m and a module, or an installed command, with arguments"


class ApplicationError(ValueError):
    """A command line names no application."""

    def __init__(self, found: str) -> None:
        """Say what was found."""
        super().__init__(f"{found}; accepted: {_ACCEPTED}")
        self.found = found
        self.accepted = _ACCEPTED


class Application(NamedTuple):
    """What is run beside a site."""

    script: Path | None
    """None of a module."""
    module: str
    arguments: tuple[str, ...]

    def run(self, session: LockstepSession) -> LockstepResult:
        """Run it in lockstep."""
        if self.script is None:
            return session.run_module(self.module, self.arguments)
        return session.run_script(self.script, self.arguments)


def read_application(text: str, folder: Path = Path()) -> Application:
    """Read the command line of an application.

    Args:
        text: Script, `-m` and a module, or installed command, with arguments.
        folder: Where the script's relative path begins.

    Raises:
        ApplicationError: If it is none, or what it names is not there.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ApplicationError(f"{text!r} ({error})") from None
    if words[:1] == ["-m"] and len(words) > 1:
        return Application(None, words[1], tuple(words[2:]))
    if not words or words[0] == "-m":
        raise ApplicationError(repr(text))
    try:
        script = script_of(words[0], folder)
    except ValueError as error:
        raise ApplicationError(f"{text!r}: {str(error).partition(';')[0]}") from None
    if not script.is_file():
        raise ApplicationError(f"{text!r}, which is not there")
    return Application(script, "", tuple(words[1:]))
