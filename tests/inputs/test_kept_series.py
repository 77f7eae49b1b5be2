"""What libraries compute is computed once, and is the same to the bit with any version of what is below them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from doppelgrid.sim.inputs.profiles import kept
from doppelgrid.sim.inputs.profiles.kept import kept_series

Floats = npt.NDArray[np.float64]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(kept.platformdirs, "user_cache_path", lambda _name: tmp_path / "cache")
    return tmp_path / "cache" / "series"


class Maker:
    """Makes a series, and counts how often."""

    def __init__(self, *values: float) -> None:
        self.values = values
        self.times = 0

    def __call__(self) -> Floats:
        self.times += 1
        return np.array(self.values)


def test_a_series_is_made_once(folder: Path) -> None:
    make = Maker(1.0, 2.0)
    for _ in range(3):
        assert kept_series("sun", "numpy", 1e-3, make).tolist() == [1.0, 2.0]
    assert make.times == 1
    assert len(list(folder.iterdir())) == 1


def test_another_recipe_library_or_quantum_is_another_series(folder: Path) -> None:
    assert folder.name == "series"
    make = Maker(1.0)
    for recipe, library, quantum in (
        ("sun", "numpy", 0.1),
        ("sun", "pandas", 0.1),
        ("moon", "numpy", 0.1),
        ("sun", "numpy", 0.2),
    ):
        kept_series(recipe, library, quantum, make)
    assert make.times == 4


def test_what_another_text_of_ours_made_is_another_series(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.name == "series"
    text, make = tmp_path / "ours.py", Maker(1.0)
    monkeypatch.setattr(sys.modules[__name__], "__file__", str(text))
    for content in ("one", "one", "other"):
        text.write_text(content)
        kept_series("sun", "numpy", 1e-3, make)
    assert make.times == 2


def test_digits_that_mean_nothing_are_left_out(folder: Path) -> None:
    first = kept_series("sun", "numpy", 1e-3, Maker(812.34561, -0.0004, 3.2999999999))
    other = kept_series("sun again", "numpy", 1e-3, Maker(812.34561000004, -0.00040000001, 3.3))
    assert folder.exists()
    assert first.tobytes() == other.tobytes()
    assert first == pytest.approx([812.346, 0.0, 3.3], abs=1e-12)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:0],
        lambda content: content[:10],
        lambda content: content[:-8],
        lambda content: content + content[-8:],
        lambda content: content[:-8] + np.array([100.0]).tobytes(),
        lambda content: bytes(len(content)),
        lambda content: b"PK\x03\x04" + content,
        lambda content: b"\x93NUMPY" + content[6:],
    ],
    ids=["empty", "no values", "cut", "longer", "other numbers", "zeros", "an archive", "a stranger"],
)
def test_a_file_that_is_damaged_is_made_anew(damage: Callable[[bytes], bytes], folder: Path) -> None:
    make = Maker(1.0, 2.0)
    kept_series("sun", "numpy", 1e-3, make)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert kept_series("sun", "numpy", 1e-3, make).tolist() == [1.0, 2.0]
    assert file.read_bytes() == whole


def test_where_nothing_can_be_written_it_is_made_each_time(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way")
    make = Maker(1.0)
    assert [kept_series("sun", "numpy", 1e-3, make).tolist() for _ in range(2)] == [[1.0], [1.0]]
    assert make.times == 2


def test_the_oldest_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_FILES", 2)
    for recipe in ("one", "two", "three"):
        kept_series(recipe, "numpy", 1e-3, Maker(1.0))
    assert len(list(folder.iterdir())) == 2


@pytest.mark.slow
def test_a_site_with_sun_and_profiles_starts_without_the_libraries_once_they_have_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    program = (
        "import sys, doppelgrid\n"
        "simulation = doppelgrid.Simulation.headless(doppelgrid.load_site('demo'), start_us=1781517600000000)\n"
        "print(simulation.gateway.frame(2).values['AC_POWER_ACTIVE'], 'pvlib' in sys.modules, 'pandas' in sys.modules)"
    )
    told = [
        subprocess.run(
            [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    first, second = (each.split() for each in told)
    assert first[0] == second[0]
    assert (first[1:], second[1:]) == (["True", "True"], ["False", "False"])
