"""Compiled copies of modules: whose functions they call, and when what is kept of them is no longer good."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from doppelgrid.sim.headless import jit

TEXT = """
from doppelgrid.models.tables import table_value

def helper(x):
    return 3.0 * x

def step(table, x):
    return helper(table_value(table, x))
"""


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Yield a module of another package that brings a model."""
    folder = tmp_path / "other_hardware"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "model.py").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield import_module("other_hardware.model")
    for name in ("other_hardware.model", "other_hardware"):
        del sys.modules[name]


def test_a_function_of_another_package_calls_its_own_helpers_and_ours(other: ModuleType) -> None:
    compiled = jit.JitModules().compiled(other.step)
    assert compiled((0.0, 1.0, 4.0), 0.75) == other.step((0.0, 1.0, 4.0), 0.75) == 7.5


def test_another_text_of_another_package_is_kept_elsewhere(
    other: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jit.platformdirs, "user_cache_path", lambda _name: tmp_path / "cache")

    def folder() -> str:
        jit._text_digest.cache_clear()
        with jit.kept_under("all", jit.outer_packages([other.step])):
            return str(jit.numba.config.CACHE_DIR)

    before = folder()
    assert folder() == before
    (tmp_path / "other_hardware" / "model.py").write_text(TEXT.replace("3.0", "4.0"))
    assert folder() != before


def test_models_of_one_name_are_kept_apart() -> None:
    from doppelgrid.sim.components.supply import SUPPLY
    from doppelgrid.sim.headless.program import _place_of, _texts_of

    other = SUPPLY._replace(output=test_models_of_one_name_are_kept_apart)
    assert list(map(_place_of, _texts_of(other))) != list(map(_place_of, _texts_of(SUPPLY)))
