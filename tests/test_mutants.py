"""The tool behind `make mutants`: what it plants, and that it tells whether tests notice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mutants.faults import Fault, draw, places_in, planted
from mutants.known import Equivalent, equivalents, reason_for
from mutants.reach import Test
from mutants.report import Verdict, line_of, table_of
from mutants.sources import ROOT, Source, below, sources, top_package
from mutants.trial import Bench, Outcome

import doppelgrid

pytestmark = pytest.mark.lengthy

TEXT = '''
"""Of 3 things."""

from __future__ import annotations

LIMIT = 4


def half(x: float, *, of: int = 2) -> float:
    """Return 1 of 2 parts."""
    most: int | None = 7
    if x < 0.0:
        raise ValueError(f"{x + 1}: is below 0")
    assert x < 9.0
    return x / of


class Counter:
    """Counts."""

    step = 5

    def count(self) -> None:
        """Add 1."""
        self.told += self.step
        self.tell(self.told)
'''
SOURCE = Source("models/half.py", "doppelgrid/models/half.py")


def fault_in(text: str, source: Source, operator: str, was: str) -> Fault:
    """Return the fault by an operator in a line."""
    for place in places_in(text, source):
        for way in place.ways:
            if way[0] == operator:
                fault = planted(place, way, text)
                if fault is not None and fault.was == was:
                    return fault
    raise LookupError(f"{source.path}: {operator}: no such fault in {was!r}")


def test_faults_are_planted_into_the_bodies_of_functions_alone() -> None:
    found = {(place.begin[0], place.function) for place in places_in(TEXT, SOURCE)}
    lines = TEXT.splitlines()
    assert {(lines[line - 1].strip(), function) for line, function in found} == {
        ("most: int | None = 7", "half"),
        ("if x < 0.0:", "half"),
        ("return x / of", "half"),
        ("self.told += self.step", "Counter.count"),
        ("self.tell(self.told)", "Counter.count"),
    }


def test_the_equal_length_of_what_is_zipped_is_left_alone() -> None:
    text = "def pairs(one, other):\n    return list(zip(one, other, strict=True))\n"
    assert places_in(text, SOURCE) == []


def test_annotations_are_left_alone() -> None:
    (line,) = [number for number, line in enumerate(TEXT.splitlines(), 1) if "int | None" in line]
    (place,) = [place for place in places_in(TEXT, SOURCE) if place.begin[0] == line]
    assert TEXT.splitlines()[line - 1][place.begin[1] :] == "7"


@pytest.mark.parametrize(
    ("path", "some"), [("models/battery.py", "models/battery.py"), ("sim", "sim/replay/playback.py")]
)
def test_a_part_of_the_program_is_looked_at_alone(path: str, some: str) -> None:
    found = [source.path for source in below(path)]
    assert some in found
    assert all(each.startswith(path) for each in found)


def test_no_path_is_the_whole_program() -> None:
    assert below("") == sources()


def test_the_same_seed_gives_the_same_faults(tmp_path: Path) -> None:
    path = tmp_path / SOURCE.path
    path.parent.mkdir()
    path.write_text(TEXT)
    drawn = [[fault.diff for fault in draw([SOURCE], 4, seed, tmp_path)] for seed in ("a", "a", "b")]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 4


def test_a_statement_can_be_taken_out() -> None:
    text = "def tell(x):\n    if x:\n        x.say(1)\n"
    assert fault_in(text, SOURCE, "RemoveStatement", "x.say(1)").after == text.replace("x.say(1)", "pass")


def test_every_file_is_found_where_the_program_was_installed() -> None:
    found = sources()
    assert {source.path.split("/")[0] for source in found} == {"models", "sim", "proto"}
    packages = Path(doppelgrid.__file__).parents[1]
    assert [source for source in found if not (packages / source.installed).exists()] == []
    for source in found[:: len(found) // 10]:
        assert (packages / source.installed).read_text() == (ROOT / source.path).read_text()


@pytest.mark.slow
def test_a_test_that_fails_with_a_fault_alone_has_caught_it(tmp_path: Path) -> None:
    (source,) = [source for source in sources() if source.path == "models/air.py"]
    text = (ROOT / source.path).read_text()
    fault = fault_in(text, source, "ReplaceBinaryOperator_Add_Sub", "kelvin = temperature_c + _KELVIN")
    bench = Bench(tmp_path, Path(doppelgrid.__file__).parents[1], top_package())
    of_pressure, of_density = (
        Test(f"tests/models/test_air.py::{name}", seconds=0.1, compiles=False)
        for name in (
            "test_pressure_falls_with_altitude_as_in_the_standard_atmosphere[1000.0-89875.0]",
            "test_dry_air_at_sea_level_and_15_degrees_has_the_standard_density",
        )
    )
    assert bench.look_at(fault, [of_pressure]).by == ""
    assert bench.look_at(fault, [of_pressure, of_density]).by == of_density.name
    assert (ROOT / source.path).read_text() == text


def test_equivalent_faults_are_known_by_their_text() -> None:
    fault = fault_in("def tell(x):\n    x.say()\n", SOURCE, "RemoveStatement", "x.say()")
    known = Equivalent(SOURCE.path, "tell", "x.say()", "pass", "Nobody listens.")
    other = Equivalent(SOURCE.path, "show", "x.say()", "pass", "Nobody looks.")
    assert reason_for(fault, [other, known]) == "Nobody listens."
    assert reason_for(fault, [other]) == ""


def test_equivalent_faults_are_named_for_lines_that_are_there() -> None:
    for known in equivalents():
        text = re.sub(r"\n\s*", "\n", (ROOT / known.file).read_text())
        assert known.was.strip() in text, known
        assert known.reason, known


def test_the_report_shows_what_survived() -> None:
    fault = fault_in("def tell(x):\n    x.say()\n", SOURCE, "RemoveStatement", "x.say()")
    caught = Verdict(fault, "", Outcome(True, "tests/test_half.py::test_half", 3, 1.0))
    survived = Verdict(fault, "", Outcome(False, "", 3, 1.0))
    equivalent = Verdict(fault, "Nobody listens.", None)
    assert line_of(caught).splitlines() == [
        "caught      models/half.py:2 in tell, RemoveStatement: by tests/test_half.py::test_half (3 tests, 1 s)"
    ]
    assert line_of(survived).splitlines()[-2:] == ["-    x.say()", "+    pass"]
    assert table_of([caught, caught, survived, equivalent]).splitlines()[-1].split() == [
        "all",
        "4",
        "2",
        "1",
        "1",
        "67%",
    ]
