"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def code(text: object) -> str:
    """Return a text as code within a line."""
    return f"`{text}`"


def escaped(text: str) -> str:
    """Return a text that stands in no mark-up, such as a comment, so that it reads as it is."""
    for character in "\\`*_[]<>#":
        text = text.replace(character, f"\\{character}")
    return text


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
