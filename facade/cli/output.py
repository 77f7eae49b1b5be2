"""Standard output where it cannot carry every character: an ASCII or Latin-1 terminal, or a pipe into a file of one."""

from __future__ import annotations

import io
import json
import re
import sys

import typer

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def print_whatever_fits() -> None:
    """Print a question mark from now on in place of each character that standard output cannot carry."""
    # Standard error writes such characters as escapes, by Python's own default.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def print_json(text: str) -> None:
    """Print JSON, with JSON's own escapes where standard output cannot carry all of its characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = _BEYOND_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text)
    typer.echo(text)
