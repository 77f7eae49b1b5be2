"""Faults that change nothing anyone could notice, named with the reason."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .faults import Fault

EQUIVALENT = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Equivalent:
    """A fault that is none."""

    file: str
    function: str
    was: str
    """The lines that it changes, without their indentation."""
    now: str
    reason: str

    def is_of(self, fault: Fault) -> bool:
        """Return whether a fault is this one."""
        place = fault.place
        named = (self.file, self.function, self.was.strip(), self.now.strip())
        return (place.source.path, place.function, fault.was, fault.now) == named


def equivalents(path: Path = EQUIVALENT) -> list[Equivalent]:
    """Read the faults that are known to change nothing.

    Raises:
        TypeError: If one lacks something or has too much.
    """
    return [Equivalent(**each) for each in tomllib.loads(path.read_text()).get("equivalent", [])]


def reason_for(fault: Fault, known: Sequence[Equivalent]) -> str:
    """Return why a fault changes nothing; empty if that is not known."""
    return next((each.reason for each in known if each.is_of(fault)), "")
