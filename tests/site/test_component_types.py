"""What a category of this project needs; `docs/adding-hardware.md` says where each of it belongs."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import pytest
from model_cases import every_case

import doppelgrid
from doppelgrid.sim.components import registry
from doppelgrid.sim.components.component_type import ComponentType
from doppelgrid.sim.components.presets import LOADERS
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.files.presets import preset_names
from doppelgrid.sim.plant.equipment import equip
from doppelgrid.sim.site.environment import ambient_signal, grid_facts

ROOT = Path(__file__).parents[2]
PLACES = "see the list of places in docs/adding-hardware.md"
OURS = [each for each in registry.component_types().values() if each.name in set(Category)]
every_type = pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)


def test_every_category_of_the_api_has_a_component_type() -> None:
    assert {kind.category for kind in OURS} == set(Category), PLACES


@every_type
def test_it_stands_in_the_bundled_site_of_all_categories(kind: ComponentType) -> None:
    site = doppelgrid.load_site("all-categories")
    assert any(isinstance(component, kind.section) for component in site.components.values()), PLACES


@every_type
def test_it_is_told_of_in_the_documentation(kind: ComponentType) -> None:
    words = f"`{kind.name}`"
    pages = [page for page in (ROOT / "docs").rglob("*.md") if words in page.read_text(encoding="utf-8")]
    assert pages, f"no page says {words}; {PLACES}"


@every_type
def test_its_section_says_what_it_is(kind: ComponentType) -> None:
    assert inspect.getdoc(kind.section), PLACES


@every_type
def test_its_inputs_are_fields_of_its_section(kind: ComponentType) -> None:
    assert set(kind.inputs) <= set(kind.section.model_fields)


def test_every_machine_has_a_case_in_the_shared_suite() -> None:
    tried = {case.step.__name__ for case in every_case()}
    site = doppelgrid.load_site("all-categories")
    equipment = equip(site, ambient_signal(site, start_us=0, seed=0), start_us=0, seed=0)
    models = {machine.model.name: machine.model.step.__name__ for machine in equipment.machines.values()}
    assert {name for name, step in models.items() if step not in tried} == set(), PLACES


def test_every_file_of_presets_has_something_that_makes_parameters_of_it() -> None:
    files = {path.stem for path in (ROOT / "models" / "presets").glob("*.toml")}
    assert set(LOADERS) == files, PLACES


@pytest.mark.parametrize("file", LOADERS)
def test_every_preset_can_be_made(file: str) -> None:
    for name in preset_names(file):
        assert LOADERS[file](name) is not None


def names(params: Any) -> set[str]:
    """Return what a set of parameters is called, and those within."""
    return {type(params).__name__}.union(*(names(each) for each in params if hasattr(each, "_fields")))


@pytest.mark.parametrize("kind", [each for each in OURS if each.params], ids=lambda kind: kind.name)
def test_its_parameters_have_a_table_among_the_pages_of_models(kind: ComponentType) -> None:
    site = doppelgrid.load_site("all-categories")
    section = next(each for each in site.components.values() if isinstance(each, kind.section))
    assert kind.params is not None
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "models").glob("*.md"))
    named = names(kind.params(section, grid_facts(site)))
    assert any(f"<!-- parameters: {name} " in pages for name in named), PLACES


def test_every_page_of_models_stands_in_the_contents_of_the_site() -> None:
    contents = (ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs" / "models").glob("*.md")}
    assert {page for page in pages if f'"models/{page}"' not in contents} == set(), PLACES


OWN = """
from dataclasses import replace
from typing import Literal

from doppelgrid.sim.components.machines import chp
from doppelgrid.sim.domain.categories import Category


class Own(chp.Chp):
    category: Literal["own"]


TYPE = replace(chp.TYPE, name="own", section=Own)
OTHER = replace(TYPE, name="other")
"""


def offered(folder: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> registry._Known:
    """Return what is known once a package beside ours offers something as a component type."""
    (folder / "own_module.py").write_text(f"{OWN}\nOFFERED = {what}\n", encoding="utf-8")
    about = folder / "own_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: own-package\nVersion: 1.0\n", encoding="utf-8"
    )
    (about / "entry_points.txt").write_text(
        f"[{registry.GROUP}]\nown = own_module:OFFERED\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "own_module", raising=False)
    known: registry._Known = registry._known.__wrapped__()
    return known


@pytest.mark.parametrize("what", ["TYPE", "[TYPE]", "(TYPE,)"])
def test_a_package_brings_a_type_or_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    known = offered(tmp_path, monkeypatch, what)
    assert known.types["own"].name == "own"
    assert list(known.types)[: len(OURS)] == [each.name for each in OURS]
    assert known.broken == ()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("dict()", "is a dict; accepted: a ComponentType, or a list of them"),
        ("[TYPE, 3]", "is a list; accepted: a ComponentType, or a list of them"),
        (
            "replace(TYPE, name='Own')",
            "component type 'Own': name is 'Own'; accepted: lower-case letters, digits and _",
        ),
        (
            "replace(TYPE, category='own')",
            "component type 'own': category is 'own'; accepted: Category.X, X one of ",
        ),
        (
            "replace(TYPE, section=dict)",
            "component type 'own': section is <class 'dict'>; accepted: a class derived from ComponentSection",
        ),
        (
            "replace(TYPE, section='Own')",
            "component type 'own': section is 'Own'; accepted: a class derived from ComponentSection",
        ),
        (
            "[TYPE, OTHER]",
            "component type 'other': category of its section is typing.Literal['own']; accepted: Literal['other']",
        ),
        (
            "replace(TYPE, category=Category.GRID_CONNECTION_POINT)",
            "component type 'own': category is GRID_CONNECTION_POINT, whose devices are this package's alone; ",
        ),
        (
            "replace(TYPE, category=Category.EV_CHARGER)",
            "component type 'own': category is EV_CHARGER, whose devices are this package's alone; accepted: ",
        ),
        (
            "replace(TYPE, behind=[Category.METER])",
            "component type 'own': behind is [<Category.METER: 'meter'>]; accepted: a tuple of categories",
        ),
        (
            "replace(TYPE, behind=('meter',))",
            "component type 'own': behind is ('meter',); accepted: a tuple of categories",
        ),
        (
            "replace(TYPE, sdk_class='Own')",
            "component type 'own': sdk_class is 'Own'; accepted: None, AcEvCharger, ",
        ),
        ("replace(TYPE, build=None)", "component type 'own': build is None; accepted: a function"),
        ("replace(TYPE, caption='')", "component type 'own': caption is ''; accepted: a function"),
        ("replace(TYPE, identity=3)", "component type 'own': identity is 3; accepted: a function"),
        (
            "replace(TYPE, inputs={'tide': 0.0})",
            "component type 'own': input 'tide' is no field of its section; accepted: id, ",
        ),
        ("replace(chp.TYPE)", "name is taken; accepted: a name of its own; chp is that of this package"),
    ],
)
def test_what_a_package_does_wrong_is_said_and_nothing_of_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, said: str
) -> None:
    known = offered(tmp_path, monkeypatch, what)
    (broken,) = known.broken
    assert broken.problem.startswith(said)
    assert broken.package == "own-package 1.0"
    assert list(known.types.values()) == OURS
