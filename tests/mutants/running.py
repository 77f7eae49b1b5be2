"""How pytest is started on a copy of the program, and what it reports."""

from __future__ import annotations

import os
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """A test that has run."""

    name: str
    """By which pytest takes it; of a file that could not be read, the file."""
    seconds: float
    result: str
    """`passed`, `failed` or `skipped`."""


def pytest_command(report: Path, *words: str) -> list[str]:
    """Return the command that runs tests the same way each time, and writes a report.

    Its temporary files are beside the report, where no other run of pytest tidies up.
    """
    return [
        sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0",
        f"--junitxml={report}", "-o", "junit_family=xunit1", f"--basetemp={report.parent / 'temporary'}",
        "-o", "faulthandler_timeout=0", *words,
    ]  # fmt: skip


def environment(packages: Path, left: Path) -> dict[str, str]:
    """Return the environment of a run.

    Args:
        packages: Folder of packages whose program answers.
        left: Folder for what it leaves behind for later runs: compiled functions and examples of Hypothesis.
    """
    return {
        **os.environ,
        "PYTHONPATH": str(packages),
        "PYTHONSAFEPATH": "1",
        "XDG_CACHE_HOME": str(left / "cache"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(left / "hypothesis"),
    }


def cases(report: Path) -> Iterator[Case]:
    """Yield the tests of a report in the order in which they ended."""
    for case in ET.parse(report).iter("testcase"):
        marks = {child.tag for child in case}
        result = "failed" if marks & {"failure", "error"} else "skipped" if "skipped" in marks else "passed"
        yield Case(_name(case), float(case.get("time", 0.0)), result)


def _name(case: ET.Element) -> str:
    file, name = case.get("file", ""), case.get("name", "")
    if not file:
        return f"{name.replace('.', '/')}.py"
    within = case.get("classname", "").removeprefix(file.removesuffix(".py").replace("/", ".")).strip(".")
    return "::".join([file, *(within.split(".") if within else []), name])
