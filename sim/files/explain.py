"""What pydantic refuses, in the words and the keys of the person who wrote the file."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .problems import Finding, Place, one_of, shown

_QUOTED = re.compile(r"'([^']*)'")
_LISTED = re.compile(", | or ")
_OF_A_KEY = "[key]"
"""Behind a key of a mapping where it is that, and not its value, which is wrong."""
_OF_NUMBERS = frozenset({"float_type", "int_type"})
_ABSENT = object()
"""Stands in for a value that is missing; no type accepts it."""


class _Spot(NamedTuple):
    """Where an error was found: what the file says there, and what the model says."""

    path: Place
    annotation: Any
    """Type expected here; None if the model does not know the key."""
    owner: type[BaseModel] | None
    """Model of the mapping around it."""


def explain(error: ValidationError, model: type[BaseModel], data: object) -> list[Finding]:
    """Return the findings behind a validation error.

    Args:
        error: Raised when `data` was validated by `model`.
        model: Whose aliases are the keys of the file.
        data: Plain content of the file.
    """
    errors = error.errors(include_url=False)
    return [_finding(details, model, data) for details in errors if not _is_echo(details)]


def _is_text_of_a_number(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_echo(details: ErrorDetails) -> bool:
    """Say whether a list is called too short only because its items were refused, each with its own error."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys that a mapping of a model may have in a file."""
    return tuple(fields_of(model))


def _finding(details: ErrorDetails, model: type[BaseModel], data: object) -> Finding:
    place = _place(model, details["loc"])
    if place.path[-1:] == (_OF_A_KEY,):
        return Finding(place.path[:-1], "unknown", _accepted(details))
    path, is_written = _within(place.path, data)
    match details["type"]:
        case "extra_forbidden":
            keys = keys_of(place.owner) if place.owner else ()
            # It may be the name of a field that has another key in files.
            return Finding((*path[:-1], details["loc"][-1]), "unknown", one_of(keys, place.path[-1]))
        case "missing" | "lacking" as kind:
            accepted = _accepted_by(place.annotation) if kind == "missing" else _accepted(details)
            return Finding(path, "missing", accepted)
        case "union_tag_not_found":
            return Finding((*path, "category"), "missing", _tags(place.annotation))
        case "union_tag_invalid":
            key, tag = details["ctx"]["discriminator"].strip("'"), details["ctx"]["tag"]
            # What is told apart by a function rather than by a key has no key to point at.
            where = (*path, key) if key.isidentifier() else path
            return Finding(where, shown(tag), _tags(place.annotation, tag))
    found = shown(details["input"])
    # A number that is in quotes is refused for those, so they are shown.
    if details["type"] in _OF_NUMBERS and _is_text_of_a_number(details["input"]):
        found = repr(details["input"])
    return Finding(path, found if is_written else f"{found} by default", _accepted(details))


def _accepted(details: ErrorDetails) -> str:
    words = _WORDS.get(details["type"])
    return words(details) if words else details["msg"]


def _accepted_by(annotation: Any) -> str:
    try:
        TypeAdapter(annotation).validate_python(_ABSENT)
    except ValidationError as error:
        return _accepted(error.errors(include_url=False)[0])
    return "a value"


def _tags(annotation: Any, found: object = None) -> str:
    tags = [tag for leaf in _leaves(annotation) for tag in leaf.tags]
    return one_of(tags, found)


def _choice(details: ErrorDetails) -> str:
    expected = details["ctx"]["expected"]
    return one_of(_QUOTED.findall(expected) or _LISTED.split(expected), details["input"])


def _range(words: str, sign: str, limit: str) -> Callable[[ErrorDetails], str]:
    return lambda details: f"{words}{sign} {details['ctx'][limit]:g}"


