"""Characters that no file needs: those that steer a terminal, and halves of others, which cannot be written."""

from __future__ import annotations


def steers(text: str) -> bool:
    """Say whether a text holds what is neither letter, sign nor blank, but steers a terminal: C0, DEL and C1."""
    return any((one < " " and one not in "\t\r\n") or "\x7f" <= one < "\xa0" for one in text)


def has_halves(text: str) -> bool:
    """Say whether a text holds half a character (a surrogate), as an escape in UTF-16 gives."""
    return any("\ud800" <= one <= "\udfff" for one in text)
