"""The application of a case, as a file or a command line names it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from ....sim.files.problems import UnacceptedError
from ...lockstep.scripts import script_of
from ...lockstep.session import LockstepResult, LockstepSession

_ACCEPTED = "a script that is there, -m and a module, an installed command or a program, with arguments"


class ApplicationError(UnacceptedError):
    """A command line names no application."""

    def __init__(self, found: str) -> None:
        """Say what was found."""
        super().__init__(found, _ACCEPTED)


class Application(NamedTuple):
    """What is run beside a site."""

    script: Path | None
    """None of a module, or of a program that is not Python."""
    module: str
    arguments: tuple[str, ...]
    program: Path | None = None
    """What is not Python, and can only run live."""
    folder: Path = Path()
    """Where a program runs."""

    @property
    def command(self) -> list[str]:
        """What a shell would be told."""
        if self.program is not None:
            return [str(self.program), *self.arguments]
        what = ["-m", self.module] if self.script is None else [str(self.script)]
        return [sys.executable, *what, *self.arguments]

    def run(self, session: LockstepSession) -> LockstepResult:
        """Run it in lockstep."""
        if self.script is None:
            return session.run_module(self.module, self.arguments)
        return session.run_script(self.script, self.arguments)


def read_application(text: str, folder: Path = Path()) -> Application:
    """Read the command line of an application.

    Args:
        text: Script, `-m` and a module, installed command or program, with arguments.
        folder: Where relative paths begin.

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
    except ValueError:
        program = shutil.which(words[0])
        assert program is not None
        return Application(None, "", tuple(words[1:]), Path(program), folder)
    if not script.is_file():
        raise ApplicationError(f"{text!r}, which is not there")
    if _is_python(script):
        return Application(script, "", tuple(words[1:]))
    if not os.access(script, os.X_OK):
        raise ApplicationError(f"{text!r}, which is no Python script and cannot be executed")
    return Application(None, "", tuple(words[1:]), script.resolve(), folder)


def _is_python(script: Path) -> bool:
    with script.open("rb") as file:
        # Where the path of Python is long, a shell starts it in the second line.
        head = file.readline(1000) + file.readline(1000)
    if head.startswith(b"#!"):
        return b"python" in head
    return script.suffix in ("", ".py") and not head.startswith(b"\x7fELF")
