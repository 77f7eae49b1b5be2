"""What the documentation shows works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest
from accuracy.pages import COMMAND, filled, model_pages
from website.reference import generated_pages

from doppelgrid.hardware import ComponentType, DeviceModel, Machine, Rating
from doppelgrid.sim.files.preset_comments import preset_file
from doppelgrid.sim.site.reader import parse_site

ROOT = Path(__file__).parents[1]
MADE = {ROOT / "docs" / name for name in generated_pages()}
"""Pages that the site has and the folder has not; `make docs` holds links between pages to their anchors, too."""
EXAMPLES = [
    (path.relative_to(ROOT).as_posix(), number, block)
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", path.read_text(), re.DOTALL), start=1)
    if block.startswith("microgrid:")
]


@pytest.mark.parametrize(("page", "number", "block"), EXAMPLES, ids=lambda part: str(part)[:30])
def test_site_files_in_the_documentation_load(page: str, number: int, block: str) -> None:
    parse_site(block, f"{page} example {number}")


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        path = (page.parent / target).resolve()
        assert path.exists() or path in MADE, target


@pytest.mark.parametrize("page", model_pages(ROOT / "docs"), ids=lambda page: page.stem)
def test_tables_of_parameters_are_what_the_code_says(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == filled(text, page), f"run `{COMMAND}` (make models-docs)"


@pytest.mark.parametrize("stem", [path.stem for path in sorted((ROOT / "models" / "presets").glob("*.toml"))])
def test_every_value_of_a_preset_says_where_it_is_from(stem: str) -> None:
    file = preset_file(stem)
    for value in file.values:
        of_all = file.introduction if isinstance(value.value, str) else ""
        told = value.comment or file.remarks.get(value.preset, "") or of_all
        assert told, f"{value.preset}.{value.key}"


ELSEWHERE = re.compile(
    r"\b(see|as) (above|below|for)\b|^above\b|\b(data sheet|voltage|resistances|source) above\b|\bas (for )?\["
    r"|\bsame\b|\bthere\b|\bbeside it\b|\bnot used\b|`cells\.toml`",
    re.IGNORECASE,
)
"""What only whoever has the file of a preset before them can follow; `check --explain` shows one remark at a time."""


@pytest.mark.parametrize("stem", [path.stem for path in sorted((ROOT / "models" / "presets").glob("*.toml"))])
def test_what_a_preset_says_of_a_value_stands_by_itself(stem: str) -> None:
    file = preset_file(stem)
    told = {f"{value.preset}.{value.key}": value.comment for value in file.values} | file.remarks
    assert {name: remark for name, remark in told.items() if ELSEWHERE.search(remark)} == {}


PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
CODE = re.compile(
    r"`((?:models|sim|proto|scenarios|facade|benchmarks|tests|examples)/[\w/.]+\.(?:py|toml|yaml))`"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_code_that_a_page_names_is_there(page: Path) -> None:
    named = CODE.findall(page.read_text("utf-8"))
    gone = [name for name in named if not (ROOT / name).exists() and Path(name).stem not in {"x", "xs"}]
    assert not gone


@pytest.mark.parametrize(
    "record", [ComponentType, DeviceModel, Machine, Rating], ids=lambda record: record.__name__
)
def test_the_page_on_adding_hardware_names_every_field(record: type) -> None:
    page = (ROOT / "docs" / "adding-hardware.md").read_text(encoding="utf-8")
    table = page.partition(f"| field of `{record.__name__}` |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)", "\n".join(row.split("|")[1] for row in table.splitlines()[2:])))
    assert named == get_type_hints(record).keys() - {"package"}
