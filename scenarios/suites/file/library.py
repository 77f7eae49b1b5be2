"""The scenarios that ship with the package, by the names that people call them: `library:`, `library:storage`."""

from __future__ import annotations

from pathlib import Path

from ....sim.files.problems import UnacceptedError, did_you_mean

LIBRARY = Path(__file__).parents[2] / "library"
PREFIX = "library:"
_BESIDE = {"sites", "tariffs"}
"""Folders of what scenarios need."""


class LibraryError(UnacceptedError):
    """Nothing in the library is called so."""


def is_of_library(text: str) -> bool:
    """Say whether somebody means the library, rather than a path."""
    return text.startswith(PREFIX)


def groups() -> list[str]:
    """Return the names of the folders that hold scenarios."""
    return sorted({name.partition("/")[0] for name in scenarios()})


def scenarios() -> dict[str, Path]:
    """Return every scenario by its group and name, such as `storage/fcr_step`."""
    found = sorted(LIBRARY.glob("*/*.yaml"))
    return {
        path.relative_to(LIBRARY).with_suffix("").as_posix(): path
        for path in found
        if path.parent.name not in _BESIDE
    }


def find(text: str) -> list[Path]:
    """Return the scenarios that `library:`, a group (`library:storage`) or a name of it (`library:fcr_step`) means.

    Raises:
        LibraryError: If there is none.
    """
    wanted = text.removeprefix(PREFIX).removesuffix(".yaml").strip("/")
    known = scenarios()
    found = [
        path
        for name, path in known.items()
        if not wanted or wanted in (name, name.partition("/")[0], name.rpartition("/")[2])
    ]
    if not found:
        names = [f"{PREFIX}{name}" for name in groups()]
        meant = did_you_mean(text, [*names, *(f"{PREFIX}{name}" for name in known)])
        raise LibraryError(
            "called by no name of the library",
            f"{PREFIX}, {', '.join(names)}, and a name in one of them{meant}",
        )
    return found


def name_of(path: Path) -> str | None:
    """Return what a file is called in commands, where that is not its path; None of any other.

    A file of the library has a name there, and what begins with `-` would be taken for an option.
    """
    if path.is_relative_to(LIBRARY):
        return f"{PREFIX}{path.relative_to(LIBRARY).with_suffix('').as_posix()}"
    return f"./{path}" if str(path).startswith("-") else None
