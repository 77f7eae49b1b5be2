"""The workflow files of `examples/ci` are what CI services take, and what they run is there."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command
from typer.testing import CliRunner

from doppelgrid.cli.main import app
from doppelgrid.scenarios.suites.running.collection import collect

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "ci"
FILES = ("github-actions.yml", "gitlab-ci.yml")


def commands(name: str) -> list[list[str]]:
    """Return the words of the commands that a file has run."""
    return [shlex.split(re.sub(r"\$\{\{.*?\}\}|\$\w+", "1", line)) for line in texts(content(name))]


def content(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((FOLDER / name).read_text())


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)
    elif isinstance(part, str) and part.startswith(("doppelgrid ", "pip ")):
        yield part


def test_each_has_the_parts_that_its_service_wants() -> None:
    (job,) = content("github-actions.yml")["jobs"].values()
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert content("gitlab-ci.yml")["scenarios"]["artifacts"]["reports"]["junit"] == "junit.xml"


@pytest.mark.parametrize("name", FILES)
def test_commands_and_their_options_are_there(name: str) -> None:
    (words,) = [words for words in commands(name) if words[0] == "doppelgrid"]
    command: Any = get_command(app)
    command = command.commands[words[1]]
    with command.make_context("test", words[2:]) as context:
        assert context.params["junit"] == Path("junit.xml")
        assert [str(path) for path in context.params["paths"]] == ["suite"]
    assert (FOLDER / "suite").is_dir()


@pytest.mark.parametrize("name", FILES)
def test_extras_that_are_installed_are_there(name: str) -> None:
    (words,) = [words for words in commands(name) if words[0] == "pip"]
    package, _, extras = words[2].rstrip("]").partition("[")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert package == project["name"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_the_suite_is_valid() -> None:
    assert [case.name for case in collect([FOLDER / "suite"])] == [
        "load_step", "stale_meter[how=frozen]", "stale_meter[how=nan]"
    ]  # fmt: skip


@pytest.mark.slow
def test_the_suite_passes() -> None:
    ended = CliRunner().invoke(app, ["test", str(FOLDER / "suite"), "--jobs", "2"])
    assert ended.exit_code == 0, ended.output
