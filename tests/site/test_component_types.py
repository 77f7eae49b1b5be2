"""What a category of this project needs; `docs/adding-hardware.md` says where each of it belongs."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from model_cases import every_case

import doppelgrid
from doppelgrid.sim.components import registry
from doppelgrid.sim.components.component_type import ComponentType, Way
from doppelgrid.sim.components.presets import LOADERS
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.files.presets import preset_names
from doppelgrid.sim.network.wiring import wire
from doppelgrid.sim.plant.equipment import equip
from doppelgrid.sim.site.environment import ambient_signal, grid_facts
from doppelgrid.sim.site.schema import site_schema

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "how-to" / "site-files.md"
LIKE = {
    "battery inverter": "battery_inverter",
    "PV inverter": "pv_inverter",
    "electrolyser": "electrolyzer",
}
"""Categories to whose rows the guide refers, by its words."""
WITH_SET_POINTS = "whatever takes set-points of active power"
OURS = list(registry.OURS)
every_type = pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)


def missing(place: str, of: str) -> str:
    """Return what to say of a component type that one of the places of docs/adding-hardware.md lacks."""
    return f"{of} is not in {place}; docs/adding-hardware.md says what belongs there"


def of_all_categories(kind: ComponentType) -> Any:
    """Return the component of a type in the bundled site of all categories."""
    components = doppelgrid.load_site("all-categories").components.values()
    found = [each for each in components if registry.type_of(each) is kind]
    assert found, missing("sim/site/bundled/all-categories.yaml", kind.name)
    return found[0]


@every_type
def test_its_name_is_a_category_of_the_api(kind: ComponentType) -> None:
    assert kind.name in set(Category), missing("sim/domain/categories.py", kind.name)


def test_every_category_of_the_api_has_a_component_type() -> None:
    without = {*Category} - {kind.category for kind in OURS}
    assert not without, missing("sim/components/ours.py", ", ".join(sorted(without)))


@every_type
def test_it_stands_in_the_bundled_site_of_all_categories(kind: ComponentType) -> None:
    assert of_all_categories(kind) is not None


@every_type
def test_it_is_told_of_in_the_documentation(kind: ComponentType) -> None:
    words = f"`{kind.name}`"
    pages = [page for page in (ROOT / "docs").rglob("*.md") if words in page.read_text(encoding="utf-8")]
    assert pages, missing("docs/models/*.md, nor any other page", words)


def schema_keys() -> dict[str, set[str]]:
    """Return the keys that each category has beside those of all."""
    schema = site_schema()
    components = schema["properties"]["components"]["additionalProperties"]["discriminator"]["mapping"]
    sections = {
        category: {*schema["$defs"][place.rpartition("/")[2]]["properties"]}
        for category, place in components.items()
    }
    shared = set.intersection(*sections.values())
    return {category: keys - shared for category, keys in sections.items()}


def words_of_the_guide() -> dict[str, str]:
    """Return what the guide to site files says of the keys of each category."""
    table = (
        GUIDE.read_text(encoding="utf-8")
        .partition("| category | keys besides those |")[2]
        .partition("\n\n")[0]
    )
    rows = [row.strip("| ").split(" | ", 1) for row in table.splitlines()[2:]]
    return {category: words for heads, words in rows for category in re.findall(r"`(\w+)`", heads) or [heads]}


@every_type
def test_its_keys_stand_in_the_guide_to_site_files(kind: ComponentType) -> None:
    told = words_of_the_guide()
    assert kind.name in told, missing(f"the table of keys of {GUIDE.name}", kind.name)
    words = told[kind.name]
    as_well = [told[like] for name, like in LIKE.items() if name in words] + [told[WITH_SET_POINTS]]
    named = set(re.findall(r"`(\w+)`", " ".join([words, *as_well])))
    untold = schema_keys()[kind.name] - named
    assert not untold, missing(
        f"the row {kind.name} of the table of keys of {GUIDE.name}", ", ".join(sorted(untold))
    )


def test_the_guide_to_site_files_names_no_keys_that_there_are_not() -> None:
    keys, told = schema_keys(), words_of_the_guide()
    for words in {*told.values()} - {told[WITH_SET_POINTS]}:
        had = set().union(*(keys[category] for category, of_it in told.items() if of_it == words))
        own = re.sub(r"\([^()]*\)|but for .*?(;|powers)", "", re.sub(r"\]\([^()]*\)", "", words))
        assert set(re.findall(r"`(\w+)`", own)) <= had, words


@every_type
def test_its_section_says_what_it_is(kind: ComponentType) -> None:
    where = inspect.getsourcefile(kind.section)
    assert inspect.getdoc(kind.section), missing(f"{where}, as a docstring of the section,", "what it is")


@every_type
def test_its_inputs_are_fields_of_its_section(kind: ComponentType) -> None:
    assert set(kind.inputs) <= set(kind.section.model_fields)


def test_every_machine_has_a_case_in_the_shared_suite() -> None:
    tried = {case.step.__name__ for case in every_case()}
    site = doppelgrid.load_site("all-categories")
    equipment = equip(
        site, wire(site).batteries_of, ambient_signal(site, start_us=0, seed=0), start_us=0, seed=0
    )
    models = {machine.model.name: machine.model.step.__name__ for machine in equipment.machines.values()}
    untried = {name for name, step in models.items() if step not in tried}
    assert not untried, missing("tests/model_cases", ", ".join(sorted(untried)))


def test_every_file_of_presets_has_something_that_makes_parameters_of_it() -> None:
    files = {path.stem for path in (ROOT / "models" / "presets").glob("*.toml")}
    assert not files - {*LOADERS}, missing("sim/components/presets.py", ", ".join(sorted(files - {*LOADERS})))
    assert not {*LOADERS} - files, missing("models/presets", ", ".join(sorted({*LOADERS} - files)))


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
    section = of_all_categories(kind)
    assert kind.params is not None
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "models").glob("*.md"))
    named = names(kind.params(section, grid_facts(site)))
    what = " or ".join(sorted(named))
    assert any(f"<!-- parameters: {name} " in pages for name in named), missing("docs/models/*.md", what)


def test_every_page_of_models_stands_in_the_contents_of_the_site() -> None:
    contents = (ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs" / "models").glob("*.md")}
    absent = {page for page in pages if f'"models/{page}"' not in contents}
    assert not absent, missing("docs/zensical.toml", ", ".join(sorted(absent)))


OWN = """
from dataclasses import replace
from typing import Literal

