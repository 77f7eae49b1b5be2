"""What other installed packages bring, by the entry points that they declare."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from traceback import extract_tb
from typing import NamedTuple, TypeVar

_Brought = TypeVar("_Brought")


class BrokenPackage(NamedTuple):
    """A package whose entry point is of no use."""

    package: str
    """Name and version."""
    entry_point: str
    """As the package declares it."""
    problem: str
    """What was found, and what would be accepted."""

    def __str__(self) -> str:
        return f"package {self.package}: entry point {self.entry_point}: {self.problem}"


def brought(
    group: str, check: Callable[[object], list[_Brought]]
) -> tuple[dict[str, list[_Brought]], list[BrokenPackage]]:
    """Load the entry points of a group; what one package does wrong keeps nobody from the others.

    Args:
        group: Such as `doppelgrid.component_types`.
        check: Returns what a loaded object brings.

            Raises `ValueError` if that is of no use; its text says what was found and what would be accepted.

    Returns:
        What each package brings, and what is wrong with the rest.
    """
    found: dict[str, list[_Brought]] = {}
    broken = []
    for entry in sorted(entry_points(group=group), key=lambda entry: (_package(entry), entry.name)):
        try:
            found.setdefault(_package(entry), []).extend(check(entry.load()))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a stranger's module does when it is imported
            broken.append(BrokenPackage(_package(entry), f"{entry.name} = {entry.value}", _said(error)))
    return found, broken


def raised(error: BaseException) -> str:
    """Return what was raised, and where, in one line."""
    last = extract_tb(error.__traceback__)[-1]
    said = str(error).strip().partition("\n")[0][:200]
    return f"{type(error).__name__}: {said} ({Path(last.filename).name}:{last.lineno})"


def _said(error: BaseException) -> str:
    """Return what an error says, in a line."""
    if type(error) is ValueError:
        return str(error)
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def _package(entry: EntryPoint) -> str:
    return "unknown" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
