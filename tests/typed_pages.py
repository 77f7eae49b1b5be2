"""Types a page of the documentation in an empty folder, as its reader would.

A fenced block with a title is a file, which is written. A console block below one of these comments is typed:

    <!-- run -->                       each command ends well, and prints what the block shows
    <!-- run: exit 1 -->               the last command ends with that code
    <!-- run: until battery -12 kW --> the last command is interrupted once it has printed that
    <!-- run: in the background -->    the last command serves a site until the page ends

`...` in what a block shows stands for anything. A port that a page names is one that is free.
"""

from __future__ import annotations

import contextlib
import doctest
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, RawFencedCodeBlockLexer

_SHOWN = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_PORT = "8800"
_PATIENCE_S = 500
"""After which a command hangs; less than the time after which pytest ends a run that does."""
_INTERRUPTIBLE = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execvp('bash', ['bash', '-c', sys.argv[1]])"
)
"""Runs a command that Ctrl-C ends, also where this process, such as one in the background, was told to ignore it."""
_TITLED = re.compile(r'[^\n"]*title="(?P<title>[^"]+)"[^\n]*\n')
_COMMAND = re.compile(r"^\$ (?P<command>.*(?:\\\n.*)*)\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)


class Typist:
    """A reader with a shell of their own in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = _environment()
        self._how: str | None = None
        self._port = _PORT
        self._background = contextlib.ExitStack()

    def type_page(self, page: Path) -> None:
        """Do what a page says.

        Raises:
            AssertionError: If something else comes of it than the page shows; says where.
        """
        sybil = Sybil(parsers=[self._files, self._directives, CodeBlockParser("console", self._console)])
        with self._background:
            for example in sybil.parse(page).examples():
                example.evaluate()
        assert self._how is None, f"{page}: no console block below the last <!-- run -->"

    def _files(self, document: Document) -> Iterator[Region]:
        for region in RawFencedCodeBlockLexer(_TITLED)(document):
            region.parsed, region.evaluator = region.lexemes, self._write
            yield region

    def _directives(self, document: Document) -> Iterator[Region]:
        for region in DirectiveInHTMLCommentLexer("run")(document):
            region.parsed, region.evaluator = region.lexemes["arguments"].strip(), self._expect
            yield region

    def _write(self, example: Example) -> None:
        path = self.folder / example.parsed["title"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example.parsed["source"], "utf-8")

    def _expect(self, example: Example) -> None:
        self._how = example.parsed

    def _console(self, example: Example) -> None:
        how, self._how = self._how, None
        if how is None:
            return
        commands = list(_COMMAND.finditer(example.parsed))
        assert commands, "a console block to run has no line that begins with `$ `"
        for match in commands[:-1]:
            self._run(match, "")
        self._run(commands[-1], how)

    def _run(self, match: re.Match[str], how: str) -> None:
        command, shown = (
            match["command"].replace(_PORT, self._port),
            match["shown"].replace(_PORT, self._port),
        )
        word, _, value = how.partition(" ")
        if how == "in the background":
            self._serve(command)
        elif word == "until":
            self._run_until(command, value)
        else:
            assert how == "" or word == "exit", f"{how!r}; accepted: exit CODE, until TEXT, in the background"
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=_PATIENCE_S,
                check=False,
            )
            assert done.returncode == int(value or 0), (
                f"$ {command}\nended with {done.returncode}:\n{done.stdout}"
            )
            if shown:
                _compare(command, shown, done.stdout)

    def _serve(self, command: str) -> None:
        """Start a server at a free port in place of the one that the page names."""
        endpoints, log = self.folder / ".endpoints.json", self.folder / ".served.txt"
        endpoints.unlink(missing_ok=True)
        with log.open("w") as output:
            process = self._start(f"{command} --ephemeral-ports --emit-endpoints {endpoints.name}", output)
        self._background.callback(_interrupt, process)
        deadline = time.monotonic() + _PATIENCE_S
        while not endpoints.exists():
            assert process.poll() is None, f"$ {command}\nended: {log.read_text()}"
            assert time.monotonic() < deadline, f"$ {command}\nserves nothing"
            time.sleep(0.05)
        (served, *_) = json.loads(endpoints.read_text())["microgrids"]
        self._port = served["grpc"].rpartition(":")[2]
        # What a reader need not say, as it is served at the usual port there.
        self.environment["MICROGRID_API_URL"] = f"grpc://{served['grpc']}"

    def _run_until(self, command: str, text: str) -> None:
        process = self._start(command, subprocess.PIPE)
        assert process.stdout is not None
        printed = []
        try:
            for line in process.stdout:
                printed.append(line)
                if text in line:
                    return
        finally:
            _interrupt(process)
        raise AssertionError(f"$ {command}\nended without printing {text!r}:\n{''.join(printed)}")

    def _start(self, command: str, output: IO[str] | int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _INTERRUPTIBLE, f"exec {command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )


def _interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _environment() -> dict[str, str]:
    """Return the environment of a reader's shell in which this Python's environment is active."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    kept.pop("PYTHONSAFEPATH", None)
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {
        **kept,
        "PATH": path,
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "TERM": "dumb",
        # Pages do not install it, and it warns where nothing configures it.
        "PYTEST_ADDOPTS": "-p no:asyncio",
    }


def _compare(command: str, shown: str, printed: str) -> None:
    example = doctest.Example(command, shown)
    checker = doctest.OutputChecker()
    if not checker.check_output(shown, printed, _SHOWN):
        raise AssertionError(f"$ {command}\n{checker.output_difference(example, printed, _SHOWN)}")
