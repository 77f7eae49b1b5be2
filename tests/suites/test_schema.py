"""The schema by which editors complete scenario files: it takes those that run, and refuses slips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from doppelgrid.cli.main import app
from doppelgrid.scenarios.suites.file.library import LIBRARY
from doppelgrid.scenarios.suites.file.schema import scenario_schema
from doppelgrid.sim.files.yaml_text import read_yaml

EXAMPLES = Path(__file__).parents[2] / "examples" / "scenarios"


def content(path: Path) -> Any:
    return read_yaml(path.read_bytes()).data


@pytest.fixture(scope="module")
def checker() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(scenario_schema())
    return jsonschema.Draft202012Validator(scenario_schema())


def test_it_takes_all_examples_and_the_library(checker: jsonschema.Draft202012Validator) -> None:
    paths = [*EXAMPLES.glob("*.yaml"), *Path(LIBRARY).rglob("*.yaml")]
    wrong = {
        path.name: error.message
        for path in paths
        if isinstance(content(path), dict) and "scenario" in content(path)
        for error in checker.iter_errors(content(path))
    }
    assert len(paths) > 2
    assert wrong == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("site: demo", "sit: demo"),
        ("duration: 1 h", "duration: 1"),
        ("fault: {bat-inv: trip}", "fault: {bat-inv: tripp}"),
        ("{at: 10 min,", "{att: 10 min,"),
        ("over: 2 min", "over: soon"),
        ("always: battery.soc > 20 %", "always: 20"),
        ("interval: 1 s", "interval: $$"),
    ],
)
def test_it_refuses_slips(checker: jsonschema.Draft202012Validator, old: str, new: str) -> None:
    text = (EXAMPLES / "inverter_trips.yaml").read_text()
    assert old in text
    assert not checker.is_valid(YAML(typ="safe", pure=True).load(text.replace(old, new)))


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(app, ["check", "--scenario-schema"])
    assert json.loads(printed.output) == scenario_schema()
