"""A command as one line that a shell reads, whatever letters are in its words."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable

_ESCAPES = {"\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": r"\\", "'": r"\'"}


def shell_line(words: Iterable[str]) -> str:
    """Return words as a shell takes them; those that cannot be printed as bash and zsh do, `$'…'`."""
    return " ".join(shlex.quote(word) if word.isprintable() else f"$'{_escaped(word)}'" for word in words)


def _escaped(word: str) -> str:
    return "".join(
        _ESCAPES.get(letter) or (letter if letter.isprintable() else _in_bytes(letter)) for letter in word
    )


def _in_bytes(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(letter))
