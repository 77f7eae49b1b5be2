"""Named sets of parameters, read from data files beside the models, or from a folder of one's own."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, wraps
from hashlib import blake2b
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, ParamSpec, TypeVar

from ...models.parameter import GREATEST_MAGNITUDE, ParameterError, check_parameters
from .problems import did_you_mean, one_of, shortened

_Params = TypeVar("_Params")
_Arguments = ParamSpec("_Arguments")
_Loaded = TypeVar("_Loaded")
Tables = Mapping[str, Mapping[str, dict[str, Any]]]
"""By stem of a data file and name of a preset, its values."""
MANAGED_AS = "managed_as"
"""Key of a cell of one's own: the chemistry whose management system and ageing are its, too."""
_GREATEST_BYTES = 200_000
"""Largest file; the largest of ours has 14 kB."""
_MOST_PARTS = 16
"""Parts of a dotted key; the reader of TOML takes time by the square of them."""
_LONG_KEY = re.compile(
    r"""(?:[ \t]*\.[ \t]*(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')){""" + f"{_MOST_PARTS}}}"
)
_LONGEST_PATH = 200
"""Characters of the path of a folder in an error; the rest is left out."""
_MOST_TOLD = 50
"""Problems of a folder; the rest are counted."""
_ENTRIES_SHOWN = 3
"""Of a long list."""
_LONGEST_SHOWN = 60
_LEAST_LENGTH = 2
_GREATEST_LENGTH = 500
"""Of a table: the compiler gives all tables of a kind the length that holds the knots of each."""
_NUMBER, _NUMBERS = "a number", "a list of numbers"
VECTOR = 4
"""Up to so many entries, a list has a meaning for each; longer ones are tables, of any length."""
_FURTHER_KEYS: Mapping[str, Mapping[str, Any]] = {
    "cells": {MANAGED_AS: "lfp"},
    "chps": dict.fromkeys(("start_s", "stop_s", "starting", "standby"), 1.0),
    "wind_turbines": dict.fromkeys(
        ("restart_wait_s", "yaw_error_deg", "iced_share", "icing_below_c", "icing_humidity", "ice_build_s",
         "melting_above_c", "ice_melt_s", "density_exponent"), 1.0
    ),
}  # fmt: skip
"""Keys that a preset may lack, and an example of each."""


@dataclass(frozen=True)
class PresetFolder:
    """Presets of one's own, as they were when they were read."""

    path: Path = field(compare=False)
    digest: str
    """Digest of all its files: folders of the same content are the same."""
    tables: Tables = field(compare=False, repr=False)


class PresetError(ValueError):
    """A file of presets is wrong: says which, what was found and what would be accepted."""

    def __init__(self, file: str, name: str | None, found: str, accepted: str) -> None:
        """Gather what there is to say.

        Args:
            file: Name of the file, or of the folder.
            name: Of the preset; None if it is about the whole file.
            found: What is there.
            accepted: What would be right.
        """
        super().__init__(file, name, found, accepted)
        self.file, self.name, self.found, self.accepted = file, name, found, accepted

    def __str__(self) -> str:
        what = self.file if self.name is None else f"{self.file}: {self.name}"
        return f"{what} is {self.found}; accepted: {self.accepted}"


class PresetName(NamedTuple):
    """A preset, by the stem of its data file and its name there."""

    file: str
    name: str


_OWN: ContextVar[PresetFolder | None] = ContextVar("own presets", default=None)


class _Changed(NamedTuple):
    preset: PresetName
    values: Mapping[str, Any]


_CHANGED: ContextVar[_Changed | None] = ContextVar("changed preset", default=None)
_ASKED: ContextVar[list[PresetName] | None] = ContextVar("presets asked for", default=None)


@contextmanager
def presets_asked() -> Iterator[list[PresetName]]:
    """Note which presets are asked for in the context, in the order of the asking; one may be there twice."""
    asked: list[PresetName] = []
    token = _ASKED.set(asked)
    try:
        yield asked
    finally:
        _ASKED.reset(token)


def _note(names: Iterable[PresetName]) -> None:
    asked = _ASKED.get()
    if asked is not None:
        asked.extend(names)


