"""What preset files say of their values in comments, which `tomllib` drops: where each number is from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from .presets import PresetName, flat_values, preset_text, preset_values

_SOURCE = re.compile(r"^([A-Z])  (.+)$", re.MULTILINE)
"""A letter for a source in the comment at the head of a file, and what it stands for."""


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
    text = preset_text(stem)
    introduction, remarks, comments = _comments(text)
    values = [
        PresetValue(name, key, value, comments.get((name, key), ""))
        for name, entries in tomllib.loads(text).items()
        if isinstance(entries, dict)
        for key, value in flat_values(entries)
    ]
    return PresetFile(introduction, remarks, tuple(values))


def remarks_on(preset: PresetName) -> tuple[str, dict[str, str]]:
    """Return what our data file says of a preset as a whole, and of each of its values by its key.

    A value of which it says nothing has the remark on the preset; everything in presets of one's own has an empty one.
    Letters that stand for sources are followed by what they stand for.
    """
    file = preset_file(preset.file)
    sources = dict(_SOURCE.findall(file.introduction))
    of_preset = file.remarks.get(preset.name, "")
    told = {
        value.key: _with_sources(value.comment or of_preset, sources)
        for value in file.values
        if value.preset == preset.name
    }
    names = dict(flat_values(preset_values(preset.file, preset.name)))
    return of_preset, {name: told.get(name, "") for name in names}


def _with_sources(comment: str, sources: Mapping[str, str]) -> str:
    if comment in sources:
        return sources[comment]
    letters = [letter for letter in sources if re.search(rf"\b{letter}\b", comment)]
    told = "; ".join(f"{letter}: {sources[letter]}" for letter in letters)
    return f"{comment} [{told}]" if told else comment


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
            standing, block = " ".join([*block, comment]).strip(), []
            if standing and not inner:
                remarks[name], standing = standing, ""
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