from pydantic import Field

from doppelgrid.sim.components.component_type import Way
from doppelgrid.sim.components.machines import chp
from doppelgrid.sim.components.section import ComponentSection
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.files.sections import Section


class Own(chp.Chp):
    category: Literal["own"]


class Alias(chp.Chp):
    category: Literal["own"] = Field(alias="cat")


class Charged(ComponentSection):
    category: Literal["own"]
    initial_soc: float = 0.5
    heat_demand: float = 0.0


class Cells(Charged):
    initial_temperature_c: float = 20.0


class Early(chp.Chp):
    category: Literal["own"]
    late: "Late | None" = None


class Late(Section):
    hour: float


class Left(BaseException):
    pass


def interrupt():
    raise KeyboardInterrupt


def leave():
    raise Left("for good")


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


@pytest.mark.parametrize(
    "what",
    [
        "TYPE",
        "[TYPE]",
        "(TYPE,)",
        "replace(TYPE, sdk_class=None, sdk_fields={'nope': 1})",
        "replace(TYPE, params=None, presets=None, inputs={}, behind=())",
        "replace(TYPE, resting_state=StateCode.READY)",
        "replace(TYPE, sdk_class='VoltageTransformer', sdk_fields={'primary_voltage': 1.0, 'secondary_voltage': 2.0})",
        "replace(TYPE, category=Category.BATTERY, section=Cells)",
        "replace(TYPE, category=Category.METER)",
        "replace(TYPE, section=Early)",
    ],
)
def test_a_package_brings_a_type_or_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    known = offered(tmp_path, monkeypatch, what)
    assert known.types["own"].name == "own"
    assert list(known.types)[: len(OURS)] == [each.name for each in OURS]
    assert known.broken == ()


