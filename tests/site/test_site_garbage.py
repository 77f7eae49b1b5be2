"""Whatever a site file contains, it is either a site or a `SiteError`."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from doppelgrid.sim.files.problems import Problem
from doppelgrid.sim.site.reader import SiteError, load_site, parse_site

pytestmark = pytest.mark.lengthy

TEXT = (load_site("commercial").directory / "commercial.yaml").read_text("utf-8")
CONTENT: dict[str, Any] = YAML(typ="safe").load(TEXT)
YAML_MARKS = st.text(alphabet="ab01 :-[]{}&*!|>'\"%@`?#,\n\t<~.\\\0\ufeff", max_size=60)
KEYS = sorted({key for part in CONTENT["components"].values() for key in part} | set(CONTENT["components"]))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*KEYS, "5 kW", "-1 %", "file", "battery", "meter", "1e999 A", "Europe", "../.."])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYS, "profile", "file", "points"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def problems_of(text: str | bytes) -> tuple[Problem, ...]:
    try:
        parse_site(text, "garbage.yaml")
    except SiteError as error:
        return error.problems
    return ()


def accepted_or_explained(text: str | bytes) -> None:
    problems = problems_of(text)
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    assert all("\n" not in str(problem) for problem in problems)


@given(st.text() | YAML_MARKS)
def test_garbage_text_is_explained(text: str) -> None:
    accepted_or_explained(text)


@given(st.binary())
def test_garbage_bytes_are_explained(text: bytes) -> None:
    accepted_or_explained(text)


@given(st.integers(0, len(TEXT)), st.integers(0, 30), YAML_MARKS)
def test_a_site_with_a_spoiled_stretch_is_accepted_or_explained(start: int, length: int, marks: str) -> None:
    accepted_or_explained(TEXT[:start] + marks + TEXT[start + length :])


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid site with one to three of its values changed, removed or added."""
    content = copy.deepcopy(CONTENT)
    for _ in range(draw(st.integers(1, 3))):
        target: Any = content
        while isinstance(target, dict) and target and draw(st.integers(0, 3)):
            key = draw(st.sampled_from(sorted(target)))
            if not isinstance(target[key], dict):
                break
            target = target[key]
        key = draw(st.sampled_from([*sorted(target), *KEYS])) if isinstance(target, dict) else ""
        if draw(st.booleans()):
            target.pop(key, None)
        else:
            target[key] = draw(VALUES)
    return content


@given(mutated())
def test_a_site_with_changed_values_is_accepted_or_explained(content: dict[str, Any]) -> None:
    text = io.StringIO()
    with contextlib.suppress(UnicodeEncodeError):
        YAML(typ="safe").dump(content, text)
    accepted_or_explained(text.getvalue())


GRID = "{id: 1, category: grid_connection_point, rated_fuse_current: 63 A"
INPUTS = {
    "grid": ("feed_in_limit", "import_limit", "frequency", "voltages", "fuse", "outages"),
    "house": ("load", "phases", "zip", "measurement", "refusals"),
}
KEYS_OF_INPUTS = (
    st.sampled_from(["inline", "constant", "clear-sky", "bdew-h0", "inlien", 1, []]).map(
        lambda one: ("profile", one)
    ),
    st.sampled_from(["x.csv", "", 1, {}]).map(lambda one: ("file", one)),
    st.sampled_from([[], {}, 1, [1], [{}], [{"at": "0 s"}], [{"value": "1 kW"}]]).map(
        lambda one: ("points", one)
    ),
    st.sampled_from(["point", "phases", "value", "unit", "annual_energy", "noise"]).map(
        lambda key: (key, [])
    ),
)


@pytest.mark.parametrize(("component", "key"), [(who, key) for who, keys in INPUTS.items() for key in keys])
@given(value=st.lists(st.one_of(*KEYS_OF_INPUTS), max_size=3).map(dict))
def test_an_input_with_keys_missing_or_too_many_is_accepted_or_explained(
    component: str, key: str, value: dict[str, object]
) -> None:
    said = {"grid": "", "house": "", component: f", {key}: {json.dumps(value)}"}
    accepted_or_explained(
        "microgrid: {id: 1}\ncomponents:\n"
        f"  grid: {GRID}{said['grid']}}}\n"
        f"  house: {{id: 2, category: meter, behind: grid{said['house']}}}\n"
    )


def test_aliases_of_aliases_do_not_blow_up() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    accepted_or_explained("\n".join(lines))
    accepted_or_explained("\n".join([*lines, "microgrid: *a59", "components: {grid: {behind: *a59}}"]))
