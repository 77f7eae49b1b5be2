"""Text of strangers, fit for a terminal and a log."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with escapes for what would move the cursor, break the line or show as something else."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