@pytest.mark.parametrize(
    ("what", "way"),
    [
        ("replace(TYPE, way=None, category=Category.METER)", "NONE"),
        ("replace(TYPE, way=None, category=Category.PV_INVERTER)", "PRODUCES"),
        ("replace(TYPE, way=None, category=Category.HVAC)", "CONSUMES"),
        ("replace(TYPE, way=Way.BOTH, category=Category.HVAC)", "BOTH"),
    ],
)
def test_power_of_a_type_flows_as_that_of_its_category_unless_it_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, way: str
) -> None:
    known = offered(tmp_path, monkeypatch, what)
    assert known.types["own"].way is Way[way]


def test_ctrl_c_while_a_package_is_loaded_ends_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        offered(tmp_path, monkeypatch, "interrupt()")


def test_a_package_that_gives_a_name_twice_is_told_that_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = offered(tmp_path, monkeypatch, "[TYPE, TYPE]")
    (broken,) = known.broken
    assert broken.problem == "name is given twice; accepted: one component type that is called own"
    assert known.types["own"].package == "own-package 1.0"


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
            "replace(TYPE, behind=None)",
            "component type 'own': behind is None; accepted: a tuple of categories",
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
        (
            "replace(TYPE, inputs=['rated_power_w'])",
            "component type 'own': inputs is ['rated_power_w']; accepted: a mapping of fields to values",
        ),
        ("replace(TYPE, name=5)", "component type 5: name is 5; accepted: lower-case letters, digits and _"),
        ("replace(TYPE, params=3)", "component type 'own': params is 3; accepted: a function, or None"),
        (
            "replace(TYPE, sdk_fields={'nope': 1})",
            "component type 'own': sdk_fields is {'nope': 1}; accepted: none",
        ),
        (
            "replace(TYPE, way='up')",
            "component type 'own': way is 'up'; accepted: Way.X, or None for that of its category",
        ),
        (
            "replace(TYPE, resting_state='SLEEPY')",
            "component type 'own': resting_state is 'SLEEPY'; accepted: StateCode.X, or None",
        ),
        (
            "replace(TYPE, category=Category.BATTERY)",
            "component type 'own': its section is without initial_soc, with which a replay begins; accepted: a field",
        ),
        ("replace(TYPE, check=3)", "component type 'own': check is 3; accepted: a function"),
        ("replace(TYPE, switchgear=3)", "component type 'own': switchgear is 3; accepted: a function"),
        ("replace(TYPE, presets=3)", "component type 'own': presets is 3; accepted: a function, or None"),
        ("replace(TYPE, least_w=3)", "component type 'own': least_w is 3; accepted: a function"),
        (
            "replace(TYPE, least_delivered_w=3)",
            "component type 'own': least_delivered_w is 3; accepted: a function, or None",
        ),
        (
            "replace(TYPE, needs_behind_it=5)",
            "component type 'own': needs_behind_it is 5; accepted: printable words, or None",
        ),
        ("replace(TYPE, measures='no')", "component type 'own': measures is 'no'; accepted: True, False"),
        ("replace(TYPE, is_passage=1)", "component type 'own': is_passage is 1; accepted: True, False"),
        (
            "replace(TYPE, sdk_fields=[])",
            "component type 'own': sdk_fields is []; accepted: a mapping of names to",
        ),
        (
            "replace(TYPE, name='2own')",
            "component type '2own': name is '2own'; accepted: lower-case letters, ",
        ),
        (
            "replace(TYPE, sdk_class='VoltageTransformer')",
            "component type 'own': sdk_fields is {}; accepted: primary_voltage, secondary_voltage",
        ),
        (
            "replace(TYPE, sdk_class='GridConnectionPoint', sdk_fields={'primary_voltage': 0.0})",
            "component type 'own': sdk_fields is {'primary_voltage': 0.0}; accepted: rated_fuse_current",
        ),
        (
            "replace(TYPE, category=Category.BATTERY, section=Charged)",
            "component type 'own': its section is without initial_temperature_c, with which a replay begins; accepted",
        ),
        (
            "replace(TYPE, category=Category.BATTERY, section=Cells, params=None)",
            "component type 'own': params is None; accepted: a function, as batteries have parameters",
        ),
        ("replace(TYPE, section=Alias)", "PydanticUserError: "),
        ("leave()", "Left: for good"),
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