@contextmanager
def own_presets(folder: PresetFolder | None) -> Iterator[None]:
    """Let names of presets stand for those of a folder, too; for ours alone if None."""
    token = _OWN.set(folder)
    try:
        yield
    finally:
        _OWN.reset(token)


@contextmanager
def changed_preset(preset: PresetName, values: Mapping[str, Any]) -> Iterator[None]:
    """Let a preset have other values in the context; no cache keeps what is made of it there."""
    token = _CHANGED.set(_Changed(preset, values))
    try:
        yield
    finally:
        _CHANGED.reset(token)


def read_preset_folder(path: Path) -> tuple[PresetFolder, list[PresetError]]:
    """Read presets of one's own: TOML files of the names and the form of those beside the models.

    Args:
        path: Of the folder.

    Returns:
        The presets whose form is right, and all that is wrong: there is no such folder, a file has a name or a form
        that is not known, or a preset lacks a value, has one too many, or has the name of one of ours.
    """
    digest, tables, wrong = blake2b(digest_size=16), dict[str, dict[str, Any]](), list[PresetError]()
    known = _known_files()
    accepted = "a folder, its path relative to the folder of the site file"
    try:
        is_there = path.is_dir()
    except OSError as error:
        wrong.append(PresetError(_shortened(str(path)), None, f"unreadable ({error.strerror})", accepted))
        return PresetFolder(path, digest.hexdigest(), tables), wrong
    if not is_there:
        wrong.append(PresetError(_shortened(str(path)), None, "not there", accepted))
    elif not any(path.glob("*.toml")):
        accepted = ", ".join(f"{stem}.toml" for stem in known)
        wrong.append(PresetError(str(path), None, "without files of presets", accepted))
    for file in sorted(path.glob("*.toml")):
        try:
            content, table = _parsed(file, known)
        except PresetError as error:
            wrong.append(error)
            continue
        tables[file.stem] = {}
        for name, values in table.items():
            found = [*_check_form(file, name, values)]
            wrong += found
            if not found:
                tables[file.stem][name] = values
        digest.update(f"{file.stem}\0{len(content)}\0".encode() + content)
    return PresetFolder(path, digest.hexdigest(), tables), wrong


def _parsed(file: Path, known: Sequence[str]) -> tuple[bytes, dict[str, Any]]:
    """Return what is in a file of presets.

    Raises:
        PresetError: If it has a name or a form that is not known.
    """
    if file.stem not in known:
        accepted = one_of([f"{stem}.toml" for stem in known], file.name)
        raise PresetError(file.name, None, "no file of presets by its name", accepted)
    content = _content(file)
    try:
        text = content.decode("utf-8")
        if _LONG_KEY.search(text):
            raise ValueError(f"a key of more than {_MOST_PARTS} dotted parts")
        return content, tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of the form, of the letters, or of endless numbers
        raise PresetError(file.name, None, f"no TOML ({error})", "TOML, a table for each preset") from None


def _content(file: Path) -> bytes:
    """Return what is in a file of presets."""
    try:
        if not file.is_file():
            raise PresetError(file.name, None, "no file", "a file of presets")
        if file.stat().st_size > _GREATEST_BYTES:
            accepted = f"at most {_GREATEST_BYTES} bytes"
            raise PresetError(file.name, None, f"of {file.stat().st_size} bytes", accepted)
        return file.read_bytes()
    except OSError as error:
        raise PresetError(file.name, None, f"unreadable ({error.strerror})", "a file of presets") from None


def _check_form(file: Path, name: str, values: object) -> Iterator[PresetError]:
    """Hold a preset of one's own to the keys of ours in the file of the same name."""
    ours = _shipped(file.stem)
    name = _printable(name)
    if not isinstance(values, dict):
        yield PresetError(file.name, name, "no table", f"a table: [{name}]")
        return
    if name in ours:
        yield PresetError(file.name, name, "the name of a preset of ours", "a name of its own")
    further = _FURTHER_KEYS.get(file.stem, {})
    yield from _check_keys(file, name, values, list(ours.values()), further)


