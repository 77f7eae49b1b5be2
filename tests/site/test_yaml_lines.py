"""YAML as plain values that know their lines; what is wrong with a text is told with its line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from doppelgrid.sim.files.explain import explain, keys_of
from doppelgrid.sim.files.yaml_text import read_yaml

pytestmark = pytest.mark.lengthy

TEXT = """\
# a comment
site: &base
  name: here
  list:
    - 1
    - {a: 2.5, b: true}
    -
      - null
      - 2026-06-15

other:
  <<: *base
  name: "there"
again: *base
merged:
  <<: [{x: 1}, {x: 2, y: 3}]
"""


def test_values_are_plain() -> None:
    assert read_yaml("a: [1, 0x10, 1.5, 'x', true, ~]\nb: 2026-06-15 11:00").data == {
        "a": [1, 16, 1.5, "x", True, None],
        "b": "2026-06-15 11:00",
    }
    assert read_yaml("").data is None
    assert (read_yaml("").faults, read_yaml("").is_readable) == ([], True)
    assert read_yaml(b"\xef\xbb\xbfa: 1").data == {"a": 1}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("site",), 2),
        (("site", "name"), 3),
        (("site", "list"), 4),
        (("site", "list", 0), 5),
        (("site", "list", 1), 6),
        (("site", "list", 1, "b"), 6),
        (("site", "list", 2, 1), 9),
        (("other",), 11),
        (("other", "name"), 13),
        (("other", "list"), 4),
        (("other", "list", 2, 0), 8),
        (("again", "name"), 3),
        (("merged", "y"), 16),
        (("site", "none"), 2),
        (("site", "list", 7), 4),
        (("site", "list", 1, "c", "d"), 6),
        (("none",), 1),
    ],
)
def test_every_value_has_its_line_and_what_is_missing_that_around_it(
    path: tuple[str | int, ...], line: int
) -> None:
    assert read_yaml(TEXT).line(path) == line


def test_merged_mappings_give_way_to_what_stands_there_and_to_those_before() -> None:
    data: Any = read_yaml(TEXT).data
    assert data["other"] == {"name": "there", "list": data["site"]["list"]}
    assert (
        data["again"]
        == data["site"]
        == {"name": "here", "list": [1, {"a": 2.5, "b": True}, [None, "2026-06-15"]]}
    )
    assert data["merged"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "line", "path", "found"),
    [
        ("a: 1\nb: 2\na: 3", 3, ("a",), "given twice, first on line 1"),
        ("a: 1\nb: !thing 2", 2, ("b",), "tagged !thing"),
        ("a: !!set {x}", 1, ("a",), "tagged tag:yaml.org,2002:set"),
        ("a: !!omap [x: 1]", 1, ("a",), "tagged tag:yaml.org,2002:omap"),
        ("a: !zzz {x: 1}", 1, ("a",), "tagged !zzz"),
        ("a: !zzz [1]", 1, ("a",), "tagged !zzz"),
        ("a: !!seq {x: 1}", 1, ("a",), "tagged tag:yaml.org,2002:seq"),
        ("a: !!int x", 1, ("a",), "'x', which is no int"),
        ("a: !!bool maybe", 1, ("a",), "'maybe', which is no bool"),
        ("a:\n - !!float 5x", 2, ("a", 0), "5x, which is no float"),
        ("a: &x\n  b: *x", 1, ("a", "b"), "inside itself"),
        ("a: 1\n5: 2", 2, (), "with a key that is no text"),
        ("a: 1\n[b]: 2", 2, (), "with a key that is no text"),
        ("a: 1\n'': 2", 2, (), "with a key that is no text"),
        ("a: 1\n<<: 5", 2, ("<<",), "5"),
        ("a: {<<: [{x: 1}, 7]}", 1, ("a", "<<"), "7"),
    ],
)
def test_faults_of_the_text_are_told_with_their_line(
    text: str, line: int, path: tuple[str, ...], found: str
) -> None:
    read = read_yaml(text)
    assert read.is_readable
    (fault,) = read.faults
    assert (fault.line, fault.finding.path, fault.finding.found) == (line, path, found)


def test_of_a_key_that_is_given_twice_the_last_one_counts() -> None:
    read = read_yaml("a: 1\nb: 2\na: {c: 3}")
    assert read.data == {"a": {"c": 3}, "b": 2}
    assert (read.line(("a",)), read.line(("a", "c"))) == (3, 3)


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a: 1\nb: [1\n", 3, "not YAML"),
        ("a: 1\n\tb: 2", 2, "not YAML"),
        ("a: 1\nb: \x01", 2, "a character that is not allowed"),
        (b"a: 1\n\nb: \xff", 3, "not text in UTF-8"),
        ("[" * 5000, 1, "nested too deeply"),
        ("a: *none", 1, "not YAML"),
    ],
)
def test_a_text_that_is_no_yaml_is_told_to_be_none(text: str | bytes, line: int, found: str) -> None:
    read = read_yaml(text)
    assert (read.is_readable, read.data) == (False, None)
    (fault,) = read.faults
    assert (fault.line, fault.finding.path, fault.finding.accepted) == (line, (), "YAML")
    assert found in fault.finding.found
    assert len(fault.finding.found) < 230


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    category: Literal["wheel"]
    size: float = Field(gt=0.0, le=3.0)


class Wing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    category: Literal["wing"]
    spans: tuple[int, ...] = Field(min_length=1, max_length=2)
    when: datetime | None = None


class Craft(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True)
    name: str = Field(min_length=1)
    parts: dict[str, Annotated[Wheel | Wing, Field(discriminator="category")]] = {}
    kind: Literal["boat", "bike"] = "bike"
    is_new: bool = Field(default=True, alias="new", strict=True)
    behind: str = "none"
    share: float = Field(default=0.5, ge=0.0, lt=1.0)


def told(**content: object) -> list[tuple[Any, ...]]:
    data: dict[str, object] = {"name": "x", **content}
    try:
        Craft.model_validate(data)
    except ValidationError as error:
        return [tuple(finding) for finding in explain(error, Craft, data)]
    return []


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        ({"nmae": 1}, (("nmae",), "unknown", "name, parts, kind, new, behind, share (did you mean 'name'?)")),
        ({"kind": "bout"}, (("kind",), "'bout'", "boat, bike (did you mean 'boat'?)")),
        ({"new": "yes"}, (("new",), "'yes'", "true or false")),
        ({"name": ""}, (("name",), "''", "text that is not empty")),
        ({"name": 5}, (("name",), "5", "text")),
        ({"behind": 5}, (("behind",), "5", "the key of a component, or a list of keys")),
        ({"share": 1}, (("share",), "1", "a number < 1")),
        ({"share": -0.5}, (("share",), "-0.5", "a number >= 0")),
        ({"share": "x"}, (("share",), "'x'", "a number")),
        ({"parts": {"a": {}}}, (("parts", "a", "category"), "missing", "wheel, wing")),
        (
            {"parts": {"a": {"category": "whel"}}},
            (("parts", "a", "category"), "'whel'", "wheel, wing (did you mean 'wheel'?)"),
        ),
        ({"parts": {"a": {"category": "wheel"}}}, (("parts", "a", "size"), "missing", "a number")),
        ({"parts": {"a": {"category": "wheel", "size": 0}}}, (("parts", "a", "size"), "0", "a number > 0")),
        (
            {"parts": {"a": {"category": "wheel", "size": 3.5}}},
            (("parts", "a", "size"), "3.5", "a number <= 3"),
        ),
        (
            {"parts": {"a": {"category": "wheel", "size": 1, "sise": 2}}},
            (("parts", "a", "sise"), "unknown", "category, size (did you mean 'size'?)"),
        ),
        (
            {"parts": {"a": {"category": "wing", "spans": []}}},
            (("parts", "a", "spans"), "empty", "at least 1"),
        ),
        (
            {"parts": {"a": {"category": "wing", "spans": [1, 2, 3]}}},
            (("parts", "a", "spans"), "a list", "at most 2"),
        ),
        (
            {"parts": {"a": {"category": "wing", "spans": [1, [2]]}}},
            (("parts", "a", "spans", 1), "a list", "a whole number"),
        ),
        ({"parts": {"a": {"category": "wing", "spans": 5}}}, (("parts", "a", "spans"), "5", "a list")),
        (
            {"parts": {"a": {"category": "wing", "spans": [1], "when": "now"}}},
            (("parts", "a", "when"), "'now'", "an instant such as 2026-06-15T11:00:00+02:00"),
        ),
        ({"parts": {"a": 5}}, (("parts", "a"), "5", "a mapping")),
    ],
)
def test_what_is_refused_is_told_in_the_words_of_the_file(
    content: dict[str, object], finding: tuple[Any, ...]
) -> None:
    assert finding in told(**content)


def test_keys_are_those_of_the_file() -> None:
    assert keys_of(Craft) == ("name", "parts", "kind", "new", "behind", "share")
    assert told() == []
