"""The same functions, compiled: copies of modules whose functions are Numba's.

In the copy of a module every function is compiled when it is first called, with the calls between them, and into other
modules of this package, going to compiled functions as well. The text that runs is that of the module, so whoever
reads it reads both.

Numba takes 1.3 s to import, so nothing imports this module before a compiled run begins.
"""

from __future__ import annotations

import fcntl
import inspect
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from hashlib import blake2b
from importlib import import_module
from itertools import chain
from pathlib import Path
from threading import Event
from types import FunctionType, ModuleType
from typing import IO, Any

import numba
import platformdirs
from numba.core.event import Listener, install_listener, trigger_event

from .inner_code import InnerCompiler, OuterCompiler

_TEXTS_KEPT = 8
_PATIENCE_S = 180.0
"""Longer than a program takes to compile: a process that is still at it then has been stopped."""
_ASK_AGAIN_S = 0.1
_KEPT, _CHECKS = (".nbi", ".nbc"), "checks"
"""What the files end in that Numba keeps, and the file beside them that tells damaged ones."""
_COMPILING = ("arrays.py", "boundary.py", "inner_code.py", "jit.py", "loop.py", "program.py", "stubs.py")
_SETTINGS: Any = numba.config
_NJIT: Any = numba.njit
"""Takes more options than its type tells."""
NUMBA_ERRORS: tuple[type[Exception], ...] = (
    numba.core.errors.NumbaError,
    numba.core.errors.UnsupportedBytecodeError,
)
"""What Numba raises of text that does not compile."""
_PACKAGE = __package__.split(".")[0]
_given: list[str] = []
"""Functions given to the compiler since anything was compiled last."""


class JitModules:
    """Compiled copies of modules, some functions replaced by others on the way.

    They call functions of this package, and of their own if another package brings them.
    """

    def __init__(self, *, are_inner: bool = False) -> None:
        """Begin without any.

        Args:
            are_inner: Whether only compiled functions call them: they get no native code of their own.
        """
        self._are_inner = are_inner
        self._replaced: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._copies: dict[str, dict[str, Any]] = {}

    def replace(self, function: Callable[..., Any], instead: Callable[..., Any]) -> None:
        """Let a compiled function stand in for a plain one wherever that is called.

        No module that calls it may have a copy yet.
        """
        self._replaced[function] = instead

    def names_of(self, module: ModuleType) -> dict[str, Any]:
        """Return the names of a module's copy: its functions compiled, everything else as it is."""
        if module.__name__ not in self._copies:
            names = self._copies[module.__name__] = dict(vars(module))
            for name, value in vars(module).items():
                if isinstance(value, FunctionType) and _package_of(value) in (
                    _PACKAGE,
                    _root(module.__name__),
                ):
                    names[name] = self.compiled(value)
        return self._copies[module.__name__]

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of this package or of one that brings models, compiled."""
        assert isinstance(function, FunctionType)
        if function in self._replaced:
            return self._replaced[function]
        module = sys.modules[function.__module__]
        if function.__module__ not in self._copies:
            self.names_of(module)
        names = self._copies[function.__module__]
        held = names.get(function.__name__)
        if held is None or isinstance(held, FunctionType):
            held = names[function.__name__] = compiled_function(function, names, is_inner=self._are_inner)
        made: Callable[..., Any] = held
        return made


def outer_packages(functions: Iterable[Callable[..., Any]]) -> frozenset[str]:
    """Return the names of the packages, other than this one, that functions are from."""
    return frozenset(map(_package_of, functions)) - {_PACKAGE}


def _package_of(function: Callable[..., Any]) -> str:
    return _root(function.__module__)


def _root(name: str) -> str:
    return name.partition(".")[0]


def compiled_function(
    function: FunctionType, names: dict[str, Any], *, is_inner: bool = False, kept: bool = False
) -> Callable[..., Any]:
    """Return a function, compiled when it is first called, that looks its global names up in `names`.

    Args:
        function: Plain Python.
        names: Where it finds what it calls.
        is_inner: Whether only compiled functions call it: it gets no native code of its own.
        kept: Whether what is compiled is kept on the disk for later processes.
    """
    copy = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    _given.append(function.__name__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    made: Callable[..., Any] = _NJIT(
        copy,
        cache=kept,
        no_cpython_wrapper=is_inner,
        no_cfunc_wrapper=is_inner,
        pipeline_class=InnerCompiler if is_inner else OuterCompiler,
    )
    if kept:
        _go_on_where_nothing_can_be_kept(made)
        _compile_in_one_process_at_a_time(made)
    return made


def _go_on_where_nothing_can_be_kept(made: Any) -> None:
    """Let a compiled function be used although the disk is full, say: it is compiled anew the next time."""
    keep = made._cache.save_overload

    def keep_if_possible(*compiled: Any) -> None:
        with suppress(OSError):
            keep(*compiled)
            folder = Path(made.stats.cache_path)
            (folder / _CHECKS).write_text(_checks_of(folder), encoding="utf-8")

    made._cache.save_overload = keep_if_possible


def _checks_of(folder: Path) -> str:
    """Return a line for each file that Numba keeps in a folder, by which damage to it is known."""
    files = sorted(path for path in folder.iterdir() if path.suffix in _KEPT)
    return "".join(
        f"{blake2b(path.read_bytes(), digest_size=16).hexdigest()} {path.name}\n" for path in files
    )


def _is_whole(folder: Path) -> bool:
    """Say whether nothing is damaged of what is kept in a folder: Numba would end the process by it, or worse."""
    try:
        return (folder / _CHECKS).read_text(encoding="utf-8") == _checks_of(folder)
    except (OSError, UnicodeDecodeError):
        return False


def _forget_all(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix in _KEPT:
            path.unlink(missing_ok=True)


def _compile_in_one_process_at_a_time(made: Any) -> None:
    """Let processes that need a function at the same time find what the first of them compiles."""
    compile_or_find, find = made.compile, made._cache.load_overload
    turn, folder = ExitStack(), Path(made.stats.cache_path)

    def find_in_turn(*wanted: Any) -> Any:
        found = find(*wanted) if _is_whole(folder) else None
        if found is not None:
            return found
        turn.enter_context(in_turn(folder / "lock"))
        if not _is_whole(folder):
            with suppress(OSError):
                _forget_all(folder)
        return find(*wanted)

    def compile_or_find_in_turn(signature: Any) -> Any:
        with turn:
            return compile_or_find(signature)

    made.compile, made._cache.load_overload = compile_or_find_in_turn, find_in_turn


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Let one process at a time into the context; those that wait tell that something is compiled.

    Nobody waits for ever for a process that was stopped, and nobody waits at all where files cannot be locked.
    """
    try:
        lock = path.open("w")
    except OSError:
        yield
        return
    with lock:
        if not _is_ours(lock):
            with trigger_event("numba:compile"):
                asked, pause = 0, Event()
                while not _is_ours(lock) and asked * _ASK_AGAIN_S < _PATIENCE_S:
                    pause.wait(_ASK_AGAIN_S)
                    asked += 1
        yield


