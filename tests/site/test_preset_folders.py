"""Folders of presets: everything that is wrong is told, and each preset is looked at on its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.sim.files.presets import (
    PresetName,
    changed_preset,
    find_preset,
    own_presets,
    preset_cache,
    preset_names,
    read_preset_folder,
)


def told(folder: Path) -> list[tuple[str, str | None, str]]:
    _, wrong = read_preset_folder(folder)
    return [(error.file, error.name, error.found) for error in wrong]


def test_every_key_that_is_unknown_and_every_one_that_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "grid_outages.toml").write_text(
        '[mine]\nper_yeer = 1\nper_year = 2\nlongst_s = 3\nshort_share = "x"\n'
    )
    found = told(tmp_path)
    names = [name for _, name, what in found if what == "unknown"]
    assert names == ["mine.per_yeer", "mine.longst_s"]
    missing = {name for _, name, what in found if what == "missing"}
    assert missing == {
        f"mine.{key}"
        for key in ("short_median_s", "short_spread", "long_median_s", "long_spread", "longest_s")
    }
    assert ("grid_outages.toml", "mine.short_share", "'x'") in found


WHOLE = """
per_year = 10
short_share = 0.5
short_median_s = 30.0
short_spread = 0.5
long_median_s = 600
long_spread = 0.5
longest_s = 3600.0
"""


def test_what_is_wrong_with_one_preset_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    (tmp_path / "grid_outages.toml").write_text(f"[good]{WHOLE}[bad]{WHOLE}more = 1\n[fine]{WHOLE}")
    (tmp_path / "grid_outage.toml").write_text(f"[mine]{WHOLE}")
    (tmp_path / "a.toml").mkdir()
    folder, wrong = read_preset_folder(tmp_path)
    assert list(folder.tables) == ["grid_outages"]
    assert list(folder.tables["grid_outages"]) == ["good", "fine"]
    assert [error.file for error in wrong] == ["a.toml", "grid_outage.toml", "grid_outages.toml"]
    assert (wrong[2].name, wrong[2].found) == ("bad.more", "unknown")
    ours = preset_names("grid_outages")
    with own_presets(folder):
        assert preset_names("grid_outages") == (*ours, "good", "fine")
        assert find_preset("grid_outages", "outages", "fine")["per_year"] == 10
    assert preset_names("grid_outages") == ours
    with pytest.raises(ValueError, match=r"outages is 'fine'; accepted: weak-grid"):
        find_preset("grid_outages", "outages", "fine")


def test_folders_of_the_same_content_are_the_same(tmp_path: Path) -> None:
    def folder(name: str, **files: str) -> object:
        (tmp_path / name).mkdir()
        for stem, text in files.items():
            (tmp_path / name / f"{stem}.toml").write_text(text)
        return read_preset_folder(tmp_path / name)[0]

    one = folder("one", grid_outages=f"[a]{WHOLE}", cars="")
    assert one == folder("two", grid_outages=f"[a]{WHOLE}", cars="")
    assert one != folder("three", grid_outages=f"[b]{WHOLE}", cars="")
    assert one != folder("four", grid_outages=f"[a]{WHOLE}")


def test_what_was_made_of_a_preset_is_kept_for_each_folder_and_each_question(tmp_path: Path) -> None:
    (tmp_path / "grid_outages.toml").write_text(f"[mine]{WHOLE}")
    folder, _ = read_preset_folder(tmp_path)
    asked: list[tuple[str, int]] = []

    @preset_cache
    def load(name: str, *, times: int = 1) -> object:
        asked.append((name, times))
        return object()

    first = load("a")
    assert load("a") is first
    assert load("b") is not first
    assert load("a", times=2) is not first
    with own_presets(folder):
        assert load("a") is not first
        assert load("a") is load("a")
    assert load("a") is first
    assert asked == [("a", 1), ("b", 1), ("a", 2), ("a", 1)]


def test_no_cache_keeps_what_is_made_of_a_preset_that_is_changed_for_a_while() -> None:
    @preset_cache
    def minutes(name: str) -> float:
        return float(find_preset("grid_outages", "outage preset", name)["longest_s"]) / 60.0

    changed = PresetName("grid_outages", "weak-grid")
    usual = find_preset("grid_outages", "outage preset", changed.name)
    for _ in range(2):  # before and after it is in the cache
        with changed_preset(changed, usual | {"longest_s": 600.0}):
            assert minutes(changed.name) == 10.0
            assert minutes("german-low-voltage") == 1440.0
        assert minutes(changed.name) == 840.0
