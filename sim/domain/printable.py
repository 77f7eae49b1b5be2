"""Text of strangers, fit for a terminal and a log."""

from __future__ import annotations

import re
from bisect import bisect_right

_LONG_QUOTE = re.compile(r"'[^']{61,}'|\"[^\"]{61,}\"")
_KEPT_OF_QUOTE = 40
_PLAIN = bytes(code for code in range(0x20, 0x7F) if code != ord("%"))
"""What an error of gRPC carries as it is; every other byte takes it three."""


def printable(text: str) -> str:
    """Return a text with escapes for what would move the cursor, break the line or show as something else."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def cut(text: str, most_bytes: int) -> str:
    """Return a text that fits into an error of gRPC: of a longer one quotes are cut first, and then its middle.

    Args:
        text: May have any characters, halves of some (surrogates) among them, which are escaped.
        most_bytes: Longest that it may be on the wire.
    """
    text = text.encode("utf-8", "backslashreplace").decode()
    if _size(text) <= most_bytes:
        return text
    text = _LONG_QUOTE.sub(lambda quote: f"{quote[0][: _KEPT_OF_QUOTE + 1]}…{quote[0][0]}", text)
    if _size(text) <= most_bytes:
        return text
    gap = " … "
    half_bytes = (most_bytes - _size(gap)) // 2
    return _beginning(text, half_bytes) + gap + _beginning(text[::-1], half_bytes)[::-1]


def _beginning(text: str, most_bytes: int) -> str:
    lengths = range(min(len(text), most_bytes) + 1)
    return text[: bisect_right(lengths, most_bytes, key=lambda length: _size(text[:length])) - 1]


def _size(text: str) -> int:
    encoded = text.encode()
    return len(encoded) + 2 * len(encoded.translate(None, _PLAIN))
