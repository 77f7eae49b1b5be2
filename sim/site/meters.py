"""Which meters an inverter may regulate: those in front of it, whose power goes with its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..files.problems import one_of


def wrong_meter(key: str, meter: str, behind: Mapping[str, Sequence[str]]) -> str | None:
    """Return what would be accepted in place of a meter that an inverter is not behind; None if it is.

    Args:
        key: Of the inverter.
        meter: Key of what it regulates to 0 W.
        behind: For each component, what it is right behind.
    """
    found = _in_front(key, behind)
    return None if meter in found else f"a component it is behind: {one_of(found, meter)}"


def _in_front(key: str, behind: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keys of everything that a component is behind, the nearest first."""
    found: list[str] = []
    waiting = [key]
    while waiting:
        for parent in behind.get(waiting.pop(0), ()):
            if parent in behind and parent not in found:
                found.append(parent)
                waiting.append(parent)
    return found
