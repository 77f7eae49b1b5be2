"""Finds the scenarios that somebody names, and makes cases of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from ...sim.domain.timestamps import MICROSECONDS
from ...sim.files.problems import Problem
from ...sim.files.yaml_text import read_yaml
from .case import Case
from .parameters import Values, named
from .scenario_file import ScenarioError, ScenarioFile

SUFFIXES = (".yaml", ".yml")
_OWN_KEYS = {"scenario", "steps", "checks"}
"""Keys by which a scenario is told from other files in a folder."""


class Shard(NamedTuple):
    """One part of several into which cases are shared out."""

    number: int
    """From 1."""
    of: int


def collect(paths: Sequence[Path]) -> list[Case]:
    """Return a case for each scenario file, in the order of their names within each path.

    Args:
        paths: Scenario files, and folders, of which those files are taken that have a key `scenario`.

    Raises:
        ScenarioError: If any of them is wrong, or there is none; says everything that is.
    """
    problems: list[Problem] = []
    cases: dict[tuple[Path, Values], Case] = {}
    for path in paths:
        found = list(_files(path))
        if not found:
            accepted = (
                f"a scenario file, or a folder with some ({', '.join(SUFFIXES)}, with a key `scenario`)"
            )
            problems.append(Problem(str(path), 1, None, "", "without any scenario", accepted))
        for file in found:
            name = file.relative_to(path).with_suffix("").as_posix() if path.is_dir() else file.stem
            for case in _cases(file, name.replace("/", "."), problems):
                cases.setdefault((file.resolve(), case.values), case)
    names = [case.name for case in cases.values()]
    for case in cases.values():
        if names.count(case.name) > 1:
            accepted = "names of their own, or one folder around them"
            problems.append(
                Problem(str(case.path), 1, None, "", f"one of several cases {case.name!r}", accepted)
            )
    if problems:
        raise ScenarioError(tuple(dict.fromkeys(problems)))
    return list(cases.values())


def chosen(cases: Sequence[Case], patterns: Sequence[str], shard: Shard | None) -> list[Case]:
    """Return the cases whose names fit any of the patterns, and of those the part of a shard.

    Args:
        cases: In their order.
        patterns: With `*` and `?`, or parts of names; all cases if there are none.
        shard: All cases if None.
    """
    fitting = [
        case for case in cases if not patterns or any(_fits(case.name, pattern) for pattern in patterns)
    ]
    return fitting if shard is None else fitting[shard.number - 1 :: shard.of]


def _cases(file: Path, name: str, problems: list[Problem]) -> Iterator[Case]:
    try:
        read = ScenarioFile(file)
        for values in read.combinations:
            length_us = (scenario := read.scenario(values)).end_us - scenario.start_us
            yield Case(named(name, values), file, values, duration_s=length_us / MICROSECONDS)
    except ScenarioError as error:
        problems += error.problems


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or pattern in name


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.suffix in SUFFIXES and file.is_file() and _is_scenario(file):
            yield file


def _is_scenario(file: Path) -> bool:
    """Say whether a file is a scenario, or may be meant to be one."""
    try:
        yaml = read_yaml(file.read_bytes())
    except OSError:
        return True
    return not yaml.is_readable or (isinstance(yaml.data, dict) and not _OWN_KEYS.isdisjoint(yaml.data))