def _is_ours(file: IO[str]) -> bool:
    """Return whether nobody else has locked a file, and lock it if files can be locked there."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def kept_under(name: str, others: frozenset[str] = frozenset()) -> Iterator[bool]:
    """Let what is kept on the disk go to a folder that only the present text of the package uses.

    Numba itself looks only at the file of the outermost function to tell whether what it kept is still good.

    Args:
        name: Tells apart what is made of the same text in different ways.
        others: Packages besides this one whose text counts.

    Yields:
        Whether anything can be kept there.
    """
    folder = platformdirs.user_cache_path("doppelgrid") / "compiled" / text_digest(others) / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        yield False
        return
    _forget_old(folder.parents[1])
    before = _SETTINGS.CACHE_DIR
    _SETTINGS.CACHE_DIR = str(folder)
    try:
        yield True
    finally:
        _SETTINGS.CACHE_DIR = before


@contextmanager
def told_of_compiling(tell: Callable[[float], None]) -> Iterator[None]:
    """Call `tell` again and again while something is compiled in the context: nothing was kept on the disk for it.

    Args:
        tell: Takes about how much is done, from 0 to 1.
    """
    try:
        with install_listener("numba:compile", _Progress(tell, len(_given))):
            yield
    finally:
        _given.clear()


class _Progress(Listener):
    """Tells how many functions have been compiled, of those that were given to the compiler."""

    def __init__(self, tell: Callable[[float], None], given: int) -> None:
        self._tell = tell
        self._given = max(given, 1)
        self._begun = False
        self._done = 0

    def on_start(self, event: Any) -> None:  # noqa: ARG002
        # The first function begins with those that it calls.
        if not self._begun:
            self._begun = True
            self._tell(0.0)

    def on_end(self, event: Any) -> None:  # noqa: ARG002
        self._done += 1
        # Numba compiles some of its own besides, and none that nobody calls.
        self._tell(min(1.0, self._done / self._given))


def _forget_old(folder: Path) -> None:
    """Remove what texts of long ago left behind."""
    texts = sorted(folder.iterdir(), key=_used_at, reverse=True)
    for text in texts[_TEXTS_KEPT:]:
        shutil.rmtree(text, ignore_errors=True)


def _used_at(text: Path) -> float:
    """Return when something was kept for a text last [s]; 0 for what another process has removed meanwhile."""
    try:
        return text.stat().st_mtime
    except OSError:
        return 0.0


@cache
def text_digest(others: frozenset[str]) -> str:
    """Return a name for the text of everything that may be compiled, and of what compiles it."""
    digest = blake2b(f"{sys.version} {numba.__version__}".encode(), digest_size=12)
    here = Path(__file__).parent
    texts = [here / name for name in _COMPILING]
    for name in ("models", "sim.kernel"):
        folder = Path(inspect.getfile(import_module(f"{_PACKAGE}.{name}"))).parent
        texts += sorted(folder.glob("*.py"))
    for name in sorted(others):
        module = sys.modules[name]
        folders = [Path(folder) for folder in getattr(module, "__path__", ())]
        found = (sorted(folder.rglob("*.py")) for folder in folders)
        texts += chain.from_iterable(found) if folders else [Path(inspect.getfile(module))]
    for path in texts:
        digest.update(path.read_bytes())
    return digest.hexdigest()
