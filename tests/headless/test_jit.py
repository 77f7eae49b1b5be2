"""Compiled copies of modules: whose functions they call, and when what is kept of them is no longer good."""

from __future__ import annotations

import errno
import fcntl
import math
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

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
        jit.text_digest.cache_clear()
        with jit.kept_under("all", jit.outer_packages([other.step])):
            return str(jit.numba.config.CACHE_DIR)

    before = folder()
    assert folder() == before
    (tmp_path / "other_hardware" / "model.py").write_text(TEXT.replace("3.0", "4.0"))
    assert folder() != before


def test_models_of_one_name_are_kept_apart() -> None:
    from doppelgrid.sim.components.supply import SUPPLY
    from doppelgrid.sim.headless.program import place_of, texts_of

    other = SUPPLY._replace(output=test_models_of_one_name_are_kept_apart)
    assert list(map(place_of, texts_of(other))) != list(map(place_of, texts_of(SUPPLY)))


@pytest.mark.parametrize(
    "changed",
    ["models/battery.py", "sim.kernel/steps.py", "here/loop.py", "here/jit.py", "here/inner_code.py"],
)
def test_another_text_of_ours_is_kept_elsewhere(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of models, of the kernel, and of what compiles them."""
    names = ("arrays", "boundary", "inner_code", "jit", "loop", "program", "stubs")
    for path in ("models/battery.py", "sim.kernel/steps.py", *(f"here/{name}.py" for name in names)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("before")

    def package(name: str) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = str(tmp_path / name.partition(".")[2] / "__init__.py")
        return module

    monkeypatch.setattr(jit, "import_module", package)
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "here" / "jit.py"))

    def digest() -> str:
        jit.text_digest.cache_clear()
        return jit.text_digest(frozenset())

    before = digest()
    assert digest() == before
    (tmp_path / changed).write_text("after")
    assert digest() != before
    jit.text_digest.cache_clear()


@pytest.mark.parametrize(
    ("module", "name"), [(jit.sys, "version"), (jit.numba, "__version__")], ids=["Python", "Numba"]
)
def test_what_another_compiler_made_is_kept_elsewhere(
    module: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jit.text_digest.cache_clear()
    before = jit.text_digest(frozenset())
    monkeypatch.setattr(module, name, "4.0.0")
    jit.text_digest.cache_clear()
    assert jit.text_digest(frozenset()) != before
    jit.text_digest.cache_clear()


def twice(value: float) -> float:
    return 2.0 * value


def found_and_missed(compiled: Any) -> tuple[int, int]:
    stats = compiled.stats
    return sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


class TestKept:
    @pytest.fixture(autouse=True)
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(jit.platformdirs, "user_cache_path", lambda _name: tmp_path / "cache")
        return tmp_path / "cache" / "compiled"

    def test_it_is_below_a_folder_of_the_present_text_while_it_lasts(self, cache: Path) -> None:
        before = jit.numba.config.CACHE_DIR
        with jit.kept_under("some models") as is_kept:
            folder = Path(jit.numba.config.CACHE_DIR)
            assert is_kept
            assert folder.is_dir()
            assert (folder.name, folder.parents[1]) == ("some models", cache)
        assert before == jit.numba.config.CACHE_DIR
        with jit.kept_under("other models"):
            assert Path(jit.numba.config.CACHE_DIR).parent == folder.parent

    def test_nothing_is_kept_where_nothing_can_be_written(self, cache: Path) -> None:
        cache.parent.mkdir()
        cache.write_text("in the way")
        before = jit.numba.config.CACHE_DIR
        with jit.kept_under("some models") as is_kept:
            assert not is_kept
            assert before == jit.numba.config.CACHE_DIR

    def test_what_cannot_be_kept_is_used_all_the_same(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del cache

        def full(*_compiled: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with jit.kept_under("some models") as is_kept:
            compiled = jit.compiled_function(twice, globals(), kept=is_kept)
            monkeypatch.setattr(compiled._cache._cache_file, "save", full)  # type: ignore[attr-defined]
            assert compiled(21.0) == 42.0

    def test_what_another_process_is_compiling_is_waited_for_and_found(self, cache: Path) -> None:
        del cache
        with jit.kept_under("some models"):
            theirs, ours = (jit.compiled_function(twice, globals(), kept=True) for _ in range(2))
        assert theirs(21.0) == 42.0
        folder = Path(theirs.stats.cache_path)  # type: ignore[attr-defined]
        hidden = {path: path.read_bytes() for path in folder.glob("*.nb*")}
        for path in hidden:
            path.unlink()
        told, lock = [], (folder / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)

        def be_done(part: float) -> None:
            told.append(part)
            for path, content in hidden.items():
                path.write_bytes(content)
            lock.close()

        with jit.told_of_compiling(be_done):
            assert ours(21.0) == 42.0
        assert told[0] == 0.0
        assert found_and_missed(ours) == (1, 0)

    def test_what_is_there_is_found_without_waiting(self, cache: Path) -> None:
        del cache
        with jit.kept_under("some models"):
            theirs, ours = (jit.compiled_function(twice, globals(), kept=True) for _ in range(2))
        assert theirs(21.0) == 42.0
        with (Path(theirs.stats.cache_path) / "lock").open("w") as lock:  # type: ignore[attr-defined]
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert ours(21.0) == 42.0
        assert found_and_missed(ours) == (1, 0)

    def test_a_process_that_was_stopped_while_it_compiled_is_not_waited_for_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jit, "_PATIENCE_S", 0.0)
        with (tmp_path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with jit.in_turn(tmp_path / "lock"):
                pass

    def test_where_no_file_can_be_locked_nobody_waits(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unsupported(*_given: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(jit.fcntl, "flock", unsupported)
        for path in (tmp_path / "lock", tmp_path / "no folder" / "lock"):
            with jit.in_turn(path):
                pass

    @pytest.mark.parametrize(("texts", "left"), [(7, 7), (8, 7), (12, 7)])
    def test_what_texts_of_long_ago_left_is_removed_but_for_a_few(
        self, cache: Path, texts: int, left: int
    ) -> None:
        for number in range(texts):
            folder = cache / f"old-{number}" / "models"
            folder.mkdir(parents=True)
            os.utime(folder.parent, (1000.0 + number, 1000.0 + number))
        with jit.kept_under("some models"):
            present = Path(jit.numba.config.CACHE_DIR).parent.name
        kept = {path.name for path in cache.iterdir()}
        assert kept == {present, *(f"old-{number}" for number in range(texts - left, texts))}


class TestDamage:
    """What is kept may be cut off by a full disk, a power cut or a stranger."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(jit.platformdirs, "user_cache_path", lambda _name: tmp_path / "cache")
        return tmp_path / "cache"

    def compiled(self) -> Callable[..., Any]:
        from doppelgrid.models import tables

        function = tables.table_value
        assert isinstance(function, FunctionType)
        with jit.kept_under("all"):
            return jit.compiled_function(function, dict(vars(tables)), kept=True)

    @staticmethod
    def cut(path: Path) -> None:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    @staticmethod
    def empty(path: Path) -> None:
        path.write_bytes(b"")

    @staticmethod
    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 255
        path.write_bytes(bytes(content))

    @pytest.mark.parametrize("damage", ["cut", "empty", "flip"])
    @pytest.mark.parametrize("kind", ["*.nbi", "*.nbc", "checks"])
    def test_it_is_compiled_anew_and_found_the_next_time(self, kind: str, damage: str, folder: Path) -> None:
        table = (0.0, 1.0, 4.0)
        assert self.compiled()(table, 0.75) == 2.5
        (file,) = folder.rglob(kind)
        getattr(self, damage)(file)
        again, later = self.compiled(), self.compiled()
        assert (again(table, 0.75), later(table, 0.75)) == (2.5, 2.5)
        for made, hits in ((again, 0), (later, 1)):
            statistics: Any = made
            assert sum(statistics.stats.cache_hits.values()) == hits


def test_what_another_process_removes_meanwhile_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jit.platformdirs, "user_cache_path", lambda _name: tmp_path)
    folder = tmp_path / "compiled"
    folder.mkdir()
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    with jit.kept_under("all") as is_kept:
        assert is_kept