_WORDS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "literal_error": _choice,
    "enum": _choice,
    "string_type": lambda details: _KEYS if "behind" in details["loc"] else "text",
    "string_too_short": lambda _: "text that is not empty",
    "int_type": lambda _: "a whole number",
    "int_parsing_size": lambda _: "a smaller number",
    "float_type": lambda _: "a number",
    "float_parsing": lambda _: "a number",
    "finite_number": lambda _: "a finite number",
    "bool_type": lambda _: "true or false",
    "bool_parsing": lambda _: "true or false",
    "greater_than": _range("a number ", ">", "gt"),
    "greater_than_equal": _range("a number ", ">=", "ge"),
    "less_than": _range("a number ", "<", "lt"),
    "less_than_equal": _range("a number ", "<=", "le"),
    "model_type": lambda _: "a mapping",
    "model_attributes_type": lambda _: "a mapping",
    "dict_type": lambda _: "a mapping",
    "mapping_type": lambda _: "a mapping",
    "tuple_type": lambda details: _KEYS if details["loc"][-1:] == ("behind",) else "a list",
    "too_short": lambda details: f"at least {details['ctx']['min_length']}",
    "too_long": lambda details: f"at most {details['ctx']['max_length']}",
    "datetime_type": lambda _: _INSTANT,
    "datetime_parsing": lambda _: _INSTANT,
    "datetime_from_date_parsing": lambda _: _INSTANT,
    "datetime_object_invalid": lambda _: _INSTANT,
    "timezone_aware": lambda _: _INSTANT,
}
_KEYS = "the key of a component, or a list of keys"
_INSTANT = "an instant such as 2026-06-15T11:00:00+02:00"


def _within(path: Place, data: object) -> tuple[Place, bool]:
    """Cut a path below what the file says at most; say whether the file says anything there."""
    for depth, part in enumerate(path):
        if isinstance(data, Mapping):
            if part not in data:
                return path[: depth + 1], False
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return path[:depth], True
    return path, True


class _Leaf(NamedTuple):
    """One member of a union, or the only one."""

    annotation: Any
    tags: tuple[str, ...]


def _place(model: type[BaseModel], loc: tuple[int | str, ...]) -> _Spot:
    return reduce(_step, loc, _Spot((), model, None))


def _step(place: _Spot, part: int | str) -> _Spot:
    """Follow one part of a location: a key or an index of the file, or the tag of a union's member."""
    leaves = list(_leaves(place.annotation))
    for leaf in leaves:
        if len(leaves) > 1 and part in leaf.tags:
            return place._replace(annotation=leaf.annotation)
    path = (*place.path, part)
    for leaf in leaves:
        if isinstance(leaf.annotation, type) and issubclass(leaf.annotation, BaseModel):
            fields, by_name = fields_of(leaf.annotation), leaf.annotation.model_fields.get(str(part))
            if by_name is not None and by_name.alias is not None and part not in fields:
                path = (*place.path, by_name.alias)  # A default is refused by the name of its field.
            info = fields.get(str(path[-1]))
            return _Spot(path, info and annotation_of(info), leaf.annotation)
        if get_origin(leaf.annotation) in (tuple, list):
            return _Spot(path, get_args(leaf.annotation)[0], None)
        if isinstance(get_origin(leaf.annotation), type) and issubclass(get_origin(leaf.annotation), Mapping):
            return _Spot(path, get_args(leaf.annotation)[1], None)
    return _Spot(path, None, None)


def _leaves(annotation: Any, tags: tuple[str, ...] = ()) -> Iterator[_Leaf]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        own = tuple(item.tag for item in metadata if isinstance(item, Tag))
        yield from _leaves(inner, own)
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            if member is not type(None):
                yield from _leaves(member)
    else:
        yield _Leaf(annotation, tags or _category(annotation))


def _category(annotation: Any) -> tuple[str, ...]:
    """Return the value of a model's `category`, by which pydantic tells the members of a union apart."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        info = annotation.model_fields.get("category")
        if info is not None and get_origin(info.annotation) is Literal:
            return tuple(str(value) for value in get_args(info.annotation))
    return ()


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by the keys that they have in a file."""
    return {info.alias or name: info for name, info in model.model_fields.items() if not info.exclude}


def annotation_of(info: FieldInfo) -> Any:
    """Return what a field accepts, with the rules of the field itself."""
    annotation: Any = info.annotation
    for item in info.metadata:
        annotation = Annotated[annotation, item]
    return annotation
