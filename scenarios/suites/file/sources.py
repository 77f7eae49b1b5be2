"""A scenario file and those that it includes, as one content whose parts know in which file and line they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ....sim.files.problems import Finding, Place, Problem, kind_of, shown, written_path
from ....sim.files.regular import read_regular, why_unreadable
from ....sim.files.yaml_text import YamlText, read_yaml

KEY = "include"
_LISTS = ("steps", "checks", "without")
"""What of several files counts together, that of included ones first; of other keys that of the including file."""
_NAMED = "parameters"
"""Where each name counts for itself."""
_PATHS = ("site", "app", "tariff")
"""What stands for another file in another folder."""
_ACCEPTED = "the path of a YAML file, relative to this one"
_MOST_DEEP = 20
"""Files of which each includes the next."""


class _Origin(NamedTuple):
    """Where a part of the content stands."""

    file: Path
    yaml: YamlText
    place: Place


@dataclass
class Sources:
    """The content of a scenario file, with what it includes."""

    path: Path
    data: object = None
    """Of all files together; None if the first cannot be read."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with the texts and with what they include."""
    included: list[Path] = field(default_factory=list)
    """Files that were taken in, with all links in their paths followed."""
    is_whole: bool = True
    """Whether all that is included could be taken in."""
    _origins: dict[Place, _Origin] = field(default_factory=dict)
    _clashes: dict[Place, tuple[_Origin, _Origin]] = field(default_factory=dict)
    """Where two files that do not include one another say different things, and no file that includes both decides."""
    _main: YamlText = field(default_factory=YamlText)

    @classmethod
    def read(cls, path: Path) -> Sources:
        """Read a file and all that it includes.

        Raises:
            OSError: If the file itself cannot be read; what it includes is among the problems then.
        """
        sources = cls(path)
        sources._main = read_yaml(read_regular(path))
        sources.data = sources._main.data
        merged: dict[str, Any] = {}
        sources._take_in(path, sources._main, merged, (path,))
        for first, second in sources._clashes.values():
            sources._tell_clash(first, second)
        if isinstance(sources.data, dict):
            sources.data = merged
        return sources

    @property
    def is_readable(self) -> bool:
        """Whether the first file is YAML at all."""
        return self._main.is_readable

    def problem(self, finding: Finding) -> Problem | None:
        """Return what is wrong at a place of the content, in its file; None if the text there is wrong anyway."""
        origin, rest = self._origin(finding.path)
        place = (*origin.place, *rest)
        if any(fault.finding.path == place for fault in origin.yaml.faults):
            return None
        line = origin.yaml.line(place)
        return Problem(str(origin.file), line, None, written_path(place), finding.found, finding.accepted)

    def folder(self, key: str) -> Path:
        """Return where the paths begin that a key names: the folder of the file in which it stands."""
        return self._origin((key,))[0].file.parent

    def part(self, key: str, data: object) -> YamlText:
        """Return the text of a key's value, with other content in the same places."""
        origin, _ = self._origin((key,))
        return origin.yaml.part(origin.place, data)

    def _origin(self, place: Place) -> tuple[_Origin, Place]:
        for depth in (2, 1):
            if place[:depth] in self._origins:
                return self._origins[place[:depth]], place[depth:]
        return _Origin(self.path, self._main, ()), place

    def _take_in(self, file: Path, yaml: YamlText, merged: dict[str, Any], chain: tuple[Path, ...]) -> None:
        self.problems += [
            Problem(
                str(file), fault.line, None, written_path(fault.finding.path), fault.finding.found,
                fault.finding.accepted,
            )
            for fault in yaml.faults
        ]  # fmt: skip
        if not isinstance(yaml.data, dict):
            self.is_whole = False
            if len(chain) > 1 and yaml.is_readable:
                self._tell(file, yaml, (), kind_of(yaml.data), "a mapping with steps, checks or other keys")
            return
        before = self._said(merged)
        named = yaml.data.get(KEY)
        if not isinstance(named, str | list | None):
            self._miss(file, yaml, (KEY,), shown(named), f"a list: {_ACCEPTED}")
            named = None
        for number, name in enumerate([named] if isinstance(named, str) else named or ()):
            place = (KEY,) if isinstance(named, str) else (KEY, number)
            self._include(file, yaml, place, name, merged, chain)
        for key, value in yaml.data.items():
            if key != KEY:
                self._merge(_Origin(file, yaml, (key,)), key, value, merged, before)

    def _include(
        self, file: Path, yaml: YamlText, place: Place, name: object, merged: dict[str, Any], chain: tuple[Path, ...]
    ) -> None:  # fmt: skip
        if not isinstance(name, str) or not name:
            self._miss(file, yaml, place, shown(name), _ACCEPTED)
            return
        target = file.parent / name
        try:
            resolved = target.resolve()
            if resolved in [each.resolve() for each in chain]:
                words = " includes ".join(each.name for each in (*chain, target))
                self._tell(
                    file, yaml, place, f"in a circle: {words}", "a file that does not include this one"
                )
                return
            if resolved in self.included:
                return
            if len(chain) > _MOST_DEEP:
                found = f"{shown(name)}, in file {len(chain)} of those that include one another"
                self._miss(file, yaml, place, found, f"includes of at most {_MOST_DEEP} files in a row")
                return
            text = read_regular(target)
        except (OSError, ValueError, RuntimeError) as error:
            self._miss(file, yaml, place, f"{shown(name)} ({_reason(error)})", _ACCEPTED)
            return
        self.included.append(resolved)
        self._take_in(target, read_yaml(text), merged, (*chain, target))

    def _merge(
        self,
        origin: _Origin,
        key: str,
        value: object,
        merged: dict[str, Any],
        before: Mapping[Place, tuple[_Origin, object]],
    ) -> None:
        """Take in the value of a key of a file.

        Args:
            origin: Where it stands.
            key: Its name.
            value: What it says.
            merged: What files say together.
            before: What had been said before this file, and what it includes, was taken in.
        """
        known = merged.get(key)
        if key in _LISTS and isinstance(value, list) and isinstance(known, list | None):
            merged[key] = known = known or []
            for number, item in enumerate(value):
                self._origins[key, len(known)] = origin._replace(place=(key, number))
                known.append(item)
        elif key == _NAMED and isinstance(value, dict) and isinstance(known, dict | None):
            merged[key] = (known or {}) | value
            for name, inner in value.items():
                inner_origin = origin._replace(place=(key, name))
                self._compare((key, name), inner_origin, inner, before)
                self._origins[key, name] = inner_origin
        else:
            self._compare((key,), origin, value, before)
            merged[key] = value
        self._origins[key,] = origin

    def _said(self, merged: Mapping[Any, Any]) -> dict[Place, tuple[_Origin, object]]:
        """Return what files say of keys of which one alone counts, and where."""
        said = {}
        for place, origin in self._origins.items():
            key, *inner = place
            value = merged.get(key)
            if key == _NAMED and inner and isinstance(value, dict):
                said[place] = origin, value.get(inner[0])
            elif not inner and key not in (*_LISTS, _NAMED):
                said[place] = origin, value
        return said

    def _compare(
        self, place: Place, origin: _Origin, value: object, before: Mapping[Place, tuple[_Origin, object]]
    ) -> None:
        """Remember where a file says something else than one that it does not include."""
        self._clashes.pop(place, None)
        if place not in before:
            return
        first, said = before[place]
        is_same_file = place[0] not in _PATHS or first.file.parent == origin.file.parent
        if said != value or not is_same_file:
            self._clashes[place] = first, origin

    def _tell_clash(self, first: _Origin, second: _Origin) -> None:
        where = f"{first.file}:{first.yaml.line(first.place)}"
        accepted = f"one of them, or {written_path(second.place)} in {self.path.name} itself"
        self._tell(second.file, second.yaml, second.place, f"another one than at {where}", accepted)

    def _miss(self, file: Path, yaml: YamlText, place: Place, found: str, accepted: str) -> None:
        """Tell of an include that cannot be taken in."""
        self.is_whole = False
        self._tell(file, yaml, place, found, accepted)

    def _tell(self, file: Path, yaml: YamlText, place: Place, found: str, accepted: str) -> None:
        self.problems.append(Problem(str(file), yaml.line(place), None, written_path(place), found, accepted))


def included_by(files: Iterable[Path]) -> set[Path]:
    """Return the files that others include, with all links in their paths followed."""
    found: set[Path] = set()
    for file in files:
        try:
            if f"{KEY}:".encode() in read_regular(file):
                found.update(Sources.read(file).included)
        except OSError:
            continue
    return found


def _reason(error: Exception) -> str:
    return why_unreadable(error) if isinstance(error, OSError) else str(error)