def test_a_function_stands_in_for_another_wherever_that_is_called() -> None:
    from doppelgrid.models import tables

    modules = jit.JitModules(are_inner=True)
    stand_in = modules.compiled(test_a_function_stands_in_for_another_wherever_that_is_called)
    modules.replace(tables.table_value, stand_in)
    assert modules.compiled(tables.table_value) is stand_in
    mean = modules.compiled(tables.table_mean)
    assert mean is modules.compiled(tables.table_mean) is modules.names_of(tables)["table_mean"]
    assert mean.py_func.__code__ is tables.table_mean.__code__
    assert modules.names_of(tables)["table_value"] is stand_in


class TestInner:
    """What only compiled functions call becomes native code in these alone."""

    @staticmethod
    def root(x: float) -> float:
        if x < 0.0:
            raise ValueError("below zero", x)
        return math.sqrt(x)

    @pytest.fixture
    def names(self) -> dict[str, Any]:
        assert isinstance(self.root, FunctionType)
        return {"root": jit.compiled_function(self.root, {"math": math}, is_inner=True)}

    @pytest.fixture
    def outer(self, names: dict[str, Any]) -> Callable[..., Any]:
        def one_more(x: float) -> float:
            return root(x) + 1.0  # type: ignore[name-defined]  # noqa: F821

        assert isinstance(one_more, FunctionType)
        return jit.compiled_function(one_more, names)

    def test_it_has_none_of_its_own(self, outer: Callable[..., Any], names: dict[str, Any]) -> None:
        assert outer(4.0) == 3.0
        (result,) = names["root"].overloads.values()
        assert result.library.get_pointer_to_function(result.fndesc.llvm_func_name) == 0

    def test_what_it_raises_comes_out_with_its_values(self, outer: Callable[..., Any]) -> None:
        with pytest.raises(ValueError, match="below zero") as raised:
            outer(-4.0)
        assert raised.value.args == ("below zero", -4.0)

    def test_its_name_stays_short_however_long_those_of_its_types_are(self) -> None:
        def first(given: Any) -> Any:
            return given[0]

        def both(given: Any) -> Any:
            return inner(given) + inner(given[1:])  # type: ignore[name-defined]  # noqa: F821

        assert isinstance(first, FunctionType)
        assert isinstance(both, FunctionType)
        compiled: Any = jit.compiled_function(first, {}, is_inner=True)
        wide = (1, *(float(number) for number in range(300)))
        assert jit.compiled_function(both, {"inner": compiled})(wide) == 1.0
        names = {result.fndesc.llvm_func_name for result in compiled.overloads.values()}
        assert len(names) == 2
        assert max(map(len, names)) < 300


def test_packages_besides_ours_are_told_apart_by_their_first_name() -> None:
    def theirs() -> None:
        pass

    theirs.__module__ = "other_hardware.deep.model"
    from doppelgrid.models.tables import table_value

    assert jit.outer_packages([table_value, theirs]) == {"other_hardware"}
    assert jit.outer_packages([table_value]) == frozenset()


def test_compiling_is_told_of_from_its_begin_to_its_end_and_not_where_nothing_is_compiled(
    other: ModuleType,
) -> None:
    compiled, told = jit.JitModules().compiled(other.step), list[float]()
    for _ in range(2):
        with jit.told_of_compiling(told.append):
            compiled((0.0, 1.0, 4.0), 0.75)
        assert told[0] == 0.0
        assert 0.0 < told[-1] <= 1.0
        assert told == sorted(set(told))
