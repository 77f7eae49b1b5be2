"""What a run leaves for the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites.benches import SITE

from doppelgrid.scenarios.fuzzing.corpus import KEPT, RUNNING, Corpus, CorpusError
from doppelgrid.scenarios.fuzzing.drawn import Drawn, Setup
from doppelgrid.scenarios.fuzzing.ground import ground_of
from doppelgrid.scenarios.suites.running.met_states import States
from doppelgrid.sim.site.reader import parse_site

CASE = Drawn("2026-06-15 00:00", 300.0, 0, ({"at": "20 s", "outage": "5 s"},))

GROUND = ground_of(parse_site(SITE, "small.yaml"))


def test_states_count_once_over_all_runs(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "one")
    assert corpus.take(States(frozenset("ab"), frozenset("x")), 300.0) == 2
    assert corpus.take(States(frozenset("bc"), frozenset("xy")), 300.0) == 1
    corpus.known.next_numbers["0"] = 2
    corpus.known.failures["a.yaml"] = "it fails"
    corpus.known.unfinished.add("a.yaml")
    corpus.save()
    again = Corpus(tmp_path / "one")
    assert again.known == corpus.known
    assert (again.known.cases, again.known.simulated_s) == (2, 600.0)
    assert again.take(States(frozenset("abc"), frozenset("y")), 300.0) == 0


def test_kept_cases_come_back_and_what_ran_last_does_not(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    for kind in (KEPT, RUNNING):
        text = CASE.text(Setup("demo", "app.py", ({"always": "grid.power < 1 MW"},)), "it", tmp_path / kind)
        (tmp_path / kind / "0-00000.yaml").write_text(text)
    (tmp_path / KEPT / "notes.yaml").write_text("something else")
    gone = text.replace("outage: 5 s", "fault: {furnace: trip}")
    (tmp_path / KEPT / "0-00001.yaml").write_text(gone)
    corpus.save()
    again = Corpus(tmp_path)
    assert again.kept(GROUND) == [CASE]
    assert again.files(RUNNING) == []


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CorpusError, match="which holds something else; accepted: a new or empty folder"):
        Corpus(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 2}', '{"form": 1, "components": 3}', "null"])
def test_one_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "corpus.json").write_text(text)
    with pytest.raises(CorpusError, match=r"corpus\.json cannot be read .*; accepted: a folder that"):
        Corpus(tmp_path)


def test_a_place_for_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="accepted: a folder that can be written to"):
        Corpus(tmp_path / "file" / "corpus")