def _check_keys(
    file: Path,
    name: str,
    values: dict[str, Any],
    ours: list[dict[str, Any]],
    further: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[PresetError]:
    everything = dict.fromkeys([*(key for preset in ours for key in preset), *further])
    for key, value in values.items():
        if key not in everything:
            hint = did_you_mean(key, everything)
            found = f"{name}.{_printable(key)}"
            yield PresetError(file.name, found, "unknown", f"{', '.join(everything)}{hint}")
            continue
        examples = [preset[key] for preset in (*ours, further) if key in preset]
        yield from _check_value(file, f"{name}.{key}", value, examples)
    for key in everything:
        is_needed = key not in further and bool(ours) and all(key in preset for preset in ours)
        if key not in values and is_needed:
            example = ours[0][key]
            is_table = isinstance(example, dict)
            accepted = _table_like(example) if is_table else f"a value such as {_in_short(example)}"
            yield PresetError(file.name, f"{name}.{key}", "missing", accepted)


def _check_value(file: Path, name: str, value: Any, examples: list[Any]) -> Iterator[PresetError]:
    tables = [example for example in examples if isinstance(example, dict)]
    if tables:
        if not isinstance(value, dict):
            yield PresetError(file.name, name, _in_short(value), _table_like(tables[0]))
        else:
            yield from _check_keys(file, name, value, tables)
        return
    if isinstance(value, list) and len(value) > _GREATEST_LENGTH:
        yield PresetError(file.name, name, f"a list of {len(value)}", f"at most {_GREATEST_LENGTH} entries")
        return
    lengths = {len(example) for example in examples if isinstance(example, list)}
    if isinstance(value, list) and len(lengths) == 1 and len(value) not in lengths and max(lengths) <= VECTOR:
        yield PresetError(file.name, name, f"a list of {len(value)}", f"one of {lengths.pop()}")
        return
    for entry in value if isinstance(value, list) else [value]:
        is_flag = isinstance(entry, bool) and not any(isinstance(example, bool) for example in examples)
        if is_flag or (isinstance(entry, float) and not math.isfinite(entry)):
            accepted = f"a finite value such as {_in_short(examples[0])}"
            yield PresetError(file.name, name, str(entry).lower(), accepted)
            return
        if isinstance(entry, int | float) and abs(entry) > GREATEST_MAGNITUDE:
            accepted = f"a magnitude of at most {GREATEST_MAGNITUDE:g}"
            yield PresetError(file.name, name, _found(entry), accepted)
            return
    yield from _check_kind(file, name, value, examples)


def _check_kind(file: Path, name: str, value: Any, examples: list[Any]) -> Iterator[PresetError]:
    """Hold a value to the kinds of those of ours, numbers to whole ones if all of ours are."""
    kinds = dict.fromkeys(map(_kind, examples))
    if kinds and _kind(value) not in kinds:
        yield PresetError(file.name, name, _found(value), " or ".join(kinds))
    elif isinstance(value, list) and len(value) < _LEAST_LENGTH:
        yield PresetError(file.name, name, f"a list of {len(value)}", f"at least {_LEAST_LENGTH} entries")
    elif isinstance(value, list) and (strangers := [entry for entry in value if _kind(entry) != _NUMBER]):
        yield PresetError(file.name, name, f"a list with {_found(strangers[0])}", _NUMBERS)
    elif isinstance(value, float) and not value.is_integer() and {*map(type, examples)} == {int}:
        yield PresetError(file.name, name, f"{value:g}", "a whole number")


def _table_like(example: dict[str, Any]) -> str:
    return f"a table with {', '.join(example)}"


def _in_short(value: object) -> str:
    """Return a value as a file says it, a long list by its first entries."""
    if isinstance(value, list) and len(value) > _ENTRIES_SHOWN:
        return f"[{', '.join(map(_in_short, value[:_ENTRIES_SHOWN]))}, …]"
    return shortened(repr(value), _LONGEST_SHOWN)


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return _NUMBER
        case str():
            return "a text"
        case list():
            return _NUMBERS
        case _:
            return type(value).__name__


def _found(value: object) -> str:
    match value:
        case dict():
            return "a table"
        case list():
            return f"a list of {len(value)}"
        case int() if abs(value) > GREATEST_MAGNITUDE:
            return "a very large whole number"
        case _:
            return _in_short(value)


def _shortened(path: str) -> str:
    return path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}…"


