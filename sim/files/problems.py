"""What is wrong with a file that somebody wrote: where, what was found, and what would be accepted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

Place = tuple[str | int, ...]
"""Way through a file's mappings and lists, from its top."""

_LONGEST = 60
_LONGEST_SUBJECT = 200
_LONGEST_FOUND = 1000
_LONGEST_ACCEPTED = 5000
_MOST_LINES = 100
_NUMBER_FIRST = re.compile(r"[+-]?\.?\d")


class Finding(NamedTuple):
    """Something wrong at one place of a file's content."""

    path: Place
    found: str
    accepted: str


class Problem(NamedTuple):
    """Something wrong with a file: at one of its lines, or as a whole."""

    file: str
    line: int | None
    """None where no line is at fault, as of a file that is not there."""
    component: str | None
    """Key of the component that it concerns, if it concerns one."""
    field: str
    """Keys that lead to the value, within the component if there is one; empty for the whole of it."""
    found: str
    accepted: str

    @property
    def place(self) -> str:
        """File and line, or the file alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    @property
    def subject(self) -> str:
        """What is wrong, by its name."""
        return ".".join(filter(None, (self.component, self.field))) or "the file"

    def __str__(self) -> str:
        found, accepted = shortened(self.found, _LONGEST_FOUND), shortened(self.accepted, _LONGEST_ACCEPTED)
        return f"{self.place}: {shortened(self.subject, _LONGEST_SUBJECT)} is {found}; accepted: {accepted}"


class FileError(ValueError):
    """A file is wrong: says everything that is, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Gather the problems of one file."""
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return in_lines(self.problems)


class UnacceptedError(ValueError):
    """Somebody wrote what cannot be: says what was found, and what would be accepted."""

    def __init__(self, found: str, accepted: str) -> None:
        """Say what is wrong."""
        super().__init__(f"{found}; accepted: {accepted}")
        self.found = found
        self.accepted = accepted


def in_lines(problems: Collection[object]) -> str:
    """Return problems as lines, the first hundred of them and how many there are beside."""
    lines = [str(problem) for problem in islice(problems, _MOST_LINES)]
    if len(problems) > _MOST_LINES:
        lines.append(f"and {len(problems) - _MOST_LINES} more like these")
    return "\n".join(lines)


def written_path(path: Place) -> str:
    """Return a path as people write it: `load.points[0].value`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def shown(value: object) -> str:
    """Return a value of a file as a message shows it: numbers and quantities bare, other text in quotes."""
    match value:
        case None | {} | [] | () if not value:
            return "empty"
        case bool():
            return str(value).lower()
        case str():
            return _shown_text(value)
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return _shortened(_shown_number(value))


def kind_of(value: object) -> str:
    """Return what a value of a file is, without what it says: a file named by mistake may hold secrets."""
    match value:
        case None:
            return "empty"
        case str():
            return "text"
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case _:
            return shown(value)


def _shown_text(text: str) -> str:
    bare = text.isprintable() and _NUMBER_FIRST.match(text) and not text.endswith(" ")
    return _shortened(text) if bare else repr(_shortened(text))


def _shown_number(value: object) -> str:
    if isinstance(value, int) and abs(value) >= 10**_LONGEST:
        return "a number of more than 60 digits"
    return str(value)


def _shortened(text: str) -> str:
    return shortened(text, _LONGEST)


def shortened(text: str, longest: int) -> str:
    """Return a text with no more than so many characters of it, an ellipsis for the rest among them."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def with_article(name: str) -> str:
    """Return the name of a category, a type or the like behind `a` or `an`, by how it is spoken."""
    is_spelled_out = name.lower().startswith("hvac")
    article = "an" if is_spelled_out or name[:1].lower() in tuple("aeiou") else "a"
    return f"{article} {name}"


def one_of(names: Iterable[str], found: object = None) -> str:
    """Return the accepted names in words, with the one that was probably meant."""
    accepted = list(names)
    return ", ".join(accepted) + did_you_mean(found, accepted)


def did_you_mean(found: object, names: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the name most like what was found, or nothing if none is like it."""
    name = most_like(found, names)
    return "" if name is None else f" (did you mean '{name}'?)"


def most_like(found: object, names: Iterable[str]) -> str | None:
    """Return the name most like what was found; None if none is like it."""
    if not isinstance(found, str):
        return None
    by_lower = {name.lower(): name for name in names}
    close = get_close_matches(found[:_LONGEST].lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None
