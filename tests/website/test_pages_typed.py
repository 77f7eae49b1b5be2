"""Whoever types a page gets what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typed_pages import Typist

DOCS = Path(__file__).parents[2] / "docs"
TYPED = [path for path in sorted(DOCS.rglob("*.md")) if "<!-- run" in path.read_text("utf-8")]


@pytest.mark.slow
@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_page_typed_in_an_empty_folder_does_what_it_shows(page: Path, tmp_path: Path) -> None:
    Typist(tmp_path).type_page(page)


@pytest.mark.parametrize("page", sorted((DOCS / "tutorials").glob("*.md")), ids=lambda page: page.stem)
def test_every_tutorial_is_typed(page: Path) -> None:
    assert page in TYPED


def test_the_workflow_of_the_tutorial_runs_what_the_page_runs(tmp_path: Path) -> None:
    page = (DOCS / "tutorials" / "ci.md").read_text("utf-8")
    workflow = YAML(typ="safe").load(re.search(r'title="\.github.*?"\n(.*?)```', page, re.DOTALL)[1])
    (suite,) = (step["run"] for step in workflow["jobs"]["test"]["steps"] if "pytest" in step.get("run", ""))
    assert page.count(f"<!-- run -->\n```console\n$ {suite}\n") == 1
    assert page.count(f"<!-- run: exit 1 -->\n```console\n$ {suite}\n") == 1


def typed(folder: Path, text: str) -> None:
    """Type a page of a given text."""
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    Typist(folder).type_page(page)


def test_files_of_a_page_are_there_for_its_commands(tmp_path: Path) -> None:
    typed(
        tmp_path,
        '```python title="say.py"\nprint("one\\ntwo\\nthree")\n```\n\n'
        "<!-- run -->\n```console\n$ python say.py\none\n...\nthree\n```\n",
    )


def test_blocks_that_do_not_say_so_are_not_run(tmp_path: Path) -> None:
    typed(tmp_path, "```console\n$ touch typed\n```\n")
    assert not (tmp_path / "typed").exists()


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("<!-- run -->\n```console\n$ echo two\none\n```\n", "Expected:\n    one\nGot:\n    two"),
        ("<!-- run -->\n```console\n$ exit 3\n```\n", "ended with 3"),
        ("<!-- run: exit 1 -->\n```console\n$ true\n```\n", "ended with 0"),
        ("<!-- run: until one -->\n```console\n$ echo two\n```\n", "ended without printing 'one'"),
        ("<!-- run: in the background -->\n```console\n$ false\n```\n", "ended:"),
        ("<!-- run: twice -->\n```console\n$ true\n```\n", "'twice'; accepted: exit CODE"),
        ("<!-- run -->\n```console\nno command\n```\n", "no line that begins with `$ `"),
        ("<!-- run -->\n", "no console block below the last"),
    ],
)
def test_a_page_that_shows_something_else_is_refused(block: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=re.escape(told)):
        typed(tmp_path, block)


def test_a_command_is_interrupted_once_it_has_printed_what_is_waited_for(tmp_path: Path) -> None:
    typed(
        tmp_path,
        '```python title="count.py"\nimport time\nnumber = 0\nwhile True:\n'
        "    print(number)\n    number += 1\n    time.sleep(0.01)\n```\n\n"
        "<!-- run: until 12 -->\n```console\n$ python count.py\n```\n",
    )
