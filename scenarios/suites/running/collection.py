"""Finds the scenarios that somebody names, and makes cases of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from ....sim.domain.timestamps import MICROSECONDS
from ....sim.files.problems import Problem
from ....sim.files.regular import read_regular
from ....sim.files.yaml_text import read_yaml
from ..file.keys import KIND
from ..file.library import LIBRARY, LibraryError, find, is_of_library
from ..file.parameters import Values, named
from ..file.scenario_file import ScenarioError, ScenarioFile
from ..file.sources import included_by
from .case import Case

SUFFIXES = (".yaml", ".yml")
_KIND = re.compile(rf"({KIND.pattern})=(.+)", re.DOTALL)
"""An app for cases of one kind: `fcr=my_fcr.py --droop 2`."""
_OWN_KEYS = {"scenario", "steps", "checks"}
"""Keys by which a scenario is told from other files in a folder."""


class Shard(NamedTuple):
    """One part of several into which cases are shared out."""

    number: int
    """From 1."""
    of: int


def collect(paths: Sequence[Path], lacks_app: Callable[[str], bool] = lambda _name: False) -> list[Case]:
    """Return a case for each scenario file, in the order of their names within each path.

    Args:
        paths: Scenario files, folders, of which those files are taken that have a key `scenario`, and what the
            library calls its own, such as `library:storage`.
        lacks_app: Says of the name of a case or file whether it has no application but that of the file. What is
            wrong for want of one is told beside whatever else is wrong; see `check_apps`.

    Raises:
        ScenarioError: If any of them is wrong, or there is none; says everything that is.
    """
    problems: list[Problem] = []
    cases: dict[tuple[Path, Values], Case] = {}
    for path in paths:
        try:
            found = list(_files(path))
        except LibraryError as error:
            problems.append(Problem(str(path), None, None, "", error.found, error.accepted))
            continue
        if not found:
            accepted = (
                f"a scenario file, or a folder with some ({', '.join(SUFFIXES)}, with a key `scenario`)"
            )
            problems.append(Problem(str(path), None, None, "", "without any scenario", accepted))
        for file in found:
            root = LIBRARY if is_of_library(str(path)) else path
            name = file.relative_to(root).with_suffix("").as_posix() if root.is_dir() else file.stem
            if not _is_text(name):
                found_name = ascii(str(file))
                problems.append(Problem(found_name, None, None, "", "a name that is no UTF-8", "one that is"))
                continue
            for case in _cases(file, name.replace("/", "."), problems, lacks_app):
                cases.setdefault((file.resolve(), case.values), case)
    names = [case.name for case in cases.values()]
    for case in cases.values():
        if names.count(case.name) > 1:
            accepted = "names of their own, or one folder around them"
            problems.append(
                Problem(str(case.path), None, None, "", f"one of several cases {case.name!r}", accepted)
            )
    if problems:
        problems += _without_app([case for case in cases.values() if lacks_app(case.name)])
        raise ScenarioError(tuple(dict.fromkeys(problems)))
    return list(cases.values())


def chosen(cases: Sequence[Case], patterns: Sequence[str], shard: Shard | None) -> list[Case]:
    """Return the cases whose names fit any of the patterns, and of those the part of a shard.

    Args:
        cases: In their order.
        patterns: With `*` and `?`, or parts of names; all cases if there are none.
        shard: All cases if None.
    """
    fitting = [case for case in cases if fits(case.name, patterns)]
    return fitting if shard is None else fitting[shard.number - 1 :: shard.of]


def with_apps(cases: Sequence[Case], apps: Sequence[str]) -> tuple[list[Case], list[Case]]:
    """Return the cases with other applications in place of those that their files name, and those left out.

    Args:
        cases: As they were chosen.
        apps: Command lines: `APP` for the cases that are for no kind of controller in particular, or for all if
            they are for one kind; `KIND=APP` for those of a kind. Cases of other kinds are left out, unless there
            is no app at all.

    Raises:
        ValueError: If two are for the same cases, or one is for none.
    """
    kinds = {case.job for case in cases}
    only = next(iter(kinds)) if len(kinds) == 1 else None
    given: dict[str | None, str] = {}
    for text in apps:
        named_kind = _KIND.match(text)
        kind, command = named_kind[1] if named_kind else only, command_of(text)
        if kind in given:
            raise ValueError(
                f"{text!r}, beside {given[kind]!r}; accepted: one app for each kind of controller"
            )
        if named_kind and kind not in kinds:
            known = ", ".join(f"{each}=APP" for each in sorted(filter(None, kinds)))
            raise ValueError(f"{text!r}, for which there is no case; accepted: APP{known and ', '}{known}")
        given[kind] = command
    if not given:
        return list(cases), []
    return (
        [replace(case, app=given[case.job]) for case in cases if case.job in given],
        [case for case in cases if case.job not in given],
    )


def command_of(app: str) -> str:
    """Return the command line of `APP` or `KIND=APP`."""
    named_kind = _KIND.match(app)
    return app if named_kind is None else named_kind[2]


def check_apps(cases: Sequence[Case]) -> None:
    """See that cases whose files say something about an application have one.

    Raises:
        ScenarioError: If not; says all that would say nothing.
    """
    if problems := _without_app(cases):
        raise ScenarioError(tuple(dict.fromkeys(problems)))


def _without_app(cases: Iterable[Case]) -> list[Problem]:
    return [problem for case in cases if case.app is None for problem in case.without_app]


def _cases(
    file: Path, name: str, problems: list[Problem], lacks_app: Callable[[str], bool]
) -> Iterator[Case]:
    try:
        read = ScenarioFile(file)
        for values, scenario in zip(read.combinations, read.scenarios(), strict=True):
            length_us = scenario.end_us - scenario.start_us
            yield Case(
                named(name, values), file, values, about=scenario.section.scenario, own_seed=scenario.section.seed,
                job=scenario.section.job, duration_s=length_us / MICROSECONDS,
                without_app=read.problems_without_app(scenario),
            )  # fmt: skip
    except ScenarioError as error:
        problems += error.problems
        problems += error.without_app if lacks_app(name) else ()


def _is_text(name: str) -> bool:
    """Say whether a name is one that can be written into a verdict."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Say whether the name of a case fits any of the patterns; all do if there are none."""
    return not patterns or any(fnmatchcase(name, pattern) or pattern in name for pattern in patterns)


def _files(path: Path) -> Iterator[Path]:
    if is_of_library(str(path)):
        yield from find(str(path))
        return
    if not path.is_dir():
        yield path
        return
    files = [file for file in sorted(path.rglob("*")) if file.suffix in SUFFIXES and file.is_file()]
    included = included_by(files)
    for file in files:
        if _is_scenario(file, _OWN_KEYS if file.resolve() not in included else {"scenario"}):
            yield file


def _is_scenario(file: Path, keys: Set[str]) -> bool:
    """Say whether a file is a scenario, or may be meant to be one, as it has one of some keys."""
    try:
        yaml = read_yaml(read_regular(file))
    except OSError:
        return True
    return not yaml.is_readable or (isinstance(yaml.data, dict) and not keys.isdisjoint(yaml.data))
