"""Text of strangers, fit for a terminal and a log."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with escapes for what would move the cursor, break the line or show as something else."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def steers(text: str) -> bool:
    """Say whether a text holds what is neither letter, sign nor blank, but steers a terminal: C0, DEL and C1."""
    return any((one < " " and one not in "\t\r\n") or "\x7f" <= one < "\xa0" for one in text)
