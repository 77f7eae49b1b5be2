"""What the code says of itself: the words below a field, sets of parameters by name, comments of preset files."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module, resources
from itertools import chain, pairwise
from operator import attrgetter
from types import ModuleType
from typing import Any, NamedTuple, get_type_hints

from doppelgrid import models
from doppelgrid.sim import components, inputs


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in sorted(
        pkgutil.walk_packages(package.__path__, f"{package.__name__}."), key=attrgetter("name")
    ):
        if not info.ispkg:
            yield import_module(info.name)


@cache
def field_docstrings(record: type) -> dict[str, str]:
    """Return the docstring below each field of a class that has one, on one line."""
    tree = ast.parse(inspect.getsource(sys.modules[record.__module__]))
    body = next(
        (
            node.body
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and node.name == record.__name__
        ),
        [],
    )
    return {
        field.target.id: " ".join(words.value.value.split())
        for field, words in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(words, ast.Expr)
        and isinstance(words.value, ast.Constant)
        and isinstance(words.value.value, str)
    }


def parameters_type(name: str) -> type:
    """Return the `…Params` class of a name.

    Raises:
        LookupError: If no model has it.
    """
    for module in _modules(models):
        found = getattr(module, name, None)
        if isinstance(found, type) and found.__module__ == module.__name__:
            return found
    raise LookupError(f"no model has parameters named {name}")


def _loaders(suffix: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in chain(_modules(components), _modules(inputs)):
        for name, value in sorted(vars(module).items()):
            ours = getattr(value, "__module__", None) == module.__name__
            if ours and callable(value) and name.endswith(suffix) and not name.startswith("_"):
                yield name, value


def preset_names() -> dict[type, tuple[str, ...]]:
    """Return the names of the presets of each class of parameters, as the functions in `sim` offer them."""
    returned = {name: get_type_hints(load).get("return") for name, load in _loaders("_preset")}
    found: dict[type, tuple[str, ...]] = {}
    for name, names in _loaders("_preset_names"):
        kind = returned.get(name.removesuffix("_names"))
        if isinstance(kind, type):
            found[kind] = (*found.get(kind, ()), *names())
    return found


def preset(params_type: type, name: str, *sizes: float) -> Any:
    """Return the parameters that a preset's name stands for.

    Args:
        params_type: The class that is wanted; the function that loads it is known by what it returns.
        name: Of the preset.
        sizes: What else that function takes, in order.

    Raises:
        LookupError: If no function loads such parameters.
        ValueError: If there is no such preset.
    """
    for _, load in _loaders("_preset"):
        if get_type_hints(load).get("return") is params_type:
            return load(name, *sizes)
    raise LookupError(f"no function in sim returns {params_type.__name__}")


class PresetValue(NamedTuple):
    """One value of a preset file."""

    preset: str
    key: str
    value: Any
    comment: str
    """What the file says of it: beside it, or above it and those that follow."""


class PresetFile(NamedTuple):
    """A file of presets."""

    introduction: str
    """The comment at its head; an empty line parts its paragraphs."""
    remarks: dict[str, str]
    """What the file says of a preset as a whole: above its name or beside it."""
    values: tuple[PresetValue, ...]


def preset_file(stem: str) -> PresetFile:
    """Read a file of presets with its comments, which `tomllib` drops."""
    text = resources.files(models).joinpath("presets", f"{stem}.toml").read_text("utf-8")
    introduction, remarks, comments = _comments(text)
    values = [
        PresetValue(name, key, value, comments.get((name, key), ""))
        for name, entries in tomllib.loads(text).items()
        if isinstance(entries, dict)
        for key, value in _flat(entries)
    ]
    return PresetFile(introduction, remarks, tuple(values))


def _flat(entries: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in entries.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _comments(text: str) -> tuple[str, dict[str, str], dict[tuple[str, str], str]]:
    """Return the comment at the head, those of presets by name, and those of values by preset and key.

    A comment above values holds for those that follow it without a blank line, unless one has its own beside it.
    """
    head: list[str] = []
    block: list[str] = []
    remarks: dict[str, str] = {}
    found: dict[tuple[str, str], str] = {}
    name, prefix, standing, open_brackets, begun = "", "", "", 0, False
    for line in text.splitlines():
        code, comment = _parted(line)
        if open_brackets > 0:
            open_brackets += code.count("[") - code.count("]")
        elif not code and comment:
            (block if begun else head).append(comment)
        elif not begun and line.strip() == "#":
            head.append("")
        elif not code:
            begun, standing, block = True, "", [] if begun else block
        elif code.startswith("["):
            begun = True
            name, _, inner = code.strip("[]").partition(".")
            name, prefix = name.strip("\"' "), f"{inner.strip()}." if inner else ""
            if words := " ".join([*block, comment]).strip():
                remarks[name] = f"{remarks[name]} {words}" if name in remarks else words
            standing, block = "", []
        else:
            begun = True
            if block:
                standing, block = " ".join(block), []
            key, _, value = code.partition("=")
            found[name, prefix + key.strip("\"' ")] = comment or standing
            open_brackets = value.count("[") - value.count("]")
    return "\n".join(head), remarks, found


def _parted(line: str) -> tuple[str, str]:
    """Return what stands before and after the comment sign of a line."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "#":
            return line[:index].strip(), line[index + 1 :].strip()
    return line.strip(), ""
