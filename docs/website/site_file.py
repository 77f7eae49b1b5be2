"""The page of the keys of site files, made from their JSON schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from . import code as source
from .markdown import code, table

Schema = dict[str, Any]
_REF = "#/$defs/"
_NUMBERS = {"integer": "whole number", "number": "number"}
_PRESET = "name of a [preset](presets/index.md)"
_BY_PRESET = "; by preset if not given"
"""Stands in the column of defaults instead."""
_GENERIC = re.compile(r"^(Inline|Point)\[")


def site_file_page() -> str:
    """Return the page."""
    return "\n".join(_Page(source.schema()).lines()) + "\n"


class _Page:
    """Writes a table for each section of a site file, in the order in which they are met."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._definitions: dict[str, Schema] = schema["$defs"]
        components = schema["properties"]["components"]["additionalProperties"]
        self._components: dict[str, str] = {
            category: reference.removeprefix(_REF)
            for category, reference in components["discriminator"]["mapping"].items()
        }
        self._categories = {name: category for category, name in self._components.items()}
        self._met: list[str] = []

    def lines(self) -> Iterator[str]:
        sections = [self._definitions[name] for name in self._components.values()]
        shared = {
            key: value
            for key, value in sections[0]["properties"].items()
            if all(section["properties"].get(key) == value for section in sections)
        }
        yield from ("# Site file", "")
        yield from (
            "Every key that a site file may have. [Write a site file](../how-to/site-files.md) says what they are "
            "good for; `doppelgrid check --schema` prints the same as a JSON schema for editors.",
            "",
        )
        yield from ("## The file", "")
        yield from self._keys(self._schema, self._schema["properties"])
        yield from ("", "## Components", "", "Every component has these keys, and those of its category.", "")
        yield from self._keys(sections[0], shared)
        for category in self._components:
            section = self._definitions[self._components[category]]
            own = {
                key: value for key, value in section["properties"].items() if key not in {*shared, "category"}
            }
            yield from ("", f"### {category}", "", _words(section), "")
            yield from self._keys(section, own) if own else ["No more keys."]
        yield from ("", "## Sections", "", "What keys above refer to.")
        done = 0
        while done < len(self._met):
            name = self._met[done]
            section = self._definitions[name]
            title = self._title(name)
            yield from ("", f"### {title} {{#{_anchor(title)}}}", "")
            if words := _words(section):
                yield from (words, "")
            yield from self._keys(section, section["properties"])
            done += 1

    def _keys(self, section: Schema, properties: dict[str, Schema]) -> Iterator[str]:
        required = section.get("required", ())
        yield from table(
            ["key", "accepted", "default", "meaning"],
            (
                [
                    code(key),
                    _PRESET if key == "preset" else self._accepted(value),
                    "**required**" if key in required else _default(value),
                    _words(value, beside_units=True).replace(_BY_PRESET, ""),
                ]
                for key, value in properties.items()
            ),
        )

    def _accepted(self, value: Schema) -> str:
        choices = value.get("anyOf", value.get("oneOf"))
        if "discriminator" in value:
            return "a [component](#components)"
        if choices is not None:
            parts = (self._accepted(part) for part in choices if part.get("type") != "null")
            return " or ".join(dict.fromkeys(parts))
        if "$ref" in value:
            return self._reference(value["$ref"].removeprefix(_REF))
        return _said(value) or self._by_type(value)

    def _by_type(self, value: Schema) -> str:
        kind, inner = value.get("type"), value.get("additionalProperties")
        if kind == "array":
            return f"list of: {self._accepted(value['items'])}" if "items" in value else "list"
        if kind == "object":
            return f"by key: {self._accepted(inner)}" if isinstance(inner, dict) else "mapping"
        if kind in _NUMBERS:
            return _range(_NUMBERS[kind], value)
        return "`true`, `false`" if kind == "boolean" else "text"

    def _reference(self, name: str) -> str:
        definition = self._definitions[name]
        if "enum" in definition:
            return ", ".join(code(word) for word in definition["enum"])
        if name in self._categories:
            return f"[{self._categories[name]}](#{self._categories[name]})"
        title = self._title(name)
        if title not in (self._title(each) for each in self._met):
            self._met.append(name)
        return f"[{title}](#{_anchor(title)})"

    def _title(self, name: str) -> str:
        """Return what people call a section; those of one shape for several quantities by their unit."""
        definition = self._definitions[name]
        if not _GENERIC.match(definition.get("title", "")):
            return _spaced(name)
        properties = definition["properties"]
        if "points" in properties:
            inner = self._definitions[properties["points"]["items"]["$ref"].removeprefix(_REF)]
            return f"Inline profile in {_first_unit(inner['properties']['value'])}"
        return f"Point in {_first_unit(properties['value'])}"


def _said(value: Schema) -> str:
    """Return what a value says itself of what it accepts."""
    words = [code(word) for word in value.get("enum", [value["const"]] if "const" in value else [])]
    moment = "date and time" if value.get("format") == "date-time" else ""
    return str(value.get("$comment", "")) or ", ".join(words) or moment


def _first_unit(value: Schema) -> str:
    match = re.search(r"\(([^,)]+)", value.get("$comment", ""))
    return match[1] if match else "numbers"


def _spaced(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return words[0] + words[1:].lower()


def _anchor(title: str) -> str:
    words = title.lower().replace("%", "percent").replace("°c", "celsius").replace("°", "degrees")
    return re.sub(r"[^\w\- ]", "", words, flags=re.ASCII).strip().replace(" ", "-")


def _words(value: Schema, *, beside_units: bool = False) -> str:
    """Return what a key or section means, unless that only says again what is accepted."""
    words = " ".join(value.get("description", "").split())
    return "" if beside_units and words == value.get("$comment") else words


def _default(value: Schema) -> str:
    if "default" not in value or value["default"] in ("", [], {}):
        return "by preset" if _BY_PRESET in _words(value) else ""
    default = value["default"]
    return code(default if isinstance(default, str) else json.dumps(default, ensure_ascii=False))


def _range(words: str, value: Schema) -> str:
    limits = [
        f"{sign} {value[key]:g}"
        for sign, key in (
            (">=", "minimum"),
            (">", "exclusiveMinimum"),
            ("<=", "maximum"),
            ("<", "exclusiveMaximum"),
        )
        if key in value and abs(value[key]) < 2**62
    ]
    return ", ".join([words, " and ".join(limits)]) if limits else words
