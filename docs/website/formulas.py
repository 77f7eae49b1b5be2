"""Turns formulas in TeX into MathML, which browsers draw by themselves: no script and no font is loaded."""

from __future__ import annotations

import re

from latex2mathml.converter import convert

_PARTS = re.compile(
    r"(?P<code>^(?P<fence>```+|~~~+).*?^(?P=fence)[^\n]*$|`[^`\n]+`)"
    r"|\$\$(?P<block>[^$]+)\$\$"
    r"|\$(?P<inline>[^$\s](?:[^$]*?[^$\s])?)\$",
    re.MULTILINE | re.DOTALL,
)


def with_formulas(text: str) -> str:
    """Return a page whose formulas, outside of code, are MathML.

    Args:
        text: Markdown with `$…$` within a line and `$$…$$` for a paragraph of its own.
    """
    return _PARTS.sub(_drawn, text)


def _drawn(match: re.Match[str]) -> str:
    if match["code"]:
        return match[0]
    if match["block"]:
        return convert(" ".join(match["block"].split()), display="block")
    # Markdown takes a line that begins with <math> for a paragraph of its own.
    return f"<span>{convert(' '.join(match['inline'].split()))}</span>"