def most_telling(wrong: list[PresetError], path: Path) -> list[PresetError]:
    """Return the problems of a folder that are told one by one, and how many more there are."""
    more = len(wrong) - _MOST_TOLD
    if more <= 0:
        return wrong
    rest = PresetError(
        _shortened(str(path)), None, f"wrong in {more} more places", "presets of the form of ours"
    )
    return [*wrong[:_MOST_TOLD], rest]


def _printable(name: str) -> str:
    return name if name.isprintable() else repr(name)


def preset_cache(load: Callable[_Arguments, _Loaded]) -> Callable[_Arguments, _Loaded]:
    """Keep what a function makes of presets, apart for each folder of one's own."""
    kept: dict[tuple[object, ...], tuple[_Loaded, list[PresetName]]] = {}

    @wraps(load)
    def looked_up(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Loaded:
        asked, changed = (_OWN.get(), args, tuple(kwargs.items())), _CHANGED.get()
        if changed is not None and (asked not in kept or changed.preset in kept[asked][1]):
            return load(*args, **kwargs)
        if asked not in kept:
            with presets_asked() as needed:
                loaded = load(*args, **kwargs)
            kept[asked] = loaded, needed
        loaded, needed = kept[asked]
        _note(needed)
        return loaded

    return looked_up


def preset_names(file: str) -> tuple[str, ...]:
    """Return the names of the presets of a data file."""
    return tuple(_read(file))


def find_preset(file: str, kind: str, name: str) -> dict[str, Any]:
    """Return the values of a preset as its data file has them.

    Args:
        file: Stem of the data file.
        kind: What it is a preset of, for messages.
        name: Of the preset.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    entries = _read(file)
    if name not in entries:
        raise ValueError(f"{kind} is {name!r}; accepted: {one_of(entries, name)}")
    _note([PresetName(file, name)])
    return entries[name]


def preset_values(file: str, name: str) -> Mapping[str, Any]:
    """Return the values of a preset that is there, as its data file has them."""
    return _read(file)[name]


def flat_values(values: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a preset by key; one of a table has the table's name before it."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat_values(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", value


def params_of_preset(params: type[_Params], file: str, kind: str, name: str) -> _Params:
    """Return the parameters of a preset whose values are those of a model, one to one.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If one is out of its range; names it.
    """
    made = params(**{key: as_tuple(value) for key, value in find_preset(file, kind, name).items()})
    check_parameters(made)
    return made


def as_tuple(value: Any) -> Any:
    """Return a list as a tuple, and anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def check_at_most(name: str, value: float, other: str, limit: float, unit: str) -> None:
    """Hold one parameter to another.

    Raises:
        ParameterError: If it is greater; names both.
    """
    if not value <= limit:
        unit = f" {unit}" if unit else ""
        raise ParameterError(name, f"{value:g}{unit}", f"at most {other}, {limit:g}{unit} (physics)")


def check_own_draws(params: Any, names: Iterable[str], rated_w: float, within: str = "") -> None:
    """Hold what a device draws for itself to its rated power.

    Args:
        params: A `…Params` named tuple.
        names: Of its parameters [W].
        rated_w: The rated power [W].
        within: What stands before the names in an error, with a dot.

    Raises:
        ParameterError: If one is greater; names it.
    """
    for name in names:
        check_at_most(f"{within}{name}", getattr(params, name), "rated_power_w", rated_w, "W")


def _read(file: str) -> Mapping[str, dict[str, Any]]:
    own, changed = _OWN.get(), _CHANGED.get()
    known = _shipped(file) if own is None else {**_shipped(file), **own.tables.get(file, {})}
    if changed is None or changed.preset.file != file:
        return known
    return {**known, changed.preset.name: dict(changed.values)}


@cache
def _shipped(file: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(preset_text(file))


def preset_text(file: str) -> str:
    """Return one of our data files, comments and all.

    Args:
        file: Its stem.
    """
    return _folder().joinpath(f"{file}.toml").read_text("utf-8")


@cache
def _known_files() -> tuple[str, ...]:
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _folder() -> Traversable:
    return resources.files("doppelgrid.models").joinpath("presets")
